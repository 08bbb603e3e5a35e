//! How often each code is used, and what that says of a prior over codes.

use montecarlo::{Estimate, Moments};

/// How often each of `K` codes was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeUsage {
    counts: Vec<usize>,
}

impl CodeUsage {
    /// Counts the `indices`, each below `codes`.
    ///
    /// # Panics
    /// If there are none, or one is not below `codes`.
    pub fn of(indices: &[usize], codes: usize) -> Self {
        assert!(!indices.is_empty(), "usage needs examples");
        let mut counts = vec![0; codes];
        indices.iter().for_each(|&k| counts[k] += 1);
        Self { counts }
    }

    /// How often each code was taken, `[K]`.
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// `f_k`: the share of each code, `[K]`.
    pub fn frequencies(&self) -> Vec<f64> {
        let n = self.total() as f64;
        self.counts.iter().map(|&count| count as f64 / n).collect()
    }

    fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Codes that were never taken.
    pub fn dead(&self) -> usize {
        self.counts.iter().filter(|&&count| count == 0).count()
    }

    /// `H(f) = -Σ f_k log f_k` in nats, from 0 to `log K`, with its standard error `√(Var(-log f_k)/n)`, and where that
    /// vanishes, because all codes are used alike, that of the next order, `√((K - 1)/2n²)` (Harris 1975).
    ///
    /// The entropy of counts lies below that of the law they are drawn from, by about `(K - 1)/2n`, which the standard error
    /// does not know of.
    pub fn entropy(&self) -> Estimate {
        let surprise = |(&count, f): (&usize, f64)| std::iter::repeat_n(-f.ln(), count);
        let first =
            self.counts.iter().zip(self.frequencies()).flat_map(surprise).collect::<Moments>().estimate();
        let second = (0.5 * (self.counts.len() - 1) as f64).sqrt() / self.total() as f64;
        Estimate { std_err: first.std_err.max(second), ..first }
    }

    /// `exp H(f)`: how many codes, evenly used, would be as varied. From 1 to `K`, with its standard error.
    pub fn perplexity(&self) -> Estimate {
        let entropy = self.entropy();
        let mean = entropy.mean.exp();
        Estimate { mean, std_err: mean * entropy.std_err, ..entropy }
    }

    /// `log f_k`, a prior over codes that was learned; `-∞` for a dead one.
    pub fn log_prior(&self) -> Vec<f64> {
        self.frequencies().into_iter().map(f64::ln).collect()
    }

    /// `log (n_k + 1)/(n + K)` (Laplace's rule): a learned prior that rules no code out, for points that were not counted.
    pub fn smoothed_log_prior(&self) -> Vec<f64> {
        let all = (self.total() + self.counts.len()) as f64;
        self.counts.iter().map(|&count| ((count + 1) as f64 / all).ln()).collect()
    }

    /// `log 1/K` for each of `codes`.
    pub fn uniform_log_prior(codes: usize) -> Vec<f64> {
        vec![-(codes as f64).ln(); codes]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::Streams;
    use ndarray_rand::rand::Rng;

    #[test]
    fn usage_by_hand() {
        let usage = CodeUsage::of(&[0, 2, 2, 0, 0, 0, 2, 2], 4);
        assert_eq!((usage.counts(), usage.dead()), (&[4, 0, 4, 0][..], 2));
        assert_relative_eq!(usage.entropy().mean, 2f64.ln(), max_relative = 1e-14);
        assert_relative_eq!(usage.perplexity().mean, 2.0, max_relative = 1e-14);
        assert_eq!(usage.log_prior()[1], f64::NEG_INFINITY);
        let smoothed: Vec<f64> = usage.smoothed_log_prior().into_iter().map(f64::exp).collect();
        assert_relative_eq!(
            smoothed[..],
            [5.0 / 12.0, 1.0 / 12.0, 5.0 / 12.0, 1.0 / 12.0][..],
            max_relative = 1e-14
        );
        assert_eq!(CodeUsage::uniform_log_prior(4), [-4f64.ln(); 4]);
    }

    /// One in four: `-log ¼` once and `-log ¾` three times. Of even use the second order, `√(1/2)/4`.
    #[test]
    fn the_error_of_an_entropy_is_that_of_a_mean() {
        let usage = CodeUsage::of(&[0, 1, 1, 1], 2);
        let (rare, common) = (4f64.ln(), (4f64 / 3.0).ln());
        let entropy = usage.entropy();
        assert_relative_eq!(entropy.mean, 0.25 * rare + 0.75 * common, max_relative = 1e-14);
        let variance = 0.25 * 0.75 * (rare - common).powi(2) / 3.0;
        assert_relative_eq!(entropy.std_err, variance.sqrt(), max_relative = 1e-13);
        let perplexity = usage.perplexity();
        assert_relative_eq!(perplexity.mean, entropy.mean.exp(), max_relative = 1e-14);
        assert_relative_eq!(perplexity.std_err, perplexity.mean * variance.sqrt(), max_relative = 1e-13);
        let even = CodeUsage::of(&[0, 1, 1, 0], 2).entropy();
        assert_relative_eq!(even.std_err, 0.5f64.sqrt() / 4.0, max_relative = 1e-13);
    }

    /// Over 400 sets of 1000 draws from even and uneven codes the perplexities scatter by what is stated, or less: where the first
    /// order is 0 for the law, draws have twice the second. The variance of 400 normal numbers is known to 1 ± 0.42 but for
    /// one chance in 1e8.
    #[test]
    fn stated_errors_are_honest() {
        for (weight, least) in [(1.0, 0.3), (4.0, 0.58)] {
            let (mut found, mut stated) = (Moments::default(), Moments::default());
            for seed in 0..400 {
                let mut rng = Streams::new(3).rng(seed);
                let draw = |_| (rng.random_range(0.0..15.0 + weight) as usize).min(15);
                let perplexity = CodeUsage::of(&(0..1000).map(draw).collect::<Vec<_>>(), 16).perplexity();
                found.push(perplexity.mean);
                stated.push(perplexity.std_err * perplexity.std_err);
            }
            let ratio = found.variance() / stated.mean();
            assert!((least..1.42).contains(&ratio), "weight {weight}: {ratio}");
        }
    }

    #[test]
    #[should_panic(expected = "usage needs examples")]
    fn nothing_uses_nothing() {
        CodeUsage::of(&[], 3);
    }
}
