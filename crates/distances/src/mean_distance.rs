//! `E|x - Y|` for a mixture of Gaussians, in any dimension and of any covariance.
//!
//! From `r = √(2/π) ∫₀^∞ (1 - e^{-u²r²/2}) du/u²` and the mean of `e^{-u²|Z|²/2}` under `Z ~ N(μ, S)`,
//! `E|Z| = √(2/π) ∫₀^∞ (1 - Π (1+u²λ_i)^{-½} exp(-½ u² μ_i²/(1+u²λ_i))) du/u²`, `λ_i` the eigenvalues of `S` and `μ_i` the
//! coordinates of `μ` along its axes: one smooth integral instead of one for each dimension. On the line it is the folded
//! normal, which is closed; for isotropic covariances in the plane it is the mean of Rice's law.

use std::f64::consts::FRAC_2_PI;

use linalg::SymmetricEigen;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};
use prob::{Mixture, integrate};
use rayon::prelude::*;

use crate::{DistanceError, LineLaw, rows};

/// Of `max(1, value)` in units of `√E|Z|²`.
const TOLERANCE: f64 = 1e-10;

/// `x ↦ E|x - Y|` and `E|Y - Y'|` for a law of `Y`.
///
/// ```
/// use distances::MeanDistance;
/// use ndarray::array;
/// use prob::{Gaussian, Mixture};
///
/// // A standard normal in the plane: the mean of Rayleigh's law, √(π/2).
/// let law = MeanDistance::new(Mixture::from(Gaussian::standard(2)));
/// let found = law.from_rows(&array![[0.0, 0.0]])?[0];
/// assert!((found - (std::f64::consts::PI / 2.0).sqrt()).abs() < 1e-9);
/// # Ok::<(), distances::DistanceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MeanDistance {
    law: Mixture,
    axes: Vec<Axes>,
    /// The law, if it is one on the line.
    line: Option<LineLaw>,
}

/// The principal axes of a component.
#[derive(Clone, Debug)]
struct Axes {
    /// A column for each axis, `[d, d]`.
    vectors: Array2<f64>,
    /// The variances along them, `[d]`.
    variances: Array1<f64>,
}

impl Axes {
    fn of(covariance: &ArrayRef2<f64>) -> Self {
        let eigen = SymmetricEigen::new(covariance);
        Self { vectors: eigen.vectors().to_owned(), variances: eigen.values().mapv(|v| v.max(0.0)) }
    }

    /// `E|Z|`, `Z ~ N(mean, S)`.
    fn mean_length(&self, mean: &ArrayRef1<f64>) -> f64 {
        let mean = self.vectors.t().dot(mean);
        let scale = (mean.dot(&mean) + self.variances.sum()).sqrt();
        let pairs: Vec<(f64, f64)> = mean
            .iter()
            .zip(&self.variances)
            .map(|(m, v)| ((m / scale) * (m / scale), v / (scale * scale)))
            .collect();
        let integrand = |u: f64| {
            let square = u * u;
            let log_mean: f64 = pairs
                .iter()
                .map(|(m, v)| -0.5 * ((square * v).ln_1p() + square * m / (1.0 + square * v)))
                .sum();
            -log_mean.exp_m1() / square
        };
        scale * FRAC_2_PI.sqrt() * integrate(integrand, &[0.0, 1.0, f64::INFINITY], TOLERANCE).value
    }
}

impl MeanDistance {
    /// For this law.
    pub fn new(law: Mixture) -> Self {
        let axes = law.parts().map(|(_, part)| Axes::of(part.covariance())).collect();
        let line = LineLaw::new(&law).ok();
        Self { law, axes, line }
    }

    /// `E|x - Y|` for each row (`[n, d]`), `[n]`: closed on the line, otherwise by quadrature to about 1e-10 of itself.
    ///
    /// # Errors
    /// If there are no rows, one is no number, or they have another dimension than the law.
    pub fn from_rows(&self, x: &ArrayRef2<f64>) -> Result<Vec<f64>, DistanceError> {
        rows::check(x, 1)?;
        let (found, expected) = (x.ncols(), self.law.dim());
        if found != expected {
            return Err(DistanceError::Dimension { found, expected });
        }
        if let Some(line) = &self.line {
            return Ok(x.iter().map(|&x| line.mean_distance(x)).collect());
        }
        let from_row = |i: usize| {
            let parts = self.law.parts().zip(&self.axes);
            parts.map(|((weight, part), axes)| weight * axes.mean_length(&(&x.row(i) - part.mean()))).sum()
        };
        Ok((0..x.nrows()).into_par_iter().map(from_row).collect())
    }

    /// `E|Y - Y'|` of two independent draws.
    pub fn of_two_draws(&self) -> f64 {
        if let Some(line) = &self.line {
            return line.mean_difference();
        }
        let parts: Vec<_> = self.law.parts().collect();
        let pairs: Vec<(usize, usize)> =
            (0..parts.len()).flat_map(|k| (0..=k).map(move |l| (k, l))).collect();
        let lengths: Vec<f64> = pairs
            .into_par_iter()
            .map(|(k, l)| {
                let ((w, one), (v, other)) = (parts[k], parts[l]);
                let twice = if k == l { 1.0 } else { 2.0 };
                let axes = Axes::of(&(one.covariance() + other.covariance()));
                twice * w * v * axes.mean_length(&(one.mean() - other.mean()))
            })
            .collect();
        lengths.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::tests::parts;
    use approx::assert_relative_eq;
    use ndarray::{Axis, array};
    use prob::{GaussHermite, Gaussian};
    use proptest::prelude::*;

    proptest! {
        /// The quadrature in one dimension against the folded normal.
        #[test]
        fn on_the_line_the_quadrature_is_the_folded_normal(parts in parts(), x in -5.0..5.0f64) {
            let (_, mean, sd) = parts[0];
            let line = LineLaw::new(&crate::line::tests::mixture(&parts[..1])).unwrap();
            let by_quadrature = Axes::of(&array![[sd * sd]]).mean_length(&array![x - mean]);
            assert_relative_eq!(by_quadrature, line.mean_distance(x), max_relative = 1e-8);
        }

        /// `|z| = ½ ∫_0^π |θ·z| dθ` in the plane, and the mean of each `|θ·Z|` is closed.
        #[test]
        fn in_the_plane_it_is_a_mean_over_directions(
            m in -3.0..3.0f64, n in -3.0..3.0f64, a in 0.1..2.0f64, b in 0.1..2.0f64, tilt in -0.9..0.9f64,
        ) {
            let covariance = array![[a * a, tilt * a * b], [tilt * a * b, b * b]];
            let slice = |angle: f64| {
                let (sin, cos) = angle.sin_cos();
                let variance = cos * cos * a * a + 2.0 * sin * cos * tilt * a * b + sin * sin * b * b;
                let law = crate::line::tests::mixture(&[(1.0, cos * m + sin * n, variance.sqrt())]);
                LineLaw::new(&law).unwrap().mean_distance(0.0)
            };
            let count = 400;
            let mean = (0..count).map(|k| slice(std::f64::consts::PI * f64::from(k) / f64::from(count))).sum::<f64>();
            let expected = 0.5 * std::f64::consts::PI * mean / f64::from(count);
            let found = Axes::of(&covariance).mean_length(&array![m, n]);
            assert_relative_eq!(found, expected, max_relative = 1e-8);
        }
    }

    /// Two draws of a mixture, against the mean over one of them by Gauss-Hermite.
    #[test]
    fn of_two_draws_is_the_mean_from_one() {
        let a = Gaussian::new(array![-1.0, 0.5], array![[0.3, 0.1], [0.1, 0.2]]).unwrap();
        let b = Gaussian::new(array![1.0, -0.5], array![[0.5, -0.2], [-0.2, 1.5]]).unwrap();
        let law = Mixture::new(vec![0.3, 0.7], vec![a, b]).unwrap();
        let distance = MeanDistance::new(law.clone());
        let rule = GaussHermite::new(24);
        let from = |y: &ArrayRef1<f64>| distance.from_rows(&y.to_owned().insert_axis(Axis(0))).unwrap()[0];
        let expected: f64 = law.parts().map(|(weight, part)| weight * rule.expectation(part, from)).sum();
        assert_relative_eq!(distance.of_two_draws(), expected, max_relative = 1e-6);
    }
}
