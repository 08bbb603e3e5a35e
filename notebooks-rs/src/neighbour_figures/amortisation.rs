//! The encoder's posterior, the best Gaussian one, and the exact one.

use std::error::Error;

use montecarlo::Streams;
use ndarray::{Array2, Axis, array};
use neighbours::amortisation::{Inference, Posterior, gaps, infer};
use nn::{Training, Variance};
use plot::{Figure, Panel, Style, theme};
use prob::Conditional;
use prob::diagonal::log_normal;
use toy::Preset;
use vae::{Objective, Vae, VaeLearner};

use super::curve;
use crate::neighbour_report::{Page, Row};

const STEPS: usize = 4000;
const BATCH: usize = 64;
const OBSERVATIONS: usize = 400;
const ASCENT: usize = 100;
const NODES: usize = 64;

/// A VAE with one latent on two moons, its decoder then fixed.
///
/// # Errors
/// If training diverges or an evidence cannot be found by quadrature.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let data = Preset::Moons.mixture();
    let vae = Vae::new(2, &[16], 1, Variance::Fixed(0.05), &mut streams.role("weights").rng(0));
    let mut learner = VaeLearner { vae, objective: Objective::ELBO };
    let training = Training { steps: STEPS, batch: BATCH, learning_rate: 5e-3, streams };
    training.run(
        &mut learner,
        2,
        |rng, x: &mut Array2<f64>| x.assign(&data.sample(BATCH, rng).0),
        |_, _| (),
    )?;
    let vae = learner.vae;
    let x = data.sample(OBSERVATIONS, &mut streams.role("observations").rng(0)).0;
    let found = infer(&vae, &x, ASCENT, NODES)?;
    let average = gaps(&found);

    // The observation whose gap between encoder and best answer is a tenth from the top.
    let gain = |i: &Inference| i.per_sample_bound - i.amortised_bound;
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|&a, &b| gain(&found[b]).total_cmp(&gain(&found[a])));
    let shown = order[OBSERVATIONS / 10];
    let mut figure = Figure::new(160.0, 66.0).columns(2);
    figure.panel(posteriors(&vae, &x.select(Axis(0), &[shown]), &found[shown])).panel(bounds(&found));
    let sum = average.amortisation.mean + average.approximation.mean;
    Ok(Page {
        name: "amortisation",
        title: "amortised and per-sample inference, two moons, averages in nats",
        rows: vec![
            Row::estimated("amortisation gap, ELBO(best q) - ELBO(encoder)", average.amortisation, 0.0),
            Row::estimated("approximation gap, log p(x) - ELBO(best q)", average.approximation, 0.0),
            Row::computed("inference gap, the sum of both", average.inference.mean, sum),
        ],
        figure,
    })
}

/// The three laws of the latent at one observation.
fn posteriors(vae: &Vae, x: &Array2<f64>, at: &Inference) -> Panel {
    let exact =
        |z: f64| (log_normal(z, 0.0) + vae.decoder.log_prob(x, &array![[z]])[0] - at.log_evidence).exp();
    let law = |q: Posterior| move |z: f64| log_normal(z - q.mean, q.log_var).exp();
    let (a, b) = (at.amortised, at.per_sample);
    let reach = |q: Posterior| [-5.0, 5.0].map(|k| q.mean + k * (0.5 * q.log_var).exp());
    let low = reach(a)[0].min(reach(b)[0]);
    let high = reach(a)[1].max(reach(b)[1]);
    Panel::new("the latent of one observation")
        .x_label("$z$")
        .y_label("density")
        .line(curve(low, high, exact), Style::new(theme::TEXT).width(2.2).label("$p(z|x)$"))
        .line(curve(low, high, law(b)), Style::new(theme::BLUE).label("best $q$"))
        .line(curve(low, high, law(a)), Style::new(theme::VERMILLION).label("encoder"))
        .key()
}

/// Both bounds against the evidence, observation by observation.
fn bounds(found: &[Inference]) -> Panel {
    let (low, high) = found.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), i| {
        (low.min(i.log_evidence), high.max(i.log_evidence))
    });
    let points =
        |f: fn(&Inference) -> f64| found.iter().map(move |i| (i.log_evidence, f(i))).collect::<Vec<_>>();
    Panel::new("two bounds for each observation")
        .x_label(r"$\log p(x)$ (nats)")
        .y_label("bound (nats)")
        .line([(low, low), (high, high)], Style::guide().name("log p(x)"))
        .points(points(|i| i.amortised_bound), Style::new(theme::VERMILLION).size(1.6).label("encoder"))
        .points(points(|i| i.per_sample_bound), Style::new(theme::BLUE).size(1.6).label("best $q$"))
        .key()
}
