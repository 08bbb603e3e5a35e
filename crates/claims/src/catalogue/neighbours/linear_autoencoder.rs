//! N1: a linear autoencoder that is trained, not solved for, finds the principal components of its samples.

use linalg::SymmetricEigen;
use montecarlo::Streams;
use ndarray::{Array2, array, s};
use neighbours::SampleMoments;
use neighbours::linear_autoencoder::{Weights, principal_angles, reconstruction_error};
use prob::standard_normal;
use proptest::prelude::*;

use crate::Claim;
use crate::problems::matrix;

pub(super) fn claims() -> Vec<Claim> {
    vec![descent_finds_the_principal_components(), a_mirror_axis_is_a_saddle()]
}

/// Eight samples in three dimensions, and which later eigenvector stands alone.
fn samples() -> impl Strategy<Value = (Array2<f64>, usize)> {
    (matrix(8, 3, 2.0), 1usize..=2)
}

fn descent_finds_the_principal_components() -> Claim {
    Claim::new(
        "N1a",
        "from three starts gradient descent on Σ|x_i - x'_i|², x' = D E (x - x̄) + x̄, ends in span D = the first k eigenvectors of S, with the error λ_{k+1} + … + λ_d",
    )
    .source("notes 004")
    .source("Baldi and Hornik 1989")
    .why("The only minima are the global ones; all other stationary points are saddles, which descent leaves.")
    .compares("error by rows and span after 4000 steps, starts and samples of seed 1, with eigenvalues and eigenvectors of the sample covariance")
    .identity(1e-7, Just(()), |(), trial| {
        let mut rng = Streams::new(1).rng(0);
        let mut normal = |shape| standard_normal(shape, &mut rng);
        for k in [1, 2, 2] {
            let x = normal((50, 3)) * &array![2.0, 1.2, 0.6];
            let Some(law) = trial.posed(SampleMoments::of(&x)) else { return };
            let eigen = SymmetricEigen::new(law.covariance());
            let mut weights = Weights { encoder: normal((k, 3)) * 0.3, decoder: normal((3, k)) * 0.3 };
            if trial.posed(weights.descend(&law, 4000, 0.2, |_, _, _| ())).is_none() {
                return;
            }
            let Some(model) = trial.posed(weights.model(&law)) else { return };
            let left = eigen.values().slice(s![k..]).sum();
            trial.at(eigen.values()[0], reconstruction_error(&model, &x).mean, left);
            let axes = eigen.vectors().slice(s![.., ..k]);
            let Some(angles) = trial.posed(principal_angles(&weights.decoder, &axes)) else { return };
            trial.at(1.0, angles[0], 0.0);
        }
    })
}

fn a_mirror_axis_is_a_saddle() -> Claim {
    Claim::new(
        "N1b",
        "the span of other eigenvectors is stationary too, with a larger error, and no minimum: turned a little, the error falls",
    )
    .source("Baldi and Hornik 1989")
    .why(
        "With D = Eᵀ = u_j the gradient is -2(I - u_j u_jᵀ) S u_j = 0. Turned by θ towards u_1 the error changes by\n\
         -(λ_1 - λ_j) sin²θ.",
    )
    .compares("the gradient at one later eigenvector with 0, and the error turned by 0.1 with its change by hand")
    .identity(1e-11, samples(), |(x, k), trial| {
        let Some(law) = trial.posed(SampleMoments::of(x)) else { return };
        let eigen = SymmetricEigen::new(law.covariance());
        let (values, vectors) = (eigen.values(), eigen.vectors());
        let along = |direction: Array2<f64>| Weights { encoder: direction.t().to_owned(), decoder: direction };
        let column = |j: usize| vectors.slice(s![.., j..=j]).to_owned();
        let (error, gradient) = along(column(*k)).error_and_gradient(law.covariance());
        trial.arrays(values[0], &gradient.encoder, &Array2::zeros((1, 3)));
        trial.arrays(values[0], &gradient.decoder, &Array2::zeros((3, 1)));
        trial.at(values[0], error, values.sum() - values[*k]);
        let turned = column(*k) * 0.1f64.cos() + column(0) * 0.1f64.sin();
        let (fallen, _) = along(turned).error_and_gradient(law.covariance());
        trial.at(values[0], fallen - error, -(values[0] - values[*k]) * 0.1f64.sin().powi(2));
    })
}
