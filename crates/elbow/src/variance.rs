//! `elbow variance`: mean, bias, variance and cost of every estimator of the bound of one problem.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

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

/// Answers `elbow variance`.
pub(crate) fn variance(asked: &VarianceArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let posed = problem::read(&asked.problem)?;
    if asked.gradient {
        return gradient::gradient(&posed, asked, out);
    }
    let estimators = Form::of(&posed.problem)
        .iter()
        .map(|&form| Estimator::new(form, &posed.problem))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Refusal::Problem(format!("{}: {error}", asked.problem.display())))?;
    let rows = rows(&posed, &estimators, asked);
    let numbers = |row: &Row| {
        [row.mean.unwrap_or(0.0), row.best_variance(), row.monte_carlo.mean, row.monte_carlo.variance]
    };
    if rows.iter().flat_map(numbers).any(|number| !number.is_finite()) {
        return Err(Refusal::out_of_range(&asked.problem));
    }
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
        if value.fract() == 0.0 { Self::Whole(value as u64) } else { Self::Average(value) }
    }
}

impl Row {
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
        .and_then(|estimator| posed.exact(estimator))
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
            row(posed, estimator, *scheme, elbo, asked, &|done| bar.set_position(before + done))
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
    let evaluations = (asked.samples / batch).max(2);
    let streams = Streams::new(asked.seed.seed).role(estimator.form().name()).role(scheme.name());
    let plan = sample::plan(&posed.problem, evaluations, streams);
    let started = Instant::now();
    let sampled = sample(estimator, scheme, &posed.problem, &plan, &|done| progress(done * batch));
    let nanoseconds = started.elapsed().as_nanos() as f64 / evaluations as f64;
    let Estimate { mean, std_err, samples } = sampled.mean;
    Row {
        form: estimator.form().name(),
        scheme: scheme.name(),
        mean: estimator.mean(),
        bias: estimator.mean().zip(elbo).map(|(mean, elbo)| mean - elbo),
        variance: exact.map(|moments| moments.variance()),
        monte_carlo: Sampled {
            mean,
            std_err,
            variance: sampled.variance.mean,
            variance_std_err: sampled.variance.std_err,
            samples,
        },
        normals_per_evaluation: estimator.normals_per_evaluation(scheme, &posed.problem).into(),
        nanoseconds_per_evaluation: nanoseconds,
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
