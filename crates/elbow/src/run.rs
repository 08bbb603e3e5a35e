//! Claims checked side by side, a bar while it takes.

use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use claims::catalogue::Part;
use claims::{Claim, Finding, Run};

use crate::quiet::quietly;
use crate::{progress, select};

/// What became of one claim.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) finding: Finding,
    /// From beginning to end. Claims run side by side, so these add up to more than the whole run takes.
    pub(crate) seconds: f64,
}

/// Checks every claim of the parts, on all cores, and returns them in the order of the parts.
///
/// The threads are not rayon's: a claim that waits there for its samples would take on another claim meanwhile, and
/// the time of the one would be told as that of the other.
pub(crate) fn all<'a>(parts: &'a [Part], run: &Run) -> Vec<Checked<'a>> {
    let claims: Vec<&Claim> = select::claims(parts).collect();
    let found: Vec<OnceLock<Checked>> = claims.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let bar = progress::bar(claims.len());
    let check_next = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let (claim, place) = claims.get(index).zip(found.get(index))?;
        bar.set_message(claim.id().to_owned());
        place.get_or_init(|| check(claim, run));
        bar.inc(1);
        Some(())
    };
    quietly(|| {
        thread::scope(|scope| {
            for _ in 0..rayon::current_num_threads() {
                scope.spawn(|| while check_next().is_some() {});
            }
        });
    });
    bar.finish_and_clear();
    found.into_iter().filter_map(OnceLock::into_inner).collect()
}

/// Checks one claim.
pub(crate) fn one<'a>(claim: &'a Claim, run: &Run) -> Checked<'a> {
    quietly(|| check(claim, run))
}

/// 0 if all turned out as they say, 1 if a claim failed.
pub(crate) fn exit_code(checked: &[Checked]) -> ExitCode {
    if checked.iter().all(|one| one.finding.as_claimed()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check<'a>(claim: &'a Claim, run: &Run) -> Checked<'a> {
    let started = Instant::now();
    let finding = claim.check(run);
    Checked { claim, finding, seconds: started.elapsed().as_secs_f64() }
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
        assert_eq!(exit_code(&[checked]), ExitCode::FAILURE);
    }
}
