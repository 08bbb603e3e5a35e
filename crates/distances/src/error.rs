//! What can be wrong with a sample.

use prob::ProbError;

/// A distance was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DistanceError {
    /// Too few rows for a distance with a standard error.
    #[error("a sample of {found}: at least {least} are needed")]
    TooFew {
        /// Rows of the sample.
        found: usize,
        /// Rows that are needed.
        least: usize,
    },
    /// A coordinate is NaN or infinite, as those of a sampler that diverged.
    #[error("row {row} of a sample has the coordinate {value}, must be finite")]
    NotFinite {
        /// Which row, from 0.
        row: usize,
        /// Its first coordinate that is no number.
        value: f64,
    },
    /// The two have different dimensions, or a distance on the line was asked for elsewhere.
    #[error("dimension {found}, expected {expected}")]
    Dimension {
        /// Dimension of the sample.
        found: usize,
        /// That of the other, or 1.
        expected: usize,
    },
    /// No directions to project on.
    #[error("a sliced distance needs at least one direction")]
    NoDirections,
    /// A law that follows from the sample is none.
    #[error(transparent)]
    Law(#[from] ProbError),
}
