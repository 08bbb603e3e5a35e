//! Averages under a Gaussian and under a mixture of them by the trapezoidal rule, on the line and in the plane.
//!
//! For a smooth function against a Gaussian the rule converges geometrically: the error is `K exp(-c/h)` for a spacing
//! `h`, so that the finer of two spacings is off by less than they differ, once `h` sees the sharpest turn of the function.

use ndarray::{Array1, Array2, ArrayRef2, Axis};

use crate::{Gaussian, Integral};

/// Standard deviations beyond which a Gaussian weight is nothing: `exp(-½ 9²)` is 3e-18.
const REACH: f64 = 9.0;

/// The widest spacing, in standard deviations.
pub const WIDEST: f64 = 0.5;

/// The finest spacing, in standard deviations, on the line and in the plane.
pub const FINEST: [f64; 2] = [2e-6, 6e-3];

/// Relative change between two spacings that is small enough for the finer one, on the line and in the plane.
const AGREEMENT: [f64; 2] = [1e-9, 1e-7];

/// A density below this share of the largest adds nothing in f64.
const NEGLIGIBLE: f64 = 1e-19;

/// `E f(x)` for `x ~ law`, `f` taking rows (`[n, d]`) to numbers (`[n]`). The spacing starts at `first` standard deviations,
/// [`WIDEST`] at most, and is halved until two averages agree: to 1e-9 of their size on the line, to 1e-7 in the plane. The
/// error that is reported is their difference.
///
/// # Panics
/// If `law` has more than two coordinates.
pub fn average_under(law: &Gaussian, first: f64, f: impl Fn(&ArrayRef2<f64>) -> Array1<f64>) -> Integral {
    converged(law.dim(), first.min(WIDEST), |spacing| under_gaussian(law, spacing, &f))
}

/// The same for `x` from the mixture of these weighted `components`, whose log-density (nats, `[n]` for rows `[n, d]`)
/// is given: on one grid over all of them, or on one for each if that has fewer points.
///
/// # Panics
/// If there are no components or they have more than two coordinates.
pub fn average_under_mixture(
    components: &[(f64, Gaussian)],
    log_density: impl Fn(&ArrayRef2<f64>) -> Array1<f64>,
    f: impl Fn(&ArrayRef2<f64>) -> Array1<f64>,
) -> Integral {
    let dim = components[0].1.dim();
    converged(dim, WIDEST, |spacing| {
        let grid = Grid::over(components, spacing);
        let apart = components.len() as f64 * (2.0 * REACH / spacing).powi(dim as i32);
        if grid.points() < apart {
            grid.average(&log_density, &f)
        } else {
            let parts = components.iter().map(|(weight, law)| (weight, under_gaussian(law, spacing, &f)));
            parts.fold(Sum::default(), |sum, (weight, part)| Sum {
                value: sum.value + weight * part.value,
                evaluations: sum.evaluations + part.evaluations,
            })
        }
    })
}

/// What one spacing gave.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    value: f64,
    evaluations: usize,
}

/// The limit of `sum(spacing)` for finer and finer spacings from `first` on, in `dim` dimensions.
fn converged(dim: usize, first: f64, sum: impl Fn(f64) -> Sum) -> Integral {
    assert!(
        (1..=2).contains(&dim),
        "the trapezoidal rule is for the line and the plane, not {dim} dimensions"
    );
    let (finest, agreement) = (FINEST[dim - 1], AGREEMENT[dim - 1]);
    let mut found = Integral { value: f64::NAN, error: f64::INFINITY, evaluations: 0, converged: false };
    let mut spacing = first;
    while spacing >= finest && !found.converged {
        let fine = sum(spacing);
        let error = (fine.value - found.value).abs();
        found = Integral {
            value: fine.value,
            error: if error.is_nan() { f64::INFINITY } else { error },
            evaluations: found.evaluations + fine.evaluations,
            converged: error <= agreement * fine.value.abs(),
        };
        spacing *= 0.5;
    }
    found
}

/// `low, low + step, …` in steps that are no longer than `step`, up to `high`.
fn evenly(low: f64, high: f64, step: f64) -> Vec<f64> {
    let steps = ((high - low) / step).ceil().max(1.0);
    (0..=steps as usize).map(|i| low + (high - low) * i as f64 / steps).collect()
}

/// The points of the last axis at one point of the first; on the line, all points.
fn rows(axes: &[Vec<f64>]) -> impl Iterator<Item = Array2<f64>> + '_ {
    let last = &axes[axes.len() - 1];
    let firsts: Vec<Option<f64>> =
        if axes.len() == 1 { vec![None] } else { axes[0].iter().map(|&first| Some(first)).collect() };
    firsts.into_iter().map(move |first| {
        Array2::from_shape_fn((last.len(), axes.len()), |(i, j)| match (j, first) {
            (0, Some(first)) => first,
            _ => last[i],
        })
    })
}

/// `Σ w f / Σ w` over the grid of `law`'s own coordinates with this spacing, `w = exp(-½|ε|²)`.
fn under_gaussian(law: &Gaussian, spacing: f64, f: impl Fn(&ArrayRef2<f64>) -> Array1<f64>) -> Sum {
    let axes = vec![evenly(-REACH, REACH, spacing); law.dim()];
    let (mut sum, mut total, mut evaluations) = (0.0, 0.0, 0);
    for eps in rows(&axes) {
        let values = f(&law.sample_given_noise(&eps));
        evaluations += values.len();
        for (eps, value) in eps.rows().into_iter().zip(values) {
            let weight = (-0.5 * eps.dot(&eps)).exp();
            sum += weight * value;
            total += weight;
        }
    }
    Sum { value: sum / total, evaluations }
}

/// One grid over all components.
struct Grid {
    axes: Vec<(f64, f64)>,
    step: f64,
}

impl Grid {
    /// The grid that reaches over every component, with the spacing in standard deviations of the narrowest.
    fn over(components: &[(f64, Gaussian)], spacing: f64) -> Self {
        let axis = |i: usize| {
            let ends = components.iter().map(|(_, law)| {
                let reach = REACH * law.covariance()[[i, i]].sqrt();
                (law.mean()[i] - reach, law.mean()[i] + reach)
            });
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (l, h)| (low.min(l), high.max(h)))
        };
        // The smallest eigenvalue of a 2 by 2 covariance is at least det/tr.
        let narrowest = components.iter().map(|(_, law)| match law.dim() {
            1 => law.covariance()[[0, 0]].sqrt(),
            _ => (0.5 * (law.factor().log_det() - law.covariance().diag().sum().ln())).exp(),
        });
        let step = spacing * narrowest.fold(f64::INFINITY, f64::min);
        Self { axes: (0..components[0].1.dim()).map(axis).collect(), step }
    }

    fn points(&self) -> f64 {
        self.axes.iter().map(|(low, high)| ((high - low) / self.step).ceil() + 1.0).product()
    }

    /// `Σ q f / Σ q` from the density's logarithm, `f` being evaluated where there is any density.
    fn average(
        &self,
        log_density: impl Fn(&ArrayRef2<f64>) -> Array1<f64>,
        f: impl Fn(&ArrayRef2<f64>) -> Array1<f64>,
    ) -> Sum {
        let axes: Vec<Vec<f64>> = self.axes.iter().map(|&(low, high)| evenly(low, high, self.step)).collect();
        let (mut sum, mut total, mut largest, mut evaluations) = (0.0, 0.0, 0.0f64, 0);
        for points in rows(&axes) {
            let density = log_density(&points).mapv(f64::exp);
            largest = density.iter().copied().fold(largest, f64::max);
            let dense: Vec<usize> =
                (0..density.len()).filter(|&i| density[i] > NEGLIGIBLE * largest).collect();
            if dense.is_empty() {
                continue;
            }
            let density = density.select(Axis(0), &dense);
            sum += density.dot(&f(&points.select(Axis(0), &dense)));
            total += density.sum();
            evaluations += dense.len();
        }
        Sum { value: sum / total, evaluations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mixture;
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;
    use std::cell::Cell;

    fn square(x: &ArrayRef2<f64>) -> Array1<f64> {
        (&x.view() * &x.view()).sum_axis(Axis(1))
    }

    fn first_coordinate(x: &ArrayRef2<f64>) -> Array1<f64> {
        x.column(0).to_owned()
    }

    /// The log-density of weighted components.
    fn log_density(components: &[(f64, Gaussian)]) -> impl Fn(&ArrayRef2<f64>) -> Array1<f64> {
        let (weights, laws) = components.iter().cloned().unzip();
        let data = Mixture::new(weights, laws).unwrap();
        move |x: &ArrayRef2<f64>| x.outer_iter().map(|x| data.log_prob(&x)).collect()
    }

    fn on_the_line(mean: f64, variance: f64) -> Gaussian {
        Gaussian::isotropic(array![mean], variance).unwrap()
    }

    /// `E |x|² = tr S + |m|²`, and of a mixture the weighted sum, whichever grid is taken.
    #[test]
    fn second_moments_by_hand() {
        let near = Gaussian::new(array![0.3, -0.2], array![[0.5, 0.2], [0.2, 0.4]]).unwrap();
        for far in [0.5, 300.0] {
            let other = Gaussian::new(array![far, 0.0], array![[0.3, -0.1], [-0.1, 0.6]]).unwrap();
            let mixture = [(0.25, near.clone()), (0.75, other)];
            let found = average_under_mixture(&mixture, log_density(&mixture), square);
            let exact = 0.25 * (0.9 + 0.13) + 0.75 * (0.9 + far * far);
            assert!(found.converged);
            assert_relative_eq!(found.value, exact, max_relative = 1e-9);
        }
        let found = average_under(&near, WIDEST, square);
        assert_relative_eq!(found.value, 1.03, max_relative = 1e-12);
    }

    /// One to three weighted components with deviations between ½ and 3/2, in the plane correlated, and the `a` of `a·x`.
    fn components_and_direction(dim: usize) -> impl Strategy<Value = (Vec<(f64, Gaussian)>, Array1<f64>)> {
        let vector = move |low: f64, high: f64| prop::collection::vec(low..high, dim).prop_map(Array1::from);
        let part = (0.1..1.0f64, vector(-2.0, 2.0), vector(0.5, 1.5), -0.8..0.8f64).prop_map(
            |(weight, mean, s, r)| {
                let covariance = |(i, j)| if i == j { s[i] * s[i] } else { r * s[i] * s[j] };
                let covariance = Array2::from_shape_fn((s.len(), s.len()), covariance);
                (weight, Gaussian::new(mean, covariance).unwrap())
            },
        );
        let parts = prop::collection::vec(part, 1..=3).prop_map(|mut parts| {
            let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
            parts.iter_mut().for_each(|(weight, _)| *weight /= total);
            parts
        });
        (parts, vector(0.5, 2.0))
    }

    /// `E (a·x)⁴ = μ⁴ + 6 μ² v + 3 v²` with `μ = a·m`, `v = aᵀSa`, weighted; such powers span all of the fourth degree.
    ///
    /// All terms are positive, and the rule with spacing ½ is off by `exp(-8π²)`. What lies outside, beyond 9 deviations or
    /// below 1e-19 of the largest density (which a component that is 300 times less dense reaches at 8.7), has less than
    /// 1e-12 of a fourth moment.
    fn fourth_powers_are_exact(components: &[(f64, Gaussian)], a: &Array1<f64>) {
        let fourth = |x: &ArrayRef2<f64>| x.dot(a).mapv(|y| y.powi(4));
        let moment = |(weight, law): &(f64, Gaussian)| {
            let (mu, v) = (a.dot(law.mean()), a.dot(&law.covariance().dot(a)));
            weight * (mu.powi(4) + 6.0 * mu * mu * v + 3.0 * v * v)
        };
        let exact = components.iter().map(moment).sum();
        let log_density = log_density(components);
        let on_one_grid = Grid::over(components, WIDEST).average(&log_density, fourth);
        assert_relative_eq!(on_one_grid.value, exact, max_relative = 1e-11);
        let found = average_under_mixture(components, log_density, fourth);
        assert!(found.converged);
        assert_relative_eq!(found.value, exact, max_relative = 1e-11);
        let (_, first) = &components[0];
        let found = average_under(first, WIDEST, fourth);
        assert_relative_eq!(found.value, moment(&(1.0, first.clone())), max_relative = 1e-11);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn fourth_powers_on_the_line((components, a) in components_and_direction(1)) {
            fourth_powers_are_exact(&components, &a);
        }

        #[test]
        fn fourth_powers_in_the_plane((components, a) in components_and_direction(2)) {
            fourth_powers_are_exact(&components, &a);
        }
    }

    /// From `-1 - 9·2` to `15 + 9·½`, in quarters of the narrower deviation. Under a flat density every point counts, and
    /// their mean is the middle.
    #[test]
    fn a_grid_on_the_line_by_hand() {
        let grid = Grid::over(&[(0.4, on_the_line(-1.0, 4.0)), (0.6, on_the_line(15.0, 0.25))], 0.25);
        assert_eq!((&grid.axes[..], grid.step), (&[(-19.0, 19.5)][..], 0.125));
        assert_eq!(grid.points(), 309.0);
        let flat = grid.average(|x| Array1::zeros(x.nrows()), first_coordinate);
        assert_eq!(flat.evaluations, 309);
        assert_relative_eq!(flat.value, 0.25, max_relative = 1e-12);
    }

    /// The reach of an axis is by its own variance, the spacing by `√(det/tr)` of the narrowest, here `√(1.44/5)`: 135 and 105
    /// steps are the fewest that are no longer.
    #[test]
    fn a_grid_in_the_plane_by_hand() {
        let long = Gaussian::new(array![1.0, -2.0], array![[4.0, 1.6], [1.6, 1.0]]).unwrap();
        let round = Gaussian::isotropic(array![0.0, 8.0], 1.0).unwrap();
        let grid = Grid::over(&[(0.5, long), (0.5, round)], 0.5);
        assert_eq!(grid.axes, [(-17.0, 19.0), (-11.0, 17.0)]);
        assert_relative_eq!(grid.step, 0.5 * (1.44f64 / 5.0).sqrt(), max_relative = 1e-14);
        assert_eq!(grid.points(), 136.0 * 106.0);
        let flat = grid.average(|x| Array1::zeros(x.nrows()), first_coordinate);
        assert_eq!(flat.evaluations, 136 * 106);
        assert_relative_eq!(flat.value, 1.0, max_relative = 1e-12);
    }

    /// Two standard normals `gap` apart: one grid has `(18 + gap)/h + 1` points and two have some `2·18/h`, so that one is
    /// less at every spacing `h` up to ½ if `gap` is 17, and at none if it is 18. Only one grid asks for the density.
    #[test]
    fn one_grid_if_it_has_fewer_points() {
        for (gap, on_one) in [(17.0, true), (18.0, false)] {
            let mixture = [(0.5, on_the_line(0.0, 1.0)), (0.5, on_the_line(gap, 1.0))];
            let (log_density, asked) = (log_density(&mixture), Cell::new(false));
            let density = |x: &ArrayRef2<f64>| {
                asked.set(true);
                log_density(x)
            };
            let found = average_under_mixture(&mixture, density, square);
            assert_eq!(asked.get(), on_one, "{gap} apart");
            assert_relative_eq!(found.value, 1.0 + 0.5 * gap * gap, max_relative = 1e-12);
        }
    }

    /// `evaluations` are the rows that the function saw, at all spacings together. A polynomial takes two: 36 steps
    /// of ½ and 72 of ¼ from -9 to 9.
    #[test]
    fn evaluations_are_what_the_function_saw() {
        let seen = Cell::new(0);
        let counting = |x: &ArrayRef2<f64>| {
            seen.set(seen.get() + x.nrows());
            square(x)
        };
        let seen = || seen.take();
        assert_eq!((average_under(&on_the_line(0.3, 2.0), WIDEST, counting).evaluations, seen()), (110, 110));
        let plane = average_under(&Gaussian::standard(2), WIDEST, counting).evaluations;
        assert_eq!((plane, seen()), (37 * 37 + 73 * 73, 37 * 37 + 73 * 73));
        let pair = |gap: f64| [(0.5, on_the_line(0.0, 1.0)), (0.5, on_the_line(gap, 1.0))];
        let apart = average_under_mixture(&pair(100.0), log_density(&pair(100.0)), counting).evaluations;
        assert_eq!((apart, seen()), (220, 220));
        let on_one = average_under_mixture(&pair(1.0), log_density(&pair(1.0)), counting).evaluations;
        assert_eq!(on_one, seen());
    }

    /// A factor of the density cancels, and the function is asked only where there is any: a normal cut in half along the
    /// first coordinate leaves the other standard normal.
    #[test]
    fn a_density_is_known_up_to_a_factor_and_may_be_zero() {
        let grid = Grid::over(&[(1.0, Gaussian::standard(2))], WIDEST);
        let of_half = |log_factor: f64| {
            let density = |x: &ArrayRef2<f64>| {
                x.map_axis(
                    Axis(1),
                    |x| if x[0] > 0.0 { log_factor - 0.5 * x.dot(&x) } else { f64::NEG_INFINITY },
                )
            };
            grid.average(density, |x| {
                assert!(x.column(0).iter().all(|&x| x > 0.0), "asked where there is no density");
                x.column(1).mapv(|x| x * x)
            })
        };
        let plain = of_half(0.0);
        assert_relative_eq!(plain.value, 1.0, max_relative = 1e-12);
        for log_factor in [-200.0, 200.0] {
            let scaled = of_half(log_factor);
            assert_relative_eq!(scaled.value, plain.value, max_relative = 1e-12);
            assert_eq!(scaled.evaluations, plain.evaluations);
        }
    }

    /// A jump is no smooth function: what is left of the difference is reported, and nothing is claimed.
    #[test]
    fn what_does_not_converge_says_so() {
        let law = Gaussian::standard(2);
        let jump = |x: &ArrayRef2<f64>| x.map_axis(Axis(1), |x| if x[0] > 0.123 { 1.0 } else { 0.0 });
        let found = average_under(&law, 0.02, jump);
        assert!(!found.converged && found.error > 1e-7, "{found:?}");
    }
}
