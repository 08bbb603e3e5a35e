//! N8: the evidence of a network decoder, by quadrature and by weights.

use montecarlo::{Estimate, Moments, Streams};
use ndarray::{Array1, Array2, Axis, array};
use neighbours::amortisation::{PerSample, Posterior};
use neighbours::evidence::{self, Evidence, encoder_log_weights, importance_bound, prior_log_weights};
use nn::{GaussianMlp, Variance};
use prob::numerics::log_mean_exp;
use prob::{GaussHermite, Gaussian};
use proptest::prelude::*;
use vae::Vae;

use crate::judge::Sampled;
use crate::problems::{network_vae, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        quadrature_finds_the_evidence(),
        weights_of_a_network_average_to_the_evidence(),
        the_bound_of_a_network_rises(),
        weights_say_how_far_they_carry(),
    ]
}

fn quadrature_finds_the_evidence() -> Claim {
    let problem = (1usize..=3, 0.05..2.0f64, any::<u64>())
        .prop_flat_map(|(d, s2, seed)| (vector(d, 5.0), Just(s2), Just(seed)));
    Claim::new("N8a", "log ∫ p(z) p(x|z) dz by quadrature is log N(x; b, wwᵀ + s² I) for a decoder without hidden layers, far out as well")
        .source("notes 003")
        .why("A network without hidden layers is a linear decoder, whose evidence is Gaussian.")
        .compares("adaptive quadrature of the joint density with the evidence by cofactors")
        .identity(1e-9, problem, |(x, s2, seed), trial| {
            let decoder =
                GaussianMlp::new(1, &[], x.len(), Variance::Fixed(*s2), &mut Streams::new(*seed).rng(0));
            let layer = &decoder.net().layers()[0];
            let w = layer.weight.row(0).insert_axis(Axis(1)).to_owned();
            let covariance = w.dot(&w.t()) + Array2::<f64>::eye(x.len()) * *s2;
            let Some(found) = trial.posed(evidence::log_evidence(&decoder, x)) else { return };
            trial.nats(found, longhand::log_gaussian(x, &layer.bias, &covariance));
        })
}

/// A network VAE with one latent that explains `x` well enough for weights to have a variance near 1.
fn observed() -> (Vae, Array1<f64>) {
    (network_vae(1, 1, 0.5, 7), array![0.6])
}

fn weights_of_a_network_average_to_the_evidence() -> Claim {
    Claim::new(
        "N8b",
        "E p(x|z_i) = p(x), z_i ~ p(z), and E p(x, z_i)/q(z_i|x) = p(x), z_i ~ q(z|x), for networks as well",
    )
    .source("notes 003")
    .source("Burda 2016")
    .why("As B9a: a weight has the mean p(x) whatever the proposal is.")
    .compares("2¹⁹ weights from the prior and from the encoder with the evidence by quadrature")
    .law(|run, streams| {
        let (vae, x) = observed();
        let log_p = evidence::log_evidence(&vae.decoder, &x).unwrap_or(f64::NAN);
        let test = |weights: Vec<f64>| {
            let relative: Moments = weights.iter().map(|w| (w - log_p).exp()).collect();
            Sampled::mean(run, &relative.estimate(), 1.0)
        };
        let (prior, encoder, n) = (streams.role("prior"), streams.role("encoder"), 1 << 19);
        vec![
            test(prior_log_weights(&vae.decoder, &x, n, prior)),
            test(encoder_log_weights(&vae.encoder, &vae.decoder, &x, n, encoder)),
        ]
    })
}

/// `L_k` of a network VAE with one latent by the product rule of 16 nodes, the weights written out.
fn bound_by_quadrature(vae: &Vae, x: &Array1<f64>, q: Posterior, k: usize) -> f64 {
    let (_, log_var) = vae.decoder.mean_and_log_var(&array![[0.0]]);
    let log_weight = |eps: &f64| {
        let z = q.mean + (0.5 * q.log_var).exp() * eps;
        let mean = vae.decoder.mean(&array![[z]]);
        let terms = x.iter().zip(&mean).zip(&log_var);
        let log_likelihood: f64 = terms.map(|((x, m), v)| longhand::log_normal(*x, *m, v.exp())).sum();
        longhand::log_normal(z, 0.0, 1.0) + log_likelihood - longhand::log_normal(z, q.mean, q.log_var.exp())
    };
    GaussHermite::new(16).expectation(&Gaussian::standard(k), |eps| {
        log_mean_exp(&eps.iter().map(log_weight).collect::<Vec<_>>())
    })
}

fn the_bound_of_a_network_rises() -> Claim {
    let problem = (1usize..=2, 0.3..1.0f64, any::<u64>())
        .prop_flat_map(|(d, s2, seed)| (Just(network_vae(d, 1, s2, seed)), vector(d, 1.5)));
    Claim::new("N8c", "ELBO = L_1 ≤ L_2 ≤ log p(x) for networks as well")
        .source("notes 003")
        .source("Burda 2016")
        .why("As B9f: nothing there asks for a linear decoder.")
        .compares(
            "L_1 and L_2 by product quadrature, weights written out, with ELBO and evidence of the crate",
        )
        .inequality(1e-6, problem, |(vae, x), trial| {
            let rows = x.view().insert_axis(Axis(0)).to_owned();
            let (mean, log_var) = vae.encoder.mean_and_log_var(&rows);
            // Narrower than half of the prior a proposal's weights may have no variance.
            let q = Posterior { mean: mean[[0, 0]], log_var: log_var[[0, 0]].max(-0.5) };
            let bounds = [1, 2].map(|k| bound_by_quadrature(vae, x, q, k));
            let Some(log_p) = trial.posed(evidence::log_evidence(&vae.decoder, x)) else { return };
            let elbo = PerSample::new(&vae.decoder, 16).bound_and_gradient(x, q).0.elbo();
            trial.nats(bounds[0], elbo);
            trial.at_most(1.0 + log_p.abs(), bounds[0], bounds[1]);
            trial.at_most(1.0 + log_p.abs(), bounds[1], log_p);
        })
}

fn weights_say_how_far_they_carry() -> Claim {
    Claim::new("N8d", "n weights tell p(x) to a relative error √(ρ/n) with ρ = Var w/(E w)² = n/n_eff - 1; the mean of logarithms of groups of k is L_k")
        .source("notes 003")
        .source("Kish 1965")
        .why("The mean of n weights has the relative variance ρ/n, and n_eff = n/(1 + ρ).")
        .compares("mean, relative variance, effective size and L_k of random weights with sums written out")
        .identity(1e-10, prop::collection::vec(-5.0..5.0f64, 8..40), |logs, trial| {
            let n = logs.len() as f64;
            let weights: Vec<f64> = logs.iter().map(|l| l.exp()).collect();
            let mean = weights.iter().sum::<f64>() / n;
            let variance = weights.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / n;
            let shifted: Vec<f64> = logs.iter().map(|l| l - 700.0).collect();
            let found = Evidence::from_log_weights(&shifted);
            trial.nats(found.log_evidence.mean, mean.ln() - 700.0);
            trial.at(1.0 + variance / (mean * mean), found.relative_variance.mean, variance / (mean * mean));
            trial.equal(found.effective_samples, n / (1.0 + variance / (mean * mean)));
            trial.equal(found.log_evidence.std_err, (variance / (mean * mean) / (n - 1.0)).sqrt());
            let groups: Vec<f64> = weights.chunks_exact(3).map(|w| (w.iter().sum::<f64>() / 3.0).ln()).collect();
            let bound: Estimate = importance_bound(logs, 3);
            trial.nats(bound.mean, groups.iter().sum::<f64>() / groups.len() as f64);
        })
}
