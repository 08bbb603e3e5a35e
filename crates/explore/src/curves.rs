//! Densities on a grid, rounded for the eye.

use ndarray::{Array1, Array2};
use prob::{Gaussian, Mixture};

/// Points of a density.
const POINTS: usize = 129;

/// Points of the bell.
const BELL_POINTS: usize = 81;

/// Standard deviations to which the bell reaches.
const BELL_REACH: f64 = 4.0;

/// Digits after the point of what is only drawn: a plot is a thousand dots wide.
pub const DECIMALS: i32 = 4;

/// `count` numbers evenly spaced from `-reach` to `reach`, both included.
pub fn evenly(count: usize, reach: f64) -> Vec<f64> {
    let intervals = (count - 1) as f64;
    (0..count).map(|i| reach * (2.0 * i as f64 - intervals) / intervals).collect()
}

/// The numbers to so many digits after the point.
pub fn rounded(values: impl IntoIterator<Item = f64>, decimals: i32) -> Vec<f64> {
    let unit = 10f64.powi(decimals);
    // The sum with 0 makes -0 a plain 0.
    values.into_iter().map(|value| (value * unit).round() / unit + 0.0).collect()
}

/// Where densities are drawn: out to 4 standard deviations of every component of the data and of the noise.
pub fn grid(data: &Mixture) -> Vec<f64> {
    let reach = data
        .parts()
        .map(|(_, law)| law.mean()[0].abs() + 4.0 * law.covariance()[[0, 0]].sqrt())
        .fold(4.0, f64::max);
    evenly(POINTS, reach.ceil())
}

/// A column of numbers as rows of one coordinate.
pub fn column(values: &[f64]) -> Array2<f64> {
    Array2::from_shape_fn((values.len(), 1), |(i, _)| values[i])
}

/// `exp` of log-densities, rounded.
pub fn density(log_probs: Array1<f64>) -> Vec<f64> {
    rounded(log_probs.mapv(f64::exp), DECIMALS)
}

/// The standard normal density `(z, φ(z))`: every Gaussian on the page is this curve, shifted and stretched.
pub fn bell() -> (Vec<f64>, Vec<f64>) {
    let z = evenly(BELL_POINTS, BELL_REACH);
    let density = rounded(Gaussian::standard(1).log_probs(&column(&z)).mapv(f64::exp), 6);
    (z, density)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_even_and_rounded() {
        assert_eq!(evenly(5, 3.0), [-3.0, -1.5, 0.0, 1.5, 3.0]);
        assert_eq!(rounded([0.12346, -0.00001, 2.0], 4), [0.1235, 0.0, 2.0]);
        assert!(rounded([-0.00001], 4)[0].is_sign_positive());
    }

    #[test]
    fn the_grid_holds_the_data() {
        let (bimodal, trimodal) = (toy::Preset::Bimodal.mixture(), toy::Preset::Trimodal.mixture());
        assert_eq!((grid(&bimodal)[0], grid(&bimodal)[128]), (-4.0, 4.0));
        assert_eq!((grid(&trimodal)[0], grid(&trimodal)[128]), (-5.0, 5.0));
    }
}
