//! How much a noised observation knows of the data: mutual information and the least squared error.
//!
//! Only the signal-to-noise ratio matters, so the channel is written with unit noise, `y = √snr x + ε`
//! (`y = x_t / √(1-ᾱ_t)`, `snr = ᾱ_t / (1-ᾱ_t)`); Guo, Shamai and Verdú 2005 call the derivative of its information
//! with respect to `snr` half the `mmse`. Everything here is for data on the line, by quadrature to 1e-12: an error
//! relative to that of the best linear denoiser, an entropy or an information to that part of a nat (or of itself, or of
//! what Gaussian data would have, if that is more), and a small information far closer.

use prob::numerics::{LN_2PI, exp_m1_minus, log_sum_exp, softmax};
use prob::{Integral, Mixture, integrate};

/// What the quadratures here are asked for, absolute or relative, whichever is larger.
const TOLERANCE: f64 = 1e-12;

/// Data on the line seen through unit noise: `y = √snr x + ε`.
///
/// ```
/// use prob::{Gaussian, Mixture};
/// use vdm::Channel;
///
/// // Standard normal data: I = ½ log(1 + snr), mmse = 1 / (1 + snr).
/// let channel = Channel::new(&Mixture::from(Gaussian::standard(1)), 3.0)?;
/// assert!((channel.information()? - 2f64.ln()).abs() < 1e-11);
/// assert!((channel.mmse()? - 0.25).abs() < 1e-12);
/// # Ok::<(), vdm::ChannelError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    components: Vec<Component>,
    /// `N(E x, Var x)`, the Gaussian with the moments of the data: its spread is the error of the best linear denoiser.
    gaussian: Component,
    /// `½ log(1 + snr · Var x)`, the information of that Gaussian.
    gaussian_information: f64,
}

/// A component `w N(m, s)` of the data, as the channel shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Component {
    /// `log w - ½ log 2πc`.
    log_height: f64,
    /// `√snr m`, the mean of `y`.
    centre: f64,
    /// `c = 1 + snr s`, the variance of `y`.
    variance: f64,
    /// `m`.
    mean: f64,
    /// `√snr s / c`: how far `E[x | y, k]` moves with `y`.
    gain: f64,
    /// `s / c = Var(x | y, k)`.
    spread: f64,
}

/// A question to a channel that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ChannelError {
    /// The data are not on the line.
    #[error("data of dimension {found}: quadrature needs dimension 1")]
    Dimension {
        /// The dimension of the data.
        found: usize,
    },
    /// A signal-to-noise ratio that is none.
    #[error("signal-to-noise ratio {value}: must be positive and finite")]
    Snr {
        /// The value.
        value: f64,
    },
    /// A range of signal-to-noise ratios that does not rise.
    #[error("signal-to-noise ratios from {snr_min} to {snr_max}: must rise")]
    Range {
        /// The first.
        snr_min: f64,
        /// The last.
        snr_max: f64,
    },
    /// A component, seen through the channel, that is too narrow for its place on the line, or out of range.
    #[error("standard deviation {sd:e} at {mean:e}: f64 has no points there for a quadrature")]
    Unresolved {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        sd: f64,
    },
    /// A quadrature did not reach its tolerance.
    #[error("{what}: quadrature stopped at an error of {error:e}")]
    NotConverged {
        /// Which integral.
        what: &'static str,
        /// The error that was left.
        error: f64,
    },
}

impl Channel {
    /// The channel with these data and this signal-to-noise ratio.
    ///
    /// # Errors
    /// If the data are not one-dimensional or the ratio is not positive and finite.
    pub fn new(data: &Mixture, snr: f64) -> Result<Self, ChannelError> {
        on_the_line(data)?;
        if !(snr > 0.0 && snr.is_finite()) {
            return Err(ChannelError::Snr { value: snr });
        }
        let components = data
            .parts()
            .map(|(weight, law)| Component::new(weight, law.mean()[0], law.covariance()[[0, 0]], snr))
            .collect();
        let (mean, variance) = (data.mean()[0], data.covariance()[[0, 0]]);
        Ok(Self {
            components,
            gaussian: Component::new(1.0, mean, variance, snr),
            gaussian_information: 0.5 * (snr * variance).ln_1p(),
        })
    }

    /// `log p(y)`, in nats; -∞ where `y` is infinite.
    pub fn log_prob(&self, y: f64) -> f64 {
        log_sum_exp(&self.log_joints(y))
    }

    /// `E[x | y]` and `Var(x | y)`. Where no component has any density, all weigh the same.
    pub fn posterior(&self, y: f64) -> (f64, f64) {
        let mut weights = self.log_joints(y);
        softmax(&mut weights);
        let average = |f: &dyn Fn(&Component) -> f64| -> f64 {
            weights.iter().zip(&self.components).map(|(weight, c)| weight * f(c)).sum()
        };
        let mean = average(&|c| c.denoise(y));
        (mean, average(&|c| c.spread + (c.denoise(y) - mean).powi(2)))
    }

    /// `log w_k N(y; √snr m_k, c_k)` of each component.
    fn log_joints(&self, y: f64) -> Vec<f64> {
        self.components.iter().map(|c| c.log_joint(y)).collect()
    }

    /// `E Var(x | y)`: the least squared error with which `x` can be told from `y`, by quadrature.
    ///
    /// # Errors
    /// If a component is too narrow for quadrature, or the quadrature does not converge.
    pub fn mmse(&self) -> Result<f64, ChannelError> {
        // Relative to the best linear denoiser, so that the error is relative at any noise.
        let linear_error = self.gaussian.spread;
        let error =
            self.integrate("mmse", |y| self.log_prob(y).exp() * self.posterior(y).1 / linear_error)?;
        Ok(linear_error * error)
    }

    /// `I(x; y) = ½ log(1 + snr Var x) - KL(p(y) || N(E y, Var y))`, in nats: what Gaussian data of this variance would
    /// have, less what the shape of `p(y)` takes away, which is by quadrature. The second vanishes with `snr` faster
    /// than the first, so that a little information keeps its digits, as it would not in `h(y) - h(ε)`.
    ///
    /// # Errors
    /// As [`mmse`](Self::mmse).
    pub fn information(&self) -> Result<f64, ChannelError> {
        let shape = |y| divergence_density(self.log_prob(y), self.gaussian.log_joint(y));
        Ok(self.gaussian_information - self.integrate("information", shape)?)
    }

    /// `∫ f(y) dy` for an `f` that vanishes where `p(y)` and the Gaussian of its moments do.
    fn integrate(&self, what: &'static str, f: impl Fn(f64) -> f64) -> Result<f64, ChannelError> {
        let laws = self.components.iter().chain([&self.gaussian]).map(|c| (c.centre, c.variance.sqrt()));
        converged(what, integrate(f, &breaks(laws)?, TOLERANCE))
    }
}

impl Component {
    fn new(weight: f64, mean: f64, data_variance: f64, snr: f64) -> Self {
        let variance = 1.0 + snr * data_variance;
        Self {
            log_height: weight.ln() - 0.5 * (LN_2PI + variance.ln()),
            centre: snr.sqrt() * mean,
            variance,
            mean,
            gain: snr.sqrt() * data_variance / variance,
            spread: data_variance / variance,
        }
    }

    /// `log w + log N(y; √snr m, c)`.
    fn log_joint(&self, y: f64) -> f64 {
        self.log_height - 0.5 * (y - self.centre).powi(2) / self.variance
    }

    /// `E[x | y, k]`.
    fn denoise(&self, y: f64) -> f64 {
        self.mean + self.gain * (y - self.centre)
    }
}

/// The differential entropy `h(x) = -∫ p log p` of data on the line, in nats, by quadrature.
///
/// # Errors
/// If the data are not one-dimensional, a component is too narrow for quadrature, or the quadrature does not converge.
pub fn entropy(data: &Mixture) -> Result<f64, ChannelError> {
    on_the_line(data)?;
    let components = data.parts().map(|(_, law)| (law.mean()[0], law.covariance()[[0, 0]].sqrt()));
    let f = |x: f64| minus_p_log_p(data.log_prob(&ndarray::aview1(&[x])));
    converged("entropy", integrate(f, &breaks(components)?, TOLERANCE))
}

/// `-p log p`, given `log p`.
fn minus_p_log_p(log_p: f64) -> f64 {
    let p = log_p.exp();
    if p == 0.0 { 0.0 } else { -p * log_p }
}

/// `p log(p/g) - p + g`, given both logarithms: never negative, and its integral is `KL(p || g)`.
fn divergence_density(log_p: f64, log_g: f64) -> f64 {
    let (p, log_ratio) = (log_p.exp(), log_p - log_g);
    // p (e^{-r} - 1 + r) keeps its digits where the laws are close; where p underflows g is all that is left.
    if log_ratio.abs() < 1.0 {
        p * exp_m1_minus(-log_ratio)
    } else if p == 0.0 {
        log_g.exp()
    } else {
        p * log_ratio - p + log_g.exp()
    }
}

/// Where to cut the line for an integrand that lives on laws with these means and standard deviations: at each mean,
/// and 3 and 14 standard deviations from it, outside of which a normal law leaves 1e-43 of itself.
///
/// # Errors
/// If the cuts of one law are not all different, or no numbers: then f64 has no points between them either.
fn breaks(laws: impl Iterator<Item = (f64, f64)>) -> Result<Vec<f64>, ChannelError> {
    let mut breaks = Vec::new();
    for (mean, sd) in laws {
        let cuts = [-14.0, -3.0, 0.0, 3.0, 14.0].map(|k| mean + k * sd);
        if !cuts.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(ChannelError::Unresolved { mean, sd });
        }
        breaks.extend(cuts);
    }
    breaks.sort_unstable_by(f64::total_cmp);
    breaks.dedup();
    Ok(breaks)
}

/// The value of an integral that converged.
pub(crate) fn converged(what: &'static str, integral: Integral) -> Result<f64, ChannelError> {
    if integral.converged {
        Ok(integral.value)
    } else {
        Err(ChannelError::NotConverged { what, error: integral.error })
    }
}

/// Refuses data that are not one-dimensional.
pub(crate) fn on_the_line(data: &Mixture) -> Result<(), ChannelError> {
    if data.dim() == 1 { Ok(()) } else { Err(ChannelError::Dimension { found: data.dim() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};
    use prob::Gaussian;

    use crate::{ExactDenoiser, Schedule};

    fn bimodal(distance: f64) -> Mixture {
        let at = |mean| Gaussian::new(array![mean], array![[0.09]]).unwrap();
        Mixture::new(vec![0.4, 0.6], vec![at(-distance), at(distance)]).unwrap()
    }

    #[test]
    fn gaussian_data_have_closed_forms() {
        let data = Mixture::from(Gaussian::new(array![0.7], array![[2.5]]).unwrap());
        for snr in [1e-6, 1e-2, 1.0, 1e2, 1e6] {
            let channel = Channel::new(&data, snr).unwrap();
            assert_relative_eq!(channel.mmse().unwrap(), 2.5 / (1.0 + 2.5 * snr), max_relative = 1e-12);
            let information = 0.5 * (2.5 * snr).ln_1p();
            assert_relative_eq!(
                channel.information().unwrap(),
                information,
                max_relative = 1e-12,
                epsilon = 1e-12
            );
        }
        assert_relative_eq!(
            entropy(&data).unwrap(),
            0.5 * (1.0 + LN_2PI + 2.5f64.ln()),
            max_relative = 1e-12
        );
    }

    /// With hardly any noise only the label of the component and the place within it are known: two modes far apart
    /// have the error of one.
    #[test]
    fn far_modes_are_denoised_one_by_one() {
        let mmse = Channel::new(&bimodal(6.0), 1e3).unwrap().mmse().unwrap();
        assert_relative_eq!(mmse, 0.09 / (1.0 + 90.0), max_relative = 1e-12);
    }

    /// In units of the noise `y = x_t/√(1-ᾱ_t)`; the denoiser whitens matrices and shares no code with the channel.
    #[test]
    fn the_posterior_is_that_of_the_denoiser() {
        let narrow = Gaussian::new(array![-1.0], array![[0.3]]).unwrap();
        let wide = Gaussian::new(array![2.0], array![[1.4]]).unwrap();
        let data = Mixture::new(vec![0.35, 0.65], vec![narrow, wide]).unwrap();
        let schedule = Schedule::from_alphas(&[0.9, 0.4]).unwrap();
        let denoiser = ExactDenoiser::new(&data, &schedule).unwrap();
        for t in [1, 2] {
            let channel = Channel::new(&data, schedule.snr(t)).unwrap();
            let noise = schedule.noise_variance(t);
            for y in [-3.0, 0.2, 1.5] {
                let x_t = array![[y * noise.sqrt()]];
                let (mean, variance) = channel.posterior(y);
                assert_relative_eq!(mean, denoiser.denoise(&x_t, t)[[0, 0]], max_relative = 1e-12);
                assert_relative_eq!(variance, denoiser.squared_error(&x_t, t)[0], max_relative = 1e-12);
                let log_prob = denoiser.log_prob(&x_t, t)[0] + 0.5 * noise.ln();
                assert_relative_eq!(channel.log_prob(y), log_prob, max_relative = 1e-12);
            }
        }
    }

    /// Two points at ±1, as far as the line can tell, of which next to nothing or everything is known: `½ log(1 + snr)`,
    /// in which the shape of the data counts from the fourth order on, and the entropy of the label.
    #[test]
    fn a_little_information_keeps_its_digits() {
        let at = |mean| Gaussian::new(array![mean], array![[1e-12]]).unwrap();
        let data = Mixture::new(vec![0.5, 0.5], vec![at(-1.0), at(1.0)]).unwrap();
        for snr in [1e-12, 1e-8, 1e-4] {
            let information = Channel::new(&data, snr).unwrap().information().unwrap();
            let gaussian = 0.5 * (snr * (1.0 + 1e-12)).ln_1p();
            assert_relative_eq!(information, gaussian, max_relative = 2e-12, epsilon = 0.0);
        }
        let known = Channel::new(&data, 1e4).unwrap().information().unwrap();
        assert_relative_eq!(known, 2f64.ln() + 0.5 * 1e-8f64.ln_1p(), max_relative = 1e-11);
    }

    /// A law far narrower than f64 is fine at its mean, and a range that f64 does not have: an error, not a panic.
    #[test]
    fn refuses_what_f64_cannot_resolve() {
        let at_one = |variance: f64| Mixture::from(Gaussian::new(array![1.0], array![[variance]]).unwrap());
        assert_eq!(entropy(&at_one(1e-40)), Err(ChannelError::Unresolved { mean: 1.0, sd: 1e-20 }));
        let spike = Mixture::new(
            vec![0.5, 0.5],
            vec![Gaussian::standard(1), Gaussian::new(array![1.0], array![[1e-40]]).unwrap()],
        );
        assert!(entropy(&spike.unwrap()).is_err());
        for (variance, snr) in [(1e-40, 1e36), (1e-34, 1e34), (1e10, 1e308), (1e-300, 1e300)] {
            let channel = Channel::new(&at_one(variance), snr).unwrap();
            assert!(channel.mmse().is_err() && channel.information().is_err(), "{variance} {snr}");
            assert!(crate::continuous::continuous_loss(&at_one(variance), 1.0, snr).is_err());
        }
        let channel = Channel::new(&at_one(1.0), 1e36).unwrap();
        assert_relative_eq!(channel.mmse().unwrap(), 1e-36, max_relative = 1e-12, epsilon = 0.0);
    }

    /// Beyond all data the density is 0, at infinity as elsewhere, and what is no number stays so.
    #[test]
    fn the_density_has_a_logarithm_everywhere() {
        let channel = Channel::new(&bimodal(1.5), 2.0).unwrap();
        for y in [f64::INFINITY, f64::NEG_INFINITY, 1e200] {
            assert_eq!(channel.log_prob(y), f64::NEG_INFINITY);
        }
        assert!(channel.log_prob(f64::NAN).is_nan());
        let (mean, variance) = channel.posterior(1e154);
        assert!(mean > 0.0 && variance.is_finite(), "{mean} {variance}");
    }

    #[test]
    fn refuses_what_it_cannot_answer() {
        let plane = Mixture::from(Gaussian::new(array![0.0, 0.0], Array2::eye(2)).unwrap());
        assert_eq!(Channel::new(&plane, 1.0), Err(ChannelError::Dimension { found: 2 }));
        assert_eq!(entropy(&plane), Err(ChannelError::Dimension { found: 2 }));
        assert!(matches!(Channel::new(&bimodal(1.5), -1.0), Err(ChannelError::Snr { value: -1.0 })));
        assert!(Channel::new(&bimodal(1.5), f64::NAN).is_err());
    }
}
