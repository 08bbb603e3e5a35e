//! The neighbours of the VAE that lecture notes describe beside it, each small and each against its theory.
//!
//! | module | what is here | the theory |
//! |---|---|---|
//! | [`linear_autoencoder`] | a linear autoencoder by gradient descent on samples | principal components |
//! | [`denoising_autoencoder`] | a network that takes noise out of draws from a mixture | Tweedie's formula |
//! | [`sampled_autoencoder`] | what a decoder makes of draws from the prior | the exact density of the data |
//! | [`amortisation`] | an encoder's answer beside the best one for each observation | the evidence by quadrature |
//! | [`mixture_em`] | EM for a Gaussian mixture | the bound never falls |
//! | [`probabilistic_pca`] | EM for probabilistic PCA | the maximum in closed form |
//! | [`maximum_likelihood`] | linear regression: maximum likelihood, ridge, weight decay | the normal equations |
//! | [`evidence`] | `p(x)` from draws of the prior and from weighted draws of the encoder | quadrature |
//! | [`modes`], [`proportion`](mod@proportion) | the mode nearest to a point; a share of draws | Wilson's interval |
//! | [`adversarial`] | the generative adversarial network on the line | the optimal discriminator, 2 JSD - log 4 |
//! | [`quantised`] | the VQ-VAE, and the bound that it has | a uniform prior over codes: KL = log K |
//! | [`scores`] | inception score and Fréchet distance of toy generators | the Bayes classifier by quadrature |
//!
//! Conventions: f64 throughout, rows are examples (`[n, d]`), nats. A number that is estimated carries its standard
//! error; a result is a function of the data and the streams that are given.

// The products of `ndarray` call BLAS symbols that `linalg` links; a crate that is never named is not linked.
use linalg as _;

pub mod adversarial;
pub mod amortisation;
pub mod denoising_autoencoder;
mod descent;
pub mod evidence;
pub mod linear_autoencoder;
pub mod maximum_likelihood;
pub mod mixture_em;
pub mod modes;
pub mod probabilistic_pca;
pub mod proportion;
pub mod quantised;
mod sample_moments;
pub mod sampled_autoencoder;
pub mod scores;

pub use denoising_autoencoder::DenoisingAutoencoder;
pub use maximum_likelihood::Regression;
pub use probabilistic_pca::ProbabilisticPca;
pub use proportion::proportion;
pub use sample_moments::SampleMoments;
