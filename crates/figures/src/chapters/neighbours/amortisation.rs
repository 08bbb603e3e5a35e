//! The encoder's posterior, the best Gaussian one, and the exact one.

use std::error::Error;

use montecarlo::Streams;
use ndarray::{Array2, Axis, array};
use neighbours::amortisation::{Inference, Posterior, gaps, infer};
use nn::training::rows_of;
use nn::{Training, Variance};
use plot::{Align, Figure, Panel, Style, theme};
use prob::Conditional;
use prob::diagonal::log_normal;
use toy::TwoMoons;
use vae::{Objective, Vae, VaeLearner};

use super::curve;
use crate::chapters::neighbour_report::{Page, Row, Theory};

const STEPS: usize = 4000;
const BATCH: usize = 64;
/// Points that train, each moon's evenly along it.
const POINTS: usize = 4000;
const NOISE: f64 = 0.1;
const OBSERVATIONS: usize = 400;
const ASCENT: usize = 100;
const NODES: usize = 64;

/// A VAE with one latent on two moons, its decoder then fixed.
///
/// # Errors
/// If training diverges or an evidence cannot be found by quadrature.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let moons = TwoMoons::new(NOISE)?;
    let points = moons.sample(POINTS, &mut streams.role("points").rng(0));
    let vae = Vae::new(2, &[16], 1, Variance::Fixed(0.05), &mut streams.role("weights").rng(0));
    let mut learner = VaeLearner { vae, objective: Objective::ELBO };
    let training = Training { steps: STEPS, batch: BATCH, learning_rate: 5e-3, streams };
    training.run(&mut learner, 2, rows_of(&points), |_, _| ())?;
    let vae = learner.vae;
    let x = moons.sample(OBSERVATIONS, &mut streams.role("observations").rng(0));
    let found = infer(&vae, &x, ASCENT, NODES)?;
    let average = gaps(&found);

    // The observation whose amortisation gap is a tenth from the top.
    let gain = |i: &Inference| i.per_sample_bound - i.amortised_bound;
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|&a, &b| gain(&found[b]).total_cmp(&gain(&found[a])));
    let shown = order[OBSERVATIONS / 10];
    let mut figure = Figure::new(160.0, 66.0).columns(2);
    figure.panel(posteriors(&vae, &x.select(Axis(0), &[shown]), &found[shown])).panel(bounds(&found, shown));
    Ok(Page {
        name: "amortisation",
        title: "amortised and per-sample inference, two moons, averages over 400 points in nats",
        rows: vec![
            Row::estimated(
                "amortisation gap, ELBO(best q) - ELBO(encoder)",
                average.amortisation,
                Theory::AtLeast(0.0),
            ),
            Row::estimated(
                "approximation gap, log p(x) - ELBO(best q)",
                average.approximation,
                Theory::AtLeast(0.0),
            ),
            Row::estimated(
                "inference gap, log p(x) - ELBO(encoder)",
                average.inference,
                Theory::AtLeast(0.0),
            ),
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
    Panel::new("the latent of the marked observation")
        .x_label("$z$")
        .y_label("density")
        .line(curve(low, high, exact), Style::new(theme::TEXT).width(2.2).label("$p(z|x)$"))
        .line(curve(low, high, law(b)), Style::new(theme::BLUE).dashed().label("best $q$"))
        .line(curve(low, high, law(a)), Style::new(theme::VERMILLION).dotted().label("encoder"))
        .key()
}

/// Both bounds against the evidence, observation by observation.
fn bounds(found: &[Inference], shown: usize) -> Panel {
    let (low, high) = found.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), i| {
        (low.min(i.log_evidence), high.max(i.log_evidence))
    });
    let lowest = found.iter().fold(low, |low, i| low.min(i.amortised_bound));
    let points =
        |f: fn(&Inference) -> f64| found.iter().map(move |i| (i.log_evidence, f(i))).collect::<Vec<_>>();
    let marked = |f: fn(&Inference) -> f64| found.get(shown).map(|i| (i.log_evidence, f(i)));
    Panel::new("two bounds for each of 400 observations")
        .x_label(r"$\log p(x)$ (nats)")
        .y_label("bound (nats)")
        .line([(low, low), (high, high)], Style::guide().label(r"equality"))
        .points(points(|i| i.amortised_bound), Style::new(theme::VERMILLION).size(1.6).label("encoder"))
        .points(points(|i| i.per_sample_bound), Style::new(theme::BLUE).size(1.6).label("best $q$"))
        .points(
            marked(|i| i.amortised_bound),
            Style::new(theme::VERMILLION).size(5.0).name("encoder, marked"),
        )
        .points(marked(|i| i.per_sample_bound), Style::new(theme::BLUE).size(5.0).name("best q, marked"))
        .text((high, lowest), "marked: 1 in 10 has a larger gap", Style::new(theme::TEXT).align(Align::Right))
        .key()
}
