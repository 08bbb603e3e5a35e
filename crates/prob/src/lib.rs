//! Probability with exact answers: the laws, the maps between them, and the integrals over them.
//!
//! | module | what is here |
//! |---|---|
//! | [`gaussian`] | `N(m, S)` with a full covariance: density, entropy, divergence, conditioning |
//! | [`diagonal`] | `N(m, diag σ²)` with its log-variances kept |
//! | [`mixture`] | finite mixtures of Gaussians: density, score, posterior, sampling |
//! | [`experts`] | linear answers weighed by the responsibilities of a mixture: `E[y|x]` of many rows |
//! | [`rows`] | squared lengths of rows, and rows shifted |
//! | [`noise`] | standard normal rows |
//! | [`bound`] | the terms of an evidence lower bound, with the sign convention of the whole project |
//! | [`conditional`] | what every conditional law `p(y | x)` offers, row by row |
//! | [`linear_gaussian`] | `y = W x + b + noise`: push forward, joint, Bayes reversal, composition |
//! | [`bridge`] | the law of the middle of three in a chain |
//! | [`average`](mod@average) | log-densities and divergences averaged over a Gaussian, residual by residual |
//! | [`quadratic`] | `x'Ax + b'x + c`: exact mean and variance under a Gaussian |
//! | [`gauss_hermite`] | quadrature under a Gaussian, exact for polynomials |
//! | [`adaptive`] | quadrature on an interval or the line, with an error estimate |
//! | [`trapezoid`] | averages under a Gaussian or a mixture, on the line and in the plane |
//! | [`entropy`] | the entropy of a mixture |
//! | [`frechet`] | the Fréchet distance between Gaussians, squared 2-Wasserstein: the formula in FID |
//! | [`chi_squared`](mod@chi_squared) | the χ² divergence between Gaussians: the relative variance of importance weights |
//! | [`inception`] | the inception score of a classifier's predictions |
//! | [`discriminator`] | the optimal discriminator of two laws and the value of the adversarial game |
//! | [`numerics`] | `log_sum_exp` and other functions that keep their digits at the edges |
//! | [`error`] | what can be wrong with a parameter |
//!
//! Conventions: f64 throughout, natural logarithms (nats), rows are examples (`[n, d]`). Parameters that a user
//! may get wrong are checked where they enter and return a [`ProbError`]; once built, a law is valid, and its
//! methods panic only on shapes that do not fit.

pub mod adaptive;
pub mod average;
pub mod bound;
pub mod bridge;
pub mod chi_squared;
pub mod conditional;
pub mod diagonal;
pub mod discriminator;
pub mod entropy;
pub mod error;
pub mod experts;
pub mod frechet;
pub mod gauss_hermite;
pub mod gaussian;
pub mod inception;
pub mod linear_gaussian;
pub mod mixture;
pub mod noise;
pub mod numerics;
pub mod quadratic;
pub mod rows;
pub mod trapezoid;

pub use adaptive::{Integral, integrate};
pub use bound::{Bound, Term};
pub use chi_squared::chi_squared;
pub use conditional::Conditional;
pub use diagonal::DiagonalGaussian;
pub use error::{ProbError, check_dim};
pub use experts::{Expert, Experts};
pub use frechet::frechet_distance;
pub use gauss_hermite::GaussHermite;
pub use gaussian::{Gaussian, divergence_at_equal_means};
pub use inception::inception_score;
pub use linear_gaussian::LinearGaussian;
pub use mixture::Mixture;
pub use noise::{fill_standard_normal, standard_normal};
pub use quadratic::Quadratic;
pub use rows::{squared_distances, squared_norms};
