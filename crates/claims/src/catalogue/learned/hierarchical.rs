//! E1: what a step of training sees of a hierarchical VAE, and what its table says at the end.

use mhvae::{Mhvae, NetworkMhvae};
use ndarray::{Array1, Array2, array};
use nn::{GaussianMlp, Variance};
use prob::Mixture;
use proptest::prelude::*;

use crate::problems::{linear, matrix, mixture, positive, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![the_sampled_bound_averages_to_the_bound(), so_does_its_gradient(), what_is_left_of_the_gap()]
}

/// `N(W x + b, v I)`.
#[derive(Clone, Debug)]
struct Affine {
    weight: Array2<f64>,
    bias: Array1<f64>,
    variance: f64,
}

/// Encoders and decoders from `x` upwards.
type Affines = (Vec<Affine>, Vec<Affine>);

impl Affine {
    fn any(inputs: usize, outputs: usize) -> impl Strategy<Value = Self> {
        (matrix(outputs, inputs, 1.2), vector(outputs, 1.0), positive(1.0))
            .prop_map(|(weight, bias, variance)| Self { weight, bias, variance })
    }

    /// As a network without a hidden layer.
    fn network(&self) -> GaussianMlp {
        let (outputs, inputs) = self.weight.dim();
        let rng = &mut montecarlo::Streams::new(0).rng(0);
        let mut law = GaussianMlp::new(inputs, &[], outputs, Variance::Fixed(self.variance), rng);
        let layer = &mut law.net_mut().layers_mut()[0];
        layer.weight.assign(&self.weight.t());
        layer.bias.assign(&self.bias);
        law
    }

    /// As the law that it is.
    fn law(&self) -> prob::LinearGaussian {
        let outputs = self.bias.len();
        linear(self.weight.clone(), self.bias.clone(), Array2::eye(outputs) * self.variance)
    }
}

/// One to three latents; `x` and each latent of one or two coordinates.
fn chain() -> impl Strategy<Value = (Affines, Array1<f64>)> {
    prop::collection::vec(1..=2usize, 2..=4).prop_flat_map(|widths| {
        let up: Vec<_> = widths.windows(2).map(|pair| Affine::any(pair[0], pair[1]).boxed()).collect();
        let down: Vec<_> = widths.windows(2).map(|pair| Affine::any(pair[1], pair[0]).boxed()).collect();
        ((up, down), vector(widths[0], 2.0))
    })
}

fn networks((up, down): &Affines) -> NetworkMhvae {
    let networks = |laws: &[Affine]| laws.iter().map(Affine::network).collect();
    NetworkMhvae::from_conditionals(networks(up), networks(down)).expect("widths that fit")
}

fn laws((up, down): &Affines) -> Mhvae {
    let laws = |laws: &[Affine]| laws.iter().map(Affine::law).collect();
    Mhvae::new(laws(up), laws(down)).expect("widths that fit")
}

/// Every choice of signs for the noise of all latents, a row each: the mean over the rows of any quadratic is its mean
/// under the standard normal law.
fn signs(chain: &Affines) -> Vec<Array2<f64>> {
    let all: usize = chain.0.iter().map(|law| law.bias.len()).sum();
    let mut before = 0;
    let of = |law: &Affine| {
        let first = before;
        before += law.bias.len();
        Array2::from_shape_fn((1 << all, law.bias.len()), |(row, i)| {
            if row >> (first + i) & 1 == 1 { 1.0 } else { -1.0 }
        })
    };
    chain.0.iter().map(of).collect()
}

/// `x` in as many rows as the noise has.
fn repeated(x: &Array1<f64>, eps: &[Array2<f64>]) -> Array2<f64> {
    x.broadcast((eps[0].nrows(), x.len())).expect("one row serves for all").to_owned()
}

fn the_sampled_bound_averages_to_the_bound() -> Claim {
    Claim::new("E1a", "E_ε of the bound that a step of training sees, log p(x|z_1) - KL(q(z_T|z_{T-1}) ‖ p(z_T)) - Σ_t log q(z_t|z_{t-1})/p(z_t|z_{t+1}), is the ELBO")
        .source("Luo (29)")
        .source("Luo (44)")
        .why("z_t = μ_t(z_{t-1}) + σ_t ε_t draws from q(z_t|z_{t-1}); where the means are affine every term is a quadratic of the noise.")
        .compares("a network chain without hidden layers, averaged over all signs of ε, with the exact bound of the same conditionals")
        .identity(1e-12, chain(), |(chain, x), trial| {
            let eps = signs(chain);
            let sampled = networks(chain).bound_given_noise(&repeated(x, &eps), &eps);
            let exact = laws(chain);
            trial.nats(sampled.reconstruction, exact.reconstruction(x));
            let size = sampled.reconstruction.abs() + sampled.prior_matching
                + sampled.matching.iter().map(|term| term.abs()).sum::<f64>();
            trial.at(1.0 + size, sampled.elbo(), exact.elbo(x));
        })
}

fn so_does_its_gradient() -> Claim {
    Claim::new("E1b", "E_ε of the gradient that a step of training follows is the gradient of the ELBO by every weight and bias")
        .source("notes 001 §1.7")
        .why("The noise does not depend on the parameters, so that the gradient goes under the mean.")
        .compares("the backward pass of the chain, averaged over all signs of ε, with central differences of the exact bound, which is a quadratic of each parameter")
        .gradient(1e-12, chain(), |(chain, x), trial| {
            let (eps, network) = (signs(chain), networks(chain));
            let mut work = network.workspace(eps[0].nrows());
            network.loss_gradient(&repeated(x, &eps), &eps, 1.0, &mut work);
            let laws_up = chain.0.len();
            for (k, gradient) in work.gradients().enumerate() {
                let moved = |change: &dyn Fn(&mut Affine)| {
                    let (mut up, mut down) = chain.clone();
                    change(if k < laws_up { &mut up[k] } else { &mut down[k - laws_up] });
                    -laws(&(up, down)).elbo(x)
                };
                let layer = &gradient.layers()[0];
                for ((input, output), &slope) in layer.weight.indexed_iter() {
                    let at = |step: f64| moved(&|law| law.weight[[output, input]] += step);
                    let (up, down) = (at(0.5), at(-0.5));
                    trial.at(1.0 + up.abs() + down.abs(), slope, up - down);
                }
                for (output, &slope) in layer.bias.indexed_iter() {
                    let at = |step: f64| moved(&|law| law.bias[output] += step);
                    let (up, down) = (at(0.5), at(-0.5));
                    trial.at(1.0 + up.abs() + down.abs(), slope, up - down);
                }
            }
        })
}

fn what_is_left_of_the_gap() -> Claim {
    let on_the_line = (Affine::any(1, 1), Affine::any(1, 1), Affine::any(1, 1), Affine::any(1, 1));
    Claim::new("E1c", "E log p_data(x) - E ELBO = KL(p_data ‖ p) + E KL(q(z|x) ‖ p(z|x)) ≥ 0: the entropy of the data bounds every model")
        .source("Luo (15)")
        .why("E log p_data - E log p is the first divergence, and log p(x) - ELBO(x) the second; neither is negative.")
        .compares("the entropy by the trapezoidal rule and a network chain of two latents averaged over signs, with a quadrature over the line and the divergence of two Gaussians")
        .identity(1e-9, (mixture(1), on_the_line), |(data, (up_1, up_2, down_1, down_2)), trial| {
            let chain = (vec![up_1.clone(), up_2.clone()], vec![down_1.clone(), down_2.clone()]);
            let Some(entropy) = trial.posed(data.entropy()) else { return };
            let (eps, network, exact) = (signs(&chain), networks(&chain), laws(&chain));
            let bound = |x: f64| network.bound_given_noise(&repeated(&array![x], &eps), &eps).elbo();
            let elbo = average_of_quadratic(data, bound);

            let evidence = exact.evidence();
            let (mean, variance) = (longhand::mean(&evidence), longhand::variance(&evidence));
            let of_the_data = longhand::average(data, |x| {
                longhand::log_mixture(data, x) - longhand::log_normal(x, mean, variance)
            });
            let of_the_latents = average_of_quadratic(data, |x| {
                longhand::divergence(&exact.encode(&array![x]), &posterior(&exact, x))
            });
            trial.at(1.0 + elbo.abs(), -entropy.value - elbo, of_the_data + of_the_latents);
            trial.that(of_the_data > -1e-9 && of_the_latents > -1e-9, "neither part is negative");
        })
}

/// The mean of a quadratic `f` under a mixture on the line, from its values one standard deviation to either side of each mean.
fn average_of_quadratic(data: &Mixture, f: impl Fn(f64) -> f64) -> f64 {
    let part = |(weight, mean, variance): (f64, f64, f64)| {
        weight * 0.5 * (f(mean + variance.sqrt()) + f(mean - variance.sqrt()))
    };
    longhand::parts(data).map(part).sum()
}

/// `p(z_1, z_2|x)` of a chain on the line, from its precision: `p(z_2) p(z_1|z_2) p(x|z_1)` multiplied out.
fn posterior(chain: &Mhvae, x: f64) -> prob::Gaussian {
    let [below, above] = chain.decoders() else { unreachable!("a chain of two latents") };
    let numbers =
        |law: &prob::LinearGaussian| (law.weight()[[0, 0]], law.bias()[0], 1.0 / law.covariance()[[0, 0]]);
    let ((w_1, b_1, p_1), (w_2, b_2, p_2)) = (numbers(below), numbers(above));
    let precision = array![[w_1 * w_1 * p_1 + p_2, -w_2 * p_2], [-w_2 * p_2, w_2 * w_2 * p_2 + 1.0]];
    let linear = array![w_1 * p_1 * (x - b_1) + p_2 * b_2, -w_2 * p_2 * b_2];
    let covariance = longhand::inverse(&precision);
    prob::Gaussian::new(covariance.dot(&linear), (&covariance + &covariance.t()) * 0.5).expect("a covariance")
}
