//! How much a noised observation knows of the data: mutual information and the least squared error.
//!
//! Only the signal-to-noise ratio matters, so the channel is written with unit noise, `y = √snr x + ε`
//! (`y = x_t / √(1-ᾱ_t)`, `snr = ᾱ_t / (1-ᾱ_t)`); Guo, Shamai and Verdú 2005 call the derivative of its information
//! with respect to `snr` half the `mmse`. Everything here is for data on the line, where quadrature is exact to 1e-12.

use prob::numerics::LN_2PI;
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
    /// `snr · Var x / (1 + snr · Var x) / snr`: the squared error of the best linear denoiser.
    linear_error: f64,
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
        let variance = data.covariance()[[0, 0]];
        Ok(Self { components, linear_error: variance / (1.0 + snr * variance) })
    }

    /// `log p(y)`, in nats.
    pub fn log_prob(&self, y: f64) -> f64 {
        let largest = self.components.iter().map(|c| c.log_joint(y)).fold(f64::NEG_INFINITY, f64::max);
        largest + self.components.iter().map(|c| (c.log_joint(y) - largest).exp()).sum::<f64>().ln()
    }

    /// `E[x | y]` and `Var(x | y)`.
    pub fn posterior(&self, y: f64) -> (f64, f64) {
        let log_prob = self.log_prob(y);
        let average = |f: &dyn Fn(&Component) -> f64| -> f64 {
            self.components.iter().map(|c| (c.log_joint(y) - log_prob).exp() * f(c)).sum()
        };
        let mean = average(&|c| c.denoise(y));
        (mean, average(&|c| c.spread + (c.denoise(y) - mean).powi(2)))
    }

    /// `E Var(x | y)`: the least squared error with which `x` can be told from `y`, by quadrature.
    ///
    /// # Errors
    /// If the quadrature does not converge.
    pub fn mmse(&self) -> Result<f64, ChannelError> {
        // Relative to the best linear denoiser, so that the error is relative at any noise.
        let integral = self.integrate(|y| self.log_prob(y).exp() * self.posterior(y).1 / self.linear_error);
        Ok(self.linear_error * converged("mmse", integral)?)
    }

    /// `I(x; y) = h(y) - h(ε)`, in nats, by quadrature.
    ///
    /// # Errors
    /// If the quadrature does not converge.
    pub fn information(&self) -> Result<f64, ChannelError> {
        let of_y = converged("information", self.integrate(|y| minus_p_log_p(self.log_prob(y))))?;
        Ok(of_y - 0.5 * (1.0 + LN_2PI))
    }

    /// `∫ f(y) dy` for an `f` that vanishes where `p(y)` does.
    fn integrate(&self, f: impl Fn(f64) -> f64) -> Integral {
        integrate(f, &breaks(self.components.iter().map(|c| (c.centre, c.variance.sqrt()))), TOLERANCE)
    }
}

impl Component {
    fn new(weight: f64, mean: f64, spread: f64, snr: f64) -> Self {
        let variance = 1.0 + snr * spread;
        Self {
            log_height: weight.ln() - 0.5 * (LN_2PI + variance.ln()),
            centre: snr.sqrt() * mean,
            variance,
            mean,
            gain: snr.sqrt() * spread / variance,
            spread: spread / variance,
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
/// If the data are not one-dimensional or the quadrature does not converge.
pub fn entropy(data: &Mixture) -> Result<f64, ChannelError> {
    on_the_line(data)?;
    let components = data.parts().map(|(_, law)| (law.mean()[0], law.covariance()[[0, 0]].sqrt()));
    let f = |x: f64| minus_p_log_p(data.log_prob(&ndarray::aview1(&[x])));
    converged("entropy", integrate(f, &breaks(components), TOLERANCE))
}

/// `-p log p`, given `log p`.
fn minus_p_log_p(log_p: f64) -> f64 {
    let p = log_p.exp();
    if p == 0.0 { 0.0 } else { -p * log_p }
}

/// Where to cut the line for an integrand that lives on components with these means and standard deviations: at
/// each mean, and 3 and 14 standard deviations from it, outside of which a normal law leaves 1e-43 of itself.
fn breaks(components: impl Iterator<Item = (f64, f64)>) -> Vec<f64> {
    let mut breaks: Vec<f64> =
        components.flat_map(|(m, s)| [-14.0, -3.0, 0.0, 3.0, 14.0].map(|k| m + k * s)).collect();
    breaks.sort_unstable_by(f64::total_cmp);
    breaks.dedup();
    breaks
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

    #[test]
    fn refuses_what_it_cannot_answer() {
        let plane = Mixture::from(Gaussian::new(array![0.0, 0.0], Array2::eye(2)).unwrap());
        assert_eq!(Channel::new(&plane, 1.0), Err(ChannelError::Dimension { found: 2 }));
        assert_eq!(entropy(&plane), Err(ChannelError::Dimension { found: 2 }));
        assert!(matches!(Channel::new(&bimodal(1.5), -1.0), Err(ChannelError::Snr { value: -1.0 })));
        assert!(Channel::new(&bimodal(1.5), f64::NAN).is_err());
    }
}
