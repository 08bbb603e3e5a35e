//! `p(x) = E p(x|z)` of a decoder: by quadrature, from draws of the prior, and from weighted draws of an encoder.
//!
//! A draw from a proposal `r` has the weight `w = p(z) p(x|z)/r(z)`, of mean `p(x)`. From the prior few draws reach the
//! latents that explain `x`, and the relative variance `Var w/p(x)²` grows exponentially with the dimension; from a good
//! encoder the weights are nearly equal (Burda, Grosse and Salakhutdinov 2016).

use montecarlo::{Estimate, Moments, Streams};
use ndarray::{Array2, ArrayRef1, Axis};
use prob::numerics::{log_mean_exp, log_sum_exp};
use prob::{Conditional, standard_normal};
use vae::importance::log_weights;

pub mod quadrature;

pub use quadrature::{NotConverged, log_evidence};

/// A set of weights says nothing of `p(x)`.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum WeightsError {
    /// Fewer than are needed.
    #[error("{found} weights, {least} are needed")]
    TooFew {
        /// How many there are.
        found: usize,
        /// How many are needed.
        least: usize,
    },
    /// A logarithm is NaN or `+∞`.
    #[error("the logarithm of weight {index} is {value}")]
    NotAWeight {
        /// Which, from 0.
        index: usize,
        /// Its logarithm.
        value: f64,
    },
    /// Every weight is 0: no draw can explain `x`.
    #[error("every weight is 0")]
    AllZero,
}

/// Refuses fewer than `least` weights, and what is none.
fn check(log_weights: &[f64], least: usize) -> Result<(), WeightsError> {
    if log_weights.len() < least {
        return Err(WeightsError::TooFew { found: log_weights.len(), least });
    }
    let stray = |value: f64| value.is_nan() || value == f64::INFINITY;
    match log_weights.iter().enumerate().find(|(_, value)| stray(**value)) {
        Some((index, &value)) => Err(WeightsError::NotAWeight { index, value }),
        None if log_weights.iter().all(|&w| w == f64::NEG_INFINITY) => Err(WeightsError::AllZero),
        None => Ok(()),
    }
}

/// What a set of weights says of `p(x)`.
///
/// All standard errors are of first order (the delta method), and from the same weights: where a few of them carry the sum,
/// an [effective size](Self::effective_samples) of some dozens, the largest that could have been drawn is as a rule not among
/// them. Then `p(x)` and the relative variance are too small, and their standard errors far too small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// `log (1/n Σ w_i)` in nats. Its standard error is that of the mean of the weights, relative to it, sound where it is well
    /// below 1.
    pub log_evidence: Estimate,
    /// `Var w/(E w)²`, the variance of the estimate from one draw relative to its square.
    pub relative_variance: Estimate,
    /// `(Σ w)²/Σ w²` out of [`samples`](Estimate::samples): how many equal weights would do as well (Kish 1965), as an estimate
    /// of `n/(1 + Var w/(E w)²)`.
    pub effective_samples: Estimate,
}

impl Evidence {
    /// From the logarithms of weights, of which there should be some hundreds.
    ///
    /// # Errors
    /// If there are fewer than two, one is no number, or all are 0.
    pub fn from_log_weights(log_weights: &[f64]) -> Result<Self, WeightsError> {
        check(log_weights, 2)?;
        let n = log_weights.len() as f64;
        let log_mean = log_mean_exp(log_weights);
        // Relative to their mean: w/E w.
        let relative: Vec<f64> = log_weights.iter().map(|w| (w - log_mean).exp()).collect();
        let first = Moments::of(&relative).estimate();
        let squares = relative.iter().map(|w| w * w).sum::<f64>() / n;
        // E w²/(E w)² has the influence function w² - 2 E w² w at E w = 1.
        let second = relative.iter().map(|w| w * w - 2.0 * squares * w).collect::<Moments>().estimate();
        let size = n / squares;
        Ok(Self {
            log_evidence: Estimate { mean: log_mean, ..first },
            relative_variance: Estimate { mean: squares - 1.0, ..second },
            // The slope of n/s at s = E w²/(E w)² is -n/s².
            effective_samples: Estimate { mean: size, std_err: size / squares * second.std_err, ..second },
        })
    }
}

/// `log p(x|z_i)`, `z_i ~ N(0, I)`: the logarithms of `n` weights from the prior, at one observation `x` (`[d]`).
///
/// # Panics
/// If `x` has another dimension than the decoder's.
pub fn prior_log_weights(
    decoder: &impl Conditional,
    x: &ArrayRef1<f64>,
    n: usize,
    streams: Streams,
) -> Vec<f64> {
    let z = standard_normal((n, decoder.input_dim()), &mut streams.rng(0));
    decoder.log_prob(&repeated(x, n), &z).to_vec()
}

/// `log p(z_i) + log p(x|z_i) - log q(z_i|x)`, `z_i ~ q(z|x)`: the logarithms of `n` weights from the encoder, at one
/// observation `x` (`[d]`).
///
/// # Panics
/// If the shapes of observation, encoder and decoder do not fit.
pub fn encoder_log_weights(
    encoder: &impl Conditional,
    decoder: &impl Conditional,
    x: &ArrayRef1<f64>,
    n: usize,
    streams: Streams,
) -> Vec<f64> {
    let eps = standard_normal((n, encoder.output_dim()), &mut streams.rng(0));
    let rows = repeated(x, n);
    let z = encoder.sample_given_noise(&rows, &eps);
    log_weights(encoder, decoder, &rows, &z).to_vec()
}

/// The importance-weighted bound `L_k = E log (1/k Σ w_i)` in nats from groups of `k` of these weights; what is left over
/// of the last group is not used.
///
/// # Errors
/// If there are not two groups, `k` is 0, or a weight is no number.
pub fn importance_bound(log_weights: &[f64], k: usize) -> Result<Estimate, WeightsError> {
    check(log_weights, 2 * k.max(1))?;
    if k == 0 {
        return Err(WeightsError::TooFew { found: 0, least: 1 });
    }
    let groups = log_weights.chunks_exact(k).map(|group| log_sum_exp(group) - (k as f64).ln());
    Ok(groups.collect::<Moments>().estimate())
}

/// `x` as `n` rows, `[n, d]`.
fn repeated(x: &ArrayRef1<f64>, n: usize) -> Array2<f64> {
    x.view().insert_axis(Axis(0)).broadcast((n, x.len())).expect("one row becomes many").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::StatisticalTest;
    use ndarray::array;
    use prob::LinearGaussian;
    use vae::LinearVae;
    use vae::importance::effective_sample_size;

    fn linear() -> LinearVae {
        let law = |w: f64, b: f64, v: f64| LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap();
        LinearVae::new(law(0.4, 0.1, 0.6), law(1.0, 0.2, 1.0)).unwrap()
    }

    /// Mean and relative variance of both sets of weights against the closed forms, at false alarms of 1e-9; the effective
    /// size is `n/(1 + relative variance)`.
    #[test]
    fn weights_have_their_moments() {
        let (vae, x, n, test) = (linear(), array![0.5], 50_000, StatisticalTest::default());
        let prior = prior_log_weights(vae.decoder(), &x, n, Streams::new(2));
        let encoder = encoder_log_weights(vae.encoder(), vae.decoder(), &x, n, Streams::new(3));
        for (weights, proposal) in [(prior, vae.prior()), (encoder, &vae.encoder().given(&x))] {
            let found = Evidence::from_log_weights(&weights).unwrap();
            assert!(test.mean(&found.log_evidence, vae.log_evidence(&x)).holds, "{found:?}");
            let exact = vae.weight_variance(&x, proposal).unwrap();
            assert!(test.mean(&found.relative_variance, exact).holds, "{found:?} for {exact}");
            let size = n as f64 / (1.0 + found.relative_variance.mean);
            assert_relative_eq!(found.effective_samples.mean, size, max_relative = 1e-10);
            assert_relative_eq!(size, effective_sample_size(&weights), max_relative = 1e-10);
        }
    }

    /// Every standard error against the derivative by a weight: one observation counted a little more often.
    #[test]
    fn stated_errors_are_those_of_the_derivative() {
        let logs: Vec<f64> = (0..20).map(|i| f64::from(i * i % 13) / 5.0).collect();
        let n = logs.len() as f64;
        let at = |extra: f64, i: usize| {
            let mean = |f: fn(f64) -> f64| {
                let weighted = logs
                    .iter()
                    .enumerate()
                    .map(|(j, l)| f(l.exp()) * ((1.0 - extra) / n + if i == j { extra } else { 0.0 }));
                weighted.sum::<f64>()
            };
            let (first, second) = (mean(|w| w), mean(|w| w * w));
            [first.ln(), second / (first * first) - 1.0, n * first * first / second]
        };
        let found = Evidence::from_log_weights(&logs).unwrap();
        let stated = [found.log_evidence, found.relative_variance, found.effective_samples];
        for (which, estimate) in stated.iter().enumerate() {
            assert_relative_eq!(estimate.mean, at(0.0, 0)[which], max_relative = 1e-12);
            let slope = |i| (at(1e-5, i)[which] - at(-1e-5, i)[which]) / 2e-5;
            let derived = (0..logs.len()).map(slope).collect::<Moments>().estimate();
            assert_relative_eq!(estimate.std_err, derived.std_err, max_relative = 1e-7);
        }
    }

    #[test]
    fn the_bound_of_groups_by_hand() {
        let bound = importance_bound(&[1f64.ln(), 3f64.ln(), 4f64.ln(), 0.0, 9.0], 2).unwrap();
        assert_relative_eq!(bound.mean, 0.5 * (2f64.ln() + 2.5f64.ln()), max_relative = 1e-14);
        assert_eq!(bound.samples, 2);
    }

    #[test]
    fn what_are_no_weights_is_refused() {
        let zero = f64::NEG_INFINITY;
        assert_eq!(Evidence::from_log_weights(&[0.0]), Err(WeightsError::TooFew { found: 1, least: 2 }));
        assert_eq!(Evidence::from_log_weights(&[zero; 3]), Err(WeightsError::AllZero));
        assert!(matches!(
            Evidence::from_log_weights(&[0.0, f64::NAN]),
            Err(WeightsError::NotAWeight { index: 1, .. })
        ));
        assert!(Evidence::from_log_weights(&[zero, 0.0]).is_ok(), "some weights may be 0");
        assert_eq!(importance_bound(&[0.0; 5], 3), Err(WeightsError::TooFew { found: 5, least: 6 }));
        assert!(importance_bound(&[0.0; 5], 0).is_err());
    }
}
