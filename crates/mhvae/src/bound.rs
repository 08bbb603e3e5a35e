//! The bound by Monte Carlo, for any chain of conditionals.

use montecarlo::{Estimate, Moments, MonteCarlo};
use ndarray::{Array1, Array2};
use prob::Conditional;
use rand_chacha::ChaCha8Rng;

use crate::path::PathTerms;

/// `ELBO = reconstruction - prior_matching - Σ matching`, in the three pieces of Luo (44) by Monte Carlo, in nats. The bound
/// has a standard error of its own, because all terms share their paths.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundEstimate {
    /// Estimate of `E log p(x|z₁)`.
    pub reconstruction: Estimate,
    /// Estimate of `E [log q(z_T|z_{T-1}) - log p(z_T)]`.
    pub prior_matching: Estimate,
    /// Estimates of `E [log q(z_t|z_{t-1}) - log p(z_t|z_{t+1})]` for `t = 1 … T-1`.
    pub matching: Vec<Estimate>,
    /// Estimate of the bound.
    pub elbo: Estimate,
}

/// Estimates the bound of the chain of these conditionals, both lists from `x` upwards, averaged over observations drawn by
/// `observe(rng, n)` (`[n, d]`): one path for each observation. `progress` hears the number of samples done.
///
/// Nothing is used in closed form: every term but the first is the average of a log-ratio.
///
/// # Panics
/// If the lists have different lengths or none, the shapes do not fit, or `plan` asks for no samples.
pub fn estimate_bound<C: Conditional + Sync>(
    encoders: &[C],
    decoders: &[C],
    observe: impl Fn(&mut ChaCha8Rng, usize) -> Array2<f64> + Sync,
    plan: &MonteCarlo,
    progress: &(dyn Fn(u64) + Sync),
) -> BoundEstimate {
    let moments = |values: &Array1<f64>| values.iter().copied().collect::<Moments>();
    let (ends, matching) = plan.run(progress, |rng, n| {
        let x = observe(rng, n);
        let terms = PathTerms::draw(encoders, decoders, &x, rng);
        let ends = [&terms.reconstruction, &terms.prior_matching, &terms.log_weights()].map(moments);
        (ends, terms.matching.iter().map(moments).collect::<Vec<_>>())
    });
    let [reconstruction, prior_matching, elbo] = ends.map(|term| term.estimate());
    let matching = matching.iter().map(Moments::estimate).collect();
    BoundEstimate { reconstruction, prior_matching, matching, elbo }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mhvae;
    use approx::assert_relative_eq;
    use montecarlo::{StatisticalTest, Streams};
    use ndarray::array;
    use prob::LinearGaussian;

    /// Against the algebra of joint Gaussians; false alarms 1e-9 a term. The bound's paths are those of its terms.
    #[test]
    fn every_term_is_the_mean_of_what_it_says() {
        let law = |w: f64, b: f64, v: f64| LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap();
        let up = vec![law(0.4, 0.1, 0.3), law(-0.7, 0.2, 0.5), law(0.9, 0.0, 0.4)];
        let down = vec![law(0.8, 0.0, 0.2), law(-0.5, 0.1, 0.6), law(0.6, -0.2, 0.5)];
        let chain = Mhvae::new(up, down).unwrap();
        let plan = MonteCarlo::new(20_000, Streams::new(3));
        let observe = |_: &mut ChaCha8Rng, n| Array2::from_elem((n, 1), 0.8);
        let found = estimate_bound(chain.encoders(), chain.decoders(), observe, &plan, &|_| ());
        let exact = chain.consistency(&array![0.8]).unwrap();
        let test = StatisticalTest::default();
        assert!(test.mean(&found.reconstruction, exact.reconstruction).holds);
        assert!(test.mean(&found.prior_matching, exact.prior_matching).holds);
        assert_eq!(found.matching.len(), 2);
        for (found, exact) in found.matching.iter().zip(&exact.matching) {
            assert!(test.mean(found, *exact).holds, "{found} for {exact}");
        }
        assert!(test.mean(&found.elbo, chain.elbo(&array![0.8])).holds);
        let sum = found.matching.iter().fold(found.prior_matching.mean, |sum, term| sum + term.mean);
        assert_relative_eq!(found.elbo.mean, found.reconstruction.mean - sum, max_relative = 1e-12);
    }
}
