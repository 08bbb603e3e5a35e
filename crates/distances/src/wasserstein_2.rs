//! The 2-Wasserstein distance on the line, in the unit of `x`: the least root mean square distance of a coupling, which
//! pairs quantiles.

use montecarlo::Estimate;
use ndarray::ArrayRef2;
use prob::Mixture;

use crate::influence::{self, root};
use crate::rows::{self, Sorted};
use crate::{DistanceError, LineLaw};

/// `√∫ (F_n⁻¹ - F⁻¹)²` of a sample (`[n, 1]`) and a mixture: the `i`th smallest point is coupled to what lies between the
/// quantiles at `(i-1)/n` and `i/n`, whose mean squared distance from it is closed. `O(n log n)`.
///
/// The influence of a point is its Kantorovich potential: at the quantile between them two neighbours are served equally.
///
/// # Errors
/// If there are fewer than two points, one is no number, or one of the two is not one-dimensional.
pub fn to_law(sample: &ArrayRef2<f64>, law: &Mixture) -> Result<Estimate, DistanceError> {
    let (cost, potential) = transport_to_law(&rows::on_the_line(sample)?.values, &LineLaw::new(law)?);
    Ok(root(influence::estimate(cost, &[&potential])))
}

/// `√∫ (F_n⁻¹ - G_m⁻¹)²` of two samples on the line (`[n, 1]`, `[m, 1]`).
///
/// # Errors
/// If one has fewer than two points, a number that is none, or more than one dimension.
pub fn between(one: &ArrayRef2<f64>, other: &ArrayRef2<f64>) -> Result<Estimate, DistanceError> {
    let (x, y) = (rows::on_the_line(one)?, rows::on_the_line(other)?);
    let (cost, of_x, of_y) = transport_between(&x.values, &y.values);
    Ok(root(influence::estimate(cost, &[&of_x, &of_y])))
}

/// The squared distance of sorted points to a law, and the potential of each point.
pub(crate) fn transport_to_law(points: &[f64], law: &LineLaw) -> (f64, Vec<f64>) {
    let n = points.len();
    let quantiles = law.quantiles(n);
    let edge = |i: usize| match i {
        0 => f64::NEG_INFINITY,
        i if i == n => f64::INFINITY,
        i => quantiles[i - 1],
    };
    let cost = (0..n).map(|i| law.squares_between(points[i], edge(i), edge(i + 1)).max(0.0)).sum();
    let mut potential = vec![0.0; n];
    for i in 1..n {
        potential[i] = potential[i - 1] + served_equally(points[i - 1], points[i], quantiles[i - 1]);
    }
    (cost, potential)
}

/// `(b - y)² - (a - y)²`.
fn served_equally(a: f64, b: f64, y: f64) -> f64 {
    (b - a) * (a + b - 2.0 * y)
}

/// The squared distance of two sorted samples, and the potentials of each: their sum is the squared distance of every pair
/// that is coupled.
pub(crate) fn transport_between(x: &[f64], y: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
    let (n, m) = (x.len(), y.len());
    let (mut i, mut j, mut cost) = (0, 0, 0.0);
    let (mut of_x, mut of_y) = (vec![0.0; n], vec![0.0; m]);
    of_y[0] = (x[0] - y[0]).powi(2);
    // Mass in units of 1/nm: point i of x ends at (i + 1) m, point j of y at (j + 1) n.
    let mut done = 0;
    loop {
        let (end_x, end_y) = ((i + 1) * m, (j + 1) * n);
        let squared = (x[i] - y[j]).powi(2);
        cost += (end_x.min(end_y) - done) as f64 * squared;
        done = end_x.min(end_y);
        if done == n * m {
            return (cost / (n * m) as f64, of_x, of_y);
        }
        if end_x < end_y {
            of_x[i + 1] = (x[i + 1] - y[j]).powi(2) - of_y[j];
            i += 1;
        } else if end_y < end_x {
            of_y[j + 1] = (x[i] - y[j + 1]).powi(2) - of_x[i];
            j += 1;
        } else {
            // Two new points at once: the middle of the old and the new one of y is served equally.
            of_x[i + 1] = of_x[i] + served_equally(x[i], x[i + 1], 0.5 * (y[j] + y[j + 1]));
            of_y[j + 1] = (x[i + 1] - y[j + 1]).powi(2) - of_x[i + 1];
            (i, j) = (i + 1, j + 1);
        }
    }
}

/// A projected sample against a projected law: the squared distance, and the potential at each row.
pub(crate) fn projected_to_law(column: Vec<f64>, law: &LineLaw) -> (f64, Vec<f64>) {
    let sorted = Sorted::new(column);
    let (cost, potential) = transport_to_law(&sorted.values, law);
    (cost, sorted.at_rows(&potential))
}

/// Two projected samples: the squared distance, and the potentials at the rows of both.
pub(crate) fn projected_between(one: Vec<f64>, other: Vec<f64>) -> (f64, Vec<f64>, Vec<f64>) {
    let (x, y) = (Sorted::new(one), Sorted::new(other));
    let (cost, of_x, of_y) = transport_between(&x.values, &y.values);
    (cost, x.at_rows(&of_x), y.at_rows(&of_y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::tests::{mixture, parts};
    use approx::assert_relative_eq;
    use ndarray::Array2;
    use proptest::prelude::*;

    fn column(values: &[f64]) -> Array2<f64> {
        Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap()
    }

    fn points() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-4.0..4.0f64, 2..20)
    }

    proptest! {
        /// Against the mean over levels of squared distances between quantiles, by the midpoint rule.
        #[test]
        fn pairs_quantiles_of_sample_and_law(points in points(), parts in parts()) {
            let law = mixture(&parts);
            let line = LineLaw::new(&law).unwrap();
            let mut sorted = points.clone();
            sorted.sort_by(f64::total_cmp);
            let levels = 400 * points.len();
            let mean = (0..levels)
                .map(|k| (sorted[k / 400] - line.quantile((k as f64 + 0.5) / levels as f64)).powi(2))
                .sum::<f64>() / levels as f64;
            let found = to_law(&column(&points), &law).unwrap();
            // The midpoint rule misses the outermost 1/800 of the tails.
            assert_relative_eq!(found.mean, mean.sqrt(), max_relative = 1e-2);
        }

        /// Weak duality is tight: potentials that sum to at most the squared distance of every pair have the cost as mean.
        #[test]
        fn potentials_prove_the_coupling(x in points(), y in points()) {
            let sorted = |mut v: Vec<f64>| { v.sort_by(f64::total_cmp); v };
            let (x, y) = (sorted(x), sorted(y));
            let (cost, of_x, of_y) = transport_between(&x, &y);
            for (i, j) in (0..x.len()).flat_map(|i| (0..y.len()).map(move |j| (i, j))) {
                prop_assert!(of_x[i] + of_y[j] <= (x[i] - y[j]).powi(2) + 1e-9, "{i} {j}");
            }
            let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
            assert_relative_eq!(mean(&of_x) + mean(&of_y), cost, max_relative = 1e-9, epsilon = 1e-9);
        }

        /// A mixture seen through 4000 of its own quantiles is nearly that sample: shifted and scaled, the distance to
        /// `N(m, s²)` is `√((a + b m - m)² + (b - 1)² s²)`.
        #[test]
        fn of_shifted_and_scaled_normals(mean in -2.0..2.0f64, sd in 0.3..2.0f64, shift in 0.5..2.0f64, scale in 0.5..2.0f64) {
            let law = mixture(&[(1.0, mean, sd)]);
            let line = LineLaw::new(&law).unwrap();
            let moved: Vec<f64> = (0..4000).map(|k| shift + scale * line.quantile((f64::from(k) + 0.5) / 4000.0)).collect();
            let exact = (shift + (scale - 1.0) * mean).hypot((scale - 1.0) * sd);
            assert_relative_eq!(to_law(&column(&moved), &law).unwrap().mean, exact, max_relative = 1e-2, epsilon = 2e-2);
        }
    }

    /// 0 to 2 and 1 to 5; and in unequal numbers 0 → 0, ⅙ of 0 → 1, ⅙ of 3 → 1 and 3 → 2.
    #[test]
    fn between_samples_by_hand() {
        let found = |x: &[f64], y: &[f64]| between(&column(x), &column(y)).unwrap().mean;
        assert_relative_eq!(found(&[1.0, 0.0], &[2.0, 5.0]), 10f64.sqrt(), max_relative = 1e-14);
        assert_relative_eq!(found(&[0.0, 3.0], &[2.0, 0.0, 1.0]), (7f64 / 6.0).sqrt(), max_relative = 1e-14);
        assert_relative_eq!(found(&[2.0, 0.0, 1.0], &[0.0, 3.0]), (7f64 / 6.0).sqrt(), max_relative = 1e-14);
    }
}
