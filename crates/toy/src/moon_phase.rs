//! Pictures of the moon: a disc lit up to its terminator, each pixel the exact lit area inside it.
//!
//! With the centre of the disc as the origin, radius `R` and half chord `s(y) = √(R² - y²)`, the moon of
//! illuminated fraction `f` is lit where `(1 - 2f) s(y) ≤ x ≤ s(y)`. Its limb is a half circle, its terminator half
//! an ellipse, and its area `f π R²`.
//!
//! A picture tells meaning from mere averaging: halfway between the half moon and the full moon lies the
//! three-quarter moon, but halfway between their *pixels* lies a grey half disc, which is no moon at all.
//! [`MoonPhase::nearest_phase`] and [`nearest_blend`] measure which of the two a decoder has drawn.

use std::sync::OnceLock;

use ndarray::{Array1, Array2, ArrayRef1, Zip};

use crate::ToyError;

/// Radius of the disc as a fraction of the side: 10 pixels of 24.
const RADIUS: f64 = 5.0 / 12.0;
/// Number of phases tried before the best of them is refined.
const GRID: usize = 201;
/// `(√5 - 1)/2`.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Draws the moon in a square picture of `size` by `size` pixels, and judges pictures of that size.
///
/// The disc is centred and `5/12 size` in radius. Grey runs from 0 (dark) to 1 (lit); pixels are in row-major
/// order, the top row first, so that a picture is a vector `[size²]` and a set of them `[n, size²]`.
///
/// ```
/// use toy::MoonPhase;
///
/// let moon = MoonPhase::default();
/// let gibbous = moon.image(0.75)?;
/// assert_eq!(gibbous.len(), 24 * 24);
/// let area = 0.75 * std::f64::consts::PI * moon.radius().powi(2);
/// assert!((gibbous.sum() - area).abs() < 1e-10);
/// # Ok::<(), toy::ToyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MoonPhase {
    size: usize,
    /// Area of each pixel that is inside the disc's rows and left of its right limb.
    left_of_limb: Array1<f64>,
    /// The moons at the phases `0, 1/(GRID - 1), …, 1`, `[GRID, size²]`; drawn when a picture is first judged.
    grid: OnceLock<Array2<f64>>,
}

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
    /// Pictures of `size` by `size` pixels.
    ///
    /// # Errors
    /// If `size` is 0.
    pub fn new(size: usize) -> Result<Self, ToyError> {
        if size == 0 {
            return Err(ToyError::PictureSize { size });
        }
        let mut moon = Self { size, left_of_limb: Array1::zeros(size * size), grid: OnceLock::new() };
        moon.left_of_limb = (0..size * size).map(|pixel| moon.left_of(1.0, pixel)).collect();
        Ok(moon)
    }

    /// Side of a picture, in pixels.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Number of pixels, `size²`: the dimension of a picture as a vector.
    pub fn dim(&self) -> usize {
        self.size * self.size
    }

    /// Radius of the disc, in pixels.
    pub fn radius(&self) -> f64 {
        RADIUS * self.size as f64
    }

    /// The moon of illuminated fraction `phase`, `[size²]`: 0 new, ½ half, 1 full; the right limb is lit.
    ///
    /// # Errors
    /// If `phase` is outside [0, 1] or NaN.
    pub fn image(&self, phase: f64) -> Result<Array1<f64>, ToyError> {
        check_phase(phase)?;
        Ok(self.pixels(phase).collect())
    }

    /// One moon for each phase, `[n, size²]`.
    ///
    /// # Errors
    /// If a phase is outside [0, 1] or NaN.
    pub fn images(&self, phases: &[f64]) -> Result<Array2<f64>, ToyError> {
        phases.iter().try_for_each(|&phase| check_phase(phase))?;
        Ok(self.drawn(phases.len(), |row| phases[row]))
    }

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
        let grid = self.grid.get_or_init(|| self.drawn(GRID, |row| row as f64 * step));
        let distances = grid.rows().into_iter().map(|moon| rms_distance(picture, &moon)).enumerate();
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

    /// `rows` moons, that of row `i` at `phase(i)`.
    fn drawn(&self, rows: usize, phase: impl Fn(usize) -> f64) -> Array2<f64> {
        let mut images = Array2::zeros((rows, self.dim()));
        for (row, mut image) in images.rows_mut().into_iter().enumerate() {
            image.iter_mut().zip(self.pixels(phase(row))).for_each(|(pixel, lit)| *pixel = lit);
        }
        images
    }

    /// Lit area of each pixel; `phase` is in [0, 1].
    fn pixels(&self, phase: f64) -> impl Iterator<Item = f64> {
        let terminator = 1.0 - 2.0 * phase;
        self.left_of_limb.iter().enumerate().map(move |(pixel, left_of_limb)| {
            // Rounding leaves up to 1e-14 outside.
            (left_of_limb - self.left_of(terminator, pixel)).clamp(0.0, 1.0)
        })
    }

    /// Area of a pixel that is left of the curve `x = k s(y)` and inside the rows of the disc, `|y| ≤ R`:
    /// `∫ clamp(k s(y) - x₀, 0, 1) dy` for a pixel whose left side is at `x₀`.
    ///
    /// Where the curve meets neither side the integrand has one form, whose integral is known in closed form.
    fn left_of(&self, k: f64, pixel: usize) -> f64 {
        let radius = self.radius();
        let half = 0.5 * self.size as f64;
        let left = (pixel % self.size) as f64 - half;
        let top = (pixel / self.size) as f64 - half;
        let (y0, y1) = (top.max(-radius), (top + 1.0).min(radius));
        if y0 >= y1 {
            return 0.0;
        }
        let mut cuts = [y0, y0, y0, y0, y0, y1];
        let mut count = 1;
        for side in [left, left + 1.0] {
            let chord = side / k;
            if (0.0..=radius).contains(&chord) {
                let y = half_chord(radius, chord);
                cuts[count] = (-y).clamp(y0, y1);
                cuts[count + 1] = y.clamp(y0, y1);
                count += 2;
            }
        }
        cuts.sort_unstable_by(f64::total_cmp);
        cuts.windows(2)
            .map(|piece| (piece[0], piece[1]))
            .filter(|(a, b)| a < b)
            .map(|(a, b)| {
                let reach = k * half_chord(radius, 0.5 * (a + b)) - left;
                if reach <= 0.0 {
                    0.0
                } else if reach >= 1.0 {
                    b - a
                } else {
                    k * (half_chord_integral(radius, b) - half_chord_integral(radius, a)) - left * (b - a)
                }
            })
            .sum()
    }
}

impl Default for MoonPhase {
    /// Pictures of 24 by 24 pixels.
    fn default() -> Self {
        Self::new(24).expect("24 pixels are some")
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

/// Refuses a phase that is not an illuminated fraction.
fn check_phase(value: f64) -> Result<(), ToyError> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(ToyError::Phase { value }) }
}

/// Root-mean-square difference of the pixels of two pictures of the same size, in units of grey.
pub fn rms_distance(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    let squares = Zip::from(a).and(b).fold(0.0, |sum, a, b| sum + (a - b) * (a - b));
    (squares / a.len() as f64).sqrt()
}

/// `s(y) = √(R² - y²)`, without cancellation at the poles.
fn half_chord(radius: f64, y: f64) -> f64 {
    ((radius - y) * (radius + y)).sqrt()
}

/// `∫₀ʸ s = ½ (y s(y) + R² asin(y/R))`; the arcsine from both legs, which keeps its digits at the poles.
fn half_chord_integral(radius: f64, y: f64) -> f64 {
    let s = half_chord(radius, y);
    0.5 * (y * s + radius * radius * y.atan2(s))
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
    use ndarray::{array, s};
    use prob::integrate;
    use proptest::prelude::*;
    use std::f64::consts::PI;

    fn square(moon: &MoonPhase, image: Array1<f64>) -> Array2<f64> {
        image.into_shape_with_order((moon.size(), moon.size())).unwrap()
    }

    proptest! {
        #[test]
        fn the_lit_area_is_the_fraction_of_the_disc(f in 0.0..=1.0f64, size in 1usize..70) {
            let moon = MoonPhase::new(size).unwrap();
            let disc = PI * moon.radius().powi(2);
            assert_abs_diff_eq!(moon.image(f).unwrap().sum() / disc, f, epsilon = 1e-12);
        }

        #[test]
        fn pixels_are_fractions_and_mirror_top_to_bottom(f in 0.0..=1.0f64, size in 1usize..40) {
            let moon = MoonPhase::new(size).unwrap();
            let image = square(&moon, moon.image(f).unwrap());
            prop_assert!(image.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
            assert_abs_diff_eq!(image, image.slice(s![..;-1, ..]).to_owned(), epsilon = 1e-12);
        }

        /// What the moon of phase f leaves dark in the disc is the moon of phase 1 - f, seen in a mirror.
        #[test]
        fn the_dark_part_is_the_opposite_moon_mirrored(f in 0.0..=1.0f64, size in 1usize..40) {
            let moon = MoonPhase::new(size).unwrap();
            let draw = |f| square(&moon, moon.image(f).unwrap());
            let mirrored = draw(1.0 - f).slice(s![.., ..;-1]).to_owned();
            assert_abs_diff_eq!(draw(1.0) - draw(f), mirrored, epsilon = 1e-12);
        }

        #[test]
        fn every_pixel_brightens_with_the_phase(f in 0.0..=1.0f64, g in 0.0..=1.0f64, size in 1usize..40) {
            let moon = MoonPhase::new(size).unwrap();
            let (less, more) = (moon.image(f.min(g)).unwrap(), moon.image(f.max(g)).unwrap());
            prop_assert!(Zip::from(&less).and(&more).all(|a, b| *a <= b + 1e-12));
        }

        /// The width of the lit part at each height of a pixel, integrated numerically. The integral is split where
        /// a curve meets a side, so that no sliver falls between the nodes.
        #[test]
        fn pixels_agree_with_quadrature(f in 0.0..=1.0f64, size in 1usize..14) {
            let moon = MoonPhase::new(size).unwrap();
            let image = moon.image(f).unwrap();
            let (radius, half) = (5.0 * size as f64 / 12.0, size as f64 / 2.0);
            let k = 1.0 - 2.0 * f;
            for (pixel, &lit) in image.iter().enumerate() {
                let (x0, y0) = ((pixel % size) as f64 - half, (pixel / size) as f64 - half);
                let width = |y: f64| {
                    let s = (radius * radius - y * y).max(0.0).sqrt();
                    if y.abs() < radius { (s.min(x0 + 1.0) - (k * s).max(x0)).max(0.0) } else { 0.0 }
                };
                let meetings = [x0, x0 + 1.0, x0 / k, (x0 + 1.0) / k]
                    .map(|x| (radius * radius - x * x).max(0.0).sqrt());
                let mut breaks = vec![y0, y0 + 1.0, radius, -radius];
                breaks.extend(meetings.iter().flat_map(|&y| [y, -y]));
                breaks.retain(|y| (y0..=y0 + 1.0).contains(y));
                breaks.sort_by(f64::total_cmp);
                breaks.dedup_by(|a, b| *a == *b);
                let area = integrate(width, &breaks, 1e-11);
                prop_assert!(area.converged);
                assert_abs_diff_eq!(lit, area.value, epsilon = 1e-10);
            }
        }

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

    /// Midpoints of a fine grid that lie in the lit region, by its definition. Only a cell that the limb or the
    /// terminator crosses can err, by at most its area; within a pixel each curve turns at most once in x or y, and
    /// a piece that does not turn crosses fewer than 2m of the m² cells: the error is below 2·2·2m/m².
    #[test]
    fn pixels_agree_with_counting_points() {
        let m = 400;
        let size = 6;
        let moon = MoonPhase::new(size).unwrap();
        let radius = 2.5;
        for f in [0.0, 0.07, 0.25, 0.5, 0.61, 0.93, 1.0] {
            let lit = |x: f64, y: f64| {
                let inside = x * x + y * y <= radius * radius;
                // Right of the terminator: an ellipse with half axes |1 - 2f| R and R.
                let k: f64 = 1.0 - 2.0 * f;
                let ellipse = x * x + k * k * y * y <= k * k * radius * radius;
                inside && if k >= 0.0 { x >= 0.0 && !ellipse } else { x >= 0.0 || ellipse }
            };
            for (pixel, &area) in moon.image(f).unwrap().iter().enumerate() {
                let (x0, y0) = ((pixel % size) as f64 - 3.0, (pixel / size) as f64 - 3.0);
                let at = |i: usize| (i as f64 + 0.5) / m as f64;
                let count: usize =
                    (0..m).map(|j| (0..m).filter(|&i| lit(x0 + at(i), y0 + at(j))).count()).sum();
                let counted = count as f64 / (m * m) as f64;
                assert!((area - counted).abs() < 8.0 / m as f64, "f = {f}, pixel {pixel}: {area} {counted}");
            }
        }
    }

    #[test]
    fn known_moons() {
        let moon = MoonPhase::default();
        assert_eq!((moon.size(), moon.dim(), moon.radius()), (24, 576, 10.0));
        let images = moon.images(&[0.0, 0.5, 1.0]).unwrap();
        assert_eq!(images.dim(), (3, 576));
        assert_eq!(images.row(1), moon.image(0.5).unwrap());
        assert_eq!(images.row(0), Array1::<f64>::zeros(576));
        let full = square(&moon, images.row(2).to_owned());
        assert_abs_diff_eq!(full, full.slice(s![.., ..;-1]).to_owned(), epsilon = 1e-13);
        assert_relative_eq!(full[[12, 12]], 1.0, max_relative = 1e-13);
        assert_eq!(full[[12, 1]], 0.0, "the margin is two pixels");
        // Beside the equator the limb recedes by y²/2R, on average 1/60 of the pixel.
        assert_abs_diff_eq!(full[[12, 2]], 1.0 - 1.0 / 60.0, epsilon = 1e-4);
        // Half a moon: the right half, cut between two columns of pixels.
        let half = square(&moon, images.row(1).to_owned());
        assert_eq!(half.slice(s![.., ..12]).sum(), 0.0);
        assert_abs_diff_eq!(half.slice(s![.., 12..]), full.slice(s![.., 12..]), epsilon = 1e-13);
        // One pixel holds the whole disc.
        let dot = MoonPhase::new(1).unwrap().image(0.5).unwrap();
        assert_relative_eq!(dot[0], 0.5 * PI * 25.0 / 144.0, max_relative = 1e-14);
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
    fn refuses_what_is_no_phase_and_no_picture() {
        let moon = MoonPhase::default();
        assert_eq!(moon.image(-0.1), Err(ToyError::Phase { value: -0.1 }));
        assert_eq!(moon.images(&[0.5, 1.5]), Err(ToyError::Phase { value: 1.5 }));
        assert!(moon.image(f64::NAN).is_err());
        assert_eq!(MoonPhase::new(0).unwrap_err(), ToyError::PictureSize { size: 0 });
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
