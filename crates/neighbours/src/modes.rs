//! The mode of a mixture that a point is nearest to.

use ndarray::ArrayRef1;
use prob::Mixture;

/// The component nearest to `x` (`[d]`) and the distance in its standard deviations,
/// `min_k √((x - m_k)ᵀ S_k⁻¹ (x - m_k))` (Mahalanobis). Infinite, of the first component, where `x` is no number.
///
/// # Panics
/// If `x` has another dimension.
pub fn nearest_mode(mixture: &Mixture, x: &ArrayRef1<f64>) -> (usize, f64) {
    let squares = mixture.parts().map(|(_, law)| law.mahalanobis(x)).enumerate();
    let (k, square) = squares.fold((0, f64::INFINITY), |a, b| if b.1 < a.1 { b } else { a });
    (k, square.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use toy::Preset;

    /// `N(-3, ¼)`, `N(0, 0.09)`, `N(2, 0.16)`: -2.5 is one, 1 is 2.5 and 10/3 standard deviations away, and 0.85 nearer to the
    /// mode at 0 by a hair.
    #[test]
    fn the_nearest_mode_by_hand() {
        let data = Preset::Trimodal.mixture();
        for (x, mode, distance) in [(-2.5, 0, 1.0), (1.0, 2, 2.5), (0.85, 1, 0.85 / 0.3)] {
            let found = nearest_mode(&data, &array![x]);
            assert_eq!(found.0, mode, "{x}");
            assert_relative_eq!(found.1, distance, max_relative = 1e-14);
        }
        assert_eq!(nearest_mode(&data, &array![f64::NAN]), (0, f64::INFINITY));
    }
}
