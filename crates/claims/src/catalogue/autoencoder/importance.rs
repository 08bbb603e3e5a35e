//! B9: the evidence as an average over the prior, or over the encoder with weights.

use montecarlo::{Moments, MonteCarlo};
use ndarray::{Array1, Array2, Axis, array};
use prob::numerics::log_mean_exp;
use prob::{Conditional, GaussHermite, Gaussian, standard_normal};
use proptest::prelude::*;
use vae::LinearVae;
use vae::importance::{effective_sample_size, estimate_importance_bound, log_weights};

use super::{log_evidence, log_joint};
use crate::judge::Sampled;
use crate::problems::{conditional_on_the_line, linear_vae, model, on_the_line, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        averages_over_the_prior_are_unbiased(),
        the_relative_variance_is_exact(),
        it_grows_exponentially_with_the_dimension(),
        the_posterior_needs_one_draw(),
        the_effective_sample_size_tells_the_variance(),
        the_bound_rises_with_the_number_of_samples(),
        sampled_bounds_have_those_means(),
    ]
}

/// The smallest decoder there is, `p(x|z) = N(z, 1)`, with an encoder beside its posterior `N(x/2, 1/2)`.
fn small_vae() -> LinearVae {
    model(conditional_on_the_line(0.4, 0.1, 0.6), conditional_on_the_line(1.0, 0.0, 1.0))
}

fn averages_over_the_prior_are_unbiased() -> Claim {
    Claim::new("B9a", "E p(x|z_i) = p(x), z_i ~ p(z), and E p(x, z_i)/q(z_i|x) = p(x), z_i ~ q(z|x); variances χ²(p(z|x) ‖ ·) p(x)²")
        .source("notes 003")
        .why("∫ r(z) p(x, z)/r(z) dz = p(x) whatever r is; Var w = ∫ p(x, z)²/r(z) dz - p(x)².")
        .compares("means and variances of 5 · 2²⁰ weights from the prior and from the encoder with the exact ones")
        .law(|run, streams| {
            let (vae, x) = (small_vae(), array![0.5]);
            let log_p = vae.log_evidence(&x);
            let proposals = [conditional_on_the_line(0.0, 0.0, 1.0), vae.encoder().clone()];
            let mut tests = Vec::new();
            for (k, proposal) in proposals.iter().enumerate() {
                let plan = MonteCarlo::new(5 << 20, streams.role(["prior", "encoder"][k]));
                let [mean, square] = plan.run(&|_| (), |rng, n| {
                    let rows = Array2::from_elem((n, 1), x[0]);
                    let eps = standard_normal((n, 1), rng);
                    let z = proposal.sample_given_noise(&rows, &eps);
                    let relative = log_weights(proposal, vae.decoder(), &rows, &z).mapv(|w| (w - log_p).exp());
                    [relative.to_vec(), relative.mapv(|w| (w - 1.0).powi(2)).to_vec()].map(|w| Moments::of(&w))
                });
                let variance = vae.weight_variance(&x, &proposal.given(&x)).unwrap_or(f64::NAN);
                tests.push(Sampled::mean(run, &mean.estimate(), 1.0));
                tests.push(Sampled::mean(run, &square.estimate(), variance));
            }
            tests
        })
}

fn the_relative_variance_is_exact() -> Claim {
    let problem = linear_vae(1, 1)
        .prop_flat_map(|vae| (Just(vae), vector(1, 2.0), -0.5..0.5f64, 0.55..3.0f64))
        .prop_filter_map("a posterior", |(vae, x, shift, width)| {
            let posterior = vae.posterior().ok()?.given(&x);
            let (m, v) = (longhand::mean(&posterior), longhand::variance(&posterior));
            Some((vae, x, on_the_line(m + shift * v.sqrt(), v * width)))
        });
    Claim::new(
        "B9b",
        "Var w/p(x)² = χ²(p(z|x) ‖ r) = det S_r/√(det S_p det M) exp(δ'M⁻¹δ) - 1, M = 2S_r - S_p",
    )
    .source("notes 003")
    .why(
        "w/p(x) = p(z|x)/r(z), and ∫ p(z|x)²/r(z) dz is a Gaussian integral of precision 2S_p⁻¹ - S_r⁻¹:\n\
             finite as long as r is wider than half of the posterior.",
    )
    .compares("the closed form with an adaptive quadrature of the squared weight, densities written out")
    .identity(1e-10, problem, |(vae, x, proposal), trial| {
        let (m, v) = (longhand::mean(proposal), longhand::variance(proposal));
        let Some(variance) = trial.posed(vae.weight_variance(x, proposal)) else { return };
        // 1/(2/v_p - 1/v) is the variance of p²/r; v_p and M follow from the decoder, by hand.
        let (a, r) = (vae.decoder().weight()[[0, 0]], vae.decoder().covariance()[[0, 0]]);
        let v_p = 1.0 / (1.0 + a * a / r);
        let m_p = v_p * a * (x[0] - vae.decoder().bias()[0]) / r;
        let spread = 1.0 / (2.0 / v_p - 1.0 / v);
        let bump = spread * (2.0 * m_p / v_p - m / v);
        let log_p = log_evidence(vae, x);
        let square = longhand::integral(&longhand::breaks([(bump, spread)]), |z| {
            (2.0 * (log_joint(vae, x, &array![z]) - log_p) - longhand::log_normal(z, m, v)).exp()
        });
        trial.at(1.0 + variance, 1.0 + variance, square);
    })
}

fn it_grows_exponentially_with_the_dimension() -> Claim {
    let problem = (0.3..3.0f64, 0.2..2.0f64, -2.0..2.0f64, 1usize..=12);
    Claim::new("B9c", "averaging p(x|z) over the prior is hopeless: d independent coordinates make 1 + Var w/p(x)² a d-th power")
        .source("notes 003")
        .why("The weight is a product of d independent ones, and so is the mean of its square: (1 + χ²)^d.")
        .compares("the closed form in d dimensions with the d-th power of ∫ p(z) p(x|z)² dz/p(x)² of one, by hand")
        .identity(1e-10, problem, |&(a, r, x, d), trial| {
            let scaled = |s: f64| Array2::<f64>::eye(d) * s;
            let decoder = crate::problems::linear(scaled(a), Array1::zeros(d), scaled(r));
            let vae = model(crate::problems::linear(scaled(0.0), Array1::zeros(d), scaled(1.0)), decoder);
            let Some(variance) = trial.posed(vae.weight_variance(&Array1::from_elem(d, x), vae.prior())) else { return };
            // p(x|z)² = N(x; az, r/2)/√(4πr), so that its average is a density again.
            let log_square = longhand::log_normal(x, 0.0, a * a + 0.5 * r) - 0.5 * (4.0 * std::f64::consts::PI * r).ln();
            let log_one = log_square - 2.0 * longhand::log_normal(x, 0.0, a * a + r);
            trial.nats(variance.ln_1p(), d as f64 * log_one);
        })
}

fn the_posterior_needs_one_draw() -> Claim {
    Claim::new("B9d", "drawn from p(z|x) every weight is p(x); from any other proposal the variance is positive, ≥ e^KL - 1")
        .source("notes 003")
        .why("p(x, z)/p(z|x) = p(x) for every z (B3a). And log E_p (p/r) ≥ E_p log(p/r) = KL(p ‖ r), by Jensen.")
        .compares("weights of draws from the posterior with the density of x; log(1 + variance) with the divergence")
        .inequality(1e-9, crate::problems::observed_vae(), |(vae, x, z), trial| {
            let Some(exact) = trial.posed(vae.e_step()) else { return };
            let (rows, latents) = (x.view().insert_axis(Axis(0)), z.view().insert_axis(Axis(0)));
            let weight = log_weights(exact.encoder(), exact.decoder(), &rows, &latents)[0];
            let scale = 1.0 + log_joint(vae, x, z).abs() + (log_joint(vae, x, z) - weight).abs();
            trial.at(scale, weight, log_evidence(vae, x));

            let posterior = exact.encoder().given(x);
            let Some(at_best) = trial.posed(vae.weight_variance(x, &posterior)) else { return };
            trial.at(1.0, at_best, 0.0);
            let proposal = vae.encoder().given(x);
            let Some(variance) = trial.posed(vae.weight_variance(x, &proposal)) else { return };
            let divergence = longhand::divergence(&posterior, &proposal);
            trial.at_most(1.0 + divergence, divergence, variance.ln_1p());
        })
}

fn the_effective_sample_size_tells_the_variance() -> Claim {
    Claim::new(
        "B9e",
        "n_eff = (Σw)²/Σw² = n/(1 + Var w/(E w)²): n for equal weights, 1 for a single one, never outside",
    )
    .source("notes 003")
    .source("Kish 1965")
    .why("Σw²/n = Var w + (E w)² for the weights at hand.")
    .compares(
        "n_eff from logarithms with n over one plus the squared coefficient of variation, and with both ends",
    )
    .identity(1e-11, prop::collection::vec(-8.0..8.0f64, 1..20), |logs, trial| {
        let n = logs.len() as f64;
        let weights: Vec<f64> = logs.iter().map(|l| l.exp()).collect();
        let mean = weights.iter().sum::<f64>() / n;
        let variance = weights.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / n;
        let size = effective_sample_size(logs);
        trial.equal(size, n / (1.0 + variance / (mean * mean)));
        trial.at_most(n, size, n * (1.0 + 1e-13));
        trial.at_most(1.0, 1.0 - 1e-13, size);
        trial.equal(effective_sample_size(&vec![logs[0]; logs.len()]), n);
    })
}

/// `L_k = E log (1/k Σ w_i)` on the line by the product rule of `n` nodes, the weights written out.
fn importance_bound(vae: &LinearVae, x: f64, k: usize, n: usize) -> f64 {
    let encoder = vae.encoder().given(&array![x]);
    let (m, v) = (longhand::mean(&encoder), longhand::variance(&encoder));
    let decoder = vae.decoder();
    let (a, b, r) = (decoder.weight()[[0, 0]], decoder.bias()[0], decoder.covariance()[[0, 0]]);
    let log_weight = |eps: &f64| {
        let z = m + v.sqrt() * eps;
        let log_joint = longhand::log_normal(z, 0.0, 1.0) + longhand::log_normal(x, a * z + b, r);
        log_joint - longhand::log_normal(z, m, v)
    };
    GaussHermite::new(n).expectation(&Gaussian::standard(k), |eps| {
        log_mean_exp(&eps.iter().map(log_weight).collect::<Vec<_>>())
    })
}

fn the_bound_rises_with_the_number_of_samples() -> Claim {
    let problem = (0.5..1.5f64, 0.3..2.0f64, -0.5..0.5f64, 0.8..2.0f64, -2.0..2.0f64);
    Claim::new("B9f", "ELBO = L_1 ≤ L_2 ≤ L_3 ≤ log p(x), L_k = E_q log (1/k Σ_{i≤k} w_i)")
        .source("notes 003")
        .source("Burda 2016")
        .why(
            "The mean of k weights is the average, over the k ways to leave one out, of means of k - 1;\n\
             Jensen for that average gives L_{k-1} ≤ L_k, and for the mean of w gives L_k ≤ log p(x).",
        )
        .compares(
            "the bounds on the line by product quadrature, weights written out; L_1 with the closed form",
        )
        .inequality(1e-9, problem, |&(a, r, shift, width, x), trial| {
            let decoder = conditional_on_the_line(a, 0.0, r);
            let variance = 1.0 / (1.0 + a * a / r);
            // Off the posterior by a share of its width, and wider: every weight has a variance.
            let encoder =
                conditional_on_the_line(variance * a / r, shift * variance.sqrt(), width * variance);
            let vae = model(encoder, decoder);
            let bounds = [1, 2, 3].map(|k| importance_bound(&vae, x, k, 10));
            let x = array![x];
            trial.nats(bounds[0], vae.bound(&x).elbo());
            trial.at_most(1.0, bounds[0], bounds[1]);
            trial.at_most(1.0, bounds[1], bounds[2]);
            trial.at_most(1.0, bounds[2], vae.log_evidence(&x));
        })
}

fn sampled_bounds_have_those_means() -> Claim {
    Claim::new("B9g", "drawn bounds of k = 1, 2 and 3 latents have the means L_1, L_2, L_3")
        .source("notes 003")
        .source("Burda 2016")
        .why(
            "B9f, seen in draws: at x = 3 the encoder N(.4x + .1, .6) stands beside the posterior N(x/2, ½).",
        )
        .compares("2¹⁸ draws of each bound with the product quadrature")
        .law(|run, streams| {
            let (vae, x) = (small_vae(), array![3.0]);
            let test = |k: usize| {
                let plan = MonteCarlo::new(1 << 18, streams.role(["one", "two", "three"][k - 1]));
                let sampled = estimate_importance_bound(vae.encoder(), vae.decoder(), &x, k, &plan, &|_| ());
                Sampled::mean(run, &sampled, importance_bound(&vae, x[0], k, 40))
            };
            [1, 2, 3].map(test).to_vec()
        })
}
