//! # Training: how close do learned models come to the truth?
//!
//! A VAE, a hierarchical VAE and a diffusion model are trained on toy mixtures. For a mixture the best bound there could be,
//! `E log p(x)`, is known, and so is the best denoiser, so that what a model lacks is a number.
//!
//! `cargo run --example training` prints it and draws four figures into `figures/training/`, in a good minute of processor
//! time. VAE, hierarchical VAE (T = 2) and diffusion model (T = 1000) see 512 thousand examples each, the diffusion models of
//! the comparison of parameterisations 160 thousand each.

use std::error::Error;
use std::path::Path;

use distances::sliced;
use figures::chapters::training as pictures;
use figures::studies::denoiser;
use figures::studies::parameterisations::{self, GOAL, Gaps, Variant};
use figures::studies::training::{self, Bounded, Story, Way};
use learned::Toy;
use montecarlo::{Estimate, Streams};
use notebooks::progress;
use plot::Format;
use rayon::prelude::*;
use toy::Preset;

const SEED: u64 = 2026;
/// Mixtures of the story, and of the comparison of parameterisations.
const STORIES: [Preset; 3] = [Preset::Bimodal, Preset::Ring8, Preset::Moons];
const COMPARED: [Preset; 2] = [Preset::Bimodal, Preset::Ring8];
/// Samples of each model, and directions of their distance to the data.
const SAMPLES: usize = 2000;
const DIRECTIONS: usize = 16;
/// Samples of the data themselves, which show what chance leaves.
const OWN: u64 = 20;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let streams = Streams::new(SEED);
    let story_steps = STORIES.len() * training::STEPS.iter().sum::<usize>();
    let compared_steps = COMPARED.len() * Variant::all().len() * parameterisations::STEPS;
    let bar = progress::bar((story_steps + compared_steps) as u64);
    let heard = |steps| bar.inc(steps);

    // Every model is trained on one thread, several of them at a time.
    let (stories, gaps): (Result<Vec<_>, _>, Result<Vec<_>, _>) = rayon::join(
        || STORIES.par_iter().map(|&preset| Story::new(preset, streams, &heard)).collect(),
        || COMPARED.par_iter().map(|&preset| parameterisations::gaps(preset, streams, &heard)).collect(),
    );
    let (stories, gaps) = (stories?, gaps?);
    let bounded: Vec<_> = stories[..2].iter().map(|story| (&story.toy, story.bounds(streams))).collect();
    let line = &stories[0];
    let vdm = &line.vdm.model;
    let levels = denoiser::levels(&line.toy, &vdm.denoiser)?;
    let ends = (vdm.levels.start(), vdm.levels.end());
    let errors = denoiser::errors(&line.toy, &vdm.denoiser, ends, streams.role("errors"))?;
    let mut drawn = Vec::new();
    for story in &stories[1..] {
        let streams = streams.role("samples").role(story.toy.preset().name());
        let mut ways = Vec::new();
        for way in Way::ALL {
            let x = story.samples(way, SAMPLES, streams.role(&format!("{way:?}")));
            let distance = sliced::to_law(&x, story.toy.mixture(), DIRECTIONS)?;
            ways.push((way, x, distance));
        }
        drawn.push((story.toy.preset(), ways, own_samples(story, streams)?));
    }
    bar.finish_and_clear();

    println!("The ELBO after training, nats");
    for (toy, models) in &bounded {
        bounds(toy, models);
    }
    println!("\nThe gap of the ELBO for each coordinate, nats; the goal is {GOAL}");
    for found in &gaps {
        parameterisations(found);
    }
    println!(
        "\nbimodal: mean squared error of the denoiser\n  log-SNR        exact               learned   difference"
    );
    for (k, (log_snr, found)) in errors.learned.iter().enumerate().step_by(4) {
        let (least, excess) = (errors.least[2 * k].1, errors.excess[2 * k].1);
        println!("  {log_snr:>7.1}{least:>13.6}{:>22}{excess:>13.6}", found.to_string());
    }
    println!("\nSliced W2 between {SAMPLES} samples and the data");
    for (preset, ways, (mean, largest)) in &drawn {
        for (way, _, distance) in ways {
            println!("  {:<9}{:<24}{:>18}", preset.to_string(), way.name(), distance.to_string());
        }
        println!(
            "  {:<9}{:<24}{mean:>9.4}   the largest of {OWN}: {largest:.4}",
            preset.to_string(),
            "its own samples"
        );
    }

    let folder = Path::new("figures/training");
    let save = |figure: plot::Figure, name| figure.save(folder, name, &Format::ALL);
    save(pictures::bounds(&bounded), "bound_along_training")?;
    save(pictures::denoiser(&levels, &errors), "denoiser")?;
    save(pictures::parameterisations(&gaps), "parameterisations")?;
    let shown: Vec<_> = drawn.into_iter().map(|(preset, ways, _)| (preset, ways)).collect();
    save(pictures::samples(&shown), "samples")?;
    println!("4 figures, each with its data as CSV, are in {}.", folder.display());
    Ok(())
}

/// The three bounds of a story beside the truth.
fn bounds(toy: &Toy, models: &[Bounded; 3]) {
    let truth = toy.log_likelihood();
    println!("  {:<9}{:<8}{truth:>12.4}", toy.preset().to_string(), "data");
    for Bounded { name, elbo, .. } in models {
        let below = Estimate { mean: truth - elbo.mean, ..*elbo };
        println!("  {:<9}{name:<8}{:>21}   below the truth by {below}", "", elbo.to_string());
    }
}

/// A line for each prediction, a column for each loss.
fn parameterisations(found: &Gaps) {
    println!("  {:<20}{:>20}{:>20}{:>20}", found.preset.to_string(), "ELBO", "simple loss", "exact denoiser");
    for (column, name) in Variant::COLUMNS.iter().enumerate() {
        let gap = |simple| {
            let is_it = |variant: &Variant| variant.column() == column && variant.is_simple() == simple;
            let gap = found.learned.iter().find(|(variant, _)| is_it(variant));
            gap.map_or("–".to_owned(), |(_, gap)| gap.to_string())
        };
        let note = if column == 5 {
            let (start, end) = found.exact_on_learned.1;
            format!("   log-SNR from {start:.2} to {end:.2}")
        } else {
            String::new()
        };
        let exact = found.exact_in(column).to_string();
        let name = name.replace('$', "").replace("x_0", "x₀");
        println!("  {name:<20}{:>20}{:>20}{exact:>20}{note}", gap(false), gap(true));
    }
}

/// The distance between the data and as many of its own samples: the mean over some draws, and the largest.
fn own_samples(story: &Story, streams: Streams) -> Result<(f64, f64), distances::DistanceError> {
    let streams = streams.role("own");
    let own = |k: u64| {
        let x = story.toy.draw(&mut streams.rng(k), SAMPLES);
        sliced::to_law(&x, story.toy.mixture(), DIRECTIONS).map(|distance| distance.mean)
    };
    let own = (0..OWN).into_par_iter().map(own).collect::<Result<Vec<f64>, _>>()?;
    Ok((own.iter().sum::<f64>() / OWN as f64, own.into_iter().fold(0.0, f64::max)))
}
