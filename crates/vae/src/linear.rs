//! The linear-Gaussian VAE, in which every term, the evidence and the posterior are exact.

use ndarray::{Array1, ArrayRef1};
use prob::average::{self, Part};
use prob::{Bound, Gaussian, LinearGaussian, Mixture, ProbError, check_dim};

/// Encoder `q(z|x) = N(W x + b, S)`, decoder `p(x|z) = N(V z + a, R)`, prior `p(z) = N(0, I)`.
///
/// ```
/// use ndarray::array;
/// use prob::LinearGaussian;
/// use vae::LinearVae;
///
/// let encoder = LinearGaussian::new(array![[0.4]], array![0.1], array![[0.3]])?;
/// let decoder = LinearGaussian::new(array![[0.8]], array![0.0], array![[0.2]])?;
/// let vae = LinearVae::new(encoder, decoder)?;
/// let x = array![0.8];
/// assert!(vae.bound(&x).elbo() <= vae.log_evidence(&x));
/// # Ok::<(), prob::ProbError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LinearVae {
    encoder: LinearGaussian,
    decoder: LinearGaussian,
    prior: Gaussian,
}

impl LinearVae {
    /// The model with this encoder (`[d] → [k]`) and decoder (`[k] → [d]`).
    ///
    /// # Errors
    /// If what one puts out is not what the other takes in.
    pub fn new(encoder: LinearGaussian, decoder: LinearGaussian) -> Result<Self, ProbError> {
        check_dim("decoder input", encoder.bias().len(), decoder.weight().ncols())?;
        check_dim("decoder output", encoder.weight().ncols(), decoder.bias().len())?;
        let prior = Gaussian::standard(encoder.bias().len());
        Ok(Self { encoder, decoder, prior })
    }

    /// `q(z|x)`.
    pub fn encoder(&self) -> &LinearGaussian {
        &self.encoder
    }

    /// `p(x|z)`.
    pub fn decoder(&self) -> &LinearGaussian {
        &self.decoder
    }

    /// `p(z)`.
    pub fn prior(&self) -> &Gaussian {
        &self.prior
    }

    /// `E_q(z|x) log p(x|z) = log N(x; V m + a, R) - ½ tr(R⁻¹ V S Vᵀ)` at one observation `x` (`[d]`), in nats, with
    /// `m = W x + b` the mean of the encoder and `S` its covariance.
    pub fn reconstruction(&self, x: &ArrayRef1<f64>) -> f64 {
        let at_the_mean = self.decoder.given(&self.encode(x)).log_prob(x);
        let spread = self.decoder.weight().dot(self.encoder.factor().lower());
        let trace = self.decoder.factor().whiten_columns(&spread).mapv(|v| v * v).sum();
        at_the_mean - 0.5 * trace
    }

    /// `KL(q(z|x) || p(z))` at one observation `x` (`[d]`), in nats.
    pub fn prior_matching(&self, x: &ArrayRef1<f64>) -> f64 {
        self.encoder.given(x).kl_divergence(&self.prior)
    }

    /// Both terms of the bound at one observation `x` (`[d]`) (Luo (19)).
    ///
    /// # Panics
    /// If `x` has another dimension, as every method here.
    pub fn bound(&self, x: &ArrayRef1<f64>) -> Bound {
        Bound {
            reconstruction: self.reconstruction(x),
            prior_matching: self.prior_matching(x),
            matching: vec![],
        }
    }

    /// Both terms averaged over data from a mixture, in nats: over the joint law of `(x, z)` under each component.
    ///
    /// # Panics
    /// If the mixture has another dimension than `x`.
    pub fn average_bound(&self, data: &Mixture) -> Bound {
        let d = self.encoder.weight().ncols();
        let prior = LinearGaussian::from(&self.prior).on_wider_input(d, 0);
        let (mut reconstruction, mut prior_matching) = (0.0, 0.0);
        for (weight, component) in data.parts() {
            let joint = self.encoder.joint(component);
            let (x, z) = (Part::of(&joint, 0..d), Part::of(&joint, d..joint.dim()));
            reconstruction += weight * average::log_prob(&self.decoder, &x, &z);
            prior_matching += weight * average::divergence(&self.encoder, &prior, component);
        }
        Bound { reconstruction, prior_matching, matching: vec![] }
    }

    /// `p(x) = ∫ p(z) p(x|z) dz = N(a, V Vᵀ + R)`.
    pub fn evidence(&self) -> Gaussian {
        self.decoder.push(&self.prior)
    }

    /// `log p(x)` at one observation `x` (`[d]`), in nats.
    pub fn log_evidence(&self, x: &ArrayRef1<f64>) -> f64 {
        self.evidence().log_prob(x)
    }

    /// `p(z|x)`, the posterior that the encoder stands in for, by Bayes' rule.
    ///
    /// # Errors
    /// If the posterior precision is singular to rounding.
    pub fn posterior(&self) -> Result<LinearGaussian, ProbError> {
        self.decoder.bayes(&self.prior)
    }

    /// `KL(q(z|x) || p(z|x)) = log p(x) - ELBO`, the gap of the bound at `x` (`[d]`), in nats.
    ///
    /// # Errors
    /// As [`posterior`](Self::posterior).
    pub fn gap(&self, x: &ArrayRef1<f64>) -> Result<f64, ProbError> {
        Ok(self.encoder.given(x).kl_divergence(&self.posterior()?.given(x)))
    }

    /// The law `q(z) = E_data q(z|x)` of the latents that the encoder puts out, for data from a mixture.
    pub fn aggregate_posterior(&self, data: &Mixture) -> Mixture {
        data.push(&self.encoder)
    }

    /// `W x + b`, the mean of `q(z|x)`, `[k]`.
    pub fn encode(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        self.encoder.weight().dot(x) + self.encoder.bias()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use prob::GaussHermite;

    /// A decoder far sharper than its observation is large: the residual is formed before it is squared.
    #[test]
    fn reconstruction_keeps_its_digits_for_sharp_decoders() {
        for sd in [1e-3, 1e-6, 1e-12, 1e-150] {
            let variance = sd * sd;
            let sharp = || LinearGaussian::new(array![[1.0]], array![0.0], array![[variance]]).unwrap();
            let vae = LinearVae::new(sharp(), sharp()).unwrap();
            // Both laws are N(·, s²): E log p = -½ (log 2πs² + 1).
            let exact = -0.5 * (std::f64::consts::TAU.ln() + 2.0 * sd.ln() + 1.0);
            assert_relative_eq!(vae.reconstruction(&array![0.3]), exact, max_relative = 1e-14);
        }
    }

    /// The same on average over data far from the origin: `V W = 1` up to rounding, so that of `x - V z` only the noise of
    /// `z` is left, and `E log p = -½ (log 2πs² + V²)`. The prior term is `½ (W² (300² + 1) + s² - 1 - log s²)`.
    #[test]
    fn the_average_keeps_its_digits_for_sharp_decoders() {
        let (w, v) = (0.7, 1.0 / 0.7);
        let data = Mixture::from(Gaussian::isotropic(array![300.0], 1.0).unwrap());
        for (sd, tolerance) in [(1e-3, 1e-13), (1e-5, 1e-13), (1e-6, 1e-13), (1e-7, 1e-11)] {
            let law = |w: f64| LinearGaussian::new(array![[w]], array![0.0], array![[sd * sd]]).unwrap();
            let found = LinearVae::new(law(w), law(v)).unwrap().average_bound(&data);
            let exact = -0.5 * (std::f64::consts::TAU.ln() + 2.0 * sd.ln() + v * v);
            assert_relative_eq!(found.reconstruction, exact, max_relative = tolerance);
            let prior_matching = 0.5 * (w * w * 90_001.0 + sd * sd - 1.0 - 2.0 * sd.ln());
            assert_relative_eq!(found.prior_matching, prior_matching, max_relative = 1e-13);
        }
    }

    #[test]
    fn the_reconstruction_by_hand() {
        let law = |w: f64, b: f64, v: f64| LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap();
        let vae = LinearVae::new(law(0.4, 0.1, 0.3), law(0.7, 0.2, 0.2)).unwrap();
        let x: f64 = 0.8;
        let mean: f64 = 0.4 * x + 0.1;
        assert_relative_eq!(vae.encode(&array![x])[0], mean, max_relative = 1e-14);
        let square = (x - 0.7 * mean - 0.2).powi(2) + 0.49 * 0.3;
        let by_hand = -0.5 * (square / 0.2 + (std::f64::consts::TAU * 0.2).ln());
        assert_relative_eq!(vae.reconstruction(&array![x]), by_hand, max_relative = 1e-13);
    }

    #[test]
    fn evidence_gap_and_weights_by_hand() {
        let law = |w: f64, b: f64, v: f64| LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap();
        let vae = LinearVae::new(law(0.4, 0.1, 0.3), law(0.7, 0.2, 0.2)).unwrap();
        let log_normal = |r: f64, v: f64| -0.5 * (r * r / v + (std::f64::consts::TAU * v).ln());
        let x = array![0.8];
        let evidence = log_normal(0.6, 0.69);
        assert_relative_eq!(vae.log_evidence(&x), evidence, max_relative = 1e-13);
        // p(z|x) = N(0.7 · 0.6/0.69, 0.2/0.69), q(z|x) = N(0.42, 0.3).
        let (mean, variance): (f64, f64) = (0.42 / 0.69, 0.2 / 0.69);
        let gap = 0.5 * (0.3 / variance + (0.42 - mean).powi(2) / variance - 1.0 + (variance / 0.3).ln());
        assert_relative_eq!(vae.gap(&x).unwrap(), gap, max_relative = 1e-12);
        assert_relative_eq!(evidence - vae.bound(&x).elbo(), gap, max_relative = 1e-12);
        // From the prior, E p(x|z)² = N(0.6; 0, 0.49 + 0.1)/√(4π · 0.2).
        let square = log_normal(0.6, 0.59) - 0.5 * (2.0 * std::f64::consts::TAU * 0.2).ln();
        let relative = (square - 2.0 * evidence).exp() - 1.0;
        let found = vae.weight_variance(&x, vae.prior()).unwrap();
        assert_relative_eq!(found, relative, max_relative = 1e-12);
    }

    /// Two coordinates, one latent, two components: the average of the bound by quadrature.
    #[test]
    fn the_average_bound_is_the_average_of_the_bound() {
        let encoder = LinearGaussian::new(array![[0.4, -0.7]], array![0.1], array![[0.3]]).unwrap();
        let covariance = array![[0.5, 0.1], [0.1, 0.4]];
        let decoder = LinearGaussian::new(array![[0.8], [-0.3]], array![0.2, -0.1], covariance).unwrap();
        let vae = LinearVae::new(encoder, decoder).unwrap();
        let part =
            |mean: [f64; 2], a: f64| Gaussian::new(mean.to_vec().into(), array![[0.6, a], [a, 0.3]]).unwrap();
        let data =
            Mixture::new(vec![0.3, 0.7], vec![part([-1.0, 0.5], 0.2), part([0.8, 0.1], -0.1)]).unwrap();
        let average = |term: fn(&LinearVae, &ArrayRef1<f64>) -> f64| -> f64 {
            let rule = GaussHermite::new(4);
            data.parts().map(|(weight, law)| weight * rule.expectation(law, |x| term(&vae, x))).sum()
        };
        let found = vae.average_bound(&data);
        assert_relative_eq!(found.reconstruction, average(LinearVae::reconstruction), max_relative = 1e-12);
        assert_relative_eq!(found.prior_matching, average(LinearVae::prior_matching), max_relative = 1e-12);
    }
}
