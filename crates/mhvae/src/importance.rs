//! The bound of several paths at once, which rises to the evidence.

use montecarlo::{Estimate, Moments, MonteCarlo};
use ndarray::{Array2, Axis};
use prob::Conditional;
use prob::numerics::log_mean_exp;
use rand_chacha::ChaCha8Rng;

use crate::path::PathTerms;

/// The importance-weighted bound `L_k = E log (1/k Σ w_i)` with `w = p(x, z₁ … z_T) / q(z₁ … z_T|x)`, averaged over
/// observations drawn by `observe(rng, n)` (`[n, d]`), in nats: `plan.samples` observations with `k` paths each (Burda,
/// Grosse and Salakhutdinov 2016). `L_1` is the ELBO; `L_k` rises with `k` to the average of `log p(x)`. `progress` hears
/// the number of observations done.
///
/// # Panics
/// If the lists have different lengths or none, the shapes do not fit, `k` is 0, or `plan` asks for no samples.
pub fn estimate_importance_bound<C: Conditional + Sync>(
    encoders: &[C],
    decoders: &[C],
    observe: impl Fn(&mut ChaCha8Rng, usize) -> Array2<f64> + Sync,
    k: usize,
    plan: &MonteCarlo,
    progress: &(dyn Fn(u64) + Sync),
) -> Estimate {
    assert!(k > 0, "an average of no weights");
    // A chunk holds k paths for each observation: its arrays stay as large as those of any other plan.
    let plan = MonteCarlo { chunk: (plan.chunk / k).max(1), ..*plan };
    let bounds = plan.run(progress, |rng, n| {
        let x = observe(rng, n);
        let rows: Vec<usize> = (0..n * k).map(|i| i / k).collect();
        let weights = PathTerms::draw(encoders, decoders, &x.select(Axis(0), &rows), rng).log_weights();
        weights.to_vec().chunks(k).map(log_mean_exp).collect::<Moments>()
    });
    bounds.estimate()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mhvae, estimate_bound};
    use montecarlo::{StatisticalTest, Streams};
    use ndarray::array;

    use prob::standard_normal;
    use prob::{Gaussian, LinearGaussian, chi_squared};

    fn law(w: f64, b: f64, v: f64) -> LinearGaussian {
        LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap()
    }

    fn observe(rng: &mut ChaCha8Rng, n: usize) -> Array2<f64> {
        standard_normal((n, 1), rng)
    }

    /// Encoders that are off but not lost.
    fn chain() -> Mhvae {
        Mhvae::new(
            vec![law(0.7, 0.1, 0.3), law(0.5, 0.0, 0.8)],
            vec![law(0.8, 0.0, 0.2), law(0.5, 0.0, 0.25)],
        )
        .unwrap()
    }

    /// `p(z₁|x), p(z₂|z₁)` of two decoders, by Bayes' rule.
    fn posterior(decoders: &[LinearGaussian]) -> Vec<LinearGaussian> {
        let middle = decoders[1].push(&Gaussian::standard(1));
        vec![decoders[0].bayes(&middle).unwrap(), decoders[1].bayes(&Gaussian::standard(1)).unwrap()]
    }

    /// One path is the ELBO, the very one that the terms add up to; false alarms 1e-9. Over `x ~ N(0, 1)` the bound, a
    /// quadratic in `x`, has the average of its values at ±1.
    #[test]
    fn the_bound_of_one_path_is_the_elbo() {
        let (chain, plan) = (chain(), MonteCarlo::new(20_000, Streams::new(5)));
        let (up, down) = (chain.encoders(), chain.decoders());
        let one = estimate_importance_bound(up, down, observe, 1, &plan, &|_| ());
        assert_eq!(one, estimate_bound(up, down, observe, &plan, &|_| ()).elbo);
        let exact = 0.5 * (chain.elbo(&array![1.0]) + chain.elbo(&array![-1.0]));
        assert!(StatisticalTest::default().mean(&one, exact).holds, "{one} for {exact}");
    }

    /// The bound of many paths is below the evidence by `Var w / (2k p(x)²)` up to order `k⁻²` (Domke and Sheldon 2018), and
    /// that variance is the χ² divergence from the encoders to the posterior of the whole path; false alarms 1e-9.
    #[test]
    fn many_paths_close_the_gap_at_the_known_rate() {
        let (chain, x, k) = (chain(), array![2.5], 50);
        let exact = Mhvae::new(posterior(chain.decoders()), chain.decoders().to_vec()).unwrap();
        let variance = chi_squared(&exact.encode(&x), &chain.encode(&x));
        let plan = MonteCarlo::new(20_000, Streams::new(7));
        let observe = |_: &mut ChaCha8Rng, n| Array2::from_elem((n, 1), x[0]);
        let found = estimate_importance_bound(chain.encoders(), chain.decoders(), observe, k, &plan, &|_| ());
        let (evidence, gap) = (chain.log_evidence(&x), variance / (2 * k) as f64);
        assert!(
            StatisticalTest::default().mean(&found, evidence - gap).holds,
            "{found} for {evidence} - {gap}"
        );
        assert!(!StatisticalTest::default().mean(&found, evidence).holds, "the gap of {gap} cannot be seen");
    }

    /// With the exact posterior as encoder every weight is `p(x)`.
    #[test]
    fn exact_encoders_have_equal_weights() {
        let down = vec![law(0.8, 0.0, 0.2), law(0.5, 0.3, 0.25)];
        let chain = Mhvae::new(posterior(&down), down).unwrap();
        let plan = MonteCarlo::new(50, Streams::new(6));
        let observe = |_: &mut ChaCha8Rng, n| Array2::from_elem((n, 1), 0.7);
        let found = estimate_importance_bound(chain.encoders(), chain.decoders(), observe, 3, &plan, &|_| ());
        approx::assert_relative_eq!(found.mean, chain.log_evidence(&array![0.7]), max_relative = 1e-12);
        assert!(found.std_err < 1e-12, "{found:?}");
    }
}
