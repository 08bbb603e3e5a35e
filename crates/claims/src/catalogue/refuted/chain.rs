//! Misprints of the noising and of the reverse chain.

use ndarray::array;
use prob::{Gaussian, LinearGaussian};
use proptest::prelude::*;
use vdm::Schedule;

use super::noised_observation;
use crate::longhand::log_normal;
use crate::{Claim, decimals};

/// A noising chain from one observation.
#[derive(Clone, Debug)]
struct Noising {
    alphas: Vec<f64>,
    x_0: f64,
}

/// Chains of one to four steps.
fn noising() -> impl Strategy<Value = Noising> {
    (decimals::schedule(1..=4), decimals::nonzero()).prop_map(|(alphas, x_0)| Noising { alphas, x_0 })
}

/// The law of `x_T`, step by step from a law of `x_0`.
fn noised(alphas: &[f64], data: Gaussian) -> Gaussian {
    let schedule = Schedule::from_alphas(alphas).expect("fractions");
    (1..=schedule.steps()).fold(data, |law, t| schedule.step(t, 1).push(&law))
}

/// A noising chain from unit-variance data.
#[derive(Clone, Debug)]
struct UnitVariance {
    alphas: Vec<f64>,
}

/// The variance of a step that grows with `t`.
pub(super) fn r4() -> Claim {
    Claim::new("R4", "q(x_t|x_{t-1}) = N(√α_t x_{t-1}, (1-α_t) t) keeps unit variance")
        .source("notes 001 §3.1")
        .why(
            "Var x_t = α_t Var x_{t-1} + (1-α_t) t: from variance 1 it stays there only for t = 1.\n\
             With (1-α_t) alone, α_t + 1 - α_t = 1 at every step, and x_t given x_0 has variance 1 - ᾱ_t.",
        )
        .compares("Var x_T of unit-variance data by the line's recursion; the steps pushed one by one")
        .refuted(
            decimals::schedule(1..=4).prop_map(|alphas| UnitVariance { alphas }),
            "q(x_t|x_{t-1}) = N(√α_t x_{t-1}, 1-α_t), and the variance of x_T is 1",
            r4_at,
        )
}

/// The line and the truth at one problem.
fn r4_at(UnitVariance { alphas }: &UnitVariance) -> (f64, f64) {
    let step = |variance: f64, (t, alpha): (usize, &f64)| alpha * variance + (1.0 - alpha) * (t as f64);
    let line = (1..).zip(alphas).fold(1.0, step);
    (line, noised(alphas, Gaussian::standard(1)).covariance()[[0, 0]])
}

/// The variance of the marginal with a root too many.
pub(super) fn r5() -> Claim {
    Claim::new("R5", "q(x_t|x_0) = N(√ᾱ_t x_0, 1 - √ᾱ_t)")
        .source("notes 003")
        .why(
            "Variances add as squares of scales: what the signal loses in variance, ᾱ_t of 1, the noise makes up.\n\
             1 - √ᾱ_t would leave unit-variance data at ᾱ_t + 1 - √ᾱ_t < 1.",
        )
        .compares("1 - √ᾱ_T; the variance of the steps composed")
        .refuted(noising(), "q(x_t|x_0) = N(√ᾱ_t x_0, 1 - ᾱ_t)",
        r5_at,
        )
}

/// The line and the truth at one problem.
fn r5_at(problem: &Noising) -> (f64, f64) {
    let alpha_bar: f64 = problem.alphas.iter().product();
    (1.0 - alpha_bar.sqrt(), noised_observation(&problem.alphas, problem.x_0).covariance()[[0, 0]])
}

/// One index off in the second unrolling.
pub(super) fn r6() -> Claim {
    Claim::new("R6", "x_t = √(α_t α_{t-1}) x_{t-1} + √(1 - α_t α_{t-1}) ε")
        .source("notes 003")
        .why(
            "Putting x_{t-1} = √α_{t-1} x_{t-2} + … into x_t = √α_t x_{t-1} + … leaves x_{t-2}, not x_{t-1}.\n\
             With x_{t-1} the factor √α_{t-1} counts twice.",
        )
        .compares("E[x_T|x_0] by the line, E x_{t-1} = √ᾱ_{t-1} x_0; the steps composed")
        .refuted(
            noising().prop_filter("two steps to unroll", |problem| problem.alphas.len() > 1),
            "x_t = √(α_t α_{t-1}) x_{t-2} + √(1 - α_t α_{t-1}) ε",
            r6_at,
        )
}

/// The line and the truth at one problem.
fn r6_at(problem: &Noising) -> (f64, f64) {
    let (last, before) = problem.alphas.split_last().expect("two steps or more");
    let alpha_bar_before: f64 = before.iter().product();
    let line = (last * before[before.len() - 1]).sqrt() * alpha_bar_before.sqrt() * problem.x_0;
    (line, noised_observation(&problem.alphas, problem.x_0).mean()[0])
}

/// A path of a reverse chain of two steps.
#[derive(Clone, Debug)]
struct Path {
    x: [f64; 3],
    scale: f64,
    variance: f64,
}

/// Joint laws for conditionals in the reverse chain.
pub(super) fn r8() -> Claim {
    Claim::new("R8", "p(x_0 … x_T) = p(x_T) p(x_0|x_1) Π_{t=2}^T p(x_{t-1}, x_0)")
        .source("notes 003")
        .why(
            "The chain rule down a Markov chain has conditionals as factors, p(x_{t-1}|x_t).\n\
             A joint law in their place never looks at x_t, and puts x_0 in once for every step:\n\
             the product does not even integrate to one.",
        )
        .compares(
            "log of the line's product for T = 2, p(x_1, x_0) written out; the joint Gaussian's log-density",
        )
        .refuted(
            (
                [decimals::number(), decimals::number(), decimals::number()],
                decimals::positive(),
                decimals::positive(),
            )
                .prop_map(|(x, scale, variance)| Path { x, scale, variance }),
            "p(x_0 … x_T) = p(x_T) Π_{t=1}^T p(x_{t-1}|x_t)",
            r8_at,
        )
}

/// The line and the truth at one problem.
fn r8_at(&Path { x: [x_0, x_1, x_2], scale: m, variance: v }: &Path) -> (f64, f64) {
    let reverse = log_normal(x_0, m * x_1, v);
    let joint_of_x_1_and_x_0 = log_normal(x_1, 0.0, m * m + v) + reverse;
    let line = log_normal(x_2, 0.0, 1.0) + reverse + joint_of_x_1_and_x_0;

    let step = LinearGaussian::isotropic(1, m, v).expect("a positive variance");
    let upper = step.joint(&Gaussian::standard(1));
    let all = step.on_wider_input(2, 1).joint(&upper);
    (line, all.log_prob(&array![x_2, x_1, x_0]))
}

#[cfg(test)]
mod tests {
    use super::super::assert_pinned;
    use super::*;

    #[test]
    fn both_numbers_are_pinned() {
        let alphas = vec![0.9, 0.7, 0.5];
        let noising = Noising { alphas: alphas.clone(), x_0: 0.8 };
        let path = Path { x: [0.3, -0.8, 1.7], scale: 0.5, variance: 0.3 };
        assert_pinned(&[
            ("R4", r4_at(&UnitVariance { alphas }), (2.15, 1.0)),
            ("R5", r5_at(&noising), (0.438_751_391_983_908_8, 0.685)),
            ("R6", r6_at(&noising), (0.375_659_420_219_964_7, 0.448_998_886_412_873)),
            ("R8", r8_at(&path), (-5.833_014_343_266_459, -8.352_009_461_954_747)),
        ]);
    }
}
