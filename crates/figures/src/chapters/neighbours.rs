//! The pages of the chapter `neighbours`: for each neighbour what was computed, beside its theory, and a figure.
//!
//! | module | what is shown |
//! |---|---|
//! | [`linear_autoencoder`] | gradient descent on its way to the principal components |
//! | [`denoising_autoencoder`] | a network on its way to Tweedie's formula |
//! | [`sampled_autoencoder`] | the decoded prior of an autoencoder and of a VAE |
//! | [`amortisation`] | the encoder's posterior, the best one, the exact one |
//! | [`mixture_em`] | EM on a mixture |
//! | [`probabilistic_pca`] | EM on its way to the closed form |
//! | [`maximum_likelihood`] | the path of ridge regression, and its error |
//! | [`evidence`] | draws from the prior and weighted draws from an encoder |

pub mod amortisation;
pub mod denoising_autoencoder;
pub mod evidence;
pub mod linear_autoencoder;
pub mod maximum_likelihood;
pub mod mixture_em;
pub mod probabilistic_pca;
pub mod sampled_autoencoder;

use std::error::Error;

use montecarlo::Streams;
use prob::{Gaussian, ProbError, standard_normal};

use crate::chapters::neighbour_report::Page;

/// What makes a page from the streams of a seed.
pub type Study = fn(Streams) -> Result<Page, Box<dyn Error + Send + Sync>>;

/// All pages by name, in the order of the chapter.
pub const STUDIES: [(&str, Study); 8] = [
    ("linear_autoencoder", linear_autoencoder::study),
    ("denoising_autoencoder", denoising_autoencoder::study),
    ("sampled_autoencoder", sampled_autoencoder::study),
    ("amortisation", amortisation::study),
    ("mixture_em", mixture_em::study),
    ("probabilistic_pca", probabilistic_pca::study),
    ("maximum_likelihood", maximum_likelihood::study),
    ("evidence", evidence::study),
];

/// The page of this name, wherever it is shown: each has a stream of its own.
///
/// # Errors
/// As its study.
///
/// # Panics
/// If no page is called so.
pub fn page(name: &str, seed: u64) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let k = STUDIES.iter().position(|(known, _)| *known == name).expect("a page of the chapter");
    let (_, study) = STUDIES[k];
    study(Streams::new(seed).role(&k.to_string()))
}

/// A law in five dimensions with variances 4, 2, 1, ½, ¼ along axes that are turned at random.
///
/// # Errors
/// Never: rotations keep a covariance one.
fn five_axes(streams: Streams) -> Result<Gaussian, ProbError> {
    let turn = standard_normal((5, 5), &mut streams.role("axes").rng(0));
    let axes = linalg::orthogonal_factor(&turn);
    let variances = ndarray::array![4.0, 2.0, 1.0, 0.5, 0.25];
    let covariance = (&axes * &variances).dot(&axes.t());
    Gaussian::new(ndarray::array![1.0, -1.0, 0.0, 2.0, 0.5], (&covariance + &covariance.t()) * 0.5)
}

/// Every step below 20, then steps that grow by a tenth: enough points for a logarithmic axis.
fn spaced(step: usize) -> bool {
    step < 20 || (step as f64).log(1.1).floor() > ((step - 1) as f64).log(1.1).floor()
}

/// A curve of `f` from `low` to `high` in 201 points.
fn curve(low: f64, high: f64, f: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    (0..=200).map(|i| low + (high - low) * f64::from(i) / 200.0).map(|x| (x, f(x))).collect()
}
