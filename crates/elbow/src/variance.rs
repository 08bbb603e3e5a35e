//! `elbow variance`: mean, bias, variance and cost of every estimator of the bound of one problem.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use estimators::{Estimator, Form, Scheme, sample};
use montecarlo::{Estimate, Streams};
use prob::Bound;
use serde::Serialize;

use crate::arguments::VarianceArguments;
use crate::columns::{columns, deviation};
use crate::gradient;
use crate::problem::{self, Posed};
use crate::progress;
use crate::refusal::Refusal;

/// Fewer evaluations have no standard error of their variance, which two chunks of two must tell.
const FEWEST: u64 = 4;

/// How long every estimator is timed at least.
const TIMED: Duration = Duration::from_millis(20);

/// Answers `elbow variance`.
pub(crate) fn variance(asked: &VarianceArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let posed = problem::read(&asked.problem)?;
    if asked.gradient {
        return gradient::gradient(&posed, asked, out);
    }
    let estimators = posed.estimators(posed.estimated_forms())?;
    let rows = rows(&posed, &estimators, asked);
    posed.in_range(rows.iter().flat_map(Row::named_numbers))?;
    if asked.json {
        serde_json::to_writer_pretty(&mut *out, &rows).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        table(&posed, &rows, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One estimator. The field names are public interface; nats, and nats² for variances.
#[derive(Debug, Serialize)]
struct Row {
    form: &'static str,
    scheme: &'static str,
    mean: Option<f64>,
    bias: Option<f64>,
    variance: Option<f64>,
    monte_carlo: Sampled,
    normals_per_evaluation: Number,
    nanoseconds_per_evaluation: f64,
    /// `1 / (variance × time)`, relative to one step of the denoising form.
    efficiency: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Sampled {
    mean: f64,
    std_err: f64,
    variance: f64,
    variance_std_err: f64,
    samples: u64,
}

/// A number of normals: whole, unless it is an average over steps that take different numbers.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
enum Number {
    Whole(u64),
    Average(f64),
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        // An average of equal whole numbers is one but for rounding.
        let whole = value.round();
        if (value - whole).abs() <= 1e-9 * whole { Self::Whole(whole as u64) } else { Self::Average(value) }
    }
}

impl Row {
    /// All that must be finite.
    fn named_numbers(&self) -> impl Iterator<Item = (String, f64)> {
        let exact = [("mean", self.mean), ("bias", self.bias), ("variance", self.variance)];
        let sampled = &self.monte_carlo;
        let estimates = [
            ("mean", sampled.mean + sampled.std_err),
            ("variance", sampled.variance + sampled.variance_std_err),
        ];
        let (form, scheme) = (self.form, self.scheme);
        exact
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .chain(estimates)
            .map(move |(name, value)| (format!("the {name} of {form} by {scheme}"), value))
    }

    /// The exact variance, or the estimate of it.
    fn best_variance(&self) -> f64 {
        self.variance.unwrap_or(self.monte_carlo.variance)
    }

    /// Nats² × nanoseconds for one unit of precision.
    fn work(&self) -> f64 {
        self.best_variance() * self.nanoseconds_per_evaluation
    }
}

fn rows(posed: &Posed, estimators: &[Estimator], asked: &VarianceArguments) -> Vec<Row> {
    let elbo = estimators
        .iter()
        .find(|estimator| estimator.form() == Form::Denoising)
        .and_then(|estimator| posed.exact(estimator).ok())
        .map(|bound: Bound| bound.elbo());
    let tasks: Vec<(&Estimator, Scheme)> = estimators
        .iter()
        .flat_map(|estimator| estimator.schemes().into_iter().map(move |scheme| (estimator, scheme)))
        .collect();
    let bar = progress::samples(tasks.len() as u64 * asked.samples);
    let mut rows: Vec<Row> = tasks
        .iter()
        .enumerate()
        .map(|(k, (estimator, scheme))| {
            let before = k as u64 * asked.samples;
            row(posed, estimator, *scheme, elbo, asked, &|done| progress::reach(&bar, before + done))
        })
        .collect();
    bar.finish_and_clear();
    let of_plain = rows
        .iter()
        .find(|row| row.form == Form::Denoising.name() && row.scheme == Scheme::OneStep.name())
        .map(Row::work);
    for row in &mut rows {
        row.efficiency = of_plain.map(|plain| plain / row.work()).filter(|efficiency| efficiency.is_finite());
    }
    rows
}

fn row(
    posed: &Posed,
    estimator: &Estimator,
    scheme: Scheme,
    elbo: Option<f64>,
    asked: &VarianceArguments,
    progress: &(dyn Fn(u64) + Sync),
) -> Row {
    let exact = estimator.moments(scheme, &posed.problem);
    let batch = scheme.batch() as u64;
    let evaluations = (asked.samples / batch).max(FEWEST);
    let streams = Streams::new(asked.seed.seed).role(estimator.form().name()).role(scheme.name());
    let plan = sample::plan(&posed.problem, evaluations, streams);
    let started = Instant::now();
    let sampled = sample(estimator, scheme, &posed.problem, &plan, &|done| progress(done * batch));
    let mut fastest = started.elapsed();
    // A short run is timed again, when everything is warm.
    while started.elapsed() < TIMED {
        let again = Instant::now();
        sample(estimator, scheme, &posed.problem, &plan, &|_| ());
        fastest = fastest.min(again.elapsed());
    }
    // With the best denoiser the formula knows no mean, but quadrature knows the bound, which its form is.
    let exact_mean = estimator.mean().or(elbo);
    let Estimate { mean, std_err, samples } = sampled.mean;
    Row {
        form: estimator.form().name(),
        scheme: scheme.name(),
        mean: exact_mean,
        bias: exact_mean.zip(elbo).map(|(mean, elbo)| mean - elbo),
        variance: exact.map(|moments| moments.variance()),
        monte_carlo: Sampled {
            mean,
            std_err,
            variance: sampled.variance.mean,
            variance_std_err: sampled.variance.std_err,
            samples,
        },
        normals_per_evaluation: estimator.normals_per_evaluation(scheme, &posed.problem).into(),
        nanoseconds_per_evaluation: fastest.as_nanos() as f64 / evaluations as f64,
        efficiency: None,
    }
}

fn table(posed: &Posed, rows: &[Row], out: &mut impl Write) -> Result<(), Refusal> {
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{:.6}", value + 0.0));
    let shown = rows
        .iter()
        .map(|row| {
            let mc = &row.monte_carlo;
            let mean = Estimate { mean: mc.mean, std_err: mc.std_err, samples: mc.samples };
            let variance = Estimate { mean: mc.variance, std_err: mc.variance_std_err, samples: mc.samples };
            [
                row.form.to_owned(),
                row.scheme.to_owned(),
                number(row.mean),
                number(row.bias),
                mean.to_string(),
                deviation(row.mean, &mean),
                number(row.variance),
                variance.to_string(),
                deviation(row.variance, &variance),
                match row.normals_per_evaluation {
                    Number::Whole(normals) => normals.to_string(),
                    Number::Average(normals) => format!("{normals:.2}"),
                },
                format!("{:.0}", row.nanoseconds_per_evaluation),
                row.efficiency.map_or("–".to_owned(), |efficiency| format!("{efficiency:.2}")),
            ]
        })
        .collect();
    writeln!(
        out,
        "{}, {} steps; means in nats, variances in nats², of one evaluation",
        posed.model,
        posed.problem.steps()
    )?;
    let header = [
        "form",
        "scheme",
        "mean",
        "bias",
        "Monte Carlo",
        "dev",
        "variance",
        "Monte Carlo",
        "dev",
        "normals",
        "ns",
        "efficiency",
    ];
    writeln!(out, "{}", columns(header, shown))?;
    writeln!(
        out,
        "dev: deviation from the exact value in standard errors. ns: wall time of one evaluation, on all cores."
    )?;
    writeln!(out, "efficiency: 1/(variance × time), relative to one step of the denoising form.")?;
    Ok(())
}
