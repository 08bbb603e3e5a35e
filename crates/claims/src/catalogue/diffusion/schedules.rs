//! D13: the schedules, and the two usual choices of the variance of an ancestral step.

use std::f64::consts::FRAC_PI_2;

use vdm::{Reverse, Schedule, Vdm};

use crate::chains::{Coefficients, schedule, step};
use crate::{Claim, Trial};

/// The claims of this theme.
pub fn claims() -> Vec<Claim> {
    vec![closed_forms(), log_snr_end_points(), ends_of_the_variance(), variance_between()]
}

/// `ᾱ_t` for every `t` against a function of `t`.
fn levels(trial: &mut Trial, schedule: &Schedule, alpha_bar: impl Fn(usize) -> f64) {
    (1..=schedule.steps()).for_each(|t| trial.equal(schedule.alpha_bar(t), alpha_bar(t)));
}

fn closed_forms() -> Claim {
    Claim::new(
        "D13a",
        "ᾱ_t = (1-β)ᵗ (constant), Π_{s≤t} (1 - β_1 - (s-1)(β_T-β_1)/(T-1)) (linear), cos²(u_t)/cos²(u_0) \
         with β ≤ .999 (cosine)",
    )
    .source("Ho 2020")
    .source("Nichol and Dhariwal 2021")
    .why(
        "ᾱ_t = Π_{s≤t} (1-β_s); the cosine's steps are 1 - cos²u_t/cos²u_{t-1}, where u runs from π/2 · \
         s/(1+s) to π/2.",
    )
    .compares("vdm's sums of logarithms with the products as printed")
    .identity(1e-10, (2usize..=60, 1e-4..0.5, 1e-4..0.5), |&(steps, first, last), trial| {
        let products = [
            (Schedule::constant(steps, first), first, first),
            (Schedule::linear(steps, first, last), first, last),
        ];
        for (schedule, first, last) in products {
            let Some(schedule) = trial.posed(schedule) else { return };
            let beta = |s: usize| first + (s - 1) as f64 * (last - first) / (steps - 1) as f64;
            levels(trial, &schedule, |t| (1..=t).map(|s| 1.0 - beta(s)).product());
        }
        let Some(cosine) = trial.posed(Schedule::cosine(steps)) else { return };
        let f = |t: usize| ((t as f64 / steps as f64 + 0.008) / 1.008 * FRAC_PI_2).cos().powi(2);
        levels(trial, &cosine, |t| (1..=t).map(|s| 1.0 - (1.0 - f(s) / f(s - 1)).min(0.999)).product());
    })
}

fn log_snr_end_points() -> Claim {
    Claim::new(
        "D13b",
        "log SNR(t) = λ_1 + (t-1)(λ_T-λ_1)/(T-1), kept to its last digits for SNR from 1e-12 to 1e12",
    )
    .source("Kingma 2021")
    .why(
        "ᾱ = sigmoid(λ) and 1-ᾱ = sigmoid(-λ), each with its own digits; α_t = ᾱ_t/ᾱ_{t-1}, formed from \
         logarithms.",
    )
    .compares(
        "vdm's log-SNR, ratio, ᾱ and 1-ᾱ after their way through α_t with the line and its exponentials",
    )
    .identity(1e-10, (2usize..=60, 0.5..27.6, -27.6..0.0), |&(steps, first, last), trial| {
        let schedule = Schedule::from_log_snr_end_points(steps, first, last);
        let Some(schedule) = trial.posed(schedule) else { return };
        for t in 1..=steps {
            let log_snr = first + (last - first) * (t - 1) as f64 / (steps - 1) as f64;
            let snr = log_snr.exp();
            trial.at(1.0, schedule.log_snr(t), log_snr);
            trial.at(1.0, schedule.gamma(t), -log_snr);
            trial.equal(schedule.snr(t), snr);
            trial.equal(schedule.alpha_bar(t), snr / (1.0 + snr));
            trial.equal(schedule.noise_variance(t), 1.0 / (1.0 + snr));
        }
    })
}

/// `Var(x_{t-1}|x_t)` for data of variance `s²`, by adding precisions.
fn true_variance(coefficients: &Coefficients, data_variance: f64) -> f64 {
    let before = coefficients.before * data_variance + (1.0 - coefficients.before);
    1.0 / (1.0 / before + coefficients.alpha / (1.0 - coefficients.alpha))
}

fn ends_of_the_variance() -> Claim {
    Claim::new(
        "D13c",
        "Var(x_{t-1}|x_t) = σ_q² for data at one point and 1-α_t for standard normal data, where p(x_0) = \
         N(0, I) exactly",
    )
    .source("Ho 2020")
    .why(
        "1/Var = 1/Var(x_{t-1}) + α_t/(1-α_t). Var(x_{t-1}) is 1-ᾱ_{t-1} for a point and 1 for unit \
         variance.\n\
         With N(√α_t x_t, (1-α_t) I) downwards from N(0, I) every x_t is N(0, I): √α_t² + 1-α_t = 1.",
    )
    .compares(
        "vdm's two variances with the reversal of the step by adding precisions, and vdm's evidence with \
         N(0, I)",
    )
    .identity(1e-10, (schedule(2..=8), 1usize..=3), |(schedule, d), trial| {
        for t in 2..=schedule.steps() {
            let coefficients = Coefficients::of(schedule, t);
            trial.equal(schedule.posterior_variance(t), true_variance(&coefficients, 0.0));
            trial.equal(schedule.beta(t), true_variance(&coefficients, 1.0));
        }
        let Some(reverse) = trial.posed(Reverse::from_schedule(schedule, *d, 1.0, 1.0)) else { return };
        let Some(model) = trial.posed(Vdm::new(schedule.clone(), reverse)) else { return };
        let (mean, variance) = model.evidence();
        trial.at(1.0, mean.dot(&mean), 0.0);
        trial.equal(variance, 1.0);
    })
}

fn variance_between() -> Claim {
    Claim::new("D13d", "σ_q²(t) ≤ Var(x_{t-1}|x_t) ≤ 1-α_t for Gaussian data of any variance between 0 and 1")
        .source("Ho 2020")
        .why(
            "The variance of x_{t-1} grows with that of the data, and so does what is left of it once x_t is \
             known.",
        )
        .compares("vdm's two variances with the reversal of the step for Gaussian data, by adding precisions")
        .inequality(1e-12, (step(), 0.0..1.0), |(step, data_variance), trial| {
            let (low, high) = (step.schedule.posterior_variance(step.t), step.schedule.beta(step.t));
            let exact = true_variance(&step.coefficients(), *data_variance);
            trial.at_most(exact, low, exact);
            trial.at_most(exact, exact, high);
        })
}
