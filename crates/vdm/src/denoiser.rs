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
    /// `∇ log N(x_t; √ᾱ m, C) = -C⁻¹ (x_t - √ᾱ m)`.
    score: Experts,
}

impl ExactDenoiser {
    /// The best denoiser of these data along this schedule.
    ///
    /// # Errors
    /// If a covariance of the data is so large or so small that noise cannot be added to it in f64.
    pub fn new(data: &Mixture, schedule: &Schedule) -> Result<Self, ProbError> {
        let at = |t| Step::new(data, schedule.alpha_bar(t), schedule.noise_variance(t));
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

    /// `E[|x_0 - E[x_0|x_t]|² | x_t] = tr Cov(x_0 | x_t)` for each row of `x_t` (`[n, d]`), `[n]`.
    pub fn squared_error(&self, x_t: &ArrayRef2<f64>, t: usize) -> Array1<f64> {
        self.steps[t - 1].denoise.spread(x_t)
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

impl Step {
    fn new(data: &Mixture, alpha_bar: f64, noise: f64) -> Result<Self, ProbError> {
        let parts = data.parts().map(|(weight, law)| answers(weight, law, alpha_bar, noise));
        let (denoise, score): (Vec<_>, Vec<_>) =
            parts.collect::<Result<Vec<_>, ProbError>>()?.into_iter().unzip();
        Ok(Self { denoise: Experts::new(&denoise), score: Experts::new(&score) })
    }
}

/// One component at one noise level: what it answers as a denoiser and as a score.
fn answers(weight: f64, law: &Gaussian, alpha_bar: f64, noise: f64) -> Result<(Expert, Expert), ProbError> {
    let (root, eye) = (alpha_bar.sqrt(), Array2::<f64>::eye(law.dim()));
    let seen = Gaussian::new(law.mean() * root, law.covariance() * alpha_bar + &eye * noise)?;
    let whitener = seen.factor().whiten_columns(&eye);
    // tr(S C⁻¹), as a sum of squares.
    let shrunk = whitener.dot(law.factor().lower()).mapv(|entry| entry * entry).sum();
    let denoise = Expert {
        weight,
        answer: law.mean().clone(),
        gain: law.covariance().dot(&whitener.t()).dot(&whitener) * root,
        spread: noise * shrunk,
        seen,
    };
    let score = Expert {
        answer: Array1::zeros(law.dim()),
        gain: -whitener.t().dot(&whitener),
        spread: 0.0,
        ..denoise.clone()
    };
    Ok((denoise, score))
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
}
