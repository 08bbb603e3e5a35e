//! The training curve as a figure.

use learned::Curve;
use plot::{Figure, Panel, Style, theme};
use prob::Bound;

use crate::arguments::TrainArguments;

/// A number that a bound has.
type Term = fn(&Bound) -> f64;

/// The bound and its terms against the step, each point the mean of a block of batches.
pub(crate) fn figure(asked: &TrainArguments, curve: &Curve) -> Figure {
    let points = curve.points();
    let matching = |bound: &Bound| bound.matching.iter().sum::<f64>();
    let mut terms: Vec<(&str, Term)> = vec![
        ("reconstruction", |bound| bound.reconstruction),
        ("prior matching", |bound| bound.prior_matching),
    ];
    if points.iter().any(|(_, bound)| !bound.matching.is_empty()) {
        terms.push(("matching, all steps", matching));
    }
    terms.push(("ELBO", Bound::elbo));
    let mut figure = Figure::new(42.0 * terms.len() as f64 + 10.0, 55.0).columns(terms.len());
    for (name, term) in terms {
        let line = points.iter().map(|(step, bound)| (*step as f64, term(bound)));
        let (low, high) = late_range(&points, term);
        let panel = Panel::new(name).x_label("step").y_label("nats").y_range(low, high);
        figure.panel(panel.line(line, Style::new(theme::BLUE).name(format!("{name}, {}", asked.data))));
    }
    figure
}

/// What the term runs over once the first twentieth is past, when it falls from wherever it began; with a margin.
fn late_range(points: &[(usize, Bound)], term: Term) -> (f64, f64) {
    let late = points[points.len() / 20..].iter().map(|(_, bound)| term(bound));
    let (low, high) = late.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let margin = 0.05 * (high - low) + 1e-3 * high.abs().max(low.abs()).max(1e-3);
    (low - margin, high + margin)
}
