//! The backward pass: the chain rule from the output to the input, one layer at a time (Rumelhart, Hinton &
//! Williams 1986, in matrices whose rows are examples).
//!
//! Write `δₗ = dL/d(aₗ₋₁ Wₗ + bₗ)` for the gradient at the affine output of layer `l`, `[n, out]`. Then
//!
//! - `dL/dWₗ = aₗ₋₁' δₗ`, a sum over the batch as every product of this shape is;
//! - `dL/dbₗ = Σ_rows δₗ`, for the same reason;
//! - `dL/daₗ₋₁ = δₗ Wₗ'`, and through the hidden `tanh` before it `δₗ₋₁ = (δₗ Wₗ') ⊙ (1 - aₗ₋₁²)`.
//!
//! The last layer is linear, so `δ_L` is the `dL/dy` that the loss provides; the input has no `tanh` before it, so
//! the chain ends with `dL/dx = δ₁ W₁'`.

use kernels::{Arithmetic, Kernel, dispatch};
use ndarray::{Array1, Array2, ArrayRef2};

use crate::activation::tanh_backward;
use crate::dense::Dense;
use crate::mlp::Mlp;
use crate::products;

/// The buffers of one batch: what every layer said on the way forward, and the gradient there on the way back.
///
/// Made by [`Mlp::tape`] for one architecture and one number of rows, filled by [`Mlp::forward_on`] and then by
/// [`Mlp::backward`].
#[derive(Clone, Debug)]
pub struct Tape {
    /// `a₀ = x, a₁, …, a_L = y`, each `[n, width]`.
    pub(crate) activations: Vec<Array2<f64>>,
    /// `dL/dx, δ₁, …, δ_L`, each of the shape of the activation at the same place.
    deltas: Vec<Array2<f64>>,
}

impl Tape {
    pub(crate) fn new(mlp: &Mlp, rows: usize) -> Self {
        let tape = Self::forward_only(mlp, rows);
        Self { deltas: tape.activations.clone(), ..tape }
    }

    /// Without the buffers of a way back.
    pub(crate) fn forward_only(mlp: &Mlp, rows: usize) -> Self {
        let input = Array2::zeros((rows, mlp.input_dim()));
        let outputs = mlp.layers().iter().map(|layer| Array2::zeros((rows, layer.output_dim())));
        Self { activations: std::iter::once(input).chain(outputs).collect(), deltas: vec![] }
    }

    /// Number of examples in a batch, `n`.
    pub fn rows(&self) -> usize {
        self.activations[0].nrows()
    }

    /// `y` of the last [`Mlp::forward_on`], `[n, output_dim]`.
    pub fn output(&self) -> &Array2<f64> {
        &self.activations[self.activations.len() - 1]
    }

    /// `dL/dx` of the last [`Mlp::backward`], `[n, input_dim]`.
    pub fn input_gradient(&self) -> &Array2<f64> {
        &self.deltas[0]
    }

    /// Panics unless the tape was made for the architecture of `mlp`.
    pub(crate) fn check_fits(&self, mlp: &Mlp) {
        let widths = self.activations.iter().map(Array2::ncols);
        let expected = std::iter::once(mlp.input_dim()).chain(mlp.layers().iter().map(Dense::output_dim));
        assert!(widths.eq(expected), "a tape made for another architecture");
    }
}

/// `dL/dparameters`, layer by layer, each with the shapes of the layer itself.
///
/// Made by [`Mlp::gradient`], filled by [`Mlp::backward`], read by [`crate::Adam::step`].
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    pub(crate) layers: Vec<Dense>,
}

impl Gradient {
    /// `dL/dWₗ` and `dL/dbₗ`, from the input on.
    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    /// The same, to be changed: to add a penalty on the weights, or to clip.
    pub fn layers_mut(&mut self) -> &mut [Dense] {
        &mut self.layers
    }

    /// Whether it is one of a network with these layers.
    pub(crate) fn has_shapes_of(&self, layers: &[Dense]) -> bool {
        self.layers.len() == layers.len() && self.layers.iter().zip(layers).all(|(a, b)| a.has_shape_of(b))
    }

    /// All of it in one vector, in the order of [`Mlp::flat_parameters`].
    pub fn flat(&self) -> Vec<f64> {
        self.layers.iter().flat_map(Dense::parameters).copied().collect()
    }
}

/// What a part of a batch adds to the gradient of a mean over all of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    /// Of all rows.
    pub(crate) share: f64,
    /// Of the mean over this part.
    pub(crate) gradient: &'a Gradient,
}

impl Mlp {
    /// Carries `grad_output = dL/dy` (`[n, output_dim]`) back through the pass that `tape` holds: overwrites
    /// `gradient` with `dL/dparameters` and returns `dL/dx` (`[n, input_dim]`). Allocates nothing.
    ///
    /// A loss that is a mean over the batch has its `1/n` in `grad_output` already. The parameters must be those of
    /// the last [`Mlp::forward_on`].
    ///
    /// # Panics
    /// If the tape, `grad_output` or `gradient` was made for other shapes.
    pub fn backward<'t>(
        &self,
        tape: &'t mut Tape,
        grad_output: &ArrayRef2<f64>,
        gradient: &mut Gradient,
    ) -> &'t Array2<f64> {
        tape.check_fits(self);
        assert_eq!(grad_output.dim(), tape.output().dim(), "a gradient of another shape than the output's");
        assert_eq!(gradient.layers.len(), self.layers().len(), "a gradient made for another architecture");

        let Tape { activations, deltas } = tape;
        deltas[self.layers().len()].assign(grad_output);
        for (l, (layer, gradient)) in self.layers().iter().zip(&mut gradient.layers).enumerate().rev() {
            let a = &activations[l];
            let (before, after) = deltas.split_at_mut(l + 1);
            let (delta_before, delta) = (&mut before[l], &after[0]);

            products::gradient(a, delta, &mut gradient.weight); // dW = a' δ
            sum_rows(delta, &mut gradient.bias); // db = Σ δ
            products::backward(delta, &layer.weight, delta_before); // dL/da = δ W'
            if l > 0 {
                tanh_backward(delta_before, a); // ⊙ (1 - a²)
            }
        }
        tape.input_gradient()
    }
}

/// `sum ← Σ_rows a`.
fn sum_rows(a: &Array2<f64>, sum: &mut Array1<f64>) {
    sum.fill(0.0);
    let sum = sum.as_slice_mut().expect("a vector of its own");
    dispatch(SumRows(a.as_slice().expect("rows one after the other"), sum));
}

struct SumRows<'a>(&'a [f64], &'a mut [f64]);

impl Kernel for SumRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self(rows, sum) = self;
        for row in rows.chunks_exact(sum.len()) {
            for (sum, x) in sum.iter_mut().zip(row) {
                *sum += x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient_check;
    use ndarray_rand::rand::SeedableRng;
    use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;

    /// Central differences of these networks agree with a right gradient to better than 1e-8; a wrong one is off by a
    /// good part of itself.
    const TOLERANCE: f64 = 1e-7;

    /// A network with every parameter random (biases too), a batch `x`, and a direction `c` of the loss
    /// `L = Σ c ⊙ y`, whose gradient at the output is `c`.
    fn random_case(widths: &[usize], rows: usize, seed: u64) -> (Mlp, Array2<f64>, Array2<f64>) {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut mlp = Mlp::new(widths, rng);
        for layer in mlp.layers_mut() {
            layer.bias = Array1::random_using(layer.bias.len(), StandardNormal, rng);
        }
        let x = Array2::random_using((rows, mlp.input_dim()), StandardNormal, rng);
        let c = Array2::random_using((rows, mlp.output_dim()), StandardNormal, rng);
        (mlp, x, c)
    }

    proptest! {
        #[test]
        fn gradient_of_the_parameters_is_that_of_central_differences(
            widths in prop::collection::vec(1..=5usize, 2..=4), rows in 1..=4usize, seed: u64,
        ) {
            let (mlp, x, c) = random_case(&widths, rows, seed);
            let (mut tape, mut gradient) = (mlp.tape(rows), mlp.gradient());
            mlp.forward_on(&x, &mut tape);
            mlp.backward(&mut tape, &c, &mut gradient);

            let mut moved = mlp.clone();
            let loss = |parameters: &[f64]| {
                moved.set_flat_parameters(parameters);
                (moved.forward(&x) * &c).sum()
            };
            let error = gradient_check(loss, &mlp.flat_parameters(), &gradient.flat());
            prop_assert!(error < TOLERANCE, "error {error}");
        }

        #[test]
        fn gradient_of_the_input_is_that_of_central_differences(
            widths in prop::collection::vec(1..=5usize, 2..=4), rows in 1..=4usize, seed: u64,
        ) {
            let (mlp, x, c) = random_case(&widths, rows, seed);
            let (mut tape, mut gradient) = (mlp.tape(rows), mlp.gradient());
            mlp.forward_on(&x, &mut tape);
            let input_gradient = mlp.backward(&mut tape, &c, &mut gradient).flatten().to_vec();

            let loss = |x: &[f64]| {
                let x = Array2::from_shape_vec((rows, widths[0]), x.to_vec()).unwrap();
                (mlp.forward(&x) * &c).sum()
            };
            let error = gradient_check(loss, &x.flatten().to_vec(), &input_gradient);
            prop_assert!(error < TOLERANCE, "error {error}");
        }
    }

    /// Nothing of an earlier batch is left in the buffers.
    #[test]
    fn buffers_used_again_give_what_fresh_ones_give() {
        let (mlp, x, c) = random_case(&[3, 9, 2], 4, 1);
        let run = |tape: &mut Tape, gradient: &mut Gradient, x: &Array2<f64>, c: &Array2<f64>| {
            mlp.forward_on(x, tape);
            mlp.backward(tape, c, gradient).clone()
        };
        let (mut used, mut used_gradient) = (mlp.tape(4), mlp.gradient());
        run(&mut used, &mut used_gradient, &(&x * -3.0), &(&c + 5.0));
        let (mut fresh, mut fresh_gradient) = (mlp.tape(4), mlp.gradient());

        let again = run(&mut used, &mut used_gradient, &x, &c);
        assert_eq!(again, run(&mut fresh, &mut fresh_gradient, &x, &c));
        assert_eq!(used_gradient, fresh_gradient);
    }

    #[test]
    #[should_panic(expected = "a tape made for another architecture")]
    fn a_tape_of_another_network_is_refused() {
        let (mlp, x, _) = random_case(&[3, 4, 2], 2, 2);
        let (other, ..) = random_case(&[3, 5, 2], 2, 3);
        mlp.forward_on(&x, &mut other.tape(2));
    }
}
