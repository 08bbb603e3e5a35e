//! Short decimals, the simplest first: counterexamples made of them shrink to numbers that fit on a slide.

use std::ops::RangeInclusive;

use proptest::collection::vec;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// One of some values, which shrinks to the first of them that will do.
///
/// Unlike [`proptest::sample::select`], which halves its way down the list, it tries them in order: a line that happens
/// to hold at one simple value does not hide the next.
#[derive(Clone, Copy, Debug)]
pub struct SimplestFirst(pub &'static [f64]);

/// A value drawn, and how far down the list the search for a simpler one is.
#[derive(Clone, Debug)]
pub struct Choice {
    values: &'static [f64],
    drawn: usize,
    current: usize,
    searching: bool,
}

impl Strategy for SimplestFirst {
    type Tree = Choice;
    type Value = f64;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let drawn = (0..self.0.len()).new_tree(runner)?.current();
        Ok(Choice { values: self.0, drawn, current: drawn, searching: false })
    }
}

impl ValueTree for Choice {
    type Value = f64;

    fn current(&self) -> f64 {
        self.values[self.current]
    }

    /// To the simplest value; later calls find that all simpler ones have been tried.
    fn simplify(&mut self) -> bool {
        let begins = !self.searching && self.current > 0;
        if begins {
            (self.searching, self.current) = (true, 0);
        }
        begins
    }

    /// To the next value, the one drawn at the latest.
    fn complicate(&mut self) -> bool {
        let goes_on = self.searching && self.current < self.drawn;
        if goes_on {
            self.current += 1;
        }
        goes_on
    }
}

/// Any number: zero, then one, then others.
pub fn number() -> SimplestFirst {
    SimplestFirst(&[0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 0.3, -0.8, 1.7])
}

/// A number other than zero, for lines that are true of zero.
pub fn nonzero() -> SimplestFirst {
    SimplestFirst(&[1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 0.3, -0.8, 1.7])
}

/// A scale or a variance: one, then others between 0.01 and 4.
pub fn positive() -> SimplestFirst {
    SimplestFirst(&[1.0, 2.0, 0.5, 4.0, 0.25, 0.1, 3.0, 0.8, 0.3, 1.2, 0.05, 0.01])
}

/// A number strictly between 0 and 1; the first, a quarter, has a square root that is a decimal.
pub fn fraction() -> SimplestFirst {
    SimplestFirst(&[0.25, 0.5, 0.75, 0.64, 0.36, 0.9, 0.1, 0.81, 0.3, 0.7])
}

/// A noise schedule `α_1 … α_T`, the shortest first.
pub fn schedule(steps: RangeInclusive<usize>) -> impl Strategy<Value = Vec<f64>> {
    vec(fraction(), steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails at 2 and at the smallest values: the search passes over 1 and ends on 2.
    #[test]
    fn shrinks_to_the_first_value_that_fails() {
        let mut runner = TestRunner::deterministic();
        let failed = runner.run(&positive(), |v| {
            if v == 2.0 || v < 0.2 { Err(proptest::test_runner::TestCaseError::fail("")) } else { Ok(()) }
        });
        match failed {
            Err(proptest::test_runner::TestError::Fail(_, value)) => assert_eq!(value, 2.0),
            other => panic!("{other:?}"),
        }
    }
}
