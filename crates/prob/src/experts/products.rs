//! Any number of dimensions: each component is a product of matrices.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayViewMut1, ArrayViewMut2, Axis};

use super::{Answers, Expert};
use crate::Gaussian;
use crate::numerics::softmax;

/// An expert, in the arrays that the products need.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Component {
    log_weight: f64,
    seen: Gaussian,
    answer: Array1<f64>,
    gain: Array2<f64>,
    spread: f64,
}

impl Component {
    pub(super) fn new(expert: &Expert) -> Self {
        Self {
            log_weight: expert.weight.ln(),
            seen: expert.seen.clone(),
            answer: expert.answer.clone(),
            gain: expert.gain.clone(),
            spread: expert.spread,
        }
    }

    /// `a + H (x - m)` of each row.
    fn respond(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        (&x.view() - self.seen.mean()).dot(&self.gain.t()) + &self.answer
    }
}

/// All rows (`[n, d]`).
pub(super) fn answer(components: &[Component], x: &ArrayRef2<f64>, answers: Answers<'_>) {
    let mut weights = Array2::zeros((x.nrows(), components.len()));
    for (component, mut column) in components.iter().zip(weights.columns_mut()) {
        column.assign(&(component.seen.log_probs(x) + component.log_weight));
    }
    let log_prob: Array1<f64> = weights
        .rows_mut()
        .into_iter()
        .map(|mut row| softmax(row.as_slice_mut().expect("rows of a new array are contiguous")))
        .collect();
    if let Some(out) = answers.log_prob {
        ArrayViewMut1::from(out).assign(&log_prob);
    }
    let mut mean = Array2::zeros(x.dim());
    if answers.mean.is_some() || answers.spread.is_some() {
        for (component, weight) in components.iter().zip(weights.columns()) {
            mean += &weighted(&component.respond(x), &weight);
        }
    }
    if let Some(out) = answers.spread {
        let mut spread = Array1::zeros(x.nrows());
        for (component, weight) in components.iter().zip(weights.columns()) {
            let shift = component.respond(x) - &mean;
            spread += &(((&shift * &shift).sum_axis(Axis(1)) + component.spread) * weight);
        }
        ArrayViewMut1::from(out).assign(&spread);
    }
    if let Some(out) = answers.mean {
        ArrayViewMut2::from_shape(mean.dim(), out).expect("as many as there are").assign(&mean);
    }
}

/// Each row times its weight.
fn weighted(rows: &Array2<f64>, weights: &ArrayRef1<f64>) -> Array2<f64> {
    rows * &weights.view().insert_axis(Axis(1))
}
