//! The Markov hierarchical VAE: a chain of conditionals `x → z₁ → … → z_T` and back, and its bound, exact and estimated.
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
//! | [`decomposition`] | its bound taken apart: denoising form, consistency form, and that as misprinted |
//! | [`network`] | [`NetworkMhvae`]: every conditional written out by a network, and draws from the model |
//! | [`loss`] | the bound of such a chain on given noise, and its reparameterised gradient |
//! | [`training`] | the chain as [`nn::Training`] sees it |
//! | [`bound`] | the bound by Monte Carlo, for any chain of conditionals |
//! | [`importance`] | the bound of `k` paths, which rises to the evidence |
//!
//! The prior is `p(z_T) = N(0, I)`; all terms are in nats.

mod average;
pub mod bound;
pub mod chain;
pub mod decomposition;
pub mod importance;
pub mod loss;
pub mod network;
mod path;
pub mod training;

pub use bound::{BoundEstimate, estimate_bound};
pub use chain::Mhvae;
pub use importance::estimate_importance_bound;
pub use network::NetworkMhvae;
pub use training::{MhvaeLearner, WarmUp};
