//! The hierarchical VAE with learned conditionals.

use mhvae::importance::estimate_importance_bound;
use mhvae::{MhvaeLearner, NetworkMhvae, WarmUp, bound::estimate_bound};
use montecarlo::Streams;
use nn::{Mlp, Training, Variance};
use prob::Conditional;

use crate::report::gap_per_dimension;
use crate::vae::plan;
use crate::{MeasureError, Model, Row, Toy};

/// Observations on which the terms are estimated.
const TERM_SAMPLES: u64 = 50_000;

/// Observations on which the importance-weighted bound is estimated, and latents for each.
const IMPORTANCE_SAMPLES: u64 = 4_000;
const IMPORTANCE_WEIGHTS: usize = 100;

/// How large the model is, and how long it is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Coordinates of `z_1 … z_T`.
    pub latent_dims: Vec<usize>,
    /// Widths of the hidden layers of every conditional.
    pub hidden: Vec<usize>,
    /// Of `p(x|z_1)`; all others are learned.
    pub data_variance: Variance,
    /// How the latents above the first are kept from collapse; none with one latent, where there is nothing above it.
    pub warm_up: Option<WarmUp>,
    /// Mini-batches.
    pub steps: usize,
    /// Examples in a mini-batch.
    pub batch: usize,
    /// Of Adam, at the start.
    pub learning_rate: f64,
}

impl Settings {
    /// Settings that suit the presets of `dim` coordinates, with `latents` latents as wide.
    pub fn for_data(dim: usize, latents: usize) -> Self {
        Self {
            latent_dims: vec![dim; latents],
            hidden: vec![32, 32],
            data_variance: Variance::Learned,
            warm_up: (latents > 1).then(WarmUp::default),
            steps: if dim == 1 { 6000 } else { 12_000 },
            batch: 128,
            learning_rate: 0.01,
        }
    }

    /// An untrained model.
    pub fn model(&self, toy: &Toy, streams: Streams) -> MhvaeLearner {
        let rng = &mut streams.role("initial weights").rng(0);
        let chain = NetworkMhvae::new(toy.dim(), &self.latent_dims, &self.hidden, self.data_variance, rng);
        MhvaeLearner::new(chain, self.warm_up)
    }

    /// How it is trained.
    pub fn training(&self, streams: Streams) -> Training {
        Training { steps: self.steps, batch: self.batch, learning_rate: self.learning_rate, streams }
    }
}

impl Model for MhvaeLearner {
    fn named(&self) -> Vec<(String, &Mlp)> {
        self.chain.networks()
    }

    fn named_mut(&mut self) -> Vec<(String, &mut Mlp)> {
        self.chain.networks_mut()
    }

    fn measure(
        &self,
        toy: &Toy,
        streams: Streams,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Vec<Row>, MeasureError> {
        Ok(chain_rows(self.chain.encoders(), self.chain.decoders(), toy, streams, progress))
    }
}

/// The terms of a chain, its importance-weighted bound, and the gap to the average log-likelihood of the data.
pub(crate) fn chain_rows<C: Conditional + Sync>(
    encoders: &[C],
    decoders: &[C],
    toy: &Toy,
    streams: Streams,
    progress: &(dyn Fn(f64) + Sync),
) -> Vec<Row> {
    let observe = |rng: &mut _, n| toy.draw(rng, n);
    let of = |part: f64, all: u64| move |done: u64| progress(0.5 * (part + done as f64 / all as f64));
    let terms = plan(streams, "terms", TERM_SAMPLES);
    let bound = estimate_bound(encoders, decoders, observe, &terms, &of(0.0, TERM_SAMPLES));
    let draws = plan(streams, "importance", IMPORTANCE_SAMPLES);
    let weighted = estimate_importance_bound(
        encoders,
        decoders,
        observe,
        IMPORTANCE_WEIGHTS,
        &draws,
        &of(1.0, IMPORTANCE_SAMPLES),
    );
    let matching = bound.matching.iter().enumerate();
    let mut rows = vec![
        Row::estimated("reconstruction", bound.reconstruction),
        Row::estimated("prior matching, log-ratio", bound.prior_matching),
    ];
    rows.extend(matching.map(|(k, &term)| Row::estimated(format!("matching {}, log-ratio", k + 1), term)));
    rows.push(Row::estimated("ELBO", bound.elbo).limit(toy.log_likelihood()));
    let name = format!("bound of {IMPORTANCE_WEIGHTS} weights");
    rows.push(Row::estimated(name, weighted).limit(toy.log_likelihood()));
    rows.push(gap_per_dimension(bound.elbo, toy.log_likelihood(), toy.dim()));
    rows
}
