//! The encoder's posterior, the best Gaussian one, and the exact one.

use std::error::Error;

use montecarlo::Streams;
use ndarray::{Array2, Axis, array};
use neighbours::amortisation::{Inference, Posterior, gaps, infer};
use nn::training::rows_of;
use nn::{Training, Variance};
use plot::{Figure, Panel, Style, theme};
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
    figure.panel(posteriors(&vae, &x.select(Axis(0), &[shown]), &found[shown])).panel(lacking(&found, shown));
    Ok(Page {
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

/// What both bounds lack of the evidence, observation by observation.
fn lacking(found: &[Inference], shown: usize) -> Panel {
    let encoder = |i: &Inference| (i.log_evidence, i.log_evidence - i.amortised_bound);
    let best = |i: &Inference| (i.log_evidence, i.log_evidence - i.per_sample_bound);
    let marked = |of: fn(&Inference) -> (f64, f64)| found.get(shown).map(of);
    Panel::new("what each of 400 observations loses")
        .x_label(r"$\log p(x)$ (nats)")
        .y_label(r"$\log p(x) -$ bound (nats)")
        .y_log()
        .points(found.iter().map(encoder), Style::new(theme::VERMILLION).size(1.8).label("encoder"))
        .points(found.iter().map(best), Style::new(theme::BLUE).size(1.8).label("best $q$"))
        .points(marked(encoder), Style::new(theme::TEXT).size(5.0).opacity(1.0).label("marked"))
        .points(marked(best), Style::new(theme::TEXT).size(5.0).opacity(1.0).name("marked, best q"))
        .points(marked(encoder), Style::new(theme::VERMILLION).size(3.0).name("encoder, marked"))
        .points(marked(best), Style::new(theme::BLUE).size(3.0).name("best q, marked"))
        .key()
}
