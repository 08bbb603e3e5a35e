//! Mean and variance of a stream of numbers, kept so that two halves merge into the whole.

use crate::{Estimate, Merge};

/// Number, mean and sum of squared deviations of the values seen so far.
///
/// Merging two is exact in real arithmetic (Chan, Golub and LeVeque 1979); nothing is ever computed as a small
/// difference of large sums.
///
/// ```
/// use montecarlo::{Merge, Moments};
///
/// let mut left = Moments::of(&[1.0, 2.0]);
/// left.merge(Moments::of(&[3.0, 6.0]));
/// assert_eq!((left.count(), left.mean()), (4, 3.0));
/// assert_eq!(left.variance(), 14.0 / 3.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// The moments of a slice, by two passes in lanes.
    pub fn of(values: &[f64]) -> Self {
        if values.is_empty() {
            return Self::default();
        }
        let mean = kernels::reduce::sum(values) / values.len() as f64;
        let squares = kernels::reduce::squared_deviations(values, mean);
        Self { count: values.len() as u64, mean, squares }
    }

    /// Takes in one more value (Welford 1962).
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
    }

    /// How many values were seen.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; 0 for none.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The unbiased sample variance `Σ (v - mean)² / (n - 1)`; infinite below two values, where nothing is known.
    pub fn variance(&self) -> f64 {
        if self.count < 2 { f64::INFINITY } else { self.squares / (self.count - 1) as f64 }
    }

    /// The mean with its standard error `√(variance / n)`.
    pub fn estimate(&self) -> Estimate {
        let std_err = (self.variance() / self.count.max(1) as f64).sqrt();
        Estimate { mean: self.mean, std_err, samples: self.count }
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        values.into_iter().for_each(|value| moments.push(value));
        moments
    }
}

impl Merge for Moments {
    fn merge(&mut self, other: Self) {
        if other.count == 0 {
            return;
        }
        let count = self.count + other.count;
        let shift = other.mean - self.mean;
        let share = other.count as f64 / count as f64;
        self.squares += other.squares + shift * shift * self.count as f64 * share;
        self.mean += shift * share;
        self.count = count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn merging_pushing_and_two_passes_agree(
            values in prop::collection::vec(-1e3..1e3f64, 2..60),
            cut in 0usize..60,
            offset in -1e6..1e6f64,
        ) {
            let values: Vec<f64> = values.iter().map(|v| v + offset).collect();
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged = Moments::of(left);
            merged.merge(Moments::of(right));
            let pushed: Moments = values.iter().copied().collect();
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
            for m in [merged, pushed] {
                prop_assert_eq!(m.count(), values.len() as u64);
                assert_relative_eq!(m.mean(), mean, max_relative = 1e-12, epsilon = 1e-9);
                assert_relative_eq!(m.variance(), variance, max_relative = 1e-9, epsilon = 1e-9);
            }
        }
    }

    #[test]
    fn too_few_values_know_no_error() {
        assert_eq!(Moments::default().estimate().std_err, f64::INFINITY);
        assert_eq!(
            Moments::of(&[5.0]).estimate(),
            Estimate { mean: 5.0, std_err: f64::INFINITY, samples: 1 }
        );
    }
}
