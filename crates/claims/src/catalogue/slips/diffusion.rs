//! Slips in the noising chain, its posterior and the sampler.

use ndarray::array;
use prob::{Conditional, Gaussian};
use proptest::prelude::*;
use vdm::Schedule;

use crate::catalogue::refuted::noised_observation;
use crate::longhand::log_normal;
use crate::problems::on_the_line;
use crate::{Claim, decimals};

/// The last step of a chain: the observation it began with and the latent `x_T` it arrived at.
#[derive(Clone, Debug)]
struct LastStep {
    alphas: Vec<f64>,
    x_0: f64,
    x_t: f64,
}

/// Chains of one to four steps.
fn last_step() -> impl Strategy<Value = LastStep> {
    (decimals::schedule(1..=4), decimals::number(), decimals::nonzero())
        .prop_map(|(alphas, x_0, x_t)| LastStep { alphas, x_0, x_t })
}

/// A chain and the noise that made its last latent in one go.
#[derive(Clone, Debug)]
struct Noised {
    alphas: Vec<f64>,
    x_0: f64,
    eps: f64,
}

/// Chains of one to four steps.
fn noised() -> impl Strategy<Value = Noised> {
    (decimals::schedule(1..=4), decimals::nonzero(), decimals::number())
        .prop_map(|(alphas, x_0, eps)| Noised { alphas, x_0, eps })
}

/// A chain and the observation it begins with.
#[derive(Clone, Debug)]
struct Start {
    alphas: Vec<f64>,
    x_0: f64,
}

/// A chain alone.
#[derive(Clone, Debug)]
struct Chain {
    alphas: Vec<f64>,
}

fn chain() -> impl Strategy<Value = Chain> {
    decimals::schedule(1..=4).prop_map(|alphas| Chain { alphas })
}

/// The schedule of a problem.
fn schedule(alphas: &[f64]) -> Schedule {
    Schedule::from_alphas(alphas).expect("fractions")
}

/// `α_T`, `ᾱ_{T-1}`, `ᾱ_T`.
fn last_levels(alphas: &[f64]) -> (f64, f64, f64) {
    let (last, before) = alphas.split_last().expect("a step at least");
    let alpha_bar_before: f64 = before.iter().product();
    (*last, alpha_bar_before, alpha_bar_before * last)
}

/// `q(x_{T-1}|x_T, x_0)` by conditioning the joint law of both; nothing at `T = 1`, where it is the point `x_0`.
fn posterior(alphas: &[f64], x_0: f64, x_t: f64) -> Option<Gaussian> {
    let schedule = schedule(alphas);
    let steps = schedule.steps();
    let first = schedule.step(1, 1);
    let before = (2..steps).fold(first, |law, t| law.then(&schedule.step(t, 1))).given(&array![x_0]);
    (steps > 1).then(|| {
        let joint = schedule.step(steps, 1).joint(&before);
        joint.condition(&[1], &array![x_t]).expect("well-conditioned")
    })
}

/// Its mean.
fn posterior_mean(alphas: &[f64], x_0: f64, x_t: f64) -> f64 {
    posterior(alphas, x_0, x_t).map_or(x_0, |law| law.mean()[0])
}

/// `x_T = √ᾱ_T x_0 + √(1-ᾱ_T) ε`, by the schedule's marginal.
fn noised_latent(problem: &Noised) -> f64 {
    let schedule = schedule(&problem.alphas);
    let marginal = schedule.marginal(schedule.steps(), 1);
    marginal.sample_given_noise(&array![[problem.x_0]], &array![[problem.eps]])[[0, 0]]
}

/// The observation recovered with the wrong root below.
pub(super) fn s1() -> Claim {
    Claim::new("S1", "x̂_0 = (x_t - √(1-ᾱ_t) ε) / √(1-ᾱ_t) in the sampling step")
        .source("public code")
        .why("x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε, solved for x_0, leaves √ᾱ_t below.\nThe line agrees at ᾱ_t = ½ alone.")
        .compares("the line at the noise that made x_t; x_0 itself")
        .refuted(noised(), "x̂_0 = (x_t - √(1-ᾱ_t) ε) / √ᾱ_t",
        s1_at,
        )
}

/// The line and the truth at one problem.
fn s1_at(problem: &Noised) -> (f64, f64) {
    let noise = (1.0 - last_levels(&problem.alphas).2).sqrt();
    ((noised_latent(problem) - noise * problem.eps) / noise, problem.x_0)
}

/// Uniform noise, and its variance for its scale.
pub(super) fn s3() -> Claim {
    Claim::new("S3", "x_t = √α_t x_{t-1} + β_t u with u uniform on (0, 1)")
        .source("public code")
        .why(
            "A library's default random numbers are uniform, and β_t is a variance: its root scales the noise.\n\
             β_t u has variance β_t²/12 instead of β_t, a mean of β_t/2, and no Gaussian law.",
        )
        .compares("Var(x_T|x_0) by the line's recursion; the steps composed")
        .refuted(chain(), "x_t = √α_t x_{t-1} + √β_t ε with ε ~ N(0, 1)",
        s3_at,
        )
}

/// The line and the truth at one problem.
fn s3_at(Chain { alphas }: &Chain) -> (f64, f64) {
    let step = |variance: f64, alpha: &f64| alpha * variance + (1.0 - alpha).powi(2) / 12.0;
    (alphas.iter().fold(0.0, step), noised_observation(alphas, 0.0).covariance()[[0, 0]])
}

/// `ᾱ` for `α` in the posterior mean.
pub(super) fn s4() -> Claim {
    Claim::new("S4", "μ_q = [√ᾱ_t (1-ᾱ_{t-1}) x_t + √ᾱ_{t-1} (1-α_t) x_0] / (1-ᾱ_t)")
        .source("public code")
        .why(
            "x_t enters through one step, q(x_t|x_{t-1}), whose scale is √α_t; only x_0 enters through ᾱ.\n\
             At t = 1 both are one and the factor before x_t is 0: the smallest case has two steps.",
        )
        .compares("the line; the joint law of x_{t-1} and x_t given x_0, conditioned")
        .refuted(last_step(), "μ_q = [√α_t (1-ᾱ_{t-1}) x_t + √ᾱ_{t-1} (1-α_t) x_0] / (1-ᾱ_t)", s4_at)
}

/// The line and the truth at one problem.
fn s4_at(LastStep { alphas, x_0, x_t }: &LastStep) -> (f64, f64) {
    let (alpha, before, alpha_bar) = last_levels(alphas);
    let of_x_t = alpha_bar.sqrt() * (1.0 - before) / (1.0 - alpha_bar);
    let of_x_0 = before.sqrt() * (1.0 - alpha) / (1.0 - alpha_bar);
    (of_x_t * x_t + of_x_0 * x_0, posterior_mean(alphas, *x_0, *x_t))
}

/// `α` for `ᾱ` in the posterior mean.
pub(super) fn s5() -> Claim {
    Claim::new("S5", "μ_q = [√α_t (1-ᾱ_{t-1}) x_t + √α_{t-1} (1-α_t) x_0] / (1-ᾱ_t)")
        .source("public code")
        .why(
            "x_0 enters through all t-1 steps, q(x_{t-1}|x_0), whose scale is √ᾱ_{t-1}.\n\
             At t = 2 the two are the same, and a test with two steps passes: the smallest case has three.",
        )
        .compares("the line; the joint law of x_{t-1} and x_t given x_0, conditioned")
        .refuted(last_step(), "μ_q = [√α_t (1-ᾱ_{t-1}) x_t + √ᾱ_{t-1} (1-α_t) x_0] / (1-ᾱ_t)", s5_at)
}

/// The line and the truth at one problem.
fn s5_at(LastStep { alphas, x_0, x_t }: &LastStep) -> (f64, f64) {
    let (alpha, before, alpha_bar) = last_levels(alphas);
    // α_0 = ᾱ_0 = 1: the slip does not show at t = 1.
    let alpha_before = alphas.iter().rev().nth(1).copied().unwrap_or(1.0);
    let of_x_t = alpha.sqrt() * (1.0 - before) / (1.0 - alpha_bar);
    let of_x_0 = alpha_before.sqrt() * (1.0 - alpha) / (1.0 - alpha_bar);
    (of_x_t * x_t + of_x_0 * x_0, posterior_mean(alphas, *x_0, *x_t))
}

/// `ᾱ` for `α` in the reverse mean.
pub(super) fn s6() -> Claim {
    Claim::new("S6", "reverse mean = (x_t - (1-α_t)/√(1-ᾱ_t) ε) / √ᾱ_t")
        .source("public code")
        .why(
            "Putting x_0 = (x_t - √(1-ᾱ_t) ε)/√ᾱ_t into μ_q turns √ᾱ_{t-1}/√ᾱ_t into 1/√α_t: one step back, one step's scale.\n\
             With 1/√ᾱ_t every step goes back to the size of x_0. At t = 1 they are one.",
        )
        .compares("the line at the noise that made x_t; the mean of the joint law conditioned on x_t and x_0")
        .refuted(noised(), "reverse mean = (x_t - (1-α_t)/√(1-ᾱ_t) ε) / √α_t",
        s6_at,
        )
}

/// The line and the truth at one problem.
fn s6_at(problem: &Noised) -> (f64, f64) {
    let (alpha, _, alpha_bar) = last_levels(&problem.alphas);
    let x_t = noised_latent(problem);
    let line = (x_t - (1.0 - alpha) / (1.0 - alpha_bar).sqrt() * problem.eps) / alpha_bar.sqrt();
    (line, posterior_mean(&problem.alphas, problem.x_0, x_t))
}

/// A latent as its own mean.
pub(super) fn s7() -> Claim {
    Claim::new("S7", "log q(x_t|x_{t-1}) = log N(x_t; √α_t x_t, 1-α_t)")
        .source("public code")
        .why(
            "An index off by one makes a latent the mean of itself. The residual is then (1-√α_t) x_t:\n\
             it knows nothing of the noise, and shrinks where the latent does.",
        )
        .compares("E log q by the line, E x_T² = ᾱ_T x_0² + 1 - ᾱ_T; minus the entropy of the step")
        .refuted(
            (decimals::schedule(1..=4), decimals::number()).prop_map(|(alphas, x_0)| Start { alphas, x_0 }),
            "log q(x_t|x_{t-1}) = log N(x_t; √α_t x_{t-1}, 1-α_t)",
            s7_at,
        )
}

/// The line and the truth at one problem.
fn s7_at(Start { alphas, x_0 }: &Start) -> (f64, f64) {
    let (alpha, _, alpha_bar) = last_levels(alphas);
    let square = alpha_bar * x_0 * x_0 + 1.0 - alpha_bar;
    let line = log_normal((1.0 - alpha.sqrt()) * square.sqrt(), 0.0, 1.0 - alpha);
    (line, -schedule(alphas).step(alphas.len(), 1).given(&array![*x_0]).entropy())
}

/// A reverse step whose variance is `β_t`.
#[derive(Clone, Debug)]
struct BetaStep {
    alphas: Vec<f64>,
    x_0: f64,
    x_t: f64,
    reverse_mean: f64,
}

/// Unequal variances treated as equal ones.
pub(super) fn s9() -> Claim {
    Claim::new("S9", "KL(q(x_{t-1}|x_t, x_0) ‖ N(μ, β_t)) = (μ - μ_q)² / 2β_t")
        .source("public code")
        .why(
            "Only for equal variances is the divergence the squared shift alone.\n\
             σ_q² = β_t (1-ᾱ_{t-1})/(1-ᾱ_t) is less than β_t, and ½ (σ_q²/β_t - 1 - log σ_q²/β_t) remains,\n\
             without effect on the gradient, but part of the bound.",
        )
        .compares("the line; the divergence of the crates from the joint law conditioned on x_t and x_0")
        .refuted(
            (decimals::number(), decimals::number(), decimals::number(), decimals::schedule(2..=4))
                .prop_map(|(x_0, x_t, reverse_mean, alphas)| BetaStep { alphas, x_0, x_t, reverse_mean }),
            "(μ - μ_q)² / 2β_t + ½ (σ_q²/β_t - 1 - log σ_q²/β_t)",
            s9_at,
        )
}

/// The line and the truth at one problem.
fn s9_at(BetaStep { alphas, x_0, x_t, reverse_mean }: &BetaStep) -> (f64, f64) {
    let beta = 1.0 - last_levels(alphas).0;
    let posterior = posterior(alphas, *x_0, *x_t).expect("two steps or more");
    let line = (reverse_mean - posterior.mean()[0]).powi(2) / (2.0 * beta);
    (line, posterior.kl_divergence(&on_the_line(*reverse_mean, beta)))
}

/// Noise where none is left.
pub(super) fn s10() -> Claim {
    Claim::new("S10", "every reverse step adds noise √β_t ε, the last one too")
        .source("public code")
        .why(
            "σ_q²(1) = 0: given a perfect guess of x_0, the last step returns it.\n\
             For data at a single point the guess is perfect and every draw should end there;\n\
             with noise at t = 1 the draws spread by √β_1 around it.",
        )
        .compares("data at one point: β_1; the variance of x_0 when q(x_1|x_0) is taken back by the schedule's posterior")
        .refuted(
            chain(),
            "noise at t = T … 2 alone; the last step returns its mean",
            s10_at,
        )
}

/// The line and the truth at one problem.
fn s10_at(Chain { alphas }: &Chain) -> (f64, f64) {
    let schedule = schedule(alphas);
    let (of_x_1, _) = schedule.posterior_mean_coefficients(1);
    let spread_of_x_1 = schedule.marginal(1, 1).covariance()[[0, 0]];
    let exact = of_x_1 * of_x_1 * spread_of_x_1 + schedule.posterior_variance(1);
    (1.0 - alphas[0], exact)
}

/// The wrong root before the signal.
pub(super) fn s12() -> Claim {
    Claim::new("S12", "x_t = √(1-ᾱ_t) x_0 + √(1-ᾱ_t) ε")
        .source("public code")
        .why(
            "S1 once more, in the noising: signal and noise share the variance, ᾱ_t and 1-ᾱ_t.\n\
             With the noise's root before both, the signal grows as it should fade.",
        )
        .compares("E[x_T|x_0] by the line; the steps composed")
        .refuted(
            (decimals::schedule(1..=4), decimals::nonzero()).prop_map(|(alphas, x_0)| Start { alphas, x_0 }),
            "x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε",
            s12_at,
        )
}

/// The line and the truth at one problem.
fn s12_at(Start { alphas, x_0 }: &Start) -> (f64, f64) {
    let line = (1.0 - last_levels(alphas).2).sqrt() * x_0;
    (line, noised_observation(alphas, *x_0).mean()[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::refuted::assert_pinned;

    /// By hand: variances and `μ_q` by adding precisions.
    #[test]
    fn both_numbers_are_pinned() {
        let alphas = vec![0.9, 0.7, 0.5];
        let noised = Noised { alphas: alphas.clone(), x_0: 0.8, eps: -0.5 };
        let last = LastStep { alphas: alphas.clone(), x_0: 0.8, x_t: 1.7 };
        let start = Start { alphas: alphas.clone(), x_0: 0.8 };
        let beta = BetaStep { alphas: alphas.clone(), x_0: 0.8, x_t: 1.7, reverse_mean: -0.5 };
        let chain = Chain { alphas };
        assert_pinned(&[
            ("S1", s1_at(&noised), (0.542_500_294_325_326_3, 0.8)),
            ("S3", s3_at(&chain), (0.024_875, 0.685)),
            ("S4", s4_at(&last), (0.978_854_790_904_923, 1.112_788_792_254_144_8)),
            ("S5", s5_at(&last), (1.137_860_110_919_662_2, 1.112_788_792_254_144_8)),
            ("S6", s6_at(&noised), (0.600_867_947_519_473_5, 0.476_924_147_977_901)),
            ("S7", s7_at(&start), (-0.648_423_198_524_714, -1.072_364_942_924_7)),
            ("S9", s9_at(&beta), (2.601_087_688_420_583_4, 2.679_118_597_433_290_7)),
            ("S10", s10_at(&chain), (0.1, 0.0)),
            ("S12", s12_at(&start), (0.662_117_814_289_874, 0.448_998_886_412_873)),
        ]);
    }
}
