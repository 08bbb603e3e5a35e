//! The law of the middle of three: what is known of `y` when its neighbours on both sides of a chain are given.

use ndarray::{Axis, concatenate};

use crate::{Gaussian, LinearGaussian, ProbError};

impl LinearGaussian {
    /// The bridge `p(y | a, c)` of a chain `a → y → c`, as a conditional on the stacked vector `(a, c)`; `self` is
    /// `p(y | a) = N(W a + b, S)` and `next` is `p(c | y)`.
    ///
    /// Bayes' rule with `p(y | a)` as the prior: with `P` the covariance of the posterior, the weight on `a` is
    /// `P S⁻¹ W`, which is `(I - K V) W` with the gain `K` of `c` without its difference. Between the latents of an
    /// encoder it is the bridge `q(z_t | z_{t-1}, z_{t+1})`, and from the observation on the posterior
    /// `q(z_{t-1} | z_t, x)`.
    ///
    /// # Errors
    /// If it is singular to rounding.
    ///
    /// # Panics
    /// If the output of `self` is not the input of `next`.
    pub fn bridge(&self, next: &LinearGaussian) -> Result<LinearGaussian, ProbError> {
        let prior = Gaussian::new(self.bias().clone(), self.covariance().clone())?;
        let posterior = next.bayes(&prior)?;
        let of_a = posterior.covariance().dot(&self.factor().solve(self.weight()));
        LinearGaussian::new(
            concatenate![Axis(1), of_a, *posterior.weight()],
            posterior.bias().clone(),
            posterior.covariance().clone(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{array, s};

    /// Against conditioning the joint law of `(a, y, c)`, which goes by the Schur complement.
    #[test]
    fn it_conditions_the_joint_law_of_all_three() {
        let first =
            LinearGaussian::new(array![[0.5], [-1.0]], array![0.1, 0.2], array![[0.5, 0.1], [0.1, 0.4]])
                .unwrap();
        let next = LinearGaussian::new(array![[0.7, 0.3]], array![-0.4], array![[0.2]]).unwrap();
        let start = Gaussian::new(array![0.3], array![[2.0]]).unwrap();
        let joint = next.on_wider_input(3, 1).joint(&first.joint(&start));
        let (a, c) = (1.3, -0.8);
        let expected = joint.condition(&[0, 3], &array![a, c]).unwrap();
        let found = first.bridge(&next).unwrap();
        let given = found.given(&array![a, c]);
        assert_relative_eq!(given.mean(), expected.mean(), max_relative = 1e-12);
        assert_relative_eq!(given.covariance(), expected.covariance(), max_relative = 1e-12);
        assert_eq!(found.weight().slice(s![.., ..1]).dim(), (2, 1));
    }
}
