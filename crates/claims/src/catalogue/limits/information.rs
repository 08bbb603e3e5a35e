//! The least squared error and the mutual information.

use prob::Mixture;
use proptest::prelude::*;
use vdm::continuous::continuous_loss;
use vdm::{Channel, ChannelError, Schedule};

use super::gentle_data;
use crate::chains::schedule;
use crate::{Claim, longhand, problems};

/// The claims about information.
pub(super) fn claims() -> Vec<Claim> {
    vec![
        mmse_is_what_is_not_explained(),
        mmse_between_its_bounds(),
        information_rises_by_half_the_mmse(),
        information_is_the_integral(),
        prior_matching_is_information_and_distance(),
        every_step_loses_information(),
    ]
}

/// A signal-to-noise ratio between 1e-2 and 1e2.
fn snr() -> impl Strategy<Value = f64> {
    problems::positive(2.0)
}

fn mmse(data: &Mixture, snr: f64) -> Result<f64, ChannelError> {
    Channel::new(data, snr)?.mmse()
}

fn information(data: &Mixture, snr: f64) -> Result<f64, ChannelError> {
    Channel::new(data, snr)?.information()
}

fn mmse_is_what_is_not_explained() -> Claim {
    Claim::new("D11e", "mmse(t) = E Var(x_0|x_t) = E x_0² - E (E[x_0|x_t])²")
        .source("Guo, Shamai and Verdú 2005")
        .why("The mean of the square is the square of the mean plus the variance, given x_t; average over x_t.")
        .compares("mmse by quadrature of the conditional variance in the channel y = √SNR x + ε, against second moments along the chain with the posterior mixture of prob; the channel's E[x|y] and Var(x|y) against that mixture's at one place")
        .identity(1e-12, (gentle_data(), schedule(2..=5), -3.0..3.0f64), |(data, schedule, place), trial| {
            let second_moment = longhand::average(data, |x| x * x);
            let t = schedule.steps();
            let channel = schedule.marginal(t, 1);
            let q = longhand::pushed_mixture(&channel, data);
            let explained = longhand::average(&q, |x_t| {
                let posterior = data.posterior(&channel, &ndarray::aview1(&[x_t]));
                posterior.map_or(f64::NAN, |law| law.mean()[0].powi(2))
            });
            let Some(law) = trial.posed(Channel::new(data, schedule.snr(t))) else { return };
            let Some(mmse) = trial.posed(law.mmse()) else { return };
            trial.at(second_moment, mmse, second_moment - explained);
            // y = x_t/√(1-ᾱ_t).
            let (mean, variance) = law.posterior(place / schedule.noise_variance(t).sqrt());
            let Some(posterior) = trial.posed(data.posterior(&channel, &ndarray::aview1(&[*place]))) else { return };
            trial.at(1.0 + posterior.mean()[0].abs(), mean, posterior.mean()[0]);
            trial.equal(variance, posterior.covariance()[[0, 0]]);
        })
}

fn mmse_between_its_bounds() -> Claim {
    Claim::new("D11f", "Σ w_k s_k/(1 + SNR s_k) ≤ mmse(SNR) ≤ v/(1 + SNR v), v = Var x_0")
        .source("Guo, Shamai and Verdú 2005")
        .why(
            "Right: the best linear denoiser is a denoiser. Left: who is told the component can only do better,\n\
             and then has Gaussian data of variance s_k, for which linear is best.",
        )
        .compares("mmse by quadrature against the errors of two linear estimates")
        .inequality(1e-11, (problems::mixture(1), snr()), |(data, snr), trial| {
            let Some(mmse) = trial.posed(mmse(data, *snr)) else { return };
            let linear = |variance: f64| variance / (1.0 + snr * variance);
            trial.at_most(mmse, longhand::parts(data).map(|(w, _, s)| w * linear(s)).sum(), mmse);
            trial.at_most(mmse, mmse, linear(longhand::mixture_variance(data)));
        })
}

fn information_rises_by_half_the_mmse() -> Claim {
    Claim::new("D11g", "d I(x_0; x_t) / d SNR = ½ mmse(SNR)")
        .source("Guo, Shamai and Verdú 2005")
        .why(
            "A little more signal is a second, weak look at x_0 through fresh noise.\n\
             What a weak look tells is half its SNR times the variance that is left, and that is mmse.",
        )
        .compares("central differences of sixth order in log SNR of ½ log(1 + SNR v) - KL(p(y) ‖ N(E y, Var y)), against ½ SNR · mmse")
        .gradient(1e-9, (gentle_data(), snr()), |(data, snr), trial| {
            let h = 0.03;
            let difference = |k: f64| {
                let [above, below] = [k * h, -k * h].map(|shift| information(data, snr * shift.exp()));
                Ok::<f64, ChannelError>(above? - below?)
            };
            let (Ok(one), Ok(two), Ok(three)) = (difference(1.0), difference(2.0), difference(3.0)) else {
                return trial.that(false, "the information is known on either side");
            };
            let slope = (45.0 * one - 9.0 * two + three) / (60.0 * h);
            let Some(mmse) = trial.posed(mmse(data, *snr)) else { return };
            trial.nats(slope, 0.5 * snr * mmse);
        })
}

fn information_is_the_integral() -> Claim {
    Claim::new("D11h", "½ ∫ mmse dSNR from SNR_min to SNR_max = I(x_0; x at SNR_max) - I(x_0; x at SNR_min)")
        .source("Kingma 2021")
        .source("Guo, Shamai and Verdú 2005")
        .why(
            "Integrate d I / d SNR = ½ mmse.\n\
             So in the limit of many steps the matching terms cost exactly the information that the chain loses on the way.",
        )
        .compares("nested quadrature of the continuous-time loss, against two entropies each by its own quadrature")
        .identity(1e-11, (gentle_data(), snr(), 1.5..20.0f64), |(data, low, ratio), trial| {
            let high = low * ratio;
            let Some(loss) = trial.posed(continuous_loss(data, *low, high)) else { return };
            let entropy = |snr: f64| {
                // x_t as the chain makes it, where the channel has unit noise: h changes by log √(1-ᾱ) on both sides.
                let alpha_bar = snr / (1.0 + snr);
                let q = longhand::pushed_mixture(&problems::noising(1, alpha_bar), data);
                -longhand::average(&q, |x| longhand::log_mixture(&q, x)) + 0.5 * snr.ln_1p()
            };
            trial.nats(loss, entropy(high) - entropy(*low));
        })
}

fn prior_matching_is_information_and_distance() -> Claim {
    Claim::new("D11i", "E KL(q(x_T|x_0) ‖ N(0,1)) = I(x_0; x_T) + KL(q(x_T) ‖ N(0,1))")
        .source("notes 001 §3")
        .why(
            "log q(x_T|x_0) / p(x_T) = log q(x_T|x_0) / q(x_T) + log q(x_T) / p(x_T); average over both.\n\
             The prior term pays for what x_T still knows of x_0 and for what is not yet normal.",
        )
        .compares("prior matching in closed form, against information and divergence each by quadrature")
        .identity(1e-12, (gentle_data(), schedule(2..=5)), |(data, schedule), trial| {
            let last = schedule.steps();
            let Some(bound) = trial.posed(vdm::continuous::average_bound(data, schedule)) else { return };
            let Some(information) = trial.posed(information(data, schedule.snr(last))) else { return };
            let q = longhand::pushed_mixture(&schedule.marginal(last, 1), data);
            let distance =
                longhand::average(&q, |x| longhand::log_mixture(&q, x) - longhand::log_normal(x, 0.0, 1.0));
            trial.nats(bound.prior_matching, information + distance);
        })
}

fn every_step_loses_information() -> Claim {
    Claim::new("D11j", "0 ≤ I(x_0; x_t) ≤ I(x_0; x_{t-1}), and I(x_0; x_t) ≤ ½ log(1 + SNR(t) Var x_0)")
        .source("Guo, Shamai and Verdú 2005")
        .why(
            "x_t is made from x_{t-1} and fresh noise: it cannot know more of x_0 (data processing).\n\
             Of all data of one variance Gaussian data tell the most through Gaussian noise: mmse is below the linear error.",
        )
        .compares("informations by quadrature, one against the next and against the Gaussian formula")
        .inequality(1e-11, (problems::mixture(1), schedule(2..=5)), |(data, schedule), trial| {
            let at = |schedule: &Schedule, t| information(data, schedule.snr(t));
            for t in 2..=schedule.steps() {
                let Some((before, now)) = trial.posed(at(schedule, t - 1).and_then(|b| Ok((b, at(schedule, t)?)))) else {
                    return;
                };
                trial.at_most(1.0, 0.0, now);
                trial.at_most(1.0, now, before);
                let variance = longhand::mixture_variance(data);
                trial.at_most(1.0, now, 0.5 * (schedule.snr(t) * variance).ln_1p());
            }
        })
}
