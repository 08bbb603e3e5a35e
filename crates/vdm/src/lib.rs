//! The variational diffusion model: the Markov hierarchical VAE whose encoder is fixed.
//!
//! | module | what is here |
//! |---|---|
//! | [`schedule`] | the noise schedule `α_t`, `ᾱ_t`, the signal-to-noise ratio |
//! | [`forward`] | the laws that follow from it: `q(x_t|x_{t-1})`, `q(x_t|x_0)`, `q(x_{t-1}|x_t,x_0)` |
//! | [`reverse`] | the linear reverse steps `p(x_{t-1}|x_t)` |
//! | [`model`] | [`Vdm`]: both together, and the evidence |
//! | [`terms`] | the bound in every form: path, three-variable, consistency (true and printed), denoising |
//! | [`matching`] | one matching term at one `x_t`, for any reverse variance |
//! | [`parameterisation`] | what may be predicted, `x_0`, `ε`, `v`, score, mean, and the conversions |
//! | [`weights`] | what an error of each prediction costs, in steps and in continuous time |
//! | [`denoiser`] | the best denoiser of a Gaussian mixture, `E[x_0|x_t]`, with the score and density of `q(x_t)` |
//! | [`sampler`] | ancestral sampling, DDIM, DPM-Solver++ and Heun's rule: from noise back to data |
//! | [`information`] | `I(x_0; x_t)` and the least squared error of a denoiser, by quadrature |
//! | [`bayes`] | the bound with the best denoiser, on the line and in the plane |
//! | [`network`] | [`DenoiserNet`]: a learned denoiser, in each of the five parameterisations |
//! | [`noise_levels`] | the log-SNR of a learned model, in steps or in continuous time, with end points that can move |
//! | [`training`] | [`VdmLearner`]: what of a diffusion model is trained, and how |
//! | [`estimate`] | the bound with any denoiser by Monte Carlo |
//! | [`continuous`] | the bound with the best denoiser, and its limit of infinitely many steps |
//!
//! The terms of linear reverse steps are closed scalar formulas in nats, isotropic in `d` dimensions. They share no
//! code with the general algebra of chains, so that each can check the other.
//!
//! Steps are numbered `t = 1 … T` as on paper; `x_0` is the observation and `ᾱ_0 = 1`.

pub mod bayes;
pub mod continuous;
pub mod denoiser;
pub mod estimate;
pub mod forward;
pub mod information;
mod level;
mod loss;
pub mod matching;
pub mod model;
pub mod network;
pub mod noise_levels;
pub mod parameterisation;
mod prediction;
pub mod reverse;
pub mod sampler;
pub mod schedule;
pub mod terms;
pub mod training;
pub mod weights;

pub use bayes::{BayesVdm, QuadratureError};
pub use denoiser::ExactDenoiser;
pub use estimate::{BoundEstimate, estimate_bound, estimate_continuous_bound, estimate_shortfall};
pub use information::{Channel, ChannelError};
pub use model::Vdm;
pub use network::DenoiserNet;
pub use noise_levels::{NoiseLevels, NoiseLevelsError};
pub use parameterisation::Parameterisation;
pub use reverse::{Reverse, ReverseError};
pub use sampler::{Method, ReverseVariance, Sampler, SamplerError, Solver};
pub use schedule::{Schedule, ScheduleError};
pub use terms::consistency::Bridge;
pub use training::{Times, VdmLearner, Weighting};
