//! Sine and cosine of an angle given in turns.
//!
//! `u = (q + f)/4` with `q` the nearest number of quarter turns, exact in f64, so that the angle `θ = ½ π f` is at most `π/4`.
//! There the power series need no more than `θ¹⁵/15!` and `θ¹⁶/16!`.

use crate::exp::ROUND;
use crate::{Arithmetic, polynomial};
use std::f64::consts::FRAC_PI_2;

/// `(-1)^k (π/2)^{2k+1}/(2k+1)!`.
const SINE: [f64; 8] = series(FRAC_PI_2, 2.0);
/// `(-1)^k (π/2)^{2k}/(2k)!`.
const COSINE: [f64; 9] = series(1.0, 1.0);

/// From `first` on, each the one before times `-(π/2)²/(n (n+1))`, `n` growing by 2 from `n`.
const fn series<const N: usize>(first: f64, mut n: f64) -> [f64; N] {
    let mut series = [first; N];
    let mut k = 1;
    while k < N {
        series[k] = -series[k - 1] * FRAC_PI_2 * FRAC_PI_2 / (n * (n + 1.0));
        n += 2.0;
        k += 1;
    }
    series
}

/// `sin 2πu` and `cos 2πu` for `u` in `[0, 1)`, each within 2 ulp, next to its zeros as well.
#[inline(always)]
pub fn sin_cos_of_turns<A: Arithmetic>(u: f64) -> (f64, f64) {
    let rounded = A::mul_add(u, 4.0, ROUND);
    let f = A::mul_add(u, 4.0, -(rounded - ROUND));
    let z = f * f;
    let sine = f * polynomial::<A, _>(z, &SINE);
    let cosine = polynomial::<A, _>(z, &COSINE);
    // q, in the last bits: an odd one swaps the two, and the second bit is a sign.
    let q = rounded.to_bits();
    let (sin, cos) = if q & 1 == 0 { (sine, cosine) } else { (cosine, sine) };
    (negated_if(q & 2 != 0, sin), negated_if(q.wrapping_add(1) & 2 != 0, cos))
}

#[inline(always)]
fn negated_if(negate: bool, x: f64) -> f64 {
    f64::from_bits(x.to_bits() ^ (u64::from(negate) << 63))
}
