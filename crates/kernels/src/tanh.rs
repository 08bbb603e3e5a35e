//! The hyperbolic tangent.
//!
//! `tanh |x| = -m / (2 + m)` with `m = e^{-2|x|} - 1`. With `e^y = 2^n (1 + p)` that is `m = 2^n p + (2^n - 1)`, in which the
//! second term is exact: nothing cancels next to 0.

use crate::exp::{Reduced, power_of_two, reduce};
use crate::{Arithmetic, Kernel, dispatch};

/// From here on the value is 1 to rounding.
const ONE_FROM: f64 = 20.0;

/// `tanh x`, within 2 ulp.
#[inline(always)]
pub fn tanh<A: Arithmetic>(x: f64) -> f64 {
    let size = x.abs();
    let size = if size > ONE_FROM { ONE_FROM } else { size };
    let Reduced { n, exp_m1 } = reduce::<A>(-2.0 * size);
    let scale = power_of_two(n);
    let m = A::mul_add(scale, exp_m1, scale - 1.0);
    (-m / (2.0 + m)).copysign(x)
}

struct Tanh<'a>(&'a mut [f64]);

impl Kernel for Tanh<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for x in self.0 {
            *x = tanh::<A>(*x);
        }
    }
}

/// `x ← tanh x`, each.
pub fn tanh_in_place(x: &mut [f64]) {
    dispatch(Tanh(x));
}
