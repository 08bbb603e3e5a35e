//! Products of small matrices.
//!
//! BLAS copies both factors into an order of its own before it multiplies, and its tiles are made for large matrices: for layers
//! of 64 units a third of the time goes there. Here a panel of the right factor is copied once, up to 32 columns wide, and
//! stays in the first cache while some rows of the left factor at a time go through it. What they add up never leaves the
//! registers.

#![allow(clippy::needless_range_loop, reason = "lanes are walked side by side")]

use std::cell::RefCell;
use std::ops::Range;

use crate::{Arithmetic, Kernel, LANES, Lanes, dispatch};

/// Terms of the sums that are added before they are stored: as many rows has a panel.
const STEPS: usize = 128;

/// A matrix in memory: row by row, or column by column.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    numbers: &'a [f64],
    shape: (usize, usize),
    /// How far apart in memory are neighbours in a column, and in a row.
    strides: (usize, usize),
}

impl<'a> Matrix<'a> {
    /// So many rows of so many numbers, one after the other.
    ///
    /// # Panics
    /// If there are more or fewer numbers.
    pub fn of_rows(numbers: &'a [f64], (rows, columns): (usize, usize)) -> Self {
        assert_eq!(numbers.len(), rows * columns, "{rows} rows of {columns} numbers");
        Self { numbers, shape: (rows, columns), strides: (columns, 1) }
    }

    /// The columns `from..to`.
    ///
    /// # Panics
    /// If they are not there.
    pub fn columns(self, columns: Range<usize>) -> Self {
        assert!(columns.start <= columns.end && columns.end <= self.shape.1, "columns {columns:?}");
        let start = self.place(0, columns.start).min(self.numbers.len());
        Self { numbers: &self.numbers[start..], shape: (self.shape.0, columns.len()), ..self }
    }

    /// The transposed matrix, without moving a number.
    pub fn transposed(self) -> Self {
        let Self { numbers, shape: (rows, columns), strides: (down, right) } = self;
        Self { numbers, shape: (columns, rows), strides: (right, down) }
    }

    /// Where entry `(i, j)` is.
    #[inline(always)]
    fn place(&self, i: usize, j: usize) -> usize {
        i * self.strides.0 + j * self.strides.1
    }
}

/// `y ← a b`, row by row.
///
/// # Panics
/// If shapes do not fit.
pub fn multiply(a: Matrix<'_>, b: Matrix<'_>, y: &mut [f64]) {
    assert_eq!((a.shape.1, a.shape.0 * b.shape.1), (b.shape.0, y.len()), "shapes that do not fit");
    PANEL.with_borrow_mut(|panel| dispatch(Product { a, b, y, panel }));
}

struct Product<'a> {
    a: Matrix<'a>,
    b: Matrix<'a>,
    y: &'a mut [f64],
    panel: &'a mut Panel,
}

impl Kernel for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        match (A::HAS_32_WIDE_REGISTERS, self.b.shape.1) {
            // Four rows of eight sums fill half of sixteen registers of four numbers.
            (false, _) => self.by_panels::<A, Four, 1, 4>(),
            (true, ..=LANES) => self.by_panels::<A, Eight, 1, 8>(),
            (true, ..=NARROW) => self.by_panels::<A, Eight, 2, 8>(),
            (true, _) => self.by_panels::<A, Four, WIDEST, 4>(),
        }
    }
}

/// `V` registers side by side.
type Row<const V: usize> = [Lanes; V];

/// Registers beside each other in a panel, at most. With four rows that makes 16 registers of sums, enough to hide how long one sum
/// takes.
const WIDEST: usize = 4;

/// Up to so many columns as many sums take eight rows: the zeros of a triangle are left out in blocks of this width.
pub const NARROW: usize = 2 * LANES;

/// Some rows of the right factor, at a place in memory from which no register is loaded in two parts.
#[repr(align(64))]
struct Panel([Lanes; STEPS * WIDEST]);

thread_local! {
    /// Each product of this thread fills it anew; to make one would cost as much as to fill it.
    static PANEL: RefCell<Panel> = const { RefCell::new(Panel([[0.0; LANES]; STEPS * WIDEST])) };
}

impl Product<'_> {
    #[inline(always)]
    fn by_panels<A: Arithmetic, T: Tile<R>, const V: usize, const R: usize>(self) {
        let Self { a, b, y, panel } = self;
        let ((height, inner), width) = (a.shape, b.shape.1);
        let (panel, _) = panel.0.as_chunks_mut::<V>();
        for first in (0..inner.max(1)).step_by(STEPS) {
            let panel = &mut panel[..STEPS.min(inner - first)];
            for left in (0..width).step_by(V * LANES) {
                let columns = (V * LANES).min(width - left);
                fill(panel, &b, (first, left), columns);
                for top in (0..height).step_by(R) {
                    // Rows beyond the last are the last once more, of which nobody hears.
                    let mut places = [0; R];
                    for r in 0..R {
                        places[r] = a.place((top + r).min(height - 1), first);
                    }
                    let sums = T::times::<A, V>(a.numbers, places, a.strides.1, panel);
                    for r in 0..R.min(height - top) {
                        put(&mut y[(top + r) * width + left..][..columns], &sums[r], first == 0);
                    }
                }
            }
        }
    }
}

/// `y ← y + row`, as far as `y` goes, or `y ← row` if it is the first.
#[inline(always)]
fn put<const V: usize>(y: &mut [f64], row: &Row<V>, first: bool) {
    let (lanes, rest) = y.as_chunks_mut::<LANES>();
    let full = lanes.len();
    for v in 0..full {
        for i in 0..LANES {
            lanes[v][i] = row[v][i] + if first { 0.0 } else { lanes[v][i] };
        }
    }
    for i in 0..rest.len() {
        rest[i] = row[full][i] + if first { 0.0 } else { rest[i] };
    }
}

/// Copies `columns` columns of `b` from `(i, j)` on; what comes of the others nobody hears.
#[inline(always)]
fn fill<const V: usize>(panel: &mut [Row<V>], b: &Matrix<'_>, (i, j): (usize, usize), columns: usize) {
    for (k, row) in panel.iter_mut().enumerate() {
        let from = &b.numbers[b.place(i + k, j)..];
        if b.strides.1 == 1 && columns == V * LANES {
            // Of a length that the compiler knows: an instruction for each register instead of a call.
            row.as_flattened_mut().copy_from_slice(&from[..V * LANES]);
        } else {
            for (c, to) in row.as_flattened_mut()[..columns].iter_mut().enumerate() {
                *to = from[c * b.strides.1];
            }
        }
    }
}

/// Some rows of the left factor that go through a panel together.
trait Tile<const R: usize> {
    /// What the rows of `a` that begin at `places` come to with the panel; `stride` is between neighbours in a row of `a`.
    fn times<A: Arithmetic, const V: usize>(
        a: &[f64],
        places: [usize; R],
        stride: usize,
        panel: &[Row<V>],
    ) -> [Row<V>; R];
}

/// A [`Tile`] whose sums have names, because what is in an array the compiler keeps in memory.
macro_rules! tile {
    ($name:ident, $rows:literal, $($sum:ident of $row:literal),+) => {
        /// So many.
        struct $name;

        impl Tile<$rows> for $name {
            #[inline(always)]
            fn times<A: Arithmetic, const V: usize>(
                a: &[f64],
                places: [usize; $rows],
                stride: usize,
                panel: &[Row<V>],
            ) -> [Row<V>; $rows] {
                $(let mut $sum = [[0.0; LANES]; V];)+
                for (k, row) in panel.iter().enumerate() {
                    $($sum = scaled_add::<A, V>(a[places[$row] + k * stride], row, $sum);)+
                }
                [$($sum),+]
            }
        }
    };
}

tile!(Four, 4, s0 of 0, s1 of 1, s2 of 2, s3 of 3);
tile!(Eight, 8, s0 of 0, s1 of 1, s2 of 2, s3 of 3, s4 of 4, s5 of 5, s6 of 6, s7 of 7);

/// `weight · row + sum`.
#[inline(always)]
fn scaled_add<A: Arithmetic, const V: usize>(weight: f64, row: &Row<V>, mut sum: Row<V>) -> Row<V> {
    for v in 0..V {
        for i in 0..LANES {
            sum[v][i] = A::mul_add(weight, row[v][i], sum[v][i]);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::InstructionSet;
    use crate::instruction_set::tests::is_fused;

    /// Two factors of integers, whose products are exact, in either order in memory.
    fn factors() -> impl Strategy<Value = ((usize, usize, usize), Vec<f64>, Vec<f64>)> {
        let inner = prop_oneof![4 => 1..40_usize, 1 => STEPS - 2..STEPS + 3];
        (1..12_usize, inner, 1..70_usize).prop_flat_map(|(height, inner, width)| {
            let integers = |n| prop::collection::vec((-100..100).prop_map(f64::from), n);
            (Just((height, inner, width)), integers(height * inner), integers(inner * width))
        })
    }

    proptest! {
        /// Entry by entry, with every set, with each factor as it is and from its transpose in memory.
        #[test]
        fn integers_are_multiplied_exactly(((height, inner, width), a, b) in factors()) {
            let turned = |m: &[f64], columns: usize| -> Vec<f64> {
                (0..m.len()).map(|i| m[i % (m.len() / columns) * columns + i / (m.len() / columns)]).collect()
            };
            let (a_turned, b_turned) = (turned(&a, inner), turned(&b, width));
            let expected: Vec<f64> = (0..height * width)
                .map(|i| (0..inner).map(|k| a[i / width * inner + k] * b[k * width + i % width]).sum())
                .collect();
            for set in InstructionSet::available() {
                for a in [Matrix::of_rows(&a, (height, inner)), Matrix::of_rows(&a_turned, (inner, height)).transposed()] {
                    for b in [Matrix::of_rows(&b, (inner, width)), Matrix::of_rows(&b_turned, (width, inner)).transposed()] {
                        let mut y = vec![f64::NAN; height * width];
                        PANEL.with_borrow_mut(|panel| set.run(Product { a, b, y: &mut y, panel }));
                        prop_assert_eq!(&y, &expected, "{:?}", set);
                    }
                }
            }
        }

        /// The order of a sum does not depend on how wide the tiles are.
        #[test]
        fn every_fused_set_gives_the_same_bits(((height, inner, width), a, b) in factors()) {
            let [a, b] = [a, b].map(|m| m.iter().map(|x| x / 7.0).collect::<Vec<_>>());
            let mut products = InstructionSet::available().filter(|&set| is_fused(set)).map(|set| {
                let mut y = vec![0.0; height * width];
                let (a, b) = (Matrix::of_rows(&a, (height, inner)), Matrix::of_rows(&b, (inner, width)));
                PANEL.with_borrow_mut(|panel| set.run(Product { a, b, y: &mut y, panel }));
                y.into_iter().map(f64::to_bits).collect::<Vec<_>>()
            });
            if let Some(first) = products.next() {
                prop_assert!(products.all(|other| other == first));
            }
        }
    }

    /// Some columns of the left factor meet as many rows of the right one.
    #[test]
    fn columns_are_cut_out_where_they_are() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let mut y = [0.0; 4];
        multiply(
            Matrix::of_rows(&a, (2, 3)).columns(1..3),
            Matrix::of_rows(&[1.0, 0.0, 0.0, 10.0], (2, 2)),
            &mut y,
        );
        assert_eq!(y, [2.0, 30.0, 5.0, 60.0]);
        multiply(Matrix::of_rows(&a, (2, 3)).columns(3..3), Matrix::of_rows(&[], (0, 2)), &mut y);
        assert_eq!(y, [0.0; 4]);
    }

    #[test]
    #[should_panic(expected = "columns 2..4")]
    fn columns_that_are_not_there_are_refused() {
        let _ = Matrix::of_rows(&[0.0; 6], (2, 3)).columns(2..4);
    }

    #[test]
    fn nothing_times_nothing_is_nothing() {
        let mut y = [1.0; 6];
        multiply(Matrix::of_rows(&[], (2, 0)), Matrix::of_rows(&[], (0, 3)), &mut y);
        multiply(Matrix::of_rows(&[], (2, 0)).transposed(), Matrix::of_rows(&y, (2, 3)), &mut []);
        assert_eq!(y, [0.0; 6]);
    }

    #[test]
    #[should_panic(expected = "shapes that do not fit")]
    fn inner_dimensions_are_one() {
        let matrix = Matrix::of_rows(&[0.0; 6], (2, 3));
        multiply(matrix, matrix, &mut [0.0; 6]);
    }
}
