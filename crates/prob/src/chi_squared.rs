//! The χ² divergence between Gaussians: the relative variance of importance weights.

use linalg::Cholesky;
use ndarray::Axis;

use crate::Gaussian;

/// `χ²(p ‖ q) = ∫ p²/q - 1`, without a unit: the variance of the weight `p(x)/q(x)` for `x ~ q`, whose mean is 1.
///
/// With `M = 2 S_q - S_p` and `δ = m_p - m_q` it is `det S_q / √(det S_p det M) · exp(δ' M⁻¹ δ) - 1`, the exponential of
/// the Rényi divergence of order 2 less one; and infinite if `M` is not positive definite: then `q` has too light a tail
/// somewhere, and an average of weights has no standard error.
///
/// ```
/// use ndarray::array;
/// use prob::{Gaussian, chi_squared};
///
/// let p = Gaussian::standard(1);
/// let (wide, narrow) = (Gaussian::new(array![0.0], array![[2.0]])?, Gaussian::new(array![0.0], array![[0.5]])?);
/// assert!((chi_squared(&p, &wide) - (2.0 / 3f64.sqrt() - 1.0)).abs() < 1e-15);
/// assert_eq!(chi_squared(&p, &narrow), f64::INFINITY);
/// # Ok::<(), prob::ProbError>(())
/// ```
///
/// # Panics
/// If the dimensions differ.
pub fn chi_squared(p: &Gaussian, q: &Gaussian) -> f64 {
    assert_eq!(p.dim(), q.dim(), "a divergence between laws of different dimension");
    let Ok(factor) = Cholesky::new(&(q.covariance() * 2.0 - p.covariance())) else {
        return f64::INFINITY;
    };
    let shift = p.mean() - q.mean();
    let distance = shift.dot(&factor.solve(&shift.view().insert_axis(Axis(1))).remove_axis(Axis(1)));
    let volumes = q.factor().log_det() - 0.5 * (p.factor().log_det() + factor.log_det());
    (distance + volumes).exp_m1()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array1, array};

    /// `exp(δ²/v) - 1` for equal variances `v`, and the product over independent coordinates.
    #[test]
    fn closed_values() {
        let law = |means: [f64; 2], variances: [f64; 2]| {
            let covariance = ndarray::Array2::from_diag(&Array1::from_iter(variances));
            Gaussian::new(Array1::from_iter(means), covariance).unwrap()
        };
        let (p, q) = (law([0.0, 1.0], [0.5, 2.0]), law([0.3, 0.2], [0.5, 2.0]));
        let shifts: f64 = 0.09 / 0.5 + 0.64 / 2.0;
        assert_relative_eq!(chi_squared(&p, &q), shifts.exp_m1(), max_relative = 1e-14);
        // On the line: s_q/√(s_p (2 s_q - s_p)) exp(δ²/(2 s_q - s_p)) - 1.
        let (p, q) = (law([0.0, 1.0], [1.0, 2.0]), law([0.5, 1.0], [2.0, 2.0]));
        let line = 2.0 / 3f64.sqrt() * (0.25f64 / 3.0).exp() - 1.0;
        assert_relative_eq!(chi_squared(&p, &q), line, max_relative = 1e-14);
    }

    #[test]
    fn at_its_edges() {
        let p = Gaussian::new(array![1.0, -1.0], array![[2.0, 0.6], [0.6, 0.5]]).unwrap();
        assert_relative_eq!(chi_squared(&p, &p), 0.0, epsilon = 1e-15);
        // At half the variance, 2 S_q - S_p is 0: no longer a law, and the first case that is infinite.
        let line = |variance: f64| Gaussian::new(array![0.0], array![[variance]]).unwrap();
        assert_eq!(chi_squared(&line(1.0), &line(0.5)), f64::INFINITY);
        assert!(chi_squared(&line(1.0), &line(0.5 + 1e-12)).is_finite());
        // A wider direction does not make up for a lighter one.
        let plane = |a: f64, b: f64| Gaussian::new(array![0.0, 0.0], array![[a, 0.0], [0.0, b]]).unwrap();
        assert_eq!(chi_squared(&plane(1.0, 1.0), &plane(3.0, 0.4)), f64::INFINITY);
    }
}
