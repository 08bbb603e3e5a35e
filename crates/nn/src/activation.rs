//! The hyperbolic tangent, the only non-linearity of the house.
//!
//! Its derivative is a function of its value, `tanh' = 1 - tanh²`, so that a backward pass needs nothing but the
//! activations that the forward pass left behind.

use kernels::tanh::tanh;
use kernels::{Arithmetic, Kernel, dispatch};
use ndarray::{ArrayRef1, ArrayRef2};

/// `a ← tanh a`, element by element, within 2 units of the last place.
///
/// # Panics
/// If the rows do not lie one after the other in memory.
pub fn tanh_in_place(a: &mut ArrayRef2<f64>) {
    kernels::tanh::tanh_in_place(a.as_slice_mut().expect(ROWS));
}

/// `delta ← delta ⊙ (1 - a²)`: carries a gradient back through `a = tanh(pre-activation)`, given `a` itself.
///
/// # Panics
/// If the shapes differ.
pub fn tanh_backward(delta: &mut ArrayRef2<f64>, a: &ArrayRef2<f64>) {
    assert_eq!(delta.dim(), a.dim(), "a gradient and its activations have different shapes");
    let (delta, a) = (delta.as_slice_mut().expect(ROWS), a.as_slice().expect(ROWS));
    dispatch(TanhBackward { delta, a });
}

/// `a ← tanh(a + b)`, the bias `b` added to each row.
///
/// # Panics
/// If the bias has another length than the rows, or these do not lie one after the other in memory.
pub fn tanh_of_sum_in_place(a: &mut ArrayRef2<f64>, bias: &ArrayRef1<f64>) {
    assert_eq!(a.ncols(), bias.len(), "a bias for rows of another length");
    let (a, bias) = (a.as_slice_mut().expect(ROWS), bias.as_slice().expect(ROWS));
    dispatch(TanhOfSum { a, bias });
}

const ROWS: &str = "rows one after the other";

struct TanhOfSum<'a> {
    a: &'a mut [f64],
    bias: &'a [f64],
}

impl Kernel for TanhOfSum<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for row in self.a.chunks_exact_mut(self.bias.len()) {
            for (a, bias) in row.iter_mut().zip(self.bias) {
                *a = tanh::<A>(*a + bias);
            }
        }
    }
}

struct TanhBackward<'a> {
    delta: &'a mut [f64],
    a: &'a [f64],
}

impl Kernel for TanhBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for (delta, a) in self.delta.iter_mut().zip(self.a) {
            *delta *= A::mul_add(-a, *a, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array1, Array2};

    /// `tanh` of every size, rows of every width up to more than a vector has lanes.
    #[test]
    fn passes_are_the_formulas() {
        for width in 1..20 {
            let pre = Array2::from_shape_fn((7, width), |(i, j)| {
                ((i + 3 * j) as f64).sin() * 4f64.powi(i as i32 - 3)
            });
            let bias = Array1::from_shape_fn(width, |j| (j as f64).cos());

            let mut a = pre.clone();
            tanh_in_place(&mut a);
            assert_relative_eq!(a, pre.mapv(f64::tanh), epsilon = 0.0, max_relative = 1e-15);

            let mut a = pre.clone();
            tanh_of_sum_in_place(&mut a, &bias);
            assert_relative_eq!(a, (&pre + &bias).mapv(f64::tanh), epsilon = 0.0, max_relative = 1e-15);

            // Of `1 - a²` a fused product keeps what a rounded one loses: half a unit of the last place of 1.
            let mut delta = pre.mapv(f64::cos);
            let expected = &delta * &a.mapv(|a| 1.0 - a * a);
            tanh_backward(&mut delta, &a);
            assert_relative_eq!(delta, expected, epsilon = 3e-16, max_relative = 0.0);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refuses = |f: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
        assert!(refuses(&|| tanh_of_sum_in_place(&mut Array2::zeros((2, 3)), &Array1::zeros(2))));
        assert!(refuses(&|| tanh_backward(&mut Array2::zeros((2, 3)), &Array2::zeros((3, 2)))));
        assert!(refuses(&|| tanh_in_place(&mut Array2::zeros((2, 3)).reversed_axes())));
    }
}
