//! The Fréchet distance between Gaussians: what FID computes from the moments of two sets of features.

use linalg::orthogonal_factor;

use crate::Gaussian;
use crate::gaussian::squared_norm;

/// `|m_p - m_q|² + tr(S_p + S_q - 2 (S_p^½ S_q S_p^½)^½)`, in squared units of `x`: the least mean squared distance
/// `E|x - y|²` over all joint laws with `x ~ p` and `y ~ q`, the squared 2-Wasserstein distance (Dowson and Landau
/// 1982; Heusel et al. 2017 for FID).
///
/// The trace is `|L_p - L_q U|²` with the orthogonal `U` that makes it least, the polar factor of `L_qᵀ L_p`: a sum of
/// squares, so that nothing cancels for close laws.
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
    let (l_p, l_q) = (p.factor().lower(), q.factor().lower());
    let turned = l_q.dot(&orthogonal_factor(&l_q.t().dot(l_p)));
    squared_norm(&(p.mean() - q.mean())) + (l_p - &turned).mapv(|v| v * v).sum()
}
