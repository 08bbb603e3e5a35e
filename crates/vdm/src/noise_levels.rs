//! The noise levels of a model that is trained: a log-SNR that falls along a straight line, in steps or without.

use std::ops::RangeInclusive;

use nn::Mlp;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::{Schedule, ScheduleError};

/// The log-SNR at which a denoiser can be held to its answer. The error of `x̂_0` costs `½ SNR |x_0 - x̂_0|²`, of which the
/// rounding of `x̂_0` alone is `½ SNR 2⁻¹⁰⁴ |x_0|²`: a few 1e-10 nats at the upper end, and soon many. Below the lower end
/// `x̂_0 = (x_t - √(1-ᾱ) ε̂)/√ᾱ` comes close to what f64 can square.
pub const RANGE: RangeInclusive<f64> = -500.0..=50.0;

/// `λ(s) = log SNR = λ_start - s (λ_start - λ_end)` for `0 ≤ s ≤ 1`, at the `T` places `s = (t-1)/(T-1)` of a discrete model
/// or at all of them (Kingma et al. 2021, whose learned schedule this is in the least form that moves the end points).
///
/// The line is a network of one weight `λ_end - λ_start` and one bias `λ_start`, so that whatever trains networks trains it.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseLevels {
    /// `T`, or none in continuous time.
    steps: Option<usize>,
    line: Mlp,
}

/// Noise levels were refused.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoiseLevelsError {
    /// With one step there is no matching term, nor a second end point.
    #[error("steps = {steps}: log-SNR that fall need at least 2")]
    Steps {
        /// Their number.
        steps: usize,
    },
    /// The end points are none.
    #[error(transparent)]
    EndPoints(#[from] ScheduleError),
    /// An end point outside of [`RANGE`].
    #[error(
        "{name} = {value}: must lie between {} and {}, beyond which f64 has too few digits for what a denoiser answers",
        RANGE.start(),
        RANGE.end()
    )]
    Range {
        /// `log_snr_start` or `log_snr_end`.
        name: &'static str,
        /// The value.
        value: f64,
    },
}

impl NoiseLevels {
    /// `T = steps` levels, evenly spaced from `start` at `t = 1` to `end` at `t = T`.
    ///
    /// # Errors
    /// If there are fewer than 2, an end point is outside of [`RANGE`], or as [`Schedule::from_log_snr_end_points`].
    pub fn discrete(steps: usize, start: f64, end: f64) -> Result<Self, NoiseLevelsError> {
        if steps < 2 {
            return Err(NoiseLevelsError::Steps { steps });
        }
        schedule(steps, start, end)?;
        Ok(Self { steps: Some(steps), line: line(start, end) })
    }

    /// All levels from `start` to `end`: the limit of infinitely many steps.
    ///
    /// # Errors
    /// If an end point is outside of [`RANGE`] or they do not fall, as [`Schedule::from_log_snr_end_points`].
    pub fn continuous(start: f64, end: f64) -> Result<Self, NoiseLevelsError> {
        schedule(2, start, end)?;
        Ok(Self { steps: None, line: line(start, end) })
    }

    /// `T`, or none in continuous time.
    pub fn steps(&self) -> Option<usize> {
        self.steps
    }

    /// `λ_start`, where there is the least noise.
    pub fn start(&self) -> f64 {
        self.line.layers()[0].bias[0]
    }

    /// `λ_end`, where there is the most.
    pub fn end(&self) -> f64 {
        self.start() - self.fall()
    }

    /// `λ_start - λ_end`. A line that is being trained may stop falling; there is then no model.
    pub fn fall(&self) -> f64 {
        -self.line.layers()[0].weight[[0, 0]]
    }

    /// `λ(s)`.
    pub fn log_snr(&self, s: f64) -> f64 {
        self.start() - self.fall() * s
    }

    /// The line as a network: weight `-fall`, bias `start`.
    pub fn line(&self) -> &Mlp {
        &self.line
    }

    /// The line, to be trained.
    pub fn line_mut(&mut self) -> &mut Mlp {
        &mut self.line
    }

    /// The schedule of `steps` steps along the line: `T` for the discrete model itself.
    ///
    /// # Errors
    /// As [`discrete`](Self::discrete): what has been trained may have left the range, and need not fall any more.
    pub fn schedule(&self, steps: usize) -> Result<Schedule, NoiseLevelsError> {
        schedule(steps, self.start(), self.end())
    }

    /// The place of the matching term that `u`, uniform on `[0, 1)`, draws: `s = u`, or that of one of `t = 2 … T`.
    pub(crate) fn place(&self, u: f64) -> f64 {
        match self.steps {
            Some(steps) => {
                let terms = (steps - 1) as f64;
                ((u * terms).floor() + 1.0) / terms
            }
            None => u,
        }
    }

    /// `ρ` with which the matching terms are the mean of `½ ρ SNR(s) |x_0 - x̂_0|²` over the places that are drawn, and
    /// `dρ/dfall`: with `Δ = fall/(T-1)`, `(T-1) (SNR(t-1) - SNR(t)) = (T-1) (e^Δ - 1) SNR(t)`, and `fall · SNR` in the limit.
    pub(crate) fn rate(&self) -> (f64, f64) {
        match self.steps {
            Some(steps) => {
                let terms = (steps - 1) as f64;
                let step = self.fall() / terms;
                (terms * step.exp_m1(), step.exp())
            }
            None => (self.fall(), 1.0),
        }
    }
}

/// The schedule of `steps` steps between end points that a denoiser can be asked at.
fn schedule(steps: usize, start: f64, end: f64) -> Result<Schedule, NoiseLevelsError> {
    let schedule = Schedule::from_log_snr_end_points(steps, start, end)?;
    for (name, value) in [("log_snr_start", start), ("log_snr_end", end)] {
        if !RANGE.contains(&value) {
            return Err(NoiseLevelsError::Range { name, value });
        }
    }
    Ok(schedule)
}

/// `s ↦ start + (end - start) s`.
fn line(start: f64, end: f64) -> Mlp {
    let mut line = Mlp::new(&[1, 1], &mut ChaCha8Rng::seed_from_u64(0));
    line.set_flat_parameters(&[end - start, start]);
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// Every place of a discrete model has the log-SNR of its step, and the weights that `Schedule` computes from `α_t`.
    #[test]
    fn places_and_weights_are_those_of_the_schedule() {
        let levels = NoiseLevels::discrete(6, 3.0, -4.0).unwrap();
        let schedule = levels.schedule(6).unwrap();
        assert_eq!((levels.start(), levels.end()), (3.0, -4.0));
        for t in 2..=6 {
            for u in [0.0, 0.999] {
                let place = levels.place((t as f64 - 2.0 + u) / 5.0);
                assert_relative_eq!(levels.log_snr(place), schedule.log_snr(t), epsilon = 1e-13);
                let weight = 0.5 * levels.rate().0 * levels.log_snr(place).exp();
                assert_relative_eq!(weight, 5.0 * schedule.snr_weight(t), max_relative = 1e-12);
            }
        }
    }

    #[test]
    fn continuous_time_is_the_limit() {
        let limit = NoiseLevels::continuous(3.0, -4.0).unwrap();
        let many = NoiseLevels::discrete(1_000_001, 3.0, -4.0).unwrap();
        assert_relative_eq!(limit.rate().0, many.rate().0, max_relative = 1e-5);
        assert_relative_eq!(limit.place(0.3), many.place(0.3), epsilon = 2e-6);
    }

    #[test]
    fn refuses_what_does_not_fall() {
        let refused = NoiseLevels::discrete(1, 3.0, -4.0).unwrap_err();
        assert_eq!(refused.to_string(), "steps = 1: log-SNR that fall need at least 2");
        for (start, end) in [(1.0, 1.0), (-1.0, 1.0), (f64::NAN, 0.0), (1.0, f64::NEG_INFINITY)] {
            assert!(NoiseLevels::discrete(10, start, end).is_err());
            assert!(NoiseLevels::continuous(start, end).is_err());
        }
    }

    /// The ends of the range serve, and what has been trained past them is refused as what starts there is.
    #[test]
    fn refuses_levels_at_which_an_answer_has_no_digits() {
        assert!(
            NoiseLevels::discrete(20, 50.0, -500.0).is_ok() && NoiseLevels::continuous(50.0, -500.0).is_ok()
        );
        let start = Err(NoiseLevelsError::Range { name: "log_snr_start", value: 75.0 });
        assert_eq!(NoiseLevels::discrete(20, 75.0, -5.0), start);
        assert_eq!(NoiseLevels::continuous(75.0, -5.0), start);
        let end = NoiseLevelsError::Range { name: "log_snr_end", value: -501.0 };
        assert_eq!(NoiseLevels::continuous(5.0, -501.0), Err(end));
        let mut levels = NoiseLevels::discrete(20, 5.0, -5.0).unwrap();
        levels.line_mut().layers_mut()[0].bias[0] = 75.0;
        assert_eq!(levels.schedule(20), Err(NoiseLevelsError::Range { name: "log_snr_start", value: 75.0 }));
    }
}
