//! A softmax network: predictions, features, the cross-entropy and its gradient.

use montecarlo::{Estimate, Moments, Streams};
use ndarray::{Array2, ArrayRef2, Axis};
use ndarray_rand::rand::Rng;
use nn::{Gradient, Mlp, Tape, TrainingError};
use prob::numerics::{log_sum_exp, softmax};
use rand_chacha::ChaCha8Rng;

use crate::descent::{Descent, finite};

/// `P(y|x) = softmax(net(x))` for `K` classes.
#[derive(Clone, Debug)]
pub struct Classifier {
    net: Mlp,
}

/// What one step of training writes.
#[derive(Clone, Debug)]
pub struct Workspace {
    tape: Tape,
    /// `∂loss/∂logits`, `[n, K]`.
    grad_output: Array2<f64>,
    gradient: Gradient,
}

impl Workspace {
    /// `∂loss/∂parameters`, after [`Classifier::loss_gradient`].
    pub fn gradient(&self) -> &Gradient {
        &self.gradient
    }
}

impl Classifier {
    /// A network from `dim` coordinates through the `hidden` widths to the logits of `classes`, with random initial weights.
    ///
    /// # Panics
    /// If a width is 0.
    pub fn new<R: Rng + ?Sized>(dim: usize, hidden: &[usize], classes: usize, rng: &mut R) -> Self {
        Self { net: Mlp::new(&[&[dim], hidden, &[classes]].concat(), rng) }
    }

    /// The network, which writes logits.
    pub fn net(&self) -> &Mlp {
        &self.net
    }

    /// The network, to be trained.
    pub fn net_mut(&mut self) -> &mut Mlp {
        &mut self.net
    }

    /// `P(y|x)` for each row of `x` (`[n, d]`), `[n, K]`.
    pub fn predict(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        let mut predictions = self.net.forward(x);
        for mut row in predictions.rows_mut() {
            let mut logits = row.to_vec();
            softmax(&mut logits);
            row.iter_mut().zip(logits).for_each(|(p, q)| *p = q);
        }
        predictions
    }

    /// What the last hidden layer says of each row of `x` (`[n, d]`), `[n, width]`: the features of a Fréchet inception
    /// distance. `x` itself if there is no hidden layer.
    pub fn features(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        let layers = self.net.layers();
        layers[..layers.len() - 1].iter().fold(x.to_owned(), |a, layer| {
            let mut next = Array2::zeros((a.nrows(), layer.output_dim()));
            layer.hidden_into(&a, &mut next);
            next
        })
    }

    /// The cross-entropy `-1/n Σ log P(y_i|x_i)` in nats, for the rows of `x` (`[n, d]`) and their labels, with its standard
    /// error as an estimate for their law.
    ///
    /// # Panics
    /// If there are not as many labels as rows, or one is not below `K`.
    pub fn cross_entropy(&self, x: &ArrayRef2<f64>, labels: &[usize]) -> Estimate {
        surprises(&self.net.forward(x), labels).collect::<Moments>().estimate()
    }

    /// Buffers for batches of exactly `rows` examples.
    pub fn workspace(&self, rows: usize) -> Workspace {
        Workspace {
            tape: self.net.tape(rows),
            grad_output: Array2::zeros((rows, self.net.output_dim())),
            gradient: self.net.gradient(),
        }
    }

    /// The cross-entropy and its gradient, left in the workspace: by the logits, `(P(y|x) - 1[y = y_i])/n`.
    ///
    /// # Panics
    /// If the shapes are not those of the workspace, or a label is not below `K`.
    pub fn loss_gradient(&self, x: &ArrayRef2<f64>, labels: &[usize], work: &mut Workspace) -> f64 {
        let logits = self.net.forward_on(x, &mut work.tape);
        let n = x.nrows() as f64;
        let loss = surprises(logits, labels).sum::<f64>() / n;
        work.grad_output.assign(logits);
        for (mut row, &label) in work.grad_output.rows_mut().into_iter().zip(labels) {
            let total = log_sum_exp(&row.to_vec());
            row.mapv_inplace(|logit| (logit - total).exp() / n);
            row[label] -= 1.0 / n;
        }
        self.net.backward(&mut work.tape, &work.grad_output, &mut work.gradient);
        loss
    }
}

/// `-log P(y_i|x_i)` of each row of logits.
fn surprises(logits: &ArrayRef2<f64>, labels: &[usize]) -> impl Iterator<Item = f64> {
    assert_eq!(logits.nrows(), labels.len(), "a label for every row");
    logits.axis_iter(Axis(0)).zip(labels).map(|(row, &label)| log_sum_exp(&row.to_vec()) - row[label])
}

/// How to train.
#[derive(Clone, Copy, Debug)]
pub struct ClassifierTraining {
    /// Number of mini-batches.
    pub steps: usize,
    /// Examples in a mini-batch.
    pub batch: usize,
    /// Step size of Adam at the start; it falls to a tenth along a straight line.
    pub learning_rate: f64,
    /// Where batches come from: the same streams, the same classifier.
    pub streams: Streams,
}

impl ClassifierTraining {
    /// Trains on the batches that `examples(rng, n)` draws: `x` (`[n, d]`) and labels. `watch(step, loss)` hears the
    /// cross-entropy of each batch, in nats.
    ///
    /// # Errors
    /// As soon as the cross-entropy is not finite; the network keeps the last parameters at which it was.
    ///
    /// # Panics
    /// If a batch is empty or its width is not the network's.
    pub fn run(
        &self,
        model: &mut Classifier,
        mut examples: impl FnMut(&mut ChaCha8Rng, usize) -> (Array2<f64>, Vec<usize>),
        mut watch: impl FnMut(usize, f64),
    ) -> Result<(), TrainingError> {
        assert!(self.batch > 0, "training needs examples");
        let (mut work, mut descent) =
            (model.workspace(self.batch), Descent::new(&model.net, self.learning_rate));
        let mut rng = self.streams.role("training").rng(0);
        for step in 0..self.steps {
            let (x, labels) = examples(&mut rng, self.batch);
            let loss = model.loss_gradient(&x, &labels, &mut work);
            finite(step, [("cross-entropy", loss)]).inspect_err(|_| descent.undo(&mut model.net))?;
            watch(step, loss);
            descent.step(&mut model.net, work.gradient(), step as f64 / self.steps as f64);
        }
        Ok(())
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
    use toy::Preset;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn gradient_is_that_of_the_cross_entropy(seed: u64, hidden in 0usize..3) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let model = Classifier::new(2, &[4, 3][..hidden], 3, &mut rng);
            let x = standard_normal((5, 2), &mut rng);
            let labels = [0, 2, 1, 2, 2];
            let mut work = model.workspace(5);
            let loss = model.loss_gradient(&x, &labels, &mut work);
            assert_relative_eq!(loss, model.cross_entropy(&x, &labels).mean, max_relative = 1e-13);
            let mut moved = model.clone();
            let error = gradient_check(
                |parameters| {
                    moved.net_mut().set_flat_parameters(parameters);
                    moved.cross_entropy(&x, &labels).mean
                },
                &model.net().flat_parameters(),
                &work.gradient().flat(),
            );
            prop_assert!(error < 1e-7, "{error:e}");
            let of_labels: f64 = model.predict(&x).rows().into_iter().zip(labels).map(|(p, y)| -p[y].ln()).sum();
            assert_relative_eq!(of_labels / 5.0, loss, max_relative = 1e-12);
        }
    }

    #[test]
    fn features_are_what_the_last_layer_reads() {
        let model = Classifier::new(2, &[5, 4], 3, &mut ChaCha8Rng::seed_from_u64(1));
        let x = array![[0.3, -0.8], [1.2, 0.4]];
        let last = &model.net().layers()[2];
        let mut logits = Array2::zeros((2, 3));
        last.forward_into(&model.features(&x), &mut logits);
        assert_eq!(logits, model.net().forward(&x));
        let flat = Classifier::new(2, &[], 3, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(flat.features(&x), x);
    }

    /// The classes of `bimodal` are five standard deviations apart: the cross-entropy falls towards that of Bayes' rule,
    /// and not below it but for sampling.
    #[test]
    fn a_classifier_learns_bayes_rule() {
        let data = Preset::Bimodal.mixture();
        let mut model = Classifier::new(1, &[4], 2, &mut ChaCha8Rng::seed_from_u64(2));
        let training =
            ClassifierTraining { steps: 400, batch: 32, learning_rate: 2e-2, streams: Streams::new(3) };
        training.run(&mut model, |rng, n| data.sample_labelled(n, rng), |_, _| ()).unwrap();
        let (x, labels) = data.sample_labelled(4000, &mut Streams::new(4).rng(0));
        let loss = model.cross_entropy(&x, &labels);
        assert!(loss.mean < 0.01 && loss.std_err < 0.01, "{loss}");
        let bayes = |x: f64| data.responsibilities(&array![x])[0];
        for at in [-1.5, -0.8, 0.8, 1.5] {
            assert!((model.predict(&array![[at]])[[0, 0]] - bayes(at)).abs() < 0.02, "at {at}");
        }
    }

    #[test]
    fn a_loss_that_is_not_finite_is_named_and_undone() {
        let start = Classifier::new(1, &[3], 2, &mut ChaCha8Rng::seed_from_u64(5));
        let (mut model, mut one_step) = (start.clone(), start);
        let training =
            ClassifierTraining { steps: 9, batch: 2, learning_rate: 1e-2, streams: Streams::new(6) };
        let mut batches = 0;
        let poisoned = |_: &mut ChaCha8Rng, _| {
            batches += 1;
            (array![[0.5], [if batches == 3 { f64::NAN } else { 1.0 }]], vec![0, 1])
        };
        let error = training.run(&mut model, poisoned, |_, _| ()).unwrap_err();
        assert_eq!((error.step, error.term.as_str()), (2, "cross-entropy"));
        // Where the second batch was finite: after one step.
        let good = |_: &mut ChaCha8Rng, _| (array![[0.5], [1.0]], vec![0, 1]);
        ClassifierTraining { steps: 1, ..training }.run(&mut one_step, good, |_, _| ()).unwrap();
        assert_eq!(model.net(), one_step.net());
    }
}
