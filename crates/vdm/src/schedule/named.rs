//! The schedules that have names: from what each is given to its steps.

use std::f64::consts::FRAC_PI_2;

use prob::numerics::log_sigmoid;

use super::{Schedule, ScheduleError, Step};

/// The offset `s` of the cosine schedule and the ceiling of its `β_t` (Nichol and Dhariwal 2021).
const COSINE_OFFSET: f64 = 0.008;
const COSINE_CEILING: f64 = 0.999;

/// `steps` numbers evenly spaced from `first` to `last`, both included; `first` alone if there is one step.
fn evenly(steps: usize, first: f64, last: f64) -> impl Iterator<Item = f64> {
    let intervals = steps.saturating_sub(1).max(1) as f64;
    (0..steps).map(move |i| first + (last - first) * (i as f64 / intervals))
}

/// Refuses a `β` outside the open interval.
fn check_beta(name: &'static str, value: f64) -> Result<(), ScheduleError> {
    if value > 0.0 && value < 1.0 { Ok(()) } else { Err(ScheduleError::Beta { name, value }) }
}

impl Schedule {
    /// `T` noise levels `β_t = 1 - α_t` evenly spaced from `beta_start` to `beta_end`, both included
    /// (Ho et al. 2020).
    ///
    /// # Errors
    /// If there are no steps or an end point does not lie strictly between 0 and 1.
    pub fn linear(steps: usize, beta_start: f64, beta_end: f64) -> Result<Self, ScheduleError> {
        check_beta("beta_start", beta_start)?;
        check_beta("beta_end", beta_end)?;
        Self::from_steps(evenly(steps, beta_start, beta_end).map(Step::from_beta))
    }

    /// `T` steps with the same `β`, so that `ᾱ_t = (1-β)ᵗ`.
    ///
    /// # Errors
    /// If there are no steps or `beta` does not lie strictly between 0 and 1.
    pub fn constant(steps: usize, beta: f64) -> Result<Self, ScheduleError> {
        check_beta("beta", beta)?;
        Self::linear(steps, beta, beta)
    }

    /// `ᾱ_t = f(t)/f(0)` with `f(t) = cos²((t/T + s)/(1 + s) · π/2)`, `s = 0.008`, and `β_t` at most 0.999
    /// (Nichol and Dhariwal 2021).
    ///
    /// With `u_t` the angle, `β_t = 1 - cos² u_t / cos² u_{t-1} = sin(u_t - u_{t-1}) sin(u_t + u_{t-1}) / cos² u_{t-1}`,
    /// which has its digits however many steps there are.
    ///
    /// # Errors
    /// If there are no steps.
    pub fn cosine(steps: usize) -> Result<Self, ScheduleError> {
        let angle = |t: usize| (t as f64 / steps as f64 + COSINE_OFFSET) / (1.0 + COSINE_OFFSET) * FRAC_PI_2;
        let step = FRAC_PI_2 / (steps as f64 * (1.0 + COSINE_OFFSET));
        let betas = (1..=steps).map(|t| {
            let (before, here) = (angle(t - 1), angle(t));
            (step.sin() * (here + before).sin() / before.cos().powi(2)).min(COSINE_CEILING)
        });
        Self::from_steps(betas.map(Step::from_beta))
    }

    /// The schedule with these log-SNR at `t = 1 … T`: `ᾱ_t = sigmoid(log SNR(t))` (Kingma et al. 2021).
    ///
    /// # Errors
    /// If there are none, or one is not finite, not below the one before, or so far from it or so large that the step's
    /// `α_t` or `β_t` is 0 in f64.
    pub fn from_log_snrs(log_snrs: &[f64]) -> Result<Self, ScheduleError> {
        let mut before = f64::INFINITY;
        for (index, &value) in log_snrs.iter().enumerate() {
            if !(value.is_finite() && value < before) {
                return Err(ScheduleError::LogSnr { index, value });
            }
            before = value;
        }
        // log ᾱ_0 = 0 below the first.
        let before = std::iter::once(0.0).chain(log_snrs.iter().map(|&l| log_sigmoid(l)));
        let log_alphas = log_snrs.iter().zip(before).map(|(&l, before)| log_sigmoid(l) - before);
        Self::from_steps(log_alphas.map(Step::from_log_alpha)).map_err(|error| match error {
            ScheduleError::Alpha { index, .. } => ScheduleError::LogSnr { index, value: log_snrs[index] },
            other => other,
        })
    }

    /// `log SNR(t)` evenly spaced from `log_snr_start` at `t = 1` to `log_snr_end` at `t = T`: the schedule with learned
    /// end points (Kingma et al. 2021).
    ///
    /// # Errors
    /// If there are no steps, or as [`from_log_snrs`](Self::from_log_snrs), by the name of the end point.
    pub fn from_log_snr_end_points(
        steps: usize,
        log_snr_start: f64,
        log_snr_end: f64,
    ) -> Result<Self, ScheduleError> {
        let refused = |name, value| Err(ScheduleError::LogSnrEndPoint { name, value });
        if !log_snr_start.is_finite() {
            return refused("log_snr_start", log_snr_start);
        }
        if !log_snr_end.is_finite() || log_snr_end > log_snr_start {
            return refused("log_snr_end", log_snr_end);
        }
        let log_snrs: Vec<f64> = evenly(steps, log_snr_start, log_snr_end).collect();
        match Self::from_log_snrs(&log_snrs) {
            // A first step that is none started too high; what comes later falls too little or too far.
            Err(ScheduleError::LogSnr { index: 0, .. }) => refused("log_snr_start", log_snr_start),
            Err(ScheduleError::LogSnr { .. }) => refused("log_snr_end", log_snr_end),
            other => other,
        }
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

    /// `f(t)/f(0)` as printed, at steps that the ceiling does not touch; the last step is all ceiling.
    #[test]
    fn the_cosine_schedule_is_the_cosine() {
        let schedule = Schedule::cosine(50).unwrap();
        let f = |t: f64| ((t / 50.0 + 0.008) / 1.008 * FRAC_PI_2).cos().powi(2);
        for t in 1..50 {
            assert_relative_eq!(schedule.alpha_bar(t), f(t as f64) / f(0.0), max_relative = 1e-12);
        }
        assert_eq!(schedule.beta(50), 0.999);
        // A step so fine that 1 - f(t)/f(t-1) would have seven digits: β_1 = 1 - (cos u - sin u h)²/cos² u.
        let fine = Schedule::cosine(1_000_000).unwrap();
        let (u, h) = (0.008 / 1.008 * FRAC_PI_2, FRAC_PI_2 / 1.008e6);
        assert_relative_eq!(
            fine.beta(1),
            2.0 * u.tan() * h + h * h * (1.0 - u.tan().powi(2)),
            max_relative = 1e-11
        );
    }

    #[test]
    fn log_snr_end_points_are_met_from_1e12_to_1e_12() {
        let end = 12.0 * 10f64.ln();
        let schedule = Schedule::from_log_snr_end_points(101, end, -end).unwrap();
        for (t, log_snr) in [(1, end), (26, end / 2.0), (76, -end / 2.0), (101, -end)] {
            assert_relative_eq!(schedule.log_snr(t), log_snr, max_relative = 1e-12);
            assert_relative_eq!(schedule.snr(t), log_snr.exp(), max_relative = 1e-11);
            assert_eq!(schedule.gamma(t), -schedule.log_snr(t));
        }
        assert!(schedule.log_snr(51).abs() < 1e-12);
        assert_relative_eq!(schedule.log_noise_variance(1), -end, max_relative = 1e-12);
        assert_relative_eq!(schedule.log_noise_variance(101), -1e-12, max_relative = 1e-10);
        for t in 2..=101 {
            let drop = schedule.snr(t - 1) - schedule.snr(t);
            assert_relative_eq!(schedule.snr_drop(t), drop, max_relative = 1e-11);
        }
        assert_eq!([schedule.snr(0), schedule.log_snr(0), schedule.snr_drop(1)], [f64::INFINITY; 3]);
    }

    /// The user wrote end points, not a list: both are checked even where one step needs the first alone.
    #[test]
    fn end_points_are_refused_by_name() {
        let named = |result: Result<Schedule, ScheduleError>| {
            result.unwrap_err().to_string().split_once(": ").expect("a place and a reason").0.to_owned()
        };
        assert_eq!(named(Schedule::linear(5, 0.0, 0.5)), "beta_start = 0");
        assert_eq!(named(Schedule::linear(1, 0.5, 7.0)), "beta_end = 7");
        assert_eq!(named(Schedule::linear(3, 0.5, f64::NAN)), "beta_end = NaN");
        assert_eq!(named(Schedule::constant(3, 1.0)), "beta = 1");
        assert_eq!(Schedule::linear(0, 0.1, 0.5), Err(ScheduleError::Empty));
        let log_snrs = Schedule::from_log_snr_end_points;
        assert_eq!(named(log_snrs(3, 5.0, f64::NAN)), "log_snr_end = NaN");
        assert_eq!(named(log_snrs(3, f64::INFINITY, 5.0)), "log_snr_start = inf");
        assert_eq!(named(log_snrs(1, 5.0, f64::NEG_INFINITY)), "log_snr_end = -inf");
        assert_eq!(named(log_snrs(1, 1.0, 5.0)), "log_snr_end = 5");
        assert_eq!(named(log_snrs(2, 5.0, 5.0)), "log_snr_end = 5");
        assert_eq!(named(log_snrs(3, 800.0, 5.0)), "log_snr_start = 800");
        assert_eq!(named(log_snrs(3, 5.0, -4000.0)), "log_snr_end = -4000");
        assert_eq!(Schedule::from_log_snr_end_points(0, 5.0, -5.0), Err(ScheduleError::Empty));
    }

    #[test]
    fn one_step_starts_where_it_ends() {
        let one = Schedule::from_log_snr_end_points(1, 2.0, 2.0).unwrap();
        assert_relative_eq!(one.log_snr(1), 2.0, max_relative = 1e-14);
        assert!(Schedule::from_log_snr_end_points(2, 2.0, 2.0).is_err());
    }
}
