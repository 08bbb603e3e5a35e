//! D1–D4: the three restrictions, and the laws of the forward chain.

use ndarray::{Array1, Array2, Axis, concatenate};
use prob::{Gaussian, LinearGaussian};
use proptest::collection::vec;
use proptest::strategy::Strategy;
use vdm::{Reverse, Schedule};

use crate::chains::{block, chain, path_law, restricted, schedule, step};
use crate::problems::{dimension, gaussian_over, vector};
use crate::{Claim, Trial, longhand};

/// The claims of this theme.
pub fn claims() -> Vec<Claim> {
    vec![
        variance_preserved(),
        prior_matching_has_nothing_to_learn(),
        prior_matching_vanishes(),
        marginal_by_recursion(),
        marginal_of_the_path(),
        conditioning_on_the_observation_changes_nothing(),
        bayes_rewriting(),
        telescoping_product(),
        posterior(),
    ]
}

fn variance_preserved() -> Claim {
    Claim::new("D1a", "Cov x_0 = I ⇒ Cov x_t = I for every t, where x_t = √α_t x_{t-1} + √(1-α_t) ε")
        .source("notes 001 §3.1")
        .source("Kingma 2021")
        .why(
            "Cov x_t = α_t Cov x_{t-1} + (1-α_t) I.\n\
             With Cov x_{t-1} = I the right-hand side is I again.",
        )
        .compares("vdm's steps, pushed forward in longhand from N(0, I), with the identity")
        .identity(1e-13, (schedule(1..=8), dimension()), |(schedule, d), trial| {
            let mut law = Gaussian::standard(*d);
            for t in 1..=schedule.steps() {
                let (mean, covariance) = longhand::pushed(&schedule.step(t, *d), &law);
                trial.covariances(&covariance, &Array2::eye(*d));
                let Some(pushed) = trial.posed(Gaussian::new(mean, covariance)) else { return };
                law = pushed;
            }
        })
}

fn prior_matching_has_nothing_to_learn() -> Claim {
    Claim::new(
        "D1b",
        "KL(q(x_T|x_0) ‖ N(0, I)) = ½ (ᾱ_T |x_0|² - d ᾱ_T - d log(1-ᾱ_T)), whatever the reverse model is",
    )
    .source("Luo (58)")
    .source("notes 001 §3")
    .why("q(x_T|x_0) = N(√ᾱ_T x_0, (1-ᾱ_T) I) and p(x_T) = N(0, I): neither has a parameter.")
    .compares("vdm's closed form with the divergence in the algebra of chains, for two reverse models")
    .identity(1e-11, chain(1..=8), |chain, trial| {
        let (schedule, x_0) = (chain.model.schedule(), &chain.x_0);
        let closed = schedule.prior_matching(x_0);
        let Some(other) = trial.posed(Reverse::from_schedule(schedule, x_0.len(), 1.0, 1.0)) else { return };
        for general in [chain.restricted(), restricted(schedule, &other)] {
            let Some(bound) = trial.posed(general.denoising(x_0)) else { return };
            trial.nats(closed, bound.prior_matching);
        }
    })
}

fn prior_matching_vanishes() -> Claim {
    Claim::new(
        "D1c",
        "½ ᾱ_T |x_0|² + ¼ d ᾱ_T² ≤ KL(q(x_T|x_0) ‖ N(0, I)) ≤ ½ ᾱ_T |x_0|² + ¼ d ᾱ_T²/(1-ᾱ_T): it falls \
         to 0 with ᾱ_T",
    )
    .source("Luo (58)")
    .source("notes 001 §3")
    .why(
        "-ᾱ - log(1-ᾱ) = ᾱ²/2 + ᾱ³/3 + …\n\
         The series is at least its first term, and at most ½ (ᾱ² + ᾱ³ + …) = ½ ᾱ²/(1-ᾱ).",
    )
    .compares("vdm's closed form with both bounds, down to ᾱ_T = 1e-10")
    .inequality(1e-11, chain(1..=8), |chain, trial| {
        let (schedule, x_0) = (chain.model.schedule(), &chain.x_0);
        let alpha_bar = schedule.alpha_bar(schedule.steps());
        let signal = 0.5 * alpha_bar * x_0.dot(x_0);
        let spread = 0.25 * x_0.len() as f64 * alpha_bar * alpha_bar;
        let term = schedule.prior_matching(x_0);
        trial.at_most(term, signal + spread, term);
        trial.at_most(term, term, signal + spread / (1.0 - alpha_bar));
    })
}

fn marginal_by_recursion() -> Claim {
    Claim::new("D2a", "q(x_t|x_0) = N(√ᾱ_t x_0, (1-ᾱ_t) I)")
        .source("Luo (69)-(70)")
        .source("notes 001 §3.1")
        .why(
            "A step turns N(w x_0, v I) into N(√α_t w x_0, (α_t v + 1-α_t) I).\n\
             From w = 1, v = 0: w = √ᾱ_t, and v = 1-ᾱ_t because α_t (1-ᾱ_{t-1}) + 1-α_t = 1-ᾱ_t.",
        )
        .compares("vdm's closed form with the recursion w ← √α w, v ← α v + 1 - α")
        .identity(1e-12, (schedule(1..=8), dimension()), |(schedule, d), trial| {
            let (mut w, mut v) = (1.0, 0.0);
            for t in 1..=schedule.steps() {
                let alpha = schedule.alpha(t);
                (w, v) = (alpha.sqrt() * w, alpha * v + (1.0 - alpha));
                let closed = schedule.marginal(t, *d);
                trial.arrays(w, closed.weight(), &(Array2::eye(*d) * w));
                trial.covariances(closed.covariance(), &(Array2::eye(*d) * v));
            }
        })
}

fn marginal_of_the_path() -> Claim {
    Claim::new("D2b", "∫ Π_s q(x_s|x_{s-1}) over every x_s but x_t = N(x_t; √ᾱ_t x_0, (1-ᾱ_t) I)")
        .source("Luo (69)-(70)")
        .why("Integrating a Gaussian over some of its coordinates leaves the block of the others.")
        .compares("vdm's closed form with the blocks of the joint law of the whole path, built step by step")
        .identity(1e-11, chain(1..=8), |chain, trial| {
            let (schedule, x_0) = (chain.model.schedule(), &chain.x_0);
            let path = path_law(schedule, x_0);
            for t in 1..=schedule.steps() {
                let Some(law) = trial.posed(path.marginal(&block(t, x_0.len()))) else { return };
                let closed = schedule.marginal(t, x_0.len()).given(x_0);
                trial.arrays(1.0, closed.mean(), law.mean());
                trial.covariances(closed.covariance(), law.covariance());
            }
        })
}

fn conditioning_on_the_observation_changes_nothing() -> Claim {
    let problem = (schedule(2..=8), dimension()).prop_flat_map(|(schedule, d)| {
        (gaussian_over(d, 1.0), vector(d, 2.0), vector(d, 2.0))
            .prop_map(move |(data, x_0, x_before)| (schedule.clone(), data, x_0, x_before))
    });
    Claim::new("D3a", "q(x_t|x_{t-1}, x_0) = q(x_t|x_{t-1})")
        .source("Luo (50)-(57)")
        .source("notes 001 §3")
        .why("x_t is √α_t x_{t-1} plus noise that is independent of everything before it.")
        .compares("vdm's step with the joint law of (x_0, x_{t-1}, x_t) for Gaussian data, two of them seen")
        .identity(1e-10, problem, |(schedule, data, x_0, x_before), trial| {
            let d = x_0.len();
            let mut path = first_step(schedule, data);
            for t in 2..=schedule.steps() {
                // Keep (x_0, x_{t-1}) and add x_t.
                let one_step = written_step(schedule, t, d).on_wider_input(2 * d, d);
                let joint = one_step.joint(&path);
                let seen: Vec<usize> = (0..2 * d).collect();
                let values = concatenate![Axis(0), *x_0, *x_before];
                let Some(law) = trial.posed(joint.condition(&seen, &values)) else { return };
                let closed = schedule.step(t, d).given(x_before);
                trial.arrays(1.0, closed.mean(), law.mean());
                trial.covariances(closed.covariance(), law.covariance());
                let kept: Vec<usize> = (0..d).chain(2 * d..3 * d).collect();
                let Some(marginal) = trial.posed(joint.marginal(&kept)) else { return };
                path = marginal;
            }
        })
}

/// The law of `(x_0, x_1)`.
fn first_step(schedule: &Schedule, data: &Gaussian) -> Gaussian {
    written_step(schedule, 1, data.dim()).joint(data)
}

/// `N(√α_t x_{t-1}, (1-α_t) I)` from the number `α_t`.
fn written_step(schedule: &Schedule, t: usize, d: usize) -> LinearGaussian {
    let alpha = schedule.alpha(t);
    LinearGaussian::isotropic(d, alpha.sqrt(), 1.0 - alpha).expect("0 < α < 1")
}

fn bayes_rewriting() -> Claim {
    Claim::new("D3b", "q(x_t|x_{t-1}) = q(x_{t-1}|x_t, x_0) q(x_t|x_0) / q(x_{t-1}|x_0), t = 2 … T")
        .source("Luo (50)-(57)")
        .source("notes 001 §3")
        .why(
            "Both q(x_t|x_{t-1}, x_0) q(x_{t-1}|x_0) and q(x_{t-1}|x_t, x_0) q(x_t|x_0) are q(x_{t-1}, \
             x_t|x_0),\n\
             and by D3a x_0 may be left out of the first factor.",
        )
        .compares("the four densities of vdm's laws, each written out, at random points")
        .identity(1e-10, step(), |step, trial| {
            let (schedule, t, x_0, x_t) = (&step.schedule, step.t, &step.x_0, step.x_t());
            let x_before = &step.error;
            let Some(posterior) = trial.posed(schedule.posterior(t, &x_t, x_0)) else { return };
            let (here, before) =
                (log_marginal(schedule, t, x_0, &x_t), log_marginal(schedule, t - 1, x_0, x_before));
            let forward = longhand::log_prob_given(&schedule.step(t, x_0.len()), x_before, &x_t);
            let reversed = longhand::log_prob(&posterior, x_before);
            compare_logs(trial, &[forward, before], &[reversed, here]);
        })
}

/// `log q(x_t|x_0)` of vdm's closed form, written out.
fn log_marginal(schedule: &Schedule, t: usize, x_0: &Array1<f64>, x_t: &Array1<f64>) -> f64 {
    longhand::log_prob_given(&schedule.marginal(t, x_0.len()), x_0, x_t)
}

/// Two sums of logarithms, relative to the largest of their terms: what rounding is relative to.
fn compare_logs(trial: &mut Trial, left: &[f64], right: &[f64]) {
    let scale = left.iter().chain(right).fold(1.0, |scale: f64, log| scale.max(log.abs()));
    trial.at(scale, left.iter().sum(), right.iter().sum());
}

fn telescoping_product() -> Claim {
    Claim::new("D3c", "Π_{t=1}^T q(x_t|x_{t-1}) = q(x_T|x_0) Π_{t=2}^T q(x_{t-1}|x_t, x_0)")
        .source("Luo (50)-(57)")
        .source("notes 001 §3")
        .why(
            "Rewrite every factor but the first by D3b.\n\
             Π_{t=2}^T q(x_t|x_0)/q(x_{t-1}|x_0) = q(x_T|x_0)/q(x_1|x_0), and the last cancels the first \
             factor.",
        )
        .compares(
            "the joint density of the whole path with the product of vdm's reversed laws, at random paths",
        )
        .identity(1e-10, telescoping_problem(), |(schedule, x_0, path), trial| {
            let law = path_law(schedule, x_0);
            let stacked = Array1::from_iter(path.iter().flatten().copied());
            let x = |t: usize| &path[t - 1];
            let top = schedule.steps();
            let mut reversed = vec![log_marginal(schedule, top, x_0, x(top))];
            for t in 2..=top {
                let Some(posterior) = trial.posed(schedule.posterior(t, x(t), x_0)) else { return };
                reversed.push(longhand::log_prob(&posterior, x(t - 1)));
            }
            compare_logs(trial, &[law.log_prob(&stacked)], &reversed);
        })
}

fn telescoping_problem() -> impl Strategy<Value = (Schedule, Array1<f64>, Vec<Array1<f64>>)> {
    (schedule(1..=8), dimension()).prop_flat_map(|(schedule, d)| {
        let path = vec(vector(d, 2.0), schedule.steps());
        (vector(d, 2.0), path).prop_map(move |(x_0, path)| (schedule.clone(), x_0, path))
    })
}

fn posterior() -> Claim {
    Claim::new("D4", "q(x_{t-1}|x_t, x_0) = N(μ_q, σ_q² I)")
        .source("Luo (74)-(84)")
        .source("notes 001 §3")
        .why(
            "Complete the square in log q(x_t|x_{t-1}) + log q(x_{t-1}|x_0).\n\
             The precisions add: 1/σ_q² = α_t/(1-α_t) + 1/(1-ᾱ_{t-1}) = (1-ᾱ_t)/((1-α_t)(1-ᾱ_{t-1})).\n\
             μ_q = σ_q² (√α_t x_t/(1-α_t) + √ᾱ_{t-1} x_0/(1-ᾱ_{t-1})).",
        )
        .compares(
            "vdm's closed form with the joint law of the path, conditioned on x_t by the Schur complement",
        )
        .identity(1e-10, step(), |step, trial| {
            let (t, x_0, x_t) = (step.t, &step.x_0, step.x_t());
            let path = path_law(&step.schedule, x_0);
            let pair: Vec<usize> = block(t - 1, x_0.len()).into_iter().chain(block(t, x_0.len())).collect();
            let Some(pair) = trial.posed(path.marginal(&pair)) else { return };
            let seen: Vec<usize> = (x_0.len()..2 * x_0.len()).collect();
            let Some(conditioned) = trial.posed(pair.condition(&seen, &x_t)) else { return };
            let Some(closed) = trial.posed(step.schedule.posterior(t, &x_t, x_0)) else { return };
            trial.arrays(1.0, closed.mean(), conditioned.mean());
            trial.covariances(closed.covariance(), conditioned.covariance());
        })
}
