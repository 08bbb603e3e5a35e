//! Slips of public teaching and reference code.

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    Vec::new()
}
