//! The linear-Gaussian conditional `p(y | x) = N(W x + b, S)`, closed under every step of the derivation.

use std::fmt;

use linalg::Cholesky;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, concatenate, s};

use crate::Conditional;
use crate::error::{ProbError, check_dim, check_finite};
use crate::gaussian::{Gaussian, checked_covariance, rows, symmetrised};
use crate::numerics::LN_2PI;

/// `p(y | x) = N(W x + b, S)`: weight `W` (`[m, n]`), bias `b` (`[m]`), covariance `S` (`[m, m]`).
///
/// An encoder, a decoder, a noising step and its posterior are all of this kind, and so is everything that is made
/// of them by pushing forward, reversing and composing.
///
/// ```
/// use ndarray::array;
/// use prob::{Gaussian, LinearGaussian};
///
/// let noising = LinearGaussian::new(array![[0.6]], array![0.0], array![[0.64]])?;
/// let unit_variance = noising.push(&Gaussian::standard(1));
/// assert!((unit_variance.covariance()[[0, 0]] - 1.0).abs() < 1e-15);
/// # Ok::<(), prob::ProbError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct LinearGaussian {
    weight: Array2<f64>,
    bias: Array1<f64>,
    covariance: Array2<f64>,
    factor: Cholesky,
}

impl fmt::Debug for LinearGaussian {
    /// `N([[0.4]] x + [0.1], [[0.3]])`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "N({:?} x + {:?}, ", rows(&self.weight), self.bias.to_vec())?;
        write!(f, "{:?})", rows(&self.covariance))
    }
}

impl LinearGaussian {
    /// `N(weight x + bias, covariance)`.
    ///
    /// # Errors
    /// If a number is not finite, a shape does not fit, or the covariance is not symmetric positive definite.
    pub fn new(weight: Array2<f64>, bias: Array1<f64>, covariance: Array2<f64>) -> Result<Self, ProbError> {
        check_finite("weight", &weight)?;
        check_finite("bias", &bias)?;
        check_dim("bias", weight.nrows(), bias.len())?;
        check_dim("covariance", weight.nrows(), covariance.nrows())?;
        let (covariance, factor) = checked_covariance("covariance", covariance)?;
        Ok(Self { weight, bias, covariance, factor })
    }

    /// `N(scale x, variance I)` in `d` dimensions: a noising step, or its like backwards.
    ///
    /// # Errors
    /// If a number is not finite or the variance is not positive.
    pub fn isotropic(d: usize, scale: f64, variance: f64) -> Result<Self, ProbError> {
        Self::new(Array2::eye(d) * scale, Array1::zeros(d), Array2::eye(d) * variance)
    }

    /// `W`, `[m, n]`.
    pub fn weight(&self) -> &Array2<f64> {
        &self.weight
    }

    /// `b`, `[m]`.
    pub fn bias(&self) -> &Array1<f64> {
        &self.bias
    }

    /// `S`, `[m, m]`.
    pub fn covariance(&self) -> &Array2<f64> {
        &self.covariance
    }

    /// The Cholesky factor of `S`.
    pub fn factor(&self) -> &Cholesky {
        &self.factor
    }

    /// The law of `y` at one input `x` (`[n]`).
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn given(&self, x: &ArrayRef1<f64>) -> Gaussian {
        Gaussian::new(self.weight.dot(x) + &self.bias, self.covariance.clone())
            .expect("a covariance that was checked before")
    }

    /// The law of `y` when `x` has the law `input`: `N(W m + b, W P Wᵀ + S)`.
    ///
    /// # Panics
    /// If the dimensions do not fit.
    pub fn push(&self, input: &Gaussian) -> Gaussian {
        let mean = self.weight.dot(input.mean()) + &self.bias;
        let spread = self.weight.dot(input.covariance()).dot(&self.weight.t());
        Gaussian::new(mean, symmetrised(spread + &self.covariance))
            .expect("a positive definite covariance grows by a positive semi-definite one")
    }

    /// The law of the stacked vector `(x, y)`, of dimension `n + m`, when `x` has the law `input`.
    ///
    /// # Errors
    /// If the joint covariance is singular to rounding (`S` far below `W P Wᵀ`).
    ///
    /// # Panics
    /// If the dimensions do not fit.
    pub fn joint(&self, input: &Gaussian) -> Result<Gaussian, ProbError> {
        let output = self.push(input);
        let across = self.weight.dot(input.covariance());
        let mean = concatenate![Axis(0), *input.mean(), *output.mean()];
        let top = concatenate![Axis(1), *input.covariance(), across.t()];
        let bottom = concatenate![Axis(1), across, *output.covariance()];
        Gaussian::new(mean, concatenate![Axis(0), top, bottom])
    }

    /// Bayes' rule: the conditional `p(x | y)` when `x` has the law `prior`, by adding precisions.
    ///
    /// `P' = (P⁻¹ + Wᵀ S⁻¹ W)⁻¹`, weight `P' Wᵀ S⁻¹`, bias `P' (P⁻¹ m - Wᵀ S⁻¹ b)`.
    ///
    /// # Errors
    /// If the posterior precision is singular to rounding.
    ///
    /// # Panics
    /// If the dimensions do not fit.
    pub fn bayes(&self, prior: &Gaussian) -> Result<LinearGaussian, ProbError> {
        let white = self.factor.whiten_columns(&self.weight);
        let precision = symmetrised(prior.factor().inverse() + white.t().dot(&white));
        let factor = Cholesky::new(&precision)
            .map_err(|source| ProbError::NotPositiveDefinite { what: "posterior precision", source })?;
        let weight = factor.solve(&self.factor.solve(&self.weight).t());
        let prior_term = prior.factor().solve(&prior.mean().view().insert_axis(Axis(1)));
        let bias = factor.solve(&prior_term).remove_axis(Axis(1)) - weight.dot(&self.bias);
        LinearGaussian::new(weight, bias, symmetrised(factor.inverse()))
    }

    /// The conditional `p(z | x)` of two steps `x → y → z`: weight `W₂ W₁`, bias `W₂ b₁ + b₂`,
    /// covariance `W₂ S₁ W₂ᵀ + S₂`.
    ///
    /// # Panics
    /// If the output of the first is not the input of the next.
    pub fn then(&self, next: &LinearGaussian) -> LinearGaussian {
        let spread = next.weight.dot(&self.covariance).dot(&next.weight.t());
        LinearGaussian::new(
            next.weight.dot(&self.weight),
            next.weight.dot(&self.bias) + &next.bias,
            symmetrised(spread + &next.covariance),
        )
        .expect("a positive definite covariance grows by a positive semi-definite one")
    }

    /// The same conditional on a wider input: `x` sits at `offset` in a vector of `width` coordinates and the
    /// others do not matter (zero weight). Two conditionals on different variables so become comparable.
    ///
    /// # Panics
    /// If `x` does not fit there.
    pub fn on_wider_input(&self, width: usize, offset: usize) -> LinearGaussian {
        let mut weight = Array2::zeros((self.weight.nrows(), width));
        weight.slice_mut(s![.., offset..offset + self.weight.ncols()]).assign(&self.weight);
        Self { weight, ..self.clone() }
    }

    /// `W x + b` for each row of `x` (`[k, n]`), `[k, m]`.
    pub fn mean_rows(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        x.dot(&self.weight.t()) + &self.bias
    }
}

impl Conditional for LinearGaussian {
    fn input_dim(&self) -> usize {
        self.weight.ncols()
    }

    fn output_dim(&self) -> usize {
        self.weight.nrows()
    }

    fn sample_given_noise(&self, x: &ArrayRef2<f64>, eps: &ArrayRef2<f64>) -> Array2<f64> {
        self.mean_rows(x) + eps.dot(&self.factor.lower().t())
    }

    fn log_prob(&self, y: &ArrayRef2<f64>, x: &ArrayRef2<f64>) -> Array1<f64> {
        let residual = &y.view() - &self.mean_rows(x);
        let constant = self.factor.log_det() + self.output_dim() as f64 * LN_2PI;
        // Columns of the whitened transpose are the whitened residuals.
        let white = self.factor.whiten_columns(&residual.t());
        white.mapv(|w| w * w).sum_axis(Axis(0)).mapv(|square| -0.5 * (square + constant))
    }
}

impl From<&Gaussian> for LinearGaussian {
    /// A law as a conditional that ignores an input of dimension 0.
    fn from(law: &Gaussian) -> Self {
        Self {
            weight: Array2::zeros((law.dim(), 0)),
            bias: law.mean().clone(),
            covariance: law.covariance().clone(),
            factor: law.factor().clone(),
        }
    }
}
