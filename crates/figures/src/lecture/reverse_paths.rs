//! From noise back to data on the line: ancestral and DDIM paths from the same starts, over the density of `q(x_t)`.

use ndarray::{Array1, Array2, Axis, array};
use plot::{ColorScale, Figure, Panel, Style, theme};
use prob::standard_normal;
use toy::Preset;
use vdm::{ExactDenoiser, ReverseVariance, Sampler};

use super::noising::{Direction, FINE, fine_schedule, over_time};
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "reverse_paths",
    title: "from noise to data: ancestral and DDIM paths from the same starts",
    claims: &["D12a", "D12c", "D12d", "D12e", "E3a", "E3j"],
    draw,
};

const HALF: f64 = 3.4;
const STRIDE: usize = 4;
/// Starts that are counted, beside those that are drawn.
const COUNTED: usize = 1000;

fn draw(studio: &Studio) -> Result<Drawing, FigureError> {
    let streams = studio.streams("reverse_paths");
    let shown = array![-1.4, -0.5, 0.25, 1.1];
    let (raster, extent) = over_time(&Preset::Bimodal.mixture(), HALF, Direction::Reverse);
    let ddim = Sampler::ddim(0.0).expect("between 0 and 1");
    let samplers =
        [("ancestral", Sampler::ancestral(ReverseVariance::Posterior)), ("DDIM, $\\eta = 0$", ddim)];
    let mut figure = Figure::new(160.0, 66.0).columns(2).share_y();
    let mut kept = Vec::new();
    for (name, sampler) in samplers {
        let mut rng = streams.role(name).rng(2);
        let ticks = (0..=5).map(|i| i * FINE / 5).map(|t| (Direction::Reverse.place(t), t.to_string()));
        let mut panel = Panel::new(name)
            .x_label("step $t$, from noise to data")
            .x_ticks(ticks)
            .y_label("$x_t$")
            .y_range(-HALF, HALF)
            .no_grid()
            .density(raster.clone(), extent, ColorScale::new(theme::DENSITY).range(0.0, 0.9));
        let others = standard_normal((COUNTED, 1), &mut streams.role("starts").rng(0));
        let starts: Array1<f64> = shown.iter().chain(&others).copied().collect();
        let paths = paths(&sampler, starts, |n| standard_normal((n, 1), &mut rng));
        for (i, path) in paths.columns().into_iter().take(shown.len()).enumerate() {
            let points = (0..=FINE).rev().step_by(STRIDE).map(|t| (Direction::Reverse.place(t), path[t]));
            let style = Style::new(if i < 2 { theme::VERMILLION } else { theme::BLACK });
            let start = (Direction::Reverse.place(FINE), shown[i]);
            panel = panel
                .line(points, style.clone().width(0.7).name(format!("path {}", i + 1)))
                .points([start], style.size(3.6).name(format!("start {}", i + 1)));
        }
        figure.panel(panel);
        kept.push(share_on_their_side(&paths));
    }
    let caption = format!(
        "Sampling in {FINE} steps with the exact denoiser from the same four starts $x_T$, over the exact density $q(x_t)$. Left: ancestral \
         sampling adds noise at every step. Right: DDIM without noise follows a smooth path that the start alone decides. Of {COUNTED} more starts \
         ${:.1} \\pm {:.1}$ % end on their own side of 0 by ancestral sampling (two standard \
         errors), {:.1} % by DDIM.",
        100.0 * kept[0],
        200.0 * (kept[0] * (1.0 - kept[0]) / COUNTED as f64).sqrt(),
        100.0 * kept[1]
    );
    Ok(Drawing::new(figure, caption))
}

/// Paths `x_0 … x_T`, a column for each start.
fn paths(sampler: &Sampler, starts: Array1<f64>, mut noise: impl FnMut(usize) -> Array2<f64>) -> Array2<f64> {
    let (data, schedule) = (Preset::Bimodal.mixture(), fine_schedule());
    let denoiser = ExactDenoiser::new(&data, &schedule).expect("modes of ordinary width");
    let n = starts.len();
    let mut paths = Array2::zeros((FINE + 1, n));
    let mut x = starts.insert_axis(Axis(1));
    paths.row_mut(FINE).assign(&x.column(0));
    for t in (1..=FINE).rev() {
        x = sampler.step(&schedule, t, &x, &denoiser.denoise(&x, t), &noise(n));
        paths.row_mut(t - 1).assign(&x.column(0));
    }
    paths
}

/// The share of paths, but for the first few, whose two ends have the same sign.
fn share_on_their_side(paths: &Array2<f64>) -> f64 {
    let counted = paths.columns().into_iter().rev().take(COUNTED);
    counted.filter(|path| path[0] * path[FINE] > 0.0).count() as f64 / COUNTED as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The flow of symmetric data is an odd, rising function of its start: no path crosses another.
    #[test]
    fn paths_without_noise_keep_their_order_and_their_side() {
        let starts = array![-2.0, -1.0, -0.1, 0.1, 1.0, 2.0];
        let silent = |n| Array2::zeros((n, 1));
        let paths = paths(&Sampler::ddim(0.0).expect("between 0 and 1"), starts, silent);
        for x in paths.rows() {
            assert!((1..x.len()).all(|i| x[i - 1] < x[i]), "{x}");
            assert!((x[0] + x[5]).abs() < 1e-9);
        }
    }
}
