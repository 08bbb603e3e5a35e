//! EM on a mixture.

use std::error::Error;

use montecarlo::{Estimate, Streams};
use ndarray::array;
use neighbours::mixture_em::{average_log_likelihood, fit};
use plot::{Figure, Panel, Style, theme};
use prob::{Gaussian, Mixture};
use toy::Preset;

use super::curve;
use crate::neighbour_report::{Page, Row};

const SAMPLES: usize = 2000;
const ITERATIONS: usize = 150;
/// Weights, means and variances of three components that are free: eight numbers.
const FREE: f64 = 8.0;
const BINS: usize = 60;
const REACH: f64 = 5.0;

/// A mixture of three, fitted to draws of one.
///
/// # Errors
/// If a component collapses.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let data = Preset::Trimodal.mixture();
    let x = data.sample(SAMPLES, &mut streams.role("samples").rng(0)).0;
    let parts = [-1.0, 0.2, 1.0].map(|mean| Gaussian::new(array![mean], array![[1.5]]));
    let start = Mixture::equal(parts.into_iter().collect::<Result<_, _>>()?)?;
    let (fitted, history) = fit(&start, &x, ITERATIONS)?;
    let truth = average_log_likelihood(&data, &x)?;
    let found = average_log_likelihood(&fitted, &x)?;

    let after = |f: fn(&neighbours::mixture_em::Iteration) -> f64| {
        history
            .iter()
            .enumerate()
            .map(move |(k, i)| (k as f64 + 1.0, found - f(i)))
            .filter(|p| p.1 > 1e-12)
            .collect::<Vec<_>>()
    };
    let climb = Panel::new("what the bound still lacks")
        .x_label("iteration")
        .y_label("final $-$ bound (nats)")
        .y_log()
        .line(after(|i| i.after_e), Style::new(theme::BLUE).label("after E"))
        .line(after(|i| i.after_m), Style::new(theme::ORANGE).dashed().label("after M"))
        .key();
    let width = 2.0 * REACH / BINS as f64;
    let edges: Vec<f64> = (0..=BINS).map(|k| -REACH + width * k as f64).collect();
    let heights: Vec<f64> = edges
        .windows(2)
        .map(|edge| {
            x.iter().filter(|x| (edge[0]..edge[1]).contains(x)).count() as f64 / (SAMPLES as f64 * width)
        })
        .collect();
    let density = |law: &Mixture| curve(-REACH, REACH, |x| law.log_prob(&array![x]).exp());
    let densities = Panel::new("2000 draws and what EM makes of them")
        .x_label("$x$")
        .y_label("density")
        .steps(&edges, &heights, Style::new(theme::GUIDE).width(0.6).label("draws"))
        .line(density(&start), Style::new(theme::ORANGE).dashed().label("start"))
        .line(density(&data), Style::new(theme::TEXT).width(2.2).label("truth"))
        .line(density(&fitted), Style::new(theme::BLUE).label("fitted"))
        .key();
    let mut figure = Figure::new(160.0, 66.0).columns(2);
    figure.panel(climb).panel(densities);

    let largest_fall = history
        .windows(2)
        .flat_map(|pair| [pair[0].after_e - pair[0].after_m, pair[0].after_m - pair[1].after_e])
        .fold(f64::NEG_INFINITY, f64::max)
        .max(0.0);
    // Twice the gain has the law χ² of as many degrees of freedom as there are free numbers (Wilks 1938).
    let gain = Estimate {
        mean: SAMPLES as f64 * (found - truth),
        std_err: (0.5 * FREE).sqrt(),
        samples: SAMPLES as u64,
    };
    let mut rows = vec![
        Row::computed("largest fall of the bound in a half step", largest_fall, 0.0),
        Row::estimated("gain in log likelihood over the truth, Wilks 8/2", gain, 0.5 * FREE),
    ];
    for ((_, law), (weight, truth)) in fitted.parts().zip(data.parts()) {
        let std_err = (truth.covariance()[[0, 0]] / (weight * SAMPLES as f64)).sqrt();
        let mean = Estimate { mean: law.mean()[0], std_err, samples: SAMPLES as u64 };
        rows.push(Row::estimated("mean of a component", mean, truth.mean()[0]));
    }
    Ok(Page { name: "mixture_em", title: "EM on a mixture of three", rows, figure })
}
