//! N5: EM on a mixture. N6: EM for probabilistic PCA.

use ndarray::{Array2, Axis};
use neighbours::{ProbabilisticPca, SampleMoments, mixture_em};
use prob::{Gaussian, Mixture};
use proptest::prelude::*;

use crate::problems::{gaussian_over, matrix, mixture, positive, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        the_bound_of_a_mixture_is_short_by_a_divergence(),
        neither_step_on_a_mixture_lowers_the_bound(),
        the_m_step_on_a_mixture_is_the_best(),
        neither_step_of_probabilistic_pca_lowers_the_bound(),
        one_iteration_is_the_regression_on_the_posterior(),
        the_closed_form_is_a_fixed_point(),
        no_other_model_is_likelier(),
    ]
}

/// A mixture, 12 examples, and responsibilities for them that nothing has chosen.
fn arbitrary() -> impl Strategy<Value = (Mixture, Array2<f64>, Array2<f64>)> {
    (1usize..=2).prop_flat_map(|d| (mixture(d), matrix(12, d, 3.0))).prop_flat_map(|(mixture, x)| {
        let k = mixture.len();
        let responsibilities = matrix(12, k, 1.0).prop_map(|logits| {
            let weights = logits.exp();
            &weights / &weights.sum_axis(Axis(1)).insert_axis(Axis(1))
        });
        (Just(mixture), Just(x), responsibilities)
    })
}

/// `log w_k + log N(x; m_k, S_k)` of each component, densities written out.
fn log_joint(mixture: &Mixture, x: &ndarray::ArrayRef1<f64>) -> Vec<f64> {
    mixture.parts().map(|(weight, law)| weight.ln() + longhand::log_prob(law, x)).collect()
}

fn the_bound_of_a_mixture_is_short_by_a_divergence() -> Claim {
    Claim::new("N5a", "1/n Σ log p(x_i) = F(r) + 1/n Σ KL(r_i ‖ P(k|x_i)) for any responsibilities r, F(r) = 1/n Σ r_ik log(w_k N_k(x_i)/r_ik)")
        .source("notes 004")
        .source("Neal and Hinton 1998")
        .why("Σ_k r log(w N/r) = Σ_k r (log P(k|x) + log p(x) - log r): the sum over k of r is 1.")
        .compares("the bound with likelihood and divergence, densities written out; after the E-step with the likelihood alone")
        .identity(1e-10, arbitrary(), |(mixture, x, r), trial| {
            let (mut log_likelihood, mut divergence) = (0.0, 0.0);
            for (x, r) in x.rows().into_iter().zip(r.rows()) {
                let log_joint = log_joint(mixture, &x);
                let largest = log_joint.iter().fold(f64::NEG_INFINITY, |max: f64, l| max.max(*l));
                let log_p = largest + log_joint.iter().map(|l| (l - largest).exp()).sum::<f64>().ln();
                log_likelihood += log_p / 12.0;
                divergence += r.iter().zip(&log_joint).map(|(r, l)| r * (r.ln() - l + log_p)).sum::<f64>() / 12.0;
            }
            let scale = 1.0 + log_likelihood.abs() + divergence;
            trial.at_most(scale, 0.0, divergence + 1e-12);
            let Some(bound) = trial.posed(mixture_em::bound(mixture, x, r)) else { return };
            trial.at(scale, bound, log_likelihood - divergence);
            let tight = mixture_em::bound(mixture, x, &mixture_em::e_step(mixture, x));
            if let Some(tight) = trial.posed(tight) {
                trial.at(scale, tight, log_likelihood);
            }
        })
}

fn neither_step_on_a_mixture_lowers_the_bound() -> Claim {
    Claim::new("N5b", "EM on a mixture: neither the E-step nor the M-step lowers the bound")
        .source("notes 004")
        .source("Dempster 1977")
        .why("Each is the maximum over one of its two arguments: r_i = P(k|x_i) makes KL 0, the M-step is N5c.")
        .compares("bounds along four iterations from parameters and responsibilities that nothing has chosen")
        .inequality(1e-11, arbitrary(), |(mixture, x, r), trial| {
            let (mut mixture, mut r) = (mixture.clone(), r.clone());
            let bound = |mixture: &Mixture, r: &Array2<f64>| mixture_em::bound(mixture, x, r).unwrap_or(f64::NAN);
            for _ in 0..4 {
                let before = bound(&mixture, &r);
                let e = mixture_em::e_step(&mixture, x);
                let after_e = bound(&mixture, &e);
                trial.at_most(1.0 + before.abs(), before, after_e);
                // A component may be left with too few examples for a covariance; the climb ends there.
                let Ok(next) = mixture_em::m_step(x, &e) else { return };
                trial.at_most(1.0 + after_e.abs(), after_e, bound(&next, &e));
                (mixture, r) = (next, e);
            }
        })
}

fn the_m_step_on_a_mixture_is_the_best() -> Claim {
    let problem =
        (arbitrary(), positive(0.3), vector(2, 0.3), prop::collection::vec(0.01..1.0f64, 8), 0.0..0.3f64);
    Claim::new("N5c", "the M-step is the maximum: weights Σ r/n, means and covariances weighted by r; no other parameters have a higher bound")
        .source("notes 004")
        .source("Dempster 1977")
        .why("Given r the bound is a sum of weighted log-likelihoods, one for each Gaussian and one for the weights (A2b).")
        .compares("the bound after the M-step with that of wider, shifted components with weights mixed towards any others")
        .inequality(1e-11, problem, |((_, x, r), stretch, shift, target, share), trial| {
            let Some(best) = trial.posed(mixture_em::m_step(x, r)) else { return };
            let (d, total) = (x.ncols(), target[..best.len()].iter().sum::<f64>());
            let moved = best.parts().zip(target).map(|((weight, law), towards)| {
                let shifted = law.mean() + &shift.slice(ndarray::s![..d]);
                let weight = weight * (1.0 - share) + share * towards / total;
                (weight, Gaussian::new(shifted, law.covariance() * *stretch))
            });
            let (weights, laws): (Vec<f64>, Vec<_>) = moved.unzip();
            let laws = laws.into_iter().collect::<Result<Vec<_>, _>>();
            let Some(other) = trial.posed(laws.and_then(|laws| Mixture::new(weights, laws))) else { return };
            let Some(at_best) = trial.posed(mixture_em::bound(&best, x, r)) else { return };
            let Some(elsewhere) = trial.posed(mixture_em::bound(&other, x, r)) else { return };
            trial.at_most(1.0 + at_best.abs(), elsewhere, at_best);
        })
}

/// Data in two or three dimensions and a model of fewer latents that nothing has chosen, at the mean of the data.
fn any_model() -> impl Strategy<Value = (SampleMoments, ProbabilisticPca, usize)> {
    (2usize..=3).prop_flat_map(|d| (Just(d), 1..d)).prop_flat_map(|(d, k)| {
        (gaussian_over(d, 1.0), matrix(d, k, 2.0), positive(1.0)).prop_map(move |(data, weight, variance)| {
            let model = ProbabilisticPca::new(weight, data.mean().clone(), variance);
            ((&data).into(), model.expect("a positive variance"), k)
        })
    })
}

fn neither_step_of_probabilistic_pca_lowers_the_bound() -> Claim {
    Claim::new("N6a", "EM for probabilistic PCA: the E-step makes the bound log-likelihood, the M-step does not lower it, nor EM the likelihood")
        .source("notes 004")
        .source("Tipping and Bishop 1999")
        .why("As B10d, with one variance of the noise for all coordinates.")
        .compares("average bounds along E, M, E with likelihood less divergence of the posteriors, by cofactors")
        .inequality(1e-10, any_model(), |(data, model, _), trial| {
            let Some(next) = trial.posed(model.em_step(data)) else { return };
            let bounds = [(model, model), (model, &next), (&next, &next)];
            let bounds = bounds.map(|(posterior, model)| model.bound_under(posterior, data).unwrap_or(f64::NAN));
            let likelihood = |model: &ProbabilisticPca| -longhand_cross_entropy(data, model);
            let scale = 1.0 + bounds[0].abs();
            trial.at(scale, bounds[0], likelihood(model));
            trial.at(scale, bounds[1], likelihood(&next) - longhand_divergence(data, model, &next));
            trial.at(scale, bounds[2], likelihood(&next));
            trial.at_most(scale, bounds[0], bounds[1]);
            trial.at_most(scale, bounds[1], bounds[2]);
        })
}

/// Of two models of the same mean, the average of `KL(p(z|x) ‖ p̃(z|x))` over the data, by cofactors: the posteriors are
/// `N(M⁻¹Wᵀ(x - m), σ² M⁻¹)`.
fn longhand_divergence(data: &SampleMoments, one: &ProbabilisticPca, other: &ProbabilisticPca) -> f64 {
    let posterior = |model: &ProbabilisticPca| {
        let w = model.weight();
        let m = w.t().dot(w) + Array2::<f64>::eye(w.ncols()) * model.variance();
        (longhand::inverse(&m).dot(&w.t()), longhand::inverse(&m) * model.variance(), m / model.variance())
    };
    let ((encode, spread, _), (encode_other, spread_other, precision)) = (posterior(one), posterior(other));
    let apart = encode - encode_other;
    let shift = precision.dot(&apart.dot(data.covariance()).dot(&apart.t())).diag().sum();
    let log_ratio = longhand::determinant(&spread_other).ln() - longhand::determinant(&spread).ln();
    0.5 * (log_ratio - spread.nrows() as f64 + precision.dot(&spread).diag().sum() + shift)
}

/// `½ (log det 2πC + tr C⁻¹ S)` at equal means, by cofactors.
fn longhand_cross_entropy(data: &SampleMoments, model: &ProbabilisticPca) -> f64 {
    let c = model.covariance();
    let log_det = longhand::determinant(&(&c * (2.0 * std::f64::consts::PI))).ln();
    0.5 * (log_det + longhand::inverse(&c).dot(data.covariance()).diag().sum())
}

fn one_iteration_is_the_regression_on_the_posterior() -> Claim {
    Claim::new("N6b", "W̃ = S W (σ² I + M⁻¹ Wᵀ S W)⁻¹, σ̃² = tr(S - S W M⁻¹ W̃ᵀ)/d: E-step, then regression of x on z, its covariance averaged")
        .source("Tipping and Bishop 1999")
        .why("With q(z|x) = N(M⁻¹Wᵀ(x - m), σ² M⁻¹): Cov(x, z) = S W M⁻¹ and Cov(z) = σ² M⁻¹ + M⁻¹ Wᵀ S W M⁻¹.")
        .compares("one iteration with the regression on the joint law of x and z, by Cramer's rule")
        .identity(1e-9, any_model(), |(data, model, _), trial| {
            let Some(next) = trial.posed(model.em_step(data)) else { return };
            let (w, s) = (model.weight(), data.covariance());
            let m = w.t().dot(w) + Array2::<f64>::eye(w.ncols()) * model.variance();
            let encode = longhand::inverse(&m).dot(&w.t());
            let latents = encode.dot(s).dot(&encode.t()) + longhand::inverse(&m) * model.variance();
            let across = s.dot(&encode.t());
            let weight = across.dot(&longhand::inverse(&latents));
            let size = weight.iter().fold(1.0, |max: f64, v| max.max(v.abs()));
            trial.arrays(size, next.weight(), &weight);
            let left = (s - &weight.dot(&across.t())).diag().sum() / s.nrows() as f64;
            trial.at(s.diag().sum(), next.variance(), left);
        })
}

fn the_closed_form_is_a_fixed_point() -> Claim {
    Claim::new("N6c", "W = U_k (Λ_k - σ² I)^½ with σ² the mean of the other eigenvalues is a fixed point of EM, however z is turned")
        .source("Tipping and Bishop 1999")
        .why("There the slope of the likelihood is zero, and EM rests where it is.")
        .compares("the closed form, turned, before and after one iteration")
        .identity(1e-9, (any_model(), -3.0..3.0f64), |((data, _, k), angle), trial| {
            let Some(best) = trial.posed(ProbabilisticPca::maximum_likelihood(data, *k)) else { return };
            let (sin, cos) = angle.sin_cos();
            let turn = ndarray::array![[cos, sin], [-sin, cos]];
            let weight = if *k == 2 { best.weight().dot(&turn) } else { -best.weight() };
            let turned = ProbabilisticPca::new(weight, data.mean().clone(), best.variance());
            let Some(next) = trial.posed(turned.and_then(|turned| turned.em_step(data))) else { return };
            let scale = data.covariance().diag().sum();
            trial.at(scale, next.variance(), best.variance());
            trial.arrays(scale, &next.covariance(), &best.covariance());
        })
}

fn no_other_model_is_likelier() -> Claim {
    let near = (any_model(), 0.0..1.0f64, -0.5..0.5f64);
    Claim::new("N6d", "no W and σ² have a higher likelihood than the closed form of probabilistic PCA")
        .source("Tipping and Bishop 1999")
        .why("Of all stationary points the one that keeps the k largest eigenvalues has the highest likelihood.")
        .compares("likelihoods by cofactors of the closed form with those of models from near it to anywhere")
        .inequality(1e-10, near, |((data, other, k), distance, stretch), trial| {
            let Some(best) = trial.posed(ProbabilisticPca::maximum_likelihood(data, *k)) else { return };
            let weight = best.weight() * (1.0 - distance) + other.weight() * *distance;
            let variance = best.variance() * (stretch * distance).exp();
            let Some(other) = trial.posed(ProbabilisticPca::new(weight, data.mean().clone(), variance)) else {
                return;
            };
            let least = longhand_cross_entropy(data, &best);
            trial.at_most(1.0 + least.abs(), least, longhand_cross_entropy(data, &other));
            let Some(found) = trial.posed(best.average_log_likelihood(data)) else { return };
            trial.nats(found, -least);
        })
}
