//! What was found, for a script: one JSON document.

use std::io::{self, Write};

use serde::Serialize;

use crate::explain::figures_of;
use crate::road;
use crate::run::Checked;

/// What was found. The field names are public interface.
#[derive(Debug, Serialize)]
struct Row<'a> {
    id: &'a str,
    statement: &'a str,
    sources: &'a [&'static str],
    kind: String,
    verdict: String,
    error: f64,
    tolerance: f64,
    false_alarm: Option<f64>,
    detectable: Option<f64>,
    rate: Option<f64>,
    rate_std_err: Option<f64>,
    cases: u64,
    seconds: f64,
    counterexample: Option<&'a str>,
}

/// A claim in full. The field names are public interface.
#[derive(Debug, Serialize)]
struct Explanation<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    why: &'a str,
    compares: &'a str,
    code: String,
    chapters: Vec<&'static str>,
    figures: Vec<&'static str>,
}

impl<'a> From<&'a Checked<'a>> for Row<'a> {
    fn from(Checked { claim, finding, seconds }: &'a Checked<'a>) -> Self {
        Row {
            id: claim.id(),
            statement: claim.statement(),
            sources: claim.sources(),
            kind: claim.kind().to_string(),
            verdict: finding.verdict.to_string(),
            error: number(finding.error),
            tolerance: number(finding.tolerance),
            false_alarm: finding.false_alarm.map(number),
            detectable: finding.detectable.map(number),
            rate: finding.rate.map(|rate| number(rate.mean)),
            rate_std_err: finding.rate.map(|rate| number(rate.std_err)),
            cases: finding.cases,
            seconds: *seconds,
            counterexample: finding.counterexample.as_deref(),
        }
    }
}

impl<'a> From<&'a Checked<'a>> for Explanation<'a> {
    fn from(checked: &'a Checked<'a>) -> Self {
        let claim = checked.claim;
        Explanation {
            row: Row::from(checked),
            why: claim.why(),
            compares: claim.compares(),
            code: format!("{}:{}", claim.place().file(), claim.place().line()),
            chapters: road::about(claim.id()).map(|chapter| chapter.name).collect(),
            figures: figures_of(claim.id()).map(|figure| figure.name).collect(),
        }
    }
}

/// JSON has no infinity: an error that is infinite or no number is the largest number there is.
fn number(value: f64) -> f64 {
    if value.is_nan() { f64::MAX } else { value.clamp(f64::MIN, f64::MAX) }
}

/// Writes the list of all findings and a line end.
pub(crate) fn write(checked: &[Checked], out: &mut impl Write) -> io::Result<()> {
    document(&checked.iter().map(Row::from).collect::<Vec<_>>(), out)
}

/// Writes one claim in full and a line end.
pub(crate) fn write_in_full(checked: &Checked, out: &mut impl Write) -> io::Result<()> {
    document(&Explanation::from(checked), out)
}

fn document(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use claims::{Claim, Finding, Run, Verdict};
    use serde_json::{Value, json};

    #[test]
    fn what_is_no_number_is_the_largest_number() {
        // Through two points goes a line, of which no error is known.
        let two = vec![(1.0, 1.0), (2.0, 0.5)];
        let claim = Claim::new("X1", "0 = 1").source("Luo (58)").rate(1.0, 0.1, move |_| two.clone());
        let finding = Finding {
            verdict: Verdict::Failed,
            error: f64::NAN,
            tolerance: f64::INFINITY,
            false_alarm: None,
            detectable: Some(f64::INFINITY),
            rate: claim.check(&Run::default()).rate,
            cases: 3,
            counterexample: None,
        };
        let mut out = Vec::new();
        write(&[Checked { claim: &claim, finding, seconds: 0.5 }], &mut out).unwrap();
        let written: Value = serde_json::from_slice(&out).unwrap();
        let expected = json!([{
            "id": "X1", "statement": "0 = 1", "sources": ["Luo (58)"], "kind": "rate", "verdict": "failed",
            "error": f64::MAX, "tolerance": f64::MAX, "false_alarm": null, "detectable": f64::MAX, "rate": 1.0,
            "rate_std_err": f64::MAX, "cases": 3, "seconds": 0.5, "counterexample": null
        }]);
        assert_eq!(written, expected);
    }
}
