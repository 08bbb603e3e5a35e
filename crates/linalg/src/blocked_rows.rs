//! Rows times a triangle, a block of columns at a time: the zeros of the triangle are left out, and each block is one product of
//! matrices.

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
