//! The VQ-VAE: an autoencoder whose latent is one of `K` codes (van den Oord, Vinyals and Kavukcuoglu 2017).
//!
//! The encoder's output `z_e(x)` is replaced by the nearest code, `z_q = e_k`. As a VAE its posterior is one-hot, so that with
//! a uniform prior over codes the prior matching term is `log K` exactly, and the decoder's law `Σ π_k N(μ(e_k), s² I)` is a
//! finite mixture: the evidence is exact, and so is the gap of the bound.
//!
//! | module | what is here |
//! |---|---|
//! | [`codebook`] | the codes, the nearest one, and two ways to move them |
//! | [`restart`] | what becomes of codes that nothing takes |
//! | [`model`] | encoder, codebook, decoder; the loss and its gradient, the straight-through part by hand |
//! | [`bound`] | the model's bound, row by row, and its evidence |
//! | [`usage`] | how often each code is used: perplexity, dead codes, the prior over codes |
//! | [`training`] | steps of Adam and of the codebook |

pub mod bound;
pub mod codebook;
pub mod model;
pub mod restart;
pub mod training;
pub mod usage;

pub use codebook::{Codebook, CodebookRule};
pub use model::{VqTerms, VqVae};
pub use restart::Restart;
pub use training::VqTraining;
pub use usage::CodeUsage;
