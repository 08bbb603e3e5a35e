//! The discriminator: a network that writes the log-odds of being a datum, and what the game pays it on a batch.

use montecarlo::{Estimate, Moments};
use ndarray::{Array1, Array2, ArrayRef2, Axis, s};
use ndarray_rand::rand::Rng;
use nn::{Gradient, Mlp, Tape};
use prob::numerics::{log_sigmoid, sigmoid};

/// `D(x) = sigmoid(l(x))` with the log-odds `l` written by a network with one output.
#[derive(Clone, Debug)]
pub struct Discriminator {
    net: Mlp,
}

/// The value of the game and its two shares, in nats, each at most 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Game {
    /// `E log D` over the data.
    pub on_data: f64,
    /// `E log(1 - D)` over the samples.
    pub on_samples: f64,
}

impl Game {
    /// `E_p log D + E_q log(1 - D)`: what the discriminator maximises.
    pub fn value(&self) -> f64 {
        self.on_data + self.on_samples
    }

    /// Both shares by name.
    pub(super) fn terms(&self) -> [(&'static str, f64); 2] {
        [("log D on data", self.on_data), ("log (1 - D) on samples", self.on_samples)]
    }
}

/// What one step of the discriminator writes.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The data, and below them the samples, `[2n, d]`.
    both: Array2<f64>,
    tape: Tape,
    /// `∂loss/∂l`, `[2n, 1]`.
    grad_output: Array2<f64>,
    gradient: Gradient,
}

impl Workspace {
    /// `∂(-value)/∂parameters`, after [`Discriminator::loss_gradient`].
    pub fn gradient(&self) -> &Gradient {
        &self.gradient
    }
}

impl Discriminator {
    /// A network from `dim` coordinates through the `hidden` widths to one number, with random initial weights.
    ///
    /// # Panics
    /// If a width is 0.
    pub fn new<R: Rng + ?Sized>(dim: usize, hidden: &[usize], rng: &mut R) -> Self {
        Self { net: Mlp::new(&[&[dim], hidden, &[1]].concat(), rng) }
    }

    /// The network.
    pub fn net(&self) -> &Mlp {
        &self.net
    }

    /// The network, to be trained.
    pub fn net_mut(&mut self) -> &mut Mlp {
        &mut self.net
    }

    /// `l(x)` for each row of `x` (`[n, d]`), `[n]`.
    pub fn log_odds(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        self.net.forward(x).remove_axis(Axis(1))
    }

    /// The value of the game on data `x` (`[n, d]`) and samples `y` (`[m, d]`), with its standard error: that of two
    /// independent means.
    pub fn estimate_value(&self, x: &ArrayRef2<f64>, y: &ArrayRef2<f64>) -> Estimate {
        let on_data = self.log_odds(x).iter().map(|&l| log_sigmoid(l)).collect::<Moments>().estimate();
        let on_samples = self.log_odds(y).iter().map(|&l| log_sigmoid(-l)).collect::<Moments>().estimate();
        Estimate {
            mean: on_data.mean + on_samples.mean,
            std_err: on_data.std_err.hypot(on_samples.std_err),
            samples: on_data.samples + on_samples.samples,
        }
    }

    /// Buffers for `rows` data and as many samples.
    pub fn workspace(&self, rows: usize) -> Workspace {
        Workspace {
            both: Array2::zeros((2 * rows, self.net.input_dim())),
            tape: self.net.tape(2 * rows),
            grad_output: Array2::zeros((2 * rows, 1)),
            gradient: self.net.gradient(),
        }
    }

    /// Leaves the gradient of the loss `-(1/n Σ log D(x_i) + 1/n Σ log(1 - D(y_i)))` in the workspace, for as many rows of
    /// data `x` as of samples `y` (both `[n, d]`), and returns the two shares of the value.
    ///
    /// # Panics
    /// If the shapes are not those of the workspace.
    pub fn loss_gradient(&self, x: &ArrayRef2<f64>, y: &ArrayRef2<f64>, work: &mut Workspace) -> Game {
        let rows = x.nrows();
        let n = rows as f64;
        work.both.slice_mut(s![..rows, ..]).assign(x);
        work.both.slice_mut(s![rows.., ..]).assign(y);
        let log_odds = self.net.forward_on(&work.both, &mut work.tape);
        let (of_data, of_samples) = log_odds.view().split_at(Axis(0), rows);
        let game = Game {
            on_data: of_data.iter().map(|&l| log_sigmoid(l)).sum::<f64>() / n,
            on_samples: of_samples.iter().map(|&l| log_sigmoid(-l)).sum::<f64>() / n,
        };
        // -log D has the slope -(1 - D) in l, and -log(1 - D) the slope D.
        let (mut by_data, mut by_samples) = work.grad_output.view_mut().split_at(Axis(0), rows);
        by_data.zip_mut_with(&of_data, |g, l| *g = -sigmoid(-l) / n);
        by_samples.zip_mut_with(&of_samples, |g, l| *g = sigmoid(*l) / n);
        self.net.backward(&mut work.tape, &work.grad_output, &mut work.gradient);
        game
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use ndarray_rand::rand::SeedableRng;
    use nn::gradient_check;
    use prob::standard_normal;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn gradient_is_that_of_minus_the_value(seed: u64, hidden in 0usize..3, d in 1usize..3) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let discriminator = Discriminator::new(d, &[4, 3][..hidden], &mut rng);
            let x = standard_normal((5, d), &mut rng);
            let y = standard_normal((5, d), &mut rng) * 0.5;
            let mut work = discriminator.workspace(5);
            let game = discriminator.loss_gradient(&x, &y, &mut work);
            let estimate = discriminator.estimate_value(&x, &y);
            assert_relative_eq!(game.value(), estimate.mean, max_relative = 1e-13);

            let mut moved = discriminator.clone();
            let error = gradient_check(
                |parameters| {
                    moved.net_mut().set_flat_parameters(parameters);
                    -moved.estimate_value(&x, &y).mean
                },
                &discriminator.net().flat_parameters(),
                &work.gradient().flat(),
            );
            prop_assert!(error < 1e-7, "{error:e}");
        }
    }

    /// `l(x) = x`: log-odds of 0 for one datum and log 3 for two samples, by hand.
    #[test]
    fn the_value_of_a_batch_by_hand() {
        let mut line = Discriminator::new(1, &[], &mut ChaCha8Rng::seed_from_u64(1));
        line.net_mut().set_flat_parameters(&[1.0, 0.0]);
        let (x, y) = (array![[0.0], [0.0]], array![[3f64.ln()], [3f64.ln()]]);
        let estimate = line.estimate_value(&x, &y);
        assert_relative_eq!(estimate.mean, 0.5f64.ln() + 0.25f64.ln(), max_relative = 1e-14);
        assert_eq!((estimate.std_err, estimate.samples), (0.0, 4));
        let game = line.loss_gradient(&x, &y, &mut line.workspace(2));
        assert_relative_eq!(game.on_samples, 0.25f64.ln(), max_relative = 1e-14);
    }

    /// `l(x) = x` on two data and three samples: the errors of two independent means add up in squares.
    #[test]
    fn the_error_of_a_value_by_hand() {
        let mut line = Discriminator::new(1, &[], &mut ChaCha8Rng::seed_from_u64(1));
        line.net_mut().set_flat_parameters(&[1.0, 0.0]);
        let (x, y) = (array![[0.0], [3f64.ln()]], array![[0.0], [0.0], [3f64.ln()]]);
        let estimate = line.estimate_value(&x, &y);
        // log ½ and log ¾: a variance of (log 3/2)²/4 of their mean. log ½ twice and log ¼: (log 2)²/9.
        let variance = 1.5f64.ln().powi(2) / 4.0 + 2f64.ln().powi(2) / 9.0;
        assert_relative_eq!(estimate.std_err, variance.sqrt(), max_relative = 1e-13);
        let mean = 0.5 * (0.5f64.ln() + 0.75f64.ln()) + (2.0 * 0.5f64.ln() + 0.25f64.ln()) / 3.0;
        assert_relative_eq!(estimate.mean, mean, max_relative = 1e-13);
    }
}
