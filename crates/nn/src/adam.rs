//! Adam: steps scaled by running moments of the gradient (Kingma & Ba 2015, algorithm 1).

use kernels::{Arithmetic, Kernel, dispatch};

use crate::backward::{Gradient, Part};
use crate::dense::Dense;
use crate::mlp::Mlp;

/// The state of Adam for one network. With `g` the gradient at step `t = 1, 2, …`, each parameter `θ` has
///
/// - `m ← β₁ m + (1 - β₁) g` and `v ← β₂ v + (1 - β₂) g²`, both from 0,
/// - `m̂ = m / (1 - β₁ᵗ)` and `v̂ = v / (1 - β₂ᵗ)`, which take out the bias towards that 0,
/// - `θ ← θ - rate · m̂ / (√v̂ + ε)`.
#[derive(Clone, Debug)]
pub struct Adam {
    learning_rate: f64,
    /// `m`.
    mean: Gradient,
    /// `v`.
    mean_square: Gradient,
    /// `β₁ᵗ`.
    beta1_power: f64,
    /// `β₂ᵗ`.
    beta2_power: f64,
}

impl Adam {
    /// The learning rate that the paper recommends.
    pub const LEARNING_RATE: f64 = 1e-3;
    /// `β₁`, the memory of the mean.
    pub const BETA1: f64 = 0.9;
    /// `β₂`, the memory of the mean square.
    pub const BETA2: f64 = 0.999;
    /// `ε`, which keeps a parameter that never had a gradient from `0/0`.
    pub const EPSILON: f64 = 1e-8;

    /// The state before the first step, for the architecture of `mlp`.
    pub fn new(mlp: &Mlp, learning_rate: f64) -> Self {
        let (mean, mean_square) = (mlp.gradient(), mlp.gradient());
        Self { learning_rate, mean, mean_square, beta1_power: 1.0, beta2_power: 1.0 }
    }

    /// The step size from here on; the moments stay.
    pub fn set_learning_rate(&mut self, rate: f64) {
        self.learning_rate = rate;
    }

    /// One step down `gradient`: changes the parameters of `mlp` and the moments. Allocates nothing.
    ///
    /// # Panics
    /// If `mlp` or `gradient` has another architecture than the network this state was made for, or keeps a weight
    /// in another order than row by row.
    pub fn step(&mut self, mlp: &mut Mlp, gradient: &Gradient) {
        self.descents(mlp, &[Part { share: 1.0, gradient }]).for_each(dispatch);
    }

    /// One step down the mean of gradients, in pieces that do not wait for each other.
    pub(crate) fn descents<'a>(
        &'a mut self,
        mlp: &'a mut Mlp,
        parts: &'a [Part<'a>],
    ) -> impl Iterator<Item = Descent<'a>> {
        let Self { mean, mean_square, learning_rate, beta1_power, beta2_power } = self;
        assert!(mean.has_shapes_of(mlp.layers()), "a network of another architecture");
        assert!(
            parts.iter().all(|part| part.gradient.has_shapes_of(mlp.layers())),
            "a gradient of another architecture"
        );
        *beta1_power *= Self::BETA1;
        *beta2_power *= Self::BETA2;
        // What all parameters share: rate / (1 - β₁ᵗ), and 1 / √(1 - β₂ᵗ). One division is left for each.
        let rate = *learning_rate / (1.0 - *beta1_power);
        let root = 1.0 / (1.0 - *beta2_power).sqrt();

        let theta = mlp.layers_mut().iter_mut().flat_map(Dense::slices_mut);
        let [m, v] = [mean, mean_square].map(|moment| moment.layers.iter_mut().flat_map(Dense::slices_mut));
        theta.zip(m).zip(v).enumerate().flat_map(move |(slice, ((theta, m), v))| {
            let pieces = theta.chunks_mut(PIECE).zip(m.chunks_mut(PIECE)).zip(v.chunks_mut(PIECE));
            let places = (0..).step_by(PIECE).map(move |from| (slice, from));
            let descent = move |(place, ((theta, m), v))| Descent { theta, m, v, parts, place, rate, root };
            places.zip(pieces).map(descent)
        })
    }
}

/// Parameters of a [`Descent`], at most: their gradient stays in the first cache.
const PIECE: usize = 1024;

/// The three updates, for some parameters of one slice: weights or biases of a layer.
pub(crate) struct Descent<'a> {
    theta: &'a mut [f64],
    m: &'a mut [f64],
    v: &'a mut [f64],
    parts: &'a [Part<'a>],
    /// Which slice, where weights and biases take turns, and from where on.
    place: (usize, usize),
    rate: f64,
    root: f64,
}

impl Kernel for Descent<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self { theta, m, v, parts, place: (slice, from), rate, root } = self;
        let mut sum = [0.0; PIECE];
        let g = &mut sum[..theta.len()];
        for Part { share, gradient } in parts {
            let part = &gradient.layers[slice / 2].slices()[slice % 2][from..];
            for (g, part) in g.iter_mut().zip(part) {
                *g = A::mul_add(*share, *part, *g);
            }
        }
        for (((theta, &mut g), m), v) in theta.iter_mut().zip(g).zip(m).zip(v) {
            *m = A::mul_add(Adam::BETA1, *m, (1.0 - Adam::BETA1) * g);
            *v = A::mul_add(Adam::BETA2, *v, (1.0 - Adam::BETA2) * g * g);
            *theta -= rate * *m / A::mul_add(root, v.sqrt(), Adam::EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};
    use ndarray_rand::rand::SeedableRng;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;

    /// The paper's recurrence for one parameter, with nothing shared between steps but what the paper shares.
    fn by_hand(mut theta: f64, gradients: &[f64], rate: impl Fn(usize) -> f64) -> f64 {
        let (mut m, mut v) = (0.0, 0.0);
        for (i, g) in gradients.iter().enumerate() {
            let t = i as i32 + 1;
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g.powi(2);
            let m_hat = m / (1.0 - 0.9_f64.powi(t));
            let v_hat = v / (1.0 - 0.999_f64.powi(t));
            theta -= rate(i) * m_hat / (v_hat.sqrt() + 1e-8);
        }
        theta
    }

    proptest! {
        /// Every parameter follows its own recurrence, through steps of different gradients (down to sizes where
        /// ε matters), each of them the mean of two, and a change of the learning rate half way.
        #[test]
        fn every_parameter_follows_the_recurrence(
            gradients in prop::collection::vec(prop::collection::vec(-1.0..1.0f64, 11), 2..8),
            exponent in -9..2i32,
        ) {
            let scale = 10f64.powi(exponent);
            let gradients: Vec<Vec<f64>> =
                gradients.iter().map(|step| step.iter().map(|g| scale * g).collect()).collect();
            let half = gradients.len() / 2;
            let mut mlp = Mlp::new(&[2, 2, 1, 1], &mut ChaCha8Rng::seed_from_u64(1));
            let start = mlp.flat_parameters();

            let mut adam = Adam::new(&mlp, 0.1);
            let [mut quarter, mut rest] = [mlp.gradient(), mlp.gradient()];
            for (i, step) in gradients.iter().enumerate() {
                if i == half {
                    adam.set_learning_rate(0.02);
                }
                for (part, factor) in [(&mut quarter, 2.5), (&mut rest, 0.5)] {
                    let entries = part.layers_mut().iter_mut().flat_map(|layer| layer.parameters_mut());
                    entries.zip(step).for_each(|(entry, &g)| *entry = factor * g);
                }
                let parts = [(0.25, &quarter), (0.75, &rest)].map(|(share, gradient)| Part { share, gradient });
                adam.descents(&mut mlp, &parts).for_each(dispatch);
            }

            for (k, (&theta, end)) in start.iter().zip(mlp.flat_parameters()).enumerate() {
                let history: Vec<f64> = gradients.iter().map(|step| step[k]).collect();
                let expected = by_hand(theta, &history, |i| if i < half { 0.1 } else { 0.02 });
                assert_relative_eq!(end, expected, max_relative = 1e-10, epsilon = 1e-12);
            }
        }
    }

    /// A layer of more parameters than go down together, each with a slope of its own near `ε`.
    #[test]
    fn every_piece_of_a_layer_follows_its_own_slopes() {
        let mut mlp = Mlp::new(&[40, 60], &mut ChaCha8Rng::seed_from_u64(6));
        let (start, mut gradient) = (mlp.flat_parameters(), mlp.gradient());
        assert!(mlp.layers()[0].weight.len() > 2 * PIECE);
        let slope = |k: usize| 1e-8 * (k as f64).sin();
        for (k, entry) in gradient.layers_mut()[0].parameters_mut().enumerate() {
            *entry = slope(k);
        }
        Adam::new(&mlp, 0.1).step(&mut mlp, &gradient);
        for (k, (&theta, end)) in start.iter().zip(mlp.flat_parameters()).enumerate() {
            assert_relative_eq!(end, by_hand(theta, &[slope(k)], |_| 0.1), epsilon = 1e-12);
        }
    }

    /// Least squares through four points that no line meets: the minimum is known, and is not a loss of 0.
    #[test]
    fn finds_the_least_squares_line() {
        let (x, y) = (array![[0.0], [1.0], [2.0], [3.0]], array![[1.0], [0.0], [2.0], [5.0]]);
        // Σ (x - x̄)(y - ȳ) / Σ (x - x̄)² = 7/5, and ȳ - 7/5 x̄ = -1/10.
        let mut mlp = Mlp::new(&[1, 1], &mut ChaCha8Rng::seed_from_u64(2));
        let mut adam = Adam::new(&mlp, 0.05);
        let (mut tape, mut gradient) = (mlp.tape(4), mlp.gradient());
        for _ in 0..2000 {
            let residual = mlp.forward_on(&x, &mut tape) - &y;
            mlp.backward(&mut tape, &residual, &mut gradient);
            adam.step(&mut mlp, &gradient);
        }
        assert_relative_eq!(mlp.flat_parameters()[..], [1.4, -0.1][..], epsilon = 1e-6);
    }

    /// A hidden layer earns its place: the best line through this sine leaves a mean square of 0.2.
    #[test]
    fn a_hidden_layer_learns_a_sine() {
        let x = Array2::from_shape_fn((32, 1), |(i, _)| (i as f64 - 15.5) / 16.0);
        let y = x.mapv(|x| (3.0 * x).sin());
        let mut mlp = Mlp::new(&[1, 16, 1], &mut ChaCha8Rng::seed_from_u64(3));
        let mut adam = Adam::new(&mlp, 0.01);
        let (mut tape, mut gradient) = (mlp.tape(32), mlp.gradient());
        for _ in 0..2000 {
            let residual = mlp.forward_on(&x, &mut tape) - &y;
            mlp.backward(&mut tape, &(residual / 32.0), &mut gradient);
            adam.step(&mut mlp, &gradient);
        }
        let mean_square = (mlp.forward(&x) - &y).mapv(|r| r * r).mean().unwrap();
        assert!(mean_square < 1e-3, "mean square {mean_square}");
    }

    #[test]
    #[should_panic(expected = "a gradient of another architecture")]
    fn a_gradient_of_another_network_is_refused() {
        let rng = &mut ChaCha8Rng::seed_from_u64(4);
        let (mut mlp, other) = (Mlp::new(&[3, 4], rng), Mlp::new(&[2, 4], rng));
        Adam::new(&mlp, 0.1).step(&mut mlp, &other.gradient());
    }

    #[test]
    #[should_panic(expected = "a network of another architecture")]
    fn the_state_of_another_network_is_refused() {
        let rng = &mut ChaCha8Rng::seed_from_u64(5);
        let (mut mlp, other) = (Mlp::new(&[3, 4], rng), Mlp::new(&[2, 4], rng));
        let gradient = mlp.gradient();
        Adam::new(&other, 0.1).step(&mut mlp, &gradient);
    }
}
