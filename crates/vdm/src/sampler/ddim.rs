//! DDIM (Song, Meng and Ermon 2021): steps that would keep `q(x_t|x_0)` with the true `x_0`, for any share of the noise.

use super::Coefficients;
use crate::Schedule;

/// A sampler was refused: above 1 the noise of a step can exceed what the marginals leave.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("eta = {eta}: must lie between 0 and 1")]
pub struct SamplerError {
    /// The `η` that was asked for.
    pub eta: f64,
}

/// With `n_t = 1-ᾱ_t = β_t + α_t n_{t-1}`, the variance that stays in `ε̂` is
/// `n_{t-1} - σ² = (1-η²) n_{t-1} + η² α_t n_{t-1}²/n_t`, and what is left for `x̂_0` of the variance of `x_t` is
/// `n_t - α_t (n_{t-1} - σ²) = β_t + α_t σ²`: sums of positive numbers, where the differences would cancel.
pub(super) fn coefficients(eta: f64, schedule: &Schedule, t: usize) -> Coefficients {
    let (alpha, beta) = (schedule.alpha(t), schedule.beta(t));
    let (before, noise) = (schedule.noise_variance(t - 1), schedule.noise_variance(t));
    let variance = eta * eta * schedule.posterior_variance(t);
    let kept = (1.0 - eta) * (1.0 + eta) * before + eta * eta * alpha * before * before / noise;
    let of_x_t = (kept / noise).sqrt();
    // √ᾱ_{t-1} - √ᾱ_t of_x_t = √ᾱ_{t-1} (1 - √α_t of_x_t), and 1 - r = (1 - r²)/(1 + r).
    let rest = (beta + alpha * variance) / noise;
    let of_x_0 = schedule.alpha_bar(t - 1).sqrt() * rest / (1.0 + alpha.sqrt() * of_x_t);
    Coefficients { of_x_t, of_x_0, of_noise: variance.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReverseVariance, Sampler};
    use approx::assert_relative_eq;

    /// `η = 1` is ancestral sampling, to the last digits: where a step drowns all signal (the difference that is kept
    /// would be 0 or negative by rounding) and where it adds hardly any noise.
    #[test]
    fn at_eta_one_ddim_is_ancestral_at_every_noise_level() {
        let (ancestral, ddim) = (Sampler::ancestral(ReverseVariance::Posterior), Sampler::ddim(1.0).unwrap());
        for alpha in [1e-300, 1e-20, 1e-17, 0.5, 1.0 - 1e-9] {
            let schedule = Schedule::from_alphas(&[0.3, 0.9, alpha]).unwrap();
            let (expected, found) = (ancestral.coefficients(&schedule, 3), ddim.coefficients(&schedule, 3));
            assert_relative_eq!(found.of_x_t, expected.of_x_t, max_relative = 1e-14, epsilon = 0.0);
            assert_relative_eq!(found.of_x_0, expected.of_x_0, max_relative = 1e-14, epsilon = 0.0);
            assert_relative_eq!(found.of_noise, expected.of_noise, max_relative = 1e-14, epsilon = 0.0);
        }
    }

    #[test]
    fn refuses_an_eta_outside_the_unit_interval() {
        assert_eq!(Sampler::ddim(1.5), Err(SamplerError { eta: 1.5 }));
        assert!(Sampler::ddim(f64::NAN).is_err() && Sampler::ddim(-0.1).is_err());
    }
}
