//! Exact means and variances against draws, for every form and scheme, on chains of several widths and data of two parts.

use estimators::{Estimator, Form, Observations, Problem, Scheme, sample};
use mhvae::Mhvae;
use montecarlo::{Moments, MonteCarlo, StatisticalTest, Streams};
use ndarray::{Array2, array};
use prob::{Gaussian, LinearGaussian, Mixture};

/// x of two coordinates, latents of 1, 2, 1 coordinates.
fn chain() -> Mhvae {
    let law = |weight: Array2<f64>, bias: &[f64], variance: f64| {
        let m = bias.len();
        let covariance =
            Array2::eye(m) * variance + if m == 2 { array![[0.0, 0.1], [0.1, 0.2]] } else { array![[0.0]] };
        LinearGaussian::new(weight, bias.to_vec().into(), covariance).expect("valid numbers")
    };
    let encoders = vec![
        law(array![[0.7, -0.3]], &[0.1], 0.4),
        law(array![[0.8], [0.3]], &[0.0, -0.2], 0.5),
        law(array![[0.5, 0.4]], &[0.1], 0.6),
    ];
    let decoders = vec![
        law(array![[0.9], [-0.2]], &[0.1, 0.0], 0.5),
        law(array![[0.6, 0.2]], &[0.0], 0.7),
        law(array![[0.5], [0.3]], &[0.2, 0.1], 0.8),
    ];
    Mhvae::new(encoders, decoders).expect("valid numbers")
}

fn data() -> Mixture {
    let part = |mean: [f64; 2], a: f64| {
        Gaussian::new(mean.to_vec().into(), array![[0.3, a], [a, 0.2]]).expect("valid numbers")
    };
    Mixture::new(vec![0.3, 0.7], vec![part([-1.0, 0.5], 0.1), part([0.8, -0.2], -0.05)])
        .expect("valid numbers")
}

/// Mean and variance of 100 batches of 1000 evaluations, each with a standard error; false alarms 1e-8 a comparison.
#[test]
fn exact_moments_agree_with_draws() {
    let test = StatisticalTest { false_alarm: 1e-8, false_pass: 1e-3 };
    for observations in [Observations::Fixed(array![0.8, -0.4]), Observations::From(data())] {
        let problem = Problem::new(chain(), observations).expect("valid numbers");
        for form in Form::ALL {
            let estimator = Estimator::new(form, &problem).expect("valid numbers");
            let ladder = Scheme::LADDER.into_iter().filter(|_| form == Form::Denoising);
            for scheme in Scheme::TEXTBOOK.into_iter().chain(ladder) {
                let (mut means, mut variances) = (Moments::default(), Moments::default());
                for batch in 0..100 {
                    let plan = MonteCarlo::new(
                        1000 / scheme.batch() as u64 + 2,
                        Streams::new(batch).role(scheme.name()).role(form.name()),
                    );
                    let moments = sample(&estimator, scheme, &problem, &plan, &|_| ());
                    means.push(moments.mean.mean);
                    variances.push(moments.variance.mean);
                }
                let mean = test.mean(&means.estimate(), estimator.mean().expect("valid numbers"));
                assert!(
                    mean.holds,
                    "{form} {scheme}: mean {:?} for {}",
                    means.estimate(),
                    estimator.mean().expect("valid numbers")
                );
                let Some(exact) = estimator.moments(scheme, &problem) else { continue };
                let variance = test.mean(&variances.estimate(), exact.variance());
                let (found, exact) = (variances.estimate(), exact.variance());
                assert!(variance.holds, "{form} {scheme}: variance {found:?} for {exact}");
                assert!(variance.smallest_error < 0.2 * exact, "{form} {scheme}: {found:?} says too little");
            }
        }
    }
}

/// What has no formula keeps its word: running probabilities come near the best ones, and a scrambled point set is at
/// least a fifth less noisy than the mean of as many draws. Each is told apart by six standard errors (1e-9 if normal).
#[test]
fn what_only_monte_carlo_can_tell_is_an_improvement() {
    let law =
        |w: f64, v: f64| LinearGaussian::new(array![[w]], array![0.1], array![[v]]).expect("valid numbers");
    let steps = 12;
    let encoders = (0..steps).map(|t| law(0.95 - 0.03 * t as f64, 0.05 + 0.06 * t as f64)).collect();
    // One step is modelled badly: its term is much larger than the others.
    let decoders =
        (0..steps).map(|t| law(if t == 4 { -0.3 } else { 0.8 }, if t == 4 { 0.05 } else { 0.4 })).collect();
    let chain = Mhvae::new(encoders, decoders).expect("valid numbers");
    let problem = Problem::new(chain, Observations::Fixed(array![0.8])).expect("valid numbers");
    let estimator = Estimator::new(Form::Denoising, &problem).expect("valid numbers");
    let exact = |scheme| estimator.moments(scheme, &problem).expect("a formula").variance();
    let (plain, best) = (exact(Scheme::OneStep), exact(Scheme::Importance));
    assert!(best < 0.5 * plain, "{best} and {plain}: nothing to learn");
    let found = |scheme: Scheme, evaluations| {
        let plan =
            MonteCarlo { chunk: 500, ..MonteCarlo::new(evaluations, Streams::new(7).role(scheme.name())) };
        sample(&estimator, scheme, &problem, &plan, &|_| ()).variance
    };
    let below = |found: montecarlo::Estimate, limit: f64| found.mean + 6.0 * found.std_err < limit;
    let running = found(Scheme::RunningImportance, 200_000);
    assert!(below(running, 0.5 * (best + plain)), "{running:?} between {best} and {plain}");
    let quasi = found(Scheme::QuasiMonteCarlo, 20_000);
    let points = Scheme::QuasiMonteCarlo.batch() as f64;
    assert!(below(quasi, 0.8 * plain / points), "{quasi:?} for {}", plain / points);
}
