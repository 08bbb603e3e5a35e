//! Training by reparameterised gradients: Adam on mini-batches.

use montecarlo::Streams;
use ndarray::{Array2, ArrayRef2};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::StandardNormal;
use nn::Adam;
use prob::Bound;

use crate::{Objective, Vae};

/// How to train.
#[derive(Clone, Copy, Debug)]
pub struct Training {
    /// Which terms.
    pub objective: Objective,
    /// Number of mini-batches.
    pub steps: usize,
    /// Examples in a mini-batch, drawn with replacement.
    pub batch: usize,
    /// Step size of Adam at the start; it falls to a tenth along a straight line, so that the end is quiet.
    pub learning_rate: f64,
    /// Where batches and noise come from: the same streams, the same model.
    pub streams: Streams,
}

/// Training stopped. The model has the last parameters at which what is trained was finite on its batch, those that it
/// came with if there were none.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("training diverged at step {step}: the {term} term is {value}")]
pub struct TrainingError {
    /// The step at which it was seen, from 0.
    pub step: usize,
    /// Which term of the bound.
    pub term: &'static str,
    /// What it had become.
    pub value: f64,
}

impl Training {
    /// Trains `vae` on the rows of `data` (`[m, d]`). `watch(step, bound)` hears the terms of each batch.
    ///
    /// # Errors
    /// [`TrainingError`] as soon as a term that is being trained is not finite on the batch of a step. What the last
    /// step made of the model no batch has seen.
    ///
    /// # Panics
    /// If there is no data, an empty batch, or data of another dimension.
    pub fn run(
        &self,
        vae: &mut Vae,
        data: &ArrayRef2<f64>,
        mut watch: impl FnMut(usize, &Bound),
    ) -> Result<(), TrainingError> {
        assert!(data.nrows() > 0 && self.batch > 0, "training needs examples");
        let mut work = vae.workspace(self.batch);
        let mut encoder_steps = Adam::new(vae.encoder.net(), self.learning_rate);
        let mut decoder_steps = Adam::new(vae.decoder.net(), self.learning_rate);
        let mut x = Array2::zeros((self.batch, data.ncols()));
        let mut eps = Array2::<f64>::zeros((self.batch, vae.decoder.net().input_dim()));
        let mut rng = self.streams.role("training").rng(0);
        let mut finite = vae.clone();
        for step in 0..self.steps {
            for mut row in x.rows_mut() {
                row.assign(&data.row(rng.random_range(0..data.nrows())));
            }
            eps.iter_mut().for_each(|e| *e = rng.sample(StandardNormal));

            let bound = vae.loss_gradient(&x, &eps, &self.objective, &mut work);
            if let Err(error) = self.check(step, &bound) {
                *vae = finite;
                return Err(error);
            }
            finite = vae.clone();
            watch(step, &bound);

            encoder_steps.set_learning_rate(self.rate(step));
            decoder_steps.set_learning_rate(self.rate(step));
            encoder_steps.step(vae.encoder.net_mut(), work.encoder_gradient());
            decoder_steps.step(vae.decoder.net_mut(), work.decoder_gradient());
        }
        Ok(())
    }

    /// `η (1 - 0.9 step/steps)`.
    fn rate(&self, step: usize) -> f64 {
        self.learning_rate * (1.0 - 0.9 * step as f64 / self.steps as f64)
    }

    /// Refuses a term that is being trained and is not finite.
    fn check(&self, step: usize, bound: &Bound) -> Result<(), TrainingError> {
        let terms = [
            ("reconstruction", self.objective.reconstruction, bound.reconstruction),
            ("prior matching", self.objective.prior_matching, bound.prior_matching),
        ];
        match terms.into_iter().find(|(_, weight, value)| *weight != 0.0 && !value.is_finite()) {
            Some((term, _, value)) => Err(TrainingError { step, term, value }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variance;
    use approx::assert_relative_eq;

    fn training(batch: usize) -> Training {
        Training {
            objective: Objective::ELBO,
            steps: 10,
            batch,
            learning_rate: 2.0,
            streams: Streams::new(1),
        }
    }

    #[test]
    fn the_rate_falls_to_a_tenth_along_a_straight_line() {
        for (step, rate) in [(0, 2.0), (5, 1.1), (10, 0.2)] {
            assert_relative_eq!(training(1).rate(step), rate, max_relative = 1e-15);
        }
    }

    #[test]
    fn a_term_that_is_not_trained_may_be_anything() {
        let autoencoder = Training { objective: Objective::RECONSTRUCTION, ..training(1) };
        let bound =
            |reconstruction, prior_matching| Bound { reconstruction, prior_matching, matching: vec![] };
        assert_eq!(autoencoder.check(3, &bound(-1.0, f64::INFINITY)), Ok(()));
        let error = autoencoder.check(3, &bound(f64::NEG_INFINITY, 1.0)).unwrap_err();
        assert_eq!((error.step, error.term, error.value), (3, "reconstruction", f64::NEG_INFINITY));
    }

    fn train_on(rows: usize, batch: usize) {
        let mut vae = Vae::new(1, &[], 1, Variance::Fixed(1.0), &mut Streams::new(2).rng(0));
        training(batch).run(&mut vae, &Array2::ones((rows, 1)), |_, _| ()).unwrap();
    }

    #[test]
    #[should_panic(expected = "training needs examples")]
    fn no_data_is_refused() {
        train_on(0, 1);
    }

    #[test]
    #[should_panic(expected = "training needs examples")]
    fn an_empty_batch_is_refused() {
        train_on(1, 0);
    }
}
