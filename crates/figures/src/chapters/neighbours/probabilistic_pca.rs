//! EM on its way to the closed form.

use prob::standard_normal;
use std::error::Error;

use linalg::SymmetricEigen;
use montecarlo::Streams;
use ndarray::Array2;
use neighbours::probabilistic_pca::fit;
use neighbours::{ProbabilisticPca, SampleMoments};
use plot::{Figure, Panel, Style, theme};

use super::five_axes;
use crate::chapters::neighbour_report::{Page, Row};

const SAMPLES: usize = 1000;
const LATENTS: usize = 2;
const ITERATIONS: usize = 60;

/// Three starts, the same maximum.
///
/// # Errors
/// If a matrix is singular to rounding.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let law = SampleMoments::of(&five_axes(streams)?.sample(SAMPLES, &mut streams.role("samples").rng(0)))?;
    let best = ProbabilisticPca::maximum_likelihood(&law, LATENTS)?;
    let highest = best.average_log_likelihood(&law)?;
    let mut climb = Panel::new("what the bound still lacks")
        .x_label("iteration")
        .y_label(r"maximum $-$ bound (nats)")
        .y_log();
    let mut end = None;
    let mut fall: f64 = 0.0;
    for start in 0..3u64 {
        let weight = standard_normal((5, LATENTS), &mut streams.role("start").rng(start));
        let model = ProbabilisticPca::new(weight, law.mean().clone(), 1.0)?;
        let (fitted, history) = fit(&model, &law, ITERATIONS)?;
        let halves = history
            .iter()
            .enumerate()
            .flat_map(|(k, i)| [(k as f64, i.after_e), (k as f64 + 0.5, i.after_m)]);
        let halves: Vec<(f64, f64)> = halves.collect();
        fall = halves.windows(2).fold(fall, |fall, pair| fall.max(pair[0].1 - pair[1].1));
        let lacking = halves.iter().map(|(k, bound)| (*k, highest - bound)).filter(|p| p.1 > 1e-13);
        climb = climb.line(lacking, Style::series(start as usize).label(format!("start {}", start + 1)));
        end = Some(fitted);
    }
    let fitted = end.ok_or("no start")?;
    let spectrum = |covariance: &Array2<f64>| {
        let values = SymmetricEigen::new(covariance).values().clone();
        values.iter().enumerate().map(|(j, v)| (j as f64 + 1.0, *v)).collect::<Vec<_>>()
    };
    let axes = Panel::new("variances along the principal axes")
        .x_label("axis $j$")
        .y_label(r"eigenvalue $\lambda_j$ (squared units of $x$)")
        .y_log()
        .x_range(0.6, 5.4)
        .x_ticks((1..=5).map(|j| (f64::from(j), j.to_string())))
        .points(spectrum(law.covariance()), Style::new(theme::TEXT).size(5.0).label("samples"))
        .points(
            spectrum(&fitted.covariance()),
            Style::new(theme::BLUE).size(3.0).label("$WW^{\\mathrm{T}} + \\sigma^2 I$"),
        )
        .horizontal(best.variance(), Style::guide().label("mean of the last 3"));
    let mut figure = Figure::new(170.0, 66.0).columns(2);
    figure.panel(climb.key()).panel(axes);
    let apart = (&fitted.covariance() - &best.covariance()).iter().fold(0.0, |max: f64, v| max.max(v.abs()));
    Ok(Page {
        title: "probabilistic PCA by EM, 2 latents for 5 coordinates",
        rows: vec![
            Row::computed("average log likelihood", fitted.average_log_likelihood(&law)?, highest),
            Row::computed("σ², the mean of the other eigenvalues", fitted.variance(), best.variance()),
            Row::computed("largest entry of the difference in covariance", apart, 0.0),
            Row::computed("largest fall of the bound in a half step", fall, 0.0),
        ],
        figure,
    })
}
