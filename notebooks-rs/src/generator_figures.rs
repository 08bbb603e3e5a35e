//! The figures of the chapter `generators`.

use ndarray::array;
use neighbours::adversarial::GeneratorLoss;
use plot::{Align, Color, Figure, Panel, Style, theme};

use crate::adversarial_study::{Played, SEEDS, Still, data};
use crate::{quantised_study, score_study};

/// Colours of the three modes, from left to right.
const MODES: [Color; 3] = [theme::GREEN, theme::BLUE, theme::PURPLE];

/// The trained discriminator against the optimal one, its value during training, the law of a generator, and where the
/// samples of every run are.
pub fn adversarial(still: &Still, runs: &[Played]) -> Figure {
    let mut figure = Figure::new(160.0, 112.0).columns(2);
    let answer = |pick: fn(&(f64, f64, f64)) -> (f64, f64)| still.answers.iter().map(pick);
    figure.panel(
        Panel::new("a discriminator against $q = N(0, 2^2)$")
            .x_label("$x$")
            .y_label("$D(x)$")
            .line(
                answer(|a| (a.0, a.1)),
                Style::new(theme::BLUE).name("D").label("learned").label_at(-4.9, 0.62),
            )
            .line(
                answer(|a| (a.0, a.2)),
                Style::new(theme::TEXT)
                    .width(0.7)
                    .dashed()
                    .name("p/(p + q)")
                    .label("$p/(p + q)$")
                    .label_at(3.85, 0.6),
            ),
    );
    figure.panel(
        Panel::new("its value, by quadrature")
            .x_label("step")
            .y_label("value (nats)")
            .y_range(still.best - 0.12, still.best + 0.02)
            .horizontal(still.best, Style::guide().name("2 JSD - log 4"))
            .text((900.0, still.best + 0.009), "$2\\,\\mathrm{JSD} - \\log 4$", Style::new(theme::GUIDE))
            .line(still.history.iter().copied(), Style::new(theme::BLUE).name("value")),
    );
    figure.panel(densities(runs));
    figure.panel(shares(runs));
    figure
}

/// The densities of the data and of the best and the worst run of the non-saturating loss.
fn densities(runs: &[Played]) -> Panel {
    let p = data();
    let x = || (0..=900).map(|i| f64::from(i) / 100.0 - 5.0);
    let panel =
        Panel::new("laws of two generators").x_label("$x$").y_label("density").y_range(0.0, 1.2).line(
            x().map(|x| (x, p.log_prob(&array![x]).exp())),
            Style::new(theme::TEXT).width(0.7).dashed().name("data").label("data").label_at(0.85, 0.62),
        );
    let mut ordered: Vec<&Played> =
        runs.iter().filter(|run| run.loss == GeneratorLoss::NonSaturating).collect();
    ordered.sort_by(|a, b| a.divergence().total_cmp(&b.divergence()));
    let (Some(best), Some(worst)) = (ordered.first(), ordered.last()) else { return panel };
    let named = [(best, theme::BLUE, "smallest JSD"), (worst, theme::VERMILLION, "largest JSD")];
    named.into_iter().enumerate().fold(panel, |panel, (i, (run, color, name))| {
        let label = format!("{name}, {:.3} nats", run.divergence());
        let style = Style::new(color)
            .name(name)
            .label(label)
            .label_at(-4.9, 1.1 - 0.12 * i as f64)
            .align(Align::Left);
        // A fold has an infinite density; the axis ends before.
        panel.line(x().map(|x| (x, run.law.log_prob(x).exp().min(3.0))), style)
    })
}

/// The share of each mode in every run of the non-saturating loss, against the weights.
fn shares(runs: &[Played]) -> Panel {
    let panel = Panel::new("shares of samples, non-saturating")
        .x_label("seed")
        .x_ticks((0..SEEDS).map(|seed| (seed as f64, seed.to_string())))
        .y_label("share")
        .y_range(0.0, 1.0);
    let p = data();
    let modes: Vec<(f64, f64)> = p.parts().map(|(weight, law)| (weight, law.mean()[0])).collect();
    let shown = || runs.iter().filter(|run| run.loss == GeneratorLoss::NonSaturating);
    modes.into_iter().enumerate().zip(MODES).fold(panel, |panel, ((k, (weight, mean)), color)| {
        let points = shown().map(move |run| {
            let share = run.coverage.shares[k];
            // Side by side, so that equal shares do not hide each other.
            (run.seed as f64 + 0.12 * (k as f64 - 1.0), share.mean, share.std_err)
        });
        let name = format!("mode at {mean}").replace('-', "−");
        panel
            .horizontal(weight, Style::new(color).width(0.6).dashed().label(name.clone()))
            .error_bars(points, Style::new(color).name(name))
    })
}

/// Two moons in 16 codes, how often each is used, and bound and evidence against the number of codes.
pub fn quantised(study: &quantised_study::Study) -> Figure {
    let mut figure = Figure::new(170.0, 66.0).columns(3).widths(&[1.15, 0.9, 1.25]);
    let Some(model) = study.models.iter().find(|model| model.codes == 16) else { return figure };
    let decoded = model.model.decoded_codes();
    let used = |wanted: bool| {
        let counts = model.usage.counts().iter();
        let codes = decoded.rows().into_iter().zip(counts).filter(move |(_, count)| (**count > 0) == wanted);
        codes.map(|(at, _)| (at[0], at[1])).collect::<Vec<_>>()
    };
    let points = study.points.rows().into_iter().take(1000).map(|x| (x[0], x[1]));
    let mut panel = Panel::new("what 16 codes decode to")
        .x_label("$x_1$")
        .y_label("$x_2$")
        .points(points, Style::new(theme::GUIDE).size(1.0).opacity(0.5).label("data"))
        .points(used(true), Style::new(theme::BLUE).size(4.0).label("used"));
    if !used(false).is_empty() {
        panel = panel.points(used(false), Style::new(theme::VERMILLION).size(4.0).label("dead"));
    }
    figure.panel(panel);

    let mut frequencies = model.usage.frequencies();
    frequencies.sort_by(|a, b| b.total_cmp(a));
    figure.panel(
        Panel::new("how often each is used")
            .x_label("code, by rank")
            .y_label("share")
            .x_ticks([(0.0, "1"), (7.0, "8"), (15.0, "16")])
            .bars(frequencies, Style::new(theme::BLUE).name("share"))
            .horizontal(1.0 / 16.0, Style::guide().name("1/K"))
            .text((13.2, 1.0 / 16.0 + 0.006), "$1/K$", Style::new(theme::GUIDE)),
    );

    let against = |value: fn(&quantised_study::Quantised) -> f64| {
        study.models.iter().map(move |model| (model.codes as f64, value(model)))
    };
    figure.panel(
        Panel::new("nats for a fresh point")
            .x_label("codes $K$")
            .y_label("nats")
            .x_log()
            .x_ticks(quantised_study::CODES.map(|k| (k as f64, k.to_string())))
            .y_range(study.data.mean - 4.0, study.data.mean + 3.2)
            .horizontal(study.data.mean, Style::guide().label("the data's law"))
            .line(against(|m| m.reconstruction.mean), Style::new(theme::ORANGE).label("reconstruction"))
            .line(against(|m| m.evidence.mean), Style::new(theme::GREEN).label("log $p(x)$"))
            .line(against(|m| m.learned.mean), Style::new(theme::BLUE).label("bound, learned prior"))
            .line(
                against(|m| m.uniform.mean),
                Style::new(theme::VERMILLION).dashed().label("bound, uniform prior"),
            ),
    );
    figure
}

/// Both scores of every generator, a row for each.
pub fn scores(study: &score_study::Study) -> Figure {
    let mut figure = Figure::new(170.0, 66.0).columns(3).share_y().widths(&[1.0, 1.0, 1.0]);
    let ticks = || study.scored.iter().enumerate().map(|(i, scored)| (-(i as f64), scored.fault.name()));
    let at = |value: fn(&score_study::Scored) -> f64| {
        study.scored.iter().enumerate().map(move |(i, scored)| (value(scored), -(i as f64)))
    };
    let panel = |title: &'static str, label: &'static str| {
        Panel::new(title).x_label(label).y_ticks(ticks()).y_range(-(study.scored.len() as f64) + 0.5, 0.5)
    };
    let (exact, sampled) = (Style::new(theme::ORANGE).size(5.0), Style::new(theme::BLUE).size(2.5));
    figure.panel(
        panel("inception score", "classes")
            .x_range(0.5, 8.5)
            .points(at(|s| s.bayes), exact.clone().label("Bayes, exact"))
            .points(at(|s| s.inception.mean), sampled.clone().label("learned")),
    );
    figure.panel(
        panel("Fréchet, coordinates", "root of the distance")
            .points(at(|s| s.exact.sqrt()), exact.label("exact"))
            .points(at(|s| s.coordinates.mean.sqrt()), sampled.clone().label("samples")),
    );
    figure.panel(
        panel("Fréchet, features", "root of the distance")
            .points(at(|s| s.features.mean.sqrt()), sampled.label("samples")),
    );
    figure
}
