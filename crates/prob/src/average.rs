//! Averages of log-densities and divergences over Gaussian variables, as a value at the mean and what the spread around it costs.
//!
//! Every integrand is a constant less `½ |G z + g|²`, and `E ½ |G z + g|² = ½ |G m + g|² + ½ ‖G B‖²` for
//! `z = m + B u` with `u ~ N(0, I)`. Written out, `z'G'Gz + 2g'Gz + g'g` has large terms that cancel wherever a law is
//! narrow or far from 0; here residuals are formed before they are squared.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, s};

use crate::{Gaussian, LinearGaussian, divergence_at_equal_means};

/// Some coordinates of a larger Gaussian vector, `m + B u`: all its parts share the standard normal `u`.
///
/// ```
/// use ndarray::array;
/// use prob::average::{Part, log_prob};
/// use prob::{Gaussian, LinearGaussian};
///
/// // E log N(y; z, 1) over z ~ N(0, 1), y = z + N(0, 1): minus the entropy of that noise.
/// let step = LinearGaussian::isotropic(1, 1.0, 1.0)?;
/// let both = step.joint(&Gaussian::standard(1));
/// let found = log_prob(&step, &Part::of(&both, 1..2), &Part::of(&both, 0..1));
/// assert!((found + 0.5 * (std::f64::consts::TAU.ln() + 1.0)).abs() < 1e-15);
/// # Ok::<(), prob::ProbError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// `m`, `[d]`.
    pub mean: Array1<f64>,
    /// `B`, `[d, width of u]`.
    pub spread: Array2<f64>,
}

impl Part {
    /// A vector that is known, beside a `u` of this width.
    pub fn known(value: &ArrayRef1<f64>, width: usize) -> Self {
        Self { mean: value.to_owned(), spread: Array2::zeros((value.len(), width)) }
    }

    /// The coordinates `at` of `law`.
    ///
    /// # Panics
    /// If it has not so many.
    pub fn of(law: &Gaussian, at: Range<usize>) -> Self {
        Self {
            mean: law.mean().slice(s![at.clone()]).to_owned(),
            spread: law.factor().lower().slice(s![at, ..]).to_owned(),
        }
    }
}

/// `E log p(y | z) = log p(m_y | m_z) - ½ ‖L⁻¹ (B_y - W B_z)‖²` in nats over `y` and `z` that are jointly Gaussian.
///
/// # Panics
/// If a dimension does not fit, or the parts are not of one vector.
pub fn log_prob(conditional: &LinearGaussian, y: &Part, z: &Part) -> f64 {
    assert_eq!(y.spread.ncols(), z.spread.ncols(), "parts of different vectors");
    let residual = &y.spread - &conditional.weight().dot(&z.spread);
    conditional.given(&z.mean).log_prob(&y.mean) - half_square(conditional, &residual)
}

/// `E KL(p(·|z) || q(·|z))` in nats over the common input `z` of this `law`.
///
/// # Panics
/// If a dimension does not fit.
pub fn divergence(p: &LinearGaussian, q: &LinearGaussian, law: &Gaussian) -> f64 {
    assert_eq!(p.weight().dim(), q.weight().dim(), "conditionals of different dimensions");
    let weight = p.weight() - q.weight();
    let shift = q.factor().whiten(&(weight.dot(law.mean()) + (p.bias() - q.bias())));
    let spread = half_square(q, &weight.dot(law.factor().lower()));
    divergence_at_equal_means(p.factor(), q.factor()) + 0.5 * shift.dot(&shift) + spread
}

/// `½ ‖L⁻¹ B‖²` with `S = L Lᵀ` the covariance of the conditional: what a spread `B` of its residual costs.
fn half_square(conditional: &LinearGaussian, spread: &ArrayRef2<f64>) -> f64 {
    0.5 * conditional.factor().whiten_columns(spread).mapv(|b| b * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quadratic;
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;

    /// `N(W x + b, S)` from two coordinates to two, with correlated noise.
    fn conditional() -> impl Strategy<Value = LinearGaussian> {
        (prop::array::uniform4(-1.5..1.5), prop::array::uniform2(-1.0..1.0), 0.2..2.0, -0.8..0.8).prop_map(
            |([a, b, c, d], bias, v, r): (_, [f64; 2], f64, f64)| {
                let covariance = array![[v, r * v], [r * v, v]];
                LinearGaussian::new(array![[a, b], [c, d]], Array1::from(bias.to_vec()), covariance).unwrap()
            },
        )
    }

    proptest! {
        /// Against the same integrands as polynomials, which are averaged from their coefficients.
        #[test]
        fn averages_are_those_of_the_quadratics(
            p in conditional(),
            q in conditional(),
            shear in prop::array::uniform4(-1.0..1.0f64),
        ) {
            let [a, b, c, d] = shear;
            let z = Gaussian::new(array![a, -b], array![[1.0 + c * c, c], [c, 1.0]]).unwrap();
            let joint = p.joint(&z);
            let (input, output) = (Part::of(&joint, 0..2), Part::of(&joint, 2..4));
            assert_relative_eq!(
                log_prob(&q, &output, &input),
                Quadratic::log_prob(&q).expectation(&joint),
                max_relative = 1e-10
            );
            let seen = array![d, 0.5];
            assert_relative_eq!(
                log_prob(&q, &Part::known(&seen, 4), &input),
                Quadratic::log_prob(&q).fix(&[2, 3], &seen).expectation(&z),
                max_relative = 1e-10
            );
            assert_relative_eq!(
                divergence(&p, &q, &z),
                Quadratic::kl_divergence(&p, &q).expectation(&z),
                max_relative = 1e-10
            );
        }
    }
}
