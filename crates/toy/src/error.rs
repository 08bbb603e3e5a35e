//! What can be wrong with a parameter: one enum that carries the offending value.

use crate::Preset;

/// A parameter was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ToyError {
    /// No preset has this name.
    #[error("no preset is called {name:?}; the nearest is \"{nearest}\"")]
    UnknownPreset {
        /// The name as given.
        name: String,
        /// The preset whose name takes the fewest edits to reach.
        nearest: Preset,
    },
    /// A moon phase is not an illuminated fraction.
    #[error("phase {value}: must be an illuminated fraction, from 0 (new) to 1 (full)")]
    Phase {
        /// The phase.
        value: f64,
    },
    /// A picture has no pixels.
    #[error("a picture of {size} x {size} pixels: the side must be at least 1")]
    PictureSize {
        /// The side, in pixels.
        size: usize,
    },
    /// The standard deviation of noise is negative, infinite or not a number.
    #[error("noise {value}: a standard deviation must be finite and not negative")]
    Noise {
        /// The standard deviation.
        value: f64,
    },
}
