//! What is not a schedule.

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
    /// A `β`, or an end point of a list of them, outside the open interval.
    #[error("{name} = {value}: must lie strictly between 0 and 1")]
    Beta {
        /// `beta`, `beta_start` or `beta_end`.
        name: &'static str,
        /// The value.
        value: f64,
    },
    /// A log-SNR that is not finite, does not fall, or falls by a step whose `α_t` or `β_t` is 0 in f64.
    #[error(
        "log_snrs[{index}] = {value}: must be finite and below the one before, with 0 < α and 0 < β in f64"
    )]
    LogSnr {
        /// Position in the list, from 0 (step `index + 1`).
        index: usize,
        /// The value.
        value: f64,
    },
    /// An end point between which the log-SNR do not fall like that.
    #[error(
        "{name} = {value}: log-SNR must be finite and fall from start to end, with 0 < α and 0 < β in f64"
    )]
    LogSnrEndPoint {
        /// `log_snr_start` or `log_snr_end`.
        name: &'static str,
        /// The value.
        value: f64,
    },
    /// Times of a finer schedule that do not rise, or of steps that it does not have.
    #[error("times[{index}] = {time}: times must rise from 1 on and be at most {steps}")]
    Time {
        /// Position in the list, from 0.
        index: usize,
        /// The time.
        time: usize,
        /// Number of steps of the finer schedule.
        steps: usize,
    },
    /// More times than a schedule has steps.
    #[error("{times} different times were asked for, of a schedule of {steps} steps")]
    Times {
        /// How many times.
        times: usize,
        /// Number of steps of the schedule.
        steps: usize,
    },
}
