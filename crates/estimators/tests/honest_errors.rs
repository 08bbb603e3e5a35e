//! Standard errors are honest: the exact value lies within two of them as often as it should, neither less nor more.

use estimators::{Estimator, Form, Observations, Problem, Scheme, sample, sample_terms};
use mhvae::Mhvae;
use montecarlo::{MonteCarlo, Streams};
use ndarray::array;
use prob::LinearGaussian;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

/// Chance that the test fails though all is well.
const FALSE_ALARM: f64 = 1e-8;

fn problem() -> Problem {
    let law =
        |w: f64, v: f64| LinearGaussian::new(array![[w]], array![0.1], array![[v]]).expect("valid numbers");
    let encoders = vec![law(0.95, 0.1), law(0.85, 0.3), law(0.6, 0.6)];
    let decoders = vec![law(0.8, 0.2), law(0.7, 0.4), law(0.5, 0.7)];
    let chain = Mhvae::new(encoders, decoders).expect("valid numbers");
    Problem::new(chain, Observations::Fixed(array![0.8])).expect("valid numbers")
}

/// Panics unless as many deviations lie within two standard errors as of normal ones, and not all of them.
fn assert_honest(deviations: &[f64]) {
    let (trials, within) = (
        deviations.len() as u64,
        deviations.iter().filter(|deviation| deviation.abs() <= 2.0).count() as u64,
    );
    let expected = 1.0 - 2.0 * Normal::standard().cdf(-2.0);
    let law = Binomial::new(expected, trials).expect("valid numbers");
    let (few, many) = (law.inverse_cdf(0.5 * FALSE_ALARM), law.inverse_cdf(1.0 - 0.5 * FALSE_ALARM));
    assert!(many < trials, "{trials} trials cannot see standard errors that are too large");
    assert!((few..=many).contains(&within), "{within} of {trials}, expected {few} to {many}");
}

/// Means and variances of estimators, as `elbow variance` prints them.
#[test]
fn estimators_lie_within_two_standard_errors_as_often_as_they_should() {
    let problem = problem();
    let kinds = [
        (Form::LogRatio, Scheme::Path),
        (Form::Denoising, Scheme::OneStep),
        (Form::Consistency, Scheme::Independent),
        (Form::Denoising, Scheme::Importance),
    ];
    let (mut of_means, mut of_variances) = (vec![], vec![]);
    for (form, scheme) in kinds {
        let estimator = Estimator::new(form, &problem).expect("valid numbers");
        let exact = estimator.moments(scheme, &problem).expect("valid numbers");
        for seed in 0..200 {
            let streams = Streams::new(seed).role(form.name()).role(scheme.name());
            let found =
                sample(&estimator, scheme, &problem, &sample::plan(&problem, 12_800, streams), &|_| ());
            of_means.push(found.mean.deviation(exact.mean));
            of_variances.push(found.variance.deviation(exact.variance()));
        }
    }
    assert_honest(&of_means);
    assert_honest(&of_variances);
}

/// Terms over shared paths, as `elbow terms` prints them: one of each, so that the trials are independent.
#[test]
fn terms_lie_within_two_standard_errors_as_often_as_they_should() {
    let problem = problem();
    let mut deviations = vec![];
    for form in [Form::Denoising, Form::Consistency] {
        let estimator = Estimator::new(form, &problem).expect("valid numbers");
        let (terms, exact) = (estimator.terms(), estimator.each().expect("valid numbers"));
        for (k, moments) in exact.iter().enumerate() {
            for seed in 0..200 {
                let streams = Streams::new(seed).role(form.name()).role(&terms[k].name.to_string());
                let plan = MonteCarlo::new(2000, streams);
                let found = sample_terms(&terms[k..=k], &problem, &plan, &|_| ())[0].estimate();
                // A term that depends on the observation alone is a constant.
                if moments.variance() > 0.0 {
                    deviations.push(found.deviation(moments.mean));
                }
            }
        }
    }
    assert_honest(&deviations);
}
