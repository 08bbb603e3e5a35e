//! A chain of networks as the training loop sees it.

use ndarray::{Array2, ArrayRef2};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::StandardNormal;
use nn::{Gradient, Learner, Mlp};
use prob::Bound;
use rand_chacha::ChaCha8Rng;

use crate::NetworkMhvae;
use crate::loss::Workspace;

/// A chain that learns by its whole bound, for [`nn::Training`].
#[derive(Clone, Debug)]
pub struct MhvaeLearner {
    /// The model.
    pub chain: NetworkMhvae,
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
        let eps = self.chain.latent_dims().map(|width| Array2::zeros((rows, width))).collect();
        Step { eps, work: self.chain.workspace(rows) }
    }

    fn loss_gradient(&self, x: &ArrayRef2<f64>, rng: &mut ChaCha8Rng, step: &mut Step) -> Bound {
        step.eps.iter_mut().flatten().for_each(|e| *e = rng.sample(StandardNormal));
        self.chain.loss_gradient(x, &step.eps, &mut step.work)
    }

    fn networks<'a>(&'a mut self, step: &'a Step) -> Vec<(&'a mut Mlp, &'a Gradient)> {
        let networks = self.chain.networks_mut().into_iter().map(|(_, net)| net);
        networks.zip(step.work.gradients()).collect()
    }
}
