//! The consistency form, Luo (45), as it is and as it is printed: each reverse step is matched with a law of the
//! encoder that knows both neighbours, the bridge.

use ndarray::{Array1, ArrayRef1};
use prob::Bound;

use crate::matching::isotropic_divergence;
use crate::{Schedule, Vdm};

/// The bridge `r = q(x_t | x_{t-1}, x_{t+1}) = N(of_below x_{t-1} + of_above x_{t+1}, variance I)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bridge {
    /// `√α_t (1-α_{t+1}) / (1 - α_t α_{t+1})`.
    pub of_below: f64,
    /// `√α_{t+1} (1-α_t) / (1 - α_t α_{t+1})`.
    pub of_above: f64,
    /// `(1-α_t)(1-α_{t+1}) / (1 - α_t α_{t+1})`.
    pub variance: f64,
}

impl Schedule {
    /// The bridge at `t = 1 … T-1`: the product of `q(x_t|x_{t-1})` and `q(x_{t+1}|x_t)`, normalised. It still depends on
    /// `x_{t+1}`, which the misprint forgets.
    ///
    /// # Panics
    /// If there is no step `t` or none after it.
    pub fn bridge(&self, t: usize) -> Bridge {
        // 1 - α_t α_{t+1}, as a sum in which nothing cancels.
        let rest = self.beta(t) * self.alpha(t + 1) + self.beta(t + 1);
        Bridge {
            of_below: self.alpha(t).sqrt() * self.beta(t + 1) / rest,
            of_above: self.alpha(t + 1).sqrt() * self.beta(t) / rest,
            variance: self.beta(t) * self.beta(t + 1) / rest,
        }
    }
}

impl Vdm {
    /// Prior `E KL(q(x_T|x_{T-1}) || p(x_T))`, matching `E [KL(r || p(x_t|x_{t+1})) - KL(r || q(x_t|x_{t-1}))]` for
    /// `t = 1 … T-1` with the [`Bridge`] `r`: Luo (45), corrected, in nats; `x_0` is `[d]`.
    ///
    /// # Panics
    /// If `x_0` has another dimension, as every term here.
    pub fn consistency(&self, x_0: &ArrayRef1<f64>) -> Bound {
        self.consistency_with(x_0, |t| {
            let (schedule, bridge) = (self.schedule(), self.schedule().bridge(t));
            let pair = self.pair(t - 1, t + 1, x_0);
            // KL(r || q): both means are multiples of x_{t-1} and x_{t+1}.
            let of_below = bridge.of_below - schedule.alpha(t).sqrt();
            let square = pair.mean_square(of_below, bridge.of_above, &Array1::zeros(self.dim()));
            let to_encoder = isotropic_divergence(self.dim(), square, bridge.variance, schedule.beta(t));
            self.match_with_decoder(t, x_0, bridge) - to_encoder
        })
    }

    /// The same with matching `E KL(q(x_t|x_{t-1}) || p(x_t|x_{t+1}))`: Luo (45) as printed. It is not the bound. With
    /// `p(x_t|x_{t+1}) = N(m x_{t+1}, v)` term `t` is too large by `d m √α_{t+1} (1-α_t)/v`.
    pub fn consistency_as_printed(&self, x_0: &ArrayRef1<f64>) -> Bound {
        let schedule = self.schedule();
        self.consistency_with(x_0, |t| {
            let encoder =
                Bridge { of_below: schedule.alpha(t).sqrt(), of_above: 0.0, variance: schedule.beta(t) };
            self.match_with_decoder(t, x_0, encoder)
        })
    }

    /// `E KL(r || p(x_t|x_{t+1}))` over `x_{t-1}` and `x_{t+1}`, for any `r` that is linear in them.
    fn match_with_decoder(&self, t: usize, x_0: &ArrayRef1<f64>, r: Bridge) -> f64 {
        let reverse = self.reverse();
        let bias = -&reverse.bias(t + 1);
        let pair = self.pair(t - 1, t + 1, x_0);
        let square = pair.mean_square(r.of_below, r.of_above - reverse.scale(t + 1), &bias);
        isotropic_divergence(self.dim(), square, r.variance, reverse.variance(t + 1))
    }

    /// What both share: reconstruction, prior `E KL(q(x_T|x_{T-1}) || N(0, I))`, and a term for each `t = 1 … T-1`.
    fn consistency_with(&self, x_0: &ArrayRef1<f64>, term: impl Fn(usize) -> f64) -> Bound {
        let (schedule, top) = (self.schedule(), self.steps());
        let before = self.pair(top - 1, top - 1, x_0);
        let square = before.mean_square(0.0, schedule.alpha(top).sqrt(), &Array1::zeros(self.dim()));
        Bound {
            reconstruction: self.reconstruction(x_0),
            prior_matching: isotropic_divergence(self.dim(), square, schedule.beta(top), 1.0),
            matching: (1..top).map(term).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Reverse, Schedule, Vdm};
    use approx::assert_relative_eq;
    use ndarray::array;

    /// The smallest case of Luo (45): α = (0.9, 0.7, 0.5), x_0 = 0.8, p = N(0.6 x, 0.3).
    #[test]
    fn printed_terms_are_off_by_the_stated_amount() {
        let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5]).unwrap();
        let reverse = Reverse::unbiased(1, vec![0.6; 3], vec![0.3; 3]).unwrap();
        let model = Vdm::new(schedule, reverse).unwrap();
        let (true_terms, printed) =
            (model.consistency(&array![0.8]).matching, model.consistency_as_printed(&array![0.8]).matching);
        for (t, (value, as_printed)) in [(0.508728, 0.676060), (0.227157, 0.651421)].into_iter().enumerate() {
            assert_relative_eq!(true_terms[t], value, epsilon = 5e-7);
            assert_relative_eq!(printed[t], as_printed, epsilon = 5e-7);
        }
        assert_relative_eq!(model.path(&array![0.8]), -1.6006629618501274, max_relative = 1e-13);
    }
}
