//! Finite mixtures of Gaussians, `p(x) = Σ w_k N(x; m_k, S_k)`.

mod draws;

use std::fmt;

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};
use ndarray_rand::rand::RngCore;
use statrs::distribution::{ContinuousCDF, Normal};

use self::draws::Draws;
use crate::error::{ProbError, check_dim};
use crate::numerics::{log_sum_exp, softmax};
use crate::{Experts, Gaussian, LinearGaussian};

/// `p(x) = Σ w_k N(x; m_k, S_k)` with weights that sum to 1.
///
/// Mixtures are closed under linear-Gaussian noising and under Bayes' rule for it, so that the law of noised data
/// and the exact denoiser `E[x₀ | x_t]` have closed forms.
///
/// ```
/// use ndarray::array;
/// use prob::{Gaussian, Mixture};
///
/// let left = Gaussian::new(array![-1.5], array![[0.09]])?;
/// let right = Gaussian::new(array![1.5], array![[0.09]])?;
/// let bimodal = Mixture::new(vec![0.5, 0.5], vec![left, right])?;
/// assert!((bimodal.covariance()[[0, 0]] - 2.34).abs() < 1e-12);
/// # Ok::<(), prob::ProbError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Mixture {
    weights: Vec<f64>,
    components: Vec<Gaussian>,
    draws: Draws,
}

impl fmt::Debug for Mixture {
    /// `0.5 N([-1.5], [[0.09]]) + 0.5 N([1.5], [[0.09]])`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, (weight, component)) in self.parts().enumerate() {
            write!(f, "{}{weight:?} {component:?}", if k == 0 { "" } else { " + " })?;
        }
        Ok(())
    }
}

impl Mixture {
    /// The mixture of `components` with `weights`.
    ///
    /// # Errors
    /// If there is no component, the numbers of weights and components differ, the components have different
    /// dimensions, a weight is negative, or the weights do not sum to 1 within 1e-9.
    pub fn new(mut weights: Vec<f64>, components: Vec<Gaussian>) -> Result<Self, ProbError> {
        let first = components.first().ok_or(ProbError::NoComponents)?;
        check_dim("weights", components.len(), weights.len())?;
        for component in &components {
            check_dim("component", first.dim(), component.dim())?;
        }
        for (index, &value) in weights.iter().enumerate() {
            if !(value.is_finite() && value >= 0.0) {
                return Err(ProbError::Weight { index, value });
            }
        }
        let sum: f64 = weights.iter().sum();
        if (sum - 1.0).abs() > 1e-9 {
            return Err(ProbError::WeightSum { sum });
        }
        weights.iter_mut().for_each(|w| *w /= sum);
        Ok(Self::from_parts(weights, components))
    }

    /// From weights and components known to belong together; nothing is checked.
    fn from_parts(weights: Vec<f64>, components: Vec<Gaussian>) -> Self {
        let draws = Draws::new(&weights, &components);
        Self { weights, components, draws }
    }

    /// The mixture of `components` with equal weights.
    ///
    /// # Errors
    /// If there is no component or their dimensions differ.
    pub fn equal(components: Vec<Gaussian>) -> Result<Self, ProbError> {
        let k = components.len();
        Self::new(vec![1.0 / k as f64; k], components)
    }

    /// Number of coordinates, `d`.
    pub fn dim(&self) -> usize {
        self.components[0].dim()
    }

    /// Number of components, `K`.
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// Never: a mixture has a component.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The pairs `(w_k, N(m_k, S_k))`.
    pub fn parts(&self) -> impl Iterator<Item = (f64, &Gaussian)> {
        self.weights.iter().copied().zip(&self.components)
    }

    /// `log w_k + log N(x; m_k, S_k)` for each component, in nats.
    fn log_joint(&self, x: &ArrayRef1<f64>) -> Vec<f64> {
        self.parts().map(|(weight, law)| weight.ln() + law.log_prob(x)).collect()
    }

    /// `log p(x)` in nats; `x` is `[d]`.
    pub fn log_prob(&self, x: &ArrayRef1<f64>) -> f64 {
        log_sum_exp(&self.log_joint(x))
    }

    /// `P(k | x)` for each component: the responsibilities, `[K]`. Uniform at an `x` so far out that every log-density
    /// is -∞: some 1e154 standard deviations from every mean, where their squares leave the range of f64.
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn responsibilities(&self, x: &ArrayRef1<f64>) -> Vec<f64> {
        let mut log_joint = self.log_joint(x);
        softmax(&mut log_joint);
        log_joint
    }

    /// The score `∇ₓ log p(x) = Σ P(k|x) S_k⁻¹ (m_k - x)`, `[d]`.
    pub fn score(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        let mut score = Array1::zeros(self.dim());
        for (responsibility, law) in self.responsibilities(x).into_iter().zip(&self.components) {
            score.scaled_add(responsibility, &law.score(x));
        }
        score
    }

    /// `Σ w_k m_k`, `[d]`.
    pub fn mean(&self) -> Array1<f64> {
        self.parts().fold(Array1::zeros(self.dim()), |sum, (weight, law)| sum + law.mean() * weight)
    }

    /// `Σ w_k (S_k + (m_k - m)(m_k - m)ᵀ)`, `[d, d]`.
    pub fn covariance(&self) -> Array2<f64> {
        let mean = self.mean();
        self.parts().fold(Array2::zeros((self.dim(), self.dim())), |sum, (weight, law)| {
            let shift = (law.mean() - &mean).insert_axis(Axis(1));
            sum + (law.covariance() + &shift.dot(&shift.t())) * weight
        })
    }

    /// `P(x ≤ value)` of a 1-D mixture.
    ///
    /// # Panics
    /// If the mixture is not one-dimensional.
    pub fn cdf(&self, value: f64) -> f64 {
        assert_eq!(self.dim(), 1, "a distribution function needs one dimension");
        self.parts()
            .map(|(weight, law)| {
                let sd = law.covariance()[[0, 0]].sqrt();
                weight * Normal::standard().cdf((value - law.mean()[0]) / sd)
            })
            .sum()
    }

    /// `n` draws, `[n, d]`.
    pub fn sample<R: RngCore + ?Sized>(&self, n: usize, rng: &mut R) -> Array2<f64> {
        let mut x = Array2::zeros((n, self.dim()));
        self.sample_into(&mut x, rng);
        x
    }

    /// `n` draws, `[n, d]`, and the component that each came from.
    pub fn sample_labelled<R: RngCore + ?Sized>(&self, n: usize, rng: &mut R) -> (Array2<f64>, Vec<usize>) {
        let mut x = Array2::zeros((n, self.dim()));
        let mut labels = Vec::with_capacity(n);
        self.fill(&mut x, rng, |k| labels.push(k));
        (x, labels)
    }

    /// Draws in the place of the rows of `x` (`[n, d]`).
    ///
    /// # Panics
    /// If the rows have another dimension or do not lie one after the other in memory.
    pub fn sample_into<R: RngCore + ?Sized>(&self, x: &mut ArrayRef2<f64>, rng: &mut R) {
        self.fill(x, rng, |_| ());
    }

    fn fill<R: RngCore + ?Sized>(&self, x: &mut ArrayRef2<f64>, rng: &mut R, hear: impl FnMut(usize)) {
        assert_eq!(x.ncols(), self.dim(), "rows of another dimension");
        let x = x.as_slice_mut().expect("rows one after the other");
        self.draws.fill(x, rng, hear);
    }

    /// `log p(x)` in nats for each row (`[n, d]`), `[n]`.
    ///
    /// # Panics
    /// If the rows have another dimension.
    pub fn log_probs(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        Experts::gate(self).log_prob(x)
    }

    /// The law of `y` when `x` comes from this mixture and `y | x` from the conditional: each component pushed.
    ///
    /// # Panics
    /// If the dimensions do not fit.
    pub fn push(&self, conditional: &LinearGaussian) -> Mixture {
        let components = self.components.iter().map(|law| conditional.push(law)).collect();
        Self::from_parts(self.weights.clone(), components)
    }

    /// The law of `x` given an observation `y` (`[m]`) of it through the conditional: components reversed by
    /// Bayes' rule, weights by how well each foresaw `y`.
    ///
    /// # Errors
    /// If a posterior precision is singular to rounding.
    ///
    /// # Panics
    /// If the dimensions do not fit.
    pub fn posterior(&self, conditional: &LinearGaussian, y: &ArrayRef1<f64>) -> Result<Mixture, ProbError> {
        let weights = self.push(conditional).responsibilities(y);
        let components = self
            .components
            .iter()
            .map(|law| Ok(conditional.bayes(law)?.given(y)))
            .collect::<Result<_, ProbError>>()?;
        Mixture::new(weights, components)
    }
}

impl From<Gaussian> for Mixture {
    fn from(law: Gaussian) -> Self {
        Self::from_parts(vec![1.0], vec![law])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use ndarray_rand::rand::SeedableRng;

    fn lopsided() -> Mixture {
        let a = Gaussian::new(array![-1.0], array![[0.25]]).unwrap();
        let b = Gaussian::new(array![2.0], array![[1.0]]).unwrap();
        Mixture::new(vec![0.3, 0.7], vec![a, b]).unwrap()
    }

    #[test]
    fn a_mixture_has_as_many_components_as_it_was_made_of() {
        assert_eq!((lopsided().len(), lopsided().is_empty()), (2, false));
        assert_eq!(Mixture::from(Gaussian::standard(1)).len(), 1);
    }

    #[test]
    fn density_is_the_slope_of_the_distribution_function_and_score_that_of_the_log_density() {
        let p = lopsided();
        let h = 1e-5;
        for x in [-2.0, -0.4, 0.7, 3.1] {
            let slope = (p.cdf(x + h) - p.cdf(x - h)) / (2.0 * h);
            assert_relative_eq!(p.log_prob(&array![x]).exp(), slope, max_relative = 1e-7);
            let slope = (p.log_prob(&array![x + h]) - p.log_prob(&array![x - h])) / (2.0 * h);
            assert_relative_eq!(p.score(&array![x])[0], slope, max_relative = 1e-7, epsilon = 1e-8);
        }
    }

    #[test]
    fn far_away_the_responsibilities_are_still_numbers() {
        let p = lopsided();
        for x in [-1e150, -60.0, 60.0, 1e150] {
            assert_eq!(
                p.responsibilities(&array![x]),
                [0.0, 1.0],
                "the wider component owns the tail, at {x}"
            );
        }
        // Where no square can tell them apart, none is preferred.
        assert_eq!(p.responsibilities(&array![1e200]), [0.5, 0.5]);
    }

    #[test]
    fn laws_are_shown_as_they_are_written() {
        let shown = "0.3 N([-1.0], [[0.25]]) + 0.7 N([2.0], [[1.0]])";
        assert_eq!(format!("{:?}", lopsided()), shown);
        let channel = LinearGaussian::new(array![[0.4, 0.0]], array![0.1], array![[0.3]]).unwrap();
        assert_eq!(format!("{channel:?}"), "N([[0.4, 0.0]] x + [0.1], [[0.3]])");
    }

    #[test]
    fn refuses_weights_that_are_not_a_law() {
        let two = || vec![Gaussian::standard(1), Gaussian::standard(1)];
        assert_eq!(Mixture::new(vec![], vec![]), Err(ProbError::NoComponents));
        assert_eq!(Mixture::new(vec![0.5, 0.6], two()), Err(ProbError::WeightSum { sum: 1.1 }));
        assert_eq!(Mixture::new(vec![-0.5, 1.5], two()), Err(ProbError::Weight { index: 0, value: -0.5 }));
        assert!(matches!(Mixture::new(vec![1.0], two()), Err(ProbError::Dimension { what: "weights", .. })));
        let mixed = vec![Gaussian::standard(1), Gaussian::standard(2)];
        assert!(matches!(Mixture::equal(mixed), Err(ProbError::Dimension { what: "component", .. })));
    }

    /// `E x = Σ w m`, `Cov x = Σ w (S + m m') - E x E x'`, entry by entry.
    #[test]
    fn moments_by_hand() {
        let a = Gaussian::new(array![-1.0, 0.5], array![[0.25, 0.1], [0.1, 0.4]]).unwrap();
        let b = Gaussian::new(array![2.0, -0.3], array![[1.0, -0.2], [-0.2, 0.6]]).unwrap();
        let data = Mixture::new(vec![0.3, 0.7], vec![a, b]).unwrap();
        let (x, y) = (0.7 * 2.0 - 0.3, 0.3 * 0.5 - 0.7 * 0.3);
        assert_relative_eq!(data.mean(), array![x, y], max_relative = 1e-14);
        let of_x = 0.3 * (0.25 + 1.0) + 0.7 * (1.0 + 4.0) - x * x;
        let of_y = 0.3 * (0.4 + 0.25) + 0.7 * (0.6 + 0.09) - y * y;
        let across = 0.3 * (0.1 - 0.5) + 0.7 * (-0.2 - 0.6) - x * y;
        assert_relative_eq!(data.covariance(), array![[of_x, across], [across, of_y]], max_relative = 1e-13);
    }

    /// Mean and second moment of 40 000 draws, by z tests with a false-alarm rate of 1e-9 (6.1 standard errors).
    #[test]
    fn draws_have_the_moments_of_the_law() {
        let data = lopsided();
        let mut rng = ndarray_rand::rand::rngs::StdRng::seed_from_u64(5);
        let n = 40_000;
        let (x, labels) = data.sample_labelled(n, &mut rng);
        let check = |values: Vec<f64>, exact: f64| {
            let mean = values.iter().sum::<f64>() / n as f64;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
            assert!((mean - exact).abs() < 6.1 * (variance / n as f64).sqrt(), "{mean} for {exact}");
        };
        check(x.iter().copied().collect(), data.mean()[0]);
        check(x.iter().map(|x| x * x).collect(), data.covariance()[[0, 0]] + data.mean()[0].powi(2));
        check(labels.iter().map(|&k| k as f64).collect(), 0.7);
    }

    /// In one, two and three dimensions, also of rows that do not lie together.
    #[test]
    fn densities_of_rows_are_those_of_each_row() {
        for d in 1..=3 {
            let component = |shift: f64, scale: f64| {
                let covariance = Array2::<f64>::eye(d) * scale + 0.2;
                Gaussian::new(Array1::from_shape_fn(d, |i| shift + i as f64), covariance).unwrap()
            };
            let law = Mixture::new(
                vec![0.3, 0.0, 0.7],
                vec![component(-1.0, 0.3), component(0.4, 1.0), component(2.0, 0.8)],
            );
            let (law, columns) =
                (law.unwrap(), Array2::from_shape_fn((d, 50), |(j, i)| 6.0 * ((i + 40 * j) as f64).sin()));
            let x = columns.t();
            let expected: Array1<f64> = x.rows().into_iter().map(|x| law.log_prob(&x)).collect();
            assert_relative_eq!(law.log_probs(&x), expected, max_relative = 1e-13);
        }
    }
}
