//! The length of a vector whose squares may leave the range of f64.

use ndarray::ArrayRef1;

/// Sums of squares between these are held with all their digits: what underflowed beside them does not count.
const SAFE: std::ops::Range<f64> = 1e-280..1e300;

/// `|v|`, scaled by the largest entry where the squares would overflow or underflow.
pub(crate) fn norm(v: &ArrayRef1<f64>) -> f64 {
    let square: f64 = v.iter().map(|x| x * x).sum();
    if SAFE.contains(&square) {
        return square.sqrt();
    }
    let largest = v.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    if largest == 0.0 {
        // 0, or NaN, which `max` passes over.
        return square;
    }
    largest * v.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    #[test]
    fn squares_may_leave_the_range() {
        for scale in [1.0, 1e-200, 1e200, 5e-324] {
            assert_relative_eq!(
                norm(&array![3.0 * scale, -4.0 * scale]),
                5.0 * scale,
                epsilon = 0.0,
                max_relative = 1e-15
            );
        }
        assert_eq!(norm(&array![0.0, 0.0]), 0.0);
        assert!(norm(&array![0.0, f64::NAN]).is_nan());
        assert!(norm(&array![1.0, f64::NAN]).is_nan());
    }
}
