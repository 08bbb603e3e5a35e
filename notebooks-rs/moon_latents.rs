//! # Moon latents: what each term of the ELBO is for
//!
//! An encoder that has seen full moons and half moons should be able to make a three-quarter moon: that is how the
//! story is told. Here it is tried. Three models of the same shape are trained from the same initial weights
//!
//! (a) on the reconstruction term only, (b) on the prior matching term only, (c) on both, the ELBO,
//!
//! with two data sets: full and half moons with a small jitter, and all phases except a gap about three quarters.
//! Then each walks through its latent space from the code of the half moon to that of the full moon, and every picture
//! on the way is judged: is it a moon, or a pixel blend of two moons, which is none?
//!
//! `cargo run --example moon_latents` prints the tables and draws the figures into `figures/moon_latents/`.

use std::error::Error;
use std::path::Path;

use figures::chapters::moon_report;
use figures::chapters::moons as pictures;
use figures::studies::experiment::{Experiment, Trained};
use figures::studies::walk::Judge;
use figures::studies::{moon_sets, moons};
use montecarlo::Streams;
use ndarray::Array2;
use notebooks::progress;
use plot::{Figure, Format};
use rayon::prelude::*;
use toy::{MoonPhase, TwoMoons};

const SEED: u64 = 2026;
const EXAMPLES: usize = 600;

fn main() -> Result<(), Box<dyn Error>> {
    let streams = Streams::new(SEED);
    let moon = MoonPhase::default();
    let (points, labels) =
        TwoMoons::new(0.08)?.sample_labelled(EXAMPLES, &mut streams.role("two moons").rng(0));
    let phases = [moon_sets::full_and_half(EXAMPLES, streams), moon_sets::all_but_a_gap(EXAMPLES, streams)];
    let experiments = [
        moons::experiment("full and half moons", moon.images(&phases[0])?, streams),
        moons::experiment("all phases but a gap", moon.images(&phases[1])?, streams),
        Experiment {
            name: "two moons",
            data: points,
            hidden: vec![64, 64],
            latent_dim: 2,
            decoder_variance: 0.02,
            steps: 4000,
            streams,
        },
    ];
    let models = train(&experiments)?;

    let judge = Judge::new(moon.clone());
    println!(
        "Half-way between the half and the full moon lies the three-quarter moon; the nearest pixel blend of the two\n\
         is {:.3} away from it (root-mean-square grey, 0 to 1). Closer than {:.3} counts as close.",
        judge.contrast(),
        judge.close()
    );
    let mut drawn = Vec::new();
    for ((experiment, models), phases) in experiments.iter().zip(&models).zip(&phases) {
        let walks = moons::walks(&judge, models, experiment);
        headline(experiment);
        println!("{}\n{}", moon_report::terms(models), moon_report::pictures(&walks));
        moon_report::findings(&judge, &walks).iter().for_each(|found| println!("- {found}"));
        let file = experiment.name.replace(' ', "_");
        drawn.push((
            format!("{file}_latents"),
            pictures::latent_spaces(models, &experiment.data, phases, "lit fraction"),
        ));
        drawn.push((format!("{file}_strip"), pictures::strips(&judge, &walks, moon.size())?));
        drawn.push((format!("{file}_distances"), pictures::distances(&judge, &walks)));
        drawn.push((format!("{file}_training"), pictures::training(models)));
    }

    let (experiment, models) = (&experiments[2], &models[2]);
    let made: Vec<_> = models.iter().map(|model| reconstruct_and_sample(model, experiment)).collect();
    headline(experiment);
    println!("{}", moon_report::terms(models));
    println!(
        "Root-mean-square distance to the nearest arc:\n{}",
        moon_report::arcs(models, &experiment.data, &made)
    );
    drawn.push(("two_moons".to_owned(), pictures::point_models(models, &experiment.data, &labels, &made)));
    drawn.push(("two_moons_training".to_owned(), pictures::training(models)));
    save(&drawn)
}

/// All experiments at once, a bar over all mini-batches.
fn train(experiments: &[Experiment]) -> Result<Vec<Vec<Trained>>, nn::TrainingError> {
    let bar = progress::bar(experiments.iter().map(|e| e.total_steps() as u64).sum());
    let models = experiments
        .par_iter()
        .map(|experiment| {
            experiment.run(&|objective, bound| {
                bar.inc(1);
                if bar.position().is_multiple_of(50) {
                    bar.set_message(format!(
                        "{}, {objective}: reconstruction {:.1}, prior matching {:.2} nats",
                        experiment.name, bound.reconstruction, bound.prior_matching
                    ));
                }
            })
        })
        .collect();
    bar.finish_and_clear();
    models
}

/// The means that the decoder gives to encoded data, and to as many draws from the prior.
fn reconstruct_and_sample(model: &Trained, experiment: &Experiment) -> (Array2<f64>, Array2<f64>) {
    let codes = model.vae.encoder.mean(&experiment.data);
    (model.vae.decoder.mean(&codes), moons::from_prior(model, experiment, experiment.data.nrows()))
}

fn headline(experiment: &Experiment) {
    println!(
        "\n{} ({} examples; terms in nats, ± one standard error)",
        experiment.name.to_uppercase(),
        experiment.data.nrows()
    );
}

fn save(drawn: &[(String, Figure)]) -> Result<(), Box<dyn Error>> {
    let folder = Path::new("figures/moon_latents");
    drawn.par_iter().try_for_each(|(name, figure)| figure.save(folder, name, &Format::ALL).map(|_| ()))?;
    println!("\n{} figures, each with its data as CSV, are in {}.", drawn.len(), folder.display());
    Ok(())
}
