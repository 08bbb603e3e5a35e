//! Part C: the Markov hierarchical VAE.
//!
//! | module | claims |
//! |---|---|
//! | `chain` | C1, C2, C5: joint laws, the bound by Jensen, its gap, the chain with a known evidence |
//! | `forms` | C3, C4, C6: both decompositions, the VAE at `T = 1`, the misprint's exact size |
//! | `problem` | random chains of any widths |

mod chain;
mod forms;
mod problem;

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    vec![
        chain::c1a(),
        chain::c1b(),
        chain::c1c(),
        chain::c2(),
        chain::c2b(),
        forms::c3a(),
        forms::c3b(),
        forms::c3c(),
        forms::c4(),
        chain::c5a(),
        chain::c5b(),
        forms::c6(),
    ]
}
