//! Boxes with round corners, of which circles and plain boxes are the extremes: borders and distances.

use std::f64::consts::FRAC_PI_2;

use crate::geometry::Point;

/// Half the width and height of a box about its centre, and the radius of its corners, pt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rounded {
    pub(crate) half: Point,
    pub(crate) corner: f64,
}

impl Rounded {
    pub(crate) fn circle(radius: f64) -> Rounded {
        Rounded { half: (radius, radius), corner: radius }
    }

    pub(crate) fn sharp(half_width: f64, half_height: f64) -> Rounded {
        Rounded { half: (half_width, half_height), corner: 0.0 }
    }

    /// The box further out by this much all round.
    pub(crate) fn grown(&self, by: f64) -> Rounded {
        Rounded { half: (self.half.0 + by, self.half.1 + by), corner: self.corner + by }
    }

    /// From the border to a place given from the centre; negative inside.
    pub(crate) fn distance(&self, (x, y): Point) -> f64 {
        let (dx, dy) = (x.abs() - self.half.0 + self.corner, y.abs() - self.half.1 + self.corner);
        dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - self.corner
    }

    /// From border to border when the other box is centred at `offset` from this one; negative if they overlap.
    ///
    /// What the centre of the other must stay out of is this box enlarged by the other: again a box with round corners.
    pub(crate) fn gap(&self, other: &Rounded, offset: Point) -> f64 {
        let half = (self.half.0 + other.half.0, self.half.1 + other.half.1);
        Rounded { half, corner: self.corner + other.corner }.distance(offset)
    }

    /// Where a ray from the centre along a unit vector leaves the box.
    pub(crate) fn border(&self, (x, y): Point) -> Point {
        let (mut inside, mut outside) = (0.0, self.half.0 + self.half.1 + 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (inside + outside);
            if self.distance((middle * x, middle * y)) < 0.0 {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        (outside * x, outside * y)
    }

    /// The closed border about a centre, as short straight pieces.
    pub(crate) fn outline(&self, (x, y): Point) -> Vec<Point> {
        let inner = (self.half.0 - self.corner, self.half.1 - self.corner);
        let steps = if self.corner > 0.0 { 24 } else { 0 };
        let corners = [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)];
        let mut outline = Vec::new();
        for (quarter, (right, down)) in corners.into_iter().enumerate() {
            for step in 0..=steps {
                let angle = FRAC_PI_2 * (quarter as f64 + f64::from(step) / f64::from(steps.max(1)));
                let (sin, cos) = angle.sin_cos();
                outline
                    .push((x + right * inner.0 + self.corner * cos, y + down * inner.1 + self.corner * sin));
            }
        }
        outline.push(outline[0]);
        outline
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn boxes() -> impl Strategy<Value = Rounded> {
        (1.0..40.0f64, 1.0..40.0f64, 0.0..1.0f64)
            .prop_map(|(a, b, share)| Rounded { half: (a, b), corner: share * a.min(b) })
    }

    proptest! {
        #[test]
        fn a_ray_leaves_on_the_border(shape in boxes(), angle in 0.0..6.3f64) {
            let at = shape.border((angle.cos(), angle.sin()));
            prop_assert!(shape.distance(at).abs() < 1e-9);
        }

        #[test]
        fn the_outline_is_the_border(shape in boxes()) {
            prop_assert!(shape.outline((0.0, 0.0)).iter().all(|&p| shape.distance(p).abs() < 1e-9));
        }

        #[test]
        fn the_gap_is_the_least_distance_of_the_borders(a in boxes(), b in boxes(), x in -99.0..99.0f64, y in -99.0..99.0f64) {
            let gap = a.gap(&b, (x, y));
            let least = b.outline((x, y)).iter().map(|&p| a.distance(p)).fold(f64::INFINITY, f64::min);
            // The outline's corners are cut by its straight pieces, and its sides have no points between.
            prop_assert!(least >= gap - 1e-9, "{least} {gap}");
            prop_assert!((a.gap(&b, (x, y)) - b.gap(&a, (-x, -y))).abs() < 1e-9);
        }

        #[test]
        fn circles_are_apart_by_their_centres(r in 1.0..20.0f64, s in 1.0..20.0f64, x in 21.0..99.0f64, y in 21.0..99.0f64) {
            let gap = Rounded::circle(r).gap(&Rounded::circle(s), (x, y));
            prop_assert!((gap - (x.hypot(y) - r - s)).abs() < 1e-9);
        }
    }
}
