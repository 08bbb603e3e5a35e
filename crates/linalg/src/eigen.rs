//! Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.
//!
//! Slower than a tridiagonal reduction for large matrices, but short, and it finds small eigenvalues of a positive
//! definite matrix to their own precision, not to that of the largest one (Demmel and Veselić 1992).

use ndarray::{Array1, Array2, ArrayRef2, Axis};

/// More sweeps than any matrix needs: the convergence is quadratic, and ten are many.
pub(crate) const SWEEPS: usize = 64;

/// `A = V diag(λ) Vᵀ` (`[d, d]`) with orthogonal `V`.
///
/// ```
/// use linalg::SymmetricEigen;
/// use ndarray::array;
///
/// let eigen = SymmetricEigen::new(&array![[2.0, 1.0], [1.0, 2.0]]);
/// assert!((eigen.values()[0] - 3.0).abs() < 1e-15);
/// assert!((eigen.values()[1] - 1.0).abs() < 1e-15);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SymmetricEigen {
    values: Array1<f64>,
    vectors: Array2<f64>,
}

impl SymmetricEigen {
    /// Decomposes `a` (`[d, d]`), of which only the upper triangle counts. A matrix with an entry that is not finite
    /// has an eigenvalue that is not.
    ///
    /// # Panics
    /// If `a` is not square.
    pub fn new(a: &ArrayRef2<f64>) -> Self {
        assert!(a.is_square(), "eigenvalues need a square matrix, not {:?}", a.dim());
        let d = a.nrows();
        let mut a = Array2::from_shape_fn((d, d), |(i, j)| a[[i.min(j), i.max(j)]]);
        let mut vectors = Array2::eye(d);
        for _ in 0..SWEEPS {
            if !sweep(&mut a, &mut vectors) {
                break;
            }
        }
        let mut order: Vec<usize> = (0..d).collect();
        order.sort_by(|&i, &j| a[[j, j]].total_cmp(&a[[i, i]]));
        Self { values: a.diag().select(Axis(0), &order), vectors: vectors.select(Axis(1), &order) }
    }

    /// The eigenvalues `λ`, the largest first, `[d]`.
    pub fn values(&self) -> &Array1<f64> {
        &self.values
    }

    /// `V`, whose column `j` is the eigenvector of `λ_j`, `[d, d]`.
    pub fn vectors(&self) -> &Array2<f64> {
        &self.vectors
    }

    /// `f(A) = V diag(f(λ)) Vᵀ`, `[d, d]`: with `f64::sqrt` the square root of a positive matrix.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Array2<f64> {
        (&self.vectors * &self.values.mapv(f)).dot(&self.vectors.t())
    }
}

/// Rotates every pair of coordinates once; whether any needed it.
fn sweep(a: &mut Array2<f64>, vectors: &mut Array2<f64>) -> bool {
    let mut rotated = false;
    for i in 0..a.nrows() {
        for j in i + 1..a.nrows() {
            // Small against both of its diagonal entries: a rotation would not change them.
            let negligible = f64::EPSILON * (a[[i, i]].abs().sqrt() * a[[j, j]].abs().sqrt());
            let settled = a[[i, j]].abs() <= negligible;
            // Not `>`: what is NaN must spread, not pass for small.
            if !settled {
                rotate(a, vectors, i, j);
                rotated = true;
            }
        }
    }
    rotated
}

/// The smaller root `t = tan φ` of `t² + 2t cot 2φ - 1 = 0`, from `cot 2φ`.
pub(crate) fn tangent(cot: f64) -> f64 {
    if cot >= 0.0 { 1.0 / (cot + cot.hypot(1.0)) } else { 1.0 / (cot - cot.hypot(1.0)) }
}

/// `A ← Gᵀ A G`, `V ← V G` with the rotation `G` of the coordinates `i` and `j` that makes `A_ij` zero.
fn rotate(a: &mut Array2<f64>, vectors: &mut Array2<f64>, i: usize, j: usize) {
    let across = a[[i, j]];
    let tan = tangent((a[[j, j]] - a[[i, i]]) / (2.0 * across));
    let cos = 1.0 / tan.hypot(1.0);
    let sin = tan * cos;
    for k in (0..a.nrows()).filter(|&k| k != i && k != j) {
        let (x, y) = (a[[k, i]], a[[k, j]]);
        (a[[k, i]], a[[k, j]]) = (cos * x - sin * y, sin * x + cos * y);
        (a[[i, k]], a[[j, k]]) = (a[[k, i]], a[[k, j]]);
    }
    a[[i, i]] -= tan * across;
    a[[j, j]] += tan * across;
    (a[[i, j]], a[[j, i]]) = (0.0, 0.0);
    for k in 0..vectors.nrows() {
        let (x, y) = (vectors[[k, i]], vectors[[k, j]]);
        (vectors[[k, i]], vectors[[k, j]]) = (cos * x - sin * y, sin * x + cos * y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;

    fn symmetric() -> impl Strategy<Value = Array2<f64>> {
        (1usize..7).prop_flat_map(|d| {
            prop::collection::vec(-2.0..2.0, d * d).prop_map(move |entries| {
                let g = Array2::from_shape_vec((d, d), entries).unwrap();
                &g + &g.t()
            })
        })
    }

    proptest! {
        #[test]
        fn vectors_and_values_give_back_the_matrix(a in symmetric()) {
            let eigen = SymmetricEigen::new(&a);
            assert_relative_eq!(eigen.map(|v| v), a, epsilon = 1e-13);
            let v = eigen.vectors();
            assert_relative_eq!(v.t().dot(v), Array2::eye(a.nrows()), epsilon = 1e-14);
            prop_assert!(eigen.values().windows(2).into_iter().all(|pair| pair[0] >= pair[1]));
        }

        #[test]
        fn the_square_root_squares_to_the_matrix(a in symmetric()) {
            let square = a.dot(&a);
            let root = SymmetricEigen::new(&square).map(|v| v.max(0.0).sqrt());
            assert_relative_eq!(root.dot(&root), square, epsilon = 1e-11);
        }
    }

    /// `D A D` with `A` well-conditioned: the small eigenvalue is (1 - ½²) 1e-20 to all digits.
    #[test]
    fn small_eigenvalues_keep_their_digits() {
        let graded = SymmetricEigen::new(&array![[1.0, 0.5e-10], [0.5e-10, 1e-20]]);
        assert_relative_eq!(graded.values()[1], 0.75e-20, epsilon = 0.0, max_relative = 1e-14);
    }

    /// Diagonal, zero, rank one, repeated: where a rotation divides by little.
    #[test]
    fn special_matrices() {
        for values in [array![0.0, 0.0, 0.0], array![3.0, 3.0, -1.0]] {
            let eigen = SymmetricEigen::new(&Array2::from_diag(&values));
            assert_eq!(eigen.values(), &values);
        }
        let ones = SymmetricEigen::new(&Array2::ones((3, 3)));
        assert_relative_eq!(ones.values(), &array![3.0, 0.0, 0.0], epsilon = 1e-15);
        let swap = SymmetricEigen::new(&array![[0.0, 1.0], [1.0, 0.0]]);
        assert_relative_eq!(swap.values(), &array![1.0, -1.0], epsilon = 1e-15);
    }

    #[test]
    fn what_is_not_finite_has_an_eigenvalue_that_is_not() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for (row, column) in [(0, 0), (2, 2), (0, 1), (1, 2), (0, 2)] {
                let mut a = array![[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]];
                a[[row, column]] = value;
                let eigen = SymmetricEigen::new(&a);
                assert!(eigen.values().iter().any(|v| !v.is_finite()), "{value} at ({row}, {column})");
            }
        }
    }
}
