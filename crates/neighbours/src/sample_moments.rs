//! The moments of samples, with the convention that the whole crate shares.

use ndarray::{Array1, Array2, ArrayRef2};
use prob::{Gaussian, ProbError};

/// Mean `x̄` (`[d]`) and covariance `S` (`[d, d]`) of samples: all that an average of quadratics over them sees. `S` may be
/// singular, where there are few samples or they lie in a subspace.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleMoments {
    mean: Array1<f64>,
    covariance: Array2<f64>,
}

impl SampleMoments {
    /// `S = 1/n Σ (x_i - x̄)(x_i - x̄)ᵀ` for the rows of `x` (`[n, d]`).
    ///
    /// `S` divides by `n`, as maximum likelihood does (Tipping and Bishop 1999). Libraries that report "explained variances" as a
    /// rule divide by `n - 1`: theirs are `n/(n - 1)` times the eigenvalues of `S`, with the same axes.
    ///
    /// # Errors
    /// If there are no rows or columns, or a number is not finite.
    pub fn of(x: &ArrayRef2<f64>) -> Result<Self, ProbError> {
        if x.is_empty() {
            return Err(ProbError::Dimension { what: "samples", expected: 1, found: 0 });
        }
        if let Some((index, &value)) = x.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(ProbError::NotFinite { what: "samples", index, value });
        }
        let n = x.nrows() as f64;
        let mean = x.sum_axis(ndarray::Axis(0)) / n;
        let centred = &x.view() - &mean;
        let covariance = centred.t().dot(&centred) / n;
        Ok(Self { mean, covariance: (&covariance + &covariance.t()) * 0.5 })
    }

    /// `x̄`, `[d]`.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// `S`, `[d, d]`.
    pub fn covariance(&self) -> &Array2<f64> {
        &self.covariance
    }

    /// Number of coordinates, `d`.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }
}

impl From<&Gaussian> for SampleMoments {
    /// The moments of the law itself, as of infinitely many samples.
    fn from(law: &Gaussian) -> Self {
        Self { mean: law.mean().clone(), covariance: law.covariance().clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    #[test]
    fn moments_by_hand() {
        let found = SampleMoments::of(&array![[0.0, 1.0], [2.0, 1.0], [1.0, 4.0]]).unwrap();
        assert_relative_eq!(found.mean(), &array![1.0, 2.0], max_relative = 1e-15);
        assert_relative_eq!(found.covariance(), &array![[2.0 / 3.0, 0.0], [0.0, 2.0]], epsilon = 1e-15);
    }

    /// One sample has moments, none has not, and neither has what is no number.
    #[test]
    fn few_samples_are_enough() {
        let one = SampleMoments::of(&array![[1.0, 2.0]]).unwrap();
        assert_eq!((one.dim(), one.covariance()), (2, &Array2::zeros((2, 2))));
        assert!(matches!(SampleMoments::of(&Array2::zeros((0, 2))), Err(ProbError::Dimension { .. })));
        assert!(matches!(
            SampleMoments::of(&array![[1.0], [f64::NAN]]),
            Err(ProbError::NotFinite { index: 1, .. })
        ));
    }
}
