//! Probabilistic PCA, `x = W z + m + σ ε`: EM beside the maximum of the likelihood in closed form
//! (Tipping and Bishop 1999).

use linalg::{Cholesky, SymmetricEigen};
use ndarray::{Array1, Array2, s};
use prob::{Gaussian, LinearGaussian, Mixture, ProbError, check_dim};
use vae::LinearVae;

/// `z ~ N(0, I)`, `x|z ~ N(W z + m, σ² I)`: the linear VAE whose decoder has one variance.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbabilisticPca {
    weight: Array2<f64>,
    mean: Array1<f64>,
    variance: f64,
}

impl ProbabilisticPca {
    /// The model with `W` (`[d, k]`), `m` (`[d]`) and `σ²`.
    ///
    /// # Errors
    /// If the shapes do not fit, or the variance is not positive.
    pub fn new(weight: Array2<f64>, mean: Array1<f64>, variance: f64) -> Result<Self, ProbError> {
        check_dim("weight", mean.len(), weight.nrows())?;
        Gaussian::isotropic(mean.clone(), variance)?;
        Ok(Self { weight, mean, variance })
    }

    /// The maximum of the likelihood for data of the covariance `S = Σ λ_j u_j u_jᵀ` (of samples, their
    /// [`sample_law`](crate::sample_law)): `σ² = (λ_{k+1} + … + λ_d)/(d - k)` and `W = U_k (Λ_k - σ² I)^½`, unique up to a
    /// rotation of `z`.
    ///
    /// # Errors
    /// If there are not fewer latents than coordinates.
    pub fn maximum_likelihood(data: &Gaussian, k: usize) -> Result<Self, ProbError> {
        let d = data.dim();
        if k >= d {
            return Err(ProbError::Dimension { what: "latents", expected: d.saturating_sub(1), found: k });
        }
        let eigen = SymmetricEigen::new(data.covariance());
        let variance = eigen.values().slice(s![k..]).sum() / (d - k) as f64;
        // Rounding may put an eigenvalue that equals σ² below it.
        let scales = eigen.values().slice(s![..k]).mapv(|v| (v - variance).max(0.0).sqrt());
        Self::new(&eigen.vectors().slice(s![.., ..k]) * &scales, data.mean().clone(), variance)
    }

    /// `W`, `[d, k]`.
    pub fn weight(&self) -> &Array2<f64> {
        &self.weight
    }

    /// `σ²`.
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// `W Wᵀ + σ² I`, `[d, d]`: the covariance of `x`, which no rotation of `z` changes.
    pub fn covariance(&self) -> Array2<f64> {
        self.weight.dot(&self.weight.t()) + Array2::<f64>::eye(self.mean.len()) * self.variance
    }

    /// `p(x|z)`.
    ///
    /// # Errors
    /// Never for a model that was made by [`ProbabilisticPca::new`].
    pub fn decoder(&self) -> Result<LinearGaussian, ProbError> {
        let noise = Array2::<f64>::eye(self.mean.len()) * self.variance;
        LinearGaussian::new(self.weight.clone(), self.mean.clone(), noise)
    }

    /// `E log p(x)` for data of this law, in nats: `-½ (d log 2π + log det C + tr C⁻¹ S)` at the right mean, with `C` the
    /// [covariance](Self::covariance) of the model and `S` that of the data.
    ///
    /// # Errors
    /// If `C` is singular to rounding.
    ///
    /// # Panics
    /// If the data have another dimension.
    pub fn average_log_likelihood(&self, data: &Gaussian) -> Result<f64, ProbError> {
        Ok(-data.cross_entropy(&Gaussian::new(self.mean.clone(), self.covariance())?))
    }

    /// One iteration of EM, both steps in one formula: with `M = Wᵀ W + σ² I`,
    /// `W̃ = S W (σ² I + M⁻¹ Wᵀ S W)⁻¹` and `σ̃² = tr(S - S W M⁻¹ W̃ᵀ)/d`. The mean becomes that of the data.
    ///
    /// # Errors
    /// If a matrix is singular to rounding, or nothing is left for the noise.
    ///
    /// # Panics
    /// If the data have another dimension.
    pub fn em_step(&self, data: &Gaussian) -> Result<Self, ProbError> {
        let (w, covariance) = (&self.weight, data.covariance());
        let noise = Array2::<f64>::eye(w.ncols()) * self.variance;
        let factor = |a: &Array2<f64>| {
            Cholesky::new(a)
                .map_err(|source| ProbError::NotPositiveDefinite { what: "posterior precision", source })
        };
        let m = w.t().dot(w) + &noise;
        let spread = covariance.dot(w);
        // W̃ᵀ = M (σ² M + Wᵀ S W)⁻¹ Wᵀ S: the same formula with a symmetric matrix to solve for.
        let normal = &m * self.variance + w.t().dot(&spread);
        let normal = factor(&((&normal + &normal.t()) * 0.5))?;
        let weight = m.dot(&normal.solve(&spread.t())).t().to_owned();
        let explained = spread.dot(&factor(&m)?.solve(&weight.t()));
        let left = covariance.diag().sum() - explained.diag().sum();
        Self::new(weight, data.mean().clone(), left / self.mean.len() as f64)
    }

    /// The average bound on the data, in nats, when the encoder is the posterior of `other`: equal to the average
    /// log-likelihood for `other = self`, which is what the E-step attains.
    ///
    /// # Errors
    /// If a posterior is singular to rounding.
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn bound_under(&self, other: &ProbabilisticPca, data: &Gaussian) -> Result<f64, ProbError> {
        let posterior = other.decoder()?.bayes(&Gaussian::standard(other.weight.ncols()))?;
        let vae = LinearVae::new(posterior, self.decoder()?)?;
        Ok(vae.average_bound(&Mixture::from(data.clone())).elbo())
    }
}

/// The average bound along EM, in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Iteration {
    /// After the E-step: the average log-likelihood of the parameters that the iteration came with.
    pub after_e: f64,
    /// After the M-step.
    pub after_m: f64,
}

/// `iterations` of EM from `start` on data of this law: the model, and the bound after every half step.
///
/// # Errors
/// As [`ProbabilisticPca::em_step`].
///
/// # Panics
/// If the data have another dimension.
pub fn fit(
    start: &ProbabilisticPca,
    data: &Gaussian,
    iterations: usize,
) -> Result<(ProbabilisticPca, Vec<Iteration>), ProbError> {
    let mut model = start.clone();
    let mut history = Vec::with_capacity(iterations);
    for _ in 0..iterations {
        let next = model.em_step(data)?;
        history.push(Iteration {
            after_e: model.bound_under(&model, data)?,
            after_m: next.bound_under(&model, data)?,
        });
        model = next;
    }
    Ok((model, history))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    fn data() -> Gaussian {
        let root = array![[1.5, 0.2, 0.1], [0.3, 0.9, -0.2], [-0.4, 0.1, 0.5]];
        Gaussian::new(array![1.0, 0.0, -2.0], root.dot(&root.t())).unwrap()
    }

    fn start(k: usize) -> ProbabilisticPca {
        let weight = Array2::from_shape_fn((3, k), |(i, j)| 0.3 + 0.2 * i as f64 - 0.4 * j as f64 * i as f64);
        ProbabilisticPca::new(weight, array![1.0, 0.0, -2.0], 1.0).unwrap()
    }

    /// Axes along the coordinates: variances 4, 1 and ½ leave σ² = ¾ and W = (√(4 - ¾), 0, 0).
    #[test]
    fn the_maximum_by_hand() {
        let data = Gaussian::new(Array1::zeros(3), Array2::from_diag(&array![1.0, 4.0, 0.5])).unwrap();
        let best = ProbabilisticPca::maximum_likelihood(&data, 1).unwrap();
        assert_relative_eq!(best.variance(), 0.75, max_relative = 1e-14);
        let expected = Array2::from_diag(&array![0.75, 4.0, 0.75]);
        assert_relative_eq!(best.covariance(), expected, epsilon = 1e-14);
        assert!(ProbabilisticPca::maximum_likelihood(&data, 3).is_err());
    }

    #[test]
    fn em_climbs_to_the_maximum() {
        for k in [1, 2] {
            let best = ProbabilisticPca::maximum_likelihood(&data(), k).unwrap();
            let (found, history) = fit(&start(k), &data(), 500).unwrap();
            let bounds: Vec<f64> = history.iter().flat_map(|i| [i.after_e, i.after_m]).collect();
            assert!(bounds.windows(2).all(|pair| pair[1] > pair[0] - 1e-12), "k = {k}");
            assert_relative_eq!(
                history[0].after_e,
                start(k).average_log_likelihood(&data()).unwrap(),
                max_relative = 1e-12
            );
            assert_relative_eq!(found.covariance(), best.covariance(), epsilon = 1e-8);
            assert_relative_eq!(found.variance(), best.variance(), max_relative = 1e-8);
        }
    }

    #[test]
    fn a_noise_of_nothing_is_refused() {
        assert!(ProbabilisticPca::new(array![[1.0]], array![0.0], 0.0).is_err());
        assert!(ProbabilisticPca::new(array![[1.0]], array![0.0, 1.0], 0.1).is_err());
    }
}
