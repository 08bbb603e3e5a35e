//! The three products of a layer: `x W`, `δ Wᵀ` and `xᵀ δ`.
//!
//! BLAS multiplies what is large. A layer of some hundred units it would copy into its own order for as long as a good part of the
//! product takes: that is a kernel's. One with a few inputs or outputs is done row by row; `thin` is the short side, of up to
//! [`THIN`] columns. Nothing is allocated.

use kernels::{Arithmetic, Kernel, LANES, dispatch, product};
use ndarray::{Array2, ArrayRef2, ArrayViewMut2, linalg::general_mat_mul};

/// Up to so many columns are few.
const THIN: usize = 4;

/// Up to so many columns factors are small.
const SMALL: usize = 256;

/// Up to so many rows of few columns are turned into columns on the stack.
const LONG: usize = 256;

/// Room for that.
type Stack = [f64; THIN * LONG];

/// Whether a matrix has few columns, and not too many rows.
fn is_thin(matrix: &ArrayRef2<f64>) -> bool {
    matrix.ncols() <= THIN && matrix.nrows() <= LONG
}

/// `Mᵀ`, row by row in `stack`.
fn transposed<'a>(matrix: &ArrayRef2<f64>, stack: &'a mut Stack) -> ArrayViewMut2<'a, f64> {
    let mut transposed = on_stack(matrix.t().dim(), stack);
    transposed.assign(&matrix.t());
    transposed
}

fn on_stack((rows, columns): (usize, usize), stack: &mut Stack) -> ArrayViewMut2<'_, f64> {
    let numbers = &mut stack[..rows * columns];
    ArrayViewMut2::from_shape((rows, columns), numbers).expect("as many as there are")
}

/// `y ← x W`: `x` is `[n, in]`, `W` `[in, out]`, `y` `[n, out]`.
pub(crate) fn forward(x: &ArrayRef2<f64>, weight: &Array2<f64>, y: &mut ArrayRef2<f64>) {
    if is_thin(weight) {
        project(x, &transposed(weight, &mut [0.0; THIN * LONG]), y);
    } else {
        multiply(x, weight, y);
    }
}

/// `y ← δ Wᵀ`: `δ` is `[n, out]`, `W` `[in, out]`, `y` `[n, in]`.
pub(crate) fn backward(delta: &ArrayRef2<f64>, weight: &Array2<f64>, y: &mut ArrayRef2<f64>) {
    if weight.nrows() <= THIN {
        project(delta, weight, y);
    } else {
        multiply(delta, &weight.t(), y);
    }
}

/// `g ← xᵀ δ`: `x` is `[n, in]`, `δ` `[n, out]`, `g` `[in, out]`.
pub(crate) fn gradient(x: &ArrayRef2<f64>, delta: &ArrayRef2<f64>, g: &mut Array2<f64>) {
    if is_thin(g) {
        let mut stack = [0.0; THIN * LONG];
        let mut transposed = on_stack(g.t().dim(), &mut stack);
        multiply(&delta.t(), x, &mut transposed);
        g.assign(&transposed.t());
    } else {
        multiply(&x.t(), delta, g);
    }
}

/// `y ← a b`.
fn multiply(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>, y: &mut ArrayRef2<f64>) {
    let is_small = a.ncols().max(b.ncols()) <= SMALL;
    match (in_memory(a), in_memory(b), y.as_slice_mut()) {
        (Some(a), Some(b), Some(y)) if is_small => product::multiply(a, b, y),
        _ => general_mat_mul(1.0, a, b, 0.0, y),
    }
}

/// A matrix without gaps, by rows or by columns.
fn in_memory(matrix: &ArrayRef2<f64>) -> Option<product::Matrix<'_>> {
    let by_rows = matrix.as_slice().map(|rows| product::Matrix::of_rows(rows, matrix.dim()));
    by_rows.or_else(|| {
        let columns = matrix.t().to_slice()?;
        Some(product::Matrix::of_rows(columns, matrix.t().dim()).transposed())
    })
}

const ROWS: &str = "rows one after the other";

/// `y` (`[n, thin]`): each row of `x` (`[n, w]`) along each row of `axes` (`[thin, w]`).
fn project(x: &ArrayRef2<f64>, axes: &ArrayRef2<f64>, y: &mut ArrayRef2<f64>) {
    assert_eq!((x.nrows(), axes.dim()), (y.nrows(), (y.ncols(), x.ncols())), "shapes that do not fit");
    let [x_rows, axes] = [x.as_standard_layout(), axes.as_standard_layout()];
    let (rows, axes) = (x_rows.as_slice().expect(ROWS), axes.as_slice().expect(ROWS));
    dispatch(Project { x: rows, axes, y: y.as_slice_mut().expect(ROWS), width: x.ncols() });
}

struct Project<'a> {
    x: &'a [f64],
    axes: &'a [f64],
    y: &'a mut [f64],
    width: usize,
}

impl Kernel for Project<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self { x, axes, y, width } = self;
        let short = axes.len() / width;
        for (y, x) in y.chunks_exact_mut(short).zip(x.chunks_exact(width)) {
            for (y, axis) in y.iter_mut().zip(axes.chunks_exact(width)) {
                *y = dot::<A>(x, axis);
            }
        }
    }
}

/// `x'y`, in lanes.
#[inline(always)]
fn dot<A: Arithmetic>(x: &[f64], y: &[f64]) -> f64 {
    let ((x_blocks, x_rest), (y_blocks, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (x, y) in x_blocks.iter().zip(y_blocks) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum = A::mul_add(*x, *y, *sum);
        }
    }
    let mut sum = A::sum(&sums);
    for (x, y) in x_rest.iter().zip(y_rest) {
        sum = A::mul_add(*x, *y, sum);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    proptest! {
        /// Against the products of `ndarray`, for every choice of short and long sides.
        #[test]
        fn all_three_are_products_of_matrices(
            n in 0..20usize, inputs in 1..20usize, outputs in 1..20usize, seed in 0..1000u32,
        ) {
            let matrix = |rows: usize, columns: usize, phase: f64| {
                Array2::from_shape_fn((rows, columns), |(i, j)| (f64::from(seed) + phase + (i * 31 + j * 7) as f64).sin())
            };
            let (x, weight, delta) =
                (matrix(n, inputs, 0.1), matrix(inputs, outputs, 0.2), matrix(n, outputs, 0.3));
            let (mut y, mut back, mut g) = (matrix(n, outputs, 0.4), matrix(n, inputs, 0.5), matrix(inputs, outputs, 0.6));
            forward(&x, &weight, &mut y);
            backward(&delta, &weight, &mut back);
            gradient(&x, &delta, &mut g);
            assert_relative_eq!(y, x.dot(&weight), epsilon = 1e-13);
            assert_relative_eq!(back, delta.dot(&weight.t()), epsilon = 1e-13);
            assert_relative_eq!(g, x.t().dot(&delta), epsilon = 1e-13);
        }
    }
}
