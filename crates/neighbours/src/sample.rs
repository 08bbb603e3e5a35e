//! The moments of samples, with the convention that the whole crate shares.

use ndarray::{ArrayRef2, Axis};
use prob::{Gaussian, ProbError};

/// `N(x̄, S)` with `S = 1/n Σ (x_i - x̄)(x_i - x̄)ᵀ` for the rows of `x` (`[n, d]`): what an average of quadratics over the
/// samples sees of them.
///
/// `S` divides by `n`, as maximum likelihood does (Tipping and Bishop 1999). Libraries that report "explained variances"
/// as a rule divide by `n - 1`: theirs are `n/(n - 1)` times the eigenvalues of `S`, with the same axes.
///
/// # Errors
/// If there are no rows, or `S` is singular: the samples lie in a subspace.
pub fn sample_law(x: &ArrayRef2<f64>) -> Result<Gaussian, ProbError> {
    let mean = x.mean_axis(Axis(0)).ok_or(ProbError::Dimension { what: "samples", expected: 1, found: 0 })?;
    let centred = &x.view() - &mean;
    let covariance = centred.t().dot(&centred) / x.nrows() as f64;
    Gaussian::new(mean, (&covariance + &covariance.t()) * 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};

    #[test]
    fn moments_by_hand() {
        let law = sample_law(&array![[0.0, 1.0], [2.0, 1.0], [1.0, 4.0]]).unwrap();
        assert_relative_eq!(law.mean(), &array![1.0, 2.0], max_relative = 1e-15);
        assert_relative_eq!(law.covariance(), &array![[2.0 / 3.0, 0.0], [0.0, 2.0]], epsilon = 1e-15);
    }

    #[test]
    fn too_few_samples_are_refused() {
        assert!(matches!(sample_law(&Array2::zeros((0, 2))), Err(ProbError::Dimension { .. })));
        assert!(matches!(sample_law(&array![[1.0, 2.0]]), Err(ProbError::NotPositiveDefinite { .. })));
    }
}
