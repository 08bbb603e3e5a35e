//! Ancestral sampling (Ho et al. 2020): the mean of the posterior at the denoised `x_0`, and noise.

use super::Coefficients;
use crate::Schedule;

/// The variance of an ancestral step. Both are exact for some data. For data of a variance of at most 1 the true
/// variance of `q(x_{t-1}|x_t)` lies between them on average over `x_t`, and for Gaussian data at every `x_t`; for
/// other data it can lie above both at one `x_t`, such as half-way between two modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReverseVariance {
    /// `σ_q²(t)`, exact for data at a single point.
    Posterior,
    /// `β_t = 1 - α_t`, exact for standard normal data.
    Beta,
}

/// Those of `μ_q(x_t, x̂_0) + √variance ε`.
pub(super) fn coefficients(variance: ReverseVariance, schedule: &Schedule, t: usize) -> Coefficients {
    let (of_x_t, of_x_0) = schedule.posterior_mean_coefficients(t);
    let variance = match variance {
        ReverseVariance::Posterior => schedule.posterior_variance(t),
        ReverseVariance::Beta => schedule.beta(t),
    };
    Coefficients { of_x_t, of_x_0, of_noise: variance.sqrt() }
}
