//! E2: what a step of training sees of a diffusion model, and what its table says at the end.

use montecarlo::{MonteCarlo, Streams};
use ndarray::{Array1, Array2, array};
use proptest::collection::vec;
use proptest::prelude::*;
use toy::Preset;
use vdm::{
    BayesVdm, DenoiserNet, NoiseLevels, Parameterisation, Reverse, Schedule, Times, Vdm, VdmLearner,
    Weighting, estimate_bound, estimate_shortfall,
};

use crate::chains::Coefficients;
use crate::judge::Sampled;
use crate::problems::mixture;
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        the_weighted_loss_averages_to_the_bound(),
        so_does_its_gradient(),
        the_simple_loss_is_unweighted(),
        evenly_spread_times_leave_nothing_to_chance(),
        a_denoiser_loses_its_distance_from_the_best(),
        the_table_is_the_bound(),
    ]
}

/// A denoiser that is affine in `x_t` at every level: a network without a hidden layer. One coordinate.
#[derive(Clone, Debug)]
struct Problem {
    steps: usize,
    /// Log-SNR at the first and at the last step.
    ends: (f64, f64),
    /// What the network does to `x_t`, `λ/4`, `√ᾱ`, `√(1-ᾱ)`, and its bias.
    weights: Vec<f64>,
    x_0: f64,
}

fn problem() -> impl Strategy<Value = Problem> {
    (2..=6usize, -1.0..4.0f64, 0.5..6.0f64, vec(-1.0..1.0f64, 5), -2.0..2.0f64).prop_map(
        |(steps, start, fall, weights, x_0)| Problem { steps, ends: (start, start - fall), weights, x_0 },
    )
}

impl Problem {
    fn learner(&self, prediction: Parameterisation, weighting: Weighting) -> VdmLearner {
        let mut denoiser = DenoiserNet::new(1, &[], prediction, &mut Streams::new(0).rng(0));
        denoiser.net_mut().set_flat_parameters(&self.weights);
        let levels = NoiseLevels::discrete(self.steps, self.ends.0, self.ends.1).expect("a line that falls");
        VdmLearner::new(denoiser, levels, weighting, Times::Independent)
    }

    /// `α_t` from log-SNR evenly spaced: `ᾱ = 1/(1 + e^{-λ})`, each over the one before it.
    fn schedule(&self) -> Schedule {
        let (start, end) = self.ends;
        let alpha_bar = |t: usize| {
            let log_snr = start + (end - start) * (t - 1) as f64 / (self.steps - 1) as f64;
            1.0 / (1.0 + (-log_snr).exp())
        };
        let alphas =
            (1..=self.steps).map(|t| if t == 1 { alpha_bar(1) } else { alpha_bar(t) / alpha_bar(t - 1) });
        Schedule::from_alphas(&alphas.collect::<Vec<_>>()).expect("inside the interval")
    }

    /// `r̂ = slope x_t + offset` of the network at a level, `(slope, offset)`.
    fn written(&self, alpha_bar: f64) -> (f64, f64) {
        let log_snr = (alpha_bar / (1.0 - alpha_bar)).ln();
        let features = [log_snr / 4.0, alpha_bar.sqrt(), (1.0 - alpha_bar).sqrt()];
        let of_level: f64 =
            self.weights[1..4].iter().zip(features).map(|(weight, feature)| weight * feature).sum();
        (self.weights[0], of_level + self.weights[4])
    }

    /// `x̂_0 = slope x_t + offset` by what the network is said to write.
    fn denoised(&self, alpha_bar: f64, prediction: Parameterisation) -> (f64, f64) {
        let (a, b) = (alpha_bar.sqrt(), (1.0 - alpha_bar).sqrt());
        let (slope, offset) = self.written(alpha_bar);
        match prediction {
            Parameterisation::Clean => (slope, offset),
            Parameterisation::Noise => ((1.0 - b * slope) / a, -b * offset / a),
            Parameterisation::Score => ((1.0 + b * slope) / a, b * offset / a),
            Parameterisation::Velocity => (a - b * slope, -b * offset),
            Parameterisation::Mean => (a + b * slope, b * offset),
        }
    }

    /// The model with these reverse steps, in closed form.
    fn model(&self, prediction: Parameterisation) -> Vdm {
        let schedule = self.schedule();
        let (mut scales, mut biases, mut variances) = (vec![], vec![], vec![]);
        for t in 1..=self.steps {
            let level = Coefficients::of(&schedule, t);
            let (slope, offset) = self.denoised(level.here, prediction);
            let of_x_t = level.alpha.sqrt() * (1.0 - level.before) / (1.0 - level.here);
            let of_x_0 = level.before.sqrt() * (1.0 - level.alpha) / (1.0 - level.here);
            scales.push(of_x_t + of_x_0 * slope);
            biases.push(of_x_0 * offset);
            variances.push(if t == 1 { 1.0 - level.alpha } else { level.posterior_variance() });
        }
        let biases = Array2::from_shape_vec((self.steps, 1), biases).expect("one for each step");
        let reverse = Reverse::new(scales, biases, variances).expect("finite, with positive variances");
        Vdm::new(schedule, reverse).expect("as many steps")
    }

    /// Both signs of the noise at the first level and at each matching term: the mean over the rows of a quadratic of it is
    /// its mean. `(x, ε, u)`, `u` in the middle of what draws a step.
    fn batch(&self) -> (Array2<f64>, Array2<f64>, Array1<f64>) {
        let terms = self.steps - 1;
        let rows = 2 * terms;
        let eps = Array2::from_shape_fn((2 * rows, 1), |(i, _)| if i % 2 == 0 { 1.0 } else { -1.0 });
        let u = Array1::from_shape_fn(rows, |i| ((i / 2) as f64 + 0.5) / terms as f64);
        (Array2::from_elem((rows, 1), self.x_0), eps, u)
    }

    /// What is to be predicted at `x_0` and `ε`, in the unit in which the network writes it.
    fn target(&self, alpha_bar: f64, prediction: Parameterisation, eps: f64) -> f64 {
        let (a, b) = (alpha_bar.sqrt(), (1.0 - alpha_bar).sqrt());
        match prediction {
            Parameterisation::Clean => self.x_0,
            Parameterisation::Noise => eps,
            Parameterisation::Score => -eps,
            Parameterisation::Velocity => a * eps - b * self.x_0,
            Parameterisation::Mean => b * self.x_0 - a * eps,
        }
    }
}

const ELBO: Weighting = Weighting::Elbo { learn_end_points: true };

fn the_weighted_loss_averages_to_the_bound() -> Claim {
    Claim::new("E2a", "the weighted loss of x_0, ε, v, score and mean alike averages over t and ε to minus the ELBO in the denoising form")
        .source("Luo (58)")
        .source("Luo (109)-(110)")
        .source("Kingma 2021")
        .why(
            "Whatever is predicted, its error is that of x̂_0 times a factor of the level, and the weight takes it out again.\n\
             One random term stands for all T-1 when it is multiplied by their number.",
        )
        .compares("the loss of a denoiser without hidden layers over all steps and signs of ε with the bound of the reverse model written out, term by term")
        .identity(1e-11, problem(), |problem, trial| {
            for prediction in Parameterisation::ALL {
                let learner = problem.learner(prediction, ELBO);
                let (x, eps, u) = problem.batch();
                let mut work = nn::Learner::workspace(&learner, x.nrows());
                let (loss, found) = learner.loss_gradient_given_noise(&x, &eps, &u, &mut work);
                let exact = problem.model(prediction).denoising(&array![problem.x_0]);
                let matching: f64 = exact.matching.iter().sum();
                trial.nats(found.reconstruction, exact.reconstruction);
                trial.nats(found.prior_matching, exact.prior_matching);
                trial.nats(found.matching[0], matching);
                trial.at(1.0 + exact.reconstruction.abs() + matching, loss, -exact.elbo());
            }
        })
}

fn so_does_its_gradient() -> Claim {
    Claim::new("E2b", "the gradient of that loss, by the denoiser and by both end points of the log-SNR, averages to the gradient of minus the ELBO")
        .source("Kingma 2021")
        .why("Noise and place are drawn without the parameters; a level moves x_t, what the network is told, the target and the weight.")
        .compares("the backward pass over all steps and signs of ε with differences of the bound of the reverse model written out")
        .gradient(1e-7, problem(), |problem, trial| {
            for prediction in Parameterisation::ALL {
                let learner = problem.learner(prediction, ELBO);
                let (x, eps, u) = problem.batch();
                let mut work = nn::Learner::workspace(&learner, x.nrows());
                learner.loss_gradient_given_noise(&x, &eps, &u, &mut work);
                let gradients: Vec<f64> =
                    nn::Learner::gradients(&learner, &work).into_iter().flat_map(nn::Gradient::flat).collect();
                let fall = problem.ends.1 - problem.ends.0;
                let parameters = [&problem.weights[..], &[fall, problem.ends.0]].concat();
                let loss = |parameters: &[f64]| {
                    let (weights, line) = parameters.split_at(5);
                    let moved = Problem {
                        weights: weights.to_vec(),
                        ends: (line[1], line[1] + line[0]),
                        ..problem.clone()
                    };
                    -moved.model(prediction).denoising(&array![problem.x_0]).elbo()
                };
                trial.at(1.0, nn::gradient_check(loss, &parameters, &gradients), 0.0);
            }
        })
}

fn the_simple_loss_is_unweighted() -> Claim {
    Claim::new("E2c", "the simple loss averages to 1/T Σ_t E |r - r̂(x_t)|² with r = x_0, ε, v, the score times √(1-ᾱ_t), or -v for the mean")
        .source("Ho 2020")
        .source("Salimans 2022")
        .why("All steps t = 1 … T count alike: the first level stands for one of them, the random one for T-1.")
        .compares("the loss over all steps and signs of ε with the errors written out")
        .identity(1e-12, problem(), |problem, trial| {
            let schedule = problem.schedule();
            for prediction in Parameterisation::ALL {
                let learner = problem.learner(prediction, Weighting::Simple);
                let (x, eps, u) = problem.batch();
                let mut work = nn::Learner::workspace(&learner, x.nrows());
                let (loss, _) = learner.loss_gradient_given_noise(&x, &eps, &u, &mut work);
                let error = |t: usize, eps: f64| {
                    let here = Coefficients::of(&schedule, t).here;
                    let (slope, offset) = problem.written(here);
                    let x_t = here.sqrt() * problem.x_0 + (1.0 - here).sqrt() * eps;
                    (problem.target(here, prediction, eps) - slope * x_t - offset).powi(2)
                };
                let steps = problem.steps;
                let sum: f64 = (1..=steps).map(|t| 0.5 * (error(t, 1.0) + error(t, -1.0))).sum();
                trial.nats(loss, sum / steps as f64);
            }
        })
}

fn evenly_spread_times_leave_nothing_to_chance() -> Claim {
    Claim::new("E2d", "u_i = (u + i/n) mod 1 with n = k (T-1) rows visits every step k times, whatever u is: no variance is left from the draw of t")
        .source("Kingma 2021")
        .why("Spaced by 1/n, k of the u_i fall into each interval of length 1/(T-1).")
        .compares("the matching term of a batch of equal rows at random u with the sum over all steps in closed form")
        .identity(1e-11, (problem(), 1..=3usize, any::<u64>(), -2.0..2.0f64), |&(ref problem, k, seed, noise), trial| {
            let rows = k * (problem.steps - 1);
            let learner = problem.learner(Parameterisation::Velocity, ELBO);
            let mut u = vec![0.0; rows];
            Times::LowDiscrepancy.draw(&mut u, &mut Streams::new(seed).rng(0));
            let (x, eps) = (Array2::from_elem((rows, 1), problem.x_0), Array2::from_elem((2 * rows, 1), noise));
            let mut work = nn::Learner::workspace(&learner, rows);
            let (_, found) = learner.loss_gradient_given_noise(&x, &eps, &Array1::from(u), &mut work);
            let schedule = problem.schedule();
            let sum: f64 = (2..=problem.steps)
                .map(|t| {
                    let level = Coefficients::of(&schedule, t);
                    let (slope, offset) = problem.denoised(level.here, Parameterisation::Velocity);
                    let x_t = level.here.sqrt() * problem.x_0 + (1.0 - level.here).sqrt() * noise;
                    0.5 * level.snr_drop() * (problem.x_0 - slope * x_t - offset).powi(2)
                })
                .sum();
            trial.nats(found.matching[0], sum);
        })
}

fn a_denoiser_loses_its_distance_from_the_best() -> Claim {
    Claim::new("E2e", "ELBO of the best denoiser - ELBO of x̂_0 = E |x̂*_0 - x̂_0|²/(2 (1-α_1)) at t = 1 + Σ_{t=2}^T ½ (SNR(t-1) - SNR(t)) E |x̂*_0 - x̂_0|² ≥ 0, with x̂*_0 = E[x_0|x_t]")
        .source("Luo (110)")
        .source("Kingma 2021")
        .why("E |x_0 - x̂_0|² = E |x_0 - x̂*_0|² + E |x̂*_0 - x̂_0|²: what x_t does not tell of x_0 is orthogonal to all that it tells.")
        .compares("the bound of the best denoiser by quadrature and that of an affine one in closed form, with a quadrature over x_t by Tweedie's formula")
        .identity(1e-9, (problem(), mixture(1)), |(problem, data), trial| {
            let (schedule, prediction) = (problem.schedule(), Parameterisation::Noise);
            let best = BayesVdm::new(data.clone(), schedule.clone()).expect("data on the line");
            let Some(best) = trial.posed(best.average_bound()) else { return };
            let model = problem.model(prediction);
            // The bound at x_0 is a quadratic of it.
            let affine: f64 = longhand::parts(data)
                .map(|(weight, mean, variance)| {
                    let at = |sign: f64| model.denoising(&array![mean + sign * variance.sqrt()]).elbo();
                    0.5 * weight * (at(1.0) + at(-1.0))
                })
                .sum();
            let lost: f64 = (1..=problem.steps)
                .map(|t| {
                    let level = Coefficients::of(&schedule, t);
                    let (slope, offset) = problem.denoised(level.here, prediction);
                    let noisy = longhand::pushed_mixture(&crate::problems::noising(1, level.here), data);
                    let squared = longhand::average(&noisy, |x_t| {
                        (posterior_mean(data, level.here, x_t) - slope * x_t - offset).powi(2)
                    });
                    let weight = if t == 1 { 0.5 / (1.0 - level.alpha) } else { 0.5 * level.snr_drop() };
                    weight * squared
                })
                .sum();
            trial.at(1.0 + best.elbo().abs() + affine.abs(), best.elbo() - affine, lost);
            trial.that(lost >= 0.0, "nothing is gained");
        })
}

/// `E[x_0|x_t]` for data from a mixture on the line: the posterior mean of each component, weighed by Bayes' rule.
fn posterior_mean(data: &prob::Mixture, alpha_bar: f64, x_t: f64) -> f64 {
    let parts: Vec<(f64, f64)> = longhand::parts(data)
        .map(|(weight, mean, variance)| {
            let spread = alpha_bar * variance + 1.0 - alpha_bar;
            let residual = x_t - alpha_bar.sqrt() * mean;
            let log_weight = weight.ln() - 0.5 * (residual * residual / spread + spread.ln());
            (log_weight, mean + alpha_bar.sqrt() * variance / spread * residual)
        })
        .collect();
    let largest = parts.iter().fold(f64::NEG_INFINITY, |max, part| max.max(part.0));
    let weight = |log_weight: f64| (log_weight - largest).exp();
    let sum: f64 = parts.iter().map(|part| weight(part.0)).sum();
    parts.iter().map(|part| weight(part.0) * part.1).sum::<f64>() / sum
}

fn the_table_is_the_bound() -> Claim {
    Claim::new("E2f", "the ELBO of a denoiser by Monte Carlo over x_0, t and ε is its bound by quadrature, and so is what it loses to the best")
        .source("Luo (58)")
        .why("Each term has draws of its own, and the mean of every draw is the term.")
        .compares("900 000 draws a term, or a share of them, with quadratures over x_t: two modes, four steps, x̂_0 = 0.9 √ᾱ_t x_t")
        .law(|run, streams| {
            let data = Preset::Bimodal.mixture();
            let schedule = Schedule::from_log_snr_end_points(4, 2.0, -3.0).expect("log-SNRs that fall");
            let model = BayesVdm::new(data.clone(), schedule.clone()).expect("data on the line");
            let denoiser = |x_t: &ndarray::ArrayRef2<f64>, t: usize| &x_t.view() * (0.9 * schedule.alpha_bar(t).sqrt());
            let observe = |rng: &mut _, n| data.sample(n, rng);
            let plan = |role: &str| MonteCarlo::new(900_000, streams.role(role));
            let found = estimate_bound(&schedule, denoiser, observe, &plan("bound"), &|_| ());
            let best = |x_t: &ndarray::ArrayRef2<f64>, t: usize| model.denoiser().denoise(x_t, t);
            let lost = estimate_shortfall(&schedule, denoiser, best, observe, &plan("lost"), &|_| ());
            let exact = model.average_bound_of(denoiser).expect("a quadrature that converges").elbo();
            let most = model.average_bound().expect("a quadrature that converges").elbo();
            vec![Sampled::mean(run, &found.elbo, exact), Sampled::mean(run, &lost, most - exact)]
        })
}
