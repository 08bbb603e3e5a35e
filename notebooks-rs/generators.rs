//! # Three neighbours of the VAE: a GAN, a VQ-VAE, and the scores that generators are given
//!
//! Each on toy data whose truth is known. The GAN: how close a trained discriminator comes to `p/(p + q)` and its value to
//! `2 JSD - log 4`, and how many of the generators learn the data. The VQ-VAE: two moons in `K` codes, read as a VAE with a
//! one-hot posterior. The scores: what inception score and Fréchet distance say of generators with known faults.
//!
//! `cargo run --example generators` prints the tables and draws four figures into `figures/generators/`.

use std::error::Error;
use std::path::Path;

use neighbours::adversarial::GeneratorLoss;
use notebooks::{
    adversarial_study, generator_figures, generator_report, progress, quantised_study, score_study,
};
use plot::Format;

const SEED: u64 = 2026;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let parts =
        2 * adversarial_study::SEEDS as usize + quantised_study::CODES.len() + 1 + score_study::FAULTS.len();
    let bar = progress::bar(parts as u64);
    let done = || bar.inc(1);
    let still = adversarial_study::still(SEED)?;
    let played = adversarial_study::played(SEED, &done)?;
    let quantised = quantised_study::study(SEED, &done)?;
    let scores = score_study::study(SEED, &done)?;
    bar.finish_and_clear();

    println!(
        "A DISCRIMINATOR against q = N(0, 4), data: trimodal (nats)\n{}",
        generator_report::still(&still)
    );
    println!(
        "\nA GAN on trimodal (shares ± one standard error; nats)\n{}",
        generator_report::coverage(&played)
    );
    for loss in GeneratorLoss::ALL {
        println!("{}", generator_report::learned(loss, &played));
    }
    println!(
        "\nDISCRIMINATORS of these generators, by quadrature (nats)\n{}",
        generator_report::values(&played)
    );
    println!(
        "\nA VQ-VAE on two moons, s² = {} (nats); the law of the data itself has {} nats\n{}",
        quantised_study::VARIANCE,
        quantised.data,
        generator_report::quantised(&quantised)
    );
    println!(
        "\nA CLASSIFIER of the eight modes of ring8: cross-entropy {} nats on fresh data, {} above Bayes' rule, which has {:.4} \
         by quadrature",
        scores.cross_entropy, scores.excess, scores.bayes
    );
    println!("\nINCEPTION SCORE (from 1 to 8)\n{}", generator_report::inception(&scores));
    println!(
        "\nFRÉCHET DISTANCE from the data, over {} pairs of {} draws each\n{}",
        score_study::PAIRS,
        score_study::ROWS,
        generator_report::frechet(&scores)
    );

    let folder = Path::new("figures/generators");
    let figures = [
        ("discriminator", generator_figures::discriminator::figure(&still, &played)),
        ("gan", generator_figures::generators::figure(&played)),
        ("vq_vae", generator_figures::quantised::figure(&quantised)),
        ("scores", generator_figures::scores::figure(&scores)),
    ];
    for (name, figure) in &figures {
        figure.save(folder, name, &Format::ALL)?;
    }
    println!("\n4 figures, each with its data as CSV, are in {}.", folder.display());
    Ok(())
}
