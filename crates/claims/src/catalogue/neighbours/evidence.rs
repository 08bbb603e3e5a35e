//! N8: the evidence of a network decoder, by quadrature and by weights.

use montecarlo::{Moments, Streams};
use ndarray::{Array1, Axis, array};
use neighbours::amortisation::{PerSample, Posterior};
use neighbours::evidence::{self, Evidence, encoder_log_weights, prior_log_weights};
use nn::{GaussianMlp, Variance};
use prob::numerics::log_mean_exp;
use prob::{GaussHermite, Gaussian};
use proptest::prelude::*;
use vae::Vae;

use crate::judge::Sampled;
use crate::problems::{conditional_on_the_line, network_vae, vector};
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
    let problem = (1usize..=3, -4.0..0.3f64, 0.3..8.0f64, any::<u64>())
        .prop_flat_map(|(d, s2, steep, seed)| (vector(d, 5.0), Just((10f64.powf(s2), steep)), Just(seed)));
    Claim::new("N8a", "log ∫ p(z) p(x|z) dz by quadrature is log N(x; b, wwᵀ + s² I) for a decoder without hidden layers, far out and for narrow posteriors as well")
        .source("notes 003")
        .why("A network without hidden layers is a linear decoder, whose evidence is Gaussian.")
        .compares("adaptive quadrature of the joint density with the evidence along w and across it")
        .identity(1e-9, problem, |(x, (s2, steep), seed), trial| {
            let mut decoder =
                GaussianMlp::new(1, &[], x.len(), Variance::Fixed(*s2), &mut Streams::new(*seed).rng(0));
            let steeper: Vec<f64> = decoder.net().flat_parameters().iter().map(|w| w * steep).collect();
            decoder.net_mut().set_flat_parameters(&steeper);
            let layer = &decoder.net().layers()[0];
            // Along w the variance is |w|² + s², across it s²: cofactors would lose the digits of s⁶.
            let (w, from_mean) = (layer.weight.row(0), x - &layer.bias);
            let length = w.dot(&w).sqrt();
            let along = w.dot(&from_mean) / length;
            let across = from_mean - &w * (along / length);
            let exact = longhand::log_normal(along, 0.0, length * length + s2)
                - 0.5 * ((x.len() - 1) as f64 * (std::f64::consts::TAU * s2).ln() + across.dot(&across) / s2);
            let Some(found) = trial.posed(evidence::log_evidence(&decoder, x)) else { return };
            trial.nats(found, exact);
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
    Claim::new("N8c", "ELBO = L_1 ≤ L_2 ≤ log p(x) for networks as well, here for proposals N(m, v) with m of an encoder and v not below e^-½")
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

/// `(p(x), Var w/p(x)²)` of `w = N(x; z, r)`, `z ~ N(0, 1)`: `N(x; z, r)² = N(x; z, r/2)/(2√(πr))`.
fn moments_of_weights(x: f64, r: f64) -> (f64, f64) {
    let p = longhand::log_normal(x, 0.0, 1.0 + r).exp();
    let square = longhand::log_normal(x, 0.0, 1.0 + 0.5 * r).exp() / (4.0 * std::f64::consts::PI * r).sqrt();
    (p, square / (p * p) - 1.0)
}

fn weights_say_how_far_they_carry() -> Claim {
    Claim::new("N8d", "the mean of n weights has the relative variance ρ/n, ρ = Var w/(E w)²; and ρ and n_eff = n/(1 + ρ) can be told from the weights")
        .source("notes 003")
        .source("Kish 1965")
        .why("Independent weights: Var 1/n Σ w = Var w/n. n equal weights have (Σ w)²/Σ w² = n, others n/(1 + ρ).")
        .compares("2²³ weights of N(x; z, r) from the prior, and the spread of the means of 2²¹ groups of four, with ρ in closed form")
        .law(|run, streams| {
            let (x, r) = (0.4, 0.8);
            let (p, rho) = moments_of_weights(x, r);
            let decoder = conditional_on_the_line(1.0, 0.0, r);
            let logs = prior_log_weights(&decoder, &array![x], 1 << 23, *streams);
            let spread: Moments = logs
                .chunks_exact(4)
                .map(|group| group.iter().map(|log| log.exp() / p).sum::<f64>() / 4.0)
                .map(|mean| 4.0 * (mean - 1.0).powi(2))
                .collect();
            let found = Evidence::from_log_weights(&logs).expect("weights");
            vec![
                Sampled::mean(run, &spread.estimate(), rho),
                Sampled::mean(run, &found.relative_variance, rho),
                Sampled::mean(run, &found.effective_samples, logs.len() as f64 / (1.0 + rho)),
            ]
        })
}
