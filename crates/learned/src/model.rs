//! What training, saving and measuring need of a model.

use montecarlo::Streams;
use nn::{Learner, Mlp, Training, TrainingError};
use prob::{Bound, ProbError};
use vdm::{NoiseLevelsError, QuadratureError};

use crate::{Curve, Row, Toy};

/// A model was trained to where it cannot be held against the truth.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MeasureError {
    /// Its noise levels are none at which a denoiser can be measured.
    #[error(transparent)]
    Levels(#[from] NoiseLevelsError),
    /// The data cannot be noised by its schedule.
    #[error("the data under the model's noise: {0}")]
    Data(#[from] ProbError),
    /// The bound of the exact denoiser has no value.
    #[error("the bound of the exact denoiser: {0}")]
    Quadrature(#[from] QuadratureError),
}

/// A model of the story that can be trained, saved and measured.
pub trait Model: Learner {
    /// Its networks by name, as they are saved.
    fn named(&self) -> Vec<(String, &Mlp)>;

    /// The same, to be filled from a file.
    fn named_mut(&mut self) -> Vec<(String, &mut Mlp)>;

    /// Its terms, by Monte Carlo on draws that training did not see, beside the truth. `progress` hears how much of 1 is
    /// done.
    ///
    /// # Errors
    /// If training has led, or a file has set, the model to where a term has no value.
    fn measure(
        &self,
        toy: &Toy,
        streams: Streams,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Vec<Row>, MeasureError>;
}

/// Trains on a fresh batch for every step. `watch(step, bound)` hears the terms of each batch. Returns the curve of what
/// was heard, and why training stopped early if it did: the model then has the last parameters that were finite.
pub fn train<M: Model>(
    model: &mut M,
    training: &Training,
    toy: &Toy,
    mut watch: impl FnMut(usize, &Bound) + Send,
) -> (Curve, Result<(), TrainingError>) {
    let mut curve = Curve::default();
    let examples = |rng: &mut _, x: &mut ndarray::Array2<f64>| {
        let rows = x.nrows();
        x.assign(&toy.draw(rng, rows));
    };
    let done = training.run(model, toy.dim(), examples, |step, bound| {
        curve.push(bound.clone());
        watch(step, bound);
    });
    (curve, done)
}
