//! Training by steps of Adam: of a discriminator alone, against samples of a law, or of both networks in turn.

use montecarlo::Streams;
use ndarray::Array2;
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::StandardNormal;
use nn::{Adam, Mlp, TrainingError};
use rand_chacha::ChaCha8Rng;

use super::{Discriminator, Game, Gan, GeneratorLoss, discriminator};

/// How to train a discriminator while the generator stands still.
#[derive(Clone, Copy, Debug)]
pub struct DiscriminatorTraining {
    /// Number of mini-batches.
    pub steps: usize,
    /// Data in a mini-batch, and as many samples.
    pub batch: usize,
    /// Step size of Adam at the start; it falls to a hundredth along a straight line.
    pub learning_rate: f64,
    /// Where batches come from: the same streams, the same discriminator.
    pub streams: Streams,
}

impl DiscriminatorTraining {
    /// Trains on the batches that `data(rng, x)` and `samples(rng, y)` write (both `[batch, d]`). `watch(step, model, game)`
    /// hears each step: the discriminator, and what the game paid it on the batch, before it changes.
    ///
    /// # Errors
    /// As soon as a share of the value is not finite; the discriminator keeps the last parameters at which both were.
    ///
    /// # Panics
    /// If a batch is empty.
    pub fn run(
        &self,
        model: &mut Discriminator,
        mut data: impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>),
        mut samples: impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>),
        mut watch: impl FnMut(usize, &Discriminator, &Game),
    ) -> Result<(), TrainingError> {
        assert!(self.batch > 0, "training needs examples");
        let mut rng = self.streams.role("training").rng(0);
        let mut step_of = DiscriminatorStep::new(model, self.batch, self.learning_rate);
        let mut y = step_of.x.clone();
        for step in 0..self.steps {
            data(&mut rng, &mut step_of.x);
            samples(&mut rng, &mut y);
            let game = step_of.gradient(model, &y, step)?;
            watch(step, model, &game);
            step_of
                .adam
                .set_learning_rate(self.learning_rate * (1.0 - 0.99 * step as f64 / self.steps as f64));
            step_of.descend(model);
        }
        Ok(())
    }
}

/// How to train both (Goodfellow et al. 2014, algorithm 1, with Adam for both players).
#[derive(Clone, Copy, Debug)]
pub struct GanTraining {
    /// Number of rounds: some steps of the discriminator, then one of the generator.
    pub rounds: usize,
    /// Data in a mini-batch, and as many samples.
    pub batch: usize,
    /// Steps of the discriminator in a round.
    pub discriminator_steps: usize,
    /// Step size of Adam for both at the start; it falls to a tenth along a straight line.
    pub learning_rate: f64,
    /// What the generator descends.
    pub loss: GeneratorLoss,
    /// Where batches and noise come from: the same streams, the same networks.
    pub streams: Streams,
}

/// What one round saw, on its batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// What the game paid the discriminator at its last step.
    pub game: Game,
    /// The generator's loss, in nats.
    pub generator_loss: f64,
}

impl GanTraining {
    /// Trains on the batches that `data(rng, x)` writes into `x` (`[batch, d]`). `watch(round, what)` hears every round.
    ///
    /// # Errors
    /// As soon as a share of the value or the generator's loss is not finite; both networks keep the last parameters at
    /// which all were.
    ///
    /// # Panics
    /// If a batch is empty, or the discriminator has no steps.
    pub fn run(
        &self,
        gan: &mut Gan,
        mut data: impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>),
        mut watch: impl FnMut(usize, &Round),
    ) -> Result<(), TrainingError> {
        assert!(
            self.batch > 0 && self.discriminator_steps > 0,
            "training needs examples and steps: {self:?}"
        );
        let mut rng = self.streams.role("training").rng(0);
        let mut step_of = DiscriminatorStep::new(&gan.discriminator, self.batch, self.learning_rate);
        let (mut work, mut adam) = (gan.workspace(self.batch), Adam::new(&gan.generator, self.learning_rate));
        let mut finite = gan.generator.clone();
        let mut z = Array2::zeros((self.batch, gan.generator.input_dim()));
        let noise = |rng: &mut ChaCha8Rng, z: &mut Array2<f64>| {
            z.iter_mut().for_each(|z| *z = rng.sample(StandardNormal));
        };
        for round in 0..self.rounds {
            let rate = self.learning_rate * (1.0 - 0.9 * round as f64 / self.rounds as f64);
            step_of.adam.set_learning_rate(rate);
            adam.set_learning_rate(rate);
            let mut game = Game { on_data: f64::NAN, on_samples: f64::NAN };
            for _ in 0..self.discriminator_steps {
                data(&mut rng, &mut step_of.x);
                noise(&mut rng, &mut z);
                let y = gan.generator.forward(&z);
                let played = step_of.gradient(&mut gan.discriminator, &y, round);
                game = played.inspect_err(|_| gan.generator.copy_parameters(&finite))?;
                step_of.descend(&mut gan.discriminator);
            }
            noise(&mut rng, &mut z);
            let loss = gan.generator_gradient(&z, self.loss, &mut work);
            if !loss.is_finite() {
                gan.generator.copy_parameters(&finite);
                gan.discriminator.net_mut().copy_parameters(&step_of.finite);
                return Err(TrainingError::broken(round, "generator loss", loss));
            }
            watch(round, &Round { game, generator_loss: loss });
            finite.copy_parameters(&gan.generator);
            adam.step(&mut gan.generator, work.gradient());
        }
        Ok(())
    }
}

/// The discriminator's side of a step, and the parameters that its last batch was finite at.
struct DiscriminatorStep {
    x: Array2<f64>,
    work: discriminator::Workspace,
    adam: Adam,
    finite: Mlp,
}

impl DiscriminatorStep {
    fn new(model: &Discriminator, batch: usize, learning_rate: f64) -> Self {
        let net = model.net();
        Self {
            x: Array2::zeros((batch, net.input_dim())),
            work: model.workspace(batch),
            adam: Adam::new(net, learning_rate),
            finite: net.clone(),
        }
    }

    /// The gradient on the data that `self.x` holds and the samples `y`; on what is not finite the model goes back.
    fn gradient(
        &mut self,
        model: &mut Discriminator,
        y: &Array2<f64>,
        step: usize,
    ) -> Result<Game, TrainingError> {
        let game = model.loss_gradient(&self.x, y, &mut self.work);
        if let Some((term, value)) = game.diverged() {
            model.net_mut().copy_parameters(&self.finite);
            return Err(TrainingError::broken(step, term, value));
        }
        self.finite.copy_parameters(model.net());
        Ok(game)
    }

    fn descend(&mut self, model: &mut Discriminator) {
        self.adam.step(model.net_mut(), self.work.gradient());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use prob::discriminator::{game_value, optimal_log_odds};
    use prob::{Gaussian, Mixture};
    use toy::Preset;

    fn from(law: &Mixture) -> impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>) + '_ {
        |rng, x| {
            let drawn = law.sample(x.nrows(), rng).0;
            x.assign(&drawn);
        }
    }

    fn gan(seed: u64) -> Gan {
        Gan::new(1, 1, &[8], &mut Streams::new(seed).role("initial weights").rng(0))
    }

    fn short(seed: u64) -> GanTraining {
        GanTraining {
            rounds: 20,
            batch: 8,
            discriminator_steps: 2,
            learning_rate: 1e-2,
            loss: GeneratorLoss::NonSaturating,
            streams: Streams::new(seed),
        }
    }

    /// Against N(0, 1) as a generator that stands still: the value of the trained network, exact by quadrature, stays below
    /// the optimum throughout and ends within 0.02 nats of it.
    #[test]
    fn a_discriminator_learns_the_best_answer_and_never_beats_it() {
        let (p, q) = (Preset::Bimodal.mixture(), Mixture::from(Gaussian::standard(1)));
        let best = game_value(&p, &q, |x| optimal_log_odds(&p, &q, &array![x])).value;
        let mut model = Discriminator::new(1, &[16, 16], &mut Streams::new(1).rng(0));
        let exact = |model: &Discriminator| game_value(&p, &q, |x| model.log_odds(&array![[x]])[0]).value;
        assert!(exact(&model) < best - 0.2, "there is something to learn");
        let training =
            DiscriminatorTraining { steps: 1000, batch: 64, learning_rate: 2e-2, streams: Streams::new(2) };
        let mut heard = 0;
        training
            .run(&mut model, from(&p), from(&q), |step, model, _| {
                heard += 1;
                if step % 100 == 0 {
                    assert!(exact(model) < best + 1e-10, "above the optimum at step {step}");
                }
            })
            .unwrap();
        assert_eq!(heard, 1000);
        let learned = exact(&model);
        assert!((best - 0.02..best + 1e-10).contains(&learned), "{learned} for {best}");
    }

    #[test]
    fn the_networks_are_a_function_of_the_seed() {
        let trained = |weights, batches| {
            let (mut gan, data) = (gan(weights), Preset::Bimodal.mixture());
            short(batches).run(&mut gan, from(&data), |_, _| ()).unwrap();
            (gan.generator, gan.discriminator.net().clone())
        };
        assert_eq!(trained(1, 1), trained(1, 1));
        assert_ne!(trained(1, 1).0, trained(1, 2).0);
        assert_ne!(trained(1, 1).0, trained(2, 1).0);
    }

    /// The third batch holds a datum that is no number: the discriminator goes back to where the second was finite, after
    /// one step of its own, and the generator to its start.
    #[test]
    fn what_diverges_is_named_and_undone() {
        let law = Preset::Bimodal.mixture();
        let (mut broken, mut one_step, mut batches, mut heard) = (gan(1), gan(1), 0, 0);
        let mut draw = from(&law);
        let poisoned = |rng: &mut ChaCha8Rng, x: &mut Array2<f64>| {
            draw(rng, x);
            batches += 1;
            if batches == 3 {
                x[[0, 0]] = f64::NAN;
            }
        };
        let error = short(1).run(&mut broken, poisoned, |_, _| heard += 1).unwrap_err();
        assert_eq!((error.step, error.term.as_str(), heard), (1, "log D on data", 1));
        assert!(error.to_string().contains("step 1: log D on data is NaN"), "{error}");
        let single = GanTraining { rounds: 1, discriminator_steps: 1, ..short(1) };
        single.run(&mut one_step, from(&law), |_, _| ()).unwrap();
        assert_eq!(broken.discriminator.net(), one_step.discriminator.net());
        assert_eq!(broken.generator, gan(1).generator);
        assert_ne!(one_step.generator, gan(1).generator);
    }

    /// A step of the discriminator that overflows is seen by the generator first.
    #[test]
    fn a_generator_that_diverges_is_named_and_undone() {
        let (start, data) = (gan(1), Preset::Bimodal.mixture());
        let mut model = start.clone();
        let huge = GanTraining { learning_rate: 1e308, discriminator_steps: 1, ..short(1) };
        let error = huge.run(&mut model, from(&data), |_, _| ()).unwrap_err();
        assert_eq!((error.step, error.term.as_str()), (0, "generator loss"));
        assert_eq!(model.generator, start.generator);
        assert_eq!(model.discriminator.net(), start.discriminator.net());
    }

    #[test]
    #[should_panic(expected = "training needs examples")]
    fn an_empty_batch_is_refused() {
        let data = Preset::Bimodal.mixture();
        let _ = GanTraining { batch: 0, ..short(1) }.run(&mut gan(1), from(&data), |_, _| ());
    }
}
