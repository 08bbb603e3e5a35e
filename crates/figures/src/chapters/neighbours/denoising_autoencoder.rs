//! A network on its way to Tweedie's formula.

use std::error::Error;

use montecarlo::{MonteCarlo, Streams};
use ndarray::{Array2, array};
use neighbours::DenoisingAutoencoder;
use neighbours::denoising_autoencoder::{Tweedie, denoising_error};
use nn::Training;
use plot::{Color, Figure, Panel, Style, theme};
use prob::LinearGaussian;
use toy::Preset;

use super::curve;
use crate::chapters::neighbour_report::{Page, Row, Theory};

const NOISE: f64 = 0.5;
const BATCH: usize = 64;
const STEPS: [usize; 8] = [0, 30, 100, 300, 1000, 3000, 10_000, 30_000];
/// Which of them are drawn as curves.
const SHOWN: [(usize, Color); 3] = [(0, theme::GUIDE), (100, theme::ORANGE), (30_000, theme::BLUE)];
const SAMPLES: u64 = 50_000;
const REACH: f64 = 5.0;

/// One network after more and more steps.
///
/// # Errors
/// If training diverges.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let data = Preset::Trimodal.mixture();
    let best = Tweedie::new(&data, NOISE)?;
    let plan = MonteCarlo::new(SAMPLES, streams.role("judge"));
    let mut left = Vec::new();
    let mut curves = Panel::new("what the network answers")
        .x_label("noised $y$ (units of $x$)")
        .y_label("$f(y)$ (units of $x$)")
        .line(
            curve(-REACH, REACH, |y| best.denoise(&array![[y]])[[0, 0]]),
            Style::new(theme::TEXT).width(2.2).label("Tweedie"),
        );
    let mut last = None;
    for steps in STEPS {
        let mut model = DenoisingAutoencoder::new(1, &[24], NOISE, &mut streams.role("weights").rng(0));
        let training = Training { steps, batch: BATCH, learning_rate: 1e-2, streams };
        training.run(
            &mut model,
            1,
            |rng, x: &mut Array2<f64>| x.assign(&data.sample(BATCH, rng)),
            |_, _| (),
        )?;
        let found = denoising_error(&model, &data, &plan)?;
        left.push((steps, found.excess));
        if let Some((_, color)) = SHOWN.into_iter().find(|(shown, _)| *shown == steps) {
            let answers = curve(-REACH, REACH, |y| model.net.forward(&array![[y]])[[0, 0]]);
            let name = if steps >= 10_000 {
                format!("{} 000 steps", steps / 1000)
            } else {
                format!("{steps} steps")
            };
            curves = curves.line(answers, Style::new(color).label(name));
        }
        last = Some(found);
    }
    let found = last.ok_or("no training")?;
    let channel = LinearGaussian::isotropic(1, 1.0, NOISE * NOISE)?;
    let spread =
        |y: f64| data.posterior(&channel, &array![y]).map_or(f64::NAN, |law| law.covariance()[[0, 0]]);
    let breaks: Vec<f64> = (-8..=8).map(f64::from).collect();
    let least = prob::integrate(|y| best.noised.log_prob(&array![y]).exp() * spread(y), &breaks, 1e-10);
    let trained = left.iter().filter(|(steps, _)| *steps > 0);
    let excess = Panel::new("excess error, with one standard error")
        .x_label("steps of training")
        .y_label(r"$\mathrm{E}\,|f(y) - \mathrm{E}[x|y]|^2$ (squared units of $x$)")
        .x_log()
        .y_log()
        .error_bars(
            trained.map(|(steps, e)| (*steps as f64, e.mean, e.std_err)),
            Style::new(theme::BLUE).name("excess"),
        )
        .horizontal(least.value, Style::guide().label(r"$\mathrm{E}\,\mathrm{Var}(x|y)$"));
    let mut figure = Figure::new(160.0, 66.0).columns(2);
    figure.panel(curves).panel(excess);
    Ok(Page {
        title: "denoising autoencoder, trimodal data with noise ½",
        rows: vec![
            Row::estimated("least error, E Var(x|y)", found.least, least.value),
            Row::estimated("excess error before training", left[0].1, Theory::Silent),
            Row::estimated("excess error after 30 000 steps", found.excess, Theory::AtLeast(0.0)),
        ],
        figure,
    })
}
