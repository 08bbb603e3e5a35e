//! `elbow variance --gradient`: the exact variance of estimators of the gradient with respect to the reverse model.

use std::io::Write;
use std::process::ExitCode;

use estimators::Gradient;
use serde::Serialize;

use crate::arguments::VarianceArguments;
use crate::columns::columns;
use crate::problem::Posed;
use crate::refusal::Refusal;

/// One estimator. The field names are public interface; nats².
#[derive(Debug, Serialize)]
struct Row {
    estimator: &'static str,
    /// Every step, or one at uniform t times their number.
    scheme: &'static str,
    /// `|E g|²`.
    squared_mean: Option<f64>,
    /// `tr Cov g`.
    variance: Option<f64>,
}

/// Answers `elbow variance --gradient`.
pub(crate) fn gradient(
    posed: &Posed,
    asked: &VarianceArguments,
    out: &mut impl Write,
) -> Result<ExitCode, Refusal> {
    let mut rows = Vec::new();
    for (scheme, one_step) in [("every_step", false), ("one_step", true)] {
        for gradient in Gradient::ALL {
            let moments =
                gradient.moments(one_step, &posed.problem).map_err(|error| posed.refuse_numbers(error))?;
            let numbers = moments.map(|moments| moments.squared_mean + moments.variance);
            posed.in_range(
                numbers.map(|number| (format!("the gradient by {} and {scheme}", gradient.name()), number)),
            )?;
            rows.push(Row {
                estimator: gradient.name(),
                scheme,
                squared_mean: moments.map(|moments| moments.squared_mean),
                variance: moments.map(|moments| moments.variance),
            });
        }
    }
    if asked.json {
        serde_json::to_writer_pretty(&mut *out, &rows).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.6}"));
    let of_denoising = |scheme: &str| {
        rows.iter()
            .find(|row| row.scheme == scheme && row.estimator == "denoising")
            .and_then(|row| row.variance)
    };
    let shown = rows
        .iter()
        .map(|row| {
            let relative = row.variance.zip(of_denoising(row.scheme)).map(|(own, of)| own / of);
            [
                row.estimator.to_owned(),
                row.scheme.to_owned(),
                number(row.squared_mean),
                number(row.variance),
                relative.map_or("–".to_owned(), |relative| format!("{relative:.2}")),
            ]
        })
        .collect();
    writeln!(
        out,
        "{}, {} steps; gradient with respect to the reverse model: weight matrices, biases and log-variances",
        posed.model,
        posed.problem.steps()
    )?;
    writeln!(
        out,
        "{}",
        columns(
            ["estimator", "scheme", "|E g|² (nats²)", "tr Cov g (nats²)", "relative to denoising"],
            shown
        )
    )?;
    let note = if rows[0].variance.is_some() {
        "All exact."
    } else {
        "The best denoiser has no parameters: nothing to derive."
    };
    writeln!(out, "{note}")?;
    Ok(ExitCode::SUCCESS)
}
