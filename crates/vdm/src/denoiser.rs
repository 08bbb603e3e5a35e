//! The best denoiser of a Gaussian mixture: what `x_t` says about `x_0`.
//!
//! With data `x_0 ~ Σ w_k N(m_k, S_k)` the noised data are a mixture again, with components
//! `N(√ᾱ m_k, C_k)`, `C_k = ᾱ S_k + (1-ᾱ) I`. Each component denoises linearly,
//! `E[x_0 | x_t, k] = m_k + √ᾱ S_k C_k⁻¹ (x_t - √ᾱ m_k)`, and the responsibilities `P(k | x_t)` mix the answers.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};
use prob::numerics::{log_sum_exp, softmax};
use prob::{Gaussian, Mixture, ProbError};

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
    /// The components at steps `1 … T`.
    steps: Vec<Vec<Component>>,
}

/// One component of the data at one noise level.
#[derive(Clone, Debug, PartialEq)]
struct Component {
    /// `log w`.
    log_weight: f64,
    /// `N(√ᾱ m, C)`: the component as it is seen.
    seen: Gaussian,
    /// `L⁻¹` with `C = L Lᵀ`.
    whitener: Array2<f64>,
    /// `m`.
    mean: Array1<f64>,
    /// `√ᾱ S L⁻ᵀ`: from the whitened residual of `x_t` to the shift of `E[x_0 | x_t, k]`.
    gain: Array2<f64>,
    /// `tr Cov(x_0 | x_t, k) = (1-ᾱ) tr(S C⁻¹)`, the same for every `x_t`.
    spread: f64,
}

impl ExactDenoiser {
    /// The best denoiser of these data along this schedule.
    ///
    /// # Errors
    /// If a covariance of the data is so large or so small that noise cannot be added to it in f64.
    pub fn new(data: &Mixture, schedule: &Schedule) -> Result<Self, ProbError> {
        let at = |t| {
            data.parts()
                .map(|(w, law)| Component::new(w, law, schedule.alpha_bar(t), schedule.noise_variance(t)))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { steps: (1..=schedule.steps()).map(at).collect::<Result<_, _>>()? })
    }

    /// `E[x_0 | x_t]` for each row of `x_t` (`[n, d]`), `[n, d]`; `t = 1 … T`.
    ///
    /// # Panics
    /// If there is no step `t` or the rows have another dimension than the data, as every method here.
    pub fn denoise(&self, x_t: &ArrayRef2<f64>, t: usize) -> Array2<f64> {
        let mut x_0 = Array2::zeros(x_t.dim());
        self.mix(x_t, t, |component, white, responsibility| {
            add_rows(&mut x_0, &(white.dot(&component.gain.t()) + &component.mean), responsibility);
        });
        x_0
    }

    /// `E[|x_0 - E[x_0|x_t]|² | x_t] = tr Cov(x_0 | x_t)` for each row of `x_t` (`[n, d]`), `[n]`.
    pub fn squared_error(&self, x_t: &ArrayRef2<f64>, t: usize) -> Array1<f64> {
        let x_0 = self.denoise(x_t, t);
        let mut squared_error = Array1::zeros(x_t.nrows());
        self.mix(x_t, t, |component, white, responsibility| {
            let shift = white.dot(&component.gain.t()) + &component.mean - &x_0;
            let squares = squared_rows(&shift) + component.spread;
            squared_error.scaled_add(1.0, &(squares * responsibility));
        });
        squared_error
    }

    /// The score `∇ log q(x_t)` for each row of `x_t` (`[n, d]`), `[n, d]`.
    pub fn score(&self, x_t: &ArrayRef2<f64>, t: usize) -> Array2<f64> {
        let mut score = Array2::zeros(x_t.dim());
        self.mix(x_t, t, |component, white, responsibility| {
            add_rows(&mut score, &-white.dot(&component.whitener), responsibility);
        });
        score
    }

    /// `log q(x_t)` in nats for each row of `x_t` (`[n, d]`), `[n]`.
    pub fn log_prob(&self, x_t: &ArrayRef2<f64>, t: usize) -> Array1<f64> {
        let components = &self.steps[t - 1];
        let white: Vec<_> = components.iter().map(|component| component.whiten(x_t)).collect();
        log_joint(components, &white).outer_iter().map(|row| log_sum_exp(&row.to_vec())).collect()
    }

    /// Hands each component with the whitened rows (`[n, d]`) and their responsibilities (`[n]`) to `take`.
    fn mix(
        &self,
        x_t: &ArrayRef2<f64>,
        t: usize,
        mut take: impl FnMut(&Component, &Array2<f64>, &ArrayRef1<f64>),
    ) {
        let components = &self.steps[t - 1];
        let white: Vec<_> = components.iter().map(|component| component.whiten(x_t)).collect();
        let mut responsibilities = log_joint(components, &white);
        for mut row in responsibilities.outer_iter_mut() {
            softmax(row.as_slice_mut().expect("rows of a new array are contiguous"));
        }
        for ((component, white), column) in
            components.iter().zip(&white).zip(responsibilities.axis_iter(Axis(1)))
        {
            take(component, white, &column);
        }
    }
}

impl Component {
    fn new(weight: f64, law: &Gaussian, alpha_bar: f64, noise: f64) -> Result<Self, ProbError> {
        let root = alpha_bar.sqrt();
        let covariance = law.covariance() * alpha_bar + Array2::<f64>::eye(law.dim()) * noise;
        let seen = Gaussian::new(law.mean() * root, covariance)?;
        let whitener = seen.factor().whiten_columns(&Array2::eye(law.dim()));
        let gain = law.covariance().dot(&whitener.t()) * root;
        let spread = noise * whitener.dot(law.factor().lower()).mapv(|entry| entry * entry).sum();
        Ok(Self { log_weight: weight.ln(), seen, whitener, mean: law.mean().clone(), gain, spread })
    }

    /// `L⁻¹(x_t - √ᾱ m)` for each row.
    fn whiten(&self, x_t: &ArrayRef2<f64>) -> Array2<f64> {
        (&x_t.view() - self.seen.mean()).dot(&self.whitener.t())
    }
}

/// `log w_k + log N(x_t; √ᾱ m_k, C_k)`, `[n, K]`.
fn log_joint(components: &[Component], white: &[Array2<f64>]) -> Array2<f64> {
    let mut log_joint = Array2::zeros((white[0].nrows(), components.len()));
    for ((component, white), mut column) in components.iter().zip(white).zip(log_joint.axis_iter_mut(Axis(1)))
    {
        let at_its_mean = component.log_weight + component.seen.log_prob(component.seen.mean());
        column.assign(&squared_rows(white).mapv(|square| at_its_mean - 0.5 * square));
    }
    log_joint
}

/// `|row|²` for each row.
fn squared_rows(rows: &ArrayRef2<f64>) -> Array1<f64> {
    (&rows.view() * &rows.view()).sum_axis(Axis(1))
}

/// `sum += weight · row`, row by row.
fn add_rows(sum: &mut Array2<f64>, rows: &Array2<f64>, weights: &ArrayRef1<f64>) {
    *sum += &(rows * &weights.view().insert_axis(Axis(1)));
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
