//! What is trained of a VAE: the terms of the bound that the objective weighs.

use ndarray::{Array2, ArrayRef2};
use nn::{Gradient, Learner, Mlp};
use prob::{Bound, Term, fill_standard_normal};
use rand_chacha::ChaCha8Rng;

use crate::network::Workspace;
use crate::{Objective, Vae};

/// A VAE with what it is to learn, for [`nn::Training`].
#[derive(Clone, Debug)]
pub struct VaeLearner {
    /// The model.
    pub vae: Vae,
    /// Which terms.
    pub objective: Objective,
}

/// The buffers of one step: those of the networks, and the noise.
#[derive(Clone, Debug)]
pub struct Step {
    eps: Array2<f64>,
    work: Workspace,
}

impl Learner for VaeLearner {
    type Workspace = Step;

    fn workspace(&self, rows: usize) -> Step {
        Step {
            eps: Array2::zeros((rows, self.vae.decoder.net().input_dim())),
            work: self.vae.workspace(rows),
        }
    }

    fn loss_gradient(&self, x: &ArrayRef2<f64>, rng: &mut ChaCha8Rng, step: &mut Step) -> Bound {
        fill_standard_normal(&mut step.eps, rng);
        self.vae.loss_gradient(x, &step.eps, &self.objective, &mut step.work)
    }

    fn networks(&mut self) -> Vec<&mut Mlp> {
        vec![self.vae.encoder.net_mut(), self.vae.decoder.net_mut()]
    }

    fn gradients<'a>(&self, step: &'a Step) -> Vec<&'a Gradient> {
        vec![step.work.encoder_gradient(), step.work.decoder_gradient()]
    }

    fn trains(&self, term: Term) -> bool {
        match term {
            Term::Reconstruction => self.objective.reconstruction != 0.0,
            Term::PriorMatching => self.objective.prior_matching != 0.0,
            Term::Matching(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::Streams;
    use ndarray::array;
    use nn::Variance;

    /// The encoder and then the decoder, each beside the slopes of the loss by its own parameters.
    #[test]
    fn networks_and_gradients_are_in_one_order() {
        let vae = Vae::new(2, &[3], 1, Variance::Learned, &mut Streams::new(1).rng(0));
        let mut learner = VaeLearner { vae: vae.clone(), objective: Objective::ELBO };
        let (x, mut step) = (array![[0.4, -1.0], [1.3, 0.2]], learner.workspace(2));
        learner.loss_gradient(&x, &mut Streams::new(2).rng(0), &mut step);
        let mut work = vae.workspace(2);
        vae.loss_gradient(&x, &step.eps, &Objective::ELBO, &mut work);
        let slopes: Vec<_> = learner.gradients(&step).into_iter().map(Gradient::flat).collect();
        let networks: Vec<Mlp> = learner.networks().into_iter().map(|net| net.clone()).collect();
        let encoder = (vae.encoder.net().clone(), work.encoder_gradient().flat());
        let decoder = (vae.decoder.net().clone(), work.decoder_gradient().flat());
        let found: Vec<_> = networks.into_iter().zip(slopes).collect();
        assert_eq!(found, [encoder, decoder]);
    }

    #[test]
    fn an_autoencoder_does_not_train_the_prior_matching() {
        let vae = Vae::new(1, &[], 1, Variance::Fixed(1.0), &mut Streams::new(2).rng(0));
        let autoencoder = VaeLearner { vae, objective: Objective::RECONSTRUCTION };
        assert!(autoencoder.trains(Term::Reconstruction) && !autoencoder.trains(Term::PriorMatching));
    }
}
