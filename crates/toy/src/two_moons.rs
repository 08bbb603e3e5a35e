//! Two interleaving half circles: the point set that scikit-learn calls `make_moons`.

use prob::standard_normal;
use std::f64::consts::PI;

use ndarray::{Array2, ArrayRef1, ArrayRef2};
use ndarray_rand::rand::RngCore;

use crate::ToyError;

/// Points along two half circles of radius 1, with Gaussian noise of standard deviation `noise` on each coordinate.
///
/// With `t` evenly spaced from 0 to π, both ends included:
///
/// | label | moon | points | centre | ends |
/// |---|---|---|---|---|
/// | 0 | upper | `(cos t, sin t)` | (0, 0) | (1, 0), (-1, 0) |
/// | 1 | lower | `(1 - cos t, ½ - sin t)` | (1, ½) | (0, ½), (2, ½) |
///
/// Of `n` points `⌊n/2⌋` belong to the upper moon; they come first, in the order of `t`, as scikit-learn gives
/// them without its shuffling.
///
/// ```
/// use ndarray_rand::rand::{SeedableRng, rngs::StdRng};
/// use toy::TwoMoons;
///
/// let (x, labels) = TwoMoons::new(0.05)?.sample_labelled(100, &mut StdRng::seed_from_u64(1));
/// assert_eq!(x.dim(), (100, 2));
/// let nearest = TwoMoons::nearest(&x.row(0));
/// assert_eq!((nearest.label, labels[0]), (0, 0));
/// assert!(nearest.distance < 0.5, "ten standard deviations");
/// # Ok::<(), toy::ToyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoMoons {
    noise: f64,
}

/// The arc that a point is closest to, from [`TwoMoons::nearest`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearestArc {
    /// 0 for the upper moon, 1 for the lower one; 0 if both are equally far.
    pub label: usize,
    /// Euclidean distance to the arc.
    pub distance: f64,
}

impl TwoMoons {
    /// Two moons whose points are displaced by `N(0, noise² I)`.
    ///
    /// # Errors
    /// If `noise` is negative, infinite or NaN.
    pub fn new(noise: f64) -> Result<Self, ToyError> {
        if noise.is_finite() && noise >= 0.0 {
            Ok(Self { noise })
        } else {
            Err(ToyError::Noise { value: noise })
        }
    }

    /// Standard deviation of each coordinate about the arc.
    pub fn noise(&self) -> f64 {
        self.noise
    }

    /// `n` points on the arcs, `[n, 2]`, and the moon that each is on.
    pub fn points(n: usize) -> (Array2<f64>, Vec<usize>) {
        let upper = n / 2;
        let labels: Vec<usize> = (0..n).map(|i| usize::from(i >= upper)).collect();
        let mut x = Array2::zeros((n, 2));
        for (i, mut row) in x.rows_mut().into_iter().enumerate() {
            let (index, count) = if i < upper { (i, upper) } else { (i - upper, n - upper) };
            let (sin, cos) = evenly(index, count).sin_cos();
            let point = if i < upper { [cos, sin] } else { [1.0 - cos, 0.5 - sin] };
            row.assign(&ndarray::aview1(&point));
        }
        (x, labels)
    }

    /// [`points`](Self::points) displaced by `noise · eps`, one for each row of standard normal noise (`[n, 2]`).
    ///
    /// # Panics
    /// If `eps` does not have two columns.
    pub fn sample_given_noise(&self, eps: &ArrayRef2<f64>) -> (Array2<f64>, Vec<usize>) {
        assert_eq!(eps.ncols(), 2, "two moons are planar");
        let (mut x, labels) = Self::points(eps.nrows());
        x.scaled_add(self.noise, eps);
        (x, labels)
    }

    /// `n` noisy points, `[n, 2]`.
    ///
    /// Only the displacement is random; where along an arc the points sit is not.
    pub fn sample<R: RngCore + ?Sized>(&self, n: usize, rng: &mut R) -> Array2<f64> {
        self.sample_labelled(n, rng).0
    }

    /// The same, and the moon that each was displaced from.
    pub fn sample_labelled<R: RngCore + ?Sized>(&self, n: usize, rng: &mut R) -> (Array2<f64>, Vec<usize>) {
        self.sample_given_noise(&standard_normal((n, 2), rng))
    }

    /// The arc closest to `point` (`[2]`), and how far it is: exact, the ends of the arcs included.
    ///
    /// # Panics
    /// If `point` does not have two coordinates.
    pub fn nearest(point: &ArrayRef1<f64>) -> NearestArc {
        assert_eq!(point.len(), 2, "two moons are planar");
        let (x, y) = (point[0], point[1]);
        // The lower moon is the upper one after a half turn about (½, ¼).
        let (upper, lower) = (half_circle_distance(x, y), half_circle_distance(1.0 - x, 0.5 - y));
        if lower < upper {
            NearestArc { label: 1, distance: lower }
        } else {
            NearestArc { label: 0, distance: upper }
        }
    }
}

/// The `index`-th of `count` angles that divide [0, π] evenly; 0 if it is the only one.
fn evenly(index: usize, count: usize) -> f64 {
    if count > 1 { PI * index as f64 / (count - 1) as f64 } else { 0.0 }
}

/// Distance of `(x, y)` to the upper half of the unit circle: along the ray above the x-axis, to an end below it.
fn half_circle_distance(x: f64, y: f64) -> f64 {
    if y >= 0.0 { (x.hypot(y) - 1.0).abs() } else { (x.abs() - 1.0).hypot(y) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::{chi_squared_range, normal_bound};
    use approx::assert_abs_diff_eq;
    use ndarray::{array, s};
    use proptest::prelude::*;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    /// What scikit-learn's `make_moons(7, shuffle=False)` prints: three angles above, four below.
    #[test]
    fn seven_points_are_the_known_ones() {
        let (x, labels) = TwoMoons::points(7);
        let root = 3f64.sqrt() / 2.0;
        let known = array![
            [1.0, 0.0],
            [0.0, 1.0],
            [-1.0, 0.0],
            [0.0, 0.5],
            [0.5, 0.5 - root],
            [1.5, 0.5 - root],
            [2.0, 0.5]
        ];
        assert_abs_diff_eq!(x, known, epsilon = 1e-15);
        assert_eq!(labels, [0, 0, 0, 1, 1, 1, 1]);
    }

    #[test]
    fn few_points_are_no_trouble() {
        assert_eq!(TwoMoons::points(0).0.dim(), (0, 2));
        assert_eq!(TwoMoons::points(1), (array![[0.0, 0.5]], vec![1]));
        assert_eq!(TwoMoons::points(2), (array![[1.0, 0.0], [0.0, 0.5]], vec![0, 1]));
    }

    #[test]
    fn distances_worked_out_by_hand() {
        for (point, label, distance) in [
            (array![0.0, 3.0], 0, 2.0),
            (array![0.0, 0.0], 1, 1.25f64.sqrt() - 1.0),
            (array![-1.0, -2.0], 0, 2.0),
            (array![-4.0, -4.0], 0, 5.0),
            (array![2.0, 1.5], 1, 1.0),
            (array![1.0, -1.0], 1, 0.5),
            (array![0.5, 0.0], 1, 1.0 - 0.5f64.sqrt()),
        ] {
            let nearest = TwoMoons::nearest(&point);
            assert_eq!(nearest.label, label, "{point}");
            assert_abs_diff_eq!(nearest.distance, distance, epsilon = 1e-15);
        }
    }

    /// Noise is x - points, exactly normal: the bounds hold at this n. False alarm 1e-9 for each comparison.
    #[test]
    fn noise_has_the_standard_deviation_asked_for() {
        let n = 50_001;
        let noise = 0.1;
        let (x, labels) = TwoMoons::new(noise).unwrap().sample_labelled(n, &mut ChaCha8Rng::seed_from_u64(3));
        assert_eq!(labels.iter().filter(|&&label| label == 0).count(), 25_000);
        let (points, unchanged) = TwoMoons::points(n);
        assert_eq!(labels, unchanged);
        let eps = (x - points) / noise;
        for column in eps.columns() {
            let z = column.sum() / (n as f64).sqrt();
            assert!(z.abs() < normal_bound(), "z = {z}");
            assert!(chi_squared_range(n as f64).contains(&column.dot(&column)));
        }
        let product = eps.column(0).dot(&eps.column(1));
        // E(ε₀ε₁)² = 1; given ε₀ the sum is normal with variance Σ ε₀², itself within the range above.
        let spread = chi_squared_range(n as f64).end.sqrt();
        assert!(product.abs() < normal_bound() * spread, "the coordinates are correlated: {product}");
    }

    #[test]
    fn refuses_noise_that_is_no_standard_deviation() {
        assert_eq!(TwoMoons::new(-0.1), Err(ToyError::Noise { value: -0.1 }));
        assert!(TwoMoons::new(f64::NAN).is_err() && TwoMoons::new(f64::INFINITY).is_err());
        assert_eq!(TwoMoons::new(0.0).unwrap().noise(), 0.0);
    }

    proptest! {
        #[test]
        fn noise_free_points_lie_on_the_arcs(n in 0usize..300) {
            let (x, labels) = TwoMoons::points(n);
            for row in x.rows() {
                // Two roundings of a number near 1 on the way to the radius.
                prop_assert!(TwoMoons::nearest(&row).distance < 4.0 * f64::EPSILON);
            }
            for (row, &label) in x.rows().into_iter().zip(&labels) {
                prop_assert_eq!(TwoMoons::nearest(&row).label, label);
            }
            prop_assert_eq!(labels.iter().filter(|&&label| label == 0).count(), n / 2);
            prop_assert_eq!(labels.len(), n);
            let still = TwoMoons::new(0.0).unwrap().sample_given_noise(&Array2::from_elem((n, 2), 5.0));
            prop_assert_eq!(still.0, x);
        }

        /// The closest of 2000 points on each arc is never closer than the arc, and farther by at most half the
        /// spacing between them.
        #[test]
        fn distance_is_that_to_the_closest_of_many_points(px in -3.0..4.0f64, py in -3.0..3.0f64) {
            let (x, _) = TwoMoons::points(4000);
            let closest = |first: usize| {
                let moon = x.slice(s![first..first + 2000, ..]);
                moon.rows().into_iter().map(|p| (p[0] - px).hypot(p[1] - py)).fold(f64::INFINITY, f64::min)
            };
            let (upper, lower) = (closest(0), closest(2000));
            let half_spacing = 0.5 * PI / 1999.0;
            let nearest = TwoMoons::nearest(&array![px, py]);
            let excess = upper.min(lower) - nearest.distance;
            prop_assert!((-1e-14..half_spacing).contains(&excess), "excess {excess:e}");
            if (upper - lower).abs() > half_spacing {
                prop_assert_eq!(nearest.label, usize::from(lower < upper));
            }
        }
    }
}
