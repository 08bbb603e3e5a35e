//! The hyperbolic tangent.
//!
//! `tanh |x| = m / (m + 2)` with `m = e^{2|x|} - 1`. With `e^{2|x|} = 2^n (1 + p)` that is `m = 2^n p + (2^n - 1)`, in which the
//! second term is exact. Next to 0 the errors of `m` and of `m + 2` would be felt: there `tanh x = x - x q`, with `q` a small
//! fraction. It is near Lambert's `x²/(3 + x²/(5 + …))`, but meets it where Chebyshev would, so that three terms over four are off by
//! less than 4e-19.

use std::f64::consts::LOG2_E;
use std::hint::select_unpredictable as select;

use crate::exp::{Exp2, exp2};
use crate::{Arithmetic, Kernel, dispatch, polynomial};

/// Below it the fraction.
const SMALL: f64 = 0.55;
/// Its numerator over `x²`, and its denominator, in powers of `x²`.
const NUMERATOR: [f64; 3] = [0.333_333_333_333_333_3, 0.020_501_964_963_793_903, 0.000_199_318_324_551_384_5];
const DENOMINATOR: [f64; 4] =
    [1.0, 0.461_505_894_891_380_7, 0.023_295_551_025_482_31, 0.000_206_683_988_081_524_7];

/// From here on the value is 1 to rounding.
const ONE_FROM: f64 = 20.0;

/// `tanh x`, within 2 ulp.
#[inline(always)]
pub fn tanh<A: Arithmetic>(x: f64) -> f64 {
    let size = x.abs();
    let size = if size > ONE_FROM { ONE_FROM } else { size };
    let Exp2 { scale, f, rest } = exp2::<A>(2.0 * LOG2_E * size);
    let m = A::mul_add(scale * f, rest, scale - 1.0);

    let z = size * size;
    let numerator = z * polynomial::<A, _>(z, &NUMERATOR);
    let denominator = polynomial::<A, _>(z, &DENOMINATOR);

    // Not three `if` by one condition, of which the compiler would make a branch.
    let small = size < SMALL;
    let q = select(small, numerator, m) / select(small, denominator, m + 2.0);
    select(small, A::mul_add(-size, q, size), q).copysign(x)
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
