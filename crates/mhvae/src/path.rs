//! One path up a chain for each observation, and the terms of the bound along it.

use ndarray::{Array1, Array2, ArrayRef2};
use prob::diagonal::log_standard_normal;
use prob::{Conditional, standard_normal};
use rand_chacha::ChaCha8Rng;

/// The terms of the bound for each row, `[n]` each, in nats, all of them as log-ratios.
pub(crate) struct PathTerms {
    /// `log p(x|z₁)`.
    pub(crate) reconstruction: Array1<f64>,
    /// `log q(z_T|z_{T-1}) - log p(z_T)`.
    pub(crate) prior_matching: Array1<f64>,
    /// `log q(z_t|z_{t-1}) - log p(z_t|z_{t+1})` for `t = 1 … T-1`.
    pub(crate) matching: Vec<Array1<f64>>,
}

impl PathTerms {
    /// Draws one path for each row of `x` (`[n, d]`).
    ///
    /// # Panics
    /// If there is no encoder, not one decoder for each, or the widths do not fit.
    pub(crate) fn draw(
        encoders: &[impl Conditional],
        decoders: &[impl Conditional],
        x: &ArrayRef2<f64>,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        assert!(
            !encoders.is_empty() && encoders.len() == decoders.len(),
            "a chain needs as many ways up as down"
        );
        let mut path: Vec<Array2<f64>> = vec![];
        let (mut log_q, mut log_p) = (vec![], vec![]);
        for (encoder, decoder) in encoders.iter().zip(decoders) {
            let below = path.last().map_or(x, |z| z);
            let eps = standard_normal((x.nrows(), encoder.output_dim()), rng);
            let z = encoder.sample_given_noise(below, &eps);
            log_q.push(encoder.log_prob(&z, below));
            log_p.push(decoder.log_prob(below, &z));
            path.push(z);
        }
        // Each latent has two laws: the encoder's from below, and that of the decoder above it or the prior.
        log_p.push(log_standard_normal(&path[path.len() - 1]));
        let reconstruction = log_p.remove(0);
        let mut matching: Vec<_> = log_q.into_iter().zip(log_p).map(|(q, p)| q - p).collect();
        let prior_matching = matching.pop().expect("a chain has a latent");
        Self { reconstruction, prior_matching, matching }
    }

    /// `log p(x, z₁ … z_T) - log q(z₁ … z_T|x)` for each row, `[n]`: the bound as sampled, and the logarithm of the weight
    /// of a path that the encoders proposed.
    pub(crate) fn log_weights(&self) -> Array1<f64> {
        self.matching.iter().fold(&self.reconstruction - &self.prior_matching, |sum, term| sum - term)
    }
}
