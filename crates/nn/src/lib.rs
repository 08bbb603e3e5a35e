//! Small neural networks whose gradients are part of the lesson.
//!
//! | module | what is here |
//! |---|---|
//! | [`dense`] | `y = x W + b`, the affine layer |
//! | [`activation`] | `tanh` and its derivative, the only non-linearity |
//! | [`mlp`] | layers in a row: initialisation, forward pass, flat parameters |
//! | [`backward`] | the chain rule, one layer at a time: the tape and the gradient it fills |
//! | [`adam`] | Adam, the optimiser |
//! | [`training`] | mini-batches, learning rate, divergence: what training any model has in common |
//! | `products` | the three products of a layer: by a kernel, by BLAS where they are large, row by row where a side is short |
//! | [`shards`] | a batch in parts, side by side on the cores |
//! | [`archive`] | parameters to bytes and back, in the format safetensors |
//! | [`gaussian_mlp`] | a conditional `p(y|x)` whose mean and log-variance a network writes out |
//! | [`pass`] | what a step of training writes for one such network |
//! | [`mod@gradient_check`] | any gradient against central differences |
//!
//! Conventions: f64 throughout, rows are examples (`[n, d]`). There is no automatic differentiation: a model
//! writes down `dL/dy` for its own loss, [`Mlp::backward`] carries it to the parameters and to the input, and
//! [`gradient_check()`] says whether both were right. Buffers for a batch are made once, by [`Mlp::tape`] and
//! [`Mlp::gradient`]; the steps of a training loop then allocate nothing.
//!
//! ```
//! use ndarray::{Array2, array};
//! use ndarray_rand::rand::SeedableRng;
//! use nn::{Adam, Mlp};
//!
//! // Learn y = 2x - 1, with the loss L = ½ Σ (ŷ - y)².
//! let x = array![[-1.0], [0.0], [1.0], [2.0]];
//! let y = array![[-3.0], [-1.0], [1.0], [3.0]];
//! let mut mlp = Mlp::new(&[1, 1], &mut rand_chacha::ChaCha8Rng::seed_from_u64(1));
//! let mut adam = Adam::new(&mlp, 0.05);
//! let (mut tape, mut gradient) = (mlp.tape(4), mlp.gradient());
//! let mut residual = Array2::zeros((4, 1));
//! for _ in 0..1000 {
//!     residual.assign(mlp.forward_on(&x, &mut tape));
//!     residual -= &y; // dL/dŷ = ŷ - y
//!     mlp.backward(&mut tape, &residual, &mut gradient);
//!     adam.step(&mut mlp, &gradient);
//! }
//! let line = &mlp.layers()[0];
//! assert!((line.weight[[0, 0]] - 2.0).abs() < 1e-6 && (line.bias[0] + 1.0).abs() < 1e-6);
//! ```

// The products of `ndarray` call BLAS symbols that `linalg` links; a crate that is never named is not linked.
use linalg as _;

pub mod activation;
pub mod adam;
pub mod archive;
pub mod backward;
pub mod dense;
pub mod divergence;
pub mod gaussian_mlp;
pub mod gradient_check;
pub mod mlp;
pub mod pass;
mod products;
pub mod shards;
pub mod training;

pub use adam::Adam;
pub use backward::{Gradient, Tape};
pub use dense::Dense;
pub use divergence::TrainingError;
pub use gaussian_mlp::{GaussianMlp, OwnTerm, Variance};
pub use gradient_check::gradient_check;
pub use mlp::Mlp;
pub use pass::Pass;
pub use shards::Shards;
pub use training::{Learner, Training};
