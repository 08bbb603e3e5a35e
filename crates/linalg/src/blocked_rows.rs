//! Rows times a triangle, a block of columns at a time: the zeros of the triangle are left out, and each block is one product of
//! matrices.
//!
//! `w = L⁻¹ b` takes the inverses `X` of the triangles `L_ii` on the diagonal, of up to 16 columns, and never that of `L`. With
//! `u = 2⁻⁵³`, to first order (Higham 2002, chapters 8, 10 and 14):
//!
//! - substitution is off by at most `d u |L⁻¹| |L| |w|`;
//! - `|L_ii X - I| ≤ 16 u |L_ii| |X|`, the columns before it alike, and a product of `d` numbers rounds by `d u`: the blocks are
//!   off by at most `(d + 16) u |L⁻¹| K (|b| + |L_<| |w|)`, with `K` the blocks `|L_ii| |L_ii⁻¹|`, and `L_<` what stands before
//!   them.
//!
//! Neither changes when rows of `L` are scaled: standard deviations as far apart as f64 allows cost nothing. What costs is
//! correlation within a block, up to a factor `cond L_ii = ‖|L_ii⁻¹| |L_ii|‖`: of 40 numbers with the covariance
//! `exp(-½ (i - j)²/9)` and 1e-8 more on the diagonal (condition 7e8) blocks find `w` to 4e-9, and substitution to 2e-12.
//! But the rounding of the factor itself moves `w` there by 2e-8: with `H` for `A` scaled to a diagonal of 1 it is up to
//! `d² u ‖H⁻¹‖ |w|`, and so is the loss of the blocks up to a constant, as no `‖L_ii⁻¹‖` exceeds `‖L⁻¹‖`. Only a factor that is
//! known better, from [`update`](crate::Cholesky::update) or [`extend`](crate::Cholesky::extend), had these digits.

use std::ops::Range;

use kernels::product::{self, Matrix};
use ndarray::{Array2, ArrayRef2, Axis, concatenate, s};

use crate::cholesky::substituted_columns;

/// Columns of a triangle that a product of matrices takes at a time.
const BLOCK: usize = product::NARROW;

/// Rows that go through all blocks together, so that they stay in cache.
pub(crate) const TILE: usize = 192;

/// The blocks of `d` columns.
pub(crate) fn blocks(d: usize) -> impl DoubleEndedIterator<Item = Range<usize>> + Clone {
    (0..d).step_by(BLOCK).map(move |from| from..d.min(from + BLOCK))
}

const ROWS: &str = "what is made here lies row by row";

/// `[-L_ii⁻¹ L_ij, L_ii⁻¹]` in the rows of block `i`, for the blocks `j < i` (`[d, d]`): what takes the blocks of `w = L⁻¹ b` that
/// are known and the next one of `b` to the next one of `w`.
pub(crate) fn whitening(lower: &Array2<f64>) -> Array2<f64> {
    let d = lower.nrows();
    let mut whitening = Array2::zeros((d, d));
    for block in blocks(d) {
        let before = -&lower.slice(s![block.clone(), ..block.start]);
        let columns = concatenate![Axis(1), before, Array2::<f64>::eye(block.len())];
        let solved = substituted_columns(&lower.slice(s![block.clone(), block.clone()]), columns);
        whitening.slice_mut(s![block.clone(), ..block.end]).assign(&solved);
    }
    whitening
}

/// The product of each row (`[n, d]`) with the rows of `triangle` (`[d, d]`) of a block, up to the diagonal, in the place of that
/// block, one block after the other.
pub(crate) fn in_blocks(
    triangle: &Array2<f64>,
    rows: &mut ArrayRef2<f64>,
    blocks: impl Iterator<Item = Range<usize>> + Clone,
) {
    let d = triangle.nrows();
    let triangle = triangle.as_slice().expect(ROWS);
    let mut product = [0.0; TILE * BLOCK];
    in_place(rows, |rows| {
        for tile in rows.chunks_mut(TILE * d) {
            let n = tile.len() / d;
            for block in blocks.clone() {
                let product = &mut product[..n * block.len()];
                let known = Matrix::of_rows(tile, (n, d)).columns(0..block.end);
                let axes = Matrix::of_rows(&triangle[block.start * d..block.end * d], (block.len(), d));
                product::multiply(known, axes.columns(0..block.end).transposed(), product);
                put_columns(tile, d, block, product);
            }
        }
    });
}

/// Changes rows where they are, one after the other; where they do not lie so, in a copy.
fn in_place(rows: &mut ArrayRef2<f64>, change: impl FnOnce(&mut [f64])) {
    if let Some(rows) = rows.as_slice_mut() {
        return change(rows);
    }
    let mut copy = rows.iter().copied().collect::<Vec<_>>();
    change(&mut copy);
    rows.iter_mut().zip(copy).for_each(|(place, value)| *place = value);
}

/// Writes `block` (`[n, width]`) to these columns of `rows` (`[n, d]`).
fn put_columns(rows: &mut [f64], d: usize, columns: Range<usize>, block: &[f64]) {
    for (row, block) in rows.chunks_exact_mut(d).zip(block.chunks_exact(columns.len())) {
        row[columns.clone()].copy_from_slice(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cholesky;
    use ndarray::{Array1, ArrayRef1};

    const D: usize = 40;

    /// Hardly correlated; neighbours much alike (condition 7e4, 7e8 and 7e11); all much alike (4e9 and 4e11).
    fn covariances() -> Vec<Array2<f64>> {
        let of = |f: &dyn Fn(f64) -> f64| Array2::from_shape_fn((D, D), |(i, j)| f(i.abs_diff(j) as f64));
        let noise = |variance: f64| Array2::<f64>::eye(D) * variance;
        let neighbours = of(&|distance| (-0.5 * (distance / 3.0).powi(2)).exp());
        let alike = Array2::<f64>::ones((D, D));
        vec![
            of(&|distance| 0.25 * distance.cos()) + noise(0.75),
            &neighbours + noise(1e-4),
            &neighbours + noise(1e-8),
            &neighbours + noise(1e-11),
            &alike + noise(1e-8),
            &alike + noise(1e-10),
        ]
    }

    /// `(d + 16) ε |L⁻¹| K (|b| + |L_<| |w|)`, of which half is for terms of second order.
    fn bound(factor: &Cholesky, w: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> Array1<f64> {
        let size = |x: &ArrayRef2<f64>| x.mapv(f64::abs);
        let (lower, w) = (size(factor.lower()), w.mapv(f64::abs));
        let mut bound = b.mapv(f64::abs);
        for block in blocks(D) {
            let before = lower.slice(s![block.clone(), ..block.start]).dot(&w.slice(s![..block.start]));
            let triangle = lower.slice(s![block.clone(), block.clone()]);
            let corner = factor.lower().slice(s![block.clone(), block.clone()]);
            let inverse = size(&substituted_columns(&corner, Array2::eye(block.len())));
            let mut bound = bound.slice_mut(s![block]);
            bound += &before;
            let amplified = triangle.dot(&inverse.dot(&bound));
            bound.assign(&amplified);
        }
        let inverse = size(&factor.whiten_columns(&Array2::eye(D)));
        inverse.dot(&bound) * ((D + BLOCK) as f64 * f64::EPSILON)
    }

    /// Entries on a grid and whole numbers `w`: neither `b = L w` nor substitution rounds, which gives `w` back. Rows are scaled by
    /// powers of two, of which the largest variance is up to 1e187 times the least.
    #[test]
    fn what_inverted_triangles_lose() {
        let w = Array2::from_shape_fn((9, D), |(i, j)| ((5 * i + 3 * j * j) % 17) as f64 - 8.0);
        let grid = 2f64.powi(40);
        for (k, covariance) in covariances().iter().enumerate() {
            let lower = Cholesky::new(covariance).unwrap().lower().mapv(|l| (l * grid).round() / grid);
            for step in [-8, 0, 8] {
                let scale = Array2::from_shape_fn((D, 1), |(i, _)| 2f64.powi(step * i as i32));
                let factor = Cholesky::from_lower(&lower * &scale);
                let b = w.dot(&factor.lower().t());
                let mut found = b.clone();
                factor.whiten_rows(&mut found);
                for i in 0..w.nrows() {
                    assert_eq!(factor.whiten(&b.row(i)), w.row(i));
                    let off = (&found.row(i) - &w.row(i)).mapv(f64::abs);
                    let bound = bound(&factor, &w.row(i), &b.row(i));
                    let within = off.iter().zip(&bound).all(|(off, bound)| off <= bound);
                    assert!(within, "covariance {k}, scaled by {step}: {off} beyond {bound}");
                }
            }
        }
    }
}
