//! Part E: learned models and samplers.
//!
//! | module | claims |
//! |---|---|
//! | `hierarchical` | E1 what a step of training sees of a hierarchical VAE, and its gap to the data |
//! | `diffusion` | E2 what a step of training sees of a diffusion model, and what a denoiser loses |
//! | `samplers` | E3 how fast samplers reach the data, and the distances that say so |

mod diffusion;
mod hierarchical;
mod rules;
mod samplers;

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    [hierarchical::claims(), diffusion::claims(), samplers::claims()].into_iter().flatten().collect()
}
