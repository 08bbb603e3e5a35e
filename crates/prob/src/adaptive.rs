//! Adaptive quadrature on an interval or the whole line: Gauss–Kronrod with 7 and 15 nodes.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::ProbError;

/// Nodes of the 15-point Kronrod rule on [-1, 1], from the outside in; the odd ones are those of the 7-point
/// Gauss rule.
const NODES: [f64; 8] = [
    0.991_455_371_120_812_6,
    0.949_107_912_342_758_5,
    0.864_864_423_359_769_1,
    0.741_531_185_599_394_4,
    0.586_087_235_467_691_1,
    0.405_845_151_377_397_2,
    0.207_784_955_007_898_47,
    0.0,
];
/// Kronrod weights at [`NODES`].
const KRONROD: [f64; 8] = [
    0.022_935_322_010_529_224,
    0.063_092_092_629_978_55,
    0.104_790_010_322_250_18,
    0.140_653_259_715_525_92,
    0.169_004_726_639_267_9,
    0.190_350_578_064_785_4,
    0.204_432_940_075_298_9,
    0.209_482_141_084_727_83,
];
/// Gauss weights at the odd [`NODES`].
const GAUSS: [f64; 4] =
    [0.129_484_966_168_869_7, 0.279_705_391_489_276_64, 0.381_830_050_505_118_9, 0.417_959_183_673_469_4];

/// A value with an estimate of its error, as far as two rules of different order can tell: not a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Integral {
    /// The integral.
    pub value: f64,
    /// Sum over the pieces of the difference `d` between the two rules, sharpened to `s (200 d/s)^1.5` with `s = ∫|f|` where
    /// that is less, or the floor that rounding sets.
    pub error: f64,
    /// How often the integrand was evaluated.
    pub evaluations: usize,
    /// Whether `error` met the tolerance that was asked for.
    pub converged: bool,
}

/// `∫ f` from `breaks[0]` to the last of `breaks`, which may be infinite; inner breaks are where `f` is rough or
/// peaked. The piece with the largest error is halved until the sum of errors is below
/// `tolerance · max(1, |value|)` or 5000 pieces are reached, which the answer says.
///
/// The line is carried to (-1, 1). If an end is infinite, f64 cannot tell a finite break beyond 1e16 from infinity, and
/// the answer is NaN that has not converged.
///
/// ```
/// use prob::integrate;
/// let density = |x: f64| (-0.5 * x * x).exp();
/// let total = integrate(density, &[f64::NEG_INFINITY, 0.0, f64::INFINITY], 1e-12);
/// assert!(total.converged);
/// assert!((total.value - std::f64::consts::TAU.sqrt()).abs() < 1e-12);
/// ```
///
/// # Panics
/// If there are fewer than two breaks or they do not rise.
pub fn integrate(f: impl Fn(f64) -> f64, breaks: &[f64], tolerance: f64) -> Integral {
    assert!(breaks.len() >= 2 && breaks.windows(2).all(|w| w[0] < w[1]), "breaks must rise: {breaks:?}");
    // x = t / (1 - t²) carries (-1, 1) to the line; on a finite piece nothing is changed.
    let infinite = breaks.iter().any(|b| b.is_infinite());
    let to_t = |x: f64| {
        if !infinite {
            x
        } else if x.is_infinite() {
            x.signum()
        } else {
            // The root of x t² + t - x = 0, with no square of x.
            x / (0.5 + x.hypot(0.5))
        }
    };
    let g = |t: f64| {
        if !infinite {
            return f(t);
        }
        let rest = 1.0 - t * t;
        f(t / rest) * (1.0 + t * t) / (rest * rest)
    };
    let mut pieces: BinaryHeap<Piece> =
        breaks.windows(2).map(|w| Piece::new(&g, to_t(w[0]), to_t(w[1]))).collect();
    let mut evaluations = 15 * pieces.len();
    loop {
        let value: f64 = pieces.iter().map(|p| p.value).sum();
        let error: f64 = pieces.iter().map(|p| p.error).sum();
        let converged = error.is_finite() && error <= tolerance * value.abs().max(1.0);
        match pieces.peek() {
            Some(worst) if !converged && pieces.len() < 5000 && error.is_finite() && worst.can_split() => {}
            _ => return Integral { value, error, evaluations, converged },
        }
        if let Some(worst) = pieces.pop() {
            let middle = 0.5 * (worst.low + worst.high);
            pieces.push(Piece::new(&g, worst.low, middle));
            pieces.push(Piece::new(&g, middle, worst.high));
            evaluations += 30;
        }
    }
}

/// Where [`integrate`] should cut the line for an integrand that lives on normal laws with these means and standard
/// deviations: at each mean, and 3 and `reach > 3` standard deviations from it, in rising order. Outside of 12 a normal law
/// leaves 4e-33 of itself, outside of 14 2e-44. No breaks for no laws.
///
/// ```
/// assert_eq!(prob::adaptive::breaks([(1.0, 2.0)], 12.0)?, [-23.0, -5.0, 1.0, 7.0, 25.0]);
/// # Ok::<(), prob::ProbError>(())
/// ```
///
/// # Errors
/// [`ProbError::Unresolved`] with the first law whose cuts are not finite numbers that rise: then f64 has no points between
/// them either.
pub fn breaks(laws: impl IntoIterator<Item = (f64, f64)>, reach: f64) -> Result<Vec<f64>, ProbError> {
    let mut breaks = Vec::new();
    for (mean, sd) in laws {
        let cuts = [-reach, -3.0, 0.0, 3.0, reach].map(|k| mean + k * sd);
        if !(cuts.iter().all(|cut| cut.is_finite()) && cuts.windows(2).all(|pair| pair[0] < pair[1])) {
            return Err(ProbError::Unresolved { mean, sd });
        }
        breaks.extend(cuts);
    }
    breaks.sort_unstable_by(f64::total_cmp);
    breaks.dedup();
    Ok(breaks)
}

/// One interval with its integral; pieces are ordered by error.
struct Piece {
    low: f64,
    high: f64,
    value: f64,
    error: f64,
}

impl Piece {
    fn new(f: &impl Fn(f64) -> f64, low: f64, high: f64) -> Self {
        let (centre, half) = (0.5 * (low + high), 0.5 * (high - low));
        let at_centre = f(centre);
        let mut kronrod = KRONROD[7] * at_centre;
        let mut gauss = GAUSS[3] * at_centre;
        let mut absolute = KRONROD[7] * at_centre.abs();
        for i in 0..7 {
            let (left, right) = (f(centre - half * NODES[i]), f(centre + half * NODES[i]));
            kronrod += KRONROD[i] * (left + right);
            absolute += KRONROD[i] * (left.abs() + right.abs());
            if i % 2 == 1 {
                gauss += GAUSS[i / 2] * (left + right);
            }
        }
        let rounding = 50.0 * f64::EPSILON * absolute * half;
        // The Kronrod value is far better than its distance to the Gauss value. The exponent and the 200 are those of
        // QUADPACK, whose scale is ∫|f - mean|; ∫|f| is this project's own choice, and so is to take the smaller of
        // the two estimates. Never below what rounding leaves.
        let difference = (kronrod - gauss).abs() * half;
        let scale = absolute * half;
        let sharpened =
            if scale > 0.0 { scale * (200.0 * difference / scale).powf(1.5).min(1.0) } else { difference };
        Self { low, high, value: kronrod * half, error: sharpened.min(difference).max(rounding) }
    }

    fn can_split(&self) -> bool {
        let middle = 0.5 * (self.low + self.high);
        self.low < middle && middle < self.high
    }
}

impl PartialEq for Piece {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Piece {}

impl PartialOrd for Piece {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Piece {
    fn cmp(&self, other: &Self) -> Ordering {
        self.error.total_cmp(&other.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn smooth_peaked_and_rough_integrands() {
        let smooth = integrate(f64::exp, &[0.0, 1.0], 1e-13);
        assert_relative_eq!(smooth.value, 1f64.exp_m1(), max_relative = 1e-14);
        assert_eq!(smooth.evaluations, 15, "one piece is enough for a smooth function");

        let peak = integrate(|x| 1.0 / (1e-8 + x * x), &[-1.0, 1.0], 1e-12);
        assert!(peak.converged);
        assert_relative_eq!(peak.value, 2e4 * 1e4f64.atan(), max_relative = 1e-11);

        let rough = integrate(f64::sqrt, &[0.0, 1.0], 1e-12);
        assert!(rough.converged && (rough.value - 2.0 / 3.0).abs() <= rough.error);
    }

    #[test]
    fn half_lines_and_lines() {
        let half = integrate(|x| (-x).exp(), &[0.0, f64::INFINITY], 1e-12);
        assert_relative_eq!(half.value, 1.0, max_relative = 1e-12);
        let cauchy = integrate(|x| 1.0 / (1.0 + x * x), &[f64::NEG_INFINITY, f64::INFINITY], 1e-12);
        assert_relative_eq!(cauchy.value, std::f64::consts::PI, max_relative = 1e-12);
    }

    /// Beyond 1e154, where the square of a break overflows, it is neither 0 nor anything else that is finite.
    #[test]
    fn breaks_far_out_on_a_half_line() {
        let end = f64::INFINITY;
        for far in [1e20, 1e160, f64::MAX] {
            for breaks in [[far, end], [-end, -far]] {
                let tail = integrate(|x| (-x.abs()).exp(), &breaks, 1e-12);
                assert!(tail.value.is_nan() && !tail.converged, "{breaks:?}: {tail:?}");
            }
        }
        let tail = integrate(|x| x.powi(-2), &[0.75, 1e6, end], 1e-12);
        assert_relative_eq!(tail.value, 4.0 / 3.0, max_relative = 1e-10);
    }

    #[test]
    fn what_does_not_converge_says_so() {
        let divergent = integrate(|x| 1.0 / (x * x), &[0.0, 1.0], 1e-9);
        assert!(!divergent.converged);
        assert!(!integrate(|_| f64::NAN, &[0.0, 1.0], 1e-9).converged);
    }

    #[test]
    fn the_line_is_cut_at_every_law() {
        let cuts = breaks([(7.0, 2.0), (1.0, 2.0), (7.0, 2.0)], 12.0).unwrap();
        assert_eq!(cuts, [-23.0, -17.0, -5.0, 1.0, 7.0, 13.0, 25.0, 31.0]);
        assert_eq!(breaks([], 12.0).unwrap(), []);
    }

    /// Cuts that are all one number, that are one in part, and that are none.
    #[test]
    fn a_law_without_points_is_refused() {
        for (mean, sd) in
            [(1e20, 1.0), (1.0, 2e-17), (0.0, 1e308), (1.7e308, 1e307), (f64::NAN, 1.0), (0.0, 0.0)]
        {
            let refused = breaks([(0.0, 1.0), (mean, sd)], 14.0).unwrap_err();
            assert!(matches!(refused, ProbError::Unresolved { sd: found, .. } if found == sd), "{refused}");
        }
    }
}
