//! The Gaussian `N(m, S)` with a full covariance.

use std::fmt;

use linalg::Cholesky;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, s};
use ndarray_rand::rand::RngCore;

use crate::error::{ProbError, check_dim, check_finite};
use crate::noise::fill_standard_normal;
use crate::numerics::{LN_2PI, scale_mismatch};
use crate::rows::{add_to_rows, squared_norms};

/// Rows whose densities are computed together, so that they stay in cache.
const TILE: usize = 192;

/// `N(m, S)`: mean `m` (`[d]`), symmetric positive definite covariance `S` (`[d, d]`), kept with its Cholesky
/// factor.
///
/// ```
/// use ndarray::array;
/// use prob::Gaussian;
///
/// let p = Gaussian::new(array![0.0, 1.0], array![[2.0, 0.5], [0.5, 1.0]])?;
/// let q = Gaussian::standard(2);
/// assert!(p.kl_divergence(&q) > 0.0);
/// assert_eq!(q.kl_divergence(&q), 0.0);
/// # Ok::<(), prob::ProbError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Gaussian {
    mean: Array1<f64>,
    covariance: Array2<f64>,
    factor: Cholesky,
}

impl fmt::Debug for Gaussian {
    /// `N([0.0], [[1.0]])`: a counterexample with a law in it should be readable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "N({:?}, {:?})", self.mean.to_vec(), rows(&self.covariance))
    }
}

/// The rows of a matrix, whose own `Debug` tells its shape, strides and layout as well.
pub(crate) fn rows(matrix: &ArrayRef2<f64>) -> Vec<Vec<f64>> {
    matrix.outer_iter().map(|row| row.to_vec()).collect()
}

impl Gaussian {
    /// `N(mean, covariance)`.
    ///
    /// # Errors
    /// If a number is not finite, a shape does not fit, or the covariance is not symmetric positive definite.
    pub fn new(mean: Array1<f64>, covariance: Array2<f64>) -> Result<Self, ProbError> {
        check_finite("mean", &mean)?;
        check_dim("covariance", mean.len(), covariance.nrows())?;
        let (covariance, factor) = checked_covariance("covariance", covariance)?;
        Ok(Self { mean, covariance, factor })
    }

    /// From a covariance and its factor, known to belong together; nothing is checked.
    pub(crate) fn from_parts(mean: Array1<f64>, covariance: Array2<f64>, factor: Cholesky) -> Self {
        Self { mean, covariance, factor }
    }

    /// `N(0, I)` in `d` dimensions.
    pub fn standard(d: usize) -> Self {
        Self::new(Array1::zeros(d), Array2::eye(d)).expect("the identity is positive definite")
    }

    /// `N(mean, variance I)`.
    ///
    /// # Errors
    /// If a number is not finite or the variance is not positive.
    pub fn isotropic(mean: Array1<f64>, variance: f64) -> Result<Self, ProbError> {
        let covariance = Array2::eye(mean.len()) * variance;
        Self::new(mean, covariance)
    }

    /// Number of coordinates, `d`.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// `m`, `[d]`.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// `S`, `[d, d]`.
    pub fn covariance(&self) -> &Array2<f64> {
        &self.covariance
    }

    /// The Cholesky factor of `S`.
    pub fn factor(&self) -> &Cholesky {
        &self.factor
    }

    /// `log N(x; m, S) = -½ (|L⁻¹(x - m)|² + log det S + d log 2π)`, in nats; `x` is `[d]`.
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn log_prob(&self, x: &ArrayRef1<f64>) -> f64 {
        -0.5 * (self.mahalanobis(x) + self.factor.log_det() + self.dim() as f64 * LN_2PI)
    }

    /// `log N(x; m, S)` in nats for each row `x` (`[n, d]`), `[n]`.
    ///
    /// # Panics
    /// If the rows have another dimension.
    pub fn log_probs(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        let at_mean = self.factor.log_det() + self.dim() as f64 * LN_2PI;
        let mut log_probs = Array1::zeros(x.nrows());
        let mut white = Array2::zeros((TILE.min(x.nrows()), self.dim()));
        let tiles = x.axis_chunks_iter(Axis(0), TILE).zip(log_probs.axis_chunks_iter_mut(Axis(0), TILE));
        for (x, mut log_probs) in tiles {
            let mut white = white.slice_mut(s![..x.nrows(), ..]);
            white.assign(&x);
            add_to_rows(&mut white, -1.0, &self.mean);
            self.factor.whiten_rows(&mut white);
            log_probs.assign(&squared_norms(&white).mapv(|square| -0.5 * (square + at_mean)));
        }
        log_probs
    }

    /// `(x - m)' S⁻¹ (x - m)`, the squared Mahalanobis distance of `x` (`[d]`) from the mean.
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn mahalanobis(&self, x: &ArrayRef1<f64>) -> f64 {
        assert_eq!(x.len(), self.dim(), "a point of another dimension");
        squared_norm(&self.factor.whiten(&(&x.view() - &self.mean)))
    }

    /// `S⁻¹ (m - x)`, the score `∇ₓ log N(x; m, S)`, `[d]`.
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn score(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        assert_eq!(x.len(), self.dim(), "a point of another dimension");
        let residual = (&self.mean - &x.view()).insert_axis(Axis(1));
        self.factor.solve(&residual).remove_axis(Axis(1))
    }

    /// `m + L ε` for each row of standard normal noise `eps` (`[n, d]`): the reparameterisation of a draw.
    ///
    /// # Panics
    /// If `eps` has not `d` columns.
    pub fn sample_given_noise(&self, eps: &ArrayRef2<f64>) -> Array2<f64> {
        let mut x = eps.to_owned();
        self.put_in_place(&mut x);
        x
    }

    /// `n` draws, `[n, d]`.
    pub fn sample<R: RngCore + ?Sized>(&self, n: usize, rng: &mut R) -> Array2<f64> {
        let mut x = Array2::zeros((n, self.dim()));
        self.sample_into(&mut x, rng);
        x
    }

    /// Draws in the place of the rows of `x` (`[n, d]`).
    ///
    /// # Panics
    /// If the rows have another dimension or do not lie one after the other in memory.
    pub fn sample_into<R: RngCore + ?Sized>(&self, x: &mut ArrayRef2<f64>, rng: &mut R) {
        fill_standard_normal(x, rng);
        self.put_in_place(x);
    }

    /// `ε ← m + L ε`, each row.
    fn put_in_place(&self, eps: &mut ArrayRef2<f64>) {
        self.factor.colour_rows(eps);
        add_to_rows(eps, 1.0, &self.mean);
    }

    /// Differential entropy `½ (d + d log 2π + log det S)`, in nats.
    pub fn entropy(&self) -> f64 {
        0.5 * (self.dim() as f64 * (1.0 + LN_2PI) + self.factor.log_det())
    }

    /// Cross-entropy `-E_p log q`, in nats, for `p = self` and `q = other`:
    /// `½ (tr(S_q⁻¹ S_p) + |L_q⁻¹(m_p - m_q)|² + log det S_q + d log 2π)`.
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn cross_entropy(&self, other: &Gaussian) -> f64 {
        let trace = other.factor.solve(&self.covariance).diag().sum();
        let d = self.dim() as f64;
        0.5 * (trace + other.mahalanobis(&self.mean) + other.factor.log_det() + d * LN_2PI)
    }

    /// `KL(self || other)`, in nats (Luo (86)).
    ///
    /// With `M = L_q⁻¹ L_p`, lower triangular, the divergence is
    /// `½ (Σᵢ (Mᵢᵢ² - 1 - log Mᵢᵢ²) + Σ_{i>j} Mᵢⱼ² + |L_q⁻¹(m_p - m_q)|²)`:
    /// a sum of terms that are none of them negative, so that nothing cancels for close laws.
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn kl_divergence(&self, other: &Gaussian) -> f64 {
        assert_eq!(self.dim(), other.dim(), "a divergence between laws of different dimension");
        0.5 * other.mahalanobis(&self.mean) + divergence_at_equal_means(&self.factor, &other.factor)
    }

    /// The law of some of the coordinates, in the order given.
    ///
    /// # Errors
    /// If a coordinate is named twice: its covariance with itself is then singular.
    ///
    /// # Panics
    /// If a coordinate does not exist.
    pub fn marginal(&self, coordinates: &[usize]) -> Result<Gaussian, ProbError> {
        let mean = self.mean.select(Axis(0), coordinates);
        Gaussian::new(mean, block(&self.covariance, coordinates, coordinates))
    }

    /// The law of the remaining coordinates once those named have been seen at `values`:
    /// `N(m₁ + S₁₂ S₂₂⁻¹ (v - m₂), S₁₁ - S₁₂ S₂₂⁻¹ S₂₁)`, the Schur complement.
    ///
    /// # Errors
    /// If the values do not fit the coordinates or the remaining covariance is singular to rounding.
    ///
    /// # Panics
    /// If a coordinate does not exist.
    pub fn condition(&self, coordinates: &[usize], values: &ArrayRef1<f64>) -> Result<Gaussian, ProbError> {
        check_dim("values", coordinates.len(), values.len())?;
        let rest: Vec<usize> = (0..self.dim()).filter(|i| !coordinates.contains(i)).collect();
        let seen = self.marginal(coordinates)?;
        let across = block(&self.covariance, coordinates, &rest);
        let gain = seen.factor.solve(&across);
        let mean = self.mean.select(Axis(0), &rest) + (&values.view() - &seen.mean).dot(&gain);
        let covariance = block(&self.covariance, &rest, &rest) - across.t().dot(&gain);
        Gaussian::new(mean, symmetrised(covariance))
    }
}

/// `KL(N(0, S_p) || N(0, S_q))` in nats, from the factors: the part of a divergence that the means do not touch.
///
/// # Panics
/// If the factors have different dimensions.
pub fn divergence_at_equal_means(p: &Cholesky, q: &Cholesky) -> f64 {
    assert_eq!(p.dim(), q.dim(), "a divergence between laws of different dimensions");
    let m = q.whiten_columns(p.lower());
    let mut sum = 0.0;
    for i in 0..p.dim() {
        sum += scale_mismatch(p.lower()[[i, i]], q.lower()[[i, i]]);
        sum += (0..i).map(|j| m[[i, j]] * m[[i, j]]).sum::<f64>();
    }
    0.5 * sum
}

/// `|v|²`.
pub(crate) fn squared_norm(v: &ArrayRef1<f64>) -> f64 {
    v.iter().map(|x| x * x).sum()
}

/// `½ (A + Aᵀ)`: takes the rounding out of a product that is symmetric on paper.
pub(crate) fn symmetrised(a: Array2<f64>) -> Array2<f64> {
    let transposed = a.t().to_owned();
    (a + transposed) * 0.5
}

/// The rows and columns named, in that order.
fn block(a: &ArrayRef2<f64>, rows: &[usize], columns: &[usize]) -> Array2<f64> {
    a.select(Axis(0), rows).select(Axis(1), columns)
}

/// A covariance that is finite, square, symmetric to 1e-9 of its diagonal and positive definite, with its factor.
pub(crate) fn checked_covariance(
    what: &'static str,
    covariance: Array2<f64>,
) -> Result<(Array2<f64>, Cholesky), ProbError> {
    check_finite(what, &covariance)?;
    check_dim(what, covariance.nrows(), covariance.ncols())?;
    for row in 0..covariance.nrows() {
        for column in 0..row {
            let difference = (covariance[[row, column]] - covariance[[column, row]]).abs();
            // Roots first: the product of two variances may leave the range of f64.
            let scale = covariance[[row, row]].abs().sqrt() * covariance[[column, column]].abs().sqrt();
            if difference > 1e-9 * scale {
                return Err(ProbError::NotSymmetric { what, row, column, difference });
            }
        }
    }
    let factor =
        Cholesky::new(&covariance).map_err(|source| ProbError::NotPositiveDefinite { what, source })?;
    Ok((covariance, factor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GaussHermite;
    use approx::assert_relative_eq;
    use ndarray::array;

    #[test]
    fn one_dimensional_density_is_the_textbook_formula() {
        let p = Gaussian::new(array![0.3], array![[0.49]]).unwrap();
        let textbook =
            (-(1.1f64 - 0.3).powi(2) / (2.0 * 0.49)).exp() / (2.0 * std::f64::consts::PI * 0.49).sqrt();
        assert_relative_eq!(p.log_prob(&array![1.1]).exp(), textbook, max_relative = 1e-14);
        assert_relative_eq!(p.score(&array![1.1])[0], -0.8 / 0.49, max_relative = 1e-14);
    }

    #[test]
    fn divergence_keeps_its_digits_for_close_and_for_tiny_variances() {
        let close = Gaussian::new(array![0.0], array![[1.0 + 1e-9]]).unwrap();
        // KL = ½ (v - 1 - log v) = v̂²/4 to first order in v̂ = v - 1; the variance holds v̂ to 1e-7.
        assert_relative_eq!(
            close.kl_divergence(&Gaussian::standard(1)),
            2.5e-19,
            epsilon = 0.0,
            max_relative = 1e-6
        );
        let tiny = Gaussian::new(array![0.0], array![[1e-300]]).unwrap();
        let exact = 0.5 * (-1.0 + 300.0 * 10f64.ln());
        assert_relative_eq!(tiny.kl_divergence(&Gaussian::standard(1)), exact, max_relative = 1e-14);
    }

    #[test]
    fn refuses_what_is_not_a_covariance() {
        use ProbError::*;
        let refused = |mean, covariance| Gaussian::new(mean, covariance).unwrap_err();
        assert!(matches!(refused(array![f64::NAN], array![[1.0]]), NotFinite { what: "mean", index: 0, .. }));
        assert!(matches!(refused(array![0.0], Array2::eye(2)), Dimension { expected: 1, found: 2, .. }));
        assert!(matches!(refused(array![0.0, 0.0], array![[1.0, 0.5], [0.0, 1.0]]), NotSymmetric { .. }));
        let huge = array![[1e200, 9e199], [0.0, 1e200]];
        assert!(matches!(refused(array![0.0, 0.0], huge), NotSymmetric { row: 1, column: 0, .. }));
        assert!(matches!(refused(array![0.0], array![[0.0]]), NotPositiveDefinite { .. }));
        assert!(matches!(refused(array![0.0, 0.0], array![[1.0, 0.0]]), Dimension { .. }));
    }

    /// One unit in the last place between an entry and its mirror image is rounding, at every scale.
    #[test]
    fn accepts_what_is_symmetric_to_rounding() {
        for scale in [1e-200, 1.0, 1e200] {
            let entry: f64 = 0.3 * scale;
            let covariance = array![[scale, entry], [entry.next_up(), scale]];
            assert!(Gaussian::new(array![0.0, 0.0], covariance).is_ok(), "{scale:e}");
        }
    }

    fn pair() -> (Gaussian, Gaussian) {
        let p = Gaussian::new(array![0.3, -0.8], array![[0.7, 0.2], [0.2, 0.4]]).unwrap();
        let q = Gaussian::new(array![-0.1, 0.5], array![[0.5, -0.3], [-0.3, 0.9]]).unwrap();
        (p, q)
    }

    /// Against quadrature of the log-densities, with covariances that are no multiples of each other.
    #[test]
    fn cross_entropy_and_divergence_are_averages_of_log_densities() {
        let (p, q) = pair();
        let average = |law: &Gaussian| GaussHermite::new(3).expectation(&p, |x| law.log_prob(x));
        assert_relative_eq!(p.cross_entropy(&q), -average(&q), max_relative = 1e-12);
        assert_relative_eq!(p.kl_divergence(&q), average(&p) - average(&q), max_relative = 1e-11);
    }

    /// `m_1 + S_12/S_22 (y - m_2)` and `S_11 - S_12²/S_22`, the rest being the first or the second coordinate.
    #[test]
    fn conditioning_by_hand() {
        let (p, _) = pair();
        let y = 1.3;
        let of_first = p.condition(&[1], &array![y]).unwrap();
        assert_relative_eq!(of_first.mean()[0], 0.3 + 0.2 / 0.4 * (y + 0.8), max_relative = 1e-14);
        assert_relative_eq!(of_first.covariance()[[0, 0]], 0.7 - 0.04 / 0.4, max_relative = 1e-14);
        let of_second = p.condition(&[0], &array![y]).unwrap();
        assert_relative_eq!(of_second.mean()[0], -0.8 + 0.2 / 0.7 * (y - 0.3), max_relative = 1e-14);
        assert_relative_eq!(of_second.covariance()[[0, 0]], 0.4 - 0.04 / 0.7, max_relative = 1e-14);
    }

    /// In dimensions that go through products of matrices and those that do not, over the end of a tile.
    #[test]
    fn densities_of_rows_are_those_of_each_row() {
        for (d, n) in [(1, 5), (2, TILE + 3), (7, 20), (9, 20), (40, TILE + 3)] {
            let wave = |i: usize, j: usize| (1.3 * i as f64 + 0.7 * (i * j) as f64 + j as f64).sin();
            let root = Array2::from_shape_fn((d, d), |(i, j)| wave(i, j) / (d as f64).sqrt());
            let law = Gaussian::new(
                Array1::from_shape_fn(d, |i| wave(i, 3)),
                root.dot(&root.t()) + Array2::<f64>::eye(d),
            );
            let (law, x) = (law.unwrap(), Array2::from_shape_fn((n, d), |(i, j)| 3.0 * wave(j, i)));
            let expected: Array1<f64> = x.rows().into_iter().map(|x| law.log_prob(&x)).collect();
            assert_relative_eq!(law.log_probs(&x), expected, max_relative = 1e-13);
        }
    }
}
