//! What a decoder makes of draws from the prior, judged by the exact density of the data.
//!
//! An autoencoder has never met the prior: its codes lie where reconstruction put them, and a draw from `N(0, I)` may
//! fall where no code is. The VAE pays for the prior with its second term. The judge knows the data: a mixture.

use montecarlo::{Estimate, Moments, MonteCarlo};
use ndarray::{Array2, ArrayRef2};
use prob::{Conditional, Mixture, standard_normal};
use rand_chacha::ChaCha8Rng;

use crate::modes::nearest_mode;
use crate::proportion::proportion;

/// How well draws pass for data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resemblance {
    /// `E log p_data(x')`, in nats: for draws from the data themselves, minus their entropy. A law that keeps to the peaks
    /// of the data may be above that.
    pub log_density: Estimate,
    /// Mean distance to the nearest component, in its standard deviations ([`nearest_mode`]).
    pub distance: Estimate,
    /// The share of draws that are farther than [`STRAY`] standard deviations from every component, with the standard error of
    /// a [`proportion`].
    pub strays: Estimate,
}

/// Beyond so many standard deviations of every component a draw is a stray. Of a Gaussian on the line 1 draw in 16 000 is;
/// in the plane, 1 in 3 000.
pub const STRAY: f64 = 4.0;

/// Judges what `draw(rng, n)` (`[n, d]`) makes.
///
/// # Panics
/// If the draws have another dimension than the data, or `plan` asks for none.
pub fn resemblance(
    data: &Mixture,
    draw: impl Fn(&mut ChaCha8Rng, usize) -> Array2<f64> + Sync,
    plan: &MonteCarlo,
) -> Resemblance {
    let [log_density, distance, strays] = plan.run(&|_| (), |rng, n| {
        let x = draw(rng, n);
        let distances: Vec<f64> = x.rows().into_iter().map(|x| nearest_mode(data, &x).1).collect();
        [
            x.rows().into_iter().map(|x| data.log_prob(&x)).collect::<Moments>(),
            distances.iter().copied().collect(),
            distances.iter().map(|&d| f64::from(u8::from(d > STRAY))).collect(),
        ]
    });
    Resemblance {
        log_density: log_density.estimate(),
        distance: distance.estimate(),
        // A mean of zeros and ones, counted again.
        strays: proportion((strays.mean() * strays.count() as f64).round() as u64, strays.count()),
    }
}

/// `n` draws `x' ~ p(x|z)` with `z ~ N(0, I)`, `[n, d]`: what the model says the data are.
pub fn decode_prior(decoder: &impl Conditional, n: usize, rng: &mut ChaCha8Rng) -> Array2<f64> {
    let z = standard_normal((n, decoder.input_dim()), rng);
    let eps = standard_normal((n, decoder.output_dim()), rng);
    decoder.sample_given_noise(&z, &eps)
}

/// One draw `x' ~ p(x|z)` with `z ~ q(z|x)` for each row of `x` (`[n, d]`), `[n, d]`: a reconstruction.
///
/// # Panics
/// If the shapes do not fit.
pub fn reconstruct(
    encoder: &impl Conditional,
    decoder: &impl Conditional,
    x: &ArrayRef2<f64>,
    rng: &mut ChaCha8Rng,
) -> Array2<f64> {
    let n = x.nrows();
    let z = encoder.sample_given_noise(x, &standard_normal((n, encoder.output_dim()), rng));
    decoder.sample_given_noise(&z, &standard_normal((n, decoder.output_dim()), rng))
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::{StatisticalTest, Streams};
    use ndarray::array;
    use prob::{Gaussian, LinearGaussian};
    use toy::Preset;

    /// Standard normal data and `x' = 2z + ½ + N(0, 1)`: `E log p = -½ (log 2π + 5 + ¼)`; encoded by `z = x/2` the data come
    /// back as `N(½, 2)`. False alarms 1e-9 each.
    #[test]
    fn draws_are_judged_by_their_own_law() {
        let data = Mixture::from(Gaussian::standard(1));
        let decoder = LinearGaussian::new(array![[2.0]], array![0.5], array![[1.0]]).unwrap();
        let encoder = LinearGaussian::new(array![[0.5]], array![0.0], array![[1e-12]]).unwrap();
        let plan = MonteCarlo::new(20_000, Streams::new(4));
        let test = StatisticalTest::default();
        let log_density = |square: f64| -0.5 * (std::f64::consts::TAU.ln() + square);
        let decoded = resemblance(&data, |rng, n| decode_prior(&decoder, n, rng), &plan);
        assert!(test.mean(&decoded.log_density, log_density(5.25)).holds, "{decoded:?}");
        let returned = resemblance(
            &data,
            |rng, n| {
                let x = data.sample(n, rng);
                reconstruct(&encoder, &decoder, &x, rng)
            },
            &plan,
        );
        assert!(test.mean(&returned.log_density, log_density(2.25)).holds, "{returned:?}");
    }

    /// Of a mixture whose modes lie far apart the distance is that of a standard normal: mean `√(2/π)`, and beyond 4 a
    /// share of 6.3e-5. False alarm 1e-9; at most 12 strays where 1.3 are expected are rarer to be exceeded.
    #[test]
    fn data_are_no_strays() {
        let data = Preset::Bimodal.mixture();
        let plan = MonteCarlo::new(20_000, Streams::new(5));
        let own = resemblance(&data, |rng, n| data.sample(n, rng), &plan);
        assert!(StatisticalTest::default().mean(&own.distance, (2.0 / std::f64::consts::PI).sqrt()).holds);
        assert!(own.strays.mean * 20_000.0 <= 12.0, "{}", own.strays);
        let astray = resemblance(&data, |_, n| Array2::zeros((n, 1)), &plan);
        assert_eq!(astray.strays, proportion(20_000, 20_000));
    }
}
