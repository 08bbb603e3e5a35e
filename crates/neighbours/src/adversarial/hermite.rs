//! A function on the line by the cubics that share its values and slopes at knots (Hermite), cut where it turns round.
//!
//! With knots `h` apart the cubics are within `O(h⁴)` of the function; where it bends more than once between two knots, they
//! do not see it.

/// The cubics, and the monotone pieces of the whole.
#[derive(Clone, Debug)]
pub(super) struct Hermite {
    /// In the order of `z`.
    knots: Vec<Knot>,
    /// Positions of the knots at which the function turns round, and both ends: it is monotone between.
    turns: Vec<usize>,
}

/// `G(z) = x` and `G'(z) = slope`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Knot {
    pub(super) z: f64,
    pub(super) x: f64,
    pub(super) slope: f64,
}

/// `(x, dx/dz)` of the cubic between two knots at the share `t` of the way.
fn cubic(a: &Knot, b: &Knot, t: f64) -> (f64, f64) {
    let h = b.z - a.z;
    let s = 1.0 - t;
    let x =
        s * s * ((1.0 + 2.0 * t) * a.x + t * h * a.slope) + t * t * ((1.0 + 2.0 * s) * b.x - s * h * b.slope);
    let secant = (b.x - a.x) / h;
    (x, s * (s - 2.0 * t) * a.slope + t * (t - 2.0 * s) * b.slope + 6.0 * s * t * secant)
}

/// Where `f`, of which the sign changes from 0 to 1, is 0.
fn bisect(f: impl Fn(f64) -> f64) -> f64 {
    let rising = f(0.0) < 0.0;
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if (f(middle) < 0.0) == rising { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

impl Hermite {
    /// The cubics through at least two knots in rising order of `z`. Where the slope changes its sign between two knots there
    /// is a knot more; where it does so across knots at which it is 0, as an even function's does at 0, the last of them is
    /// the turn.
    pub(super) fn through(raw: &[Knot]) -> Self {
        let (mut knots, mut turns) = (Vec::<Knot>::with_capacity(raw.len()), vec![0]);
        // The last slope that was not 0.
        let mut before = 0.0;
        for &next in raw {
            if before * next.slope.signum() < 0.0 && next.slope != 0.0 {
                let last = knots.len() - 1;
                let a = knots[last];
                if a.slope == 0.0 {
                    turns.push(last);
                } else {
                    let t = bisect(|t| cubic(&a, &next, t).1);
                    turns.push(knots.len());
                    knots.push(Knot { z: a.z + t * (next.z - a.z), x: cubic(&a, &next, t).0, slope: 0.0 });
                }
            }
            if next.slope != 0.0 {
                before = next.slope.signum();
            }
            knots.push(next);
        }
        turns.push(knots.len() - 1);
        Self { knots, turns }
    }

    /// Where the function turns round: pairs `(z, G(z))`.
    pub(super) fn folds(&self) -> impl Iterator<Item = (f64, f64)> {
        self.turns[1..self.turns.len() - 1].iter().map(|&i| (self.knots[i].z, self.knots[i].x))
    }

    /// `G(z)` and `G'(z)`.
    pub(super) fn at(&self, z: f64) -> (f64, f64) {
        let after = self.knots.partition_point(|knot| knot.z < z).clamp(1, self.knots.len() - 1);
        let (a, b) = (&self.knots[after - 1], &self.knots[after]);
        cubic(a, b, (z - a.z) / (b.z - a.z))
    }

    /// How many monotone pieces there are.
    pub(super) fn pieces(&self) -> usize {
        self.turns.len() - 1
    }

    /// The knots at the ends of a piece, in the order of `z`.
    pub(super) fn ends(&self, piece: usize) -> (&Knot, &Knot) {
        (&self.knots[self.turns[piece]], &self.knots[self.turns[piece + 1]])
    }

    /// The piece that `z` lies in.
    pub(super) fn piece_of(&self, z: f64) -> usize {
        (0..self.pieces() - 1).find(|&piece| z <= self.ends(piece).1.z).unwrap_or(self.pieces() - 1)
    }

    /// The `z` of this piece with `G(z) = x`, and `G'(z)`.
    pub(super) fn preimage(&self, piece: usize, x: f64) -> Option<(f64, f64)> {
        let knots = &self.knots[self.turns[piece]..=self.turns[piece + 1]];
        let (first, last) = self.ends(piece);
        let rising = first.x < last.x;
        let below = |knot: &Knot| if rising { knot.x < x } else { knot.x > x };
        let after = knots.partition_point(below);
        if after == 0 || after == knots.len() {
            return None;
        }
        let (a, b) = (&knots[after - 1], &knots[after]);
        let t = bisect(|t| cubic(a, b, t).0 - x);
        Some((a.z + t * (b.z - a.z), cubic(a, b, t).1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(knots: &[(f64, f64, f64)]) -> Hermite {
        let knots: Vec<Knot> = knots.iter().map(|&(z, x, slope)| Knot { z, x, slope }).collect();
        Hermite::through(&knots)
    }

    /// `z²` with a knot at 0, with none there, and with two flat knots; `z³`, which is flat and does not turn.
    #[test]
    fn a_turn_is_found_at_a_knot_and_between_knots() {
        let folds = |knots: &[(f64, f64, f64)]| through(knots).folds().collect::<Vec<_>>();
        assert_eq!(folds(&[(-1.0, 1.0, -2.0), (0.0, 0.0, 0.0), (1.0, 1.0, 2.0)]), [(0.0, 0.0)]);
        let between = folds(&[(-1.0, 1.0, -2.0), (0.5, 0.25, 1.0)]);
        assert!(between.len() == 1 && between[0].0.abs() < 1e-11 && between[0].1.abs() < 1e-14);
        let flat = [(-1.0, 1.0, -2.0), (0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (1.5, 1.0, 2.0)];
        assert_eq!(folds(&flat), [(0.5, 0.0)]);
        assert_eq!(folds(&[(-1.0, -1.0, 3.0), (0.0, 0.0, 0.0), (1.0, 1.0, 3.0)]), []);
        assert_eq!(folds(&[(-1.0, 1.0, 0.0), (0.0, 1.0, 0.0), (1.0, 2.0, 1.0)]), []);
    }

    /// A cubic is its own: value, slope and the preimages on both pieces of `z²`.
    #[test]
    fn values_and_preimages_of_a_square() {
        let square = through(&[(-2.0, 4.0, -4.0), (0.0, 0.0, 0.0), (2.0, 4.0, 4.0)]);
        assert_eq!((square.pieces(), square.piece_of(-1.0), square.piece_of(1.0)), (2, 0, 1));
        let (x, slope) = square.at(-1.5);
        assert!((x - 2.25).abs() < 1e-14 && (slope + 3.0).abs() < 1e-14);
        for (piece, sign) in [(0, -1.0), (1, 1.0)] {
            let (z, slope) = square.preimage(piece, 1.21).unwrap();
            assert!((z - sign * 1.1).abs() < 1e-11 && (slope - sign * 2.2).abs() < 1e-10);
        }
        assert_eq!(square.preimage(0, -0.1), None);
    }
}
