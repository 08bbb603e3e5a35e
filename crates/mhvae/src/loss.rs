//! The bound of a chain of networks on given noise, term by term, and the gradient of it by hand.
//!
//! With `z₀ = x` and `z_t = μ_t(z_{t-1}) + σ_t(z_{t-1}) ε_t`, one path up the chain gives
//!
//! - reconstruction `log p(x|z₁)`,
//! - prior matching `KL(q(z_T|z_{T-1}) ‖ p(z_T))`, in closed form,
//! - matching `log q(z_t|z_{t-1}) - log p(z_t|z_{t+1})` for `t = 1 … T-1`, as sampled.
//!
//! Their means are the three pieces of Luo (44), in nats, so that their sum is the bound. The log-ratios stay sampled: the
//! divergence `KL(q(z_t|z_{t-1}) ‖ p(z_t|z_{t+1}))` of the consistency form as printed, Luo (45), averages over a `z_t`
//! that `z_{t+1}` was not drawn from, and what it adds up to is not the bound.

use ndarray::{Array2, ArrayRef2, ArrayView2, Zip};
use nn::{GaussianMlp, Gradient, OwnTerm, Pass};
use prob::Bound;
use prob::diagonal::{kl_to_standard_normal, log_normal};

use crate::NetworkMhvae;

/// Everything that one step of training writes: what each network does, the path, and the gradient along it.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Of `q(z_t|z_{t-1})`, from `t = 1`.
    encoders: Vec<Pass>,
    /// Of `p(z_{t-1}|z_t)`, from `t = 1`.
    decoders: Vec<Pass>,
    /// `z₀ = x, z₁ … z_T`, each `[n, width]`.
    z: Vec<Array2<f64>>,
    /// `∂loss/∂z_t`, of the same shapes.
    by_z: Vec<Array2<f64>>,
}

impl Workspace {
    /// `∂loss/∂parameters` of each network after [`NetworkMhvae::loss_gradient`], in the order of
    /// [`NetworkMhvae::networks`].
    pub fn gradients(&self) -> impl Iterator<Item = &Gradient> {
        self.encoders.iter().chain(&self.decoders).map(|pass| &pass.gradient)
    }
}

impl NetworkMhvae {
    /// Buffers for batches of exactly `rows` examples.
    pub fn workspace(&self, rows: usize) -> Workspace {
        let passes = |laws: &[GaussianMlp]| laws.iter().map(|law| Pass::new(law, rows)).collect();
        let z: Vec<_> = self.widths().map(|width| Array2::zeros((rows, width))).collect();
        Workspace { encoders: passes(self.encoders()), decoders: passes(self.decoders()), by_z: z.clone(), z }
    }

    /// All terms of the bound, averaged over the rows of `x` (`[n, d]`), each with the one path that its rows of standard
    /// normal noise give: `eps` holds that of `z₁ … z_T`, each `[n, width]`. In nats; NaN for no rows.
    ///
    /// # Panics
    /// If the number of arrays is not `T`, or a shape does not fit.
    pub fn bound_given_noise(&self, x: &ArrayRef2<f64>, eps: &[Array2<f64>]) -> Bound {
        self.forward(x, eps, &mut self.workspace(x.nrows()))
    }

    /// Up the chain and down again, leaving every activation in the workspace.
    fn forward(&self, x: &ArrayRef2<f64>, eps: &[Array2<f64>], work: &mut Workspace) -> Bound {
        assert_eq!(x.dim(), work.z[0].dim(), "a batch of another shape than the workspace's");
        assert_eq!(eps.len(), self.steps(), "noise for another number of latents");
        let n = x.nrows() as f64;
        work.z[0].assign(x);

        // Averages over the rows: log q(z_t|z_{t-1}) and then log p(z_{t-1}|z_t), from t = 1.
        let (mut log_q, mut prior_matching) = (vec![], 0.0);
        for (t, encoder) in (1..).zip(self.encoders()) {
            let (below, z) = work.z.split_at_mut(t);
            let (mu, log_var) = heads_on(encoder, &below[t - 1], &mut work.encoders[t - 1]);
            reparameterise(&mut z[0], mu, log_var, &eps[t - 1]);
            log_q.push(log_prob_of_draws(&eps[t - 1], log_var) / n);
            prior_matching = kl_to_prior(mu, log_var) / n; // that of the highest latent is left
        }
        let mut log_p = vec![];
        for (t, decoder) in (1..).zip(self.decoders()) {
            let (mean, log_var) = heads_on(decoder, &work.z[t], &mut work.decoders[t - 1]);
            log_p.push(log_prob(&work.z[t - 1], mean, log_var) / n);
        }
        let matching = log_q.iter().zip(&log_p[1..]).map(|(q, p)| q - p).collect();
        Bound { reconstruction: log_p[0], prior_matching, matching }
    }

    /// The gradient of the loss `-reconstruction + β (prior_matching + Σ matching)` with respect to every parameter, left in
    /// the workspace; returns all terms. The noise is given, so that every latent is a differentiable function of the
    /// encoders below it.
    ///
    /// # Panics
    /// If the shapes do not fit, the workspace's number of rows among them.
    pub fn loss_gradient(
        &self,
        x: &ArrayRef2<f64>,
        eps: &[Array2<f64>],
        beta: f64,
        work: &mut Workspace,
    ) -> Bound {
        let bound = self.forward(x, eps, work);
        let n = x.nrows() as f64;
        work.by_z[0].fill(0.0);
        for t in 1..=self.steps() {
            let weight = if t == 1 { 1.0 } else { beta };
            self.decoder_backward(t, weight / n, work);
        }
        for t in (1..=self.steps()).rev() {
            self.encoder_backward(t, &eps[t - 1], beta / n, work);
        }
        bound
    }

    /// `-weight · log p(z_{t-1}|z_t)` by the parameters of the decoder, by `z_t`, where it is the first to come, and by
    /// `z_{t-1}`, to which it is added.
    fn decoder_backward(&self, t: usize, weight: f64, work: &mut Workspace) {
        let decoder = &self.decoders()[t - 1];
        let pass = &mut work.decoders[t - 1];
        decoder.negative_log_prob_by_heads(&work.z[t - 1], weight, pass);
        // By y it is minus that by the mean.
        work.by_z[t - 1] -= &decoder.heads(pass.grad_output.view()).0;
        let Pass { tape, grad_output, gradient } = pass;
        work.by_z[t].assign(decoder.net().backward(tape, grad_output, gradient));
    }

    /// `weight · log q(z_t|z_{t-1})`, or `weight · KL` to the prior for the highest latent, and all that depends on `z_t`, by
    /// the parameters of the encoder and by `z_{t-1}`, to which it is added.
    fn encoder_backward(&self, t: usize, eps: &Array2<f64>, weight: f64, work: &mut Workspace) {
        let encoder = &self.encoders()[t - 1];
        let own = if t == self.steps() { OwnTerm::PriorMatching } else { OwnTerm::LogProb };
        encoder.draws_by_heads(&work.by_z[t], eps, own, weight, &mut work.encoders[t - 1]);
        let Pass { tape, grad_output, gradient } = &mut work.encoders[t - 1];
        work.by_z[t - 1] += encoder.net().backward(tape, grad_output, gradient);
    }
}

/// `μ` and `log σ²` of `law` for the rows of `input`, computed in the buffers of `pass`.
fn heads_on<'a>(
    law: &'a GaussianMlp,
    input: &ArrayRef2<f64>,
    pass: &'a mut Pass,
) -> (ArrayView2<'a, f64>, ArrayView2<'a, f64>) {
    law.heads(law.net().forward_on(input, &mut pass.tape).view())
}

/// `z ← μ + σ ε`.
fn reparameterise(
    z: &mut Array2<f64>,
    mu: ArrayView2<'_, f64>,
    log_var: ArrayView2<'_, f64>,
    eps: &Array2<f64>,
) {
    let draws = Zip::from(z).and(&mu).and(&log_var).and(eps);
    draws.for_each(|z, mu, v, eps| *z = mu + (0.5 * v).exp() * eps);
}

/// `log N(z; μ, σ²)` at `z = μ + σ ε`, summed over all entries: nothing but the noise and the scale is left.
fn log_prob_of_draws(eps: &Array2<f64>, log_var: ArrayView2<'_, f64>) -> f64 {
    Zip::from(eps).and(&log_var).fold(0.0, |sum, eps, v| sum + log_normal(*eps, 0.0) - 0.5 * v)
}

/// `log N(y; m, σ²)`, summed over all entries.
fn log_prob(y: &Array2<f64>, mean: ArrayView2<'_, f64>, log_var: ArrayView2<'_, f64>) -> f64 {
    Zip::from(y).and(&mean).and(&log_var).fold(0.0, |sum, y, m, v| sum + log_normal(y - m, *v))
}

/// `KL(N(μ, σ²) ‖ N(0, 1))`, summed over all entries.
fn kl_to_prior(mu: ArrayView2<'_, f64>, log_var: ArrayView2<'_, f64>) -> f64 {
    Zip::from(&mu).and(&log_var).fold(0.0, |sum, mu, v| sum + kl_to_standard_normal(*mu, *v))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use ndarray_rand::rand::{Rng, SeedableRng};
    use std::f64::consts::TAU;

    use nn::{Variance, gradient_check};
    use prob::standard_normal;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;

    /// Widths of `x, z₁ … z_T`, and for each encoder and then each decoder a variance, `None` to be learned.
    fn shape() -> impl Strategy<Value = (Vec<usize>, Vec<Option<f64>>)> {
        (1usize..=4).prop_flat_map(|steps| {
            let variance = prop::option::of(0.2..2.0f64);
            (prop::collection::vec(1..=3usize, steps + 1), prop::collection::vec(variance, 2 * steps))
        })
    }

    /// Parameters, biases too, between -½ and ½: log-variances that grow with a wide path through four steps would bend
    /// the loss more than differences can follow.
    fn chain(
        widths: &[usize],
        variances: &[Option<f64>],
        hidden: &[usize],
        rng: &mut ChaCha8Rng,
    ) -> NetworkMhvae {
        let (up, down) = variances.split_at(widths.len() - 1);
        let mut laws = |variances: &[Option<f64>], from: usize, to: usize| -> Vec<_> {
            let law = |(pair, variance): (&[usize], &Option<f64>)| {
                let variance = variance.map_or(Variance::Learned, Variance::Fixed);
                let mut law = GaussianMlp::new(pair[from], hidden, pair[to], variance, rng);
                let parameters: Vec<_> =
                    (0..law.net().parameter_count()).map(|_| rng.random_range(-0.5..0.5)).collect();
                law.net_mut().set_flat_parameters(&parameters);
                law
            };
            widths.windows(2).zip(variances).map(law).collect()
        };
        NetworkMhvae::from_conditionals(laws(up, 0, 1), laws(down, 1, 0)).unwrap()
    }

    fn normal(n: usize, d: usize, rng: &mut ChaCha8Rng) -> Array2<f64> {
        standard_normal((n, d), rng)
    }

    /// `log q` of a draw from noise and scale alone, `-½ Σ (ε² + log σ² + log 2π)`, is the density of `N(μ, σ²)` there.
    #[test]
    fn a_draw_has_the_density_of_its_law() {
        let (eps, mu) = (array![[0.3, -1.2], [2.0, 0.1]], array![[0.5, -0.4], [1.5, 3.0]]);
        let log_var = array![[-1.0, 0.4], [0.2, -0.6]];
        let found = log_prob_of_draws(&eps, log_var.view());
        let by_hand = -0.5 * ((0.09 + 1.44 + 4.0 + 0.01) + (-1.0 + 0.4 + 0.2 - 0.6) + 4.0 * TAU.ln());
        assert_relative_eq!(found, by_hand, max_relative = 1e-14);
        let mut z = Array2::zeros((2, 2));
        reparameterise(&mut z, mu.view(), log_var.view(), &eps);
        assert_relative_eq!(found, log_prob(&z, mu.view(), log_var.view()), max_relative = 1e-14);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// Every parameter of every network, one to four latents, each variance learned or fixed.
        #[test]
        fn gradient_is_that_of_the_loss((widths, variances) in shape(), hidden in 0..2usize, beta in 0.1..2.0f64, seed: u64) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let chain = chain(&widths, &variances, &[3][..hidden], &mut rng);
            let x = normal(3, widths[0], &mut rng);
            let eps: Vec<_> = widths[1..].iter().map(|&d| normal(3, d, &mut rng)).collect();
            let mut work = chain.workspace(3);
            chain.loss_gradient(&(2.0 * &x), &eps, 1.0, &mut work); // buffers that were used before
            let bound = chain.loss_gradient(&x, &eps, beta, &mut work);
            prop_assert_eq!(bound, chain.bound_given_noise(&x, &eps));

            prop_assert_eq!(work.gradients().count(), chain.networks().len());
            let mut moved = chain.clone();
            for (i, gradient) in work.gradients().enumerate() {
                let (name, net) = &chain.networks()[i];
                let parameters = net.flat_parameters();
                let mut loss = |parameters: &[f64]| {
                    moved.networks_mut()[i].1.set_flat_parameters(parameters);
                    let bound = moved.bound_given_noise(&x, &eps);
                    -bound.reconstruction + beta * (bound.prior_matching + bound.matching.iter().sum::<f64>())
                };
                let error = gradient_check(&mut loss, &parameters, &gradient.flat());
                prop_assert!(error < 1e-7, "{name}: {error:e}");
                loss(&parameters);
            }
        }
    }

    #[test]
    #[should_panic(expected = "noise for another number of latents")]
    fn every_latent_needs_noise() {
        let chain = chain(&[1, 1, 1], &[None; 4], &[], &mut ChaCha8Rng::seed_from_u64(5));
        chain.bound_given_noise(&Array2::zeros((1, 1)), &[Array2::zeros((1, 1))]);
    }

    /// One row would serve for all if it were only copied.
    #[test]
    #[should_panic(expected = "a batch of another shape than the workspace's")]
    fn a_workspace_takes_batches_of_its_own_size_only() {
        let chain = chain(&[1, 1], &[None; 2], &[], &mut ChaCha8Rng::seed_from_u64(6));
        chain.loss_gradient(&Array2::zeros((1, 1)), &[Array2::zeros((3, 1))], 1.0, &mut chain.workspace(3));
    }
}
