//! The reverse model: one linear step `p(x_{t-1} | x_t)` for each noising step.

use ndarray::{Array1, Array2, ArrayRef1, ArrayView1};
use prob::LinearGaussian;

use crate::Schedule;

/// `p(x_{t-1} | x_t) = N(scale_t x_t + bias_t, variance_t I)` for `t = 1 … T`.
///
/// ```
/// use vdm::{Reverse, Schedule};
/// let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5])?;
/// let reverse = Reverse::unbiased(1, vec![0.6; 3], vec![0.3; 3])?;
/// assert_eq!(reverse.steps(), schedule.steps());
/// assert!(Reverse::unbiased(1, vec![0.6], vec![0.0]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Reverse {
    scale: Vec<f64>,
    /// `[T, d]`.
    bias: Array2<f64>,
    variance: Vec<f64>,
}

/// A reverse model was refused.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ReverseError {
    /// No steps.
    #[error("a reverse model needs at least one step")]
    Empty,
    /// A list with a step too many or too few.
    #[error("{what}: {found} steps, expected {expected}")]
    Steps {
        /// Which list.
        what: &'static str,
        /// As many as there are scales, or steps in the schedule.
        expected: usize,
        /// Its own.
        found: usize,
    },
    /// A scale that is not finite.
    #[error("scale[{index}] = {value}: must be finite")]
    Scale {
        /// Position in the list, from 0 (step `index + 1`).
        index: usize,
        /// The value.
        value: f64,
    },
    /// A bias that is not finite.
    #[error("bias[{index}][{coordinate}] = {value}: must be finite")]
    Bias {
        /// Position in the list, from 0 (step `index + 1`).
        index: usize,
        /// Which coordinate, from 0.
        coordinate: usize,
        /// The value.
        value: f64,
    },
    /// A variance that is not positive and finite.
    #[error("variance[{index}] = {value}: must be positive and finite")]
    Variance {
        /// Position in the list, from 0 (step `index + 1`).
        index: usize,
        /// The value.
        value: f64,
    },
}

impl Reverse {
    /// The model with these scales (`T` of them), biases (`[T, d]`) and variances (`T`), from `t = 1` on.
    ///
    /// # Errors
    /// If there are no steps, the lists differ in length, a number is not finite or a variance not positive.
    pub fn new(scale: Vec<f64>, bias: Array2<f64>, variance: Vec<f64>) -> Result<Self, ReverseError> {
        if scale.is_empty() {
            return Err(ReverseError::Empty);
        }
        fits("bias", scale.len(), bias.nrows())?;
        fits("variance", scale.len(), variance.len())?;
        if let Some((index, &value)) = scale.iter().enumerate().find(|(_, s)| !s.is_finite()) {
            return Err(ReverseError::Scale { index, value });
        }
        if let Some(((index, coordinate), &value)) = bias.indexed_iter().find(|(_, b)| !b.is_finite()) {
            return Err(ReverseError::Bias { index, coordinate, value });
        }
        let allowed = |v: f64| v.is_finite() && v > 0.0;
        if let Some((index, &value)) = variance.iter().enumerate().find(|&(_, &v)| !allowed(v)) {
            return Err(ReverseError::Variance { index, value });
        }
        Ok(Self { scale, bias, variance })
    }

    /// `N(scale_t x_t, variance_t I)` in `d` dimensions.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn unbiased(d: usize, scale: Vec<f64>, variance: Vec<f64>) -> Result<Self, ReverseError> {
        let bias = Array2::zeros((scale.len(), d));
        Self::new(scale, bias, variance)
    }

    /// `N(f_m √α_t x_t, f_v (1-α_t) I)` in `d` dimensions: with both factors 1 the exact reversal for data that are
    /// standard normal.
    ///
    /// # Errors
    /// If `mean_factor` is not finite or `variance_factor` not positive.
    pub fn from_schedule(
        schedule: &Schedule,
        d: usize,
        mean_factor: f64,
        variance_factor: f64,
    ) -> Result<Self, ReverseError> {
        let steps = 1..=schedule.steps();
        let scale = steps.clone().map(|t| mean_factor * schedule.alpha(t).sqrt()).collect();
        let variance = steps.map(|t| variance_factor * schedule.beta(t)).collect();
        Self::unbiased(d, scale, variance)
    }

    /// Number of steps, `T`.
    pub fn steps(&self) -> usize {
        self.scale.len()
    }

    /// Number of coordinates, `d`.
    pub fn dim(&self) -> usize {
        self.bias.ncols()
    }

    /// The factor of `x_t`, `t = 1 … T`.
    ///
    /// # Panics
    /// If there is no step `t`, as every method here.
    pub fn scale(&self, t: usize) -> f64 {
        self.scale[t - 1]
    }

    /// What is added to it, `[d]`, `t = 1 … T`.
    pub fn bias(&self, t: usize) -> ArrayView1<'_, f64> {
        self.bias.row(t - 1)
    }

    /// The variance of each coordinate, `t = 1 … T`.
    pub fn variance(&self, t: usize) -> f64 {
        self.variance[t - 1]
    }

    /// `μ_θ(x_t) = scale_t x_t + bias_t` (`[d]`), `t = 1 … T`.
    ///
    /// # Panics
    /// If `x_t` has another dimension.
    pub fn mean(&self, t: usize, x_t: &ArrayRef1<f64>) -> Array1<f64> {
        assert_eq!(x_t.len(), self.dim(), "x_t of another dimension");
        &x_t.view() * self.scale(t) + self.bias(t)
    }

    /// `p(x_{t-1} | x_t)`, `t = 1 … T`.
    pub fn step(&self, t: usize) -> LinearGaussian {
        let identity = Array2::eye(self.dim());
        LinearGaussian::new(&identity * self.scale(t), self.bias(t).to_owned(), &identity * self.variance(t))
            .expect("finite, with a positive variance")
    }

    /// `p(x_0|x_1), …, p(x_{T-1}|x_T)`: the decoders of a hierarchical VAE.
    pub fn all_steps(&self) -> Vec<LinearGaussian> {
        (1..=self.steps()).map(|t| self.step(t)).collect()
    }
}

/// Refuses a number of steps other than `expected`.
pub(crate) fn fits(what: &'static str, expected: usize, found: usize) -> Result<(), ReverseError> {
    if expected == found { Ok(()) } else { Err(ReverseError::Steps { what, expected, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_step_is_the_law_of_its_mean() {
        let reverse = Reverse::new(vec![0.6, 0.5], array![[0.1, 0.2], [0.3, 0.4]], vec![0.3, 0.2]).unwrap();
        let x = array![1.0, -2.0];
        assert_eq!(reverse.mean(2, &x), array![0.5 + 0.3, -1.0 + 0.4]);
        assert_eq!(reverse.step(2).given(&x).mean(), &reverse.mean(2, &x));
        assert_eq!(reverse.step(1).covariance(), &array![[0.3, 0.0], [0.0, 0.3]]);
    }

    #[test]
    fn factors_of_the_exact_reversal_by_hand() {
        let schedule = Schedule::from_alphas(&[0.64, 0.25]).unwrap();
        let reverse = Reverse::from_schedule(&schedule, 3, 0.5, 2.0).unwrap();
        assert_eq!((reverse.steps(), reverse.dim()), (2, 3));
        assert_eq!([reverse.scale(1), reverse.scale(2)], [0.4, 0.25]);
        assert_eq!([reverse.variance(1), reverse.variance(2)], [0.72, 1.5]);
        assert!(reverse.bias(2).iter().all(|&b| b == 0.0));
    }

    #[test]
    fn refuses_what_is_not_a_model() {
        let none = Reverse::unbiased(1, vec![], vec![]);
        assert_eq!(none, Err(ReverseError::Empty));
        let message = |result: Result<Reverse, ReverseError>| result.unwrap_err().to_string();
        let refused = Reverse::unbiased(1, vec![0.6, 0.5], vec![0.3, 0.0]);
        assert_eq!(message(refused), "variance[1] = 0: must be positive and finite");
        let refused = Reverse::unbiased(1, vec![0.6, f64::INFINITY], vec![0.3, 0.1]);
        assert_eq!(message(refused), "scale[1] = inf: must be finite");
        let refused = Reverse::new(vec![0.6], array![[0.0, f64::NAN]], vec![0.3]);
        assert_eq!(message(refused), "bias[0][1] = NaN: must be finite");
        assert_eq!(message(Reverse::unbiased(1, vec![0.6], vec![])), "variance: 0 steps, expected 1");
        assert!(Reverse::unbiased(1, vec![0.6], vec![f64::INFINITY]).is_err());
        assert!(Reverse::new(vec![0.6], Array2::zeros((2, 1)), vec![0.3]).is_err());
    }
}
