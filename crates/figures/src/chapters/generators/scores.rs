//! Inception score and Fréchet distance of generators with known faults, a row for each.

use plot::{Color, Figure, Panel, Style, theme};

use crate::studies::scores::{Repeated, Scored, Study};

/// Three scores of every generator.
pub fn figure(study: &Study) -> Figure {
    let mut figure = Figure::new(180.0, 74.0).columns(3).share_y();
    let names: Vec<(f64, &str)> =
        study.scored.iter().enumerate().map(|(i, scored)| (-(i as f64), scored.fault.name())).collect();
    let rows = study.scored.len() as f64;
    let panel = |title: &'static str, label: &'static str| {
        Panel::new(title).x_label(label).y_ticks(names.iter().copied()).y_range(0.4 - rows, 0.6)
    };
    let at = |value: fn(&Scored) -> f64| {
        study.scored.iter().enumerate().map(move |(i, scored)| (value(scored), -(i as f64)))
    };
    let exact = || Style::new(theme::ORANGE).size(5.0);

    let inception = panel("inception score", "number of classes")
        .x_range(0.5, 8.5)
        .points(at(|s| s.bayes), exact().label("Bayes"))
        .points(at(|s| s.learned), Style::new(theme::SKY).size(5.0).label("learned"))
        .points(at(|s| s.inception.mean), Style::new(theme::TEXT).size(1.8).label("samples"));
    let bars = study
        .scored
        .iter()
        .map(|s| (s.inception.mean - s.inception.std_err, s.inception.mean + s.inception.std_err));
    figure.panel(with_bars(inception, bars, theme::TEXT));

    let coordinates = panel("Fréchet, coordinates", "distance, root (units of $x$)")
        .points(at(|s| s.exact.sqrt()), exact().label("exact"))
        .points(at(|s| s.coordinates.mean.mean.sqrt()), Style::new(theme::TEXT).size(1.8).label("samples"));
    figure.panel(distances(coordinates, study, |s| &s.coordinates));
    let features = panel("Fréchet, features", "distance, root (units of a feature)")
        .points(at(|s| s.features.mean.mean.sqrt()), Style::new(theme::TEXT).size(1.8).label("samples"));
    figure.panel(distances(features, study, |s| &s.features));
    figure
}

/// Bars over the scatter of one pair of samples, and what two samples of the data have.
fn distances(panel: Panel, study: &Study, of: fn(&Scored) -> &Repeated) -> Panel {
    let reach = study.scored.iter().map(|scored| {
        let (mean, scatter) = (of(scored).mean.mean, of(scored).scatter());
        ((mean - scatter).max(0.0).sqrt(), (mean + scatter).sqrt())
    });
    with_bars(panel, reach, theme::TEXT)
}

/// A bar along each row.
fn with_bars(panel: Panel, reach: impl Iterator<Item = (f64, f64)>, color: Color) -> Panel {
    reach.enumerate().fold(panel, |panel, (i, (low, high))| {
        let row = -(i as f64);
        panel.line([(low, row), (high, row)], Style::new(color).width(0.9).name("one standard error"))
    })
}
