//! B10: amortised and per-sample inference, and variational EM.

use ndarray::{Array1, Array2, ArrayRef1, array};
use proptest::collection::vec;
use proptest::prelude::*;
use vae::LinearVae;

use super::scale;
use crate::problems::{
    conditional, conditional_on_the_line, dimension, linear, model, vae_with_data, vector,
};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        the_per_sample_bound_is_the_higher(),
        equal_when_the_encoder_can_say_so(),
        the_amortisation_gap_is_exact(),
        neither_step_of_em_lowers_the_bound(),
        the_m_step_is_the_best_decoder(),
        the_m_step_solves_the_normal_equations(),
    ]
}

/// A model, an encoder with independent latents, and three observations.
fn several_observations() -> impl Strategy<Value = (LinearVae, Vec<Array1<f64>>)> {
    (dimension(), dimension()).prop_flat_map(|(d, k)| {
        (conditional(d, k), conditional(k, d), vec(vector(d, 3.0), 3)).prop_map(|(encoder, decoder, xs)| {
            let independent = Array2::from_diag(&encoder.covariance().diag());
            let encoder = linear(encoder.weight().clone(), encoder.bias().clone(), independent);
            (model(encoder, decoder), xs)
        })
    })
}

/// The bound at `x` for the law `N(mean, diag variances)` of the latents, whatever the encoder of `vae` says.
fn bound_at(vae: &LinearVae, x: &ArrayRef1<f64>, mean: &Array1<f64>, variances: &Array1<f64>) -> f64 {
    let weight = Array2::zeros((mean.len(), x.len()));
    let encoder = linear(weight, mean.clone(), Array2::from_diag(variances));
    model(encoder, vae.decoder().clone()).bound(x).elbo()
}

/// The best mean and variances of independent latents for one observation, found from values of the bound alone.
///
/// The bound is a quadratic of the mean, so that second differences are exact and one Newton step arrives; and in each
/// variance it is `½ log v - ½ Λ v` and a constant, so that two values tell `Λ = 1/v*`.
fn per_sample_optimum(vae: &LinearVae, x: &ArrayRef1<f64>) -> (Array1<f64>, Array1<f64>) {
    let k = vae.prior().dim();
    let (origin, ones) = (Array1::zeros(k), Array1::ones(k));
    let unit = |i: usize| Array1::from_shape_fn(k, |j| f64::from(u8::from(i == j)));
    let at = |mean: &Array1<f64>| bound_at(vae, x, mean, &ones);
    let at_origin = at(&origin);
    let slope = Array1::from_shape_fn(k, |i| 0.5 * (at(&unit(i)) - at(&-unit(i))));
    let curvature = Array2::from_shape_fn((k, k), |(i, j)| {
        at_origin + at(&(unit(i) + unit(j))) - at(&unit(i)) - at(&unit(j))
    });
    let mean = -longhand::inverse(&curvature).dot(&slope);
    let variances = Array1::from_shape_fn(k, |i| {
        let doubled = bound_at(vae, x, &origin, &(&ones + &unit(i)));
        1.0 / (2f64.ln() - 2.0 * (doubled - at_origin))
    });
    (mean, variances)
}

fn the_per_sample_bound_is_the_higher() -> Claim {
    Claim::new(
        "B10a",
        "the best q for each x has no lower bound than a shared encoder q(z|x), averaged over observations",
    )
    .source("notes 004")
    .why("A maximum for each term of a sum is at least the maximum of the sum under a common choice.")
    .compares(
        "the average bound of a random linear encoder with that of optima found for each x from values alone",
    )
    .inequality(1e-8, several_observations(), |(vae, xs), trial| {
        let amortised: f64 = xs.iter().map(|x| vae.bound(x).elbo()).sum();
        let per_sample: f64 = xs
            .iter()
            .map(|x| {
                let (mean, variances) = per_sample_optimum(vae, x);
                bound_at(vae, x, &mean, &variances)
            })
            .sum();
        trial.at_most(1.0 + amortised.abs(), amortised, per_sample);
    })
}

fn equal_when_the_encoder_can_say_so() -> Claim {
    Claim::new("B10b", "the two are equal for a linear decoder and a linear encoder: q(z|x) = N(Gx + g, diag 1/Λ_jj)")
        .source("notes 004")
        .why(
            "The best mean is that of the posterior, linear in x, and the best variances 1/Λ_jj do not depend on x:\n\
             one linear encoder says both for every x.",
        )
        .compares("bound of the mean-field encoder with that of optima found for each x from values of the bound")
        .identity(1e-9, several_observations(), |(vae, xs), trial| {
            let Some(best) = trial.posed(vae.mean_field()) else { return };
            let amortised = model(best, vae.decoder().clone());
            for x in xs {
                let (mean, variances) = per_sample_optimum(vae, x);
                let bound = amortised.bound(x);
                trial.at(scale(&bound), bound.elbo(), bound_at(vae, x, &mean, &variances));
            }
        })
}

fn the_amortisation_gap_is_exact() -> Claim {
    let problem = (conditional(1, 1), -2.0..2.0f64, vec(-3.0..3.0f64, 2..5));
    Claim::new("B10c", "an encoder held to the slope w loses ½ (w - g)² Var(x)/v, g and v slope and variance of the posterior")
        .source("notes 004")
        .why("With the best bias the mean is off by (w - g)(x - x̄) at x; square, average, divide by 2v.")
        .compares("the average gap of the model with the variance of the observations, posterior by hand")
        .identity(1e-9, problem, |(decoder, w, xs), trial| {
            let (a, b, r) = (decoder.weight()[[0, 0]], decoder.bias()[0], decoder.covariance()[[0, 0]]);
            let v = 1.0 / (1.0 + a * a / r);
            let g = v * a / r;
            let n = xs.len() as f64;
            let centre = xs.iter().sum::<f64>() / n;
            let spread = xs.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / n;
            let held = conditional_on_the_line(*w, g * (centre - b) - w * centre, v);
            let vae = model(held, decoder.clone());
            let gaps: f64 = xs.iter().map(|x| vae.gap(&array![*x]).unwrap_or(f64::NAN)).sum();
            trial.nats(gaps / n, 0.5 * (w - g).powi(2) * spread / v);
        })
}

fn neither_step_of_em_lowers_the_bound() -> Claim {
    let problem = (dimension(), dimension()).prop_flat_map(|(d, k)| vae_with_data(d, k));
    Claim::new("B10d", "variational EM: neither the E-step nor the M-step lowers the average ELBO, nor EM the average log p(x)")
        .source("notes 004")
        .why(
            "Each step is the maximum over one of the two. After an E-step ELBO = log p(x); an M-step raises the\n\
             bound, and log p(x) stays above it.",
        )
        .compares("the average bound before and after each of four half steps")
        .inequality(1e-9, problem, |(vae, data), trial| {
            let mut vae = vae.clone();
            let first = vae.average_bound(data);
            let mut before = first.elbo();
            let scale = scale(&first);
            for _ in 0..2 {
                for step in [LinearVae::e_step(&vae), LinearVae::e_step(&vae).and_then(|e| e.m_step(data))] {
                    let Some(next) = trial.posed(step) else { return };
                    let after = next.average_bound(data);
                    trial.at_most(scale, before, after.elbo());
                    (vae, before) = (next, after.elbo());
                }
            }
        })
}

fn the_m_step_is_the_best_decoder() -> Claim {
    let problem = (dimension(), dimension())
        .prop_flat_map(|(d, k)| (vae_with_data(d, k), conditional(k, d), 0.0..1.0f64));
    Claim::new(
        "B10e",
        "the M-step is regression: no linear decoder has a higher average bound for the same encoder",
    )
    .source("notes 004")
    .why("E log N(x; Vz + a, R) over the joint law of (x, z) is the log-likelihood of a linear regression.")
    .compares("the average bound after the M-step with that of other decoders, from near it to anywhere")
    .inequality(1e-9, problem, |((vae, data), other, distance), trial| {
        let Some(best) = trial.posed(vae.m_step(data)) else { return };
        let at_best = best.average_bound(data);
        let between = |one: &Array2<f64>, two: &Array2<f64>| one * (1.0 - distance) + two * *distance;
        let (v, w) = (best.decoder(), other);
        let bias = v.bias() * (1.0 - distance) + w.bias() * *distance;
        let decoder = linear(between(v.weight(), w.weight()), bias, between(v.covariance(), w.covariance()));
        let moved = model(vae.encoder().clone(), decoder);
        let at_other = moved.average_bound(data);
        trial.at_most(scale(&at_best), at_other.elbo(), at_best.elbo());
    })
}

fn the_m_step_solves_the_normal_equations() -> Claim {
    let problem = (dimension(), dimension()).prop_flat_map(|(d, k)| vae_with_data(d, k));
    Claim::new("B10f", "the M-step has V = Cov(x, z) Cov(z)⁻¹, a = E x - V E z, R = E (x - Vz - a)(x - Vz - a)ᵀ")
        .source("notes 004")
        .why(
            "The slope of the average bound in V and a is zero where E (x - Vz - a) zᵀ and E (x - Vz - a) are;\n\
             the best covariance is that of what is left.",
        )
        .compares("the decoder with the regression written out by Cramer's rule; R as the second moment of what is left, not by subtraction")
        .identity(1e-9, problem, |(vae, data), trial| {
            let Some(best) = trial.posed(vae.m_step(data)) else { return };
            let (w, noise, spread) = (vae.encoder().weight(), vae.encoder().covariance(), data.covariance());
            let latents = w.dot(&spread).dot(&w.t()) + noise;
            let slope = spread.dot(&w.t()).dot(&longhand::inverse(&latents));
            let largest = |a: &Array2<f64>| a.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
            trial.arrays(largest(&slope), best.decoder().weight(), &slope);
            let centre = data.mean();
            let bias = &centre - &slope.dot(&(w.dot(&centre) + vae.encoder().bias()));
            trial.arrays(bias.fold(1.0, |m: f64, v| m.max(v.abs())), best.decoder().bias(), &bias);
            // x - V(Wx + b + s) - a = (I - VW)(x - E x) - V s, for the encoder's noise s.
            let kept = Array2::eye(centre.len()) - slope.dot(w);
            let left = kept.dot(&spread).dot(&kept.t()) + slope.dot(noise).dot(&slope.t());
            trial.covariances(best.decoder().covariance(), &left);
        })
}
