//! A chain of networks as the training loop sees it.

use ndarray::{Array2, ArrayRef2};
use nn::{Gradient, Learner, Mlp};
use prob::{Bound, fill_standard_normal};
use rand_chacha::ChaCha8Rng;

use crate::NetworkMhvae;
use crate::loss::Workspace;

/// A chain with what it is to learn, for [`nn::Training`].
#[derive(Clone, Debug)]
pub struct MhvaeLearner {
    /// The model.
    pub chain: NetworkMhvae,
    /// `None`: the loss is minus the bound from the first step on.
    pub warm_up: Option<WarmUp>,
    /// `β` of the loss `-reconstruction + β (prior_matching + Σ matching)` at the step that is next.
    beta: f64,
}

/// `β` rises along a straight line to 1, where the loss is minus the bound. Less of it at first keeps a chain from giving up
/// its higher latents before they have something to say (Sønderby et al. 2016).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUp {
    /// Where `β` begins, positive.
    pub from: f64,
    /// The share of training after which it is 1.
    pub share: f64,
}

impl Default for WarmUp {
    /// From 0.3, in the first half.
    fn default() -> Self {
        Self { from: 0.3, share: 0.5 }
    }
}

impl WarmUp {
    /// `β` once this share of training is done.
    fn beta(self, done: f64) -> f64 {
        if done < self.share { self.from + (1.0 - self.from) * done / self.share } else { 1.0 }
    }
}

impl MhvaeLearner {
    /// Learns by the bound, or comes to it by the `warm_up`.
    pub fn new(chain: NetworkMhvae, warm_up: Option<WarmUp>) -> Self {
        let mut learner = Self { chain, warm_up, beta: 1.0 };
        learner.advance(0.0);
        learner
    }
}

/// The buffers of one step: those of the networks, and the noise.
#[derive(Clone, Debug)]
pub struct Step {
    /// For `z₁ … z_T`, each `[n, width]`.
    eps: Vec<Array2<f64>>,
    work: Workspace,
}

impl Learner for MhvaeLearner {
    type Workspace = Step;

    fn workspace(&self, rows: usize) -> Step {
        let eps = self.chain.widths().skip(1).map(|width| Array2::zeros((rows, width))).collect();
        Step { eps, work: self.chain.workspace(rows) }
    }

    fn advance(&mut self, done: f64) {
        self.beta = self.warm_up.map_or(1.0, |warm_up| warm_up.beta(done));
    }

    fn loss_gradient(&self, x: &ArrayRef2<f64>, rng: &mut ChaCha8Rng, step: &mut Step) -> Bound {
        step.eps.iter_mut().for_each(|eps| fill_standard_normal(eps, rng));
        self.chain.loss_gradient(x, &step.eps, self.beta, &mut step.work)
    }

    fn networks(&mut self) -> Vec<&mut Mlp> {
        self.chain.networks_mut().into_iter().map(|(_, net)| net).collect()
    }

    fn gradients<'a>(&self, step: &'a Step) -> Vec<&'a Gradient> {
        step.work.gradients().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate_bound;
    use montecarlo::{Estimate, MonteCarlo, Streams};
    use nn::{Training, Variance};
    use prob::{Mixture, integrate};
    use toy::Preset;

    /// The bound of a chain, averaged over fresh data.
    fn average_bound(chain: &NetworkMhvae, data: &Mixture) -> Estimate {
        let plan = MonteCarlo::new(40_000, Streams::new(2).role("test"));
        let observe = |rng: &mut ChaCha8Rng, n| data.sample(n, rng);
        estimate_bound(chain.encoders(), chain.decoders(), observe, &plan, &|_| ()).elbo
    }

    /// No model has a higher average log-likelihood than the data's own, which is minus their entropy; training comes within
    /// 0.2 nats of it, and started more than a nat below. The bounds are 6 standard errors wide: false alarms 1e-9.
    fn learns_two_modes(latent_dims: &[usize]) {
        let data = Preset::Bimodal.mixture();
        let log_likelihood = |x: f64| {
            let log_prob = data.log_prob(&ndarray::array![x]);
            log_prob.exp() * log_prob
        };
        let truth = integrate(log_likelihood, &[-6.0, -1.5, 0.0, 1.5, 6.0], 1e-10);
        assert!(truth.converged);

        let streams = Streams::new(1);
        let chain = NetworkMhvae::new(1, latent_dims, &[16], Variance::Learned, &mut streams.rng(0));
        let untrained = average_bound(&chain, &data);
        let mut learner = MhvaeLearner::new(chain, None);
        let training = Training { steps: 1500, batch: 64, learning_rate: 0.01, streams };
        let fresh = |rng: &mut ChaCha8Rng, x: &mut Array2<f64>| *x = data.sample(x.nrows(), rng);
        training.run(&mut learner, 1, fresh, |_, _| ()).unwrap();
        let trained = average_bound(&learner.chain, &data);

        let error = 6.0 * trained.std_err;
        assert!(trained.mean - error < truth.value, "{trained} above {}", truth.value);
        assert!(trained.mean - error > truth.value - 0.2, "{trained} far below {}", truth.value);
        assert!(untrained.mean + 6.0 * untrained.std_err < truth.value - 1.0, "{untrained} before training");
    }

    /// From ¼ to 1 in the first half, and the loss of a step takes the `β` of its place.
    #[test]
    fn beta_rises_to_one() {
        let warm_up = WarmUp { from: 0.25, share: 0.5 };
        assert_eq!([0.0, 0.25, 0.5, 0.9].map(|done| warm_up.beta(done)), [0.25, 0.625, 1.0, 1.0]);

        let chain = NetworkMhvae::new(1, &[1, 1], &[4], Variance::Learned, &mut Streams::new(3).rng(0));
        let mut learner = MhvaeLearner::new(chain, Some(warm_up));
        let x = Array2::from_elem((5, 1), 0.7);
        let mut step = learner.workspace(5);
        for (done, beta) in [(None, 0.25), (Some(0.25), 0.625), (Some(0.75), 1.0)] {
            if let Some(done) = done {
                learner.advance(done);
            }
            learner.loss_gradient(&x, &mut Streams::new(4).rng(0), &mut step);
            let found: Vec<_> = step.work.gradients().map(Gradient::flat).collect();
            let mut work = learner.chain.workspace(5);
            learner.chain.loss_gradient(&x, &step.eps, beta, &mut work);
            assert_eq!(found, work.gradients().map(Gradient::flat).collect::<Vec<_>>(), "β = {beta}");
        }
    }

    #[test]
    fn two_latents_learn_two_modes() {
        learns_two_modes(&[1, 1]);
    }

    #[test]
    fn three_latents_learn_two_modes() {
        learns_two_modes(&[1, 1, 1]);
    }
}
