//! Gradient descent on its way to the principal components.

use prob::standard_normal;
use std::error::Error;

use linalg::SymmetricEigen;
use montecarlo::Streams;
use ndarray::s;
use neighbours::SampleMoments;
use neighbours::linear_autoencoder::{Weights, principal_angles, reconstruction_error};
use plot::{Figure, Panel, Style};

use super::{five_axes, spaced};
use crate::chapters::neighbour_report::{Page, Row};

const SAMPLES: usize = 1000;
const LATENTS: usize = 2;
const STEPS: usize = 3000;
const RATE: f64 = 0.2;
const FRESH: usize = 100_000;

/// Three starts, the same end.
///
/// # Errors
/// If a figure cannot be made of what was found.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let truth = five_axes(streams)?;
    let x = truth.sample(SAMPLES, &mut streams.role("samples").rng(0));
    let law = SampleMoments::of(&x)?;
    let eigen = SymmetricEigen::new(law.covariance());
    let least = eigen.values().slice(s![LATENTS..]).sum();
    let axes = eigen.vectors().slice(s![.., ..LATENTS]);

    // What is left where these axes are kept: at the end, and at the saddles on the way.
    let left_by = |kept: &[usize]| {
        let lost = eigen.values().iter().enumerate().filter(|(j, _)| !kept.contains(&(j + 1)));
        lost.map(|(_, value)| value).sum::<f64>()
    };
    let kept: [(&[usize], &str); 4] =
        [(&[], "no axis"), (&[1], "axis 1"), (&[1, 3], "axes 1, 3"), (&[1, 2], "axes 1, 2")];
    let mut errors = kept.into_iter().fold(
        Panel::new("squared error; dashed: axes kept")
            .x_label("steps")
            .y_label("error $L$ (squared units of $x$)")
            .x_log()
            .y_range(0.0, 1.05 * left_by(&[])),
        |panel, (axes, name)| {
            let left = left_by(axes);
            panel.horizontal(left, Style::guide().label(format!("{name}: {left:.2}")))
        },
    );
    let mut angles = Panel::new("largest angle to the first two axes")
        .x_label("steps")
        .y_label("angle (radians)")
        .x_log()
        .y_log();
    let mut end = None;
    for start in 0..3u64 {
        let mut rng = streams.role("start").rng(start);
        let mut normal = |shape| standard_normal(shape, &mut rng) * 0.1;
        let mut weights = Weights { encoder: normal((LATENTS, 5)), decoder: normal((5, LATENTS)) };
        let (mut left, mut turned, mut done) = (Vec::new(), Vec::new(), 0);
        for step in (1..=STEPS).filter(|&step| spaced(step)) {
            weights.descend(&law, step - done, RATE, |_, _, _| ())?;
            done = step;
            left.push((step as f64, weights.error_and_gradient(law.covariance()).0));
            let angle = principal_angles(&weights.decoder, &axes)?[0];
            if angle > 1e-7 {
                turned.push((step as f64, angle));
            }
        }
        let style = Style::series(start as usize).label(format!("start {}", start + 1));
        let style = match start {
            0 => style,
            1 => style.dashed(),
            _ => style.dotted(),
        };
        errors = errors.line(left, style.clone());
        angles = angles.line(turned, style);
        weights.descend(&law, STEPS - done, RATE, |_, _, _| ())?;
        end = Some(weights);
    }
    let weights = end.ok_or("no start")?;
    let model = weights.model(&law)?;
    let fresh = truth.sample(FRESH, &mut streams.role("fresh").rng(0));
    let mut figure = Figure::new(170.0, 66.0).columns(2);
    figure.panel(errors.key()).panel(angles.key());
    Ok(Page {
        title: "linear autoencoder, 2 latents for 5 coordinates",
        rows: vec![
            Row::computed(
                "error on its samples, Σ λ_j of the others",
                reconstruction_error(&model, &x).mean,
                least,
            ),
            Row::computed(
                "largest angle to the first two axes",
                principal_angles(&weights.decoder, &axes)?[0],
                0.0,
            ),
            Row::estimated(
                "error on 100 000 fresh ones",
                reconstruction_error(&model, &fresh),
                model.squared_error(&truth),
            ),
        ],
        figure,
    })
}
