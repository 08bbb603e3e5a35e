//! Squared lengths of rows, and sums of all rows with one.

#![allow(clippy::needless_range_loop, reason = "lanes are walked side by side")]

use kernels::{Arithmetic, Kernel, LANES, dispatch};
use ndarray::{Array1, ArrayRef2};

/// `|x|²` of each row (`[n, d]`), `[n]`.
pub fn squared_norms(x: &ArrayRef2<f64>) -> Array1<f64> {
    let x = x.as_standard_layout();
    let flat = x.as_slice().expect(ROWS);
    squares(x.dim(), |i| flat[i])
}

/// `|x - y|²` of each pair of rows (both `[n, d]`), `[n]`.
///
/// # Panics
/// If the shapes differ.
pub fn squared_distances(x: &ArrayRef2<f64>, y: &ArrayRef2<f64>) -> Array1<f64> {
    assert_eq!(x.dim(), y.dim(), "rows of different shapes");
    let (x, y) = (x.as_standard_layout(), y.as_standard_layout());
    let (left, right) = (x.as_slice().expect(ROWS), y.as_slice().expect(ROWS));
    squares(x.dim(), |i| left[i] - right[i])
}

const ROWS: &str = "rows of a standard layout lie one after the other";

/// The sum of the squares of `d` numbers after each other, `n` times.
fn squares((n, d): (usize, usize), at: impl Fn(usize) -> f64) -> Array1<f64> {
    let mut sums = Array1::zeros(n);
    let out = sums.as_slice_mut().expect("a vector of its own");
    match d {
        1 => dispatch(Squares::<1, _> { d, at, out }),
        2 => dispatch(Squares::<2, _> { d, at, out }),
        _ => dispatch(Squares::<0, _> { d, at, out }),
    }
    sums
}

/// `D` is the dimension where the compiler knows it, else 0.
struct Squares<'a, const D: usize, F> {
    d: usize,
    at: F,
    out: &'a mut [f64],
}

impl<const D: usize, F: Fn(usize) -> f64> Kernel for Squares<'_, D, F> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let d = if D == 0 { self.d } else { D };
        for (i, out) in self.out.iter_mut().enumerate() {
            let in_lanes = if D == 0 { d - d % LANES } else { 0 };
            let mut sum = 0.0;
            if in_lanes > 0 {
                // Eight sums side by side, none of which waits for the one before.
                let mut sums = [0.0; LANES];
                for j in (0..in_lanes).step_by(LANES) {
                    for lane in 0..LANES {
                        let x = (self.at)(i * d + j + lane);
                        sums[lane] = A::mul_add(x, x, sums[lane]);
                    }
                }
                sum = A::sum(&sums);
            }
            for j in in_lanes..d {
                let x = (self.at)(i * d + j);
                sum = A::mul_add(x, x, sum);
            }
            *out = sum;
        }
    }
}

/// `x ← x + weight · shift` for each row `x` (`[n, d]`); `shift` is `[d]`.
///
/// # Panics
/// If the shift has another dimension.
pub(crate) fn add_to_rows(x: &mut ArrayRef2<f64>, weight: f64, shift: &Array1<f64>) {
    assert_eq!(x.ncols(), shift.len(), "a shift of rows of another dimension");
    match (x.as_slice_mut(), shift.as_slice()) {
        (Some(rows), Some(shift)) => dispatch(AddToRows { rows, weight, shift }),
        _ => x.rows_mut().into_iter().for_each(|mut row| row.scaled_add(weight, shift)),
    }
}

struct AddToRows<'a> {
    rows: &'a mut [f64],
    weight: f64,
    shift: &'a [f64],
}

impl Kernel for AddToRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for row in self.rows.chunks_exact_mut(self.shift.len().max(1)) {
            for (x, shift) in row.iter_mut().zip(self.shift) {
                *x += self.weight * shift;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    /// `1² + 2² + … `, in one to four dimensions, and of columns that do not lie together.
    #[test]
    fn lengths_by_hand() {
        let x = array![[1.0, -2.0, 3.0, 0.5], [0.0, 4.0, -1.0, 2.0]];
        for (d, expected) in [(1, [1.0, 0.0]), (2, [5.0, 16.0]), (3, [14.0, 17.0]), (4, [14.25, 21.0])] {
            let rows = x.slice(ndarray::s![.., ..d]);
            assert_eq!(squared_norms(&rows), array![expected[0], expected[1]]);
            assert_eq!(
                squared_distances(&rows, &(&rows * -1.0)),
                array![4.0 * expected[0], 4.0 * expected[1]]
            );
        }
        // Twice as many as the lanes hold, and some.
        let long = Array2::from_shape_fn((3, 21), |(i, j)| (i * 21 + j) as f64);
        let squares = |i: usize| (i * 21..(i + 1) * 21).map(|x| (x * x) as f64).sum();
        assert_eq!(squared_norms(&long), array![squares(0), squares(1), squares(2)]);
        assert_eq!(squared_norms(&Array2::zeros((0, 2))).len(), 0);
    }

    /// Whether rows lie together or not.
    #[test]
    fn a_shift_is_added_to_each_row() {
        let wide = array![[1.0, 9.0, 2.0], [3.0, 9.0, 4.0]];
        let expected = array![[0.0, 0.0], [2.0, 2.0]];
        let mut alone = array![[1.0, 2.0], [3.0, 4.0]];
        add_to_rows(&mut alone, -1.0, &array![1.0, 2.0]);
        assert_eq!(alone, expected);
        let mut apart = wide.clone();
        add_to_rows(&mut apart.slice_mut(ndarray::s![.., ..;2]), -0.5, &array![2.0, 4.0]);
        assert_eq!(apart, array![[0.0, 9.0, 0.0], [2.0, 9.0, 2.0]]);
        add_to_rows(&mut Array2::zeros((0, 2)), 1.0, &array![1.0, 2.0]);
    }
}
