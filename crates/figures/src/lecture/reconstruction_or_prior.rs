//! What each term of the bound does to an encoder on its own: reconstruction takes its noise away, prior matching its message,
//! and both together leave the posterior.

use plot::{Align, Color, Extent, Figure, Panel, Raster, Style, theme};
use prob::{Gaussian, Mixture};
use vae::LinearVae;

use super::on_the_line::{conditional, density, moments, normal};
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "reconstruction_or_prior",
    title: "what each term of the bound does to an encoder",
    claims: &["B5b", "B11a", "B13b"],
    draw,
};

/// The decoder `x = V z + noise` of variance `R`, and data that are its evidence.
const V: f64 = 1.0;
const R: f64 = 0.5;
/// Slope and variance of the encoder before training.
const START: (f64, f64) = (0.25, 0.25);

/// Level lines: nats of the average ELBO below its best.
const LEVELS: [f64; 5] = [0.03, 0.1, 0.3, 0.6, 1.0];

/// The observation of the second panel.
const X: f64 = 1.2;

/// Which terms are followed, as weights of reconstruction and prior matching.
const WAYS: [(&str, [f64; 2], Color); 3] = [
    ("reconstruction alone", [1.0, 0.0], theme::VERMILLION),
    ("prior matching alone", [0.0, 1.0], theme::GREEN),
    ("both", [1.0, 1.0], theme::BLUE),
];

fn data() -> Gaussian {
    normal(0.0, V * V + R)
}

fn model(slope: f64, variance: f64) -> LinearVae {
    LinearVae::new(conditional(slope, 0.0, variance), conditional(V, 0.0, R))
        .expect("one dimension everywhere")
}

/// The gradient of `a · reconstruction - b · KL`, averaged over the data, by slope `w` and log-variance.
fn gradient((w, v): (f64, f64), [a, b]: [f64; 2]) -> (f64, f64) {
    let (_, spread) = moments(&data());
    let by_slope = a * V / R * (1.0 - V * w) * spread - b * w * spread;
    let by_log_variance = -0.5 * a * V * V / R * v + 0.5 * b * (1.0 - v);
    (by_slope, by_log_variance)
}

/// Slope and variance along the gradient.
fn path(weights: [f64; 2]) -> Vec<(f64, f64)> {
    let rate = 0.01;
    let step = |&(w, v): &(f64, f64)| {
        let (by_slope, by_log_variance) = gradient((w, v), weights);
        Some((w + rate * by_slope, v * (rate * by_log_variance).exp()))
    };
    std::iter::successors(Some(START), step).take(1500).collect()
}

fn average_elbo(slope: f64, variance: f64) -> f64 {
    model(slope, variance).average_bound(&Mixture::from(data())).elbo()
}

/// The three ways over level lines of what the average bound is below its best.
fn ways() -> Panel {
    let extent = Extent { x: (-0.15, 1.75), y: (0.01, 1.2) };
    let best = -data().entropy();
    let lost = Raster::sample(90, 90, extent, |slope, variance| best - average_elbo(slope, variance));
    let words = |color| Style::new(color).size(8.5);
    let panel = Panel::new("what training does")
        .x_label("slope of the encoder")
        .y_label("its variance")
        .x_range(extent.x.0, extent.x.1)
        .y_range(0.0, extent.y.1)
        .contours(
            lost,
            extent,
            LEVELS,
            Style::new(theme::GUIDE).width(0.5).opacity(0.6).name("average ELBO below its best"),
        );
    let panel = WAYS.into_iter().enumerate().fold(panel, |panel, (i, (name, weights, color))| {
        let style = [Style::dashed, Style::dotted, |style| style][i](Style::new(color).width(1.8).name(name));
        panel
            .line(path(weights), style)
            .points([end(weights)], Style::new(color).size(5.0).name(format!("{name}, end")))
    });
    panel
        .points([START], Style::new(theme::TEXT).size(4.0).name("start"))
        .text((START.0 - 0.04, START.1 - 0.07), "start", words(theme::TEXT).align(Align::Right))
        .text((0.06, 1.07), "prior matching alone", words(theme::GREEN).align(Align::Left))
        .text((V / (V * V + R) + 0.04, R / (V * V + R) + 0.07), "both", words(theme::BLUE).align(Align::Left))
        .text((1.05, 0.16), "reconstruction", words(theme::VERMILLION).align(Align::Left))
        .text((1.05, 0.085), "alone", words(theme::VERMILLION).align(Align::Left))
}

/// What the three encoders say of one observation.
fn answers() -> Panel {
    let (low, high) = (-2.6, 3.0);
    let panel = Panel::new(format!("what they say of $x = {X}$"))
        .x_label("$z$")
        .y_label("$q(z|x)$")
        .x_range(low, high)
        .y_range(0.0, 1.85);
    let words = |color| Style::new(color).size(8.5);
    let panel = WAYS.into_iter().enumerate().fold(panel, |panel, (i, (name, weights, color))| {
        let (slope, variance) = end(weights);
        let style = [Style::dashed, Style::dotted, |style| style][i](Style::new(color).name(name));
        panel.line(density(&Mixture::from(normal(slope * X, variance)), low, high), style)
    });
    panel
        .text((X - 0.3, 1.62), "reconstruction alone", words(theme::VERMILLION).align(Align::Right))
        .text((0.35, 0.72), "both", words(theme::BLUE).align(Align::Right))
        .text((-1.3, 0.47), "prior matching alone", words(theme::GREEN))
}

/// Slope and variance after training.
fn end(weights: [f64; 2]) -> (f64, f64) {
    let path = path(weights);
    path[path.len() - 1]
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let mut figure = Figure::new(160.0, 70.0).columns(2);
    figure.panel(ways()).panel(answers());
    let [reconstruction, prior, both] = WAYS.map(|(_, weights, _)| end(weights));
    let (_, spread) = moments(&data());
    let aggregate = reconstruction.0.powi(2) * spread + reconstruction.1;
    let caption = format!(
        "Gradient ascent on the encoder $\\mathcal N(wx, v)$ of a linear VAE whose decoder is held. Reconstruction alone takes the slope \
         to {:.2} and the variance to {:.2}, on its way to 0; its latents have the variance {aggregate:.2} over the data, not the 1 of \
         the prior. Prior matching alone ends at slope {:.2} and variance {:.2}: $q(z|x) = p(z)$ whatever $x$ is. Both together end at \
         slope {:.2} and variance {:.2}, the exact posterior (level lines: the average ELBO is {} to {} nats below its best). Right: what the three \
         encoders say of one observation, $x = {X}$.",
        reconstruction.0,
        reconstruction.1,
        prior.0,
        prior.1,
        both.0,
        both.1,
        LEVELS[0],
        LEVELS[LEVELS.len() - 1],
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_the_average_bound_and_both_terms_end_in_the_posterior() {
        let (w, v, h) = (START.0, START.1, 1e-5);
        let (by_slope, by_log_variance) = gradient(START, [1.0, 1.0]);
        assert!((by_slope - (average_elbo(w + h, v) - average_elbo(w - h, v)) / (2.0 * h)).abs() < 1e-8);
        let up = average_elbo(w, v * h.exp()) - average_elbo(w, v * (-h).exp());
        assert!((by_log_variance - up / (2.0 * h)).abs() < 1e-8);
        let posterior = model(0.0, 1.0).posterior().unwrap();
        let (slope, variance) = end([1.0, 1.0]);
        assert!((slope - posterior.weight()[[0, 0]]).abs() < 1e-6);
        assert!((variance - posterior.covariance()[[0, 0]]).abs() < 2e-4);
    }
}
