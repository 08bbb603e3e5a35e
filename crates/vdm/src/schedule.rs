//! The noise schedule: how much of the signal each step keeps.

/// `α_t ∈ (0, 1)` for `t = 1 … T`, and what follows from it.
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
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    steps: Vec<Step>,
    /// `log ᾱ_t` for `t = 0 … T`.
    log_alpha_bars: Vec<f64>,
}

/// One step, in the three forms of which none gives the others with all their digits.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    alpha: f64,
    beta: f64,
    log_alpha: f64,
}

/// A schedule was refused.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ScheduleError {
    /// No steps.
    #[error("a schedule needs at least one step")]
    Empty,
    /// An `α_t` outside the open interval.
    #[error("alphas[{index}] = {value}: must lie strictly between 0 and 1")]
    Alpha {
        /// Position in the list, from 0 (step `index + 1`).
        index: usize,
        /// The value.
        value: f64,
    },
}

impl Schedule {
    /// The schedule with these `α_1 … α_T`.
    ///
    /// # Errors
    /// If there are none, or one does not lie strictly between 0 and 1.
    pub fn from_alphas(alphas: &[f64]) -> Result<Self, ScheduleError> {
        Self::from_steps(alphas.iter().map(|&alpha| Step { alpha, beta: 1.0 - alpha, log_alpha: alpha.ln() }))
    }

    /// `T` noise levels `β_t = 1 - α_t` evenly spaced from `beta_start` to `beta_end`, both included
    /// (Ho et al. 2020).
    ///
    /// # Errors
    /// If there are no steps or an end point does not lie strictly between 0 and 1.
    pub fn linear(steps: usize, beta_start: f64, beta_end: f64) -> Result<Self, ScheduleError> {
        let last = steps.saturating_sub(1).max(1) as f64;
        let betas = (0..steps).map(|i| beta_start + (beta_end - beta_start) * i as f64 / last);
        Self::from_steps(betas.map(|beta| Step { alpha: 1.0 - beta, beta, log_alpha: (-beta).ln_1p() }))
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
        -self.log_alpha_bars[t].exp_m1()
    }

    /// `SNR(t) = ᾱ_t / (1 - ᾱ_t)`, `t = 0 … T`; infinite at 0.
    pub fn snr(&self, t: usize) -> f64 {
        self.alpha_bar(t) / self.noise_variance(t)
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

    /// The schedule of Ho et al. (1e-4 … 0.02 in 1000 steps); the table counts steps from 0.
    #[test]
    fn the_published_schedule_has_its_published_values() {
        let schedule = Schedule::linear(1000, 1e-4, 0.02).unwrap();
        for (t, alpha_bar, variance, of_x_0, of_x_t) in [
            (1, 0.9997800920720721, 5.4531876613e-5, 0.5452914995, 0.4547084990),
            (487, 0.0885857323205931, 0.00979157198569, 0.00321643855, 0.99413011280),
            (999, 4.03582976538e-5, 0.01999998352656, 1.2835148717e-4, 0.98994867827),
        ] {
            let t = t + 1;
            assert_relative_eq!(schedule.alpha_bar(t), alpha_bar, max_relative = 1e-11);
            assert_relative_eq!(schedule.posterior_variance(t), variance, max_relative = 2e-10);
            let (found_x_t, found_x_0) = schedule.posterior_mean_coefficients(t);
            assert_relative_eq!(found_x_0, of_x_0, max_relative = 2e-9);
            assert_relative_eq!(found_x_t, of_x_t, max_relative = 2e-9);
        }
    }

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

    #[test]
    fn refuses_what_is_not_a_schedule() {
        assert_eq!(Schedule::from_alphas(&[]), Err(ScheduleError::Empty));
        let refused = Schedule::from_alphas(&[0.9, 0.8, 0.7, 1.2]).unwrap_err();
        assert_eq!(refused.to_string(), "alphas[3] = 1.2: must lie strictly between 0 and 1");
        assert!(Schedule::from_alphas(&[f64::NAN]).is_err());
        assert!(Schedule::linear(5, 0.0, 0.5).is_err());
    }
}
