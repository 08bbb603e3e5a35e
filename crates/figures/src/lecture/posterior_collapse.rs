//! The best linear VAE for decoders of more and more noise: each latent dies when the noise reaches its eigenvalue.
//!
//! In the axes of the data the model comes apart into one VAE for each eigenvalue `λ`. For a decoder of variance `σ²` the best
//! slope is `√(λ - σ²)` (probabilistic PCA), and the best encoder its posterior.

use plot::{Align, Color, Figure, Panel, Style, theme};
use prob::{Gaussian, Mixture};
use vae::LinearVae;

use super::on_the_line::{conditional, grid, moments, normal};
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "posterior_collapse",
    title: "latents collapse one after the other as the decoder's noise grows",
    claims: &["B11a", "B11b", "B12a", "B12b", "N6d"],
    draw,
};

/// Variances of the data along their axes.
const EIGENVALUES: [f64; 4] = [4.0, 1.5, 0.6, 0.25];
const COLORS: [Color; 4] = [theme::BLUE, theme::VERMILLION, theme::GREEN, theme::PURPLE];

/// The best model of one axis.
fn axis(eigenvalue: f64, noise: f64) -> LinearVae {
    let slope = (eigenvalue - noise).max(0.0).sqrt();
    let decoder = conditional(slope, 0.0, noise);
    let encoder = decoder.bayes(&normal(0.0, 1.0)).expect("the decoder has noise");
    LinearVae::new(encoder, decoder).expect("one dimension everywhere")
}

/// `E_x KL(q(z|x) ‖ p(z))`, nats.
fn divergence(eigenvalue: f64, noise: f64) -> f64 {
    axis(eigenvalue, noise).average_bound(&Mixture::from(normal(0.0, eigenvalue))).prior_matching
}

/// `I(x; z) = ½ log (Var z / Var(z|x))`, nats.
fn information(eigenvalue: f64, noise: f64) -> f64 {
    let encoder = axis(eigenvalue, noise).encoder().clone();
    let (_, aggregate) = moments(&encoder.push(&normal(0.0, eigenvalue)));
    0.5 * (aggregate / encoder.covariance()[[0, 0]]).ln()
}

/// `KL(p_data ‖ p)`, what the model misses of the data along one axis, nats.
fn missed(eigenvalue: f64, noise: f64) -> f64 {
    let law: Gaussian = axis(eigenvalue, noise).evidence();
    normal(0.0, eigenvalue).kl_divergence(&law)
}

fn total(of: fn(f64, f64) -> f64, noise: f64) -> f64 {
    EIGENVALUES.iter().map(|&eigenvalue| of(eigenvalue, noise)).sum()
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let noises = || grid(-1.5, 1.0, 200).map(|power| 10f64.powf(power));
    let noise_axis = |title: &str| {
        Panel::new(title).x_label(r"variance of the decoder $\sigma^2$").x_log().x_range(0.028, 11.0)
    };
    let mut latents = noise_axis("each latent").y_label(r"average KL to the prior (nats)");
    let styles: [fn(Style) -> Style; 4] = [|style| style, Style::dashed, Style::dotted, Style::dashed];
    for (i, (&eigenvalue, color)) in EIGENVALUES.iter().zip(COLORS).enumerate() {
        // Beyond its eigenvalue a latent stays at 0.
        let alive = noises().filter(move |&noise| noise < eigenvalue).chain([eigenvalue]);
        let curve = alive.map(|noise| (noise, divergence(eigenvalue, noise)));
        latents = latents
            .line(curve, styles[i](Style::new(color).name(format!("λ = {eigenvalue}"))))
            .points([(eigenvalue, 0.0)], Style::new(color).size(4.2).name(format!("σ² = λ = {eigenvalue}")))
            .text((eigenvalue, -0.17), format!(r"$\lambda_{}$", i + 1), Style::new(color).size(8.5));
    }
    let latents = latents.y_range(-0.32, 1.05 * divergence(EIGENVALUES[0], 10f64.powf(-1.5)));
    let curve = |of| noises().map(move |noise| (noise, total(of, noise)));
    let words = |color| Style::new(color).size(8.5).align(Align::Left);
    let sums = noise_axis("all together")
        .y_label("nats")
        .line(curve(information), Style::new(theme::TEXT).name("I(x; z)"))
        .line(curve(missed), Style::new(theme::TEXT).dashed().name("KL(data, model)"))
        .text((0.08, total(information, 0.06)), "$I(x; z)$", words(theme::TEXT))
        .text(
            (6.0, total(missed, 9.0)),
            r"$\mathrm{KL}(p_\mathrm{data} \| p)$",
            words(theme::TEXT).align(Align::Right),
        );
    let sums = EIGENVALUES.iter().zip(COLORS).fold(sums, |panel, (&eigenvalue, color)| {
        let style = Style::new(color).size(4.2).name(format!("σ² = λ = {eigenvalue}"));
        panel.points([(eigenvalue, total(information, eigenvalue))], style)
    });
    let mut figure = Figure::new(160.0, 68.0).columns(2);
    figure.panel(latents).panel(sums);
    let (few, many) = (0.1, 1.0);
    let alive = |noise: f64| EIGENVALUES.iter().filter(|&&eigenvalue| eigenvalue > noise).count();
    let caption = format!(
        "The best linear VAE for Gaussian data with variances {} along their axes, its decoder held to the variance $\\sigma^2$. Left: \
         the average KL of latent $i$ is its information $\\frac12 \\log \\lambda_i / \\sigma^2$ and ends at $\\sigma^2 = \\lambda_i$. \
         Right: at $\\sigma^2 = {few}$ all {} latents tell {:.2} nats and the model is exact; at $\\sigma^2 = {many}$ only {} \
         still speak, with {:.2} nats, and the model misses the data by {:.2}. A KL of 0 says that the latent is silent, not that the encoder is right.",
        EIGENVALUES.map(|eigenvalue| eigenvalue.to_string()).join(", "),
        alive(few),
        total(information, few),
        alive(many),
        total(information, many),
        total(missed, many),
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_its_best_a_latent_pays_for_its_information_alone_and_dies_at_its_eigenvalue() {
        for &eigenvalue in &EIGENVALUES {
            for noise in [0.05, 0.3, 1.0, 5.0] {
                let exact = 0.5 * (eigenvalue / noise).ln().max(0.0);
                assert!((divergence(eigenvalue, noise) - exact).abs() < 1e-12);
                assert!((information(eigenvalue, noise) - exact).abs() < 1e-12);
                assert!((missed(eigenvalue, noise) > 1e-12) == (eigenvalue < noise));
            }
        }
    }
}
