//! A10: the game of a generative adversarial network on the line.

use std::f64::consts::LN_2;

use ndarray::array;
use prob::Mixture;
use prob::discriminator::{game_value, optimal_discriminator, optimal_log_odds};

use crate::problems::mixture;
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        the_optimal_discriminator_is_a_posterior(),
        its_value_is_the_jensen_shannon_divergence(),
        any_other_loses(),
    ]
}

/// `log p(x)/q(x)`, written out.
fn log_ratio(p: &Mixture, q: &Mixture, x: f64) -> f64 {
    longhand::log_mixture(p, x) - longhand::log_mixture(q, x)
}

/// `log p/(p + q)` from `log p/q`, finite where `p` has next to nothing.
fn log_share(log_ratio: f64) -> f64 {
    log_ratio.min(0.0) - (-log_ratio.abs()).exp().ln_1p()
}

/// Where to cut the line for an integrand that changes from one law to the other: at the [`longhand::breaks`] of both,
/// and where they are equally likely.
fn breaks(p: &Mixture, q: &Mixture) -> Vec<f64> {
    let laws = longhand::parts(p).chain(longhand::parts(q)).map(|(_, mean, variance)| (mean, variance));
    let mut breaks = longhand::breaks(laws);
    let crossings: Vec<f64> =
        breaks.windows(2).filter_map(|w| crossing(w[0], w[1], |x| log_ratio(p, q, x))).collect();
    breaks.extend(crossings);
    breaks.sort_unstable_by(f64::total_cmp);
    breaks.dedup();
    breaks
}

/// Where `f` changes sign between two places, by bisection.
fn crossing(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> Option<f64> {
    let at_low = f(low);
    if at_low * f(high) >= 0.0 {
        return None;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if f(middle) * at_low > 0.0 { low = middle } else { high = middle }
    }
    Some(high)
}

/// `KL(p ‖ (p + q)/2)` on the line, densities written out.
fn divergence_from_the_middle(p: &Mixture, q: &Mixture) -> f64 {
    longhand::integral(&breaks(p, q), |x| {
        longhand::log_mixture(p, x).exp() * (LN_2 + log_share(log_ratio(p, q, x)))
    })
}

/// `½ KL(p ‖ m) + ½ KL(q ‖ m)` with `m` the middle.
fn jensen_shannon(p: &Mixture, q: &Mixture) -> f64 {
    0.5 * (divergence_from_the_middle(p, q) + divergence_from_the_middle(q, p))
}

fn the_optimal_discriminator_is_a_posterior() -> Claim {
    Claim::new("A10a", "D*(x) = p(x)/(p(x) + q(x)) maximises p log D + q log(1 - D) at every x")
        .source("notes 003")
        .source("Goodfellow 2014")
        .why("p/D - q/(1 - D) = 0 gives D = p/(p + q); the second derivative is negative.")
        .compares("D* with the ratio of densities written out; the integrand's slope there, and its value beside it")
        .identity(1e-10, (mixture(1), mixture(1), -8.0..8.0f64, -2.0..2.0f64), |&(ref p, ref q, x, step), trial| {
            let (log_p, log_q) = (longhand::log_mixture(p, x), longhand::log_mixture(q, x));
            // Both densities relative to the larger, which moves no maximum.
            let larger = log_p.max(log_q);
            let (p_x, q_x) = ((log_p - larger).exp(), (log_q - larger).exp());
            let d = optimal_discriminator(p, q, &array![x]);
            trial.at(1.0, d, p_x / (p_x + q_x));
            let payoff = |odds: f64| p_x * (odds / (1.0 + odds)).ln() - q_x * odds.ln_1p();
            if (1e-6..=1.0 - 1e-6).contains(&d) {
                let odds = d / (1.0 - d);
                trial.at(1.0, p_x * (1.0 - d), q_x * d);
                trial.that(payoff(odds * step.exp()) <= payoff(odds) + 1e-12, "no other odds pay more");
            }
        })
}

fn its_value_is_the_jensen_shannon_divergence() -> Claim {
    Claim::new("A10b", "E_p log D* + E_q log(1 - D*) = 2 JSD(p, q) - log 4, from -log 4 at p = q up to 0")
        .source("notes 003")
        .source("Goodfellow 2014")
        .why("log p/(p + q) = log p/m - log 2 with m = (p + q)/2, and the same for q.")
        .compares("the value of the game at D* with two divergences from the middle, densities written out; both ends")
        .identity(1e-10, (mixture(1), mixture(1)), |(p, q), trial| {
            let value = game_value(p, q, |x| optimal_log_odds(p, q, &array![x]));
            let divergence = jensen_shannon(p, q);
            trial.that(value.converged, "the quadrature converged");
            trial.nats(value.value, 2.0 * divergence - 2.0 * LN_2);
            trial.that((-1e-12..=LN_2 + 1e-12).contains(&divergence), "0 ≤ JS ≤ log 2");
            let equal = game_value(p, p, |x| optimal_log_odds(p, p, &array![x]));
            trial.nats(equal.value, -2.0 * LN_2);
        })
}

fn any_other_loses() -> Claim {
    let problem = (mixture(1), mixture(1), -2.0..2.0f64, -1.0..1.0f64);
    Claim::new(
        "A10c",
        "a discriminator with log-odds l* + δ(x) loses ∫ (p + q) KL(Bern(D*) ‖ Bern(D)) dx ≥ 0",
    )
    .source("notes 003")
    .source("Goodfellow 2014")
    .why("(p + q) [D* log D*/D + (1 - D*) log (1 - D*)/(1 - D)] is the difference of the two integrands.")
    .compares(
        "the difference of two values of the game with the average divergence of two coins, δ = a + b sin x",
    )
    .identity(1e-10, problem, |&(ref p, ref q, a, b), trial| {
        let delta = |x: f64| a + b * x.sin();
        let best = game_value(p, q, |x| optimal_log_odds(p, q, &array![x]));
        let other = game_value(p, q, |x| optimal_log_odds(p, q, &array![x]) + delta(x));
        // Bern(1/(1+e⁻ˡ)) against l + δ: D* log(D*/D) = -D* δ + D* [log(1 + e^(l+δ)) - log(1 + eˡ)], and so on:
        // together log((1 - D*) + D* e^δ) - D* δ.
        let coins = |x: f64| {
            let d = 1.0 / (1.0 + (-log_ratio(p, q, x)).exp());
            (d * delta(x).exp_m1()).ln_1p() - d * delta(x)
        };
        let density = |x: f64| longhand::log_mixture(p, x).exp() + longhand::log_mixture(q, x).exp();
        let lost = longhand::integral(&breaks(p, q), |x| density(x) * coins(x));
        trial.that(best.converged && other.converged, "the quadratures converged");
        trial.at_most(1.0, -1e-12, lost);
        trial.nats(best.value - other.value, lost);
    })
}
