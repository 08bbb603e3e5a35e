//! D14: the two settings whose exact variances are tabulated, and the mean of every form in them.

use std::sync::LazyLock;

use estimators::Form;
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

/// The mean of a form by the scalar formulas.
fn scalar(form: Form, model: &Vdm, x_0: &Array1<f64>) -> f64 {
    match form {
        Form::LogRatio => model.path(x_0),
        Form::ConsistencyLogRatio => model.three_variable(x_0).elbo(),
        Form::Consistency => model.consistency(x_0).elbo(),
        Form::ConsistencyAsPrinted => model.consistency_as_printed(x_0).elbo(),
        Form::DenoisingLogRatio => model.denoising_log_ratio(x_0).elbo(),
        Form::Denoising => model.denoising(x_0).elbo(),
    }
}

/// Its mean by the algebra of chains. Log-ratios have the mean of the terms that they become.
fn general(form: Form, chain: &Mhvae, x_0: &Array1<f64>) -> Result<f64, ProbError> {
    match form {
        Form::LogRatio => Ok(chain.elbo(x_0)),
        Form::ConsistencyLogRatio | Form::Consistency => Ok(chain.consistency(x_0)?.elbo()),
        Form::ConsistencyAsPrinted => Ok(chain.consistency_as_printed(x_0).elbo()),
        Form::DenoisingLogRatio | Form::Denoising => Ok(chain.denoising(x_0)?.elbo()),
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
        let restricted = chain.restricted();
        let both_routes = |form: Form| {
            (form, scalar(form, &chain.model, &chain.x_0), general(form, &restricted, &chain.x_0))
        };
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
