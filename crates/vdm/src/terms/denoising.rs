//! The denoising form, Luo (58): each reverse step is matched with the posterior that knows the observation.

use ndarray::ArrayRef1;
use prob::Bound;

use crate::matching::{divergence_from_prior, isotropic_divergence};
use crate::{Schedule, Vdm};

impl Schedule {
    /// `KL(q(x_T|x_0) || N(0, I)) = ½ (ᾱ_T |x_0|² + d (-ᾱ_T - log(1-ᾱ_T)))` in nats; `x_0` is `[d]`. It falls to 0
    /// with `ᾱ_T` and there is nothing in it to learn.
    pub fn prior_matching(&self, x_0: &ArrayRef1<f64>) -> f64 {
        let (alpha_bar, log_noise) = (self.alpha_bar(self.steps()), self.log_noise_variance(self.steps()));
        divergence_from_prior(x_0.len(), x_0.dot(x_0), alpha_bar, log_noise)
    }
}

impl Vdm {
    /// Prior `KL(q(x_T|x_0) || p(x_T))`, matching `E KL(q(x_{t-1}|x_t, x_0) || p(x_{t-1}|x_t))` for `t = 2 … T`, Luo (58),
    /// in nats; `x_0` is `[d]`.
    ///
    /// # Panics
    /// If `x_0` has another dimension.
    pub fn denoising(&self, x_0: &ArrayRef1<f64>) -> Bound {
        Bound {
            reconstruction: self.reconstruction(x_0),
            prior_matching: self.schedule().prior_matching(x_0),
            matching: (2..=self.steps()).map(|t| self.denoising_matching(t, x_0)).collect(),
        }
    }

    /// `E ½ (|μ_q - μ_θ|²/v + d (σ_q²/v - 1 - log(σ_q²/v)))` with
    /// `μ_q - μ_θ = (of_x_t - scale_t) x_t + of_x_0 x_0 - bias_t`.
    fn denoising_matching(&self, t: usize, x_0: &ArrayRef1<f64>) -> f64 {
        let (schedule, reverse) = (self.schedule(), self.reverse());
        let (of_x_t, of_x_0) = schedule.posterior_mean_coefficients(t);
        let constant = &x_0.view() * of_x_0 - reverse.bias(t);
        let square = self.pair(t, t, x_0).mean_square(0.0, of_x_t - reverse.scale(t), &constant);
        isotropic_divergence(self.dim(), square, schedule.posterior_variance(t), reverse.variance(t))
    }
}
