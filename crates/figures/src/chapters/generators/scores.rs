//! Inception score and Fréchet distance of generators with known faults, a row for each.

use plot::{Align, Color, Figure, Panel, Style, theme};

use crate::studies::scores::{Repeated, Scored, Study};

/// Where the axes of the two distances end: of all but one generator that are below.
const SHOWN: [f64; 2] = [0.5, 1.9];

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
    let exact = || Style::new(theme::ORANGE).size(4.4);

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
        .x_range(-0.03, SHOWN[0])
        .points(at(|s| s.exact.sqrt()), exact().label("exact"))
        .points(at(|s| s.coordinates.mean.mean.sqrt()), Style::new(theme::TEXT).size(1.8).label("samples"));
    figure.panel(distances(coordinates, study, SHOWN[0], |s| &s.coordinates));
    let features = panel("Fréchet, features", "distance, root (units of a feature)")
        .x_range(-0.06, SHOWN[1])
        .points(at(|s| s.features.mean.mean.sqrt()), Style::new(theme::TEXT).size(1.8).label("samples"));
    figure.panel(distances(features, study, SHOWN[1], |s| &s.features));
    figure
}

/// Bars over the scatter of one pair of samples; what lies beyond the axis is pointed at.
fn distances(panel: Panel, study: &Study, end: f64, of: fn(&Scored) -> &Repeated) -> Panel {
    let reach = study.scored.iter().map(|scored| {
        let (mean, scatter) = (of(scored).mean.mean, of(scored).scatter());
        ((mean - scatter).max(0.0).sqrt(), (mean + scatter).sqrt())
    });
    let panel = with_bars(panel, reach, theme::TEXT);
    let roots = study.scored.iter().map(|scored| of(scored).mean.mean.sqrt()).enumerate();
    roots.filter(|&(_, root)| root > end).fold(panel, |panel, (i, root)| {
        let row = -(i as f64);
        panel
            .arrow(
                (0.88 * end, row),
                (0.99 * end, row),
                Style::new(theme::TEXT).width(0.9).name("beyond the axis"),
            )
            .text(
                (0.86 * end, row),
                format!("{root:.2}"),
                Style::new(theme::TEXT).size(8.0).align(Align::Right),
            )
    })
}

/// A bar along each row.
fn with_bars(panel: Panel, reach: impl Iterator<Item = (f64, f64)>, color: Color) -> Panel {
    reach.enumerate().fold(panel, |panel, (i, (low, high))| {
        let row = -(i as f64);
        panel.line([(low, row), (high, row)], Style::new(color).width(0.9).name("one standard error"))
    })
}
