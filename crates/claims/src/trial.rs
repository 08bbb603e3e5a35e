//! One random problem put to the test.

use std::fmt;

use ndarray::{ArrayRef, ArrayRef2, Dimension};

/// Collects the comparisons that a claim makes on one problem, and keeps the worst.
///
/// Every comparison is relative to a scale that it names, so that the errors of a whole claim are of one kind. What is
/// no finite number agrees with nothing, and nothing is small beside a scale that is not finite.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    error: f64,
    comparisons: usize,
    worst: Option<Comparison>,
}

/// What was compared, for a reader.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// Two numbers that should agree, or of which the first should not be the larger.
    Numbers(f64, f64),
    /// The shapes of two arrays that should have the same.
    Shapes(Vec<usize>, Vec<usize>),
    /// A condition, by what should be so.
    Condition(&'static str),
    /// Why the problem could not be posed.
    Posed(String),
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Comparison::Numbers(left, right) => write!(f, "{left:e} against {right:e}"),
            Comparison::Shapes(left, right) => write!(f, "shape {left:?} against {right:?}"),
            Comparison::Condition(name) => write!(f, "it should be that {name}"),
            Comparison::Posed(reason) => write!(f, "the problem cannot be posed: {reason}"),
        }
    }
}

impl Trial {
    /// The largest relative error so far; NaN counts as infinite.
    pub fn error(&self) -> f64 {
        self.error
    }

    /// The comparison of the largest error.
    pub fn worst(&self) -> Option<&Comparison> {
        self.worst.as_ref()
    }

    /// How many comparisons were made: a claim that makes none has not been checked.
    pub fn comparisons(&self) -> usize {
        self.comparisons
    }

    /// `left = right`, the error relative to `scale`.
    pub fn at(&mut self, scale: f64, left: f64, right: f64) {
        self.numbers(relative(left - right, scale), left, right);
    }

    /// `left = right`, the error relative to the larger of the two.
    pub fn equal(&mut self, left: f64, right: f64) {
        self.at(left.abs().max(right.abs()), left, right);
    }

    /// `left = right` for amounts of information: relative to the larger of the two, or to one nat.
    pub fn nats(&mut self, left: f64, right: f64) {
        self.at(left.abs().max(right.abs()).max(1.0), left, right);
    }

    /// Every entry of two arrays, relative to `scale`; different shapes are an infinite error.
    pub fn arrays<D: Dimension>(&mut self, scale: f64, left: &ArrayRef<f64, D>, right: &ArrayRef<f64, D>) {
        if self.of_one_shape(left, right) {
            left.iter().zip(right).for_each(|(&l, &r)| self.at(scale, l, r));
        }
    }

    /// Two covariances: each entry relative to `√(S_ii S_jj)` of the right one, so that small variances beside large
    /// ones are compared as strictly.
    pub fn covariances(&mut self, left: &ArrayRef2<f64>, right: &ArrayRef2<f64>) {
        if !self.of_one_shape(left, right) {
            return;
        }
        for ((i, j), &entry) in right.indexed_iter() {
            self.at((right[[i, i]] * right[[j, j]]).sqrt(), left[[i, j]], entry);
        }
    }

    /// `smaller ≤ larger`: the error is the violation, relative to `scale`. The larger may be `∞`, as a χ² divergence
    /// is; all else should be finite.
    pub fn at_most(&mut self, scale: f64, smaller: f64, larger: f64) {
        let in_order = smaller.is_finite() && smaller <= larger;
        self.numbers(relative(if in_order { 0.0 } else { smaller - larger }, scale), smaller, larger);
    }

    /// A condition that is no comparison of numbers, an error of 1 if it does not hold; `name` says what should be so:
    /// "the quadrature converged".
    pub fn that(&mut self, condition: bool, name: &'static str) {
        self.record(f64::from(u8::from(!condition)), || Comparison::Condition(name));
    }

    /// The problem could not even be posed: an infinite error, unless `result` is a value.
    pub fn posed<T, E: fmt::Display>(&mut self, result: Result<T, E>) -> Option<T> {
        result.inspect_err(|reason| self.record(f64::INFINITY, || Comparison::Posed(reason.to_string()))).ok()
    }

    fn of_one_shape<D: Dimension>(&mut self, left: &ArrayRef<f64, D>, right: &ArrayRef<f64, D>) -> bool {
        let same = left.shape() == right.shape();
        if !same {
            let shapes = || Comparison::Shapes(left.shape().to_vec(), right.shape().to_vec());
            self.record(f64::INFINITY, shapes);
        }
        same
    }

    fn numbers(&mut self, error: f64, left: f64, right: f64) {
        self.record(error, || Comparison::Numbers(left, right));
    }

    fn record(&mut self, error: f64, comparison: impl FnOnce() -> Comparison) {
        let error = if error.is_nan() { f64::INFINITY } else { error };
        self.comparisons += 1;
        if self.worst.is_none() || error > self.error {
            (self.error, self.worst) = (error, Some(comparison()));
        }
    }
}

/// `|difference / scale|`, where no difference is no error even at scale 0.
fn relative(difference: f64, scale: f64) -> f64 {
    match difference {
        _ if !scale.is_finite() => f64::INFINITY,
        0.0 => 0.0,
        _ => (difference / scale).abs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{array, aview1};

    fn of(compare: impl FnOnce(&mut Trial)) -> Trial {
        let mut trial = Trial::default();
        compare(&mut trial);
        trial
    }

    #[test]
    fn what_is_not_finite_agrees_with_nothing() {
        const INF: f64 = f64::INFINITY;
        for scale in [INF, -INF, f64::NAN] {
            assert_eq!(of(|t| t.at(scale, 1.0, 2.0)).error(), INF);
            assert_eq!(of(|t| t.at(scale, 1.0, 1.0)).error(), INF);
            assert_eq!(of(|t| t.at_most(scale, 1.0, 2.0)).error(), INF);
        }
        for (left, right) in [(INF, INF), (-INF, 0.0), (INF, 0.0), (f64::NAN, 0.0), (0.0, f64::NAN)] {
            assert_eq!(of(|t| t.at(1.0, left, right)).error(), INF, "{left} {right}");
            assert_eq!(of(|t| t.equal(left, right)).error(), INF, "{left} {right}");
            assert_eq!(of(|t| t.at_most(1.0, left, right)).error(), INF, "{left} {right}");
        }
        assert_eq!(of(|t| t.at(1.0, 0.0, INF)).error(), INF);
        assert_eq!(of(|t| t.at_most(1.0, 0.0, INF)).error(), 0.0, "an infinite bound is one");
    }

    #[test]
    fn errors_are_relative_to_their_scale() {
        assert_eq!(of(|t| t.at(4.0, 1.0, 2.0)).error(), 0.25);
        assert_eq!(of(|t| t.at(0.0, 2.0, 2.0)).error(), 0.0);
        assert_eq!(of(|t| t.equal(-1.0, 4.0)).error(), 1.25);
        assert_eq!(of(|t| t.nats(0.25, 0.5)).error(), 0.25);
        assert_eq!(of(|t| t.at_most(4.0, 3.0, 2.0)).error(), 0.25);
        assert_eq!(of(|t| t.at_most(4.0, 2.0, 3.0)).error(), 0.0);
    }

    #[test]
    fn the_worst_comparison_says_what_it_is() {
        let mut trial = Trial::default();
        let mut says = |compare: &dyn Fn(&mut Trial), text: &str| {
            compare(&mut trial);
            assert_eq!(trial.worst().map(ToString::to_string).as_deref(), Some(text));
        };
        says(&|t| t.equal(1.0, 1.0), "1e0 against 1e0");
        says(&|t| t.at(1.0, 1.0, 1.5), "1e0 against 1.5e0");
        says(&|t| t.that(true, "0 = 0"), "1e0 against 1.5e0");
        says(&|t| t.that(false, "0 = 1"), "it should be that 0 = 1");
        says(&|t| t.arrays(1.0, &aview1(&[1.0]), &array![1.0, 2.0]), "shape [1] against [2]");
        let not_posed = of(|t| assert!(t.posed(Err::<(), _>("α_1 = 2")).is_none()));
        assert_eq!(not_posed.worst().unwrap().to_string(), "the problem cannot be posed: α_1 = 2");
        assert_eq!(not_posed.error(), f64::INFINITY);
    }
}
