//! The Markov hierarchical VAE: a chain of conditionals `x → z₁ → … → z_T` and back, and its exact bound.
//!
//! ```text
//! q(z₁…z_T | x) = q(z₁|x) Π q(z_t | z_{t-1})                      Luo (24)
//! p(x, z₁…z_T)  = p(z_T) p(x|z₁) Π p(z_{t-1} | z_t)               Luo (23)
//! ELBO          = E_q [log p(x, z₁…z_T) - log q(z₁…z_T | x)]      Luo (25)-(29)
//! ```
//!
//! | module | what is here |
//! |---|---|
//! | [`chain`] | [`Mhvae`]: linear-Gaussian conditionals of any widths, evidence, joint law, bound |
//! | [`decomposition`] | the bound taken apart: denoising form, consistency form, and that as misprinted |
//!
//! The prior is `p(z_T) = N(0, I)`; all terms are in nats.

mod average;
pub mod chain;
pub mod decomposition;

pub use chain::Mhvae;
