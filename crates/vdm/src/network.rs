//! The learned denoiser: a network that reads `x_t` beside the noise level and writes one of the five predictions.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};
use ndarray_rand::rand::Rng;
use nn::Mlp;

use crate::prediction::Amplitudes;
use crate::{Parameterisation, Schedule};

/// Number of features of a noise level.
pub(crate) const FEATURES: usize = 3;

/// The log-SNR that counts as one unit of input: those of a model reach to about ±5, so that the feature varies by about 1.
const LOG_SNR_UNIT: f64 = 4.0;

/// A network with tanh hidden layers that predicts from `x_t` and the log-SNR `λ`, at any noise level.
///
/// It reads `(x_t, λ/4, √ᾱ, √(1-ᾱ))`: the log-SNR, which tells all levels apart, and the two amplitudes, in which the best
/// linear denoiser is linear and which are flat where more or less noise makes no difference. With `sin λ/2`
/// and `cos λ/2` for the amplitudes `v` trained as well, and `ε` on two modes of the line better. It writes a number of unit size (for data of unit variance) for each coordinate:
///
/// | prediction | what is written | `x̂_0` |
/// |---|---|---|
/// | `x_0` | `x_0` | itself |
/// | `ε` | `ε` | `(x_t - √(1-ᾱ) ε)/√ᾱ` |
/// | `v` | `v` | `√ᾱ x_t - √(1-ᾱ) v` |
/// | score | score times `√(1-ᾱ)`, that is `-ε` | as from `ε` |
/// | mean | what is above `√α_t x_t`, in units of `√ᾱ_{t-1} (1-α_t)/√(1-ᾱ_t)`, that is `-v` | as from `v` |
///
/// `v` and the mean are so corrections to the best linear denoiser of data of unit variance, `√ᾱ x_t`, whose weight in the
/// bound stays bounded (`ᾱ/2` for each unit of log-SNR); they train best. `x_0` is written as it is, and pays for it
/// where there is little noise: there it has to say again, to a part in `√SNR`, what it was shown.
///
/// ```
/// use ndarray::array;
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
/// use vdm::{DenoiserNet, Parameterisation, Schedule};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let denoiser = DenoiserNet::new(2, &[16], Parameterisation::Velocity, &mut rng);
/// let schedule = Schedule::from_log_snr_end_points(10, 12.0, -5.0)?;
/// // With hardly any noise the velocity hardly matters.
/// let x_0 = denoiser.denoise(&array![[0.5, -1.0]], &schedule, 1);
/// assert!((x_0[[0, 0]] - 0.5).abs() < 0.02 && (x_0[[0, 1]] + 1.0).abs() < 0.02);
/// # Ok::<(), vdm::ScheduleError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DenoiserNet {
    parameterisation: Parameterisation,
    net: Mlp,
}

impl DenoiserNet {
    /// A network of these `hidden` widths for `x_t` of `dim` coordinates, with random initial weights.
    ///
    /// # Panics
    /// If a width is 0.
    pub fn new<R: Rng + ?Sized>(
        dim: usize,
        hidden: &[usize],
        parameterisation: Parameterisation,
        rng: &mut R,
    ) -> Self {
        let widths: Vec<usize> = [&[dim + FEATURES], hidden, &[dim]].concat();
        Self { parameterisation, net: Mlp::new(&widths, rng) }
    }

    /// What is predicted.
    pub fn parameterisation(&self) -> Parameterisation {
        self.parameterisation
    }

    /// Number of coordinates, `d`.
    pub fn dim(&self) -> usize {
        self.net.output_dim()
    }

    /// The network.
    pub fn net(&self) -> &Mlp {
        &self.net
    }

    /// The network, to be trained.
    pub fn net_mut(&mut self) -> &mut Mlp {
        &mut self.net
    }

    /// `x̂_0` for each row of `x_t` (`[n, d]`) at step `t = 1 … T` of a schedule, `[n, d]`.
    ///
    /// # Panics
    /// If there is no step `t`, or the rows have another dimension.
    pub fn denoise(&self, x_t: &ArrayRef2<f64>, schedule: &Schedule, t: usize) -> Array2<f64> {
        self.denoise_at(x_t, &Array1::from_elem(x_t.nrows(), schedule.log_snr(t)))
    }

    /// `x̂_0` for each row of `x_t` (`[n, d]`) at a log-SNR of its own (`[n]`), `[n, d]`: for continuous time.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn denoise_at(&self, x_t: &ArrayRef2<f64>, log_snr: &ArrayRef1<f64>) -> Array2<f64> {
        let mut x_0 = self.written(x_t, log_snr);
        for ((mut r, x_t), &log_snr) in x_0.rows_mut().into_iter().zip(x_t.rows()).zip(log_snr) {
            let (of_x_t, of_r) = self.parameterisation.denoising_coefficients(Amplitudes::at(log_snr));
            r.zip_mut_with(&x_t, |r, x_t| *r = of_x_t * x_t + of_r * *r);
        }
        x_0
    }

    /// The prediction itself, `x_0`, `ε`, `v`, `∇ log q(x_t)` or `μ_θ`, for each row of `x_t` (`[n, d]`) at step `t = 1 … T`,
    /// `[n, d]`, in its own unit.
    ///
    /// # Panics
    /// As [`denoise`](Self::denoise).
    pub fn predict(&self, x_t: &ArrayRef2<f64>, schedule: &Schedule, t: usize) -> Array2<f64> {
        let r = self.written(x_t, &Array1::from_elem(x_t.nrows(), schedule.log_snr(t)));
        let noise = schedule.noise_variance(t).sqrt();
        match self.parameterisation {
            Parameterisation::Score => r / noise,
            Parameterisation::Mean => {
                let (_, of_x_0) = schedule.posterior_mean_coefficients(t);
                &x_t.view() * schedule.alpha(t).sqrt() + r * (of_x_0 * noise)
            }
            Parameterisation::Clean | Parameterisation::Noise | Parameterisation::Velocity => r,
        }
    }

    /// What the network writes, `[n, d]`.
    fn written(&self, x_t: &ArrayRef2<f64>, log_snr: &ArrayRef1<f64>) -> Array2<f64> {
        assert_eq!(x_t.dim(), (log_snr.len(), self.dim()), "rows of another shape");
        let mut input = Array2::zeros((x_t.nrows(), self.net.input_dim()));
        for ((input, x_t), &log_snr) in input.rows_mut().into_iter().zip(x_t.rows()).zip(log_snr) {
            let values = x_t.into_iter().copied().chain(features(log_snr));
            input.into_iter().zip(values).for_each(|(input, value)| *input = value);
        }
        self.net.forward(&input)
    }
}

/// `(λ/4, √ᾱ, √(1-ᾱ))`.
pub(crate) fn features(log_snr: f64) -> [f64; FEATURES] {
    let at = Amplitudes::at(log_snr);
    [log_snr / LOG_SNR_UNIT, at.signal, at.noise]
}

/// The derivatives of the features by `λ`.
pub(crate) fn feature_slopes(log_snr: f64) -> [f64; FEATURES] {
    let slopes = Amplitudes::at(log_snr).slopes();
    [1.0 / LOG_SNR_UNIT, slopes.signal, slopes.noise]
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    /// `predict` is the quantity that `Schedule::convert` takes to `x_0`, at the first step too, where the mean is `x_0`.
    #[test]
    fn the_prediction_converts_to_what_is_denoised() {
        let schedule = Schedule::from_log_snr_end_points(4, 3.0, -3.0).unwrap();
        let x_t = array![[0.3, -1.2], [1.7, 0.4]];
        for parameterisation in Parameterisation::ALL {
            let net = DenoiserNet::new(2, &[5], parameterisation, &mut ChaCha8Rng::seed_from_u64(3));
            for t in 1..=4 {
                let (prediction, x_0) = (net.predict(&x_t, &schedule, t), net.denoise(&x_t, &schedule, t));
                for i in 0..2 {
                    let converted = schedule.convert(
                        t,
                        &x_t.row(i),
                        parameterisation,
                        &prediction.row(i),
                        Parameterisation::Clean,
                    );
                    assert_relative_eq!(converted, x_0.row(i), max_relative = 1e-10);
                }
                if (t, parameterisation) == (1, Parameterisation::Mean) {
                    assert_relative_eq!(prediction, x_0, max_relative = 1e-12);
                }
            }
        }
    }

    /// Steps and continuous time ask the same network the same question.
    #[test]
    fn a_step_is_its_log_snr() {
        let schedule = Schedule::from_log_snr_end_points(5, 4.0, -4.0).unwrap();
        let net = DenoiserNet::new(1, &[5], Parameterisation::Noise, &mut ChaCha8Rng::seed_from_u64(4));
        let x_t = array![[0.3], [-0.7]];
        let rows = net.denoise_at(&x_t, &array![4.0, -2.0]);
        assert_relative_eq!(rows[[0, 0]], net.denoise(&x_t, &schedule, 1)[[0, 0]], max_relative = 1e-12);
        assert_relative_eq!(rows[[1, 0]], net.denoise(&x_t, &schedule, 4)[[1, 0]], max_relative = 1e-12);
    }

    proptest! {
        /// `√ᾱ = (1 + e^{-λ})^{-½}` and `√(1-ᾱ) = (1 + e^λ)^{-½}` as they stand, to rounding. Differences over 2e-5 of values up to
        /// 3 are rounded by some 1e-10, and off by less than 1e-11.
        #[test]
        fn features_and_their_slopes(log_snr in -12.0..12.0f64) {
            let root = |log_snr: f64| (1.0 + (-log_snr).exp()).powf(-0.5);
            let by_hand = [0.25 * log_snr, root(log_snr), root(-log_snr)];
            let change = 1e-5;
            let (above, below) = (features(log_snr + change), features(log_snr - change));
            for i in 0..FEATURES {
                assert_relative_eq!(features(log_snr)[i], by_hand[i], max_relative = 1e-14);
                let difference = (above[i] - below[i]) / (2.0 * change);
                assert_relative_eq!(feature_slopes(log_snr)[i], difference, epsilon = 1e-9);
            }
        }
    }

    #[test]
    #[should_panic(expected = "rows of another shape")]
    fn rows_of_another_dimension_are_refused() {
        let net = DenoiserNet::new(2, &[5], Parameterisation::Noise, &mut ChaCha8Rng::seed_from_u64(5));
        net.denoise_at(&array![[0.3, 0.1, 0.2]], &array![0.0]);
    }
}
