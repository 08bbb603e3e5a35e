//! How the variables of the terms are drawn, and what mean and variance that gives the sum.

use crate::{Form, Moments, Name, Problem, path_moments};
use prob::ProbError;

/// A sampling scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// One path `z_1 … z_T` serves all terms.
    Path,
    /// Every term draws its own variables afresh.
    Independent,
    /// Reconstruction and prior matching draw their own, and one matching term at uniform `t` its own, times the number
    /// of matching terms: what training does.
    OneStep,
}

impl Scheme {
    /// The three of the textbook.
    pub const TEXTBOOK: [Scheme; 3] = [Scheme::Path, Scheme::Independent, Scheme::OneStep];

    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Path => "path",
            Scheme::Independent => "independent",
            Scheme::OneStep => "one_step",
        }
    }

    /// Exact mean and variance of the estimator of the bound of `problem` in this form.
    ///
    /// # Errors
    /// If a law that the form needs is singular to rounding.
    pub fn moments(self, form: Form, problem: &Problem) -> Result<Moments, ProbError> {
        let terms = form.terms(problem)?;
        if self == Scheme::Path {
            return Ok(path_moments(&terms, problem));
        }
        let each: Vec<(Name, Moments)> = terms.iter().map(|term| (term.name, term.moments(problem))).collect();
        let matching: Vec<Moments> = each[2..].iter().map(|(_, moments)| *moments).collect();
        let mut total = match self {
            Scheme::OneStep => at_uniform_step(&matching),
            _ => sum(&matching),
        };
        total.mean = -total.mean;
        for (name, moments) in &each[..2] {
            total.mean += name.sign() * moments.mean;
            total.even += moments.even;
            total.odd += moments.odd;
        }
        Ok(total)
    }
}

fn sum(terms: &[Moments]) -> Moments {
    terms.iter().fold(Moments::default(), |total, term| Moments {
        mean: total.mean + term.mean,
        even: total.even + term.even,
        odd: total.odd + term.odd,
    })
}

/// `n f_t` at uniform `t`: mean `Σ E f_t`, variance `n Σ Var f_t + n Σ (E f_t - average)²`.
fn at_uniform_step(terms: &[Moments]) -> Moments {
    let n = terms.len() as f64;
    let total = sum(terms);
    let average = total.mean / n;
    let between: f64 = terms.iter().map(|term| (term.mean - average).powi(2)).sum();
    Moments { mean: total.mean, even: n * (total.even + between), odd: n * total.odd }
}
