//! The schedules of the page. Each exists for every number of steps and ends in (nearly) pure noise, so that what moves with
//! `T` is the number of steps and not how far they go.

use vdm::{Schedule, ScheduleError};

/// `ᾱ_T` of every schedule but the cosine: one per cent of the signal's variance is left.
pub const LEFT: f64 = 0.01;

/// `log SNR` from which the even schedule starts to fall, at time 0.
const LOG_SNR_START: f64 = 7.0;

/// `β_T/β_1` of the linear schedule.
const LINEAR_RATIO: f64 = 20.0;

/// How `ᾱ_t` falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noising {
    /// `log SNR(t) = 7 - (7 - log SNR(T)) t/T`, even steps of log-SNR (Kingma et al. 2021).
    EvenLogSnr,
    /// The cosine schedule (Nichol and Dhariwal 2021).
    Cosine,
    /// `β_t` rises evenly, `β_T = 20 β_1` (the shape of Ho et al. 2020).
    Linear,
    /// The same `β` at every step.
    Constant,
}

impl Noising {
    /// Every schedule, in the order of the slider.
    pub const ALL: [Self; 4] = [Self::EvenLogSnr, Self::Cosine, Self::Linear, Self::Constant];

    /// What the slider calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::EvenLogSnr => "even log-SNR",
            Self::Cosine => "cosine",
            Self::Linear => "linear β",
            Self::Constant => "constant β",
        }
    }

    /// What it is, in a sentence; `_{…}` is a subscript.
    pub fn says(self) -> &'static str {
        match self {
            Self::EvenLogSnr => "log SNR falls by the same amount at every step.",
            Self::Cosine => "ᾱ_{t} follows a squared cosine: little noise at both ends of the chain.",
            Self::Linear => "β_{t} rises evenly, β_{T} = 20 β_{1}: most of the noise comes late.",
            Self::Constant => "Every step keeps the same share of the signal, so that the first is coarse.",
        }
    }

    /// The schedule in `steps` steps.
    ///
    /// ```
    /// use explore::{Noising, noising::LEFT};
    /// let schedule = Noising::Linear.schedule(10)?;
    /// assert!((schedule.alpha_bar(10) - LEFT).abs() < 1e-14);
    /// assert!((schedule.beta(10) - 20.0 * schedule.beta(1)).abs() < 1e-14);
    /// # Ok::<(), vdm::ScheduleError>(())
    /// ```
    ///
    /// # Errors
    /// If there are no steps, or so many that a step leaves no noise in f64.
    pub fn schedule(self, steps: usize) -> Result<Schedule, ScheduleError> {
        match self {
            Self::EvenLogSnr => {
                let end = (LEFT / (1.0 - LEFT)).ln();
                let at = |t: usize| LOG_SNR_START + (end - LOG_SNR_START) * (t as f64 / steps as f64);
                Schedule::from_log_snrs(&(1..=steps).map(at).collect::<Vec<_>>())
            }
            Self::Cosine => Schedule::cosine(steps),
            Self::Linear => {
                let first = first_beta(steps);
                Schedule::linear(steps, first, if steps > 1 { LINEAR_RATIO * first } else { first })
            }
            Self::Constant => Schedule::constant(steps, 1.0 - LEFT.powf(1.0 / steps as f64)),
        }
    }
}

/// `β_1` with which the linear schedule ends at `ᾱ_T = LEFT`, by bisection: `ᾱ_T` falls with it.
fn first_beta(steps: usize) -> f64 {
    let gap = (LINEAR_RATIO - 1.0) / (steps.max(2) - 1) as f64;
    let log_left = |beta: f64| -> f64 { (0..steps).map(|i| (-beta * (1.0 + gap * i as f64)).ln_1p()).sum() };
    let (mut low, mut high) = (0.0, if steps > 1 { 1.0 / LINEAR_RATIO } else { 1.0 });
    // Halved until the two are neighbours.
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return low;
        }
        if log_left(middle) > LEFT.ln() { low = middle } else { high = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::STEPS;
    use approx::assert_relative_eq;

    #[test]
    fn all_but_the_cosine_end_where_they_say() {
        for noising in Noising::ALL {
            for steps in STEPS {
                let schedule = noising.schedule(steps).unwrap();
                assert_eq!(schedule.steps(), steps);
                if noising == Noising::Cosine {
                    assert!(schedule.alpha_bar(steps) < LEFT, "{steps}");
                } else {
                    assert_relative_eq!(schedule.alpha_bar(steps), LEFT, max_relative = 1e-12);
                }
            }
        }
    }

    #[test]
    fn each_has_its_shape() {
        let even = Noising::EvenLogSnr.schedule(20).unwrap();
        let fall = even.log_snr(1) - even.log_snr(2);
        for t in 2..=20 {
            assert_relative_eq!(even.log_snr(t - 1) - even.log_snr(t), fall, max_relative = 1e-10);
        }
        assert_relative_eq!(even.log_snr(1) + fall, LOG_SNR_START, max_relative = 1e-12);
        let linear = Noising::Linear.schedule(50).unwrap();
        assert_relative_eq!(linear.beta(50), LINEAR_RATIO * linear.beta(1), max_relative = 1e-13);
        assert!(Noising::Linear.schedule(0).is_err());
    }
}
