//! # Sampling: how many evaluations of the denoiser does a sample cost?
//!
//! A diffusion model is trained with a thousand steps and sampled in as few as one can: by ancestral sampling with either
//! variance, by DDIM with and without noise, by two solvers of the second order, on steps chosen from a schedule of 1000. With
//! the exact denoiser whatever is wrong with the samples is the sampler's doing. With a learned one there is a floor under it
//! that no number of steps goes below: what the denoiser has not learned.
//!
//! `cargo run --example sampling` trains two denoisers, prints how far the samples are from the data, and draws three figures
//! into `figures/sampling/`. `distances_all.csv` beside them has every number.

use std::error::Error;
use std::path::Path;

use figures::chapters::samplers as pictures;
use figures::studies::sampler_curves::{self, Curves};
use figures::studies::samplers::{
    Denoiser, METHODS, Shown, Spacing, WITHOUT_NOISE, in_the_plane, learn, on_the_line, samples, steps,
};
use montecarlo::Streams;
use notebooks::progress;
use plot::Format;
use toy::Preset;
use vdm::Method;

const SEED: u64 = 2026;
const SHOWN_SAMPLES: usize = 600;

fn main() -> Result<(), Box<dyn Error>> {
    let bar = progress::bar(4);
    bar.set_message("two denoisers are trained");
    let (line, plane) = (learn(Preset::Bimodal, SEED)?, learn(Preset::Ring8, SEED)?);
    let denoisers = |net| [Denoiser::Exact, Denoiser::Learned(net)];
    bar.set_message("samples are measured");

    let mut rows = Vec::new();
    let [exact, learned] = denoisers(&line.net).map(|denoiser| {
        bar.inc(1);
        on_the_line(&METHODS, denoiser, Spacing::LogSnr, SEED)
    });
    rows.push([exact?, learned?]);
    let [exact, learned] = denoisers(&plane.net).map(|denoiser| {
        bar.inc(1);
        in_the_plane(denoiser, Spacing::LogSnr, SEED)
    });
    let ([sliced, energy], [sliced_learned, energy_learned]) = (exact?, learned?);
    rows.extend([[sliced, sliced_learned], [energy, energy_learned]]);
    let spaced = Spacing::ALL.map(|spacing| on_the_line(&WITHOUT_NOISE, Denoiser::Exact, spacing, SEED));
    let spaced = spaced.into_iter().collect::<Result<Vec<_>, _>>()?;
    bar.finish_and_clear();

    for curves in rows.iter().flatten().chain(&spaced[1..]) {
        print(curves);
    }
    println!(
        "The learned denoisers lose {} (bimodal) and {} nats (ring8) of the bound to the exact one.",
        line.lost, plane.lost
    );

    let data = Preset::Ring8.mixture();
    let [exact, learned] = denoisers(&plane.net);
    let mut shown = Vec::new();
    for (title, evaluations, denoiser) in [
        ("5 evaluations", 5, exact),
        ("20 evaluations", 20, exact),
        ("100 evaluations", 100, exact),
        ("100, learned", 100, learned),
    ] {
        let draw = |method: Method| {
            let at = (steps(method, evaluations), Spacing::LogSnr);
            let x = samples(method, denoiser, &data, at, SHOWN_SAMPLES, Streams::new(SEED).role("shown"));
            x.map(|x| (method, x))
        };
        let samples = METHODS.into_iter().map(draw).collect::<Result<_, _>>()?;
        shown.push(Shown { title: title.to_owned(), samples });
    }
    let folder = Path::new("figures/sampling");
    pictures::distances(&rows).save(folder, "distances", &Format::ALL)?;
    pictures::spacings(&spaced).save(folder, "spacings", &Format::ALL)?;
    pictures::samples(&shown).save(folder, "samples", &Format::ALL)?;
    let all = sampler_curves::table(rows.iter().flatten().chain(&spaced[1..]));
    plot::write_whole(&folder.join("distances_all.csv"), all.as_bytes())?;
    println!("3 figures, each with its data as CSV, are in {}.", folder.display());
    Ok(())
}

/// One line for each method, one column for each number of evaluations.
fn print(curves: &Curves) {
    let Curves { data, denoiser, spacing, distance, floor, points } = curves;
    println!("{data}, {denoiser}, {}, steps {spacing}", distance.name());
    let evaluations = curves.evaluations();
    println!("  {:<16}{}", "evaluations", evaluations.iter().map(|n| format!("{n:>20}")).collect::<String>());
    for method in METHODS {
        let cells = points.iter().filter(|point| point.method == method).map(|point| {
            let cell = match point.distance.std_err {
                0.0 => format!("{:.6}", point.distance.mean),
                _ => point.distance.to_string(),
            };
            format!("{cell:>20}")
        });
        let cells = cells.collect::<String>();
        if !cells.is_empty() {
            println!("  {:<16}{cells}", method.to_string());
        }
    }
    if *floor > 0.0 && points.iter().any(|point| point.distance.std_err > 0.0) {
        println!("  samples of the data {floor:.4}");
    }
    println!();
}
