//! A hierarchical VAE level by level, and its bound taken apart in two ways.

use mhvae::Mhvae;
use ndarray::{Array1, array};
use plot::{Align, Color, Figure, Panel, Style, theme};
use prob::{Bound, Gaussian, Mixture, ProbError};

use super::on_the_line::{conditional, density};
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "hierarchy_terms",
    title: "a hierarchical VAE: its levels, and its bound taken apart in two ways",
    claims: &["C1c", "C2", "C3a", "C3b", "C3c"],
    draw,
};

/// `α_t` of the encoders `q(z_t|z_{t-1}) = N(√α_t z_{t-1}, 1 - α_t)`.
const ALPHAS: [f64; 4] = [0.9, 0.75, 0.55, 0.35];
/// By what decoders are off the best for standard normal data, in their slope and in their variance.
const SLOPE: f64 = 0.75;
const VARIANCE: f64 = 1.3;
/// The observation.
const X: f64 = 1.8;

fn chain() -> Mhvae {
    let encoders = ALPHAS.map(|alpha| conditional(alpha.sqrt(), 0.0, 1.0 - alpha));
    let decoders = ALPHAS.map(|alpha| conditional(SLOPE * alpha.sqrt(), 0.0, VARIANCE * (1.0 - alpha)));
    Mhvae::new(encoders.to_vec(), decoders.to_vec()).expect("one dimension everywhere")
}

/// `p(z_T), …, p(z_1), p(x)`, from the prior down.
fn model_marginals(chain: &Mhvae) -> Vec<Gaussian> {
    let mut laws = vec![chain.prior().clone()];
    for decoder in chain.decoders().iter().rev() {
        laws.push(decoder.push(&laws[laws.len() - 1]));
    }
    laws
}

/// `I(z_{T-1}; z_T | x)`, from the joint law of all latents.
fn information(chain: &Mhvae, x: &Array1<f64>) -> Result<f64, ProbError> {
    let (path, t) = (chain.encode(x), chain.steps());
    let (before, last) = (path.marginal(&[t - 2])?, path.marginal(&[t - 1])?);
    Ok(before.entropy() + last.entropy() - path.marginal(&[t - 2, t - 1])?.entropy())
}

/// One level over the other: what the encoder makes of the observation, over the law of the model.
fn levels(chain: &Mhvae, x: &Array1<f64>) -> Panel {
    let (low, high, apart) = (-3.6, 4.1, 1.0);
    let steps = chain.steps();
    let mut ticks = vec![(0.0, "$x$".to_owned())];
    ticks.extend((1..=steps).map(|t| (apart * t as f64, format!("$z_{t}$"))));
    let mut panel = Panel::new("the levels")
        .y_ticks(ticks)
        .x_range(low, high)
        .y_range(-0.1, apart * steps as f64 + 0.65)
        .no_grid()
        .x_label("value")
        .x_ticks([(-2.0, "$-2$"), (0.0, "0"), (2.0, "2")]);
    let lifted = |law: Gaussian, base: f64| {
        let curve = density(&Mixture::from(law), low, high).into_iter();
        curve.map(move |(z, p)| (z, base, base + 0.95 * p)).collect::<Vec<_>>()
    };
    let upper = |band: &[(f64, f64, f64)]| band.iter().map(|&(z, _, p)| (z, p)).collect::<Vec<_>>();
    for (level, law) in model_marginals(chain).into_iter().rev().enumerate() {
        let band = lifted(law, apart * level as f64);
        let name = format!("p at level {level}");
        panel = panel
            .band(band.iter().copied(), Style::new(theme::GUIDE).name(name.clone()))
            .line(upper(&band), Style::new(theme::GUIDE).width(0.7).dashed().name(name));
    }
    for (t, law) in chain.marginals(x).into_iter().enumerate() {
        let band = lifted(law, apart * (t + 1) as f64);
        panel = panel.line(upper(&band), Style::new(theme::BLUE).name(format!("q(z_{} | x)", t + 1)));
    }
    panel
        .line([(X, 0.0), (X, 0.7)], Style::new(theme::BLUE).width(2.0).name("the observation"))
        .text((X + 0.2, 0.5), format!("$x = {X}$"), words(theme::BLUE).align(Align::Left))
        .text((1.75, apart * steps as f64 + 0.34), "$q(z_t|x)$", words(theme::BLUE).align(Align::Left))
        .text((-1.2, apart * steps as f64 + 0.34), "$p(z_t)$", words(theme::GUIDE).align(Align::Right))
}

fn words(color: Color) -> Style {
    Style::new(color).size(8.5)
}

/// The terms of a bound as they enter it, with the colour of their kind.
fn signed_terms(bound: &Bound) -> Vec<(String, f64, Color)> {
    let mut terms = vec![("recon.".to_owned(), bound.reconstruction, theme::BLUE)];
    terms.extend(
        bound.matching.iter().enumerate().map(|(i, term)| (format!("$z_{}$", i + 1), -term, theme::ORANGE)),
    );
    terms.push(("prior".to_owned(), -bound.prior_matching, theme::VERMILLION));
    terms
}

/// From 0 down to the bound, term by term, each with its value.
fn staircase(title: &str, bound: &Bound) -> Panel {
    let terms = signed_terms(bound);
    let last = terms.len() - 1;
    let panel = Panel::new(title)
        .x_label("term")
        .y_label("bound so far (nats)")
        .categories(terms.iter().map(|(name, ..)| name.clone()))
        .x_range(-0.6, last as f64 + 0.6)
        .y_range(bound.elbo() - 0.35, 0.3);
    let mut so_far = 0.0;
    terms.into_iter().enumerate().fold(panel, |panel, (i, (name, term, color))| {
        let (left, right, before) = (i as f64 - 0.36, i as f64 + 0.36, so_far);
        so_far += term;
        // The last number stands below its bar, clear of the evidence.
        let place = if i == last { so_far - 0.13 } else { before + 0.12 };
        let ledge = if i == last { right } else { right + 1.0 };
        panel
            .band(
                [(left, before, so_far), (right, before, so_far)],
                Style::new(color).opacity(1.0).name(name),
            )
            .line([(left, so_far), (ledge, so_far)], Style::new(theme::TEXT).width(0.6).name("sum so far"))
            .text((i as f64, place), format!("${term:.2}$"), Style::new(theme::TEXT).size(7.5))
    })
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let (chain, x) = (chain(), array![X]);
    let known = "no law of the chain is singular";
    let (denoising, consistency) = (chain.denoising(&x).expect(known), chain.consistency(&x).expect(known));
    let (evidence, elbo) = (chain.log_evidence(&x), chain.elbo(&x));
    let (bound, top) = (Style::guide().name("ELBO"), Style::guide().dotted().name("log p(x)"));
    let named = (bound.clone().label("ELBO"), top.clone().label(r"$\log p(x)$"));
    let mut figure = Figure::new(160.0, 78.0).columns(3).widths(&[1.0, 1.2, 1.2]);
    figure
        .panel(levels(&chain, &x))
        .panel(staircase("denoising form", &denoising).horizontal(elbo, bound).horizontal(evidence, top))
        .panel(
            staircase("consistency form", &consistency)
                .horizontal(elbo, named.0)
                .horizontal(evidence, named.1),
        );
    let sum = |bound: &Bound| bound.matching.iter().sum::<f64>();
    let caption = format!(
        "A chain of {} latents on the line, exact. Left: what the encoder knows of $x$ at each level, over the law of the model, up to \
         the prior. Middle and right: from the reconstruction the matching terms of $z_1$ to $z_3$ (orange) and \
         that of the prior lead down to the ELBO, {elbo:.3} nats, in both forms; it is {:.3} below $\\log p(x)$. The matching terms sum to {:.3} in the denoising and to {:.3} in the consistency form: \
         $I(z_3; z_4|x) = {:.3}$ has moved to the prior term.",
        chain.steps(),
        evidence - elbo,
        sum(&denoising),
        sum(&consistency),
        information(&chain, &x).expect(known),
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_staircases_end_in_the_bound_and_differ_by_an_information() {
        let (chain, x) = (chain(), array![X]);
        let (denoising, consistency) = (chain.denoising(&x).unwrap(), chain.consistency(&x).unwrap());
        assert!((denoising.elbo() - chain.elbo(&x)).abs() < 1e-12);
        assert!((consistency.elbo() - chain.elbo(&x)).abs() < 1e-12);
        let moved = consistency.prior_matching - denoising.prior_matching;
        assert!((moved - information(&chain, &x).unwrap()).abs() < 1e-12);
        let model = model_marginals(&chain);
        assert_eq!(model[model.len() - 1], chain.evidence());
    }
}
