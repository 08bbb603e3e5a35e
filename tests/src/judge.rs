//! When two numbers count as equal.

/// `|left - right| ≤ relative · scale`.
///
/// # Panics
/// If not, or if one of them is NaN.
#[track_caller]
pub fn assert_close_at(scale: f64, left: f64, right: f64, relative: f64) {
    let error = (left - right).abs();
    assert!(
        error <= relative * scale.abs(),
        "{left:e} against {right:e}: error {error:e} is {:e} of {scale:e}, allowed {relative:e}",
        error / scale.abs()
    );
}

/// Equal up to an error `relative` to the larger of the two.
///
/// # Panics
/// If not.
#[track_caller]
pub fn assert_close(left: f64, right: f64, relative: f64) {
    assert_close_at(left.abs().max(right.abs()), left, right, relative);
}

/// Two amounts of information: equal up to an error `relative` to the larger of the two, or to one nat if both
/// are below it.
///
/// # Panics
/// If not.
#[track_caller]
pub fn assert_nats(left: f64, right: f64, relative: f64) {
    assert_close_at(left.abs().max(right.abs()).max(1.0), left, right, relative);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "allowed")]
    fn nan_is_close_to_nothing() {
        assert_close(f64::NAN, 1.0, 1.0);
    }
}
