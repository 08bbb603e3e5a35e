//! A9: the Fréchet distance (FID) and the inception score.

use ndarray::{Array1, Array2, Axis, array};
use prob::{Gaussian, frechet_distance, inception_score};
use proptest::collection::vec;
use proptest::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::problems::{dimension, gaussian_over, matrix, positive, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        frechet_is_the_integral_over_quantiles(),
        frechet_of_commuting_covariances(),
        frechet_in_the_plane(),
        no_coupling_is_cheaper(),
        inception_is_the_exponential_of_information(),
        inception_is_a_number_of_classes(),
    ]
}

fn frechet_is_the_integral_over_quantiles() -> Claim {
    Claim::new(
        "A9a",
        "on the line |Δm|² + (σ_p - σ_q)² = ∫₀¹ (F_p⁻¹(u) - F_q⁻¹(u))² du, squared 2-Wasserstein",
    )
    .source("notes 002")
    .source("Heusel 2017")
    .why(
        "On the line the cheapest transport keeps the order: u-quantile to u-quantile.\n\
             F⁻¹(u) = m + σ Φ⁻¹(u), and Φ⁻¹(u) has mean 0 and variance 1.",
    )
    .compares("the matrix formula with an adaptive quadrature of the inverse distribution functions")
    .identity(1e-10, (gaussian_over(1, 1.5), gaussian_over(1, 1.5)), |(p, q), trial| {
        let quantile = |law: &Gaussian, z: f64| longhand::mean(law) + z * longhand::variance(law).sqrt();
        // u = 1/(1 + e⁻ᵗ) spreads both ends; the upper half is the lower one mirrored, which keeps its digits.
        let transported = |t: f64| {
            let u = 1.0 / (1.0 + t.abs().exp());
            let z = Normal::standard().inverse_cdf(u) * -t.signum();
            u * (1.0 - u) * (quantile(p, z) - quantile(q, z)).powi(2)
        };
        let distance = longhand::integral(&[-45.0, -6.0, 0.0, 6.0, 45.0], transported);
        trial.nats(frechet_distance(p, q), distance);
    })
}

/// A rotation of `d ≤ 3` coordinates by the angles given, one for each pair.
fn rotation(d: usize, angles: &[f64; 3]) -> Array2<f64> {
    let pairs = [(0, 1), (0, 2), (1, 2)];
    pairs.iter().zip(angles).filter(|((_, j), _)| *j < d).fold(Array2::eye(d), |product, (&(i, j), angle)| {
        let mut plane = Array2::eye(d);
        (plane[[i, i]], plane[[j, j]]) = (angle.cos(), angle.cos());
        (plane[[i, j]], plane[[j, i]]) = (-angle.sin(), angle.sin());
        product.dot(&plane)
    })
}

fn frechet_of_commuting_covariances() -> Claim {
    let problem = dimension().prop_flat_map(|d| {
        let variances = || vec(positive(1.5), d).prop_map(Array1::from);
        (prop::array::uniform3(-3.0..3.0f64), vector(d, 3.0), variances(), variances())
    });
    Claim::new("A9b", "for covariances with the same axes Q the Fréchet distance is |Δm|² + Σ (σ_pᵢ - σ_qᵢ)²")
        .source("notes 002")
        .why("S_p^½ S_q S_p^½ = Q D_p D_q Qᵀ, whose root is Q diag(σ_p σ_q) Qᵀ: one transport on each axis.")
        .compares("the formula by eigenvalues with the sum over axes, the covariances made by rotating diagonal ones")
        .identity(1e-10, problem, |(angles, shift, v, w), trial| {
            let q = rotation(shift.len(), angles);
            let with_variances = |mean: Array1<f64>, v: &Array1<f64>| Gaussian::new(mean, (&q * v).dot(&q.t()));
            let Some(one) = trial.posed(with_variances(Array1::zeros(shift.len()), v)) else { return };
            let Some(other) = trial.posed(with_variances(shift.clone(), w)) else { return };
            let on_axes: f64 = v.iter().zip(w).map(|(v, w)| (v.sqrt() - w.sqrt()).powi(2)).sum();
            trial.at(v.sum() + w.sum(), frechet_distance(&one, &other), shift.dot(shift) + on_axes);
        })
}

fn frechet_in_the_plane() -> Claim {
    Claim::new("A9c", "in the plane tr (S_p^½ S_q S_p^½)^½ = √(tr S_p S_q + 2 √(det S_p det S_q))")
        .source("notes 002")
        .source("Heusel 2017")
        .why("For 2 × 2: (tr √M)² = tr M + 2 det √M, and M has the trace and the determinant of S_p S_q.")
        .compares("the formula by eigenvalues with traces and determinants alone, for covariances that do not commute")
        .identity(1e-10, (gaussian_over(2, 1.5), gaussian_over(2, 1.5)), |(p, q), trial| {
            let (s, t) = (p.covariance(), q.covariance());
            let determinants = longhand::determinant(s) * longhand::determinant(t);
            let overlap = (s.dot(t).diag().sum() + 2.0 * determinants.sqrt()).sqrt();
            let shift = p.mean() - q.mean();
            let traces = s.diag().sum() + t.diag().sum();
            trial.at(1.0 + traces, frechet_distance(p, q), shift.dot(&shift) + traces - 2.0 * overlap);
        })
}

fn no_coupling_is_cheaper() -> Claim {
    let problem =
        dimension().prop_flat_map(|d| (gaussian_over(d, 1.0), gaussian_over(d, 1.0), matrix(d, d, 1.0)));
    Claim::new("A9d", "no joint law of x ~ p and y ~ q has a smaller E|x - y|²; the linear map S_p^-½(S_p^½S_qS_p^½)^½S_p^-½ has it")
        .source("Dowson and Landau 1982")
        .why(
            "E|x - y|² = |Δm|² + tr S_p + tr S_q - 2 tr C; a cross-covariance C = L_p K L_qᵀ needs |K| ≤ 1,\n\
             and then tr C is at most the sum of the singular values of L_qᵀ L_p.",
        )
        .compares("the distance with the cost of random joint laws, and with the cost of the map, which carries S_p to S_q")
        .inequality(1e-10, problem, |(p, q, k), trial| {
            let (s, t) = (p.covariance(), q.covariance());
            let scale = 1.0 + s.diag().sum() + t.diag().sum();
            let shift = p.mean() - q.mean();
            let cost = |across: &Array2<f64>| shift.dot(&shift) + s.diag().sum() + t.diag().sum() - 2.0 * across.diag().sum();
            let distance = frechet_distance(p, q);
            // A matrix divided by its Frobenius norm, or one below it, has norm 1 at most.
            let contraction = k / k.mapv(|k| k * k).sum().sqrt().max(1.0);
            let across = p.factor().lower().dot(&contraction).dot(&q.factor().lower().t());
            trial.at_most(scale, distance, cost(&across));

            let power = |a: &Array2<f64>, n: f64| linalg::SymmetricEigen::new(a).map(|v| v.powf(n));
            let (root, inverse_root) = (power(s, 0.5), power(s, -0.5));
            let map = inverse_root.dot(&power(&root.dot(t).dot(&root), 0.5)).dot(&inverse_root);
            trial.arrays(scale, &map.dot(s).dot(&map.t()), t);
            trial.at(scale, distance, cost(&s.dot(&map.t())));
        })
}

/// One to six predictions of two to five classes, in rows.
fn predictions() -> impl Strategy<Value = Array2<f64>> {
    (1usize..=6, 2usize..=5).prop_flat_map(|(n, k)| {
        vec(0.01..1.0f64, n * k).prop_map(move |entries| {
            let rows = Array2::from_shape_vec((n, k), entries).expect("as many as asked for");
            let sums = rows.sum_axis(Axis(1)).insert_axis(Axis(1));
            rows / sums
        })
    })
}

fn inception_is_the_exponential_of_information() -> Claim {
    Claim::new("A9e", "inception score = exp E_x KL(P(y|x) ‖ P(y)) = exp I(x; y)")
        .source("notes 002")
        .source("Salimans 2016")
        .why("I(x; y) = H(y) - H(y|x) = E_x Σ_y P(y|x) log P(y|x)/P(y).")
        .compares(
            "the logarithm of the score with H(x) + H(y) - H(x, y) of the joint table of picture and class",
        )
        .identity(1e-12, predictions(), |rows, trial| {
            let entropy = |table: &Array1<f64>| -table.iter().map(|p| p * p.ln()).sum::<f64>();
            let joint = rows / rows.nrows() as f64;
            let of_pairs = entropy(&joint.iter().copied().collect());
            let information =
                entropy(&joint.sum_axis(Axis(1))) + entropy(&joint.sum_axis(Axis(0))) - of_pairs;
            if let Some(score) = trial.posed(inception_score(rows)) {
                trial.nats(score.ln(), information);
            }
        })
}

fn inception_is_a_number_of_classes() -> Claim {
    Claim::new(
        "A9f",
        "1 ≤ inception score ≤ K; 1 if all answers are the same, K if they are certain and even",
    )
    .source("notes 002")
    .source("Salimans 2016")
    .why("0 ≤ I(x; y) ≤ H(y) ≤ log K.")
    .compares("the score with both ends on random predictions, and at the two extremes")
    .inequality(1e-12, predictions(), |rows, trial| {
        let k = rows.ncols();
        if let Some(score) = trial.posed(inception_score(rows)) {
            trial.at_most(1.0, 1.0, score);
            trial.at_most(1.0, score, k as f64);
        }
        let same = Array2::from_shape_fn(rows.dim(), |(_, j)| rows[[0, j]]);
        for (extreme, expected) in [(same, 1.0), (Array2::eye(k), k as f64)] {
            if let Some(score) = trial.posed(inception_score(&extreme)) {
                trial.equal(score, expected);
            }
        }
        let certain = array![[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
        if let Some(score) = trial.posed(inception_score(&certain)) {
            trial.equal(score, 2.0);
        }
    })
}
