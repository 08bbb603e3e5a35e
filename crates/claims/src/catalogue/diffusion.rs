//! Part D: the chain, the forms of the bound, the parameterisations.

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    Vec::new()
}
