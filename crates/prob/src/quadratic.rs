//! Quadratic integrands `x'Ax + b'x + c`, whose mean and variance under a Gaussian are exact.
//!
//! The log-density of a linear-Gaussian conditional is one, the closed-form divergence of two of them given their
//! conditions is one, and sums of quadratics are quadratics. So every term of every linear-Gaussian bound, as the
//! average of a polynomial of jointly Gaussian variables, is exact with this one piece of code.

use std::ops::{Add, Mul, Sub};

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, concatenate};

use crate::gaussian::{divergence_at_equal_means, squared_norm, symmetrised};
use crate::numerics::LN_2PI;
use crate::{Gaussian, LinearGaussian, Mixture};

/// `f(x) = x'Ax + b'x + c` with `A` symmetric (`[d, d]`), `b` (`[d]`) and a constant `c`.
///
/// ```
/// use ndarray::array;
/// use prob::{Gaussian, Quadratic};
///
/// // The square of a standard normal: mean 1, variance 2.
/// let square = Quadratic::new(array![[1.0]], array![0.0], 0.0);
/// assert_eq!(square.expectation(&Gaussian::standard(1)), 1.0);
/// assert_eq!(square.variance(&Gaussian::standard(1)), 2.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Quadratic {
    a: Array2<f64>,
    b: Array1<f64>,
    c: f64,
}

impl Quadratic {
    /// `x'Ax + b'x + c`; only the symmetric part of `a` matters and is kept.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn new(a: Array2<f64>, b: Array1<f64>, c: f64) -> Self {
        assert_eq!(a.dim(), (b.len(), b.len()), "x'Ax and b'x of different dimensions");
        Self { a: symmetrised(a), b, c }
    }

    /// The constant `c` as a function of `d` variables.
    pub fn constant(d: usize, c: f64) -> Self {
        Self { a: Array2::zeros((d, d)), b: Array1::zeros(d), c }
    }

    /// `c + s |G x + g|²` for `G` (`[k, d]`) and `g` (`[k]`): what every Gaussian log-density is made of.
    ///
    /// # Panics
    /// If `g` has not one entry for each row of `G`.
    pub fn squared_norm(g_matrix: &ArrayRef2<f64>, g: &ArrayRef1<f64>, s: f64, c: f64) -> Self {
        Self {
            a: g_matrix.t().dot(g_matrix) * s,
            b: g_matrix.t().dot(g) * (2.0 * s),
            c: c + s * squared_norm(g),
        }
    }

    /// `log p(y | x)` in nats as a function of the stacked vector `(x, y)`.
    pub fn log_prob(conditional: &LinearGaussian) -> Self {
        let factor = conditional.factor();
        let m = factor.dim();
        // L⁻¹ (y - W x - b) = [-L⁻¹W, L⁻¹] (x, y) - L⁻¹b.
        let white_weight = factor.whiten_columns(conditional.weight());
        let residual = concatenate![Axis(1), -white_weight, factor.whiten_columns(&Array2::eye(m))];
        let offset = -factor.whiten(conditional.bias());
        let constant = -0.5 * (factor.log_det() + m as f64 * LN_2PI);
        Self::squared_norm(&residual, &offset, -0.5, constant)
    }

    /// `KL(p(·|x) || q(·|x))` in nats as a function of the common input `x`.
    ///
    /// # Panics
    /// If the two conditionals have different inputs or outputs.
    pub fn kl_divergence(p: &LinearGaussian, q: &LinearGaussian) -> Self {
        assert_eq!(
            p.weight().dim(),
            q.weight().dim(),
            "a divergence between conditionals of different shapes"
        );
        let at_equal_means = divergence_at_equal_means(p.factor(), q.factor());
        let weight = q.factor().whiten_columns(&(p.weight() - q.weight()));
        let bias = q.factor().whiten(&(p.bias() - q.bias()));
        Self::squared_norm(&weight, &bias, 0.5, at_equal_means)
    }

    /// Number of variables, `d`.
    pub fn dim(&self) -> usize {
        self.b.len()
    }

    /// `f(x)` at one point (`[d]`).
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn at(&self, x: &ArrayRef1<f64>) -> f64 {
        x.dot(&self.a.dot(x)) + self.b.dot(x) + self.c
    }

    /// The same function of a longer vector, in which its variables sit at the `coordinates` given.
    ///
    /// # Panics
    /// If a coordinate does not exist or their number is not `d`.
    pub fn embed(&self, width: usize, coordinates: &[usize]) -> Self {
        assert_eq!(coordinates.len(), self.dim(), "one coordinate for each variable");
        let mut wide = Self::constant(width, self.c);
        for (i, &row) in coordinates.iter().enumerate() {
            wide.b[row] += self.b[i];
            for (j, &column) in coordinates.iter().enumerate() {
                wide.a[[row, column]] += self.a[[i, j]];
            }
        }
        wide
    }

    /// The same function once the `coordinates` named are fixed at `values`: a quadratic of the others, in order.
    ///
    /// # Panics
    /// If a coordinate does not exist or there is not one value for each.
    pub fn fix(&self, coordinates: &[usize], values: &ArrayRef1<f64>) -> Self {
        assert_eq!(coordinates.len(), values.len(), "one value for each fixed coordinate");
        let rest: Vec<usize> = (0..self.dim()).filter(|i| !coordinates.contains(i)).collect();
        let mut fixed = Array1::zeros(self.dim());
        for (&i, &value) in coordinates.iter().zip(values) {
            fixed[i] = value;
        }
        let slope = self.a.dot(&fixed) * 2.0 + &self.b;
        Self {
            a: self.a.select(Axis(0), &rest).select(Axis(1), &rest),
            b: slope.select(Axis(0), &rest),
            c: self.at(&fixed),
        }
    }

    /// `E f(x) = tr(A C) + m'Am + b'm + c` for `x ~ N(m, C)`.
    ///
    /// # Panics
    /// If the law has another dimension.
    pub fn expectation(&self, law: &Gaussian) -> f64 {
        (&self.a * law.covariance()).sum() + self.at(law.mean())
    }

    /// `Var f(x) = 2 tr(A C A C) + (2Am + b)' C (2Am + b)` for `x ~ N(m, C)`.
    ///
    /// # Panics
    /// If the law has another dimension.
    pub fn variance(&self, law: &Gaussian) -> f64 {
        let ac = self.a.dot(law.covariance());
        let slope = self.a.dot(law.mean()) * 2.0 + &self.b;
        2.0 * (&ac * &ac.t()).sum() + slope.dot(&law.covariance().dot(&slope))
    }

    /// `E f(x)` for `x` from a mixture: the components' averages, weighted.
    ///
    /// # Panics
    /// If the mixture has another dimension.
    pub fn expectation_over(&self, mixture: &Mixture) -> f64 {
        mixture.parts().map(|(weight, law)| weight * self.expectation(law)).sum()
    }
}

impl Add for Quadratic {
    type Output = Quadratic;

    /// # Panics
    /// If the numbers of variables differ.
    fn add(self, other: Quadratic) -> Quadratic {
        assert_eq!(self.dim(), other.dim(), "a sum of quadratics of different variables");
        Quadratic { a: self.a + other.a, b: self.b + other.b, c: self.c + other.c }
    }
}

impl Sub for Quadratic {
    type Output = Quadratic;

    /// # Panics
    /// If the numbers of variables differ.
    fn sub(self, other: Quadratic) -> Quadratic {
        self + other * -1.0
    }
}

impl Mul<f64> for Quadratic {
    type Output = Quadratic;

    fn mul(self, factor: f64) -> Quadratic {
        Quadratic { a: self.a * factor, b: self.b * factor, c: self.c * factor }
    }
}
