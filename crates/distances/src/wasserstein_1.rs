//! The 1-Wasserstein distance on the line: the area between two distribution functions, in the unit of `x`.

use std::f64::consts::PI;

use montecarlo::Estimate;
use ndarray::ArrayRef2;
use prob::{Mixture, integrate};

use crate::{DistanceError, LineLaw, influence, rows};

/// `∫ |F_n - F|` of a sample (`[n, 1]`) and a mixture, by formula: between two points of the sample `F_n` is constant and
/// the integral of `F` is closed, on both sides of the place where they cross. `O(n log n)`.
///
/// The influence of a point at `x` is `-∫ˣ sign(F_n - F)`, the Kantorovich potential.
///
/// ```
/// use distances::wasserstein_1;
/// use ndarray::array;
/// use prob::{Gaussian, Mixture};
///
/// // Far away, the distance is that of the means.
/// let law = Mixture::from(Gaussian::standard(1));
/// let distance = wasserstein_1::to_law(&array![[99.0], [101.0]], &law)?;
/// assert!((distance.mean - 100.0).abs() < 1e-12);
/// # Ok::<(), distances::DistanceError>(())
/// ```
///
/// # Errors
/// If there are fewer than two points, one is no number, or one of the two is not one-dimensional.
pub fn to_law(sample: &ArrayRef2<f64>, law: &Mixture) -> Result<Estimate, DistanceError> {
    let (law, points) = (LineLaw::new(law)?, rows::on_the_line(sample)?.values);
    let n = points.len();
    let mut area = law.integral_below(points[0]) + law.integral_above(points[n - 1]);
    let mut potential = vec![0.0; n];
    for i in 1..n {
        let (low, high, level) = (points[i - 1], points[i], i as f64 / n as f64);
        // Below `turn` the sample's function is the larger, above it that of the law.
        let turn = crossing(&law, low, high, level);
        let excess = |a: f64, b: f64| level * (b - a) - (law.integral_below(b) - law.integral_below(a));
        area += excess(low, turn).max(0.0) + (-excess(turn, high)).max(0.0);
        potential[i] = potential[i - 1] - (turn - low) + (high - turn);
    }
    Ok(influence::estimate(area, &[&potential]))
}

/// Where `F` reaches `level` between two places, or the end that is nearer.
fn crossing(law: &LineLaw, low: f64, high: f64, level: f64) -> f64 {
    if law.cdf(low) >= level {
        low
    } else if law.cdf(high) <= level {
        high
    } else {
        law.quantile(level).clamp(low, high)
    }
}

/// `∫ |F_n - G_m|` of two samples on the line (`[n, 1]`, `[m, 1]`).
///
/// # Errors
/// If one has fewer than two points, a number that is none, or more than one dimension.
pub fn between(one: &ArrayRef2<f64>, other: &ArrayRef2<f64>) -> Result<Estimate, DistanceError> {
    let (x, y) = (rows::on_the_line(one)?.values, rows::on_the_line(other)?.values);
    let (mut i, mut j, mut area, mut potential) = (0, 0, 0.0, 0.0);
    let mut place = x[0].min(y[0]);
    let (mut of_x, mut of_y) = (Vec::with_capacity(x.len()), Vec::with_capacity(y.len()));
    while i < x.len() || j < y.len() {
        let x_is_next = j == y.len() || (i < x.len() && x[i] <= y[j]);
        let next = if x_is_next { x[i] } else { y[j] };
        let excess = i as f64 / x.len() as f64 - j as f64 / y.len() as f64;
        area += excess.abs() * (next - place);
        if excess != 0.0 {
            potential -= excess.signum() * (next - place);
        }
        place = next;
        if x_is_next {
            of_x.push(potential);
            i += 1;
        } else {
            of_y.push(potential);
            j += 1;
        }
    }
    Ok(influence::estimate(area, &[&of_x, &of_y]))
}

/// What is left between a law and a sample of `n` of its own: `E ∫ |F_n - F| ≈ √(2/πn) ∫ √(F (1-F))`, for `F_n(x)` is normal
/// around `F(x)` with the variance `F (1-F)/n` but for large `n`. Distances of this size are chance.
///
/// # Errors
/// If the law is not one-dimensional.
pub fn of_own_sample(law: &Mixture, n: usize) -> Result<f64, DistanceError> {
    let law = LineLaw::new(law)?;
    let breaks: Vec<f64> = [1e-16, 1e-6, 0.25, 0.5, 0.75, 1.0 - 1e-6].map(|p| law.quantile(p)).to_vec();
    // The upper tail as far out as the lower, where 1 - F has its digits.
    let far = breaks[5] + (breaks[1] - breaks[0]);
    let breaks = [breaks, vec![far]].concat();
    let spread = integrate(|x| (law.cdf(x) * (1.0 - law.cdf(x))).max(0.0).sqrt(), &breaks, 1e-8);
    Ok((2.0 / (PI * n as f64)).sqrt() * spread.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::tests::{mixture, parts};
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    fn column(values: &[f64]) -> Array2<f64> {
        Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap()
    }

    /// A place of the sign change of a rising function, or an end.
    fn bisected(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if f(middle) < 0.0 { low = middle } else { high = middle }
        }
        low
    }

    fn points() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-4.0..4.0f64, 2..20)
    }

    proptest! {
        /// Against quadrature of `|F_n - F|`, the sample's function counted.
        #[test]
        fn is_the_area_between_distribution_functions(points in points(), parts in parts()) {
            let law = mixture(&parts);
            let counted = |x: f64| points.iter().filter(|&&p| p <= x).count() as f64 / points.len() as f64;
            let around = |p: &(f64, f64, f64)| [-14.0, -3.0, 0.0, 3.0, 14.0].map(|k| p.1 + k * p.2);
            let mut breaks = [points.clone(), parts.iter().flat_map(around).collect()].concat();
            breaks.sort_by(f64::total_cmp);
            // Where the two functions cross there is a kink, which a quadrature should know.
            let kinks: Vec<f64> = breaks.windows(2).map(|w| bisected(w[0], w[1], |x| law.cdf(x) - counted(w[0]))).collect();
            breaks.extend(kinks);
            breaks.sort_by(f64::total_cmp);
            breaks.dedup_by(|a, b| (*a - *b).abs() < 1e-12);
            let area = integrate(|x| (counted(x) - law.cdf(x)).abs(), &breaks, 1e-9);
            prop_assert!(area.converged);
            let found = to_law(&column(&points), &law).unwrap();
            assert_relative_eq!(found.mean, area.value, max_relative = 1e-7);
        }

        /// Against the mean distance of quantiles, many of them.
        #[test]
        fn between_samples_is_the_mean_distance_of_quantiles(x in points(), y in points(), shift in -2.0..2.0f64) {
            let quantile = |points: &[f64], p: f64| points[(p * points.len() as f64) as usize];
            let (mut a, mut b) = (x.clone(), y.clone());
            a.sort_by(f64::total_cmp);
            b.sort_by(f64::total_cmp);
            let n = x.len() * y.len();
            let levels = (0..n).map(|k| (k as f64 + 0.5) / n as f64);
            let mean = levels.map(|p| (quantile(&a, p) - quantile(&b, p)).abs()).sum::<f64>() / n as f64;
            let found = between(&column(&x), &column(&y)).unwrap();
            assert_relative_eq!(found.mean, mean, max_relative = 1e-10);
            assert_relative_eq!(found.mean, between(&column(&y), &column(&x)).unwrap().mean, max_relative = 1e-12);
            // A shifted copy is as far as the shift, and every point moves it alike.
            let moved: Vec<f64> = x.iter().map(|x| x + shift).collect();
            assert_relative_eq!(between(&column(&x), &column(&moved)).unwrap().mean, shift.abs(), max_relative = 1e-9, epsilon = 1e-12);
        }
    }

    /// The mean over 400 samples of 500 is what the formula says, as far as a z test with a false alarm of 1e-9 can tell.
    #[test]
    fn knows_how_far_a_law_is_from_its_own_samples() {
        let law = mixture(&[(1.0, 0.0, 1.0)]);
        let expected = of_own_sample(&law, 500).unwrap();
        let streams = montecarlo::Streams::new(3);
        let distances: montecarlo::Moments =
            (0..400).map(|k| to_law(&law.sample(500, &mut streams.rng(k)), &law).unwrap().mean).collect();
        let verdict = montecarlo::StatisticalTest::default().mean(&distances.estimate(), expected);
        assert!(verdict.holds, "{} against {expected}", distances.estimate());
    }

    #[test]
    fn refuses_what_is_no_sample_on_the_line() {
        let law = mixture(&[(1.0, 0.0, 1.0)]);
        assert_eq!(to_law(&array![[1.0]], &law), Err(DistanceError::TooFew { found: 1, least: 2 }));
        let plane = DistanceError::Dimension { found: 2, expected: 1 };
        assert_eq!(to_law(&Array2::zeros((3, 2)), &law), Err(plane));
        let refused = to_law(&array![[1.0], [f64::INFINITY]], &law).unwrap_err();
        assert_eq!(refused.to_string(), "row 1 of a sample has the coordinate inf, must be finite");
    }
}
