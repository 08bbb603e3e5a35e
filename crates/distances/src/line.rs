//! A mixture on the line: what transport needs of it.

use prob::Mixture;
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use crate::DistanceError;

/// `Σ w N(m, s²)` with its distribution function `F`, the integral of that, quantiles, and pieces of moments.
///
/// ```
/// use distances::LineLaw;
/// use prob::{Gaussian, Mixture};
///
/// let normal = LineLaw::new(&Mixture::from(Gaussian::standard(1)))?;
/// assert!((normal.quantile(0.975) - 1.959963984540054).abs() < 1e-12);
/// // E|Z| = √(2/π).
/// assert!((normal.mean_distance(0.0) - (2.0 / std::f64::consts::PI).sqrt()).abs() < 1e-14);
/// # Ok::<(), distances::DistanceError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LineLaw {
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    weight: f64,
    mean: f64,
    sd: f64,
}

impl Part {
    /// `(x - m)/s`.
    fn white(&self, x: f64) -> f64 {
        (x - self.mean) / self.sd
    }
}

/// `Φ(z)`.
fn cdf(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// `φ(z)`.
fn density(z: f64) -> f64 {
    Normal::standard().pdf(z)
}

impl LineLaw {
    /// The mixture.
    ///
    /// # Errors
    /// If it is not one-dimensional.
    pub fn new(law: &Mixture) -> Result<Self, DistanceError> {
        if law.dim() != 1 {
            return Err(DistanceError::Dimension { found: law.dim(), expected: 1 });
        }
        let part = |(weight, law): (f64, &prob::Gaussian)| Part {
            weight,
            mean: law.mean()[0],
            sd: law.covariance()[[0, 0]].sqrt(),
        };
        Ok(Self { parts: law.parts().map(part).collect() })
    }

    /// `Σ w f(part)`.
    fn sum(&self, f: impl Fn(&Part) -> f64) -> f64 {
        self.parts.iter().map(|part| part.weight * f(part)).sum()
    }

    /// `F(x) = Σ w Φ((x - m)/s)`.
    pub fn cdf(&self, x: f64) -> f64 {
        self.sum(|part| cdf(part.white(x)))
    }

    /// The density `F'(x)`.
    pub fn density(&self, x: f64) -> f64 {
        self.sum(|part| density(part.white(x)) / part.sd)
    }

    /// `∫_{-∞}^x F = Σ w s (z Φ(z) + φ(z))`, `z = (x - m)/s`.
    pub fn integral_below(&self, x: f64) -> f64 {
        self.sum(|part| {
            let z = part.white(x);
            part.sd * (z * cdf(z) + density(z))
        })
    }

    /// `∫_x^∞ (1 - F) = Σ w s (φ(z) - z Φ(-z))`.
    pub fn integral_above(&self, x: f64) -> f64 {
        self.sum(|part| {
            let z = part.white(x);
            part.sd * (density(z) - z * cdf(-z))
        })
    }

    /// `E|x - Y| = Σ w s (z (2Φ(z) - 1) + 2φ(z))`: the mean of a folded normal (Leone, Nelson and Nottingham 1961).
    pub fn mean_distance(&self, x: f64) -> f64 {
        self.sum(|part| {
            let z = part.white(x);
            part.sd * (z * (1.0 - 2.0 * cdf(-z)) + 2.0 * density(z))
        })
    }

    /// `E|Y - Y'|` of two independent draws.
    pub fn mean_difference(&self) -> f64 {
        let against = |one: &Part, other: &Part| {
            let parts = vec![Part { weight: 1.0, mean: other.mean, sd: one.sd.hypot(other.sd) }];
            LineLaw { parts }.mean_distance(one.mean)
        };
        self.sum(|one| self.sum(|other| against(one, other)))
    }

    /// `∫_a^b (y - x)² dF(y)`; the ends may be infinite.
    pub fn squares_between(&self, x: f64, a: f64, b: f64) -> f64 {
        self.sum(|part| {
            let (shift, za, zb) = (part.mean - x, part.white(a), part.white(b));
            // z φ(z) is 0 at both infinities.
            let z_density = |z: f64| if z.is_finite() { z * density(z) } else { 0.0 };
            let mass = cdf(zb) - cdf(za);
            shift * shift * mass
                + 2.0 * shift * part.sd * (density(za) - density(zb))
                + part.sd * part.sd * (mass + z_density(za) - z_density(zb))
        })
    }

    /// `F⁻¹(p)`; infinite at 0 and 1.
    ///
    /// # Panics
    /// If `p` is not between 0 and 1.
    pub fn quantile(&self, p: f64) -> f64 {
        let z = Normal::standard().inverse_cdf(p);
        let of_parts = self.parts.iter().filter(|part| part.weight > 0.0).map(|part| part.mean + part.sd * z);
        // The quantile of a mixture lies between those of its components.
        let (low, high) =
            of_parts.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), q| (low.min(q), high.max(q)));
        if low < high { self.quantile_between(p, low, high, 0.5 * (low + high)) } else { low }
    }

    /// `F⁻¹(i/n)` for `i = 1 … n-1`.
    pub fn quantiles(&self, n: usize) -> Vec<f64> {
        let mut quantiles = Vec::with_capacity(n.saturating_sub(1));
        let highest = if n > 1 { self.quantile((n - 1) as f64 / n as f64) } else { 0.0 };
        for i in 1..n {
            let p = i as f64 / n as f64;
            let quantile = match quantiles.last() {
                // On from the one before, along the slope there.
                Some(&before) if i + 1 < n => {
                    let guess = before + 1.0 / (n as f64 * self.density(before));
                    self.quantile_between(p, before, highest, guess)
                }
                _ => self.quantile(p),
            };
            quantiles.push(quantile);
        }
        quantiles
    }

    /// `F⁻¹(p)` by Newton's method from `x`, kept between two ends.
    fn quantile_between(&self, p: f64, mut low: f64, mut high: f64, mut x: f64) -> f64 {
        for _ in 0..200 {
            if !(x > low && x < high) {
                x = 0.5 * (low + high);
            }
            let excess = self.cdf(x) - p;
            if excess > 0.0 {
                high = x;
            } else {
                low = x;
            }
            let next = x - excess / self.density(x);
            if (next - x).abs() <= 1e-15 * x.abs().max(1e-3 * (high - low))
                || high - low <= f64::EPSILON * x.abs()
            {
                return if next >= low && next <= high { next } else { x };
            }
            x = next;
        }
        x
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use prob::{Gaussian, integrate};
    use proptest::prelude::*;

    /// `Σ w N(m, s²)` of (weight, mean, standard deviation).
    pub(crate) fn mixture(parts: &[(f64, f64, f64)]) -> Mixture {
        let sum: f64 = parts.iter().map(|part| part.0).sum();
        let laws = parts.iter().map(|part| Gaussian::isotropic(array![part.1], part.2 * part.2).unwrap());
        Mixture::new(parts.iter().map(|part| part.0 / sum).collect(), laws.collect()).unwrap()
    }

    pub(crate) fn parts() -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
        prop::collection::vec((0.1..1.0f64, -3.0..3.0f64, 0.1..2.0f64), 1..4)
    }

    proptest! {
        /// Every closed form against quadrature of the density that `prob` knows.
        #[test]
        fn closed_forms_are_integrals(parts in parts(), x in -4.0..4.0f64, width in 0.1..3.0f64) {
            let law = mixture(&parts);
            let line = LineLaw::new(&law).unwrap();
            let mut breaks: Vec<f64> = parts.iter().flat_map(|p| [p.1 - 14.0 * p.2, p.1, p.1 + 14.0 * p.2]).collect();
            breaks.extend([-40.0, x, x + width, 40.0]);
            breaks.sort_by(f64::total_cmp);
            breaks.dedup();
            let mean = |f: &dyn Fn(f64) -> f64| {
                let integral = integrate(|y| law.log_prob(&array![y]).exp() * f(y), &breaks, 1e-12);
                assert!(integral.converged);
                integral.value
            };
            let below = mean(&|y| (x - y).max(0.0));
            assert_relative_eq!(line.integral_below(x), below, max_relative = 1e-9, epsilon = 1e-11);
            let above = mean(&|y| (y - x).max(0.0));
            assert_relative_eq!(line.integral_above(x), above, max_relative = 1e-9, epsilon = 1e-11);
            assert_relative_eq!(line.mean_distance(x), mean(&|y| (x - y).abs()), max_relative = 1e-10);
            let inside = |y: f64| f64::from(u8::from(y > x && y < x + width));
            let squares = mean(&|y| inside(y) * (y - 1.0).powi(2));
            assert_relative_eq!(line.squares_between(1.0, x, x + width), squares, max_relative = 1e-8, epsilon = 1e-9);
            let spread = mean(&|y| line.mean_distance(y));
            assert_relative_eq!(line.mean_difference(), spread, max_relative = 1e-9);
        }

        #[test]
        fn quantiles_invert_the_distribution_function(parts in parts(), n in 2usize..60) {
            let law = LineLaw::new(&mixture(&parts)).unwrap();
            for (i, quantile) in law.quantiles(n).into_iter().enumerate() {
                let p = (i + 1) as f64 / n as f64;
                assert_relative_eq!(law.cdf(quantile), p, epsilon = 1e-10);
                assert_relative_eq!(law.quantile(p), quantile, epsilon = 1e-8, max_relative = 1e-8);
            }
        }
    }

    #[test]
    fn all_of_a_law_has_its_second_moment() {
        let law = LineLaw::new(&mixture(&[(0.3, -1.0, 0.5), (0.7, 2.0, 1.0)])).unwrap();
        let all = law.squares_between(0.5, f64::NEG_INFINITY, f64::INFINITY);
        assert_relative_eq!(all, 0.3 * (2.25 + 0.25) + 0.7 * (2.25 + 1.0), max_relative = 1e-14);
        assert_eq!(law.quantile(0.0), f64::NEG_INFINITY);
    }

    #[test]
    fn refuses_a_law_in_the_plane() {
        let refused = LineLaw::new(&Mixture::from(Gaussian::standard(2)));
        assert_eq!(refused, Err(DistanceError::Dimension { found: 2, expected: 1 }));
    }
}
