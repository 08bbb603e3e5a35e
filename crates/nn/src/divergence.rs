//! When training has gone wrong: a term that is not finite, or that has grown beyond all bounds.

use std::fmt;

use prob::{Bound, Term};

/// A term this many times as large as at the first batch (or as one nat, if it was smaller) has exploded.
pub const EXPLODED: f64 = 1e4;

/// Parameters whose terms are within this many times what they were are kept as good.
pub const GOOD: f64 = 10.0;

/// Training stopped. The model has the last parameters at which what is trained was good: finite on its batch and within
/// [`GOOD`] times what it was at the start. Those that it came with, if there were none.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingError {
    /// After how many steps it was seen: 0 is the model as it came.
    pub step: usize,
    /// Which term of the bound, or what else of the model.
    pub term: String,
    /// What it had become.
    pub value: f64,
    /// What it was at the first batch, of a term that is finite and has [`EXPLODED`].
    pub began_at: Option<f64>,
}

impl TrainingError {
    /// A term that is not finite, or another number that there is no model with.
    pub fn broken(step: usize, term: impl Into<String>, value: f64) -> Self {
        Self { step, term: term.into(), value, began_at: None }
    }
}

impl std::error::Error for TrainingError {}

impl fmt::Display for TrainingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, term, value, began_at } = self;
        match began_at {
            None => write!(f, "training diverged at step {step}: {term} is {value}"),
            Some(start) => {
                write!(f, "training diverged at step {step}: {term} is {value:.3e}, and began at {start:.3}")
            }
        }
    }
}

/// The terms that are trained, batch by batch, against what they were at the first.
#[derive(Debug, Default)]
pub(crate) struct Course {
    start: Vec<(Term, f64)>,
}

impl Course {
    /// Whether the terms of the batch after so many steps are good.
    ///
    /// # Errors
    /// If one of them is not finite or has exploded.
    pub(crate) fn is_good(
        &mut self,
        step: usize,
        bound: &Bound,
        trains: impl Fn(Term) -> bool,
    ) -> Result<bool, TrainingError> {
        let trained = || bound.terms().filter(|(term, _)| trains(*term));
        if let Some((term, value)) = trained().find(|(_, value)| !value.is_finite()) {
            return Err(TrainingError::broken(step, named(term, bound), value));
        }
        if self.start.is_empty() {
            self.start = trained().collect();
        }
        let growth = |start: f64, value: f64| value.abs() / start.abs().max(1.0);
        let mut good = true;
        for ((term, value), &(_, start)) in trained().zip(&self.start) {
            if growth(start, value) > EXPLODED {
                let began_at = Some(start);
                return Err(TrainingError { step, term: named(term, bound), value, began_at });
            }
            good &= growth(start, value) <= GOOD;
        }
        Ok(good)
    }
}

/// The name of a term; the only matching term of its bound needs no number.
fn named(term: Term, bound: &Bound) -> String {
    match term {
        Term::Matching(_) if bound.matching.len() == 1 => "matching".to_owned(),
        _ => term.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(reconstruction: f64, prior_matching: f64, matching: &[f64]) -> Bound {
        Bound { reconstruction, prior_matching, matching: matching.to_vec() }
    }

    #[test]
    fn a_term_may_grow_tenfold_and_not_ten_thousandfold() {
        let mut course = Course::default();
        let mut judged = |bound: &Bound| course.is_good(3, bound, |_| true);
        assert_eq!(judged(&bound(-20.0, 0.1, &[0.0])), Ok(true));
        assert_eq!(judged(&bound(-199.0, 9.9, &[9.9])), Ok(true));
        assert_eq!(judged(&bound(-201.0, 0.1, &[0.0])), Ok(false));
        assert_eq!(judged(&bound(-1.9e5, 0.1, &[0.0])), Ok(false));
        assert_eq!(judged(&bound(-20.0, 0.1, &[11.0])), Ok(false));
        let said = judged(&bound(-2.1e5, 0.1, &[0.0])).unwrap_err().to_string();
        assert_eq!(said, "training diverged at step 3: reconstruction is -2.100e5, and began at -20.000");
        let said = judged(&bound(-20.0, 1.1e4, &[0.0])).unwrap_err().to_string();
        assert_eq!(said, "training diverged at step 3: prior matching is 1.100e4, and began at 0.100");
    }

    #[test]
    fn what_is_not_trained_may_be_anything_and_all_else_is_finite() {
        let mut course = Course::default();
        let lost = bound(f64::NAN, 1.0, &[0.0, f64::INFINITY]);
        assert_eq!(course.is_good(0, &lost, |term| term == Term::PriorMatching), Ok(true));
        let said = |course: &mut Course, bound| course.is_good(0, bound, |_| true).unwrap_err().to_string();
        assert_eq!(said(&mut course, &lost), "training diverged at step 0: reconstruction is NaN");
        let lost = bound(0.0, 1.0, &[0.0, f64::INFINITY]);
        assert_eq!(said(&mut course, &lost), "training diverged at step 0: matching 2 is inf");
        let lost = bound(0.0, 1.0, &[f64::INFINITY]);
        assert_eq!(said(&mut course, &lost), "training diverged at step 0: matching is inf");
    }
}
