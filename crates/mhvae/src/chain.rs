//! A chain of linear-Gaussian conditionals up to `z_T` and back.

use ndarray::{Array1, ArrayRef1};
use prob::average::{self, Part};
use prob::{Conditional, Gaussian, LinearGaussian, ProbError, check_dim};

/// Encoders `q(z₁|x), q(z₂|z₁), …`, decoders `p(x|z₁), p(z₁|z₂), …` and the prior `p(z_T) = N(0, I)`.
///
/// ```
/// use mhvae::Mhvae;
/// use ndarray::array;
/// use prob::LinearGaussian;
///
/// let step = |scale, variance| LinearGaussian::isotropic(1, scale, variance);
/// let chain = Mhvae::new(vec![step(0.9, 0.2)?, step(0.7, 0.5)?], vec![step(0.9, 0.3)?, step(0.6, 0.6)?])?;
/// let x = array![0.8];
/// assert!(chain.elbo(&x) <= chain.log_evidence(&x));
/// # Ok::<(), prob::ProbError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mhvae {
    encoders: Vec<LinearGaussian>,
    decoders: Vec<LinearGaussian>,
    prior: Gaussian,
}

impl Mhvae {
    /// The chain with these conditionals, both lists from `x` upwards.
    ///
    /// # Errors
    /// If the lists have different lengths or none, or a width does not fit its neighbour's.
    pub fn new(encoders: Vec<LinearGaussian>, decoders: Vec<LinearGaussian>) -> Result<Self, ProbError> {
        check_widths(&encoders, &decoders)?;
        let prior = Gaussian::standard(encoders[encoders.len() - 1].bias().len());
        Ok(Self { encoders, decoders, prior })
    }

    /// Number of latents, `T`.
    pub fn steps(&self) -> usize {
        self.encoders.len()
    }

    /// `q(z₁|x), q(z₂|z₁), …`
    pub fn encoders(&self) -> &[LinearGaussian] {
        &self.encoders
    }

    /// `p(x|z₁), p(z₁|z₂), …`
    pub fn decoders(&self) -> &[LinearGaussian] {
        &self.decoders
    }

    /// `p(z_T)`.
    pub fn prior(&self) -> &Gaussian {
        &self.prior
    }

    /// `p(x)`: the prior pushed down the chain of decoders.
    pub fn evidence(&self) -> Gaussian {
        self.decoders.iter().rev().fold(self.prior.clone(), |law, decoder| decoder.push(&law))
    }

    /// `log p(x)` at one observation `x` (`[d]`), in nats.
    ///
    /// # Panics
    /// If `x` has another dimension, as every method here.
    pub fn log_evidence(&self, x: &ArrayRef1<f64>) -> f64 {
        self.evidence().log_prob(x)
    }

    /// `q(z₁…z_T | x)`: the joint law of all latents, stacked from `z₁` on (Luo (24)).
    pub fn encode(&self, x: &ArrayRef1<f64>) -> Gaussian {
        let first = self.encoders[0].given(x);
        self.encoders[1..].iter().fold(first, |law, encoder| {
            let offset = law.dim() - encoder.weight().ncols();
            encoder.on_wider_input(law.dim(), offset).joint(&law)
        })
    }

    /// `E_q [log p(x, z₁…z_T) - log q(z₁…z_T | x)]` at one observation `x` (`[d]`), in nats (Luo (25)-(29)): summed over
    /// the factors of the path, each averaged over the joint law of all latents.
    pub fn elbo(&self, x: &ArrayRef1<f64>) -> f64 {
        let path = self.encode(x);
        let (mut lower, mut end) = (Part::known(x, path.dim()), 0);
        let mut bound = 0.0;
        for (encoder, decoder) in self.encoders.iter().zip(&self.decoders) {
            let begin = end;
            end += encoder.bias().len();
            let upper = Part::of(&path, begin..end);
            // On average -log q(z_t|z_{t-1}) is an entropy, the same whatever z_{t-1} is.
            bound += average::log_prob(decoder, &lower, &upper) + encoder.given(&lower.mean).entropy();
            lower = upper;
        }
        let nothing = Part::known(&Array1::zeros(0), path.dim());
        bound + average::log_prob(&LinearGaussian::from(&self.prior), &lower, &nothing)
    }
}

/// Does each conditional fit its neighbours?
///
/// # Errors
/// If the lists have different lengths or none, or a width does not fit its neighbour's.
pub(crate) fn check_widths<C: Conditional>(encoders: &[C], decoders: &[C]) -> Result<(), ProbError> {
    check_dim("number of decoders", encoders.len().max(1), decoders.len())?;
    check_dim("number of encoders", decoders.len(), encoders.len())?;
    for (encoder, decoder) in encoders.iter().zip(decoders) {
        check_dim("decoder input", encoder.output_dim(), decoder.input_dim())?;
        check_dim("decoder output", encoder.input_dim(), decoder.output_dim())?;
    }
    for pair in encoders.windows(2) {
        check_dim("encoder input", pair[0].output_dim(), pair[1].input_dim())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};

    /// The decoders of part C5 with `z₃` standardised (z₃ = 0.2 + √2 u), and four observations of `z₁`:
    /// log evidence -4.0459361.
    fn outside_chain() -> Vec<LinearGaussian> {
        let sqrt2 = 2f64.sqrt();
        let ones = Array2::ones((4, 1));
        vec![
            LinearGaussian::new(ones, Array1::zeros(4), Array2::eye(4) * 0.5).unwrap(),
            LinearGaussian::new(array![[1.0]], array![0.0], array![[1.0 / 1.5]]).unwrap(),
            LinearGaussian::new(array![[sqrt2]], array![0.2], array![[1.0]]).unwrap(),
        ]
    }

    #[test]
    fn evidence_of_the_outside_chain() {
        let decoders = outside_chain();
        let encoders = exact_encoders(&decoders);
        let chain = Mhvae::new(encoders, decoders).unwrap();
        let x = array![-0.1, 0.03, 0.2, 0.1];
        assert_relative_eq!(chain.log_evidence(&x), -4.0459361, epsilon = 5e-8);
        // With the exact posterior as encoder the bound is tight.
        assert_relative_eq!(chain.elbo(&x), chain.log_evidence(&x), max_relative = 1e-12);
    }

    /// `p(z_t | z_{t-1})`, each decoder reversed under the law that the chain above it gives to its input.
    fn exact_encoders(decoders: &[LinearGaussian]) -> Vec<LinearGaussian> {
        let top = Gaussian::standard(decoders[decoders.len() - 1].weight().ncols());
        let mut law = top;
        let mut encoders = Vec::new();
        for decoder in decoders.iter().rev() {
            encoders.push(decoder.bayes(&law).unwrap());
            law = decoder.push(&law);
        }
        encoders.reverse();
        encoders
    }

    #[test]
    fn one_step_is_the_vae_written_out() {
        // Scalars by hand: q(z|x) = N(0.4 x + 0.1, 0.3), p(x|z) = N(0.8 z, 0.2).
        let encoder = LinearGaussian::new(array![[0.4]], array![0.1], array![[0.3]]).unwrap();
        let decoder = LinearGaussian::new(array![[0.8]], array![0.0], array![[0.2]]).unwrap();
        let chain = Mhvae::new(vec![encoder], vec![decoder]).unwrap();
        let (x, mu, v, r): (f64, f64, f64, f64) = (0.8, 0.42, 0.3, 0.2);
        let square = (x - 0.8 * mu).powi(2) + 0.64 * v;
        let reconstruction = -0.5 * (square / r + (std::f64::consts::TAU * r).ln());
        let prior_matching = 0.5 * (mu * mu + v - 1.0 - v.ln());
        assert_relative_eq!(chain.elbo(&array![x]), reconstruction - prior_matching, max_relative = 1e-13);
    }

    #[test]
    fn refuses_chains_that_do_not_fit() {
        let step =
            |m, n| LinearGaussian::new(Array2::zeros((m, n)), Array1::zeros(m), Array2::eye(m)).unwrap();
        assert!(Mhvae::new(vec![], vec![]).is_err());
        assert!(Mhvae::new(vec![step(2, 1)], vec![]).is_err());
        assert!(Mhvae::new(vec![step(2, 1)], vec![step(2, 1)]).is_err());
        assert!(Mhvae::new(vec![step(2, 1), step(1, 3)], vec![step(1, 2), step(3, 1)]).is_err());
        assert!(Mhvae::new(vec![step(2, 1), step(1, 2)], vec![step(1, 2), step(2, 1)]).is_ok());
    }
}
