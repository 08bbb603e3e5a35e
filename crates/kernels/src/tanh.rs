//! The hyperbolic tangent.
//!
//! `tanh |x| = m / (m + 2)` with `m = e^{2|x|} - 1`. With `e^y = 2^n (1 + p)` that is `m = 2^n p + (2^n - 1)`, in which the
//! second term is exact. Next to 0 the errors of `m` and of `m + 2` would be felt: there `tanh x = x - x q`, with `q` a small
//! fraction from Lambert's `x/(1 + x²/(3 + x²/(5 + …)))`, which ends with `x²/13`. What it leaves out is below 2e-19.

use std::hint::select_unpredictable as select;

use crate::exp::{Reduced, power_of_two, reduce};
use crate::{Arithmetic, Kernel, dispatch, polynomial};

/// Below it Lambert's fraction.
const SMALL: f64 = 0.3;
/// Its numerator over `x²`, and its denominator, in powers of `x²`.
const NUMERATOR: [f64; 3] = [45_045.0, 2_772.0, 27.0];
const DENOMINATOR: [f64; 4] = [135_135.0, 62_370.0, 3_150.0, 28.0];

/// From here on the value is 1 to rounding.
const ONE_FROM: f64 = 20.0;

/// `tanh x`, within 2 ulp.
#[inline(always)]
pub fn tanh<A: Arithmetic>(x: f64) -> f64 {
    let size = x.abs();
    let size = if size > ONE_FROM { ONE_FROM } else { size };
    let Reduced { n, exp_m1 } = reduce::<A>(2.0 * size);
    let scale = power_of_two(n);
    let m = A::mul_add(scale, exp_m1, scale - 1.0);

    let z = size * size;
    let numerator = z * polynomial::<A, _>(z, &NUMERATOR);
    let denominator = polynomial::<A, _>(z, &DENOMINATOR);

    // Not three `if` by one condition, of which the compiler would make a branch.
    let small = size < SMALL;
    let q = select(small, numerator, m) / select(small, denominator, m + 2.0);
    select(small, size - size * q, q).copysign(x)
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
