//! The exponential.
//!
//! `e^x = 2^n e^r` with `n` the integer nearest to `x / ln 2`, so that `|r| ≤ ½ ln 2`, where the power series needs no more
//! than `r¹³/13!`: the next term is below 5e-18.

use crate::{Arithmetic, Kernel, dispatch, polynomial};
use std::f64::consts::LOG2_E;

/// `3 · 2⁵¹`: added to a number below 2⁵¹ it leaves the nearest integer in the last bits.
pub(crate) const ROUND: f64 = 6_755_399_441_055_744.0;
/// `ln 2`, its first 33 bits: a product with an integer below 2¹¹ is exact.
pub(crate) const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
/// What `ln 2` has more.
pub(crate) const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
/// Zero as the exponent of a number is written.
const BIAS: u64 = 1023;

/// `1/2!, 1/3!, …, 1/13!`.
const SERIES: [f64; 12] = {
    let mut series = [0.5; 12];
    let mut k = 1;
    while k < 12 {
        series[k] = series[k - 1] / (k as f64 + 2.0);
        k += 1;
    }
    series
};

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

/// `2^n` for an integer `n` from -1022 to 1023.
#[inline(always)]
fn power_of_two(n: f64) -> f64 {
    f64::from_bits((n + (ROUND + BIAS as f64)).to_bits() << 52)
}

/// `x` between the two; what is NaN stays NaN.
#[inline(always)]
fn between(low: f64, x: f64, high: f64) -> f64 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// `e^x`, within 1 ulp.
#[inline(always)]
pub fn exp<A: Arithmetic>(x: f64) -> f64 {
    let x = between(-746.0, x, 710.0);
    let n = A::mul_add(x, LOG2_E, ROUND) - ROUND;
    let r = A::mul_add(n, -LN2_LOW, A::mul_add(n, -LN2_HIGH, x));
    let exp_m1 = A::mul_add(r * r, polynomial::<A, _>(r, &SERIES), r);
    // In two steps, so that neither leaves the range before the result does.
    let half = A::mul_add(n, 0.5, ROUND) - ROUND;
    (exp_m1 + 1.0) * power_of_two(half) * power_of_two(n - half)
}

/// `2^x = scale (1 + f rest)`, with a power of two and `|f| ≤ ½`.
pub(crate) struct Exp2 {
    pub(crate) scale: f64,
    pub(crate) f: f64,
    pub(crate) rest: f64,
}

/// For `|x| ≤ 1022`. In base 2 taking the integer out loses nothing.
#[inline(always)]
pub(crate) fn exp2<A: Arithmetic>(x: f64) -> Exp2 {
    const ROUND_AND_BIAS: f64 = ROUND + BIAS as f64;
    let n = x + ROUND_AND_BIAS;
    let f = x - (n - ROUND_AND_BIAS);
    Exp2 { scale: f64::from_bits(n.to_bits() << 52), f, rest: polynomial::<A, _>(f, &REST_OF_EXP2) }
}

/// `2^x` for `x ≤ 0`, within 2 ulp; below -1020 it stays what it is there, 9e-308.
#[inline(always)]
pub fn exp2_of_negative<A: Arithmetic>(x: f64) -> f64 {
    const LEAST: f64 = -1020.0;
    let Exp2 { scale, f, rest } = exp2::<A>(if x < LEAST { LEAST } else { x });
    A::mul_add(f, rest, 1.0) * scale
}

struct Exp<'a>(&'a mut [f64]);

impl Kernel for Exp<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for x in self.0 {
            *x = exp::<A>(*x);
        }
    }
}

/// `x ← e^x`, each.
pub fn exp_in_place(x: &mut [f64]) {
    dispatch(Exp(x));
}
