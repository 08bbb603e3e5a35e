//! Pictures of the moon: a disc lit up to its terminator, each pixel the exact lit area inside it.
//!
//! With the centre of the disc as the origin, radius `R` and half chord `s(y) = √(R² - y²)`, the moon of
//! illuminated fraction `f` is lit where `(1 - 2f) s(y) ≤ x ≤ s(y)`. Its limb is a half circle, its terminator half
//! an ellipse, and its area `f π R²`.
//!
//! How far other pictures are from these is measured in [`nearest`](crate::nearest).

use std::sync::OnceLock;

use ndarray::{Array1, Array2};

use crate::ToyError;

/// Radius of the disc as a fraction of the side: 10 pixels of 24.
const RADIUS: f64 = 5.0 / 12.0;
/// Number of phases to which a picture is compared before the best of them is refined.
pub(crate) const GRID: usize = 201;

/// Draws the moon in a square picture of `size` by `size` pixels.
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
    /// What [`grid`](Self::grid) has drawn.
    grid: OnceLock<Array2<f64>>,
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

    /// The moons at the phases `0, 1/(GRID - 1), …, 1`, `[GRID, size²]`; drawn when a picture is first compared.
    pub(crate) fn grid(&self) -> &Array2<f64> {
        self.grid.get_or_init(|| self.drawn(GRID, |row| row as f64 / (GRID - 1) as f64))
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
    pub(crate) fn pixels(&self, phase: f64) -> impl Iterator<Item = f64> {
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

/// Refuses a phase that is not an illuminated fraction.
fn check_phase(value: f64) -> Result<(), ToyError> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(ToyError::Phase { value }) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{assert_abs_diff_eq, assert_relative_eq};
    use ndarray::{Zip, s};
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

    #[test]
    fn refuses_what_is_no_phase_and_no_picture() {
        let moon = MoonPhase::default();
        assert_eq!(moon.image(-0.1), Err(ToyError::Phase { value: -0.1 }));
        assert_eq!(moon.images(&[0.5, 1.5]), Err(ToyError::Phase { value: 1.5 }));
        assert!(moon.image(f64::NAN).is_err());
        assert_eq!(MoonPhase::new(0).unwrap_err(), ToyError::PictureSize { size: 0 });
    }
}
