//! A mixture of more and more components becomes an integral over a latent.
//!
//! The components are `N(f(z_m), s²)` with `z_m` in the middles of `K` equal parts of (-1, 1): the midpoint rule of
//! `p(x) = ∫ ½ N(x; f(z), s²) dz`. Where `f` is flat the components crowd into a peak; at its ends the density has a step.

use plot::{Align, Figure, Panel, Style, theme};
use prob::{Mixture, integrate};

use super::on_the_line::{density, grid, normal};
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "mixture_components",
    title: "from a sum over components to an integral over a latent",
    claims: &["A7a", "A7b", "A7c"],
    draw,
};

/// Standard deviation of a component.
const SPREAD: f64 = 0.03;
/// What is shown of x, on both sides of 0.
const REACH: f64 = 1.25;
/// Highest density that is shown: a single component is higher.
const TOP: f64 = 3.2;

/// Where the component of latent `z` stands.
fn centre(z: f64) -> f64 {
    0.2 * z + 0.8 * z.powi(3)
}

/// The middles of `k` equal parts of (-1, 1).
fn latents(k: usize) -> impl Iterator<Item = f64> {
    (0..k).map(move |m| (2 * m + 1) as f64 / k as f64 - 1.0)
}

fn mixture(k: usize) -> Mixture {
    Mixture::equal(latents(k).map(|z| normal(centre(z), SPREAD * SPREAD)).collect())
        .expect("components on the line")
}

/// `p(x) = ∫ ½ N(x; f(z), s²) dz` over (-1, 1).
fn limit(x: f64) -> f64 {
    let scale = 0.5 / (SPREAD * std::f64::consts::TAU.sqrt());
    let component = |z: f64| scale * (-0.5 * ((x - centre(z)) / SPREAD).powi(2)).exp();
    // Pieces of the width of the narrowest peak.
    let breaks: Vec<f64> = grid(-1.0, 1.0, 40).collect();
    integrate(component, &breaks, 1e-12).value
}

/// `½ ∫ |p_K - p| dx`: by how much the two differ over the probability of any event, at most.
fn total_variation(mixture: &[(f64, f64)], limit: &[(f64, f64)]) -> f64 {
    let step = limit[1].0 - limit[0].0;
    0.5 * step * mixture.iter().zip(limit).map(|(a, b)| (a.1 - b.1).abs()).sum::<f64>()
}

/// `p_K` on the points where the limit is known.
fn on_points_of(limit: &[(f64, f64)], k: usize) -> Vec<(f64, f64)> {
    let (low, high) = (limit[0].0, limit[limit.len() - 1].0);
    density(&mixture(k), low, high)
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let exact: Vec<(f64, f64)> = grid(-REACH, REACH, 400).map(|x| (x, limit(x))).collect();
    let mut figure = Figure::new(160.0, 92.0).columns(3);
    figure.panel(
        Panel::new("a component for each latent")
            .x_label("$z$")
            .y_label("its mean $f(z)$")
            .line(grid(-1.0, 1.0, 100).map(|z| (z, centre(z))), Style::new(theme::GUIDE).name("f"))
            .points(latents(8).map(|z| (z, centre(z))), Style::new(theme::BLUE).size(3.6).name("K = 8")),
    );
    for k in [1, 8, 64, 512] {
        let panel = Panel::new(format!("$K = {k}$"))
            .x_label("$x$")
            .y_label(if k == 1 || k == 64 { "density" } else { "" })
            .x_range(-REACH, REACH)
            .y_range(0.0, TOP)
            .line(exact.iter().copied(), Style::new(theme::ORANGE).width(2.6).name("integral"))
            .line(on_points_of(&exact, k), Style::new(theme::BLUE).width(0.9).name(format!("K = {k}")));
        let words = |color| Style::new(color).size(8.5).align(Align::Left);
        figure.panel(match k {
            1 => panel.text((0.13, 2.8), "component", words(theme::BLUE)).text(
                (0.32, 0.75),
                "integral",
                words(theme::ORANGE),
            ),
            8 => panel.text((0.22, 2.8), "mixture", words(theme::BLUE)),
            _ => panel,
        });
    }
    let numbers: Vec<usize> = (0..10).flat_map(|i| [1 << i, 3 << i]).filter(|&k| k <= 512).collect();
    let mut errors: Vec<(f64, f64)> =
        numbers.iter().map(|&k| (k as f64, total_variation(&on_points_of(&exact, k), &exact))).collect();
    errors.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |k: f64| errors.iter().find(|p| p.0 == k).expect("a power of two is among the numbers").1;
    let rate = (at(256.0) / at(512.0)).log2();
    let guide = |k: f64| (k, 2.5 * at(512.0) * (512.0 / k).powi(2));
    figure.panel(
        Panel::new("distance to the integral")
            .x_label("components $K$")
            .y_label("total variation")
            .x_log()
            .y_log()
            .line(
                [guide(96.0), guide(512.0)],
                Style::guide().label("$K^{-2}$").label_at(300.0, 4.0 * guide(300.0).1),
            )
            .line(errors.iter().copied(), Style::new(theme::BLUE).name("total variation"))
            .points(errors.iter().copied(), Style::new(theme::BLUE).size(2.6).name("total variation")),
    );
    let caption = format!(
        "Equal components $\\mathcal N(x; f(z_m), {SPREAD}^2)$ with $K$ latents $z_m$ spread evenly over $(-1, 1)$ (blue), and the \
         integral $p(x) = \\int \\frac12 \\mathcal N(x; f(z), {SPREAD}^2) \\, dz$ that they become (orange). One component rises \
         beyond its panel, 8 are a comb, 64 still ripple at the steps. The total variation is {:.2} for $K = 8$, {:.1e} for $K = 64$ and {:.1e} for $K = 512$; from 256 \
         to 512 components it falls as $K^{{-{rate:.2}}}$.",
        at(8.0),
        at(64.0),
        at(512.0),
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integral_is_a_density_and_the_sum_comes_near_it_as_a_midpoint_rule() {
        let exact: Vec<(f64, f64)> = grid(-REACH, REACH, 400).map(|x| (x, limit(x))).collect();
        let mass: f64 = exact.iter().map(|p| p.1).sum::<f64>() * 2.0 * REACH / 400.0;
        assert!((mass - 1.0).abs() < 1e-6, "{mass}");
        let error = |k| total_variation(&on_points_of(&exact, k), &exact);
        assert!((error(256) / error(512) - 4.0).abs() < 0.05);
    }
}
