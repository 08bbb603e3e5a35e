//! The evidence as an average of weights: how far a proposal carries, and the bound that rises with more samples.
//!
//! A latent `z` from a proposal `r` has the weight `w = p(x, z) / r(z)`, whose mean is `p(x)` for every `r` that misses
//! nothing. What the choice of `r` decides is the variance.

use montecarlo::{Estimate, Moments, MonteCarlo};
use ndarray::{Array1, ArrayRef1, ArrayRef2, Axis};
use prob::diagonal::log_standard_normal;
use prob::numerics::log_mean_exp;
use prob::{Conditional, Gaussian, ProbError, chi_squared, standard_normal};

use crate::LinearVae;

/// `log p(z) + log p(x|z) - log q(z|x)` in nats for each row of `x` (`[n, d]`) and its latent in `z` (`[n, k]`), `[n]`:
/// the logarithm of the weight of a latent that the encoder proposed.
pub fn log_weights(
    encoder: &impl Conditional,
    decoder: &impl Conditional,
    x: &ArrayRef2<f64>,
    z: &ArrayRef2<f64>,
) -> Array1<f64> {
    log_standard_normal(z) + decoder.log_prob(x, z) - encoder.log_prob(z, x)
}

/// `(Σ w)² / Σ w²` for weights given as logarithms: how many equal weights would average as well (Kish 1965); from 1 to
/// their number; NaN for none, or if all of them are zero.
///
/// ```
/// use vae::importance::effective_sample_size;
/// assert_eq!(effective_sample_size(&[-700.0; 4]), 4.0);
/// assert_eq!(effective_sample_size(&[0.0, f64::NEG_INFINITY]), 1.0);
/// ```
pub fn effective_sample_size(log_weights: &[f64]) -> f64 {
    let largest = log_weights.iter().fold(f64::NEG_INFINITY, |m, &w| m.max(w));
    let weights = || log_weights.iter().map(|w| (w - largest).exp());
    weights().sum::<f64>().powi(2) / weights().map(|w| w * w).sum::<f64>()
}

/// The importance-weighted bound `L_k = E log (1/k Σ w_i)` at one observation `x` (`[d]`), in nats, by `plan.samples`
/// draws of `k` latents each (Burda, Grosse and Salakhutdinov 2016). `L_1` is the ELBO; `L_k` rises with `k` to
/// `log p(x)`. `progress` hears the number of samples done.
///
/// # Panics
/// If the shapes of observation, encoder and decoder do not fit, `k` is 0, or `plan` asks for no samples.
pub fn estimate_importance_bound(
    encoder: &(impl Conditional + Sync),
    decoder: &(impl Conditional + Sync),
    x: &ArrayRef1<f64>,
    k: usize,
    plan: &MonteCarlo,
    progress: &(dyn Fn(u64) + Sync),
) -> Estimate {
    assert!(k > 0, "an average of no weights");
    // A chunk holds k latents for each draw: its arrays stay as large as those of any other plan.
    let plan = MonteCarlo { chunk: (plan.chunk / k).max(1), ..*plan };
    let bounds = plan.run(progress, |rng, n| {
        let rows = x.view().insert_axis(Axis(0));
        let rows = rows.broadcast((n * k, x.len())).expect("one row becomes many").to_owned();
        let eps = standard_normal((n * k, encoder.output_dim()), rng);
        let z = encoder.sample_given_noise(&rows, &eps);
        let weights = log_weights(encoder, decoder, &rows, &z).to_vec();
        weights.chunks(k).map(log_mean_exp).collect::<Moments>()
    });
    bounds.estimate()
}

impl LinearVae {
    /// `Var w / p(x)² = χ²(p(z|x) ‖ r)` for the weight `w = p(x, z)/r(z)` of a latent from the `proposal` `r`, at one
    /// observation `x` (`[d]`): the variance of the estimate of `p(x)` from one latent, relative to its square. Infinite
    /// for a proposal with too light a tail; with the prior as proposal, that of averaging `p(x|z)`.
    ///
    /// # Errors
    /// As [`posterior`](Self::posterior).
    ///
    /// # Panics
    /// If `x` or the proposal has another dimension.
    pub fn weight_variance(&self, x: &ArrayRef1<f64>, proposal: &Gaussian) -> Result<f64, ProbError> {
        Ok(chi_squared(&self.posterior()?.given(x), proposal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::Streams;
    use ndarray::{Array2, array};
    use prob::LinearGaussian;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// An encoder that remembers the longest batch that it was asked for.
    struct Longest(LinearGaussian, AtomicUsize);

    impl Conditional for Longest {
        fn input_dim(&self) -> usize {
            self.0.input_dim()
        }
        fn output_dim(&self) -> usize {
            self.0.output_dim()
        }
        fn sample_given_noise(&self, x: &ArrayRef2<f64>, eps: &ArrayRef2<f64>) -> Array2<f64> {
            self.1.fetch_max(x.nrows(), Ordering::Relaxed);
            self.0.sample_given_noise(x, eps)
        }
        fn log_prob(&self, y: &ArrayRef2<f64>, x: &ArrayRef2<f64>) -> Array1<f64> {
            self.0.log_prob(y, x)
        }
    }

    #[test]
    fn a_chunk_is_no_longer_for_more_latents() {
        let law = || LinearGaussian::new(array![[0.5]], array![0.0], array![[0.3]]).unwrap();
        let plan = MonteCarlo { chunk: 100, ..MonteCarlo::new(300, Streams::new(7)) };
        for (k, longest) in [(1, 100), (3, 99), (100, 100), (250, 250)] {
            let encoder = Longest(law(), AtomicUsize::new(0));
            let bound = estimate_importance_bound(&encoder, &law(), &array![0.4], k, &plan, &|_| ());
            assert_eq!((bound.samples, encoder.1.into_inner()), (300, longest), "{k} latents a draw");
        }
    }

    #[test]
    fn a_weight_is_the_joint_density_over_that_of_the_proposal() {
        let law = |w: f64, b: f64, v: f64| LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap();
        let (encoder, decoder) = (law(0.4, 0.1, 0.3), law(0.8, 0.0, 0.2));
        let log_normal = |r: f64, v: f64| -0.5 * (r * r / v + (std::f64::consts::TAU * v).ln());
        let (x, z) = (0.8, -0.3);
        let by_hand = log_normal(z, 1.0) + log_normal(x - 0.8 * z, 0.2) - log_normal(z - 0.42, 0.3);
        let found = log_weights(&encoder, &decoder, &array![[x]], &array![[z]]);
        approx::assert_relative_eq!(found[0], by_hand, max_relative = 1e-13);
    }

    /// Weights 1 and 2, whatever their scale: 3²/5.
    #[test]
    fn the_effective_sample_size_of_two_weights() {
        for shift in [-700.0, 0.0, 700.0] {
            let found = effective_sample_size(&[shift, shift + 2f64.ln()]);
            approx::assert_relative_eq!(found, 1.8, max_relative = 1e-12);
        }
    }
}
