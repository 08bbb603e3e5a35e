//! The sliced 2-Wasserstein distance (Rabin et al. 2012): `√E W₂²` of projections `θ·x` over directions `θ`, in the unit of `x`.
//!
//! A projection of a mixture of Gaussians is one on the line, so that every slice is exact. Directions are numbered and
//! always the same: in the plane even on the half circle, beyond it normals from numbered streams. What is measured is thus
//! the mean over these directions, and has no error from them.

use std::f64::consts::PI;

use montecarlo::{Estimate, Streams};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};
use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
use prob::{Gaussian, Mixture};
use rayon::prelude::*;

use crate::influence::{self, root};
use crate::wasserstein_2::{projected_between, projected_to_law};
use crate::{DistanceError, LineLaw, rows};

/// Where the directions beyond the plane come from.
const DIRECTIONS: Streams = Streams::new(0);

/// `√mean_θ W₂²(θ·sample, θ·law)` of rows (`[n, d]`) and a mixture. The influence of a row is the mean of its potentials.
///
/// # Errors
/// If there are fewer than two rows, one is no number, the dimensions differ, or there are no directions.
pub fn to_law(sample: &ArrayRef2<f64>, law: &Mixture, directions: usize) -> Result<Estimate, DistanceError> {
    rows::check_beside(sample, law.dim())?;
    let slices = each_direction(law.dim(), directions, |theta| {
        let line = LineLaw::new(&projected(law, theta)?)?;
        Ok(projected_to_law(sample.dot(theta).to_vec(), &line))
    })?;
    let cost = mean(slices.iter().map(|(cost, _)| *cost), directions);
    let potential = mean_rows(slices.iter().map(|(_, potential)| potential), directions);
    Ok(root(influence::estimate(cost, &[&potential])))
}

/// `√mean_θ W₂²(θ·one, θ·other)` of two samples (`[n, d]`, `[m, d]`).
///
/// # Errors
/// As [`to_law`].
pub fn between(
    one: &ArrayRef2<f64>,
    other: &ArrayRef2<f64>,
    directions: usize,
) -> Result<Estimate, DistanceError> {
    rows::check(other, 2)?;
    rows::check_beside(one, other.ncols())?;
    let slices = each_direction(one.ncols(), directions, |theta| {
        Ok(projected_between(one.dot(theta).to_vec(), other.dot(theta).to_vec()))
    })?;
    let cost = mean(slices.iter().map(|slice| slice.0), directions);
    let of_one = mean_rows(slices.iter().map(|slice| &slice.1), directions);
    let of_other = mean_rows(slices.iter().map(|slice| &slice.2), directions);
    Ok(root(influence::estimate(cost, &[&of_one, &of_other])))
}

/// Direction `k` of `count`, a unit vector (`[d]`).
pub fn direction(d: usize, k: usize, count: usize) -> Array1<f64> {
    match d {
        1 => Array1::ones(1),
        2 => {
            let (sin, cos) = (PI * (k as f64 + 0.5) / count as f64).sin_cos();
            Array1::from(vec![cos, sin])
        }
        _ => {
            let normal: Array1<f64> = Array1::random_using(d, StandardNormal, &mut DIRECTIONS.rng(k as u64));
            let length = normal.dot(&normal).sqrt();
            normal / length
        }
    }
}

/// The law of `θ·x`.
fn projected(law: &Mixture, theta: &ArrayRef1<f64>) -> Result<Mixture, DistanceError> {
    let (mut weights, mut slices) = (vec![], vec![]);
    for (weight, part) in law.parts() {
        let variance = theta.dot(&part.covariance().dot(theta));
        weights.push(weight);
        slices.push(Gaussian::new(
            Array1::from_elem(1, theta.dot(part.mean())),
            Array2::from_elem((1, 1), variance),
        )?);
    }
    Ok(Mixture::new(weights, slices)?)
}

/// One slice for each direction, in their order.
fn each_direction<T: Send>(
    d: usize,
    count: usize,
    slice: impl Fn(&ArrayRef1<f64>) -> Result<T, DistanceError> + Sync,
) -> Result<Vec<T>, DistanceError> {
    if count == 0 {
        return Err(DistanceError::NoDirections);
    }
    (0..count).into_par_iter().map(|k| slice(&direction(d, k, count))).collect()
}

fn mean(values: impl Iterator<Item = f64>, count: usize) -> f64 {
    values.sum::<f64>() / count as f64
}

/// The mean of vectors of one length.
fn mean_rows<'a>(mut vectors: impl Iterator<Item = &'a Vec<f64>>, count: usize) -> Vec<f64> {
    let mut sum = vectors.next().cloned().unwrap_or_default();
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
    }
    sum.iter_mut().for_each(|sum| *sum /= count as f64);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasserstein_2;
    use approx::assert_relative_eq;

    fn ring() -> Mixture {
        toy::Preset::Ring8.mixture()
    }

    fn sample(n: usize) -> Array2<f64> {
        ring().sample(n, &mut Streams::new(4).rng(0))
    }

    /// `mean_θ (θ·shift)² = |shift|²/2` over even directions in the plane, whatever the sample.
    #[test]
    fn a_shifted_sample_is_as_far_as_half_the_square_of_the_shift() {
        let x = sample(300);
        let moved = &x + &ndarray::array![0.6, -0.8];
        assert_relative_eq!(between(&x, &moved, 12).unwrap().mean, 0.5f64.sqrt(), max_relative = 1e-12);
        assert_relative_eq!(between(&moved, &x, 12).unwrap().mean, 0.5f64.sqrt(), max_relative = 1e-12);
        assert_eq!(between(&x, &x, 12).unwrap().mean, 0.0);
    }

    #[test]
    fn a_direction_alone_is_the_distance_on_the_line() {
        let law = Mixture::from(Gaussian::isotropic(ndarray::array![0.4], 2.0).unwrap());
        let x = law.sample(200, &mut Streams::new(5).rng(0)) * 1.3;
        assert_eq!(to_law(&x, &law, 3).unwrap().samples, 200);
        let (sliced, line) = (to_law(&x, &law, 3).unwrap(), wasserstein_2::to_law(&x, &law).unwrap());
        assert_relative_eq!(sliced.mean, line.mean, max_relative = 1e-13);
        assert_relative_eq!(sliced.std_err, line.std_err, max_relative = 1e-12);
    }

    #[test]
    fn does_not_depend_on_the_threads_nor_on_other_directions() {
        let x = sample(400);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| to_law(&x, &ring(), 7).unwrap())
        };
        assert_eq!(on(1), on(3));
        for k in 0..5 {
            let unit = direction(4, k, 5);
            assert_relative_eq!(unit.dot(&unit), 1.0, max_relative = 1e-14);
            assert_eq!(unit, direction(4, k, 50));
        }
        assert_ne!(direction(4, 0, 5), direction(4, 1, 5));
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let x = sample(10);
        assert_eq!(to_law(&x, &ring(), 0), Err(DistanceError::NoDirections));
        let line = Mixture::from(Gaussian::standard(1));
        assert_eq!(to_law(&x, &line, 3), Err(DistanceError::Dimension { found: 2, expected: 1 }));
    }
}
