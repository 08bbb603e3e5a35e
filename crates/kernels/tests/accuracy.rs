//! The errors that the table in the documentation of the crate states, against arithmetic of 100 bits: every function, with
//! every instruction set, over its whole range.

mod double_double;

use std::fmt::Debug;
use std::marker::PhantomData;

use double_double::Scaled;
use kernels::{Arithmetic, InstructionSet, Kernel, exp, ln, tanh, turn};
use ndarray_rand::rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A function of the crate and what it should be.
trait Function {
    /// In units of the last place.
    const ERROR: f64;

    fn kernel<A: Arithmetic>(x: f64) -> f64;

    fn exact(x: f64) -> Scaled;
}

#[derive(Debug)]
struct Exp2OfNegative;
impl Function for Exp2OfNegative {
    const ERROR: f64 = 2.0;

    #[inline(always)]
    fn kernel<A: Arithmetic>(x: f64) -> f64 {
        exp::exp2_of_negative::<A>(x)
    }

    fn exact(x: f64) -> Scaled {
        double_double::exp2(x.max(-1020.0))
    }
}

#[derive(Debug)]
struct Ln;
impl Function for Ln {
    const ERROR: f64 = 1.0;

    #[inline(always)]
    fn kernel<A: Arithmetic>(x: f64) -> f64 {
        ln::ln::<A>(x)
    }

    fn exact(x: f64) -> Scaled {
        double_double::ln(x)
    }
}

#[derive(Debug)]
struct Tanh;
impl Function for Tanh {
    const ERROR: f64 = 2.0;

    #[inline(always)]
    fn kernel<A: Arithmetic>(x: f64) -> f64 {
        tanh::tanh::<A>(x)
    }

    fn exact(x: f64) -> Scaled {
        double_double::tanh(x)
    }
}

#[derive(Debug)]
struct Sin;
impl Function for Sin {
    const ERROR: f64 = 2.0;

    #[inline(always)]
    fn kernel<A: Arithmetic>(x: f64) -> f64 {
        turn::sin_cos_of_turns::<A>(x).0
    }

    fn exact(x: f64) -> Scaled {
        let [sin, _] = double_double::sin_cos_of_turns(x);
        sin
    }
}

#[derive(Debug)]
struct Cos;
impl Function for Cos {
    const ERROR: f64 = 2.0;

    #[inline(always)]
    fn kernel<A: Arithmetic>(x: f64) -> f64 {
        turn::sin_cos_of_turns::<A>(x).1
    }

    fn exact(x: f64) -> Scaled {
        let [_, cos] = double_double::sin_cos_of_turns(x);
        cos
    }
}

/// The function of each number.
struct Map<'a, F>(&'a [f64], PhantomData<F>);

impl<F: Function> Kernel for Map<'_, F> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> Vec<f64> {
        let mut y = self.0.to_vec();
        for y in &mut y {
            *y = F::kernel::<A>(*y);
        }
        y
    }
}

fn map<F: Function>(set: InstructionSet, x: &[f64]) -> Vec<f64> {
    set.run(Map(x, PhantomData::<F>))
}

/// Whether products and sums of the arithmetic round once.
struct IsFused;

impl Kernel for IsFused {
    type Output = bool;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> bool {
        A::mul_add(1.0 + f64::EPSILON, 1.0 - f64::EPSILON, -1.0) != 0.0
    }
}

/// With every set no further from what is exact than is stated; with all fused sets the same bits.
fn check<F: Function + Debug>(function: F, x: &[f64]) {
    let exact: Vec<Scaled> = x.iter().map(|&x| F::exact(x)).collect();
    let mut fused: Option<Vec<f64>> = None;
    for set in InstructionSet::available() {
        let y = map::<F>(set, x);
        let mut largest = (0.0, 0.0);
        for ((&x, exact), &y) in x.iter().zip(&exact).zip(&y) {
            let error = exact.ulps(y);
            if error.is_nan() || error > largest.0 {
                largest = (error, x);
            }
        }
        let (error, at) = largest;
        println!("{function:?} with {set:?}: {error:.3} ulp at {at:e}");
        assert!(error <= F::ERROR, "{function:?} with {set:?}: {error} ulp at {at:e}");
        if set.run(IsFused) {
            let bits = |y: &[f64]| y.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(fused.get_or_insert_with(|| y.clone())), bits(&y), "{function:?} with {set:?}");
        }
    }
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

/// Of every exponent the least number, the largest, and some between.
fn of_all_exponents() -> impl Iterator<Item = f64> {
    let mut rng = rng();
    (0..0x7ff_u64).flat_map(move |exponent| {
        let mut mantissas: [u64; 48] = std::array::from_fn(|_| rng.random::<u64>() >> 12);
        mantissas[..4].copy_from_slice(&[0, 1, (1 << 52) - 2, (1 << 52) - 1]);
        mantissas.map(|mantissa| f64::from_bits(exponent << 52 | mantissa))
    })
}

/// Uniform between the two.
fn uniform(low: f64, high: f64, n: usize) -> impl Iterator<Item = f64> {
    let mut rng = rng();
    (0..n).map(move |_| rng.random_range(low..high))
}

/// The numbers next to `x`, a hundred on each side.
fn next_to(x: f64) -> impl Iterator<Item = f64> {
    (0..=200).map(move |i| f64::from_bits(x.to_bits() - 100 + i))
}

const N: usize = 50_000;

#[test]
fn exp2_of_negative_is_within_two_ulp() {
    let x = uniform(-1020.0, 0.0, 2 * N).chain(uniform(-1.0, 0.0, N)).chain(next_to(-1020.0));
    check(Exp2OfNegative, &x.chain(of_all_exponents().map(|x| -x)).collect::<Vec<_>>());
}

#[test]
fn ln_is_within_one_ulp() {
    let edges = [1.0, f64::MIN_POSITIVE, std::f64::consts::SQRT_2, std::f64::consts::FRAC_1_SQRT_2];
    let x = uniform(0.5, 2.0, 2 * N).chain(uniform(0.99, 1.01, N)).chain(edges.into_iter().flat_map(next_to));
    check(Ln, &x.chain(of_all_exponents().filter(|&x| x > 0.0)).collect::<Vec<_>>());
}

#[test]
fn tanh_is_within_two_ulp() {
    // Where one formula gives way to another both are at their worst.
    let seam = uniform(0.3, 0.6, 20 * N);
    let x = uniform(-20.0, 20.0, N).chain(uniform(-1.0, 1.0, 2 * N)).chain(seam).chain(next_to(20.0));
    check(Tanh, &x.chain(of_all_exponents().flat_map(|x| [x, -x])).collect::<Vec<_>>());
}

/// Next to a zero as well: the number of quarter turns is taken off exactly.
#[test]
fn sine_and_cosine_of_turns_are_within_two_ulp() {
    let eighths = (1..8).flat_map(|k| next_to(f64::from(k) / 8.0));
    let below_one = (1..100).map(|i| f64::from_bits(1f64.to_bits() - i));
    let x = uniform(0.0, 1.0, 2 * N).chain(eighths).chain(below_one);
    let x: Vec<f64> = x.chain(of_all_exponents().filter(|&x| x < 1.0)).collect();
    check(Sin, &x);
    check(Cos, &x);
}

/// Also where a number overflows on the scale of what is exact.
#[test]
fn gross_errors_are_seen() {
    let tiny = [double_double::exp(-740.0), double_double::exp2(-1020.0), double_double::tanh(-1e-310)];
    for exact in tiny {
        for y in [1e-3, 1.0, -1.0, 1e10, f64::MAX, -f64::INFINITY, f64::INFINITY, f64::NAN] {
            assert!(exact.ulps(y) > 1e10, "{y:e} for {exact:?}");
        }
    }
}

/// Numbers whose values are known exactly, and what is no number; signs of zeros included.
#[test]
fn the_edges_are_exact() {
    const INF: f64 = f64::INFINITY;
    fn check<F: Function>(pairs: &[(f64, f64)]) {
        for set in InstructionSet::available() {
            for &(x, y) in pairs {
                // As part of a full register and on its own.
                for n in [1, 8] {
                    let found = map::<F>(set, &vec![x; n]);
                    let right = |found: &f64| found.to_bits() == y.to_bits() || found.is_nan() && y.is_nan();
                    assert!(found.iter().all(right), "{set:?}: {found:?} at {x:e} is not {y:e}");
                }
            }
        }
    }
    const TINY: f64 = f64::from_bits(1);
    let payload = f64::from_bits(f64::NAN.to_bits() | 0xfff);
    let least = 2f64.powi(-1020);
    check::<Exp2OfNegative>(&[(-INF, least), (f64::MIN, least), (-1020.0, least), (-1019.0, 2.0 * least)]);
    check::<Exp2OfNegative>(&[
        (-0.0, 1.0),
        (-TINY, 1.0),
        (-1.0, 0.5),
        (f64::NAN, f64::NAN),
        (payload, f64::NAN),
    ]);
    check::<Ln>(&[(0.0, -INF), (-0.0, -INF), (1.0, 0.0), (INF, INF), (f64::NAN, f64::NAN)]);
    check::<Ln>(&[-TINY, -1.0, f64::MIN, -INF].map(|x| (x, f64::NAN)));
    check::<Tanh>(&[0.0, -0.0, TINY, -TINY, f64::MIN_POSITIVE, 1e-300, f64::NAN].map(|x| (x, x)));
    check::<Tanh>(&[(20.0, 1.0), (f64::MAX, 1.0), (INF, 1.0), (-20.0, -1.0), (f64::MIN, -1.0), (-INF, -1.0)]);
    check::<Sin>(&[(0.0, 0.0), (0.25, 1.0), (0.75, -1.0)]);
    check::<Cos>(&[(0.0, 1.0), (TINY, 1.0), (0.5, -1.0)]);
    for set in InstructionSet::available() {
        assert_eq!(map::<Sin>(set, &[0.5]), [0.0]);
        assert_eq!(map::<Cos>(set, &[0.25, 0.75]), [0.0, 0.0]);
    }
}
