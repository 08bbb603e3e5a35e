//! The reverse models of the page, `p(x_{t-1}|x_t)`.

use ndarray::Array2;
use prob::Mixture;
use vdm::{Reverse, ReverseError, Schedule};

/// How the noise is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reversal {
    /// `N(μ_q(x_t, E[x_0|x_t]), σ_q²)`, and `N(E[x_0|x_1], 1-α_1)` at `t = 1`: the model of [`vdm::BayesVdm`].
    BestDenoiser,
    /// The same with the best denoiser that is linear in `x_t`, the regression of `x_0` on it.
    LinearDenoiser,
    /// The regression of `x_{t-1}` on `x_t` with the variance that it leaves: of all linear steps the one with the highest bound.
    LinearStep,
    /// `N(√α_t x_t, 1-α_t)`: exact if the data were standard normal.
    StandardNormal,
    /// `N(0.9 √α_t x_t, 1.2 (1-α_t))`: a mean too small and a variance too large.
    Shrunk,
}

impl Reversal {
    /// Every reverse model, in the order of the slider.
    pub const ALL: [Self; 5] =
        [Self::BestDenoiser, Self::LinearDenoiser, Self::LinearStep, Self::StandardNormal, Self::Shrunk];

    /// What the slider calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BestDenoiser => "best denoiser",
            Self::LinearDenoiser => "linear denoiser",
            Self::LinearStep => "linear step",
            Self::StandardNormal => "for N(0, 1) data",
            Self::Shrunk => "shrunk",
        }
    }

    /// The law `p(x_{t-1}|x_t)` in words that follow "p is"; `_{…}` is a subscript, `^{…}` a superscript.
    pub fn says(self) -> &'static str {
        match self {
            Self::BestDenoiser => "N(μ_{q}(x_{t}, E[x_{0}|x_{t}]), σ_{q}^{2}); nothing predicts x_{0} better",
            Self::LinearDenoiser => {
                "N(μ_{q}(x_{t}, x̂_{0}), σ_{q}^{2}) with x̂_{0} the best prediction that is linear in x_{t}"
            }
            Self::LinearStep => "the regression of x_{t−1} on x_{t}, with the variance that it leaves",
            Self::StandardNormal => "N(√α_{t} x_{t}, 1 − α_{t}): exact if the data were standard normal",
            Self::Shrunk => "N(0.9 √α_{t} x_{t}, 1.2 (1 − α_{t})): mean too small, variance too large",
        }
    }

    /// The same of the last step, `p(x_0|x_1)`, where the denoisers write down what they predict.
    pub fn says_at_last(self) -> &'static str {
        match self {
            Self::BestDenoiser => "N(E[x_{0}|x_{1}], 1 − α_{1}); nothing predicts x_{0} better",
            Self::LinearDenoiser => {
                "N(x̂_{0}, 1 − α_{1}) with x̂_{0} the best prediction that is linear in x_{1}"
            }
            other => other.says(),
        }
    }

    /// The linear steps along a schedule, for data of one coordinate; none for the best denoiser, which is not linear.
    ///
    /// # Errors
    /// If a number leaves the range of f64.
    pub fn linear(self, data: &Mixture, schedule: &Schedule) -> Result<Option<Reverse>, ReverseError> {
        let of_data = Moments { mean: data.mean()[0], variance: data.covariance()[[0, 0]] };
        Ok(Some(match self {
            Self::BestDenoiser => return Ok(None),
            Self::LinearDenoiser => steps(schedule, |t| of_data.denoised(schedule, t))?,
            Self::LinearStep => steps(schedule, |t| of_data.regressed(schedule, t))?,
            Self::StandardNormal => Reverse::from_schedule(schedule, 1, 1.0, 1.0)?,
            Self::Shrunk => Reverse::from_schedule(schedule, 1, 0.9, 1.2)?,
        }))
    }
}

/// `N(scale x_t + bias, variance)`.
struct Step {
    scale: f64,
    bias: f64,
    variance: f64,
}

/// The reverse model made of such steps.
fn steps(schedule: &Schedule, step: impl Fn(usize) -> Step) -> Result<Reverse, ReverseError> {
    let all: Vec<Step> = (1..=schedule.steps()).map(step).collect();
    let bias = Array2::from_shape_fn((all.len(), 1), |(i, _)| all[i].bias);
    Reverse::new(all.iter().map(|s| s.scale).collect(), bias, all.iter().map(|s| s.variance).collect())
}

/// All that a linear prediction knows of the data.
struct Moments {
    mean: f64,
    variance: f64,
}

impl Moments {
    /// `Var x_t = ᾱ_t v + 1 - ᾱ_t`.
    fn variance_at(&self, schedule: &Schedule, t: usize) -> f64 {
        schedule.alpha_bar(t) * self.variance + schedule.noise_variance(t)
    }

    /// `x̂_0 = m + g (x_t - √ᾱ_t m)` with `g = √ᾱ_t v / Var x_t`, put into `μ_q(x_t, x̂_0)`; variance `σ_q²(t)`, and `1 - α_1` at
    /// `t = 1`, where `μ_q` is `x̂_0` itself.
    fn denoised(&self, schedule: &Schedule, t: usize) -> Step {
        let root = schedule.alpha_bar(t).sqrt();
        let gain = root * self.variance / self.variance_at(schedule, t);
        let (of_x_t, of_x_0) = if t == 1 { (0.0, 1.0) } else { schedule.posterior_mean_coefficients(t) };
        Step {
            scale: of_x_t + of_x_0 * gain,
            bias: of_x_0 * (1.0 - gain * root) * self.mean,
            variance: if t == 1 { schedule.beta(1) } else { schedule.posterior_variance(t) },
        }
    }

    /// `E x_{t-1} + c (x_t - E x_t)` with `c = √α_t Var x_{t-1}/Var x_t`; what is left is `β_t Var x_{t-1}/Var x_t`.
    fn regressed(&self, schedule: &Schedule, t: usize) -> Step {
        let share = self.variance_at(schedule, t - 1) / self.variance_at(schedule, t);
        let scale = schedule.alpha(t).sqrt() * share;
        let mean = |t: usize| schedule.alpha_bar(t).sqrt() * self.mean;
        Step { scale, bias: mean(t - 1) - scale * mean(t), variance: schedule.beta(t) * share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use prob::Gaussian;
    use vdm::{BayesVdm, Vdm};

    /// For Gaussian data the linear denoiser is the best one, and the linear step reverses the chain but for the top.
    #[test]
    fn for_gaussian_data_they_are_what_they_should_be() {
        let law = Gaussian::isotropic(array![0.7], 0.6).unwrap();
        let (data, schedule) = (Mixture::from(law.clone()), Schedule::linear(5, 0.1, 0.6).unwrap());
        let model = |reversal: Reversal| {
            Vdm::new(schedule.clone(), reversal.linear(&data, &schedule).unwrap().unwrap()).unwrap()
        };
        let best = BayesVdm::new(data.clone(), schedule.clone()).unwrap();
        let x_0 = array![-0.4];
        let (expected, found) = (best.bound(&x_0).unwrap(), model(Reversal::LinearDenoiser).denoising(&x_0));
        for ((_, expected), (term, found)) in expected.terms().zip(found.terms()) {
            assert_relative_eq!(found, expected, max_relative = 1e-11, epsilon = 1e-12);
            assert!(found.is_finite(), "{term}");
        }
        // q(x_{t-1}|x_t) by Bayes' rule.
        let linear = Reversal::LinearStep.linear(&data, &schedule).unwrap().unwrap();
        for t in 2..=5 {
            let before = schedule.marginal(t - 1, 1).push(&law);
            let x_t = array![0.3];
            let back = schedule.step(t, 1).joint(&before).condition(&[1], &x_t).unwrap();
            assert_relative_eq!(linear.mean(t, &x_t)[0], back.mean()[0], max_relative = 1e-12);
            assert_relative_eq!(linear.variance(t), back.covariance()[[0, 0]], max_relative = 1e-12);
        }
    }
}
