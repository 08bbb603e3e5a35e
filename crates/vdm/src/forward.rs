//! The laws of the fixed forward chain, as linear-Gaussian conditionals in `d` dimensions.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};
use prob::{Gaussian, LinearGaussian, ProbError};

use crate::Schedule;

impl Schedule {
    /// `q(x_t | x_{t-1}) = N(√α_t x_{t-1}, (1-α_t) I)`, `t = 1 … T`.
    ///
    /// # Panics
    /// If there is no step `t`, as every method here.
    pub fn step(&self, t: usize, d: usize) -> LinearGaussian {
        LinearGaussian::isotropic(d, self.alpha(t).sqrt(), self.beta(t)).expect("0 < α and 0 < β")
    }

    /// `q(x_1|x_0), …, q(x_T|x_{T-1})`: the encoders of a hierarchical VAE, which the schedule fixes.
    pub fn all_steps(&self, d: usize) -> Vec<LinearGaussian> {
        (1..=self.steps()).map(|t| self.step(t, d)).collect()
    }

    /// `q(x_t | x_0) = N(√ᾱ_t x_0, (1-ᾱ_t) I)`, `t = 1 … T` (Luo (69)-(70)).
    pub fn marginal(&self, t: usize, d: usize) -> LinearGaussian {
        LinearGaussian::isotropic(d, self.alpha_bar(t).sqrt(), self.noise_variance(t))
            .expect("0 < ᾱ and 0 < 1-ᾱ")
    }

    /// A draw of `q(x_t | x_0)` for each row of `x_0` (`[n, d]`): `√ᾱ_t x_0 + √(1-ᾱ_t) ε` with rows `eps` of standard normal
    /// noise, whose memory it takes; `[n, d]`.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn noised(&self, t: usize, x_0: &ArrayRef2<f64>, mut eps: Array2<f64>) -> Array2<f64> {
        self.amplitudes(t).mix_into(x_0, &mut eps);
        eps
    }

    /// `q(x_{t-1} | x_t, x_0) = N(μ_q, σ_q² I)`, `t = 2 … T` (Luo (74)-(84)); `x_t` and `x_0` are `[d]`.
    ///
    /// # Errors
    /// If a number is not finite, or `t = 1`, where the law is the point `x_0`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn posterior(
        &self,
        t: usize,
        x_t: &ArrayRef1<f64>,
        x_0: &ArrayRef1<f64>,
    ) -> Result<Gaussian, ProbError> {
        Gaussian::isotropic(self.posterior_mean(t, x_t, x_0), self.posterior_variance(t))
    }

    /// `μ_q(x_t, x_0)`, the mean of the posterior, `t = 1 … T` (Luo (84), (93)), `[d]`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn posterior_mean(&self, t: usize, x_t: &ArrayRef1<f64>, x_0: &ArrayRef1<f64>) -> Array1<f64> {
        assert_eq!(x_t.len(), x_0.len(), "x_t and x_0 of different dimensions");
        let (of_x_t, of_x_0) = self.posterior_mean_coefficients(t);
        &x_t.view() * of_x_t + &x_0.view() * of_x_0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    fn schedule() -> impl Strategy<Value = Schedule> {
        prop::collection::vec(0.02..0.98f64, 2..7).prop_map(|alphas| Schedule::from_alphas(&alphas).unwrap())
    }

    proptest! {
        /// The closed form of `q(x_t|x_0)` against the steps composed one by one.
        #[test]
        fn marginal_is_the_composition_of_the_steps(schedule in schedule()) {
            let mut composed = schedule.step(1, 2);
            for t in 2..=schedule.steps() {
                composed = composed.then(&schedule.step(t, 2));
                let closed = schedule.marginal(t, 2);
                assert_relative_eq!(composed.weight(), closed.weight(), max_relative = 1e-12);
                assert_relative_eq!(composed.covariance(), closed.covariance(), max_relative = 1e-12);
            }
        }

        /// The closed form of `q(x_{t-1}|x_t,x_0)` against conditioning the joint law of `(x_{t-1}, x_t)` given `x_0`.
        #[test]
        fn posterior_is_the_conditional_of_the_joint(
            schedule in schedule(),
            pick in 0usize..5,
            x_0 in -2.0..2.0f64,
            x_t in -3.0..3.0f64,
        ) {
            let t = 2 + pick % (schedule.steps() - 1);
            let before = schedule.marginal(t - 1, 1).given(&array![x_0]);
            let conditioned = schedule.step(t, 1).joint(&before).condition(&[1], &array![x_t]).unwrap();
            let closed = schedule.posterior(t, &array![x_t], &array![x_0]).unwrap();
            assert_relative_eq!(conditioned.mean(), closed.mean(), max_relative = 1e-9, epsilon = 1e-11);
            assert_relative_eq!(conditioned.covariance(), closed.covariance(), max_relative = 1e-9);
        }

        /// Unit-variance data stay at unit variance.
        #[test]
        fn the_chain_preserves_unit_variance(schedule in schedule()) {
            let mut law = Gaussian::standard(2);
            for t in 1..=schedule.steps() {
                law = schedule.step(t, 2).push(&law);
            }
            assert_relative_eq!(law.covariance(), &Array2::eye(2), max_relative = 1e-12);
        }
    }

    #[test]
    fn at_the_first_step_the_posterior_is_a_point() {
        let schedule = Schedule::from_alphas(&[0.9, 0.7]).unwrap();
        assert!(schedule.posterior(1, &array![0.3], &array![0.8]).is_err());
        assert_relative_eq!(
            schedule.posterior_mean(1, &array![0.3], &array![0.8])[0],
            0.8,
            max_relative = 1e-14
        );
    }

    /// `m + √v ε` row by row, with the law of each row as the marginal tells it.
    #[test]
    fn noised_rows_are_draws_of_the_marginal() {
        let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.4]).unwrap();
        let (x_0, eps) = (array![[0.8, -1.1], [2.0, 0.3]], array![[0.5, -0.4], [1.2, -2.0]]);
        for t in 1..=3 {
            let noised = schedule.noised(t, &x_0, eps.clone());
            for ((found, x_0), eps) in noised.rows().into_iter().zip(x_0.rows()).zip(eps.rows()) {
                let law = schedule.marginal(t, 2).given(&x_0);
                let expected = law.mean() + &law.factor().lower().dot(&eps);
                assert_relative_eq!(found, expected, max_relative = 1e-14);
            }
        }
    }
}
