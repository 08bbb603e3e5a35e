//! The path of ridge regression, by weight decay and in closed form, and its error.

use std::error::Error;

use linalg::Cholesky;
use montecarlo::{Moments, MonteCarlo, Streams};
use ndarray::{Array1, Array2};
use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
use neighbours::Regression;
use plot::{Figure, Panel, Style, theme};

use crate::neighbour_report::{Page, Row};

const EXAMPLES: usize = 30;
const WEIGHTS: usize = 5;
const NOISE_VARIANCE: f64 = 9.0;
/// `λ`: the prior is `N(0, I/λ)`.
const PRECISION: f64 = 1.0;
const DESCENT: usize = 4000;
const SAMPLES: u64 = 20_000;

/// One design; weights and noise drawn as the prior says.
///
/// # Errors
/// If a penalised Gram matrix is singular to rounding.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let mut rng = streams.role("problem").rng(0);
    // Columns of falling size: the last ones are hardly seen in the responses.
    let scales = Array1::from_shape_fn(WEIGHTS, |j| 0.6f64.powi(j as i32));
    let design = Array2::random_using((EXAMPLES, WEIGHTS), StandardNormal, &mut rng) * &scales;
    let draw = |rng: &mut _| {
        let w: Array1<f64> = Array1::random_using(WEIGHTS, StandardNormal, rng) / PRECISION.sqrt();
        let noise: Array1<f64> = Array1::random_using(EXAMPLES, StandardNormal, rng);
        let response = design.dot(&w) + noise * NOISE_VARIANCE.sqrt();
        (w, Regression::new(design.clone(), response).expect("finite numbers of fitting shapes"))
    };
    let (_, problem) = draw(&mut rng);
    let penalties: Vec<f64> = (0..=60).map(|i| 10f64.powf(-1.0 + 4.0 * f64::from(i) / 60.0)).collect();
    let most_probable = PRECISION * NOISE_VARIANCE;

    let mut path = Panel::new("the path of the weights")
        .x_label(r"penalty $c = \lambda\sigma^2$")
        .y_label("$w_j$")
        .x_log();
    let closed = penalties.iter().map(|&c| problem.ridge(c)).collect::<Result<Vec<_>, _>>()?;
    let mut farthest: f64 = 0.0;
    for j in 0..WEIGHTS {
        let line = penalties.iter().zip(&closed).map(|(&c, w)| (c, w[j]));
        path = path.line(line, Style::series(j).label(format!("$w_{}$", j + 1)));
    }
    for (&c, exact) in penalties.iter().zip(&closed).step_by(6) {
        let descended = problem.weight_decay(c, 1.0, DESCENT, |_, _| ())?;
        farthest = (&descended - exact).iter().fold(farthest, |max, v| max.max(v.abs()));
        for (j, &w) in descended.iter().enumerate() {
            path =
                path.points([(c, w)], Style::series(j).size(3.0).name(format!("w{} by weight decay", j + 1)));
        }
    }
    path = path.vertical(most_probable, Style::guide().label("MAP")).key();

    let expected = |c: f64| error(&design, c);
    let sampled = penalties.iter().copied().step_by(6).chain([most_probable]).map(|c| {
        let plan = MonteCarlo::new(SAMPLES, streams.role("errors"));
        let squares = plan.run(&|_| (), |rng, n| {
            let one = |_| {
                let (w, problem) = draw(rng);
                problem.ridge(c).map_or(f64::NAN, |found| (&found - &w).mapv(|v| v * v).sum())
            };
            (0..n).map(one).collect::<Moments>()
        });
        (c, squares.estimate())
    });
    let sampled: Vec<_> = sampled.collect();
    let exact = penalties
        .iter()
        .map(|&c| Ok((c, expected(c)?)))
        .collect::<Result<Vec<_>, linalg::NotPositiveDefinite>>()?;
    let errors = Panel::new("error, averaged over prior and noise")
        .x_label(r"penalty $c = \lambda\sigma^2$")
        .y_label(r"$\mathrm{E}\,|\hat{w} - w|^2$")
        .x_log()
        .line(exact, Style::new(theme::BLUE).name("exact"))
        .error_bars(
            sampled.iter().map(|(c, e)| (*c, e.mean, e.std_err)),
            Style::new(theme::VERMILLION).name("Monte Carlo"),
        )
        .vertical(most_probable, Style::guide().label("MAP"));
    let mut figure = Figure::new(160.0, 66.0).columns(2);
    figure.panel(path).panel(errors);

    let at = |i: usize| sampled.get(i).ok_or("a penalty");
    let (smallest, last) = (at(0)?, at(sampled.len() - 1)?);
    Ok(Page {
        name: "maximum_likelihood",
        title: "maximum likelihood, MAP and weight decay, 5 weights from 30 examples",
        rows: vec![
            Row::computed("weight decay against ridge, largest difference", farthest, 0.0),
            Row::estimated("error of the weights at c = 0.1", smallest.1, expected(smallest.0)?),
            Row::estimated("error of the weights at c = λσ²: MAP", last.1, expected(last.0)?),
        ],
        figure,
    })
}

/// `E|ŵ - w|² = tr G⁻¹ (σ² XᵀX + c²/λ I) G⁻¹` with `G = XᵀX + c I`: least at `c = λ σ²`.
fn error(design: &Array2<f64>, penalty: f64) -> Result<f64, linalg::NotPositiveDefinite> {
    let gram = design.t().dot(design);
    let inverse = Cholesky::new(&(&gram + &(Array2::<f64>::eye(WEIGHTS) * penalty)))?.inverse();
    let spread = gram * NOISE_VARIANCE + Array2::<f64>::eye(WEIGHTS) * (penalty * penalty / PRECISION);
    Ok(inverse.dot(&spread).dot(&inverse).diag().sum())
}
