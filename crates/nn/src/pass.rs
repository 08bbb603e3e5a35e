//! What a step of training writes for one network.

use ndarray::Array2;

use crate::{GaussianMlp, Gradient, Tape};

/// The buffers of one [`GaussianMlp`] for batches of a fixed number of rows: filled on the way forward, then on the way
/// back. All fields are open, because the loss between them is the model's.
#[derive(Clone, Debug)]
pub struct Pass {
    /// Activations, and after the way back the gradient at the input.
    pub tape: Tape,
    /// `∂loss/∂output` of the network, `[n, outputs]`: by the means, then by the log-variances if they are learned.
    pub grad_output: Array2<f64>,
    /// `∂loss/∂parameters`.
    pub gradient: Gradient,
}

impl Pass {
    /// Buffers for batches of exactly `rows` examples.
    pub fn new(law: &GaussianMlp, rows: usize) -> Self {
        let net = law.net();
        Self {
            tape: net.tape(rows),
            grad_output: Array2::zeros((rows, net.output_dim())),
            gradient: net.gradient(),
        }
    }
}
