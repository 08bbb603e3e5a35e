//! How far a picture is from being a moon, and from being a mere average of two.
//!
//! A picture tells meaning from averaging: halfway between the half moon and the full moon lies the three-quarter
//! moon, but halfway between their *pixels* lies a grey half disc, which is no moon at all.
//! [`MoonPhase::nearest_phase`] and [`nearest_blend`] measure which of the two a decoder has drawn.

use ndarray::{Array1, ArrayRef1, Zip};

use crate::MoonPhase;
use crate::moon_phase::GRID;

/// `(√5 - 1)/2`.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// The moon closest to a picture, from [`MoonPhase::nearest_phase`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearestPhase {
    /// Its illuminated fraction, in [0, 1]; NaN if the picture is not finite.
    pub phase: f64,
    /// Root-mean-square difference of its pixels to the picture's, in units of grey; not finite if the picture is
    /// not.
    pub distance: f64,
}

/// The blend `(1 - w) a + w b` closest to a picture, from [`nearest_blend`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearestBlend {
    /// The share `w` of the second picture, in [0, 1].
    pub weight: f64,
    /// Root-mean-square difference of its pixels to the picture's, in units of grey.
    pub distance: f64,
}

impl MoonPhase {
    /// The phase whose moon is closest to `picture` (`[size²]`) in root-mean-square difference of pixels.
    ///
    /// The best of 201 evenly spaced phases, refined by golden section between its two neighbours. A moon gives
    /// back its own phase, to about 1e-10: pixels only brighten as the phase grows, so that the distance to a moon
    /// falls up to its phase and rises after. A picture that is no moon may be about equally far from many, with a
    /// dip for each column of pixels that the terminator crosses (the grid tells them apart up to about 100 columns):
    /// the distance then says what there is to say, and the phase little.
    ///
    /// ```
    /// use toy::MoonPhase;
    ///
    /// let moon = MoonPhase::default();
    /// let nearest = moon.nearest_phase(&moon.image(0.3)?);
    /// assert!((nearest.phase - 0.3).abs() < 1e-9 && nearest.distance < 1e-9);
    /// # Ok::<(), toy::ToyError>(())
    /// ```
    ///
    /// # Panics
    /// If the picture has another number of pixels.
    pub fn nearest_phase(&self, picture: &ArrayRef1<f64>) -> NearestPhase {
        self.nearest_phase_from(0.0, picture)
    }

    /// As [`nearest_phase`](Self::nearest_phase), among the moons at least as full as the phase `low`, rounded down
    /// to a multiple of 1/200.
    ///
    /// # Panics
    /// If the picture has another number of pixels, or `low` is outside [0, 1].
    pub fn nearest_phase_from(&self, low: f64, picture: &ArrayRef1<f64>) -> NearestPhase {
        assert_eq!(picture.len(), self.dim(), "a picture of another size");
        assert!((0.0..=1.0).contains(&low), "{low} is no phase");
        let step = 1.0 / (GRID - 1) as f64;
        let first = (low / step).floor() as usize;
        let distances = self.grid().rows().into_iter().map(|moon| rms_distance(picture, &moon)).enumerate();
        let (row, on_grid) =
            distances.skip(first).min_by(|(_, a), (_, b)| a.total_cmp(b)).expect("the grid reaches 1");
        if !on_grid.is_finite() {
            return NearestPhase { phase: f64::NAN, distance: on_grid };
        }
        let on_grid = NearestPhase { phase: row as f64 * step, distance: on_grid };
        let low = (on_grid.phase - step).max(first as f64 * step);
        let high = (on_grid.phase + step).min(1.0);
        let phase = golden_section(low, high, 1e-11, |phase| {
            picture.iter().zip(self.pixels(phase)).map(|(p, moon)| (p - moon) * (p - moon)).sum()
        });
        let refined = NearestPhase {
            phase,
            distance: rms_distance(picture, &self.pixels(phase).collect::<Array1<_>>()),
        };
        if refined.distance < on_grid.distance { refined } else { on_grid }
    }
}

/// The blend `(1 - w) a + w b`, `w` in [0, 1], closest to `picture` in root-mean-square difference of pixels:
/// `w = <p - a, b - a> / |b - a|²`, or the end that it lies beyond.
///
/// Two equal pictures have only one blend; its weight is given as 0.
///
/// The contrast between meaning and averaging, at 24 by 24 pixels: the equal blend of the half and the full moon is
/// 0.241 from the nearest moon, and the three-quarter moon is 0.246 from the nearest blend, while each is 0 from its
/// own kind. Without pixels both numbers are `½ √(π/2) R/size = 0.261`: the grey half of the blend differs by ½
/// from every moon between the two, and grey rims, which every picture with pixels has, take a little off.
///
/// ```
/// use toy::{MoonPhase, nearest_blend};
///
/// let moon = MoonPhase::default();
/// let (half, full) = (moon.image(0.5)?, moon.image(1.0)?);
/// let grey = (&half + &full) * 0.5;
/// assert!(moon.nearest_phase(&grey).distance > 0.2);
/// assert!(nearest_blend(&grey, &half, &full).distance < 1e-12);
/// assert!(nearest_blend(&moon.image(0.75)?, &half, &full).distance > 0.2);
/// # Ok::<(), toy::ToyError>(())
/// ```
///
/// # Panics
/// If the pictures have different numbers of pixels.
pub fn nearest_blend(picture: &ArrayRef1<f64>, a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> NearestBlend {
    assert!(picture.len() == a.len() && a.len() == b.len(), "pictures of different sizes");
    let (mut along, mut length) = (0.0, 0.0);
    Zip::from(picture).and(a).and(b).for_each(|p, a, b| {
        along += (p - a) * (b - a);
        length += (b - a) * (b - a);
    });
    let weight = if length == 0.0 { 0.0 } else { (along / length).clamp(0.0, 1.0) };
    let blend: Array1<f64> = Zip::from(a).and(b).map_collect(|a, b| (1.0 - weight) * a + weight * b);
    NearestBlend { weight, distance: rms_distance(picture, &blend) }
}

/// Root-mean-square difference of the pixels of two pictures of the same size, in units of grey.
///
/// # Panics
/// If the pictures have different numbers of pixels.
pub fn rms_distance(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    assert_eq!(a.len(), b.len(), "pictures of different sizes");
    let squares = Zip::from(a).and(b).fold(0.0, |sum, a, b| sum + (a - b) * (a - b));
    (squares / a.len() as f64).sqrt()
}

/// Where `f` is smallest between `low` and `high`, to `tolerance`, if it falls and then rises there.
fn golden_section(mut low: f64, mut high: f64, tolerance: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut a, mut b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_a, mut at_b) = (f(a), f(b));
    while high - low > tolerance {
        if at_a < at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - GOLDEN * (high - low);
            at_a = f(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + GOLDEN * (high - low);
            at_b = f(b);
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{assert_abs_diff_eq, assert_relative_eq};
    use ndarray::array;
    use proptest::prelude::*;
    use std::f64::consts::PI;

    proptest! {
        #[test]
        fn a_moon_is_known_by_its_phase(f in 0.0..=1.0f64, size in 1usize..30) {
            let moon = MoonPhase::new(size).unwrap();
            let nearest = moon.nearest_phase(&moon.image(f).unwrap());
            assert_abs_diff_eq!(nearest.phase, f, epsilon = 1e-9);
            prop_assert!(nearest.distance < 1e-9);
        }

        #[test]
        fn a_blend_is_known_by_its_weight(w in 0.0..=1.0f64, f in 0.0..0.45f64, g in 0.55..=1.0f64) {
            let moon = MoonPhase::default();
            let (a, b) = (moon.image(f).unwrap(), moon.image(g).unwrap());
            let nearest = nearest_blend(&(&a * (1.0 - w) + &b * w), &a, &b);
            assert_abs_diff_eq!(nearest.weight, w, epsilon = 1e-12);
            prop_assert!(nearest.distance < 1e-14);
        }
    }

    /// The grey half disc that averaging gives, against the three-quarter moon that it should have been.
    #[test]
    fn a_blend_of_two_moons_is_not_a_moon() {
        let moon = MoonPhase::default();
        let (half, full) = (moon.image(0.5).unwrap(), moon.image(1.0).unwrap());
        let gibbous = moon.image(0.75).unwrap();
        let blend = (&half + &full) * 0.5;

        // They are equally bright: a mean grey would not tell them apart.
        assert_relative_eq!(blend.sum(), gibbous.sum(), max_relative = 1e-12);

        let without_pixels = 0.5 * (PI / 2.0).sqrt() * 10.0 / 24.0;
        let blend_to_moon = moon.nearest_phase(&blend);
        let moon_to_blend = nearest_blend(&gibbous, &half, &full);
        // As documented. The grey rim of a disc of pixels brings both below the value without pixels.
        assert_abs_diff_eq!(blend_to_moon.distance, 0.241, epsilon = 5e-4);
        assert_abs_diff_eq!(moon_to_blend.distance, 0.246, epsilon = 5e-4);
        assert_abs_diff_eq!(without_pixels, 0.261, epsilon = 5e-4);
        assert_abs_diff_eq!(moon_to_blend.weight, 0.5, epsilon = 0.02);

        assert!(nearest_blend(&blend, &half, &full).distance < 1e-15);
        assert!(moon.nearest_phase(&gibbous).distance < 1e-9);
    }

    /// Pixels on the rims number as the side, all of them as its square: what they take off the distance between
    /// moon and blend, in squares, falls with the side.
    #[test]
    fn the_contrast_tends_to_its_value_without_pixels() {
        let missing = |size| {
            let moon = MoonPhase::new(size).unwrap();
            let draw = |f| moon.image(f).unwrap();
            let squared = nearest_blend(&draw(0.75), &draw(0.5), &draw(1.0)).distance.powi(2);
            (0.125 * PI * (5.0f64 / 12.0).powi(2) - squared) * size as f64
        };
        let (coarse, fine) = (missing(96), missing(384));
        let order = (fine / coarse).log(4.0);
        assert!(coarse > 0.0 && order.abs() < 0.1, "order 1 is off by {order}");
    }

    #[test]
    fn blends_end_at_their_ends() {
        let (a, b) = (array![0.0, 0.0], array![1.0, 0.0]);
        let nearest = |p: Array1<f64>| nearest_blend(&p, &a, &b);
        assert_eq!(nearest(array![3.0, 0.0]), NearestBlend { weight: 1.0, distance: 2f64.sqrt() });
        assert_eq!(nearest(array![-1.0, 1.0]), NearestBlend { weight: 0.0, distance: 1.0 });
        let alike = nearest_blend(&array![1.0, 1.0], &a, &a);
        assert_eq!(alike, NearestBlend { weight: 0.0, distance: 1.0 });
    }

    /// The refined answer is no worse than a search over ten times as many phases, for pictures that are no moons.
    #[test]
    fn the_nearest_moon_of_a_picture_that_is_none() {
        let moon = MoonPhase::new(12).unwrap();
        for (seed, grey) in [(1.0, 0.3), (2.0, 0.5), (7.0, 0.9)] {
            let picture = Array1::from_shape_fn(144, |i| grey + 0.2 * (seed * i as f64).sin());
            let nearest = moon.nearest_phase(&picture);
            let at = |f| rms_distance(&picture, &moon.image(f).unwrap());
            assert_relative_eq!(nearest.distance, at(nearest.phase), max_relative = 1e-12);
            let search = (0..=2000).map(|i| at(f64::from(i) / 2000.0)).fold(f64::INFINITY, f64::min);
            assert!(nearest.distance <= search + 1e-9, "{nearest:?} against {search}");
        }
    }

    #[test]
    fn what_is_not_finite_is_near_nothing() {
        let moon = MoonPhase::new(4).unwrap();
        let nearest = moon.nearest_phase(&Array1::from_elem(16, f64::NAN));
        assert!(nearest.phase.is_nan() && nearest.distance.is_nan());
        let nearest = moon.nearest_phase(&Array1::from_elem(16, f64::INFINITY));
        assert!(nearest.phase.is_nan() && nearest.distance == f64::INFINITY);
    }

    #[test]
    #[should_panic(expected = "a picture of another size")]
    fn a_picture_of_another_size_is_a_mistake() {
        MoonPhase::default().nearest_phase(&Array1::zeros(25));
    }

    #[test]
    fn among_fuller_moons_only_those_are_found() {
        let moon = MoonPhase::default();
        let dark = moon.image(0.0).unwrap();
        let nearest = moon.nearest_phase_from(0.5, &dark);
        assert_relative_eq!(nearest.phase, 0.5, epsilon = 1e-9);
        assert_relative_eq!(
            nearest.distance,
            rms_distance(&dark, &moon.image(0.5).unwrap()),
            max_relative = 1e-9
        );
        let gibbous = moon.image(0.8).unwrap();
        assert_relative_eq!(moon.nearest_phase_from(0.5, &gibbous).phase, 0.8, epsilon = 1e-9);
    }
}
