//! The best denoiser of a Gaussian mixture: what `x_t` says about `x_0`.
//!
//! With data `x_0 ~ Σ w_k N(m_k, S_k)` the noised data are a mixture again, with components
//! `N(√ᾱ m_k, C_k)`, `C_k = ᾱ S_k + (1-ᾱ) I`. Each component denoises linearly,
//! `E[x_0 | x_t, k] = m_k + √ᾱ S_k C_k⁻¹ (x_t - √ᾱ m_k)`, and the responsibilities `P(k | x_t)` mix the answers.

use ndarray::{Array1, Array2, ArrayRef2};
use prob::{Expert, Experts, Gaussian, Mixture, ProbError};

use crate::Schedule;

/// `E[x_0 | x_t]`, the score and the log-density of `q(x_t)` for every step of a schedule; what they need of each
/// step and component is computed once.
///
/// ```
/// use ndarray::array;
/// use prob::{Gaussian, Mixture};
/// use vdm::{ExactDenoiser, Schedule};
///
/// // Standard normal data: E[x_0 | x_t] = √ᾱ_t x_t.
/// let schedule = Schedule::from_alphas(&[0.9, 0.4])?;
/// let denoiser = ExactDenoiser::new(&Mixture::from(Gaussian::standard(1)), &schedule)?;
/// assert!((denoiser.denoise(&array![[2.0]], 2)[[0, 0]] - 1.2).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ExactDenoiser {
    /// The steps `1 … T`.
    steps: Vec<Step>,
}

/// What each component answers at one noise level.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    /// `E[x_0 | x_t, k] = m + √ᾱ S C⁻¹ (x_t - √ᾱ m)`.
    denoise: Experts,
    /// The same less what one isotropic Gaussian would answer.
    rest: Experts,
    /// `∇ log N(x_t; √ᾱ m, C) = -C⁻¹ (x_t - √ᾱ m)`.
    score: Experts,
}

/// `N(μ, σ² I)` with the mean of the data and the average variance within a component. Its own denoiser is
/// `μ + √ᾱ σ²/D (x_t - √ᾱ μ)` with `D = ᾱ σ² + 1-ᾱ`.
struct Reference {
    mean: Array1<f64>,
    variance: f64,
}

impl ExactDenoiser {
    /// The best denoiser of these data along this schedule.
    ///
    /// # Errors
    /// If a covariance of the data is so large or so small that noise cannot be added to it in f64.
    pub fn new(data: &Mixture, schedule: &Schedule) -> Result<Self, ProbError> {
        let reference = Reference::of(data);
        let at = |t| Step::new(data, &reference, schedule.alpha_bar(t), schedule.noise_variance(t));
        Ok(Self { steps: (1..=schedule.steps()).map(at).collect::<Result<_, _>>()? })
    }

    /// `E[x_0 | x_t]` for each row of `x_t` (`[n, d]`), `[n, d]`; `t = 1 … T`.
    ///
    /// # Panics
    /// If there is no step `t` or the rows have another dimension than the data, as every method here.
    pub fn denoise(&self, x_t: &ArrayRef2<f64>, t: usize) -> Array2<f64> {
        self.steps[t - 1].denoise.mean(x_t)
    }

    /// `log q(x_t)` in nats and `E[x_0 | x_t]` for each row of `x_t` (`[n, d]`), `[n]` and `[n, d]`, in one pass.
    pub fn log_prob_and_denoise(&self, x_t: &ArrayRef2<f64>, t: usize) -> (Array1<f64>, Array2<f64>) {
        self.steps[t - 1].denoise.log_prob_and_mean(x_t)
    }

    /// `E[|x_0 - E[x_0|x_t]|² | x_t] = tr Cov(x_0 | x_t)` for each row of `x_t` (`[n, d]`), `[n]`; with its digits at any
    /// noise level.
    pub fn squared_error(&self, x_t: &ArrayRef2<f64>, t: usize) -> Array1<f64> {
        self.steps[t - 1].rest.spread(x_t)
    }

    /// The score `∇ log q(x_t)` for each row of `x_t` (`[n, d]`), `[n, d]`.
    pub fn score(&self, x_t: &ArrayRef2<f64>, t: usize) -> Array2<f64> {
        self.steps[t - 1].score.mean(x_t)
    }

    /// `log q(x_t)` in nats for each row of `x_t` (`[n, d]`), `[n]`.
    pub fn log_prob(&self, x_t: &ArrayRef2<f64>, t: usize) -> Array1<f64> {
        self.steps[t - 1].denoise.log_prob(x_t)
    }
}

impl Reference {
    fn of(data: &Mixture) -> Self {
        let within = data.parts().map(|(weight, law)| weight * law.covariance().diag().sum());
        Self { mean: data.mean(), variance: within.sum::<f64>() / data.dim() as f64 }
    }
}

impl Step {
    fn new(data: &Mixture, reference: &Reference, alpha_bar: f64, noise: f64) -> Result<Self, ProbError> {
        let parts = data.parts().map(|(weight, law)| Component::new(weight, law, alpha_bar, noise));
        let parts = parts.collect::<Result<Vec<_>, ProbError>>()?;
        let experts = |answer: &dyn Fn(&Component) -> Expert| {
            Experts::new(&parts.iter().map(answer).collect::<Vec<_>>())
        };
        Ok(Self {
            denoise: experts(&|component| component.denoise()),
            rest: experts(&|component| component.rest(reference)),
            score: experts(&|component| component.score()),
        })
    }
}

/// One component of the data at one noise level.
struct Component<'a> {
    weight: f64,
    /// `N(m, S)`.
    law: &'a Gaussian,
    alpha_bar: f64,
    /// `1-ᾱ`.
    noise: f64,
    /// `N(√ᾱ m, C)`.
    seen: Gaussian,
    /// `L⁻¹` with `C = L Lᵀ`.
    whitener: Array2<f64>,
}

impl<'a> Component<'a> {
    fn new(weight: f64, law: &'a Gaussian, alpha_bar: f64, noise: f64) -> Result<Self, ProbError> {
        let eye = Array2::<f64>::eye(law.dim());
        let seen = Gaussian::new(law.mean() * alpha_bar.sqrt(), law.covariance() * alpha_bar + &eye * noise)?;
        let whitener = seen.factor().whiten_columns(&eye);
        Ok(Self { weight, law, alpha_bar, noise, seen, whitener })
    }

    fn denoise(&self) -> Expert {
        let gain = self.times_precision(self.law.covariance()) * self.alpha_bar.sqrt();
        self.expert(self.law.mean().clone(), gain, self.spread())
    }

    /// `E[x_0|x_t, k]` less the reference's `μ + √ᾱ σ²/D (x_t - √ᾱ μ)`: `(1-ᾱ)/D` times
    /// `m - μ + √ᾱ (S - σ² I) C⁻¹ (x_t - √ᾱ m)`.
    ///
    /// A function of `x_t` has no part in `Cov(x_0|x_t)`. Without it the answers shrink with the noise, as their spread does;
    /// with it they are as large as the data, and their rounding is all that is left where the noise is below that.
    fn rest(&self, reference: &Reference) -> Expert {
        let share = self.noise / (self.alpha_bar * reference.variance + self.noise);
        let excess = self.law.covariance() - Array2::<f64>::eye(self.law.dim()) * reference.variance;
        let gain = self.times_precision(&excess) * (share * self.alpha_bar.sqrt());
        self.expert((self.law.mean() - &reference.mean) * share, gain, self.spread())
    }

    fn score(&self) -> Expert {
        let gain = -self.whitener.t().dot(&self.whitener);
        self.expert(Array1::zeros(self.law.dim()), gain, 0.0)
    }

    /// `tr Cov(x_0|x_t, k) = (1-ᾱ) tr(S C⁻¹)`, as a sum of squares.
    fn spread(&self) -> f64 {
        self.noise * self.whitener.dot(self.law.factor().lower()).mapv(|entry| entry * entry).sum()
    }

    /// `A C⁻¹`.
    fn times_precision(&self, a: &Array2<f64>) -> Array2<f64> {
        a.dot(&self.whitener.t()).dot(&self.whitener)
    }

    fn expert(&self, answer: Array1<f64>, gain: Array2<f64>, spread: f64) -> Expert {
        Expert { weight: self.weight, seen: self.seen.clone(), answer, gain, spread }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    fn data() -> Mixture {
        let a = Gaussian::new(array![-1.0, 0.5], array![[0.3, 0.1], [0.1, 0.2]]).unwrap();
        let b = Gaussian::new(array![2.0, -0.5], array![[0.5, -0.2], [-0.2, 1.5]]).unwrap();
        Mixture::new(vec![0.3, 0.7], vec![a, b]).unwrap()
    }

    /// Against the laws that `prob` makes by Bayes' rule.
    #[test]
    fn agrees_with_the_posterior_mixture() {
        let (data, schedule) = (data(), Schedule::from_alphas(&[0.9, 0.5, 0.2]).unwrap());
        let denoiser = ExactDenoiser::new(&data, &schedule).unwrap();
        let rows = array![[0.3, 1.1], [-2.0, 0.4], [5.0, -3.0]];
        for t in 1..=3 {
            let channel = schedule.marginal(t, 2);
            for (i, x_t) in rows.outer_iter().enumerate() {
                let posterior = data.posterior(&channel, &x_t).unwrap();
                let noised = data.push(&channel);
                assert_relative_eq!(
                    denoiser.denoise(&rows, t).row(i),
                    posterior.mean(),
                    max_relative = 1e-12
                );
                let spread = posterior.covariance().diag().sum();
                assert_relative_eq!(denoiser.squared_error(&rows, t)[i], spread, max_relative = 1e-12);
                assert_relative_eq!(
                    denoiser.score(&rows, t).row(i),
                    noised.score(&x_t),
                    max_relative = 1e-12
                );
                assert_relative_eq!(
                    denoiser.log_prob(&rows, t)[i],
                    noised.log_prob(&x_t),
                    max_relative = 1e-12
                );
            }
        }
    }

    /// Where there is hardly any noise every component is known from `x_t` and `tr Cov(x_0|x_t) → d (1-ᾱ)`, also where
    /// `1-ᾱ` is below the square of the rounding of `x_0`; where there is hardly any signal it is that of the data.
    #[test]
    fn the_squared_error_keeps_its_digits_at_any_noise() {
        let log_snrs = [700.0, 300.0, 75.0, 50.0, -300.0, -700.0];
        let schedule = Schedule::from_log_snrs(&log_snrs).unwrap();
        let denoiser = ExactDenoiser::new(&data(), &schedule).unwrap();
        let rows = array![[-1.0, 0.5], [-0.7, 0.9], [2.0, -0.5], [2.9, 0.1]];
        for t in 1..=4 {
            let x_t = &rows * schedule.alpha_bar(t).sqrt();
            for error in denoiser.squared_error(&x_t, t) {
                assert_relative_eq!(
                    error,
                    2.0 * schedule.noise_variance(t),
                    max_relative = 1e-12,
                    epsilon = 0.0
                );
            }
        }
        for t in 5..=6 {
            for error in denoiser.squared_error(&rows, t) {
                assert_relative_eq!(error, data().covariance().diag().sum(), max_relative = 1e-12);
            }
        }
    }
}
