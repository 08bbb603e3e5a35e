//! The training curve as a figure.

use learned::{Curve, Toy};
use plot::{Figure, Panel, Style, theme};
use prob::Bound;

use crate::train::TrainArguments;

/// The name of the panel of the sum.
const ELBO: &str = "ELBO";

/// A number that a bound has.
type Term = fn(&Bound) -> f64;

/// The bound and its terms against the step, each point the mean of a block of batches; dashed, the average log-likelihood of
/// the data, which no bound exceeds (single batches may).
pub(crate) fn figure(asked: &TrainArguments, curve: &Curve, toy: &Toy) -> Figure {
    let points = curve.points();
    let matching = |bound: &Bound| bound.matching.iter().sum::<f64>();
    let mut terms: Vec<(&str, Term)> = vec![
        ("reconstruction", |bound| bound.reconstruction),
        ("prior matching", |bound| bound.prior_matching),
    ];
    if points.iter().any(|(_, bound)| !bound.matching.is_empty()) {
        terms.push(("matching, all steps", matching));
    }
    terms.push((ELBO, Bound::elbo));
    let mut figure = Figure::new(42.0 * terms.len() as f64 + 10.0, 55.0).columns(terms.len());
    for (name, term) in terms {
        let line = points.iter().map(|(step, bound)| (*step as f64, term(bound)));
        let limit = (name == ELBO).then_some(toy.log_likelihood());
        let (low, high) = late_range(&points, term, limit);
        let panel = Panel::new(name).x_label("step").y_label("nats").y_range(low, high);
        let panel = panel.line(line, Style::new(theme::BLUE).name(format!("{name}, {}", asked.data)));
        let truth =
            Style::new(theme::BLACK).dashed().label("E log p(x) of the data").name("E log p(x) of the data");
        figure.panel(match limit {
            Some(limit) => panel.horizontal(limit, truth),
            None => panel,
        });
    }
    figure
}

/// What the term runs over once the first twentieth is past, when it falls from wherever it began; with its limit and a margin.
fn late_range(points: &[(usize, Bound)], term: Term, limit: Option<f64>) -> (f64, f64) {
    let late = points[points.len() / 20..].iter().map(|(_, bound)| term(bound)).chain(limit);
    let (low, high) = late.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let margin = 0.05 * (high - low) + 1e-3 * high.abs().max(low.abs()).max(1e-3);
    (low - margin, high + margin)
}
