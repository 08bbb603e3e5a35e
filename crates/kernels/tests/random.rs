//! Random bits and normal numbers: what they are defined by, and the law they follow.
//!
//! Statistical tests have fixed seeds, so that they pass always or never; the bounds are such that a right generator passes
//! with all but about one seed in 10⁹.

use kernels::{LANES, Xoshiro, normal};
use ndarray_rand::rand::{RngCore, SeedableRng};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::erf::erfc;

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn normals(seed: u64, n: usize) -> Vec<f64> {
    let mut x = vec![0.0; n];
    normal::fill(&mut x, &mut rng(seed));
    x
}

proptest! {
    /// A lane is the generator of its name from the same 32 bytes.
    #[test]
    fn a_lane_is_xoshiro256_plus_plus(seed: u64) {
        let (mut lanes, mut words) = (Xoshiro::from_rng(&mut rng(seed)), rng(seed));
        let mut singles: [_; LANES] = std::array::from_fn(|_| {
            let mut state = [0; 32];
            words.fill_bytes(&mut state);
            Xoshiro256PlusPlus::from_seed(state)
        });
        for _ in 0..100 {
            prop_assert_eq!(lanes.next_lanes(), singles.each_mut().map(|single| single.next_u64()));
        }
    }

    #[test]
    fn rows_are_lanes_one_after_the_other(seed: u64) {
        let mut one = Xoshiro::from_rng(&mut rng(seed));
        let mut other = one.clone();
        prop_assert_eq!(one.next_rows::<5>(), std::array::from_fn(|_| other.next_lanes()));
        prop_assert_eq!(one, other);
    }

    /// The same state of the generator, the same numbers; how many are asked for changes none of them.
    #[test]
    fn normals_are_a_function_of_the_state(seed: u64, n in 0..70_usize) {
        prop_assert_eq!(&normals(seed, n), &normals(seed, 1000)[..n]);
        prop_assert_ne!(normals(seed, 1), normals(seed.wrapping_add(1), 1));
        let mut rng = rng(seed);
        let [mut first, mut second] = [[0.0]; 2];
        normal::fill(&mut first, &mut rng);
        normal::fill(&mut second, &mut rng);
        prop_assert_ne!(first, second);
    }
}

#[test]
fn normals_of_every_length() {
    for n in [0, 1, 15, 16, 17] {
        assert_eq!(normals(1, n), normals(1, 64)[..n]);
    }
}

/// Once in 10⁹ a normal number is beyond as many standard deviations, on one side or the other.
const DEVIATIONS: f64 = 6.11;
const N: usize = 1 << 21;

fn mean(x: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = x.len() as f64;
    x.sum::<f64>() / n
}

/// `E x^k` is `(k-1)!!` for an even `k`, and the variance of a mean of n powers `(E x^{2k} - (E x^k)²)/n`.
#[test]
fn moments_are_those_of_the_normal_law() {
    let moment = |k: u32| if k.is_multiple_of(2) { (1..k).step_by(2).map(f64::from).product() } else { 0.0 };
    let x = normals(2, N);
    for k in 1..=6 {
        let (found, exact): (f64, f64) = (mean(x.iter().map(|x| x.powi(k as i32))), moment(k));
        let deviation = ((moment(2 * k) - exact * exact) / N as f64).sqrt();
        assert!(
            (found - exact).abs() < DEVIATIONS * deviation,
            "moment {k}: {found}, not {exact} ± {deviation}"
        );
    }
}

/// The distance of Kolmogorov and Smirnov is above `λ/√n` with a chance of at most `2 e^{-2λ²}` (Massart 1990).
#[test]
fn the_distribution_function_is_that_of_the_normal_law() {
    const N: usize = 1 << 19;
    let law = Normal::standard();
    let mut x = normals(3, N);
    x.sort_unstable_by(f64::total_cmp);
    let distance = x.iter().enumerate().fold(0.0, |largest: f64, (i, &x)| {
        let below = law.cdf(x) * N as f64;
        largest.max(below - i as f64).max((i + 1) as f64 - below)
    }) / N as f64;
    let bound = ((2e9_f64).ln() / 2.0).sqrt() / (N as f64).sqrt();
    assert!(distance < bound, "{distance} is not below {bound}");
}

/// A count of mean μ is further from it than `L/3 + √(L²/9 + 2 L μ)` with a chance of at most `2 e^{-L}` (Bernstein).
#[test]
fn tails_are_those_of_the_normal_law() {
    const DRAWS: usize = 1 << 27;
    const BEYOND: [f64; 3] = [3.0, 4.0, 5.0];
    let mut counts = [[0_u64; 2]; BEYOND.len()];
    let mut x = vec![0.0; 1 << 16];
    let mut rng = rng(4);
    for _ in 0..DRAWS / x.len() {
        normal::fill(&mut x, &mut rng);
        for &x in x.iter().filter(|x| x.abs() > BEYOND[0]) {
            for (count, beyond) in counts.iter_mut().zip(BEYOND) {
                count[usize::from(x > 0.0)] += u64::from(x.abs() > beyond);
            }
        }
    }
    let l = 2e9_f64.ln();
    for ([below, above], beyond) in counts.into_iter().zip(BEYOND) {
        let mean = DRAWS as f64 * erfc(beyond / 2f64.sqrt());
        let close = |count: u64, mean: f64| {
            (count as f64 - mean).abs() < l / 3.0 + (l * l / 9.0 + 2.0 * l * mean).sqrt()
        };
        assert!(close(below, mean / 2.0), "{below} below -{beyond}, not {}", mean / 2.0);
        assert!(close(above, mean / 2.0), "{above} above {beyond}, not {}", mean / 2.0);
        assert!(close(below + above, mean), "{} beyond {beyond}, not {mean}", below + above);
    }
}

/// `x y` has variance 1, and `(x² - 1)(y² - 1)` has 4: the two of a pair, of two lanes next to each other, of one lane twice.
#[test]
fn numbers_are_uncorrelated_and_so_are_their_squares() {
    let x = normals(5, N);
    for apart in [1, LANES, 2 * LANES] {
        let pairs: Vec<(f64, f64)> = x
            .chunks_exact(2 * apart.max(LANES))
            .flat_map(|block| {
                block.iter().copied().zip(block[apart..].iter().copied()).take(LANES - apart % LANES)
            })
            .collect();
        let deviation = 1.0 / (pairs.len() as f64).sqrt();
        let product = mean(pairs.iter().map(|(x, y)| x * y));
        let squares = mean(pairs.iter().map(|(x, y)| (x * x - 1.0) * (y * y - 1.0)));
        assert!(product.abs() < DEVIATIONS * deviation, "{apart} apart: {product}");
        assert!(squares.abs() < DEVIATIONS * 2.0 * deviation, "{apart} apart: {squares}");
    }
}
