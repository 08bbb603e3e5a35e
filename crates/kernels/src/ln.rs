//! The natural logarithm.
//!
//! `ln x = k ln 2 + ln m` with `m` between `√½` and `√2`. With `f = m - 1` and `s = f / (2 + f)`,
//! `ln m = 2 artanh s = 2 (s + s³/3 + s⁵/5 + …)`, and `|s| ≤ 0.172`: after `s²³/23` what is left is below 1e-18 of it. The
//! sum is written `f - (½ f² - s (½ f² + R))` with `R = s² (⅔ + ⅖ s² + …)`, in which the large term is exact.

use std::f64::consts::FRAC_1_SQRT_2;
use std::hint::select_unpredictable as select;

use crate::{Arithmetic, polynomial};

/// `ln 2`, its first 33 bits: a product with an integer below 2¹¹ is exact.
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
/// What `ln 2` has more.
const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);

/// `2/3, 2/5, …, 2/23`.
const SERIES: [f64; 11] = {
    let mut series = [0.0; 11];
    let mut k = 0;
    while k < 11 {
        series[k] = 2.0 / (2.0 * k as f64 + 3.0);
        k += 1;
    }
    series
};

/// `2⁵²`: with this exponent the bits of a number count units.
const UNITS: f64 = 4_503_599_627_370_496.0;
/// The exponent of a number has this many bits, and its sign one more.
const EXPONENTS: u64 = 1 << 12;

/// `ln x - n ln 2` of a normal positive number and a small integer.
#[inline(always)]
fn ln_less<A: Arithmetic>(x: f64, n: f64) -> f64 {
    // The bits of x against those of √½: the exponent is k, and the rest is m.
    let shifted = x.to_bits().wrapping_sub(FRAC_1_SQRT_2.to_bits());
    let k_bits = ((shifted >> 52) + EXPONENTS / 2) & (EXPONENTS - 1);
    let k = f64::from_bits(UNITS.to_bits() | k_bits) - (UNITS + (EXPONENTS / 2) as f64) - n;
    let m = f64::from_bits(x.to_bits().wrapping_sub(shifted & !((1 << 52) - 1)));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let rest = z * polynomial::<A, _>(z, &SERIES);
    let half_square = 0.5 * f * f;
    let small = A::mul_add(s, half_square + rest, k * LN2_LOW);
    A::mul_add(k, LN2_HIGH, f - (half_square - small))
}

/// `ln x` of a normal positive number, within 1 ulp.
#[inline(always)]
pub(crate) fn ln_of_normal<A: Arithmetic>(x: f64) -> f64 {
    ln_less::<A>(x, 0.0)
}

/// `ln x`, within 1 ulp; `-∞` at 0, NaN below.
#[inline(always)]
pub fn ln<A: Arithmetic>(x: f64) -> f64 {
    const SCALE: f64 = 18_014_398_509_481_984.0; // 2⁵⁴
    // Of two `if` by one condition the compiler makes one branch, and writes the logarithm in both of its arms.
    let subnormal = x < f64::MIN_POSITIVE;
    let value = ln_less::<A>(x * select(subnormal, SCALE, 1.0), select(subnormal, 54.0, 0.0));
    let value = if x == 0.0 { f64::NEG_INFINITY } else { value };
    let value = if x < 0.0 { f64::NAN } else { value };
    // ∞ and NaN are their own logarithms.
    if x < f64::INFINITY { value } else { x }
}
