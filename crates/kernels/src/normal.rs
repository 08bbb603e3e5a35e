//! Standard normal numbers, by the formula of Box and Muller (1958).
//!
//! With `u`, `v` uniform, `√(-2 ln u) (cos 2πv, sin 2πv)` are two independent normal numbers. `u` lies on a grid of 2⁻⁵²
//! from 2⁻⁵² to 1, so that no number is beyond 8.49, where a normal one is once in 5·10¹⁶ draws.

use ndarray_rand::rand::RngCore;

use crate::ln::ln_of_normal;
use crate::turn::sin_cos_of_turns;
use crate::xoshiro::one_to_two;
use crate::{Arithmetic, Kernel, LANES, Lanes, Xoshiro, dispatch};

/// Two from 128 bits.
#[inline(always)]
fn pair<A: Arithmetic>(u: u64, v: u64) -> (f64, f64) {
    let radius = (-2.0 * ln_of_normal::<A>(2.0 - one_to_two(u))).sqrt();
    let (sin, cos) = sin_cos_of_turns::<A>(one_to_two(v) - 1.0);
    (radius * cos, radius * sin)
}

/// One for each lane, twice.
#[inline(always)]
pub fn next_normals<A: Arithmetic>(rng: &mut Xoshiro) -> [Lanes; 2] {
    let (mut first, mut second) = ([0.0; LANES], [0.0; LANES]);
    for (i, (first, second)) in first.iter_mut().zip(&mut second).enumerate() {
        let [u, v] = rng.next_of_lane(i);
        (*first, *second) = pair::<A>(u, v);
    }
    [first, second]
}

struct Fill<'a>(&'a mut Xoshiro, &'a mut [f64]);

impl Kernel for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self(rng, out) = self;
        let mut lanes = rng.clone();
        let (blocks, rest) = out.as_chunks_mut::<{ 2 * LANES }>();
        for block in blocks {
            let [first, second] = next_normals::<A>(&mut lanes);
            block[..LANES].copy_from_slice(&first);
            block[LANES..].copy_from_slice(&second);
        }
        if !rest.is_empty() {
            let normals = next_normals::<A>(&mut lanes);
            rest.copy_from_slice(&normals.as_flattened()[..rest.len()]);
        }
        *rng = lanes;
    }
}

/// Fills `out` with independent standard normal numbers, from generators whose states `rng` draws.
///
/// ```
/// use ndarray_rand::rand::{SeedableRng, rngs::StdRng};
///
/// let mut eps = [0.0; 3];
/// kernels::normal::fill(&mut eps, &mut StdRng::seed_from_u64(1));
/// assert!(eps.iter().all(|e| e.abs() < 8.5));
/// ```
pub fn fill<R: RngCore + ?Sized>(out: &mut [f64], rng: &mut R) {
    fill_from(&mut Xoshiro::from_rng(rng), out);
}

/// The same from generators that have their states.
pub fn fill_from(rng: &mut Xoshiro, out: &mut [f64]) {
    dispatch(Fill(rng, out));
}

#[cfg(test)]
mod tests {
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::InstructionSet;
    use crate::instruction_set::tests::is_fused;

    /// How many numbers are between the two; those of different sign are far apart.
    fn ulps_between(a: f64, b: f64) -> u64 {
        a.to_bits().abs_diff(b.to_bits())
    }

    /// The least `u` is 2⁻⁵², the largest 1; quarter turns are exact.
    #[test]
    fn numbers_reach_from_zero_to_the_largest_radius() {
        struct Pair(u64, u64);
        impl Kernel for Pair {
            type Output = (f64, f64);

            #[inline(always)]
            fn run<A: Arithmetic>(self) -> (f64, f64) {
                pair::<A>(self.0, self.1)
            }
        }
        let largest = (104.0 * std::f64::consts::LN_2).sqrt();
        for set in InstructionSet::available() {
            assert_eq!(set.run(Pair(u64::MAX, 0)), (largest, 0.0));
            assert_eq!(set.run(Pair(u64::MAX, 1 << 62)), (0.0, largest));
            assert_eq!(set.run(Pair(u64::MAX, 1 << 63)), (-largest, 0.0));
            assert_eq!(set.run(Pair(0, 1 << 61)), (0.0, 0.0));
        }
    }

    /// The state afterwards as well. Without fused operations each number is a few ulp away, from the radius and the angle.
    #[test]
    fn every_set_gives_the_same_numbers() {
        let rng = Xoshiro::from_rng(&mut ChaCha8Rng::seed_from_u64(6));
        let numbers = |set: InstructionSet| {
            let (mut rng, mut x) = (rng.clone(), vec![0.0; 200_003]);
            set.run(Fill(&mut rng, &mut x));
            (rng, x)
        };
        let (last, widest) = numbers(InstructionSet::widest());
        for set in InstructionSet::available() {
            let (state, x) = numbers(set);
            assert_eq!(state, last, "{set:?}");
            let furthest = x.iter().zip(&widest).map(|(&a, &b)| ulps_between(a, b)).max();
            let allowed = if is_fused(set) == is_fused(InstructionSet::widest()) { 0 } else { 5 };
            assert!(furthest <= Some(allowed), "{set:?}: {furthest:?} ulp");
        }
    }
}
