//! The variational autoencoder (VAE) and its evidence lower bound, exact and estimated.
//!
//! # The bound
//!
//! A latent `z` with prior `p(z) = N(0, I)` and a decoder `p(x|z)` give every observation an evidence `p(x) = ∫ p(x|z) p(z) dz`. The
//! integral can be done for linear decoders only, and so can the posterior `p(z|x)`. An encoder `q(z|x)` stands in for the posterior,
//! and what it costs is a divergence:
//!
//! ```text
//! log p(x) = ELBO + KL(q(z|x) || p(z|x))                                              Luo (9)-(16)
//! ELBO     = E_q(z|x) log p(x|z)  -  KL(q(z|x) || p(z))                               Luo (19)
//!            reconstruction          prior matching
//! ```
//!
//! The second line has no posterior in it, which is why it can be trained; the first says what training it means. Where encoder and
//! decoder are linear, [`LinearVae`] knows every number in both:
//!
//! ```
//! use ndarray::array;
//! use prob::LinearGaussian;
//! use vae::LinearVae;
//!
//! let encoder = LinearGaussian::new(array![[0.4]], array![0.1], array![[0.3]])?; // q(z|x) = N(0.4 x + 0.1, 0.3)
//! let decoder = LinearGaussian::new(array![[0.8]], array![0.0], array![[0.2]])?; // p(x|z) = N(0.8 z, 0.2)
//! let vae = LinearVae::new(encoder, decoder)?;
//! let x = array![0.8];
//! let bound = vae.bound(&x);
//! assert!((bound.elbo() - (bound.reconstruction - bound.prior_matching)).abs() < 1e-15);
//! assert!((vae.log_evidence(&x) - bound.elbo() - vae.gap(&x)?).abs() < 1e-12);
//! # Ok::<(), prob::ProbError>(())
//! ```
//!
//! For any other pair of conditionals, networks among them, [`estimate_bound`] draws `z = μ(x) + σ(x) ε` and says with what standard
//! error. The same draw, a differentiable function of `μ` and `σ`, gives the gradient that [`Vae::loss_gradient`] writes out.
//!
//! # What is where
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
//! All terms are in nats. The chapters `vae_elbo` and `moon_latents` use this crate; `elbow explain B5` checks the first line above.

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
