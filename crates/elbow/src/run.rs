//! Claims checked side by side, a bar while it takes.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::time::Instant;

use claims::catalogue::Part;
use claims::{Claim, Finding, Run, Verdict};
use rayon::prelude::*;

use crate::{progress, select};

/// What became of one claim.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) finding: Finding,
    /// From beginning to end. Claims share the processors, so these add up to more than the whole run takes.
    pub(crate) seconds: f64,
}

/// Checks every claim of the parts, on all cores, and returns them in the order of the parts.
pub(crate) fn all<'a>(parts: &'a [Part], run: &Run) -> Vec<Checked<'a>> {
    let claims: Vec<&Claim> = select::claims(parts).collect();
    let bar = progress::bar(claims.len());
    let checked = quietly(|| {
        let each = claims.par_iter().with_max_len(1).map(|claim| {
            let checked = check(claim, run);
            bar.set_message(claim.id().to_owned());
            bar.inc(1);
            checked
        });
        each.collect()
    });
    bar.finish_and_clear();
    checked
}

/// Checks one claim.
pub(crate) fn one<'a>(claim: &'a Claim, run: &Run) -> Checked<'a> {
    quietly(|| check(claim, run))
}

/// A check that panics (a formula that gives no law, a quadrature that does not converge) is a claim that failed: the
/// others are still to be heard.
fn check<'a>(claim: &'a Claim, run: &Run) -> Checked<'a> {
    let started = Instant::now();
    let finding =
        panic::catch_unwind(AssertUnwindSafe(|| claim.check(run))).unwrap_or_else(|reason| Finding {
            verdict: Verdict::Failed,
            error: f64::INFINITY,
            tolerance: 0.0,
            false_alarm: None,
            cases: 0,
            counterexample: Some(format!("the check broke off: {}", said(&*reason))),
        });
    Checked { claim, finding, seconds: started.elapsed().as_secs_f64() }
}

/// What was said in a panic.
fn said(reason: &(dyn Any + Send)) -> &str {
    let text = reason.downcast_ref::<String>().map(String::as_str);
    text.or(reason.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}

/// `work` without the message of every panic on standard error: shrinking a problem may panic hundreds of times, and
/// the last message stands in the finding.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = work();
    panic::set_hook(usual);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_panics_is_a_claim_that_failed() {
        let claim = Claim::new("X1", "a check that breaks off").law(|run, _| panic!("seed {}", run.seed));
        let checked = check(&claim, &Run { cases: 1, seed: 7 });
        assert!(!checked.finding.as_claimed());
        assert_eq!(checked.finding.counterexample.as_deref(), Some("the check broke off: seed 7"));
    }
}
