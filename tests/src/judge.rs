//! When two numbers count as equal: relative error, statistical verdict, fitted rate.

use montecarlo::{Estimate, StatisticalTest, Verdict};
use ndarray::{ArrayRef, ArrayRef2, Dimension};

/// `|left - right| ≤ relative · scale`.
///
/// # Panics
/// If not, or if one of them is NaN.
#[track_caller]
pub fn assert_close_at(scale: f64, left: f64, right: f64, relative: f64) {
    let error = (left - right).abs();
    assert!(
        error <= relative * scale.abs(),
        "{left:e} against {right:e}: error {error:e} is {:e} of {scale:e}, allowed {relative:e}",
        error / scale.abs()
    );
}

/// Equal up to an error `relative` to the larger of the two.
///
/// # Panics
/// If not.
#[track_caller]
pub fn assert_close(left: f64, right: f64, relative: f64) {
    assert_close_at(left.abs().max(right.abs()), left, right, relative);
}

/// Two amounts of information: equal up to an error `relative` to the larger of the two, or to one nat if both
/// are below it.
///
/// # Panics
/// If not.
#[track_caller]
pub fn assert_nats(left: f64, right: f64, relative: f64) {
    assert_close_at(left.abs().max(right.abs()).max(1.0), left, right, relative);
}

/// Every entry equal up to an error `relative` to `scale`.
///
/// # Panics
/// If not, or if the shapes differ.
#[track_caller]
pub fn assert_arrays_close<D: Dimension>(
    scale: f64,
    left: &ArrayRef<f64, D>,
    right: &ArrayRef<f64, D>,
    relative: f64,
) {
    assert_eq!(left.shape(), right.shape());
    left.iter().zip(right).for_each(|(&l, &r)| assert_close_at(scale, l, r, relative));
}

/// Two covariances: each entry equal up to an error `relative` to `√(S_ii S_jj)` of the right one, so that small
/// variances beside large ones are compared as strictly.
///
/// # Panics
/// If not.
#[track_caller]
pub fn assert_covariances_close(left: &ArrayRef2<f64>, right: &ArrayRef2<f64>, relative: f64) {
    assert_eq!(left.shape(), right.shape());
    for ((i, j), &entry) in right.indexed_iter() {
        assert_close_at((right[[i, i]] * right[[j, j]]).sqrt(), left[[i, j]], entry, relative);
    }
}

/// The test passes, and would have seen an error of `resolution`: a verdict without power is no verdict.
///
/// # Panics
/// If not.
#[track_caller]
pub fn assert_verdict(verdict: &Verdict, resolution: f64) {
    assert!(
        verdict.smallest_error <= resolution,
        "sees no error below {}: {verdict:?}",
        verdict.smallest_error
    );
    assert!(verdict.holds, "{verdict:?}");
}

/// `estimate` estimates `exact` at the default rates, and an error of 1 % of `exact` would have been seen.
///
/// # Panics
/// If not.
#[track_caller]
pub fn assert_estimates(estimate: &Estimate, exact: f64) {
    assert_verdict(&StatisticalTest::default().mean(estimate, exact), 0.01 * exact.abs());
}

/// `n` in `error ∝ size⁻ⁿ`, with its standard error: the least-squares slope of `log error` against `log size`.
pub fn fitted_rate(sizes_and_errors: &[(f64, f64)]) -> (f64, f64) {
    let n = sizes_and_errors.len() as f64;
    let logs: Vec<(f64, f64)> =
        sizes_and_errors.iter().map(|(size, error)| (size.ln(), error.ln())).collect();
    let mean = |f: fn(&(f64, f64)) -> f64| logs.iter().map(f).sum::<f64>() / n;
    let (x_mean, y_mean) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f64 = logs.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
    let slope = logs.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum::<f64>() / spread;
    let residual: f64 = logs.iter().map(|(x, y)| (y - y_mean - slope * (x - x_mean)).powi(2)).sum();
    (-slope, (residual / (n - 2.0) / spread).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_law_has_its_exponent_and_no_error() {
        let points: Vec<(f64, f64)> = [1.0, 2.0, 5.0, 9.0].map(|k: f64| (k, 3.0 * k.powf(-1.5))).to_vec();
        let (rate, error) = fitted_rate(&points);
        assert_close(rate, 1.5, 1e-14);
        assert!(error < 1e-14);
        let (_, error) = fitted_rate(&[(1.0, 1.0), (2.0, 0.4), (4.0, 0.26)]);
        assert!(error > 0.1, "a crooked line says so: {error}");
    }

    #[test]
    #[should_panic(expected = "allowed")]
    fn nan_is_close_to_nothing() {
        assert_close(f64::NAN, 1.0, 1.0);
    }

    #[test]
    #[should_panic(expected = "sees no error")]
    fn a_verdict_without_power_is_refused() {
        assert_estimates(&Estimate { mean: 1.0, std_err: 0.1, samples: 100 }, 1.0);
    }
}
