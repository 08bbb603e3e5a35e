//! The neighbours of the VAE: inference for each observation, weighted draws, principal components, GAN, VQ-VAE, scores.

use super::numbers::scientific;
use super::{Drawing, FigureError, LectureFigure, Studio};
use crate::chapters::generators;
use crate::chapters::neighbour_report::{Found, Page};
use crate::chapters::neighbours as pages;
use crate::studies::{adversarial, quantised, scores};

pub(super) const IMPORTANCE: LectureFigure = LectureFigure {
    name: "importance_weighting",
    title: "p(x) by draws from the prior and by weighted draws from the encoder",
    claims: &["B9a", "B9b", "B9c", "B9e", "N8b", "N8d"],
    draw: importance,
};

pub(super) const AMORTISATION: LectureFigure = LectureFigure {
    name: "amortisation_gap",
    title: "what one encoder for all observations costs",
    claims: &["B10a", "B10c", "N4a", "N4c"],
    draw: amortisation,
};

pub(super) const PRINCIPAL_COMPONENTS: LectureFigure = LectureFigure {
    name: "principal_components",
    title: "a linear autoencoder on its way to the principal components",
    claims: &["B1a", "B1b", "B1c", "N1a", "N1b"],
    draw: principal_components,
};

pub(super) const GAN: LectureFigure = LectureFigure {
    name: "gan",
    title: "generators of three modes by two adversarial losses",
    claims: &["A10a", "A10b", "N10b", "N10c", "N10e", "N10g"],
    draw: gan,
};

pub(super) const VQ_VAE: LectureFigure = LectureFigure {
    name: "vq_vae",
    title: "two moons in codes: bound and evidence against their number",
    claims: &["N11a", "N11b", "N11f"],
    draw: vq_vae,
};

pub(super) const FRECHET_DISTANCE: LectureFigure = LectureFigure {
    name: "frechet_distance",
    title: "inception score and Fréchet distance of generators with known faults",
    claims: &["A9a", "A9e", "N12b", "N12d", "N12e"],
    draw: frechet_distance,
};

/// A page of the chapter `neighbours`, and what its numbers say.
fn of_page(name: &str, studio: &Studio, said: impl Fn(&Page) -> String) -> Result<Drawing, FigureError> {
    let page = pages::page(name, studio.seed())?;
    let caption = said(&page);
    Ok(Drawing::new(page.figure, caption))
}

/// The number of a row whose quantity begins so.
fn number(page: &Page, begins: &str) -> String {
    let row = page.rows.iter().find(|row| row.quantity.starts_with(begins)).expect("a row of the page");
    match row.found {
        Found::Estimated(estimate) => format!("${}$", estimate.to_string().replace('±', "\\pm")),
        Found::Computed(value) if value.abs() < 1e-4 => format!("${}$", scientific(value)),
        Found::Computed(value) => format!("{value:.4}"),
    }
}

fn importance(studio: &Studio) -> Result<Drawing, FigureError> {
    of_page("evidence", studio, |page| {
        format!(
            "Estimates of $p(x)$ by $\\frac1n \\sum p(x|z_i)$ with draws from the prior, and by weighted draws from an encoder. Left: the \
             share of draws that counts, $n_{{\\mathrm{{eff}}}}/n$, exact (lines) and estimated: it falls as a \
             power whose exponent is the number of dimensions, for the prior faster. Bars are two standard errors, themselves uncertain where few weights carry the \
             variance, as from the prior in many dimensions. In six of them one weight has the relative variance {} from the prior and {} from the \
             encoder. Right, for a small network on the line: how the bound of $k$ weights closes in on $\\log p(x)$.",
            number(page, "prior, d = 6: relative variance"),
            number(page, "encoder, d = 6: relative variance")
        )
    })
}

fn amortisation(studio: &Studio) -> Result<Drawing, FigureError> {
    of_page("amortisation", studio, |page| {
        format!(
            "What a VAE with one latent loses on two moons, its decoder fixed. Left: for one observation the exact posterior, the best \
             Gaussian and the one that the encoder gives. Right: what both bounds lack of $\\log p(x)$, point by point, on a logarithmic axis; one observation in ten has a larger \
             amortisation gap than the marked one. On average the \
             amortisation gap is {} nats and the gap of the best Gaussian {} nats (one standard error).",
            number(page, "amortisation gap"),
            number(page, "approximation gap")
        )
    })
}

fn principal_components(studio: &Studio) -> Result<Drawing, FigureError> {
    of_page("linear_autoencoder", studio, |page| {
        format!(
            "Gradient descent on the squared error of a linear autoencoder with two latents for five coordinates, from several starts. \
             All end in the span of the first two principal axes (largest angle {}), at the error that the other eigenvalues leave.",
            number(page, "largest angle")
        )
    })
}

fn gan(studio: &Studio) -> Result<Drawing, FigureError> {
    let runs = adversarial::played(studio.seed(), &|| ())?;
    let divergences = runs.iter().map(|run| run.divergence.value);
    let (least, most) =
        divergences.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let all = runs.iter().filter(|run| run.covered == run.shares.len() - 1).count();
    let caption = format!(
        "{} generators of a mixture of three modes, half of them by each loss; {all} cover all modes. Above, the exact densities of \
         those with the smallest and the largest divergence: $\\mathrm{{JSD}}$ = {least:.3} and {most:.3} nats, of at most \
         $\\log 2$. Below, the shares of 20 000 samples of each run beside the weights of the data.",
        runs.len()
    );
    Ok(Drawing::new(generators::adversarial::figure(&runs), caption))
}

fn vq_vae(studio: &Studio) -> Result<Drawing, FigureError> {
    let study = quantised::study(studio.seed(), &|| ())?;
    let best = study
        .models
        .iter()
        .max_by(|a, b| a.learned.mean.total_cmp(&b.learned.mean))
        .expect("there are models");
    let caption = format!(
        "A VQ-VAE on two moons, with $K$ codes. The bound with a learned prior over codes is highest for $K = {}$, \
         ${:.2} \\pm {:.2}$ nats (one standard error, as the bars); more codes cost more than they give, nearly $\\log K$. Below on the right: how far the \
         bounds and $\\log p(x)$ of a fresh point are below those of the law of the data. Codes that no point takes are begun anew; left alone, {} of \
         {} die.",
        best.codes,
        best.learned.mean,
        best.learned.std_err,
        study.left_alone.usage.dead(),
        study.left_alone.codes,
    );
    Ok(Drawing::new(generators::quantised::figure(&study), caption))
}

fn frechet_distance(studio: &Studio) -> Result<Drawing, FigureError> {
    let study = scores::study(studio.seed(), &|| ())?;
    let caption = format!(
        "Scores of seven generators of a ring of eight modes, six of them with a known fault: exact values, and estimates from samples. \
         Bars are one standard error of the inception score, and of the distances the scatter of one pair of samples. The Fréchet distance of coordinates sees means and covariances alone: without every second mode it is \
         {:.3}, though half of the data is missing. The inception score sees no diversity within a mode: one point for each has {:.2} \
         of 8.",
        study.scored[2].exact, study.scored[4].bayes,
    );
    Ok(Drawing::new(generators::scores::figure(&study), caption))
}
