//! # Sampling: how many evaluations of the denoiser does a sample cost?
//!
//! A diffusion model is trained with a thousand steps and sampled in as few as one can. Here the denoiser is exact, so that
//! whatever is wrong with the samples is the sampler's doing: ancestral sampling with both variances, DDIM with and without
//! noise, and two solvers of the second order, on steps chosen from a schedule of 1000.
//!
//! `cargo run --example sampling` prints how far the samples are from the data and draws two figures into
//! `figures/sampling/`.

use std::error::Error;
use std::path::Path;

use montecarlo::Streams;
use notebooks::sampler_study::{
    EVALUATIONS, Method, Point, Shown, Spacing, floors, in_the_plane, on_the_line, samples,
};
use notebooks::{progress, sampler_figures};
use plot::Format;
use toy::Preset;

const SEED: u64 = 2026;
const SHOWN: [usize; 3] = [5, 20, 100];
const SHOWN_SAMPLES: usize = 600;

fn main() -> Result<(), Box<dyn Error>> {
    let bar = progress::bar((Method::ALL.len() * EVALUATIONS.len()) as u64);
    let by_log_snr = on_the_line(Spacing::LogSnr, SEED)?;
    let by_time = on_the_line(Spacing::Time, SEED)?;
    let plane = in_the_plane(SEED, |done| bar.set_position(done as u64))?;
    bar.finish_and_clear();
    let floors = floors(SEED)?;
    table("bimodal, W1, steps even in log-SNR", &by_log_snr);
    table("bimodal, W1, steps even in t", &by_time);
    table("ring8, sliced W2", &plane[0]);
    table("ring8, energy distance", &plane[1]);
    println!(
        "Samples of the law itself are {:.4} away on the line (W1) and {:.4} in the plane (sliced W2).",
        floors.line, floors.sliced
    );

    let data = Preset::Ring8.mixture();
    let mut rows = Vec::new();
    for evaluations in SHOWN {
        let mut drawn = Vec::new();
        for method in Method::ALL {
            let (steps, streams) = (method.steps(evaluations), Streams::new(SEED).role("shown"));
            let x = samples(method, &data, steps, Spacing::LogSnr, SHOWN_SAMPLES, streams)?;
            drawn.push((method, x));
        }
        rows.push(Shown { evaluations, samples: drawn });
    }
    let folder = Path::new("figures/sampling");
    sampler_figures::distances([&by_log_snr, &by_time], &plane, floors).save(
        folder,
        "distances",
        &Format::ALL,
    )?;
    sampler_figures::samples(&rows).save(folder, "samples", &Format::ALL)?;
    println!("2 figures, each with its data as CSV, are in {}.", folder.display());
    Ok(())
}

/// One line for each method, one column for each number of evaluations.
fn table(title: &str, points: &[Point]) {
    println!("{title}\n  {:<16}{}", "evaluations", EVALUATIONS.map(|n| format!("{n:>18}")).concat());
    for method in Method::ALL {
        let cells = points.iter().filter(|point| point.method == method).map(|point| {
            let cell = match point.distance.std_err {
                0.0 => format!("{:.6}", point.distance.mean),
                _ => point.distance.to_string(),
            };
            format!("{cell:>18}")
        });
        println!("  {:<16}{}", method.to_string(), cells.collect::<String>());
    }
    println!();
}
