//! The triangular factor of a QR factorisation, by Householder's reflections.
//!
//! A product `B Bᵀ` that is formed and then factored keeps half the digits of `B`, and may have no Cholesky factor at
//! all; its factor taken from `B` itself keeps them all (Golub and Van Loan 2013, §5.2).

use ndarray::{Array2, s};

use crate::norm::norm;

/// Lower triangular `L` (`[d, d]`) with a diagonal that is not negative and `L Lᵀ = B Bᵀ`, for `B` (`[d, k]`, `k ≥ d`): the
/// transpose of the `R` in `Bᵀ = Q R`.
///
/// A column of `b` that is zero above row `i` is untouched when row `i` is reached. So if such a column has an entry
/// other than 0 there, `L_ii` is at least as large: triangular columns make the factor regular, whatever stands beside.
///
/// # Panics
/// If `b` has more rows than columns.
pub(crate) fn triangular_factor(mut b: Array2<f64>) -> Array2<f64> {
    let (d, k) = b.dim();
    assert!(d <= k, "{d} rows need at least as many columns, not {k}");
    let mut lower = Array2::zeros((d, d));
    for i in 0..d {
        // What ends in zeros is reflected in fewer coordinates: of a lower triangular block, only half.
        let end = b.row(i).iter().rposition(|&x| x != 0.0).map_or(i + 1, |last| i.max(last) + 1);
        let (mut v, mut below) = b.multi_slice_mut((s![i, i..end], s![i + 1.., i..end]));
        let length = norm(&v);
        lower[[i, i]] = length;
        if length == 0.0 {
            lower.slice_mut(s![i + 1.., i]).assign(&below.column(0));
            continue;
        }
        // The reflection I - v vᵀ/|v_0|, v = x/|x| ± e_0, carries the row x to ∓|x| e_0; |v|² is 2 |v_0|.
        v.iter_mut().for_each(|x| *x /= length);
        let sign = 1f64.copysign(v[0]);
        v[0] += sign;
        let height = v[0].abs();
        for (mut row, entry) in below.rows_mut().into_iter().zip(lower.slice_mut(s![i + 1.., i])) {
            let along = row.iter().zip(&v).map(|(y, v)| y * v).sum::<f64>() / height;
            row.iter_mut().zip(&v).for_each(|(y, v)| *y -= along * v);
            *entry = -sign * row[0];
        }
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn has_the_gram_matrix_of_the_rows(
            b in (1usize..6, 0usize..4).prop_flat_map(|(d, more)| {
                prop::collection::vec(-2.0..2.0, d * (d + more))
                    .prop_map(move |entries| Array2::from_shape_vec((d, d + more), entries).unwrap())
            }),
        ) {
            let lower = triangular_factor(b.clone());
            assert_relative_eq!(lower.dot(&lower.t()), b.dot(&b.t()), epsilon = 1e-13);
            for ((i, j), &entry) in lower.indexed_iter() {
                prop_assert!(if i < j { entry == 0.0 } else { i > j || entry >= 0.0 }, "({i}, {j}): {entry}");
            }
        }
    }

    /// `1 + s²` is 1 in f64, and the matrix of ones has no Cholesky factor; the second pivot is `s √2`.
    #[test]
    fn keeps_what_a_product_would_round_away() {
        let s = 1e-20;
        let lower = triangular_factor(array![[1.0, s, 0.0], [1.0, 0.0, s]]);
        assert_relative_eq!(
            lower,
            array![[1.0, 0.0], [1.0, s * 2f64.sqrt()]],
            epsilon = 0.0,
            max_relative = 1e-14
        );
    }

    #[test]
    fn a_row_of_zeros_has_a_zero_pivot() {
        let lower = triangular_factor(array![[0.0, 0.0], [3.0, -4.0]]);
        assert_eq!(lower, array![[0.0, 0.0], [3.0, 4.0]]);
    }
}
