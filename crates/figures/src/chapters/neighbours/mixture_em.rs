//! EM on a mixture.

use std::error::Error;

use linalg::{Cholesky, NotPositiveDefinite};
use montecarlo::{Estimate, Streams};
use ndarray::{Array2, ArrayRef2, array};
use neighbours::mixture_em::{average_log_likelihood, e_step, fit};
use plot::{Figure, Panel, Style, theme};
use prob::{Gaussian, Mixture};
use toy::Preset;

use super::curve;
use crate::chapters::neighbour_report::{Page, Row};

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
    let x = data.sample(SAMPLES, &mut streams.role("samples").rng(0));
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
        .line(density(&fitted), Style::new(theme::SKY).width(3.0).label("fitted"))
        .line(density(&data), Style::new(theme::TEXT).width(0.8).label("truth"))
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
    let std_errs = errors_of_means(&fitted, &x)?;
    for (((_, law), (_, truth)), std_err) in fitted.parts().zip(data.parts()).zip(std_errs) {
        let mean = Estimate { mean: law.mean()[0], std_err, samples: SAMPLES as u64 };
        rows.push(Row::estimated("mean of a component", mean, truth.mean()[0]));
    }
    Ok(Page { title: "EM on a mixture of three", rows, figure })
}

/// The standard errors of the fitted means of a mixture on the line, when nobody knows which component drew which of the
/// samples `x` (`[n, 1]`): from the inverse of the information `Σ g_i g_iᵀ`, with `g_i` the slopes of `log p(x_i)` by all
/// means, variances and weights but the last, which the others decide.
///
/// # Errors
/// If the information is singular: two components that cannot be told apart.
fn errors_of_means(fitted: &Mixture, x: &ArrayRef2<f64>) -> Result<Vec<f64>, NotPositiveDefinite> {
    let k = fitted.len();
    let responsibilities = e_step(fitted, x);
    let last = fitted.parts().last().map_or(1.0, |(weight, _)| weight);
    let mut slopes = Array2::zeros((x.nrows(), 3 * k - 1));
    for ((mut g, r), x) in slopes.rows_mut().into_iter().zip(responsibilities.rows()).zip(x.iter()) {
        for (j, (weight, law)) in fitted.parts().enumerate() {
            let (residual, variance) = (x - law.mean()[0], law.covariance()[[0, 0]]);
            g[j] = r[j] * residual / variance;
            g[k + j] = 0.5 * r[j] * (residual * residual / variance - 1.0) / variance;
            if j + 1 < k {
                g[2 * k + j] = r[j] / weight - r[k - 1] / last;
            }
        }
    }
    let covariance = Cholesky::new(&slopes.t().dot(&slopes))?.inverse();
    Ok(covariance.diag().iter().take(k).map(|variance| variance.sqrt()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::Moments;

    fn pair(apart: f64) -> Mixture {
        let at = |mean: f64| Gaussian::isotropic(array![mean], 1.0).unwrap();
        Mixture::equal(vec![at(-apart), at(apart)]).unwrap()
    }

    /// Far apart, it is as if the components were known; close together the means are known much worse, by as much as
    /// fits to 80 samples scatter. Of 80, a standard deviation is known to 8 parts in 100: five times that are allowed.
    #[test]
    fn errors_are_those_of_repeated_fits() {
        let n = 600;
        let complete = (2.0 / n as f64).sqrt();
        let far = pair(8.0).sample(n, &mut Streams::new(1).rng(0));
        let known = errors_of_means(&fit(&pair(8.0), &far, 5).unwrap().0, &far).unwrap();
        assert!((known[0] / complete - 1.0).abs() < 0.25, "{known:?} for {complete}");

        let (mut means, mut stated) = (Vec::new(), Vec::new());
        for repeat in 0..80 {
            let x = pair(1.3).sample(n, &mut Streams::new(2).rng(repeat));
            let fitted = fit(&pair(1.3), &x, 200).unwrap().0;
            means.push(fitted.parts().next().unwrap().1.mean()[0]);
            stated.push(errors_of_means(&fitted, &x).unwrap()[0]);
        }
        let scatter = Moments::of(&means).estimate().std_err * (means.len() as f64).sqrt();
        stated.sort_by(f64::total_cmp);
        let median = stated[40];
        assert!(scatter > 2.0 * complete, "{scatter} for {complete}: the components overlap");
        assert!((median / scatter - 1.0).abs() < 0.4, "{median} stated, {scatter} found");
    }
}
