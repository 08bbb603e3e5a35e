//! Why a bound has no value by quadrature.

/// A term has no exact value here.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum QuadratureError {
    /// The plane is the most that is integrated over.
    #[error("data of {dim} coordinates: quadrature is for one or two")]
    Dimension {
        /// Coordinates of the data.
        dim: usize,
    },
    /// An observation that is NaN or infinite.
    #[error("x_0[{index}] = {value}: must be finite")]
    Observation {
        /// Which coordinate, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// The components are too narrow for the finest spacing.
    #[error("term {t}: components too narrow for quadrature with a spacing of {finest} standard deviations")]
    NotConverged {
        /// Step, `1 … T`.
        t: usize,
        /// The finest spacing.
        finest: f64,
    },
    /// There is so little noise that the rounding of `x_0 - x̂_0` shows in its square.
    #[error(
        "term {t}: too little noise for f64, in which the rounding of x_0 alone is worth {nats:.1e} nats"
    )]
    Rounding {
        /// Step, `1 … T`.
        t: usize,
        /// What the rounding costs.
        nats: f64,
    },
}
