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
