//! The Fréchet distance of moments: `W₂²` of the Gaussians with the means and covariances of the two, in squared units of `x`
//! (Heusel et al. 2017, on features).
//!
//! It sees nothing but means and covariances. The influence of a row is the Kantorovich potential of the optimal map
//! `m_q + T (x - m_p)`: `ψ(x) = 2 (m_p - m_q)·(x - m_p) + (x - m_p)'(I - T)(x - m_p)`. A sample's own moments scatter, so that the
//! distance of a sample of the law itself is above 0 by `O(1/n)`.

use linalg::orthogonal_factor;
use montecarlo::Estimate;
use ndarray::{Array1, Array2, ArrayRef2, Axis};
use prob::{Gaussian, Mixture, frechet_distance};

use crate::{DistanceError, influence, rows};

/// Of a sample (`[n, d]`) and a mixture, whose moments are known.
///
/// # Errors
/// If there are not more rows than dimensions, one is no number, the dimensions differ, or a covariance is singular.
pub fn to_law(sample: &ArrayRef2<f64>, law: &Mixture) -> Result<Estimate, DistanceError> {
    rows::check_beside(sample, law.dim())?;
    let (p, q) = (fitted(sample)?, Gaussian::new(law.mean(), law.covariance())?);
    Ok(influence::estimate(frechet_distance(&p, &q), &[&potential(sample, &p, &q)]))
}

/// Of two samples (`[n, d]`, `[m, d]`).
///
/// # Errors
/// As [`to_law`].
pub fn between(one: &ArrayRef2<f64>, other: &ArrayRef2<f64>) -> Result<Estimate, DistanceError> {
    rows::check_beside(one, other.ncols())?;
    let (p, q) = (fitted(one)?, fitted(other)?);
    let influences = [potential(one, &p, &q), potential(other, &q, &p)];
    Ok(influence::estimate(frechet_distance(&p, &q), &[&influences[0], &influences[1]]))
}

/// The Gaussian with the mean and the unbiased covariance of the rows.
///
/// # Errors
/// If there are not more rows than dimensions, one is no number, or the covariance is singular.
pub fn fitted(sample: &ArrayRef2<f64>) -> Result<Gaussian, DistanceError> {
    rows::check(sample, sample.ncols() + 1)?;
    let n = sample.nrows() as f64;
    let mean = sample.sum_axis(Axis(0)) / n;
    let residual = &sample.view() - &mean;
    let covariance = residual.t().dot(&residual) / (n - 1.0);
    // A product and its transpose may differ in the last digit.
    let covariance = (&covariance + &covariance.t()) * 0.5;
    Ok(Gaussian::new(mean, covariance)?)
}

/// `ψ` at each row, a sample of which `p` is the fit. With Cholesky factors and the orthogonal factor `U` of `L_qᵀ L_p`, the map is
/// `T = L_q U L_p⁻¹`.
fn potential(sample: &ArrayRef2<f64>, p: &Gaussian, q: &Gaussian) -> Vec<f64> {
    let (l_p, l_q) = (p.factor(), q.factor().lower());
    let turn = orthogonal_factor(&l_q.t().dot(l_p.lower()));
    let whitener = l_p.whiten_columns(&Array2::eye(p.dim()));
    let rest = Array2::<f64>::eye(p.dim()) - l_q.dot(&turn).dot(&whitener);
    let shift = p.mean() - q.mean();
    let at = |row: Array1<f64>| 2.0 * shift.dot(&row) + row.dot(&rest.dot(&row));
    sample.rows().into_iter().map(|row| at(&row - p.mean())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::Streams;
    use ndarray::array;
    use proptest::prelude::*;

    fn sample(n: usize, seed: u64) -> Array2<f64> {
        toy::Preset::Moons.mixture().sample(n, &mut Streams::new(seed).rng(0))
    }

    proptest! {
        /// Scaled by `b` about its mean and shifted: `|shift|² + (b - 1)² tr S`.
        #[test]
        fn of_a_scaled_and_shifted_sample(seed in 0u64..20, scale in 0.3..3.0f64, shift in -2.0..2.0f64) {
            let x = sample(40, seed);
            let fit = fitted(&x).unwrap();
            let moved = (&x - fit.mean()) * scale + fit.mean() + &array![shift, -shift];
            let exact = 2.0 * shift * shift + (scale - 1.0).powi(2) * fit.covariance().diag().sum();
            assert_relative_eq!(between(&x, &moved).unwrap().mean, exact, max_relative = 1e-9, epsilon = 1e-12);
            assert_relative_eq!(between(&moved, &x).unwrap().mean, exact, max_relative = 1e-9, epsilon = 1e-12);
        }

        /// The influence is the derivative: a weight moved to one row, by differences of the weighted moments.
        #[test]
        fn influence_is_the_derivative_by_a_weight(seed in 0u64..20, at in 0usize..30) {
            let (x, q) = (sample(30, seed), fitted(&sample(50, 100 + seed)).unwrap());
            let with_weight = |extra: f64| {
                let weight = |i: usize| (1.0 - extra) / 30.0 + if i == at { extra } else { 0.0 };
                let mean: Array1<f64> = (0..30).map(|i| &x.row(i) * weight(i)).fold(Array1::zeros(2), |a, b| a + b);
                let residual = &x - &mean;
                let weights = Array2::from_diag(&Array1::from_shape_fn(30, weight));
                frechet_distance(&Gaussian::new(mean, residual.t().dot(&weights).dot(&residual)).unwrap(), &q)
            };
            // The fit with the covariance of these weights, 1/n.
            let p = {
                let fit = fitted(&x).unwrap();
                Gaussian::new(fit.mean().clone(), fit.covariance() * (29.0 / 30.0)).unwrap()
            };
            let psi = potential(&x, &p, &q);
            let slope = (with_weight(1e-5) - with_weight(-1e-5)) / 2e-5;
            let expected = psi[at] - psi.iter().sum::<f64>() / 30.0;
            assert_relative_eq!(slope, expected, max_relative = 1e-5, epsilon = 1e-6);
        }
    }

    /// Points 0, 2, 4 have the mean 2 and the unbiased variance 4; `½ N(4, ¼) + ½ N(6, ¼)` the mean 5 and the variance 5/4.
    #[test]
    fn of_a_sample_and_a_law_by_hand() {
        let x = array![[0.0], [2.0], [4.0]];
        let at = |mean: f64| Gaussian::isotropic(array![mean], 0.25).unwrap();
        let found = to_law(&x, &Mixture::equal(vec![at(4.0), at(6.0)]).unwrap()).unwrap();
        let sd = 1.25f64.sqrt();
        assert_relative_eq!(found.mean, 9.0 + (2.0 - sd).powi(2), max_relative = 1e-13);
        // ψ = 2 (2 - 5)(x - 2) + (1 - sd/2)(x - 2)² at -2, 0 and 2 from the mean.
        let psi = [-2.0, 0.0, 2.0].map(|x: f64| -6.0 * x + (1.0 - 0.5 * sd) * x * x);
        assert_relative_eq!(
            found.std_err,
            montecarlo::Moments::of(&psi).estimate().std_err,
            max_relative = 1e-12
        );
    }

    #[test]
    fn refuses_a_sample_that_spans_no_volume() {
        let few = fitted(&array![[1.0, 2.0], [2.0, 1.0]]);
        assert_eq!(few, Err(DistanceError::TooFew { found: 2, least: 3 }));
        assert!(matches!(fitted(&array![[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]), Err(DistanceError::Law(_))));
    }
}
