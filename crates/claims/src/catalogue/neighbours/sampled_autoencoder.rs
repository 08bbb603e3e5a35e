//! N3: autoencoder and VAE when the prior is decoded.

use montecarlo::{MonteCarlo, Streams};
use neighbours::sampled_autoencoder::{Resemblance, decode_prior, reconstruct, resemblance};
use nn::{Training, TrainingError, Variance};
use proptest::prelude::*;
use toy::Preset;
use vae::{Objective, Vae, VaeLearner};

use crate::judge::Sampled;
use crate::problems::conditional_on_the_line;
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![decoded_draws_are_judged_by_the_exact_density(), the_autoencoder_strays()]
}

fn decoded_draws_are_judged_by_the_exact_density() -> Claim {
    Claim::new(
        "N3a",
        "decoding z ~ N(0, 1) by N(vz + a, r) and averaging log p_data(x') estimates ∫ N(x'; a, v² + r) log p_data(x') dx'",
    )
    .source("this project")
    .why("The decoded prior is the evidence of the model, N(a, v² + r), whatever its data are.")
    .compares("2¹⁸ draws judged by the mixture `trimodal` with an adaptive quadrature, densities written out")
    .law(|run, streams| {
        let data = Preset::Trimodal.mixture();
        let test = |(v, a, r): (f64, f64, f64), role| {
            let decoder = conditional_on_the_line(v, a, r);
            let plan = MonteCarlo::new(1 << 18, streams.role(role));
            let found = resemblance(&data, |rng, n| decode_prior(&decoder, n, rng), &plan);
            let exact = longhand::integral(&longhand::breaks([(a, v * v + r)]), |x| {
                longhand::log_normal(x, a, v * v + r).exp() * longhand::log_mixture(&data, x)
            });
            Sampled::mean(run, &found.log_density, exact)
        };
        vec![test((0.3, -1.5, 0.1), "left"), test((0.4, 0.8, 0.05), "right")]
    })
}

/// Decoded prior and reconstructions of a model trained on `bimodal`.
fn trained(objective: Objective) -> Result<[Resemblance; 2], TrainingError> {
    let data = Preset::Bimodal.mixture();
    let vae = Vae::new(1, &[16], 1, Variance::Fixed(0.01), &mut Streams::new(3).rng(0));
    let mut learner = VaeLearner { vae, objective };
    let training = Training { steps: 800, batch: 32, learning_rate: 1e-2, streams: Streams::new(4) };
    training.run(&mut learner, 1, |rng, x| x.assign(&data.sample(32, rng)), |_, _| ())?;
    let Vae { encoder, decoder } = learner.vae;
    let plan = MonteCarlo::new(1 << 14, Streams::new(5));
    let decoded = resemblance(&data, |rng, n| decode_prior(&decoder, n, rng), &plan);
    let returned = |rng: &mut _, n| reconstruct(&encoder, &decoder, &data.sample(n, rng), rng);
    Ok([decoded, resemblance(&data, returned, &plan)])
}

fn the_autoencoder_strays() -> Claim {
    Claim::new(
        "N3b",
        "trained without KL a network (16 units, weights of seed 3, batches of seed 4) reconstructs, and its decoded prior strays from the data; with KL the decoded prior stays",
    )
    .source("notes 004")
    .why("B13: nothing tells the codes where the prior is, so that draws of it fall between them and decode to no data.")
    .compares(
        "distances to the nearest mode of `bimodal` of decoded prior and reconstructions of both, apart by 6 standard errors",
    )
    .inequality(0.0, Just(()), |(), trial| {
        let Some([decoded, returned]) = trial.posed(trained(Objective::RECONSTRUCTION)) else { return };
        let Some([with_kl, _]) = trial.posed(trained(Objective::ELBO)) else { return };
        let apart = |one: montecarlo::Estimate, other: montecarlo::Estimate| {
            one.mean + 6.0 * one.std_err.hypot(other.std_err)
        };
        for nearer in [returned, with_kl] {
            trial.at_most(1.0, apart(nearer.distance, decoded.distance), decoded.distance.mean);
            trial.at_most(1.0, apart(nearer.strays, decoded.strays), decoded.strays.mean);
        }
    })
}
