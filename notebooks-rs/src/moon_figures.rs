//! The figures of the chapter `moon_latents`.

use ndarray::{Array1, Array2, ArrayRef2};
use plot::{Color, ColorScale, Extent, Figure, Panel, Pictures, Raster, Style, theme};
use prob::{Bound, Mixture};

use crate::experiment::{OBJECTIVES, Trained};
use crate::moon_report::Walked;
use crate::walk::{Judge, Likeness, Picture};

/// Pictures in a strip.
const STRIP: usize = 11;
/// The panel in which every line is at home, and named.
const PRIOR_MATCHING: &str = "prior matching";
/// Colours of the objectives, in order.
const COLORS: [Color; 3] = [theme::ORANGE, theme::PURPLE, theme::BLUE];
/// Every so many examples get an ellipse; odd, because full and half moons alternate.
const ELLIPSE_EVERY: usize = 21;
/// Cells of a density, in each direction.
const CELLS: usize = 64;

/// A latent space: the aggregate posterior as a density, the prior's one and two standard deviations as circles,
/// encoder means coloured by `values`, one-sigma ellipses for some of them.
fn latent_space(
    model: &Trained,
    data: &ArrayRef2<f64>,
    values: &[f64],
    colors: ColorScale,
    reach: f64,
) -> Panel {
    let (mean, log_var) = model.vae.encoder.mean_and_log_var(data);
    let means = mean.rows().into_iter().zip(values).map(|(z, &value)| (z[0], z[1], value));
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
    panel = panel
        .circle((0.0, 0.0), 1.0, Style::guide().dashed().label("$1\\sigma$"))
        .circle((0.0, 0.0), 2.0, Style::guide().dashed().label("$2\\sigma$"))
        .colored_points(means, colors, Style::new(theme::BLUE).size(1.6).opacity(0.8));
    for (z, log_var) in mean.rows().into_iter().zip(log_var.rows()).step_by(ELLIPSE_EVERY) {
        let axes = ((0.5 * log_var[0]).exp(), (0.5 * log_var[1]).exp());
        panel = panel.ellipse((z[0], z[1]), axes, 0.0, Style::new(theme::TEXT).width(0.4));
    }
    panel
}

/// The density of a law on the plane, up to half the strength of the colour map: marks must read on top of it.
fn density(panel: Panel, law: &Mixture, reach: f64) -> Panel {
    // Wider than the axes, which an equal aspect may stretch.
    let extent = Extent::square(1.5 * reach);
    // Square roots spread the range: a narrow peak would otherwise leave all else white.
    let root = |x: f64, y: f64| (0.5 * law.log_prob(&ndarray::aview1(&[x, y]))).exp();
    let raster = Raster::sample(CELLS, CELLS, extent, root);
    let peak = raster.values().iter().fold(f64::MIN_POSITIVE, |max: f64, &v| max.max(v));
    panel.density(raster, extent, ColorScale::new(theme::DENSITY).range(0.0, 2.0 * peak))
}

/// The latent spaces of all objectives side by side on shared axes.
pub fn latent_spaces(models: &[Trained], data: &ArrayRef2<f64>, values: &[f64], bar: &str) -> Figure {
    let mut figure = Figure::new(160.0, 58.0).columns(models.len()).share_x().share_y();
    for (k, model) in models.iter().enumerate() {
        let scale = ColorScale::new(theme::VIRIDIS).range(0.0, 1.0);
        let scale = if k + 1 == models.len() { scale.bar(bar) } else { scale };
        figure.panel(latent_space(model, data, values, scale, reach(models, data)));
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
/// Never, for shares of a way are fractions.
pub fn strips(judge: &Judge, walks: &[Walked], size: usize) -> Result<Figure, toy::ToyError> {
    let raster = |pixels: &Array1<f64>| Raster::new(size, size, pixels.iter().map(|p| p.clamp(0.0, 1.0)));
    let shown = |walk: &'_ Walked| -> Vec<Picture> {
        walk.pictures.iter().step_by((walk.pictures.len() - 1) / (STRIP - 1)).cloned().collect()
    };
    let shares: Vec<f64> = shown(&walks[0]).iter().map(|p| p.share).collect();
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
            .y_label("nearest true phase")
            .line([(0.0, 0.5), (1.0, 1.0)], Style::guide().dashed());
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
                .x_label("along the way")
                .x_ticks([(0.0, "half"), (0.5, "3/4"), (1.0, "full")])
                .y_label("distance (grey)")
                .horizontal(judge.close(), Style::guide().dashed().label("close"))
                .line(along(|p| p.blend.distance), Style::new(theme::VERMILLION).dashed().label("to a blend"))
                .line(along(|p| p.moon.distance), Style::new(theme::BLUE).label("to a moon")),
        );
    }
    figure
}

/// The terms of the bound and the bound itself during training, one line an objective.
pub fn training(models: &[Trained]) -> Figure {
    let mut figure = Figure::new(160.0, 58.0).columns(3).widths(&[1.0, 1.0, 1.0]).share_x();
    let panel = |title: &str, term: fn(&Bound) -> f64| {
        // What an objective does not train can be off by orders of magnitude, as every term is at first: the axis
        // shows where the terms that are trained end up.
        let learned =
            models.iter().filter(|model| model.objective != OBJECTIVES[1].0 || title == PRIOR_MATCHING);
        let late = learned.flat_map(|model| &model.history[model.history.len() / 20..]).map(|(_, e)| term(e));
        let (low, high) = late.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let margin = 0.05 * (high - low);
        let panel = Panel::new(title).x_label("step").y_label("nats").y_range(low - margin, high + margin);
        models.iter().zip(COLORS).fold(panel, |panel, (model, color)| {
            let points = model.history.iter().map(|(step, bound)| (*step, term(bound)));
            let style = Style::new(color);
            panel.line(points, if title == PRIOR_MATCHING { style.label(model.objective) } else { style })
        })
    };
    figure.panel(panel("reconstruction", |bound| bound.reconstruction));
    figure.panel(panel("ELBO", Bound::elbo));
    figure.panel(panel(PRIOR_MATCHING, |bound| bound.prior_matching));
    figure
}

/// Latent space, reconstructions and samples from the prior for points in the plane, a row an objective.
pub fn point_models(
    models: &[Trained],
    data: &ArrayRef2<f64>,
    labels: &[usize],
    drawn: &[(Array2<f64>, Array2<f64>)],
) -> Figure {
    let values: Vec<f64> = labels.iter().map(|&label| label as f64).collect();
    let mut figure = Figure::new(160.0, 130.0).columns(3);
    for (model, (returned, sampled)) in models.iter().zip(drawn) {
        let scale = ColorScale::new(theme::VIRIDIS).range(-0.2, 1.2);
        figure.panel(latent_space(model, data, &values, scale, reach(models, data)));
        figure.panel(points("reconstructions", data, returned));
        figure.panel(points("samples from the prior", data, sampled));
    }
    figure
}

fn points(title: &str, data: &ArrayRef2<f64>, made: &Array2<f64>) -> Panel {
    let rows = |x: &ArrayRef2<f64>| x.rows().into_iter().map(|p| (p[0], p[1])).collect::<Vec<_>>();
    Panel::new(title)
        .x_label("$x_1$")
        .y_label("$x_2$")
        .equal_aspect()
        .x_range(-1.6, 2.6)
        .y_range(-1.1, 1.6)
        .points(rows(data), Style::guide().size(1.0).opacity(0.35))
        .points(rows(made), Style::new(theme::BLUE).size(1.4).opacity(0.7))
}
