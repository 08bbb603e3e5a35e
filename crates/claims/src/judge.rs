//! How each kind of claim is judged.

use std::cell::Cell;
use std::fmt::Debug;

use montecarlo::{Estimate, Verdict as Tested};
use ndarray_rand::rand::RngCore;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::claim::FALSE_ALARM;
use crate::{Finding, Run, Trial, Verdict};

/// A line counts as false where it is off by more than this, relative to the larger side: what a reader can see.
pub const VISIBLE: f64 = 0.01;

/// One statistical test with the power that it must have.
#[derive(Clone, Copy, Debug)]
pub struct Sampled {
    /// What the test found.
    pub verdict: Tested,
    /// The size of what was tested, to which its error is relative.
    pub scale: f64,
    /// Samples drawn.
    pub samples: u64,
}

impl Sampled {
    /// `estimate` estimates `exact`, and its error is relative to that.
    pub fn mean(run: &Run, estimate: &Estimate, exact: f64) -> Self {
        Self { verdict: run.test().mean(estimate, exact), scale: exact, samples: estimate.samples }
    }

    /// The `samples` have the distribution function `cdf`; the error is a probability.
    ///
    /// # Panics
    /// If there are no samples.
    pub fn law(run: &Run, samples: &[f64], cdf: impl Fn(f64) -> f64) -> Self {
        Self { verdict: run.test().law(samples, cdf), scale: 1.0, samples: samples.len() as u64 }
    }
}

/// The relative error of the size 1 % that every statistical claim must be sure to see.
pub const RESOLUTION: f64 = 0.01;

/// A runner whose problems depend on the seed and the id of the claim alone.
fn runner(id: &str, run: &Run) -> TestRunner {
    let mut seed = [0; 32];
    run.streams(id).role("problems").rng(0).fill_bytes(&mut seed);
    let config = Config { cases: run.cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// Puts every problem to the test; the first that fails is shrunk.
pub(crate) fn on_problems<S: Strategy>(
    id: &str,
    run: &Run,
    tolerance: f64,
    strategy: &S,
    body: &impl Fn(&S::Value, &mut Trial),
) -> Finding {
    let worst = Cell::new(0.0_f64);
    let cases = Cell::new(0_u64);
    let outcome = runner(id, run).run(strategy, |problem| {
        let mut trial = Trial::default();
        body(&problem, &mut trial);
        cases.set(cases.get() + 1);
        worst.set(worst.get().max(trial.error()));
        if trial.comparisons() > 0 && trial.error() <= tolerance {
            return Ok(());
        }
        let worst = trial.worst().map_or("nothing was compared".to_owned(), ToString::to_string);
        Err(TestCaseError::fail(format!("{worst}, relative error {:.1e}", trial.error())))
    });
    let (verdict, counterexample) = match outcome {
        Ok(()) => (Verdict::Holds, None),
        Err(TestError::Fail(reason, problem)) => {
            (Verdict::Failed, Some(format!("{reason} at {}", shown(&problem))))
        }
        Err(TestError::Abort(reason)) => (Verdict::Failed, Some(format!("gave up: {reason}"))),
    };
    // A problem at which the check panicked left no error behind, and is no small one.
    let failed_unseen = verdict == Verdict::Failed && worst.get() <= tolerance;
    let error = if failed_unseen { f64::INFINITY } else { worst.get() };
    Finding { verdict, error, tolerance, false_alarm: None, cases: cases.get(), counterexample }
}

/// All statistical tests of a claim: the one that comes closest to its tolerance speaks for all.
pub(crate) fn sampled(tests: &[Sampled]) -> Finding {
    let closeness = |s: &&Sampled| s.verdict.error / s.verdict.tolerance;
    let worst = tests.iter().max_by(|a, b| closeness(a).total_cmp(&closeness(b)));
    let sees = |s: &&Sampled| s.verdict.smallest_error <= RESOLUTION * s.scale.abs();
    let weak = tests.iter().find(|s| !sees(s));
    let holds = !tests.is_empty() && weak.is_none() && tests.iter().all(|s| s.verdict.holds);
    let relative = |value: f64, s: &Sampled| value / s.scale.abs();
    let counterexample = match weak {
        _ if holds => None,
        Some(s) => Some(format!(
            "too few samples: errors below {:.1e} of the truth may pass",
            relative(s.verdict.smallest_error, s)
        )),
        None => worst
            .map(|s| format!("off by {:.2} times what chance allows", s.verdict.error / s.verdict.tolerance)),
    };
    Finding {
        verdict: if holds { Verdict::Holds } else { Verdict::Failed },
        error: worst.map_or(f64::INFINITY, |s| relative(s.verdict.error, s)),
        tolerance: worst.map_or(0.0, |s| relative(s.verdict.tolerance, s)),
        false_alarm: Some(tests.len() as f64 * FALSE_ALARM),
        cases: tests.iter().map(|s| s.samples).sum(),
        counterexample,
    }
}

/// The exponent of a power law against the one that is claimed.
pub(crate) fn rate(expected: f64, tolerance: f64, sizes_and_errors: &[(f64, f64)]) -> Finding {
    let (found, std_err) = fitted_rate(sizes_and_errors);
    let error = ((found - expected) / expected).abs();
    let holds = error <= tolerance;
    Finding {
        verdict: if holds { Verdict::Holds } else { Verdict::Failed },
        error,
        tolerance,
        false_alarm: None,
        cases: sizes_and_errors.len() as u64,
        counterexample: (!holds)
            .then(|| format!("the fitted rate is {found:.3} ± {std_err:.3}, not {expected}")),
    }
}

/// `n` in `error ∝ size⁻ⁿ`, with its standard error: the least-squares slope of `log error` against `log size`.
pub fn fitted_rate(sizes_and_errors: &[(f64, f64)]) -> (f64, f64) {
    let n = sizes_and_errors.len() as f64;
    let logs: Vec<(f64, f64)> =
        sizes_and_errors.iter().map(|(size, error)| (size.ln(), error.ln())).collect();
    let mean = |f: fn(&(f64, f64)) -> f64| logs.iter().map(f).sum::<f64>() / n;
    let (x_mean, y_mean) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f64 = logs.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
    let slope = logs.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum::<f64>() / spread;
    let residual: f64 = logs.iter().map(|(x, y)| (y - y_mean - slope * (x - x_mean)).powi(2)).sum();
    (-slope, (residual / (n - 2.0) / spread).sqrt())
}

/// Searches a problem at which the line is false, and shrinks it.
pub(crate) fn refute<S: Strategy>(
    id: &str,
    run: &Run,
    truth: &str,
    strategy: &S,
    body: &impl Fn(&S::Value) -> (f64, f64),
) -> Finding {
    let cases = Cell::new(0_u64);
    let outcome = runner(id, run).run(strategy, |problem| {
        cases.set(cases.get() + 1);
        let (line, true_value) = body(&problem);
        if off(line, true_value) > VISIBLE {
            Err(TestCaseError::fail("the line is false here"))
        } else {
            Ok(())
        }
    });
    let mut finding = Finding {
        verdict: Verdict::Failed,
        error: 0.0,
        tolerance: VISIBLE,
        false_alarm: None,
        cases: cases.get(),
        counterexample: None,
    };
    match outcome {
        Err(TestError::Fail(_, problem)) => {
            let (line, true_value) = body(&problem);
            finding.verdict = Verdict::Refuted;
            finding.error = off(line, true_value);
            finding.counterexample = Some(format!(
                "at {} the line gives {line:.6}, the truth is {true_value:.6} (off by {:.6}); true is: {truth}",
                shown(&problem),
                line - true_value
            ));
        }
        Ok(()) => finding.counterexample = Some("the line holds on every problem tried".to_owned()),
        Err(TestError::Abort(reason)) => finding.counterexample = Some(format!("gave up: {reason}")),
    }
    finding
}

/// Difference relative to the larger side. A line that gives no number at all is off by everything.
fn off(line: f64, truth: f64) -> f64 {
    let difference = (line - truth).abs();
    if difference == 0.0 {
        0.0
    } else if difference.is_finite() {
        difference / line.abs().max(truth.abs())
    } else {
        f64::INFINITY
    }
}

/// A problem in one line.
fn shown(problem: &impl Debug) -> String {
    let text = format!("{problem:?}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Claim;
    use montecarlo::{Estimate, StatisticalTest};

    const RUN: Run = Run { cases: 64, seed: 1 };

    #[test]
    fn an_identity_that_is_off_fails_at_a_simple_problem() {
        let claim = Claim::new("x", "x = x + 1e-3 for x ≥ 5").identity(1e-6, 0u32..100, |&x, trial| {
            let x = f64::from(x);
            trial.equal(x, if x >= 5.0 { x + 1e-3 } else { x });
        });
        let finding = claim.check(&RUN);
        assert_eq!(finding.verdict, Verdict::Failed);
        assert!(finding.error > 1e-6);
        assert!(finding.counterexample.unwrap().ends_with("at 5"), "shrunk to the smallest");
    }

    #[test]
    fn a_check_that_compares_nothing_panics_or_gives_nan_fails() {
        let nothing = Claim::new("x", "").identity(1.0, 0u32..9, |_, _| ());
        let panics = Claim::new("x", "").identity(1.0, 0u32..9, |_, _| panic!("no"));
        let nan = Claim::new("x", "").identity(1.0, 0u32..9, |_, trial| trial.equal(f64::NAN, 1.0));
        for claim in [nothing, panics, nan] {
            let finding = claim.check(&RUN);
            assert!(!finding.as_claimed() && finding.error == f64::INFINITY, "{finding}");
        }
    }

    #[test]
    fn a_sign_that_fails_is_seen_and_one_that_holds_with_equality_is_not() {
        let at = |shift: f64| {
            Claim::new("x", "").inequality(1e-9, 1u32..9, move |&x, trial| {
                trial.at_most(1.0, f64::from(x) + shift, f64::from(x));
            })
        };
        assert!(at(0.0).check(&RUN).as_claimed());
        assert!(!at(1e-6).check(&RUN).as_claimed());
    }

    #[test]
    fn a_false_line_is_refuted_at_a_small_case_and_a_true_one_cannot_be() {
        let square = |n: &u32| f64::from(n * n);
        let wrong = Claim::new("x", "n² = 2n")
            .refuted(1u32..50, "n² = n·n", move |n| (f64::from(2 * n), square(n)));
        let finding = wrong.check(&RUN);
        assert_eq!(finding.verdict, Verdict::Refuted);
        let text = finding.counterexample.unwrap();
        // 2n = n² at n = 2, so that halving may stop on either side of it.
        assert!(text.starts_with("at 1 the line") || text.starts_with("at 3 the line"), "{text}");
        let right = Claim::new("x", "").refuted(1u32..50, "", move |n| (square(n), square(n)));
        assert_eq!(right.check(&RUN).verdict, Verdict::Failed);
    }

    #[test]
    fn a_statistical_claim_needs_evidence_and_power() {
        let test = StatisticalTest { false_alarm: FALSE_ALARM, false_pass: 1e-3 };
        let sampled = |mean, std_err| {
            let verdict = test.mean(&Estimate { mean, std_err, samples: 100 }, 1.0);
            super::sampled(&[Sampled { verdict, scale: 1.0, samples: 100 }]).verdict
        };
        assert_eq!(sampled(1.0005, 1e-3), Verdict::Holds);
        assert_eq!(sampled(1.1, 1e-3), Verdict::Failed, "a hundred standard errors off");
        assert_eq!(sampled(1.0, 1e-2), Verdict::Failed, "an error of 1 % could pass");
        assert_eq!(super::sampled(&[]).verdict, Verdict::Failed, "no test, no verdict");
    }

    #[test]
    fn a_rate_is_that_of_the_power_law() {
        let errors: Vec<(f64, f64)> = [1.0f64, 2.0, 4.0].map(|n| (n, 3.0 / (n * n))).to_vec();
        assert_eq!(rate(2.0, 1e-9, &errors).verdict, Verdict::Holds);
        assert_eq!(rate(1.0, 0.1, &errors).verdict, Verdict::Failed);
    }

    #[test]
    fn the_same_seed_tries_the_same_problems() {
        let seen = |seed| {
            let claim = Claim::new("x", "").identity(1e-9, 0.0..1.0f64, |x, trial| trial.at(1.0, *x, 0.0));
            claim.check(&Run { cases: 1, seed }).error
        };
        assert_eq!(seen(1), seen(1));
        assert_ne!(seen(1), seen(2));
    }

    #[test]
    fn a_power_law_has_its_exponent_and_no_error() {
        let points: Vec<(f64, f64)> = [1.0, 2.0, 5.0, 9.0].map(|k: f64| (k, 3.0 * k.powf(-1.5))).to_vec();
        let (rate, error) = fitted_rate(&points);
        assert!((rate - 1.5).abs() < 1e-14 && error < 1e-14);
        let (_, error) = fitted_rate(&[(1.0, 1.0), (2.0, 0.4), (4.0, 0.26)]);
        assert!(error > 0.1, "a crooked line says so: {error}");
    }
}
