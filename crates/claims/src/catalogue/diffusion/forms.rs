//! D5–D8: every form of the bound, by the scalar formulas of `vdm` and by the algebra of chains in `mhvae`.

use ndarray::{Array1, Array2};
use prob::{Bound, LinearGaussian, ProbError};
use proptest::prelude::*;
use vae::LinearVae;
use vdm::{Reverse, Vdm};

use crate::chains::{Chain, block, chain, path_law};
use crate::problems::vector;
use crate::{Claim, Trial};

/// The claims of this theme.
pub fn claims() -> Vec<Claim> {
    vec![
        three_variable_form(),
        bridge(),
        consistency_form(),
        printed_form(),
        printed_excess(),
        consistency_is_denoising(),
        denoising_form(),
        all_forms_are_the_bound(),
        evidence(),
        lower_bound(),
        one_step_is_the_vae(),
    ]
}

/// Two bounds term by term.
fn compare(trial: &mut Trial, left: &Bound, right: &Bound) {
    trial.that(left.matching.len() == right.matching.len(), "as many matching terms");
    trial.nats(left.reconstruction, right.reconstruction);
    trial.nats(left.prior_matching, right.prior_matching);
    left.matching.iter().zip(&right.matching).for_each(|(&l, &r)| trial.nats(l, r));
}

fn three_variable_form() -> Claim {
    Claim::new(
        "D5",
        "ELBO = E log p(x_0|x_1) + E log p(x_T)/q(x_T|x_{T-1}) + Σ_{t=1}^{T-1} E log \
         p(x_t|x_{t+1})/q(x_t|x_{t-1})",
    )
    .source("Luo (44)")
    .source("notes 001 §3.3")
    .why(
        "Pair each reverse factor with the forward factor of the same variable.\n\
         Nothing is approximated: the sum of the logarithms is only written in another order.",
    )
    .compares(
        "vdm's log-ratios term by term with mhvae's bridges averaged over both neighbours, and their sum \
         with the log-ratio of the whole path",
    )
    .identity(1e-10, chain(1..=8), |chain, trial| {
        let (general, bound) = (chain.restricted(), chain.model.three_variable(&chain.x_0));
        let Some(by_terms) = trial.posed(general.consistency(&chain.x_0)) else { return };
        let whole = general.elbo(&chain.x_0);
        compare(trial, &bound, &by_terms);
        trial.nats(bound.elbo(), whole);
    })
}

fn bridge() -> Claim {
    let problem = chain(2..=8).prop_flat_map(|chain| {
        let (d, steps) = (chain.x_0.len(), chain.model.steps());
        (1..steps, vector(d, 2.0), vector(d, 2.0))
            .prop_map(move |(t, below, above)| (chain.clone(), t, below, above))
    });
    Claim::new(
        "D6a",
        "q(x_t|x_{t-1}, x_{t+1}) = N((√α_t (1-α_{t+1}) x_{t-1} + √α_{t+1} (1-α_t) x_{t+1})/c, \
         (1-α_t)(1-α_{t+1})/c I), c = 1 - α_t α_{t+1}",
    )
    .source("Luo (45), corrected")
    .why(
        "The precisions add: 1/(1-α_t) + α_{t+1}/(1-α_{t+1}) = (1 - α_t α_{t+1})/((1-α_t)(1-α_{t+1})).\n\
         The weight of x_{t+1} is not 0: x_t is not independent of what it becomes.",
    )
    .compares("vdm's closed form with the joint law of the whole path, conditioned on both neighbours")
    .identity(1e-10, problem, |(chain, t, below, above), trial| {
        let (schedule, x_0, d) = (chain.model.schedule(), &chain.x_0, chain.x_0.len());
        let path = path_law(schedule, x_0);
        // x_0 is known to the path already.
        let lower = if *t == 1 { Vec::new() } else { block(t - 1, d) };
        let values: Array1<f64> = below.iter().take(lower.len()).chain(above).copied().collect();
        let around: Vec<usize> = lower.into_iter().chain(block(t + 1, d)).chain(block(*t, d)).collect();
        let Some(around) = trial.posed(path.marginal(&around)) else { return };
        let seen: Vec<usize> = (0..values.len()).collect();
        let Some(law) = trial.posed(around.condition(&seen, &values)) else { return };
        let bridge = schedule.bridge(*t);
        let below = if *t == 1 { x_0 } else { below };
        trial.arrays(1.0, &(below * bridge.of_below + above * bridge.of_above), law.mean());
        trial.covariances(&(Array2::eye(d) * bridge.variance), law.covariance());
    })
}

fn consistency_form() -> Claim {
    Claim::new(
        "D6b",
        "term t of Luo (44) = -E [KL(r ‖ p(x_t|x_{t+1})) - KL(r ‖ q(x_t|x_{t-1}))], r = q(x_t|x_{t-1}, \
         x_{t+1})",
    )
    .source("Luo (45), corrected")
    .source("notes 001 §3.3")
    .why(
        "Average log p/q over x_t given both neighbours first; that law is the bridge r.\n\
         E_r log p/q = E_r log p/r - E_r log q/r = -KL(r ‖ p) + KL(r ‖ q).",
    )
    .compares(
        "vdm's scalar divergences with mhvae's quadratics, and with vdm's log-ratios of Luo (44), term by \
         term",
    )
    .identity(1e-10, chain(1..=8), |chain, trial| {
        let bound = chain.model.consistency(&chain.x_0);
        let Some(general) = trial.posed(chain.restricted().consistency(&chain.x_0)) else { return };
        compare(trial, &bound, &general);
        compare(trial, &bound, &chain.model.three_variable(&chain.x_0));
    })
}

fn printed_form() -> Claim {
    Claim::new(
        "D6c",
        "E KL(q(x_t|x_{t-1}) ‖ p(x_t|x_{t+1})), the term of Luo (45) as printed, in closed form",
    )
    .source("Luo (45), as printed")
    .why(
        "The divergence of N(√α_t x_{t-1}, (1-α_t) I) from N(m x_{t+1} + b, v I) is a quadratic of two \
         neighbours of x_t.\n\
         It is a number like any other; it only is no term of the bound (R1).",
    )
    .compares("vdm's scalar formula with mhvae's quadratics, term by term")
    .identity(1e-10, chain(1..=8), |chain, trial| {
        let bound = chain.model.consistency_as_printed(&chain.x_0);
        compare(trial, &bound, &chain.restricted().consistency_as_printed(&chain.x_0));
    })
}

fn printed_excess() -> Claim {
    Claim::new(
        "D6d",
        "printed term t of Luo (45) - true term t = d m √α_{t+1} (1-α_t)/v, where p(x_t|x_{t+1}) = N(m \
         x_{t+1} + b, v I)",
    )
    .source("Luo (45), as printed")
    .source("notes 001 §3.3")
    .why(
        "Both are E|x_t - m x_{t+1} - b|²/(2v) and the same constants, but printed (45) draws x_t afresh \
         given x_{t-1}.\n\
         What is lost is -2m Cov(x_t, x_{t+1}|x_{t-1}) = -2m √α_{t+1} (1-α_t) in each coordinate, over \
         2v.",
    )
    .compares("the difference of the two forms, by vdm and by mhvae, with the formula")
    .identity(1e-10, chain(2..=8), |chain, trial| {
        let (model, x_0) = (&chain.model, &chain.x_0);
        let general = chain.restricted();
        let Some(true_terms) = trial.posed(general.consistency(x_0)) else { return };
        let printed = general.consistency_as_printed(x_0);
        let (schedule, reverse) = (model.schedule(), model.reverse());
        let routes = [(model.consistency_as_printed(x_0), model.consistency(x_0)), (printed, true_terms)];
        for t in 1..model.steps() {
            let (m, v) = (reverse.scale(t + 1), reverse.variance(t + 1));
            let excess = x_0.len() as f64 * m * schedule.alpha(t + 1).sqrt() * (1.0 - schedule.alpha(t)) / v;
            for (printed, true_terms) in &routes {
                let (printed, true_term) = (printed.matching[t - 1], true_terms.matching[t - 1]);
                trial.at(printed.abs().max(true_term.abs()).max(1.0), printed - true_term, excess);
            }
        }
    })
}

fn consistency_is_denoising() -> Claim {
    Claim::new(
        "D6e",
        "Σ consistency terms - Σ denoising terms = KL(q(x_T|x_0) ‖ p(x_T)) - E KL(q(x_T|x_{T-1}) ‖ \
         p(x_T)): equal as bounds, not as sums",
    )
    .source("Luo (45), corrected")
    .source("Luo (58)")
    .source("notes 001 §3.7")
    .why(
        "Both bounds are the same number with the same reconstruction term.\n\
         So their sums differ by what their prior terms differ, which is not 0 for T > 1.",
    )
    .compares("vdm's bridges with mhvae's posteriors")
    .identity(1e-10, chain(1..=8), |chain, trial| {
        let consistency = chain.model.consistency(&chain.x_0);
        let Some(denoising) = trial.posed(chain.restricted().denoising(&chain.x_0)) else { return };
        let sum = |bound: &Bound| bound.matching.iter().sum::<f64>();
        let scale = sum(&consistency).abs().max(sum(&denoising)).max(1.0);
        let priors = denoising.prior_matching - consistency.prior_matching;
        trial.at(scale, sum(&consistency) - sum(&denoising), priors);
    })
}

fn denoising_form() -> Claim {
    Claim::new(
        "D7a",
        "ELBO = E log p(x_0|x_1) - KL(q(x_T|x_0) ‖ p(x_T)) - Σ_{t=2}^T E KL(q(x_{t-1}|x_t, x_0) ‖ \
         p(x_{t-1}|x_t))",
    )
    .source("Luo (58)")
    .source("notes 001 §3")
    .why(
        "Divide the path by D3c instead of factor by factor.\n\
         Each ratio p(x_{t-1}|x_t)/q(x_{t-1}|x_t, x_0), averaged over x_{t-1} first, is minus a \
         divergence.",
    )
    .compares("vdm's scalar formulas with mhvae's posteriors and quadratics, term by term, and with Luo (57)")
    .identity(1e-10, chain(1..=8), |chain, trial| {
        let bound = chain.model.denoising(&chain.x_0);
        let Some(general) = trial.posed(chain.restricted().denoising(&chain.x_0)) else { return };
        compare(trial, &bound, &general);
        compare(trial, &bound, &chain.model.denoising_log_ratio(&chain.x_0));
    })
}

fn all_forms_are_the_bound() -> Claim {
    Claim::new("D7b", "Luo (41) = (44) = (45) corrected = (57) = (58), each with its own prior term")
        .source("Luo (41)")
        .source("Luo (58)")
        .why(
            "All are E_q log p(x_{0:T})/q(x_{1:T}|x_0), grouped in different ways and averaged in different \
             order.",
        )
        .compares(
            "the five sums of vdm with the log-ratio of the whole path, averaged by mhvae over the joint law",
        )
        .identity(1e-10, chain(1..=8), |chain, trial| {
            let whole = chain.restricted().elbo(&chain.x_0);
            let (model, x_0) = (&chain.model, &chain.x_0);
            trial.nats(model.path(x_0), whole);
            trial.nats(model.three_variable(x_0).elbo(), whole);
            trial.nats(model.consistency(x_0).elbo(), whole);
            trial.nats(model.denoising_log_ratio(x_0).elbo(), whole);
            trial.nats(model.denoising(x_0).elbo(), whole);
        })
}

fn evidence() -> Claim {
    Claim::new(
        "D7c",
        "p(x_0) = N(m_0, s_0 I) with m_{t-1} = scale_t m_t + bias_t, s_{t-1} = scale_t² s_t + v_t, m_T = \
         0, s_T = 1",
    )
    .source("notes 001 §3")
    .why("Each reverse step is linear with Gaussian noise, so it takes N(m, s I) to such a law.")
    .compares("vdm's scalar recursion with mhvae's evidence")
    .identity(1e-11, chain(1..=8), |chain, trial| {
        trial.nats(chain.model.log_evidence(&chain.x_0), chain.restricted().log_evidence(&chain.x_0));
    })
}

fn lower_bound() -> Claim {
    Claim::new(
        "D7d",
        "ELBO ≤ log p(x_0), with equality for the exact reversal N(√α_t x_t, (1-α_t) I) and p(x_0|x_1) \
         the same",
    )
    .source("Luo (58)")
    .source("notes 001 §3")
    .why(
        "The gap is KL(q(x_{1:T}|x_0) ‖ p(x_{1:T}|x_0)).\n\
         Standard normal data make the chain stationary, and each step is then its own reversal: the gap \
         is 0.",
    )
    .compares("vdm's denoising form with vdm's evidence, for any reverse model and for the exact one")
    .inequality(1e-11, chain(1..=8), |chain, trial| {
        let (model, x_0) = (&chain.model, &chain.x_0);
        let evidence = model.log_evidence(x_0);
        trial.at_most(evidence.abs().max(1.0), model.denoising(x_0).elbo(), evidence);
        let exact = Reverse::from_schedule(model.schedule(), x_0.len(), 1.0, 1.0);
        let Some(exact) = trial.posed(exact) else { return };
        let Some(exact) = trial.posed(Vdm::new(model.schedule().clone(), exact)) else { return };
        trial.nats(exact.denoising(x_0).elbo(), exact.log_evidence(x_0));
    })
}

fn one_step_is_the_vae() -> Claim {
    Claim::new(
        "D8",
        "T = 1: no matching term is left, and the bound is that of the VAE with z = x_1, term by term",
    )
    .source("Luo (19)")
    .source("Luo (58)")
    .why(
        "For T = 1 both sums are empty.\n\
         q(x_1|x_0) = N(√α_1 x_0, (1-α_1) I) is the encoder, p(x_0|x_1) the decoder, p(x_1) the prior.",
    )
    .compares("vdm's three forms at T = 1 with both terms of vae's linear model")
    .identity(1e-11, chain(1..=1), |chain, trial| {
        let Some(vae) = trial.posed(as_vae(chain)) else { return };
        let (model, x_0) = (&chain.model, &chain.x_0);
        let expected = vae.bound(x_0);
        for form in [model.denoising(x_0), model.consistency(x_0), model.three_variable(x_0)] {
            compare(trial, &form, &expected);
        }
    })
}

/// The VAE with the first step as its encoder and the first reverse step as its decoder.
fn as_vae(chain: &Chain) -> Result<LinearVae, ProbError> {
    let (schedule, reverse, d) = (chain.model.schedule(), chain.model.reverse(), chain.x_0.len());
    let encoder = LinearGaussian::isotropic(d, schedule.alpha(1).sqrt(), 1.0 - schedule.alpha(1))?;
    let weight = Array2::eye(d) * reverse.scale(1);
    let decoder =
        LinearGaussian::new(weight, reverse.bias(1).to_owned(), Array2::eye(d) * reverse.variance(1))?;
    LinearVae::new(encoder, decoder)
}
