//! The affine layer `y = x W + b`.

use crate::activation::tanh_of_sum_in_place;
use crate::products;
use ndarray::{Array1, Array2, ArrayRef2};
use ndarray_rand::{RandomExt, rand::Rng, rand_distr::StandardNormal};

/// `y = x W + b` for each row `x`: weight `W` (`[in, out]`), bias `b` (`[out]`).
///
/// Anything that has the shapes of a layer is kept in one too: its gradient, and Adam's two moments of that.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `W`, `[in, out]`, row by row in memory as everything here makes it.
    pub weight: Array2<f64>,
    /// `b`, `[out]`.
    pub bias: Array1<f64>,
}

impl Dense {
    /// Weights drawn from `N(0, 1/in)`, biases 0.
    ///
    /// Inputs that are uncorrelated with unit variance then give outputs of unit variance, where `tanh` is
    /// neither linear nor flat (LeCun, Bottou, Orr & Müller 1998, §4.6).
    pub fn random<R: Rng + ?Sized>(inputs: usize, outputs: usize, rng: &mut R) -> Self {
        let standard = Array2::random_using((inputs, outputs), StandardNormal, rng);
        Self { weight: standard / (inputs as f64).sqrt(), bias: Array1::zeros(outputs) }
    }

    /// A layer of zeros with the shapes of this one.
    pub fn zeros_like(&self) -> Self {
        Self { weight: Array2::zeros(self.weight.raw_dim()), bias: Array1::zeros(self.bias.raw_dim()) }
    }

    /// Length of an input row.
    pub fn input_dim(&self) -> usize {
        self.weight.nrows()
    }

    /// Length of an output row.
    pub fn output_dim(&self) -> usize {
        self.weight.ncols()
    }

    /// Number of weights and biases, `in × out + out`.
    pub fn parameter_count(&self) -> usize {
        self.weight.len() + self.bias.len()
    }

    /// Whether the other has the same shapes.
    pub(crate) fn has_shape_of(&self, other: &Dense) -> bool {
        (self.weight.dim(), self.bias.dim()) == (other.weight.dim(), other.bias.dim())
    }

    /// `y ← x W + b` into a buffer: `x` is `[n, in]`, `y` is `[n, out]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_into(&self, x: &ArrayRef2<f64>, y: &mut ArrayRef2<f64>) {
        assert_eq!(y.ncols(), self.bias.len(), "a bias for rows of another length");
        products::forward(x, &self.weight, y);
        y.rows_mut().into_iter().for_each(|mut y| y += &self.bias);
    }

    /// `y ← tanh(x W + b)` into a buffer: `x` is `[n, in]`, `y` is `[n, out]`, and lies row by row.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn hidden_into(&self, x: &ArrayRef2<f64>, y: &mut ArrayRef2<f64>) {
        products::forward(x, &self.weight, y);
        tanh_of_sum_in_place(y, &self.bias);
    }

    /// Every weight, row by row, then every bias.
    pub fn parameters(&self) -> impl Iterator<Item = &f64> {
        self.weight.iter().chain(&self.bias)
    }

    /// Every weight, row by row, then every bias, to be changed.
    pub fn parameters_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.weight.iter_mut().chain(&mut self.bias)
    }

    /// The memory of the weights and of the biases, to walk layers of one shape side by side.
    pub(crate) fn slices(&self) -> [&[f64]; 2] {
        [self.weight.as_slice().expect(ROW_MAJOR), self.bias.as_slice().expect(ROW_MAJOR)]
    }

    /// The same, to be changed.
    pub(crate) fn slices_mut(&mut self) -> [&mut [f64]; 2] {
        [self.weight.as_slice_mut().expect(ROW_MAJOR), self.bias.as_slice_mut().expect(ROW_MAJOR)]
    }
}

const ROW_MAJOR: &str = "a layer is kept row by row, without gaps";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "a bias for rows of another length")]
    fn one_bias_does_not_serve_for_all_units() {
        let layer = Dense { weight: Array2::zeros((2, 3)), bias: Array1::zeros(1) };
        layer.forward_into(&Array2::zeros((4, 2)), &mut Array2::zeros((4, 3)));
    }
}
