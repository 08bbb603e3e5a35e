//! `elbow terms`: every term of one problem, exact and by Monte Carlo.

use std::io::Write;
use std::process::ExitCode;

use estimators::{Estimator, Form, Name, Term, sample, sample_terms};
use montecarlo::{Estimate, Moments, MonteCarlo, Streams};
use prob::Bound;
use serde::Serialize;
use serde_json::{Map, Value, json};
use vdm::QuadratureError;

use crate::arguments::TermsArguments;
use crate::columns::{columns, deviation, elided, estimated, exact};
use crate::memory;
use crate::problem::{self, Posed};
use crate::progress;
use crate::refusal::Refusal;

/// Answers `elbow terms`.
pub(crate) fn terms(asked: &TermsArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let posed = problem::read(&asked.problem)?;
    let estimators = posed.estimators(posed.listed_forms())?;
    let found: Vec<Taken> =
        estimators.iter().map(|estimator| Taken { exact: posed.exact(estimator), estimator }).collect();
    let all: Vec<Term> = estimators.iter().flat_map(|estimator| estimator.terms().to_vec()).collect();
    let plan = sample::plan(&posed.problem, asked.samples, Streams::new(asked.seed.seed).role("terms"));
    fits(all.len(), &plan).map_err(|reason| posed.refuse(reason))?;
    let bar = progress::samples(asked.samples);
    let sampled: Vec<Estimate> =
        sample_terms(&all, &posed.problem, &plan, &|done| progress::reach(&bar, done))
            .iter()
            .map(|moments| moments.estimate())
            .collect();
    bar.finish_and_clear();
    let names = || found.iter().flat_map(Taken::names);
    let exact = found.iter().flat_map(Taken::values);
    posed.in_range(names().zip(exact).filter_map(|(name, value)| Some((name, value?))))?;
    posed.in_range(posed.log_evidence.map(|value| ("log p(x)", value)))?;
    posed.in_range(names().zip(&sampled).map(|(name, e)| (name, e.mean + e.std_err)))?;
    if asked.json {
        serde_json::to_writer_pretty(&mut *out, &document(&posed, &found, &sampled))
            .map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        table(&posed, &found, &sampled, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Chunks of samples that wait to be merged, at most (`montecarlo`).
const WAITING: u64 = 1024;

/// Whether so many terms can be found in so many chunks side by side.
fn fits(terms: usize, plan: &MonteCarlo) -> Result<(), String> {
    let chunks = plan.samples.div_ceil(plan.chunk as u64).min(WAITING);
    memory::allowed(chunks as f64 * terms as f64 * size_of::<Moments>() as f64)
        .map_err(|reason| format!("{terms} terms by --samples {} {reason}", plan.samples))
}

/// A form with its exact terms.
struct Taken<'a> {
    exact: Result<Bound, QuadratureError>,
    estimator: &'a Estimator,
}

impl Taken<'_> {
    fn form(&self) -> Form {
        self.estimator.form()
    }

    /// The name of each term, in order.
    fn names(&self) -> Vec<String> {
        self.estimator.terms().iter().map(|term| name(self.form(), term.name)).collect()
    }

    fn elbo(&self) -> Option<f64> {
        self.exact.as_ref().ok().map(Bound::elbo)
    }

    /// The exact value of each term, in order.
    fn values(&self) -> Vec<Option<f64>> {
        match &self.exact {
            Err(_) => vec![None; self.estimator.terms().len()],
            Ok(bound) => [bound.reconstruction, bound.prior_matching]
                .into_iter()
                .chain(bound.matching.iter().copied())
                .map(Some)
                .collect(),
        }
    }
}

/// The name of the matching terms of a form.
fn matching(form: Form) -> &'static str {
    match form {
        Form::Denoising | Form::DenoisingLogRatio => "denoising_matching",
        _ => "consistency",
    }
}

/// The name of a term in tables and files.
fn name(form: Form, term: Name) -> String {
    match term {
        Name::Matching(t) => format!("{}[{t}]", matching(form)),
        other => other.to_string(),
    }
}

#[derive(Serialize)]
struct Sampled {
    form: &'static str,
    term: String,
    mean: f64,
    std_err: f64,
    samples: u64,
}

fn document(posed: &Posed, found: &[Taken], sampled: &[Estimate]) -> Value {
    let elbo = found[0].elbo();
    let forms: Map<String, Value> = found
        .iter()
        .map(|taken| {
            let mut terms = Map::new();
            let values = taken.values();
            terms.insert("reconstruction".into(), json!(values[0]));
            terms.insert("prior_matching".into(), json!(values[1]));
            terms.insert(matching(taken.form()).into(), json!(values[2..]));
            terms.insert("elbo".into(), json!(taken.elbo()));
            if let Err(why) = taken.exact {
                terms.insert("no_exact_value".into(), json!(why.to_string()));
            }
            (taken.form().name().to_owned(), Value::Object(terms))
        })
        .collect();
    let names =
        found.iter().flat_map(|taken| taken.names().into_iter().map(|term| (taken.form().name(), term)));
    let monte_carlo: Vec<Sampled> = names
        .zip(sampled)
        .map(|((form, term), estimate)| Sampled {
            form,
            term,
            mean: estimate.mean,
            std_err: estimate.std_err,
            samples: estimate.samples,
        })
        .collect();
    json!({
        "model": posed.model,
        "dimension": posed.dimension,
        "steps": posed.problem.steps(),
        "units": "nats",
        "elbo": elbo,
        "log_evidence": posed.log_evidence,
        "gap": posed.log_evidence.zip(elbo).map(|(evidence, elbo)| evidence - elbo),
        "forms": forms,
        "monte_carlo": monte_carlo,
    })
}

fn table(posed: &Posed, found: &[Taken], sampled: &[Estimate], out: &mut impl Write) -> Result<(), Refusal> {
    let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    writeln!(
        out,
        "{} of {} over {}; all terms in nats",
        posed.model,
        plural(posed.problem.steps(), "latent"),
        plural(posed.dimension, "coordinate")
    )?;
    let mut sampled = sampled.iter();
    for taken in found {
        let rows = (taken.names().into_iter().zip(taken.values()).zip(sampled.by_ref()))
            .map(|((name, value), estimate)| {
                [name, exact(value), estimated(estimate), deviation(value, estimate)]
            })
            .collect();
        let mut rows = elided(rows);
        rows.push(["ELBO".to_owned(), exact(taken.elbo()), String::new(), String::new()]);
        let note = if taken.form() == Form::ConsistencyAsPrinted { " (Luo (45): not the bound)" } else { "" };
        writeln!(
            out,
            "\n{}{note}\n{}",
            taken.form(),
            columns(["term", "exact", "Monte Carlo", "deviation / std err"], rows)
        )?;
        if let Err(why) = taken.exact {
            writeln!(out, "no exact values: {why}")?;
        }
    }
    let elbo = found[0].elbo();
    let gap = posed.log_evidence.zip(elbo).map(|(evidence, elbo)| evidence - elbo);
    let of = if posed.problem.is_averaged() { "E log p(x)" } else { "log p(x)" };
    writeln!(out, "\n{of} {}, gap {}", exact(posed.log_evidence), exact(gap))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path is found in chunks of at least 16, of which 1024 wait: for 300 000 terms of 24 bytes these are 7.4 GB.
    #[test]
    fn terms_that_fit_in_no_memory_are_refused() {
        let plan = |samples| MonteCarlo { chunk: 16, ..MonteCarlo::new(samples, Streams::new(1)) };
        assert_eq!(fits(300_000, &plan(1_000)), Ok(()));
        let refused = fits(300_000, &plan(100_000)).unwrap_err();
        assert!(refused.starts_with("300000 terms by --samples 100000 would take 7.4 GB"), "{refused}");
    }
}
