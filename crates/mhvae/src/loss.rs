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

use ndarray::{Array2, ArrayRef2, ArrayView2, Axis, Zip};
use nn::{GaussianMlp, Gradient, Pass};
use prob::Bound;
use prob::diagonal::{kl_to_standard_normal, log_normal};

use crate::NetworkMhvae;

/// Everything that one step of training writes: what each network does, the latents, and the gradient at them.
#[derive(Clone, Debug)]
pub struct Workspace {
    encoders: Vec<Pass>,
    decoders: Vec<Pass>,
    /// `z₁ … z_T`, each `[n, width]`.
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
        let z: Vec<_> = self.latent_dims().map(|width| Array2::zeros((rows, width))).collect();
        Workspace { encoders: passes(&self.encoders), decoders: passes(&self.decoders), by_z: z.clone(), z }
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
        assert_eq!(eps.len(), self.steps(), "noise for another number of latents");
        let n = x.nrows() as f64;
        // Averages over the rows, from t = 1: log q(z_t|z_{t-1}), and log p(z_{t-1}|z_t).
        let mut log_q = Vec::with_capacity(self.steps());
        let mut log_p = Vec::with_capacity(self.steps());
        let mut prior_matching = 0.0;
        for (t, (encoder, decoder)) in self.encoders.iter().zip(&self.decoders).enumerate() {
            let (below, z) = lower(x, &mut work.z, t);
            let (mu, log_var) = heads_on(encoder, below, &mut work.encoders[t]);
            Zip::from(&mut *z)
                .and(&mu)
                .and(&log_var)
                .and(&eps[t])
                .for_each(|z, mu, log_var, eps| *z = mu + (0.5 * log_var).exp() * eps);
            // N(z; μ, σ²) in z = μ + σ ε.
            log_q.push(
                Zip::from(&eps[t])
                    .and(&log_var)
                    .fold(0.0, |sum, eps, v| sum + log_normal(*eps, 0.0) - 0.5 * v)
                    / n,
            );
            prior_matching =
                Zip::from(&mu).and(&log_var).fold(0.0, |sum, mu, v| sum + kl_to_standard_normal(*mu, *v)) / n;

            let (mean, log_var) = heads_on(decoder, z, &mut work.decoders[t]);
            log_p.push(
                Zip::from(below)
                    .and(&mean)
                    .and(&log_var)
                    .fold(0.0, |sum, y, m, v| sum + log_normal(y - m, *v))
                    / n,
            );
        }
        Bound {
            reconstruction: log_p[0],
            prior_matching, // that of the last encoder
            matching: log_q.iter().zip(&log_p[1..]).map(|(q, p)| q - p).collect(),
        }
    }

    /// The gradient of the loss `-ELBO` with respect to every parameter, left in the workspace; returns all terms. The
    /// noise is given, so that every latent is a differentiable function of the encoders below it.
    ///
    /// # Panics
    /// If the shapes do not fit, the workspace's number of rows among them.
    pub fn loss_gradient(&self, x: &ArrayRef2<f64>, eps: &[Array2<f64>], work: &mut Workspace) -> Bound {
        let bound = self.forward(x, eps, work);
        for t in 0..self.steps() {
            self.decoder_backward(t, x, work);
        }
        for t in (0..self.steps()).rev() {
            self.encoder_backward(t, eps, work);
        }
        bound
    }

    /// `-log p(z_{t-1}|z_t)` by the parameters of the decoder and by `z_t`, which is set, and by `z_{t-1}`, which is added;
    /// latents are counted from 0 here.
    fn decoder_backward(&self, t: usize, x: &ArrayRef2<f64>, work: &mut Workspace) {
        let decoder = &self.decoders[t];
        let Pass { tape, grad_output, gradient } = &mut work.decoders[t];
        let (mean, log_var) = decoder.heads(tape.output().view());
        let (mut by_mean, mut by_log_var) = grad_output.view_mut().split_at(Axis(1), mean.ncols());
        let (y, _) = lower(x, &mut work.z, t);
        let weight = 1.0 / y.nrows() as f64;

        // -log N(y; m, e^v) with u = (m - y) e^(-v/2): by m, u e^(-v/2); by v, ½ (1 - u²); by y, minus that by m.
        Zip::from(&mut by_mean).and(y).and(&mean).and(&log_var).for_each(|g, y, m, v| {
            let scale = (-0.5 * v).exp();
            *g = weight * ((m - y) * scale) * scale;
        });
        if decoder.learns_variance() {
            Zip::from(&mut by_log_var).and(y).and(&mean).and(&log_var).for_each(|g, y, m, v| {
                *g = weight * 0.5 * (1.0 - ((m - y) * (-0.5 * v).exp()).powi(2));
            });
        }
        if t > 0 {
            work.by_z[t - 1] -= &by_mean;
        }
        work.by_z[t].assign(decoder.net().backward(tape, grad_output, gradient));
    }

    /// `log q(z_t|z_{t-1})`, or the prior matching for the highest latent, and everything above, by the parameters of the
    /// encoder and by `z_{t-1}`, to which it is added.
    fn encoder_backward(&self, t: usize, eps: &[Array2<f64>], work: &mut Workspace) {
        let encoder = &self.encoders[t];
        let Pass { tape, grad_output, gradient } = &mut work.encoders[t];
        let (mu, log_var) = encoder.heads(tape.output().view());
        let (mut by_mu, mut by_log_var) = grad_output.view_mut().split_at(Axis(1), mu.ncols());
        let (by_z, weight) = (&work.by_z[t], 1.0 / mu.nrows() as f64);
        let highest = t + 1 == self.steps();

        // z = μ + σ ε: by μ, by_z; by v = log σ², ½ σ ε by_z. Beside that log q = -½ (ε² + v + log 2π): by v, -½.
        // Or KL = ½ (μ² + σ² - 1 - v): by μ, μ; by v, ½ (σ² - 1).
        Zip::from(&mut by_mu)
            .and(by_z)
            .and(&mu)
            .for_each(|g, by_z, mu| *g = by_z + if highest { weight * mu } else { 0.0 });
        if encoder.learns_variance() {
            Zip::from(&mut by_log_var).and(by_z).and(&log_var).and(&eps[t]).for_each(|g, by_z, v, eps| {
                let own = if highest { v.exp_m1() } else { -1.0 };
                *g = 0.5 * ((0.5 * v).exp() * eps * by_z + weight * own);
            });
        }
        let by_input = encoder.net().backward(tape, grad_output, gradient);
        if t > 0 {
            work.by_z[t - 1] += by_input;
        }
    }
}

/// `z_{t-1}` and `z_t`, latents counted from 0: below the lowest is `x`.
fn lower<'a>(
    x: &'a ArrayRef2<f64>,
    z: &'a mut [Array2<f64>],
    t: usize,
) -> (&'a ArrayRef2<f64>, &'a mut Array2<f64>) {
    let (below, from) = z.split_at_mut(t);
    (below.last().map_or(x, |z| z), &mut from[0])
}

/// `μ` and `log σ²` of `law` for the rows of `input`, computed in the buffers of `pass`.
fn heads_on<'a>(
    law: &'a GaussianMlp,
    input: &ArrayRef2<f64>,
    pass: &'a mut Pass,
) -> (ArrayView2<'a, f64>, ArrayView2<'a, f64>) {
    law.heads(law.net().forward_on(input, &mut pass.tape).view())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mhvae;
    use approx::assert_relative_eq;
    use ndarray::{Array1, concatenate, s};
    use ndarray_rand::{RandomExt, rand::SeedableRng, rand_distr::StandardNormal};
    use nn::{Variance, gradient_check};
    use prob::LinearGaussian;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;

    /// Widths of `x, z₁ … z_T`, and for each encoder and decoder a variance, `None` to be learned.
    fn shape() -> impl Strategy<Value = (Vec<usize>, Vec<Option<f64>>)> {
        (1usize..=4).prop_flat_map(|steps| {
            let variance = prop::option::of(0.2..2.0f64);
            (prop::collection::vec(1..=3usize, steps + 1), prop::collection::vec(variance, 2 * steps))
        })
    }

    fn chain(
        widths: &[usize],
        variances: &[Option<f64>],
        hidden: &[usize],
        rng: &mut ChaCha8Rng,
    ) -> NetworkMhvae {
        let (up, down) = variances.split_at(widths.len() - 1);
        let mut laws = |variances: &[Option<f64>], from: usize, to: usize| -> Vec<_> {
            let widths = widths.windows(2).zip(variances);
            let law = |(pair, variance): (&[usize], &Option<f64>)| {
                let variance = variance.map_or(Variance::Learned, Variance::Fixed);
                GaussianMlp::new(pair[from], hidden, pair[to], variance, rng)
            };
            widths.map(law).collect()
        };
        NetworkMhvae::from_conditionals(laws(up, 0, 1), laws(down, 1, 0)).unwrap()
    }

    fn normal(n: usize, d: usize, rng: &mut ChaCha8Rng) -> Array2<f64> {
        Array2::random_using((n, d), StandardNormal, rng)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// Every parameter of every network, one to four latents, each variance learned or fixed.
        #[test]
        fn gradient_is_that_of_the_loss((widths, variances) in shape(), hidden in 0..2usize, seed: u64) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let chain = chain(&widths, &variances, &[3][..hidden], &mut rng);
            let x = normal(3, widths[0], &mut rng);
            let eps: Vec<_> = widths[1..].iter().map(|&d| normal(3, d, &mut rng)).collect();
            let mut work = chain.workspace(3);
            let bound = chain.loss_gradient(&x, &eps, &mut work);
            prop_assert_eq!(bound, chain.bound_given_noise(&x, &eps));

            let mut moved = chain.clone();
            for (i, gradient) in work.gradients().enumerate() {
                let (name, net) = &chain.networks()[i];
                let parameters = net.flat_parameters();
                let mut loss = |parameters: &[f64]| {
                    moved.networks_mut()[i].1.set_flat_parameters(parameters);
                    -moved.bound_given_noise(&x, &eps).elbo()
                };
                let error = gradient_check(&mut loss, &parameters, &gradient.flat());
                prop_assert!(error < 1e-7, "{name}: {error:e}");
                loss(&parameters);
            }
        }

        /// Linear layers with log-variances that do not depend on their input are linear-Gaussian conditionals: the same
        /// terms as by the algebra of joint Gaussians.
        ///
        /// Each term is a polynomial of degree 2 in the noise of `D` coordinates, whose average over `N(0, I)` is that
        /// over the `2D` points `±√D e_i`, exactly.
        #[test]
        fn a_linear_chain_is_the_exact_one(
            (widths, variances) in shape(),
            x in prop::collection::vec(-2.0..2.0f64, 3),
            seed: u64,
        ) {
            let mut chain = chain(&widths, &variances, &[], &mut ChaCha8Rng::seed_from_u64(seed));
            let both = chain.encoders.iter_mut().chain(&mut chain.decoders).zip(&variances);
            let exact: Vec<_> = both.map(|(law, &variance)| without_input_in_variance(law, variance)).collect();
            let (up, down) = exact.split_at(chain.steps());
            let exact = Mhvae::new(up.to_vec(), down.to_vec()).unwrap();

            let d: usize = widths[1..].iter().sum();
            let points: Array2<f64> = Array2::eye(d) * (d as f64).sqrt();
            let points = concatenate![Axis(0), points, points.mapv(|point: f64| -point)];
            let mut offset = 0;
            let eps: Vec<_> = widths[1..].iter().map(|&width| {
                offset += width;
                points.slice(s![.., offset - width..offset]).to_owned()
            }).collect();
            let x = Array1::from(x[..widths[0]].to_vec());
            let rows = x.broadcast((2 * d, x.len())).unwrap().to_owned();
            let found = chain.bound_given_noise(&rows, &eps);

            let expected = exact.consistency(&x).unwrap();
            let scale = expected.matching.iter().fold(expected.reconstruction.abs(), |m, term| m.max(term.abs()));
            let close = |found: f64, expected: f64| (found - expected).abs() <= 1e-10 * scale.max(1.0);
            prop_assert!(close(found.reconstruction, expected.reconstruction), "{found:?} {expected:?}");
            prop_assert!(close(found.prior_matching, expected.prior_matching), "{found:?} {expected:?}");
            for (found, expected) in found.matching.iter().zip(&expected.matching) {
                prop_assert!(close(*found, *expected), "{found} {expected}");
            }
            prop_assert_eq!(found.matching.len(), expected.matching.len());
            prop_assert!(close(found.elbo(), exact.elbo(&x)), "{found:?} {}", exact.elbo(&x));
        }
    }

    /// Takes the input out of the log-variances that a single layer writes, gives them values between -1 and 1, and
    /// returns the same conditional in closed form.
    fn without_input_in_variance(law: &mut GaussianMlp, variance: Option<f64>) -> LinearGaussian {
        let layer = &mut law.net_mut().layers_mut()[0];
        let d = if variance.is_some() { layer.output_dim() } else { layer.output_dim() / 2 };
        layer.weight.slice_mut(s![.., d..]).fill(0.0);
        layer.bias = Array1::from_shape_fn(layer.bias.len(), |i| (1.7 * i as f64).sin());
        let written = layer.bias.slice(s![d..]).exp();
        let variances = variance.map_or(written, |v| Array1::from_elem(d, v));
        let weight = layer.weight.slice(s![.., ..d]).t().to_owned();
        LinearGaussian::new(weight, layer.bias.slice(s![..d]).to_owned(), Array2::from_diag(&variances))
            .unwrap()
    }

    /// T = 1 is the VAE: both terms written out from what the two networks say.
    #[test]
    fn one_latent_is_the_vae_written_out() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let chain = chain(&[1, 1], &[None, None], &[5], &mut rng);
        let (x, eps) = (normal(4, 1, &mut rng), normal(4, 1, &mut rng));
        let (mut reconstruction, mut prior_matching) = (0.0, 0.0);
        for i in 0..4 {
            let says = |net: usize, input: f64| {
                let output = chain.networks()[net].1.forward(&Array2::from_elem((1, 1), input));
                (output[[0, 0]], output[[0, 1]].exp())
            };
            let (mu, variance) = says(0, x[[i, 0]]);
            let (mean, decoder_variance) = says(1, mu + variance.sqrt() * eps[[i, 0]]);
            let square = (x[[i, 0]] - mean).powi(2);
            reconstruction -=
                0.5 * (square / decoder_variance + (std::f64::consts::TAU * decoder_variance).ln());
            prior_matching += 0.5 * (mu * mu + variance - 1.0 - variance.ln());
        }
        let bound = chain.bound_given_noise(&x, &[eps]);
        assert_relative_eq!(bound.reconstruction, reconstruction / 4.0, max_relative = 1e-12);
        assert_relative_eq!(bound.prior_matching, prior_matching / 4.0, max_relative = 1e-12);
        assert!(bound.matching.is_empty());
    }

    #[test]
    #[should_panic(expected = "noise for another number of latents")]
    fn every_latent_needs_noise() {
        let chain = chain(&[1, 1, 1], &[None; 4], &[], &mut ChaCha8Rng::seed_from_u64(5));
        chain.bound_given_noise(&Array2::zeros((1, 1)), &[Array2::zeros((1, 1))]);
    }
}
