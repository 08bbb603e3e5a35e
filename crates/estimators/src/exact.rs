//! Exact mean and variance of an estimator: a form under a sampling scheme.

use prob::ProbError;

use crate::scheme::BATCH;
use crate::{Form, Moments, Problem, Scheme, Term, path_moments};

/// A form of the bound of a problem, with the exact moments of its terms.
#[derive(Clone, Debug)]
pub struct Estimator {
    form: Form,
    terms: Vec<Term>,
    each: Vec<Moments>,
    /// The reconstruction averaged over `z_1`.
    reconstruction_at_x: Term,
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

    /// Their moments, in the same order.
    pub fn each(&self) -> &[Moments] {
        &self.each
    }

    /// The reconstruction with the average over `z_1` in closed form, a function of `x`.
    pub(crate) fn reconstruction_at_x(&self) -> &Term {
        &self.reconstruction_at_x
    }

    /// The matching terms.
    pub(crate) fn matching(&self) -> &[Term] {
        &self.terms[2..]
    }

    /// The mean: the bound, unless the form is not one.
    pub fn mean(&self) -> f64 {
        self.signed().fold(0.0, |total, (sign, moments)| total + sign * moments.mean)
    }

    fn signed(&self) -> impl Iterator<Item = (f64, &Moments)> {
        self.terms.iter().map(|term| term.name.sign()).zip(&self.each)
    }

    /// Exact mean and variance under a scheme, in nats and nats²; `None` where only Monte Carlo can tell.
    pub fn moments(&self, scheme: Scheme, problem: &Problem) -> Option<Moments> {
        let matching = &self.each[2..];
        let ends = |odd_part: f64| {
            self.each[..2].iter().fold(Moments::default(), |total, term| Moments {
                even: total.even + term.even,
                odd: total.odd + odd_part * term.odd,
                ..total
            })
        };
        let spread = match scheme {
            Scheme::Path => path_moments(&self.terms, problem),
            Scheme::Independent => add(ends(1.0), sum(matching)),
            Scheme::OneStep => add(ends(1.0), at_uniform_step(matching)),
            Scheme::Antithetic | Scheme::ControlVariate => {
                let all = add(ends(1.0), at_uniform_step(matching));
                Moments { odd: 0.0, ..all }
            }
            Scheme::Stratified => averaged_draw(add(ends(1.0), stratified(matching))),
            Scheme::LowDiscrepancy => averaged_draw(add(ends(1.0), equally_spaced(matching))),
            Scheme::Importance => add(ends(1.0), at_weighted_step(matching, &self.step_probabilities())),
            Scheme::RaoBlackwell => {
                let reconstruction = self.reconstruction_at_x.moments(problem);
                add(add(reconstruction, self.each[1]), at_uniform_step(matching))
            }
            Scheme::RunningImportance | Scheme::QuasiMonteCarlo => return None,
        };
        Some(Moments { mean: self.mean(), ..spread })
    }

    /// The probabilities of the matching terms that give one weighted draw the least variance: `p_t ∝ √(E f_t²)`.
    pub(crate) fn step_probabilities(&self) -> Vec<f64> {
        normalised(self.each[2..].iter().map(|term| term.second_moment().sqrt()).collect())
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
        let uniform = vec![1.0 / matching.len() as f64; matching.len()];
        match scheme {
            Scheme::Path => {
                (problem.noise_width(0) + (1..=problem.steps()).map(|t| problem.width(t)).sum::<usize>()) as f64
            }
            Scheme::Independent => ends + matching.iter().sum::<f64>(),
            Scheme::Importance | Scheme::RunningImportance => ends + at(&self.step_probabilities()),
            Scheme::RaoBlackwell => of(&self.reconstruction_at_x) + of(&self.terms[1]) + at(&uniform),
            _ => scheme.batch() as f64 * (ends + at(&uniform)),
        }
    }
}

/// Weights divided by their sum; equal if all are 0.
pub(crate) fn normalised(weights: Vec<f64>) -> Vec<f64> {
    let (n, total) = (weights.len() as f64, weights.iter().sum::<f64>());
    weights.into_iter().map(|weight| if total > 0.0 { weight / total } else { 1.0 / n }).collect()
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
    terms.iter().zip(p).filter(|&(_, &p)| p > 0.0).fold(Moments { mean, ..Moments::default() }, |total, (term, &p)| {
        let between = p * (term.mean / p - mean).powi(2);
        Moments { mean, even: total.even + term.even / p + between, odd: total.odd + term.odd / p }
    })
}

fn at_uniform_step(terms: &[Moments]) -> Moments {
    at_weighted_step(terms, &vec![1.0 / terms.len() as f64; terms.len()])
}

/// `n f_t` at one `t` of a batch, on average: [`averaged_draw`] gives the variance of the batch's mean. Draw `i` has `t = ⌊n u⌋`
/// with `u` uniform in the `i`-th of [`BATCH`] equal intervals.
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
    averaged_draw(each.fold(Moments::default(), add))
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
    averaged_draw(Moments::mixed(pieces.into_iter()))
}

/// The share of one draw in a batch.
fn averaged_draw(batch: Moments) -> Moments {
    let n = BATCH as f64;
    Moments { mean: batch.mean / n, even: batch.even / n, odd: batch.odd / n }
}

fn scaled(term: Moments, factor: f64) -> Moments {
    Moments { mean: factor * term.mean, even: factor * factor * term.even, odd: factor * factor * term.odd }
}
