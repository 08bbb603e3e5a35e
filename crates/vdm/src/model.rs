//! The variational diffusion model: a schedule and a reverse model, over data of `d` coordinates.

use ndarray::{Array1, ArrayRef1};
use prob::numerics::LN_2PI;

use crate::reverse::fits;
use crate::{Reverse, ReverseError, Schedule};

/// Encoder `q(x_t|x_{t-1}) = N(√α_t x_{t-1}, (1-α_t) I)`, fixed by the schedule; decoder
/// `p(x_{t-1}|x_t) = N(scale_t x_t + bias_t, variance_t I)`; prior `p(x_T) = N(0, I)`.
///
/// ```
/// use ndarray::array;
/// use vdm::{Reverse, Schedule, Vdm};
/// let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5])?;
/// let model = Vdm::new(schedule, Reverse::unbiased(1, vec![0.6; 3], vec![0.3; 3])?)?;
/// let x = array![0.8];
/// let (denoising, consistency) = (model.denoising(&x), model.consistency(&x));
/// assert!((denoising.elbo() - consistency.elbo()).abs() < 1e-12);
/// assert!(denoising.elbo() <= model.log_evidence(&x));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Vdm {
    schedule: Schedule,
    reverse: Reverse,
}

impl Vdm {
    /// The model of this schedule and this reverse model.
    ///
    /// # Errors
    /// If they have different numbers of steps.
    pub fn new(schedule: Schedule, reverse: Reverse) -> Result<Self, ReverseError> {
        fits("reverse", schedule.steps(), reverse.steps())?;
        Ok(Self { schedule, reverse })
    }

    /// The noise schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The reverse model.
    pub fn reverse(&self) -> &Reverse {
        &self.reverse
    }

    /// Number of steps, `T`.
    pub fn steps(&self) -> usize {
        self.schedule.steps()
    }

    /// Number of coordinates, `d`.
    pub fn dim(&self) -> usize {
        self.reverse.dim()
    }

    /// Mean (`[d]`) and variance of each coordinate of `p(x_0)`: from `N(0, I)` down,
    /// `m ← scale_t m + bias_t`, `s ← scale_t² s + variance_t`.
    pub fn evidence(&self) -> (Array1<f64>, f64) {
        let start = (Array1::zeros(self.dim()), 1.0);
        (1..=self.steps()).rev().fold(start, |(mean, variance), t| {
            let scale = self.reverse.scale(t);
            (self.reverse.mean(t, &mean), scale * scale * variance + self.reverse.variance(t))
        })
    }

    /// `log p(x_0)` at one observation (`[d]`), in nats.
    ///
    /// # Panics
    /// If `x_0` has another dimension.
    pub fn log_evidence(&self, x_0: &ArrayRef1<f64>) -> f64 {
        assert_eq!(x_0.len(), self.dim(), "{OTHER_DIMENSION}");
        let (mean, variance) = self.evidence();
        let residual = &x_0.view() - &mean;
        average_log_normal(self.dim(), residual.dot(&residual), variance)
    }
}

/// What is wrong with an observation that the model is not about; `ndarray` would stretch one of them.
pub(crate) const OTHER_DIMENSION: &str = "an observation of another dimension";

/// `E log N(y; m, v I) = -½ (E|y - m|²/v + d log 2πv)` in nats, from `E|y - m|²`.
pub(crate) fn average_log_normal(d: usize, mean_square: f64, variance: f64) -> f64 {
    -0.5 * (mean_square / variance + d as f64 * (LN_2PI + variance.ln()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    #[test]
    fn refuses_a_reverse_model_of_another_length() {
        let schedule = Schedule::from_alphas(&[0.9, 0.7]).unwrap();
        let reverse = Reverse::unbiased(1, vec![0.6; 3], vec![0.3; 3]).unwrap();
        let refused = Vdm::new(schedule, reverse).unwrap_err();
        assert_eq!(refused.to_string(), "reverse: 3 steps, expected 2");
    }

    #[test]
    fn evidence_by_hand() {
        let reverse = Reverse::new(vec![0.6, 0.5], array![[0.1], [0.2]], vec![0.3, 0.4]).unwrap();
        let model = Vdm::new(Schedule::from_alphas(&[0.9, 0.7]).unwrap(), reverse).unwrap();
        let (mean, variance) = model.evidence();
        assert_relative_eq!(mean[0], 0.6 * 0.2 + 0.1, max_relative = 1e-14);
        assert_relative_eq!(variance, 0.36 * 0.65 + 0.3, max_relative = 1e-14);
        let by_hand = -0.5 * ((0.8f64 - 0.22).powi(2) / 0.534 + (std::f64::consts::TAU * 0.534).ln());
        assert_relative_eq!(model.log_evidence(&array![0.8]), by_hand, max_relative = 1e-14);
    }
}
