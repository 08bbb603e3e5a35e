//! Slips of public teaching and reference code.
//!
//! | module | slips |
//! |---|---|
//! | `diffusion` | in the noising chain, its posterior and the sampler: S1, S3 to S7, S9, S10, S12 (S1 read as the noising) |
//! | `autoencoder` | in divergences and the reparameterisation: S2, S8, S11 |
//!
//! Each slip is written out as the wrong formula; what is true comes from the crates.

mod autoencoder;
mod diffusion;

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    vec![
        diffusion::s1(),
        autoencoder::s2(),
        diffusion::s3(),
        diffusion::s4(),
        diffusion::s5(),
        diffusion::s6(),
        diffusion::s7(),
        autoencoder::s8(),
        diffusion::s9(),
        diffusion::s10(),
        autoencoder::s11(),
        diffusion::s12(),
    ]
}
