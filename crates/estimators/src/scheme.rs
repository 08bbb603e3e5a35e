//! How the variables of the terms are drawn.

use std::fmt;

/// A sampling scheme. The first three are the textbook's; the others change `OneStep`, each in one way; whether
/// that pays is what their variances and costs tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// One path `z_1 … z_T` serves all terms.
    Path,
    /// Every term draws its own variables afresh.
    Independent,
    /// Reconstruction and prior matching draw their own, and one matching term at uniform `t` its own, times the number
    /// of matching terms: what training does.
    OneStep,
    /// One step with each noise and its reflection, averaged: odd parts cancel.
    Antithetic,
    /// The mean of [`BATCH`] one-step evaluations, with one `t` from each of as many equal strata.
    Stratified,
    /// The mean of [`BATCH`] one-step evaluations, with the `t` equally spaced from one uniform start (Kingma 2021).
    LowDiscrepancy,
    /// One step with `t` drawn with the probabilities that give the least variance, `p_t ∝ √(E f_t²)` (Kahn and Marshall 1953).
    Importance,
    /// One step with `p_t` from running means of the squares `f_t²` seen so far, [`WARM_UP`] a term to begin with.
    RunningImportance,
    /// One step less the linear part of each term in its noise, which has mean 0.
    ControlVariate,
    /// One step with the reconstruction averaged over `z_1` in closed form.
    RaoBlackwell,
    /// The mean over [`QUASI_POINTS`] points of a scrambled Sobol sequence, in `t` and all noise.
    QuasiMonteCarlo,
}

/// One-step evaluations in a batch of [`Scheme::Stratified`] and [`Scheme::LowDiscrepancy`].
pub const BATCH: usize = 8;

/// Evaluations of each matching term, on average, before [`Scheme::RunningImportance`] is used.
pub const WARM_UP: usize = 32;

/// One-step evaluations in a point set of [`Scheme::QuasiMonteCarlo`].
pub const QUASI_POINTS: usize = 64;

impl Scheme {
    /// The three of the textbook.
    pub const TEXTBOOK: [Scheme; 3] = [Scheme::Path, Scheme::Independent, Scheme::OneStep];

    /// The rungs above [`Scheme::OneStep`].
    pub const LADDER: [Scheme; 8] = [
        Scheme::Antithetic,
        Scheme::Stratified,
        Scheme::LowDiscrepancy,
        Scheme::Importance,
        Scheme::RunningImportance,
        Scheme::ControlVariate,
        Scheme::RaoBlackwell,
        Scheme::QuasiMonteCarlo,
    ];

    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Path => "path",
            Scheme::Independent => "independent",
            Scheme::OneStep => "one_step",
            Scheme::Antithetic => "one_step_antithetic",
            Scheme::Stratified => "one_step_stratified",
            Scheme::LowDiscrepancy => "one_step_low_discrepancy",
            Scheme::Importance => "one_step_importance",
            Scheme::RunningImportance => "one_step_running_importance",
            Scheme::ControlVariate => "one_step_control_variate",
            Scheme::RaoBlackwell => "one_step_rao_blackwell",
            Scheme::QuasiMonteCarlo => "one_step_quasi_monte_carlo",
        }
    }

    /// Evaluations of a matching term in one evaluation of the estimator of `T` steps: what a model that is expensive to
    /// evaluate costs.
    pub fn evaluations(self, steps: usize) -> usize {
        match self {
            Scheme::Path | Scheme::Independent => steps.saturating_sub(1),
            Scheme::Antithetic => 2,
            _ => self.batch(),
        }
    }

    /// One-step evaluations that are averaged into one.
    pub fn batch(self) -> usize {
        match self {
            Scheme::Stratified | Scheme::LowDiscrepancy => BATCH,
            Scheme::QuasiMonteCarlo => QUASI_POINTS,
            _ => 1,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
