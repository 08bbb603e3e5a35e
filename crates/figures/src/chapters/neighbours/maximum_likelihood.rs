//! The path of ridge regression, by weight decay and in closed form, and its error.

use prob::standard_normal;
use std::error::Error;

use linalg::Cholesky;
use montecarlo::{Moments, MonteCarlo, Streams};
use ndarray::{Array1, Array2};
use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
use neighbours::Regression;
use neighbours::maximum_likelihood::RegressionError;
use plot::{Align, Figure, Panel, Style, theme};

use crate::chapters::neighbour_report::{Page, Row};

const EXAMPLES: usize = 30;
const WEIGHTS: usize = 5;
const NOISE_VARIANCE: f64 = 9.0;
/// `λ`: the prior is `N(0, I/λ)`.
const PRECISION: f64 = 1.0;
const DESCENT: usize = 4000;
const SAMPLES: u64 = 20_000;
/// Where a logarithmic axis shows the penalty 0: maximum likelihood.
const ZERO: f64 = 0.02;

/// One design; weights and noise drawn as the prior says.
///
/// # Errors
/// If a penalised Gram matrix is singular to rounding.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let mut rng = streams.role("problem").rng(0);
    // Columns of falling size: the last ones are hardly seen in the responses.
    let scales = Array1::from_shape_fn(WEIGHTS, |j| 0.6f64.powi(j as i32));
    let design = standard_normal((EXAMPLES, WEIGHTS), &mut rng) * &scales;
    let draw = |rng: &mut _| {
        let w: Array1<f64> = Array1::random_using(WEIGHTS, StandardNormal, rng) / PRECISION.sqrt();
        let noise: Array1<f64> = Array1::random_using(EXAMPLES, StandardNormal, rng);
        let response = design.dot(&w) + noise * NOISE_VARIANCE.sqrt();
        Ok::<_, RegressionError>((w, Regression::new(design.clone(), response)?))
    };
    let (_, problem) = draw(&mut rng)?;
    let penalties: Vec<f64> = (0..=60).map(|i| 10f64.powf(-1.0 + 4.0 * f64::from(i) / 60.0)).collect();
    let most_probable = PRECISION * NOISE_VARIANCE;

    let likeliest = problem.ridge(0.0)?;
    let closed = penalties.iter().map(|&c| problem.ridge(c)).collect::<Result<Vec<_>, _>>()?;
    let (low, high) = closed
        .iter()
        .chain([&likeliest])
        .flatten()
        .fold((0.0, 0.0), |(low, high): (f64, f64), &w| (low.min(w), high.max(w)));
    let (span, far) = (high - low, if high > -low { high } else { low });
    let mut path = penalty_axis("one data set: the weights")
        .y_label("weight $w_j$")
        .y_range(low - 0.1 * span, high + 0.1 * span)
        .vertical(most_probable, Style::guide().label("MAP"));
    for j in 0..WEIGHTS {
        let line = penalties.iter().zip(&closed).map(|(&c, w)| (c, w[j]));
        path = path
            .line(line, Style::series(j).label(format!("$w_{}$", j + 1)))
            .points([(ZERO, likeliest[j])], Style::series(j).size(4.0).name(format!("w{}, c = 0", j + 1)));
    }
    let mut farthest: f64 = 0.0;
    let mut dots = Vec::new();
    for (&c, exact) in penalties.iter().zip(&closed).step_by(6) {
        let descended = problem.weight_decay(c, 1.0, DESCENT, |_, _| ())?;
        farthest = (&descended - exact).iter().fold(farthest, |max, v| max.max(v.abs()));
        dots.extend(descended.iter().map(|&w| (c, w)));
    }
    path = path
        .points(dots, Style::new(theme::TEXT).size(2.2).name("weight decay"))
        // On the right all weights are near 0.
        .text((1300.0, 0.7 * far), "lines: closed form", Style::new(theme::TEXT).align(Align::Right))
        .text(
            (1300.0, 0.7 * far - 0.08 * span),
            "dots: weight decay",
            Style::new(theme::TEXT).align(Align::Right),
        )
        .key();

    let expected = |c: f64| error(&design, c);
    let sampled =
        [0.0].into_iter().chain(penalties.iter().copied().step_by(6)).chain([most_probable]).map(|c| {
            let plan = MonteCarlo::new(SAMPLES, streams.role("errors"));
            let squares = plan.run(&|_| (), |rng, n| {
                let one = |_| {
                    let found = draw(rng)
                        .and_then(|(w, problem)| Ok((&problem.ridge(c)? - &w).mapv(|v| v * v).sum()));
                    found.unwrap_or(f64::NAN)
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
    let unpenalised = expected(0.0)?;
    let errors = penalty_axis("all data sets: the error")
        .y_label(r"$\mathrm{E}\,|\hat{w} - w|^2$ (squared units of $w$)")
        .y_range(0.0, 1.12 * unpenalised)
        .vertical(most_probable, Style::guide().label("MAP"))
        .line(exact, Style::new(theme::BLUE).label("exact"))
        .points([(ZERO, unpenalised)], Style::new(theme::BLUE).size(4.0).name("exact, c = 0"))
        .error_bars(
            sampled.iter().map(|(c, e)| (shown_at(*c), e.mean, e.std_err)),
            Style::new(theme::VERMILLION).label("drawn, one standard error"),
        )
        .text((1.35 * ZERO, unpenalised), "maximum likelihood", Style::new(theme::GUIDE).align(Align::Left))
        .key();
    let mut figure = Figure::new(170.0, 70.0).columns(2);
    figure.panel(path).panel(errors);

    let at = |i: usize| sampled.get(i).ok_or("a penalty");
    let (smallest, last) = (at(0)?, at(sampled.len() - 1)?);
    Ok(Page {
        title: "maximum likelihood, MAP and weight decay, 5 weights from 30 examples",
        rows: vec![
            Row::computed("weight decay against ridge, largest difference", farthest, 0.0),
            Row::estimated(
                "error of the weights at c = 0: maximum likelihood",
                smallest.1,
                expected(smallest.0)?,
            ),
            Row::estimated("error of the weights at c = λσ²: MAP", last.1, expected(last.0)?),
        ],
        figure,
    })
}

/// Penalties from 0.1 to 1000, with maximum likelihood at their left.
fn penalty_axis(title: &str) -> Panel {
    let ticks = [ZERO, 0.1, 1.0, 10.0, 100.0, 1000.0];
    let names = ["0", "0.1", "1", "10", "100", "1000"];
    Panel::new(title)
        .x_label(r"penalty $c = \lambda\sigma^2$")
        .x_log()
        .x_range(0.7 * ZERO, 1300.0)
        .x_ticks(ticks.into_iter().zip(names))
}

fn shown_at(penalty: f64) -> f64 {
    if penalty > 0.0 { penalty } else { ZERO }
}

/// `E|ŵ - w|² = tr G⁻¹ (σ² XᵀX + c²/λ I) G⁻¹` with `G = XᵀX + c I`: least at `c = λ σ²`.
fn error(design: &Array2<f64>, penalty: f64) -> Result<f64, linalg::NotPositiveDefinite> {
    let gram = design.t().dot(design);
    let inverse = Cholesky::new(&(&gram + &(Array2::<f64>::eye(WEIGHTS) * penalty)))?.inverse();
    let spread = gram * NOISE_VARIANCE + Array2::<f64>::eye(WEIGHTS) * (penalty * penalty / PRECISION);
    Ok(inverse.dot(&spread).dot(&inverse).diag().sum())
}
