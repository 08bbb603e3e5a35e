//! D14: the two settings whose exact variances are tabulated, and the mean of every form in them.

use std::sync::LazyLock;

use mhvae::Mhvae;
use ndarray::Array1;
use prob::ProbError;
use proptest::strategy::Just;
use vdm::Vdm;

use crate::Claim;
use crate::chains::{Chain, fifty_steps, six_steps};

/// The claims of this theme.
pub fn claims() -> Vec<Claim> {
    vec![
        means_of_a_setting(
            "D14a",
            "α = .95 .9 .85 .75 .6 .4, f_m = .9, f_v = 1.2",
            -1.3196,
            -2.9009,
            six_steps,
        ),
        means_of_a_setting(
            "D14b",
            "β = 1e-3 … .15 in 50 steps, f_m = .95, f_v = 1",
            -2.8036,
            -42.0666,
            fifty_steps,
        ),
    ]
}

/// A column of the table of means.
#[derive(Clone, Copy, Debug)]
enum Form {
    LogRatio,
    ConsistencyLogRatio,
    Consistency,
    ConsistencyAsPrinted,
    DenoisingLogRatio,
    Denoising,
}

impl Form {
    const ALL: [Self; 6] = [
        Self::LogRatio,
        Self::ConsistencyLogRatio,
        Self::Consistency,
        Self::ConsistencyAsPrinted,
        Self::DenoisingLogRatio,
        Self::Denoising,
    ];

    /// Its mean by the scalar formulas.
    fn scalar(self, model: &Vdm, x_0: &Array1<f64>) -> f64 {
        match self {
            Self::LogRatio => model.path(x_0),
            Self::ConsistencyLogRatio => model.three_variable(x_0).elbo(),
            Self::Consistency => model.consistency(x_0).elbo(),
            Self::ConsistencyAsPrinted => model.consistency_as_printed(x_0).elbo(),
            Self::DenoisingLogRatio => model.denoising_log_ratio(x_0).elbo(),
            Self::Denoising => model.denoising(x_0).elbo(),
        }
    }

    /// Its mean by the algebra of chains. Log-ratios have the mean of the terms that they become.
    fn general(self, chain: &Mhvae, x_0: &Array1<f64>) -> Result<f64, ProbError> {
        match self {
            Self::LogRatio => chain.elbo(x_0),
            Self::ConsistencyLogRatio | Self::Consistency => Ok(chain.consistency(x_0)?.elbo()),
            Self::ConsistencyAsPrinted => Ok(chain.consistency_as_printed(x_0)?.elbo()),
            Self::DenoisingLogRatio | Self::Denoising => Ok(chain.denoising(x_0)?.elbo()),
        }
    }
}

fn means_of_a_setting(id: &str, setting: &str, mean: f64, as_printed: f64, chain: fn() -> Chain) -> Claim {
    let statement = format!(
        "mean of every form = {mean} nats, of Luo (45) as printed {as_printed}, at x_0 = .8, p = N(f_m \
         √α_t x_t, f_v (1-α_t)), {setting}"
    );
    // Nothing here is random: the six forms are computed once for all cases.
    let forms = LazyLock::new(move || {
        let chain = chain();
        let general = chain.restricted();
        let both_routes =
            |form: Form| (form, form.scalar(&chain.model, &chain.x_0), form.general(&general, &chain.x_0));
        Form::ALL.map(both_routes)
    });
    Claim::new(id, statement)
        .source("Luo (41)")
        .source("Luo (58)")
        .source("notes 001 §3.7")
        .why("Every form is the bound but one (D7b); that one is too low by Σ_t m √α_{t+1} (1-α_t)/v (D6d).")
        .compares(
            "vdm's scalar formulas with the algebra of chains, and both with the table to its four decimals",
        )
        .identity(1e-10, Just(()), move |(), trial| {
            for (form, value, other) in forms.iter() {
                let tabulated = if matches!(form, Form::ConsistencyAsPrinted) { as_printed } else { mean };
                let Some(&other) = trial.posed(other.as_ref()) else { return };
                trial.nats(*value, other);
                trial.equal((1e4 * value).round(), (1e4 * tabulated).round());
            }
        })
}
