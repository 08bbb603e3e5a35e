//! `log p(x) = ELBO + KL(q(z|x) ‖ p(z|x))` along training: what an encoder gains is taken from the divergence, what a decoder
//! gains raises the sum.
//!
//! All three are averages over Gaussian data, exact, and each is computed by its own formula. The zero of a log-density depends
//! on the unit of `x`; bars therefore stand on the edge of the panel.

use ndarray::{Array1, Array2, array};
use plot::{Align, Figure, Panel, Style, theme};
use prob::{Gaussian, LinearGaussian, Mixture, Quadratic};
use vae::LinearVae;

use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "evidence_split",
    title: "the evidence as bound and divergence, along training",
    claims: &["B4b", "B5a", "B5b", "B10d", "B10e"],
    draw,
};

/// Steps of gradient ascent from one bar to the next, and their size.
const STEPS: usize = 4;
const RATE: f64 = 0.03;
/// Bars of each panel.
const BARS: usize = 9;

/// Averages over the data, nats.
#[derive(Clone, Copy, Debug)]
struct Split {
    evidence: f64,
    elbo: f64,
    divergence: f64,
}

fn data() -> Gaussian {
    Gaussian::new(array![0.0, 0.0], array![[1.6, 1.1], [1.1, 1.0]]).expect("positive definite")
}

/// A model that has learned nothing yet.
fn start() -> LinearVae {
    let encoder = LinearGaussian::new(array![[0.1, 0.2]], array![0.0], array![[0.3]]);
    let decoder = LinearGaussian::new(array![[3.0], [-1.0]], array![0.0, 0.0], Array2::eye(2));
    let known = "variances are positive";
    LinearVae::new(encoder.expect(known), decoder.expect(known)).expect("two coordinates, one latent")
}

fn posterior(model: &LinearVae) -> LinearGaussian {
    model.posterior().expect("the decoder has noise")
}

fn split(model: &LinearVae, data: &Gaussian) -> Split {
    let law = Mixture::from(data.clone());
    Split {
        evidence: -data.cross_entropy(&model.evidence()),
        elbo: model.average_bound(&law).elbo(),
        divergence: Quadratic::kl_divergence(model.encoder(), &posterior(model)).expectation_over(&law),
    }
}

/// A step up the average ELBO by the encoder's slopes `W` and log-variance: with the posterior `N(Gx, s²)` of data about 0 the
/// gradients are `(G - W) Cov(x)/s²` and `½ (1 - v/s²)`.
fn ascended(model: &LinearVae, data: &Gaussian) -> LinearVae {
    let (q, p) = (model.encoder(), posterior(model));
    let (v, s2) = (q.covariance()[[0, 0]], p.covariance()[[0, 0]]);
    let weight = q.weight() + (p.weight() - q.weight()).dot(data.covariance()) * (RATE / s2);
    let variance = (v.ln() + RATE * 0.5 * (1.0 - v / s2)).exp();
    let encoder =
        LinearGaussian::new(weight, Array1::zeros(1), array![[variance]]).expect("a positive variance");
    LinearVae::new(encoder, model.decoder().clone()).expect("widths as before")
}

/// The encoder alone, by gradient ascent.
fn encoder_alone(data: &Gaussian) -> Vec<Split> {
    let models = std::iter::successors(Some(start()), |model| Some(ascended(model, data)));
    models.step_by(STEPS).take(BARS).map(|model| split(&model, data)).collect()
}

/// Encoder and decoder in turn, each at its best: variational EM.
fn both_in_turn(data: &Gaussian) -> Vec<Split> {
    let law = Mixture::from(data.clone());
    let mut model = start();
    let mut splits = vec![split(&model, data)];
    for half in 1..BARS {
        model = if half % 2 == 1 { model.e_step() } else { model.m_step(&law) }.expect("nothing is singular");
        splits.push(split(&model, data));
    }
    splits
}

/// Bars on the floor: the bound, on top of it the divergence, and a line at their sum.
fn bars(panel: Panel, splits: &[Split], floor: f64) -> Panel {
    splits.iter().enumerate().fold(panel, |panel, (i, split)| {
        let bar = |low: f64, high: f64| [-0.36, 0.36].map(|aside| (i as f64 + aside, low, high));
        let top = [-0.36, 0.36].map(|aside| (i as f64 + aside, split.evidence));
        panel
            .band(bar(floor, split.elbo), Style::new(theme::BLUE).opacity(1.0).name("ELBO"))
            .band(bar(split.elbo, split.evidence), Style::new(theme::ORANGE).opacity(1.0).name("KL"))
            .line(top, Style::new(theme::TEXT).width(0.9).name("log p(x)"))
    })
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let data = data();
    let (alone, both) = (encoder_alone(&data), both_in_turn(&data));
    let ceiling = -data.entropy();
    let (first, last) = (alone[0], BARS - 1);
    let floor = first.elbo - 0.8;
    let panel = |title: &str, left: f64| {
        Panel::new(title)
            .x_range(left, last as f64 + 0.6)
            .y_range(floor, ceiling + 0.25)
            .y_label("average over the data (nats)")
    };
    let words = || Style::new(theme::TEXT).size(8.5).align(Align::Right);
    let encoder = bars(panel("the encoder learns alone", -2.2), &alone, floor)
        .x_label("steps of gradient ascent")
        .x_ticks((0..BARS).step_by(2).map(|i| (i as f64, (i * STEPS).to_string())))
        .text((-0.5, 0.5 * (floor + first.elbo)), "ELBO", words())
        .text((-0.5, 0.5 * (first.elbo + first.evidence)), "KL", words())
        .text((last as f64 + 0.36, first.evidence + 0.18), r"$\log p(x)$", words());
    let both_learn = bars(panel("encoder and decoder in turn", -0.6), &both, floor)
        .x_label("half steps of variational EM")
        .categories((0..BARS).map(|half| if half == 0 { "start" } else { ["M", "E"][half % 2] }))
        .horizontal(ceiling, Style::guide().label("$-h(x)$"));
    let mut figure = Figure::new(160.0, 70.0).columns(2).widths(&[1.16, 1.0]);
    figure.panel(encoder).panel(both_learn);
    let caption = format!(
        "$\\log p(x) = \\mathrm{{ELBO}} + \\mathrm{{KL}}(q(z|x) \\| p(z|x))$, averaged over Gaussian data, in a VAE of which every \
         number is exact. Left: the encoder climbs the bound; the sum stays at {:.3} nats while KL shrinks from {:.3} to {:.3}. Right: an \
         E-step closes the gap, an M-step raises the bound and opens it again; the sum rises to {:.3}, and no model of these data is \
         above minus their entropy, $-h(x) = {ceiling:.3}$.",
        first.evidence, first.divergence, alone[last].divergence, both[last].evidence,
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_add_up_to_the_evidence_and_neither_way_lowers_the_bound() {
        let data = data();
        for splits in [encoder_alone(&data), both_in_turn(&data)] {
            for s in &splits {
                assert!((s.elbo + s.divergence - s.evidence).abs() < 1e-12, "{s:?}");
            }
            assert!(splits.windows(2).all(|pair| pair[1].elbo >= pair[0].elbo - 1e-12));
        }
        let alone = encoder_alone(&data);
        assert!(alone.iter().all(|s| (s.evidence - alone[0].evidence).abs() < 1e-12));
    }
}
