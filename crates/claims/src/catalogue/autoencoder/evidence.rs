//! B3: the evidence. B4: Jensen's inequality. B5: the gap of the bound.

use ndarray::{ArrayRef1, array};
use prob::numerics::log_mean_exp;
use prob::{GaussHermite, Gaussian, ProbError};
use proptest::prelude::*;
use vae::LinearVae;

use super::{log_evidence, log_joint, scale};
use crate::problems::{dimension, linear, linear_vae, model, observed_vae, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        evidence_is_joint_over_posterior(),
        evidence_is_the_integral_of_the_joint(),
        the_log_of_a_mean_is_the_larger(),
        the_bound_is_below_the_evidence(),
        evidence_is_bound_plus_gap(),
        the_bound_is_tight_at_the_posterior(),
        and_only_there(),
    ]
}

fn evidence_is_joint_over_posterior() -> Claim {
    Claim::new("B3a", "p(x) = p(x, z)/p(z|x) for every z")
        .source("Luo, section on the ELBO")
        .why("The chain rule p(x, z) = p(x) p(z|x), read backwards.")
        .compares("log p(x) with the joint density written out less the log-density of the posterior by Bayes' rule")
        .identity(1e-10, observed_vae(), |(vae, x, z), trial| {
            let Some(posterior) = trial.posed(vae.posterior()) else { return };
            let (joint, posterior) = (log_joint(vae, x, z), posterior.given(x).log_prob(z));
            trial.at(1.0 + joint.abs() + posterior.abs(), joint - posterior, vae.log_evidence(x));
        })
}

fn evidence_is_the_integral_of_the_joint() -> Claim {
    Claim::new("B3b", "p(x) = ∫ p(x, z) dz")
        .source("Luo, section on the ELBO")
        .why("Marginalisation: every x was made of some z.")
        .compares(
            "log p(x) in closed form with an adaptive quadrature over one latent, densities written out",
        )
        .identity(
            1e-10,
            dimension().prop_flat_map(|d| (linear_vae(d, 1), vector(d, 3.0))),
            |(vae, x), trial| {
                let Some(posterior) = trial.posed(vae.posterior()) else { return };
                let posterior = posterior.given(x);
                let breaks = longhand::breaks([(longhand::mean(&posterior), longhand::variance(&posterior))]);
                // Relative to the answer, so that a far observation does not underflow.
                let log_p = vae.log_evidence(x);
                let ratio = longhand::integral(&breaks, |z| (log_joint(vae, x, &array![z]) - log_p).exp());
                trial.nats(ratio.ln() + log_p, log_p);
            },
        )
}

fn the_log_of_a_mean_is_the_larger() -> Claim {
    Claim::new("B4a", "log E w ≥ E log w, with equality for a constant w alone")
        .source("Luo, section on the ELBO")
        .source("notes 001 §1")
        .why("The logarithm is strictly concave: it lies below its tangent at E w.")
        .compares("the logarithm of the mean of one to eight weights e^±50 with the mean of the logarithms, and for equal weights")
        .inequality(1e-13, prop::collection::vec(-50.0..50.0f64, 1..9), |logs, trial| {
            let mean = logs.iter().sum::<f64>() / logs.len() as f64;
            // The largest weight alone is 1/n of the mean of all, and more than e^mean once it stands out enough.
            let largest = logs.iter().fold(f64::NEG_INFINITY, |m, &l| m.max(l));
            let log_mean = log_mean_exp(logs);
            trial.at_most(50.0, mean, log_mean);
            trial.at_most(50.0, largest - (logs.len() as f64).ln(), log_mean);
            trial.at_most(50.0, log_mean, largest);
            trial.at(50.0, log_mean_exp(&vec![mean; logs.len()]), mean);
        })
}

/// `E_q(z|x) [log p(x, z) - log q(z|x)]`, exact for quadratics.
fn average_log_weight(vae: &LinearVae, x: &ArrayRef1<f64>) -> f64 {
    GaussHermite::new(2).expectation(&vae.encoder().given(x), |z| {
        log_joint(vae, x, z) - longhand::log_prob_given(vae.encoder(), x, z)
    })
}

fn the_bound_is_below_the_evidence() -> Claim {
    Claim::new("B4b", "log p(x) ≥ E_q [log p(x, z) - log q(z|x)] = ELBO")
        .source("Luo, section on the ELBO")
        .why("B4a with the weight w = p(x, z)/q(z|x), whose mean under q is p(x).")
        .compares("the evidence in closed form with the bound, by quadrature of densities written out and as the model has it")
        .inequality(1e-10, observed_vae(), |(vae, x, _), trial| {
            let (bound, log_p) = (vae.bound(x), vae.log_evidence(x));
            trial.at_most(scale(&bound), average_log_weight(vae, x), log_p);
            trial.at_most(scale(&bound), bound.elbo(), log_evidence(vae, x));
        })
}

fn evidence_is_bound_plus_gap() -> Claim {
    Claim::new("B5a", "log p(x) = ELBO + KL(q(z|x) ‖ p(z|x))")
        .source("Luo (9)-(16)")
        .why("log p(x) = E_q log p(x, z)/p(z|x) = E_q log p(x, z)/q(z|x) + E_q log q(z|x)/p(z|x).")
        .compares("bound and gap of the model with the density of x written out")
        .identity(1e-10, observed_vae(), |(vae, x, _), trial| {
            let bound = vae.bound(x);
            let Some(gap) = trial.posed(vae.gap(x)) else { return };
            trial.at(scale(&bound) + gap, bound.elbo() + gap, log_evidence(vae, x));
        })
}

/// `p(z|x)`, by the Schur complement in the joint law of `(z, x)`.
fn posterior_by_conditioning(vae: &LinearVae, x: &ArrayRef1<f64>) -> Result<Gaussian, ProbError> {
    let k = vae.prior().dim();
    vae.decoder().joint(vae.prior()).condition(&(k..k + x.len()).collect::<Vec<_>>(), x)
}

fn the_bound_is_tight_at_the_posterior() -> Claim {
    Claim::new("B5b", "ELBO = log p(x) if q(z|x) = p(z|x)")
        .source("Luo (9)-(16)")
        .why("Then w = p(x, z)/p(z|x) = p(x) is constant: Jensen loses nothing.")
        .compares("the bound with the posterior as encoder, by two routes, with the density of x written out; that posterior with the joint law conditioned on x")
        .identity(1e-10, observed_vae(), |(vae, x, _), trial| {
            let Some(exact) = trial.posed(vae.e_step()) else { return };
            let (bound, log_p) = (exact.bound(x), log_evidence(vae, x));
            trial.at(scale(&bound), bound.elbo(), log_p);
            trial.at(scale(&bound), average_log_weight(&exact, x), log_p);
            let Some(posterior) = trial.posed(posterior_by_conditioning(vae, x)) else { return };
            trial.at(1.0, exact.encoder().given(x).kl_divergence(&posterior), 0.0);
            if let Some(gap) = trial.posed(exact.gap(x)) {
                trial.at(1.0, gap, 0.0);
            }
        })
}

fn and_only_there() -> Claim {
    Claim::new(
        "B5c",
        "an encoder off the posterior by δ standard deviations in one latent loses ½δ² nats or more",
    )
    .source("Luo (9)-(16)")
    .why("What the bound loses is KL(q ‖ posterior), which sees every difference (A1b).")
    .compares("½δ² with the bound lost, and that with the gap of the model")
    .inequality(1e-9, (observed_vae(), 1e-2..1.0f64), |((vae, x, _), delta), trial| {
        let Some(exact) = trial.posed(vae.e_step()) else { return };
        let posterior = exact.encoder();
        let mut bias = posterior.bias().clone();
        bias[0] += delta * posterior.covariance()[[0, 0]].sqrt();
        let off = linear(posterior.weight().clone(), bias, posterior.covariance().clone());
        let off = model(off, vae.decoder().clone());
        let (best, bound) = (exact.bound(x).elbo(), off.bound(x));
        let Some(gap) = trial.posed(off.gap(x)) else { return };
        trial.at_most(1.0, 0.5 * delta * delta, gap);
        trial.at(scale(&bound), best - bound.elbo(), gap);
    })
}
