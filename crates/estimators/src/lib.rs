//! Estimators of the bound of a linear-Gaussian chain: which form is sampled, how its variables are drawn, and what mean,
//! variance and cost that has.
//!
//! | module | what is here |
//! |---|---|
//! | [`problem`] | a chain and where its observations come from |
//! | [`form`] | the six forms of the bound as sums of terms |
//! | [`term`] | one term as a formula |
//! | [`moments`] | exact mean and variance of one term |
//! | [`path`] | the same of the whole sum over one path |
//! | [`scheme`] | how variables are drawn: the three of the textbook and the ladder above them |
//! | [`exact`] | exact mean and variance of a form under a scheme |
//! | [`gradient`] | exact variance of estimators of the gradient with respect to the reverse model |
//! | [`sample`](mod@sample) | the same by Monte Carlo |
//!
//! ```
//! use estimators::{Estimator, Form, Observations, Problem, Scheme};
//! use mhvae::Mhvae;
//! use ndarray::array;
//! use prob::LinearGaussian;
//!
//! let step = |scale, variance| LinearGaussian::isotropic(1, scale, variance);
//! let chain = Mhvae::new(vec![step(0.9, 0.2)?, step(0.7, 0.5)?], vec![step(0.9, 0.3)?, step(0.6, 0.6)?])?;
//! let problem = Problem::new(chain, Observations::Fixed(array![0.8]))?;
//! let denoising = Estimator::new(Form::Denoising, &problem)?;
//! let path = denoising.moments(Scheme::Path, &problem).map(|moments| moments.variance());
//! let own_draws = denoising.moments(Scheme::Independent, &problem).map(|moments| moments.variance());
//! assert!(own_draws < path);
//! # Ok::<(), prob::ProbError>(())
//! ```
//!
//! All terms are in nats, variances in nats².

mod draw;
pub mod exact;
pub mod form;
pub mod gradient;
pub mod moments;
mod noise_form;
mod noise_quadratic;
pub mod path;
pub mod problem;
mod quasi;
mod running;
pub mod sample;
pub mod scheme;
pub mod term;

pub use exact::Estimator;
pub use form::Form;
pub use gradient::{Gradient, GradientMoments};
pub use moments::Moments;
pub use path::path_moments;
pub use problem::{Observations, Problem};
pub use sample::{Sampled, sample, sample_terms};
pub use scheme::Scheme;
pub use term::{Name, Term};
