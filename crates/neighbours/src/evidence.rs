//! `p(x) = E p(x|z)` of a decoder: by quadrature, from draws of the prior, and from weighted draws of an encoder.
//!
//! A draw from a proposal `r` has the weight `w = p(z) p(x|z)/r(z)`, of mean `p(x)`. From the prior few draws reach the
//! latents that explain `x`, and the relative variance `Var w/p(x)²` grows exponentially with the dimension; from a good
//! encoder the weights are nearly equal (Burda, Grosse and Salakhutdinov 2016).

use montecarlo::{Estimate, Moments, Streams};
use ndarray::{Array2, ArrayRef1, Axis};
use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
use prob::diagonal::log_normal;
use prob::numerics::{log_mean_exp, log_sum_exp};
use prob::{Conditional, integrate};
use vae::importance::{effective_sample_size, log_weights};

/// Where the quadrature begins to look for latents: so many standard deviations of the prior leave 1e-32 of it out. It
/// looks farther as long as the joint density is largest near an end.
const REACH: f64 = 12.0;
/// Pieces that the quadrature starts from, so that a narrow peak is not overlooked.
const PIECES: usize = 32;
/// Relative error that the quadrature is asked for.
const TOLERANCE: f64 = 1e-11;

/// The quadrature of an evidence did not converge: the decoder is too rough.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the quadrature of p(x) reached a relative error of {error:e} only")]
pub struct NotConverged {
    /// The relative error that was reached.
    pub error: f64,
}

/// `log p(x) = log ∫ N(z; 0, 1) p(x|z) dz` in nats at one observation `x` (`[d]`), for a decoder with one latent, by
/// adaptive quadrature to 1e-11.
///
/// # Errors
/// [`NotConverged`].
///
/// # Panics
/// If the decoder has more than one latent, or `x` another dimension.
pub fn log_evidence(decoder: &impl Conditional, x: &ArrayRef1<f64>) -> Result<f64, NotConverged> {
    assert_eq!(decoder.input_dim(), 1, "the quadrature is over one latent");
    let rows = x.view().insert_axis(Axis(0));
    let log_joint = |z: f64| log_normal(z, 0.0) + decoder.log_prob(&rows, &Array2::from_elem((1, 1), z))[0];
    let (breaks, largest) = peak(log_joint);
    let integral = integrate(|z| (log_joint(z) - largest).exp(), &breaks, TOLERANCE);
    let error = integral.error / integral.value;
    if integral.converged && error < 1e3 * TOLERANCE {
        Ok(largest + integral.value.ln())
    } else {
        Err(NotConverged { error })
    }
}

/// Where to cut the line for a joint density, and the largest logarithm of it that was met there: taken out, the integral
/// is of order one however small `p(x)` is.
fn peak(log_joint: impl Fn(f64) -> f64) -> (Vec<f64>, f64) {
    let mut reach = REACH;
    loop {
        let breaks: Vec<f64> = (0..=PIECES).map(|k| reach * (2.0 * k as f64 / PIECES as f64 - 1.0)).collect();
        let values = breaks.iter().map(|&z| log_joint(z)).enumerate();
        let (place, largest) = values.fold((0, f64::NEG_INFINITY), |a, b| if b.1 > a.1 { b } else { a });
        if (PIECES / 4..=3 * PIECES / 4).contains(&place) || reach > 1e6 {
            return (breaks, largest);
        }
        reach *= 2.0;
    }
}

/// What a set of weights says of `p(x)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// `log (1/n Σ w_i)` in nats. Its standard error is that of the mean of the weights, relative to it: the delta method,
    /// sound where it is well below 1.
    pub log_evidence: Estimate,
    /// `Var w/(E w)²`, the variance of the estimate from one draw relative to its square, with its standard error by the
    /// delta method.
    pub relative_variance: Estimate,
    /// `(Σ w)²/Σ w²` out of [`samples`](Estimate::samples): how many equal weights would do as well (Kish 1965).
    pub effective_samples: f64,
}

impl Evidence {
    /// From the logarithms of weights, of which there should be some hundreds.
    ///
    /// # Panics
    /// If there are none.
    pub fn from_log_weights(log_weights: &[f64]) -> Self {
        assert!(!log_weights.is_empty(), "an average of no weights");
        let n = log_weights.len() as u64;
        let log_mean = log_mean_exp(log_weights);
        // Relative to their mean: w/E w.
        let relative: Vec<f64> = log_weights.iter().map(|w| (w - log_mean).exp()).collect();
        let first = Moments::of(&relative).estimate();
        let squares = relative.iter().map(|w| w * w).sum::<f64>() / n as f64;
        // E w²/(E w)² has the influence function w² - 2 E w² w at E w = 1.
        let influence: Moments = relative.iter().map(|w| w * w - 2.0 * squares * w).collect();
        Self {
            log_evidence: Estimate { mean: log_mean, ..first },
            relative_variance: Estimate { mean: squares - 1.0, ..influence.estimate() },
            effective_samples: effective_sample_size(log_weights),
        }
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
    let z = Array2::random_using((n, decoder.input_dim()), StandardNormal, &mut streams.rng(0));
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
    let eps = Array2::random_using((n, encoder.output_dim()), StandardNormal, &mut streams.rng(0));
    let rows = repeated(x, n);
    let z = encoder.sample_given_noise(&rows, &eps);
    log_weights(encoder, decoder, &rows, &z).to_vec()
}

/// The importance-weighted bound `L_k = E log (1/k Σ w_i)` in nats from groups of `k` of these weights; what is left over
/// of the last group is not used.
///
/// # Panics
/// If `k` is 0.
pub fn importance_bound(log_weights: &[f64], k: usize) -> Estimate {
    log_weights
        .chunks_exact(k)
        .map(|group| log_sum_exp(group) - (k as f64).ln())
        .collect::<Moments>()
        .estimate()
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
    use nn::{GaussianMlp, Variance};
    use prob::{GaussHermite, LinearGaussian};
    use vae::LinearVae;

    fn linear() -> LinearVae {
        let law = |w: f64, b: f64, v: f64| LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap();
        LinearVae::new(law(0.4, 0.1, 0.6), law(1.0, 0.2, 1.0)).unwrap()
    }

    #[test]
    fn quadrature_finds_the_evidence_of_a_linear_decoder_also_far_out() {
        for x in [-3.0, 0.0, 0.7, 60.0] {
            let found = log_evidence(linear().decoder(), &array![x]).unwrap();
            assert_relative_eq!(found, linear().log_evidence(&array![x]), max_relative = 1e-10);
        }
    }

    /// A network decoder: adaptive quadrature against 200 Gauss-Hermite nodes.
    #[test]
    fn quadratures_agree_for_a_network() {
        let rng = &mut Streams::new(1).rng(0);
        let decoder = GaussianMlp::new(1, &[8], 2, Variance::Fixed(0.5), rng);
        let (x, rule) = (array![0.4, -0.3], GaussHermite::new(200));
        let likelihood = |z: f64| decoder.log_prob(&array![[0.4, -0.3]], &array![[z]])[0].exp();
        let found = log_evidence(&decoder, &x).unwrap();
        assert_relative_eq!(found, rule.standard(likelihood).ln(), max_relative = 1e-8);
    }

    /// Mean and relative variance of both sets of weights against the closed forms, at false alarms of 1e-9; the effective
    /// size is `n/(1 + relative variance)`.
    #[test]
    fn weights_have_their_moments() {
        let (vae, x, n, test) = (linear(), array![0.5], 50_000, StatisticalTest::default());
        let prior = prior_log_weights(vae.decoder(), &x, n, Streams::new(2));
        let encoder = encoder_log_weights(vae.encoder(), vae.decoder(), &x, n, Streams::new(3));
        for (weights, proposal) in [(prior, vae.prior()), (encoder, &vae.encoder().given(&x))] {
            let found = Evidence::from_log_weights(&weights);
            assert!(test.mean(&found.log_evidence, vae.log_evidence(&x)).holds, "{found:?}");
            let exact = vae.weight_variance(&x, proposal).unwrap();
            assert!(test.mean(&found.relative_variance, exact).holds, "{found:?} for {exact}");
            let size = n as f64 / (1.0 + found.relative_variance.mean);
            assert_relative_eq!(found.effective_samples, size, max_relative = 1e-10);
        }
    }

    #[test]
    fn the_bound_of_groups_by_hand() {
        let bound = importance_bound(&[1f64.ln(), 3f64.ln(), 4f64.ln(), 0.0, 9.0], 2);
        assert_relative_eq!(bound.mean, 0.5 * (2f64.ln() + 2.5f64.ln()), max_relative = 1e-14);
        assert_eq!(bound.samples, 2);
    }

    #[test]
    fn a_decoder_too_rough_says_so() {
        struct Rough;
        impl Conditional for Rough {
            fn input_dim(&self) -> usize {
                1
            }
            fn output_dim(&self) -> usize {
                1
            }
            fn sample_given_noise(
                &self,
                _: &ndarray::ArrayRef2<f64>,
                eps: &ndarray::ArrayRef2<f64>,
            ) -> Array2<f64> {
                eps.to_owned()
            }
            fn log_prob(
                &self,
                _: &ndarray::ArrayRef2<f64>,
                z: &ndarray::ArrayRef2<f64>,
            ) -> ndarray::Array1<f64> {
                z.column(0).mapv(|z| 3.0 * (1e7 * z).sin())
            }
        }
        assert!(log_evidence(&Rough, &array![0.0]).unwrap_err().error > TOLERANCE);
    }
}
