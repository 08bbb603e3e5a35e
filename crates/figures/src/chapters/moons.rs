//! The figures of the chapter `moon_latents`.

use ndarray::{Array1, Array2, ArrayRef2};
use plot::{Align, Color, ColorScale, Extent, Figure, Panel, Pictures, Raster, Style, theme};
use prob::{Bound, LinearGaussian, Mixture};

use crate::studies::experiment::{OBJECTIVES, Trained};
use crate::studies::moons::Walked;
use crate::studies::walk::{Judge, Likeness, Picture};

/// Pictures in a strip.
const STRIP: usize = 11;
/// Titles of the panels that show the second term and the bound.
const PRIOR_MATCHING: &str = "prior matching";
const BOUND: &str = "ELBO";
/// Colours of the objectives, in order.
const COLORS: [Color; 3] = [theme::ORANGE, theme::PURPLE, theme::BLUE];
/// Every so many examples get an ellipse; odd, because full and half moons alternate.
const ELLIPSE_EVERY: usize = 21;
/// Cells of a density, in each direction.
const CELLS: usize = 64;

/// A latent space without its codes: the aggregate posterior as a density, the prior's one and two standard
/// deviations as circles.
fn plane(model: &Trained, data: &ArrayRef2<f64>, reach: f64) -> Panel {
    let mut panel = Panel::new(model.objective)
        .x_label("$z_1$")
        .y_label("$z_2$")
        .equal_aspect()
        .no_grid()
        .x_range(-reach, reach)
        .y_range(-reach, reach);
    if let Ok(aggregate) = model.vae.aggregate_posterior(data) {
        panel = density(panel, &aggregate, reach);
    }
    panel.circle((0.0, 0.0), 1.0, Style::guide().dashed().label("$1\\sigma$")).circle(
        (0.0, 0.0),
        2.0,
        Style::guide().dashed().label("$2\\sigma$"),
    )
}

/// Adds the one-sigma ellipses of some posteriors.
fn ellipses(panel: Panel, model: &Trained, data: &ArrayRef2<f64>) -> Panel {
    let (mean, log_var) = model.vae.encoder.mean_and_log_var(data);
    let posteriors = mean.rows().into_iter().zip(log_var.rows()).step_by(ELLIPSE_EVERY);
    posteriors.fold(panel, |panel, (z, log_var)| {
        let axes = ((0.5 * log_var[0]).exp(), (0.5 * log_var[1]).exp());
        panel.ellipse((z[0], z[1]), axes, 0.0, Style::new(theme::TEXT).width(0.4).name("posterior"))
    })
}

/// The density of a law on the plane, up to half the strength of the colour map: marks must read on top of it.
///
/// The law is blurred by `N(0, (cell/2)² I)`: posteriors far narrower than a cell would fall between the centres of
/// cells, where the density is sampled.
fn density(panel: Panel, law: &Mixture, reach: f64) -> Panel {
    // Wider than the axes, which an equal aspect may stretch.
    let side = 1.5 * reach;
    let cell = 2.0 * side / CELLS as f64;
    let Ok(blur) =
        LinearGaussian::new(Array2::eye(2), Array1::zeros(2), Array2::eye(2) * (0.25 * cell * cell))
    else {
        return panel;
    };
    let blurred = law.push(&blur);
    // Square roots spread the range: a narrow peak would otherwise leave all else white.
    let root = |x: f64, y: f64| (0.5 * blurred.log_prob(&ndarray::aview1(&[x, y]))).exp();
    let extent = Extent::square(side);
    let raster = Raster::sample(CELLS, CELLS, extent, root);
    let peak = raster.values().iter().fold(f64::MIN_POSITIVE, |max: f64, &v| max.max(v));
    panel.density(raster, extent, ColorScale::new(theme::DENSITY).range(0.0, 2.0 * peak))
}

/// The rows of a set of points of the plane (`[n, 2]`).
fn pairs(points: &ArrayRef2<f64>) -> impl Iterator<Item = (f64, f64)> {
    points.rows().into_iter().map(|p| (p[0], p[1]))
}

/// The latent spaces of all objectives side by side on shared axes: encoder means coloured by `values`, one-sigma
/// ellipses for some of them, the aggregate posterior, the prior.
pub fn latent_spaces(models: &[Trained], data: &ArrayRef2<f64>, values: &[f64], bar: &str) -> Figure {
    let mut figure = Figure::new(160.0, 58.0).columns(models.len()).share_x().share_y();
    for (k, model) in models.iter().enumerate() {
        let scale = ColorScale::new(theme::VIRIDIS).range(0.0, 1.0);
        let scale = if k + 1 == models.len() { scale.bar(bar) } else { scale };
        let means = model.vae.encoder.mean(data);
        let means = pairs(&means).zip(values).map(|((x, y), &value)| (x, y, value));
        let style = Style::new(theme::BLUE).size(1.6).opacity(0.8).name("codes");
        let panel = plane(model, data, reach(models, data)).colored_points(means, scale, style);
        figure.panel(ellipses(panel, model, data));
    }
    figure
}

/// Half the side of a square that holds the codes of all models and the prior.
fn reach(models: &[Trained], data: &ArrayRef2<f64>) -> f64 {
    1.1 * models.iter().map(|model| extent_of(&model.vae.encoder.mean(data))).fold(2.4, f64::max)
}

/// The largest coordinate, in absolute value.
fn extent_of(points: &Array2<f64>) -> f64 {
    points.iter().fold(0.0, |max: f64, x| max.max(x.abs()))
}

/// The way from half to full moon: the truth, the pixel blend, and what each model decodes.
///
/// # Errors
/// If a share of the way is no fraction.
pub fn strips(judge: &Judge, walks: &[Walked], size: usize) -> Result<Figure, toy::ToyError> {
    let raster = |pixels: &Array1<f64>| Raster::new(size, size, pixels.iter().map(|p| p.clamp(0.0, 1.0)));
    let shown = |walk: &'_ Walked| -> Vec<Picture> {
        let last = walk.pictures.len().saturating_sub(1);
        (0..STRIP).filter_map(|k| walk.pictures.get(k * last / (STRIP - 1))).cloned().collect()
    };
    let shares: Vec<f64> = walks.first().map(shown).unwrap_or_default().iter().map(|p| p.share).collect();
    let truth: Vec<Raster> =
        shares.iter().map(|&share| judge.truth(share).map(|p| raster(&p))).collect::<Result<_, _>>()?;
    let mut pictures = Pictures::new("lit fraction of the true moon")
        .column_labels(shares.iter().map(|share| format!("{:.2}", 0.5 + 0.5 * share)))
        .row("true moons", truth)
        .row("pixel blend", shares.iter().map(|&share| raster(&judge.blend(share))));
    for walk in walks {
        pictures = pictures.row(walk.objective, shown(walk).iter().map(|p| raster(&p.pixels)));
    }
    let mut figure = Figure::new(160.0, 71.0);
    figure.panel(pictures);
    Ok(figure)
}

/// Where the decoded pictures sit along the way: nearest true phase above, distances to the nearest moon and to the
/// nearest blend below.
pub fn distances(judge: &Judge, walks: &[Walked]) -> Figure {
    let mut figure = Figure::new(160.0, 92.0).columns(walks.len()).share_x().share_y();
    for walk in walks {
        let likeness = |wanted: fn(Likeness) -> bool| {
            walk.pictures
                .iter()
                .filter(move |p| wanted(p.likeness))
                .map(|p| (p.share, p.moon.phase))
                .collect::<Vec<_>>()
        };
        let mut panel = Panel::new(walk.objective)
            .name(format!("{}: phase", walk.objective))
            .y_label("nearest true phase")
            .line([(0.0, 0.5), (1.0, 1.0)], Style::guide().dashed().name("true moons"));
        for (points, style) in [
            (likeness(|l| l == Likeness::Moon), Style::new(theme::BLUE).label("a moon")),
            (likeness(|l| l == Likeness::Blend), Style::new(theme::VERMILLION).label("a blend")),
            (likeness(|l| l == Likeness::Neither), Style::new(theme::GUIDE).label("neither")),
        ] {
            if !points.is_empty() {
                panel = panel.points(points, style.size(2.0));
            }
        }
        figure.panel(panel);
    }
    for walk in walks {
        let along = |f: fn(&Picture) -> f64| walk.pictures.iter().map(move |p| (p.share, f(p)));
        figure.panel(
            Panel::new("")
                .name(format!("{}: distances", walk.objective))
                .x_label("along the way")
                .x_ticks([(0.0, "half"), (0.5, "3/4"), (1.0, "full")])
                .y_label("distance (grey)")
                .horizontal(judge.close(), Style::guide().dashed().label("close"))
                // Dashes last: the distances may be equal, and a line shows between dashes, not under a line.
                .line(along(|p| p.moon.distance), Style::new(theme::BLUE).label("to a moon"))
                .line(
                    along(|p| p.blend.distance),
                    Style::new(theme::VERMILLION).dashed().label("to a blend"),
                ),
        );
    }
    figure
}

/// The terms of the bound and the bound itself, first minus second, during training, one line an objective.
///
/// What an objective does not train can be off by orders of magnitude, as every term is at first: the axes show where
/// the terms that are trained end up, and an arrow says which line lies below them.
pub fn training(models: &[Trained]) -> Figure {
    let mut figure = Figure::new(160.0, 58.0).columns(3).share_x();
    figure.panel(term(models, "reconstruction", |elbo| elbo.reconstruction));
    figure.panel(term(models, PRIOR_MATCHING, |elbo| elbo.prior_matching));
    figure.panel(term(models, BOUND, Bound::elbo));
    figure
}

/// One term during training. Lines are named where the figure ends, at the right of the bound.
fn term(models: &[Trained], title: &str, term: fn(&Bound) -> f64) -> Panel {
    let late = |model: &Trained| {
        let history = &model.history[model.history.len() / 20..];
        let start = (f64::INFINITY, f64::NEG_INFINITY);
        history.iter().map(|(_, elbo)| term(elbo)).fold(start, |(l, h), v| (l.min(v), h.max(v)))
    };
    let learned = models.iter().filter(|model| model.objective != OBJECTIVES[1].0 || title == PRIOR_MATCHING);
    let (low, high) = learned
        .map(late)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), (low, high)| (l.min(low), h.max(high)));
    let height = high - low;
    let below = |model: &Trained| late(model).1 < low;
    // Room for an arrow and a name beneath everything that shows.
    let foot = if models.iter().any(below) { 0.2 } else { 0.05 };
    let low = low - foot * height;
    let panel = Panel::new(title).x_label("step").y_label("nats").y_range(low, high + 0.05 * height);
    models.iter().zip(COLORS).fold(panel, |panel, (model, color)| {
        let points = model.history.iter().map(|(step, elbo)| (*step, term(elbo)));
        let style = Style::new(color);
        let named = if title == BOUND {
            style.clone().label(model.objective)
        } else {
            style.clone().name(model.objective)
        };
        let panel = panel.line(points, named);
        match model.history.last() {
            Some(&(end, _)) if below(model) => {
                panel.arrow((end, low + 0.13 * height), (end, low + 0.01 * height), style.clone()).text(
                    (0.95 * end, low + 0.07 * height),
                    model.objective,
                    style.size(7.5).align(Align::Right),
                )
            }
            _ => panel,
        }
    })
}

/// Latent space, reconstructions and samples from the prior for the points of two moons, a row an objective.
///
/// `labels` say which moon a point of `data` is from, 0 for the upper one; `drawn` are reconstructions and samples of
/// each model.
pub fn point_models(
    models: &[Trained],
    data: &ArrayRef2<f64>,
    labels: &[usize],
    drawn: &[(Array2<f64>, Array2<f64>)],
) -> Figure {
    let shown: Vec<(f64, f64)> =
        drawn.iter().flat_map(|(a, b)| pairs(a).chain(pairs(b))).chain(pairs(data)).collect();
    let mut figure = Figure::new(160.0, 130.0).columns(3);
    for (model, (returned, sampled)) in models.iter().zip(drawn) {
        let means = model.vae.encoder.mean(data);
        let moon = |wanted: usize| {
            pairs(&means)
                .zip(labels)
                .filter(move |(_, label)| **label == wanted)
                .map(|(z, _)| z)
                .collect::<Vec<_>>()
        };
        let style = |color| Style::new(color).size(1.6).opacity(0.8);
        let panel = plane(model, data, reach(models, data))
            .points(moon(0), style(theme::GREEN).label("upper moon"))
            .points(moon(1), style(theme::VERMILLION).label("lower moon"));
        figure.panel(ellipses(panel, model, data).name(format!("{}: latents", model.objective)));
        for (name, made) in [("reconstructions", returned), ("samples", sampled)] {
            let panel = points(data, made, name, &shown);
            figure.panel(panel.name(format!("{}: {name}", model.objective)));
        }
    }
    figure
}

/// Data, and what a model made, on axes that hold all of `shown`.
fn points(data: &ArrayRef2<f64>, made: &ArrayRef2<f64>, name: &str, shown: &[(f64, f64)]) -> Panel {
    let range = |of: fn(&(f64, f64)) -> f64| {
        let reach = (f64::INFINITY, f64::NEG_INFINITY);
        shown.iter().map(of).fold(reach, |(low, high), v| (low.min(v - 0.1), high.max(v + 0.1)))
    };
    let ((left, right), (low, high)) = (range(|p| p.0), range(|p| p.1));
    Panel::new("")
        .x_label("$x_1$")
        .y_label("$x_2$")
        .equal_aspect()
        .x_range(left, right)
        .y_range(low, high)
        .points(pairs(data), Style::guide().size(1.0).opacity(0.35).label("data"))
        .points(pairs(made), Style::new(theme::BLUE).size(1.4).opacity(0.7).label(name))
}
