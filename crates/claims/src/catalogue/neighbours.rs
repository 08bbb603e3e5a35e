//! Part N: the neighbours of the VAE, each trained or computed by the crate `neighbours` and held against its theory.
//!
//! | module | claims |
//! |---|---|
//! | `linear_autoencoder` | N1 a linear autoencoder by gradient descent, and principal components |
//! | `denoising_autoencoder` | N2 a denoising network, and Tweedie's formula |
//! | `sampled_autoencoder` | N3 autoencoder and VAE when the prior is decoded |
//! | `amortisation` | N4 amortised and per-sample inference with networks |
//! | `expectation_maximisation` | N5 EM on a mixture; N6 EM for probabilistic PCA |
//! | `regression` | N7 maximum likelihood, ridge and weight decay |
//! | `evidence` | N8 `p(x)` of a network decoder |
//! | `adversarial` | N10 what the players of a GAN descend, and the law of a generator |
//! | `quantised` | N11 the VQ-VAE: its bound, its codes, what moves its encoder |
//! | `scores` | N12 what inception score and Fréchet distance see, and what not |

mod adversarial;
mod amortisation;
mod denoising_autoencoder;
mod evidence;
mod expectation_maximisation;
mod linear_autoencoder;
mod quantised;
mod regression;
mod sampled_autoencoder;
mod scores;

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    [
        linear_autoencoder::claims(),
        denoising_autoencoder::claims(),
        sampled_autoencoder::claims(),
        amortisation::claims(),
        expectation_maximisation::claims(),
        regression::claims(),
        evidence::claims(),
        adversarial::claims(),
        quantised::claims(),
        scores::claims(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
