//! The decoded prior of an autoencoder and of a VAE, beside the data.

use std::error::Error;
use std::f64::consts::PI;

use montecarlo::{Estimate, MonteCarlo, Streams};
use ndarray::{Array2, aview1};
use neighbours::sampled_autoencoder::{decode_prior, resemblance};
use nn::{Training, Variance};
use plot::{Extent, Figure, Panel, Raster, Style, theme};
use prob::Mixture;
use toy::Preset;
use vae::{Objective, Vae, VaeLearner};

use crate::chapters::neighbour_report::{Page, Row, Theory};

const STEPS: usize = 6000;
const BATCH: usize = 64;
/// As wide as a mode across the circle.
const DECODER_VARIANCE: f64 = 0.04;
const DRAWN: usize = 600;
const SAMPLES: u64 = 50_000;
const REACH: f64 = 3.4;
/// Below the draws there is room for a line of text.
const FLOOR: f64 = 4.4;

fn trained(data: &Mixture, objective: Objective, streams: Streams) -> Result<Vae, nn::TrainingError> {
    let mut rng = streams.role("weights").rng(0);
    let vae = Vae::new(2, &[32, 32], 2, Variance::Fixed(DECODER_VARIANCE), &mut rng);
    let mut learner = VaeLearner { vae, objective };
    let training = Training { steps: STEPS, batch: BATCH, learning_rate: 3e-3, streams };
    training.run(
        &mut learner,
        2,
        |rng, x: &mut Array2<f64>| x.assign(&data.sample(BATCH, rng)),
        |_, _| (),
    )?;
    Ok(learner.vae)
}

/// Draws as points over the contours of the data, with the share that is far from every mode.
fn panel(title: &str, data: &Mixture, points: &Array2<f64>, strays: Estimate, color: plot::Color) -> Panel {
    let extent = Extent::square(REACH);
    let density = Raster::sample(96, 96, extent, |x, y| data.log_prob(&aview1(&[x, y])).exp());
    Panel::new(title)
        .x_label("$x_1$")
        .y_label("$x_2$")
        .equal_aspect()
        .no_grid()
        .x_range(-REACH, REACH)
        .y_range(-FLOOR, REACH)
        .contours(
            density,
            extent,
            [0.01, 0.2],
            Style::new(theme::GUIDE).width(0.5).label("data, density 0.2 and 0.01"),
        )
        .points(
            points.rows().into_iter().map(|p| (p[0], p[1])),
            Style::new(color).size(1.4).opacity(0.6).name(title),
        )
        .text((0.0, 0.5 - FLOOR), format!("{strays:.4} beyond 4 s.d."), Style::new(theme::TEXT))
}

/// Two models from the same start, and the data.
///
/// # Errors
/// If training diverges.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let data = Preset::Ring8.mixture();
    let plan = MonteCarlo::new(SAMPLES, streams.role("judge"));
    let mut figure = Figure::new(170.0, 78.0).columns(3).share_x().share_y();
    // The distance of a planar Gaussian to its own centre has the law of Rayleigh.
    let theory = (0.5 * PI).sqrt();
    // Modes this far apart hardly overlap: the entropy is that of one of them and of the choice between eight.
    let entropy: f64 = data.parts().map(|(weight, law)| weight * (law.entropy() - weight.ln())).sum();
    let own = resemblance(&data, |rng, n| data.sample(n, rng), &plan);
    let draws = data.sample(DRAWN, &mut streams.role("drawn").rng(0));
    figure.panel(panel("data", &data, &draws, own.strays, theme::TEXT));
    let mut rows = vec![
        Row::estimated("data: distance to the nearest mode (s.d.)", own.distance, theory),
        // Of the nearest mode, which may be another than its own.
        Row::estimated("data: share beyond 4 s.d.", own.strays, Theory::AtMost((-8f64).exp())),
        Row::estimated("data: mean log density, minus the entropy", own.log_density, -entropy),
    ];
    for (name, title, objective, color) in [
        ("autoencoder", "autoencoder, decoded prior", Objective::RECONSTRUCTION, theme::VERMILLION),
        ("VAE", "VAE, decoded prior", Objective::ELBO, theme::BLUE),
    ] {
        let vae = trained(&data, objective, streams)?;
        let found = resemblance(&data, |rng, n| decode_prior(&vae.decoder, n, rng), &plan);
        let draws = decode_prior(&vae.decoder, DRAWN, &mut streams.role("drawn").rng(1));
        figure.panel(panel(title, &data, &draws, found.strays, color));
        for (what, number) in [
            ("distance of decoded prior draws (s.d.)", found.distance),
            ("share beyond 4 s.d.", found.strays),
            ("mean log density of the data there", found.log_density),
        ] {
            rows.push(Row::estimated(format!("{name}: {what}"), number, Theory::Silent));
        }
    }
    Ok(Page { title: "the prior decoded, ring of eight", rows, figure })
}
