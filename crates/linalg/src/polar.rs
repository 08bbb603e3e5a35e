//! The orthogonal factor of a polar decomposition, by one-sided Jacobi rotations.

use ndarray::{Array2, ArrayRef2, ArrayViewMut1, s};

use crate::eigen::{SWEEPS, tangent};
use crate::norm::norm;

/// Orthogonal `U` (`[d, d]`) in `M = U H` with `H` symmetric and not negative: of all orthogonal matrices the one nearest to
/// `M` (`[d, d]`), and the one with the largest `tr(Uᵀ M)`, which is the sum of the singular values of `M`.
///
/// The columns of `M V` are made orthogonal by rotations `V` (Hestenes 1958): then `M V = W diag(σ)` and `U = W Vᵀ`. `W` is
/// orthogonal to rounding however small a `σ` is. A `σ` that is 0 adds nothing: for a singular `M`, `U` is orthogonal on the
/// complement of its kernel alone, and 0 there.
///
/// ```
/// use linalg::orthogonal_factor;
/// use ndarray::array;
///
/// let quarter_turn = array![[0.0, -1.0], [1.0, 0.0]];
/// let stretched = quarter_turn.dot(&array![[3.0, 0.0], [0.0, 0.5]]);
/// assert_eq!(orthogonal_factor(&stretched), quarter_turn);
/// ```
///
/// # Panics
/// If `m` is not square.
pub fn orthogonal_factor(m: &ArrayRef2<f64>) -> Array2<f64> {
    assert!(m.is_square(), "a polar decomposition needs a square matrix, not {:?}", m.dim());
    let largest = m.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    // Rows are columns of M V and of V. `U` does not depend on the scale of `M`; squares do.
    let mut product = m.t().mapv(|x| if largest > 0.0 { x / largest } else { x });
    let mut right = Array2::eye(m.nrows());
    for _ in 0..SWEEPS {
        if !sweep(&mut product, &mut right) {
            break;
        }
    }
    for mut column in product.rows_mut() {
        let sigma = norm(&column);
        if sigma > 0.0 {
            column /= sigma;
        }
    }
    product.t().dot(&right)
}

/// Makes every pair of columns orthogonal once; whether any was not.
fn sweep(product: &mut Array2<f64>, right: &mut Array2<f64>) -> bool {
    let d = product.nrows();
    let mut rotated = false;
    for i in 0..d {
        for j in i + 1..d {
            let (x, y) = (product.row(i), product.row(j));
            let across = x.dot(&y);
            let orthogonal = across.abs() <= d as f64 * f64::EPSILON * (norm(&x) * norm(&y));
            if !orthogonal {
                let tan = tangent((y.dot(&y) - x.dot(&x)) / (2.0 * across));
                for matrix in [&mut *product, &mut *right] {
                    let (x, y) = matrix.multi_slice_mut((s![i, ..], s![j, ..]));
                    rotate(x, y, tan);
                }
                rotated = true;
            }
        }
    }
    rotated
}

/// `(x, y) ← (cos φ x - sin φ y, sin φ x + cos φ y)`.
fn rotate(x: ArrayViewMut1<f64>, y: ArrayViewMut1<f64>, tan: f64) {
    let cos = 1.0 / tan.hypot(1.0);
    let sin = tan * cos;
    for (x, y) in x.into_iter().zip(y) {
        (*x, *y) = (cos * *x - sin * *y, sin * *x + cos * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SymmetricEigen;
    use approx::assert_relative_eq;
    use ndarray::{Array1, array};
    use proptest::prelude::*;

    /// A random square matrix, its columns graded by up to sixteen orders of magnitude.
    fn graded() -> impl Strategy<Value = Array2<f64>> {
        (1usize..6).prop_flat_map(|d| {
            let entries = prop::collection::vec(-2.0..2.0, d * d);
            (entries, prop::collection::vec(-16.0..0.0, d)).prop_map(move |(entries, exponents)| {
                let scales: Array1<f64> = exponents.into_iter().map(|e: f64| 10f64.powf(e)).collect();
                Array2::from_shape_vec((d, d), entries).unwrap() * scales
            })
        })
    }

    proptest! {
        #[test]
        fn is_orthogonal_and_leaves_a_positive_matrix(m in graded()) {
            let u = orthogonal_factor(&m);
            assert_relative_eq!(u.t().dot(&u), Array2::eye(m.nrows()), epsilon = 1e-13);
            let h = u.t().dot(&m);
            let scale = h.iter().fold(0.0, |s: f64, x| s.max(x.abs()));
            assert_relative_eq!(h, h.t(), epsilon = 1e-13 * scale);
            prop_assert!(SymmetricEigen::new(&h).values().iter().all(|&v| v >= -1e-13 * scale));
        }
    }

    #[test]
    fn any_scale_and_no_rank() {
        let m = array![[2.0, 1.0], [-1.0, 3.0]];
        let u = orthogonal_factor(&m);
        for scale in [1e-300, 1e300] {
            assert_relative_eq!(orthogonal_factor(&(&m * scale)), u, epsilon = 1e-15);
        }
        assert_eq!(orthogonal_factor(&Array2::zeros((2, 2))), Array2::<f64>::zeros((2, 2)));
        let half = orthogonal_factor(&array![[0.0, 5.0], [0.0, 0.0]]);
        assert_eq!(half, array![[0.0, 1.0], [0.0, 0.0]]);
    }
}
