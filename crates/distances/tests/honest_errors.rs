//! Standard errors are honest: over 200 seeds the distance of the laws lies within two of them as often as it should.
//!
//! The distance of the laws is known: by formula, or as the mean over the seeds, which 200 of them know to 1/14 of one standard
//! error.

use distances::{DistanceError, LineLaw, energy, frechet, sliced, wasserstein_1, wasserstein_2};
use montecarlo::{Estimate, Streams};
use ndarray::{Array2, array};
use prob::{Gaussian, Mixture};
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

/// Chance that a test fails though all is well.
const FALSE_ALARM: f64 = 1e-8;
const SEEDS: u64 = 200;

/// Panics unless as many deviations lie within two standard errors as of normal ones, and not all of them.
fn assert_honest(name: &str, deviations: &[f64]) {
    let (trials, within) =
        (deviations.len() as u64, deviations.iter().filter(|d| d.abs() <= 2.0).count() as u64);
    let expected = 1.0 - 2.0 * Normal::standard().cdf(-2.0);
    let law = Binomial::new(expected, trials).expect("valid numbers");
    let (few, many) = (law.inverse_cdf(0.5 * FALSE_ALARM), law.inverse_cdf(1.0 - 0.5 * FALSE_ALARM));
    // Standard errors that are too large by half would leave hardly one outside.
    assert!((few..=many).contains(&within), "{name}: {within} of {trials}, expected {few} to {many}");
    let square = deviations.iter().map(|d| d * d).sum::<f64>() / trials as f64;
    // A mean of 200 squares of normals lies within 1 ± 0.58 but for one chance in 1e8.
    assert!((0.42..1.58).contains(&square), "{name}: a mean square of {square}");
}

fn check(name: &str, exact: Option<f64>, estimate: impl Fn(u64) -> Result<Estimate, DistanceError>) {
    let found: Vec<Estimate> = (0..SEEDS).map(|seed| estimate(seed).expect("valid samples")).collect();
    let mean = found.iter().map(|e| e.mean).sum::<f64>() / SEEDS as f64;
    let deviations: Vec<f64> = found.iter().map(|e| e.deviation(exact.unwrap_or(mean))).collect();
    assert_honest(name, &deviations);
}

fn draw(law: &Mixture, n: usize, role: &str, seed: u64) -> Array2<f64> {
    law.sample(n, &mut Streams::new(seed).role(role).rng(0))
}

/// A shifted and stretched normal against a standard one.
#[test]
fn on_the_line() {
    let p = Mixture::from(Gaussian::isotropic(array![0.5], 2.25).expect("a variance"));
    let q = Mixture::from(Gaussian::standard(1));
    let n = 400;
    check("W1 to a law", None, |seed| wasserstein_1::to_law(&draw(&p, n, "x", seed), &q));
    check("W2 to a law", None, |seed| wasserstein_2::to_law(&draw(&p, n, "x", seed), &q));
    let between =
        |f: fn(&ndarray::ArrayRef2<f64>, &ndarray::ArrayRef2<f64>) -> Result<Estimate, DistanceError>| {
            let (p, q) = (p.clone(), q.clone());
            move |seed| f(&draw(&p, n, "x", seed), &draw(&q, 300, "y", seed))
        };
    check("W1 between", None, between(wasserstein_1::between));
    check("W2 between", None, between(wasserstein_2::between));
    let line = |law: &Mixture| LineLaw::new(law).expect("a law on the line");
    let across = Mixture::from(Gaussian::isotropic(array![0.5], 3.25).expect("a variance"));
    let exact =
        2.0 * line(&across).mean_distance(0.0) - line(&p).mean_difference() - line(&q).mean_difference();
    check("energy to a law", Some(exact), |seed| energy::to_law(&draw(&p, n, "x", seed), &q));
    check("energy between", Some(exact), between(energy::between));
    // |0.5|² + (1.5 - 1)², above which the scatter of the fit adds O(1/n).
    check("Fréchet to a law", None, |seed| frechet::to_law(&draw(&p, n, "x", seed), &q));
    check("Fréchet between", None, between(frechet::between));
}

/// A ring that is too narrow and off centre, against the ring.
#[test]
fn in_the_plane() {
    let q = toy::Preset::Ring8.mixture();
    let p = |n, seed| draw(&q, n, "x", seed) * 0.85 + array![0.1, 0.0];
    check("sliced to a law", None, |seed| sliced::to_law(&p(200, seed), &q, 6));
    check("energy to a law", None, |seed| energy::to_law(&p(40, seed), &q));
    check("Fréchet to a law", None, |seed| frechet::to_law(&p(200, seed), &q));
    check("sliced between", None, |seed| sliced::between(&p(200, seed), &draw(&q, 200, "y", seed), 6));
    check("energy between", None, |seed| energy::between(&p(100, seed), &draw(&q, 100, "y", seed)));
}

/// The influence of a point by definition: every point 400 times and one of them once more. The standard error that follows
/// is the one that is stated, to the second order of 1/400 and the potential's freedom within a few points.
#[test]
fn stated_errors_are_those_of_the_derivative_by_a_weight() {
    const COPIES: usize = 400;
    let line = toy::Preset::Trimodal.mixture();
    let plane = toy::Preset::Ring8.mixture();
    type Distance<'a> = Box<dyn Fn(&Array2<f64>) -> Estimate + 'a>;
    let cases: [(&str, &Mixture, Distance); 3] = [
        ("W1", &line, Box::new(|x| wasserstein_1::to_law(x, &line).expect("a sample"))),
        ("W2", &line, Box::new(|x| wasserstein_2::to_law(x, &line).expect("a sample"))),
        ("sliced", &plane, Box::new(|x| sliced::to_law(x, &plane, 3).expect("a sample"))),
    ];
    for (name, law, distance) in cases {
        let x = draw(law, 12, "x", 3) * 0.6;
        let n = x.nrows();
        let stated = distance(&x);
        let with_one_more = |i: usize| {
            let rows = (0..n).flat_map(|k| std::iter::repeat_n(k, COPIES + usize::from(k == i)));
            distance(&x.select(ndarray::Axis(0), &rows.collect::<Vec<_>>())).mean
        };
        let slopes: Vec<f64> =
            (0..n).map(|i| (with_one_more(i) - stated.mean) * (n * COPIES + 1) as f64).collect();
        let derived = montecarlo::Moments::of(&slopes).estimate().std_err;
        let off = (stated.std_err / derived - 1.0).abs();
        assert!(off < 0.02, "{name}: {} stated, {derived} by the derivative", stated.std_err);
    }
}
