//! Mixtures of Gaussians by name.

use std::f64::consts::{PI, TAU};
use std::fmt;
use std::str::FromStr;

use ndarray::{Array1, Array2, array};
use prob::{Gaussian, Mixture};

use crate::{ToyError, TwoMoons};

/// A mixture that has a name.
///
/// Centres lie within 2 or 3 units of the origin and coordinates vary by about 1, so that one noise schedule
/// suits them all. `I` is the 2 x 2 identity.
///
/// ```
/// use toy::Preset;
///
/// let ring: Preset = "ring8".parse()?;
/// assert_eq!((ring.mixture().dim(), ring.mixture().len()), (2, 8));
///
/// let error = "rign8".parse::<Preset>().unwrap_err();
/// assert_eq!(error.to_string(), "no preset is called \"rign8\"; the nearest is \"ring8\"");
/// # Ok::<(), toy::ToyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// `½ N(-1.5, 0.09) + ½ N(1.5, 0.09)` on the line: mean 0, variance 2.34.
    Bimodal,
    /// `0.2 N(-3, 0.25) + 0.5 N(0, 0.09) + 0.3 N(2, 0.16)` on the line: three modes of different weight and width,
    /// mean 0, variance 3.143.
    Trimodal,
    /// 8 equal Gaussians with centres `2 (cos a, sin a)`, `a = 2πk/8`, and covariance `0.04 I + 0.02 u u'`, `u` the
    /// unit tangent at the centre: modes well apart, each a little longer along the circle.
    Ring8,
    /// The same with 64 centres and covariance `0.01 I + 0.005 u u'`: a ring whose modes run into each other.
    Ring64,
    /// 25 equal Gaussians with covariance `0.01 I` at the points of `{-2, …, 2}²`: neighbours are ten standard
    /// deviations apart, so that a lost mode shows.
    Grid25,
    /// 64 equal Gaussians with covariance `0.01 I` at the noise-free points of [`TwoMoons`]: a density for two moons
    /// with noise 0.1. Neighbouring centres are about one standard deviation apart, which leaves ripples of
    /// relative size 1e-8 along an arc.
    Moons,
    /// 96 equal Gaussians with covariance `0.01 I` along the spiral `r = θ/2π`, two turns out to radius 2, at the
    /// angles `θ = 4π √((k + ½)/96)`: about equal lengths of the curve between centres.
    Spiral,
}

impl Preset {
    /// Every preset, in the order of their definition.
    pub const ALL: [Preset; 7] = [
        Preset::Bimodal,
        Preset::Trimodal,
        Preset::Ring8,
        Preset::Ring64,
        Preset::Grid25,
        Preset::Moons,
        Preset::Spiral,
    ];

    /// The name that [`Display`](fmt::Display) writes and [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Bimodal => "bimodal",
            Preset::Trimodal => "trimodal",
            Preset::Ring8 => "ring8",
            Preset::Ring64 => "ring64",
            Preset::Grid25 => "grid25",
            Preset::Moons => "moons",
            Preset::Spiral => "spiral",
        }
    }

    /// The mixture itself.
    pub fn mixture(self) -> Mixture {
        match self {
            Preset::Bimodal => on_the_line(&[(0.5, -1.5, 0.09), (0.5, 1.5, 0.09)]),
            Preset::Trimodal => on_the_line(&[(0.2, -3.0, 0.25), (0.5, 0.0, 0.09), (0.3, 2.0, 0.16)]),
            Preset::Ring8 => ring(8, 0.04, 0.02),
            Preset::Ring64 => ring(64, 0.01, 0.005),
            Preset::Grid25 => {
                let side = [-2.0, -1.0, 0.0, 1.0, 2.0];
                dots(side.iter().flat_map(|&x| side.map(|y| array![x, y])))
            }
            Preset::Moons => {
                let (centres, _) = TwoMoons::points(64);
                dots(centres.rows().into_iter().map(|centre| centre.to_owned()))
            }
            Preset::Spiral => dots((0..96).map(|k| {
                let angle = 4.0 * PI * ((f64::from(k) + 0.5) / 96.0).sqrt();
                array![angle.cos(), angle.sin()] * (angle / TAU)
            })),
        }
    }
}

/// The one-dimensional mixture of `(weight, mean, variance)`.
fn on_the_line(parts: &[(f64, f64, f64)]) -> Mixture {
    let weights = parts.iter().map(|&(weight, _, _)| weight).collect();
    let laws = parts.iter().map(|&(_, mean, variance)| Gaussian::isotropic(array![mean], variance));
    let laws = laws.collect::<Result<_, _>>().expect("a preset's variances are positive");
    Mixture::new(weights, laws).expect("a preset's weights sum to 1")
}

/// `k` equal Gaussians on the circle of radius 2, with covariance `variance I + tangent_variance u u'`.
fn ring(k: usize, variance: f64, tangent_variance: f64) -> Mixture {
    let laws = (0..k).map(|i| {
        let angle = TAU * i as f64 / k as f64;
        let (sin, cos) = angle.sin_cos();
        let (ux, uy) = (-sin, cos);
        let across = tangent_variance * ux * uy;
        let covariance = array![
            [variance + tangent_variance * ux * ux, across],
            [across, variance + tangent_variance * uy * uy],
        ];
        Gaussian::new(array![2.0 * cos, 2.0 * sin], covariance)
    });
    let laws = laws.collect::<Result<_, _>>().expect("both variances are positive");
    Mixture::equal(laws).expect("a ring has a component")
}

/// Equal Gaussians with covariance `0.01 I` at `centres`.
fn dots(centres: impl Iterator<Item = Array1<f64>>) -> Mixture {
    let covariance = Array2::eye(2) * 0.01;
    let laws = centres.map(|centre| Gaussian::new(centre, covariance.clone()));
    let laws = laws.collect::<Result<_, _>>().expect("0.01 I is positive definite");
    Mixture::equal(laws).expect("a preset has a component")
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Preset {
    type Err = ToyError;

    /// # Errors
    /// If no preset has this name, exactly; the error knows the nearest one.
    fn from_str(name: &str) -> Result<Self, ToyError> {
        if let Some(preset) = Self::ALL.into_iter().find(|preset| preset.name() == name) {
            return Ok(preset);
        }
        let lower = name.to_lowercase();
        let nearest = Self::ALL
            .into_iter()
            .min_by_key(|preset| strsim::levenshtein(preset.name(), &lower))
            .expect("there is a preset");
        Err(ToyError::UnknownPreset { name: name.to_owned(), nearest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::{binomial_bound, chi_squared_range, normal_bound};
    use approx::{assert_abs_diff_eq, assert_relative_eq};
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    fn mean_square(mixture: &Mixture) -> f64 {
        let mean = mixture.mean();
        mixture.covariance().diag().sum() + mean.dot(&mean)
    }

    #[test]
    fn every_preset_is_a_law_with_a_density_near_its_centres_and_far_away() {
        for preset in Preset::ALL {
            let mixture = preset.mixture();
            let weights: f64 = mixture.parts().map(|(weight, _)| weight).sum();
            assert_relative_eq!(weights, 1.0, max_relative = 1e-14);
            for (weight, law) in mixture.parts() {
                // A component alone is a lower bound of the mixture.
                let floor = weight.ln() + law.log_prob(law.mean());
                assert!(mixture.log_prob(law.mean()) >= floor - 1e-12, "{preset}");
            }
            assert!(mixture.log_prob(&Array1::from_elem(mixture.dim(), 1e3)).is_finite(), "{preset}");
        }
        let shapes = Preset::ALL.map(|preset| (preset.mixture().dim(), preset.mixture().len()));
        assert_eq!(shapes, [(1, 2), (1, 3), (2, 8), (2, 64), (2, 25), (2, 64), (2, 96)]);
    }

    #[test]
    fn moments_on_the_line_are_those_worked_out_by_hand() {
        let bimodal = Preset::Bimodal.mixture();
        assert_abs_diff_eq!(bimodal.mean()[0], 0.0);
        assert_relative_eq!(bimodal.covariance()[[0, 0]], 0.09 + 1.5 * 1.5, max_relative = 1e-14);
        let trimodal = Preset::Trimodal.mixture();
        assert_abs_diff_eq!(trimodal.mean()[0], 0.0, epsilon = 1e-15);
        let within = 0.2 * 0.25 + 0.5 * 0.09 + 0.3 * 0.16;
        assert_relative_eq!(trimodal.covariance()[[0, 0]], within + 1.8 + 1.2, max_relative = 1e-14);
    }

    /// E x'x = 2² + trace, the covariance is isotropic by symmetry, and each component has standard deviations
    /// along and across the circle that can be read off its density.
    #[test]
    fn rings_have_the_moments_of_their_definition() {
        for (preset, k, across, along, second) in
            [(Preset::Ring8, 8, 0.04, 0.06, 4.10), (Preset::Ring64, 64, 0.01, 0.015, 4.025)]
        {
            let mixture = preset.mixture();
            assert_relative_eq!(mean_square(&mixture), second, max_relative = 1e-14);
            let half = Array2::<f64>::eye(2) * (second / 2.0);
            assert_abs_diff_eq!(mixture.covariance(), half, epsilon = 1e-14);
            for (i, (weight, law)) in mixture.parts().enumerate() {
                assert_relative_eq!(weight, 1.0 / k as f64, max_relative = 1e-15);
                let turn = i as f64 / k as f64 * TAU;
                let radial = array![turn.cos(), turn.sin()];
                let tangent = array![-turn.sin(), turn.cos()];
                assert_abs_diff_eq!(law.mean(), &(&radial * 2.0), epsilon = 1e-14);
                let quadratic = |v: &Array1<f64>| v.dot(&law.covariance().dot(v));
                assert_relative_eq!(quadratic(&radial), across, max_relative = 1e-13);
                assert_relative_eq!(quadratic(&tangent), along, max_relative = 1e-13);
                assert_abs_diff_eq!(tangent.dot(&law.covariance().dot(&radial)), 0.0, epsilon = 1e-16);
            }
        }
    }

    #[test]
    fn planar_presets_have_the_moments_of_their_curves() {
        let grid = Preset::Grid25.mixture();
        assert_abs_diff_eq!(grid.mean(), array![0.0, 0.0], epsilon = 1e-15);
        assert_abs_diff_eq!(grid.covariance(), Array2::eye(2) * 2.01, epsilon = 1e-14);

        // The moons are images of each other under the half turn about (1/2, 1/4).
        assert_abs_diff_eq!(Preset::Moons.mixture().mean(), array![0.5, 0.25], epsilon = 1e-14);

        let spiral = Preset::Spiral.mixture();
        // r² = 4 (k + ½)/96 has the mean 2.
        assert_relative_eq!(mean_square(&spiral), 2.0 + 0.02, max_relative = 1e-13);
        let mut turns = 0.0;
        for (_, law) in spiral.parts() {
            let (x, y) = (law.mean()[0], law.mean()[1]);
            let radius = x.hypot(y);
            assert!(radius > turns, "the spiral goes outwards");
            turns = radius;
            // One unit of radius a turn: the angle is 2π times the radius, up to whole turns.
            let excess = y.atan2(x) / TAU - radius;
            assert_abs_diff_eq!(excess, excess.round(), epsilon = 1e-14);
        }
    }

    /// Around a whole circle, centres at the spacing of an arc make a density whose Fourier coefficients are those
    /// of exp(100 cos φ): the first ripple, 62 waves a turn, has the relative size 2 I₆₂(100)/I₀(100).
    #[test]
    fn moons_ripple_along_an_arc_as_documented() {
        let moons = Preset::Moons.mixture();
        let spacing = PI / 31.0;
        let at = |i: f64| moons.log_prob(&array![(i * spacing).cos(), (i * spacing).sin()]);
        // Seven standard deviations from the arc's end and from the other moon. In the second difference over half
        // a spacing the slow change cancels and the ripple counts four times.
        let ripple = (at(23.0) - 2.0 * at(23.5) + at(24.0)) / 4.0;
        let bessel = |n: f64| -> f64 {
            let angles = (0..400).map(|i| TAU * f64::from(i) / 400.0);
            angles.map(|phi| (100.0 * (phi.cos() - 1.0)).exp() * (n * phi).cos()).sum()
        };
        let theory = 2.0 * bessel(62.0) / bessel(0.0);
        assert!((0.5e-8..2e-8).contains(&theory), "documented as 1e-8: {theory:e}");
        assert_relative_eq!(ripple, theory, max_relative = 1e-4);
    }

    /// Given its label, a whitened draw is exactly standard normal, and the labels are exactly multinomial: the
    /// bounds hold at this n, not only in a limit. False alarm 1e-9 for each of the 7·2 + 262 comparisons.
    #[test]
    fn draws_come_from_the_law() {
        let n = 40_000;
        for (seed, preset) in (0..).zip(Preset::ALL) {
            let mixture = preset.mixture();
            let laws: Vec<_> = mixture.parts().collect();
            let (x, labels) = mixture.sample_labelled(n, &mut ChaCha8Rng::seed_from_u64(seed));
            let mut counts = vec![0usize; laws.len()];
            let (mut sum, mut squares) = (0.0, 0.0);
            for (row, &label) in x.rows().into_iter().zip(&labels) {
                counts[label] += 1;
                let law = laws[label].1;
                let white = law.factor().whiten(&(&row - law.mean()));
                sum += white.sum();
                squares += white.dot(&white);
            }
            let degrees = (n * mixture.dim()) as f64;
            let z = sum / degrees.sqrt();
            assert!(z.abs() < normal_bound(), "{preset}: z = {z}");
            assert!(chi_squared_range(degrees).contains(&squares), "{preset}: {squares} of {degrees}");
            for (k, &(weight, _)) in laws.iter().enumerate() {
                let excess = counts[k] as f64 - n as f64 * weight;
                assert!(
                    excess.abs() < binomial_bound(n, weight),
                    "{preset}: component {k} has {}",
                    counts[k]
                );
            }
        }
    }

    /// On a ray through its centre a component of ring8 is (2 + 0.2 a, √0.06 b) with a, b standard normal, so that
    /// x'x has the mean 4.10 and the variance 0.8² + 2·0.04² + 2·0.06² = 0.6504. At this n the mean of x'x is
    /// normal to well below the false alarm of 1e-9.
    #[test]
    fn draws_of_ring8_have_its_second_moment() {
        let n = 400_000;
        let x = Preset::Ring8.mixture().sample(n, &mut ChaCha8Rng::seed_from_u64(8));
        let mean = x.iter().map(|v| v * v).sum::<f64>() / n as f64;
        let z = (mean - 4.10) / (0.6504 / n as f64).sqrt();
        assert!(z.abs() < normal_bound(), "mean {mean}, z = {z}");
    }

    #[test]
    fn names_come_back_and_strangers_are_told_their_neighbour() {
        for preset in Preset::ALL {
            assert_eq!(preset.to_string().parse(), Ok(preset));
        }
        let nearest = |name: &str| match name.parse::<Preset>() {
            Err(ToyError::UnknownPreset { name: given, nearest }) if given == name => nearest,
            other => panic!("{name} gave {other:?}"),
        };
        assert_eq!(nearest("ring_64"), Preset::Ring64);
        assert_eq!(nearest("MOONS"), Preset::Moons);
        assert_eq!(nearest("two moons"), Preset::Moons);
        assert_eq!(nearest("bimodel"), Preset::Bimodal);
        assert_eq!(nearest("grid"), Preset::Grid25);
        assert_eq!(format!("{:>8}", Preset::Ring8), "   ring8");
    }
}
