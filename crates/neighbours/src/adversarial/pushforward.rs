//! The law of a generator on the line, by the change of variables.
//!
//! `x = G(z)`, `z ~ N(0, 1)` has the density `q(x) = Σ φ(z)/|G'(z)|` over all `z` with `G(z) = x`. The network is replaced by
//! the cubics that share its values and slopes at knots `h` apart, of which the error is `O(h⁴)`; the law of the cubics is
//! exact. Where `G` turns round, a fold, the density is infinite, as `1/√` of the distance, and an integral over it is cut.

use ndarray::{Array2, array};
use nn::Mlp;
use prob::numerics::{LN_2PI, log_sigmoid};
use prob::{Gaussian, Integral, Mixture, integrate};

/// The noise is cut here: beyond are 2e-19 of it.
const REACH: f64 = 9.0;

/// Accuracy of the integrals, which the square root at a fold limits.
const TOLERANCE: f64 = 1e-8;

/// The law of `G(z)` for `z ~ N(0, 1)`, for a network with one input and one output.
#[derive(Clone, Debug)]
pub struct Pushforward {
    /// In the order of `z`.
    knots: Vec<Knot>,
    /// Positions of the knots at which `G` turns round, and both ends: it is monotone between.
    turns: Vec<usize>,
    /// The law of the noise.
    normal: Mixture,
}

/// `G(z) = x` and `G'(z) = slope`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Knot {
    z: f64,
    x: f64,
    slope: f64,
}

/// `log φ(z)`.
fn log_normal(z: f64) -> f64 {
    -0.5 * (z * z + LN_2PI)
}

/// `(x, dx/dz)` of the cubic between two knots at the share `t` of the way.
fn cubic(a: &Knot, b: &Knot, t: f64) -> (f64, f64) {
    let h = b.z - a.z;
    let s = 1.0 - t;
    let x =
        s * s * ((1.0 + 2.0 * t) * a.x + t * h * a.slope) + t * t * ((1.0 + 2.0 * s) * b.x - s * h * b.slope);
    let secant = (b.x - a.x) / h;
    (x, s * (s - 2.0 * t) * a.slope + t * (t - 2.0 * s) * b.slope + 6.0 * s * t * secant)
}

/// Where `f`, of which the sign changes from 0 to 1, is 0.
fn bisect(f: impl Fn(f64) -> f64) -> f64 {
    let rising = f(0.0) < 0.0;
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if (f(middle) < 0.0) == rising { low = middle } else { high = middle }
    }
    0.5 * (low + high)
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
        Self::through(z.iter().zip(&x).zip(slope).map(|((&z, &x), &slope)| Knot { z, x, slope }).collect())
    }

    /// The law of the cubics through these knots: a knot more wherever the slope changes its sign.
    fn through(raw: Vec<Knot>) -> Self {
        let (mut knots, mut turns) = (Vec::with_capacity(raw.len()), vec![0]);
        for pair in raw.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            knots.push(a);
            if a.slope * b.slope < 0.0 {
                let t = bisect(|t| cubic(&a, &b, t).1);
                turns.push(knots.len());
                knots.push(Knot { z: a.z + t * (b.z - a.z), x: cubic(&a, &b, t).0, slope: 0.0 });
            }
        }
        knots.extend(raw.last());
        turns.push(knots.len() - 1);
        Self { knots, turns, normal: Gaussian::standard(1).into() }
    }

    /// Where `G` turns round: pairs `(z, G(z))`.
    pub fn folds(&self) -> impl Iterator<Item = (f64, f64)> {
        self.turns[1..self.turns.len() - 1].iter().map(|&i| (self.knots[i].z, self.knots[i].x))
    }

    /// `G(z)` and `G'(z)`.
    fn at(&self, z: f64) -> (f64, f64) {
        let after = self.knots.partition_point(|knot| knot.z < z).clamp(1, self.knots.len() - 1);
        let (a, b) = (&self.knots[after - 1], &self.knots[after]);
        cubic(a, b, (z - a.z) / (b.z - a.z))
    }

    /// The one `z` with `G(z) = x` between the turns `piece` and `piece + 1`, and `G'(z)`.
    fn preimage(&self, piece: usize, x: f64) -> Option<(f64, f64)> {
        let knots = &self.knots[self.turns[piece]..=self.turns[piece + 1]];
        let (first, last) = (knots.first()?, knots.last()?);
        let rising = first.x < last.x;
        let below = |knot: &Knot| if rising { knot.x < x } else { knot.x > x };
        let after = knots.partition_point(below);
        if after == 0 || after == knots.len() {
            return None;
        }
        let (a, b) = (&knots[after - 1], &knots[after]);
        let t = bisect(|t| cubic(a, b, t).0 - x);
        Some((a.z + t * (b.z - a.z), cubic(a, b, t).1))
    }

    fn pieces(&self) -> std::ops::Range<usize> {
        0..self.turns.len() - 1
    }

    /// `q(x)` from all monotone pieces but the one left out.
    fn density_without(&self, left_out: Option<usize>, x: f64) -> f64 {
        let pieces = self.pieces().filter(|&piece| Some(piece) != left_out);
        let preimages = pieces.filter_map(|piece| self.preimage(piece, x));
        preimages.map(|(z, slope)| log_normal(z).exp() / slope.abs()).sum()
    }

    /// `log q(x)` in nats; `-∞` where no noise leads.
    pub fn log_prob(&self, x: f64) -> f64 {
        self.density_without(None, x).ln()
    }

    /// `log q(G(z))`, which knows its own `z` and need not look for it: finite also where `x` is at the end of the support.
    fn log_prob_of_noise(&self, z: f64) -> f64 {
        let (x, slope) = self.at(z);
        let own = self.pieces().find(|&piece| z <= self.knots[self.turns[piece + 1]].z);
        (log_normal(z).exp() / slope.abs() + self.density_without(own, x)).ln()
    }

    /// `P(G(z) ≤ x)`.
    pub fn cdf(&self, x: f64) -> f64 {
        let below = |piece: usize| {
            let (first, last) = (&self.knots[self.turns[piece]], &self.knots[self.turns[piece + 1]]);
            let between = |low: f64, high: f64| self.normal.cdf(high) - self.normal.cdf(low);
            match self.preimage(piece, x) {
                Some((z, _)) if first.x < last.x => between(first.z, z),
                Some((z, _)) => between(z, last.z),
                None if first.x.max(last.x) <= x => between(first.z, last.z),
                None => 0.0,
            }
        };
        self.pieces().map(below).sum()
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
        self.value(p, &log_odds, |z| log_odds(self.at(z).0))
    }

    /// The same for the optimal discriminator: `2 JSD(p, q) - log 4`.
    ///
    /// # Panics
    /// If the mixture is not one-dimensional.
    pub fn optimal_value(&self, p: &Mixture) -> Integral {
        let of_noise = |z: f64| p.log_prob(&array![self.at(z).0]) - self.log_prob_of_noise(z);
        self.value(p, |x| self.optimal_log_odds(p, x), of_noise)
    }

    fn value(
        &self,
        p: &Mixture,
        log_odds: impl Fn(f64) -> f64,
        log_odds_of_noise: impl Fn(f64) -> f64,
    ) -> Integral {
        let of_p = |x: f64| p.log_prob(&array![x]).exp() * log_sigmoid(log_odds(x));
        let of_noise = |z: f64| log_normal(z).exp() * log_sigmoid(-log_odds_of_noise(z));
        let components = p.parts().flat_map(|(_, law)| {
            [-12.0, -3.0, 0.0, 3.0, 12.0].map(|k| law.mean()[0] + k * law.factor().lower()[[0, 0]])
        });
        let (folds_z, folds_x): (Vec<f64>, Vec<f64>) = self.folds().unzip();
        let ends = [self.knots[0].x, self.knots[self.knots.len() - 1].x];
        let over_x = rising(components.chain(folds_x).chain(ends));
        let units = (0..=4 * REACH as usize).map(|i| 0.5 * i as f64 - REACH);
        let over_z = rising(units.chain(folds_z));
        let (on_data, on_samples) =
            (integrate(of_p, &over_x, TOLERANCE), integrate(of_noise, &over_z, TOLERANCE));
        Integral {
            value: on_data.value + on_samples.value,
            error: on_data.error + on_samples.error,
            evaluations: on_data.evaluations + on_samples.evaluations,
            converged: on_data.converged && on_samples.converged,
        }
    }
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
        let law = Pushforward::through((-72..=72).map(knot).collect());
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
            let z = Array2::random_using((20_000, 1), StandardNormal, &mut Streams::new(seed).rng(2));
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
}
