//! The hyperbolic tangent, the only non-linearity of the house.
//!
//! Its derivative is a function of its value, `tanh' = 1 - tanh²`, so that a backward pass needs nothing but the
//! activations that the forward pass left behind.

use ndarray::{ArrayRef2, Zip};

/// `a ← tanh a`, element by element, within 2 units of the last place.
///
/// # Panics
/// If the rows do not lie one after the other in memory.
pub fn tanh_in_place(a: &mut ArrayRef2<f64>) {
    kernels::tanh::tanh_in_place(a.as_slice_mut().expect("rows one after the other"));
}

/// `delta ← delta ⊙ (1 - a²)`: carries a gradient back through `a = tanh(pre-activation)`, given `a` itself.
///
/// # Panics
/// If the shapes differ.
pub fn tanh_backward(delta: &mut ArrayRef2<f64>, a: &ArrayRef2<f64>) {
    assert_eq!(delta.dim(), a.dim(), "a gradient and its activations have different shapes");
    Zip::from(delta).and(a).for_each(|delta, a| *delta *= 1.0 - a * a);
}
