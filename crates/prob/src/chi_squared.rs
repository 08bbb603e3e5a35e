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
