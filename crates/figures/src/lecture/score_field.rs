//! The score of `q(x_t)` in the plane at three noise levels, as arrows over the density.

use ndarray::Array2;
use plot::{ColorScale, Figure, Panel, Style, theme};
use toy::Preset;
use vdm::{ExactDenoiser, Schedule};

use super::noising::{fine_schedule, in_the_plane, law_at, nearest_step};
use super::numbers::scientific;
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "score_field",
    title: "the score of noised data points to the denoised data",
    claims: &["B2a", "D11a", "D11b"],
    draw,
};

const HALF: f64 = 2.8;
/// Arrows in a row.
const ARROWS: usize = 9;
/// Length of an arrow as a share of the way to `√ᾱ_t E[x_0|x_t]`.
const SHARE: f64 = 0.25;
/// What is shorter than its head points nowhere.
const HEAD: f64 = 0.1;

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let (data, schedule) = (Preset::Moons.mixture(), fine_schedule());
    let denoiser = ExactDenoiser::new(&data, &schedule).expect("modes of ordinary width");
    let mut figure = Figure::new(160.0, 60.0).columns(3).share_y();
    let mut farthest = 0.0f64;
    for log_snr in [3.0, 1.0, -2.0] {
        let t = nearest_step(&schedule, log_snr);
        let (raster, extent) = in_the_plane(&law_at(&data, &schedule, t), 1.1 * HALF);
        let mut panel = Panel::new(format!("log SNR ${log_snr:.0}$, $t = {t}$"))
            .x_range(-HALF, HALF)
            .y_range(-HALF, HALF)
            .equal_aspect()
            .no_grid()
            .density(raster, extent, ColorScale::new(theme::DENSITY).range(0.0, 1.6 * highest(&denoiser, t)));
        let x_t = grid();
        let moves = denoiser.score(&x_t, t) * schedule.noise_variance(t);
        let arrows = x_t.rows().into_iter().zip(moves.rows());
        for (x, step) in arrows.filter(|(_, step)| SHARE * step[0].hypot(step[1]) > HEAD) {
            let tip = (x[0] + SHARE * step[0], x[1] + SHARE * step[1]);
            panel = panel.arrow((x[0], x[1]), tip, Style::new(theme::TEXT).width(0.6).name("score"));
        }
        figure.panel(panel);
        farthest = farthest.max(disagreement(&denoiser, &schedule, t));
    }
    let caption = format!(
        "Arrows along the score $\\nabla \\log q(x_t)$ of noised moons over the exact density, at three noise levels. An arrow is {SHARE} of \
         $(1 - \\bar\\alpha_t) \\nabla \\log q(x_t)$, the way from $x_t$ to $\\sqrt{{\\bar\\alpha_t}}\\, \\mathrm E[x_0|x_t]$. With little noise it \
         points to the nearest arc, with much to the middle of the data. Denoiser and score, each by its own formula, agree within ${}$. Arrows shorter than their heads are left out.",
        scientific(farthest)
    );
    Ok(Drawing::new(figure, caption))
}

/// Places on a square grid.
fn grid() -> Array2<f64> {
    let at = |i: usize| HALF * ((2 * i + 1) as f64 / ARROWS as f64 - 1.0);
    Array2::from_shape_fn((ARROWS * ARROWS, 2), |(i, axis)| at([i % ARROWS, i / ARROWS][axis]))
}

/// About the largest density of `q(x_t)`.
fn highest(denoiser: &ExactDenoiser, t: usize) -> f64 {
    denoiser.log_prob(&fine_grid(), t).iter().map(|log_density| log_density.exp()).fold(0.0, f64::max)
}

fn fine_grid() -> Array2<f64> {
    Array2::from_shape_fn((60 * 60, 2), |(i, axis)| HALF * ([i % 60, i / 60][axis] as f64 / 30.0 - 1.0))
}

/// The largest difference of `E[x_0|x_t]` from `(x_t + (1-ᾱ_t) ∇ log q(x_t))/√ᾱ_t` over the arrows.
fn disagreement(denoiser: &ExactDenoiser, schedule: &Schedule, t: usize) -> f64 {
    let x_t = grid();
    let by_score =
        (&x_t + &(denoiser.score(&x_t, t) * schedule.noise_variance(t))) / schedule.alpha_bar(t).sqrt();
    (denoiser.denoise(&x_t, t) - by_score).iter().fold(0.0, |largest, error| largest.max(error.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denoiser_and_score_are_the_same_thing() {
        let (data, schedule) = (Preset::Moons.mixture(), fine_schedule());
        let denoiser = ExactDenoiser::new(&data, &schedule).expect("modes of ordinary width");
        for t in [10, 300, 900] {
            assert!(disagreement(&denoiser, &schedule, t) < 1e-12);
        }
    }
}
