//! Level lines of a matrix by marching squares.

use crate::raster::{Extent, Raster};

type Point = (f64, f64);

/// The pieces of the line where the raster, taken as linear between cell centres, crosses `level`.
///
/// Pieces are joined into as long lines as possible, so that dashes and round joins look right.
pub(crate) fn level_lines(raster: &Raster, extent: Extent, level: f64) -> Vec<Vec<Point>> {
    let mut segments = Vec::new();
    for row in 1..raster.rows() {
        for column in 1..raster.columns() {
            cross_square(raster, extent, level, (row, column), &mut segments);
        }
    }
    join(segments)
}

/// Segments within the square whose lower right corner is the given cell.
fn cross_square(
    raster: &Raster,
    extent: Extent,
    level: f64,
    (row, column): (usize, usize),
    segments: &mut Vec<[Point; 2]>,
) {
    // Corners in turn around the square.
    let corners = [(row - 1, column - 1), (row - 1, column), (row, column), (row, column - 1)];
    let values = corners.map(|(r, c)| raster.at(r, c) - level);
    let crossing = |edge: usize| {
        let (mut a, mut b) = (edge, (edge + 1) % 4);
        // Neighbouring squares must find the same point, to the last bit: always start at the same corner.
        if corners[a] > corners[b] {
            (a, b) = (b, a);
        }
        if (values[a] > 0.0) == (values[b] > 0.0) {
            return None;
        }
        let t = values[a] / (values[a] - values[b]);
        let at = |i: usize| extent.cell(raster.rows(), raster.columns(), corners[i].0, corners[i].1);
        let ((ax, ay), (bx, by)) = (at(a), at(b));
        Some((ax + t * (bx - ax), ay + t * (by - ay)))
    };
    let found = [0, 1, 2, 3].map(crossing);
    match found {
        [Some(top), Some(right), Some(bottom), Some(left)] => {
            // A saddle: its middle decides which corners hang together.
            let middle_is_high = values.iter().sum::<f64>() > 0.0;
            if middle_is_high == (values[0] > 0.0) {
                segments.extend([[top, right], [bottom, left]]);
            } else {
                segments.extend([[left, top], [right, bottom]]);
            }
        }
        _ => {
            let mut points = found.into_iter().flatten();
            if let (Some(a), Some(b)) = (points.next(), points.next()) {
                segments.push([a, b]);
            }
        }
    }
}

fn join(mut segments: Vec<[Point; 2]>) -> Vec<Vec<Point>> {
    let mut lines = Vec::new();
    while let Some([start, end]) = segments.pop() {
        let mut line = vec![start, end];
        for _ in 0..2 {
            while let Some(next) = line.last().and_then(|&end| take_neighbour(&mut segments, end)) {
                line.push(next);
            }
            line.reverse();
        }
        lines.push(line);
    }
    lines
}

/// The other end of a segment that touches `end`, which is taken out.
fn take_neighbour(segments: &mut Vec<[Point; 2]>, end: Point) -> Option<Point> {
    let index = segments.iter().rposition(|s| s.contains(&end))?;
    let [a, b] = segments.swap_remove(index);
    Some(if a == end { b } else { a })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cone_is_cut_in_a_closed_circle() {
        let extent = Extent::square(2.0);
        let raster = Raster::sample(80, 80, extent, |x, y| x.hypot(y));
        let lines = level_lines(&raster, extent, 1.0);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        assert!(lines[0].iter().all(|(x, y)| (x.hypot(*y) - 1.0).abs() < 2e-3));
        let length: f64 = lines[0].windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).sum();
        assert!((length - std::f64::consts::TAU).abs() < 0.02, "{length}");
    }

    #[test]
    fn pieces_meet_to_the_last_bit_wherever_the_grid_cuts() {
        let extent = Extent { x: (-1.7, 2.1), y: (-2.3, 1.9) };
        for centre in [(0.13, -0.07), (0.31, 0.011), (-0.077, -0.29)] {
            let bowl = |x: f64, y: f64| ((x - centre.0) / 1.1).hypot((y - centre.1) / 0.9).exp();
            let lines = level_lines(&Raster::sample(37, 53, extent, bowl), extent, 2.6);
            assert_eq!(lines.len(), 1);
            assert_eq!(lines[0].first(), lines[0].last());
        }
    }

    #[test]
    fn a_level_never_reached_has_no_line() {
        let extent = Extent::square(1.0);
        let raster = Raster::sample(10, 10, extent, |x, y| x + y);
        assert!(level_lines(&raster, extent, 5.0).is_empty());
    }
}
