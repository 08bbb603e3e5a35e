//! The linear-Gaussian conditional `p(y | x) = N(W x + b, S)`, closed under every step of the derivation.

use std::fmt;

use linalg::Cholesky;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, concatenate, s};

use crate::Conditional;
use crate::error::{ProbError, check_dim, check_finite};
use crate::gaussian::{Gaussian, checked_covariance, rows, squared_norm, symmetrised};
use crate::numerics::LN_2PI;

/// `p(y | x) = N(W x + b, S)`: weight `W` (`[m, n]`), bias `b` (`[m]`), covariance `S` (`[m, m]`).
///
/// An encoder, a decoder, a noising step and its posterior are all of this kind, and so is everything that is made
/// of them by pushing forward, reversing and composing.
///
/// `W P Wᵀ + S` is not factored: its factor is the triangular one of `[W L_P, L_S]`, square root against square root. So
/// a law pushed forward keeps the digits of an `S` far below `W P Wᵀ`, and always has a density. Where such a law would leave
/// the range of f64 (a mean or a standard deviation above 1e308, a variance likewise), it holds infinities or NaN.
///
/// ```
/// use ndarray::array;
/// use prob::{Gaussian, LinearGaussian};
///
/// let noising = LinearGaussian::new(array![[0.6]], array![0.0], array![[0.64]])?;
/// let unit_variance = noising.push(&Gaussian::standard(1));
/// assert!((unit_variance.covariance()[[0, 0]] - 1.0).abs() < 1e-15);
/// # Ok::<(), prob::ProbError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct LinearGaussian {
    weight: Array2<f64>,
    bias: Array1<f64>,
    covariance: Array2<f64>,
    factor: Cholesky,
}

impl fmt::Debug for LinearGaussian {
    /// `N([[0.4]] x + [0.1], [[0.3]])`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "N({:?} x + {:?}, ", rows(&self.weight), self.bias.to_vec())?;
        write!(f, "{:?})", rows(&self.covariance))
    }
}

impl LinearGaussian {
    /// `N(weight x + bias, covariance)`.
    ///
    /// # Errors
    /// If a number is not finite, a shape does not fit, or the covariance is not symmetric positive definite.
    pub fn new(weight: Array2<f64>, bias: Array1<f64>, covariance: Array2<f64>) -> Result<Self, ProbError> {
        check_finite("weight", &weight)?;
        check_finite("bias", &bias)?;
        check_dim("bias", weight.nrows(), bias.len())?;
        check_dim("covariance", weight.nrows(), covariance.nrows())?;
        let (covariance, factor) = checked_covariance("covariance", covariance)?;
        Ok(Self { weight, bias, covariance, factor })
    }

    /// `N(scale x, variance I)` in `d` dimensions: a noising step, or its like backwards.
    ///
    /// # Errors
    /// If a number is not finite or the variance is not positive.
    pub fn isotropic(d: usize, scale: f64, variance: f64) -> Result<Self, ProbError> {
        Self::new(Array2::eye(d) * scale, Array1::zeros(d), Array2::eye(d) * variance)
    }

    /// `W`, `[m, n]`.
    pub fn weight(&self) -> &Array2<f64> {
        &self.weight
    }

    /// `b`, `[m]`.
    pub fn bias(&self) -> &Array1<f64> {
        &self.bias
    }

    /// `S`, `[m, m]`.
    pub fn covariance(&self) -> &Array2<f64> {
        &self.covariance
    }

    /// The Cholesky factor of `S`.
    pub fn factor(&self) -> &Cholesky {
        &self.factor
    }

    /// The law of `y` at one input `x` (`[n]`). An `x` that is not finite has a law whose mean is not either, and whose
    /// densities and divergences are then infinite or NaN.
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn given(&self, x: &ArrayRef1<f64>) -> Gaussian {
        Gaussian::from_parts(self.mean_at(x), self.covariance.clone(), self.factor.clone())
    }

    /// The law of `y` when `x` has the law `input`: `N(W m + b, W P Wᵀ + S)`.
    ///
    /// # Panics
    /// If the dimensions do not fit.
    pub fn push(&self, input: &Gaussian) -> Gaussian {
        let root = self.weight.dot(input.factor().lower());
        Gaussian::from_parts(self.mean_at(input.mean()), self.spread_with(&root), self.factor.update(&root))
    }

    /// The law of the stacked vector `(x, y)`, of dimension `n + m`, when `x` has the law `input`. Its factor is
    /// `[[L_P, 0], [W L_P, L_S]]`: it has a density even where its covariance is singular to rounding.
    ///
    /// # Panics
    /// If the dimensions do not fit.
    pub fn joint(&self, input: &Gaussian) -> Gaussian {
        let root = self.weight.dot(input.factor().lower());
        let across = self.weight.dot(input.covariance());
        let mean = concatenate![Axis(0), input.mean().view(), self.mean_at(input.mean())];
        let top = concatenate![Axis(1), input.covariance().view(), across.t()];
        let bottom = concatenate![Axis(1), across, self.spread_with(&root)];
        let covariance = concatenate![Axis(0), top, bottom];
        Gaussian::from_parts(mean, covariance, input.factor().extend(&root, &self.factor))
    }

    /// Bayes' rule: the conditional `p(x | y)` when `x` has the law `prior`, by adding precisions.
    ///
    /// `P' = (P⁻¹ + Wᵀ S⁻¹ W)⁻¹`, weight `P' Wᵀ S⁻¹`, bias `P' (P⁻¹ m - Wᵀ S⁻¹ b)`.
    ///
    /// # Errors
    /// If the posterior precision is singular to rounding.
    ///
    /// # Panics
    /// If the dimensions do not fit.
    pub fn bayes(&self, prior: &Gaussian) -> Result<LinearGaussian, ProbError> {
        let white = self.factor.whiten_columns(&self.weight);
        let precision = symmetrised(prior.factor().inverse() + white.t().dot(&white));
        let factor = Cholesky::new(&precision)
            .map_err(|source| ProbError::NotPositiveDefinite { what: "posterior precision", source })?;
        let weight = factor.solve(&self.factor.solve(&self.weight).t());
        let prior_term = prior.factor().solve(&prior.mean().view().insert_axis(Axis(1)));
        let bias = factor.solve(&prior_term).remove_axis(Axis(1)) - weight.dot(&self.bias);
        LinearGaussian::new(weight, bias, symmetrised(factor.inverse()))
    }

    /// The conditional `p(z | x)` of two steps `x → y → z`: weight `W₂ W₁`, bias `W₂ b₁ + b₂`,
    /// covariance `W₂ S₁ W₂ᵀ + S₂`.
    ///
    /// # Panics
    /// If the output of the first is not the input of the next.
    pub fn then(&self, next: &LinearGaussian) -> LinearGaussian {
        let root = next.weight.dot(self.factor.lower());
        Self {
            weight: next.weight.dot(&self.weight),
            bias: next.mean_at(&self.bias),
            covariance: next.spread_with(&root),
            factor: next.factor.update(&root),
        }
    }

    /// The same conditional on a wider input: `x` sits at `offset` in a vector of `width` coordinates and the
    /// others do not matter (zero weight). Two conditionals on different variables so become comparable.
    ///
    /// # Panics
    /// If `x` does not fit there.
    pub fn on_wider_input(&self, width: usize, offset: usize) -> LinearGaussian {
        let mut weight = Array2::zeros((self.weight.nrows(), width));
        weight.slice_mut(s![.., offset..offset + self.weight.ncols()]).assign(&self.weight);
        Self { weight, ..self.clone() }
    }

    /// `W x + b`, `[m]`.
    fn mean_at(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        self.weight.dot(x) + &self.bias
    }

    /// `B Bᵀ + S` for a root `B` (`[m, k]`) of the spread that the input adds.
    fn spread_with(&self, root: &ArrayRef2<f64>) -> Array2<f64> {
        symmetrised(root.dot(&root.t()) + &self.covariance)
    }

    /// `W x + b` for each row of `x` (`[k, n]`), `[k, m]`.
    ///
    /// # Panics
    /// If `x` has not `n` columns.
    pub fn mean_rows(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        x.dot(&self.weight.t()) + &self.bias
    }
}

impl Conditional for LinearGaussian {
    fn input_dim(&self) -> usize {
        self.weight.ncols()
    }

    fn output_dim(&self) -> usize {
        self.weight.nrows()
    }

    fn sample_given_noise(&self, x: &ArrayRef2<f64>, eps: &ArrayRef2<f64>) -> Array2<f64> {
        assert_eq!(x.nrows(), eps.nrows(), "noise for another number of rows");
        self.mean_rows(x) + eps.dot(&self.factor.lower().t())
    }

    fn log_prob(&self, y: &ArrayRef2<f64>, x: &ArrayRef2<f64>) -> Array1<f64> {
        assert_eq!(y.dim(), (x.nrows(), self.output_dim()), "outputs of another shape");
        let mut residual = &y.view() - &self.mean_rows(x);
        self.factor.whiten_rows(&mut residual);
        let constant = self.factor.log_det() + self.output_dim() as f64 * LN_2PI;
        residual.rows().into_iter().map(|white| -0.5 * (squared_norm(&white) + constant)).collect()
    }
}

impl From<&Gaussian> for LinearGaussian {
    /// A law as a conditional that ignores an input of dimension 0.
    fn from(law: &Gaussian) -> Self {
        Self {
            weight: Array2::zeros((law.dim(), 0)),
            bias: law.mean().clone(),
            covariance: law.covariance().clone(),
            factor: law.factor().clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;

    /// `N(W x + b, G Gᵀ + I/10)` with random entries.
    fn conditional(n: usize, m: usize) -> impl Strategy<Value = LinearGaussian> {
        prop::collection::vec(-2.0..2.0, m * n + m + m * m).prop_map(move |entries| {
            let (weight, rest) = entries.split_at(m * n);
            let (bias, g) = rest.split_at(m);
            let g = Array2::from_shape_vec((m, m), g.to_vec()).unwrap();
            let weight = Array2::from_shape_vec((m, n), weight.to_vec()).unwrap();
            let covariance = g.dot(&g.t()) + Array2::<f64>::eye(m) * 0.1;
            LinearGaussian::new(weight, bias.to_vec().into(), covariance).unwrap()
        })
    }

    /// A law as a conditional of nothing, for the strategy above.
    fn law(d: usize) -> impl Strategy<Value = Gaussian> {
        conditional(0, d).prop_map(|c| c.given(&array![]))
    }

    fn assert_same(found: &Gaussian, expected: &Gaussian) {
        let tolerance = 1e-9 * (1.0 + expected.covariance().diag().sum());
        assert_relative_eq!(found.mean(), expected.mean(), epsilon = tolerance);
        assert_relative_eq!(found.covariance(), expected.covariance(), epsilon = tolerance);
        // The factor is that of the covariance, though neither was computed from the other.
        assert_relative_eq!(found.factor().matrix(), found.covariance(), epsilon = tolerance);
    }

    proptest! {
        /// Against the block formulas, formed as they are written and factored afterwards.
        #[test]
        fn pushing_and_joining_are_the_block_formulas(
            (prior, step) in (1usize..4, 1usize..4).prop_flat_map(|(n, m)| (law(n), conditional(n, m))),
        ) {
            let (w, p) = (step.weight(), prior.covariance());
            let mean = w.dot(prior.mean()) + step.bias();
            let spread = symmetrised(w.dot(p).dot(&w.t()) + step.covariance());
            let pushed = Gaussian::new(mean.clone(), spread.clone()).unwrap();
            assert_same(&step.push(&prior), &pushed);
            let across = w.dot(p);
            let top = concatenate![Axis(1), *p, across.t()];
            let blocks = concatenate![Axis(0), top, concatenate![Axis(1), across, spread]];
            let stacked = concatenate![Axis(0), *prior.mean(), mean];
            assert_same(&step.joint(&prior), &Gaussian::new(stacked, blocks).unwrap());
        }

        /// Two steps at once, and one after the other; the densities of a path, forwards and back.
        #[test]
        fn composing_and_reversing_agree_with_pushing_and_joining(
            (prior, first, next) in (1usize..4, 1usize..4, 1usize..4)
                .prop_flat_map(|(n, m, k)| (law(n), conditional(n, m), conditional(m, k))),
        ) {
            assert_same(&first.then(&next).push(&prior), &next.push(&first.push(&prior)));
            let (x, y) = (Array1::from_elem(prior.dim(), 0.3), Array1::from_elem(first.output_dim(), -0.7));
            let forwards = prior.log_prob(&x) + first.given(&x).log_prob(&y);
            let back = first.push(&prior).log_prob(&y) + first.bayes(&prior).unwrap().given(&y).log_prob(&x);
            assert_relative_eq!(back, forwards, max_relative = 1e-8, epsilon = 1e-8);
            let both = first.joint(&prior).log_prob(&concatenate![Axis(0), x, y]);
            assert_relative_eq!(both, forwards, max_relative = 1e-9, epsilon = 1e-9);
        }
    }

    /// `V Vᵀ + R` is the matrix of ones in f64: no Cholesky factor, but a law with `det = 2 r + r²`, and a density.
    #[test]
    fn noise_far_below_the_signal_is_kept() {
        for r in [1e-17, 1e-40, 1e-300] {
            let sharp =
                || LinearGaussian::new(array![[1.0], [1.0]], array![0.0, 0.0], Array2::eye(2) * r).unwrap();
            let law = sharp().push(&Gaussian::standard(1));
            assert_relative_eq!(law.factor().log_det(), 2f64.ln() + r.ln(), max_relative = 1e-13);
            assert_relative_eq!(law.mahalanobis(&array![2.0, 2.0]), 4.0, max_relative = 1e-13);
            let narrow = LinearGaussian::isotropic(1, 1.0, 1.0).unwrap();
            assert_eq!(narrow.then(&sharp()).factor(), law.factor());
            let joint = sharp().joint(&Gaussian::standard(1));
            // log det of the joint law is that of the input and that of the noise.
            assert_relative_eq!(joint.factor().log_det(), 2.0 * r.ln(), max_relative = 1e-14);
            assert_relative_eq!(joint.mahalanobis(&array![2.0, 2.0, 2.0]), 4.0, max_relative = 1e-13);
        }
    }

    #[test]
    fn an_input_that_is_not_finite_has_a_law_without_numbers() {
        let step = LinearGaussian::isotropic(1, 0.5, 1.0).unwrap();
        for x in [f64::NAN, f64::INFINITY] {
            let law = step.given(&array![x]);
            assert!(!law.mean()[0].is_finite() && !law.log_prob(&array![0.0]).is_finite());
            assert!(!law.kl_divergence(&Gaussian::standard(1)).is_finite());
        }
    }

    #[test]
    fn rows_are_examples() {
        let step = LinearGaussian::new(
            array![[1.0, 2.0], [0.5, -1.0]],
            array![3.0, 0.0],
            array![[4.0, 1.0], [1.0, 2.0]],
        )
        .unwrap();
        assert_eq!((step.input_dim(), step.output_dim()), (2, 2));
        let (x, y) =
            (array![[1.0, 1.0], [0.0, -2.0], [3.0, 0.5]], array![[0.0, 1.0], [2.0, 2.0], [-1.0, 4.0]]);
        assert_eq!(step.mean_rows(&x).row(0), array![6.0, -0.5]);
        let densities = step.log_prob(&y, &x);
        let eps = array![[1.0, 0.0], [0.0, 1.0], [-1.0, 2.0]];
        let draws = step.sample_given_noise(&x, &eps);
        for i in 0..3 {
            let law = step.given(&x.row(i));
            assert_relative_eq!(densities[i], law.log_prob(&y.row(i)), max_relative = 1e-14);
            let draw = law.sample_given_noise(&eps.slice(s![i..=i, ..]));
            assert_relative_eq!(draws.row(i), draw.row(0), max_relative = 1e-14);
        }
    }

    #[test]
    fn a_wider_input_has_coordinates_that_do_not_matter() {
        let step = LinearGaussian::new(array![[2.0, -1.0]], array![0.5], array![[1.0]]).unwrap();
        let wide = step.on_wider_input(4, 1);
        assert_eq!(wide.weight(), array![[0.0, 2.0, -1.0, 0.0]]);
        assert_eq!(wide.given(&array![9.0, 1.0, 3.0, 9.0]), step.given(&array![1.0, 3.0]));
        let law = Gaussian::new(array![1.0, 2.0], array![[2.0, 0.6], [0.6, 0.5]]).unwrap();
        assert_eq!(LinearGaussian::from(&law).given(&array![]), law);
    }

    #[test]
    fn refuses_what_is_no_conditional() {
        use ProbError::*;
        let refused = |w, b, s| LinearGaussian::new(w, b, s).unwrap_err();
        let (w, b, s) = (|| array![[1.0], [2.0]], || array![0.0, 0.0], || Array2::eye(2));
        assert!(matches!(refused(w() * f64::NAN, b(), s()), NotFinite { what: "weight", .. }));
        assert!(matches!(refused(w(), b() * f64::NAN, s()), NotFinite { what: "bias", .. }));
        assert!(matches!(refused(w(), array![0.0], s()), Dimension { what: "bias", expected: 2, found: 1 }));
        assert!(matches!(refused(w(), b(), Array2::eye(3)), Dimension { what: "covariance", found: 3, .. }));
        assert!(matches!(refused(w(), b(), -s()), NotPositiveDefinite { .. }));
        assert!(LinearGaussian::isotropic(2, 1.0, 0.0).is_err());
        let scaled = LinearGaussian::isotropic(2, 3.0, 0.5).unwrap().given(&array![1.0, -1.0]);
        assert_eq!(scaled, Gaussian::isotropic(array![3.0, -3.0], 0.5).unwrap());
        // A prior so much sharper than the observation is wide that its precision overflows.
        let sharp = Gaussian::isotropic(array![0.0], 5e-324).unwrap();
        assert!(LinearGaussian::isotropic(1, 1.0, 1.0).unwrap().bayes(&sharp).is_err());
    }

    #[test]
    fn isotropic_is_a_multiple_of_the_input_with_a_multiple_of_the_identity() {
        let law = LinearGaussian::isotropic(2, 0.6, 0.3).unwrap();
        assert_eq!(law.weight(), &array![[0.6, 0.0], [0.0, 0.6]]);
        assert_eq!(law.covariance(), &array![[0.3, 0.0], [0.0, 0.3]]);
        assert_eq!(law.bias(), &array![0.0, 0.0]);
    }
}
