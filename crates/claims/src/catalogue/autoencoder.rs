//! Part B: autoencoders and the VAE.
//!
//! | module | claims |
//! |---|---|
//! | `principal` | B1 the linear autoencoder and principal components |
//! | `denoiser` | B2 the best denoiser and Tweedie's formula |
//! | `evidence` | B3 evidence; B4 Jensen; B5 the gap |
//! | `bound` | B6 the two terms; B7 the divergence from the standard normal |
//! | `squared_error` | B8 "MSE + KL" |
//! | `importance` | B9 the evidence as an average of weights |
//! | `inference` | B10 amortised and per-sample inference, variational EM |
//! | `information` | B11 collapse; B12 mutual information; B13 an autoencoder without the divergence |

mod bound;
mod denoiser;
mod evidence;
mod importance;
mod inference;
mod information;
mod principal;
mod squared_error;

use ndarray::{Array1, Array2, ArrayRef1};
use prob::Bound;
use vae::LinearVae;

use crate::problems::{linear, model};
use crate::{Claim, longhand};

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    [
        principal::claims(),
        denoiser::claims(),
        evidence::claims(),
        bound::claims(),
        squared_error::claims(),
        importance::claims(),
        inference::claims(),
        information::claims(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `log p(z) + log p(x|z)`, written out.
fn log_joint(vae: &LinearVae, x: &ArrayRef1<f64>, z: &ArrayRef1<f64>) -> f64 {
    longhand::log_prob(vae.prior(), z) + longhand::log_prob_given(vae.decoder(), z, x)
}

/// `log N(x; a, V Vᵀ + R)`, written out.
fn log_evidence(vae: &LinearVae, x: &ArrayRef1<f64>) -> f64 {
    let (mean, covariance) = longhand::pushed(vae.decoder(), vae.prior());
    longhand::log_gaussian(x, &mean, &covariance)
}

/// What rounding is measured against: the size of the terms that a bound is the difference of, and one nat.
fn scale(bound: &Bound) -> f64 {
    1.0 + bound.reconstruction.abs() + bound.prior_matching
}

/// The same decoder with an encoder that ignores `x` and puts out the prior.
fn collapsed(vae: &LinearVae) -> LinearVae {
    let (k, d) = vae.encoder().weight().dim();
    let encoder = linear(Array2::zeros((k, d)), Array1::zeros(k), Array2::eye(k));
    model(encoder, vae.decoder().clone())
}
