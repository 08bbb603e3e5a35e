//! What the denoiser network writes: each prediction brought to unit size, at any log-SNR `λ`.
//!
//! With `a = √ᾱ`, `b = √(1-ᾱ)` at `ᾱ = sigmoid(λ)` and `x_t = a x_0 + b ε`:
//!
//! | prediction | the network writes `r` | so `x̂_0` is | `κ` |
//! |---|---|---|---|
//! | `x_0` | `x_0` | `r` | `SNR` |
//! | `ε` | `ε` | `(x_t - b r)/a` | 1 |
//! | `v` | `v = a ε - b x_0` | `a x_t - b r` | `ᾱ` |
//! | score | `b ∇ log q(x_t|x_0) = -ε` | `(x_t + b r)/a` | 1 |
//! | mean | `(μ_q - √α_t x_t)/(√ᾱ_{t-1} (1-α_t)/b) = -v` | `a x_t + b r` | `ᾱ` |
//!
//! The score grows as `1/b` and is multiplied by `b`. The mean is close to `√α_t x_t`, which it is for data of unit
//! variance and the best linear denoiser; the network writes what is left, in units of what `x_0` moves the mean. Written
//! raw, its error would have to be below the standard deviation `σ_q` of a step, which vanishes with their number. The
//! unit makes it independent of the steps, so that it has a limit in continuous time; at `t = 1`, where `μ_q = x_0`, it
//! holds as it stands.
//!
//! `κ` is the weight of the error in the bound: `SNR |x_0 - x̂_0|² = κ |r - r̂|²`.

use ndarray::{ArrayRef, Dimension};
use prob::numerics::sigmoid;

use crate::Parameterisation::{self, Clean, Mean, Noise, Score, Velocity};
use crate::Schedule;

/// `a = √ᾱ` and `b = √(1-ᾱ)`: how much signal and how much noise there is in `x_t`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amplitudes {
    pub(crate) signal: f64,
    pub(crate) noise: f64,
}

impl Amplitudes {
    pub(crate) fn at(log_snr: f64) -> Self {
        Self { signal: sigmoid(log_snr).sqrt(), noise: sigmoid(-log_snr).sqrt() }
    }

    /// `da/dλ = ½ a b²` and `db/dλ = -½ b a²`.
    pub(crate) fn slopes(self) -> Self {
        let half = 0.5 * self.signal * self.noise;
        Self { signal: half * self.noise, noise: -half * self.signal }
    }

    /// `a x_0 + b ε`.
    pub(crate) fn mix(self, x_0: f64, eps: f64) -> f64 {
        self.signal * x_0 + self.noise * eps
    }

    /// `x_t = a x_0 + b ε`, each number written over its `ε`.
    ///
    /// # Panics
    /// If the shapes differ.
    pub(crate) fn mix_into<D: Dimension>(self, x_0: &ArrayRef<f64, D>, eps: &mut ArrayRef<f64, D>) {
        assert_eq!(x_0.shape(), eps.shape(), "noise of another shape");
        eps.zip_mut_with(x_0, |x, x_0| *x = self.mix(*x_0, *x));
    }
}

impl Schedule {
    /// `√ᾱ_t` and `√(1-ᾱ_t)`.
    pub(crate) fn amplitudes(&self, t: usize) -> Amplitudes {
        Amplitudes { signal: self.alpha_bar(t).sqrt(), noise: self.noise_variance(t).sqrt() }
    }
}

impl Parameterisation {
    /// `r` of one coordinate, from `x_0` and `ε`.
    pub(crate) fn target(self, at: Amplitudes, x_0: f64, eps: f64) -> f64 {
        match self {
            Clean => x_0,
            Noise => eps,
            Score => -eps,
            Velocity => at.signal * eps - at.noise * x_0,
            Mean => at.noise * x_0 - at.signal * eps,
        }
    }

    /// `dr/dλ` at fixed `x_0` and `ε`, from the slopes of `a` and `b`.
    pub(crate) fn target_slope(self, slopes: Amplitudes, x_0: f64, eps: f64) -> f64 {
        match self {
            Clean | Noise | Score => 0.0,
            Velocity | Mean => self.target(slopes, x_0, eps),
        }
    }

    /// `x̂_0 = c x_t + m r`: the coefficients `(c, m)`.
    pub(crate) fn denoising_coefficients(self, at: Amplitudes) -> (f64, f64) {
        let Amplitudes { signal: a, noise: b } = at;
        match self {
            Clean => (0.0, 1.0),
            Noise => (1.0 / a, -b / a),
            Score => (1.0 / a, b / a),
            Velocity => (a, -b),
            Mean => (a, b),
        }
    }

    /// `κ`.
    pub(crate) fn snr_factor(self, at: Amplitudes) -> f64 {
        match self {
            Clean => (at.signal / at.noise).powi(2),
            Noise | Score => 1.0,
            Velocity | Mean => at.signal.powi(2),
        }
    }

    /// `d log κ/dλ`.
    pub(crate) fn log_snr_factor_slope(self, at: Amplitudes) -> f64 {
        match self {
            Clean => 1.0,
            Noise | Score => 0.0,
            Velocity | Mean => at.noise.powi(2),
        }
    }
}
