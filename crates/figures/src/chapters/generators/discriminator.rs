//! A discriminator against a law that stands still, and against every generator after the game.

use plot::{Align, Figure, Panel, Style, theme};

use crate::studies::adversarial::{Played, Still};

/// The answers of a trained discriminator beside the optimal one, what its value still lacks during training, and the
/// values of two discriminators against what the law of each generator allows.
pub fn figure(still: &Still, runs: &[Played]) -> Figure {
    let mut figure = Figure::new(175.0, 66.0).columns(3);
    let answer = |pick: fn(&(f64, f64, f64)) -> (f64, f64)| still.answers.iter().map(pick);
    figure.panel(
        Panel::new("against $q = N(0, 2^2)$")
            .x_label("$x$")
            .y_label("$D(x)$")
            .y_range(0.0, 0.85)
            .line(answer(|a| (a.0, a.1)), Style::new(theme::SKY).width(2.6).label("learned"))
            .line(answer(|a| (a.0, a.2)), Style::new(theme::TEXT).width(0.7).label("$p/(p + q)$"))
            .key(),
    );
    let lacking = still.history.iter().map(|&(step, value)| (step, still.best - value));
    figure.panel(
        Panel::new("what its value lacks")
            .x_label("step")
            .y_label(r"$2\,\mathrm{JSD} - \log 4\; -$ value (nats)")
            .y_log()
            .line(lacking.filter(|point| point.1 > 0.0), Style::new(theme::BLUE).label("learned"))
            .key(),
    );
    figure.panel(values(runs));
    figure
}

/// The value of the discriminator that played, and of one that then learned alone, for every generator.
fn values(runs: &[Played]) -> Panel {
    let at = |value: fn(&Played) -> f64| runs.iter().map(move |run| (run.best(), value(run)));
    let reach = runs.iter().flat_map(|run| [run.best(), run.beside, run.alone]);
    let (low, high) = reach.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    Panel::new(format!("against {} generators", runs.len()))
        .x_label(r"$2\,\mathrm{JSD} - \log 4$ (nats)")
        .y_label("value (nats)")
        .line([(low, low), (high, high)], Style::guide().name("equality"))
        .points(at(|run| run.beside), Style::new(theme::ORANGE).size(3.0).label("that played"))
        .points(at(|run| run.alone), Style::new(theme::BLUE).size(3.0).label("trained after"))
        .text((low, high), "dashed: the most there is", Style::new(theme::GUIDE).size(7.5).align(Align::Left))
        .key()
}
