//! N7: maximum likelihood, ridge and weight decay.

use linalg::SymmetricEigen;
use montecarlo::{Moments, MonteCarlo};
use ndarray::{Array1, Array2, array};
use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
use neighbours::Regression;
use neighbours::maximum_likelihood::RegressionError;
use prob::standard_normal;
use proptest::prelude::*;

use crate::judge::Sampled;
use crate::problems::{dimension, matrix, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![weight_decay_is_a_filter(), it_ends_in_ridge_regression(), shrinkage_and_noise_in_draws()]
}

/// A design of six rows, responses, and a penalty.
fn problem() -> impl Strategy<Value = (Array2<f64>, Array1<f64>, f64)> {
    (dimension().prop_flat_map(|p| matrix(6, p, 2.0)), vector(6, 3.0), 0.05..3.0f64)
}

fn weight_decay_is_a_filter() -> Claim {
    Claim::new(
        "N7a",
        "t steps of gradient descent with weight decay from 0 give w_t = V diag((1 - (1 - η(s_j + c))^t)/(s_j + c)) Vᵀ Xᵀ y, XᵀX = V diag(s) Vᵀ",
    )
    .source("notes 004")
    .source("this project")
    .why(
        "Along v_j the step is a ← (1 - η(s_j + c)) a + η b_j. Without a penalty it is ridge-like all the same: stopped\n\
         early, directions of small s_j have hardly begun.",
    )
    .compares("the iterate with the geometric series in the eigenbasis")
    .identity(1e-10, (problem(), 0.1..1.9f64, 0usize..40), |((x, y, penalty), rate, steps), trial| {
        for penalty in [0.0, *penalty] {
            let eigen = SymmetricEigen::new(&x.t().dot(x));
            let steepest = eigen.values()[0] + penalty;
            let size = if steepest > 0.0 { rate / steepest } else { 0.0 };
            let b = eigen.vectors().t().dot(&x.t().dot(y));
            let filtered = Array1::from_shape_fn(b.len(), |j| {
                let s = eigen.values()[j] + penalty;
                // The series itself: 1 - q^t over s loses digits where s is small.
                let series: f64 = (0..*steps).map(|t| (1.0 - size * s).powi(t as i32)).sum();
                size * series * b[j]
            });
            let found = Regression::new(x.clone(), y.clone())
                .and_then(|problem| problem.weight_decay(penalty, *rate, *steps, |_, _| ()));
            let Some(found) = trial.posed(found) else { return };
            let scale = filtered.iter().fold(1.0, |max: f64, v| max.max(v.abs()));
            trial.arrays(scale, &found, &eigen.vectors().dot(&filtered));
        }
    })
}

fn it_ends_in_ridge_regression() -> Claim {
    let penalised = (dimension().prop_flat_map(|p| matrix(6, p, 2.0)), vector(6, 3.0), 1.0..6.0f64);
    Claim::new("N7b", "gradient descent with weight decay c = λσ² ends in (XᵀX + c I)⁻¹ Xᵀ y, where the gradient of the log posterior is 0; its spread over the noise is σ² G⁻¹XᵀXG⁻¹")
        .source("notes 004")
        .why("A3a, by descent: N7a with t → ∞ leaves 1/(s_j + c).")
        .compares("400 steps of descent, the closed form, and standard errors, each with Cramer's rule")
        .identity(1e-9, penalised, |(x, y, penalty), trial| {
            let Some(problem) = trial.posed(Regression::new(x.clone(), y.clone())) else { return };
            let inverse = longhand::inverse(&(x.t().dot(x) + Array2::<f64>::eye(x.ncols()) * *penalty));
            let ridge = inverse.dot(&x.t().dot(y));
            if let Some(found) = trial.posed(problem.weight_decay(*penalty, 1.5, 400, |_, _| ())) {
                trial.arrays(1.0, &found, &ridge);
            }
            if let Some(found) = trial.posed(problem.ridge(*penalty)) {
                trial.arrays(1.0, &found, &ridge);
                trial.arrays(10.0, &problem.gradient(&found, *penalty), &Array1::zeros(x.ncols()));
            }
            let spread = inverse.dot(&x.t().dot(x)).dot(&inverse) * 0.7;
            if let Some(found) = trial.posed(problem.standard_errors(*penalty, 0.7)) {
                trial.arrays(1.0, &found, &spread.diag().mapv(f64::sqrt));
            }
        })
}

fn shrinkage_and_noise_in_draws() -> Claim {
    Claim::new(
        "N7c",
        "over the noise of y: E ŵ = w at c = 0, E ŵ = (XᵀX + c I)⁻¹XᵀX w at c > 0, and E |y - Xŵ|²/n = σ² (n - p)/n by maximum likelihood",
    )
    .source("notes 004")
    .why("ŵ is linear in y; the residuals lie in the n - p dimensions that X does not reach.")
    .compares("2¹⁵ sets of 80 responses with shrinkage by Cramer's rule")
    .law(|run, streams| {
        let design = standard_normal((80, 2), &mut streams.role("design").rng(0));
        let (w, noise, penalty) = (array![1.0, -0.8], 0.5, 20.0);
        let plan = MonteCarlo::new(1 << 15, streams.role("responses"));
        let fits = plan.run(&|_| (), |rng, n| {
            let mut moments = [Moments::default(); 5];
            for _ in 0..n {
                let eps: Array1<f64> = Array1::random_using(80, StandardNormal, rng);
                let fitted = || -> Result<[f64; 5], RegressionError> {
                    let problem = Regression::new(design.clone(), design.dot(&w) + eps * noise)?;
                    let (free, shrunk) = (problem.ridge(0.0)?, problem.ridge(penalty)?);
                    Ok([free[0], free[1], shrunk[0], shrunk[1], problem.noise_variance()?])
                };
                let values = fitted().unwrap_or([f64::NAN; 5]);
                moments.iter_mut().zip(values).for_each(|(m, value)| m.push(value));
            }
            moments
        });
        let gram = design.t().dot(&design);
        let shrunk = longhand::inverse(&(&gram + &(Array2::<f64>::eye(2) * penalty))).dot(&gram.dot(&w));
        let exact = [w[0], w[1], shrunk[0], shrunk[1], noise * noise * 78.0 / 80.0];
        fits.iter().zip(exact).map(|(found, exact)| Sampled::mean(run, &found.estimate(), exact)).collect()
    })
}
