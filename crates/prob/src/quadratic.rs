//! Quadratic integrands `x'Ax + b'x + c`, whose mean and variance under a Gaussian are exact.
//!
//! The log-density of a linear-Gaussian conditional is one, the closed-form divergence of two of them given their
//! conditions is one, and sums of quadratics are quadratics. So every term of every linear-Gaussian bound, as the
//! average of a polynomial of jointly Gaussian variables, is exact with this one piece of code.

use std::ops::{Add, Mul, Sub};

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, concatenate};

use crate::gaussian::{divergence_at_equal_means, squared_norm, symmetrised};
use crate::numerics::LN_2PI;
use crate::{Gaussian, LinearGaussian, Mixture};

/// `f(x) = x'Ax + b'x + c` with `A` symmetric (`[d, d]`), `b` (`[d]`) and a constant `c`.
///
/// ```
/// use ndarray::array;
/// use prob::{Gaussian, Quadratic};
///
/// // The square of a standard normal: mean 1, variance 2.
/// let square = Quadratic::new(array![[1.0]], array![0.0], 0.0);
/// assert_eq!(square.expectation(&Gaussian::standard(1)), 1.0);
/// assert_eq!(square.variance(&Gaussian::standard(1)), 2.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Quadratic {
    a: Array2<f64>,
    b: Array1<f64>,
    c: f64,
}

impl Quadratic {
    /// `x'Ax + b'x + c`; only the symmetric part of `a` matters and is kept.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn new(a: Array2<f64>, b: Array1<f64>, c: f64) -> Self {
        assert_eq!(a.dim(), (b.len(), b.len()), "x'Ax and b'x of different dimensions");
        Self { a: symmetrised(a), b, c }
    }

    /// The constant `c` as a function of `d` variables.
    pub fn constant(d: usize, c: f64) -> Self {
        Self { a: Array2::zeros((d, d)), b: Array1::zeros(d), c }
    }

    /// `c + s |G x + g|²` for `G` (`[k, d]`) and `g` (`[k]`): what every Gaussian log-density is made of.
    ///
    /// # Panics
    /// If `g` has not one entry for each row of `G`.
    pub fn squared_norm(g_matrix: &ArrayRef2<f64>, g: &ArrayRef1<f64>, s: f64, c: f64) -> Self {
        Self {
            a: g_matrix.t().dot(g_matrix) * s,
            b: g_matrix.t().dot(g) * (2.0 * s),
            c: c + s * squared_norm(g),
        }
    }

    /// `log p(y | x)` in nats as a function of the stacked vector `(x, y)`.
    pub fn log_prob(conditional: &LinearGaussian) -> Self {
        let factor = conditional.factor();
        let m = factor.dim();
        // L⁻¹ (y - W x - b) = [-L⁻¹W, L⁻¹] (x, y) - L⁻¹b.
        let white_weight = factor.whiten_columns(conditional.weight());
        let residual = concatenate![Axis(1), -white_weight, factor.whiten_columns(&Array2::eye(m))];
        let offset = -factor.whiten(conditional.bias());
        let constant = -0.5 * (factor.log_det() + m as f64 * LN_2PI);
        Self::squared_norm(&residual, &offset, -0.5, constant)
    }

    /// `KL(p(·|x) || q(·|x))` in nats as a function of the common input `x`.
    ///
    /// # Panics
    /// If the two conditionals have different inputs or outputs.
    pub fn kl_divergence(p: &LinearGaussian, q: &LinearGaussian) -> Self {
        assert_eq!(
            p.weight().dim(),
            q.weight().dim(),
            "a divergence between conditionals of different shapes"
        );
        let at_equal_means = divergence_at_equal_means(p.factor(), q.factor());
        let weight = q.factor().whiten_columns(&(p.weight() - q.weight()));
        let bias = q.factor().whiten(&(p.bias() - q.bias()));
        Self::squared_norm(&weight, &bias, 0.5, at_equal_means)
    }

    /// Number of variables, `d`.
    pub fn dim(&self) -> usize {
        self.b.len()
    }

    /// `f(x)` at one point (`[d]`).
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn at(&self, x: &ArrayRef1<f64>) -> f64 {
        x.dot(&self.a.dot(x)) + self.b.dot(x) + self.c
    }

    /// The same function of a longer vector, in which its variables sit at the `coordinates` given.
    ///
    /// # Panics
    /// If a coordinate does not exist or their number is not `d`.
    pub fn embed(&self, width: usize, coordinates: &[usize]) -> Self {
        assert_eq!(coordinates.len(), self.dim(), "one coordinate for each variable");
        let mut wide = Self::constant(width, self.c);
        for (i, &row) in coordinates.iter().enumerate() {
            wide.b[row] += self.b[i];
            for (j, &column) in coordinates.iter().enumerate() {
                wide.a[[row, column]] += self.a[[i, j]];
            }
        }
        wide
    }

    /// The same function once the `coordinates` named are fixed at `values`: a quadratic of the others, in order.
    ///
    /// # Panics
    /// If a coordinate does not exist or there is not one value for each.
    pub fn fix(&self, coordinates: &[usize], values: &ArrayRef1<f64>) -> Self {
        assert_eq!(coordinates.len(), values.len(), "one value for each fixed coordinate");
        let rest: Vec<usize> = (0..self.dim()).filter(|i| !coordinates.contains(i)).collect();
        let mut fixed = Array1::zeros(self.dim());
        for (&i, &value) in coordinates.iter().zip(values) {
            fixed[i] = value;
        }
        let slope = self.a.dot(&fixed) * 2.0 + &self.b;
        Self {
            a: self.a.select(Axis(0), &rest).select(Axis(1), &rest),
            b: slope.select(Axis(0), &rest),
            c: self.at(&fixed),
        }
    }

    /// `E f(x) = tr(A C) + m'Am + b'm + c` for `x ~ N(m, C)`.
    ///
    /// # Panics
    /// If the law has another dimension.
    pub fn expectation(&self, law: &Gaussian) -> f64 {
        (&self.a * law.covariance()).sum() + self.at(law.mean())
    }

    /// `Var f(x) = 2 tr(A C A C) + (2Am + b)' C (2Am + b)` for `x ~ N(m, C)`.
    ///
    /// # Panics
    /// If the law has another dimension.
    pub fn variance(&self, law: &Gaussian) -> f64 {
        let ac = self.a.dot(law.covariance());
        let slope = self.a.dot(law.mean()) * 2.0 + &self.b;
        2.0 * (&ac * &ac.t()).sum() + slope.dot(&law.covariance().dot(&slope))
    }

    /// `E f(x)` for `x` from a mixture: the components' averages, weighted.
    ///
    /// # Panics
    /// If the mixture has another dimension.
    pub fn expectation_over(&self, mixture: &Mixture) -> f64 {
        mixture.parts().map(|(weight, law)| weight * self.expectation(law)).sum()
    }
}

impl Add for Quadratic {
    type Output = Quadratic;

    /// # Panics
    /// If the numbers of variables differ.
    fn add(self, other: Quadratic) -> Quadratic {
        assert_eq!(self.dim(), other.dim(), "a sum of quadratics of different variables");
        Quadratic { a: self.a + other.a, b: self.b + other.b, c: self.c + other.c }
    }
}

impl Sub for Quadratic {
    type Output = Quadratic;

    /// # Panics
    /// If the numbers of variables differ.
    fn sub(self, other: Quadratic) -> Quadratic {
        self + other * -1.0
    }
}

impl Mul<f64> for Quadratic {
    type Output = Quadratic;

    fn mul(self, factor: f64) -> Quadratic {
        Quadratic { a: self.a * factor, b: self.b * factor, c: self.c * factor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Conditional, GaussHermite};
    use approx::assert_relative_eq;
    use ndarray::array;

    /// `x² + 3xy - 2y² + x - 4y + 5`, its cross term on one side.
    fn lopsided() -> Quadratic {
        Quadratic::new(array![[1.0, 3.0], [0.0, -2.0]], array![1.0, -4.0], 5.0)
    }

    fn written(x: f64, y: f64) -> f64 {
        x * x + 3.0 * x * y - 2.0 * y * y + x - 4.0 * y + 5.0
    }

    fn law() -> Gaussian {
        Gaussian::new(array![0.7, -1.3], array![[2.0, 0.6], [0.6, 0.5]]).unwrap()
    }

    #[test]
    fn is_the_polynomial_written_out() {
        for (x, y) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (-2.0, 3.0)] {
            assert_eq!(lopsided().at(&array![x, y]), written(x, y));
            assert_eq!((lopsided() + lopsided()).at(&array![x, y]), 2.0 * written(x, y));
            assert_eq!((lopsided() * -3.0).at(&array![x, y]), -3.0 * written(x, y));
            assert_eq!((lopsided() - Quadratic::constant(2, 7.0)).at(&array![x, y]), written(x, y) - 7.0);
            // -½ |(x + 2y + 3, y - x - 1)|² + 4.
            let norm =
                Quadratic::squared_norm(&array![[1.0, 2.0], [-1.0, 1.0]], &array![3.0, -1.0], -0.5, 4.0);
            let square = (x + 2.0 * y + 3.0).powi(2) + (y - x - 1.0).powi(2);
            assert_eq!(norm.at(&array![x, y]), 4.0 - 0.5 * square);
        }
    }

    #[test]
    fn embedding_and_fixing_name_coordinates() {
        let (x, y, other) = (-2.0, 3.0, 11.0);
        let wide = lopsided().embed(3, &[2, 0]);
        assert_eq!(wide.dim(), 3);
        assert_eq!(wide.at(&array![y, other, x]), written(x, y));
        // Two variables at one coordinate are equal.
        assert_eq!(lopsided().embed(1, &[0, 0]).at(&array![x]), written(x, x));
        assert_eq!(lopsided().fix(&[0], &array![x]).at(&array![y]), written(x, y));
        assert_eq!(lopsided().fix(&[1], &array![y]).at(&array![x]), written(x, y));
        assert_eq!(wide.fix(&[2, 1], &array![x, other]).at(&array![y]), written(x, y));
        assert_eq!(lopsided().fix(&[], &array![]), lopsided());
    }

    /// Mean and variance against a product rule that is exact to degree 5 in each variable.
    #[test]
    fn moments_are_those_of_quadrature() {
        let rule = GaussHermite::new(3);
        let mean = rule.expectation(&law(), |x| written(x[0], x[1]));
        let variance = rule.expectation(&law(), |x| (written(x[0], x[1]) - mean).powi(2));
        assert_relative_eq!(lopsided().expectation(&law()), mean, max_relative = 1e-13);
        assert_relative_eq!(lopsided().variance(&law()), variance, max_relative = 1e-12);
        let mixture = Mixture::new(vec![0.25, 0.75], vec![law(), Gaussian::standard(2)]).unwrap();
        let standard = rule.expectation(&Gaussian::standard(2), |x| written(x[0], x[1]));
        let weighted = 0.25 * mean + 0.75 * standard;
        assert_relative_eq!(lopsided().expectation_over(&mixture), weighted, max_relative = 1e-13);
    }

    /// From two coordinates to one, and from one to two, as functions of `(x, y)` and of `x`.
    #[test]
    fn densities_and_divergences_are_those_of_the_laws() {
        let narrowing = LinearGaussian::new(array![[0.5, -2.0]], array![0.3], array![[0.7]]).unwrap();
        let (x, y) = (array![1.0, 0.4], array![-0.8]);
        let rows = narrowing.log_prob(&y.view().insert_axis(Axis(0)), &x.view().insert_axis(Axis(0)));
        let stacked = array![1.0, 0.4, -0.8];
        assert_relative_eq!(Quadratic::log_prob(&narrowing).at(&stacked), rows[0], max_relative = 1e-13);
        let direct = narrowing.given(&x).log_prob(&y);
        assert_relative_eq!(rows[0], direct, max_relative = 1e-13);

        let widening = |slope: f64, across: f64| {
            let covariance = array![[1.0, across], [across, 0.5]];
            LinearGaussian::new(array![[slope], [1.0]], array![0.2, slope], covariance).unwrap()
        };
        let (p, q) = (widening(2.0, 0.3), widening(-1.0, -0.1));
        for x in [array![0.0], array![1.7]] {
            let divergence = p.given(&x).kl_divergence(&q.given(&x));
            assert_relative_eq!(Quadratic::kl_divergence(&p, &q).at(&x), divergence, max_relative = 1e-13);
        }
    }

    #[test]
    #[should_panic(expected = "different dimensions")]
    fn shapes_that_do_not_fit_are_refused() {
        Quadratic::new(Array2::zeros((2, 2)), Array1::zeros(1), 0.0);
    }

    #[test]
    #[should_panic(expected = "one coordinate for each")]
    fn a_coordinate_too_few_is_refused() {
        lopsided().embed(3, &[1]);
    }

    #[test]
    #[should_panic(expected = "one value for each")]
    fn a_value_too_few_is_refused() {
        lopsided().fix(&[0, 1], &array![1.0]);
    }

    /// `c + s |G x + g|²` with an `s` that is not ½, and an average over two unequal components, by hand.
    #[test]
    fn any_scale_and_any_weights() {
        let square = Quadratic::squared_norm(&array![[2.0], [-1.0]], &array![0.5, 1.0], 0.3, 0.7);
        let by_hand = |x: f64| 0.7 + 0.3 * ((2.0 * x + 0.5).powi(2) + (1.0 - x).powi(2));
        assert_relative_eq!(square.at(&array![1.3]), by_hand(1.3), max_relative = 1e-14);
        let part = |mean: f64, variance: f64| Gaussian::new(array![mean], array![[variance]]).unwrap();
        let data = Mixture::new(vec![0.3, 0.7], vec![part(-1.0, 0.25), part(2.0, 1.0)]).unwrap();
        let average = 0.3 * (by_hand(-1.0) + 1.5 * 0.25) + 0.7 * (by_hand(2.0) + 1.5);
        assert_relative_eq!(square.expectation_over(&data), average, max_relative = 1e-14);
    }
}
