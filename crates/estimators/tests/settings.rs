//! The two settings of the derivation, to all printed digits.

use approx::assert_relative_eq;
use estimators::{Estimator, Form, Observations, Problem, Scheme};
use mhvae::Mhvae;
use ndarray::array;
use prob::LinearGaussian;

/// `x_0 = 0.8`, `p(x_{t-1}|x_t) = N(f_m √α_t x_t, f_v (1-α_t))`.
fn setting(alphas: &[f64], mean_factor: f64, variance_factor: f64) -> Problem {
    let step = |scale, variance| LinearGaussian::isotropic(1, scale, variance).expect("valid numbers");
    let (encoders, decoders) = alphas
        .iter()
        .map(|&a: &f64| (step(a.sqrt(), 1.0 - a), step(mean_factor * a.sqrt(), variance_factor * (1.0 - a))))
        .unzip();
    Problem::new(Mhvae::new(encoders, decoders).expect("valid numbers"), Observations::Fixed(array![0.8]))
        .expect("valid numbers")
}

fn check(problem: &Problem, table: [(Form, f64, [f64; 3]); 6]) {
    for (form, mean, variances) in table {
        for (scheme, variance) in Scheme::TEXTBOOK.into_iter().zip(variances) {
            if variance.is_nan() {
                continue;
            }
            let found = Estimator::new(form, problem)
                .expect("valid numbers")
                .moments(scheme, problem)
                .expect("valid numbers");
            println!("{form} {scheme:?} {found:?}");
            assert_relative_eq!(found.mean, mean, epsilon = 5.001e-5);
            assert_relative_eq!(found.variance(), variance, epsilon = 5.001e-5);
        }
    }
}

#[test]
fn six_steps() {
    let problem = setting(&[0.95, 0.9, 0.85, 0.75, 0.6, 0.4], 0.9, 1.2);
    let none = f64::NAN;
    check(
        &problem,
        [
            (Form::LogRatio, -1.3196, [0.1982, none, none]),
            (Form::ConsistencyLogRatio, -1.3196, [0.1982, 4.2136, 18.3541]),
            (Form::Consistency, -1.3196, [0.4046, 0.6997, 1.9514]),
            (Form::ConsistencyAsPrinted, -2.9009, [3.1773, 2.4484, 10.8755]),
            (Form::DenoisingLogRatio, -1.3196, [0.1982, 1.9421, 8.5179]),
            (Form::Denoising, -1.3196, [1.0283, 0.5421, 1.8436]),
        ],
    );
}

#[test]
fn fifty_steps() {
    let alphas: Vec<f64> = (0..50).map(|i| 1.0 - (1e-3 + (0.15 - 1e-3) * f64::from(i) / 49.0)).collect();
    let problem = setting(&alphas, 0.95, 1.0);
    let none = f64::NAN;
    check(
        &problem,
        [
            (Form::LogRatio, -2.8036, [1.8827, none, none]),
            (Form::ConsistencyLogRatio, -2.8036, [1.8827, 51.9732, 2457.6586]),
            (Form::Consistency, -2.8036, [3.3265, 6.4777, 251.7908]),
            (Form::ConsistencyAsPrinted, -42.0666, [105.5090, 73.6621, 3505.7805]),
            (Form::DenoisingLogRatio, -2.8036, [1.8827, 8.2052, 374.0964]),
            (Form::Denoising, -2.8036, [8.1959, 3.1365, 126.3008]),
        ],
    );
}
