//! B2: the best denoiser is the posterior mean, and Tweedie's formula for it.

use ndarray::array;
use proptest::prelude::*;

use crate::catalogue::limits::denoising::density_and_score;
use crate::problems::{dimension, mixture, noising, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        the_posterior_mean_is_tweedies_formula(),
        it_is_the_weighted_average_of_the_data(),
        it_is_the_best_denoiser(),
    ]
}

fn the_posterior_mean_is_tweedies_formula() -> Claim {
    let problem = (dimension().prop_flat_map(|d| (mixture(d), vector(d, 4.0))), 0.02..0.98f64);
    Claim::new("B2a", "E[x₀|x_t] = (x_t + (1-ᾱ) ∇ log q(x_t)) / √ᾱ for x_t = √ᾱ x₀ + √(1-ᾱ) ε")
        .source("Luo, score-based models")
        .source("Tweedie, in Efron 2011")
        .why(
            "∇q(x_t) = ∫ q(x₀) ∇N(x_t; √ᾱ x₀, 1-ᾱ) dx₀ = ∫ q(x₀) N(…) (√ᾱ x₀ - x_t)/(1-ᾱ) dx₀;\n\
             divide by q(x_t) and solve for the average of x₀.",
        )
        .compares(
            "the mean of the posterior mixture, and the score of the noised mixture, with densities and inverses written out",
        )
        .identity(1e-11, problem, |((data, x_t), alpha_bar), trial| {
            let noising = noising(data.dim(), *alpha_bar);
            let Some(posterior) = trial.posed(data.posterior(&noising, x_t)) else { return };
            let denoised = posterior.mean();
            // Written out: any weights of the components would satisfy the formula if both sides shared them.
            let (_, score) = density_and_score(&longhand::pushed_mixture(&noising, data), x_t);
            let size = score.fold(1.0, |max: f64, x| max.max(x.abs()));
            trial.arrays(size, &data.push(&noising).score(x_t), &score);
            let tweedie = (x_t + &(score * (1.0 - alpha_bar))) / alpha_bar.sqrt();
            let largest = x_t.iter().chain(&denoised).fold(1.0, |max: f64, x| max.max(x.abs()));
            trial.arrays(largest / alpha_bar.sqrt(), &denoised, &tweedie);
        })
}

fn it_is_the_weighted_average_of_the_data() -> Claim {
    Claim::new("B2b", "E[x₀|x_t] = ∫ x₀ q(x₀) q(x_t|x₀) dx₀ / ∫ q(x₀) q(x_t|x₀) dx₀")
        .source("Luo, score-based models")
        .why("Bayes' rule for the density of x₀, then its mean.")
        .compares("the mean of the posterior mixture on the line with two adaptive quadratures of the joint density")
        .identity(1e-9, (mixture(1), -3.0..3.0f64, 0.02..0.98f64), |&(ref data, place, alpha_bar), trial| {
            let x_t = longhand::mixture_mean(data) * alpha_bar.sqrt() + place;
            let Some(posterior) = trial.posed(data.posterior(&noising(1, alpha_bar), &array![x_t])) else { return };
            let log_likelihood = |x: f64| longhand::log_normal(x_t, alpha_bar.sqrt() * x, 1.0 - alpha_bar);
            // The likelihood is a bump in x₀ as well, at x_t/√ᾱ.
            let bump = (x_t / alpha_bar.sqrt(), (1.0 - alpha_bar) / alpha_bar);
            let breaks = longhand::breaks(longhand::parts(data).map(|(_, m, v)| (m, v)).chain([bump]));
            let log_joint = |x: f64| longhand::log_mixture(data, x) + log_likelihood(x);
            // Relative to the evidence, so that a place far from the data does not underflow.
            let noised = longhand::pushed_mixture(&noising(1, alpha_bar), data);
            let log_evidence = longhand::log_mixture(&noised, x_t);
            let weighted = |f: &dyn Fn(f64) -> f64| {
                longhand::integral(&breaks, |x| (log_joint(x) - log_evidence).exp() * f(x))
            };
            let mean = weighted(&|x| x) / weighted(&|_| 1.0);
            trial.at(1.0 + x_t.abs() / alpha_bar.sqrt(), posterior.mean()[0], mean);
        })
}

fn it_is_the_best_denoiser() -> Claim {
    Claim::new("B2c", "E|x₀ - f(x_t)|² = E Var(x₀|x_t) + E|f(x_t) - E[x₀|x_t]|²: the posterior mean is the best denoiser")
        .source("Luo, score-based models")
        .why("x₀ - f = (x₀ - E[x₀|x_t]) + (E[x₀|x_t] - f), and given x_t the first has mean 0: no cross term.")
        .compares("the error of f(x_t) = a x_t + c from the moments of the data with the average of both parts over x_t")
        .identity(
            1e-10,
            (mixture(1), 0.02..0.98f64, -2.0..2.0f64, -2.0..2.0f64),
            |&(ref data, alpha_bar, a, c), trial| {
                let noising = noising(1, alpha_bar);
                let (mean, variance) = (longhand::mixture_mean(data), longhand::mixture_variance(data));
                let gain = a * alpha_bar.sqrt() - 1.0;
                let squared_error =
                    gain.powi(2) * variance + a * a * (1.0 - alpha_bar) + (gain * mean + c).powi(2);
                let noised = longhand::pushed_mixture(&noising, data);
                let both_parts = longhand::average(&noised, |x_t| {
                    data.posterior(&noising, &array![x_t]).map_or(f64::NAN, |posterior| {
                        posterior.covariance()[[0, 0]] + (a * x_t + c - posterior.mean()[0]).powi(2)
                    })
                });
                trial.at(squared_error.max(1.0), both_parts, squared_error);
            },
        )
}
