//! A4: sums of independent normals. A6: conditioning and Bayes' rule.

use ndarray::array;
use prob::{Gaussian, Mixture, standard_normal};
use proptest::prelude::*;

use crate::judge::Sampled;
use crate::problems::{conditional, conditional_on_the_line, dimension, gaussian_over, positive, vector};
use crate::{Claim, longhand};

pub(super) fn sums() -> Vec<Claim> {
    vec![a_sum_has_the_convolved_density(), drawn_sums_follow_the_law()]
}

pub(super) fn conditioning() -> Vec<Claim> {
    vec![conditioning_the_joint_is_bayes_rule(), the_posterior_density_is_joint_over_evidence()]
}

/// `a N(0,1) + b N(0,1)` as a law: one draw pushed through a conditional that adds the other.
fn weighted_sum(a: f64, b: f64) -> Gaussian {
    conditional_on_the_line(a, 0.0, b * b).push(&Gaussian::standard(1))
}

fn a_sum_has_the_convolved_density() -> Claim {
    Claim::new("A4a", "a N(0,1) + b N(0,1) = N(0, a² + b²)")
        .source("notes 001 §3.10")
        .source("notes 003")
        .why("Variances of independent terms add, and the convolution of two Gaussians is Gaussian.")
        .compares("the density of the pushed law with ∫ N(s; 0, a²) N(y - s; 0, b²) ds, and its variance with a² + b²")
        .identity(1e-10, (positive(1.0), positive(1.0), -3.0..3.0f64), |&(a, b, place), trial| {
            let y = place * a.hypot(b);
            // Both factors of the integrand, and so its peak, are within the breaks of one or the other.
            let breaks = longhand::breaks([(0.0, a * a), (y, b * b)]);
            let convolution = longhand::integral(&breaks, |s| {
                (longhand::log_normal(s, 0.0, a * a) + longhand::log_normal(y - s, 0.0, b * b)).exp()
            });
            let sum = weighted_sum(a, b);
            trial.equal(longhand::variance(&sum), a * a + b * b);
            // The quadrature knows the convolution to 1e-12 of max(1, its value).
            trial.at(convolution.max(0.1), sum.log_prob(&array![y]).exp(), convolution);
        })
}

fn drawn_sums_follow_the_law() -> Claim {
    Claim::new("A4b", "draws of a N(0,1) + b N(0,1) have the distribution function of N(0, a² + b²)")
        .source("notes 001 §3.10")
        .source("notes 003")
        .why("A4a, seen in draws.")
        .compares("300 000 sums with the distribution function, Kolmogorov–Smirnov, for (a, b) = (.6, .8) and (-2, .5)")
        .law(|run, streams| {
            let eps = standard_normal((300_000, 2), &mut streams.rng(0));
            let follows = |(a, b): (f64, f64)| {
                let law = Mixture::from(weighted_sum(a, b));
                Sampled::law(run, &eps.dot(&array![a, b]).to_vec(), |x| law.cdf(x))
            };
            [(0.6, 0.8), (-2.0, 0.5)].map(follows).to_vec()
        })
}

fn conditioning_the_joint_is_bayes_rule() -> Claim {
    let problem = (dimension(), dimension())
        .prop_flat_map(|(n, m)| (gaussian_over(n, 1.0), conditional(n, m), vector(m, 3.0)));
    Claim::new(
        "A6a",
        "p(x|y) = N(P'(P⁻¹m + WᵀS⁻¹(y - b)), P'), P'⁻¹ = P⁻¹ + WᵀS⁻¹W: the conditional of the joint law",
    )
    .source("Bishop 2006, §2.3.3")
    .why(
        "The exponent of p(x) p(y|x) is quadratic in x: precisions add.\n\
             The Schur complement of the joint covariance is the same matrix (Woodbury).",
    )
    .compares(
        "adding precisions with the Schur complement of the joint covariance: covariance and divergence",
    )
    .identity(1e-9, problem, |(prior, likelihood, y), trial| {
        let n = prior.dim();
        let seen: Vec<usize> = (n..n + y.len()).collect();
        let Some(reversed) = trial.posed(likelihood.bayes(prior)) else { return };
        let joint = likelihood.joint(prior);
        let Some(conditioned) = trial.posed(joint.condition(&seen, y)) else { return };
        let posterior = reversed.given(y);
        trial.covariances(posterior.covariance(), conditioned.covariance());
        // The divergence of close laws is the square of their distance.
        trial.at(1.0, posterior.kl_divergence(&conditioned).sqrt(), 0.0);
    })
}

fn the_posterior_density_is_joint_over_evidence() -> Claim {
    let problem = (dimension(), dimension())
        .prop_flat_map(|(n, m)| (gaussian_over(n, 1.0), conditional(n, m), vector(n, 3.0), vector(m, 3.0)));
    Claim::new("A6b", "p(x|y) = p(x) p(y|x) / p(y) at every x and y")
        .source("Bishop 2006, §2.3.3")
        .why("Both orders of writing the joint density: p(x) p(y|x) = p(y) p(x|y).")
        .compares("the log-density of the reversed conditional with three log-densities written out")
        .identity(1e-10, problem, |(prior, likelihood, x, y), trial| {
            let Some(reversed) = trial.posed(likelihood.bayes(prior)) else { return };
            let (mean, covariance) = longhand::pushed(likelihood, prior);
            let terms = [
                longhand::log_prob(prior, x),
                longhand::log_prob_given(likelihood, x, y),
                -longhand::log_gaussian(y, &mean, &covariance),
            ];
            let scale = 1.0 + terms.iter().map(|t| t.abs()).sum::<f64>();
            trial.at(scale, reversed.given(y).log_prob(x), terms.iter().sum());
        })
}
