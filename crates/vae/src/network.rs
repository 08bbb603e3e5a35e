//! The VAE with networks both ways: its loss, term by term, and the gradient of it by hand.

use ndarray::{Array2, ArrayRef2, Zip};
use ndarray_rand::rand::Rng;
use nn::{GaussianMlp, Gradient, OwnTerm, Pass, Variance};
use prob::diagonal::{RootPrecision, kl_to_standard_normal};
use prob::{Bound, Gaussian, Mixture, ProbError};

use crate::Objective;

/// Encoder `q(z|x)` and decoder `p(x|z)`, both written out by networks; prior `p(z) = N(0, I)`.
///
/// ```
/// use ndarray::Array2;
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
/// use nn::Variance;
/// use vae::Vae;
///
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let vae = Vae::new(2, &[16], 1, Variance::Fixed(0.1), &mut rng);
/// let bound = vae.bound_given_noise(&Array2::ones((5, 2)), &Array2::zeros((5, 1)));
/// assert!(bound.prior_matching >= 0.0);
/// ```
#[derive(Clone, Debug)]
pub struct Vae {
    /// `q(z|x)`, with learned log-variances.
    pub encoder: GaussianMlp,
    /// `p(x|z)`.
    pub decoder: GaussianMlp,
}

/// Everything that one step of training writes: activations, gradients, and what passes between the networks.
#[derive(Clone, Debug)]
pub struct Workspace {
    encoder: Pass,
    decoder: Pass,
    z: Array2<f64>,
}

impl Workspace {
    /// `∂loss/∂parameters` of the encoder, after [`Vae::loss_gradient`].
    pub fn encoder_gradient(&self) -> &Gradient {
        &self.encoder.gradient
    }

    /// `∂loss/∂parameters` of the decoder, after [`Vae::loss_gradient`].
    pub fn decoder_gradient(&self) -> &Gradient {
        &self.decoder.gradient
    }
}

impl Vae {
    /// Networks with the same `hidden` widths, the decoder's in reverse; random initial weights.
    pub fn new<R: Rng + ?Sized>(
        data_dim: usize,
        hidden: &[usize],
        latent_dim: usize,
        decoder_variance: Variance,
        rng: &mut R,
    ) -> Self {
        let reversed: Vec<usize> = hidden.iter().rev().copied().collect();
        Self {
            encoder: GaussianMlp::new(data_dim, hidden, latent_dim, Variance::Learned, rng),
            decoder: GaussianMlp::new(latent_dim, &reversed, data_dim, decoder_variance, rng),
        }
    }

    /// The law `q(z) = 1/n Σ q(z|x_i)` of the latents that the encoder puts out for the rows of `x` (`[n, d]`).
    ///
    /// # Errors
    /// If the encoder wrote a mean or a variance that is not finite and positive.
    pub fn aggregate_posterior(&self, x: &ArrayRef2<f64>) -> Result<Mixture, ProbError> {
        let (mean, log_var) = self.encoder.mean_and_log_var(x);
        let laws = mean.rows().into_iter().zip(log_var.rows());
        Mixture::equal(
            laws.map(|(mean, log_var)| Gaussian::new(mean.to_owned(), Array2::from_diag(&log_var.exp())))
                .collect::<Result<_, _>>()?,
        )
    }

    /// Buffers for batches of exactly `rows` examples.
    pub fn workspace(&self, rows: usize) -> Workspace {
        Workspace {
            encoder: Pass::new(&self.encoder, rows),
            decoder: Pass::new(&self.decoder, rows),
            z: Array2::zeros((rows, self.decoder.net().input_dim())),
        }
    }

    /// Both terms of the bound, averaged over the rows of `x` (`[n, d]`), each with the one latent
    /// `z = μ(x) + σ(x) ε` that its row of standard normal noise `eps` (`[n, k]`) gives. In nats; NaN for no rows.
    ///
    /// # Panics
    /// If the shapes of `x`, `eps` and the networks do not fit.
    pub fn bound_given_noise(&self, x: &ArrayRef2<f64>, eps: &ArrayRef2<f64>) -> Bound {
        self.forward(x, eps, &mut self.workspace(x.nrows()))
    }

    /// `x → μ, σ → z → p(x|z)`, leaving every activation in the workspace.
    fn forward(&self, x: &ArrayRef2<f64>, eps: &ArrayRef2<f64>, work: &mut Workspace) -> Bound {
        let n = x.nrows() as f64;
        let (mu, log_var) =
            self.encoder.heads(self.encoder.net().forward_on(x, &mut work.encoder.tape).view());
        Zip::from(&mut work.z)
            .and(&mu)
            .and(&log_var)
            .and(eps)
            .for_each(|z, mu, log_var, eps| *z = mu + (0.5 * log_var).exp() * eps);
        let divergence = Zip::from(&mu)
            .and(&log_var)
            .fold(0.0, |sum, mu, log_var| sum + kl_to_standard_normal(*mu, *log_var));

        let (mean, log_var) =
            self.decoder.heads(self.decoder.net().forward_on(&work.z, &mut work.decoder.tape).view());
        let mut precision = RootPrecision::default();
        let log_likelihood = Zip::from(x)
            .and(&mean)
            .and(&log_var)
            .fold(0.0, |sum, x, mean, log_var| sum + precision.log_normal(x - mean, *log_var));
        Bound { reconstruction: log_likelihood / n, prior_matching: divergence / n, matching: vec![] }
    }

    /// The gradient of the loss `-w_r · reconstruction + w_p · prior_matching` with respect to every parameter, left
    /// in the workspace; returns both terms. The noise is given, so that the latent is a differentiable function of
    /// the encoder: the reparameterisation (Luo, section on VAEs).
    ///
    /// # Panics
    /// If the shapes do not fit, the workspace's number of rows among them.
    pub fn loss_gradient(
        &self,
        x: &ArrayRef2<f64>,
        eps: &ArrayRef2<f64>,
        objective: &Objective,
        work: &mut Workspace,
    ) -> Bound {
        let bound = self.forward(x, eps, work);
        let n = x.nrows() as f64;
        self.decoder.negative_log_prob_by_heads(x, objective.reconstruction / n, &mut work.decoder);
        let Pass { tape, grad_output, gradient } = &mut work.decoder;
        let by_z = self.decoder.net().backward(tape, grad_output, gradient);

        let weight = objective.prior_matching / n;
        self.encoder.draws_by_heads(by_z, eps, OwnTerm::PriorMatching, weight, &mut work.encoder);
        let Pass { tape, grad_output, gradient } = &mut work.encoder;
        self.encoder.net().backward(tape, grad_output, gradient);
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray_rand::rand::SeedableRng;
    use nn::gradient_check;
    use prob::standard_normal;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;

    fn loss(bound: Bound, objective: &Objective) -> f64 {
        -objective.reconstruction * bound.reconstruction + objective.prior_matching * bound.prior_matching
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        /// Every parameter of both networks, for every objective and both kinds of variance.
        #[test]
        fn gradient_is_that_of_the_loss(
            seed: u64,
            hidden in 0usize..3,
            w_r in 0.0..2.0f64,
            w_p in 0.0..2.0f64,
            fixed in prop::option::of(0.05..2.0f64),
        ) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let variance = fixed.map_or(Variance::Learned, Variance::Fixed);
            let vae = Vae::new(3, &[4, 5][..hidden], 2, variance, &mut rng);
            let x = standard_normal((4, 3), &mut rng);
            let eps = standard_normal((4, 2), &mut rng);
            let objective = Objective { reconstruction: w_r, prior_matching: w_p };

            let mut work = vae.workspace(4);
            let bound = vae.loss_gradient(&x, &eps, &objective, &mut work);
            prop_assert_eq!(bound, vae.bound_given_noise(&x, &eps));

            let mut moved = vae.clone();
            let error = gradient_check(
                |parameters| {
                    moved.encoder.net_mut().set_flat_parameters(parameters);
                    loss(moved.bound_given_noise(&x, &eps), &objective)
                },
                &vae.encoder.net().flat_parameters(),
                &work.encoder_gradient().flat(),
            );
            prop_assert!(error < 1e-7, "encoder: {error:e}");

            let mut moved = vae.clone();
            let error = gradient_check(
                |parameters| {
                    moved.decoder.net_mut().set_flat_parameters(parameters);
                    loss(moved.bound_given_noise(&x, &eps), &objective)
                },
                &vae.decoder.net().flat_parameters(),
                &work.decoder_gradient().flat(),
            );
            prop_assert!(error < 1e-7, "decoder: {error:e}");
        }
    }

    /// The noise changes nothing but the latent, and an objective without a term has no gradient from it.
    #[test]
    fn prior_matching_alone_leaves_the_decoder_alone() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let vae = Vae::new(3, &[4], 2, Variance::Learned, &mut rng);
        let x = standard_normal((4, 3), &mut rng);
        let eps = standard_normal((4, 2), &mut rng);
        let mut work = vae.workspace(4);
        vae.loss_gradient(&x, &eps, &Objective::PRIOR_MATCHING, &mut work);
        assert!(work.decoder_gradient().flat().iter().all(|&g| g == 0.0));
        assert!(work.encoder_gradient().flat().iter().any(|&g| g != 0.0));
        let at_zero = vae.bound_given_noise(&x, &Array2::zeros((4, 2)));
        assert_eq!(at_zero.prior_matching, vae.bound_given_noise(&x, &eps).prior_matching);
    }

    /// A decoder so sure of itself that the reciprocal of its variance overflows, an encoder so unsure that its
    /// variance does: where the term is not in the loss, neither shows in a gradient.
    #[test]
    fn a_term_that_has_overflowed_leaves_an_objective_without_it_alone() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let x = standard_normal((4, 3), &mut rng);
        let eps = standard_normal((4, 2), &mut rng);
        let extreme = |encoder_log_var: f64, decoder_log_var: f64| {
            let mut vae = Vae::new(3, &[4], 2, Variance::Learned, &mut ChaCha8Rng::seed_from_u64(5));
            let shift = |law: &mut GaussianMlp, outputs: usize, log_var: f64| {
                let last = law.net_mut().layers_mut().last_mut().unwrap();
                last.bias.slice_mut(ndarray::s![outputs..]).fill(log_var);
            };
            shift(&mut vae.encoder, 2, encoder_log_var);
            shift(&mut vae.decoder, 3, decoder_log_var);
            vae
        };
        let gradients = |vae: &Vae, objective: Objective| {
            let mut work = vae.workspace(4);
            let bound = vae.loss_gradient(&x, &eps, &objective, &mut work);
            (bound, work.encoder_gradient().flat(), work.decoder_gradient().flat())
        };

        let (bound, encoder, decoder) = gradients(&extreme(0.0, -1500.0), Objective::PRIOR_MATCHING);
        assert_eq!(bound.reconstruction, f64::NEG_INFINITY);
        assert_eq!((encoder, decoder), {
            let (_, encoder, decoder) = gradients(&extreme(0.0, 0.0), Objective::PRIOR_MATCHING);
            (encoder, decoder)
        });

        let (bound, encoder, decoder) = gradients(&extreme(720.0, 0.0), Objective::RECONSTRUCTION);
        assert_eq!(bound.prior_matching, f64::INFINITY);
        assert!(encoder.iter().chain(&decoder).all(|g| g.is_finite()));
    }

    /// `-log N(x; x, e^v)` is least at `x` and falls by ½ per unit of `v`, also for `v = -1000`, where `e^-v` overflows.
    #[test]
    fn a_residual_of_zero_has_a_gradient_at_any_variance() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let mut vae = Vae::new(1, &[], 1, Variance::Learned, &mut rng);
        let layer = &mut vae.decoder.net_mut().layers_mut()[0];
        layer.weight.fill(0.0);
        layer.bias.assign(&ndarray::array![0.3, -1000.0]);
        let mut work = vae.workspace(1);
        let (x, eps) = (ndarray::array![[0.3]], ndarray::array![[0.7]]);
        vae.loss_gradient(&x, &eps, &Objective::RECONSTRUCTION, &mut work);
        assert_eq!(work.decoder.grad_output, ndarray::array![[0.0, 0.5]]);
    }
}
