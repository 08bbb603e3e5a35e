//! Random problems that shrink to simple ones: zero means, unit variances, few dimensions and components.

use montecarlo::Streams;
use ndarray::{Array1, Array2, array};
use nn::Variance;
use prob::{DiagonalGaussian, Gaussian, LinearGaussian, Mixture};
use proptest::collection::vec;
use proptest::prelude::*;
use vae::{LinearVae, Vae};

/// Dimensions 1, 2, 3.
pub fn dimension() -> impl Strategy<Value = usize> {
    1usize..=3
}

/// `d` numbers in ±`bound`.
pub fn vector(d: usize, bound: f64) -> impl Strategy<Value = Array1<f64>> {
    vec(-bound..bound, d).prop_map(Array1::from)
}

/// `rows × columns` numbers in ±`bound`.
pub fn matrix(rows: usize, columns: usize, bound: f64) -> impl Strategy<Value = Array2<f64>> {
    vec(-bound..bound, rows * columns).prop_map(move |entries| {
        Array2::from_shape_vec((rows, columns), entries).expect("as many as asked for")
    })
}

/// A positive number between `10^-decades` and `10^decades`, even in its logarithm.
pub fn positive(decades: f64) -> impl Strategy<Value = f64> {
    (-decades..decades).prop_map(|exponent| 10f64.powf(exponent))
}

/// `D L Lᵀ D` (`[d, d]`) with `L` unit lower triangular, its other entries in ±1, and `D²` diagonal between
/// `10^-decades` and `10^decades`. For `d ≤ 3` the condition number of `L Lᵀ` is below 60, so the correlations are
/// well-conditioned whatever the scales are.
pub fn covariance(d: usize, decades: f64) -> impl Strategy<Value = Array2<f64>> {
    (matrix(d, d, 1.0), vec(positive(0.5 * decades), d)).prop_map(move |(entries, scales)| {
        let lower = Array2::from_shape_fn((d, d), |(i, j)| match i.cmp(&j) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => scales[i],
            std::cmp::Ordering::Greater => scales[i] * entries[[i, j]],
        });
        lower.dot(&lower.t())
    })
}

/// A law in `d` dimensions: means in ±3, variances over `decades` decades either side of 1.
pub fn gaussian_over(d: usize, decades: f64) -> impl Strategy<Value = Gaussian> {
    (vector(d, 3.0), covariance(d, decades))
        .prop_map(|(mean, covariance)| Gaussian::new(mean, covariance).expect("well-conditioned"))
}

/// A law in `d` dimensions: means in ±3, variances (of independent parts) 1e-3 to 1e3.
pub fn gaussian(d: usize) -> impl Strategy<Value = Gaussian> {
    gaussian_over(d, 3.0)
}

/// Two laws of the same dimension.
pub fn two_gaussians() -> impl Strategy<Value = (Gaussian, Gaussian)> {
    dimension().prop_flat_map(|d| (gaussian(d), gaussian(d)))
}

/// A law with independent coordinates: means in ±3, variances 1e-3 to 1e3.
pub fn diagonal_gaussian(d: usize) -> impl Strategy<Value = DiagonalGaussian> {
    (vector(d, 3.0), vector(d, 1000f64.ln()))
        .prop_map(|(mean, log_var)| DiagonalGaussian::new(mean, log_var).expect("finite"))
}

/// One to four components: means in ±3, variances 1e-2 to 1e2, weights that differ by a factor of 20 at most.
pub fn mixture(d: usize) -> impl Strategy<Value = Mixture> {
    vec((0.05..1.0, gaussian_over(d, 2.0)), 1..=4).prop_map(|parts| {
        let (weights, components): (Vec<f64>, Vec<Gaussian>) = parts.into_iter().unzip();
        let sum: f64 = weights.iter().sum();
        Mixture::new(weights.iter().map(|w| w / sum).collect(), components).expect("weights that sum to 1")
    })
}

/// `N(W x + b, S)` from `n` to `m` coordinates: weights in ±2, biases in ±1, variances 1e-2 to 1e2.
pub fn conditional(n: usize, m: usize) -> impl Strategy<Value = LinearGaussian> {
    (matrix(m, n, 2.0), vector(m, 1.0), covariance(m, 2.0))
        .prop_map(|(weight, bias, covariance)| linear(weight, bias, covariance))
}

/// Encoder and decoder as two independent [`conditional`]s, for data of `d` and latents of `k` coordinates.
pub fn linear_vae(d: usize, k: usize) -> impl Strategy<Value = LinearVae> {
    (conditional(d, k), conditional(k, d)).prop_map(|(encoder, decoder)| model(encoder, decoder))
}

/// A linear VAE (one to three coordinates, one to three latents), an observation in ±3 and a latent in ±3.
pub fn observed_vae() -> impl Strategy<Value = (LinearVae, Array1<f64>, Array1<f64>)> {
    (dimension(), dimension()).prop_flat_map(|(d, k)| (linear_vae(d, k), vector(d, 3.0), vector(k, 3.0)))
}

/// A linear VAE with data from a mixture, for data of `d` and latents of `k` coordinates.
pub fn vae_with_data(d: usize, k: usize) -> impl Strategy<Value = (LinearVae, Mixture)> {
    (linear_vae(d, k), mixture(d))
}

/// `N(m, v)` on the line.
///
/// # Panics
/// If the variance is not positive.
pub fn on_the_line(mean: f64, variance: f64) -> Gaussian {
    Gaussian::new(Array1::from_elem(1, mean), Array2::from_elem((1, 1), variance))
        .expect("a positive variance")
}

/// `N(w x + b, v)` on the line.
///
/// # Panics
/// If the variance is not positive.
pub fn conditional_on_the_line(weight: f64, bias: f64, variance: f64) -> LinearGaussian {
    linear(array![[weight]], array![bias], array![[variance]])
}

/// `N(W x + b, S)`, known to be one.
///
/// # Panics
/// If the shapes do not fit or `S` is no covariance.
pub fn linear(weight: Array2<f64>, bias: Array1<f64>, covariance: Array2<f64>) -> LinearGaussian {
    LinearGaussian::new(weight, bias, covariance).expect("fitting shapes and a covariance")
}

/// The linear VAE of this encoder and this decoder, known to fit.
///
/// # Panics
/// If they do not.
pub fn model(encoder: LinearGaussian, decoder: LinearGaussian) -> LinearVae {
    LinearVae::new(encoder, decoder).expect("fitting widths")
}

/// `N(√ᾱ x, (1-ᾱ) I)` in `d` dimensions.
///
/// # Panics
/// If `alpha_bar` is not between 0 and 1.
pub fn noising(d: usize, alpha_bar: f64) -> LinearGaussian {
    LinearGaussian::isotropic(d, alpha_bar.sqrt(), 1.0 - alpha_bar).expect("a level between 0 and 1")
}

/// The network VAE of a seed: `d` coordinates, one hidden layer of four, `k` latents, decoder variance `s²`. Models
/// of the same seed have the same weights.
pub fn network_vae(d: usize, k: usize, decoder_variance: f64, seed: u64) -> Vae {
    Vae::new(d, &[4], k, Variance::Fixed(decoder_variance), &mut Streams::new(seed).rng(0))
}
