//! The laws of two generators, and the shares and divergences of all.

use ndarray::array;
use neighbours::adversarial::GeneratorLoss;
use plot::{Color, Figure, Panel, Style, theme};

use crate::studies::adversarial::{Played, SEEDS, data};

/// Colours of the three modes from left to right, and of what is near none.
const SHARES: [(&str, Color); 4] = [
    ("mode at −3", theme::GREEN),
    ("mode at 0", theme::BLUE),
    ("mode at 2", theme::PURPLE),
    ("near none", theme::GUIDE),
];
/// The upper end of the axis of densities.
const TOP: f64 = 1.0;

/// The generators with the smallest and the largest divergence, and the shares of modes for every run of each loss.
pub fn figure(runs: &[Played]) -> Figure {
    let mut figure = Figure::new(175.0, 130.0).columns(2);
    let mut ordered: Vec<&Played> = runs.iter().collect();
    ordered.sort_by(|a, b| a.divergence.value.total_cmp(&b.divergence.value));
    if let (Some(best), Some(worst)) = (ordered.first(), ordered.last()) {
        figure.panel(density("smallest", best, theme::BLUE));
        figure.panel(density("largest", worst, theme::VERMILLION));
    }
    for loss in GeneratorLoss::ALL {
        figure.panel(shares(loss, runs));
    }
    figure
}

/// The exact density of a generator beside that of the data.
fn density(which: &str, run: &Played, color: Color) -> Panel {
    let p = data();
    let x = || (0..=1200).map(|i| f64::from(i) / 120.0 - 5.0);
    let law: Vec<(f64, f64)> = x().map(|x| (x, run.law.log_prob(x).exp())).collect();
    let cut = if law.iter().any(|(_, density)| *density > TOP) { "density (cut at 1)" } else { "density" };
    let drawn = law.into_iter().map(|(x, density)| (x, density.min(2.0 * TOP)));
    let title = format!("{which} JSD: {:.4} nats", run.divergence.value);
    Panel::new(title)
        .x_label("$x$")
        .y_label(cut)
        .y_range(0.0, TOP)
        .line(drawn, Style::new(color).label(format!("{}, run {}", run.loss.name(), run.seed)))
        .line(
            x().map(|x| (x, p.log_prob(&array![x]).exp())),
            Style::new(theme::TEXT).width(0.8).dashed().label("data"),
        )
        .key()
}

/// Stacked shares of the samples of each run, the weights of the data before them and the divergence above.
fn shares(loss: GeneratorLoss, runs: &[Played]) -> Panel {
    let runs: Vec<&Played> = runs.iter().filter(|run| run.loss == loss).collect();
    let names = ["data".to_owned()].into_iter().chain((0..SEEDS).map(|seed| seed.to_string()));
    let panel = Panel::new(format!("{}: shares of samples, JSD above", loss.name()))
        .x_label("run")
        .y_label("share")
        .y_range(0.0, 1.12)
        .y_ticks([0.0, 0.25, 0.5, 0.75, 1.0].map(|share| (share, share.to_string())))
        .categories(names)
        .no_grid();
    let weights: Vec<f64> = data().parts().map(|(weight, _)| weight).collect();
    let panel = SHARES.into_iter().enumerate().fold(panel, |panel, (k, (name, color))| {
        let of_runs = runs.iter().map(|run| run.shares[k].mean);
        let heights = [weights.get(k).copied().unwrap_or(0.0)].into_iter().chain(of_runs);
        panel.bars(heights, Style::new(color).label(name))
    });
    let panel = runs.iter().enumerate().fold(panel, |panel, (i, run)| {
        let text = format!("{:.3}", run.divergence.value);
        panel.text((i as f64 + 1.0, 1.06), text, Style::new(theme::TEXT).size(7.0))
    });
    panel.key()
}
