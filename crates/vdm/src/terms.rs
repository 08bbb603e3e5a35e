//! The bound in every form, for one observation, as closed scalar formulas.
//!
//! | module | form |
//! |---|---|
//! | [`path`] | the log-ratio of the whole path, Luo (41), and term by term: Luo (44), (57) |
//! | [`denoising`] | Luo (58) |
//! | [`consistency`] | Luo (45), corrected and as printed |
//!
//! Every integrand is a constant less a squared distance of neighbours on the chain, so all that is averaged is
//! `E|a x_s + b x_t + c|²` under `q(x_s, x_t | x_0)`.

pub mod consistency;
pub mod denoising;
pub mod path;

use ndarray::{Array1, ArrayRef1};

use crate::model::{OTHER_DIMENSION, average_log_normal};
use crate::{Schedule, Vdm};

/// `q(x_s, x_t | x_0)` for `s ≤ t`, coordinate by coordinate and as it comes about:
/// `x_s = signal x_0 + N(0, variance)`, `x_t = carried x_s + N(0, added)` with noises that are independent.
struct Pair<'a> {
    x_0: &'a ArrayRef1<f64>,
    /// `√ᾱ_s`.
    signal: f64,
    /// `1 - ᾱ_s`.
    variance: f64,
    /// `√(ᾱ_t/ᾱ_s)`.
    carried: f64,
    /// `1 - ᾱ_t/ᾱ_s`.
    added: f64,
}

impl Pair<'_> {
    /// `E|a x_s + b x_t + c|² = |k √ᾱ_s x_0 + c|² + d (k² (1-ᾱ_s) + b² (1-ᾱ_t/ᾱ_s))` with `k = a + b √(ᾱ_t/ᾱ_s)`, `c`
    /// being `[d]`: squares alone, so that the small differences of neighbours keep their digits.
    fn mean_square(&self, a: f64, b: f64, c: &Array1<f64>) -> f64 {
        let k = a + b * self.carried;
        let mean = &self.x_0.view() * (k * self.signal) + c;
        mean.dot(&mean) + c.len() as f64 * (k * k * self.variance + b * b * self.added)
    }
}

impl Schedule {
    /// The law of `x_s` and `x_t`, `s ≤ t`.
    fn pair<'a>(&self, s: usize, t: usize, x_0: &'a ArrayRef1<f64>) -> Pair<'a> {
        let (carried, added) = (s + 1..=t).fold((1.0, 0.0), |(carried, added), u| {
            (carried * self.alpha(u).sqrt(), self.alpha(u) * added + self.beta(u))
        });
        Pair { x_0, signal: self.alpha_bar(s).sqrt(), variance: self.noise_variance(s), carried, added }
    }
}

impl Vdm {
    /// `E_q(x_1|x_0) log p(x_0|x_1)` in nats: the term that all forms share; `x_0` is `[d]`.
    ///
    /// # Panics
    /// If `x_0` has another dimension, as every term here.
    pub fn reconstruction(&self, x_0: &ArrayRef1<f64>) -> f64 {
        self.average_log_reverse(1, x_0)
    }

    /// The law of `x_s` and `x_t`, `s ≤ t`, from which every form takes its averages.
    fn pair<'a>(&self, s: usize, t: usize, x_0: &'a ArrayRef1<f64>) -> Pair<'a> {
        assert_eq!(x_0.len(), self.dim(), "{OTHER_DIMENSION}");
        self.schedule().pair(s, t, x_0)
    }

    /// `E log p(x_{t-1}|x_t)`, `t = 1 … T`.
    fn average_log_reverse(&self, t: usize, x_0: &ArrayRef1<f64>) -> f64 {
        let reverse = self.reverse();
        let bias = -&reverse.bias(t);
        let square = self.pair(t - 1, t, x_0).mean_square(1.0, -reverse.scale(t), &bias);
        average_log_normal(self.dim(), square, reverse.variance(t))
    }

    /// `E log p(x_T)`.
    fn average_log_prior(&self, x_0: &ArrayRef1<f64>) -> f64 {
        let top = self.steps();
        let square = self.pair(top, top, x_0).mean_square(0.0, 1.0, &Array1::zeros(self.dim()));
        average_log_normal(self.dim(), square, 1.0)
    }

    /// `E log N(y; E[y], v I) = -d/2 (1 + log 2πv)`: minus the entropy of a law of the encoder.
    fn average_log_own(&self, variance: f64) -> f64 {
        let d = self.dim();
        average_log_normal(d, d as f64 * variance, variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reverse;
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    /// Noise of 1e-12 a step after a first of ½: what neighbours differ by is a millionth of themselves.
    #[test]
    fn tiny_steps_keep_their_digits() {
        let fine = 1.0 - 1e-12;
        let schedule = Schedule::from_alphas(&[0.5, fine, fine, fine]).unwrap();
        let reverse = Reverse::from_schedule(&schedule, 2, 1.0, 1.5).unwrap();
        let model = Vdm::new(schedule, reverse).unwrap();
        let x_0 = array![0.8, -3.0];
        let whole = model.denoising(&x_0).elbo();
        for form in [model.path(&x_0), model.three_variable(&x_0).elbo(), model.consistency(&x_0).elbo()] {
            assert_relative_eq!(form, whole, max_relative = 1e-13);
        }
    }

    proptest! {
        /// The forms group the same logarithms in different ways; each sum is that of the path.
        #[test]
        fn every_form_adds_up_to_the_path(
            steps in prop::collection::vec((0.05..0.98f64, -1.5..1.5f64, -1.0..1.0f64, 0.05..3.0f64), 1..7),
            x_0 in -2.0..2.0f64,
        ) {
            let alphas: Vec<f64> = steps.iter().map(|s| s.0).collect();
            let bias = Array2::from_shape_fn((steps.len(), 2), |(t, j)| steps[t].2 * (1.0 + j as f64));
            let (scale, variance) = steps.iter().map(|s| (s.1, s.3)).unzip();
            let reverse = Reverse::new(scale, bias, variance).unwrap();
            let model = Vdm::new(Schedule::from_alphas(&alphas).unwrap(), reverse).unwrap();
            let x_0 = array![x_0, 0.5];
            let whole = model.path(&x_0);
            for form in [
                model.three_variable(&x_0),
                model.consistency(&x_0),
                model.denoising_log_ratio(&x_0),
                model.denoising(&x_0),
            ] {
                assert_relative_eq!(form.elbo(), whole, max_relative = 1e-10, epsilon = 1e-10);
                prop_assert_eq!(form.matching.len(), model.steps() - 1);
            }
            prop_assert!(whole <= model.log_evidence(&x_0) + 1e-9 * whole.abs().max(1.0));
        }
    }
}
