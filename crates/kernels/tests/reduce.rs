//! What sums lose, against sums of 100 bits.

mod double_double;

use double_double::DoubleDouble;
use kernels::reduce;
use ndarray_rand::rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn exact_sum(x: impl Iterator<Item = DoubleDouble>) -> DoubleDouble {
    x.fold(0.0.into(), |sum, x| sum + x)
}

/// A term is added to one of 32 sums, no more than `n/32` times, then in five steps of a tree, and up to 31 terms at the end:
/// each addition rounds by half an ulp of what is no larger than the sum of sizes.
#[test]
fn sums_lose_less_than_one_rounding_for_each_addition() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for n in [0, 1, 31, 32, 33, 63, 1000, 100_000] {
        let x: Vec<f64> =
            (0..n).map(|_| rng.random_range(-1.0..1.0) * 2f64.powi(rng.random_range(-30..30))).collect();
        let additions = (n / 32 + 5 + n % 32) as f64;
        let bound = |sizes: f64, roundings: f64| roundings * 0.5 * f64::EPSILON * sizes;

        let off = exact_sum(x.iter().map(|&x| x.into())) - reduce::sum(&x).into();
        let sizes = x.iter().map(|x| x.abs()).sum();
        assert!(off.high.abs() <= bound(sizes, additions), "{n} numbers: {off:?}");

        // A difference and its square round as well: thrice half an ulp.
        let squares = exact_sum(x.iter().map(|&x| {
            let difference = DoubleDouble::from(x) - 0.3.into();
            difference * difference
        }));
        let off = squares - reduce::squared_deviations(&x, 0.3).into();
        assert!(off.high.abs() <= bound(squares.high, additions + 3.0), "{n} squares: {off:?}");
    }
}

/// `1 + 2⁻⁵³ + 2⁻⁵³ + …`, in which a sum one after the other never leaves 1.
#[test]
fn sums_are_more_exact_than_one_after_the_other() {
    let mut x = vec![0.5 * f64::EPSILON; 1 << 20];
    x[0] = 1.0;
    assert_eq!(x.iter().sum::<f64>(), 1.0);
    let exact = 1.0 + ((1 << 20) - 1) as f64 * 0.5 * f64::EPSILON;
    assert!((reduce::sum(&x) - exact).abs() < (exact - 1.0) / 16.0);
}
