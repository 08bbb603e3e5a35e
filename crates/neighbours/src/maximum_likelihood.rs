//! Maximum likelihood, ridge and weight decay for `y = X w + noise` of variance `σ²`.
//!
//! A prior `w ~ N(0, I/λ)` adds `½ λ |w|²` to the squared error over `2σ²`, so that the most probable `w` is that of ridge
//! regression with the penalty `c = λ σ²`; and a step of gradient descent on the penalised loss first shrinks `w` by
//! `1 - η c`, which is weight decay.

use linalg::{Cholesky, NotPositiveDefinite, SymmetricEigen};
use ndarray::{Array1, Array2, Axis};

/// A regression was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RegressionError {
    /// Nothing to learn from or nothing to learn, or responses for other rows.
    #[error("a design of {rows} rows and {columns} columns for {responses} responses")]
    Shape {
        /// Rows of the design.
        rows: usize,
        /// Columns of the design.
        columns: usize,
        /// Number of responses.
        responses: usize,
    },
    /// An entry is NaN or infinite.
    #[error("{what}: entry {index} is {value}, must be finite")]
    NotFinite {
        /// Of the design or the responses.
        what: &'static str,
        /// Position in row-major order, from 0.
        index: usize,
        /// The entry.
        value: f64,
    },
    /// A penalty or a variance is negative or no number.
    #[error("a {what} of {value}: must be 0 or positive")]
    Negative {
        /// Which.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// Descent does not converge at this rate.
    #[error("a rate of {0}: must lie between 0 and 2")]
    Rate(f64),
    /// `XᵀX + c I` is singular to rounding: without a penalty, columns of the design that depend on one another.
    #[error("the normal equations are singular: {0}")]
    Singular(#[from] NotPositiveDefinite),
}

/// Refuses what is negative, infinite or no number.
fn not_negative(what: &'static str, value: f64) -> Result<(), RegressionError> {
    if value >= 0.0 && value.is_finite() { Ok(()) } else { Err(RegressionError::Negative { what, value }) }
}

/// A design `X` (`[n, p]`) and responses `y` (`[n]`).
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    design: Array2<f64>,
    response: Array1<f64>,
}

impl Regression {
    /// The problem with this design and these responses.
    ///
    /// # Errors
    /// If there are no rows or columns, the numbers of rows differ, or an entry is not finite.
    pub fn new(design: Array2<f64>, response: Array1<f64>) -> Result<Self, RegressionError> {
        let (rows, columns) = design.dim();
        if design.is_empty() || rows != response.len() {
            return Err(RegressionError::Shape { rows, columns, responses: response.len() });
        }
        let entries = design.iter().enumerate().map(|(index, &value)| ("design", index, value));
        let responses = response.iter().enumerate().map(|(index, &value)| ("responses", index, value));
        if let Some((what, index, value)) = entries.chain(responses).find(|(.., value)| !value.is_finite()) {
            return Err(RegressionError::NotFinite { what, index, value });
        }
        Ok(Self { design, response })
    }

    /// `Xᵀ X`, `[p, p]`.
    fn gram(&self) -> Array2<f64> {
        self.design.t().dot(&self.design)
    }

    /// The factor of `XᵀX + c I`.
    fn penalised(&self, penalty: f64) -> Result<Cholesky, RegressionError> {
        not_negative("penalty", penalty)?;
        Ok(Cholesky::new(&(self.gram() + Array2::<f64>::eye(self.design.ncols()) * penalty))?)
    }

    /// `½ |y - X w|² + ½ c |w|²`: with `c = λ σ²`, `σ²` times minus the logarithm of the posterior, but for a constant.
    ///
    /// # Panics
    /// If `w` is not of the design's width.
    pub fn loss(&self, w: &Array1<f64>, penalty: f64) -> f64 {
        let residual = &self.response - &self.design.dot(w);
        0.5 * residual.dot(&residual) + 0.5 * penalty * w.dot(w)
    }

    /// `Xᵀ (X w - y) + c w`, the gradient of [`loss`](Self::loss), `[p]`.
    ///
    /// # Panics
    /// If `w` is not of the design's width.
    pub fn gradient(&self, w: &Array1<f64>, penalty: f64) -> Array1<f64> {
        self.design.t().dot(&(self.design.dot(w) - &self.response)) + w * penalty
    }

    /// `(XᵀX + c I)⁻¹ Xᵀ y`, `[p]`: maximum likelihood at `c = 0`, the most probable `w` under `N(0, I/λ)` at `c = λ σ²`.
    ///
    /// # Errors
    /// If the penalty is negative, or `XᵀX + c I` is singular to rounding.
    pub fn ridge(&self, penalty: f64) -> Result<Array1<f64>, RegressionError> {
        let moment = self.design.t().dot(&self.response).insert_axis(Axis(1));
        Ok(self.penalised(penalty)?.solve(&moment).remove_axis(Axis(1)))
    }

    /// `|y - X ŵ|²/n`, the variance of the noise by maximum likelihood: `(n - p)/n` of the truth in the mean.
    ///
    /// # Errors
    /// As [`ridge`](Self::ridge) without a penalty.
    pub fn noise_variance(&self) -> Result<f64, RegressionError> {
        Ok(2.0 * self.loss(&self.ridge(0.0)?, 0.0) / self.response.len() as f64)
    }

    /// `√diag(σ² G⁻¹ XᵀX G⁻¹)` with `G = XᵀX + c I`, `[p]`: the standard errors of the ridge estimate over the noise of the
    /// responses, `√diag(σ² (XᵀX)⁻¹)` without a penalty.
    ///
    /// # Errors
    /// As [`ridge`](Self::ridge), or if the variance is negative.
    pub fn standard_errors(&self, penalty: f64, noise_variance: f64) -> Result<Array1<f64>, RegressionError> {
        not_negative("variance", noise_variance)?;
        let gain = self.penalised(penalty)?.solve(&self.design.t());
        Ok(gain.map_axis(Axis(1), |row| (noise_variance * row.dot(&row)).sqrt()))
    }

    /// `w ← (1 - η c) w + η Xᵀ (y - X w)`, `steps` times from 0, with `η = rate/(λ_max(XᵀX) + c)`: gradient descent with
    /// weight decay. `watch(step, w)` sees `w` before each step. A design of zeros without a penalty has nothing to descend,
    /// and `w` stays 0.
    ///
    /// # Errors
    /// If the penalty is negative, or the rate does not lie between 0 and 2, where descent converges.
    pub fn weight_decay(
        &self,
        penalty: f64,
        rate: f64,
        steps: usize,
        mut watch: impl FnMut(usize, &Array1<f64>),
    ) -> Result<Array1<f64>, RegressionError> {
        not_negative("penalty", penalty)?;
        if !(rate > 0.0 && rate < 2.0) {
            return Err(RegressionError::Rate(rate));
        }
        let steepest = SymmetricEigen::new(&self.gram()).values()[0] + penalty;
        let size = if steepest > 0.0 { rate / steepest } else { 0.0 };
        let mut w = Array1::zeros(self.design.ncols());
        for step in 0..steps {
            watch(step, &w);
            let pull = self.design.t().dot(&(&self.response - &self.design.dot(&w)));
            w *= 1.0 - size * penalty;
            w.scaled_add(size, &pull);
        }
        Ok(w)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::Streams;
    use ndarray::array;
    use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
    use nn::gradient_check;
    use prob::standard_normal;
    use proptest::prelude::*;

    fn problem(seed: u64) -> Regression {
        let mut rng = Streams::new(seed).rng(0);
        let design = standard_normal((12, 3), &mut rng);
        Regression::new(design, Array1::random_using(12, StandardNormal, &mut rng)).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_gradient_is_that_of_the_loss_and_zero_at_the_ridge(seed: u64, penalty in 0.0..3.0f64) {
            let problem = problem(seed);
            let w = Array1::from(vec![0.5, -1.0, 0.3]);
            let loss = |w: &[f64]| problem.loss(&Array1::from(w.to_vec()), penalty);
            let gradient = problem.gradient(&w, penalty).to_vec();
            prop_assert!(gradient_check(loss, &w.to_vec(), &gradient) < 1e-7);
            let best = problem.ridge(penalty).unwrap();
            prop_assert!(problem.gradient(&best, penalty).iter().all(|g| g.abs() < 1e-10));
            let descended = problem.weight_decay(penalty, 1.0, 4000, |_, _| ()).unwrap();
            assert_relative_eq!(descended, best, epsilon = 1e-8);
        }
    }

    /// `y = w + noise` twice and `2w + noise`: XᵀX = 6, Xᵀy = 9.
    #[test]
    fn one_weight_by_hand() {
        let problem = Regression::new(array![[1.0], [1.0], [2.0]], array![0.5, 1.5, 3.5]).unwrap();
        assert_relative_eq!(problem.ridge(0.0).unwrap()[0], 1.5, max_relative = 1e-14);
        assert_relative_eq!(problem.ridge(3.0).unwrap()[0], 1.0, max_relative = 1e-14);
        assert_relative_eq!(problem.noise_variance().unwrap(), 1.25 / 3.0, max_relative = 1e-13);
        let found = problem.standard_errors(3.0, 0.54).unwrap()[0];
        assert_relative_eq!(found, 0.2, max_relative = 1e-13);
        // The first step of rate ½ from 0: ½ · 9/(6 + 3).
        let first = problem.weight_decay(3.0, 0.5, 1, |_, _| ()).unwrap();
        assert_relative_eq!(first[0], 0.5, max_relative = 1e-14);
    }

    #[test]
    fn columns_that_depend_on_one_another_need_a_penalty() {
        let problem = Regression::new(array![[1.0, 2.0], [2.0, 4.0]], array![1.0, 0.0]).unwrap();
        assert!(matches!(problem.ridge(0.0), Err(RegressionError::Singular(_))));
        assert!(problem.ridge(0.1).is_ok());
        // A design of zeros has nothing to descend.
        let flat = Regression::new(Array2::zeros((2, 1)), array![1.0, 2.0]).unwrap();
        assert_eq!(flat.weight_decay(0.0, 1.0, 5, |_, _| ()).unwrap(), array![0.0]);
        assert!(flat.ridge(0.0).is_err() && flat.noise_variance().is_err());
    }

    #[test]
    fn what_is_no_regression_is_refused() {
        let refused = |rows: usize, columns: usize, responses: usize| {
            Regression::new(Array2::zeros((rows, columns)), Array1::zeros(responses)).unwrap_err()
        };
        for (rows, columns, responses) in [(0, 1, 0), (1, 0, 1), (2, 1, 3)] {
            let expected = RegressionError::Shape { rows, columns, responses };
            assert_eq!(refused(rows, columns, responses), expected);
        }
        let stray = |x: f64, y: f64| Regression::new(array![[1.0], [x]], array![y, 0.0]).unwrap_err();
        assert!(matches!(stray(f64::NAN, 0.0), RegressionError::NotFinite { what: "design", index: 1, .. }));
        assert!(matches!(
            stray(0.0, f64::INFINITY),
            RegressionError::NotFinite { what: "responses", index: 0, .. }
        ));
        let good = problem(1);
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(good.ridge(bad), Err(RegressionError::Negative { what: "penalty", .. })));
            assert!(matches!(
                good.standard_errors(0.1, bad),
                Err(RegressionError::Negative { what: "variance", .. })
            ));
            assert!(good.weight_decay(bad, 1.0, 1, |_, _| ()).is_err());
        }
        for rate in [0.0, 2.0, f64::NAN] {
            assert!(matches!(good.weight_decay(0.1, rate, 1, |_, _| ()), Err(RegressionError::Rate(_))));
        }
    }
}
