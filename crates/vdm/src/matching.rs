//! One matching term at one `x_t`, whatever the variance of the reverse step is.

use ndarray::ArrayRef1;
use prob::numerics::{exp_m1_minus, minus_ln_1p};

use crate::Schedule;

/// `KL(N(μ, s I) || N(ν, v I)) = ½ (d (s/v - 1 - log(s/v)) + |μ - ν|²/v)` in nats, from `|μ - ν|²`.
pub(crate) fn isotropic_divergence(d: usize, square: f64, s: f64, v: f64) -> f64 {
    0.5 * (d as f64 * variance_mismatch(s, v) + square / v)
}

/// `KL(N(√ᾱ x_0, (1-ᾱ) I) || N(0, I)) = ½ (ᾱ |x_0|² + d (-ᾱ - log(1-ᾱ)))` in nats, from `|x_0|²`, `ᾱ` and `log(1-ᾱ)`,
/// which keep its digits at either end.
pub(crate) fn divergence_from_prior(d: usize, square: f64, alpha_bar: f64, log_noise: f64) -> f64 {
    0.5 * (alpha_bar * square + d as f64 * exp_m1_minus(log_noise))
}

/// `s/v - 1 - log(s/v)` of two variances, with its digits both where they are close and where they are far apart.
fn variance_mismatch(s: f64, v: f64) -> f64 {
    let excess = (s - v) / v;
    if excess.abs() < 0.5 { minus_ln_1p(excess) } else { s / v - 1.0 - (s.ln() - v.ln()) }
}

impl Schedule {
    /// `KL(q(x_{t-1}|x_t, x_0) || N(mean, variance I))` in nats, `t = 2 … T`; `mean` (`μ_θ`), `x_t` and `x_0` are `[d]`.
    ///
    /// `|μ_θ - μ_q|²/(2σ²) + d/2 (σ_q²/σ² - 1 - log(σ_q²/σ²))` with `σ²` the `variance`. The second part is 0 only for
    /// `σ² = σ_q²` (Luo (87)-(92)) and cannot be left out elsewhere, say for `σ² = 1 - α_t`.
    ///
    /// # Panics
    /// If there is no step `t` or the lengths differ.
    pub fn matching(
        &self,
        t: usize,
        x_t: &ArrayRef1<f64>,
        x_0: &ArrayRef1<f64>,
        mean: &ArrayRef1<f64>,
        variance: f64,
    ) -> f64 {
        assert_eq!(mean.len(), x_0.len(), "a mean of another dimension");
        let shift = &mean.view() - &self.posterior_mean(t, x_t, x_0);
        isotropic_divergence(x_0.len(), shift.dot(&shift), self.posterior_variance(t), variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    /// `½ (s/v - 1 - log(s/v))` at `s = (1 + x) v` is `x²/4 - x³/6 + …`; far apart the linear part or the logarithm
    /// is all there is, whether or not `s/v` is still a number.
    #[test]
    fn close_and_distant_variances_keep_their_digits() {
        let close = f64::from(1u8 << 4) * f64::EPSILON;
        assert_relative_eq!(
            isotropic_divergence(3, 0.0, 0.75 * (1.0 + close), 0.75),
            3.0 * close * close / 4.0,
            max_relative = 1e-12,
            epsilon = 0.0
        );
        let apart = isotropic_divergence(1, 0.0, 1e-200, 1e200);
        assert_relative_eq!(apart, 0.5 * (400.0 * 10f64.ln() - 1.0), max_relative = 1e-14);
        assert_eq!(isotropic_divergence(1, 0.0, 1e200, 1e-200), f64::INFINITY);
        assert_relative_eq!(isotropic_divergence(1, 0.0, 1e100, 1e-100), 0.5e200, max_relative = 1e-14);
        assert_relative_eq!(isotropic_divergence(1, 3.0, 0.5, 0.25), 0.5 - 0.5 * 2f64.ln() + 6.0);
    }

    /// Against the divergence of two Gaussians with full covariances, which is computed from their factors.
    #[test]
    fn it_is_the_divergence_of_the_two_laws() {
        let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5]).unwrap();
        let (x_t, x_0, mean) = (array![0.3, -1.0], array![0.8, 0.1], array![0.5, 0.4]);
        for (t, variance) in [(2, 0.3), (3, 0.5), (3, schedule.posterior_variance(3))] {
            let posterior = schedule.posterior(t, &x_t, &x_0).unwrap();
            let reverse = prob::Gaussian::isotropic(mean.clone(), variance).unwrap();
            let matching = schedule.matching(t, &x_t, &x_0, &mean, variance);
            assert_relative_eq!(matching, posterior.kl_divergence(&reverse), max_relative = 1e-12);
        }
    }
}
