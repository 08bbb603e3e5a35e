//! What the forward chain does to data, and which reverse variances are exact.

use montecarlo::Streams;
use ndarray::{Array1, Array2, array};
use prob::{Conditional, Gaussian, LinearGaussian, Mixture, standard_normal};
use vdm::{ReverseVariance, Sampler, Schedule};

use super::{log_snr_path, normal_data, samples};
use crate::chains::schedule;
use crate::judge::Sampled;
use crate::{Claim, Run, longhand, problems};

/// The claims about the forward chain.
pub(super) fn claims() -> Vec<Claim> {
    vec![
        prior_matching_vanishes(),
        forgets_the_data(),
        marginal_in_law(),
        two_data_laws_with_a_known_variance(),
    ]
}

fn prior_matching_vanishes() -> Claim {
    Claim::new("D1d", "KL(q(x_T|x_0) ‖ N(0, I)) = ½ ᾱ_T |x_0|² + O(ᾱ_T²): the prior term falls to 0 with ᾱ_T")
        .source("Luo (58)")
        .source("notes 001 §3")
        .why(
            "KL(N(√ᾱ x_0, 1-ᾱ) ‖ N(0, 1)) = ½ (ᾱ x_0² - ᾱ - log(1-ᾱ)) in each coordinate.\n\
             -log(1-ᾱ) = ᾱ + ½ ᾱ² + …, so the sum is ½ ᾱ |x_0|² + O(ᾱ²).\n\
             Nothing in it can be learned; it is made small by the choice of ᾱ_T.",
        )
        .compares("the fitted exponent, 2, of what the leading term leaves of the marginal law's divergence, against 1/ᾱ_T, at x_0 = (0.8, -0.3)")
        .rate(2.0, 1e-3, |_| {
            let x_0 = array![0.8, -0.3];
            (6..=11)
                .map(|steps| {
                    let schedule = Schedule::from_alphas(&vec![0.3; steps]).expect("0 < α < 1");
                    let last = schedule.marginal(steps, 2).given(&x_0);
                    let alpha_bar = 0.3f64.powi(steps as i32);
                    let leading = 0.5 * alpha_bar * x_0.dot(&x_0);
                    (1.0 / alpha_bar, (last.kl_divergence(&Gaussian::standard(2)) - leading).abs())
                })
                .collect()
        })
}

fn forgets_the_data() -> Claim {
    Claim::new("D1e", "KL(q(x_T) ‖ N(0, 1)) of data with mean 0 and variance 1 falls as ᾱ_T³: x_T → N(0, 1) in law")
        .source("notes 001 §3")
        .why(
            "Mean 0 and variance 1 are kept by every step; the third cumulant is scaled by ᾱ_T^{3/2}.\n\
             A law with third cumulant κ is κ²/12 nats from the normal law of its mean and variance, to leading order.\n\
             So what is left of skew data after T steps is ᾱ_T³ κ²/12.",
        )
        .compares("the fitted exponent of the divergence of the pushed mixture, by quadrature, against 1/ᾱ_T")
        .rate(3.0, 0.02, |_| {
            let left = problems::on_the_line(-2.0, 0.1);
            let right = problems::on_the_line(0.4, 0.2);
            let skew = Mixture::new(vec![0.15, 0.85], vec![left, right]).expect("weights that sum to 1");
            let data = standardised(&skew);
            (0..5)
                .map(|i| {
                    let schedule = log_snr_path(3, 3.0, -4.0 - 0.4 * f64::from(i), |u| u);
                    let noised = data.push(&schedule.marginal(3, 1));
                    let divergence = longhand::average(&noised, |x| {
                        longhand::log_mixture(&noised, x) - longhand::log_normal(x, 0.0, 1.0)
                    });
                    (1.0 / schedule.alpha_bar(3), divergence)
                })
                .collect()
        })
}

/// The mixture on the line shifted and scaled to mean 0 and variance 1.
fn standardised(data: &Mixture) -> Mixture {
    let (mean, variance) = (longhand::mixture_mean(data), longhand::mixture_variance(data));
    let parts = longhand::parts(data)
        .map(|(w, m, v)| (w, problems::on_the_line((m - mean) / variance.sqrt(), v / variance)));
    let (weights, components) = parts.unzip();
    Mixture::new(weights, components).expect("the weights of a mixture")
}

fn marginal_in_law() -> Claim {
    Claim::new("D2c", "x_t = √α_t x_{t-1} + √(1-α_t) ε_t step by step has the law N(√ᾱ_t x_0, 1-ᾱ_t)")
        .source("Luo (69)-(70)")
        .source("notes 001 §3.10")
        .why(
            "A sum of independent normals is normal: a ε + b ε' has the law of √(a²+b²) ε.\n\
             So √α_t √(1-α_{t-1}) ε_{t-1} + √(1-α_t) ε_t has variance α_t - α_t α_{t-1} + 1 - α_t = 1 - α_t α_{t-1}, and so on down.",
        )
        .compares("simulated chains against the distribution function of the closed form (Kolmogorov-Smirnov)")
        .law(|run, streams| {
            let schedules: [&[f64]; 3] = [&[0.9, 0.7, 0.5], &[0.99, 0.9, 0.6, 0.3], &[0.2, 0.95]];
            schedules.iter().map(|alphas| simulated_marginal(run, streams, alphas)).collect()
        })
}

/// Chains from x_0 = 0.8 simulated to their end, against `N(√ᾱ_T x_0, 1-ᾱ_T)` written out.
fn simulated_marginal(run: &Run, streams: &Streams, alphas: &[f64]) -> Sampled {
    let schedule = Schedule::from_alphas(alphas).expect("0 < α < 1");
    let drawn = samples(streams.role(&format!("{alphas:?}")), |rng, n| {
        let start = Array2::from_elem((n, 1), 0.8);
        (1..=schedule.steps())
            .fold(start, |x, t| schedule.step(t, 1).sample_given_noise(&x, &standard_normal((n, 1), rng)))
    });
    let alpha_bar: f64 = alphas.iter().product();
    let closed = normal_data(alpha_bar.sqrt() * 0.8, 1.0 - alpha_bar);
    Sampled::law(run, &drawn, |x| closed.cdf(x))
}

/// `q(x_{t-1} | x_t)` of data `N(m, v)` by Bayes' rule, `t ≥ 2`.
fn reverse(schedule: &Schedule, t: usize, mean: f64, variance: f64) -> LinearGaussian {
    let before = schedule.marginal(t - 1, 1).push(&problems::on_the_line(mean, variance));
    schedule.step(t, 1).bayes(&before).expect("a well-conditioned step")
}

/// The variance that a sampler gives to step `t`.
fn step_variance(variance: ReverseVariance, schedule: &Schedule, t: usize) -> f64 {
    Sampler::ancestral(variance).coefficients(schedule, t).of_noise.powi(2)
}

fn two_data_laws_with_a_known_variance() -> Claim {
    Claim::new("D13e", "Var(x_{t-1}|x_t) = σ_q²(t) for data at one point, β_t for standard normal data")
        .source("Ho 2020")
        .why(
            "Data at one point: knowing x_0 adds nothing, so q(x_{t-1}|x_t) = q(x_{t-1}|x_t, x_0), with variance σ_q²(t).\n\
             Data N(0, I): every x_t is N(0, I) and (x_{t-1}, x_t) is a symmetric pair with correlation √α_t,\n\
             so the step backwards is the step forwards: N(√α_t x_t, β_t).",
        )
        .compares("the ancestral variances against Bayes' rule on (x_{t-1}, x_t); for standard normal data also the mean")
        .identity(1e-11, (schedule(2..=5), -3.0..3.0f64), |(schedule, place), trial| {
            for t in 2..=schedule.steps() {
                let given_point = schedule.marginal(t - 1, 1).given(&Array1::from_elem(1, *place));
                if let Some(point) = trial.posed(schedule.step(t, 1).bayes(&given_point)) {
                    trial.equal(step_variance(ReverseVariance::Posterior, schedule, t), point.covariance()[[0, 0]]);
                }
                let normal = reverse(schedule, t, 0.0, 1.0);
                trial.equal(step_variance(ReverseVariance::Beta, schedule, t), normal.covariance()[[0, 0]]);
                trial.equal(schedule.alpha(t).sqrt(), normal.weight()[[0, 0]]);
            }
        })
}
