//! What is said of the forms of a chain's bound.

use std::f64::consts::TAU;

use super::scalar_vdm::{ScalarVdm, scalar_vdm, scalar_vdm_of};
use crate::Claim;

/// Luo (45): the bridge taken for the encoder.
pub(super) fn r1() -> Claim {
    Claim::new("R1", "Σ_t E log q(x_t|x_{t-1})/p(x_t|x_{t+1}) = Σ_t E KL(q(x_t|x_{t-1}) ‖ p(x_t|x_{t+1}))")
        .source("Luo (45)")
        .source("notes 001 §3.3")
        .why(
            "It is said that q(x_t|x_{t-1}, x_{t+1}) keeps only x_{t-1}, by the Markov property.\n\
             But x_{t+1} = √α_{t+1} x_t + … was made from x_t and tells of it.\n\
             Averaging x_t under q(x_t|x_{t-1}) at a fixed x_{t+1} forgets their covariance √α_{t+1} (1-α_t):\n\
             with p = N(m x_{t+1}, v) each term comes out too large by m √α_{t+1} (1-α_t) / v.",
        )
        .compares("the printed sum in scalars; the chain's consistency form with the bridge")
        .refuted(
            scalar_vdm(),
            "Σ_t E [KL(r ‖ p(x_t|x_{t+1})) - KL(r ‖ q(x_t|x_{t-1}))] with the bridge r = q(x_t|x_{t-1}, x_{t+1})",
            r1_at,
        )
}

/// The line and the truth at one problem.
fn r1_at(model: &ScalarVdm) -> (f64, f64) {
    let printed = (1..model.steps()).map(|t| model.printed_term(t)).sum();
    let exact = model.chain().consistency(&model.observation()).expect("well-posed");
    (printed, exact.matching.iter().sum())
}

/// "The same thing."
pub(super) fn r2() -> Claim {
    Claim::new("R2", "Σ consistency terms = Σ denoising matching terms: they are the same thing")
        .source("notes 001 §3.7")
        .why(
            "Both forms are one bound, but each has a prior term of its own:\n\
             E KL(q(x_T|x_{T-1}) ‖ p(x_T)) in the one, KL(q(x_T|x_0) ‖ p(x_T)) in the other.\n\
             These differ by the mutual information of x_{T-1} and x_T given x_0, and so do the sums.",
        )
        .compares("the corrected consistency sum in scalars; the chain's denoising sum")
        .refuted(
            scalar_vdm(),
            "Σ denoising = Σ consistency + I(x_{T-1}; x_T | x_0); only with their own prior terms are the bounds equal",
            r2_at,
        )
}

/// The line and the truth at one problem.
fn r2_at(model: &ScalarVdm) -> (f64, f64) {
    let denoising = model.chain().denoising(&model.observation()).expect("well-posed");
    (model.consistency_sum(), denoising.matching.iter().sum())
}

/// "Always has the lower variance."
pub(super) fn r3() -> Claim {
    Claim::new("R3", "Var of the denoising form ≤ Var of the consistency form, however they are sampled")
        .source("notes 001 §3.7")
        .why(
            "One random variable a term, it is said, so less variance. That counts variances and forgets covariances.\n\
             Where one path x_1 … x_T serves all terms, those of the consistency form share neighbours and cancel;\n\
             the denoising terms all fall or rise with the same noise.\n\
             With draws of their own for every term, as in training, the line is usually right.",
        )
        .compares(
            "the consistency form's variance on one path, at most which the line allows (sums of squares, Isserlis); \
             the denoising form's, as a quadratic of the joint Gaussian",
        )
        .refuted(scalar_vdm(), "which form varies less depends on how the terms are sampled",
        r3_at,
        )
}

/// The line and the truth at one problem.
fn r3_at(model: &ScalarVdm) -> (f64, f64) {
    let consistency = model.path_variance(&model.consistency_squares());
    let denoising = model.denoising_variance().expect("well-posed");
    (consistency.min(denoising), denoising)
}

/// The reconstruction averaged under the wrong law.
pub(super) fn r12() -> Claim {
    Claim::new("R12", "reconstruction = E log p(x_0|x_1) with x_1 drawn from p(x_0|x_1)")
        .source("notes 001 §3.9")
        .why(
            "The bound averages over the encoder's path, so x_1 comes from q(x_1|x_0).\n\
             Read as a law of x_1, p(x_0|x_1) = N(x_0; m x_1, v) is N(x_0/m, v/m²):\n\
             the average under it is -½ log 2πv - ½ whatever the data and the noise, and nothing is reconstructed.",
        )
        .compares("-½ log 2πv - ½; the chain's reconstruction term")
        .refuted(scalar_vdm(), "reconstruction = E log p(x_0|x_1) with x_1 drawn from q(x_1|x_0)",
        r12_at,
        )
}

/// The line and the truth at one problem.
fn r12_at(model: &ScalarVdm) -> (f64, f64) {
    let line = -0.5 * (TAU * model.variance).ln() - 0.5;
    (line, model.chain().reconstruction(&model.observation()))
}

/// "Because it has a sum sign."
pub(super) fn r15() -> Claim {
    Claim::new("R15", "the consistency terms, being a sum over t, are the largest part of the loss")
        .source("notes 001 §3.3")
        .why(
            "A sum of many small terms need not be large. The terms of the bound are divergences of single steps:\n\
             finer steps make more of them, each smaller, and a reverse close to the bridge makes each as small as one likes.\n\
             The reconstruction keeps its entropy ½ log 2πe v.",
        )
        .compares("the corrected consistency sum in scalars; the largest of the chain's three parts, in size")
        .refuted(
            scalar_vdm_of(2),
            "which part is largest depends on the model: the number of terms says nothing of their size",
            r15_at,
        )
}

/// The line and the truth at one problem.
fn r15_at(model: &ScalarVdm) -> (f64, f64) {
    let bound = model.chain().consistency(&model.observation()).expect("well-posed");
    let sum: f64 = bound.matching.iter().sum();
    let others = bound.reconstruction.abs().max(bound.prior_matching.abs());
    (model.consistency_sum().abs(), others.max(sum.abs()))
}

#[cfg(test)]
mod tests {
    use super::super::assert_pinned;
    use super::*;

    /// By hand: log-ratios averaged over the moments of the path; the variances as `2 tr(ACAC) + s'Cs`.
    #[test]
    fn both_numbers_are_pinned() {
        let at = |alphas, x_0| ScalarVdm { alphas, x_0, scale: 0.6, variance: 0.3 };
        let (near, far) = (at(vec![0.9, 0.7, 0.5], 0.8), at(vec![0.3, 0.7], 2.0));
        assert_pinned(&[
            ("R1", r1_at(&near), (1.327_481_269_385_184_7, 0.735_885_195_366_441)),
            ("R2", r2_at(&near), (0.735_885_195_366_441, 0.893_290_565_286_457_8)),
            ("R3", r3_at(&near), (0.151_945_447_064_329_72, 0.357_051_205_232_426)),
            ("R12", r12_at(&near), (-0.816_952_131_041_704_7, -0.574_904_176_203_713_7)),
            ("R15", r15_at(&far), (0.041_709_635_643_577_77, 3.741_838_337_667_043_7)),
        ]);
    }
}
