//! Terms near the end of the range of f64, and past it: an estimate has all of them or is no number.

use estimators::{Estimator, Form, Observations, Problem, Scheme, sample};
use mhvae::Mhvae;
use montecarlo::{MonteCarlo, Streams};
use ndarray::array;
use vdm::{Reverse, Schedule};

/// Two diffusion steps on the line, of which the second has this bias: one matching term, of the size of its square.
fn problem(bias: f64) -> Problem {
    let schedule = Schedule::from_alphas(&[0.9, 0.5]).expect("valid numbers");
    let reverse = Reverse::new(vec![0.6; 2], array![[0.0], [bias]], vec![0.3; 2]).expect("valid numbers");
    let chain = Mhvae::new(schedule.all_steps(1), reverse.all_steps()).expect("as many steps");
    Problem::new(chain, Observations::Fixed(array![0.8])).expect("valid numbers")
}

const WEIGHTED: [Scheme; 2] = [Scheme::Importance, Scheme::RunningImportance];

/// `E f ≈ ½ 1e160/0.3` with a standard deviation of some 1e80: `E f²` overflows, and what is estimated does not.
#[test]
fn a_term_whose_square_overflows_is_not_dropped() {
    let problem = problem(1e80);
    let estimator = Estimator::new(Form::Denoising, &problem).expect("valid numbers");
    let mean = estimator.mean().expect("linear laws");
    assert!(mean < -1e160);
    let exact = estimator.moments(Scheme::Importance, &problem).expect("linear laws");
    assert!(exact.variance().is_finite() && exact.variance() > 1e159, "{exact:?}");
    for scheme in WEIGHTED {
        let plan = MonteCarlo::new(500, Streams::new(1).role(scheme.name()));
        let found = sample(&estimator, scheme, &problem, &plan, &|_| ());
        let near = ((found.mean.mean - mean) / mean).abs() < 1e-9;
        assert!(near || found.mean.mean.is_nan(), "{scheme}: {} for {mean}", found.mean);
        assert!(near || scheme == Scheme::RunningImportance, "{scheme}: {} for {mean}", found.mean);
    }
}

/// What no number can hold is not estimated by what is left, and has no exact variance.
#[test]
fn a_term_that_overflows_is_no_number() {
    let problem = problem(1e160);
    let estimator = Estimator::new(Form::Denoising, &problem).expect("valid numbers");
    let exact = estimator.moments(Scheme::Importance, &problem).expect("linear laws");
    assert!(!exact.variance().is_finite(), "{exact:?}");
    for scheme in WEIGHTED {
        let plan = MonteCarlo::new(500, Streams::new(2).role(scheme.name()));
        let found = sample(&estimator, scheme, &problem, &plan, &|_| ());
        assert!(!found.mean.mean.is_finite(), "{scheme}: {}", found.mean);
    }
}
