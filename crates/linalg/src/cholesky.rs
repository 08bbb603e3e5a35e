//! The Cholesky factor `A = L Lᵀ` of a symmetric positive definite matrix.
//!
//! Densities and divergences are computed from whitened vectors `L⁻¹ b`, never from the inverse of `A` or of `L`: a
//! variance of 1e-300 has a standard deviation of 1e-150, which f64 holds with all its digits. Many rows at a time take the
//! inverses of small triangles on the diagonal of `L`; `blocked_rows` says what they lose.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, concatenate, s};

use crate::blocked_rows::{blocks, in_blocks, whitening};
use crate::qr::triangular_factor;

/// From so many rows and columns on, products of matrices are quicker than one row after the other.
const PRODUCT: usize = 8;

/// A matrix that should have a Cholesky factor has none: the pivot of `row` was not a positive number.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("not positive definite: pivot {row} is {pivot}")]
pub struct NotPositiveDefinite {
    /// Row at which the factorisation stopped, from 0.
    pub row: usize,
    /// What was left of the diagonal there; positive for a positive definite matrix.
    pub pivot: f64,
}

/// Lower triangular `L` (`[d, d]`) with a positive diagonal and `A = L Lᵀ`.
///
/// ```
/// use linalg::Cholesky;
/// use ndarray::array;
///
/// let a = array![[4.0, 2.0], [2.0, 3.0]];
/// let factor = Cholesky::new(&a)?;
/// assert_eq!(factor.lower()[[0, 0]], 2.0);
/// assert!((factor.log_det() - 8.0_f64.ln()).abs() < 1e-15);
/// # Ok::<(), linalg::NotPositiveDefinite>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cholesky {
    lower: Array2<f64>,
    /// What takes a row `b` to `L⁻¹ b`, block by block, where products of matrices are worth their while.
    whitening: Array2<f64>,
}

impl Cholesky {
    /// Factors `a` (`[d, d]`); only its lower triangle is read.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] at the first pivot that is zero, negative, infinite or NaN.
    ///
    /// # Panics
    /// If `a` is not square.
    pub fn new(a: &ArrayRef2<f64>) -> Result<Self, NotPositiveDefinite> {
        assert!(a.is_square(), "a Cholesky factor needs a square matrix, not {:?}", a.dim());
        let d = a.nrows();
        let mut lower = Array2::zeros((d, d));
        for j in 0..d {
            for i in j..d {
                let known: f64 = (0..j).map(|k| lower[[i, k]] * lower[[j, k]]).sum();
                let rest = a[[i, j]] - known;
                if i > j {
                    lower[[i, j]] = rest / lower[[j, j]];
                } else if rest > 0.0 && rest.is_finite() {
                    lower[[j, j]] = rest.sqrt();
                } else {
                    return Err(NotPositiveDefinite { row: j, pivot: rest });
                }
            }
        }
        Ok(Self::from_lower(lower))
    }

    pub(crate) fn from_lower(lower: Array2<f64>) -> Self {
        let is_worth_it = lower.nrows() >= PRODUCT;
        let whitening = if is_worth_it { whitening(&lower) } else { Array2::zeros((0, 0)) };
        Self { lower, whitening }
    }

    /// The factor of `A + B Bᵀ` for `B` (`[d, k]`), from the QR factorisation of `[B, L]ᵀ`.
    ///
    /// The sum is never formed: what `B Bᵀ` would round away in it is kept, and there is a factor for every `B`. Where a
    /// length `|(B, L)_i|` leaves the range of f64, the factor is not finite.
    ///
    /// # Panics
    /// If `b` has not `d` rows.
    pub fn update(&self, b: &ArrayRef2<f64>) -> Self {
        assert_eq!(b.nrows(), self.dim(), "rows to be added to a factor of other dimension");
        Self::from_lower(triangular_factor(concatenate![Axis(1), b.view(), self.lower]))
    }

    /// The factor `[[L, 0], [B, C]]` of `[[L Lᵀ, L Bᵀ], [B Lᵀ, B Bᵀ + C Cᵀ]]` for `B` (`[m, d]`) and the factor `C` (`[m, m]`).
    ///
    /// # Panics
    /// If `b` has not `d` columns and a row for each of `c`.
    pub fn extend(&self, b: &ArrayRef2<f64>, c: &Cholesky) -> Self {
        let (d, m) = (self.dim(), c.dim());
        assert_eq!(b.dim(), (m, d), "a block that does not fit between the factors");
        let mut lower = Array2::zeros((d + m, d + m));
        lower.slice_mut(s![..d, ..d]).assign(&self.lower);
        lower.slice_mut(s![d.., ..d]).assign(b);
        lower.slice_mut(s![d.., d..]).assign(&c.lower);
        Self::from_lower(lower)
    }

    /// Number of rows, `d`.
    pub fn dim(&self) -> usize {
        self.lower.nrows()
    }

    /// `L`, `[d, d]`.
    pub fn lower(&self) -> &Array2<f64> {
        &self.lower
    }

    /// `A = L Lᵀ`, `[d, d]`.
    pub fn matrix(&self) -> Array2<f64> {
        self.lower.dot(&self.lower.t())
    }

    /// `log det A = 2 Σ log L_ii`.
    pub fn log_det(&self) -> f64 {
        2.0 * self.lower.diag().iter().map(|l| l.ln()).sum::<f64>()
    }

    /// `L⁻¹ b` for a vector `b` (`[d]`): if `b` has covariance `A`, the result has covariance `I`.
    ///
    /// # Panics
    /// If `b` has another dimension.
    pub fn whiten(&self, b: &ArrayRef1<f64>) -> Array1<f64> {
        assert_eq!(b.len(), self.dim(), "a vector of another dimension");
        let mut w = b.to_owned();
        substitute(&self.lower, &mut w);
        w
    }

    /// `L⁻¹ B` for a matrix `B` (`[d, m]`), column by column.
    ///
    /// # Panics
    /// If `b` has not `d` rows.
    pub fn whiten_columns(&self, b: &ArrayRef2<f64>) -> Array2<f64> {
        assert_eq!(b.nrows(), self.dim(), "columns of another dimension");
        substituted_columns(&self.lower, b.to_owned())
    }

    /// `L⁻¹ b` in the place of each row `b` of `rows` (`[n, d]`): examples are rows, and lie together in memory.
    ///
    /// A block of columns at a time, from the first on: `w_i = L_ii⁻¹ (b_i - Σ_{j<i} L_ij w_j)` is a product of matrices, because
    /// the inverse of the triangle on the diagonal is known. From 8 dimensions and rows on; fewer are as [`Self::whiten`] has them.
    ///
    /// Next to that, the error grows by up to `‖|L_ii⁻¹| |L_ii|‖`, which no scale of a coordinate changes: three digits of
    /// strongly correlated ones (condition 7e8), fewer than were lost when `A` was factored.
    ///
    /// # Panics
    /// If `rows` has not `d` columns.
    pub fn whiten_rows(&self, rows: &mut ArrayRef2<f64>) {
        assert_eq!(rows.ncols(), self.dim(), "rows of another dimension");
        if self.is_small(rows) {
            return rows.rows_mut().into_iter().for_each(|mut row| substitute(&self.lower, &mut row));
        }
        in_blocks(&self.whitening, rows, blocks(self.dim()));
    }

    /// `L z` in the place of each row `z` of `rows` (`[n, d]`): if a row has covariance `I`, the result has covariance `A`. The
    /// zeros of `L` are left out, a block of columns at a time, from the last on.
    ///
    /// # Panics
    /// If `rows` has not `d` columns.
    pub fn colour_rows(&self, rows: &mut ArrayRef2<f64>) {
        assert_eq!(rows.ncols(), self.dim(), "rows of another dimension");
        if self.is_small(rows) {
            return rows.rows_mut().into_iter().for_each(|mut row| colour(&self.lower, &mut row));
        }
        in_blocks(&self.lower, rows, blocks(self.dim()).rev());
    }

    /// Whether products of matrices are not worth their while.
    fn is_small(&self, rows: &ArrayRef2<f64>) -> bool {
        self.dim() < PRODUCT || rows.nrows() < PRODUCT
    }

    /// `A⁻¹ B` for a matrix `B` (`[d, m]`): forward, then backward substitution.
    ///
    /// # Panics
    /// If `b` has not `d` rows.
    pub fn solve(&self, b: &ArrayRef2<f64>) -> Array2<f64> {
        let mut x = self.whiten_columns(b);
        for mut column in x.columns_mut() {
            for i in (0..self.dim()).rev() {
                let known: f64 = (i + 1..self.dim()).map(|k| self.lower[[k, i]] * column[k]).sum();
                column[i] = (column[i] - known) / self.lower[[i, i]];
            }
        }
        x
    }

    /// `A⁻¹`, `[d, d]`.
    pub fn inverse(&self) -> Array2<f64> {
        self.solve(&Array2::eye(self.dim()))
    }
}

/// `L⁻¹ B`, column by column.
pub(crate) fn substituted_columns(lower: &ArrayRef2<f64>, mut b: Array2<f64>) -> Array2<f64> {
    b.columns_mut().into_iter().for_each(|mut column| substitute(lower, &mut column));
    b
}

/// `z ← L z`, from the last entry up.
fn colour(lower: &ArrayRef2<f64>, z: &mut ArrayRef1<f64>) {
    for i in (0..z.len()).rev() {
        z[i] = (0..=i).map(|k| lower[[i, k]] * z[k]).sum();
    }
}

/// `w ← L⁻¹ w` by forward substitution.
fn substitute(lower: &ArrayRef2<f64>, w: &mut ArrayRef1<f64>) {
    for i in 0..w.len() {
        let known: f64 = (0..i).map(|k| lower[[i, k]] * w[k]).sum();
        w[i] = (w[i] - known) / lower[[i, i]];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocked_rows::TILE;
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;

    /// `G Gᵀ + I/10` for a random square `G`: symmetric, positive definite, condition number below about 1e3.
    fn spd() -> impl Strategy<Value = Array2<f64>> {
        (1usize..6).prop_flat_map(|d| {
            prop::collection::vec(-2.0..2.0, d * d).prop_map(move |entries| {
                let g = Array2::from_shape_vec((d, d), entries).unwrap();
                g.dot(&g.t()) + Array2::<f64>::eye(d) * 0.1
            })
        })
    }

    proptest! {
        #[test]
        fn factor_times_its_transpose_is_the_matrix(a in spd()) {
            let factor = Cholesky::new(&a).unwrap();
            assert_relative_eq!(factor.matrix(), a, max_relative = 1e-12, epsilon = 1e-12);
        }

        #[test]
        fn solve_undoes_the_product(a in spd()) {
            let identity = a.dot(&Cholesky::new(&a).unwrap().inverse());
            assert_relative_eq!(identity, Array2::eye(a.nrows()), epsilon = 1e-10);
        }

        #[test]
        fn whitened_columns_have_the_inverse_as_gram_matrix(a in spd()) {
            let factor = Cholesky::new(&a).unwrap();
            let w = factor.whiten_columns(&Array2::eye(a.nrows()));
            assert_relative_eq!(w.t().dot(&w), factor.inverse(), max_relative = 1e-9, epsilon = 1e-9);
            let mut rows = Array2::eye(a.nrows());
            factor.whiten_rows(&mut rows);
            prop_assert_eq!(rows, w.t());
        }

        /// Against the factors of matrices that are formed.
        #[test]
        fn update_and_extend_factor_the_sum_and_the_blocks(
            (a, c) in spd().prop_flat_map(|a| (Just(a), spd())),
            entries in prop::collection::vec(-2.0..2.0, 25),
        ) {
            let b = Array2::from_shape_fn((c.nrows(), a.nrows()), |(i, j)| entries[5 * i + j]);
            let (factor, corner) = (Cholesky::new(&a).unwrap(), Cholesky::new(&c).unwrap());
            let sum = b.dot(&b.t()) + &c;
            assert_relative_eq!(corner.update(&b).lower(), Cholesky::new(&sum).unwrap().lower(), epsilon = 1e-10);
            let across = b.dot(&factor.lower().t());
            let top = concatenate![Axis(1), a, across.t()];
            let blocks = concatenate![Axis(0), top, concatenate![Axis(1), across, sum]];
            assert_relative_eq!(factor.extend(&b, &corner).matrix(), blocks, epsilon = 1e-12);
        }
    }

    /// Every second column of a wider array, and columns that lie where rows should: as the same rows on their own.
    #[test]
    fn rows_may_lie_anywhere() {
        let a = Array2::from_shape_fn((9, 9), |(i, j)| 0.5f64.powi(i.abs_diff(j) as i32));
        let factor = Cholesky::new(&a).unwrap();
        let wide = Array2::from_shape_fn((12, 18), |(i, j)| ((i * 5 + j * 3) % 11) as f64 - 5.0);
        let changes: [fn(&Cholesky, &mut ArrayRef2<f64>); 2] = [Cholesky::whiten_rows, Cholesky::colour_rows];
        for change in changes {
            let mut alone = wide.slice(s![.., ..;2]).to_owned();
            change(&factor, &mut alone);
            let mut apart = wide.clone();
            change(&factor, &mut apart.slice_mut(s![.., ..;2]));
            assert_eq!(apart.slice(s![.., ..;2]), alone);
            let mut turned = wide.slice(s![.., ..;2]).t().as_standard_layout().into_owned();
            change(&factor, &mut turned.view_mut().reversed_axes());
            assert_eq!(turned.t(), alone);
        }
    }

    #[test]
    fn keeps_the_digits_of_tiny_variances() {
        let factor = Cholesky::new(&array![[1e-300]]).unwrap();
        assert_relative_eq!(factor.log_det(), -300.0 * 10f64.ln(), max_relative = 1e-15);
        assert_relative_eq!(factor.whiten(&array![3e-150])[0], 3.0, max_relative = 1e-15);
    }

    #[test]
    fn names_the_pivot_that_failed() {
        let refused = Cholesky::new(&array![[1.0, 2.0], [2.0, 1.0]]).unwrap_err();
        assert_eq!(refused, NotPositiveDefinite { row: 1, pivot: -3.0 });
        assert!(Cholesky::new(&array![[f64::NAN]]).is_err());
        assert!(Cholesky::new(&array![[f64::INFINITY]]).is_err());
    }

    /// `1 + 1e-40` is 1: the sum has no Cholesky factor in f64, but the update has, with the pivot `√2 1e-20`.
    #[test]
    fn an_update_keeps_what_it_started_from() {
        let tiny = Cholesky::new(&(Array2::<f64>::eye(2) * 1e-40)).unwrap();
        let updated = tiny.update(&array![[1.0], [1.0]]);
        assert_relative_eq!(updated.log_det(), 2f64.ln() - 40.0 * 10f64.ln(), max_relative = 1e-14);
        // Of rank one in two columns: what rounding leaves of the second pivot is not less than it was.
        let updated = tiny.update(&array![[1.0, 2.0], [0.3, 0.6]]);
        assert!(updated.lower()[[1, 1]] >= 1e-20, "{updated:?}");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let factor = Cholesky::new(&Array2::eye(3)).unwrap();
        let refuses = |f: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
        for d in [1, 4] {
            assert!(refuses(&|| drop(factor.whiten(&Array1::zeros(d)))));
            assert!(refuses(&|| drop(factor.whiten_columns(&Array2::zeros((d, 2))))));
            assert!(refuses(&|| factor.whiten_rows(&mut Array2::zeros((2, d)))));
            assert!(refuses(&|| drop(factor.solve(&Array2::zeros((d, 2))))));
            assert!(refuses(&|| drop(factor.update(&Array2::zeros((d, 2))))));
            assert!(refuses(&|| drop(factor.extend(&Array2::zeros((3, d)), &factor))));
            assert!(refuses(&|| drop(factor.extend(&Array2::zeros((d, 3)), &factor))));
        }
    }

    /// Blocks, their ends and the tiles against the product and the substitution of one row. The matrix `I + ½ 1 1ᵀ/d + …` has
    /// a condition below 10, so that both agree to some units of the last place of sums of `d` products.
    #[test]
    fn rows_in_blocks_are_what_each_row_is_alone() {
        let wave = |i: usize, j: usize| (1.3 * i as f64 + 0.7 * (i * j) as f64 + j as f64).sin();
        for d in 1..80 {
            let root = Array2::from_shape_fn((d, d), |(i, j)| wave(i, j) / (d as f64).sqrt());
            let factor = Cholesky::new(&(Array2::<f64>::eye(d) + root.dot(&root.t()))).unwrap();
            let tiles = if d % 16 < 2 { &[1, PRODUCT, TILE + 3][..] } else { &[PRODUCT - 1, PRODUCT + 1] };
            for &n in tiles {
                let rows = Array2::from_shape_fn((n, d), |(i, j)| wave(j, i));
                let (mut coloured, mut white) = (rows.clone(), rows.clone());
                factor.colour_rows(&mut coloured);
                factor.whiten_rows(&mut white);
                for i in (0..n).step_by(5).chain([n - 1]) {
                    let product: Array1<f64> =
                        factor.lower().rows().into_iter().map(|l| l.dot(&rows.row(i))).collect();
                    assert_relative_eq!(coloured.row(i), product, epsilon = 1e-13);
                    assert_relative_eq!(white.row(i), factor.whiten(&rows.row(i)), epsilon = 1e-13);
                }
            }
        }
    }
}
