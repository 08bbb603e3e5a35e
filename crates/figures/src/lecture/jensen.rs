//! Jensen's gap: the logarithm of a mean is above the mean of the logarithm, and the more weights the mean has, the less.
//!
//! The bounds `L_k = E log (1/k Σ w_i)` are exact for every `k`: for a positive `S`, `E log S = ∫ (e^-t - E e^-tS) dt/t`, and for a
//! mean of `k` independent weights `E e^-tS = (E e^-tw/k)^k`, so that only averages over one latent are left.

use montecarlo::{Estimate, MonteCarlo};
use ndarray::array;
use plot::{Align, Figure, Panel, Style, theme};
use prob::{Gaussian, chi_squared};
use vae::{LinearVae, estimate_importance_bound};

use super::on_the_line::{conditional, grid};
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "jensen",
    title: "Jensen's gap, and how more weights close it",
    claims: &["B4a", "B4b", "B9b", "B9f", "B9g"],
    draw,
};

/// The two values of a weight, equally likely.
const WEIGHTS: [f64; 2] = [0.25, 2.75];
/// The observation of the second panel.
const X: f64 = 1.5;
/// The numbers of weights that are also drawn.
const DRAWN: [usize; 6] = [1, 4, 16, 64, 256, 1024];
/// Draws of `L_k`, times `k`.
const LATENTS: u64 = 1 << 16;

/// `x = z + noise`, and an encoder that is off the posterior and wider.
fn model() -> LinearVae {
    LinearVae::new(conditional(0.0, 0.4, 0.7), conditional(1.0, 0.0, 0.3)).expect("one dimension everywhere")
}

/// Values of `w / p(x) = p(z|x) / q(z|x)` on a grid of latents with the probability of each.
fn relative_weights(posterior: &Gaussian, encoder: &Gaussian) -> Vec<(f64, f64)> {
    let (m, sd) = (encoder.mean()[0], encoder.covariance()[[0, 0]].sqrt());
    let step = 0.02;
    let density = |eps: f64| (-0.5 * eps * eps).exp() / std::f64::consts::TAU.sqrt();
    let weight = |eps: f64| {
        let z = array![m + sd * eps];
        ((posterior.log_prob(&z) - encoder.log_prob(&z)).exp(), step * density(eps))
    };
    grid(-9.0, 9.0, 900).map(weight).collect()
}

/// `log E w - L_k` in nats, `t = e^u`.
fn gap(weights: &[(f64, f64)], k: usize) -> f64 {
    // Up to weights of e^-60, which are as rare as e^-30.
    let step = 0.2;
    let laplace = |t: f64| weights.iter().map(|(w, p)| p * (-t * w).exp()).sum::<f64>();
    let n = k as f64;
    let integrand = |u: f64| (n * laplace(u.exp() / n).ln()).exp() - (-u.exp()).exp();
    step * grid(-40.0, 60.0, 500).map(integrand).sum::<f64>()
}

fn two_weights() -> (Panel, f64) {
    let [a, b] = WEIGHTS;
    let middle = 0.5 * (a + b);
    let chord = 0.5 * (a.ln() + b.ln());
    let (log_mean, mean_log) = ((middle, middle.ln()), (middle, chord));
    let gap = log_mean.1 - mean_log.1;
    let panel = Panel::new("two weights")
        .x_label("$w$")
        .y_label(r"$\log w$ (nats)")
        .x_range(0.0, 3.2)
        .y_range(-2.1, 1.5)
        .line(grid(0.1, 3.2, 200).map(|w| (w, w.ln())), Style::new(theme::BLUE).name("log w"))
        .line([(a, a.ln()), (b, b.ln())], Style::new(theme::VERMILLION).dashed().name("chord"))
        .points([(a, a.ln()), (b, b.ln())], Style::new(theme::TEXT).size(3.6).name("the two weights"))
        .arrow(mean_log, log_mean, Style::new(theme::TEXT).width(0.9))
        .points([log_mean], Style::new(theme::BLUE).size(4.4).name("log E w"))
        .points([mean_log], Style::new(theme::VERMILLION).size(4.4).name("E log w"))
        .text(
            (middle - 0.09, log_mean.1 + 0.12),
            r"$\log \mathrm{E}\,w$",
            text(theme::BLUE).align(Align::Right),
        )
        .text((2.3, 1.12), r"$\log w$", text(theme::BLUE).align(Align::Right))
        .text(
            (middle + 0.09, mean_log.1 - 0.17),
            r"$\mathrm{E}\,\log w$",
            text(theme::VERMILLION).align(Align::Left),
        )
        .text((middle + 0.06, log_mean.1 - 0.08), "gap", text(theme::TEXT).align(Align::Left));
    (panel, gap)
}

fn text(color: plot::Color) -> Style {
    Style::new(color).size(8.5)
}

fn draw(studio: &Studio) -> Result<Drawing, FigureError> {
    let (model, x) = (model(), array![X]);
    let posterior = model.posterior().expect("the decoder has noise").given(&x);
    let encoder = model.encoder().given(&x);
    let (evidence, elbo) = (model.log_evidence(&x), model.bound(&x).elbo());
    let weights = relative_weights(&posterior, &encoder);
    let mut numbers: Vec<usize> = (0..=40).map(|i| 2f64.powf(0.25 * f64::from(i)).round() as usize).collect();
    numbers.dedup();
    let exact: Vec<(f64, f64)> =
        numbers.into_iter().map(|k| (k as f64, evidence - gap(&weights, k))).collect();
    let variance = chi_squared(&posterior, &encoder);
    let drawn = DRAWN.map(|k| {
        let plan = MonteCarlo::new(LATENTS / k as u64, studio.streams("jensen").role(&k.to_string()));
        let Estimate { mean, std_err, .. } =
            estimate_importance_bound(model.encoder(), model.decoder(), &x, k, &plan, &|_| ());
        (k as f64, mean, 2.0 * std_err)
    });
    let nine_tenths =
        exact.iter().find(|p| evidence - p.1 < 0.1 * (evidence - elbo)).expect("the gap closes").0;

    let (two_weights, two_gap) = two_weights();
    let mut figure = Figure::new(160.0, 66.0).columns(2).widths(&[0.85, 1.0]);
    figure.panel(two_weights).panel(
        Panel::new("the mean of $k$ weights")
            .x_label("weights $k$")
            .y_label("bound $L_k$ (nats)")
            .x_log()
            .horizontal(evidence, Style::guide().label(r"$\log p(x)$"))
            .horizontal(elbo, Style::guide().label("ELBO"))
            .line(
                grid(0.0, 1.0, 60)
                    .map(|s| 3.0 * (1024.0f64 / 3.0).powf(s))
                    .map(|k| (k, evidence - 0.5 * variance / k)),
                Style::new(theme::GREEN).dotted().name("log p(x) - χ²/2k"),
            )
            .text((9.0, evidence - 0.22), r"$\log p(x) - \chi^2/2k$", text(theme::GREEN).align(Align::Left))
            .text((3.5, evidence - 0.5), "$L_k$", text(theme::BLUE).align(Align::Left))
            .line(exact.iter().copied(), Style::new(theme::BLUE).name("exact"))
            .points(exact.iter().copied(), Style::new(theme::BLUE).size(2.2).name("exact"))
            .error_bars(drawn, Style::new(theme::VERMILLION).name("Monte Carlo, two standard errors")),
    );
    let caption = format!(
        "Left: for a weight $w$ that is {} or {} with equal chances, $\\log \\mathrm E\\, w$ on the curve is {two_gap:.2} nats above $\\mathrm E \\log w$ on \
         the chord. Right: with the weights $w = p(x, z)/q(z|x)$ of a linear VAE, $L_k = \\mathrm E \\log \\frac1k \\sum_i w_i$ rises from the \
         ELBO, {elbo:.3} nats, to $\\log p(x) = {evidence:.3}$ (blue exact, vermillion drawn, with bars of two standard errors). Nine \
         tenths of the gap are closed by $k = {nine_tenths}$; for many weights the gap is $\\chi^2/2k$ (dotted) with \
         the relative variance $\\chi^2 = {variance:.2}$ of one weight.",
        WEIGHTS[0], WEIGHTS[1],
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_weight_gives_the_elbo_and_two_agree_with_a_product_rule() {
        let (model, x) = (model(), array![X]);
        let (posterior, encoder) = (model.posterior().unwrap().given(&x), model.encoder().given(&x));
        let weights = relative_weights(&posterior, &encoder);
        assert!((gap(&weights, 1) - model.gap(&x).unwrap()).abs() < 1e-9);
        let pairs =
            weights.iter().flat_map(|a| weights.iter().map(move |b| a.1 * b.1 * (0.5 * (a.0 + b.0)).ln()));
        assert!((gap(&weights, 2) + pairs.sum::<f64>()).abs() < 1e-9);
    }
}
