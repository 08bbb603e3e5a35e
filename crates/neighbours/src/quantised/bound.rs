//! The VQ-VAE as a latent-variable model: its bound and its evidence.

use ndarray::ArrayRef2;
use prob::diagonal::log_normal;
use prob::{Bound, Gaussian, Mixture, ProbError};

use super::VqVae;

impl VqVae {
    /// `p(x) = Σ π_k N(x; μ(e_k), s² I)` for the prior with these logarithms (`[K]`): the law of what the model generates.
    ///
    /// # Errors
    /// If the prior does not sum to 1, or the decoder wrote what is not finite.
    pub fn evidence(&self, log_prior: &[f64]) -> Result<Mixture, ProbError> {
        let decoded = self.decoded_codes();
        let laws = decoded.rows().into_iter().map(|mean| Gaussian::isotropic(mean.to_owned(), self.variance));
        Mixture::new(log_prior.iter().map(|l| l.exp()).collect(), laws.collect::<Result<_, _>>()?)
    }

    /// The evidence lower bound with the one-hot posterior `q(k|x)` for each row of `x` (`[n, d]`), in nats: the
    /// reconstruction, and `KL(q(k|x) ‖ π) = -log π_k` of the code that is taken, infinite if the prior rules it out. With two
    /// priors on the same rows, the differences have a standard error far below those of the bounds.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn bounds(&self, x: &ArrayRef2<f64>, log_prior: &[f64]) -> Vec<Bound> {
        assert_eq!(log_prior.len(), self.codebook.len(), "a prior over other codes");
        let (taken, decoded, log_var) = (self.encode(x), self.decoded_codes(), self.variance.ln());
        let bound = |(x, k): (ndarray::ArrayView1<f64>, usize)| {
            let means = decoded.row(k);
            let reconstruction = x.iter().zip(means).map(|(x, m)| log_normal(x - m, log_var)).sum();
            Bound { reconstruction, prior_matching: -log_prior[k], matching: vec![] }
        };
        x.rows().into_iter().zip(taken).map(bound).collect()
    }

    /// The [bounds](Self::bounds) averaged over the rows of `x` (`[n, d]`), in nats. With `π_k = 1/K` the prior matching term
    /// is `log K` for every `x`; with `π` the frequencies of the codes on the same rows its mean is their entropy.
    ///
    /// # Panics
    /// If there are no rows or the shapes do not fit.
    pub fn bound(&self, x: &ArrayRef2<f64>, log_prior: &[f64]) -> Bound {
        assert!(x.nrows() > 0, "an average over no rows");
        let (bounds, n) = (self.bounds(x, log_prior), x.nrows() as f64);
        let mean = |f: fn(&Bound) -> f64| bounds.iter().map(f).sum::<f64>() / n;
        Bound {
            reconstruction: mean(|bound| bound.reconstruction),
            prior_matching: mean(|bound| bound.prior_matching),
            matching: vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantised::CodeUsage;
    use approx::assert_relative_eq;
    use montecarlo::Streams;

    use prob::standard_normal;

    /// Row by row the bound lacks `-log p(k|x)` of the evidence, by Bayes' rule in the mixture.
    #[test]
    fn the_bound_is_what_the_mixture_leaves_of_the_evidence() {
        let mut rng = Streams::new(2).rng(0);
        let x = standard_normal((6, 2), &mut rng);
        let start = standard_normal((4, 2), &mut rng);
        let model = VqVae::new(&start, &[4], 3, 0.3, 0.25, &mut rng);
        let log_prior = [0.1, 0.2, 0.3, 0.4].map(f64::ln);
        let evidence = model.evidence(&log_prior).unwrap();
        let bounds = model.bounds(&x, &log_prior);
        for ((row, bound), k) in x.rows().into_iter().zip(&bounds).zip(model.encode(&x)) {
            let gap = -evidence.responsibilities(&row)[k].ln();
            assert!(gap > 0.0);
            assert_relative_eq!(evidence.log_prob(&row) - bound.elbo(), gap, max_relative = 1e-10);
            assert_eq!(bound.prior_matching, -log_prior[k]);
        }
        let mean = bounds.iter().map(Bound::elbo).sum::<f64>() / 6.0;
        assert_relative_eq!(model.bound(&x, &log_prior).elbo(), mean, max_relative = 1e-13);
        let uniform = model.bound(&x, &CodeUsage::uniform_log_prior(4));
        assert_relative_eq!(uniform.prior_matching, 4f64.ln(), max_relative = 1e-14);
        assert_relative_eq!(uniform.reconstruction, model.terms(&x).reconstruction, max_relative = 1e-13);
    }
}
