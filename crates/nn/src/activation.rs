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
