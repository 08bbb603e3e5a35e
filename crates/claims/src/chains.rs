//! Random diffusion chains that shrink to short ones, and what a chain is when the restrictions are written out.

use std::ops::RangeInclusive;

use mhvae::Mhvae;
use ndarray::{Array1, Array2, ArrayRef1};
use prob::{Gaussian, LinearGaussian};
use proptest::collection::vec;
use proptest::prelude::*;
use vdm::{Reverse, Schedule, Vdm};

use crate::problems::{dimension, vector};

/// A diffusion model with an observation of its.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The model.
    pub model: Vdm,
    /// The observation `x_0`, `[d]`.
    pub x_0: Array1<f64>,
}

impl Chain {
    /// The Markov hierarchical VAE under the three restrictions.
    pub fn restricted(&self) -> Mhvae {
        restricted(self.model.schedule(), self.model.reverse())
    }
}

/// The Markov hierarchical VAE under the three restrictions of part D: latents as wide as the data, encoders
/// `N(√α_t x_{t-1}, (1-α_t) I)`, prior `N(0, I)`. Its conditionals are written out from the numbers `α_t` and those of
/// the reverse model.
///
/// # Panics
/// If the two have different numbers of steps.
pub fn restricted(schedule: &Schedule, reverse: &Reverse) -> Mhvae {
    let (d, identity) = (reverse.dim(), Array2::eye(reverse.dim()));
    let (encoders, decoders) = (1..=schedule.steps())
        .map(|t| {
            let alpha = schedule.alpha(t);
            let encoder = LinearGaussian::isotropic(d, alpha.sqrt(), 1.0 - alpha);
            let (weight, covariance) = (&identity * reverse.scale(t), &identity * reverse.variance(t));
            let decoder = LinearGaussian::new(weight, reverse.bias(t).to_owned(), covariance);
            (encoder.expect("0 < α < 1"), decoder.expect("a positive variance"))
        })
        .unzip();
    Mhvae::new(encoders, decoders).expect("all of one width")
}

/// `q(x_1 … x_T | x_0)`, the law of the whole path stacked from `x_1` on, by joining one step after the other.
pub fn path_law(schedule: &Schedule, x_0: &ArrayRef1<f64>) -> Gaussian {
    let any = Reverse::from_schedule(schedule, x_0.len(), 1.0, 1.0).expect("finite factors");
    restricted(schedule, &any).encode(x_0)
}

/// Where `x_t`, `t = 1 … T`, sits on the stacked path.
pub fn block(t: usize, d: usize) -> Vec<usize> {
    ((t - 1) * d..t * d).collect()
}

/// The coefficients of a step, `ᾱ` multiplied out.
#[derive(Clone, Copy, Debug)]
pub struct Coefficients {
    /// `α_t`.
    pub alpha: f64,
    /// `ᾱ_{t-1}`.
    pub before: f64,
    /// `ᾱ_t`.
    pub here: f64,
}

impl Coefficients {
    /// Of step `t`, `ᾱ` as the product that defines it.
    pub fn of(schedule: &Schedule, t: usize) -> Self {
        let product = |t: usize| (1..=t).map(|s| schedule.alpha(s)).product();
        Self { alpha: schedule.alpha(t), before: product(t - 1), here: product(t) }
    }

    /// `SNR(t-1) - SNR(t)`.
    pub fn snr_drop(&self) -> f64 {
        self.before / (1.0 - self.before) - self.here / (1.0 - self.here)
    }

    /// `1/(1/(1-ᾱ_{t-1}) + α_t/(1-α_t))`: `σ_q²` by adding precisions.
    pub fn posterior_variance(&self) -> f64 {
        1.0 / (1.0 / (1.0 - self.before) + self.alpha / (1.0 - self.alpha))
    }

    /// `σ_q² (√ᾱ_{t-1} x_0/(1-ᾱ_{t-1}) + √α_t x_t/(1-α_t))`: `μ_q` as the mean weighted by precisions.
    pub fn posterior_mean(&self, x_t: &ArrayRef1<f64>, x_0: &ArrayRef1<f64>) -> Array1<f64> {
        let of_x_0 = self.before.sqrt() / (1.0 - self.before);
        let of_x_t = self.alpha.sqrt() / (1.0 - self.alpha);
        (&x_0.view() * of_x_0 + &x_t.view() * of_x_t) * self.posterior_variance()
    }

    /// `N(μ_q, σ_q² I)`.
    ///
    /// # Panics
    /// If `t = 1`, where it is a point.
    pub fn posterior(&self, x_t: &ArrayRef1<f64>, x_0: &ArrayRef1<f64>) -> Gaussian {
        isotropic(self.posterior_mean(x_t, x_0), self.posterior_variance())
    }
}

/// `N(mean, variance I)`, known to be one.
///
/// # Panics
/// If it is not.
pub fn isotropic(mean: Array1<f64>, variance: f64) -> Gaussian {
    Gaussian::isotropic(mean, variance).expect("finite, with a positive variance")
}

/// `α_t` between 0.05 and 0.98, for a number of steps in the range.
pub fn schedule(steps: RangeInclusive<usize>) -> impl Strategy<Value = Schedule> {
    vec(0.05..0.98, steps).prop_map(|alphas| Schedule::from_alphas(&alphas).expect("inside the interval"))
}

/// Scales in ±1.5, biases in ±1, variances 0.05 to 3.
pub fn reverse(steps: usize, d: usize) -> impl Strategy<Value = Reverse> {
    (vec(-1.5..1.5, steps), vec(-1.0..1.0, steps * d), vec(0.05..3.0, steps)).prop_map(
        move |(scale, bias, variance)| {
            let bias = Array2::from_shape_vec((steps, d), bias).expect("as many as asked for");
            Reverse::new(scale, bias, variance).expect("finite, with positive variances")
        },
    )
}

/// One to three coordinates, a number of steps in the range, an observation in ±2.
pub fn chain(steps: RangeInclusive<usize>) -> impl Strategy<Value = Chain> {
    (schedule(steps), dimension()).prop_flat_map(|(schedule, d)| {
        (reverse(schedule.steps(), d), vector(d, 2.0)).prop_map(move |(reverse, x_0)| {
            let model = Vdm::new(schedule.clone(), reverse).expect("as many steps");
            Chain { model, x_0 }
        })
    })
}

/// One step of a chain that has been seen at both ends.
#[derive(Clone, Debug)]
pub struct Step {
    /// The schedule, of two to eight steps.
    pub schedule: Schedule,
    /// Which step, `t = 2 … T`.
    pub t: usize,
    /// The observation, `[d]`.
    pub x_0: Array1<f64>,
    /// The noise that makes `x_t` of it, `[d]`.
    pub eps: Array1<f64>,
    /// By how much a prediction is wrong, `[d]`.
    pub error: Array1<f64>,
}

impl Step {
    /// `x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε`.
    pub fn x_t(&self) -> Array1<f64> {
        let here = self.coefficients().here;
        &self.x_0 * here.sqrt() + &self.eps * (1.0 - here).sqrt()
    }

    /// Its coefficients.
    pub fn coefficients(&self) -> Coefficients {
        Coefficients::of(&self.schedule, self.t)
    }
}

/// A step of two to eight, `α` between 0.3 and 0.98, observation and noise in ±2, errors in ±1.
pub fn step() -> impl Strategy<Value = Step> {
    (vec(0.3..0.98, 2..=8), dimension()).prop_flat_map(|(alphas, d)| {
        let vectors = (vector(d, 2.0), vector(d, 2.0), vector(d, 1.0));
        (2..=alphas.len(), vectors).prop_map(move |(t, (x_0, eps, error))| {
            let schedule = Schedule::from_alphas(&alphas).expect("inside the interval");
            Step { schedule, t, x_0, eps, error }
        })
    })
}

/// The first setting of the table of exact variances: six steps, `x_0 = 0.8`, `N(0.9 √α_t x_t, 1.2 (1-α_t))`.
pub fn six_steps() -> Chain {
    let schedule = Schedule::from_alphas(&[0.95, 0.9, 0.85, 0.75, 0.6, 0.4]).expect("a schedule");
    setting(schedule, 0.9, 1.2)
}

/// The second: `β` from 1e-3 to 0.15 in fifty steps, `x_0 = 0.8`, `N(0.95 √α_t x_t, 1 - α_t)`.
pub fn fifty_steps() -> Chain {
    setting(Schedule::linear(50, 1e-3, 0.15).expect("a schedule"), 0.95, 1.0)
}

fn setting(schedule: Schedule, mean_factor: f64, variance_factor: f64) -> Chain {
    let reverse = Reverse::from_schedule(&schedule, 1, mean_factor, variance_factor).expect("fine factors");
    Chain { model: Vdm::new(schedule, reverse).expect("as many steps"), x_0: Array1::from_elem(1, 0.8) }
}
