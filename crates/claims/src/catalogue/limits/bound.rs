//! The average bound with the best denoiser, and its limits.

use mhvae::Mhvae;
use ndarray::{Array1, array};
use prob::{Bound, GaussHermite, Gaussian, LinearGaussian, Mixture, ProbError};
use vdm::continuous::{average_bound, continuous_loss_along};
use vdm::{Channel, Schedule};

use super::{gentle_data, log_snr_path, normal_data, two_modes};
use crate::chains::schedule;
use crate::{Claim, longhand, problems};

/// The claims about the average bound.
pub(super) fn claims() -> Vec<Claim> {
    vec![
        gaussian_data_are_a_chain(),
        below_the_likelihood(),
        end_points_alone(),
        sum_tends_to_the_integral(),
        leading_error_is_known(),
        schedules_agree_in_the_limit(),
        rises_to_the_likelihood(),
        constant_noise_stays_short(),
    ]
}

/// The highest and the lowest log-SNR of the claims with fixed end points.
const ENDS: (f64, f64) = (4.0, -4.0);

/// The numbers of intervals at which rates are fitted.
const INTERVALS: [usize; 4] = [128, 256, 512, 1024];

/// `h(x_0)`, its density written out.
fn entropy(data: &Mixture) -> f64 {
    -longhand::average(data, |x| longhand::log_mixture(data, x))
}

fn gaussian_data_are_a_chain() -> Claim {
    Claim::new(
        "D11k",
        "average ELBO = -½ log 2π(1-α_1) - mmse(1)/(2(1-α_1)) - ½ (ᾱ_T (E x_0² - 1) - log(1-ᾱ_T)) - Σ ½ (SNR(t-1) - SNR(t)) mmse(t)",
    )
    .source("Luo (58), (109)-(110)")
    .source("Kingma 2021")
    .why(
        "Reverse N(μ_q(x_t, x̂_0), σ_q²) for t ≥ 2 and N(x̂_0(x_1), 1-α_1) at t = 1, x̂_0 = E[x_0|x_t].\n\
         Every matching term is a weighted squared error; the error of the best denoiser is mmse(t).",
    )
    .compares("every term by quadrature, against the joint-Gaussian algebra of mhvae on the chain with the linear denoiser, averaged over the data")
    .identity(1e-12, (schedule(2..=5), -2.0..2.0f64, problems::positive(1.0)), |(schedule, mean, variance), trial| {
        let data = problems::on_the_line(*mean, *variance);
        let Some(bound) = trial.posed(average_bound(&Mixture::from(data.clone()), schedule)) else { return };
        let Some(chain) = trial.posed(chain_of(&data, schedule)) else { return };
        let average = |term: &dyn Fn(Bound) -> f64| {
            // Every term is quadratic in x_0: four nodes are more than enough.
            GaussHermite::new(4).expectation(&data, |x| chain.denoising(x).map_or(f64::NAN, term))
        };
        trial.nats(bound.reconstruction, average(&|b| b.reconstruction));
        trial.nats(bound.prior_matching, average(&|b| b.prior_matching));
        for (i, &term) in bound.matching.iter().enumerate() {
            trial.nats(term, average(&|b| b.matching[i]));
        }
    })
}

/// The VDM of Gaussian data with the best denoiser as an MHVAE, its reverse steps made by Bayes' rule.
fn chain_of(data: &Gaussian, schedule: &Schedule) -> Result<Mhvae, ProbError> {
    let decoder = |t: usize| {
        let denoiser = schedule.marginal(t, 1).bayes(data)?;
        if t == 1 {
            return LinearGaussian::new(
                denoiser.weight().clone(),
                denoiser.bias().clone(),
                array![[schedule.beta(1)]],
            );
        }
        // q(x_{t-1} | x_t, x_0) is linear in x_0 too: its bias at 0 and at 1 tells how.
        let at = |x_0: f64| {
            schedule.step(t, 1).bayes(&schedule.marginal(t - 1, 1).given(&Array1::from_elem(1, x_0)))
        };
        let (origin, unit) = (at(0.0)?, at(1.0)?);
        let of_x_0 = unit.bias() - origin.bias();
        LinearGaussian::new(
            origin.weight() + denoiser.weight() * of_x_0[0],
            denoiser.bias() * &of_x_0,
            origin.covariance().clone(),
        )
    };
    let decoders = (1..=schedule.steps()).map(decoder).collect::<Result<_, _>>()?;
    Mhvae::new((1..=schedule.steps()).map(|t| schedule.step(t, 1)).collect(), decoders)
}

fn below_the_likelihood() -> Claim {
    Claim::new("D11l", "average ELBO ≤ E log q(x_0) = -h(x_0), for every schedule")
        .source("Luo (25)-(29)")
        .why(
            "E log p(x_0) = -h(x_0) - KL(q(x_0) ‖ p(x_0)), and each bound lies below its log p(x_0).\n\
             Even the best denoiser cannot pass the entropy of the data.",
        )
        .compares("the exact average bound against the entropy, each by quadrature")
        .inequality(1e-11, (gentle_data(), schedule(2..=5)), |(data, schedule), trial| {
            let Some(bound) = trial.posed(average_bound(data, schedule)) else { return };
            trial.at_most(1.0, bound.elbo(), -entropy(data));
        })
}

fn end_points_alone() -> Claim {
    Claim::new("D11m", "½ ∫ (-dSNR/dt) mmse dt depends on SNR(0) and SNR(1) alone")
        .source("Kingma 2021")
        .why(
            "SNR falls along any schedule, so it can serve as the variable: dSNR = (dSNR/dt) dt.\n\
             What is left is ½ ∫ mmse dSNR between the end points: the information lost between them (D11h).",
        )
        .compares("the loss along two random paths log SNR(t), by nested quadrature, against I(x_0; x) at one end point less that at the other")
        .identity(1e-11, (gentle_data(), -0.9..0.9f64, 0.5..2.0f64), |(data, bend, reach), trial| {
            let (high, low) = (*reach, -1.0);
            let path = |t: f64| {
                let (place, speed) = (t + bend * t * (1.0 - t), 1.0 + bend * (1.0 - 2.0 * t));
                (high + (low - high) * place, (low - high) * speed)
            };
            let wave = |t: f64| {
                let turn = std::f64::consts::TAU * t;
                let (place, speed) = (t - bend * turn.sin() / std::f64::consts::TAU, 1.0 - bend * turn.cos());
                (high + (low - high) * place, (low - high) * speed)
            };
            let information = |log_snr: f64| Channel::new(data, log_snr.exp()).and_then(|c| c.information());
            let lost = information(high).and_then(|start| Ok(start - information(low)?));
            let Some(lost) = trial.posed(lost) else { return };
            let Some(along_path) = trial.posed(continuous_loss_along(data, path)) else { return };
            let Some(along_wave) = trial.posed(continuous_loss_along(data, wave)) else { return };
            trial.nats(along_path, lost);
            trial.nats(along_wave, lost);
        })
}

/// The sum of the matching terms with the best denoiser of [`two_modes`], its log-SNRs at the places `shape` between
/// the [`ENDS`].
fn matching_sum(intervals: usize, shape: impl Fn(f64) -> f64) -> f64 {
    let schedule = log_snr_path(intervals + 1, ENDS.0, ENDS.1, shape);
    average_bound(&two_modes(), &schedule).map_or(f64::NAN, |bound| bound.matching.iter().sum())
}

/// What the sum tends to: the information lost between the [`ENDS`].
fn matching_limit() -> f64 {
    let [high, low] = [ENDS.0, ENDS.1].map(|end| {
        let information = Channel::new(&two_modes(), end.exp()).and_then(|channel| channel.information());
        information.unwrap_or(f64::NAN)
    });
    high - low
}

fn sum_tends_to_the_integral() -> Claim {
    Claim::new("D11n", "Σ ½ (SNR(t-1) - SNR(t)) mmse(t) - ½ ∫ mmse dSNR falls as 1/T at fixed end points")
        .source("Kingma 2021")
        .why(
            "mmse falls with SNR and is taken at the lower end of each interval: an upper Riemann sum.\n\
             Its excess is ½ Σ ½ (ΔSNR)² |mmse'| to leading order, T terms each of order 1/T².",
        )
        .compares("the fitted exponent of the excess of the sum over I(x_0; x_1) - I(x_0; x_T), for 128 to 1024 intervals even in log SNR")
        .rate(1.0, 0.02, |_| {
            let limit = matching_limit();
            INTERVALS.iter().map(|&n| (n as f64, matching_sum(n, |u| u) - limit)).collect()
        })
}

fn leading_error_is_known() -> Claim {
    Claim::new("D11o", "Σ matching - [I] = (h/4) (2 [I] - [SNR · mmse]) + O(h²), [·] between the end points, h the step of log SNR")
        .source("Kingma 2021")
        .source("Guo, Shamai and Verdú 2005")
        .why(
            "½ Σ ½ (ΔSNR)² |mmse'| → (h/4) ∫ SNR |mmse'| dSNR for steps even in log SNR.\n\
             By parts that is (h/4) (∫ mmse dSNR - [SNR · mmse]), and ∫ mmse dSNR = 2 [I].",
        )
        .compares("the fitted exponent, 2, of what the leading term leaves of the excess")
        .rate(2.0, 0.02, |_| {
            let (limit, leading) = (matching_limit(), leading_error(&two_modes(), ENDS));
            INTERVALS
                .iter()
                .map(|&n| {
                    let h = (ENDS.0 - ENDS.1) / n as f64;
                    (n as f64, (matching_sum(n, |u| u) - limit - h * leading).abs())
                })
                .collect()
        })
}

/// `¼ (2 [I] - [SNR · mmse])` between two log-SNRs, the higher first.
fn leading_error(data: &Mixture, (high, low): (f64, f64)) -> f64 {
    let at = |log_snr: f64| {
        let channel = Channel::new(data, log_snr.exp())?;
        Ok::<_, vdm::ChannelError>(2.0 * channel.information()? - log_snr.exp() * channel.mmse()?)
    };
    0.25 * (at(high).unwrap_or(f64::NAN) - at(low).unwrap_or(f64::NAN))
}

fn schedules_agree_in_the_limit() -> Claim {
    Claim::new("D11p", "the matching sums of two schedules with the same end points differ by O(1/T)")
        .source("Kingma 2021")
        .why("Both tend to the same integral, each at rate 1/T, with constants that depend on the schedule.")
        .compares("the fitted exponent of the difference between log-SNRs evenly spaced and spaced as u + 0.6 u (1-u)")
        .rate(1.0, 0.03, |_| {
            let difference = |n| matching_sum(n, |u| u + 0.6 * u * (1.0 - u)) - matching_sum(n, |u| u);
            INTERVALS.iter().map(|&n| (n as f64, difference(n).abs())).collect()
        })
}

fn rises_to_the_likelihood() -> Claim {
    Claim::new("D11q", "-h(x_0) - average ELBO → 0 as T grows and both end points are pushed out, as fast as (h/4)(2 [I] - [SNR · mmse])")
        .source("Kingma 2021")
        .why(
            "The gap is the two ends plus the excess of the sum over the integral.\n\
             With SNR(1) = T and SNR(T) = T^{-3/2} the ends, E KL(q(x_0|x_1) ‖ p(x_0|x_1)) and KL(q(x_T) ‖ p(x_T)), fall faster than 1/T.\n\
             The excess is the leading term of D11o: 1/T at fixed ends; here log²T / T, since h grows as log T / T and [I] as ½ log T.",
        )
        .compares("the fitted exponent of the whole gap against 1/leading term, for T = 256 to 2048")
        .rate(1.0, 0.03, |_| {
            let (data, entropy) = (two_modes(), entropy(&two_modes()));
            [256, 512, 1024, 2048]
                .iter()
                .map(|&steps: &usize| {
                    let log_steps = (steps as f64).ln();
                    let ends = (log_steps, -1.5 * log_steps);
                    let elbo = elbo(&data, &log_snr_path(steps, ends.0, ends.1, |u| u));
                    let h = (ends.0 - ends.1) / (steps - 1) as f64;
                    (1.0 / (h * leading_error(&data, ends)), -entropy - elbo)
                })
                .collect()
        })
}

/// The average bound; NaN, which no rate survives, where it cannot be had.
fn elbo(data: &Mixture, schedule: &Schedule) -> f64 {
    average_bound(data, schedule).map_or(f64::NAN, |bound| bound.elbo())
}

/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

fn constant_noise_stays_short() -> Claim {
    Claim::new("D11r", "with β_t = β = c/T the gap does not vanish: -h(x_0) - average ELBO = ½ γ - ¼ β log(1/β) + O(β), γ/2 = 0.2886 nats")
        .source("Kingma 2021")
        .source("Ho 2020")
        .why(
            "Near the data SNR(t) = 1/(β t), mmse = 1/SNR: term t is ½ (t/(t-1) - 1) = ½/(t-1), whatever T.\n\
             The information lost at that step is ½ log(t/(t-1)). Σ ½ (1/(t-1) - log(t/(t-1))) = ½ γ, γ Euler's constant.\n\
             So end points pushed out are not enough: log SNR must also move in small steps.\n\
             The next order, ¼ β log β, is that of Lambert's series Σ 1/(eᵇˢ - 1) = (γ - log b)/b + ¼ + ….",
        )
        .compares("the fitted exponent, 1, of what the two terms leave of the gap for standard normal data, c = 14, variance σ_q², T = 512 to 4096")
        .rate(1.0, 0.05, |_| {
            let data = normal_data(0.0, 1.0);
            [512, 1024, 2048, 4096]
                .iter()
                .map(|&steps: &usize| {
                    let beta = 14.0 / steps as f64;
                    let schedule = Schedule::from_alphas(&vec![1.0 - beta; steps]).expect("0 < α < 1");
                    let gap = -entropy(&data) - elbo(&data, &schedule);
                    (steps as f64, (gap - 0.5 * EULER - 0.25 * beta * beta.ln()).abs())
                })
                .collect()
        })
}
