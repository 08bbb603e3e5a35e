//! How each kind of claim is judged.

use montecarlo::{Estimate, Verdict as Tested};
use proptest::strategy::Strategy;

use crate::claim::FALSE_ALARM;
use crate::search::{Failure, search, shown};
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

/// A false line is searched on at least so many problems: it is no less false when fewer are asked for.
pub const SEARCHED: u32 = 256;

/// Puts every problem to the test; the first that fails is made simple.
pub(crate) fn on_problems<S: Strategy>(
    id: &str,
    run: &Run,
    tolerance: f64,
    strategy: &S,
    body: &impl Fn(&S::Value, &mut Trial),
) -> Finding {
    let (mut worst, mut cases) = (0.0_f64, 0);
    let outcome = search(id, run, strategy, |problem| {
        let mut trial = Trial::default();
        cases += 1;
        body(problem, &mut trial);
        worst = worst.max(trial.error());
        if trial.comparisons() > 0 && trial.error() <= tolerance {
            return Ok(());
        }
        let compared = trial.worst().map_or("nothing was compared".to_owned(), ToString::to_string);
        Err(format!("{compared}, relative error {:.1e}", trial.error()))
    });
    let failed = match outcome {
        Ok(()) => return Finding { error: worst, tolerance, cases, ..Finding::of(Verdict::Holds) },
        Err(Failure::At(problem, why) | Failure::Panics(problem, why)) => {
            format!("{why} at {}", shown(&problem))
        }
        Err(Failure::NoProblem(why)) => format!("no problem to try: {why}"),
    };
    // A problem at which the check panicked left no error behind, and is no small one.
    let error = if worst <= tolerance { f64::INFINITY } else { worst };
    Finding { error, tolerance, cases, ..Finding::failed(failed) }
}

/// All statistical tests of a claim: the one that comes closest to its tolerance speaks for all.
pub(crate) fn sampled(tests: &[Sampled]) -> Finding {
    let closeness = |s: &&Sampled| s.verdict.error / s.verdict.tolerance;
    let Some(worst) = tests.iter().max_by(|a, b| closeness(a).total_cmp(&closeness(b))) else {
        return Finding::failed("no test was made".to_owned());
    };
    let relative = |value: f64, s: &Sampled| value / s.scale.abs();
    let detectable = tests.iter().map(|s| relative(s.verdict.smallest_error, s)).fold(0.0, largest);
    let outcome = if detectable > RESOLUTION {
        Finding::failed(format!("too few samples: errors below {detectable:.1e} of the truth may pass"))
    } else if tests.iter().all(|s| s.verdict.holds) {
        Finding::of(Verdict::Holds)
    } else {
        Finding::failed(format!("off by {:.2} times what chance allows", closeness(&worst)))
    };
    Finding {
        error: relative(worst.verdict.error, worst),
        tolerance: relative(worst.verdict.tolerance, worst),
        false_alarm: Some(tests.len() as f64 * FALSE_ALARM),
        detectable: Some(detectable),
        cases: tests.iter().map(|s| s.samples).sum(),
        ..outcome
    }
}

/// The larger of two, or infinity if one is no number.
fn largest(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::INFINITY } else { a.max(b) }
}

/// The exponent of a power law against the one that is claimed.
pub(crate) fn rate(expected: f64, tolerance: f64, sizes_and_errors: &[(f64, f64)]) -> Finding {
    let fitted = fitted_rate(sizes_and_errors);
    let error = largest(0.0, ((fitted.mean - expected) / expected).abs());
    let outcome = if error <= tolerance {
        Finding::of(Verdict::Holds)
    } else {
        Finding::failed(format!("the fitted rate is {fitted}, not {expected}"))
    };
    Finding { error, tolerance, rate: Some(fitted), cases: fitted.samples, ..outcome }
}

/// `n` in `error ∝ size⁻ⁿ`, with its standard error: the least-squares slope of `log error` against `log size`.
pub fn fitted_rate(sizes_and_errors: &[(f64, f64)]) -> Estimate {
    let n = sizes_and_errors.len() as f64;
    let logs: Vec<(f64, f64)> =
        sizes_and_errors.iter().map(|(size, error)| (size.ln(), error.ln())).collect();
    let mean = |f: fn(&(f64, f64)) -> f64| logs.iter().map(f).sum::<f64>() / n;
    let (x_mean, y_mean) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f64 = logs.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
    let slope = logs.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum::<f64>() / spread;
    let residual: f64 = logs.iter().map(|(x, y)| (y - y_mean - slope * (x - x_mean)).powi(2)).sum();
    Estimate { mean: -slope, std_err: (residual / (n - 2.0) / spread).sqrt(), samples: logs.len() as u64 }
}

/// Searches a problem at which the line is false, and makes it simple.
///
/// The line may give no number, which is one way of being false; the truth may not.
pub(crate) fn refute<S: Strategy>(
    id: &str,
    run: &Run,
    truth: &str,
    strategy: &S,
    body: &impl Fn(&S::Value) -> (f64, f64),
) -> Finding {
    let run = Run { cases: run.cases.max(SEARCHED), ..*run };
    let (mut cases, mut broken) = (0, false);
    let outcome = search(id, &run, strategy, |problem| {
        cases += 1;
        let (line, true_value) = body(problem);
        // A truth that is no number is the graver find: once there is one, the simplest of these is searched.
        broken |= !true_value.is_finite();
        let found = if broken { !true_value.is_finite() } else { off(line, true_value) > VISIBLE };
        if found { Err((line, true_value)) } else { Ok(()) }
    });
    let finding = match outcome {
        Ok(()) => {
            Finding { error: 0.0, ..Finding::failed("the line holds on every problem tried".to_owned()) }
        }
        Err(Failure::At(problem, (line, true_value))) if true_value.is_finite() => {
            let (at, difference) = (shown(&problem), line - true_value);
            Finding {
                error: off(line, true_value),
                counterexample: Some(format!(
                    "at {at} the line gives {line:.6}, the truth is {true_value:.6} (off by {difference:.6}); \
                     true is: {truth}"
                )),
                ..Finding::of(Verdict::Refuted)
            }
        }
        Err(Failure::At(problem, (_, true_value))) => {
            Finding::failed(format!("the truth is {true_value} at {}", shown(&problem)))
        }
        Err(Failure::Panics(problem, why)) => Finding::failed(format!("{why} at {}", shown(&problem))),
        Err(Failure::NoProblem(why)) => Finding::failed(format!("no problem to try: {why}")),
    };
    Finding { tolerance: VISIBLE, cases, ..finding }
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
    fn a_truth_that_is_no_number_refutes_nothing() {
        let check = |line: f64, truth: f64| {
            // Visible at 9 and below, where the truth is a number; above, it is not.
            let body = move |&n: &u32| if n < 10 { (1.0, 2.0) } else { (line, truth) };
            Claim::new("x", "").refuted(0u32..50, "", body).check(&RUN)
        };
        for (line, truth) in [(1.0, f64::NAN), (1.0, f64::INFINITY), (f64::INFINITY, f64::INFINITY)] {
            let finding = check(line, truth);
            assert_eq!(finding.verdict, Verdict::Failed, "{line} {truth}");
            let text = finding.counterexample.unwrap();
            assert!(text.starts_with("the truth is ") && text.ends_with("at 10"), "{text}");
        }
        for line in [f64::NAN, f64::INFINITY, 3.0] {
            assert_eq!(check(line, 1.0).verdict, Verdict::Refuted, "{line}");
        }
    }

    #[test]
    fn few_cases_do_not_make_a_line_less_false() {
        // False at one problem in twenty.
        let claim = Claim::new("x", "").refuted(0u32..1000, "", |&n| (if n >= 950 { 1.0 } else { 0.0 }, 0.0));
        for seed in 0..20 {
            // No such problem among 256 has a chance of 0.95²⁵⁶ = 2e-6.
            assert_eq!(claim.check(&Run { cases: 1, seed }).verdict, Verdict::Refuted, "seed {seed}");
        }
    }

    #[test]
    fn a_truth_that_panics_is_a_claim_that_failed() {
        let claim = Claim::new("x", "").refuted(0u32..9, "", |&n| panic!("no {n}"));
        let finding = claim.check(&RUN);
        assert_eq!(finding.verdict, Verdict::Failed);
        assert_eq!(finding.counterexample.as_deref(), Some("no 0 at 0"));
    }

    #[test]
    fn a_statistical_claim_needs_evidence_and_power() {
        let test = StatisticalTest { false_alarm: FALSE_ALARM, false_pass: 1e-3 };
        let sampled = |mean, std_err| {
            let verdict = test.mean(&Estimate { mean, std_err, samples: 100 }, 1.0);
            let finding = super::sampled(&[Sampled { verdict, scale: 1.0, samples: 100 }]);
            assert_eq!(finding.detectable, Some(verdict.smallest_error));
            finding.verdict
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
        assert_eq!(rate(2.0, 1e-9, &errors).rate.map(|fitted| fitted.samples), Some(3));
        for no_line in [&errors[..0], &errors[..1]] {
            assert_eq!(rate(2.0, 0.1, no_line).error, f64::INFINITY);
        }
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
        let fitted = fitted_rate(&points);
        assert!((fitted.mean - 1.5).abs() < 1e-14 && fitted.std_err < 1e-14);
        let crooked = fitted_rate(&[(1.0, 1.0), (2.0, 0.4), (4.0, 0.26)]);
        assert!(crooked.std_err > 0.1, "a crooked line says so: {crooked}");
    }
}
