//! Training a model by the bound: Adam on mini-batches, whatever the networks are.

use montecarlo::Streams;
use ndarray::{Array2, ArrayRef2};
use ndarray_rand::rand::Rng;
use prob::{Bound, Term};
use rand_chacha::ChaCha8Rng;

use crate::divergence::Course;
use crate::{Adam, Gradient, Mlp, Shards, TrainingError};

/// A model that is trained: networks, and a loss whose gradient it writes down.
pub trait Learner: Send + Sync {
    /// What one step writes: activations, gradients, and what passes between the networks.
    type Workspace: Send;

    /// Buffers for batches of exactly `rows` examples.
    fn workspace(&self, rows: usize) -> Self::Workspace;

    /// Before every batch: how much of training is done, from 0 for the first step to 1 for the batch after the last. Nothing
    /// depends on it unless a model says otherwise.
    fn advance(&mut self, done: f64) {
        let _ = done;
    }

    /// Draws the noise of one step from `rng`, leaves the gradient of the loss at the rows of `x` (`[n, d]`) in the
    /// workspace, and returns the terms of the bound, averaged over the rows, in nats.
    fn loss_gradient(&self, x: &ArrayRef2<f64>, rng: &mut ChaCha8Rng, work: &mut Self::Workspace) -> Bound;

    /// The networks that are trained, always in the same order.
    fn networks(&mut self) -> Vec<&mut Mlp>;

    /// Their gradients, in this order.
    fn gradients<'a>(&self, work: &'a Self::Workspace) -> Vec<&'a Gradient>;

    /// Whether this term is in the loss. All are unless a model says otherwise.
    fn trains(&self, term: Term) -> bool {
        let _ = term;
        true
    }

    /// Something else than a term without which there is no model, by name, and what it has become. Nothing unless a model says
    /// otherwise.
    fn fault(&self) -> Option<(&'static str, f64)> {
        None
    }
}

/// How to train.
#[derive(Clone, Copy, Debug)]
pub struct Training {
    /// Number of mini-batches.
    pub steps: usize,
    /// Examples in a mini-batch.
    pub batch: usize,
    /// Step size of Adam at the start; it falls to a tenth along a straight line, so that the end is quiet.
    pub learning_rate: f64,
    /// Where batches and noise come from: the same streams, the same model.
    pub streams: Streams,
}

impl Training {
    /// Trains `model` on batches that `examples(rng, x)` writes into `x` (`[batch, d]`). `watch(step, bound)` hears the
    /// terms of each batch, before the step that it leads to. One more batch sees what the last step made of the model.
    ///
    /// # Errors
    /// [`TrainingError`] as soon as a term that is being trained is not finite or has exploded on a batch, or the model has a
    /// [fault](Learner::fault).
    ///
    /// # Panics
    /// If a batch is empty or its width is not the model's.
    pub fn run<L: Learner>(
        &self,
        model: &mut L,
        d: usize,
        examples: impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>) + Send,
        watch: impl FnMut(usize, &Bound) + Send,
    ) -> Result<(), TrainingError> {
        assert!(self.batch > 0, "training needs examples");
        // On a thread of the pool: from outside every step would wait for one of them to wake up.
        rayon::scope(|_| self.run_in_pool(model, d, examples, watch))
    }

    fn run_in_pool<L: Learner>(
        &self,
        model: &mut L,
        d: usize,
        mut examples: impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>),
        mut watch: impl FnMut(usize, &Bound),
    ) -> Result<(), TrainingError> {
        let streams = self.streams.role("training");
        let mut shards = Shards::new(model, self.batch, streams.role("noise"));
        let mut adams: Vec<Adam> =
            model.networks().iter().map(|net| Adam::new(net, self.learning_rate)).collect();
        // The last parameters that were good on their batch.
        let mut good: Vec<Mlp> = model.networks().into_iter().map(|net| net.clone()).collect();
        let mut course = Course::default();
        let mut x = Array2::zeros((self.batch, d));
        let mut rng = streams.rng(0);
        for step in 0..=self.steps {
            model.advance(if step < self.steps { step as f64 / self.steps as f64 } else { 1.0 });
            examples(&mut rng, &mut x);
            let bound = shards.loss_gradient(model, &x);
            let judged = match model.fault() {
                Some((name, value)) => Err(TrainingError::broken(step, name, value)),
                None => course.is_good(step, &bound, |term| model.trains(term)),
            };
            let networks = model.networks().into_iter();
            match judged {
                Ok(true) => networks.zip(&mut good).for_each(|(net, kept)| kept.copy_parameters(net)),
                Ok(false) => {}
                Err(error) => {
                    networks.zip(&good).for_each(|(net, kept)| net.copy_parameters(kept));
                    return Err(error);
                }
            }
            if step < self.steps {
                watch(step, &bound);
                adams.iter_mut().for_each(|adam| adam.set_learning_rate(self.rate(step)));
                shards.descend(model, &mut adams);
            }
        }
        Ok(())
    }

    /// `η (1 - 0.9 step/steps)`.
    fn rate(&self, step: usize) -> f64 {
        self.learning_rate * (1.0 - 0.9 * step as f64 / self.steps as f64)
    }
}

/// Examples for [`Training::run`]: rows of `data` (`[m, d]`), drawn with replacement.
///
/// # Panics
/// If there are no rows.
pub fn rows_of(data: &ArrayRef2<f64>) -> impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>) {
    assert!(data.nrows() > 0, "training needs examples");
    |rng, x| {
        for mut row in x.rows_mut() {
            row.assign(&data.row(rng.random_range(0..data.nrows())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    /// `y = w x + b` learns to be 0; the "bound" is minus half the square.
    struct Line {
        net: Mlp,
        breaks_at: f64,
        done: Vec<f64>,
    }

    struct Pass {
        tape: crate::Tape,
        gradient: Gradient,
    }

    impl Learner for Line {
        type Workspace = Pass;

        fn workspace(&self, rows: usize) -> Pass {
            Pass { tape: self.net.tape(rows), gradient: self.net.gradient() }
        }

        fn advance(&mut self, done: f64) {
            self.done.push(done);
        }

        fn loss_gradient(&self, x: &ArrayRef2<f64>, _: &mut ChaCha8Rng, work: &mut Pass) -> Bound {
            let y = self.net.forward_on(x, &mut work.tape).clone();
            self.net.backward(&mut work.tape, &y, &mut work.gradient);
            let square = y.iter().map(|y| y * y).sum::<f64>();
            let matching = vec![if square < self.breaks_at { f64::NAN } else { 0.0 }];
            Bound { reconstruction: -0.5 * square, prior_matching: 0.0, matching }
        }

        fn networks(&mut self) -> Vec<&mut Mlp> {
            vec![&mut self.net]
        }

        fn gradients<'a>(&self, work: &'a Pass) -> Vec<&'a Gradient> {
            vec![&work.gradient]
        }
    }

    fn training(batch: usize, steps: usize) -> Training {
        Training { steps, batch, learning_rate: 2.0, streams: Streams::new(1) }
    }

    fn line(breaks_at: f64) -> Line {
        let mut net = Mlp::new(&[1, 1], &mut Streams::new(2).rng(0));
        net.set_flat_parameters(&[3.0, -1.0]);
        Line { net, breaks_at, done: vec![] }
    }

    #[test]
    fn the_rate_falls_to_a_tenth_along_a_straight_line() {
        for (step, rate) in [(0, 2.0), (5, 1.1), (10, 0.2)] {
            assert_relative_eq!(training(1, 10).rate(step), rate, max_relative = 1e-15);
        }
    }

    #[test]
    fn every_step_is_one_of_adam() {
        let data = array![[1.0], [1.0]];
        let mut model = line(0.0);
        training(2, 1).run(&mut model, 1, rows_of(&data), |_, _| ()).unwrap();
        // The first step of Adam is the learning rate, against the sign of the gradient: y = 2 at x = 1.
        assert_relative_eq!(model.net.flat_parameters()[..], [1.0, -3.0][..], max_relative = 1e-7);
    }

    /// To the end, and at once where there is nothing to do.
    #[test]
    fn what_is_done_rises_from_0_to_1() {
        for (steps, expected) in [(4, &[0.0, 0.25, 0.5, 0.75, 1.0][..]), (1, &[0.0, 1.0]), (0, &[1.0])] {
            let mut model = line(0.0);
            let slow = Training { learning_rate: 1e-3, ..training(1, steps) };
            slow.run(&mut model, 1, rows_of(&array![[1.0]]), |_, _| ()).unwrap();
            assert_eq!(model.done, expected, "{steps} steps");
        }
    }

    /// The second batch is not finite: the model goes back to what the first batch saw.
    #[test]
    fn what_diverges_keeps_the_last_finite_parameters() {
        let data = array![[1.0]];
        let mut model = line(4.1);
        let error = training(1, 5).run(&mut model, 1, rows_of(&data), |_, _| ()).unwrap_err();
        assert_eq!((error.step, error.term.as_str()), (0, "matching"));
        assert_eq!(model.net.flat_parameters(), [3.0, -1.0]);
        let mut model = line(3.9);
        let mut squares = vec![];
        let slow = Training { learning_rate: 0.002, ..training(1, 50) };
        let heard = |_, bound: &Bound| squares.push(-2.0 * bound.reconstruction);
        let error = slow.run(&mut model, 1, rows_of(&data), heard).unwrap_err();
        assert!(error.step == squares.len() && squares.len() >= 3, "{error}");
        assert_eq!(model.net.forward(&data)[[0, 0]].powi(2), squares[squares.len() - 1]);
        assert!(error.to_string().contains("matching is NaN"), "{error}");
    }

    /// No batch but the one after the last step sees what that step made of the model.
    #[test]
    fn what_the_last_step_breaks_is_seen() {
        let data = array![[1.0]];
        let mut model = line(0.0);
        let wild = Training { learning_rate: 1e200, ..training(1, 1) };
        let mut heard = 0;
        let error = wild.run(&mut model, 1, rows_of(&data), |_, _| heard += 1).unwrap_err();
        assert_eq!((error.step, error.value, heard), (1, f64::NEG_INFINITY, 1));
        assert_eq!(model.net.flat_parameters(), [3.0, -1.0]);
    }

    /// Steps of 30 make the loss 800 times what it was: no reason to stop, but nothing to keep. Steps of 1000 are one.
    #[test]
    fn what_explodes_is_stopped_and_what_was_good_is_kept() {
        let data = array![[1.0]];
        let mut model = line(0.0);
        let far = Training { learning_rate: 30.0, ..training(1, 1) };
        far.run(&mut model, 1, rows_of(&data), |_, _| ()).unwrap();
        assert_relative_eq!(model.net.flat_parameters()[..], [-27.0, -31.0][..], max_relative = 1e-6);
        let mut model = line(0.0);
        let too_far = Training { learning_rate: 1000.0, ..training(1, 1) };
        let error = too_far.run(&mut model, 1, rows_of(&data), |_, _| ()).unwrap_err();
        assert_eq!((error.step, error.began_at), (1, Some(-2.0)));
        assert_eq!(model.net.flat_parameters(), [3.0, -1.0]);
    }

    #[test]
    #[should_panic(expected = "training needs examples")]
    fn no_data_is_refused() {
        let _ = rows_of(&Array2::zeros((0, 1)));
    }

    #[test]
    #[should_panic(expected = "training needs examples")]
    fn an_empty_batch_is_refused() {
        training(0, 1).run(&mut line(0.0), 1, rows_of(&array![[1.0]]), |_, _| ()).unwrap();
    }
}
