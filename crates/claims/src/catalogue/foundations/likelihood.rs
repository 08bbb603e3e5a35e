//! A2: maximum likelihood is minimum divergence. A3: a Gaussian prior is a penalty.

use ndarray::{Array1, Array2};
use prob::{Gaussian, LinearGaussian, Mixture, Quadratic};
use proptest::prelude::*;

use crate::problems::{dimension, gaussian, gaussian_over, linear, matrix, mixture, positive, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        likelihood_and_divergence_differ_by_the_entropy(),
        the_best_gaussian_has_the_moments_of_the_data(),
        the_most_probable_weights_are_those_of_ridge_regression(),
        the_log_posterior_is_the_penalised_squared_error(),
    ]
}

/// `E_data log p_θ(x)` in nats for a Gaussian model, in closed form.
fn average_log_likelihood(data: &Mixture, model: &Gaussian) -> f64 {
    Quadratic::log_prob(&LinearGaussian::from(model)).expectation_over(data)
}

fn likelihood_and_divergence_differ_by_the_entropy() -> Claim {
    Claim::new(
        "A2a",
        "-E_data log p_θ = H(data) + KL(data ‖ p_θ): the same minimiser, since H(data) knows no θ",
    )
    .source("notes 004")
    .why("A1c with the data for p and the model for q; the first term does not depend on θ.")
    .compares("the average log-likelihood in closed form with entropy and divergence by adaptive quadrature")
    .identity(
        1e-10,
        (mixture(1), prop::array::uniform2(gaussian_over(1, 2.0))),
        |(data, models), trial| {
            let entropy = -longhand::average(data, |x| longhand::log_mixture(data, x));
            for model in models {
                let (m, v) = (longhand::mean(model), longhand::variance(model));
                let divergence = longhand::average(data, |x| {
                    longhand::log_mixture(data, x) - longhand::log_normal(x, m, v)
                });
                trial.nats(-average_log_likelihood(data, model), entropy + divergence);
            }
        },
    )
}

fn the_best_gaussian_has_the_moments_of_the_data() -> Claim {
    let problem = dimension().prop_flat_map(|d| (mixture(d), gaussian(d)));
    Claim::new(
        "A2b",
        "the Gaussian p* with the mean and covariance of the data is best: any other loses KL(p* ‖ p_θ)",
    )
    .source("notes 004")
    .why("log p* - log p_θ is a quadratic, so that its average is the same under the data as under p*.")
    .compares(
        "the difference of two average log-likelihoods with the divergence by cofactors, which is positive",
    )
    .identity(1e-10, problem, |(data, model), trial| {
        let Some(best) = trial.posed(Gaussian::new(data.mean(), data.covariance())) else { return };
        let (at_best, at_model) = (average_log_likelihood(data, &best), average_log_likelihood(data, model));
        let lost = longhand::divergence(&best, model);
        trial.that(lost > 0.0, "another model loses");
        trial.at(1.0 + at_best.abs() + at_model.abs(), at_best - at_model, lost);
    })
}

/// `y = X w + noise`: four observations, a prior precision and a noise variance.
#[derive(Debug)]
struct Regression {
    x: Array2<f64>,
    y: Array1<f64>,
    /// Weights to compare with the best ones.
    other: Array1<f64>,
    noise: f64,
    lambda: f64,
}

impl Regression {
    fn any() -> impl Strategy<Value = Self> {
        let arrays = dimension().prop_flat_map(|d| (matrix(4, d, 2.0), vector(4, 3.0), vector(d, 2.0)));
        (arrays, positive(1.0), positive(1.0)).prop_map(|((x, y, other), noise, lambda)| Self {
            x,
            y,
            other,
            noise,
            lambda,
        })
    }

    /// `p(w | y)` for the prior `N(0, I/λ)`, by Bayes' rule.
    fn posterior(&self) -> Result<Gaussian, prob::ProbError> {
        let likelihood = linear(self.x.clone(), Array1::zeros(4), Array2::eye(4) * self.noise);
        let prior = Gaussian::isotropic(Array1::zeros(self.other.len()), 1.0 / self.lambda)?;
        Ok(likelihood.bayes(&prior)?.given(&self.y))
    }

    /// `(XᵀX + λσ² I)⁻¹ Xᵀ y`.
    fn ridge(&self) -> Array1<f64> {
        let penalty = Array2::<f64>::eye(self.other.len()) * (self.lambda * self.noise);
        longhand::inverse(&(self.x.t().dot(&self.x) + penalty)).dot(&self.x.t().dot(&self.y))
    }

    /// `|y - Xw|²/(2σ²) + λ|w|²/2`.
    fn loss(&self, w: &Array1<f64>) -> f64 {
        let residual = &self.y - &self.x.dot(w);
        residual.dot(&residual) / (2.0 * self.noise) + 0.5 * self.lambda * w.dot(w)
    }
}

fn the_most_probable_weights_are_those_of_ridge_regression() -> Claim {
    Claim::new("A3a", "y = Xw + noise σ², w ~ N(0, I/λ): the most probable w given y is (XᵀX + λσ² I)⁻¹ Xᵀ y")
        .source("notes 004")
        .why("-log p(w|y) is |y - Xw|²/(2σ²) + λ|w|²/2 up to a constant; set its gradient to zero.")
        .compares("the mean of the posterior by Bayes' rule with ridge regression by Cramer's rule")
        .identity(1e-10, Regression::any(), |problem, trial| {
            let Some(posterior) = trial.posed(problem.posterior()) else { return };
            let ridge = problem.ridge();
            trial.arrays(1.0 + ridge.dot(&ridge).sqrt(), posterior.mean(), &ridge);
        })
}

fn the_log_posterior_is_the_penalised_squared_error() -> Claim {
    Claim::new("A3b", "log p(w|y) - log p(w*|y) = loss(w*) - loss(w), loss = |y - Xw|²/(2σ²) + λ|w|²/2")
        .source("notes 004")
        .why("log p(w|y) = log p(y|w) + log p(w) - log p(y): squared error, weight decay, and no w.")
        .compares("two log-densities of the posterior with the loss written out")
        .identity(1e-10, Regression::any(), |problem, trial| {
            let Some(posterior) = trial.posed(problem.posterior()) else { return };
            let (w, best) = (&problem.other, problem.ridge());
            let log_ratio = posterior.log_prob(w) - posterior.log_prob(&best);
            let loss = problem.loss(w);
            trial.at(1.0 + loss, log_ratio, problem.loss(&best) - loss);
        })
}
