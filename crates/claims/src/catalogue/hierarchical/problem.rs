//! Random chains of any widths, with an observation and a path of latents.

use mhvae::Mhvae;
use ndarray::{Array1, ArrayRef1, Axis, concatenate};
use prob::{Gaussian, LinearGaussian, ProbError};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::problems::{covariance, linear, matrix, vector};

/// A chain, an observation and one latent of each level.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) chain: Mhvae,
    pub(super) x: Array1<f64>,
    pub(super) z: Vec<Array1<f64>>,
}

/// Chains of `shortest` to four latents; every level one to three coordinates wide.
pub(super) fn problem(shortest: usize) -> impl Strategy<Value = Problem> {
    vec(1usize..=3, shortest + 1..=5).prop_flat_map(|widths| {
        let up: Vec<_> = widths.windows(2).map(|w| conditional(w[0], w[1])).collect();
        let down: Vec<_> = widths.windows(2).map(|w| conditional(w[1], w[0])).collect();
        let z: Vec<_> = widths[1..].iter().map(|&width| vector(width, 2.0)).collect();
        (up, down, vector(widths[0], 2.0), z).prop_map(|(up, down, x, z)| Problem {
            chain: chain(up, down),
            x,
            z,
        })
    })
}

/// Weights in ±1.5, biases in ±1, variances a third of a decade either side of 1: a path of four steps then stays
/// within a few hundred, and its joint covariance well-conditioned.
pub(super) fn conditional(n: usize, m: usize) -> impl Strategy<Value = LinearGaussian> {
    (matrix(m, n, 1.5), vector(m, 1.0), covariance(m, 0.33))
        .prop_map(|(weight, bias, covariance)| linear(weight, bias, covariance))
}

/// The chain of these conditionals, known to fit.
pub(super) fn chain(encoders: Vec<LinearGaussian>, decoders: Vec<LinearGaussian>) -> Mhvae {
    Mhvae::new(encoders, decoders).expect("fitting widths")
}

/// Vectors end to end.
pub(super) fn stacked(parts: &[&ArrayRef1<f64>]) -> Array1<f64> {
    concatenate(Axis(0), &parts.iter().map(|part| part.view()).collect::<Vec<_>>()).expect("vectors")
}

/// The joint law of `(z_T, …, z_1, x)`, from the prior down.
pub(super) fn joint_from_the_top(chain: &Mhvae) -> Gaussian {
    chain.decoders().iter().rev().fold(chain.prior().clone(), |law, decoder| {
        let offset = law.dim() - decoder.weight().ncols();
        decoder.on_wider_input(law.dim(), offset).joint(&law)
    })
}

/// `p(z_1|x), p(z_2|z_1), …`: each decoder reversed under the law that the chain above it gives to its input.
pub(super) fn exact_encoders(decoders: &[LinearGaussian]) -> Result<Vec<LinearGaussian>, ProbError> {
    let top = Gaussian::standard(decoders[decoders.len() - 1].weight().ncols());
    let mut law = top;
    let mut encoders = Vec::with_capacity(decoders.len());
    for decoder in decoders.iter().rev() {
        encoders.push(decoder.bayes(&law)?);
        law = decoder.push(&law);
    }
    encoders.reverse();
    Ok(encoders)
}
