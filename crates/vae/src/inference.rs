//! Variational EM for the linear VAE: each half step is the best answer of one side to the other.

use ndarray::Array2;
use prob::{Gaussian, LinearGaussian, Mixture, ProbError};

use crate::LinearVae;

impl LinearVae {
    /// The best encoder with independent latents, `N(G x + g, diag 1/Λ_jj)` with `G x + g` the mean of the posterior and `Λ`
    /// its precision: at every `x` no Gaussian with a diagonal covariance has the higher bound (mean field; Bishop 2006,
    /// §10.1). It is linear in `x`, so that amortising costs this model nothing.
    ///
    /// # Errors
    /// As [`posterior`](Self::posterior).
    pub fn mean_field(&self) -> Result<LinearGaussian, ProbError> {
        let posterior = self.posterior()?;
        let variances = posterior.factor().inverse().diag().mapv(f64::recip);
        LinearGaussian::new(
            posterior.weight().clone(),
            posterior.bias().clone(),
            Array2::from_diag(&variances),
        )
    }

    /// The E-step: the same decoder with the exact posterior as encoder, which closes the gap at every `x`.
    ///
    /// # Errors
    /// As [`posterior`](Self::posterior).
    pub fn e_step(&self) -> Result<LinearVae, ProbError> {
        LinearVae::new(self.posterior()?, self.decoder().clone())
    }

    /// The M-step: the same encoder with the decoder that has the highest average bound on `data`, which is the linear
    /// regression of `x` on `z` under their joint law: `V = Cov(x, z) Cov(z)⁻¹`, `a = E x - V E z`, and the covariance that
    /// is left, `R = Cov(x) - V Cov(z, x)`.
    ///
    /// # Errors
    /// If what is left is singular to rounding: the latents say everything of `x`.
    ///
    /// # Panics
    /// If the data have another dimension.
    pub fn m_step(&self, data: &Mixture) -> Result<LinearVae, ProbError> {
        let latents = self.aggregate_posterior(data);
        let latents = Gaussian::new(latents.mean(), latents.covariance())?;
        let x_covariance = data.covariance();
        // Cov(z, x) = W Cov(x).
        let across = self.encoder().weight().dot(&x_covariance);
        let weight = latents.factor().solve(&across).t().to_owned();
        let bias = data.mean() - weight.dot(latents.mean());
        let rest = x_covariance - weight.dot(&across);
        let rest = (&rest + &rest.t()) * 0.5;
        LinearVae::new(self.encoder().clone(), LinearGaussian::new(weight, bias, rest)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    /// One coordinate: Cov(z) = 0.16 · 2 + 0.3, Cov(x, z) = 0.8, E z = 0.7.
    #[test]
    fn the_m_step_is_the_regression_by_hand() {
        let law = |w: f64, b: f64, v: f64| LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap();
        let vae = LinearVae::new(law(0.4, 0.1, 0.3), law(0.8, 0.0, 0.2)).unwrap();
        let data = Mixture::from(Gaussian::new(array![1.5], array![[2.0]]).unwrap());
        let decoder = vae.m_step(&data).unwrap().decoder().clone();
        let slope = 0.8 / 0.62;
        assert_relative_eq!(decoder.weight()[[0, 0]], slope, max_relative = 1e-13);
        assert_relative_eq!(decoder.bias()[0], 1.5 - 0.7 * slope, max_relative = 1e-13);
        assert_relative_eq!(decoder.covariance()[[0, 0]], 2.0 - 0.8 * slope, max_relative = 1e-13);
    }
}
