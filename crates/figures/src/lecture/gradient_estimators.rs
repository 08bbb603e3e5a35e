//! Two unbiased estimators of the same gradient: through the sample (reparameterisation), and by the score of its law.

use montecarlo::{Moments, MonteCarlo};
use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use plot::{Align, Color, Figure, Panel, Style, theme};

use super::on_the_line::grid;
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "gradient_estimators",
    title: "the gradient through the sample and by the score",
    claims: &["A8b", "A8c", "A8d"],
    draw,
};

/// `f(z) = a z² + b z + c`, averaged over `N(MEAN, σ²)`.
const A: f64 = 0.2;
const B: f64 = 1.8;
const C: f64 = 1.55;
const MEAN: f64 = 0.5;
/// The σ of the first panel.
const SIGMA: f64 = 0.5;
const SAMPLES: u64 = 1 << 15;

fn f(z: f64) -> f64 {
    (A * z + B) * z + C
}

/// `f'(z)`.
fn pathwise(z: f64) -> f64 {
    2.0 * A * z + B
}

/// `f(z) ∂ log N(z; m, σ²)/∂m`.
fn by_score(z: f64, sigma: f64) -> f64 {
    f(z) * (z - MEAN) / (sigma * sigma)
}

/// Exact variances of both: with `z = m + σε`, `f = α + βε + δε²`.
fn variances(sigma: f64) -> [f64; 2] {
    let (alpha, beta, delta) = (f(MEAN), sigma * pathwise(MEAN), A * sigma * sigma);
    let score = alpha * alpha + 2.0 * beta * beta + 15.0 * delta * delta + 6.0 * alpha * delta;
    [4.0 * delta * delta, score].map(|v| v / (sigma * sigma))
}

/// Variances of both by drawing: squares about the mean, which both share and which is known.
fn drawn_variances(studio: &Studio, sigma: f64) -> [(f64, f64); 2] {
    let plan = MonteCarlo::new(SAMPLES, studio.streams("gradient_estimators").role(&format!("{sigma}")));
    let squares = plan.run(&|_| (), |rng, n| {
        let mut squares = [Moments::default(), Moments::default()];
        for _ in 0..n {
            let eps: f64 = StandardNormal.sample(rng);
            let z = MEAN + sigma * eps;
            for (moments, gradient) in squares.iter_mut().zip([pathwise(z), by_score(z, sigma)]) {
                moments.push((gradient - pathwise(MEAN)).powi(2));
            }
        }
        squares
    });
    squares.map(|moments| (moments.mean(), 2.0 * moments.estimate().std_err))
}

const ESTIMATORS: [(&str, Color); 2] =
    [("reparameterised", theme::BLUE), ("score function", theme::VERMILLION)];

/// What each estimator says for a draw `z`, over the law of `z`.
fn one_draw(studio: &Studio) -> Panel {
    let (low, high, floor) = (MEAN - 3.0 * SIGMA, MEAN + 3.0 * SIGMA, -14.0);
    let mut rng = studio.streams("gradient_estimators").role("dots").rng(0);
    let draws: Vec<f64> =
        (0..60).map(|_| StandardNormal.sample(&mut rng)).map(|eps: f64| MEAN + SIGMA * eps).collect();
    let inside = |z: &f64| *z > low && *z < high;
    let draws: Vec<f64> = draws.into_iter().filter(inside).collect();
    let bell = |z: f64| (-0.5 * ((z - MEAN) / SIGMA).powi(2)).exp();
    let curve = |g: &dyn Fn(f64) -> f64| grid(low, high, 100).map(|z| (z, g(z))).collect::<Vec<_>>();
    let dots = |g: &dyn Fn(f64) -> f64| draws.iter().map(|&z| (z, g(z))).collect::<Vec<_>>();
    let score = |z: f64| by_score(z, SIGMA);
    let [(path_name, path), (score_name, red)] = ESTIMATORS;
    Panel::new(format!("one draw, $\\sigma = {SIGMA}$"))
        .x_label("$z$")
        .y_label("estimate of the gradient")
        .x_range(low, high)
        .y_range(floor, 30.0)
        .band(
            grid(low, high, 100).map(|z| (z, floor, floor + 7.0 * bell(z))),
            Style::new(theme::GUIDE).name("law of z, scaled"),
        )
        .line(curve(&pathwise), Style::new(path).name(path_name))
        .line(curve(&score), Style::new(red).dashed().name(score_name))
        .points(dots(&pathwise), Style::new(path).size(2.6).name("reparameterised, draws"))
        .points(dots(&score), Style::new(red).size(2.6).name("score function, draws"))
        .text(
            (low + 0.12, pathwise(low) + 2.6),
            "reparameterised",
            Style::new(path).size(8.5).align(Align::Left),
        )
        .text((MEAN + 0.87, 18.0), "score function", Style::new(red).size(8.5).align(Align::Right))
        .text((MEAN, floor + 2.2), "$q(z)$", Style::new(theme::GUIDE).size(8.5))
}

fn draw(studio: &Studio) -> Result<Drawing, FigureError> {
    let sigmas = || grid(-1.3, 0.9, 80).map(|power| 10f64.powf(power));
    let drawn: Vec<(f64, [(f64, f64); 2])> =
        [0.06, 0.16, 0.5, 1.5, 5.0].map(|sigma| (sigma, drawn_variances(studio, sigma))).to_vec();
    let mut panel = Panel::new("variance of one draw")
        .x_label(r"$\sigma$")
        .y_label("variance of the estimate")
        .x_log()
        .y_log();
    for (i, (name, color)) in ESTIMATORS.into_iter().enumerate() {
        let style = if i == 0 { Style::new(color) } else { Style::new(color).dashed() };
        panel = panel
            .line(sigmas().map(|sigma| (sigma, variances(sigma)[i])), style.name(format!("{name}, exact")))
            .error_bars(
                drawn.iter().map(|(sigma, both)| (*sigma, both[i].0, both[i].1)),
                Style::new(color).name(format!("{name}, Monte Carlo, two standard errors")),
            );
    }
    let [path, score] = variances(SIGMA);
    let least = sigmas().map(variances).map(|[p, s]| s / p).fold(f64::INFINITY, f64::min);
    let panel = panel
        .text((0.62, 2.5e-2), "reparameterised", Style::new(theme::BLUE).size(8.5).align(Align::Left))
        .text((0.14, 1.3e3), "score function", Style::new(theme::VERMILLION).size(8.5).align(Align::Left));
    let mut figure = Figure::new(160.0, 68.0).columns(2);
    figure.panel(one_draw(studio)).panel(panel);
    let caption = format!(
        "Two unbiased estimates of $\\partial_m E f(z)$, $f(z) = {A} z^2 + {B} z + {C}$, $z \\sim \\mathcal N(m, \\sigma^2)$, $m = {MEAN}$. \
         Left: both average to {:.1}, but $f'(z)$ hardly moves with $z$ and $f(z) (z - m)/\\sigma^2$ swings through 0. Right: their exact \
         variances (lines) and {SAMPLES} draws (points, bars two standard errors). At $\\sigma = {SIGMA}$ they are {path:.2} and \
         {score:.2}, a factor of {:.0}; the factor is never below 3/2, and here not below {least:.1}.",
        pathwise(MEAN),
        score / path,
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;
    use prob::GaussHermite;

    #[test]
    fn both_have_the_same_mean_and_the_variances_that_are_drawn() {
        // Squares are polynomials of degree six.
        let rule = GaussHermite::new(4);
        for sigma in [0.1, 0.5, 3.0] {
            let z = |eps: f64| MEAN + sigma * eps;
            for (i, gradient) in [pathwise, |z| by_score(z, 1.0)].into_iter().enumerate() {
                let scale = if i == 0 { 1.0 } else { 1.0 / (sigma * sigma) };
                let mean = rule.standard(|eps| scale * gradient(z(eps)));
                let variance = rule.standard(|eps| (scale * gradient(z(eps)) - mean).powi(2));
                assert!((mean - pathwise(MEAN)).abs() < 1e-9);
                assert!((variance / variances(sigma)[i] - 1.0).abs() < 1e-9);
            }
        }
    }
}
