//! The claims that the text names, checked.

use claims::{Claim, Finding, Run, Verdict, catalogue};
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::number::{rough, tabular};
use crate::progress;
use crate::refusal::Refusal;

/// The claims of these ids, and the ids that no claim has.
pub(crate) fn find(ids: &[String]) -> (Vec<Claim>, Vec<String>) {
    let mut known = catalogue::all();
    known.retain(|claim| ids.iter().any(|id| id == claim.id()));
    let missing = ids.iter().filter(|id| !known.iter().any(|claim| claim.id() == *id));
    let missing = missing.map(|id| format!("claim {id}")).collect();
    (known, missing)
}

/// What the text is told of each claim, by its id.
///
/// # Errors
/// [`Refusal::Failed`] for the first that did not turn out as claimed: the text would say what is not so.
pub(crate) fn check(claims: &[Claim], run: &Run) -> Result<Value, Refusal> {
    let bar = progress::bar(claims.len()).with_message("claims");
    let findings: Vec<Finding> = claims
        .par_iter()
        .map(|claim| {
            let finding = claim.check(run);
            bar.inc(1);
            finding
        })
        .collect();
    bar.finish_and_clear();
    let told = claims
        .iter()
        .zip(&findings)
        .map(|(claim, finding)| Ok((claim.id().to_owned(), told(claim, finding)?)));
    Ok(Value::Object(told.collect::<Result<Map<String, Value>, Refusal>>()?))
}

/// What the text is told of a claim.
fn told(claim: &Claim, finding: &Finding) -> Result<Value, Refusal> {
    if finding.verdict == Verdict::Failed {
        let why = finding.counterexample.clone().unwrap_or_else(|| finding.to_string());
        return Err(Refusal::Failed { id: claim.id().to_owned(), why });
    }
    let (line, truth) = finding.counterexample.as_deref().and_then(both_numbers).unzip();
    Ok(json!({
        "verdict": finding.verdict.to_string(),
        "error": rough(finding.error),
        "tolerance": rough(finding.tolerance),
        "evidence": evidence(finding),
        "sources": claim.sources(),
        "line": line.map(tabular),
        "truth": truth.map(tabular),
    }))
}

/// What the verdict rests on, large numbers as powers of ten: `256 cases`, `10⁶ samples`.
fn evidence(finding: &Finding) -> String {
    let plain = finding.evidence();
    match plain.split_once(' ') {
        Some((number, what)) if number.len() > 4 => {
            let grouped = number.as_bytes().rchunks(3).rev().map(|three| String::from_utf8_lossy(three));
            format!("{} {what}", grouped.collect::<Vec<_>>().join("\u{202f}"))
        }
        _ => plain,
    }
}

/// What a line gives at its counterexample, and the truth there: from `… the line gives A, the truth is B (off by …`.
fn both_numbers(counterexample: &str) -> Option<(&str, &str)> {
    let (_, rest) = counterexample.split_once("the line gives ")?;
    let (line, rest) = rest.split_once(", the truth is ")?;
    let (truth, _) = rest.split_once(" (")?;
    Some((line, truth))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numbers_of_a_refuted_line_are_found() {
        let (claims, missing) = find(&["R1".to_owned(), "R99".to_owned()]);
        assert_eq!(missing, ["claim R99"]);
        let told = check(&claims, &Run { cases: 8, ..Run::default() }).unwrap();
        assert_eq!(told["R1"]["verdict"], "refuted");
        for number in ["line", "truth"] {
            let text = told["R1"][number].as_str().unwrap();
            assert!(text.replace('−', "-").parse::<f64>().unwrap().is_finite(), "{text}");
        }
    }

    #[test]
    fn what_holds_has_no_counterexample() {
        let (claims, _) = find(&["B5a".to_owned()]);
        let told = check(&claims, &Run { cases: 8, ..Run::default() }).unwrap();
        assert_eq!(told["B5a"]["verdict"], "holds");
        assert_eq!(told["B5a"]["evidence"], "8 cases");
        assert!(told["B5a"]["line"].is_null());
    }

    #[test]
    fn a_claim_that_fails_is_no_handout() {
        let wrong = Claim::new("X1", "1 = 2")
            .identity(1e-12, claims::problems::gaussian(1), |_, trial| trial.nats(1.0, 2.0));
        let refused = check(&[wrong], &Run { cases: 2, ..Run::default() }).unwrap_err();
        assert!(refused.to_string().starts_with("claim X1 failed"), "{refused}");
    }
}
