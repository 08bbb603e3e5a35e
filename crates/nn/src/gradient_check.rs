//! A gradient against central differences.

/// The largest error of `gradient`, claimed to be that of `f` at the point `at`, against central differences.
///
/// For each coordinate, `dᵢ = (f(x + h eᵢ) - f(x - h eᵢ)) / 2h` with `h = ∛ε max(1, |xᵢ|)`, `ε` the spacing of
/// f64 at 1: where the truncation error, of order `h²`, meets the rounding error, of order `ε |f| / h`. Returned is
///
/// `maxᵢ |dᵢ - gᵢ| / max(|f|, ‖g‖∞, ‖d‖∞)`,
///
/// because all the differences share one rounding error, which grows with `|f|` and not with a coordinate's own
/// slope: an error relative to that slope would condemn every small one. Nor does it change when `f` is scaled, so
/// that a tiny loss does not pass unseen. For a smooth `f` whose coordinates matter on a scale of 1, a right
/// gradient gives about 1e-9 and the tolerance 1e-6 is safe; a wrong one gives its own relative error. A slope that
/// is below the tolerance of the largest is not judged, and a stationary point where `f` is 0 as well has no scale
/// to be judged by.
///
/// 0 for no coordinates; NaN as soon as one number is, so that `error < tolerance` fails then.
///
/// ```
/// use nn::gradient_check;
/// let f = |x: &[f64]| x[0] * x[0] + x[0] * x[1].sin();
/// let (x, y) = (0.5_f64, 2.0_f64);
/// assert!(gradient_check(f, &[x, y], &[2.0 * x + y.sin(), x * y.cos()]) < 1e-9);
/// assert!(gradient_check(f, &[x, y], &[2.0 * x + y.sin(), y.cos()]) > 0.1);
/// ```
///
/// # Panics
/// If `at` and `gradient` have different lengths.
pub fn gradient_check(mut f: impl FnMut(&[f64]) -> f64, at: &[f64], gradient: &[f64]) -> f64 {
    assert_eq!(at.len(), gradient.len(), "a gradient of another dimension than the point");
    let value = f(at);
    let differences = central_differences(f, at);
    let error = largest(gradient.iter().zip(&differences).map(|(g, d)| d - g));
    if error == 0.0 {
        return 0.0;
    }
    error / largest(gradient.iter().chain(&differences).copied().chain([value]))
}

/// `(f(x + h eᵢ) - f(x - h eᵢ)) / 2h` for each coordinate.
fn central_differences(mut f: impl FnMut(&[f64]) -> f64, at: &[f64]) -> Vec<f64> {
    let mut x = at.to_vec();
    let slope = |i: usize| {
        let h = f64::EPSILON.cbrt() * at[i].abs().max(1.0);
        let (below, above) = (at[i] - h, at[i] + h);
        x[i] = below;
        let f_below = f(&x);
        x[i] = above;
        let f_above = f(&x);
        x[i] = at[i];
        // The distance that the rounded points really have.
        (f_above - f_below) / (above - below)
    };
    (0..at.len()).map(slope).collect()
}

/// `max |xᵢ|`, 0 for none, NaN if one is NaN.
fn largest(xs: impl Iterator<Item = f64>) -> f64 {
    xs.map(f64::abs).fold(0.0, |max, x| if x.is_nan() || x > max { x } else { max })
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    /// `s (x³ + exp(y) z)`, and its gradient.
    fn f(s: f64, x: &[f64]) -> f64 {
        s * (x[0].powi(3) + x[1].exp() * x[2])
    }

    fn f_gradient(s: f64, x: &[f64]) -> [f64; 3] {
        [s * 3.0 * x[0] * x[0], s * x[1].exp() * x[2], s * x[1].exp()]
    }

    proptest! {
        #[test]
        fn a_right_gradient_passes_at_any_scale(
            x in prop::collection::vec(-2.0..2.0f64, 3), exponent in -12..12i32,
        ) {
            let s = 10f64.powi(exponent);
            let error = gradient_check(|x| f(s, x), &x, &f_gradient(s, &x));
            prop_assert!(error < 1e-8, "error {error}");
        }

        /// A fault of known size in one coordinate comes back as that size, at any scale of `f`.
        #[test]
        fn a_wrong_gradient_is_told_by_its_relative_error(
            x in prop::collection::vec(-2.0..2.0f64, 3), exponent in -12..12i32,
            wrong in 0..3usize, fault in 1e-4..1.0f64,
        ) {
            let s = 10f64.powi(exponent);
            let right = f_gradient(s, &x);
            let mut gradient = right;
            gradient[wrong] += fault * s;
            let scale = right.iter().chain(&gradient).fold(f(s, &x).abs(), |max, g| max.max(g.abs()));
            let error = gradient_check(|x| f(s, x), &x, &gradient);
            assert_relative_eq!(error, fault * s / scale, max_relative = 1e-3);
        }
    }

    /// In `x/10¹²` the function is smooth on a scale of 1. A step of 6e-6 at 10¹² would drown in the rounding of
    /// `x` itself.
    #[test]
    fn the_step_grows_with_the_coordinate() {
        let x: f64 = 1.3e12;
        let scaled = |x: &[f64]| 1e12 * (x[0] / 1e12).sin();
        let slope = (x / 1e12).cos();
        let difference = central_differences(scaled, &[x])[0];
        assert_relative_eq!(difference, slope, max_relative = 1e-9);
    }

    #[test]
    fn not_a_number_never_passes() {
        assert!(gradient_check(|x| x[0] + x[1], &[1.0, 2.0], &[f64::NAN, 1.0]).is_nan());
        assert!(gradient_check(|_| f64::NAN, &[1.0, 2.0], &[1.0, 1.0]).is_nan());
    }

    #[test]
    fn nothing_to_compare_is_no_error() {
        assert_eq!(gradient_check(|_| 3.0, &[], &[]), 0.0);
        assert_eq!(gradient_check(|_| 0.0, &[1.0], &[0.0]), 0.0);
    }
}
