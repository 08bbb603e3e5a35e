//! `p(x)` of a decoder with one latent by adaptive quadrature.

use ndarray::{Array2, ArrayRef1};
use prob::diagonal::log_normal;
use prob::{Conditional, integrate};

use super::repeated;

/// Where the search for latents begins: so many standard deviations of the prior leave 1e-32 of it out. It goes farther as
/// long as the joint density is largest near an end.
const REACH: f64 = 12.0;
/// Pieces of the first scan.
const PIECES: usize = 256;
/// Pieces of the scans that follow, each between the neighbours of the largest value of the one before, and how many: a place
/// is known to 16⁻¹⁰ of a piece of the first scan.
const CLOSER: usize = 32;
const CLOSER_SCANS: usize = 10;
/// Peaks that are lower than the highest by more than this, in nats, are 1e-26 of it.
const LOWER: f64 = 60.0;
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
/// The posterior of a decoder with little noise is a narrow peak, or several. They are looked for by a scan of the logarithm of
/// the joint density, which is as smooth as the decoder is however narrow the peaks are, and the quadrature is cut around each.
///
/// # Errors
/// [`NotConverged`].
///
/// # Panics
/// If the decoder has more than one latent, or `x` another dimension.
pub fn log_evidence(decoder: &impl Conditional, x: &ArrayRef1<f64>) -> Result<f64, NotConverged> {
    assert_eq!(decoder.input_dim(), 1, "the quadrature is over one latent");
    let log_joint = |z: &[f64]| -> Vec<f64> {
        let latents = Array2::from_shape_fn((z.len(), 1), |(i, _)| z[i]);
        let log_likelihood = decoder.log_prob(&repeated(x, z.len()), &latents);
        z.iter().zip(log_likelihood).map(|(&z, l)| log_normal(z, 0.0) + l).collect()
    };
    let (ends, peaks) = peaks(&log_joint);
    let Some(highest) = peaks.iter().max_by(|a, b| a.height.total_cmp(&b.height)).copied() else {
        return Err(NotConverged { error: f64::NAN });
    };
    // Around each peak at its width, and farther away at four times the distance before.
    let around = |peak: &Peak| {
        let (place, width) = (peak.place, peak.width);
        (0..40).flat_map(move |k| [-1.0, 1.0].map(|side| place + side * width * 4f64.powi(k)))
    };
    let near = peaks.iter().filter(|peak| peak.height > highest.height - LOWER);
    let mut breaks: Vec<f64> = near.flat_map(|peak| around(peak).chain([peak.place])).collect();
    breaks.retain(|z| z.abs() < ends);
    breaks.extend([-ends, ends]);
    breaks.sort_unstable_by(f64::total_cmp);
    breaks.dedup();
    // In units of the highest peak's area, so that the integral is of order one however small `p(x)` is.
    let density = |z: f64| (log_joint(&[z])[0] - highest.height).exp() / highest.width;
    let integral = integrate(density, &breaks, TOLERANCE);
    let error = integral.error / integral.value;
    if integral.converged && error < 1e3 * TOLERANCE {
        Ok(highest.height + highest.width.ln() + integral.value.ln())
    } else {
        Err(NotConverged { error })
    }
}

/// A local maximum of the logarithm of a joint density.
#[derive(Clone, Copy, Debug)]
struct Peak {
    place: f64,
    height: f64,
    /// How far away it is lower by 1 nat, to a factor of 2.
    width: f64,
}

/// The peaks between `-ends` and `ends`, and `ends`.
fn peaks(log_joint: &impl Fn(&[f64]) -> Vec<f64>) -> (f64, Vec<Peak>) {
    let mut reach = REACH;
    let grid = |low: f64, high: f64, pieces: usize| -> Vec<f64> {
        (0..=pieces).map(|k| low + (high - low) * k as f64 / pieces as f64).collect()
    };
    let (places, values) = loop {
        let places = grid(-reach, reach, PIECES);
        let values = log_joint(&places);
        let largest = (0..=PIECES).fold(0, |a, b| if values[b] > values[a] { b } else { a });
        if (PIECES / 4..=3 * PIECES / 4).contains(&largest) || reach > 1e6 {
            break (places, values);
        }
        reach *= 2.0;
    };
    // Not below both neighbours: one of several that are equal.
    let maxima = (1..PIECES).filter(|&k| values[k] > values[k - 1] && values[k] >= values[k + 1]);
    let peaks = maxima.map(|k| {
        let (mut low, mut high, mut best) = (places[k - 1], places[k + 1], (places[k], values[k]));
        for _ in 0..CLOSER_SCANS {
            let closer = grid(low, high, CLOSER);
            let found = closer.iter().copied().zip(log_joint(&closer));
            best = found.fold(best, |a, b| if b.1 > a.1 { b } else { a });
            let step = (high - low) / CLOSER as f64;
            (low, high) = (best.0 - step, best.0 + step);
        }
        let (place, height) = best;
        let mut width = places[k + 1] - places[k];
        for _ in 0..60 {
            let lower = log_joint(&[place - width, place + width]);
            if height - lower[0].min(lower[1]) <= 1.0 {
                break;
            }
            width *= 0.5;
        }
        Peak { place, height, width }
    });
    (reach, peaks.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::Streams;
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

    /// Decoders with little noise: slopes from 0.3 to 8.1, in steps of 1.1 from a peak that no first scan meets, down to a
    /// deviation of 1e-6.
    #[test]
    fn narrow_posteriors_are_found() {
        for variance in [1e-4, 1e-6, 1e-8, 1e-12] {
            for slope in (0..8).map(|k| 0.3 + 1.1137 * f64::from(k)) {
                let law =
                    LinearGaussian::new(array![[slope], [0.5]], array![0.1, 0.0], Array2::eye(2) * variance)
                        .unwrap();
                let x = array![0.7 * slope + 0.1, 0.35 + 2.0 * variance.sqrt()];
                let unused = LinearGaussian::new(Array2::zeros((1, 2)), array![0.0], array![[1.0]]).unwrap();
                let exact = LinearVae::new(unused, law.clone()).unwrap().log_evidence(&x);
                let found = log_evidence(&law, &x).unwrap();
                assert!(
                    (found - exact).abs() < 1e-8 * (1.0 + exact.abs()),
                    "{variance} {slope}: {found} for {exact}"
                );
            }
        }
    }

    /// `μ(z) = tanh(z + 1) - tanh(z - 1)` is even: two equal peaks at `±½ arcosh(2 sinh 2/x - cosh 2)`. The second has a part in
    /// the evidence, `2 N(z; 0, 1)/|μ'(z)|` where the noise vanishes.
    #[test]
    fn both_peaks_of_an_even_decoder_count() {
        let mut decoder = GaussianMlp::new(1, &[2], 1, Variance::Fixed(1e-8), &mut Streams::new(1).rng(0));
        decoder.net_mut().set_flat_parameters(&[1.0, 1.0, 1.0, -1.0, 1.0, -1.0, 0.0]);
        for x in [0.3, 1.0, 1.4] {
            let z = 0.5 * (2.0 * 2f64.sinh() / x - 2f64.cosh()).acosh();
            let slope = (z + 1.0).cosh().powi(-2) - (z - 1.0).cosh().powi(-2);
            let exact = (2.0f64).ln() + log_normal(z, 0.0) - slope.abs().ln();
            let found = log_evidence(&decoder, &array![x]).unwrap();
            assert!((found - exact).abs() < 1e-5, "{x}: {found} for {exact}");
        }
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
