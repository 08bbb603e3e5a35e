//! A8: reparameterised noise, and the two gradients of an average.

use montecarlo::{Moments, MonteCarlo};
use ndarray::{Array1, ArrayRef1, Axis, array};
use prob::{DiagonalGaussian, GaussHermite, Gaussian, Quadratic, standard_normal};
use proptest::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::judge::Sampled;
use crate::problems::{dimension, gaussian_over, matrix, on_the_line, positive, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        shifted_and_scaled_noise_has_the_law(),
        both_gradients_have_the_same_mean(),
        the_ratio_of_their_variances_is_exact(),
        sampled_gradients_have_those_moments(),
    ]
}

fn shifted_and_scaled_noise_has_the_law() -> Claim {
    Claim::new("A8a", "μ + σε ~ N(μ, σ²); and m + Lε, seen along u, ~ N(u·m, u'Su), S = LLᵀ")
        .source("notes 001 §1.7")
        .source("notes 002")
        .source("notes 004")
        .why("A linear map of a Gaussian is Gaussian: mean m, covariance L I Lᵀ.")
        .compares("300 000 draws with the distribution function, Kolmogorov–Smirnov, for two laws and three directions")
        .law(|run, streams| {
            let eps = standard_normal((300_000, 2), &mut streams.rng(0));
            let follows = |draws: Array1<f64>, mean: f64, variance: f64| {
                let cdf = |x: f64| Normal::standard().cdf((x - mean) / variance.sqrt());
                Sampled::law(run, &draws.to_vec(), cdf)
            };
            let (m, log_var) = (array![0.7, -2.0], array![-1.5_f64, 0.8]);
            let diagonal = DiagonalGaussian::new(m.clone(), log_var.clone()).expect("finite");
            let draws = diagonal.sample_given_noise(&eps);
            let mut tests: Vec<Sampled> =
                (0..2).map(|i| follows(draws.column(i).to_owned(), m[i], log_var[i].exp())).collect();

            let (m, s) = (array![1.0, -0.5], array![[2.0, -0.9], [-0.9, 0.6]]);
            let full = Gaussian::new(m.clone(), s.clone()).expect("a covariance");
            let draws = full.sample_given_noise(&eps);
            let directions = [array![1.0, 0.0], array![0.6, 0.8], array![1.0, -1.0]];
            tests.extend(directions.iter().map(|u| follows(draws.dot(u), m.dot(u), u.dot(&s.dot(u)))));
            tests
        })
}

fn both_gradients_have_the_same_mean() -> Claim {
    let problem = dimension()
        .prop_flat_map(|d| (gaussian_over(d, 1.0), matrix(d, d, 1.0), vector(d, 1.0), -1.0..1.0f64));
    Claim::new("A8b", "∂/∂m E f(z) = E ∇f(z) = E f(z) S⁻¹(z - m), z ~ N(m, S)")
        .source("notes 001 §1.7")
        .source("notes 002")
        .source("notes 004")
        .why(
            "Pathwise: z = m + Lε, so that ∂z/∂m = I. Score function: ∂/∂m log N(z; m, S) = S⁻¹(z - m).\n\
             One is the other after an integration by parts.",
        )
        .compares("both averages by quadrature, and differences of E f in closed form, with 2Am + b for f = z'Az + b'z + c")
        .gradient(1e-10, problem, |(law, a, b, c), trial| {
            let a = (a + &a.t()) * 0.5;
            let f = Quadratic::new(a.clone(), b.clone(), *c);
            let exact = a.dot(law.mean()) * 2.0 + b;
            let d = law.dim() as f64;
            let spread = law.covariance().diag().sum();
            let rule = GaussHermite::new(3);
            for i in 0..law.dim() {
                // f is as large as this along the way, and S⁻¹ multiplies it.
                let size = 10.0 + spread * d;
                let by_score = rule.expectation(law, |z| -f.at(z) * law.score(z)[i]);
                trial.at(size * longhand::inverse(law.covariance())[[i, i]].max(1.0), by_score, exact[i]);
                let pathwise = rule.expectation(law, |z| 2.0 * a.row(i).dot(z) + b[i]);
                trial.at(size, pathwise, exact[i]);
                // A central difference of a quadratic has no truncation error.
                let at = |step: f64| {
                    let mut mean = law.mean().clone();
                    mean[i] += step;
                    Gaussian::new(mean, law.covariance().clone()).map(|moved| f.expectation(&moved))
                };
                let (Some(above), Some(below)) = (trial.posed(at(0.5)), trial.posed(at(-0.5))) else { return };
                trial.at(size, above - below, exact[i]);
            }
        })
}

/// Variances of the pathwise and of the score-function gradient of `E (az² + bz + c)` by the mean of a law on the line.
fn exact_variances(law: &Gaussian, [a, b, c]: [f64; 3]) -> [f64; 2] {
    let (mean, variance) = (longhand::mean(law), longhand::variance(law));
    let alpha = a * mean * mean + b * mean + c;
    let beta = variance.sqrt() * (2.0 * a * mean + b);
    let delta = a * variance;
    let score_function = alpha * alpha + 2.0 * beta * beta + 15.0 * delta * delta + 6.0 * alpha * delta;
    [4.0 * delta * delta / variance, score_function / variance]
}

fn the_ratio_of_their_variances_is_exact() -> Claim {
    let law = (-2.0..2.0f64, positive(0.5)).prop_map(|(mean, sd)| on_the_line(mean, sd * sd));
    let a = prop_oneof![-2.0..-0.1, 0.1..2.0f64];
    Claim::new("A8c", "for f = az² + bz + c the variances are 4δ²/σ² and (α² + 2β² + 15δ² + 6αδ)/σ²: ratio ≥ 3/2")
        .source("notes 001 §1.7")
        .source("notes 004")
        .why(
            "With z = μ + σε: f = α + βε + δε², α = f(μ), β = σf'(μ), δ = aσ². Pathwise (β + 2δε)/σ,\n\
             score function (α + βε + δε²)ε/σ; moments of ε to the sixth. Least at α = -3δ, β = 0: 6δ² against 4δ².",
        )
        .compares("formulas with the variance of a quadratic, and with a quadrature of both gradients' squares")
        .gradient(1e-10, (law, a, (-2.0..2.0f64, -2.0..2.0f64)), |&(ref law, a, (b, c)), trial| {
            let f = Quadratic::new(array![[a]], array![b], c);
            let [pathwise, score_function] = exact_variances(law, [a, b, c]);
            let slope = Quadratic::new(array![[0.0]], array![2.0 * a], b);
            trial.equal(slope.variance(law), pathwise);

            // Sixth-degree polynomials: four nodes are exact.
            let rule = GaussHermite::new(4);
            let gradient = |z: &ArrayRef1<f64>| -f.at(z) * law.score(z)[0];
            let exact = 2.0 * a * longhand::mean(law) + b;
            let square = rule.expectation(law, |z| gradient(z).powi(2));
            trial.at(square + exact * exact, square - exact * exact, score_function);
            trial.at_most(1.0, 1.5, score_function / pathwise);
        })
}

fn sampled_gradients_have_those_moments() -> Claim {
    Claim::new(
        "A8d",
        "drawn gradients of E(0.2z² + 1.8z + 1.55), z ~ N(½, ¼): means 2 and 2, variances .04 and 36.15",
    )
    .source("notes 001 §1.7")
    .source("notes 002")
    .why("A8b and A8c at one problem, where the variances are a factor of 904 apart.")
    .compares("means and variances of 2²³ draws of both gradients with the exact ones")
    .sampled_gradient(|run, streams| {
        let coefficients = [0.2, 1.8, 1.55];
        let [a, b, c] = coefficients;
        let law = on_the_line(0.5, 0.25);
        let f = Quadratic::new(array![[a]], array![b], c);
        let gradient = 2.0;
        let sampled = MonteCarlo::new(1 << 23, *streams).run(&|_| (), |rng, n| {
            let z = law.sample(n, rng);
            let gradients = [
                z.mapv(|z| 2.0 * a * z + b).remove_axis(Axis(1)),
                z.map_axis(Axis(1), |z| -f.at(&z) * law.score(&z)[0]),
            ];
            gradients.map(|g| {
                [Moments::of(&g.to_vec()), Moments::of(&g.mapv(|g| (g - gradient).powi(2)).to_vec())]
            })
        });
        let exact = exact_variances(&law, coefficients);
        let moments = |([mean, variance], exact): ([Moments; 2], f64)| {
            [Sampled::mean(run, &mean.estimate(), gradient), Sampled::mean(run, &variance.estimate(), exact)]
        };
        sampled.into_iter().zip(exact).flat_map(moments).collect()
    })
}
