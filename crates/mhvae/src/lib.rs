//! The Markov hierarchical VAE (MHVAE): a chain of conditionals `x → z₁ → … → z_T` and back, and its bound, exact and estimated.
//!
//! # A chain of latents
//!
//! Each latent has its own encoder, which sees the latent below it alone, and its own decoder, which sees the one above:
//!
//! ```text
//! q(z₁…z_T | x) = q(z₁|x) Π q(z_t | z_{t-1})                      Luo (24)
//! p(x, z₁…z_T)  = p(z_T) p(x|z₁) Π p(z_{t-1} | z_t)               Luo (23)
//! ELBO          = E_q [log p(x, z₁…z_T) - log q(z₁…z_T | x)]      Luo (25)-(29)
//! ```
//!
//! The bound falls short of the evidence by `KL(q(z₁…z_T|x) || p(z₁…z_T|x))`. It comes apart in two ways. The *denoising* form holds each
//! `p(z_{t-1}|z_t)` against `q(z_{t-1}|z_t, x)`, the encoder turned round by Bayes' rule; the *consistency* form pairs each
//! `p(z_t|z_{t+1})` with `q(z_t|z_{t-1})`, both averaged over the bridge `r = q(z_t|z_{t-1}, z_{t+1})`: its terms are
//! `E [KL(r || p(z_t|z_{t+1})) - KL(r || q(z_t|z_{t-1}))]`. Nearly every account prints `E KL(q(z_t|z_{t-1}) || p(z_t|z_{t+1}))` instead,
//! which is another number, and the sum is then not the bound. With [`Mhvae`] all three can be computed:
//!
//! ```
//! use mhvae::Mhvae;
//! use ndarray::array;
//! use prob::LinearGaussian;
//!
//! let step = |scale, variance| LinearGaussian::isotropic(1, scale, variance);
//! let chain = Mhvae::new(vec![step(0.9, 0.2)?, step(0.7, 0.5)?], vec![step(0.9, 0.3)?, step(0.6, 0.6)?])?;
//! let x = array![0.8];
//! let (denoising, consistency) = (chain.denoising(&x)?, chain.consistency(&x)?);
//! assert!((denoising.elbo() - consistency.elbo()).abs() < 1e-12);
//! assert!((chain.consistency_as_printed(&x).elbo() - denoising.elbo()).abs() > 0.1);
//! # Ok::<(), prob::ProbError>(())
//! ```
//!
//! # What is where
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
//! The prior is `p(z_T) = N(0, I)`; all terms are in nats. The chapter `mhvae` uses this crate; `elbow explain C3` and `elbow explain R1`
//! check what is said above.

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
