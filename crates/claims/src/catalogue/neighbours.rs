//! Part N: the neighbours of the VAE.
//!
//! | module | claims |
//! |---|---|
//! | `adversarial` | N10 what the players of a GAN descend, and the law of a generator |
//! | `quantised` | N11 the VQ-VAE: its bound, its codes, what moves its encoder |
//! | `scores` | N12 what inception score and Fréchet distance see, and what not |

mod adversarial;
mod quantised;
mod scores;

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    [adversarial::claims(), quantised::claims(), scores::claims()].into_iter().flatten().collect()
}
