//! B6: the two terms of the bound. B7: the divergence from the standard normal.

use montecarlo::{MonteCarlo, Streams};
use ndarray::{Array1, Array2, ArrayRef1, Axis, array};
use nn::Variance;
use prob::{Bound, GaussHermite, Gaussian, Mixture};
use proptest::prelude::*;
use vae::{BoundEstimate, LinearVae, Vae, estimate_bound};

use super::{log_joint, scale};
use crate::judge::Sampled;
use crate::problems::{
    diagonal_gaussian, dimension, linear, matrix, model, observed_vae, positive, vae_with_data, vector,
};
use crate::{Claim, Run, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        the_bound_is_reconstruction_minus_prior_matching(),
        the_average_bound_is_the_average_of_the_bounds(),
        reparameterised_terms_average_to_the_exact_ones(),
        sampled_terms_have_the_exact_means(),
        the_divergence_is_half_of_the_sum(),
    ]
}

fn the_bound_is_reconstruction_minus_prior_matching() -> Claim {
    Claim::new("B6a", "ELBO = E_q log p(x|z) - KL(q(z|x) ‖ p(z))")
        .source("Luo (19)")
        .why("log p(x, z)/q(z|x) = log p(x|z) - log q(z|x)/p(z); average both under q.")
        .compares("both closed forms, and their difference, with averages of densities written out")
        .identity(1e-10, observed_vae(), |(vae, x, _), trial| {
            let bound = vae.bound(x);
            let average = |f: &dyn Fn(&ArrayRef1<f64>) -> f64| {
                GaussHermite::new(2).expectation(&vae.encoder().given(x), f)
            };
            let log_q = |z: &ArrayRef1<f64>| longhand::log_prob_given(vae.encoder(), x, z);
            trial.nats(bound.reconstruction, average(&|z| longhand::log_prob_given(vae.decoder(), z, x)));
            trial.nats(bound.prior_matching, average(&|z| log_q(z) - longhand::log_prob(vae.prior(), z)));
            trial.at(scale(&bound), bound.elbo(), average(&|z| log_joint(vae, x, z) - log_q(z)));
        })
}

fn the_average_bound_is_the_average_of_the_bounds() -> Claim {
    let problem = (dimension(), dimension()).prop_flat_map(|(d, k)| vae_with_data(d, k));
    Claim::new("B6b", "E_data ELBO(x): both terms averaged over a mixture are averages of quadratics of (x, z)")
        .source("Luo (19)")
        .why("Both terms at x are quadratics of x, so that two moments of each component are enough.")
        .compares("the closed form over the joint law of (x, z) with a quadrature of single bounds, exact for quadratics")
        .identity(1e-10, problem, |(vae, data), trial| {
            let bound = vae.average_bound(data);
            let average = |term: fn(&Bound) -> f64| -> f64 {
                let rule = GaussHermite::new(2);
                data.parts().map(|(weight, law)| weight * rule.expectation(law, |x| term(&vae.bound(x)))).sum()
            };
            trial.nats(bound.reconstruction, average(|e| e.reconstruction));
            trial.nats(bound.prior_matching, average(|e| e.prior_matching));
        })
}

/// A VAE whose networks have no hidden layer.
fn linear_network(d: usize, k: usize, decoder_variance: f64, seed: u64) -> Vae {
    Vae::new(d, &[], k, Variance::Fixed(decoder_variance), &mut Streams::new(seed).rng(0))
}

/// The linear VAE with the law that the encoder of `network` puts out at the one row of `x`, and its decoder's layer.
fn exact_twin(network: &Vae, x: &Array2<f64>, decoder_variance: f64) -> LinearVae {
    let d = x.ncols();
    let (mean, log_var) = network.encoder.mean_and_log_var(x);
    let variances = Array2::from_diag(&log_var.row(0).mapv(f64::exp));
    let encoder = linear(Array2::zeros((mean.ncols(), d)), mean.row(0).to_owned(), variances);
    let layer = &network.decoder.net().layers()[0];
    let decoder = linear(layer.weight.t().to_owned(), layer.bias.clone(), Array2::eye(d) * decoder_variance);
    model(encoder, decoder)
}

fn reparameterised_terms_average_to_the_exact_ones() -> Claim {
    let arrays = (dimension(), 1usize..=2).prop_flat_map(|(d, k)| (matrix(1, d, 2.0), Just(k)));
    Claim::new("B6c", "E_ε of the terms at z = μ(x) + σ(x) ε are the terms of the bound")
        .source("Luo (19)")
        .source("notes 001 §1.7")
        .why("z has the law q(z|x) (A8a), and the average of a function of z is that of its composition with ε.")
        .compares("the terms of a network without hidden layer, averaged over ε by quadrature, with its exact linear twin")
        .identity(1e-10, (arrays, positive(1.0), any::<u64>()), |&((ref x, k), variance, seed), trial| {
            let network = linear_network(x.ncols(), k, variance, seed);
            let exact = exact_twin(&network, x, variance).bound(&x.row(0));
            let rule = GaussHermite::new(2);
            let average = |term: fn(&Bound) -> f64| {
                rule.expectation(&Gaussian::standard(k), |eps| {
                    term(&network.bound_given_noise(x, &eps.to_owned().insert_axis(Axis(0))))
                })
            };
            trial.nats(average(|e| e.reconstruction), exact.reconstruction);
            trial.nats(average(|e| e.prior_matching), exact.prior_matching);
        })
}

/// A fixed model of three coordinates and two latents whose encoder is near, but not, the posterior.
fn sampled_vae() -> LinearVae {
    let encoder = linear(
        array![[0.5, 0.1, -0.2], [0.0, 0.4, 0.3]],
        array![0.1, -0.2],
        array![[0.3, 0.05], [0.05, 0.2]],
    );
    let decoder = linear(
        array![[1.0, 0.2], [-0.3, 0.8], [0.1, 0.5]],
        array![0.2, 0.0, -0.1],
        array![[0.5, 0.1, 0.0], [0.1, 0.4, 0.0], [0.0, 0.0, 0.6]],
    );
    model(encoder, decoder)
}

fn sampled_terms_have_the_exact_means() -> Claim {
    Claim::new(
        "B6d",
        "draws of log p(x|z), log q(z|x) - log p(z) and their difference have the exact terms as means",
    )
    .source("Luo (19)")
    .why("B6a, seen in draws: nothing but log-densities is evaluated, at one x and averaged over a mixture.")
    .compares("2²⁰ draws of reconstruction, prior matching and bound with the closed forms")
    .law(|run: &Run, streams| {
        let vae = sampled_vae();
        let plan = MonteCarlo::new(1 << 20, *streams);
        let agree = |sampled: BoundEstimate, exact: Bound| {
            [
                Sampled::mean(run, &sampled.reconstruction, exact.reconstruction),
                Sampled::mean(run, &sampled.prior_matching, exact.prior_matching),
                Sampled::mean(run, &sampled.elbo, exact.elbo()),
            ]
        };
        let x = array![1.2, -0.7, 0.4];
        let at_one = |n: usize| Array2::from_shape_fn((n, 3), |(_, j)| x[j]);
        let sampled = estimate_bound(vae.encoder(), vae.decoder(), |_, n| at_one(n), &plan, &|_| ());
        let mut tests = agree(sampled, vae.bound(&x)).to_vec();

        let part = |mean: Array1<f64>, variance| Gaussian::isotropic(mean, variance).expect("a variance");
        let parts = vec![part(array![1.0, 0.5, -0.5], 0.4), part(array![-1.0, 0.0, 2.0], 0.2)];
        let data = Mixture::new(vec![0.3, 0.7], parts).expect("weights that sum to 1");
        let sampled =
            estimate_bound(vae.encoder(), vae.decoder(), |rng, n| data.sample(n, rng), &plan, &|_| ());
        tests.extend(agree(sampled, vae.average_bound(&data)));
        tests
    })
}

fn the_divergence_is_half_of_the_sum() -> Claim {
    Claim::new("B7", "KL(N(μ, diag σ²) ‖ N(0, I)) = ½ Σ (μ² + σ² - 1 - log σ²)")
        .source("Luo, section on VAEs")
        .source("notes 002")
        .why("A5 with mean 0 and covariance I on the right: tr diag σ² + |μ|² - d - Σ log σ², halved.")
        .compares("the closed form, and the prior matching of a VAE with that encoder, with one quadrature a coordinate")
        .identity(1e-10, (dimension().prop_flat_map(diagonal_gaussian), vector(2, 3.0)), |(law, x), trial| {
            let integral = |(&mean, &log_var): (&f64, &f64)| {
                longhand::integral(&longhand::breaks([(mean, log_var.exp())]), |z| {
                    let log_q = longhand::log_normal(z, mean, log_var.exp());
                    log_q.exp() * (log_q - longhand::log_normal(z, 0.0, 1.0))
                })
            };
            let divergence: f64 = law.mean().iter().zip(law.log_var()).map(integral).sum();
            trial.nats(law.kl_to_standard_normal(), divergence);

            let k = law.dim();
            let variances = Array2::from_diag(&law.log_var().mapv(f64::exp));
            let encoder = linear(Array2::zeros((k, 2)), law.mean().clone(), variances);
            let decoder = linear(Array2::zeros((2, k)), Array1::zeros(2), Array2::eye(2));
            trial.nats(model(encoder, decoder).prior_matching(x), divergence);
        })
}
