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
    use ndarray::{Array1, ArrayRef1, array};
    use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
    use prob::{Gaussian, LinearGaussian};

    fn law(w: f64, b: f64, v: f64) -> LinearGaussian {
        LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap()
    }

    fn standard_normal(rng: &mut ChaCha8Rng, n: usize) -> Array2<f64> {
        Array2::random_using((n, 1), StandardNormal, rng)
    }

    /// Encoders that are off but not lost: `p(x) = N(0, 0.64·0.5 + 0.2)` with `x ~ N(0, 1)`.
    fn chain() -> Mhvae {
        Mhvae::new(
            vec![law(0.7, 0.1, 0.3), law(0.5, 0.0, 0.8)],
            vec![law(0.8, 0.0, 0.2), law(0.5, 0.0, 0.25)],
        )
        .unwrap()
    }

    /// `E log p(x)` over `x ~ N(0, 1)`, and the bound: quadratics, averaged over ±1.
    fn average(f: impl Fn(&ArrayRef1<f64>) -> f64) -> f64 {
        0.5 * (f(&array![1.0]) + f(&array![-1.0]))
    }

    fn bound(k: usize, samples: u64) -> Estimate {
        let chain = chain();
        let plan = MonteCarlo::new(samples, Streams::new(5));
        estimate_importance_bound(chain.encoders(), chain.decoders(), standard_normal, k, &plan, &|_| ())
    }

    /// One path is the ELBO, the very one that the terms add up to; false alarms 1e-9.
    #[test]
    fn the_bound_of_one_path_is_the_elbo() {
        let (chain, one) = (chain(), bound(1, 20_000));
        let exact = average(|x| chain.elbo(x));
        assert!(StatisticalTest::default().mean(&one, exact).holds, "{one} for {exact}");
        let plan = MonteCarlo::new(20_000, Streams::new(5));
        let terms = estimate_bound(chain.encoders(), chain.decoders(), standard_normal, &plan, &|_| ());
        assert_eq!(one, terms.elbo);
    }

    /// Many paths: between the ELBO and the evidence, and nearer to it than the variance of the weights allows, by the rate
    /// `log p(x) - L_k ≈ Var w / (2k p(x)²)` (Domke and Sheldon 2018).
    #[test]
    fn many_paths_come_close_to_the_evidence() {
        let chain = chain();
        let evidence = average(|x| chain.log_evidence(x));
        let elbo = average(|x| chain.elbo(x));
        let many = bound(500, 2_000);
        println!("{evidence} {elbo} {many}");
        assert!(many.mean - evidence < 6.0 * many.std_err, "{many} above {evidence}");
        assert!(many.mean > evidence - 0.02 - 6.0 * many.std_err, "{many} far below {evidence}");
        assert!(elbo < evidence - 0.1, "{elbo}");
    }

    /// With the exact posterior as encoder every weight is `p(x)`.
    #[test]
    fn exact_encoders_have_equal_weights() {
        let down = vec![law(0.8, 0.0, 0.2), law(0.5, 0.3, 0.25)];
        let middle = down[1].push(&Gaussian::standard(1));
        let up = vec![down[0].bayes(&middle).unwrap(), down[1].bayes(&Gaussian::standard(1)).unwrap()];
        let chain = Mhvae::new(up, down).unwrap();
        let plan = MonteCarlo::new(50, Streams::new(6));
        let observe = |_: &mut ChaCha8Rng, n| Array2::from_elem((n, 1), 0.7);
        let found = estimate_importance_bound(chain.encoders(), chain.decoders(), observe, 3, &plan, &|_| ());
        approx::assert_relative_eq!(
            found.mean,
            chain.log_evidence(&Array1::from_elem(1, 0.7)),
            max_relative = 1e-12
        );
        assert!(found.std_err < 1e-12, "{found:?}");
    }
}
