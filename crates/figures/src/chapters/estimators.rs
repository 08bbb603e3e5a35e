//! The figures of the chapter `consistency_vs_denoising`.

use estimators::{Form, Scheme};
use plot::{Figure, Panel, Style, theme};

use crate::studies::estimators::{FORMS, Point, Rung};

/// Told apart by more than the colour. Dashes let through a solid line that they lie on: without bias the last two are one.
fn style(form: Form) -> Style {
    match form {
        Form::ConsistencyAsPrinted => Style::new(theme::VERMILLION).dotted(),
        Form::Consistency => Style::new(theme::BLUE),
        _ => Style::new(theme::GREEN).dashed(),
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
        let mut panel =
            Panel::new(title).x_label("steps $T$").y_label(r"variance ($\mathrm{nats}^2$)").x_log().y_log();
        for form in FORMS {
            let curve = of(points, form).map(|point| (point.steps as f64, point.variances[scheme]));
            let sampled = of(points, form).filter_map(|point| {
                let variance = point.sampled.as_ref()?[scheme].variance;
                Some((point.steps as f64, variance.mean, 2.0 * variance.std_err))
            });
            panel = panel
                .line(curve, style(form).name(name(form)))
                .error_bars(sampled, style(form).name(format!("{}, Monte Carlo", name(form))));
        }
        figure.panel(panel);
    }
    let mut bias = Panel::new("bias").x_label("steps $T$").y_label(r"mean $-$ ELBO (nats)").x_log();
    for form in FORMS {
        let curve = of(points, form).map(|point| (point.steps as f64, point.bias));
        bias = bias.line(curve, style(form).label(name(form)));
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
        let rungs = rungs.iter().enumerate().filter(move |(_, rung)| rung.std_err.is_none() == exact);
        rungs.map(|(i, rung)| (rung.work, -(i as f64))).collect::<Vec<_>>()
    };
    let panel = Panel::new("work for a given precision, relative to plain one step")
        .x_label("variance × evaluations of a term")
        .x_log()
        .x_range(0.1, 2.0)
        .y_ticks(ticks)
        .y_range(-(rungs.len() as f64) + 0.5, 0.5)
        .vertical(1.0, Style::guide().dashed())
        .points(at(true), Style::new(theme::BLUE).size(3.0).label("exact"))
        .points(at(false), Style::new(theme::VERMILLION).size(3.0).label("Monte Carlo, two standard errors"))
        .key();
    let estimated = rungs.iter().enumerate().filter_map(|(i, rung)| Some((i, rung, rung.std_err?)));
    let panel = estimated.fold(panel, |panel, (i, rung, std_err)| {
        let ends = [-2.0, 2.0].map(|z| (rung.work + z * std_err, -(i as f64)));
        panel.line(
            ends,
            Style::new(theme::VERMILLION)
                .width(1.0)
                .name(format!("{}, two standard errors", name(rung.scheme))),
        )
    });
    figure.panel(panel);
    figure
}

fn of(points: &[Point], form: Form) -> impl Iterator<Item = &Point> {
    points.iter().filter(move |point| point.form == form)
}
