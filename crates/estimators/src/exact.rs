//! Exact mean and variance of an estimator: a form under a sampling scheme.

use prob::ProbError;

use crate::scheme::BATCH;
use crate::{Form, Moments, Problem, Scheme, Term, path_moments};

/// A form of the bound of a problem, with the exact moments of its terms.
#[derive(Clone, Debug)]
pub struct Estimator {
    form: Form,
    terms: Vec<Term>,
    /// Exact moments of each term, if all are quadratics of Gaussian variables.
    each: Option<Vec<Moments>>,
    /// The reconstruction averaged over `z_1`, where that is closed.
    reconstruction_at_x: Option<Term>,
}

impl Estimator {
    /// The terms of this form, with their exact moments.
    ///
    /// # Errors
    /// If a law that the form needs is singular to rounding.
    pub fn new(form: Form, problem: &Problem) -> Result<Self, ProbError> {
        let terms = form.terms(problem)?;
        let each = terms.iter().map(|term| term.moments(problem)).collect();
        Ok(Self { form, terms, each, reconstruction_at_x: crate::form::reconstruction_at_x(problem)? })
    }

    /// Which form.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Reconstruction, prior matching, matching terms from the lowest latent up.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Their exact moments, in the same order; `None` where a term is no quadratic of Gaussian variables.
    pub fn each(&self) -> Option<&[Moments]> {
        self.each.as_deref()
    }

    /// The reconstruction with the average over `z_1` in closed form, a function of `x`.
    pub(crate) fn reconstruction_at_x(&self) -> Option<&Term> {
        self.reconstruction_at_x.as_ref()
    }

    /// The matching terms.
    pub(crate) fn matching(&self) -> &[Term] {
        &self.terms[2..]
    }

    /// The exact mean: the bound, unless the form is not one. In nats.
    pub fn mean(&self) -> Option<f64> {
        let each = self.each.as_ref()?;
        Some(self.terms.iter().zip(each).map(|(term, moments)| term.name.sign() * moments.mean).sum())
    }

    /// The schemes that this form can be sampled with here: those of the ladder need the exact moments of the terms or
    /// a closed reconstruction.
    pub fn schemes(&self) -> Vec<Scheme> {
        let all = Scheme::TEXTBOOK.into_iter().chain(Scheme::LADDER);
        match self.form {
            Form::LogRatio => vec![Scheme::Path],
            Form::Denoising if self.each.is_some() => all.collect(),
            Form::Denoising => all
                .filter(|scheme| {
                    !matches!(scheme, Scheme::Importance | Scheme::ControlVariate | Scheme::RaoBlackwell)
                })
                .collect(),
            _ => Scheme::TEXTBOOK.to_vec(),
        }
    }

    /// Exact mean and variance under a scheme, in nats and nats²; `None` where only Monte Carlo can tell.
    pub fn moments(&self, scheme: Scheme, problem: &Problem) -> Option<Moments> {
        let each = self.each.as_ref()?;
        let (ends, matching) = each.split_at(2);
        let ends = add(ends[0], ends[1]);
        let spread = match scheme {
            Scheme::Path => path_moments(&self.terms, problem)?,
            Scheme::Independent => add(ends, sum(matching)),
            Scheme::OneStep => add(ends, at_uniform_step(matching)),
            Scheme::Antithetic | Scheme::ControlVariate => {
                let all = add(ends, at_uniform_step(matching));
                Moments { odd: 0.0, ..all }
            }
            Scheme::Stratified => batch_mean(add(repeated(ends), stratified(matching))),
            Scheme::LowDiscrepancy => batch_mean(add(repeated(ends), equally_spaced(matching))),
            Scheme::Importance => add(ends, at_weighted_step(matching, &step_probabilities(matching))),
            Scheme::RaoBlackwell => {
                let reconstruction = self.reconstruction_at_x.as_ref()?.moments(problem)?;
                add(add(reconstruction, each[1]), at_uniform_step(matching))
            }
            Scheme::RunningImportance | Scheme::QuasiMonteCarlo => return None,
        };
        Some(Moments { mean: self.mean()?, ..spread })
    }

    /// The probabilities of the matching terms that give one weighted draw the least variance: `p_t ∝ √(E f_t²)`. Uniform
    /// where the exact moments are not known.
    pub(crate) fn step_probabilities(&self) -> Vec<f64> {
        match &self.each {
            Some(each) => step_probabilities(&each[2..]),
            None => uniform(self.matching().len()),
        }
    }

    /// Standard normals that one evaluation takes to draw, on average over `t`.
    pub fn normals_per_evaluation(&self, scheme: Scheme, problem: &Problem) -> f64 {
        let of = |term: &Term| -> f64 {
            let latents = term.variables().into_iter().filter(|&t| t > 0);
            (problem.noise_width(0) + latents.map(|t| problem.width(t)).sum::<usize>()) as f64
        };
        let ends: f64 = self.terms[..2].iter().map(of).sum();
        let matching: Vec<f64> = self.matching().iter().map(of).collect();
        let at = |p: &[f64]| p.iter().zip(&matching).map(|(p, normals)| p * normals).sum::<f64>();
        let uniform = uniform(matching.len());
        match scheme {
            Scheme::Path => {
                (problem.noise_width(0) + (1..=problem.steps()).map(|t| problem.width(t)).sum::<usize>())
                    as f64
            }
            Scheme::Independent => ends + matching.iter().sum::<f64>(),
            Scheme::Importance | Scheme::RunningImportance => ends + at(&self.step_probabilities()),
            Scheme::RaoBlackwell => {
                self.reconstruction_at_x.as_ref().map_or(0.0, of) + of(&self.terms[1]) + at(&uniform)
            }
            _ => scheme.batch() as f64 * (ends + at(&uniform)),
        }
    }
}

fn step_probabilities(matching: &[Moments]) -> Vec<f64> {
    normalised(matching.iter().map(Moments::root_mean_square).collect())
}

fn uniform(n: usize) -> Vec<f64> {
    vec![1.0 / n as f64; n]
}

/// Weights divided by their sum, which may overflow; equal if all are 0. NaN where one of them is no number.
pub(crate) fn normalised(weights: Vec<f64>) -> Vec<f64> {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    let scaled: Vec<f64> = weights.iter().map(|weight| weight / largest).collect();
    let total: f64 = scaled.iter().sum();
    if weights.iter().all(|&weight| weight == 0.0) {
        return uniform(weights.len());
    }
    scaled.into_iter().map(|weight| weight / total).collect()
}

/// Of independent numbers.
fn add(a: Moments, b: Moments) -> Moments {
    Moments { mean: a.mean + b.mean, even: a.even + b.even, odd: a.odd + b.odd }
}

fn sum(terms: &[Moments]) -> Moments {
    terms.iter().copied().fold(Moments::default(), add)
}

/// `f_t / p_t` at `t ~ p`: mean `S = Σ E f_t`, variance `Σ Var f_t / p_t + Σ p_t (E f_t / p_t - S)²`.
fn at_weighted_step(terms: &[Moments], p: &[f64]) -> Moments {
    let mean = sum(terms).mean;
    // A term that is never drawn is always 0. What is NaN stays so.
    terms.iter().zip(p).filter(|&(_, &p)| p != 0.0).fold(
        Moments { mean, ..Moments::default() },
        |total, (term, &p)| {
            let between = p * (term.mean / p - mean).powi(2);
            Moments { mean, even: total.even + term.even / p + between, odd: total.odd + term.odd / p }
        },
    )
}

fn at_uniform_step(terms: &[Moments]) -> Moments {
    at_weighted_step(terms, &uniform(terms.len()))
}

/// The sum of a batch of `n f_t`. Draw `i` has `t = ⌊n u⌋` with `u` uniform in the `i`-th of [`BATCH`] equal intervals.
fn stratified(terms: &[Moments]) -> Moments {
    let n = terms.len() as f64;
    let strata = BATCH as f64;
    let each = (0..BATCH).map(|i| {
        let (start, end) = (i as f64 / strata, (i + 1) as f64 / strata);
        // How much of each term's interval lies in the stratum.
        let share = |t: usize| {
            let (from, to) = (t as f64 / n, (t + 1) as f64 / n);
            (end.min(to) - start.max(from)).max(0.0) * strata
        };
        Moments::mixed(terms.iter().enumerate().map(|(t, &term)| (share(t), scaled(term, n))))
    });
    each.fold(Moments::default(), add)
}

/// The same with `u = (i + v)/BATCH` for one `v`: what the batch adds up to is constant between the places where some
/// `⌊n u⌋` jumps.
fn equally_spaced(terms: &[Moments]) -> Moments {
    let Some(last) = terms.len().checked_sub(1) else { return Moments::default() };
    let (n, strata) = (terms.len() as f64, BATCH as f64);
    let mut jumps: Vec<f64> = (0..=terms.len()).map(|t| (t as f64 * strata / n).fract()).collect();
    jumps.extend([0.0, 1.0]);
    jumps.sort_by(f64::total_cmp);
    jumps.dedup();
    let pieces: Vec<(f64, Moments)> = jumps
        .windows(2)
        .map(|jump| {
            let v = 0.5 * (jump[0] + jump[1]);
            let of_batch = (0..BATCH).map(|i| {
                let t = (n * (i as f64 + v) / strata) as usize;
                scaled(terms[t.min(last)], n)
            });
            (jump[1] - jump[0], of_batch.fold(Moments::default(), add))
        })
        .collect();
    Moments::mixed(pieces.into_iter())
}

/// The sum of a batch of independent draws.
fn repeated(draw: Moments) -> Moments {
    let n = BATCH as f64;
    Moments { mean: n * draw.mean, even: n * draw.even, odd: n * draw.odd }
}

/// The mean of a batch from its sum.
fn batch_mean(sum: Moments) -> Moments {
    scaled(sum, 1.0 / BATCH as f64)
}

/// `factor × term`.
fn scaled(term: Moments, factor: f64) -> Moments {
    Moments { mean: factor * term.mean, even: factor * factor * term.even, odd: factor * factor * term.odd }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any weights have probabilities whose sum is 1, however large, unless one is no number; 0 for all is no preference.
    #[test]
    fn weights_of_any_size_are_normalised() {
        assert_eq!(normalised(vec![1.0, 3.0]), [0.25, 0.75]);
        assert_eq!(normalised(vec![0.0, 0.0]), [0.5, 0.5]);
        assert_eq!(normalised(vec![1.5e308, 1.5e308, 0.0]), [0.5, 0.5, 0.0]);
        assert!(normalised(vec![]).is_empty());
        for not in [f64::NAN, f64::INFINITY] {
            assert!(normalised(vec![1.0, not]).iter().any(|p| p.is_nan()), "{not}");
        }
    }

    #[test]
    fn a_probability_that_is_no_number_is_not_left_out() {
        let term = Moments { mean: 2.0, even: 1.0, odd: 0.0 };
        let found = at_weighted_step(&[term, term], &[f64::NAN, 0.5]);
        assert!(found.variance().is_nan(), "{found:?}");
        let never = at_weighted_step(&[term, Moments::default()], &[1.0, 0.0]);
        assert_eq!(never, term);
    }
}
