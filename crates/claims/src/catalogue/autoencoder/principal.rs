//! B1: the optimum of a linear autoencoder spans the principal subspace.

use ndarray::{Array1, Array2, Axis, s};
use prob::{GaussHermite, Gaussian, ProbError};
use proptest::collection::vec;
use proptest::prelude::*;
use vae::LinearAutoencoder;

use crate::Claim;
use crate::problems::{gaussian_over, matrix, positive, vector};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        the_error_is_the_sum_of_the_other_variances(),
        no_other_is_better(),
        only_the_subspace_matters(),
        the_error_of_any_autoencoder(),
    ]
}

/// Data whose principal axes are known: `N(m, Q diag(λ) Qᵀ)` in three dimensions with `λ` falling, and `k` latents.
#[derive(Debug)]
struct Axes {
    mean: Array1<f64>,
    variances: Vec<f64>,
    axes: Array2<f64>,
    latents: usize,
}

impl Axes {
    fn any() -> impl Strategy<Value = Self> {
        (vector(3, 3.0), vec(positive(1.5), 3), vector(3, 1.0), 1usize..=2).prop_map(
            |(mean, mut variances, direction, latents)| {
                variances.sort_by(|a, b| b.total_cmp(a));
                Self { mean, variances, axes: reflection(&direction), latents }
            },
        )
    }

    fn data(&self) -> Result<Gaussian, ProbError> {
        let scaled = &self.axes * &Array1::from(self.variances.clone());
        Gaussian::new(self.mean.clone(), scaled.dot(&self.axes.t()))
    }
}

/// `I - 2 u uᵀ / |u|²`: an orthogonal matrix without a decomposition.
fn reflection(u: &Array1<f64>) -> Array2<f64> {
    let column = u.view().insert_axis(Axis(1));
    let square = u.dot(u).max(1e-300);
    Array2::eye(u.len()) - column.dot(&column.t()) * (2.0 / square)
}

/// `E|x - x'|²` of the reconstructions, exact for quadratics.
fn squared_error_by_quadrature(model: &LinearAutoencoder, data: &Gaussian) -> f64 {
    GaussHermite::new(2).expectation(data, |x| {
        let residual = &model.reconstruct(x) - &x.view();
        residual.dot(&residual)
    })
}

fn the_error_is_the_sum_of_the_other_variances() -> Claim {
    Claim::new("B1a", "k principal components leave E|x - x'|² = λ_{k+1} + … + λ_d")
        .source("notes 004")
        .source("Baldi and Hornik 1989")
        .why("x - x' is what lies along the other axes, and the variance along axis i is λᵢ.")
        .compares("E|x - x'|², by a quadrature exact for quadratics and in closed form, with the variances the data were made of")
        .identity(1e-12, Axes::any(), |problem, trial| {
            let Some(data) = trial.posed(problem.data()) else { return };
            let Some(best) = trial.posed(LinearAutoencoder::principal(&data, problem.latents)) else { return };
            let left: f64 = problem.variances[problem.latents..].iter().sum();
            let error = squared_error_by_quadrature(&best, &data);
            let scale = 1.0 + problem.variances[0];
            trial.at(scale, error, left);
            trial.at(scale, best.squared_error(&data), left);
        })
}

fn no_other_is_better() -> Claim {
    let problem = (2usize..=3).prop_flat_map(|d| {
        (1..d).prop_flat_map(move |k| {
            (gaussian_over(d, 1.5), matrix(k, d, 1.0), matrix(d, k, 1.0), vector(d, 0.1), 0.0..1.0f64)
        })
    });
    Claim::new(
        "B1b",
        "no linear autoencoder with k latents has a smaller squared error than k principal components",
    )
    .source("notes 004")
    .source("Baldi and Hornik 1989")
    .why(
        "D E has rank k. Of all matrices of rank k the one that is nearest to S^½ keeps its k largest\n\
             singular values (Eckart and Young), and (I - DE) S^½ has the squared error as its squared norm.",
    )
    .compares("the error of the principal components with that of others, from near them to anywhere")
    .inequality(1e-12, problem, |(data, encoder, decoder, centre, distance), trial| {
        let k = encoder.nrows();
        let Some(best) = trial.posed(LinearAutoencoder::principal(data, k)) else { return };
        let axes = linalg::SymmetricEigen::new(data.covariance()).vectors().slice(s![.., ..k]).to_owned();
        let other = LinearAutoencoder::new(
            &axes.t() + &(encoder * *distance),
            &axes + &(decoder * *distance),
            data.mean() + centre,
        );
        let Some(other) = trial.posed(other) else { return };
        let scale = data.covariance().diag().sum();
        trial.at_most(scale, best.squared_error(data), other.squared_error(data));
    })
}

fn only_the_subspace_matters() -> Claim {
    let separated = Axes::any().prop_filter("axes that differ", |problem| {
        problem.variances[problem.latents - 1] > 1.1 * problem.variances[problem.latents]
    });
    Claim::new("B1c", "the optimum spans the principal subspace: D E keeps its axes and drops the others")
        .source("notes 004")
        .source("Baldi and Hornik 1989")
        .why("D E is the projection Σ_{i≤k} qᵢqᵢᵀ whatever the basis: (AE, DA⁻¹) is the same map.")
        .compares("D E applied to the axes the data were made of with the first k of them and zeros")
        .identity(1e-10, separated, |problem, trial| {
            let Some(data) = trial.posed(problem.data()) else { return };
            let Some(best) = trial.posed(LinearAutoencoder::principal(&data, problem.latents)) else {
                return;
            };
            let mut kept = problem.axes.clone();
            kept.slice_mut(s![.., problem.latents..]).fill(0.0);
            trial.arrays(1.0, &best.map().dot(&problem.axes), &kept);
        })
}

fn the_error_of_any_autoencoder() -> Claim {
    let problem = (1usize..=3, 1usize..=2).prop_flat_map(|(d, k)| {
        (gaussian_over(d, 1.5), matrix(k, d, 1.5), matrix(d, k, 1.5), vector(d, 3.0))
    });
    Claim::new("B1d", "E|x - x'|² = tr((I - DE) S (I - DE)ᵀ) + |(I - DE)(m - c)|² for x' = DE(x - c) + c, whatever E, D and c are")
        .source("Baldi and Hornik 1989")
        .why("x - x' = (I - DE)(x - c) is Gaussian, with mean (I - DE)(m - c) and covariance (I - DE) S (I - DE)ᵀ.")
        .compares("the error of the model in closed form with that of its reconstructions, by a quadrature exact for quadratics")
        .identity(1e-11, problem, |(data, encoder, decoder, centre), trial| {
            let model = LinearAutoencoder::new(encoder.clone(), decoder.clone(), centre.clone());
            let Some(model) = trial.posed(model) else { return };
            let error = squared_error_by_quadrature(&model, data);
            trial.at(1.0 + error, model.squared_error(data), error);
        })
}
