//! Standard errors are honest: the exact value lies within two of them as often as it should, neither less nor more.

use estimators::{Estimator, Form, Observations, Problem, Scheme, sample};
use mhvae::Mhvae;
use montecarlo::{MonteCarlo, Streams};
use ndarray::array;
use prob::LinearGaussian;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

/// Chance that the test fails though all is well.
const FALSE_ALARM: f64 = 1e-8;

#[test]
fn the_exact_value_lies_within_two_standard_errors_as_often_as_it_should() {
    let law =
        |w: f64, v: f64| LinearGaussian::new(array![[w]], array![0.1], array![[v]]).expect("valid numbers");
    let encoders = vec![law(0.95, 0.1), law(0.85, 0.3), law(0.6, 0.6)];
    let decoders = vec![law(0.8, 0.2), law(0.7, 0.4), law(0.5, 0.7)];
    let problem = Problem::new(
        Mhvae::new(encoders, decoders).expect("valid numbers"),
        Observations::Fixed(array![0.8]),
    )
    .expect("valid numbers");
    let kinds = [
        (Form::LogRatio, Scheme::Path),
        (Form::Denoising, Scheme::OneStep),
        (Form::Consistency, Scheme::Independent),
        (Form::Denoising, Scheme::Importance),
    ];
    let (mut within, mut trials) = (0, 0);
    for (form, scheme) in kinds {
        let estimator = Estimator::new(form, &problem).expect("valid numbers");
        let exact = estimator.mean().expect("valid numbers");
        for seed in 0..200 {
            let plan = MonteCarlo::new(4000, Streams::new(seed).role(form.name()).role(scheme.name()));
            let found = sample(&estimator, scheme, &problem, &plan, &|_| ()).mean;
            trials += 1;
            within += u64::from(found.deviation(exact).abs() <= 2.0);
        }
    }
    let expected = 1.0 - 2.0 * Normal::standard().cdf(-2.0);
    let law = Binomial::new(expected, trials).expect("valid numbers");
    let (few, many) = (law.inverse_cdf(0.5 * FALSE_ALARM), law.inverse_cdf(1.0 - 0.5 * FALSE_ALARM));
    assert!(many < trials, "{trials} trials cannot see standard errors that are too large");
    assert!((few..=many).contains(&within), "{within} of {trials}, expected {few} to {many}");
}
