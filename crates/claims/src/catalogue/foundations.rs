//! Part A: divergences, Gaussians, gradients.

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    Vec::new()
}
