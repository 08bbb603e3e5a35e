//! The law of a sampler's `x_t` on the line, without sampling: a density on a grid, pushed step by step.
//!
//! The trapezoidal rule converges exponentially for the normal kernel of a step as soon as the grid resolves it: with
//! a standard deviation of one grid step the error is below 1e-8.

use ndarray::{Array1, Axis};
use vdm::{ExactDenoiser, Sampler, Schedule};

use crate::longhand;

/// A density at evenly spaced places.
pub(super) struct GridLaw {
    places: Array1<f64>,
    density: Array1<f64>,
}

impl GridLaw {
    /// The law with this density between -6 and 6.
    pub(super) fn new(density: impl Fn(f64) -> f64) -> Self {
        let places = Array1::linspace(-6.0, 6.0, 601);
        let density = places.mapv(density);
        Self { places, density }
    }

    fn spacing(&self) -> f64 {
        self.places[1] - self.places[0]
    }

    /// The law of `x_1` that a sampler reaches from `x_T` of this law.
    pub(super) fn down(self, sampler: Sampler, schedule: &Schedule, denoiser: &ExactDenoiser) -> Self {
        (2..=schedule.steps()).rev().fold(self, |law, t| law.step(sampler, schedule, denoiser, t))
    }

    /// `p(x_{t-1}) = ∫ N(x_{t-1}; a x_t + b x̂_0(x_t), s²) p(x_t) dx_t`.
    fn step(self, sampler: Sampler, schedule: &Schedule, denoiser: &ExactDenoiser, t: usize) -> Self {
        let (step, x_0) = (sampler.coefficients(schedule, t), self.denoised(denoiser, t));
        let (spacing, variance) = (self.spacing(), step.of_noise.powi(2));
        if step.of_noise.is_nan() || step.of_noise < spacing {
            // A step that the grid cannot show has no law here, and every comparison with it fails.
            return Self { density: self.density * f64::NAN, ..self };
        }
        let mut density = Array1::zeros(self.places.len());
        for (i, &x_t) in self.places.iter().enumerate() {
            let mean = step.of_x_t * x_t + step.of_x_0 * x_0[i];
            // Outside of 9 standard deviations the kernel leaves 1e-18 of itself.
            let index = |x: f64| ((x - self.places[0]) / spacing).clamp(0.0, 600.0) as usize;
            for j in index(mean - 9.0 * step.of_noise)..=index(mean + 9.0 * step.of_noise) {
                let kernel = longhand::log_normal(self.places[j], mean, variance).exp();
                density[j] += spacing * self.density[i] * kernel;
            }
        }
        Self { density, ..self }
    }

    /// `E[x_0|x_t]` at every place.
    fn denoised(&self, denoiser: &ExactDenoiser, t: usize) -> Array1<f64> {
        denoiser.denoise(&self.places.view().insert_axis(Axis(1)), t).remove_axis(Axis(1))
    }

    /// `½ ∫ |p - q|`: the total variation distance to a density.
    pub(super) fn distance(&self, q: impl Fn(f64) -> f64) -> f64 {
        let differences = self.places.iter().zip(&self.density).map(|(&x, p)| (p - q(x)).abs());
        0.5 * self.spacing() * differences.sum::<f64>()
    }

    /// The distribution function of `x̂_0(x_1)`, which rises with `x_1`, for `x_1` of this law.
    pub(super) fn last_step(&self, denoiser: &ExactDenoiser) -> impl Fn(f64) -> f64 + use<> {
        let x_0 = self.denoised(denoiser, 1).to_vec();
        let below: Vec<f64> = self
            .density
            .iter()
            .scan(0.0, |sum, p| {
                *sum += p * self.spacing();
                // The mass up to this place, half of its own cell included.
                Some(*sum - 0.5 * p * self.spacing())
            })
            .collect();
        move |value| {
            let next = x_0.partition_point(|&x| x < value);
            if next == 0 || next == x_0.len() {
                return if next == 0 { 0.0 } else { 1.0 };
            }
            let part = (value - x_0[next - 1]) / (x_0[next] - x_0[next - 1]);
            below[next - 1] + part * (below[next] - below[next - 1])
        }
    }
}
