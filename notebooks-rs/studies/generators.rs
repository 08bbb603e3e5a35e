//! # Three neighbours of the VAE: a GAN, a VQ-VAE, and the scores that generators are given
//!
//! Each on toy data whose truth is known. The GAN: how close a trained discriminator comes to `p/(p + q)` and its value to
//! `2 JSD - log 4`, and how many of the generators learn the data. The VQ-VAE: two moons in `K` codes, read as a VAE with a
//! one-hot posterior. The scores: what inception score and Fréchet distance say of generators with known faults.
//!
//! `cargo run --example generators` prints the tables and draws four figures into `figures/generators/`.

use std::error::Error;
use std::path::Path;

use figures::chapters::{generator_report, generators as pictures};
use figures::studies::{adversarial, quantised, scores};
use neighbours::adversarial::GeneratorLoss;
use notebooks::progress;
use plot::Format;

const SEED: u64 = 2026;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let parts = 2 * adversarial::SEEDS as usize + quantised::CODES.len() + 1 + scores::FAULTS.len();
    let bar = progress::bar(parts as u64);
    let done = || bar.inc(1);
    let still = adversarial::still(SEED)?;
    let played = adversarial::played(SEED, &done)?;
    let quantised = quantised::study(SEED, &done)?;
    let scores = scores::study(SEED, &done)?;
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
        quantised::VARIANCE,
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
        scores::PAIRS,
        scores::ROWS,
        generator_report::frechet(&scores)
    );

    let folder = Path::new("figures/generators");
    let figures = [
        ("discriminator", pictures::discriminator::figure(&still, &played)),
        ("gan", pictures::adversarial::figure(&played)),
        ("vq_vae", pictures::quantised::figure(&quantised)),
        ("scores", pictures::scores::figure(&scores)),
    ];
    for (name, figure) in &figures {
        figure.save(folder, name, &Format::ALL)?;
    }
    println!("\n4 figures, each with its data as CSV, are in {}.", folder.display());
    Ok(())
}
