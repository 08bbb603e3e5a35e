//! What can be wrong with a parameter: one enum that carries the offending value.

use ndarray::{ArrayRef, Dimension};

/// A parameter was refused. `what` names it in the caller's words: "mean", "covariance", "weights", …
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProbError {
    /// Two parts that must agree in a dimension do not.
    #[error("{what}: dimension {found}, expected {expected}")]
    Dimension {
        /// Which part.
        what: &'static str,
        /// The dimension that the other parts have.
        expected: usize,
        /// Its own.
        found: usize,
    },
    /// An entry is NaN or infinite.
    #[error("{what}: entry {index} is {value}, must be finite")]
    NotFinite {
        /// Which array.
        what: &'static str,
        /// Position in row-major order, from 0.
        index: usize,
        /// The entry.
        value: f64,
    },
    /// A covariance differs from its transpose.
    #[error("{what}: entry ({row}, {column}) differs from ({column}, {row}) by {difference:e}")]
    NotSymmetric {
        /// Which matrix.
        what: &'static str,
        /// Row of the first pair found.
        row: usize,
        /// Column of the first pair found.
        column: usize,
        /// Absolute difference.
        difference: f64,
    },
    /// A covariance has no Cholesky factor.
    #[error("{what}: {source}")]
    NotPositiveDefinite {
        /// Which matrix.
        what: &'static str,
        /// The pivot that failed.
        source: linalg::NotPositiveDefinite,
    },
    /// A mixture weight is negative or not a number.
    #[error("weights[{index}] = {value}: must be 0 or positive")]
    Weight {
        /// Which component.
        index: usize,
        /// Its weight.
        value: f64,
    },
    /// Mixture weights do not add up.
    #[error("weights sum to {sum}, must sum to 1")]
    WeightSum {
        /// Their sum.
        sum: f64,
    },
    /// A predicted probability is negative.
    #[error("predictions[{row}][{class}] = {value}: must be 0 or positive")]
    Prediction {
        /// Which prediction.
        row: usize,
        /// Of which class.
        class: usize,
        /// The probability.
        value: f64,
    },
    /// The probabilities of a prediction do not add up.
    #[error("predictions[{row}] sum to {sum}, must sum to 1")]
    PredictionSum {
        /// Which prediction.
        row: usize,
        /// Their sum.
        sum: f64,
    },
    /// A law on the line that is too narrow for its place, or out of range.
    #[error("standard deviation {sd:e} at {mean:e}: f64 has no points there for a quadrature")]
    Unresolved {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        sd: f64,
    },
    /// A mixture without components.
    #[error("a mixture needs at least one component")]
    NoComponents,
}

/// Refuses the first entry of `values` that is NaN or infinite.
pub(crate) fn check_finite<D: Dimension>(
    what: &'static str,
    values: &ArrayRef<f64, D>,
) -> Result<(), ProbError> {
    match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((index, &value)) => Err(ProbError::NotFinite { what, index, value }),
        None => Ok(()),
    }
}

/// Refuses a dimension other than `expected`, for the models above that put laws together.
///
/// # Errors
/// [`ProbError::Dimension`] with both, if `found` is another one.
pub fn check_dim(what: &'static str, expected: usize, found: usize) -> Result<(), ProbError> {
    if expected == found { Ok(()) } else { Err(ProbError::Dimension { what, expected, found }) }
}
