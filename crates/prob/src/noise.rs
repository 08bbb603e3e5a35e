//! Standard normal noise, the only chance that a Gaussian needs.

use ndarray::{Array2, ArrayRef2};
use ndarray_rand::rand::RngCore;

/// `n` rows of `d` independent standard normal numbers, `[n, d]`.
///
/// ```
/// use ndarray_rand::rand::{SeedableRng, rngs::StdRng};
///
/// let eps = prob::standard_normal((3, 2), &mut StdRng::seed_from_u64(1));
/// assert_eq!(eps.dim(), (3, 2));
/// ```
pub fn standard_normal<R: RngCore + ?Sized>((n, d): (usize, usize), rng: &mut R) -> Array2<f64> {
    let mut eps = Array2::zeros((n, d));
    fill_standard_normal(&mut eps, rng);
    eps
}

/// The same into rows that are there already.
///
/// # Panics
/// If the rows do not lie one after the other in memory.
pub fn fill_standard_normal<R: RngCore + ?Sized>(eps: &mut ArrayRef2<f64>, rng: &mut R) {
    kernels::normal::fill(eps.as_slice_mut().expect("rows one after the other"), rng);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Axis;
    use ndarray_rand::rand::{SeedableRng, rngs::StdRng};

    /// Mean 0 and covariance `I` of 30 000 rows, by z tests with a false-alarm rate of 1e-9 each (6.1 standard errors): the
    /// variance of `ε_i ε_j` is 1, that of `ε_i²` is 2.
    #[test]
    fn columns_are_independent_and_of_unit_variance() {
        let (n, d) = (30_000, 3);
        let eps = standard_normal((n, d), &mut StdRng::seed_from_u64(2));
        let allowed = |variance: f64| 6.1 * (variance / n as f64).sqrt();
        let mean = eps.mean_axis(Axis(0)).unwrap();
        assert!(mean.iter().all(|m| m.abs() < allowed(1.0)), "{mean}");
        let gram = eps.t().dot(&eps) / n as f64;
        for ((i, j), found) in gram.indexed_iter() {
            let same = f64::from(u8::from(i == j));
            assert!((found - same).abs() < allowed(1.0 + same), "{i} {j}: {found}");
        }
    }

    /// The same numbers from the same state, others from the next.
    #[test]
    fn rows_are_filled_as_new_ones_are() {
        let rng = || StdRng::seed_from_u64(3);
        let (mut filled, mut further) = (Array2::ones((5, 3)), rng());
        fill_standard_normal(&mut filled, &mut further);
        assert_eq!(filled, standard_normal((5, 3), &mut rng()));
        assert_ne!(filled, standard_normal((5, 3), &mut further));
        assert_eq!(standard_normal((0, 3), &mut further).dim(), (0, 3));
    }

    #[test]
    #[should_panic(expected = "rows one after the other")]
    fn rows_with_gaps_are_refused() {
        fill_standard_normal(&mut Array2::zeros((3, 5)).reversed_axes(), &mut StdRng::seed_from_u64(4));
    }
}
