//! The bound of the best denoiser where there is so little noise that the rounding of the data is more.

use approx::assert_relative_eq;
use ndarray::array;
use prob::numerics::LN_2PI;
use prob::{Gaussian, Mixture};
use vdm::{BayesVdm, QuadratureError, Schedule};

fn bimodal() -> Mixture {
    let part = |mean: f64| Gaussian::isotropic(array![mean], 0.09).expect("valid numbers");
    Mixture::equal(vec![part(-1.5), part(1.5)]).expect("valid numbers")
}

/// Modes that nothing confuses: `E|x_0 - x̂_0|² = d s (1-ᾱ)/C` with `C = ᾱ s + 1-ᾱ`, down to noise whose variance is far below
/// the rounding of `x_0`; the last level forgets the data.
#[test]
fn hardly_any_noise_keeps_its_digits() {
    let plane = Mixture::equal(vec![
        Gaussian::isotropic(array![-1.5, 0.3], 0.09).expect("valid numbers"),
        Gaussian::isotropic(array![1.5, 0.3], 0.09).expect("valid numbers"),
    ]);
    for (data, d) in [(bimodal(), 1.0), (plane.expect("valid numbers"), 2.0)] {
        for log_snr in [50.0, 75.0, 300.0, 700.0] {
            let schedule = Schedule::from_log_snrs(&[log_snr, -5.0]).expect("valid numbers");
            let model = BayesVdm::new(data.clone(), schedule.clone()).expect("valid numbers");
            let bound = model.average_bound().expect("valid numbers");
            let expected = -0.5 * d * (LN_2PI + schedule.beta(1).ln() + 1.0);
            assert_relative_eq!(bound.reconstruction, expected, max_relative = 1e-12);
            assert!(model.continuous_bound().expect("valid numbers").elbo() > bound.elbo(), "{log_snr}");
        }
    }
}

/// What has to be told from `x_0` or `x̂_0` as numbers is refused where their rounding is larger, with that as the reason.
#[test]
fn rounding_that_would_show_is_refused() {
    let at = |log_snr: f64| {
        BayesVdm::new(bimodal(), Schedule::from_log_snrs(&[log_snr, -5.0]).expect("valid numbers"))
            .expect("valid numbers")
    };
    let itself = |model: &BayesVdm| model.average_bound_of(|x_t, t| model.denoiser().denoise(x_t, t));
    for log_snr in [60.0, 75.0] {
        for refused in [at(log_snr).bound(&array![1.4]), itself(&at(log_snr))] {
            let refused = refused.expect_err("no value");
            assert!(matches!(refused, QuadratureError::Rounding { t: 1, .. }), "{refused}");
        }
    }
    let (best, same) =
        (at(45.0).average_bound().expect("valid numbers"), itself(&at(45.0)).expect("valid numbers"));
    assert_relative_eq!(same.reconstruction, best.reconstruction, max_relative = 1e-10);
    assert!(at(45.0).bound(&array![1.4]).is_ok());
}

#[test]
fn an_observation_that_is_no_number_is_refused() {
    let model = BayesVdm::new(bimodal(), Schedule::from_alphas(&[0.5]).expect("valid numbers"))
        .expect("valid numbers");
    for value in [f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(model.bound(&array![value]), Err(QuadratureError::Observation { index: 0, value }));
    }
    let refused = model.bound(&array![f64::NAN]).expect_err("no value");
    assert_eq!(refused.to_string(), "x_0[0] = NaN: must be finite");
    assert!(model.bound(&array![1e300]).is_err());
}
