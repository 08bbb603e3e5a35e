//! The bound by Monte Carlo, for any pair of conditionals.

use montecarlo::{Estimate, Moments, MonteCarlo};
use ndarray::Array2;
use prob::diagonal::log_standard_normal;
use prob::{Conditional, standard_normal};
use rand_chacha::ChaCha8Rng;

/// `ELBO = reconstruction - prior_matching` (Luo (19)) by Monte Carlo, in nats. It has a standard error of its own, because
/// both terms share their draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundEstimate {
    /// Estimate of `E_q(z|x) log p(x|z)`.
    pub reconstruction: Estimate,
    /// Estimate of `E_q(z|x) [log q(z|x) - log p(z)]`.
    pub prior_matching: Estimate,
    /// Estimate of their difference.
    pub elbo: Estimate,
}

/// Estimates the bound of any encoder and decoder, averaged over observations drawn by `observe(rng, n)`
/// (`[n, d]`): one latent `z = μ(x) + σ(x) ε` for each observation. `progress` hears the number of samples done.
///
/// Nothing is used in closed form: the divergence, too, is the average of a log-ratio.
///
/// # Panics
/// If the shapes of observations, encoder and decoder do not fit, or `plan` asks for no samples.
pub fn estimate_bound(
    encoder: &(impl Conditional + Sync),
    decoder: &(impl Conditional + Sync),
    observe: impl Fn(&mut ChaCha8Rng, usize) -> Array2<f64> + Sync,
    plan: &MonteCarlo,
    progress: &(dyn Fn(u64) + Sync),
) -> BoundEstimate {
    let [reconstruction, prior_matching, elbo] = plan.run(progress, |rng, n| {
        let x = observe(rng, n);
        let eps = standard_normal((n, encoder.output_dim()), rng);
        let z = encoder.sample_given_noise(&x, &eps);
        let reconstruction = decoder.log_prob(&x, &z);
        let prior_matching = encoder.log_prob(&z, &x) - log_standard_normal(&z);
        let elbo = &reconstruction - &prior_matching;
        [reconstruction, prior_matching, elbo].map(|term| term.iter().copied().collect::<Moments>())
    });
    BoundEstimate {
        reconstruction: reconstruction.estimate(),
        prior_matching: prior_matching.estimate(),
        elbo: elbo.estimate(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinearVae;
    use approx::assert_relative_eq;
    use montecarlo::{StatisticalTest, Streams};
    use ndarray::array;
    use prob::LinearGaussian;

    /// Against the closed forms; false alarms 1e-9 a term. The bound's draws are those of its terms.
    #[test]
    fn every_term_is_the_mean_of_what_it_says() {
        let law = |w: f64, b: f64, v: f64| LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap();
        let vae = LinearVae::new(law(0.4, 0.1, 0.3), law(0.8, 0.0, 0.2)).unwrap();
        let plan = MonteCarlo::new(20_000, Streams::new(3));
        let observe = |_: &mut ChaCha8Rng, n| Array2::from_elem((n, 1), 0.8);
        let found = estimate_bound(vae.encoder(), vae.decoder(), observe, &plan, &|_| ());
        let exact = vae.bound(&array![0.8]);
        let test = StatisticalTest::default();
        assert!(test.mean(&found.reconstruction, exact.reconstruction).holds);
        assert!(test.mean(&found.prior_matching, exact.prior_matching).holds);
        assert!(test.mean(&found.elbo, exact.elbo()).holds);
        let difference = found.reconstruction.mean - found.prior_matching.mean;
        assert_relative_eq!(found.elbo.mean, difference, max_relative = 1e-12);
    }
}
