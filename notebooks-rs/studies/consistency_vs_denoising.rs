//! # Consistency against denoising: which estimator of the bound has the lower variance?
//!
//! "The denoising form takes its expectation over one random variable, so its variance is lower": so it is told. Every term
//! here is a quadratic of Gaussian variables, so the variances are known exactly, and the sentence can be checked: for the
//! consistency form as printed, as corrected, and for the denoising form, on one shared path, with every term on draws of
//! its own, and with one term at a random step.
//!
//! `cargo run --example consistency_vs_denoising` prints what was found and draws two figures into
//! `figures/consistency_vs_denoising/`.

use std::error::Error;
use std::path::Path;

use figures::chapters::estimators as pictures;
use figures::studies::estimators::{FORMS, STEPS, denoising_is_better, ladder, study};
use notebooks::progress;
use plot::Format;

const SEED: u64 = 2026;
const LADDER_STEPS: usize = 50;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let bar = progress::bar((STEPS.len() * FORMS.len()) as u64);
    let points = study(SEED, |done| bar.set_position(done as u64))?;
    bar.finish_and_clear();
    let [path, independent, one_step] = denoising_is_better(&points);
    println!(
        "Of {} numbers of steps from {} to {}, the denoising form has a lower variance than the corrected consistency form\n\
         at {path} on one shared path, at {independent} with every term on draws of its own, and at {one_step} with one term at a random step.",
        STEPS.len(),
        STEPS[0],
        STEPS[STEPS.len() - 1],
    );
    let printed: Vec<_> = points.iter().filter(|point| point.form == FORMS[0]).collect();
    if let [first, .., last] = printed.as_slice() {
        println!(
            "The form as printed is off the bound by {:.4} nats at T = {} and by {:.4} at T = {}.",
            first.bias, first.steps, last.bias, last.steps
        );
    }
    let rungs = ladder(LADDER_STEPS, SEED)?;
    println!(
        "\nVariance × evaluations of a term at T = {LADDER_STEPS}, relative to plain one step of the denoising form:"
    );
    for rung in &rungs {
        let how = rung.std_err.map_or("exact".to_owned(), |std_err| format!("Monte Carlo, ± {std_err:.4}"));
        println!("  {:<30}{:>8.4}  {how}", rung.scheme.name(), rung.work);
    }
    let folder = Path::new("figures/consistency_vs_denoising");
    pictures::consistency_vs_denoising(&points).save(folder, "consistency_vs_denoising", &Format::ALL)?;
    pictures::ladder(&rungs).save(folder, "ladder", &Format::ALL)?;
    println!("\n2 figures, each with its data as CSV, are in {}.", folder.display());
    Ok(())
}
