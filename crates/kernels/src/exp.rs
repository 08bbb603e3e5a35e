//! The exponential in base 2: `2^x = 2^n 2^f` with `n` the integer nearest to `x`, so that `|f| ≤ ½`. In base 2 taking the
//! integer out loses nothing.

use crate::{Arithmetic, polynomial};

/// `3 · 2⁵¹`: added to a number below 2⁵¹ it leaves the nearest integer in the last bits.
pub(crate) const ROUND: f64 = 6_755_399_441_055_744.0;
/// Zero as the exponent of a number is written.
const BIAS: u64 = 1023;
/// Both: the last bits are the exponent of a power of two, as it is written.
pub(crate) const ROUND_AND_BIAS: f64 = ROUND + BIAS as f64;

/// `(2^f - 1) / f` for `|f| ≤ ½`: near `ln 2, (ln 2)²/2!, …`, but with the error spread evenly (Remez's algorithm, in 300 bits),
/// so that degree 11 is enough for `2^f` to be off by less than 1e-17.
const REST_OF_EXP2: [f64; 11] = [
    std::f64::consts::LN_2,
    0.240_226_506_959_100_97,
    0.055_504_108_664_821_66,
    0.009_618_129_107_606_887,
    0.001_333_355_814_639_598_2,
    0.000_154_035_304_417_376_33,
    1.525_273_385_330_700_4e-5,
    1.321_544_258_710_837_7e-6,
    1.017_805_171_470_367_8e-7,
    7.072_586_091_365_101e-9,
    4.456_677_790_000_052_4e-10,
];

/// `2^x` for `x ≤ 0`, within 2 ulp; below -1020 it stays what it is there, 9e-308.
#[inline(always)]
pub fn exp2_of_negative<A: Arithmetic>(x: f64) -> f64 {
    const LEAST: f64 = -1020.0;
    let x = if x < LEAST { LEAST } else { x };
    let n = x + ROUND_AND_BIAS;
    let f = x - (n - ROUND_AND_BIAS);
    let scale = f64::from_bits(n.to_bits() << 52);
    A::mul_add(f, polynomial::<A, _>(f, &REST_OF_EXP2), 1.0) * scale
}
