//! Amortised against per-sample inference: one encoder for all observations, or the best `q` for each.
//!
//! For a fixed decoder three numbers stand in order, `ELBO(encoder) ≤ ELBO(best q for x) ≤ log p(x)`. The first distance is
//! the amortisation gap, the second the approximation gap, both together the inference gap
//! (Cremer, Li and Duvenaud 2018). One latent, so that every number is a quadrature.

use montecarlo::{Estimate, Moments};
use ndarray::{Array2, ArrayRef1, ArrayRef2, Axis, Zip};
use nn::{GaussianMlp, Tape};
use prob::diagonal::{kl_to_standard_normal, log_normal};
use prob::{Bound, GaussHermite};
use vae::Vae;

use crate::evidence::{NotConverged, log_evidence};

/// `q(z) = N(m, e^v)` of one latent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Posterior {
    /// `m`.
    pub mean: f64,
    /// `v = log σ²`.
    pub log_var: f64,
}

/// The bound at one observation as a function of its own `q`, the average over `q` by a Gauss–Hermite rule.
#[derive(Debug)]
pub struct PerSample<'a> {
    decoder: &'a GaussianMlp,
    nodes: Vec<(f64, f64)>,
    tape: Tape,
    gradient: nn::Gradient,
}

impl<'a> PerSample<'a> {
    /// The bound for this decoder, which must have a variance that is fixed, by a rule of `nodes` nodes.
    ///
    /// # Panics
    /// If the decoder has more than one latent or learns its variance.
    pub fn new(decoder: &'a GaussianMlp, nodes: usize) -> Self {
        assert_eq!(decoder.net().input_dim(), 1, "per-sample inference is for one latent");
        assert!(!decoder.learns_variance(), "the variance of the decoder must be fixed");
        let nodes: Vec<(f64, f64)> = GaussHermite::new(nodes).nodes().collect();
        let (tape, gradient) = (decoder.net().tape(nodes.len()), decoder.net().gradient());
        Self { decoder, nodes, tape, gradient }
    }

    /// Both terms of the bound at `x` (`[d]`) in nats, and its derivatives by `m` and by `v`. With `z = m + σ ε` they are
    /// `E ∂_z log p(x|z) - m` and `½ (E σ ε ∂_z log p(x|z) - σ² + 1)`.
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn bound_and_gradient(&mut self, x: &ArrayRef1<f64>, q: Posterior) -> (Bound, [f64; 2]) {
        let sigma = (0.5 * q.log_var).exp();
        let z = Array2::from_shape_fn((self.nodes.len(), 1), |(i, _)| q.mean + sigma * self.nodes[i].0);
        let (mean, log_var) = self.decoder.heads(self.decoder.net().forward_on(&z, &mut self.tape).view());
        let rows = x.broadcast(mean.dim()).expect("an observation of the decoder's width");
        let mut slope = Array2::zeros(mean.dim());
        let mut reconstruction = 0.0;
        for (i, &(_, weight)) in self.nodes.iter().enumerate() {
            Zip::from(slope.row_mut(i)).and(mean.row(i)).and(log_var.row(i)).and(rows.row(i)).for_each(
                |slope, mean, log_var, x| {
                    reconstruction += weight * log_normal(x - mean, *log_var);
                    *slope = weight * (x - mean) * (-log_var).exp();
                },
            );
        }
        let by_z = self.decoder.net().backward(&mut self.tape, &slope, &mut self.gradient);
        let by_mean = by_z.sum();
        let by_sigma: f64 = by_z.iter().zip(&self.nodes).map(|(by_z, (eps, _))| by_z * eps).sum();
        let prior_matching = kl_to_standard_normal(q.mean, q.log_var);
        let gradient = [by_mean - q.mean, 0.5 * (sigma * by_sigma - q.log_var.exp_m1())];
        (Bound { reconstruction, prior_matching, matching: vec![] }, gradient)
    }

    /// The best `q` that gradient ascent finds at `x` (`[d]`) from `start`, and its bound in nats: never below that of
    /// the start.
    ///
    /// Steps are measured by the Fisher information of `N(m, e^v)`, `1/σ²` for `m` and ½ for `v` (Amari 1998):
    /// `m ← m + η σ² ∂_m`, `v ← v + 2 η ∂_v`; `η` is halved until the bound rises, and doubled, up to 1, when it did.
    ///
    /// # Panics
    /// If `x` has another dimension.
    pub fn ascend(&mut self, x: &ArrayRef1<f64>, start: Posterior, steps: usize) -> (Posterior, f64) {
        let (mut q, mut eta) = (start, 0.5);
        let (bound, mut gradient) = self.bound_and_gradient(x, q);
        let mut elbo = bound.elbo();
        for _ in 0..steps {
            let next = Posterior {
                mean: q.mean + eta * q.log_var.exp() * gradient[0],
                log_var: q.log_var + 2.0 * eta * gradient[1],
            };
            let (bound, at_next) = self.bound_and_gradient(x, next);
            if bound.elbo() > elbo {
                (q, elbo, gradient) = (next, bound.elbo(), at_next);
                eta = f64::min(2.0 * eta, 1.0);
            } else {
                eta *= 0.5;
            }
        }
        (q, elbo)
    }
}

/// The three numbers of one observation, in nats, and the two posteriors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inference {
    /// `q(z|x)`, what the encoder says.
    pub amortised: Posterior,
    /// Its bound.
    pub amortised_bound: f64,
    /// The best `q`.
    pub per_sample: Posterior,
    /// Its bound.
    pub per_sample_bound: f64,
    /// `log p(x)`.
    pub log_evidence: f64,
}

/// Amortised and per-sample inference at each row of `x` (`[n, d]`), by `steps` steps of ascent from the encoder's answer
/// with a rule of `nodes` nodes.
///
/// # Errors
/// If the evidence of a row cannot be found by quadrature.
///
/// # Panics
/// As [`PerSample::new`], or if `x` has another dimension.
pub fn infer(
    vae: &Vae,
    x: &ArrayRef2<f64>,
    steps: usize,
    nodes: usize,
) -> Result<Vec<Inference>, NotConverged> {
    let mut own = PerSample::new(&vae.decoder, nodes);
    let (mean, log_var) = vae.encoder.mean_and_log_var(x);
    x.axis_iter(Axis(0))
        .enumerate()
        .map(|(i, x)| {
            let amortised = Posterior { mean: mean[[i, 0]], log_var: log_var[[i, 0]] };
            let amortised_bound = own.bound_and_gradient(&x, amortised).0.elbo();
            let (per_sample, per_sample_bound) = own.ascend(&x, amortised, steps);
            let log_evidence = log_evidence(&vae.decoder, &x)?;
            Ok(Inference { amortised, amortised_bound, per_sample, per_sample_bound, log_evidence })
        })
        .collect()
}

/// Gaps averaged over observations, in nats, with standard errors as estimates for the law of the observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaps {
    /// `E log p(x)`.
    pub log_evidence: Estimate,
    /// `ELBO(best q) - ELBO(encoder)`.
    pub amortisation: Estimate,
    /// `log p(x) - ELBO(best q)`: what no Gaussian `q` can say.
    pub approximation: Estimate,
    /// `log p(x) - ELBO(encoder)`, the sum of both.
    pub inference: Estimate,
}

/// The average gaps.
pub fn gaps(inferences: &[Inference]) -> Gaps {
    let average = |f: fn(&Inference) -> f64| inferences.iter().map(f).collect::<Moments>().estimate();
    Gaps {
        log_evidence: average(|i| i.log_evidence),
        amortisation: average(|i| i.per_sample_bound - i.amortised_bound),
        approximation: average(|i| i.log_evidence - i.per_sample_bound),
        inference: average(|i| i.log_evidence - i.amortised_bound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::Streams;
    use ndarray::{Array1, array};
    use nn::{Variance, gradient_check};
    use prob::LinearGaussian;
    use proptest::prelude::*;
    use vae::LinearVae;

    fn decoder(seed: u64, hidden: &[usize]) -> GaussianMlp {
        GaussianMlp::new(1, hidden, 2, Variance::Fixed(0.3), &mut Streams::new(seed).rng(0))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_gradient_is_that_of_the_bound(
            seed: u64, mean in -2.0..2.0f64, log_var in -3.0..1.0f64, x in prop::array::uniform2(-2.0..2.0f64),
        ) {
            let (decoder, x) = (decoder(seed, &[5]), Array1::from_iter(x));
            let mut own = PerSample::new(&decoder, 12);
            let (_, gradient) = own.bound_and_gradient(&x, Posterior { mean, log_var });
            let bound = |q: &[f64]| {
                own.bound_and_gradient(&x, Posterior { mean: q[0], log_var: q[1] }).0.elbo()
            };
            prop_assert!(gradient_check(bound, &[mean, log_var], &gradient) < 1e-7);
        }
    }

    /// A decoder without hidden layers: the best `q` is the exact posterior, and its bound the evidence.
    #[test]
    fn ascent_finds_the_posterior_of_a_linear_decoder() {
        let decoder = decoder(1, &[]);
        let layer = &decoder.net().layers()[0];
        let law = LinearGaussian::new(layer.weight.t().to_owned(), layer.bias.clone(), Array2::eye(2) * 0.3)
            .unwrap();
        let unused = LinearGaussian::new(Array2::zeros((1, 2)), array![0.0], array![[1.0]]).unwrap();
        let exact = LinearVae::new(unused, law).unwrap();
        let x = array![0.8, -1.5];
        let posterior = exact.posterior().unwrap().given(&x);
        let (q, bound) = PerSample::new(&decoder, 5).ascend(&x, Posterior { mean: 3.0, log_var: 1.0 }, 100);
        assert_relative_eq!(q.mean, posterior.mean()[0], epsilon = 1e-6);
        assert_relative_eq!(q.log_var.exp(), posterior.covariance()[[0, 0]], epsilon = 1e-6);
        assert_relative_eq!(bound, exact.log_evidence(&x), max_relative = 1e-11);
    }

    /// The order of the three bounds for networks at random weights; the parts of the gap add up.
    #[test]
    fn the_bounds_stand_in_order() {
        let vae = Vae::new(2, &[6], 1, Variance::Fixed(0.3), &mut Streams::new(2).rng(0));
        let x = array![[0.5, 0.2], [-1.0, 1.5], [2.0, -0.3]];
        let found = infer(&vae, &x, 60, 40).unwrap();
        for at in &found {
            assert!(at.amortised_bound + 1e-3 < at.per_sample_bound, "{at:?}");
            assert!(at.per_sample_bound < at.log_evidence + 1e-9, "{at:?}");
        }
        let gaps = gaps(&found);
        assert_relative_eq!(
            gaps.inference.mean,
            gaps.amortisation.mean + gaps.approximation.mean,
            max_relative = 1e-12
        );
    }

    /// Where the exact posterior is Gaussian nothing is lost by approximation, and all by amortisation.
    #[test]
    fn the_gap_of_a_linear_decoder_is_amortisation() {
        let mut vae = Vae::new(2, &[6], 1, Variance::Fixed(0.3), &mut Streams::new(3).rng(0));
        vae.decoder = decoder(1, &[]);
        let found = gaps(&infer(&vae, &array![[0.5, 0.2], [-1.0, 1.5]], 100, 8).unwrap());
        assert!(found.amortisation.mean > 0.1, "{}", found.amortisation);
        assert!(found.approximation.mean.abs() < 1e-9, "{}", found.approximation);
    }
}
