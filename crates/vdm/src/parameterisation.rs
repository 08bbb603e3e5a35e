//! What a network may be asked to predict, and how each prediction gives the others.
//!
//! With `x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε` known, one of the five determines all of them.

use ndarray::{Array1, ArrayRef1};

use crate::Schedule;
use crate::prediction::Amplitudes;

/// The quantity that is predicted from `x_t` at step `t`; each is `[d]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameterisation {
    /// `x_0`, the observation itself (Luo (95)-(99)).
    Clean,
    /// `ε = (x_t - √ᾱ_t x_0)/√(1-ᾱ_t)` (Luo (115)-(130), Ho et al. 2020).
    Noise,
    /// `v = √ᾱ_t ε - √(1-ᾱ_t) x_0` (Salimans and Ho 2022).
    Velocity,
    /// `∇ log q(x_t|x_0) = -ε/√(1-ᾱ_t)` (Luo (133), (151)).
    Score,
    /// `μ_q(x_t, x_0)`, the mean of `q(x_{t-1}|x_t, x_0)` (Luo (84), (93)); at `t = 1` it is `x_0`.
    Mean,
}

use Parameterisation::{Clean, Mean, Noise, Score, Velocity};

impl Parameterisation {
    /// All five.
    pub const ALL: [Self; 5] = [Clean, Noise, Velocity, Score, Mean];
}

impl Schedule {
    /// The prediction `value` of the quantity `from` at `x_t` (both `[d]`), as one of the quantity `to`; `t = 1 … T`.
    ///
    /// Every conversion goes through `v`: `(x_t, v)` is `(x_0, ε)` rotated, so the way there and back loses no digits
    /// that the conversion itself does not.
    ///
    /// # Panics
    /// If there is no step `t` or the lengths differ.
    pub fn convert(
        &self,
        t: usize,
        x_t: &ArrayRef1<f64>,
        from: Parameterisation,
        value: &ArrayRef1<f64>,
        to: Parameterisation,
    ) -> Array1<f64> {
        assert_eq!(value.len(), x_t.len(), "a prediction of another dimension");
        if from == to {
            return value.to_owned();
        }
        let v = self.velocity_from(t, x_t, from, value);
        self.velocity_to(t, x_t, &v, to)
    }

    /// `v` from each of the five.
    fn velocity_from(
        &self,
        t: usize,
        x_t: &ArrayRef1<f64>,
        from: Parameterisation,
        value: &ArrayRef1<f64>,
    ) -> Array1<f64> {
        let Amplitudes { signal, noise } = self.amplitudes(t);
        let (x_t, value) = (x_t.view(), value.view());
        let from_clean = |x_0: Array1<f64>| (&x_t * signal - x_0) / noise;
        let from_noise = |eps: Array1<f64>| (eps - &x_t * noise) / signal;
        match from {
            Clean => from_clean(value.to_owned()),
            Noise => from_noise(value.to_owned()),
            Velocity => value.to_owned(),
            Score => from_noise(&value * -noise),
            Mean => {
                let (of_x_t, of_x_0) = self.posterior_mean_coefficients(t);
                from_clean((&value - &x_t * of_x_t) / of_x_0)
            }
        }
    }

    /// Each of the five from `v`.
    fn velocity_to(
        &self,
        t: usize,
        x_t: &ArrayRef1<f64>,
        v: &Array1<f64>,
        to: Parameterisation,
    ) -> Array1<f64> {
        let Amplitudes { signal, noise } = self.amplitudes(t);
        let clean = || &x_t.view() * signal - v * noise;
        let eps = || &x_t.view() * noise + v * signal;
        match to {
            Clean => clean(),
            Noise => eps(),
            Velocity => v.clone(),
            Score => -eps() / noise,
            Mean => self.posterior_mean(t, x_t, &clean()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    /// Noise and score stay exact at signal-to-noise ratios where a detour through `x_0` or `ε` would cost six digits.
    #[test]
    fn conversions_keep_their_digits_at_extreme_noise_levels() {
        for log_snr in [27.6, 0.0, -27.6] {
            let schedule = Schedule::from_log_snrs(&[30.0, log_snr]).unwrap();
            let (x_t, eps) = (array![0.3, -1.2], array![0.7, 0.4]);
            let score = schedule.convert(2, &x_t, Noise, &eps, Score);
            assert_relative_eq!(score, -&eps / schedule.noise_variance(2).sqrt(), max_relative = 1e-14);
            assert_relative_eq!(schedule.convert(2, &x_t, Score, &score, Noise), eps, max_relative = 1e-14);
        }
    }

    /// `ᾱ = 0.36`, so `√ᾱ = 0.6` and `√(1-ᾱ) = 0.8`: all five by hand, and every way between them.
    #[test]
    fn a_step_by_hand() {
        let schedule = Schedule::from_alphas(&[0.72, 0.5]).unwrap();
        let (x_0, eps): (f64, f64) = (0.5, -0.25);
        let x_t = array![0.6 * x_0 + 0.8 * eps];
        let mean = (0.5f64.sqrt() * 0.28 * x_t[0] + 0.72f64.sqrt() * 0.5 * x_0) / 0.64;
        let values = [x_0, eps, 0.6 * eps - 0.8 * x_0, -eps / 0.8, mean];
        for (from, value) in Parameterisation::ALL.into_iter().zip(values) {
            for (to, expected) in Parameterisation::ALL.into_iter().zip(values) {
                let converted = schedule.convert(2, &x_t, from, &array![value], to);
                assert_relative_eq!(converted[0], expected, max_relative = 1e-12);
            }
        }
    }

    #[test]
    fn at_the_first_step_the_mean_is_the_observation() {
        let schedule = Schedule::from_alphas(&[0.9, 0.5]).unwrap();
        let x_0 = array![0.8];
        let mean = schedule.convert(1, &array![0.3], Clean, &x_0, Mean);
        assert_relative_eq!(mean, x_0, max_relative = 1e-14);
    }
}
