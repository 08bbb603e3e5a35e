//! The forward process on the line: the density of `q(x_t)` against `t`, with paths through it and its two ends.

use montecarlo::Streams;
use ndarray::{Array2, array};
use plot::{Align, Color, ColorScale, Figure, Panel, Style, theme};
use prob::{Gaussian, Mixture, standard_normal};
use toy::Preset;
use vdm::Schedule;

use super::noising::{Direction, FINE, density_at, fine_schedule, law_at, over_time};
use super::numbers::scientific;
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "forward_line",
    title: "the forward process on the line: a density over time, with paths",
    claims: &["D1a", "D1d", "D2a", "D2b", "D2c"],
    draw,
};

/// Half the height of the picture.
const HALF: f64 = 3.2;
/// Every so many steps of a path are drawn.
const STRIDE: usize = 4;

fn draw(studio: &Studio) -> Result<Drawing, FigureError> {
    let (data, schedule) = (Preset::Bimodal.mixture(), fine_schedule());
    let (raster, extent) = over_time(&data, HALF, Direction::Forward);
    let mut time = Panel::new("$q(x_t)$ and four paths")
        .x_label("step $t$")
        .y_range(-HALF, HALF)
        .no_grid()
        .density(raster, extent, ColorScale::new(theme::DENSITY).range(0.0, 0.9));
    for (k, path) in paths(&schedule, studio.streams("forward_line")).columns().into_iter().enumerate() {
        let points = (0..=FINE).step_by(STRIDE).map(|t| (t as f64, path[t]));
        let style = Style::new(if k % 2 == 0 { theme::VERMILLION } else { theme::BLACK });
        time = time.line(points, style.width(0.55).name(format!("path {}", k + 1)));
    }
    let end = law_at(&data, &schedule, FINE);
    let normal = Mixture::from(Gaussian::standard(1));
    let first = sideways("the data, $q(x_0)$", &data, theme::BLUE).x_range(0.0, 0.8).y_label("$x_t$");
    let last = sideways("the end, $q(x_T)$", &end, theme::BLUE)
        .x_range(0.0, 0.8)
        .line(outline(&normal), Style::new(theme::BLACK).width(1.0).dashed().name("N(0, 1)"))
        .text((0.79, 2.6), "dashed: $N(0, 1)$", Style::new(theme::BLACK).align(Align::Right));
    let mut figure = Figure::new(160.0, 66.0).columns(3).widths(&[1.0, 3.4, 1.0]).share_y();
    figure.panel(first).panel(time).panel(last);
    let caption = format!(
        "The forward process of data with two modes, in {FINE} steps. The shade is the exact density $q(x_t)$; the lines are draws \
         of $x_t = \\sqrt{{\\alpha_t}}\\, x_{{t-1}} + \\sqrt{{1-\\alpha_t}}\\, \\varepsilon_t$, two from each mode. At the end \
         $\\bar\\alpha_T = {}$ of the variance is still data. The largest difference of the density from that of $N(0, 1)$ is \
         ${}$.",
        scientific(schedule.alpha_bar(FINE)),
        scientific(largest_difference(&end, &normal))
    );
    Ok(Drawing::new(figure, caption))
}

/// Paths `x_0 … x_T`, a column each; they start in the two modes by turns.
fn paths(schedule: &Schedule, streams: Streams) -> Array2<f64> {
    let starts = array![-1.75, 1.75, -1.25, 1.25];
    let noise = standard_normal((FINE, starts.len()), &mut streams.rng(1));
    let mut paths = Array2::zeros((FINE + 1, starts.len()));
    paths.row_mut(0).assign(&starts);
    for t in 1..=FINE {
        let next = &paths.row(t - 1) * schedule.alpha(t).sqrt() + &noise.row(t - 1) * schedule.beta(t).sqrt();
        paths.row_mut(t).assign(&next);
    }
    paths
}

fn places() -> Vec<f64> {
    (0..=256).map(|i| HALF * (f64::from(i) / 128.0 - 1.0)).collect()
}

/// A density with `x` going up.
fn outline(law: &Mixture) -> Vec<(f64, f64)> {
    density_at(law, &places()).into_iter().zip(places()).collect()
}

fn sideways(title: &str, law: &Mixture, color: Color) -> Panel {
    Panel::new(title).x_label("density").line(outline(law), Style::new(color).name(title))
}

fn largest_difference(law: &Mixture, other: &Mixture) -> f64 {
    let pairs = density_at(law, &places()).into_iter().zip(density_at(other, &places()));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the caption says of the end, against the expansion in the little signal that is left.
    #[test]
    fn the_end_differs_from_the_normal_by_the_excess_of_variance() {
        let (data, schedule) = (Preset::Bimodal.mixture(), fine_schedule());
        let end = law_at(&data, &schedule, FINE);
        // To first order only the variance differs, by ᾱ_T (Var x_0 - 1): most at 0, by half of that.
        let excess = schedule.alpha_bar(FINE) * (data.covariance()[[0, 0]] - 1.0);
        let expected = 0.5 * excess / std::f64::consts::TAU.sqrt();
        let found = largest_difference(&end, &Mixture::from(Gaussian::standard(1)));
        assert!((found / expected - 1.0).abs() < 1e-3, "{found} {expected}");
    }
}
