//! The figures of the chapter `consistency_vs_denoising`.

use estimators::{Form, Scheme};
use plot::{Color, Figure, Panel, Style, theme};

use crate::studies::estimators::{FORMS, Point, Rung};

fn color(form: Form) -> Color {
    match form {
        Form::ConsistencyAsPrinted => theme::VERMILLION,
        Form::Consistency => theme::BLUE,
        _ => theme::GREEN,
    }
}

fn name(form: Form) -> &'static str {
    match form {
        Form::ConsistencyAsPrinted => "consistency, as printed",
        Form::Consistency => "consistency, corrected",
        _ => "denoising",
    }
}

/// Bias and variance of the three forms against the number of steps: exact curves, Monte Carlo points with two standard
/// errors.
pub fn consistency_vs_denoising(points: &[Point]) -> Figure {
    let mut figure = Figure::new(160.0, 110.0).columns(2).share_x();
    let titles = [
        "variance, one shared path",
        "variance, own draws for each term",
        "variance, one term at random $t$",
    ];
    for (scheme, title) in titles.into_iter().enumerate() {
        let mut panel = Panel::new(title).x_label("steps $T$").y_label("variance (nats²)").x_log().y_log();
        for form in FORMS {
            let curve = of(points, form).map(|point| (point.steps as f64, point.variances[scheme]));
            let sampled = of(points, form).filter_map(|point| {
                let variance = point.sampled.as_ref()?[scheme].variance;
                Some((point.steps as f64, variance.mean, 2.0 * variance.std_err))
            });
            panel = panel
                .line(curve, Style::new(color(form)).name(name(form)))
                .error_bars(sampled, Style::new(color(form)).name(format!("{}, Monte Carlo", name(form))));
        }
        figure.panel(panel);
    }
    let mut bias = Panel::new("bias").x_label("steps $T$").y_label("mean - ELBO (nats)").x_log();
    for form in FORMS {
        let curve = of(points, form).map(|point| (point.steps as f64, point.bias));
        let style = Style::new(color(form));
        // Without bias the two others lie on one line.
        let style = if form == Form::Denoising { style.dashed() } else { style };
        bias = bias.line(curve, style.label(name(form)));
    }
    figure.panel(bias);
    figure
}

/// What each rung costs for a given precision, relative to plain one step: variance × evaluations of a term.
pub fn ladder(rungs: &[Rung]) -> Figure {
    let name = |scheme: Scheme| match scheme {
        Scheme::RaoBlackwell => "Rao–Blackwell".to_owned(),
        Scheme::QuasiMonteCarlo => "quasi-Monte Carlo".to_owned(),
        other => other.name().trim_start_matches("one_step_").replace('_', " "),
    };
    let mut figure = Figure::new(150.0, 70.0);
    let ticks: Vec<(f64, String)> =
        rungs.iter().enumerate().map(|(i, rung)| (-(i as f64), name(rung.scheme))).collect();
    let at = |exact: bool| {
        rungs
            .iter()
            .enumerate()
            .filter(move |(_, rung)| rung.exact == exact)
            .map(|(i, rung)| (rung.work, -(i as f64)))
            .collect::<Vec<_>>()
    };
    figure.panel(
        Panel::new("work for a given precision, relative to plain one step")
            .x_label("variance × evaluations of a term")
            .x_log()
            .x_range(0.1, 2.0)
            .y_ticks(ticks)
            .y_range(-(rungs.len() as f64) + 0.5, 0.5)
            .vertical(1.0, Style::guide().dashed())
            .points(at(true), Style::new(theme::BLUE).size(3.0).label("exact"))
            .points(at(false), Style::new(theme::VERMILLION).size(3.0).label("Monte Carlo"))
            .key(),
    );
    figure
}

fn of(points: &[Point], form: Form) -> impl Iterator<Item = &Point> {
    points.iter().filter(move |point| point.form == form)
}
