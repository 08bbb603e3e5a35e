//! Part E: learned models and samplers.
//!
//! | module | what is here |
//! |---|---|
//! | [`samplers`] | how fast samplers reach the data, and the distances that say so |

mod rules;
pub mod samplers;

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    samplers::claims()
}
