//! A diffusion of one step is a VAE: both bounds, term by term, against the share of the data that is kept.

use ndarray::array;
use plot::{Align, Figure, Panel, Style, theme};
use prob::{Bound, LinearGaussian};
use vae::LinearVae;
use vdm::{Reverse, Schedule, Vdm};

use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "one_step",
    title: "a diffusion of one step is a VAE, term by term",
    claims: &["C4", "D7d", "D8"],
    draw,
};

const X_0: f64 = 0.8;
/// `p(x_0|x_1) = N(0.8 x_1, 0.36)`, so that `p(x_0) = N(0, 1)`.
const SCALE: f64 = 0.8;
const VARIANCE: f64 = 0.36;

/// The diffusion model of one step that keeps `α` of the data.
fn diffusion(alpha: f64) -> Vdm {
    let schedule = Schedule::from_alphas(&[alpha]).expect("between 0 and 1");
    let reverse = Reverse::unbiased(1, vec![SCALE], vec![VARIANCE]).expect("a positive variance");
    Vdm::new(schedule, reverse).expect("one step each")
}

/// The VAE with `q(z|x) = N(√α x, 1-α)` and the same decoder.
fn autoencoder(alpha: f64) -> LinearVae {
    let law = |slope: f64, variance: f64| {
        LinearGaussian::new(array![[slope]], array![0.0], array![[variance]]).expect("a positive variance")
    };
    LinearVae::new(law(alpha.sqrt(), 1.0 - alpha), law(SCALE, VARIANCE)).expect("one latent")
}

/// The terms, with the sign that they have in the bound, and the bound.
fn terms(bound: &Bound) -> [f64; 3] {
    [bound.reconstruction, -bound.prior_matching, bound.elbo()]
}

fn of_both(alpha: f64) -> [[f64; 3]; 2] {
    let x_0 = array![X_0];
    [terms(&diffusion(alpha).denoising(&x_0)), terms(&autoencoder(alpha).bound(&x_0))]
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let fine: Vec<f64> = (1..=196).map(|i| 0.01 + f64::from(i) * 0.005).collect();
    let coarse: Vec<f64> = (0..=12).map(|i| 0.02 + f64::from(i) * 0.08).collect();
    let curve = |which: usize| fine.iter().map(move |&alpha| (alpha, of_both(alpha)[0][which]));
    let dots = |which: usize| coarse.iter().map(move |&alpha| (alpha, of_both(alpha)[1][which]));
    let evidence = diffusion(0.5).log_evidence(&array![X_0]);
    let names = ["reconstruction", r"$-$ prior matching", "bound"];
    let colors = [theme::BLUE, theme::VERMILLION, theme::BLACK];
    let styles = [Style::new(colors[0]).dashed(), Style::new(colors[1]).dotted(), Style::new(colors[2])];
    let mut panel = Panel::new("")
        .x_label(r"$\alpha$: what is left of the data in $x_1$ and in $z$")
        .y_label("nats")
        .x_range(0.0, 1.0)
        .horizontal(evidence, Style::guide().label(r"$\log p(x_0)$"));
    for (which, (name, style)) in names.into_iter().zip(styles).enumerate() {
        panel = panel
            .line(curve(which), style.label(name))
            .points(dots(which), Style::new(colors[which]).size(4.0).name(format!("VAE: {name}")));
    }
    let best = best_alpha(&fine);
    panel = panel.arrow((best, -1.75), (best, evidence - 0.06), Style::new(theme::TEXT).width(0.75)).text(
        (best + 0.02, -1.7),
        format!(r"equal at $\alpha = {best:.2}$"),
        Style::new(theme::TEXT).align(Align::Left),
    );
    panel = panel.text(
        (0.03, -2.4),
        "lines: diffusion of one step, dots: VAE",
        Style::new(theme::TEXT).align(Align::Left),
    );
    let mut figure = Figure::new(160.0, 74.0);
    figure.panel(panel);
    let farthest = coarse.iter().flat_map(|&alpha| {
        let [diffusion, autoencoder] = of_both(alpha);
        diffusion.into_iter().zip(autoencoder).map(|(a, b)| (a - b).abs())
    });
    let caption = format!(
        "The bound of a diffusion of one step at $x_0 = {X_0}$ (lines) and of the VAE with $q(z|x) = \\mathcal N(\\sqrt\\alpha x, 1 - \\alpha)$ \
         (dots), both with the decoder $\\mathcal N({SCALE} x_1, {VARIANCE})$. Term by term they differ by no more than {:.0e} nats: no matching term \
         is left. The bound meets $\\log p(x_0) = {evidence:.3}$ at $\\alpha = {best:.2}$, where the encoder is the exact posterior of this decoder.",
        farthest.fold(0.0, f64::max)
    );
    Ok(Drawing::new(figure, caption))
}

/// Where the bound is highest.
fn best_alpha(alphas: &[f64]) -> f64 {
    let elbo = |alpha: &f64| of_both(*alpha)[0][2];
    *alphas.iter().max_by(|a, b| elbo(a).total_cmp(&elbo(b))).expect("some were tried")
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn terms_agree_and_the_bound_is_tight_for_the_exact_posterior() {
        for alpha in [0.1, 0.64, 0.95] {
            let [diffusion, autoencoder] = of_both(alpha);
            for (a, b) in diffusion.into_iter().zip(autoencoder) {
                assert_relative_eq!(a, b, max_relative = 1e-12);
            }
        }
        let evidence = diffusion(0.64).log_evidence(&array![X_0]);
        assert_relative_eq!(of_both(0.64)[0][2], evidence, max_relative = 1e-12);
        assert!(of_both(0.6)[0][2] < evidence - 1e-4);
    }
}
