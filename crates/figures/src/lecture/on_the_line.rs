//! Laws on the line, and curves of their densities.

use ndarray::{Array2, array};
use prob::{Gaussian, LinearGaussian, Mixture};

/// `n + 1` numbers from `low` to `high`, evenly spaced.
pub(super) fn grid(low: f64, high: f64, n: usize) -> impl Iterator<Item = f64> + Clone {
    (0..=n).map(move |i| low + (high - low) * i as f64 / n as f64)
}

/// `N(mean, variance)`.
pub(super) fn normal(mean: f64, variance: f64) -> Gaussian {
    Gaussian::new(array![mean], array![[variance]]).expect("the variance is positive")
}

/// `y = slope · x + offset + noise` of this variance.
pub(super) fn conditional(slope: f64, offset: f64, variance: f64) -> LinearGaussian {
    LinearGaussian::new(array![[slope]], array![offset], array![[variance]])
        .expect("the variance is positive")
}

/// The density of a law over this range.
pub(super) fn density(law: &Mixture, low: f64, high: f64) -> Vec<(f64, f64)> {
    let x: Vec<f64> = grid(low, high, 400).collect();
    let column = Array2::from_shape_vec((x.len(), 1), x.clone()).expect("one column");
    x.into_iter().zip(law.log_probs(&column).mapv(f64::exp)).collect()
}

/// Mean and variance of a law on the line.
pub(super) fn moments(law: &Gaussian) -> (f64, f64) {
    (law.mean()[0], law.covariance()[[0, 0]])
}
