//! Numbers of about 100 bits, each the sum of two, and the elementary functions of them: what the kernels are measured
//! against. Slow and plain (Dekker 1971; Hida, Li and Bailey 2001).

#![allow(dead_code, reason = "each test uses a part")]

use std::ops::{Add, Div, Mul, Neg, Sub};

/// `high + low`, with `|low|` at most half a unit in the last place of `high`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DoubleDouble {
    pub(crate) high: f64,
    pub(crate) low: f64,
}

/// `a + b`, exactly.
fn two_sum(a: f64, b: f64) -> DoubleDouble {
    let high = a + b;
    let b_seen = high - a;
    DoubleDouble { high, low: (a - (high - b_seen)) + (b - b_seen) }
}

/// `a b`, exactly.
fn two_prod(a: f64, b: f64) -> DoubleDouble {
    let high = a * b;
    DoubleDouble { high, low: a.mul_add(b, -high) }
}

impl From<f64> for DoubleDouble {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Neg for DoubleDouble {
    type Output = Self;

    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Add for DoubleDouble {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (sum, rest) = (two_sum(self.high, other.high), two_sum(self.low, other.low));
        let sum = two_sum(sum.high, sum.low + rest.high);
        two_sum(sum.high, sum.low + rest.low)
    }
}

impl Sub for DoubleDouble {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for DoubleDouble {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let product = two_prod(self.high, other.high);
        two_sum(product.high, product.low + (self.high * other.low + self.low * other.high))
    }
}

impl Div for DoubleDouble {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other * first.into();
        let second = rest.high / other.high;
        let rest = rest - other * second.into();
        Self::from(first) + two_sum(second, rest.high / other.high)
    }
}

const LN_2: DoubleDouble = DoubleDouble { high: std::f64::consts::LN_2, low: 2.319_046_813_846_299_6e-17 };
const FRAC_PI_2: DoubleDouble =
    DoubleDouble { high: std::f64::consts::FRAC_PI_2, low: 6.123_233_995_736_766e-17 };

/// A number far beyond the range of f64: `value · 2^exponent`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scaled {
    value: DoubleDouble,
    exponent: i32,
}

impl From<DoubleDouble> for Scaled {
    fn from(value: DoubleDouble) -> Self {
        Self { value, exponent: 0 }
    }
}

impl Scaled {
    /// How far `y` is away, in units of the last place of what is exact: that of a subnormal number is 2⁻¹⁰⁷⁴. Infinity
    /// is right from 2¹⁰²⁴ on and counts as that number below. What is not a number, or too far to be counted, is
    /// infinitely far.
    pub(crate) fn ulps(self, y: f64) -> f64 {
        let Self { value, exponent } = self;
        let leading = split(value.high).1 + exponent;
        if y.is_nan() {
            return f64::INFINITY;
        }
        if y.is_infinite() && leading >= 1024 && y.signum() == value.high.signum() {
            return 0.0;
        }
        let y = if y.is_infinite() {
            times_power_of_two(y.signum(), 1024 - exponent)
        } else {
            times_power_of_two(y, -exponent)
        };
        let last_place = leading.max(-1022) - 52 - exponent;
        let ulps = times_power_of_two((value - y.into()).high.abs(), -last_place);
        // On the scale of a tiny value a large one overflows, and what two_sum makes of infinity is not a number.
        if ulps.is_nan() { f64::INFINITY } else { ulps }
    }
}

/// `x 2^k`, exactly where it can be written.
fn times_power_of_two(mut x: f64, mut k: i32) -> f64 {
    const STEP: i32 = 1000;
    let power = |k: i32| f64::from_bits(((1023 + k) as u64) << 52);
    while k.abs() > STEP {
        x *= power(STEP * k.signum());
        k -= STEP * k.signum();
    }
    x * power(k)
}

/// `m` and `k` with `|x| = m 2^k` and `1 ≤ m < 2`, or `m = 0`.
fn split(x: f64) -> (f64, i32) {
    if x == 0.0 {
        return (0.0, 0);
    }
    let (x, shift) = if x.abs() < f64::MIN_POSITIVE { (x * 2f64.powi(54), 54) } else { (x, 0) };
    let k = (x.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    (times_power_of_two(x.abs(), -k), k - shift)
}

/// `e^r - 1` for `|r| ≤ ½`: the series at `r/16`, and then `e^{2r} - 1 = p (2 + p)` four times.
fn exp_m1(r: DoubleDouble) -> DoubleDouble {
    let r = r * 0.0625.into();
    // 1 + r/2 (1 + r/3 (1 + …)): what follows is below 2⁻¹⁰⁷.
    let series =
        (2..=14).rev().fold(DoubleDouble::from(1.0), |sum, k| r / f64::from(k).into() * sum + 1.0.into());
    (0..4).fold(r * series, |p, _| p * (p + 2.0.into()))
}

/// `e^x`.
pub(crate) fn exp(x: f64) -> Scaled {
    // Far beyond both ends of the range.
    let x = x.clamp(-2000.0, 2000.0);
    let n = (x / LN_2.high).round();
    Scaled { value: exp_m1(DoubleDouble::from(x) - LN_2 * n.into()) + 1.0.into(), exponent: n as i32 }
}

/// `2^x` for `|x|` below 10⁵.
pub(crate) fn exp2(x: f64) -> Scaled {
    let n = x.round();
    Scaled { value: exp_m1(LN_2 * (x - n).into()) + 1.0.into(), exponent: n as i32 }
}

/// `ln x` for a finite `x > 0`: with `y` near to it, `ln x = y + ln(1 + d)` and `d = x e^{-y} - 1`.
pub(crate) fn ln(x: f64) -> Scaled {
    let (m, k) = split(x);
    let (m, k) = if m > std::f64::consts::SQRT_2 { (m / 2.0, k + 1) } else { (m, k) };
    let y = m.ln();
    let d = exp_m1((-y).into()) * m.into() + (m - 1.0).into();
    (LN_2 * f64::from(k).into() + (DoubleDouble::from(y) + (d - d * d * 0.5.into()))).into()
}

/// `tanh x`.
pub(crate) fn tanh(x: f64) -> Scaled {
    let size = x.abs().min(100.0);
    if size < 2f64.powi(-60) {
        let (m, exponent) = split(size);
        return Scaled { value: m.copysign(x).into(), exponent };
    }
    let value = if size < 0.2 {
        let m = exp_m1((2.0 * size).into());
        m / (m + 2.0.into())
    } else {
        let Scaled { value, exponent } = exp(-2.0 * size);
        let e = value * times_power_of_two(1.0, exponent).into();
        (DoubleDouble::from(1.0) - e) / (e + 1.0.into())
    };
    if x < 0.0 { -value } else { value }.into()
}

/// `sin 2πu` and `cos 2πu` for `0 ≤ u < 1`.
pub(crate) fn sin_cos_of_turns(u: f64) -> [Scaled; 2] {
    if u < 2f64.powi(-60) {
        let (m, k) = split(u);
        return [Scaled { value: FRAC_PI_2 * m.into(), exponent: k + 2 }, DoubleDouble::from(1.0).into()];
    }
    let quarter = (4.0 * u).round();
    let angle = FRAC_PI_2 * (4.0 * u - quarter).into();
    let z = angle * angle;
    // 1 - z/(n (n+1)) (1 - z/((n+2) (n+3)) (1 - …)): what follows is below 2⁻¹⁰⁷.
    let series = |n: u32| {
        (0..15).rev().fold(DoubleDouble::from(1.0), |sum, k| {
            let n = f64::from(n + 2 * k);
            DoubleDouble::from(1.0) - z / (n * (n + 1.0)).into() * sum
        })
    };
    let (sin, cos) = (angle * series(2), series(1));
    match quarter as u32 % 4 {
        0 => [sin, cos],
        1 => [cos, -sin],
        2 => [-sin, -cos],
        _ => [-cos, sin],
    }
    .map(Scaled::from)
}
