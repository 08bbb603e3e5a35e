//! The energy distance (Székely and Rizzo 2013): `2 E|X-Y| - E|X-X'| - E|Y-Y'|`, in the unit of `x`; 0 if and only if the two
//! laws are equal.
//!
//! Distances of a point to itself are left out (a U-statistic), so that the mean over samples is the distance of their
//! laws, which may come out below 0 by chance. The influence of a point `x` is `2 E|x - Y| - 2 E|x - X'|`.

use montecarlo::Estimate;
use ndarray::{ArrayRef2, Axis};
use prob::Mixture;
use rayon::prelude::*;

use crate::rows::Sorted;
use crate::{DistanceError, MeanDistance, influence, rows};

/// Of a sample (`[n, d]`) and a mixture, whose mean distances [`MeanDistance`] knows: no second sample, no second chance.
/// `O(n log n)` on the line, else `O(n²)`.
///
/// ```
/// use distances::energy;
/// use ndarray::array;
/// use prob::{Gaussian, Mixture};
///
/// // 2 E|x - Y| - E|x - x'| - E|Y - Y'| at ±1, with Y standard normal.
/// let found = energy::to_law(&array![[-1.0], [1.0]], &Mixture::from(Gaussian::standard(1)))?;
/// assert!((found.mean - (2.0 * 1.166_630_941_1 - 2.0 - 1.128_379_167_1)).abs() < 1e-8);
/// # Ok::<(), distances::DistanceError>(())
/// ```
///
/// # Errors
/// If there are fewer than two rows, one is no number, or the dimensions differ.
pub fn to_law(sample: &ArrayRef2<f64>, law: &Mixture) -> Result<Estimate, DistanceError> {
    rows::check_beside(sample, law.dim())?;
    let distance = MeanDistance::new(law.clone());
    let (to_law, within) = (distance.from_rows(sample)?, mean_within(sample));
    let energy = 2.0 * mean(&to_law) - mean(&within) - distance.of_two_draws();
    Ok(influence::estimate(energy, &[&twice_the_difference(&to_law, &within)]))
}

/// Of two samples (`[n, d]`, `[m, d]`).
///
/// # Errors
/// As [`to_law`].
pub fn between(one: &ArrayRef2<f64>, other: &ArrayRef2<f64>) -> Result<Estimate, DistanceError> {
    rows::check(other, 2)?;
    rows::check_beside(one, other.ncols())?;
    let (across, back) = (mean_across(one, other), mean_across(other, one));
    let (in_one, in_other) = (mean_within(one), mean_within(other));
    let energy = 2.0 * mean(&across) - mean(&in_one) - mean(&in_other);
    let influences = [twice_the_difference(&across, &in_one), twice_the_difference(&back, &in_other)];
    Ok(influence::estimate(energy, &[&influences[0], &influences[1]]))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn twice_the_difference(away: &[f64], within: &[f64]) -> Vec<f64> {
    away.iter().zip(within).map(|(away, within)| 2.0 * (away - within)).collect()
}

/// `Σ_{j≠i} |x_i - x_j| / (n-1)` for each row.
fn mean_within(x: &ArrayRef2<f64>) -> Vec<f64> {
    let n = x.nrows() as f64;
    mean_across(x, x).into_iter().map(|mean| mean * (n / (n - 1.0))).collect()
}

/// `Σ_j |x_i - y_j| / m` for each row of `x`.
fn mean_across(x: &ArrayRef2<f64>, y: &ArrayRef2<f64>) -> Vec<f64> {
    if x.ncols() == 1 {
        return mean_across_the_line(&x.index_axis(Axis(1), 0).to_vec(), y.index_axis(Axis(1), 0).to_vec());
    }
    let (d, standard) = (x.ncols(), y.as_standard_layout());
    let others = standard.as_slice().unwrap_or_default();
    let from_row = |i: usize| {
        let x = x.row(i).to_vec();
        let squared = |y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum::<f64>();
        others.chunks_exact(d).map(|y| squared(y).sqrt()).sum::<f64>() / y.nrows() as f64
    };
    (0..x.nrows()).into_par_iter().map(from_row).collect()
}

/// With the `y` sorted and summed up, `Σ_j |x - y_j| = x k - Σ_{j≤k} y_j + Σ_{j>k} y_j - x (m-k)` with `k` of them below `x`. All is
/// counted from the middle of the `y`, which keeps its digits far from the origin.
fn mean_across_the_line(x: &[f64], y: Vec<f64>) -> Vec<f64> {
    let y = Sorted::new(y).values;
    let (m, middle) = (y.len(), y[y.len() / 2]);
    let mut sums = vec![0.0];
    for y in &y {
        sums.push(sums[sums.len() - 1] + (y - middle));
    }
    let from_point = |&x: &f64| {
        let (below, x) = (y.partition_point(|&y| y < x), x - middle);
        let left = x * below as f64 - sums[below];
        let right = (sums[m] - sums[below]) - x * (m - below) as f64;
        (left + right) / m as f64
    };
    x.iter().map(from_point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::tests::{mixture, parts};
    use approx::assert_relative_eq;
    use montecarlo::{Moments, StatisticalTest, Streams};
    use ndarray::Array2;
    use proptest::prelude::*;

    fn rows(d: usize) -> impl Strategy<Value = Array2<f64>> {
        prop::collection::vec(-3.0..3.0f64, 2 * d..12 * d).prop_map(move |v| {
            let n = v.len() / d;
            Array2::from_shape_vec((n, d), v[..n * d].to_vec()).unwrap()
        })
    }

    /// The definition, pair by pair.
    fn by_pairs(x: &Array2<f64>, y: &Array2<f64>) -> f64 {
        let sum = |x: &Array2<f64>, y: &Array2<f64>| -> f64 {
            let pairs = x
                .rows()
                .into_iter()
                .flat_map(|a| y.rows().into_iter().map(move |b| (a.to_owned(), b.to_owned())));
            pairs.map(|(a, b)| (&a - &b).mapv(|v| v * v).sum().sqrt()).sum()
        };
        let (n, m) = (x.nrows() as f64, y.nrows() as f64);
        2.0 * sum(x, y) / (n * m) - sum(x, x) / (n * (n - 1.0)) - sum(y, y) / (m * (m - 1.0))
    }

    proptest! {
        #[test]
        fn is_the_mean_over_pairs((x, y) in (1usize..4).prop_flat_map(|d| (rows(d), rows(d))), shift in -1e6..1e6f64) {
            let found = between(&x, &y).unwrap();
            assert_relative_eq!(found.mean, by_pairs(&x, &y), epsilon = 1e-11, max_relative = 1e-10);
            assert_relative_eq!(found.mean, between(&y, &x).unwrap().mean, epsilon = 1e-11);
            let far = between(&(&x + shift), &(&y + shift)).unwrap();
            assert_relative_eq!(found.mean, far.mean, epsilon = 1e-7);
        }
    }

    /// For samples of the law itself the mean over 300 samples of 60 is 0, though each may be negative: a z test with a
    /// false alarm of 1e-9. A statistic that counted pairs of a point with itself would be above 0 by `E|X-X'|/60`.
    #[test]
    fn is_nothing_in_mean_for_samples_of_the_law_itself() {
        let test = StatisticalTest::default();
        let streams = Streams::new(6);
        for (k, preset) in (0..).zip([toy::Preset::Bimodal, toy::Preset::Ring8]) {
            let law = preset.mixture();
            let draw = |role: &str, i: u64| law.sample(60, &mut streams.role(role).rng(1000 * k + i));
            let to_law: Moments = (0..300).map(|i| to_law(&draw("x", i), &law).unwrap().mean).collect();
            let between: Moments =
                (0..300).map(|i| between(&draw("y", i), &draw("z", i)).unwrap().mean).collect();
            for (found, pairs) in [(to_law, 1.0), (between, 2.0)] {
                let verdict = test.mean(&found.estimate(), 0.0);
                assert!(verdict.holds, "{preset}: {}", found.estimate());
                let of_itself = pairs * MeanDistance::new(law.clone()).of_two_draws() / 60.0;
                assert!(verdict.smallest_error < of_itself, "{preset}: the test is blind");
            }
        }
    }

    /// Two mixtures on the line: `E|X - Y|` is the mean distance from one averaged over the other, in closed form for normals.
    #[test]
    fn of_normals_in_closed_form() {
        let (p, q) = (mixture(&[(1.0, 0.3, 0.8)]), mixture(&[(1.0, -0.5, 1.4)]));
        let mean = |m: f64, s: f64| mixture(&[(1.0, m, s)]);
        let line = |law: &Mixture| crate::LineLaw::new(law).unwrap();
        let exact = 2.0 * line(&mean(0.8, 0.8f64.hypot(1.4))).mean_distance(0.0)
            - line(&p).mean_difference()
            - line(&q).mean_difference();
        let sample = p.sample(20_000, &mut Streams::new(9).rng(0));
        let found = to_law(&sample, &q).unwrap();
        assert!(StatisticalTest::default().mean(&found, exact).holds, "{found} against {exact}");
    }

    #[test]
    fn does_not_depend_on_the_threads() {
        let law = toy::Preset::Ring8.mixture();
        let x = law.sample(100, &mut Streams::new(4).rng(0));
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| (to_law(&x, &law).unwrap(), between(&x, &(&x * 1.1)).unwrap()))
        };
        assert_eq!(on(1), on(3));
    }

    proptest! {
        #[test]
        fn on_the_line_and_in_the_plane_it_is_the_same(parts in parts(), x in rows(1)) {
            let law = mixture(&parts);
            let flat = |x: &Array2<f64>| Array2::from_shape_fn((x.nrows(), 2), |(i, j)| if j == 0 { x[[i, 0]] } else { 0.0 });
            assert_relative_eq!(between(&flat(&x), &flat(&(&x * 2.0))).unwrap().mean, between(&x, &(&x * 2.0)).unwrap().mean, epsilon = 1e-11);
            prop_assert!(to_law(&flat(&x), &law).is_err());
        }
    }
}
