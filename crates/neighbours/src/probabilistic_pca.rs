//! Probabilistic PCA, `x = W z + m + σ ε`: EM beside the maximum of the likelihood in closed form
//! (Tipping and Bishop 1999).

use linalg::{Cholesky, SymmetricEigen};
use ndarray::{Array1, Array2, s};
use prob::numerics::LN_2PI;
use prob::{Gaussian, LinearGaussian, ProbError, check_dim};

use crate::SampleMoments;

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
    /// If the shapes do not fit, a number is not finite, or the variance is not positive.
    pub fn new(weight: Array2<f64>, mean: Array1<f64>, variance: f64) -> Result<Self, ProbError> {
        check_dim("weight", mean.len(), weight.nrows())?;
        let model = Self { weight, mean, variance };
        // What makes a law p(x|z) makes a model.
        model.decoder()?;
        Ok(model)
    }

    /// The maximum of the likelihood for data of the covariance `S = Σ λ_j u_j u_jᵀ`: `σ² = (λ_{k+1} + … + λ_d)/(d - k)` and `W = U_k (Λ_k - σ² I)^½`, unique up to a
    /// rotation of `z`.
    ///
    /// # Errors
    /// If there are not fewer latents than coordinates, or the data lie in a subspace of `k` dimensions: nothing is left for the
    /// noise, and the likelihood has no maximum.
    pub fn maximum_likelihood(data: &SampleMoments, k: usize) -> Result<Self, ProbError> {
        let d = data.dim();
        if k >= d {
            return Err(ProbError::Dimension { what: "latents", expected: d.saturating_sub(1), found: k });
        }
        let eigen = SymmetricEigen::new(data.covariance());
        let variance = eigen.values().slice(s![k..]).sum() / (d - k) as f64;
        // What rounding leaves of eigenvalues that are 0 is no variance.
        let rounding = f64::EPSILON * d as f64 * eigen.values()[0];
        let variance = if variance > rounding { variance } else { 0.0 };
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

    /// `E log p(x)` for data with these moments, in nats: `-½ (d log 2π + log det C + tr C⁻¹ (S + (x̄ - m)(x̄ - m)ᵀ))` with `C` the
    /// [covariance](Self::covariance) of the model and `S` that of the data.
    ///
    /// # Errors
    /// If `C` is singular to rounding, or the data have another dimension.
    pub fn average_log_likelihood(&self, data: &SampleMoments) -> Result<f64, ProbError> {
        check_dim("data", self.mean.len(), data.dim())?;
        let law = Gaussian::new(self.mean.clone(), self.covariance())?;
        let factor = law.factor();
        let trace = factor.solve(data.covariance()).diag().sum() + law.mahalanobis(data.mean());
        Ok(-0.5 * (data.dim() as f64 * LN_2PI + factor.log_det() + trace))
    }

    /// One iteration of EM, both steps in one formula: with `M = Wᵀ W + σ² I`,
    /// `W̃ = S W (σ² I + M⁻¹ Wᵀ S W)⁻¹` and `σ̃² = tr(S - S W M⁻¹ W̃ᵀ)/d`. The mean becomes that of the data.
    ///
    /// # Errors
    /// If a matrix is singular to rounding, nothing is left for the noise, or the data have another dimension.
    pub fn em_step(&self, data: &SampleMoments) -> Result<Self, ProbError> {
        check_dim("data", self.mean.len(), data.dim())?;
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

    /// The average bound on the data, in nats, when the encoder is the posterior `N(A (x - m̃), Σ)` of `other`, with
    /// `A = M⁻¹W̃ᵀ`, `Σ = σ̃² M⁻¹` and `M = W̃ᵀW̃ + σ̃² I`:
    /// `E log p(x|z) = -½ (d log 2πσ² + E|x - m - W z|²/σ²)` less `KL = ½ (tr Σ + E|A (x - m̃)|² - k - log det Σ)`, both averages of
    /// quadratics. For `other = self` it is the average log-likelihood, which is what the E-step attains.
    ///
    /// # Errors
    /// If a posterior is singular to rounding, or the shapes of models and data differ.
    pub fn bound_under(&self, other: &ProbabilisticPca, data: &SampleMoments) -> Result<f64, ProbError> {
        let (d, k) = other.weight.dim();
        check_dim("latents", self.weight.ncols(), k)?;
        check_dim("weight", self.weight.nrows(), d)?;
        check_dim("data", d, data.dim())?;
        let m = other.weight.t().dot(&other.weight) + Array2::<f64>::eye(k) * other.variance;
        let m = Cholesky::new(&m)
            .map_err(|source| ProbError::NotPositiveDefinite { what: "posterior precision", source })?;
        let (encode, spread) = (m.solve(&other.weight.t()), m.inverse() * other.variance);
        // E|B (x - m̃) + b|² for x of these moments.
        let shift = data.mean() - &other.mean;
        let average_square = |b: &Array2<f64>, constant: &Array1<f64>| {
            let at_mean = b.dot(&shift) + constant;
            (b.dot(data.covariance()) * b).sum() + at_mean.dot(&at_mean)
        };
        let lost = Array2::<f64>::eye(d) - self.weight.dot(&encode);
        let residual = average_square(&lost, &(&other.mean - &self.mean))
            + (self.weight.dot(&spread) * &self.weight).sum();
        let reconstruction = -0.5 * (d as f64 * (LN_2PI + self.variance.ln()) + residual / self.variance);
        let log_det = k as f64 * other.variance.ln() - m.log_det();
        let squares = spread.diag().sum() + average_square(&encode, &Array1::zeros(k));
        Ok(reconstruction - 0.5 * (squares - k as f64 - log_det))
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

/// `iterations` of EM from `start` on data with these moments: the model, and the bound after every half step.
///
/// # Errors
/// As [`ProbabilisticPca::em_step`].
pub fn fit(
    start: &ProbabilisticPca,
    data: &SampleMoments,
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
    use prob::Mixture;
    use vae::LinearVae;

    fn law() -> Gaussian {
        let root = array![[1.5, 0.2, 0.1], [0.3, 0.9, -0.2], [-0.4, 0.1, 0.5]];
        Gaussian::new(array![1.0, 0.0, -2.0], root.dot(&root.t())).unwrap()
    }

    fn data() -> SampleMoments {
        (&law()).into()
    }

    fn start(k: usize) -> ProbabilisticPca {
        let weight = Array2::from_shape_fn((3, k), |(i, j)| 0.3 + 0.2 * i as f64 - 0.4 * j as f64 * i as f64);
        ProbabilisticPca::new(weight, array![1.0, 0.0, -2.0], 1.0).unwrap()
    }

    /// Axes along the coordinates: variances 4, 1 and ½ leave σ² = ¾ and W = (√(4 - ¾), 0, 0).
    #[test]
    fn the_maximum_by_hand() {
        let law = Gaussian::new(Array1::zeros(3), Array2::from_diag(&array![1.0, 4.0, 0.5])).unwrap();
        let data = SampleMoments::from(&law);
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

    /// Under the posterior of another model at another mean: against the average bound of the linear VAE with that encoder and
    /// this decoder, by its own algebra of conditionals; and against the likelihood, by the Gaussian's own cross-entropy.
    #[test]
    fn the_bound_is_that_of_the_linear_vae() {
        for k in [1, 2] {
            let weight = Array2::from_shape_fn((3, k), |(i, j)| 0.9 - 0.5 * i as f64 + 0.3 * j as f64);
            let other = ProbabilisticPca::new(weight, array![0.5, 0.2, -1.0], 0.4).unwrap();
            let posterior = other.decoder().unwrap().bayes(&Gaussian::standard(k)).unwrap();
            let vae = LinearVae::new(posterior, start(k).decoder().unwrap()).unwrap();
            let exact = vae.average_bound(&Mixture::from(law())).elbo();
            let found = start(k).bound_under(&other, &data()).unwrap();
            assert_relative_eq!(found, exact, max_relative = 1e-12);
            let likelihood = other.average_log_likelihood(&data()).unwrap();
            let model = Gaussian::new(array![0.5, 0.2, -1.0], other.covariance()).unwrap();
            assert_relative_eq!(likelihood, -law().cross_entropy(&model), max_relative = 1e-12);
            assert_relative_eq!(
                other.bound_under(&other, &data()).unwrap(),
                likelihood,
                max_relative = 1e-12
            );
        }
    }

    /// Two samples in space lie on a line: one latent leaves nothing for the noise, and EM goes down towards it; four samples
    /// in a plane have a maximum with one latent.
    #[test]
    fn data_in_a_subspace() {
        let line = SampleMoments::of(&array![[1.0, 2.0, 0.0], [3.0, 1.0, 1.0]]).unwrap();
        assert!(ProbabilisticPca::maximum_likelihood(&line, 1).is_err());
        let (found, history) = fit(&start(1), &line, 20).unwrap();
        assert!(found.variance() < 0.01 && history.iter().all(|i| i.after_e <= i.after_m + 1e-12));
        let plane = array![[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, -0.5, 0.0]];
        let best = ProbabilisticPca::maximum_likelihood(&SampleMoments::of(&plane).unwrap(), 1).unwrap();
        assert_relative_eq!(best.variance(), 0.0625, max_relative = 1e-12);
    }

    #[test]
    fn what_is_no_model_is_refused() {
        assert!(ProbabilisticPca::new(array![[1.0]], array![0.0], 0.0).is_err());
        assert!(ProbabilisticPca::new(array![[1.0]], array![0.0, 1.0], 0.1).is_err());
        assert!(ProbabilisticPca::new(array![[f64::NAN]], array![0.0], 0.1).is_err());
        assert!(ProbabilisticPca::new(array![[1.0]], array![f64::INFINITY], 0.1).is_err());
        let other = SampleMoments::of(&array![[1.0]]).unwrap();
        assert!(start(1).em_step(&other).is_err() && start(1).average_log_likelihood(&other).is_err());
    }
}
