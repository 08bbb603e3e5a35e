//! The law of a generator on the line, by the change of variables.
//!
//! `x = G(z)`, `z ~ N(0, 1)` has the density `q(x) = Σ φ(z)/|G'(z)|` over all `z` with `G(z) = x`. The network is replaced by
//! the cubics that share its values and slopes at knots `h` apart, of which the error is `O(h⁴)`; the law of the cubics is
//! exact. Where `G` turns round, a fold, the density is infinite, as `1/√` of the distance, and an integral over it is cut.

use std::f64::consts::{FRAC_PI_2, LN_2, PI};

use ndarray::{Array2, array};
use nn::Mlp;
use prob::numerics::{LN_2PI, log_sigmoid};
use prob::{Gaussian, Integral, Mixture, integrate};

use super::hermite::{Hermite, Knot};

/// The noise is cut here: beyond are 2e-19 of it.
const REACH: f64 = 9.0;

/// Accuracy of the integrals, which the square root at a fold limits.
const TOLERANCE: f64 = 1e-8;

/// The law of `G(z)` for `z ~ N(0, 1)`, for a network with one input and one output.
#[derive(Clone, Debug)]
pub struct Pushforward {
    generator: Hermite,
    /// The law of the noise.
    normal: Mixture,
}

/// `log φ(z)`.
fn log_normal(z: f64) -> f64 {
    -0.5 * (z * z + LN_2PI)
}

impl Pushforward {
    /// The law of `generator`, with `per_unit` knots in each unit of `z`.
    ///
    /// # Panics
    /// If the network has not one input and one output, or `per_unit` is 0.
    pub fn new(generator: &Mlp, per_unit: usize) -> Self {
        assert_eq!((generator.input_dim(), generator.output_dim()), (1, 1), "a law on the line");
        assert!(per_unit > 0, "a law needs knots");
        let n = 2 * REACH as usize * per_unit + 1;
        let z = Array2::from_shape_fn((n, 1), |(i, _)| i as f64 / per_unit as f64 - REACH);
        let (mut tape, mut unused) = (generator.tape(n), generator.gradient());
        let x = generator.forward_on(&z, &mut tape).clone();
        // The rows do not mix, so the gradient of Σ G(z_i) by z_i is G'(z_i).
        let slope = generator.backward(&mut tape, &Array2::ones((n, 1)), &mut unused);
        let knots = z.iter().zip(&x).zip(slope).map(|((&z, &x), &slope)| Knot { z, x, slope });
        Self::through(&knots.collect::<Vec<_>>())
    }

    fn through(knots: &[Knot]) -> Self {
        Self { generator: Hermite::through(knots), normal: Gaussian::standard(1).into() }
    }

    /// Where `G` turns round: pairs `(z, G(z))`.
    pub fn folds(&self) -> impl Iterator<Item = (f64, f64)> {
        self.generator.folds()
    }

    /// `q(x)` from all monotone pieces but the one left out.
    fn density_without(&self, left_out: Option<usize>, x: f64) -> f64 {
        let pieces = (0..self.generator.pieces()).filter(|&piece| Some(piece) != left_out);
        let preimages = pieces.filter_map(|piece| self.generator.preimage(piece, x));
        preimages.map(|(z, slope)| log_normal(z).exp() / slope.abs()).sum()
    }

    /// `log q(x)` in nats; `-∞` where no noise leads.
    pub fn log_prob(&self, x: f64) -> f64 {
        self.density_without(None, x).ln()
    }

    /// `log q(G(z))`, which knows its own `z` and need not look for it: finite also where `x` is at the end of the support.
    fn log_prob_of_noise(&self, z: f64) -> f64 {
        let (x, slope) = self.generator.at(z);
        let own = self.generator.piece_of(z);
        (log_normal(z).exp() / slope.abs() + self.density_without(Some(own), x)).ln()
    }

    /// `P(G(z) ≤ x)`.
    pub fn cdf(&self, x: f64) -> f64 {
        let below = |piece: usize| {
            let (first, last) = self.generator.ends(piece);
            let between = |low: f64, high: f64| self.normal.cdf(high) - self.normal.cdf(low);
            match self.generator.preimage(piece, x) {
                Some((z, _)) if first.x < last.x => between(first.z, z),
                Some((z, _)) => between(z, last.z),
                None if first.x.max(last.x) <= x => between(first.z, last.z),
                None => 0.0,
            }
        };
        (0..self.generator.pieces()).map(below).sum()
    }

    /// `log p(x) - log q(x)`: the log-odds of the optimal discriminator of `p` and this law.
    ///
    /// # Panics
    /// If the mixture is not one-dimensional.
    pub fn optimal_log_odds(&self, p: &Mixture, x: f64) -> f64 {
        p.log_prob(&array![x]) - self.log_prob(x)
    }

    /// `E_p log D + E log(1 - D(G(z)))` in nats for the discriminator with these `log_odds`, by quadrature over `x` and over
    /// `z`. At most [`optimal_value`](Self::optimal_value).
    ///
    /// # Panics
    /// If the mixture is not one-dimensional.
    pub fn game_value(&self, p: &Mixture, log_odds: impl Fn(f64) -> f64) -> Integral {
        self.value(p, &log_odds, |z| log_odds(self.generator.at(z).0))
    }

    /// The same for the optimal discriminator. That this is `2 JSD(p, q) - log 4` is a theorem, of which
    /// [`jensen_shannon_divergence`](Self::jensen_shannon_divergence) is the other side.
    ///
    /// # Panics
    /// If the mixture is not one-dimensional.
    pub fn optimal_value(&self, p: &Mixture) -> Integral {
        let of_noise = |z: f64| p.log_prob(&array![self.generator.at(z).0]) - self.log_prob_of_noise(z);
        self.value(p, |x| self.optimal_log_odds(p, x), of_noise)
    }

    /// `JSD(p, q) = ½ ∫ p log(2p/(p + q)) + ½ ∫ q log(2q/(p + q))` in nats, from 0 to log 2, by its definition: one quadrature
    /// over `x`, from the density of this law alone.
    ///
    /// The error includes what the quadrature misses of the mass of `q`: a network that saturates puts mass on single points,
    /// where there is no density.
    ///
    /// # Panics
    /// If the mixture is not one-dimensional.
    pub fn jensen_shannon_divergence(&self, p: &Mixture) -> Integral {
        let log_half_sum = |log_p: f64, log_q: f64| {
            let larger = log_p.max(log_q);
            larger + (0.5 * ((log_p - larger).exp() + (log_q - larger).exp())).ln()
        };
        // 0 log 0 = 0; on a fold itself, a set of measure 0, the density is infinite.
        let share =
            |log_p: f64, log_m: f64| if log_p.is_finite() { log_p.exp() * (log_p - log_m) } else { 0.0 };
        let breaks = self.breaks_over_x(p);
        let divergence = integrate_between_folds(&breaks, |x| {
            let (log_p, log_q) = (p.log_prob(&array![x]), self.log_prob(x));
            let log_m = log_half_sum(log_p, log_q);
            0.5 * (share(log_p, log_m) + share(log_q, log_m))
        });
        let mass = integrate_between_folds(&breaks, |x| {
            let density = self.density_without(None, x);
            if density.is_finite() { density } else { 0.0 }
        });
        Integral { error: divergence.error + LN_2 * (1.0 - mass.value).abs(), ..divergence }
    }

    /// The components of `p`, the folds, and where half units of the noise lead.
    fn breaks_over_x(&self, p: &Mixture) -> Vec<f64> {
        let components = p.parts().flat_map(|(_, law)| {
            [-12.0, -3.0, 0.0, 3.0, 12.0].map(|k| law.mean()[0] + k * law.factor().lower()[[0, 0]])
        });
        let of_noise = half_units().map(|z| self.generator.at(z).0);
        rising(components.chain(self.folds().map(|(_, x)| x)).chain(of_noise))
    }

    fn value(
        &self,
        p: &Mixture,
        log_odds: impl Fn(f64) -> f64,
        log_odds_of_noise: impl Fn(f64) -> f64,
    ) -> Integral {
        let of_p = |x: f64| p.log_prob(&array![x]).exp() * log_sigmoid(log_odds(x));
        let of_noise = |z: f64| log_normal(z).exp() * log_sigmoid(-log_odds_of_noise(z));
        let over_z = rising(half_units().chain(self.folds().map(|(z, _)| z)));
        let on_data = integrate(of_p, &self.breaks_over_x(p), TOLERANCE);
        let on_samples = integrate(of_noise, &over_z, TOLERANCE);
        Integral {
            value: on_data.value + on_samples.value,
            error: on_data.error + on_samples.error,
            evaluations: on_data.evaluations + on_samples.evaluations,
            converged: on_data.converged && on_samples.converged,
        }
    }
}

/// The noise from end to end, in steps of a half.
fn half_units() -> impl Iterator<Item = f64> {
    (0..=4 * REACH as usize).map(|i| 0.5 * i as f64 - REACH)
}

/// `∫ f` from the first break to the last, for an `f` that grows at breaks as `1/√` of the distance: between two of them
/// `x = m + h sin θ`, and `dx = h cos θ dθ` takes the root away.
fn integrate_between_folds(breaks: &[f64], f: impl Fn(f64) -> f64) -> Integral {
    let theta: Vec<f64> = (0..breaks.len()).map(|i| PI * i as f64).collect();
    let by_angle = |at: f64| {
        let piece = ((at / PI) as usize).min(breaks.len() - 2);
        let (middle, half) =
            (0.5 * (breaks[piece] + breaks[piece + 1]), 0.5 * (breaks[piece + 1] - breaks[piece]));
        let (sin, cos) = (at - theta[piece] - FRAC_PI_2).sin_cos();
        f(middle + half * sin) * half * cos
    };
    integrate(by_angle, &theta, TOLERANCE)
}

/// In rising order, each once.
fn rising(breaks: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut breaks: Vec<f64> = breaks.collect();
    breaks.sort_unstable_by(f64::total_cmp);
    breaks.dedup();
    breaks
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::{StatisticalTest, Streams};
    use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
    use prob::discriminator::{game_value, optimal_log_odds};
    use prob::standard_normal;

    fn network(seed: u64) -> Mlp {
        let mut net = Mlp::new(&[1, 6, 1], &mut Streams::new(seed).rng(0));
        let mut rng = Streams::new(seed).rng(1);
        for layer in net.layers_mut() {
            let shape = layer.bias.len();
            layer.bias.assign(&ndarray::Array1::random_using(shape, StandardNormal, &mut rng));
        }
        net
    }

    fn affine(mean: f64, slope: f64) -> Mlp {
        let mut net = Mlp::new(&[1, 1], &mut Streams::new(1).rng(0));
        net.set_flat_parameters(&[slope, mean]);
        net
    }

    /// `q = N(m, s²)`, also for a map that falls: density, distribution function, and the value of the game.
    #[test]
    fn an_affine_map_gives_the_normal_law() {
        for slope in [0.7, -0.7] {
            let law = Pushforward::new(&affine(0.4, slope), 64);
            let q = Mixture::from(Gaussian::isotropic(array![0.4], 0.49).unwrap());
            for x in [-2.5, 0.0, 0.4, 1.9] {
                assert_relative_eq!(law.log_prob(x), q.log_prob(&array![x]), max_relative = 1e-11);
                assert_relative_eq!(law.cdf(x), q.cdf(x), max_relative = 1e-10);
            }
            let p = toy::Preset::Trimodal.mixture();
            let best = game_value(&p, &q, |x| optimal_log_odds(&p, &q, &array![x]));
            assert_relative_eq!(law.optimal_value(&p).value, best.value, epsilon = 1e-8);
            let some = game_value(&p, &q, |x| x.sin());
            assert_relative_eq!(law.game_value(&p, f64::sin).value, some.value, epsilon = 1e-8);
        }
    }

    /// `(z - 0.3)²` through its own knots: a fold at 0.3, two preimages, and the non-central χ² law.
    #[test]
    fn a_square_is_chi_squared() {
        let knot = |i: i32| {
            let z = f64::from(i) / 8.0;
            Knot { z, x: (z - 0.3).powi(2), slope: 2.0 * (z - 0.3) }
        };
        let law = Pushforward::through(&(-72..=72).map(knot).collect::<Vec<_>>());
        let folds: Vec<(f64, f64)> = law.folds().collect();
        assert_eq!(folds.len(), 1);
        assert_relative_eq!(folds[0].0, 0.3, max_relative = 1e-12);
        for x in [0.01, 0.5, 4.0] {
            let root = f64::sqrt(x);
            let density = (log_normal(0.3 + root).exp() + log_normal(0.3 - root).exp()) / (2.0 * root);
            assert_relative_eq!(law.log_prob(x), density.ln(), max_relative = 1e-10);
            let normal = Mixture::from(Gaussian::standard(1));
            assert_relative_eq!(
                law.cdf(x),
                normal.cdf(0.3 + root) - normal.cdf(0.3 - root),
                max_relative = 1e-9
            );
        }
        assert_eq!((law.log_prob(-0.1), law.cdf(-0.1)), (f64::NEG_INFINITY, 0.0));
    }

    /// Random networks, folds among them: the density is the slope of the distribution function, which is that of the
    /// network's own samples (Kolmogorov-Smirnov, false alarm 1e-9); knots twice as dense change nothing.
    #[test]
    fn networks_have_the_law_of_their_samples() {
        let mut folded = 0;
        for seed in 0..8 {
            let net = network(seed);
            let law = Pushforward::new(&net, 128);
            folded += usize::from(law.folds().count() > 0);
            let z = standard_normal((20_000, 1), &mut Streams::new(seed).rng(2));
            let x = net.forward(&z);
            let verdict =
                StatisticalTest::default().law(&x.iter().copied().collect::<Vec<_>>(), |x| law.cdf(x));
            assert!(verdict.holds, "{verdict:?}");
            let finer = Pushforward::new(&net, 256);
            let p = toy::Preset::Bimodal.mixture();
            let (coarse, fine) = (law.optimal_value(&p), finer.optimal_value(&p));
            assert!(coarse.converged, "{coarse:?}");
            assert!((coarse.value - fine.value).abs() < 1e-6, "{} against {}", coarse.value, fine.value);
            // Away from a fold, where the density itself changes within the step of a difference.
            let at = x.iter().copied().find(|&x| law.log_prob(x) < 1.0).unwrap();
            let slope = (law.cdf(at + 1e-5) - law.cdf(at - 1e-5)) / 2e-5;
            assert_relative_eq!(law.log_prob(at).exp(), slope, max_relative = 1e-4);
        }
        assert!(folded > 0, "one of these networks turns round");
    }

    /// `G(z) = tanh(z + 1 - c) - tanh(z - 1 - c)`, even about `c`.
    fn bump(centre: f64) -> Mlp {
        let mut net = Mlp::new(&[1, 2, 1], &mut Streams::new(1).rng(0));
        net.set_flat_parameters(&[1.0, 1.0, 1.0 - centre, -1.0 - centre, 1.0, -1.0, 0.0]);
        net
    }

    /// An even generator turns at a knot, where its slope is exactly 0; moved by a part of a knot's distance, between knots.
    /// `G ≤ 1` where `|z - c| ≥ ½ arcosh(2 sinh 2 - cosh 2)`.
    #[test]
    fn a_turn_at_a_knot_is_a_turn() {
        let normal = Mixture::from(Gaussian::standard(1));
        for centre in [0.0, 0.3] {
            let law = Pushforward::new(&bump(centre), 128);
            let folds: Vec<(f64, f64)> = law.folds().collect();
            assert_eq!(folds.len(), 1, "centre {centre}");
            assert_relative_eq!(folds[0].0, centre, epsilon = 1e-8);
            assert_relative_eq!(folds[0].1, 2.0 * 1f64.tanh(), max_relative = 1e-10);
            let half = 0.5 * (2.0 * 2f64.sinh() - 2f64.cosh()).acosh();
            let below = normal.cdf(centre - half) + 1.0 - normal.cdf(centre + half);
            assert_relative_eq!(law.cdf(1.0), below, max_relative = 1e-7);
        }
    }

    /// The theorem, where the generator turns round: the value of the optimal discriminator, over `x` and over `z`, against the
    /// divergence by its definition over `x`. The two preimages of a bump off the centre are not equally likely.
    #[test]
    fn the_optimal_value_is_a_divergence_also_with_folds() {
        let mut folded = 0;
        let nets = (0..8).map(network).chain([bump(0.0), bump(0.3), bump(-1.0)]);
        for (k, net) in nets.enumerate() {
            let law = Pushforward::new(&net, 128);
            folded += usize::from(law.folds().count() > 0);
            for p in [toy::Preset::Bimodal.mixture(), Gaussian::isotropic(array![1.0], 0.25).unwrap().into()]
            {
                let (value, divergence) = (law.optimal_value(&p), law.jensen_shannon_divergence(&p));
                assert!(value.converged && divergence.converged, "{k}: {value:?} {divergence:?}");
                assert!(divergence.error < 1e-6, "{k}: {divergence:?}");
                let theorem = 2.0 * divergence.value - 4f64.ln();
                assert!((value.value - theorem).abs() < 1e-6, "{k}: {} against {theorem}", value.value);
            }
        }
        assert!(folded >= 4, "{folded} of these generators turn round");
    }

    /// Equal laws, laws that do not meet, and the mass that a constant generator has on one point.
    #[test]
    fn the_divergence_at_its_ends() {
        let p = Mixture::from(Gaussian::isotropic(array![0.4], 0.49).unwrap());
        let equal = Pushforward::new(&affine(0.4, 0.7), 64).jensen_shannon_divergence(&p);
        assert!(equal.value.abs() < 1e-9 && equal.error < 1e-7, "{equal:?}");
        let far = Pushforward::new(&affine(90.0, 0.7), 64).jensen_shannon_divergence(&p);
        assert_relative_eq!(far.value, LN_2, max_relative = 1e-8);
        let constant = Pushforward::new(&affine(0.4, 0.0), 64).jensen_shannon_divergence(&p);
        assert!(constant.error > 0.5, "{constant:?}");
    }
}
