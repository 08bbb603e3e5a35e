//! The hyperbolic tangent.
//!
//! `|x| = n ln 2 / 2 + r` with a whole number `n ≥ 0` and `r` from 0 to `ln 2 / 2`, so that `e^{2|x|} = 2^n e^{2r}`. With `tanh r = S/C`,
//! where `e^{2r} = (C + S)/(C - S)`, and with `h = (2^n - 1)/2`, which is exact,
//!
//! `tanh |x| = N / (N + (C - S))`, `N = h C + h S + S`:
//!
//! all terms are positive, nothing cancels. The denominator is made of `N` as it was rounded, because errors that both share
//! are divided away. For `n = 0`, where `h = 0`, only a small part is left to a quotient: `tanh r = r - R/C`.
//!
//! `R = r³ (⅓ + …)` and `C = 1 + …` are near Lambert's fraction `r/(1 + r²/(3 + r²/(5 + …)))`, but meet the function where Chebyshev would,
//! so that three terms over three are off by less than 8e-18.

use std::f64::consts::LOG2_E;
use std::hint::select_unpredictable as select;

use crate::exp::ROUND_AND_BIAS;
use crate::{Arithmetic, Kernel, dispatch, polynomial};

/// `R/r³` and `C`, in powers of `r²`.
const R: [f64; 3] = [0.333_333_333_333_333_26, 0.016_156_317_522_735_057, 6.388_213_223_979_37e-6];
const C: [f64; 3] = [1.0, 0.448_468_952_568_123_75, 0.017_501_983_767_603_92];

/// `ln 2 / 2` in two parts: the first times any `n` is exact.
const STEP: [f64; 2] = [0.346_573_590_279_959_4, 1.327_876_037_833_985_2e-14];

/// From here on the value is 1 to rounding; a whole number of steps, which leaves no `r`.
const ONE_FROM: f64 = 58.0 * (STEP[0] + STEP[1]);

/// `tanh x`, within 2 ulp.
#[inline(always)]
pub fn tanh<A: Arithmetic>(x: f64) -> f64 {
    let size = x.abs();
    let size = if size > ONE_FROM { ONE_FROM } else { size };
    // Rounded to the nearest of what is half too small; but for a little, so that at 0 there is no choice.
    let n = A::mul_add(2.0 * LOG2_E, size, -0.499) + ROUND_AND_BIAS;
    let half_power = f64::from_bits((n.to_bits() - 1) << 52);
    let h = half_power - 0.5;
    let n = n - ROUND_AND_BIAS;
    let r = A::mul_add(-n, STEP[1], A::mul_add(-n, STEP[0], size));

    let z = r * r;
    let c = polynomial::<A, _>(z, &C);
    let rest = r * z * polynomial::<A, _>(z, &R);
    let s = A::mul_add(r, c, -rest);

    let first = h == 0.0;
    let part = select(first, -rest, s);
    let numerator = A::mul_add(h, c, A::mul_add(h, s, part));
    let quotient = numerator / (numerator + (c - part));
    (select(first, r, 0.0) + quotient).copysign(x)
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
