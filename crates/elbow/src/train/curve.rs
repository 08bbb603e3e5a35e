//! The training curve as a figure.

use learned::{Curve, Toy};
use montecarlo::Estimate;
use plot::{Figure, Panel, Style, theme};
use prob::Bound;

use crate::train::TrainArguments;

/// The name of the panel of the sum.
const ELBO: &str = "ELBO";

/// A number that a bound has.
type Term = fn(&Bound) -> f64;

/// The bound and its terms against the step: means over blocks of batches with two standard errors to either side. Dashed, the
/// average log-likelihood of the data, which no bound exceeds; of a batch it may.
pub(crate) fn figure(asked: &TrainArguments, curve: &Curve, toy: &Toy) -> Figure {
    let mut terms: Vec<(&str, Term)> = vec![
        ("reconstruction", |bound| bound.reconstruction),
        ("prior matching", |bound| bound.prior_matching),
    ];
    if curve.heard().iter().any(|bound| !bound.matching.is_empty()) {
        terms.push(("matching", |bound| bound.matching.iter().sum()));
    }
    terms.push((ELBO, Bound::elbo));
    let columns = if terms.len() == 4 { 2 } else { terms.len() };
    let rows = terms.len().div_ceil(columns);
    let mut figure = Figure::new(62.0 * columns as f64 + 26.0, 52.0 * rows as f64 + 8.0)
        .columns(columns)
        .title(title(asked));
    for (name, term) in terms {
        let limit = (name == ELBO).then_some(toy.log_likelihood());
        figure.panel(panel(name, &curve.points(term), limit));
    }
    figure
}

/// The model and what it is made of.
fn title(asked: &TrainArguments) -> String {
    let made_of = asked.about().into_iter().filter(|(key, _)| !["model", "data", "seed"].contains(key));
    let made_of: Vec<String> =
        made_of.map(|(key, value)| format!("{} {value}", key.replace('_', " "))).collect();
    format!("{} on {}: {}", asked.model.name(), asked.data(), made_of.join(", "))
}

/// One term along training, below its limit if it has one.
fn panel(name: &str, points: &[(usize, Estimate)], limit: Option<f64>) -> Panel {
    let (low, high) = late_range(points, limit);
    let at = |step: usize| step as f64;
    let band = points.iter().map(|&(step, found)| {
        let error = if found.std_err.is_finite() { 2.0 * found.std_err } else { 0.0 };
        (at(step), found.mean - error, found.mean + error)
    });
    let line = || points.iter().map(|&(step, found)| (at(step), found.mean));
    let style = Style::new(theme::BLUE);
    let mut panel = Panel::new(name).x_label("step").y_label("nats").y_range(low, high);
    panel = panel.band(band, style.clone().opacity(0.3).name(format!("{name}, two standard errors")));
    panel = match points {
        [_] => panel.points(line(), style.name(name)),
        _ => panel.line(line(), style.name(name)),
    };
    let truth = Style::new(theme::BLACK).dashed().label("E log p(x)").name("E log p(x) of the data");
    match limit {
        Some(limit) => panel.horizontal(limit, truth),
        None => panel,
    }
}

/// What the term runs over once the first twentieth is past, when it falls from wherever it began; with its limit and a margin.
fn late_range(points: &[(usize, Estimate)], limit: Option<f64>) -> (f64, f64) {
    let late = points[points.len() / 20..].iter().map(|(_, found)| found.mean).chain(limit);
    let (low, high) = late.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let margin = 0.08 * (high - low) + 1e-2 * high.abs().max(low.abs()).max(1e-2);
    (low - margin, high + margin)
}
