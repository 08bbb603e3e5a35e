//! Part A: divergences, Gaussians, gradients, and the yardsticks of generative models.
//!
//! | module | claims |
//! |---|---|
//! | `divergence` | A1 divergence, entropy, units; A5 divergence between Gaussians |
//! | `likelihood` | A2 maximum likelihood; A3 the prior as a penalty |
//! | `gaussian` | A4 sums; A6 conditioning |
//! | `mixture` | A7 from finite mixtures to integrals |
//! | `gradients` | A8 reparameterisation and the two gradients of an average |
//! | `yardsticks` | A9 Fréchet distance and inception score |
//! | `adversarial` | A10 the game of a GAN |

mod adversarial;
mod divergence;
mod gaussian;
mod gradients;
mod likelihood;
mod mixture;
mod yardsticks;

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    [
        divergence::of_any_laws(),
        likelihood::claims(),
        gaussian::sums(),
        divergence::between_gaussians(),
        gaussian::conditioning(),
        mixture::claims(),
        gradients::claims(),
        yardsticks::claims(),
        adversarial::claims(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
