//! The Fréchet distance between Gaussians: what FID computes from the moments of two sets of features.

use linalg::SymmetricEigen;

use crate::Gaussian;
use crate::gaussian::{squared_norm, symmetrised};

/// `|m_p - m_q|² + tr(S_p + S_q - 2 (S_p^½ S_q S_p^½)^½)`, in squared units of `x`: the least mean squared distance
/// `E|x - y|²` over all joint laws with `x ~ p` and `y ~ q`, the squared 2-Wasserstein distance (Dowson and Landau
/// 1982; Heusel et al. 2017 for FID).
///
/// `S_p^½ S_q S_p^½` has the eigenvalues of `L_pᵀ S_q L_p`, and the trace of its root is the sum of their roots.
///
/// ```
/// use ndarray::array;
/// use prob::{Gaussian, frechet_distance};
///
/// let p = Gaussian::new(array![0.0], array![[1.0]])?;
/// let q = Gaussian::new(array![3.0], array![[4.0]])?;
/// assert_eq!(frechet_distance(&p, &q), 3.0 * 3.0 + (2.0 - 1.0) * (2.0 - 1.0));
/// # Ok::<(), prob::ProbError>(())
/// ```
///
/// # Panics
/// If the dimensions differ.
pub fn frechet_distance(p: &Gaussian, q: &Gaussian) -> f64 {
    assert_eq!(p.dim(), q.dim(), "a distance between laws of different dimension");
    let l = p.factor().lower();
    let product = symmetrised(l.t().dot(q.covariance()).dot(l));
    // Rounding may carry an eigenvalue that is almost 0 below it.
    let overlap: f64 = SymmetricEigen::new(&product).values().iter().map(|v| v.max(0.0).sqrt()).sum();
    let traces = p.covariance().diag().sum() + q.covariance().diag().sum();
    squared_norm(&(p.mean() - q.mean())) + traces - 2.0 * overlap
}
