//! The bound of a chain taken apart in two ways, and once as it is misprinted.
//!
//! Write `q_t` for `q(z_t|x)`. Both forms share the reconstruction term `E log p(x|z₁)`. They differ in which law of
//! the encoder each decoder `p(z_{t-1}|z_t)` is matched with:
//!
//! - *denoising* (Luo (58)): with the posterior `q(z_{t-1}|z_t, x)`, which knows the observation;
//! - *consistency* (Luo (45), corrected): with the bridge `r = q(z_t|z_{t-1}, z_{t+1})`, which knows both neighbours.
//!   As printed, the bridge is replaced by `q(z_t|z_{t-1})`, as if `z_t` did not depend on `z_{t+1}`. It does.
//!
//! Every average is that of a [`Quadratic`] under the joint Gaussian of the latents it depends on.

use ndarray::{ArrayRef1, Axis, concatenate};
use prob::{Bound, Gaussian, LinearGaussian, ProbError, Quadratic};

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
        let (q, decoder) = (self.encoders()[0].given(x), &self.decoders()[0]);
        // log p at the mean, less what the spread of z₁ costs: ½ tr(R⁻¹ V S Vᵀ).
        let spread = decoder.factor().whiten_columns(&decoder.weight().dot(q.factor().lower()));
        decoder.given(q.mean()).log_prob(x) - 0.5 * spread.mapv(|v| v * v).sum()
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
                Ok(Quadratic::kl_divergence(&posterior, &self.decoders()[t]).expectation(&q[t]))
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
        self.consistency_with(x, |neighbours, decoder| {
            let bridge = neighbours.bridge()?;
            let to_decoder = Quadratic::kl_divergence(&bridge, decoder);
            let to_encoder = Quadratic::kl_divergence(&bridge, &neighbours.encoder);
            Ok((to_decoder - to_encoder).expectation(&neighbours.joint()?))
        })
    }

    /// The consistency form as printed in Luo (45): matching `E KL(q(z_t|z_{t-1}) || p(z_t|z_{t+1}))`. It is not the
    /// bound.
    ///
    /// # Errors
    /// If a joint law is singular to rounding.
    pub fn consistency_as_printed(&self, x: &ArrayRef1<f64>) -> Result<Bound, ProbError> {
        self.consistency_with(x, |neighbours, decoder| {
            Ok(Quadratic::kl_divergence(&neighbours.encoder, decoder).expectation(&neighbours.joint()?))
        })
    }

    /// Reconstruction and prior matching of the consistency form, with the matching terms that `term` makes of two
    /// neighbours and the decoder between them, on their common input.
    fn consistency_with(
        &self,
        x: &ArrayRef1<f64>,
        term: impl Fn(&Neighbours, &LinearGaussian) -> Result<f64, ProbError>,
    ) -> Result<Bound, ProbError> {
        let q = self.marginals(x);
        let top = self.steps() - 1;
        let prior_matching = if top == 0 {
            q[0].kl_divergence(self.prior())
        } else {
            let prior = LinearGaussian::from(self.prior()).on_wider_input(q[top - 1].dim(), 0);
            Quadratic::kl_divergence(&self.encoders()[top], &prior).expectation(&q[top - 1])
        };
        let matching = (0..top)
            .map(|t| {
                let neighbours = Neighbours::of(self, &q, t);
                let decoder = self.decoders()[t + 1]
                    .on_wider_input(neighbours.width(), neighbours.below.as_ref().map_or(0, Gaussian::dim));
                term(&neighbours, &decoder)
            })
            .collect::<Result<_, ProbError>>()?;
        Ok(Bound { reconstruction: self.reconstruction(x), prior_matching, matching })
    }
}

/// What stands around a latent `z_t`, as functions of the stacked vector `(z_{t-1}, z_{t+1})`. At the lowest latent
/// the observation stands below, which is fixed and drops out of the vector.
struct Neighbours {
    /// The law of `z_{t-1}`, unless that is the observation.
    below: Option<Gaussian>,
    /// The law of `z_t`, where nothing random stands below.
    here: Gaussian,
    /// `q(z_t|z_{t-1})`.
    encoder: LinearGaussian,
    /// `q(z_{t+1}|z_t)`, on its own input.
    next: LinearGaussian,
}

impl Neighbours {
    /// Around latent `t`, counting from 0, with the marginals `q`.
    fn of(chain: &Mhvae, q: &[Gaussian], t: usize) -> Self {
        let next = chain.encoders()[t + 1].clone();
        let above = next.bias().len();
        let (below, encoder) = match t.checked_sub(1) {
            Some(before) => (Some(q[before].clone()), chain.encoders()[t].clone()),
            None => (None, LinearGaussian::from(&q[0])),
        };
        let width = below.as_ref().map_or(0, Gaussian::dim) + above;
        Self { below, here: q[t].clone(), encoder: encoder.on_wider_input(width, 0), next }
    }

    /// Coordinates of `(z_{t-1}, z_{t+1})`.
    fn width(&self) -> usize {
        self.encoder.weight().ncols()
    }

    /// The law of `(z_{t-1}, z_{t+1})`.
    fn joint(&self) -> Result<Gaussian, ProbError> {
        match &self.below {
            None => Ok(self.next.push(&self.here)),
            Some(below) => {
                let own_input: Vec<usize> = (0..below.dim()).collect();
                let encoder = LinearGaussian::new(
                    self.encoder.weight().select(Axis(1), &own_input),
                    self.encoder.bias().clone(),
                    self.encoder.covariance().clone(),
                )?;
                Ok(encoder.then(&self.next).joint(below))
            }
        }
    }

    /// The bridge `q(z_t|z_{t-1}, z_{t+1})`, by Bayes' rule with `q(z_t|z_{t-1})` as prior:
    /// precision `S⁻¹ + V'R⁻¹V`, mean `P (S⁻¹ (W z_{t-1} + b) + V'R⁻¹ (z_{t+1} - a))`.
    fn bridge(&self) -> Result<LinearGaussian, ProbError> {
        // The posterior is linear in the prior's mean too; the weight on that mean is I - K V.
        let prior = Gaussian::new(self.encoder.bias().clone(), self.encoder.covariance().clone())?;
        let posterior = self.next.bayes(&prior)?;
        let gain = posterior.weight();
        let kept = ndarray::Array2::eye(prior.dim()) - gain.dot(self.next.weight());
        let below = self.width() - gain.ncols();
        let own_input: Vec<usize> = (0..below).collect();
        let of_below = kept.dot(&self.encoder.weight().select(Axis(1), &own_input));
        LinearGaussian::new(
            concatenate![Axis(1), of_below, *gain],
            posterior.bias().clone(),
            posterior.covariance().clone(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array1, Array2, array};
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
            let whole = chain.elbo(&x).unwrap();
            let denoising = chain.denoising(&x).unwrap();
            let consistency = chain.consistency(&x).unwrap();
            assert_relative_eq!(denoising.elbo(), whole, max_relative = 1e-10, epsilon = 1e-10);
            assert_relative_eq!(consistency.elbo(), whole, max_relative = 1e-10, epsilon = 1e-10);
            prop_assert_eq!(denoising.matching.len(), chain.steps() - 1);
        }
    }

    /// The smallest case of Luo (45): α = (0.9, 0.7, 0.5), x = 0.8, p = N(0.6 z, 0.3).
    #[test]
    fn printed_consistency_terms_are_off_by_the_stated_amount() {
        let up = [0.9f64, 0.7, 0.5].map(|a| LinearGaussian::isotropic(1, a.sqrt(), 1.0 - a).unwrap());
        let down = [(); 3].map(|()| LinearGaussian::isotropic(1, 0.6, 0.3).unwrap());
        let chain = Mhvae::new(up.to_vec(), down.to_vec()).unwrap();
        let true_terms = chain.consistency(&array![0.8]).unwrap().matching;
        let printed = chain.consistency_as_printed(&array![0.8]).unwrap().matching;
        for (t, (value, as_printed)) in [(0.508728, 0.676060), (0.227157, 0.651421)].into_iter().enumerate() {
            assert_relative_eq!(true_terms[t], value, epsilon = 5e-7);
            assert_relative_eq!(printed[t], as_printed, epsilon = 5e-7);
        }
    }
}
