//! The variational diffusion model (VDM): the Markov hierarchical VAE whose latents are as wide as `x` and whose encoder is fixed.
//!
//! # From a chain to a diffusion
//!
//! The encoder only adds noise, by a [`Schedule`] `α_1 … α_T`, so that every law that has to do with it is known in closed form:
//!
//! ```text
//! q(x_t | x_{t-1})      = N(√α_t x_{t-1}, (1-α_t) I)
//! q(x_t | x_0)          = N(√ᾱ_t x_0, (1-ᾱ_t) I),  ᾱ_t = Π α_s            Luo (69), (70)
//! q(x_{t-1} | x_t, x_0) = N(μ_q(x_t, x_0), σ_q²(t) I)                    Luo (74)-(84)
//! ```
//!
//! What is learned is the way back, `p(x_{t-1}|x_t)`. If its variance is `σ_q²(t)`, each matching term of the bound is a squared error
//! of what the model takes for `x_0`, weighed by how much the signal-to-noise ratio falls in that step, `½ (SNR(t-1) - SNR(t))`; with
//! another variance there is another weight and a constant more ([`matching`]). A model may as well predict the noise, the score, the
//! mean or `v`: five names for one number ([`parameterisation`]), with five weights ([`weights`]).
//!
//! For linear reverse steps everything has a value, in each form of the bound, and the form that is usually printed can be seen to be
//! another number:
//!
//! ```
//! use ndarray::array;
//! use vdm::{Reverse, Schedule, Vdm};
//!
//! let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5])?;
//! let model = Vdm::new(schedule, Reverse::unbiased(1, vec![0.6; 3], vec![0.3; 3])?)?;
//! let x_0 = array![0.8];
//! let (denoising, consistency) = (model.denoising(&x_0), model.consistency(&x_0));
//! assert!((denoising.elbo() - consistency.elbo()).abs() < 1e-12);
//! assert!((model.consistency_as_printed(&x_0).elbo() - denoising.elbo()).abs() > 0.1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! For a mixture the best denoiser `E[x_0|x_t]` is known too ([`ExactDenoiser`]), and with it the best bound of all models with the
//! reverse variance `σ_q²(t)`, and `1-α_1` at `t = 1` ([`BayesVdm`]). Samples drawn with it ([`Sampler`]) have no error but that of the
//! steps and of the end points. A learned denoiser ([`DenoiserNet`]) is held against it.
//!
//! # What is where
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
//! code with the general algebra of chains, so that each can check the other. Steps are numbered `t = 1 … T` as on paper; `x_0` is the
//! observation and `ᾱ_0 = 1`. The chapters `from_mhvae_to_vdm` to `training_and_sampling` use this crate.

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
