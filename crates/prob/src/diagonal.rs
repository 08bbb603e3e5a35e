//! The Gaussian `N(m, diag σ²)` with independent coordinates, its log-variances kept.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, Zip};

use crate::error::{ProbError, check_dim, check_finite};
use crate::numerics::{LN_2PI, exp_m1_minus};

/// `N(m, diag σ²)`: mean `m` (`[d]`) and log-variances `log σ²` (`[d]`), exponentiated last.
///
/// This is the law that an encoder network writes out, and the one whose divergence to the standard normal
/// stands in every variational autoencoder.
#[derive(Clone, Debug, PartialEq)]
pub struct DiagonalGaussian {
    mean: Array1<f64>,
    log_var: Array1<f64>,
}

impl DiagonalGaussian {
    /// `N(mean, diag exp(log_var))`.
    ///
    /// # Errors
    /// If a number is not finite or the two lengths differ.
    pub fn new(mean: Array1<f64>, log_var: Array1<f64>) -> Result<Self, ProbError> {
        check_finite("mean", &mean)?;
        check_finite("log_var", &log_var)?;
        check_dim("log_var", mean.len(), log_var.len())?;
        Ok(Self { mean, log_var })
    }

    /// Number of coordinates, `d`.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// `m`, `[d]`.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// `log σ²`, `[d]`.
    pub fn log_var(&self) -> &Array1<f64> {
        &self.log_var
    }

    /// `log N(x; m, diag σ²) = -½ Σ ((x - m)²/σ² + log σ² + log 2π)`, in nats; `x` is `[d]`.
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn log_prob(&self, x: &ArrayRef1<f64>) -> f64 {
        Zip::from(x)
            .and(&self.mean)
            .and(&self.log_var)
            .fold(0.0, |sum, x, m, log_var| sum + log_normal(x - m, *log_var))
    }

    /// `m + σ ε` for each row of standard normal noise `eps` (`[n, d]`).
    ///
    /// # Panics
    /// If `eps` has not `d` columns.
    pub fn sample_given_noise(&self, eps: &ArrayRef2<f64>) -> Array2<f64> {
        assert_eq!(eps.ncols(), self.dim(), "noise of another dimension");
        &eps.view() * &self.log_var.mapv(|v| (0.5 * v).exp()) + &self.mean
    }

    /// Differential entropy `½ Σ (1 + log 2π + log σ²)`, in nats.
    pub fn entropy(&self) -> f64 {
        0.5 * (self.dim() as f64 * (1.0 + LN_2PI) + self.log_var.sum())
    }

    /// `KL(self || other)`, in nats:
    /// `½ Σ (σ_p²/σ_q² - 1 - log(σ_p²/σ_q²) + (m_p - m_q)²/σ_q²)`, coordinate by coordinate.
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn kl_divergence(&self, other: &DiagonalGaussian) -> f64 {
        assert_eq!(self.dim(), other.dim(), "a divergence between laws of different dimension");
        let log_ratio = &self.log_var - &other.log_var;
        let shift = &self.mean - &other.mean;
        Zip::from(&log_ratio).and(&shift).and(&other.log_var).fold(0.0, |sum, r, m, log_var| {
            sum + 0.5 * (exp_m1_minus(*r) + RootPrecision::default().standardised(*m, *log_var).powi(2))
        })
    }

    /// `KL(self || N(0, I)) = ½ Σ (m² + σ² - 1 - log σ²)`, in nats.
    pub fn kl_to_standard_normal(&self) -> f64 {
        Zip::from(&self.mean)
            .and(&self.log_var)
            .fold(0.0, |sum, m, log_var| sum + kl_to_standard_normal(*m, *log_var))
    }
}

/// `log N(r; 0, e^log_var)` of one residual `r`, in nats.
pub fn log_normal(residual: f64, log_var: f64) -> f64 {
    RootPrecision::default().log_normal(residual, log_var)
}

/// `1/σ = e^(-log σ²/2)` for one log-variance after another, computed anew only where it differs from the one before: for all
/// pixels of a decoder with a fixed variance, once.
#[derive(Clone, Copy, Debug)]
pub struct RootPrecision {
    log_var: f64,
    root: f64,
}

impl Default for RootPrecision {
    fn default() -> Self {
        Self { log_var: 0.0, root: 1.0 }
    }
}

impl RootPrecision {
    /// `e^(-log_var/2)`.
    pub fn of(&mut self, log_var: f64) -> f64 {
        if log_var != self.log_var {
            *self = Self { log_var, root: (-0.5 * log_var).exp() };
        }
        self.root
    }

    /// `r/σ`, in which nothing is squared yet: `1/σ²` leaves the range of f64 at `log σ² = -709`. 0 stays 0 for every `σ`.
    fn standardised(&mut self, residual: f64, log_var: f64) -> f64 {
        if residual == 0.0 { 0.0 } else { residual * self.of(log_var) }
    }

    /// `log N(r; 0, e^log_var)`, in nats, as [`log_normal`](log_normal()).
    pub fn log_normal(&mut self, residual: f64, log_var: f64) -> f64 {
        -0.5 * (self.standardised(residual, log_var).powi(2) + log_var + LN_2PI)
    }
}

/// `log N(z; 0, I)` in nats for each row of `z` (`[n, d]`), `[n]`.
pub fn log_standard_normal(z: &ArrayRef2<f64>) -> Array1<f64> {
    z.map_axis(Axis(1), |row| row.iter().map(|&z| log_normal(z, 0.0)).sum())
}

/// `KL(N(m, e^log_var) || N(0, 1)) = ½ (m² + σ² - 1 - log σ²)` of one coordinate, in nats.
pub fn kl_to_standard_normal(mean: f64, log_var: f64) -> f64 {
    0.5 * (mean * mean + exp_m1_minus(log_var))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gaussian;
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;

    fn diagonal(d: usize) -> impl Strategy<Value = DiagonalGaussian> {
        (prop::collection::vec(-3.0..3.0, d), prop::collection::vec(-4.0..3.0, d))
            .prop_map(|(m, v)| DiagonalGaussian::new(m.into(), v.into()).unwrap())
    }

    fn full(p: &DiagonalGaussian) -> Gaussian {
        Gaussian::new(p.mean.clone(), Array2::from_diag(&p.log_var.mapv(f64::exp))).unwrap()
    }

    proptest! {
        /// The diagonal formulas are those of the full covariance, computed another way.
        #[test]
        fn agrees_with_the_full_gaussian(
            (p, q) in (1usize..5).prop_flat_map(|d| (diagonal(d), diagonal(d))),
        ) {
            let (pf, qf) = (full(&p), full(&q));
            prop_assert_eq!(p.log_var().mapv(f64::exp), pf.covariance().diag().to_owned());
            let standard = Gaussian::standard(p.dim());
            assert_relative_eq!(p.kl_divergence(&q), pf.kl_divergence(&qf), max_relative = 1e-11, epsilon = 1e-12);
            assert_relative_eq!(p.kl_to_standard_normal(), pf.kl_divergence(&standard), max_relative = 1e-11, epsilon = 1e-12);
            assert_relative_eq!(p.entropy(), pf.entropy(), max_relative = 1e-11, epsilon = 1e-12);
            assert_relative_eq!(p.log_prob(q.mean()), pf.log_prob(q.mean()), max_relative = 1e-11, epsilon = 1e-12);
            let log_prior = log_standard_normal(&p.mean().view().insert_axis(Axis(0)));
            assert_relative_eq!(log_prior[0], standard.log_prob(p.mean()), max_relative = 1e-13);
            let eps = Array2::from_shape_fn((3, p.dim()), |(i, j)| i as f64 - j as f64);
            assert_relative_eq!(p.sample_given_noise(&eps), pf.sample_given_noise(&eps), max_relative = 1e-11, epsilon = 1e-12);
        }
    }

    /// A residual of 3 standard deviations, or of none, at every log-variance that a network may write out.
    #[test]
    fn extreme_log_variances_give_numbers() {
        for log_var in [-5000.0, -1400.0, -720.0, 0.0, 720.0, 1400.0, 5000.0] {
            let sd = f64::exp(0.5 * log_var);
            let constant = -0.5 * (log_var + LN_2PI);
            assert_relative_eq!(log_normal(0.0, log_var), constant, max_relative = 1e-15);
            if sd.is_normal() {
                assert_relative_eq!(log_normal(-3.0 * sd, log_var), constant - 4.5, max_relative = 1e-14);
                let law = |mean: f64| DiagonalGaussian::new(array![mean], array![log_var]).unwrap();
                assert_relative_eq!(law(3.0 * sd).kl_divergence(&law(0.0)), 4.5, max_relative = 1e-14);
            }
        }
    }

    /// What came before changes nothing, whether it was the same, another, or no number.
    #[test]
    fn one_after_the_other_is_each_on_its_own() {
        let mut precision = RootPrecision::default();
        for log_var in [0.0, 0.3, 0.3, -2.0, f64::NAN, -2.0, 0.0, f64::INFINITY, 0.3] {
            let (found, alone) = (precision.of(log_var), (-0.5 * log_var).exp());
            assert_eq!(found.to_bits(), alone.to_bits(), "{log_var}");
            assert_eq!(precision.log_normal(1.3, log_var).to_bits(), log_normal(1.3, log_var).to_bits());
        }
    }

    #[test]
    fn close_log_variances_keep_their_digits() {
        // ½ (v - 1 - log v) written out with v = exp(1e-9) has no correct digit here.
        let p = DiagonalGaussian::new(Array1::zeros(1), Array1::from_elem(1, 1e-9)).unwrap();
        assert_relative_eq!(p.kl_to_standard_normal(), 0.25e-18, epsilon = 0.0, max_relative = 1e-8);
    }
}
