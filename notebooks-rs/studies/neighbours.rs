//! # The neighbours: what stands around the VAE, each small and each against its theory
//!
//! A linear autoencoder and principal components; a denoising autoencoder and Tweedie's formula; autoencoder and VAE when the
//! prior is decoded; one encoder for all observations or the best answer for each; EM on a mixture and for probabilistic
//! PCA; maximum likelihood, ridge and weight decay; and `p(x)` by draws from the prior and by weighted draws.
//!
//! `cargo run --example neighbours` prints what was found beside what theory says, and draws a figure for each into
//! `figures/neighbours/`.

use std::error::Error;
use std::path::Path;

use figures::chapters::neighbour_report::table;
use figures::chapters::neighbours::{STUDIES, page};
use notebooks::progress;
use plot::Format;
use rayon::prelude::*;

const SEED: u64 = 2026;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let bar = progress::bar(STUDIES.len() as u64);
    let pages = STUDIES
        .par_iter()
        .map(|(name, _)| {
            let page = page(name, SEED);
            bar.inc(1);
            page
        })
        .collect::<Result<Vec<_>, _>>()?;
    bar.finish_and_clear();
    println!("{}", table(&pages));
    let folder = Path::new("figures/neighbours");
    for ((name, _), page) in STUDIES.iter().zip(&pages) {
        page.figure.save(folder, name, &Format::ALL)?;
    }
    println!("\n{} figures, each with its data as CSV, are in {}.", pages.len(), folder.display());
    Ok(())
}
