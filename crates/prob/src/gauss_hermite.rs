//! Gauss–Hermite quadrature: averages under a Gaussian, exact for polynomials.
//!
//! The nodes are the roots of the Hermite polynomial `He_n`, which are the eigenvalues of the symmetric
//! tridiagonal Jacobi matrix with off-diagonal `√1 … √(n-1)` (Golub and Welsch 1969); the weights are the
//! Christoffel numbers `1 / Σ_j h_j(x)²` of the orthonormal polynomials `h_j`.

use ndarray::{Array1, ArrayRef1};

use crate::Gaussian;

/// Nodes `x_i` and weights `w_i` such that `E f(Z) = Σ w_i f(x_i)` for `Z ~ N(0, 1)` and every polynomial `f` of
/// degree below `2n`.
///
/// ```
/// use prob::GaussHermite;
/// let rule = GaussHermite::new(4);
/// assert!((rule.standard(|z| z.powi(6)) - 15.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GaussHermite {
    nodes: Vec<f64>,
    weights: Vec<f64>,
}

impl GaussHermite {
    /// The rule with `n` nodes.
    ///
    /// # Panics
    /// If `n` is 0 or above 256: a margin to the 350 nodes at which the polynomials leave the range of f64.
    pub fn new(n: usize) -> Self {
        assert!((1..=256).contains(&n), "a Gauss-Hermite rule has 1 to 256 nodes, not {n}");
        let nodes: Vec<f64> = (0..n).map(|k| root(n, k)).collect();
        let weights =
            nodes.iter().map(|&x| 1.0 / (0..n).zip(orthonormal(x)).map(|(_, h)| h * h).sum::<f64>());
        Self { weights: weights.collect(), nodes }
    }

    /// The pairs `(x_i, w_i)`, for who evaluates a batch of nodes at once.
    pub fn nodes(&self) -> impl Iterator<Item = (f64, f64)> {
        self.nodes.iter().copied().zip(self.weights.iter().copied())
    }

    /// `E f(Z)` for `Z ~ N(0, 1)`.
    pub fn standard(&self, mut f: impl FnMut(f64) -> f64) -> f64 {
        self.nodes.iter().zip(&self.weights).map(|(&x, w)| w * f(x)).sum()
    }

    /// `E f(x)` for `x ~ law`, by the product rule on `m + L z`: `nᵈ` evaluations for `d` coordinates.
    pub fn expectation(&self, law: &Gaussian, mut f: impl FnMut(&ArrayRef1<f64>) -> f64) -> f64 {
        let (n, d) = (self.nodes.len(), law.dim());
        let mut index = vec![0; d];
        let mut sum = 0.0;
        loop {
            let z: Array1<f64> = index.iter().map(|&i| self.nodes[i]).collect();
            let weight: f64 = index.iter().map(|&i| self.weights[i]).product();
            sum += weight * f(&(law.factor().lower().dot(&z) + law.mean()));
            // Count up in base n; done when the last digit overflows.
            let Some(digit) = index.iter().position(|&i| i + 1 < n) else { return sum };
            index[..digit].fill(0);
            index[digit] += 1;
        }
    }
}

/// The orthonormal Hermite polynomials `h_0(x), h_1(x), …` under N(0, 1):
/// `√(j+1) h_{j+1} = x h_j - √j h_{j-1}`.
fn orthonormal(x: f64) -> impl Iterator<Item = f64> {
    let mut pair = (0.0, 1.0);
    (0u32..).map(move |j| {
        let h = pair.1;
        pair = (h, (x * h - f64::from(j).sqrt() * pair.0) / f64::from(j + 1).sqrt());
        h
    })
}

/// How many roots of `He_n` lie below `x`: the number of negative pivots of `J - x I` (Sturm).
fn roots_below(n: usize, x: f64) -> usize {
    let mut pivot = -x;
    let mut count = usize::from(pivot < 0.0);
    for j in 1..n {
        // A zero pivot is moved off zero, which shifts x by less than its rounding.
        let divisor = if pivot == 0.0 { f64::MIN_POSITIVE } else { pivot };
        pivot = -x - j as f64 / divisor;
        count += usize::from(pivot < 0.0);
    }
    count
}

/// The root number `k` (from 0, rising) of `He_n`, by bisection down to neighbouring numbers.
fn root(n: usize, k: usize) -> f64 {
    // The middle root of an odd polynomial is 0, where bisection would otherwise end at a rounding error.
    if 2 * k + 1 == n {
        return 0.0;
    }
    let bound = 2.0 * (n as f64).sqrt();
    let (mut low, mut high) = (-bound, bound);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if roots_below(n, middle) > k { high = middle } else { low = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    /// Moments `E Z^{2m} = (2m-1)!!` up to the degree that the rule promises.
    #[test]
    fn polynomials_are_exact_up_to_degree_2n_minus_1() {
        for n in 1..=24usize {
            let rule = GaussHermite::new(n);
            let mut moment = 1.0;
            for m in 0..n {
                assert_relative_eq!(rule.standard(|z| z.powi(2 * m as i32)), moment, max_relative = 1e-12);
                moment *= (2 * m + 1) as f64;
            }
            // One degree further the rule must fail, or the bound would be no statement.
            let beyond = rule.standard(|z| z.powi(2 * n as i32));
            assert!(beyond < moment * (1.0 - 1e-9), "{n} nodes: {beyond} against {moment}");
        }
    }

    #[test]
    fn large_rules_integrate_entire_functions() {
        for n in [64, 128, 256] {
            let rule = GaussHermite::new(n);
            assert_relative_eq!(rule.standard(|_| 1.0), 1.0, max_relative = 1e-13);
            assert_relative_eq!(rule.standard(|z| (3.0 * z).cos()), (-4.5f64).exp(), max_relative = 1e-11);
        }
    }

    #[test]
    fn product_rule_recovers_mean_and_covariance() {
        let law = Gaussian::new(array![1.0, -2.0], array![[2.0, 0.6], [0.6, 0.5]]).unwrap();
        let rule = GaussHermite::new(3);
        assert_relative_eq!(rule.nodes().map(|(z, w)| w * z * z).sum::<f64>(), 1.0, max_relative = 1e-13);
        assert_relative_eq!(rule.expectation(&law, |x| x[0] * x[1]), 0.6 - 2.0, max_relative = 1e-13);
        assert_relative_eq!(rule.expectation(&law, |x| x[1] * x[1]), 4.5, max_relative = 1e-13);
    }
}
