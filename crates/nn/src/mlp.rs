//! The multilayer perceptron: affine layers in a row, `tanh` between them, a linear end.

use ndarray::{Array2, ArrayRef2, s};
use ndarray_rand::rand::Rng;

use crate::backward::{Gradient, Tape};
use crate::dense::Dense;

/// Rows that an evaluation takes at a time.
const ROWS: usize = 256;

/// `a₀ = x`, `aₗ = tanh(aₗ₋₁ Wₗ + bₗ)` for the hidden layers, `y = a_{L-1} W_L + b_L`.
///
/// ```
/// use ndarray::array;
/// use ndarray_rand::rand::SeedableRng;
/// use nn::Mlp;
///
/// let mlp = Mlp::new(&[2, 16, 3], &mut rand_chacha::ChaCha8Rng::seed_from_u64(0));
/// assert_eq!(mlp.parameter_count(), (2 * 16 + 16) + (16 * 3 + 3));
/// assert_eq!(mlp.forward(&array![[0.1, 0.2], [0.3, 0.4]]).dim(), (2, 3));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mlp {
    layers: Vec<Dense>,
}

impl Mlp {
    /// A network with `widths[0]` inputs, `widths[1..]` outputs of one layer after the other, weights drawn from
    /// `N(0, 1/fan_in)` and biases 0.
    ///
    /// # Panics
    /// If there are fewer than two widths, or one of them is 0.
    pub fn new<R: Rng + ?Sized>(widths: &[usize], rng: &mut R) -> Self {
        assert!(
            widths.len() >= 2,
            "a network needs the width of its input and of its output, not {widths:?}"
        );
        assert!(!widths.contains(&0), "a layer of width 0 in {widths:?}");
        Self { layers: widths.windows(2).map(|pair| Dense::random(pair[0], pair[1], rng)).collect() }
    }

    /// Length of an input row.
    pub fn input_dim(&self) -> usize {
        self.layers[0].input_dim()
    }

    /// Length of an output row.
    pub fn output_dim(&self) -> usize {
        self.layers[self.layers.len() - 1].output_dim()
    }

    /// The layers, from the input on.
    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    /// The layers, to be changed. Their shapes must stay: tapes, gradients and optimisers were made for them.
    pub fn layers_mut(&mut self) -> &mut [Dense] {
        &mut self.layers
    }

    /// Number of weights and biases in all layers.
    pub fn parameter_count(&self) -> usize {
        self.layers.iter().map(Dense::parameter_count).sum()
    }

    /// All parameters in one vector: layer by layer, the weights row by row and then the biases.
    pub fn flat_parameters(&self) -> Vec<f64> {
        self.layers.iter().flat_map(Dense::parameters).copied().collect()
    }

    /// Takes all parameters from one slice, in the order of [`Mlp::flat_parameters`].
    ///
    /// # Panics
    /// If their number is not [`Mlp::parameter_count`].
    pub fn set_flat_parameters(&mut self, flat: &[f64]) {
        assert_eq!(flat.len(), self.parameter_count(), "parameters of another network");
        let parameters = self.layers.iter_mut().flat_map(Dense::parameters_mut);
        parameters.zip(flat).for_each(|(parameter, &value)| *parameter = value);
    }

    /// Takes all parameters of another network of the same architecture, without allocating.
    ///
    /// # Panics
    /// If it has another architecture.
    pub fn copy_parameters(&mut self, other: &Mlp) {
        assert_eq!(self.layers.len(), other.layers.len(), "a network of another architecture");
        for (mine, theirs) in self.layers.iter_mut().zip(&other.layers) {
            // An array of one row or one number would serve for all.
            assert!(mine.has_shape_of(theirs), "a layer of another shape");
            mine.weight.assign(&theirs.weight);
            mine.bias.assign(&theirs.bias);
        }
    }

    /// The output `y` (`[n, output_dim]`) for the rows of `x` (`[n, input_dim]`). Keeps nothing for a backward pass: for
    /// evaluation, of any number of rows, some of them at a time in buffers that stay in cache.
    ///
    /// # Panics
    /// If `x` has another number of columns.
    pub fn forward(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        let n = x.nrows();
        let mut y = Array2::zeros((n, self.output_dim()));
        let mut tape = None;
        for from in (0..n).step_by(ROWS) {
            let rows = from..n.min(from + ROWS);
            if tape.as_ref().is_none_or(|tape: &Tape| tape.rows() != rows.len()) {
                tape = Some(Tape::forward_only(self, rows.len()));
            }
            let tape = tape.as_mut().expect("made a line above");
            y.slice_mut(s![rows.clone(), ..]).assign(self.forward_on(&x.slice(s![rows, ..]), tape));
        }
        y
    }

    /// The same output, computed in the buffers of `tape`, which keeps what [`Mlp::backward`] needs. Allocates
    /// nothing.
    ///
    /// # Panics
    /// If `x` is not `[tape.rows(), input_dim]` or the tape was made for another architecture.
    pub fn forward_on<'t>(&self, x: &ArrayRef2<f64>, tape: &'t mut Tape) -> &'t Array2<f64> {
        tape.check_fits(self);
        assert_eq!(x.dim(), tape.activations[0].dim(), "a batch of another shape than the tape's");
        tape.activations[0].assign(x);
        for (l, layer) in self.layers.iter().enumerate() {
            let (before, after) = tape.activations.split_at_mut(l + 1);
            let (a, y) = (&before[l], &mut after[0]);
            if l + 1 < self.layers.len() { layer.hidden_into(a, y) } else { layer.forward_into(a, y) }
        }
        tape.output()
    }

    /// Buffers for the passes of batches of exactly `rows` examples.
    pub fn tape(&self, rows: usize) -> Tape {
        Tape::new(self, rows)
    }

    /// A gradient of zeros, with the shapes of the parameters.
    pub fn gradient(&self) -> Gradient {
        Gradient { layers: self.layers.iter().map(Dense::zeros_like).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Two layers written out as sums.
    #[test]
    fn forward_is_the_formula() {
        let mut mlp = Mlp::new(&[2, 2, 1], &mut ChaCha8Rng::seed_from_u64(0));
        // W₁ = [[1, 2], [3, 4]] / 10, b₁ = (0.5, -0.6), W₂ = (0.7, -0.8)', b₂ = 0.9.
        mlp.set_flat_parameters(&[0.1, 0.2, 0.3, 0.4, 0.5, -0.6, 0.7, -0.8, 0.9]);
        let by_hand = |x: f64, y: f64| {
            0.7 * (0.1 * x + 0.3 * y + 0.5).tanh() - 0.8 * (0.2 * x + 0.4 * y - 0.6).tanh() + 0.9
        };
        let output = mlp.forward(&array![[1.0, -2.0], [0.5, 3.0], [0.0, 0.0]]);
        let expected = array![[by_hand(1.0, -2.0)], [by_hand(0.5, 3.0)], [by_hand(0.0, 0.0)]];
        assert_relative_eq!(output, expected, max_relative = 1e-14);
    }

    /// Bit for bit, also when the tape is used again and `x` does not lie in rows.
    #[test]
    fn forward_equals_forward_on() {
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let mlp = Mlp::new(&[3, 20, 10, 2], rng);
        let mut tape = mlp.tape(5);
        for scale in [1.0, -0.4] {
            let columns = Array2::from_shape_fn((3, 5), |(i, j)| scale * (i as f64 - 0.7 * j as f64));
            let x = columns.t();
            assert_eq!(mlp.forward(&x), mlp.forward_on(&x, &mut tape));
        }
    }

    #[test]
    fn flat_parameters_come_back_the_same() {
        let rng = &mut ChaCha8Rng::seed_from_u64(2);
        let (first, mut second) = (Mlp::new(&[3, 4, 2], rng), Mlp::new(&[3, 4, 2], rng));
        assert_ne!(first, second);
        second.set_flat_parameters(&first.flat_parameters());
        assert_eq!(first, second);
    }

    /// The mean and the mean square of `n` weights, scaled by `√fan_in`, against those of `n` draws from
    /// `N(0, 1)`: standard errors `1/√n` and `√(2/n)`. A bound of 5 of them raises a false alarm for fewer than
    /// one seed in 10⁶ per comparison; fan-out for fan-in would be 25% off, at a bound of 3.2% or less.
    #[test]
    fn initial_weights_have_variance_one_over_fan_in() {
        let mlp = Mlp::new(&[250, 200, 400], &mut ChaCha8Rng::seed_from_u64(3));
        for layer in mlp.layers() {
            let scaled = &layer.weight * (layer.input_dim() as f64).sqrt();
            let n = scaled.len() as f64;
            let mean = scaled.sum() / n;
            let mean_square = scaled.mapv(|w| w * w).sum() / n;
            assert!(mean.abs() < 5.0 / n.sqrt(), "mean {mean}");
            assert!((mean_square - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "mean square {mean_square}");
            assert!(layer.bias.iter().all(|&b| b == 0.0));
        }
    }

    #[test]
    #[should_panic(expected = "width of its input and of its output")]
    fn one_width_is_no_network() {
        Mlp::new(&[3], &mut ChaCha8Rng::seed_from_u64(4));
    }

    #[test]
    #[should_panic(expected = "a batch of another shape")]
    fn a_tape_takes_batches_of_its_own_size_only() {
        let mlp = Mlp::new(&[1, 1], &mut ChaCha8Rng::seed_from_u64(5));
        mlp.forward_on(&Array2::zeros((1, 1)), &mut mlp.tape(3));
    }

    /// One unit of the other does not stand for all.
    #[test]
    #[should_panic(expected = "a layer of another shape")]
    fn parameters_of_a_narrower_network_are_refused() {
        let rng = &mut ChaCha8Rng::seed_from_u64(6);
        Mlp::new(&[3, 4], rng).copy_parameters(&Mlp::new(&[3, 1], rng));
    }
}
