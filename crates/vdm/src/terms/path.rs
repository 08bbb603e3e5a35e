//! The bound as log-ratios: of the whole path, Luo (41), and grouped into terms, Luo (44) and (57).

use ndarray::ArrayRef1;
use prob::Bound;

use crate::Vdm;

impl Vdm {
    /// `E_q [log p(x_{0:T}) - log q(x_{1:T}|x_0)]` in nats, summed over the factors of the path (Luo (41)); `x_0` is
    /// `[d]`.
    ///
    /// # Panics
    /// If `x_0` has another dimension, as every term here.
    pub fn path(&self, x_0: &ArrayRef1<f64>) -> f64 {
        let steps = 1..=self.steps();
        let reverse: f64 = steps.clone().map(|t| self.average_log_reverse(t, x_0)).sum();
        let forward: f64 = steps.map(|t| self.average_log_own(self.schedule().beta(t))).sum();
        self.average_log_prior(x_0) + reverse - forward
    }

    /// The three-variable form, Luo (44): prior `-E log p(x_T)/q(x_T|x_{T-1})`, matching
    /// `-E log p(x_t|x_{t+1})/q(x_t|x_{t-1})` for `t = 1 … T-1`.
    pub fn three_variable(&self, x_0: &ArrayRef1<f64>) -> Bound {
        let forward = |t| self.average_log_own(self.schedule().beta(t));
        Bound {
            reconstruction: self.reconstruction(x_0),
            prior_matching: forward(self.steps()) - self.average_log_prior(x_0),
            matching: (1..self.steps()).map(|t| forward(t) - self.average_log_reverse(t + 1, x_0)).collect(),
        }
    }

    /// The denoising form before its divergences are formed, Luo (57): prior `-E log p(x_T)/q(x_T|x_0)`, matching
    /// `-E log p(x_{t-1}|x_t)/q(x_{t-1}|x_t, x_0)` for `t = 2 … T`.
    pub fn denoising_log_ratio(&self, x_0: &ArrayRef1<f64>) -> Bound {
        let posterior = |t| self.average_log_own(self.schedule().posterior_variance(t));
        let marginal = self.average_log_own(self.schedule().noise_variance(self.steps()));
        Bound {
            reconstruction: self.reconstruction(x_0),
            prior_matching: marginal - self.average_log_prior(x_0),
            matching: (2..=self.steps()).map(|t| posterior(t) - self.average_log_reverse(t, x_0)).collect(),
        }
    }
}
