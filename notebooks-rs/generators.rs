//! # Three neighbours of the VAE: a GAN, a VQ-VAE, and the scores that generators are given
//!
//! Each on toy data whose truth is known. The GAN: how close a trained discriminator comes to `p/(p + q)` and its value to
//! `2 JSD - log 4`, and which modes the generators of some seeds keep. The VQ-VAE: two moons in `K` codes, read as a VAE with
//! a one-hot posterior. The scores: what inception score and Fréchet distance say of generators with known faults.
//!
//! `cargo run --example generators` prints the tables and draws three figures into `figures/generators/`.

use std::error::Error;
use std::path::Path;

use neighbours::adversarial::GeneratorLoss;
use notebooks::{
    adversarial_study, generator_figures, generator_report, progress, quantised_study, score_study,
};
use plot::Format;

const SEED: u64 = 2026;

fn main() -> Result<(), Box<dyn Error>> {
    let parts =
        2 * adversarial_study::SEEDS as usize + quantised_study::CODES.len() + score_study::FAULTS.len();
    let bar = progress::bar(parts as u64);
    let done = || bar.inc(1);
    let still = adversarial_study::still(SEED)?;
    let played = adversarial_study::played(SEED, &done).map_err(|error| error.to_string())?;
    let quantised = quantised_study::study(SEED, &done).map_err(|error| error.to_string())?;
    let scores = score_study::study(SEED, &done).map_err(|error| error.to_string())?;
    bar.finish_and_clear();

    println!(
        "A DISCRIMINATOR against q = N(0, 4), data: trimodal (nats)\n{}",
        generator_report::still(&still)
    );
    println!(
        "\nA GAN on trimodal (shares ± one standard error; nats)\n{}",
        generator_report::played(&played)
    );
    for loss in GeneratorLoss::ALL {
        let covered: Vec<usize> =
            played.iter().filter(|run| run.loss == loss).map(adversarial_study::Played::covered).collect();
        let all = covered.iter().filter(|&&modes| modes == 3).count();
        println!(
            "{}: all three modes covered (at least {} of their weight, within {} standard deviations) for {all} of {} seeds.",
            loss.name(),
            adversarial_study::LEAST,
            adversarial_study::RADIUS,
            covered.len()
        );
    }
    println!(
        "\nA VQ-VAE on two moons, s² = {} (nats); the law of the data itself has {} nats\n{}",
        quantised_study::VARIANCE,
        quantised.data,
        generator_report::quantised(&quantised)
    );
    println!(
        "\nA CLASSIFIER of the eight modes of ring8: cross-entropy {:.4} nats on fresh data, Bayes' rule {:.4}",
        scores.cross_entropy, scores.bayes
    );
    println!("\nINCEPTION SCORE (from 1 to 8)\n{}", generator_report::inception(&scores));
    println!("\nFRÉCHET DISTANCE from the data\n{}", generator_report::frechet(&scores));

    let folder = Path::new("figures/generators");
    generator_figures::adversarial(&still, &played).save(folder, "gan", &Format::ALL)?;
    generator_figures::quantised(&quantised).save(folder, "vq_vae", &Format::ALL)?;
    generator_figures::scores(&scores).save(folder, "scores", &Format::ALL)?;
    println!("\n3 figures, each with its data as CSV, are in {}.", folder.display());
    Ok(())
}
