//! One random problem put to the test.

use ndarray::{ArrayRef, ArrayRef2, Dimension};

/// Collects the comparisons that a claim makes on one problem, and keeps the worst.
///
/// Every comparison is relative to a scale that it names, so that the errors of a whole claim are of one kind.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    worst: f64,
    comparisons: usize,
    sides: Option<(f64, f64)>,
}

impl Trial {
    /// The largest relative error so far; NaN counts as infinite.
    pub fn error(&self) -> f64 {
        self.worst
    }

    /// The two sides of the worst comparison.
    pub fn sides(&self) -> Option<(f64, f64)> {
        self.sides
    }

    /// How many comparisons were made: a claim that makes none has not been checked.
    pub fn comparisons(&self) -> usize {
        self.comparisons
    }

    /// `left = right`, the error relative to `scale`.
    pub fn at(&mut self, scale: f64, left: f64, right: f64) {
        let difference = (left - right).abs();
        let error = if difference == 0.0 { 0.0 } else { difference / scale.abs() };
        self.record(error, left, right);
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
        if left.shape() != right.shape() {
            return self.record(f64::INFINITY, left.len() as f64, right.len() as f64);
        }
        left.iter().zip(right).for_each(|(&l, &r)| self.at(scale, l, r));
    }

    /// Two covariances: each entry relative to `√(S_ii S_jj)` of the right one, so that small variances beside large
    /// ones are compared as strictly.
    pub fn covariances(&mut self, left: &ArrayRef2<f64>, right: &ArrayRef2<f64>) {
        if left.shape() != right.shape() {
            return self.record(f64::INFINITY, left.len() as f64, right.len() as f64);
        }
        for ((i, j), &entry) in right.indexed_iter() {
            self.at((right[[i, i]] * right[[j, j]]).sqrt(), left[[i, j]], entry);
        }
    }

    /// `smaller ≤ larger`: the error is the violation, relative to `scale`.
    pub fn at_most(&mut self, scale: f64, smaller: f64, larger: f64) {
        let violation = if smaller <= larger { 0.0 } else { (smaller - larger).abs() / scale.abs() };
        self.record(violation, smaller, larger);
    }

    /// A condition that is not a number: an error of 1 if it does not hold.
    pub fn that(&mut self, condition: bool) {
        self.record(f64::from(u8::from(!condition)), f64::NAN, f64::NAN);
    }

    /// The problem could not even be posed: an infinite error, unless `result` is a value.
    pub fn posed<T, E>(&mut self, result: Result<T, E>) -> Option<T> {
        if result.is_err() {
            self.record(f64::INFINITY, f64::NAN, f64::NAN);
        }
        result.ok()
    }

    fn record(&mut self, error: f64, left: f64, right: f64) {
        let error = if error.is_nan() { f64::INFINITY } else { error };
        self.comparisons += 1;
        if self.sides.is_none() || error > self.worst {
            (self.worst, self.sides) = (error, Some((left, right)));
        }
    }
}
