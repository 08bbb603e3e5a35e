//! N4: amortised and per-sample inference where decoder and encoder are networks.

use ndarray::{Array1, Axis, array};
use neighbours::amortisation::{PerSample, Posterior, gaps, infer};
use proptest::prelude::*;
use vae::Vae;

use crate::problems::{network_vae, on_the_line, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![ascent_finds_the_posterior(), the_gap_of_a_network_is_its_divergence(), three_bounds_in_order()]
}

/// A network VAE with one latent, whose decoder has no hidden layer if it is linear, and an observation.
fn observed() -> impl Strategy<Value = (Vae, Array1<f64>)> {
    (1usize..=2, 0.2..1.0f64, any::<u64>())
        .prop_flat_map(|(d, s2, seed)| (Just(network_vae(d, 1, s2, seed)), vector(d, 2.0)))
}

/// The same encoder with the linear decoder `N(w z + b, s²)`.
fn linear_decoder() -> impl Strategy<Value = (Vae, Array1<f64>, f64)> {
    (1usize..=2, 0.2..1.0f64, any::<u64>()).prop_flat_map(|(d, s2, seed)| {
        let mut vae = network_vae(d, 1, s2, seed);
        let mut rng = montecarlo::Streams::new(seed).rng(1);
        vae.decoder = nn::GaussianMlp::new(1, &[], d, nn::Variance::Fixed(s2), &mut rng);
        (Just(vae), vector(d, 2.0), Just(s2))
    })
}

/// Mean and variance of `p(z|x)` by hand: `1/v = 1 + |w|²/s²`, `m = v w·(x - b)/s²`.
fn posterior(vae: &Vae, x: &Array1<f64>, s2: f64) -> (f64, f64) {
    let layer = &vae.decoder.net().layers()[0];
    let w = layer.weight.row(0);
    let v = 1.0 / (1.0 + w.dot(&w) / s2);
    (v * w.dot(&(x - &layer.bias)) / s2, v)
}

fn ascent_finds_the_posterior() -> Claim {
    Claim::new("N4a", "gradient ascent on the mean and log-variance of one x ends in p(z|x) where that is Gaussian, and in log p(x)")
        .source("notes 004")
        .why("The bound falls short of log p(x) by KL(q ‖ p(z|x)), which is convex in the mean and has one minimum, 0.")
        .compares("where ascent ends with posterior and evidence by hand")
        .identity(1e-7, (linear_decoder(), -2.0..2.0f64, -1.0..1.0f64), |((vae, x, s2), mean, log_var), trial| {
            let start = Posterior { mean: *mean, log_var: *log_var };
            let (q, bound) = PerSample::new(&vae.decoder, 4).ascend(x, start, 60);
            let (m, v) = posterior(vae, x, *s2);
            // A bound to 1e-14 of its maximum leaves 1e-7 standard deviations of play in the mean.
            trial.at(1.0 + m.abs(), q.mean, m);
            trial.at(1.0, q.log_var, v.ln());
            let layer = &vae.decoder.net().layers()[0];
            let w = layer.weight.row(0).insert_axis(Axis(1)).to_owned();
            let covariance = w.dot(&w.t()) + ndarray::Array2::<f64>::eye(x.len()) * *s2;
            trial.nats(bound, longhand::log_gaussian(x, &layer.bias, &covariance));
        })
}

fn the_gap_of_a_network_is_its_divergence() -> Claim {
    Claim::new("N4b", "where p(z|x) is Gaussian, all that a network encoder loses is amortisation: KL(q(z|x) ‖ p(z|x))")
        .source("Cremer 2018")
        .why("B5a at the best q, whose gap is 0: approximation costs nothing, the whole inference gap is amortisation.")
        .compares("amortisation and approximation gap by ascent and quadrature with 0 and the divergence by cofactors")
        .identity(1e-8, linear_decoder(), |(vae, x, s2), trial| {
            let rows = x.view().insert_axis(Axis(0)).to_owned();
            let Some(found) = trial.posed(infer(vae, &rows, 60, 6)) else { return };
            let (m, v) = posterior(vae, x, *s2);
            let q = found[0].amortised;
            let lost = longhand::divergence(&on_the_line(q.mean, q.log_var.exp()), &on_the_line(m, v));
            let gaps = gaps(&found);
            let scale = 1.0 + found[0].log_evidence.abs() + lost;
            trial.at(scale, gaps.amortisation.mean, lost);
            trial.at(scale, gaps.approximation.mean, 0.0);
        })
}

fn three_bounds_in_order() -> Claim {
    Claim::new("N4c", "ELBO(encoder) ≤ ELBO(best q for x) ≤ log p(x) for network decoders, the last exact only where p(z|x) is Gaussian")
        .source("notes 004")
        .source("Cremer 2018")
        .why("The best of all q is no worse than the encoder's, and no q has a bound above log p(x).")
        .compares("bounds by Gauss-Hermite quadrature and ascent with the evidence by adaptive quadrature, density written out")
        .inequality(1e-7, observed(), |(vae, x), trial| {
            let rows = x.view().insert_axis(Axis(0)).to_owned();
            let Some(found) = trial.posed(infer(vae, &rows, 30, 48)) else { return };
            let at = found[0];
            let (_, log_var) = vae.decoder.mean_and_log_var(&array![[0.0]]);
            let log_p = longhand::integral(&longhand::breaks([(0.0, 1.0)]), |z| {
                let mean = vae.decoder.mean(&array![[z]]);
                let terms = x.iter().zip(&mean).zip(&log_var);
                let log_likelihood: f64 = terms.map(|((x, m), v)| longhand::log_normal(*x, *m, v.exp())).sum();
                (longhand::log_normal(z, 0.0, 1.0) + log_likelihood - at.log_evidence).exp()
            });
            trial.equal(log_p, 1.0);
            let scale = 1.0 + at.log_evidence.abs();
            trial.at_most(scale, at.amortised_bound, at.per_sample_bound);
            trial.at_most(scale, at.per_sample_bound, at.log_evidence);
        })
}
