//! `elbow terms`: every term of one problem, exact and by Monte Carlo.

use std::io::Write;
use std::process::ExitCode;

use estimators::{Estimator, Form, Name, Term, sample, sample_terms};
use montecarlo::{Estimate, Streams};
use prob::Bound;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::arguments::TermsArguments;
use crate::columns::{columns, deviation, elided, estimated, exact};
use crate::problem::{self, Posed};
use crate::progress;
use crate::refusal::Refusal;

/// Answers `elbow terms`.
pub(crate) fn terms(asked: &TermsArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let posed = problem::read(&asked.problem)?;
    let estimators = posed
        .listed_forms()
        .iter()
        .map(|&form| Estimator::new(form, &posed.problem))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Refusal::Problem(format!("{}: {error}", asked.problem.display())))?;
    let found: Vec<Taken> =
        estimators.iter().map(|estimator| Taken { exact: posed.exact(estimator), estimator }).collect();
    let all: Vec<Term> = estimators.iter().flat_map(|estimator| estimator.terms().to_vec()).collect();
    let plan = sample::plan(&posed.problem, asked.samples, Streams::new(asked.seed.seed).role("terms"));
    let bar = progress::samples(asked.samples);
    let sampled: Vec<Estimate> = sample_terms(&all, &posed.problem, &plan, &|done| bar.set_position(done))
        .iter()
        .map(|moments| moments.estimate())
        .collect();
    bar.finish_and_clear();
    let exact = found.iter().flat_map(|taken| taken.values().into_iter().flatten());
    in_range(asked, exact.chain(posed.log_evidence).chain(sampled.iter().flat_map(|e| [e.mean, e.std_err])))?;
    if asked.json {
        serde_json::to_writer_pretty(&mut *out, &document(&posed, &found, &sampled))
            .map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        table(&posed, &found, &sampled, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses a problem of which a number is not finite.
fn in_range(asked: &TermsArguments, mut numbers: impl Iterator<Item = f64>) -> Result<(), Refusal> {
    if numbers.all(f64::is_finite) { Ok(()) } else { Err(Refusal::out_of_range(&asked.problem)) }
}

/// A form with its exact terms.
struct Taken<'a> {
    exact: Option<Bound>,
    estimator: &'a Estimator,
}

impl Taken<'_> {
    fn form(&self) -> Form {
        self.estimator.form()
    }

    /// The exact value of each term, in order.
    fn values(&self) -> Vec<Option<f64>> {
        match &self.exact {
            None => vec![None; self.estimator.terms().len()],
            Some(bound) => [bound.reconstruction, bound.prior_matching]
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
    let elbo = found[0].exact.as_ref().map(Bound::elbo);
    let forms: Map<String, Value> = found
        .iter()
        .map(|taken| {
            let mut terms = Map::new();
            let bound = taken.exact.as_ref();
            terms.insert("reconstruction".into(), json!(bound.map(|b| b.reconstruction)));
            terms.insert("prior_matching".into(), json!(bound.map(|b| b.prior_matching)));
            terms.insert(matching(taken.form()).into(), json!(bound.map(|b| b.matching.clone())));
            terms.insert("elbo".into(), json!(bound.map(Bound::elbo)));
            (taken.form().name().to_owned(), Value::Object(terms))
        })
        .collect();
    let names =
        found.iter().flat_map(|taken| taken.estimator.terms().iter().map(|term| (taken.form(), term.name)));
    let monte_carlo: Vec<Sampled> = names
        .zip(sampled)
        .map(|((form, term), estimate)| Sampled {
            form: form.name(),
            term: name(form, term),
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
        let rows: Vec<[String; 4]> = taken
            .estimator
            .terms()
            .iter()
            .zip(taken.values())
            .zip(sampled.by_ref())
            .map(|((term, value), estimate)| {
                [name(taken.form(), term.name), exact(value), estimated(estimate), deviation(value, estimate)]
            })
            .collect();
        let elbo = taken.exact.as_ref().map(Bound::elbo);
        let mut rows = elided(rows);
        rows.push(["ELBO".to_owned(), exact(elbo), String::new(), String::new()]);
        let note = if taken.form() == Form::ConsistencyAsPrinted { " (Luo (45): not the bound)" } else { "" };
        writeln!(
            out,
            "\n{}{note}\n{}",
            taken.form(),
            columns(["term", "exact", "Monte Carlo", "deviation / std err"], rows)
        )?;
    }
    let elbo = found[0].exact.as_ref().map(Bound::elbo);
    let gap = posed.log_evidence.zip(elbo).map(|(evidence, elbo)| evidence - elbo);
    let of = if posed.problem.is_averaged() { "E log p(x)" } else { "log p(x)" };
    writeln!(out, "\n{of} {}, gap {}", exact(posed.log_evidence), exact(gap))?;
    Ok(())
}
