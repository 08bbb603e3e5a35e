//! The terms of an evidence lower bound, with the sign convention of the whole project.

use std::fmt;

/// `ELBO = reconstruction - prior_matching - Σ matching`, every term in nats.
///
/// A VAE has no matching terms; a chain with `T` latents has `T - 1`, consistency terms in one form of the bound and
/// denoising matching terms in another (Luo (45), (58)).
///
/// ```
/// use prob::Bound;
/// let bound = Bound { reconstruction: -0.5, prior_matching: 0.1, matching: vec![0.3, 0.2] };
/// assert_eq!(bound.elbo(), -1.1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// How well the lowest latent explains the observation.
    pub reconstruction: f64,
    /// How far the highest latent is from the prior.
    pub prior_matching: f64,
    /// One term for each pair of neighbouring latents, from the lowest up.
    pub matching: Vec<f64>,
}

/// Which term of a [`Bound`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    /// The reconstruction.
    Reconstruction,
    /// The prior matching.
    PriorMatching,
    /// Matching term `k`, from 0.
    Matching(usize),
}

/// `reconstruction`, `prior matching`, `matching 1`, …
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Reconstruction => f.pad("reconstruction"),
            Term::PriorMatching => f.pad("prior matching"),
            Term::Matching(k) => f.pad(&format!("matching {}", k + 1)),
        }
    }
}

impl Bound {
    /// Each term with its value, in nats.
    pub fn terms(&self) -> impl Iterator<Item = (Term, f64)> {
        let ends = [(Term::Reconstruction, self.reconstruction), (Term::PriorMatching, self.prior_matching)];
        ends.into_iter().chain(self.matching.iter().enumerate().map(|(k, &value)| (Term::Matching(k), value)))
    }

    /// `self ← self + weight · other`, term by term: a bound averaged over parts of a batch.
    ///
    /// # Panics
    /// If the numbers of terms differ.
    pub fn scaled_add(&mut self, weight: f64, other: &Bound) {
        assert_eq!(self.matching.len(), other.matching.len(), "bounds of different numbers of terms");
        self.reconstruction += weight * other.reconstruction;
        self.prior_matching += weight * other.prior_matching;
        for (sum, term) in self.matching.iter_mut().zip(&other.matching) {
            *sum += weight * term;
        }
    }

    /// The bound itself, in nats.
    pub fn elbo(&self) -> f64 {
        self.reconstruction - self.prior_matching - self.matching.iter().sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_the_reconstruction_less_the_rest() {
        let bound = Bound { reconstruction: -0.5, prior_matching: 0.25, matching: vec![0.125, 2.0] };
        assert_eq!(bound.elbo(), -2.875);
    }

    #[test]
    fn bounds_add_up_term_by_term() {
        let mut sum = Bound { reconstruction: -0.5, prior_matching: 0.25, matching: vec![0.125, 2.0] };
        let other = Bound { reconstruction: -2.0, prior_matching: 1.0, matching: vec![3.0, -4.0] };
        sum.scaled_add(0.5, &other);
        assert_eq!(sum, Bound { reconstruction: -1.5, prior_matching: 0.75, matching: vec![1.625, 0.0] });
    }

    #[test]
    fn every_term_has_its_name() {
        let bound = Bound { reconstruction: -0.5, prior_matching: 0.25, matching: vec![0.125, 2.0] };
        let named: Vec<_> = bound.terms().map(|(term, value)| format!("{term} {value}")).collect();
        assert_eq!(named, ["reconstruction -0.5", "prior matching 0.25", "matching 1 0.125", "matching 2 2"]);
    }
}
