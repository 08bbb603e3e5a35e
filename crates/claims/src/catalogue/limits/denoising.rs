//! The best denoiser: Bayes' rule, Tweedie, least matching terms.

use ndarray::{Array1, ArrayRef1, Axis, array};
use prob::Mixture;
use prob::numerics::log_sum_exp;
use proptest::prelude::*;
use vdm::{Channel, ExactDenoiser, Schedule};

use super::gentle_data;
use crate::chains::schedule;
use crate::{Claim, longhand, problems};

/// The claims about the best denoiser.
pub(super) fn claims() -> Vec<Claim> {
    vec![denoiser_is_the_posterior_mean(), tweedie(), any_other_denoiser_pays(), matching_terms_are_least()]
}

/// Data of one to three dimensions, a schedule, and a place to look from.
fn noised() -> impl Strategy<Value = (Mixture, Schedule, Array1<f64>)> {
    problems::dimension().prop_flat_map(|d| (problems::mixture(d), schedule(2..=5), problems::vector(d, 3.0)))
}

fn denoiser_is_the_posterior_mean() -> Claim {
    Claim::new("D11a", "E[x_0|x_t] = Σ P(k|x_t) [m_k + √ᾱ_t S_k C_k⁻¹ (x_t - √ᾱ_t m_k)], C_k = ᾱ_t S_k + (1-ᾱ_t) I")
        .source("Luo, section on Tweedie's formula")
        .why(
            "Given the component, (x_0, x_t) is jointly Gaussian: condition it.\n\
             The components are then mixed by how well each foresaw x_t.",
        )
        .compares("the denoiser and its squared error against mean and covariance of the posterior mixture, by adding precisions")
        .identity(1e-12, noised(), |(data, schedule, x_t), trial| {
            let Some(denoiser) = trial.posed(ExactDenoiser::new(data, schedule)) else { return };
            let rows = x_t.view().insert_axis(Axis(0));
            for t in 1..=schedule.steps() {
                let channel = schedule.marginal(t, data.dim());
                let Some(posterior) = trial.posed(data.posterior(&channel, x_t)) else { return };
                let spread = posterior.covariance().diag().sum();
                let size = 1.0 + posterior.mean().mapv(f64::abs).sum();
                trial.arrays(size, &denoiser.denoise(&rows, t).row(0), &posterior.mean());
                trial.at(spread.max(1e-3), denoiser.squared_error(&rows, t)[0], spread);
            }
        })
}

/// `log q(x)` and `∇ log q(x)` of a mixture, written out with determinants and inverses.
pub(in crate::catalogue) fn density_and_score(law: &Mixture, x: &ArrayRef1<f64>) -> (f64, Array1<f64>) {
    let log_joint: Vec<f64> = law.parts().map(|(w, part)| w.ln() + longhand::log_prob(part, x)).collect();
    let log_density = log_sum_exp(&log_joint);
    let score = law.parts().zip(&log_joint).fold(Array1::zeros(x.len()), |score, ((_, part), log_joint)| {
        let pull = longhand::inverse(part.covariance()).dot(&(part.mean() - &x.view()));
        score + pull * (log_joint - log_density).exp()
    });
    (log_density, score)
}

fn tweedie() -> Claim {
    Claim::new("D11b", "x̂_0(x_t) = (x_t + (1-ᾱ_t) s(x_t)) / √ᾱ_t and s = ∇ log q(x_t) for denoiser and score along a whole schedule")
        .source("Luo (133)")
        .why(
            "∇ log q(x_t) = E[∇ log q(x_t|x_0) | x_t] = E[(√ᾱ_t x_0 - x_t)/(1-ᾱ_t) | x_t].\n\
             Solve for E[x_0|x_t]: the score of the noised data is all that a denoiser needs.",
        )
        .compares("the denoiser, score and log-density along the chain against densities with determinants and inverses written out")
        .identity(1e-12, noised(), |(data, schedule, x_t), trial| {
            let Some(denoiser) = trial.posed(ExactDenoiser::new(data, schedule)) else { return };
            let rows = x_t.view().insert_axis(Axis(0));
            for t in 1..=schedule.steps() {
                let q = longhand::pushed_mixture(&schedule.marginal(t, data.dim()), data);
                let (log_density, score) = density_and_score(&q, x_t);
                let (signal, noise) = (schedule.alpha_bar(t).sqrt(), schedule.noise_variance(t));
                let x_0 = (x_t + &(&score * noise)) / signal;
                trial.arrays(8.0 / signal, &denoiser.denoise(&rows, t).row(0), &x_0);
                let size = 1.0 + score.mapv(f64::abs).sum();
                trial.arrays(size, &denoiser.score(&rows, t).row(0), &score);
                trial.nats(denoiser.log_prob(&rows, t)[0], log_density);
            }
        })
}

/// `E|x_0 - g(x_t)|²` for data on the line, component by component: given the component, `x_0` is normal around a
/// straight line in `x_t`.
fn squared_error(data: &Mixture, schedule: &Schedule, t: usize, g: impl Fn(f64) -> f64) -> f64 {
    let (alpha_bar, noise) = (schedule.alpha_bar(t), schedule.noise_variance(t));
    let q = longhand::pushed_mixture(&schedule.marginal(t, 1), data);
    let breaks = longhand::mixture_breaks(&q);
    let error = |x_t: f64| {
        let of_part = |(w, m, s): (f64, f64, f64)| {
            let seen = alpha_bar * s + noise;
            let residual = x_t - alpha_bar.sqrt() * m;
            let denoised = m + alpha_bar.sqrt() * s / seen * residual;
            let spread = s * noise / seen;
            w * longhand::log_normal(residual, 0.0, seen).exp() * (spread + (denoised - g(x_t)).powi(2))
        };
        longhand::parts(data).map(of_part).sum::<f64>()
    };
    longhand::integral(&breaks, error)
}

/// A bend of a denoiser: `x̂_0 + height · tanh(steepness · x_t + place)`.
#[derive(Clone, Copy, Debug)]
struct Bend {
    height: f64,
    steepness: f64,
    place: f64,
}

impl Bend {
    fn at(&self, x_t: f64) -> f64 {
        self.height * (self.steepness * x_t + self.place).tanh()
    }
}

fn bend() -> impl Strategy<Value = Bend> {
    (-1.0..1.0f64, 0.0..2.0f64, -1.0..1.0f64).prop_map(|(height, steepness, place)| Bend {
        height,
        steepness,
        place,
    })
}

/// The denoiser of one number.
fn denoise(denoiser: &ExactDenoiser, t: usize, x_t: f64) -> f64 {
    denoiser.denoise(&array![[x_t]], t)[[0, 0]]
}

fn any_other_denoiser_pays() -> Claim {
    Claim::new("D11c", "E|x_0 - x̂_0(x_t)|² = mmse(t) + E|x̂_0(x_t) - E[x_0|x_t]|² for x̂_0 = E[x_0|x_t] + any bend, mmse that of the channel with SNR(t)")
        .source("Kingma 2021")
        .why(
            "x_0 - E[x_0|x_t] is uncorrelated with every function of x_t.\n\
             So the square of (x_0 - E[x_0|x_t]) + (E[x_0|x_t] - x̂_0) has no cross term in mean.",
        )
        .compares("the error of a bent denoiser, component by component by quadrature, against mmse plus the square of the bend")
        .identity(1e-12, (gentle_data(), schedule(2..=5), bend()), |(data, schedule, bend), trial| {
            let Some(denoiser) = trial.posed(ExactDenoiser::new(data, schedule)) else { return };
            let t = schedule.steps();
            let bent = squared_error(data, schedule, t, |x| denoise(&denoiser, t, x) + bend.at(x));
            let Some(mmse) = trial.posed(Channel::new(data, schedule.snr(t)).and_then(|c| c.mmse())) else { return };
            let q = longhand::pushed_mixture(&schedule.marginal(t, 1), data);
            trial.nats(bent, mmse + longhand::average(&q, |x| bend.at(x).powi(2)));
        })
}

fn matching_terms_are_least() -> Claim {
    Claim::new("D11d", "½ (SNR(t-1) - SNR(t)) E|x_0 - x̂_0|² is least for x̂_0 = E[x_0|x_t]")
        .source("Luo (109)-(110)")
        .source("Kingma 2021")
        .why(
            "The weight does not depend on the denoiser and is positive: SNR falls with t.\n\
             The error is least for the conditional mean, so that every matching term is least at once.",
        )
        .compares(
            "matching terms with a bent, the best linear and the constant denoiser against those with mmse",
        )
        .inequality(1e-11, (gentle_data(), schedule(2..=5), bend()), |(data, schedule, bend), trial| {
            let Some(denoiser) = trial.posed(ExactDenoiser::new(data, schedule)) else { return };
            let Some(bound) = trial.posed(vdm::continuous::average_bound(data, schedule)) else { return };
            let (mean, variance) = (longhand::mixture_mean(data), longhand::mixture_variance(data));
            let t = schedule.steps();
            let signal = schedule.alpha_bar(t).sqrt();
            let slope = signal * variance / (signal * signal * variance + schedule.noise_variance(t));
            let others: [&dyn Fn(f64) -> f64; 3] = [
                &|x| denoise(&denoiser, t, x) + bend.at(x),
                &|x| mean + slope * (x - signal * mean),
                &|_| mean,
            ];
            let weight = 0.5 * (schedule.snr(t - 1) - schedule.snr(t));
            for other in others {
                let term = weight * squared_error(data, schedule, t, other);
                trial.at_most(term.max(1.0), bound.matching[t - 2], term);
            }
        })
}
