//! Lines that stand in the sources and are false.

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    Vec::new()
}
