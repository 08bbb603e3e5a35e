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

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use linalg::SymmetricEigen;
    use ndarray::{Array1, Array2, array};
    use proptest::prelude::*;

    /// `N(m, G Gᵀ + I/10)` with random `m` and `G`.
    fn law(d: usize) -> impl Strategy<Value = Gaussian> {
        (prop::collection::vec(-2.0..2.0, d), prop::collection::vec(-2.0..2.0, d * d)).prop_map(
            move |(m, g)| {
                let g = Array2::from_shape_vec((d, d), g).unwrap();
                Gaussian::new(m.into(), g.dot(&g.t()) + Array2::<f64>::eye(d) * 0.1).unwrap()
            },
        )
    }

    proptest! {
        /// The formula as it is written everywhere, with roots of matrices.
        #[test]
        fn is_the_difference_of_traces((p, q) in (1usize..5).prop_flat_map(|d| (law(d), law(d)))) {
            let root = SymmetricEigen::new(p.covariance()).map(f64::sqrt);
            let product = root.dot(q.covariance()).dot(&root);
            let overlap: f64 = SymmetricEigen::new(&product).values().mapv(f64::sqrt).sum();
            let traces = p.covariance().diag().sum() + q.covariance().diag().sum();
            let shift = p.mean() - q.mean();
            let written = shift.dot(&shift) + traces - 2.0 * overlap;
            assert_relative_eq!(frechet_distance(&p, &q), written, max_relative = 1e-10, epsilon = 1e-11);
            assert_relative_eq!(frechet_distance(&q, &p), frechet_distance(&p, &q), max_relative = 1e-11);
        }

        /// Equal laws are no distance apart, to the square of rounding, and never a negative one.
        #[test]
        fn of_a_law_to_itself_is_nothing(p in (1usize..6).prop_flat_map(law)) {
            let distance = frechet_distance(&p, &p);
            prop_assert!((0.0..1e-26).contains(&distance), "{distance:e}");
        }
    }

    #[test]
    fn close_and_tiny_laws_keep_their_digits() {
        let line = |sd: f64| Gaussian::new(array![0.0], array![[sd * sd]]).unwrap();
        assert_relative_eq!(
            frechet_distance(&line(1.0), &line(1.0 + 1e-8)),
            1e-16,
            epsilon = 0.0,
            max_relative = 1e-7
        );
        assert_relative_eq!(
            frechet_distance(&line(1e-150), &line(3e-150)),
            4e-300,
            epsilon = 0.0,
            max_relative = 1e-14
        );
        // One direction is next to nothing, in both and along different axes.
        let flat = |sds: [f64; 2]| {
            let covariance = Array2::from_diag(&Array1::from_iter(sds.map(|sd| sd * sd)));
            Gaussian::new(array![0.0, 0.0], covariance).unwrap()
        };
        assert_relative_eq!(
            frechet_distance(&flat([1.0, 1e-9]), &flat([1e-9, 1.0])),
            2.0,
            max_relative = 1e-8
        );
        assert_eq!(frechet_distance(&flat([1.0, 1e-120]), &flat([1.0, 1e-120])), 0.0);
    }
}
