//! The variational diffusion model: the Markov hierarchical VAE whose encoder is fixed.
//!
//! | module | what is here |
//! |---|---|
//! | [`schedule`] | the noise schedule `α_t`, `ᾱ_t`, the signal-to-noise ratio |
//! | [`forward`] | the laws that follow from it: `q(x_t|x_{t-1})`, `q(x_t|x_0)`, `q(x_{t-1}|x_t,x_0)` |
//!
//! Steps are numbered `t = 1 … T` as on paper; `x_0` is the observation and `ᾱ_0 = 1`.

pub mod forward;
pub mod schedule;

pub use schedule::{Schedule, ScheduleError};
