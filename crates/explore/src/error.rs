//! Why there is no page.

use prob::ProbError;
use toy::Preset;
use vdm::{QuadratureError, ReverseError, ScheduleError};

/// A table cannot be computed.
#[derive(Debug, thiserror::Error)]
pub enum ExploreError {
    /// The page draws densities over one axis.
    #[error("{preset}: the page draws data on the line, and these have {dim} coordinates")]
    NotOnTheLine {
        /// The data.
        preset: Preset,
        /// Their coordinates.
        dim: usize,
    },
    /// A term has no exact value.
    #[error(transparent)]
    Quadrature(#[from] QuadratureError),
    /// A law of the chain has no density in f64.
    #[error(transparent)]
    Law(#[from] ProbError),
    /// A schedule was refused.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// A reverse model was refused.
    #[error(transparent)]
    Reverse(#[from] ReverseError),
    /// A number is infinite or none, and would be a hole in the page.
    #[error("{what} is {value}, not a finite number")]
    NotFinite {
        /// Which number.
        what: String,
        /// Its value.
        value: f64,
    },
}
