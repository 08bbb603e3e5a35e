//! Part D: limits, denoisers, information, samplers.

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    Vec::new()
}
