//! The VAE with learned or fixed decoder variance.

use montecarlo::{MonteCarlo, Streams};
use nn::{Mlp, Training, Variance};
use vae::{Objective, Vae, VaeLearner};

use crate::mhvae::chain_rows;
use crate::{MeasureError, Model, Row, Toy};

/// How large the model is, and how long it is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Widths of the hidden layers of the encoder; the decoder's are the same in reverse.
    pub hidden: Vec<usize>,
    /// Latent coordinates.
    pub latent_dim: usize,
    /// Of `p(x|z)`.
    pub decoder_variance: Variance,
    /// Mini-batches.
    pub steps: usize,
    /// Examples in a mini-batch.
    pub batch: usize,
    /// Of Adam, at the start.
    pub learning_rate: f64,
}

impl Settings {
    /// Settings that suit the presets of `dim` coordinates, with as many latent ones.
    pub fn for_data(dim: usize) -> Self {
        Self {
            hidden: vec![64, 64],
            latent_dim: dim,
            decoder_variance: Variance::Learned,
            steps: 4000,
            batch: 256,
            learning_rate: 2e-3,
        }
    }

    /// An untrained model.
    pub fn model(&self, toy: &Toy, streams: Streams) -> VaeLearner {
        let rng = &mut streams.role("initial weights").rng(0);
        let vae = Vae::new(toy.dim(), &self.hidden, self.latent_dim, self.decoder_variance, rng);
        VaeLearner { vae, objective: Objective::ELBO }
    }

    /// How it is trained.
    pub fn training(&self, streams: Streams) -> Training {
        Training { steps: self.steps, batch: self.batch, learning_rate: self.learning_rate, streams }
    }
}

impl Model for VaeLearner {
    fn named(&self) -> Vec<(String, &Mlp)> {
        vec![("encoder".to_owned(), self.vae.encoder.net()), ("decoder".to_owned(), self.vae.decoder.net())]
    }

    fn named_mut(&mut self) -> Vec<(String, &mut Mlp)> {
        vec![
            ("encoder".to_owned(), self.vae.encoder.net_mut()),
            ("decoder".to_owned(), self.vae.decoder.net_mut()),
        ]
    }

    /// The VAE as a chain of one latent.
    fn measure(
        &self,
        toy: &Toy,
        streams: Streams,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Vec<Row>, MeasureError> {
        let encoders = std::slice::from_ref(&self.vae.encoder);
        let decoders = std::slice::from_ref(&self.vae.decoder);
        Ok(chain_rows(encoders, decoders, toy, streams, progress))
    }
}

/// Draws that estimate the terms.
pub(crate) fn plan(streams: Streams, role: &str, samples: u64) -> MonteCarlo {
    MonteCarlo::new(samples, streams.role(role))
}
