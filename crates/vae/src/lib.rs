//! The variational autoencoder and its evidence lower bound, exact and estimated.
//!
//! ```text
//! ELBO = E_q(z|x) log p(x|z)  -  KL(q(z|x) || p(z))                                   Luo (19)
//!        reconstruction          prior matching
//! ```
//!
//! | module | what is here |
//! |---|---|
//! | [`bound`] | the bound by Monte Carlo, for any pair of conditionals |
//! | [`linear`] | [`LinearVae`]: every term exact, with evidence, posterior and gap |
//! | [`importance`] | the evidence as an average of weights: variance, effective sample size, the bound of `k` samples |
//! | [`inference`] | the mean-field encoder, and both steps of variational EM, for [`LinearVae`] |
//! | [`linear_autoencoder`] | [`LinearAutoencoder`]: squared error alone, and its optimum, principal components |
//! | [`network`] | [`Vae`]: networks both ways, the loss and its reparameterised gradient |
//! | [`objective`] | which terms are trained: the bound, reconstruction only, prior matching only |
//! | [`training`] | the VAE as [`nn::Training`] sees it: which terms are trained |
//!
//! The prior is `p(z) = N(0, I)` throughout; all terms are in nats.

pub mod bound;
pub mod importance;
pub mod inference;
pub mod linear;
pub mod linear_autoencoder;
pub mod network;
pub mod objective;
pub mod training;

pub use bound::{BoundEstimate, estimate_bound};
pub use importance::estimate_importance_bound;
pub use linear::LinearVae;
pub use linear_autoencoder::LinearAutoencoder;
pub use network::Vae;
pub use objective::Objective;
pub use training::VaeLearner;
