//! The models of the story, trained on toy data and measured against the exact truth that a mixture allows.
//!
//! | module | what is here |
//! |---|---|
//! | [`data`] | [`Toy`]: a mixture by name, a fresh batch for every step, and its exact average log-likelihood |
//! | [`curve`] | the terms of the bound along training, averaged over blocks |
//! | [`model`] | [`Model`]: what training, saving and measuring need of a model |
//! | [`vae`] | the VAE with learned or fixed decoder variance |
//! | [`mhvae`] | the hierarchical VAE with learned conditionals |
//! | [`vdm`] | the diffusion model with a learned denoiser, in steps or in continuous time |
//! | [`report`] | what was found beside what is true |
//!
//! All terms are in nats. A model never sees the exact answer: it is trained on draws, estimated on other draws, and only
//! then compared.

// The products of `ndarray` call BLAS symbols that `linalg` links; a crate that is never named is not linked.
use linalg as _;

pub mod curve;
pub mod data;
pub mod mhvae;
pub mod model;
pub mod report;
pub mod vae;
pub mod vdm;

pub use curve::Curve;
pub use data::Toy;
pub use model::{MeasureError, Model, train};
pub use report::{Number, Row};
