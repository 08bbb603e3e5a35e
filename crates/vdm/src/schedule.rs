//! The noise schedule: how much of the signal each step keeps.

mod error;
mod named;
mod strided;

use std::f64::consts::LN_2;
use std::fmt;

pub use error::ScheduleError;

/// `α_t` with `0 < α_t` and `0 < β_t = 1 - α_t` for `t = 1 … T`, and what follows from it. Where `β_t` is below the rounding
/// of 1, the `α_t` beside it is 1 in f64.
///
/// Kept as sums of `log α`, so that `ᾱ_t` near 1 and near 0 and its complement all have their digits.
///
/// ```
/// use vdm::Schedule;
/// let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5])?;
/// assert!((schedule.alpha_bar(2) - 0.63).abs() < 1e-15);
/// assert_eq!(schedule.alpha_bar(0), 1.0);
/// # Ok::<(), vdm::ScheduleError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Schedule {
    steps: Vec<Step>,
    /// `log ᾱ_t` for `t = 0 … T`.
    log_alpha_bars: Vec<f64>,
}

impl fmt::Debug for Schedule {
    /// The `α_t` alone: a counterexample with a schedule in it should be readable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alphas: Vec<f64> = self.steps.iter().map(|step| step.alpha).collect();
        f.debug_tuple("Schedule").field(&alphas).finish()
    }
}

/// One step, in the three forms of which none gives the others with all their digits.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    alpha: f64,
    beta: f64,
    log_alpha: f64,
}

impl Step {
    fn from_alpha(alpha: f64) -> Self {
        Self { alpha, beta: 1.0 - alpha, log_alpha: alpha.ln() }
    }

    fn from_beta(beta: f64) -> Self {
        Self { alpha: 1.0 - beta, beta, log_alpha: (-beta).ln_1p() }
    }

    fn from_log_alpha(log_alpha: f64) -> Self {
        Self { alpha: log_alpha.exp(), beta: -log_alpha.exp_m1(), log_alpha }
    }
}

impl Schedule {
    /// The schedule with these `α_1 … α_T`.
    ///
    /// # Errors
    /// If there are none, or one does not lie strictly between 0 and 1.
    pub fn from_alphas(alphas: &[f64]) -> Result<Self, ScheduleError> {
        Self::from_steps(alphas.iter().map(|&alpha| Step::from_alpha(alpha)))
    }

    fn from_steps(steps: impl Iterator<Item = Step>) -> Result<Self, ScheduleError> {
        let steps: Vec<Step> = steps.collect();
        if steps.is_empty() {
            return Err(ScheduleError::Empty);
        }
        let mut log_alpha_bars = vec![0.0];
        for (index, step) in steps.iter().enumerate() {
            if !(step.alpha > 0.0 && step.beta > 0.0) {
                return Err(ScheduleError::Alpha { index, value: step.alpha });
            }
            log_alpha_bars.push(log_alpha_bars[index] + step.log_alpha);
        }
        Ok(Self { steps, log_alpha_bars })
    }

    /// Number of steps, `T`.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// `α_t`, `t = 1 … T`.
    ///
    /// # Panics
    /// If there is no step `t`, as every method here.
    pub fn alpha(&self, t: usize) -> f64 {
        self.steps[t - 1].alpha
    }

    /// `β_t = 1 - α_t`, `t = 1 … T`.
    pub fn beta(&self, t: usize) -> f64 {
        self.steps[t - 1].beta
    }

    /// `ᾱ_t = Π_{s≤t} α_s`, `t = 0 … T`.
    pub fn alpha_bar(&self, t: usize) -> f64 {
        self.log_alpha_bars[t].exp()
    }

    /// `1 - ᾱ_t`, `t = 0 … T`, with all its digits where `ᾱ_t` is close to 1.
    pub fn noise_variance(&self, t: usize) -> f64 {
        // Not the negative: at t = 0 that is -0, and the signal-to-noise ratio would be minus infinity.
        0.0 - self.log_alpha_bars[t].exp_m1()
    }

    /// `SNR(t) = ᾱ_t / (1 - ᾱ_t)`, `t = 0 … T`; infinite at 0.
    pub fn snr(&self, t: usize) -> f64 {
        self.alpha_bar(t) / self.noise_variance(t)
    }

    /// `log SNR(t)`, `t = 0 … T`; infinite at 0, finite where the ratio itself leaves the range of f64.
    pub fn log_snr(&self, t: usize) -> f64 {
        self.log_alpha_bars[t] - self.log_noise_variance(t)
    }

    /// `γ(t) = -log SNR(t)` (Kingma et al. 2021), `t = 0 … T`.
    pub fn gamma(&self, t: usize) -> f64 {
        -self.log_snr(t)
    }

    /// `log(1 - ᾱ_t)`, `t = 0 … T`, with its digits at both ends.
    pub fn log_noise_variance(&self, t: usize) -> f64 {
        let log_alpha_bar = self.log_alpha_bars[t];
        if log_alpha_bar > -LN_2 { (-log_alpha_bar.exp_m1()).ln() } else { (-log_alpha_bar.exp()).ln_1p() }
    }

    /// `SNR(t-1) - SNR(t) = ᾱ_{t-1} β_t / ((1-ᾱ_{t-1})(1-ᾱ_t))`, `t = 1 … T`, as a product, in which nothing cancels;
    /// infinite at `t = 1`.
    pub fn snr_drop(&self, t: usize) -> f64 {
        self.alpha_bar(t - 1) * self.beta(t) / (self.noise_variance(t - 1) * self.noise_variance(t))
    }

    /// `σ_q²(t) = (1-α_t)(1-ᾱ_{t-1})/(1-ᾱ_t)`, `t = 1 … T`: the posterior variance of a step; 0 at `t = 1`.
    pub fn posterior_variance(&self, t: usize) -> f64 {
        self.beta(t) * self.noise_variance(t - 1) / self.noise_variance(t)
    }

    /// The coefficients of `x_t` and of `x_0` in the posterior mean (Luo (84), (93)):
    /// `√α_t (1-ᾱ_{t-1})/(1-ᾱ_t)` and `√ᾱ_{t-1} (1-α_t)/(1-ᾱ_t)`, `t = 1 … T`.
    pub fn posterior_mean_coefficients(&self, t: usize) -> (f64, f64) {
        let noise = self.noise_variance(t);
        let of_x_t = self.alpha(t).sqrt() * self.noise_variance(t - 1) / noise;
        let of_x_0 = self.alpha_bar(t - 1).sqrt() * self.beta(t) / noise;
        (of_x_t, of_x_0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn a_tiny_first_step_keeps_its_digits() {
        let schedule = Schedule::linear(3, 1e-12, 0.5).unwrap();
        assert_relative_eq!(schedule.noise_variance(1), 1e-12, max_relative = 1e-12);
        assert_relative_eq!(schedule.snr(1), 1e12, max_relative = 1e-12);
        assert_eq!(schedule.beta(1), 1e-12);
        assert_eq!(schedule.posterior_variance(1), 0.0);
        let nearly_all_noise = Schedule::from_alphas(&[1e-20]).unwrap();
        assert_relative_eq!(nearly_all_noise.snr(1), 1e-20, max_relative = 1e-12);
    }

    /// Noise below the rounding of 1 is noise: `α_t` is 1 in f64 and `β_t` has its digits.
    #[test]
    fn an_alpha_may_round_to_one() {
        for schedule in
            [Schedule::from_log_snrs(&[40.0]).unwrap(), Schedule::linear(1, 1e-17, 1e-17).unwrap()]
        {
            assert_eq!(schedule.alpha(1), 1.0);
            assert!(0.0 < schedule.beta(1) && schedule.beta(1) < 1e-16);
            assert_relative_eq!(schedule.noise_variance(1), schedule.beta(1), max_relative = 1e-14);
        }
    }

    #[test]
    fn a_constant_schedule_is_a_power() {
        let schedule = Schedule::constant(7, 0.2).unwrap();
        assert_relative_eq!(schedule.alpha_bar(7), 0.8f64.powi(7), max_relative = 1e-14);
        assert_eq!(format!("{:?}", Schedule::from_alphas(&[0.9, 0.5]).unwrap()), "Schedule([0.9, 0.5])");
        assert_eq!(Schedule::constant(0, 0.2), Err(ScheduleError::Empty));
    }

    #[test]
    fn refuses_what_is_not_a_schedule() {
        assert_eq!(Schedule::from_alphas(&[]), Err(ScheduleError::Empty));
        let refused = Schedule::from_alphas(&[0.9, 0.8, 0.7, 1.2]).unwrap_err();
        assert_eq!(refused.to_string(), "alphas[3] = 1.2: must lie strictly between 0 and 1");
        for end in [0.0, 1.0, f64::NAN] {
            assert!(Schedule::from_alphas(&[0.5, end]).is_err());
        }
        assert_eq!(Schedule::cosine(0), Err(ScheduleError::Empty));
        assert_eq!(Schedule::from_log_snrs(&[]), Err(ScheduleError::Empty));
        // Not falling, not a number, and log-SNR at which a step leaves no noise or no signal in f64.
        for (log_snrs, index) in
            [([1.0, 1.0], 1), ([f64::INFINITY, 1.0], 0), ([800.0, 1.0], 0), ([1.0, -800.0], 1)]
        {
            let refused = Err(ScheduleError::LogSnr { index, value: log_snrs[index] });
            assert_eq!(Schedule::from_log_snrs(&log_snrs), refused);
        }
        assert!(Schedule::from_log_snrs(&[1.0, f64::NAN]).is_err());
    }
}
