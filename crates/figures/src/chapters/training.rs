//! The figures of the chapter `training`.

use learned::Toy;
use montecarlo::Estimate;
use ndarray::{Array2, aview1};
use plot::{Align, Color, Extent, Figure, Panel, Raster, Style, theme};
use prob::Mixture;
use toy::Preset;

use crate::studies::denoiser::{Errors, Level, REACH};
use crate::studies::parameterisations::{GOAL, Gaps, Variant};
use crate::studies::training::{Bounded, Way};

/// Half the distance between the points of the two losses in a column.
const ASIDE: f64 = 0.13;

/// The bound of each model along training, and at its end by Monte Carlo with two standard errors, below the dashed line that
/// no bound is above. A panel for each mixture.
pub fn bounds(stories: &[(&Toy, [Bounded; 3])]) -> Figure {
    let mut figure = Figure::new(160.0, 72.0).columns(stories.len());
    for (toy, models) in stories {
        let truth = toy.log_likelihood();
        let worst = models.iter().map(|model| truth - model.elbo.mean).fold(0.0, f64::max);
        let height = f64::max(3.0 * worst, 0.5);
        let space = if toy.dim() == 1 { "on the line" } else { "in the plane" };
        let panel = Panel::new(format!("{}, {space}", toy.preset()))
            .x_label("examples seen")
            .y_label("ELBO (nats)")
            .x_log()
            .x_range(3e3, 9e5)
            .y_range(truth - height, truth + 0.12 * height)
            .horizontal(truth, Style::guide().label("$E \\log p(x)$"));
        let colors = [theme::ORANGE, theme::GREEN, theme::BLUE];
        figure.panel(models.iter().zip(colors).fold(panel, |panel, (model, color)| {
            let Bounded { name, curve, elbo } = model;
            let last = curve.last().map_or(1.0, |point| point.0);
            let measured =
                Style::new(color).label(*name).name(format!("{name}, measured, two standard errors"));
            panel
                .line(curve.iter().copied(), Style::new(color).name(format!("{name}, along training")))
                .error_bars([(1.35 * last, elbo.mean, 2.0 * elbo.std_err)], measured)
        }));
    }
    figure
}

/// The learned denoiser beside the exact one at three noise levels, over the density of `x_t`, and squared errors against
/// the log-SNR.
pub fn denoiser(levels: &[Level; 3], errors: &Errors) -> Figure {
    let mut figure = Figure::new(160.0, 118.0).columns(2);
    let floor = -2.5;
    for (level, noise) in levels.iter().zip(["little noise", "as much noise as signal", "much noise"]) {
        let highest = level.density.iter().map(|p| p.1).fold(0.0, f64::max);
        let shade = level.density.iter().map(|&(x, q)| (x, floor, floor + 1.5 * q / highest));
        let panel = Panel::new(format!("log-SNR ${}$: {noise}", level.log_snr))
            .x_label("$x_t$")
            .y_label("$\\hat{x}_0(x_t)$")
            .x_range(-REACH, REACH)
            .y_range(floor, 2.5)
            .band(shade, Style::new(theme::GUIDE).name("density of x_t, scaled"))
            .line(level.exact.iter().copied(), Style::new(theme::SKY).width(2.4).label("exact"))
            .line(level.learned.iter().copied(), Style::new(theme::VERMILLION).dashed().label("learned"));
        let shaded = Style::new(theme::GUIDE).size(8.5);
        figure.panel(panel.text((0.0, floor + 0.25), "$q(x_t)$", shaded));
    }
    let learned = errors.learned.iter().map(|&(log_snr, e)| (log_snr, e.mean, 2.0 * e.std_err));
    let measured = Style::new(theme::VERMILLION)
        .label("learned")
        .label_at(1.9, 0.5)
        .name("learned, two standard errors");
    figure.panel(
        Panel::new("squared error, all noise levels")
            .x_label("log-SNR")
            .y_label("mean squared error")
            .y_log()
            .line(errors.least.iter().copied(), Style::new(theme::SKY).width(2.4).label("exact"))
            .error_bars(learned, measured)
            .line(errors.excess.iter().copied(), Style::new(theme::PURPLE).label("difference")),
    );
    figure
}

/// The gap of the bound for each prediction and both losses, two standard errors; dashed what was aimed at, and short lines
/// where the exact denoiser is.
pub fn parameterisations(gaps: &[Gaps]) -> Figure {
    let mut figure = Figure::new(160.0, 58.0 * gaps.len() as f64).columns(1).share_x();
    let losses =
        [(false, "trained by the ELBO", theme::BLUE), (true, "by the simple loss", theme::VERMILLION)];
    for (row, found) in gaps.iter().enumerate() {
        let panel = Panel::new(found.preset.name())
            .y_label("gap per dimension (nats)")
            .y_log()
            .x_range(-0.5, 6.5)
            .y_range(4e-3, 4.0)
            .y_ticks([(0.01, "0.01"), (0.1, "0.1"), (1.0, "1")])
            .categories(Variant::COLUMNS)
            .horizontal(GOAL, Style::guide().label(format!("goal {GOAL}")));
        let panel = (0..Variant::COLUMNS.len()).fold(panel, |panel, column| {
            let at = found.exact_in(column).mean;
            let ends = [(column as f64 - 0.3, at), (column as f64 + 0.3, at)];
            let style = Style::new(theme::TEXT).name("exact denoiser");
            panel.line(ends, if column == 6 { style.label("exact denoiser") } else { style })
        });
        figure.panel(losses.into_iter().fold(panel, |panel, (simple, name, color)| {
            let aside = if simple { ASIDE } else { -ASIDE };
            let of_loss = found.learned.iter().filter(|(variant, _)| variant.is_simple() == simple);
            let points =
                of_loss.map(|(variant, gap)| (variant.column() as f64 + aside, gap.mean, 2.0 * gap.std_err));
            let style = Style::new(color).name(format!("{name}, two standard errors"));
            // One panel names the losses for both.
            let place = if simple { 0.75 } else { 1.7 };
            let named = style.clone().label(name).label_at(0.75, place).align(Align::Left);
            panel.error_bars(points, if row == 0 { named } else { style })
        }));
    }
    figure
}

/// Samples (`[n, 2]`) of each way, with their sliced distance to the data.
pub type Drawn = (Way, Array2<f64>, Estimate);

/// Samples over level lines of the true density: a row for each mixture, a column for each way.
pub fn samples(rows: &[(Preset, Vec<Drawn>)]) -> Figure {
    let mut figure = Figure::new(160.0, 52.0 * rows.len() as f64).columns(Way::ALL.len());
    for (preset, drawn) in rows {
        let data = preset.mixture();
        for (way, x, distance) in drawn {
            figure.panel(cloud(*preset, &data, *way, x, *distance));
        }
    }
    figure
}

fn cloud(preset: Preset, data: &Mixture, way: Way, x: &Array2<f64>, distance: Estimate) -> Panel {
    // Centre and half the width of what is shown.
    let (x_0, y_0, reach) = if preset == Preset::Moons { (0.5, 0.25, 1.8) } else { (0.0, 0.0, 3.0) };
    let extent = Extent { x: (x_0 - reach, x_0 + reach), y: (y_0 - reach, y_0 + reach) };
    let density = Raster::sample(120, 120, extent, |x, y| data.log_prob(&aview1(&[x, y])).exp());
    let highest = density.values().iter().copied().fold(0.0, f64::max);
    Panel::new(format!("{} $W_2 = {:.3} \\pm {:.3}$", way.name(), distance.mean, distance.std_err))
        .name(format!("{preset}, {}", way.name()))
        .y_label(if way == Way::Vae { preset.name() } else { "" })
        .x_range(extent.x.0, extent.x.1)
        .y_range(extent.y.0, extent.y.1)
        .equal_aspect()
        .no_grid()
        .points(
            x.rows().into_iter().map(|point| (point[0], point[1])),
            Style::new(color(way)).size(1.3).opacity(0.5).name("samples"),
        )
        .contours(
            density,
            extent,
            [0.05, 0.5].map(|share| share * highest),
            Style::new(theme::TEXT).width(0.5).name("density of the data"),
        )
}

fn color(way: Way) -> Color {
    match way {
        Way::Vae => theme::ORANGE,
        Way::Mhvae => theme::GREEN,
        Way::Ancestral => theme::BLUE,
        Way::DpmSolver => theme::PURPLE,
    }
}
