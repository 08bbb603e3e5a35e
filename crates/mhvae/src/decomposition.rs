//! The bound of a chain taken apart in two ways, and once as it is misprinted.
//!
//! Write `q_t` for `q(z_t|x)`. Both forms share the reconstruction term `E log p(x|z₁)`. They differ in which law of
//! the encoder each decoder `p(z_{t-1}|z_t)` is matched with:
//!
//! - *denoising* (Luo (58)): with the posterior `q(z_{t-1}|z_t, x)`, which knows the observation;
//! - *consistency* (Luo (45), corrected): with the bridge `r = q(z_t|z_{t-1}, z_{t+1})`, which knows both neighbours.
//!   As printed, the bridge is replaced by `q(z_t|z_{t-1})`, as if `z_t` did not depend on `z_{t+1}`. It does.
//!
//! Every average is over the joint Gaussian of the latents it depends on, in the form that keeps its digits.

use ndarray::ArrayRef1;
use prob::average::{self, Part};
use prob::{Bound, Gaussian, LinearGaussian, ProbError};

use crate::Mhvae;

impl Mhvae {
    /// `q(z_t|x)` for `t = 1 … T` at one observation `x` (`[d]`).
    ///
    /// # Panics
    /// If `x` has another dimension, as every method here.
    pub fn marginals(&self, x: &ArrayRef1<f64>) -> Vec<Gaussian> {
        let mut laws = vec![self.encoders()[0].given(x)];
        for (t, encoder) in self.encoders().iter().enumerate().skip(1) {
            laws.push(encoder.push(&laws[t - 1]));
        }
        laws
    }

    /// `E_q(z₁|x) log p(x|z₁)`, in nats.
    pub fn reconstruction(&self, x: &ArrayRef1<f64>) -> f64 {
        let q = self.encoders()[0].given(x);
        average::log_prob(&self.decoders()[0], &Part::known(x, q.dim()), &Part::of(&q, 0..q.dim()))
    }

    /// The denoising form (Luo (58)): prior matching `KL(q(z_T|x) || p(z_T))`, matching
    /// `E KL(q(z_{t-1}|z_t, x) || p(z_{t-1}|z_t))` for `t = 2 … T`.
    ///
    /// # Errors
    /// If a posterior is singular to rounding.
    pub fn denoising(&self, x: &ArrayRef1<f64>) -> Result<Bound, ProbError> {
        let q = self.marginals(x);
        let matching = (1..self.steps())
            .map(|t| {
                // q(z_t|z_{t+1}, x), counting latents from 0.
                let posterior = self.encoders()[t].bayes(&q[t - 1])?;
                Ok(average::divergence(&posterior, &self.decoders()[t], &q[t]))
            })
            .collect::<Result<_, ProbError>>()?;
        Ok(Bound {
            reconstruction: self.reconstruction(x),
            prior_matching: q[self.steps() - 1].kl_divergence(self.prior()),
            matching,
        })
    }

    /// The consistency form, corrected: prior matching `E KL(q(z_T|z_{T-1}) || p(z_T))`, matching
    /// `E [KL(r || p(z_t|z_{t+1})) - KL(r || q(z_t|z_{t-1}))]` for `t = 1 … T-1` with the bridge
    /// `r = q(z_t|z_{t-1}, z_{t+1})`.
    ///
    /// # Errors
    /// If a bridge is singular to rounding.
    pub fn consistency(&self, x: &ArrayRef1<f64>) -> Result<Bound, ProbError> {
        let q = self.marginals(x);
        let matching = (0..self.steps() - 1)
            .map(|t| {
                let (neighbours, decoder) = Neighbours::with_decoder(self, &q, t);
                let (bridge, both) = (neighbours.bridge()?, neighbours.joint());
                let to_encoder = average::divergence(&bridge, &neighbours.encoder(), &both);
                Ok(average::divergence(&bridge, &decoder, &both) - to_encoder)
            })
            .collect::<Result<_, ProbError>>()?;
        Ok(self.consistency_with(x, &q, matching))
    }

    /// The consistency form as printed in Luo (45): matching `E KL(q(z_t|z_{t-1}) || p(z_t|z_{t+1}))`. It is not the
    /// bound.
    pub fn consistency_as_printed(&self, x: &ArrayRef1<f64>) -> Bound {
        let q = self.marginals(x);
        let matching = (0..self.steps() - 1)
            .map(|t| {
                let (neighbours, decoder) = Neighbours::with_decoder(self, &q, t);
                average::divergence(&neighbours.encoder(), &decoder, &neighbours.joint())
            })
            .collect();
        self.consistency_with(x, &q, matching)
    }

    /// These matching terms with the reconstruction and the prior matching of the consistency form; `q` are the marginals.
    fn consistency_with(&self, x: &ArrayRef1<f64>, q: &[Gaussian], matching: Vec<f64>) -> Bound {
        let prior_matching = match q {
            [.., before, _] => {
                let prior = LinearGaussian::from(self.prior()).on_wider_input(before.dim(), 0);
                average::divergence(&self.encoders()[q.len() - 1], &prior, before)
            }
            _ => q[0].kl_divergence(self.prior()),
        };
        Bound { reconstruction: self.reconstruction(x), prior_matching, matching }
    }
}

/// What stands around a latent `z_t`, as functions of the stacked vector `(z_{t-1}, z_{t+1})`. At the lowest latent
/// the observation stands below, which is fixed and drops out of the vector.
struct Neighbours<'a> {
    /// The law of `z_{t-1}`, unless that is the observation.
    below: Option<&'a Gaussian>,
    /// The law of `z_t`.
    here: &'a Gaussian,
    /// `q(z_t|z_{t-1})`, on its own input.
    own: LinearGaussian,
    /// `q(z_{t+1}|z_t)`, on its own input.
    next: &'a LinearGaussian,
}

impl<'a> Neighbours<'a> {
    /// What stands around latent `t`, counting from 0, with the marginals `q`; and `p(z_t|z_{t+1})` on the same input.
    fn with_decoder(chain: &'a Mhvae, q: &'a [Gaussian], t: usize) -> (Self, LinearGaussian) {
        let (below, own) = match t.checked_sub(1) {
            Some(before) => (Some(&q[before]), chain.encoders()[t].clone()),
            None => (None, LinearGaussian::from(&q[0])),
        };
        let neighbours = Self { below, here: &q[t], own, next: &chain.encoders()[t + 1] };
        let before = neighbours.own.weight().ncols();
        let decoder = chain.decoders()[t + 1].on_wider_input(neighbours.width(), before);
        (neighbours, decoder)
    }

    /// Coordinates of `(z_{t-1}, z_{t+1})`.
    fn width(&self) -> usize {
        self.own.weight().ncols() + self.next.bias().len()
    }

    /// `q(z_t|z_{t-1})` as a function of both neighbours.
    fn encoder(&self) -> LinearGaussian {
        self.own.on_wider_input(self.width(), 0)
    }

    /// The law of `(z_{t-1}, z_{t+1})`.
    fn joint(&self) -> Gaussian {
        match self.below {
            None => self.next.push(self.here),
            Some(below) => self.own.then(self.next).joint(below),
        }
    }

    /// The bridge `q(z_t|z_{t-1}, z_{t+1})`.
    fn bridge(&self) -> Result<LinearGaussian, ProbError> {
        self.own.bridge(self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array1, Array2, array};
    use prob::numerics::minus_ln_1p;
    use proptest::prelude::*;

    /// `N(W x + b, S)` from `n` to `m` coordinates, with a variance between 0.2 and 2.
    fn step(n: usize, m: usize) -> impl Strategy<Value = LinearGaussian> {
        (prop::collection::vec(-1.5..1.5, m * n), prop::collection::vec(-1.0..1.0, m), 0.2..2.0).prop_map(
            move |(weight, bias, variance)| {
                let weight = Array2::from_shape_vec((m, n), weight).unwrap();
                LinearGaussian::new(weight, Array1::from(bias), Array2::eye(m) * variance).unwrap()
            },
        )
    }

    /// One to four latents of one to three coordinates each over one to three observed ones.
    fn chain() -> impl Strategy<Value = (Mhvae, Array1<f64>)> {
        prop::collection::vec(1usize..=3, 2..=5).prop_flat_map(|widths| {
            let up: Vec<_> = widths.windows(2).map(|w| step(w[0], w[1])).collect();
            let down: Vec<_> = widths.windows(2).map(|w| step(w[1], w[0])).collect();
            (up, down, prop::collection::vec(-2.0..2.0, widths[0]))
                .prop_map(|(up, down, x)| (Mhvae::new(up, down).unwrap(), Array1::from(x)))
        })
    }

    proptest! {
        /// Both forms are the bound of the whole path, whatever the widths.
        #[test]
        fn both_decompositions_add_up_to_the_bound((chain, x) in chain()) {
            let whole = chain.elbo(&x);
            let denoising = chain.denoising(&x).unwrap();
            let consistency = chain.consistency(&x).unwrap();
            assert_relative_eq!(denoising.elbo(), whole, max_relative = 1e-10, epsilon = 1e-10);
            assert_relative_eq!(consistency.elbo(), whole, max_relative = 1e-10, epsilon = 1e-10);
            prop_assert_eq!(denoising.matching.len(), chain.steps() - 1);
        }
    }

    /// `N(√α z, 1.01 β)` down, `N(√α z, β)` up, β from 1e-4 to 0.02 in 1000 steps, and `x = 1000`: every term against
    /// its textbook formula, in which no difference of large numbers is left.
    #[test]
    fn a_thousand_steps_far_from_the_origin_keep_their_digits() {
        let (steps, x, wider) = (1000, 1e3, 1.01);
        let betas: Vec<f64> = (0..steps).map(|i| 1e-4 + 0.0199 * f64::from(i) / 999.0).collect();
        let scales: Vec<f64> = betas.iter().map(|beta| (1.0 - beta).sqrt()).collect();
        let step = |scale, variance| LinearGaussian::isotropic(1, scale, variance).unwrap();
        let up = scales.iter().zip(&betas).map(|(&a, &b)| step(a, b)).collect();
        let down = scales.iter().zip(&betas).map(|(&a, &b)| step(a, wider * b)).collect();
        let chain = Mhvae::new(up, down).unwrap();
        let denoising = chain.denoising(&array![x]).unwrap().matching;
        let consistency = chain.consistency(&array![x]).unwrap().matching;

        // KL(N(μ, s) ‖ N(ν, v)) averaged, from s and E (μ - ν)².
        let divergence = |s: f64, v: f64, square: f64| 0.5 * (minus_ln_1p((s - v) / v) + square / v);
        // Mean and variance of z_{t-1} and z_t, from t = 1; x itself has no variance.
        let (mut below, mut mean, mut variance) = ((x, 0.0), x * scales[0], betas[0]);
        for t in 0..betas.len() - 1 {
            let (scale, beta, next, next_beta) = (scales[t], betas[t], scales[t + 1], betas[t + 1]);
            // q(z_t|z_{t+1}, x) at the mean of z_{t+1} has that of z_t; from there its mean and the decoder's move apart.
            let above = next * next * variance + next_beta;
            let left = next_beta * variance / above;
            let (off, tilt) = (mean * next_beta, next * next_beta * (mean / x).powi(2) / above);
            let expected = divergence(left, wider * next_beta, off * off + tilt * tilt * above);
            assert_relative_eq!(denoising[t], expected, max_relative = 1e-10);

            // The bridge's mean is √α z_{t-1} + gain (noise of the two steps); the decoder's is off by k z_{t-1} and tilt.
            let two_steps = next * next * beta + next_beta;
            let (gain, left) = (next * beta / two_steps, beta * next_beta / two_steps);
            let (tilt, k) = (gain - next, scale * next_beta);
            let to_decoder = (k * below.0).powi(2) + k * k * below.1 + tilt * tilt * two_steps;
            let to_encoder = divergence(left, beta, gain * gain * two_steps);
            let expected = divergence(left, wider * next_beta, to_decoder) - to_encoder;
            assert_relative_eq!(consistency[t], expected, max_relative = 1e-10);

            below = (mean, variance);
            (mean, variance) = (next * mean, above);
        }
    }

    /// A decoder and an encoder of variance 1e-12, far from the origin: the path's average has the digits of the terms.
    #[test]
    fn narrow_laws_cost_no_digits() {
        let step = |scale, variance| LinearGaussian::isotropic(1, scale, variance).unwrap();
        let up = vec![step(0.5, 1e-12), step(0.8, 0.3)];
        let chain = Mhvae::new(up, vec![step(2.0, 1e-12), step(1.25, 0.5)]).unwrap();
        let x = array![300.7];
        // E (x - 2 z_1)² = 4e-12, E (z_1 - 1.25 z_2)² = 1.25² · 0.3, z_2 ~ N(0.4 x, 0.3); two entropies give 1 + log 2π.
        let expected = 1.0
            - 0.5
                * (std::f64::consts::TAU.ln() + 4.0 + 0.9375 + (0.5f64 / 0.3).ln() + 120.28f64.powi(2) + 0.3);
        assert_relative_eq!(chain.elbo(&x), expected, max_relative = 1e-13);
        assert_relative_eq!(chain.denoising(&x).unwrap().elbo(), expected, max_relative = 1e-13);
        assert_relative_eq!(chain.consistency(&x).unwrap().elbo(), expected, max_relative = 1e-13);
    }

    /// The smallest case of Luo (45): α = (0.9, 0.7, 0.5), x = 0.8, p = N(0.6 z, 0.3).
    #[test]
    fn printed_consistency_terms_are_off_by_the_stated_amount() {
        let up = [0.9f64, 0.7, 0.5].map(|a| LinearGaussian::isotropic(1, a.sqrt(), 1.0 - a).unwrap());
        let down = [(); 3].map(|()| LinearGaussian::isotropic(1, 0.6, 0.3).unwrap());
        let chain = Mhvae::new(up.to_vec(), down.to_vec()).unwrap();
        let true_terms = chain.consistency(&array![0.8]).unwrap().matching;
        let printed = chain.consistency_as_printed(&array![0.8]).matching;
        for (t, (value, as_printed)) in [(0.508728, 0.676060), (0.227157, 0.651421)].into_iter().enumerate() {
            assert_relative_eq!(true_terms[t], value, epsilon = 5e-7);
            assert_relative_eq!(printed[t], as_printed, epsilon = 5e-7);
        }
    }
}
