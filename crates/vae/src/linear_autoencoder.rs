//! The linear autoencoder, whose optimum is principal component analysis.

use linalg::SymmetricEigen;
use ndarray::{Array1, Array2, ArrayRef1, s};
use prob::{Gaussian, ProbError, check_dim};

/// `z = E (x - c)`, `x' = D z + c`: encoder `E` (`[k, d]`), decoder `D` (`[d, k]`), centre `c` (`[d]`), trained on the
/// squared error `|x - x'|²` alone.
///
/// ```
/// use ndarray::array;
/// use prob::Gaussian;
/// use vae::LinearAutoencoder;
///
/// let data = Gaussian::new(array![0.0, 0.0], array![[2.0, 1.0], [1.0, 2.0]])?;
/// let best = LinearAutoencoder::principal(&data, 1)?;
/// // The variances along the axes are 3 and 1; one latent keeps the first.
/// assert!((best.squared_error(&data) - 1.0).abs() < 1e-14);
/// # Ok::<(), prob::ProbError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LinearAutoencoder {
    encoder: Array2<f64>,
    decoder: Array2<f64>,
    centre: Array1<f64>,
}

impl LinearAutoencoder {
    /// The autoencoder with these matrices.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn new(encoder: Array2<f64>, decoder: Array2<f64>, centre: Array1<f64>) -> Result<Self, ProbError> {
        check_dim("encoder input", centre.len(), encoder.ncols())?;
        check_dim("decoder output", centre.len(), decoder.nrows())?;
        check_dim("decoder input", encoder.nrows(), decoder.ncols())?;
        Ok(Self { encoder, decoder, centre })
    }

    /// The best one with `k` latents: `E = Dᵀ`, the columns of `D` the eigenvectors of the `k` largest eigenvalues of the
    /// covariance of the data. Its error is the sum of the other eigenvalues (Baldi and Hornik 1989).
    ///
    /// # Errors
    /// If there are more latents than coordinates.
    pub fn principal(data: &Gaussian, k: usize) -> Result<Self, ProbError> {
        if k > data.dim() {
            return Err(ProbError::Dimension { what: "latents", expected: data.dim(), found: k });
        }
        let eigen = SymmetricEigen::new(data.covariance());
        let axes = eigen.vectors().slice(s![.., ..k]).to_owned();
        Self::new(axes.t().to_owned(), axes, data.mean().clone())
    }

    /// `D E`, the map from `x - c` to `x' - c`, of rank `k` at most, `[d, d]`.
    pub fn map(&self) -> Array2<f64> {
        self.decoder.dot(&self.encoder)
    }

    /// `x' = D E (x - c) + c` at one observation `x` (`[d]`), `[d]`.
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn reconstruct(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        self.decoder.dot(&self.encoder.dot(&(&x.view() - &self.centre))) + &self.centre
    }

    /// `E |x - x'|² = tr((I - DE) S (I - DE)ᵀ) + |(I - DE)(m - c)|²` for `x ~ N(m, S)`, in squared units of `x`.
    ///
    /// # Panics
    /// If the data have another dimension.
    pub fn squared_error(&self, data: &Gaussian) -> f64 {
        let lost = Array2::eye(self.centre.len()) - self.map();
        let spread = lost.dot(data.factor().lower());
        let shift = lost.dot(&(data.mean() - &self.centre));
        spread.iter().chain(&shift).map(|v| v * v).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use ndarray::array;

    /// With as many latents as coordinates nothing is lost, with none everything but the centre; more are refused.
    #[test]
    fn from_no_latents_to_too_many() {
        let data = Gaussian::new(array![1.0, -2.0], array![[2.0, 1.0], [1.0, 2.0]]).unwrap();
        let (x, best) = (array![0.3, 0.5], |k| LinearAutoencoder::principal(&data, k));
        let (none, all) = (best(0).unwrap(), best(2).unwrap());
        assert_abs_diff_eq!(all.squared_error(&data), 0.0, epsilon = 1e-28);
        assert_abs_diff_eq!(all.reconstruct(&x), x, epsilon = 1e-14);
        assert_abs_diff_eq!(none.squared_error(&data), 4.0, epsilon = 1e-14);
        assert_abs_diff_eq!(none.reconstruct(&x), array![1.0, -2.0], epsilon = 1e-14);
        assert_eq!(best(3), Err(ProbError::Dimension { what: "latents", expected: 2, found: 3 }));
    }
}
