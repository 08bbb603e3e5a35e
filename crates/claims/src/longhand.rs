//! Textbook formulas written out: determinants by cofactors, inverses by Cramer's rule, densities from both.
//!
//! The crates work with Cholesky factors and never form an inverse. Here the formulas stand as printed, slow and
//! good for a handful of dimensions, so that a claim can be checked along a route that shares no code with what it
//! checks.

use std::f64::consts::PI;

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};
use prob::{Gaussian, LinearGaussian, Mixture};

/// `det A`, by cofactors along the first row.
pub fn determinant(a: &ArrayRef2<f64>) -> f64 {
    if a.is_empty() {
        return 1.0;
    }
    (0..a.ncols()).map(|j| a[[0, j]] * cofactor(a, 0, j)).sum()
}

/// `(-1)^{i+j}` times the determinant of `A` without row `i` and column `j`.
fn cofactor(a: &ArrayRef2<f64>, i: usize, j: usize) -> f64 {
    let others = |leave_out| (0..a.nrows()).filter(|&k| k != leave_out).collect::<Vec<_>>();
    let minor = a.select(Axis(0), &others(i)).select(Axis(1), &others(j));
    let sign = if (i + j).is_multiple_of(2) { 1.0 } else { -1.0 };
    sign * determinant(&minor)
}

/// `A⁻¹`, by Cramer's rule.
pub fn inverse(a: &ArrayRef2<f64>) -> Array2<f64> {
    let determinant = determinant(a);
    Array2::from_shape_fn(a.dim(), |(i, j)| cofactor(a, j, i) / determinant)
}

/// `log N(x; m, v)` of one number.
pub fn log_normal(x: f64, mean: f64, variance: f64) -> f64 {
    -0.5 * (2.0 * PI * variance).ln() - (x - mean).powi(2) / (2.0 * variance)
}

/// `log N(x; m, S) = -½ log det(2π S) - ½ (x - m)' S⁻¹ (x - m)`.
pub fn log_gaussian(x: &ArrayRef1<f64>, mean: &ArrayRef1<f64>, covariance: &ArrayRef2<f64>) -> f64 {
    let residual = &x.view() - &mean.view();
    let covariance_2pi = &covariance.view() * (2.0 * PI);
    -0.5 * determinant(&covariance_2pi).ln() - 0.5 * residual.dot(&inverse(covariance).dot(&residual))
}

/// `log p(x)` of a law.
pub fn log_prob(law: &Gaussian, x: &ArrayRef1<f64>) -> f64 {
    log_gaussian(x, law.mean(), law.covariance())
}

/// `log N(y; W x + b, S)`.
pub fn log_prob_given(law: &LinearGaussian, x: &ArrayRef1<f64>, y: &ArrayRef1<f64>) -> f64 {
    log_gaussian(y, &(law.weight().dot(x) + law.bias()), law.covariance())
}

/// The law of `W x + b + noise` for `x ~ N(m, P)`: mean `W m + b`, covariance `W P Wᵀ + S`.
pub fn pushed(law: &LinearGaussian, input: &Gaussian) -> (Array1<f64>, Array2<f64>) {
    let w = law.weight();
    (w.dot(input.mean()) + law.bias(), w.dot(input.covariance()).dot(&w.t()) + law.covariance())
}

/// Weight, mean and variance of each component of a mixture on the line.
pub fn parts(mixture: &Mixture) -> impl Iterator<Item = (f64, f64, f64)> {
    mixture.parts().map(|(weight, law)| (weight, mean(law), variance(law)))
}

/// `log Σ w_k N(x; m_k, v_k)` of a mixture on the line, the largest term taken out of the sum.
pub fn log_mixture(mixture: &Mixture, x: f64) -> f64 {
    let log_terms = || parts(mixture).map(|(w, m, v)| w.ln() + log_normal(x, m, v));
    let largest = log_terms().fold(f64::NEG_INFINITY, f64::max);
    largest + log_terms().map(|t| (t - largest).exp()).sum::<f64>().ln()
}

/// `Σ w_k m_k` of a mixture on the line.
pub fn mixture_mean(mixture: &Mixture) -> f64 {
    parts(mixture).map(|(w, m, _)| w * m).sum()
}

/// `Σ w_k (v_k + m_k²) - m²` of a mixture on the line.
pub fn mixture_variance(mixture: &Mixture) -> f64 {
    parts(mixture).map(|(w, m, v)| w * (v + m * m)).sum::<f64>() - mixture_mean(mixture).powi(2)
}

/// A mixture pushed through a conditional: each component [`pushed`].
///
/// # Panics
/// If a covariance that comes out is none.
pub fn pushed_mixture(law: &LinearGaussian, input: &Mixture) -> Mixture {
    let components = input.parts().map(|(weight, component)| {
        let (mean, covariance) = pushed(law, component);
        (weight, Gaussian::new(mean, covariance).expect("a covariance grows"))
    });
    let (weights, components) = components.unzip();
    Mixture::new(weights, components).expect("the weights are those of a mixture")
}

/// `KL(N(m_p, S_p) ‖ N(m_q, S_q)) = ½ (log det S_q - log det S_p - d + tr(S_q⁻¹ S_p) + (m_q - m_p)' S_q⁻¹ (m_q - m_p))`,
/// Luo (86).
pub fn divergence(p: &Gaussian, q: &Gaussian) -> f64 {
    let precision = inverse(q.covariance());
    let shift = q.mean() - p.mean();
    let log_ratio = determinant(q.covariance()).ln() - determinant(p.covariance()).ln();
    let trace = precision.dot(p.covariance()).diag().sum();
    0.5 * (log_ratio - p.dim() as f64 + trace + shift.dot(&precision.dot(&shift)))
}

/// `½ (m² + v - 1 - log v)`: the divergence of `N(m, v)` from the standard normal.
pub fn divergence_to_standard(mean: f64, variance: f64) -> f64 {
    0.5 * (mean * mean + variance - 1.0 - variance.ln())
}

/// Mean of a law on the line.
pub fn mean(law: &Gaussian) -> f64 {
    law.mean()[0]
}

/// Variance of a law on the line.
pub fn variance(law: &Gaussian) -> f64 {
    law.covariance()[[0, 0]]
}

/// Where [`prob::integrate`] should cut the line for an integrand that lives on these laws (means and variances):
/// at `m`, `m ± 3σ`, and `m ± 14σ`, outside of which a normal law leaves 1e-43 of itself.
pub fn breaks(laws: impl IntoIterator<Item = (f64, f64)>) -> Vec<f64> {
    let around =
        |(mean, variance): (f64, f64)| [-14.0, -3.0, 0.0, 3.0, 14.0].map(|k| mean + k * variance.sqrt());
    let mut breaks: Vec<f64> = laws.into_iter().flat_map(around).collect();
    breaks.sort_unstable_by(f64::total_cmp);
    breaks.dedup();
    breaks
}

/// [`breaks`] of a mixture on the line.
pub fn mixture_breaks(mixture: &Mixture) -> Vec<f64> {
    breaks(parts(mixture).map(|(_, mean, variance)| (mean, variance)))
}

/// `∫ f` over the `breaks` by adaptive quadrature.
///
/// # Panics
/// If the quadrature does not reach an error of 1e-12 of `max(1, |∫ f|)`: in a claim, one that failed.
#[track_caller]
pub fn integral(breaks: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let integral = prob::integrate(f, breaks, 1e-12);
    assert!(integral.converged, "longhand::integral over {breaks:?} does not converge: {integral:?}");
    integral.value
}

/// `∫ p(x) f(x) dx` for a mixture `p` on the line, its density written out.
#[track_caller]
pub fn average(mixture: &Mixture, f: impl Fn(f64) -> f64) -> f64 {
    integral(&mixture_breaks(mixture), |x| log_mixture(mixture, x).exp() * f(x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// The only check that this route needs: a matrix times its inverse.
    #[test]
    fn cofactors_invert() {
        let a = ndarray::array![[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 4.0]];
        assert_relative_eq!(determinant(&a), 16.25, max_relative = 1e-14);
        assert_relative_eq!(a.dot(&inverse(&a)), Array2::eye(3), epsilon = 1e-14);
    }
}
