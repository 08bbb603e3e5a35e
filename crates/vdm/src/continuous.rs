//! The bound with the best denoiser, and what it becomes with infinitely many steps (Kingma et al. 2021).
//!
//! A matching term with the posterior variance is a weighted squared error,
//! `½ (SNR(t-1) - SNR(t)) E|x_0 - x̂_0|²`; the best denoiser makes that error the `mmse` of step `t`. The sum over
//! steps is then a Riemann sum of `½ ∫ mmse dSNR`, in which the schedule enters through its end points alone.

use prob::numerics::{LN_2PI, exp_m1_minus};
use prob::{Bound, Mixture, integrate};

use crate::information::{converged, on_the_line};
use crate::{BayesVdm, Channel, ChannelError, QuadratureError, Schedule};

/// What the outer of two nested quadratures is asked for; the inner one is exact to 1e-12.
const TOLERANCE: f64 = 1e-11;

/// The denoising form of the bound with the best denoiser, averaged over the data, in nats: reverse variances
/// `σ_q²(t)` for `t = 2 … T` and `1 - α_1` at `t = 1`. Exact by quadrature, for data on the line.
///
/// - reconstruction `E log N(x_0; E[x_0|x_1], 1-α_1) = -½ log 2π(1-α_1) - mmse(1) / (2 (1-α_1))`,
/// - prior matching `E KL(q(x_T|x_0) ‖ N(0,1)) = ½ (ᾱ_T E x_0² - ᾱ_T - log(1-ᾱ_T))`,
/// - matching `½ (SNR(t-1) - SNR(t)) mmse(t)` for `t = 2 … T`, Luo (109)-(110).
///
/// # Errors
/// If the data are not one-dimensional or a quadrature does not converge.
pub fn average_bound(data: &Mixture, schedule: &Schedule) -> Result<Bound, ChannelError> {
    on_the_line(data)?;
    let mmse = |t| Channel::new(data, schedule.snr(t))?.mmse();
    let (first, last) = (schedule.beta(1), schedule.steps());
    let second_moment = data.covariance()[[0, 0]] + data.mean()[0].powi(2);
    let mismatch = exp_m1_minus(schedule.log_noise_variance(last));
    Ok(Bound {
        reconstruction: -0.5 * (LN_2PI + first.ln() + mmse(1)? / first),
        prior_matching: 0.5 * (schedule.alpha_bar(last) * second_moment + mismatch),
        matching: (2..=last)
            .map(|t| Ok(schedule.snr_weight(t) * mmse(t)?))
            .collect::<Result<_, ChannelError>>()?,
    })
}

impl BayesVdm {
    /// The average bound with infinitely many steps between the levels of the first and the last one, in nats, on the line or in
    /// the plane. The steps between do not count: two are enough. The one matching term `½ ∫ mmse dSNR` is a difference of informations,
    /// `I(x_0; x_1) - I(x_0; x_T)` with `I(x_0; x_t) = h(x_t) - ½ d log 2πe(1-ᾱ_t)` (Guo et al. 2005).
    ///
    /// # Errors
    /// As [`average_bound`](Self::average_bound).
    pub fn continuous_bound(&self) -> Result<Bound, QuadratureError> {
        let matching = self.information(1)? - self.information(self.schedule().steps())?;
        Ok(Bound { matching: vec![matching], ..self.average_bound()? })
    }
}

/// `½ ∫ mmse(SNR) dSNR` from `snr_min` to `snr_max`, in nats: the sum of the matching terms in the limit of
/// infinitely many steps, with the best denoiser of data on the line. Integrated over `log SNR`.
///
/// # Errors
/// If the data are not one-dimensional, a ratio is not positive and finite, `snr_min` is not below `snr_max` (by more
/// than their logarithms can tell), or the quadrature does not converge.
pub fn continuous_loss(data: &Mixture, snr_min: f64, snr_max: f64) -> Result<f64, ChannelError> {
    for snr in [snr_min, snr_max] {
        Channel::new(data, snr)?;
    }
    let (first, last) = (snr_min.ln(), snr_max.ln());
    if first >= last {
        return Err(ChannelError::Range { snr_min, snr_max });
    }
    let integrand = |log_snr: f64| 0.5 * log_snr.exp() * mmse_or_nan(data, log_snr);
    converged("continuous loss", integrate(integrand, &[first, last], TOLERANCE))
}

/// `½ ∫₀¹ (-dSNR/dt) E|x_0 - E[x_0|x_t]|² dt`, in nats: the same loss along one path `log_snr(t)`, which returns the
/// log-SNR at time `t` and its derivative (Kingma et al. 2021).
///
/// # Errors
/// If the data are not one-dimensional, the path leaves the range of f64, or the quadrature does not converge.
pub fn continuous_loss_along(
    data: &Mixture,
    log_snr: impl Fn(f64) -> (f64, f64),
) -> Result<f64, ChannelError> {
    on_the_line(data)?;
    let integrand = |t: f64| {
        let (log_snr, slope) = log_snr(t);
        -0.5 * slope * log_snr.exp() * mmse_or_nan(data, log_snr)
    };
    converged("continuous loss along a path", integrate(integrand, &[0.0, 1.0], TOLERANCE))
}

/// The least squared error, NaN where it cannot be had: a quadrature that meets one does not converge.
fn mmse_or_nan(data: &Mixture, log_snr: f64) -> f64 {
    Channel::new(data, log_snr.exp()).and_then(|channel| channel.mmse()).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};
    use prob::Gaussian;

    /// Two routes: informations from entropies of `x_t`, and a quadrature over the log-SNR. On the plane two independent copies of
    /// data on the line have twice the line's terms.
    #[test]
    fn a_difference_of_informations_is_the_integral() {
        let part = |mean: f64, variance: f64| Gaussian::isotropic(array![mean], variance).unwrap();
        let line = Mixture::new(vec![0.3, 0.7], vec![part(-1.0, 0.1), part(0.8, 0.3)]).unwrap();
        let schedule = Schedule::from_log_snr_end_points(2, 4.0, -3.0).unwrap();
        let bound = BayesVdm::new(line.clone(), schedule.clone()).unwrap().continuous_bound().unwrap();
        let integral = continuous_loss(&line, (-3.0f64).exp(), 4.0f64.exp()).unwrap();
        assert_relative_eq!(bound.matching[0], integral, max_relative = 1e-9);
        let ends = average_bound(&line, &schedule).unwrap();
        assert_relative_eq!(bound.reconstruction, ends.reconstruction, max_relative = 1e-9);
        assert_relative_eq!(bound.prior_matching, ends.prior_matching, max_relative = 1e-9);

        let pairs = line.parts().flat_map(|(w, a)| line.parts().map(move |(v, b)| (w * v, a, b)));
        let (weights, copies): (Vec<f64>, Vec<Gaussian>) = pairs
            .map(|(weight, a, b)| {
                let variances = array![a.covariance()[[0, 0]], b.covariance()[[0, 0]]];
                let law = Gaussian::new(array![a.mean()[0], b.mean()[0]], Array2::from_diag(&variances));
                (weight, law.unwrap())
            })
            .unzip();
        let plane = Mixture::new(weights, copies).unwrap();
        let twice = BayesVdm::new(plane, schedule).unwrap().continuous_bound().unwrap();
        assert_relative_eq!(twice.matching[0], 2.0 * integral, max_relative = 1e-7);
        assert_relative_eq!(twice.elbo(), 2.0 * bound.elbo(), max_relative = 1e-7);
    }

    /// Standard normal data: `½ ∫ dSNR / (1 + SNR)` is half a difference of logarithms.
    #[test]
    fn standard_normal_data_by_hand() {
        let data = Mixture::from(Gaussian::standard(1));
        let by_hand = 0.5 * (1e3f64.ln_1p() - 1e-3f64.ln_1p());
        assert_relative_eq!(continuous_loss(&data, 1e-3, 1e3).unwrap(), by_hand, max_relative = 1e-11);
        let falling = |t: f64| (1e3f64.ln() * (1.0 - 2.0 * t * t), -1e3f64.ln() * 4.0 * t);
        assert_relative_eq!(continuous_loss_along(&data, falling).unwrap(), by_hand, max_relative = 1e-10);

        let schedule = Schedule::from_alphas(&[0.8, 0.5]).unwrap();
        let bound = average_bound(&data, &schedule).unwrap();
        let reconstruction = -0.5 * (std::f64::consts::TAU * 0.2).ln() - 0.5;
        assert_relative_eq!(bound.reconstruction, reconstruction, max_relative = 1e-12);
        assert_relative_eq!(bound.prior_matching, -0.5 * 0.6f64.ln(), max_relative = 1e-12);
        assert_relative_eq!(bound.matching[0], 0.5 * (4.0 - 2.0 / 3.0) * 0.6, max_relative = 1e-11);
    }

    /// Gaussian data off the origin, in steps so fine that differences of signal-to-noise ratios have four digits, down
    /// to a last step of which `1 - ᾱ_T` itself keeps none: `mmse = s/(1 + s SNR)`, `SNR(t-1) - SNR(t)` as a product.
    #[test]
    fn fine_schedules_and_deep_noise_keep_their_digits() {
        let (mean, s) = (1.5, 0.7);
        let data = Mixture::from(Gaussian::new(array![mean], array![[s]]).unwrap());
        let schedule = Schedule::from_alphas(&[0.5, 1.0 - 1e-12, 1e-18]).unwrap();
        let bound = average_bound(&data, &schedule).unwrap();
        let mmse = |snr: f64| s / (1.0 + s * snr);
        let (beta, alpha) = (schedule.beta(2), schedule.alpha(2));
        let drop = 0.5 * beta / (0.5 * (1.0 - 0.5 * alpha));
        let snr = 0.5 * alpha / (1.0 - 0.5 * alpha);
        assert_relative_eq!(bound.matching[0], 0.5 * drop * mmse(snr), max_relative = 1e-11, epsilon = 0.0);
        assert_relative_eq!(
            bound.reconstruction,
            -0.5 * (LN_2PI + 0.5f64.ln() + 2.0 * mmse(1.0)),
            max_relative = 1e-12
        );
        assert_relative_eq!(
            bound.prior_matching,
            0.25e-18 * alpha * (mean * mean + s),
            max_relative = 1e-11,
            epsilon = 0.0
        );
    }

    #[test]
    fn refuses_the_plane_and_infinite_paths() {
        let plane = Mixture::from(Gaussian::new(array![0.0, 0.0], Array2::eye(2)).unwrap());
        assert!(continuous_loss(&plane, 0.1, 1.0).is_err());
        assert!(average_bound(&plane, &Schedule::from_alphas(&[0.5]).unwrap()).is_err());
        let line = Mixture::from(Gaussian::standard(1));
        assert!(continuous_loss(&line, 0.0, 1.0).is_err());
        let fallen = ChannelError::Range { snr_min: 2.0, snr_max: 1.0 };
        assert_eq!(continuous_loss(&line, 2.0, 1.0), Err(fallen));
        assert!(continuous_loss(&line, 1e300, 1e300 * (1.0 + f64::EPSILON)).is_err());
        assert!(continuous_loss_along(&line, |t| (1e4 * (0.5 - t), -1e4)).is_err());
    }
}
