//! The variational diffusion model: the Markov hierarchical VAE whose encoder is fixed.
//!
//! | module | what is here |
//! |---|---|
//! | [`schedule`] | the noise schedule `α_t`, `ᾱ_t`, the signal-to-noise ratio |
//! | [`forward`] | the laws that follow from it: `q(x_t|x_{t-1})`, `q(x_t|x_0)`, `q(x_{t-1}|x_t,x_0)` |
//! | [`denoiser`] | the best denoiser of a Gaussian mixture, `E[x_0|x_t]`, with the score and density of `q(x_t)` |
//! | [`sampler`] | ancestral sampling and DDIM: from noise back to data |
//! | [`information`] | `I(x_0; x_t)` and the least squared error of a denoiser, by quadrature |
//! | [`continuous`] | the bound with the best denoiser, and its limit of infinitely many steps |
//!
//! Steps are numbered `t = 1 … T` as on paper; `x_0` is the observation and `ᾱ_0 = 1`.

pub mod continuous;
pub mod denoiser;
pub mod forward;
pub mod information;
pub mod sampler;
pub mod schedule;

pub use denoiser::ExactDenoiser;
pub use information::{Channel, ChannelError};
pub use sampler::{ReverseVariance, Sampler, SamplerError};
pub use schedule::{Schedule, ScheduleError};
