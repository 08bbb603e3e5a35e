//! One data set, one architecture, three objectives, trained side by side from the same initial weights.

use montecarlo::{Estimate, MonteCarlo, Streams};
use ndarray::{Array2, Axis};
use ndarray_rand::rand::Rng;
use nn::training::rows_of;
use nn::{Training, TrainingError, Variance};
use prob::Bound;
use rayon::prelude::*;
use vae::{BoundEstimate, Objective, Vae, VaeLearner, estimate_bound};

/// The objectives of the story, with the names that tables and figures give them.
pub const OBJECTIVES: [(&str, Objective); 3] = [
    ("reconstruction only", Objective::RECONSTRUCTION),
    ("prior matching only", Objective::PRIOR_MATCHING),
    ("both: the ELBO", Objective::ELBO),
];

/// Steps whose terms are averaged into one point of a training curve.
const BLOCK: usize = 20;
/// Draws from the aggregate posterior that estimate its divergence from the prior.
const AGGREGATE_SAMPLES: u64 = 1000;
/// Draws that estimate the bound after training.
const ELBO_SAMPLES: u64 = 20_000;

/// What is trained, on what, for how long.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// In tables and file names.
    pub name: &'static str,
    /// The examples, `[n, d]`.
    pub data: Array2<f64>,
    /// Widths of the encoder's hidden layers; the decoder's are the same in reverse.
    pub hidden: Vec<usize>,
    /// Number of latent coordinates.
    pub latent_dim: usize,
    /// `s²` of the decoder `N(μ(z), s² I)`.
    pub decoder_variance: f64,
    /// Mini-batches.
    pub steps: usize,
    /// Where weights, batches and noise come from.
    pub streams: Streams,
}

/// A model with the story of its training and what is known of it afterwards.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Which objective.
    pub objective: &'static str,
    /// The model.
    pub vae: Vae,
    /// Step and terms (nats), averaged over blocks of 20 mini-batches.
    pub history: Vec<(f64, Bound)>,
    /// The bound and its terms on the training data (nats).
    pub bound: BoundEstimate,
    /// `KL(q(z) || p(z))` of the aggregate posterior of the training data (nats).
    pub aggregate_kl: Estimate,
}

impl Experiment {
    /// Mini-batches of all objectives together, for a progress bar.
    pub fn total_steps(&self) -> usize {
        OBJECTIVES.len() * self.steps
    }

    /// Trains one model for each of [`OBJECTIVES`], in parallel. `watch(objective, bound)` hears every mini-batch.
    ///
    /// # Errors
    /// If a training diverges.
    pub fn run(&self, watch: &(dyn Fn(&str, &Bound) + Sync)) -> Result<Vec<Trained>, TrainingError> {
        OBJECTIVES.par_iter().map(|&(name, objective)| self.train(name, objective, watch)).collect()
    }

    fn train(
        &self,
        name: &'static str,
        objective: Objective,
        watch: &(dyn Fn(&str, &Bound) + Sync),
    ) -> Result<Trained, TrainingError> {
        let vae = Vae::new(
            self.data.ncols(),
            &self.hidden,
            self.latent_dim,
            Variance::Fixed(self.decoder_variance),
            &mut self.streams.role("initial weights").rng(0),
        );
        let mut learner = VaeLearner { vae, objective };
        let training = Training { steps: self.steps, batch: 64, learning_rate: 1e-3, streams: self.streams };
        let mut terms = Vec::with_capacity(self.steps);
        training.run(&mut learner, self.data.ncols(), rows_of(&self.data), |_, bound| {
            terms.push(bound.clone());
            watch(name, bound);
        })?;
        let vae = learner.vae;
        let bound = self.bound_of(&vae);
        let aggregate_kl = self.aggregate_kl_of(&vae);
        Ok(Trained { objective: name, vae, history: block_means(&terms), bound, aggregate_kl })
    }

    fn bound_of(&self, vae: &Vae) -> BoundEstimate {
        let any_example = |rng: &mut _, n| {
            let rows: Vec<usize> = (0..n).map(|_| Rng::random_range(rng, 0..self.data.nrows())).collect();
            self.data.select(Axis(0), &rows)
        };
        let plan = MonteCarlo::new(ELBO_SAMPLES, self.streams.role("evaluation"));
        estimate_bound(&vae.encoder, &vae.decoder, any_example, &plan, &|_| ())
    }

    /// `E_q(z) [log q(z) - log p(z)]` by Monte Carlo; infinite where an encoder wrote something that is no law.
    fn aggregate_kl_of(&self, vae: &Vae) -> Estimate {
        let Ok(aggregate) = vae.aggregate_posterior(&self.data) else {
            return Estimate { mean: f64::INFINITY, std_err: f64::INFINITY, samples: 0 };
        };
        let prior = prob::Gaussian::standard(self.latent_dim);
        let plan =
            MonteCarlo { chunk: 50, ..MonteCarlo::new(AGGREGATE_SAMPLES, self.streams.role("aggregate")) };
        plan.estimate(&|_| (), |rng| {
            let z = aggregate.sample(1, rng);
            aggregate.log_prob(&z.row(0)) - prior.log_prob(&z.row(0))
        })
    }
}

/// The last step and the mean terms of every block.
fn block_means(terms: &[Bound]) -> Vec<(f64, Bound)> {
    let mean =
        |block: &[Bound], term: fn(&Bound) -> f64| block.iter().map(term).sum::<f64>() / block.len() as f64;
    terms
        .chunks(BLOCK)
        .enumerate()
        .map(|(k, block)| {
            let bound = Bound {
                reconstruction: mean(block, |e| e.reconstruction),
                prior_matching: mean(block, |e| e.prior_matching),
                matching: vec![],
            };
            ((k * BLOCK + block.len()) as f64, bound)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_its_last_step_and_its_mean_also_if_it_is_short() {
        let term =
            |k: usize| Bound { reconstruction: k as f64, prior_matching: -2.0 * k as f64, matching: vec![] };
        let terms: Vec<Bound> = (0..BLOCK + 3).map(term).collect();
        let blocks = block_means(&terms);
        assert_eq!(blocks.len(), 2);
        let (step, first) = &blocks[0];
        let mean = (BLOCK - 1) as f64 / 2.0;
        assert_eq!((*step, first.reconstruction, first.prior_matching), (BLOCK as f64, mean, -2.0 * mean));
        let (step, last) = &blocks[1];
        let mean = BLOCK as f64 + 1.0;
        assert_eq!(
            (*step, last.reconstruction, last.prior_matching),
            (BLOCK as f64 + 3.0, mean, -2.0 * mean)
        );
    }
}
