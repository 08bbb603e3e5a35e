//! Ancestral sampling and DDIM.

use ndarray::{Array1, Array2, array};
use prob::{Gaussian, Mixture, standard_normal};
use proptest::collection::vec;
use proptest::prelude::*;
use vdm::{ExactDenoiser, ReverseVariance, Sampler, Schedule};

use super::transfer::GridLaw;
use super::{affine, log_snr_path, normal_data, samples, two_modes};
use crate::chains::{Coefficients, schedule};
use crate::judge::Sampled;
use crate::{Claim, longhand, problems};

/// The claims about samplers.
pub(super) fn claims() -> Vec<Claim> {
    vec![
        gaussian_rate(
            "D12a",
            "ancestral sampling with variance σ_q²",
            Sampler::ancestral(ReverseVariance::Posterior),
        ),
        gaussian_rate(
            "D12b",
            "ancestral sampling with variance β_t",
            Sampler::ancestral(ReverseVariance::Beta),
        ),
        gaussian_rate("D12c", "DDIM with η = 0", ddim(0.0)),
        transport(),
        ancestral_rate(),
        marginals_are_kept(),
        marginals_in_law(),
        ddim_with_all_the_noise(),
        algorithm_two(),
        ancestral_in_law(),
    ]
}

/// DDIM, its η known to lie between 0 and 1.
fn ddim(eta: f64) -> Sampler {
    Sampler::ddim(eta).expect("between 0 and 1")
}

/// A schedule of `T` steps that tends to one in continuous time: β_t from 0.1/T to 40/T, `ᾱ_T = e⁻²⁰` in the limit.
fn continuous(steps: usize) -> Schedule {
    let n = steps as f64;
    Schedule::linear(steps, 0.1 / n, 40.0 / n).expect("more than 40 steps")
}

/// The law of `x_0` that a sampler draws for Gaussian data: each step is linear, `x_T ~ N(0, 1)`.
fn sampled_law(sampler: Sampler, data: &Gaussian, schedule: &Schedule) -> (f64, f64) {
    let denoiser = ExactDenoiser::new(&Mixture::from(data.clone()), schedule).expect("a covariance");
    (1..=schedule.steps()).rev().fold((0.0, 1.0), |(mean, variance), t| {
        let step = sampler.coefficients(schedule, t);
        let (slope, offset) = affine(&denoiser, t);
        let scale = step.of_x_t + step.of_x_0 * slope;
        (scale * mean + step.of_x_0 * offset, scale * scale * variance + step.of_noise.powi(2))
    })
}

fn gaussian_rate(id: &'static str, name: &str, sampler: Sampler) -> Claim {
    Claim::new(id, format!("{name} and the best denoiser reaches the law of Gaussian data at rate 1/T"))
        .source("Ho 2020")
        .source("Song 2021")
        .why(
            "Each step is the exact one up to O(1/T²) in mean and variance; T steps add up to O(1/T).\n\
             For Gaussian data the denoiser is linear, so the law of the samples is Gaussian and known exactly.",
        )
        .compares("the fitted exponent of the 2-Wasserstein distance between samples and data N(0.5, 0.25), T = 1024 to 8192")
        .rate(1.0, 0.05, move |_| {
            let data = problems::on_the_line(0.5, 0.25);
            [1024, 2048, 4096, 8192]
                .iter()
                .map(|&steps| {
                    let (mean, variance) = sampled_law(sampler, &data, &continuous(steps));
                    (steps as f64, (mean - 0.5).hypot(variance.sqrt() - 0.5))
                })
                .collect()
        })
}

fn transport() -> Claim {
    Claim::new("D12d", "DDIM with η = 0 carries N(0, 1) to the law of a mixture, at rate 1/T")
        .source("Song 2021")
        .why(
            "Without noise a step is a function of x_t; in the limit x_t follows a flow whose laws are q(x_t).\n\
             On the line the flow keeps the order, so x_0(z) tends to the quantile of the data at Φ(z).",
        )
        .compares("the fitted exponent of the largest |F(x_0(z)) - Φ(z)| over a grid of z, F that of two modes, T = 64 to 1024")
        .rate(1.0, 0.03, |_| {
            let data = two_modes();
            let places = Array1::linspace(-4.0, 4.0, 401);
            let starts = places.clone().insert_axis(ndarray::Axis(1));
            let normal = normal_data(0.0, 1.0);
            [64, 128, 256, 512, 1024]
                .iter()
                .map(|&steps| {
                    let schedule = continuous(steps);
                    let denoiser = ExactDenoiser::new(&data, &schedule).expect("a covariance");
                    let nothing = |_| Array2::zeros((places.len(), 1));
                    let x_0 = ddim(0.0).run(&schedule, starts.clone(), |x, t| denoiser.denoise(x, t), nothing);
                    let distances = x_0.iter().zip(&places).map(|(&x, &z)| (data.cdf(x) - normal.cdf(z)).abs());
                    (steps as f64, distances.fold(0.0, f64::max))
                })
                .collect()
        })
}

/// Log-SNRs evenly spaced from 3 to -5.
fn even(steps: usize) -> Schedule {
    log_snr_path(steps, 3.0, -5.0, |u| u)
}

fn ancestral_rate() -> Claim {
    Claim::new("D12e", "ancestral sampling with the best denoiser of a mixture goes from q(x_T) to q(x_1) at rate 1/T")
        .source("Ho 2020")
        .why(
            "The exact reverse step of small noise is Gaussian to leading order, with the mean that the best denoiser gives.\n\
             Its variance is off by a share 1/T of the step; T steps, each carried through by the next, add up to O(1/T).",
        )
        .compares("the fitted exponent of the total variation distance between q(x_1) and the pushed density, by transfer on a grid, T = 16 to 128")
        .rate(1.0, 0.06, |_| {
            let data = two_modes();
            [16, 32, 64, 128]
                .iter()
                .map(|&steps| {
                    let schedule = even(steps);
                    let denoiser = ExactDenoiser::new(&data, &schedule).expect("a covariance");
                    let [first, last] = [1, steps].map(|t| longhand::pushed_mixture(&schedule.marginal(t, 1), &data));
                    let reached = GridLaw::new(|x| longhand::log_mixture(&last, x).exp()).down(
                        Sampler::ancestral(ReverseVariance::Posterior),
                        &schedule,
                        &denoiser,
                    );
                    (steps as f64, reached.distance(|x| longhand::log_mixture(&first, x).exp()))
                })
                .collect()
        })
}

fn ancestral_in_law() -> Claim {
    Claim::new("D12j", "samples of eight ancestral steps have the law of the reverse chain, p(x_T) Π p(x_{t-1}|x_t), the last step without noise")
        .source("Ho 2020")
        .source("Luo, section on variational diffusion models")
        .why(
            "x_T ~ N(0, 1); each x_{t-1} is normal around μ_q(x_t, E[x_0|x_t]); x_0 is the last mean itself.\n\
             The law is that of the chain at any T; only its distance from the data needs large T (D12e).",
        )
        .compares("samples of both variance choices against the distribution function by transfer on a grid (Kolmogorov-Smirnov)")
        .law(|run, streams| {
            // Ends while x_T still matters, so that where the chain starts is tested too.
            let schedule = log_snr_path(8, 3.0, -1.0, |u| u);
            let denoiser = ExactDenoiser::new(&two_modes(), &schedule).expect("a covariance");
            [ReverseVariance::Posterior, ReverseVariance::Beta]
                .iter()
                .map(|&variance| {
                    let sampler = Sampler::ancestral(variance);
                    let drawn = samples(streams.role(&format!("{variance:?}")), |rng, n| {
                        sampler.sample(&schedule, |x, t| denoiser.denoise(x, t), (n, 1), rng)
                    });
                    let start = GridLaw::new(|x| longhand::log_normal(x, 0.0, 1.0).exp());
                    let law = start.down(sampler, &schedule, &denoiser).last_step(&denoiser);
                    Sampled::law(run, &drawn, law)
                })
                .collect()
        })
}

fn marginals_are_kept() -> Claim {
    Claim::new("D12f", "a DDIM step with the true x_0 takes q(x_t|x_0) to q(x_{t-1}|x_0), for every η")
        .source("Song 2021")
        .why(
            "Given x_0 the step adds √(1-ᾱ_{t-1}-σ²) ε̂ and σ ε, independent: together the variance is 1-ᾱ_{t-1}.\n\
             Training, which sees only q(x_t|x_0), does not know which η will be used.",
        )
        .compares("mean and variance of the pushed law against those of the chain's steps composed")
        .identity(1e-12, (schedule(2..=5), 0.0..=1.0f64, -3.0..3.0f64), |(schedule, eta, x_0), trial| {
            let mut law = Gaussian::isotropic(array![0.0], 1.0).expect("a variance");
            let mut marginals = Vec::new();
            for t in 1..=schedule.steps() {
                law = if t == 1 { schedule.step(1, 1).given(&array![*x_0]) } else { schedule.step(t, 1).push(&law) };
                marginals.push((longhand::mean(&law), longhand::variance(&law)));
            }
            for t in 2..=schedule.steps() {
                let step = ddim(*eta).coefficients(schedule, t);
                let (mean, variance) = marginals[t - 1];
                let (before, spread) = marginals[t - 2];
                trial.at(1.0 + x_0.abs(), step.of_x_t * mean + step.of_x_0 * x_0, before);
                trial.equal(step.of_x_t.powi(2) * variance + step.of_noise.powi(2), spread);
            }
        })
}

fn marginals_in_law() -> Claim {
    Claim::new(
        "D12g",
        "x_1 drawn down the whole DDIM chain, x_T ~ q(x_T|x_0) and x_0 known, has the law q(x_1|x_0)",
    )
    .source("Song 2021")
    .why("Each step keeps the marginal (D12f); so does the chain of them, whatever the noise that is put in.")
    .compares("simulated chains for η = 0.3 and 0.8 against the closed form (Kolmogorov-Smirnov)")
    .law(|run, streams| {
        let alphas = [0.6, 0.9, 0.7, 0.5];
        let schedule = Schedule::from_alphas(&alphas).expect("0 < α < 1");
        let closed = normal_data(0.6f64.sqrt() * 0.8, 0.4);
        [0.3, 0.8]
            .iter()
            .map(|&eta| {
                let drawn = samples(streams.role(&format!("{eta}")), |rng, n| {
                    let mut eps = || standard_normal((n, 1), rng);
                    let x_0 = Array2::from_elem((n, 1), 0.8);
                    let alpha_bar: f64 = alphas.iter().product();
                    let start = &x_0 * alpha_bar.sqrt() + eps() * (1.0 - alpha_bar).sqrt();
                    (2..=4).rev().fold(start, |x_t, t| ddim(eta).step(&schedule, t, &x_t, &x_0, &eps()))
                });
                Sampled::law(run, &drawn, |x| closed.cdf(x))
            })
            .collect()
    })
}

fn ddim_with_all_the_noise() -> Claim {
    Claim::new("D12h", "DDIM with η = 1 is ancestral sampling with variance σ_q²")
        .source("Song 2021")
        .why(
            "With σ² = σ_q²(t), 1-ᾱ_{t-1}-σ² = (1-ᾱ_{t-1}) α_t (1-ᾱ_{t-1})/(1-ᾱ_t),\n\
             whose root over √(1-ᾱ_t) is the coefficient √α_t (1-ᾱ_{t-1})/(1-ᾱ_t) of x_t in μ_q.",
        )
        .compares("the three numbers of a step, of both samplers, against those of the posterior by adding precisions")
        .identity(1e-12, schedule(2..=5), |schedule, trial| {
            for t in 1..=schedule.steps() {
                let (of_x_t, of_x_0, of_noise) = posterior_numbers(schedule, t);
                for sampler in [ddim(1.0), Sampler::ancestral(ReverseVariance::Posterior)] {
                    let step = sampler.coefficients(schedule, t);
                    trial.at(1.0, step.of_x_t, of_x_t);
                    trial.at(1.0, step.of_x_0, of_x_0);
                    trial.at(1.0, step.of_noise, of_noise);
                }
            }
        })
}

/// What `x_t`, `x_0` and the noise are multiplied by in a draw from `q(x_{t-1}|x_t, x_0)`, by adding precisions; the point
/// `x_0` at `t = 1`.
fn posterior_numbers(schedule: &Schedule, t: usize) -> (f64, f64, f64) {
    if t == 1 {
        return (0.0, 1.0, 0.0);
    }
    let Coefficients { alpha, before, .. } = Coefficients::of(schedule, t);
    let variance = Coefficients::of(schedule, t).posterior_variance();
    (alpha.sqrt() / (1.0 - alpha) * variance, before.sqrt() / (1.0 - before) * variance, variance.sqrt())
}

/// A schedule of up to five steps, x_T, and noise and predicted noise for every step.
#[derive(Clone, Debug)]
struct Walk {
    schedule: Schedule,
    noisiest: f64,
    noise: Vec<f64>,
    predicted: Vec<f64>,
}

fn walk() -> impl Strategy<Value = Walk> {
    (schedule(2..=5), -3.0..3.0f64, vec(-3.0..3.0f64, 5), vec(-3.0..3.0f64, 5))
        .prop_map(|(schedule, noisiest, noise, predicted)| Walk { schedule, noisiest, noise, predicted })
}

fn algorithm_two() -> Claim {
    Claim::new("D12i", "x_{t-1} = (x_t - β_t/√(1-ᾱ_t) ε̂)/√α_t + √variance ε, with no noise at t = 1, is ancestral sampling")
        .source("Ho 2020")
        .source("Luo (115)-(130)")
        .why(
            "Put x̂_0 = (x_t - √(1-ᾱ_t) ε̂)/√ᾱ_t into μ_q: the coefficient of x_t becomes 1/√α_t, that of ε̂ -β_t/√(α_t (1-ᾱ_t)).\n\
             At t = 1 the mean is x̂_0 itself; noise there would only blur the sample.",
        )
        .compares("the whole run of the sampler, given noise and predicted noise, against the algorithm as printed")
        .identity(1e-12, walk(), |walk, trial| {
            let alphas: Vec<f64> = (1..=walk.schedule.steps()).map(|t| walk.schedule.alpha(t)).collect();
            for (variance, beta) in [(ReverseVariance::Posterior, false), (ReverseVariance::Beta, true)] {
                let printed = printed_algorithm(walk, &alphas, beta);
                let run = Sampler::ancestral(variance).run(
                    &walk.schedule,
                    array![[walk.noisiest]],
                    |x_t, t| {
                        let alpha_bar: f64 = alphas[..t].iter().product();
                        (&x_t.view() - (1.0 - alpha_bar).sqrt() * walk.predicted[t - 1]) / alpha_bar.sqrt()
                    },
                    |t| array![[walk.noise[t - 1]]],
                );
                trial.at(1.0 + printed.1, run[[0, 0]], printed.0);
            }
        })
}

/// Algorithm 2 of Ho et al. 2020: `x_0`, and the largest number on the way.
fn printed_algorithm(walk: &Walk, alphas: &[f64], beta_as_variance: bool) -> (f64, f64) {
    let (mut x, mut largest) = (walk.noisiest, walk.noisiest.abs());
    for t in (1..=alphas.len()).rev() {
        let (alpha, beta) = (alphas[t - 1], 1.0 - alphas[t - 1]);
        let alpha_bar: f64 = alphas[..t].iter().product();
        let before: f64 = alphas[..t - 1].iter().product();
        let variance = if beta_as_variance { beta } else { beta * (1.0 - before) / (1.0 - alpha_bar) };
        let z = if t > 1 { walk.noise[t - 1] } else { 0.0 };
        x = (x - beta / (1.0 - alpha_bar).sqrt() * walk.predicted[t - 1]) / alpha.sqrt()
            + variance.sqrt() * z;
        largest = largest.max(x.abs());
    }
    (x, largest)
}
