//! D9 and D10: what may be predicted, what an error of it costs, and how each prediction gives the others.

use ndarray::{Array1, Array2};
use prob::GaussHermite;
use proptest::prelude::*;
use vdm::{Parameterisation, Reverse, Schedule, Vdm};

use crate::chains::{Chain, Coefficients, Step, chain, isotropic, restricted, schedule, step};
use crate::claim::ClaimText;
use crate::{Claim, longhand};

/// The claims of this theme.
pub fn claims() -> Vec<Claim> {
    vec![
        equal_variances(),
        clean_weight(),
        noise_weight(),
        score_weight(),
        velocity_weight(),
        conversions(),
        other_variances(),
        continuous_weights(),
        unweighted_noise_loss(),
        even_log_snr(),
    ]
}

/// `KL(q(x_{t-1}|x_t, x_0) ‖ N(mean, variance I))`, both laws and the divergence written out.
fn divergence(step: &Step, mean: Array1<f64>, variance: f64) -> f64 {
    longhand::divergence(&step.coefficients().posterior(&step.x_t(), &step.x_0), &isotropic(mean, variance))
}

fn equal_variances() -> Claim {
    Claim::new("D9a", "KL(q(x_{t-1}|x_t, x_0) ‖ N(μ_θ, σ_q² I)) = |μ_θ - μ_q|²/(2σ_q²)")
        .source("Luo (87)-(92)")
        .source("notes 001 §3")
        .why("With equal covariances trace and determinants cancel and only the means are left.")
        .compares("vdm's posterior mean and weight with the full divergence of two Gaussians")
        .identity(1e-10, step(), |step, trial| {
            let (t, x_t, schedule) = (step.t, step.x_t(), &step.schedule);
            let mean = schedule.posterior_mean(t, &x_t, &step.x_0) + &step.error;
            let variance = schedule.posterior_variance(t);
            let weighted = schedule.weight(t, Parameterisation::Mean) * step.error.dot(&step.error);
            trial.nats(weighted, divergence(step, mean.clone(), variance));
            trial.nats(weighted, schedule.matching(t, &x_t, &step.x_0, &mean, variance));
        })
}

/// `KL = weight |error|²`, where `clean` says which `x_0` the wrong prediction of `step` amounts to.
fn weight_claim(claim: ClaimText, prediction: Parameterisation, clean: fn(&Step) -> Array1<f64>) -> Claim {
    claim.identity(1e-10, step(), move |step, trial| {
        let coefficients = step.coefficients();
        let mean = coefficients.posterior_mean(&step.x_t(), &clean(step));
        let weight = step.schedule.weight(step.t, prediction);
        trial.nats(
            weight * step.error.dot(&step.error),
            divergence(step, mean, coefficients.posterior_variance()),
        );
    })
}

fn clean_weight() -> Claim {
    Claim::new("D9b", "KL = w |x_θ - x_0|², w = ᾱ_{t-1} (1-α_t)²/(1-ᾱ_t)²/(2σ_q²) = (SNR(t-1) - SNR(t))/2")
        .source("Luo (95)-(99)")
        .source("Luo (109)-(110)")
        .why(
            "μ_θ - μ_q = √ᾱ_{t-1} (1-α_t)/(1-ᾱ_t) (x_θ - x_0).\n\
             Put in σ_q² and use 1-α_t = (ᾱ_{t-1} - ᾱ_t)/ᾱ_{t-1}.",
        )
        .compares(
            "vdm's two weights with the full divergence, its laws by adding precisions, and with the \
             difference of two ratios",
        )
        .identity(1e-10, step(), |step, trial| {
            let (schedule, coefficients) = (&step.schedule, step.coefficients());
            let mean = coefficients.posterior_mean(&step.x_t(), &(&step.x_0 + &step.error));
            let by_divergence = divergence(step, mean, coefficients.posterior_variance());
            let square = step.error.dot(&step.error);
            let weight = schedule.weight(step.t, Parameterisation::Clean);
            trial.nats(weight * square, by_divergence);
            // The difference of two large ratios loses what their size is above its own.
            let ratio = coefficients.before / (1.0 - coefficients.before);
            trial.at(ratio, schedule.snr_weight(step.t), 0.5 * coefficients.snr_drop());
            trial.equal(schedule.snr_weight(step.t), weight);
        })
}

fn noise_weight() -> Claim {
    let claim = Claim::new("D9c", "KL = w |ε_θ - ε|², w = (1-α_t)²/((1-ᾱ_t) α_t)/(2σ_q²)")
        .source("Luo (115)-(130)")
        .source("Ho 2020")
        .why("x_0 = (x_t - √(1-ᾱ_t) ε)/√ᾱ_t, so an error of ε is one of x_0 times -√(1-ᾱ_t)/√ᾱ_t.")
        .compares("vdm's weight with the full divergence, at the x_0 that the wrong noise implies");
    weight_claim(claim, Parameterisation::Noise, |step| {
        let here = step.coefficients().here;
        (step.x_t() - (&step.eps + &step.error) * (1.0 - here).sqrt()) / here.sqrt()
    })
}

fn score_weight() -> Claim {
    let claim = Claim::new("D9d", "KL = w |s_θ - ∇ log q(x_t|x_0)|², w = (1-α_t)²/α_t/(2σ_q²)")
        .source("Luo (133)")
        .source("Luo (151)")
        .why("x_0 = (x_t + (1-ᾱ_t) s)/√ᾱ_t by Tweedie, and s = -ε/√(1-ᾱ_t).")
        .compares("vdm's weight with the full divergence, at the x_0 that the wrong score implies");
    weight_claim(claim, Parameterisation::Score, |step| {
        let here = step.coefficients().here;
        let score = &step.eps / -(1.0 - here).sqrt() + &step.error;
        (step.x_t() + score * (1.0 - here)) / here.sqrt()
    })
}

fn velocity_weight() -> Claim {
    let claim = Claim::new(
        "D9e",
        "KL = w |v_θ - v|², v = √ᾱ_t ε - √(1-ᾱ_t) x_0, w = ᾱ_{t-1} (1-α_t)²/(1-ᾱ_t)/(2σ_q²)",
    )
    .source("Salimans and Ho 2022")
    .why("x_0 = √ᾱ_t x_t - √(1-ᾱ_t) v, so an error of v is one of x_0 times -√(1-ᾱ_t).")
    .compares("vdm's weight with the full divergence, at the x_0 that the wrong velocity implies");
    weight_claim(claim, Parameterisation::Velocity, |step| {
        let here = step.coefficients().here;
        let velocity = &step.eps * here.sqrt() - &step.x_0 * (1.0 - here).sqrt() + &step.error;
        step.x_t() * here.sqrt() - velocity * (1.0 - here).sqrt()
    })
}

fn conversions() -> Claim {
    Claim::new("D9f", "given x_t, each of x_0, ε, v, ∇ log q(x_t|x_0) and μ_q gives all the others")
        .source("Luo (95)-(99)")
        .source("Luo (115)-(130)")
        .source("Luo (133)")
        .why("x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε is one equation between x_0 and ε; the others are linear in both.")
        .compares(
            "vdm's 25 conversions with the five quantities by definition: the score as that of a Gaussian, \
             μ_q by adding precisions",
        )
        .identity(1e-10, step(), |step, trial| {
            let (coefficients, x_t, d) = (step.coefficients(), step.x_t(), step.x_0.len());
            let (signal, noise) = (coefficients.here.sqrt(), (1.0 - coefficients.here).sqrt());
            let law = isotropic(&step.x_0 * signal, noise * noise);
            let quantity = |prediction| match prediction {
                Parameterisation::Clean => step.x_0.clone(),
                Parameterisation::Noise => step.eps.clone(),
                Parameterisation::Velocity => &step.eps * signal - &step.x_0 * noise,
                Parameterisation::Score => law.score(&x_t),
                Parameterisation::Mean => coefficients.posterior_mean(&x_t, &step.x_0),
            };
            for from in Parameterisation::ALL {
                for to in Parameterisation::ALL {
                    let converted = step.schedule.convert(step.t, &x_t, from, &quantity(from), to);
                    let expected = quantity(to);
                    trial.that(converted.len() == d, "as many coordinates");
                    trial.arrays(expected.fold(1.0, |m: f64, e| m.max(e.abs())), &converted, &expected);
                }
            }
        })
}

fn other_variances() -> Claim {
    Claim::new(
        "D9g",
        "KL(q(x_{t-1}|x_t, x_0) ‖ N(μ_θ, s I)) = |μ_θ - μ_q|²/(2s) + d/2 (σ_q²/s - 1 - log(σ_q²/s))",
    )
    .source("Luo (86)")
    .source("Ho 2020")
    .why(
        "Trace and determinants of Luo (86) no longer cancel.\n\
         At s = 1-α_t, the other usual choice, they are a constant of every step that the bound needs.",
    )
    .compares("vdm's matching term with the full divergence, at s = 1-α_t and at any s")
    .identity(1e-10, (step(), 0.05..3.0), |(step, variance), trial| {
        let (t, x_t) = (step.t, step.x_t());
        let mean = step.schedule.posterior_mean(t, &x_t, &step.x_0) + &step.error;
        for variance in [*variance, 1.0 - step.schedule.alpha(t)] {
            let closed = step.schedule.matching(t, &x_t, &step.x_0, &mean, variance);
            trial.nats(closed, divergence(step, mean.clone(), variance));
        }
    })
}

fn continuous_weights() -> Claim {
    Claim::new(
        "D9h",
        "weight at t = (e^Δ - 1) w(λ_t), Δ = λ_{t-1} - λ_t the fall of the log-SNR; w = SNR/2 for x_0, ½ \
         for ε, ᾱ/2 for v, (1-ᾱ)/2 for the score",
    )
    .source("Kingma 2021")
    .why(
        "(SNR(t-1) - SNR(t))/2 = (e^Δ - 1) SNR(t)/2, and |x_0 error|² = |ε error|²/SNR = |v error|² \
         (1-ᾱ).\n\
         As the steps become fine (e^Δ - 1)/Δ → 1: w(λ) is the weight in continuous time, per unit of \
         log-SNR.",
    )
    .compares(
        "vdm's weights of the steps with vdm's weights in continuous time, at log-SNR from the product \
         that defines ᾱ",
    )
    .identity(1e-10, step(), |step, trial| {
        let coefficients = step.coefficients();
        let log_snr = |alpha_bar: f64| (alpha_bar / (1.0 - alpha_bar)).ln();
        let here = log_snr(coefficients.here);
        let fall = (log_snr(coefficients.before) - here).exp_m1();
        let with_a_limit = Parameterisation::ALL.map(|p| (p, p.continuous_weight(here)));
        for (prediction, continuous) in with_a_limit {
            if let Some(continuous) = continuous {
                trial.equal(step.schedule.weight(step.t, prediction), fall * continuous);
            }
        }
        trial
            .that(with_a_limit.iter().filter(|(_, w)| w.is_some()).count() == 4, "four weights have a limit");
    })
}

/// A chain of two to six steps whose reverse variances are `σ_q²` from `t = 2` on.
fn with_posterior_variances() -> impl Strategy<Value = Chain> {
    chain(2..=6).prop_map(|chain| {
        let (schedule, reverse) = (chain.model.schedule(), chain.model.reverse());
        let steps = 1..=schedule.steps();
        let scale = steps.clone().map(|t| reverse.scale(t)).collect();
        let variance =
            steps.map(|t| if t == 1 { 1.0 } else { Coefficients::of(schedule, t).posterior_variance() });
        let bias = Array2::from_shape_fn((schedule.steps(), reverse.dim()), |(i, j)| reverse.bias(i + 1)[j]);
        let reverse = Reverse::new(scale, bias, variance.collect()).expect("positive variances");
        let model = Vdm::new(schedule.clone(), reverse).expect("as many steps");
        Chain { model, ..chain }
    })
}

fn unweighted_noise_loss() -> Claim {
    Claim::new(
        "D10a",
        "E|ε - ε_θ(x_t)|² = E KL_t · 2σ_q² (1-ᾱ_t) α_t/(1-α_t)²: the unweighted noise loss is a \
         reweighted ELBO",
    )
    .source("Ho 2020")
    .source("Luo (115)-(130)")
    .why(
        "Divide the matching term by its weight (D9c).\n\
         The factor is 2/(SNR(t-1)/SNR(t) - 1): it favours steps at which the log-SNR falls little.",
    )
    .compares(
        "mhvae's matching terms times vdm's factor with the noise error averaged by quadrature, the \
         reverse mean read as a noise prediction",
    )
    .identity(1e-10, with_posterior_variances(), |chain, trial| {
        let (schedule, reverse, x_0) = (chain.model.schedule(), chain.model.reverse(), &chain.x_0);
        let Some(bound) = trial.posed(restricted(schedule, reverse).denoising(x_0)) else { return };
        // Two nodes average a polynomial of degree 3 exactly.
        let rule = GaussHermite::new(2);
        for t in 2..=schedule.steps() {
            let here = Coefficients::of(schedule, t).here;
            let law = isotropic(x_0 * here.sqrt(), 1.0 - here);
            let loss = rule.expectation(&law, |x_t| {
                let eps = (&x_t.view() - x_0 * here.sqrt()) / (1.0 - here).sqrt();
                let mean = reverse.mean(t, x_t);
                let predicted =
                    schedule.convert(t, x_t, Parameterisation::Mean, &mean, Parameterisation::Noise);
                let error = predicted - eps;
                error.dot(&error)
            });
            trial.nats(bound.matching[t - 2] * schedule.simple_factor(t), loss);
        }
    })
}

fn even_log_snr() -> Claim {
    let problem = (2usize..=50, -10.0..0.0, 0.5..20.0_f64);
    Claim::new(
        "D10b",
        "2σ_q² (1-ᾱ_t) α_t/(1-α_t)² = 2/(SNR(t-1)/SNR(t) - 1): where the log-SNR falls evenly the \
         unweighted noise loss is the ELBO's matching sum but for a constant",
    )
    .source("Ho 2020")
    .source("Kingma 2021")
    .why("σ_q² (1-ᾱ_t) = (1-α_t)(1-ᾱ_{t-1}) and SNR(t-1)/SNR(t) - 1 = (1-α_t)/(α_t (1-ᾱ_{t-1})).")
    .compares(
        "vdm's factor with the ratio of two signal-to-noise ratios on random schedules, and on even ones \
         with 2/(e^Δ - 1)",
    )
    .identity(1e-10, (schedule(2..=8), problem), |(schedule, (steps, last, range)), trial| {
        for t in 2..=schedule.steps() {
            let coefficients = Coefficients::of(schedule, t);
            let snr = |alpha_bar: f64| alpha_bar / (1.0 - alpha_bar);
            trial.equal(
                schedule.simple_factor(t),
                2.0 / (snr(coefficients.before) / snr(coefficients.here) - 1.0),
            );
        }
        let even = Schedule::from_log_snr_end_points(*steps, last + range, *last);
        let Some(even) = trial.posed(even) else { return };
        let fall: f64 = range / (steps - 1) as f64;
        for t in 2..=*steps {
            trial.equal(even.simple_factor(t), 2.0 / fall.exp_m1());
        }
    })
}
