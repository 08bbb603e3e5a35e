//! How much an error of each prediction costs: the weights of the matching terms.
//!
//! An error `δ` of a prediction moves the reverse mean by `gain · δ`, and the divergence between two Gaussians of equal
//! variance `σ²` is `|Δμ|²/(2σ²)`. So a weight is `gain²/(2σ²)`.

use prob::numerics::sigmoid;

use crate::Parameterisation::{self, Clean, Mean, Noise, Score, Velocity};
use crate::Schedule;

impl Schedule {
    /// By how much the reverse mean moves with the prediction, `t = 1 … T`, up to its sign:
    ///
    /// | prediction | gain |
    /// |---|---|
    /// | `x_0` | `√ᾱ_{t-1} (1-α_t)/(1-ᾱ_t)` |
    /// | `ε` | `(1-α_t)/√((1-ᾱ_t) α_t)` |
    /// | `v` | `√ᾱ_{t-1} (1-α_t)/√(1-ᾱ_t)` |
    /// | score | `(1-α_t)/√α_t` |
    /// | mean | 1 |
    ///
    /// # Panics
    /// If there is no step `t`, as every method here.
    pub fn gain(&self, t: usize, prediction: Parameterisation) -> f64 {
        let (alpha, beta, noise) = (self.alpha(t), self.beta(t), self.noise_variance(t));
        match prediction {
            Clean => self.alpha_bar(t - 1).sqrt() * beta / noise,
            Noise => beta / (noise * alpha).sqrt(),
            Velocity => self.alpha_bar(t - 1).sqrt() * beta / noise.sqrt(),
            Score => beta / alpha.sqrt(),
            Mean => 1.0,
        }
    }

    /// `gain²/(2σ_q²)`: what `|error|²` of the prediction costs in nats when the reverse variance is `σ_q²`, `t = 2 … T` (Luo (87)-(92) for the mean,
    /// (95)-(99) for `x_0`, (115)-(130) for `ε`); infinite at `t = 1`, where `σ_q² = 0` and no matching term stands.
    pub fn weight(&self, t: usize, prediction: Parameterisation) -> f64 {
        self.gain(t, prediction).powi(2) / (2.0 * self.posterior_variance(t))
    }

    /// `(SNR(t-1) - SNR(t))/2`, the weight of an `x_0` prediction (Luo (109)-(110), Kingma et al. 2021), `t = 2 … T`.
    pub fn snr_weight(&self, t: usize) -> f64 {
        0.5 * self.snr_drop(t)
    }

    /// `1/weight`: the factor that turns the matching term of step `t` into the unweighted loss `E |ε - ε_θ|²` (Ho et al.
    /// 2020), `t = 2 … T`. It is `2 σ_q² (1-ᾱ_t) α_t/(1-α_t)²`, so that loss is a bound whose terms are reweighted.
    pub fn simple_factor(&self, t: usize) -> f64 {
        2.0 * self.posterior_variance(t) * self.noise_variance(t) * self.alpha(t) / self.beta(t).powi(2)
    }
}

impl Parameterisation {
    /// The weight of an error in continuous time, for each unit of falling log-SNR `λ` (Kingma et al. 2021):
    ///
    /// | prediction | weight |
    /// |---|---|
    /// | `x_0` | `SNR/2`, so that `dt` carries `-SNR'(t)/2` |
    /// | `ε` | `1/2` |
    /// | `v` | `ᾱ/2` |
    /// | score | `(1-ᾱ)/2` |
    /// | mean | none: it approaches `x_t` |
    pub fn continuous_weight(self, log_snr: f64) -> Option<f64> {
        match self {
            Clean => Some(0.5 * log_snr.exp()),
            Noise => Some(0.5),
            Velocity => Some(0.5 * sigmoid(log_snr)),
            Score => Some(0.5 * sigmoid(-log_snr)),
            Mean => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// By hand at α = (0.9, 0.7): β = 0.3, ᾱ_1 = 0.9, ᾱ_2 = 0.63, σ_q² = 0.03/0.37.
    #[test]
    fn weights_of_a_schedule_of_two_steps() {
        let schedule = Schedule::from_alphas(&[0.9, 0.7]).unwrap();
        for (prediction, weight) in [
            (Clean, 0.9 * 0.09 / 0.1369 / (0.06 / 0.37)),
            (Noise, 0.09 / (0.37 * 0.7) / (0.06 / 0.37)),
            (Velocity, 0.9 * 0.09 / 0.37 / (0.06 / 0.37)),
            (Score, 0.09 / 0.7 / (0.06 / 0.37)),
            (Mean, 0.37 / 0.06),
        ] {
            assert_relative_eq!(schedule.weight(2, prediction), weight, max_relative = 1e-12);
        }
        assert_relative_eq!(schedule.snr_weight(2), 0.5 * (9.0 - 0.63 / 0.37), max_relative = 1e-12);
        assert_relative_eq!(schedule.simple_factor(2), 2.0 * 0.1 * 0.7 / 0.3, max_relative = 1e-12);
        assert_eq!(schedule.weight(1, Noise), f64::INFINITY);
    }

    /// At `SNR = 3`, that is `ᾱ = 3/4`.
    #[test]
    fn weights_in_continuous_time() {
        let weights = Parameterisation::ALL.map(|p| p.continuous_weight(3f64.ln()));
        for (weight, expected) in weights.into_iter().zip([1.5, 0.5, 0.375, 0.125]) {
            assert_relative_eq!(weight.unwrap(), expected, max_relative = 1e-14);
        }
        assert_eq!(weights[4], None);
    }
}
