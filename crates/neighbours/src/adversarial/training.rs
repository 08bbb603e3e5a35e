//! Training by steps of Adam: of a discriminator alone, against samples of a law, or of both networks in turn.

use montecarlo::Streams;
use ndarray::Array2;
use nn::TrainingError;
use prob::fill_standard_normal;
use rand_chacha::ChaCha8Rng;

use super::{Discriminator, Game, Gan, GeneratorLoss};
use crate::descent::{Descent, finite};

/// How to train a discriminator while the generator stands still.
#[derive(Clone, Copy, Debug)]
pub struct DiscriminatorTraining {
    /// Number of mini-batches.
    pub steps: usize,
    /// Data in a mini-batch, and as many samples.
    pub batch: usize,
    /// Step size of Adam at the start; it falls to a tenth along a straight line.
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
        let mut descent = Descent::new(model.net(), self.learning_rate);
        let mut work = model.workspace(self.batch);
        let mut x = Array2::zeros((self.batch, model.net().input_dim()));
        let mut y = x.clone();
        for step in 0..self.steps {
            data(&mut rng, &mut x);
            samples(&mut rng, &mut y);
            let game = model.loss_gradient(&x, &y, &mut work);
            finite(step, game.terms()).inspect_err(|_| descent.undo(model.net_mut()))?;
            watch(step, model, &game);
            descent.step(model.net_mut(), work.gradient(), step as f64 / self.steps as f64);
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
    /// As soon as a share of the value or the generator's loss is not finite; each network goes back to before its last
    /// step, at which all were.
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
        let mut of_discriminator = Descent::new(gan.discriminator.net(), self.learning_rate);
        let mut of_generator = Descent::new(&gan.generator, self.learning_rate);
        let trained = self.rounds(gan, &mut of_discriminator, &mut of_generator, &mut data, &mut watch);
        trained.inspect_err(|_| {
            of_discriminator.undo(gan.discriminator.net_mut());
            of_generator.undo(&mut gan.generator);
        })
    }

    fn rounds(
        &self,
        gan: &mut Gan,
        of_discriminator: &mut Descent,
        of_generator: &mut Descent,
        data: &mut impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>),
        watch: &mut impl FnMut(usize, &Round),
    ) -> Result<(), TrainingError> {
        let mut rng = self.streams.role("training").rng(0);
        let (mut judge, mut work) = (gan.discriminator.workspace(self.batch), gan.workspace(self.batch));
        let mut x = Array2::zeros((self.batch, gan.discriminator.net().input_dim()));
        let mut z = Array2::zeros((self.batch, gan.generator.input_dim()));
        let noise = |rng: &mut ChaCha8Rng, z: &mut Array2<f64>| fill_standard_normal(z, rng);
        for round in 0..self.rounds {
            let done = round as f64 / self.rounds as f64;
            let mut game = Game { on_data: f64::NAN, on_samples: f64::NAN };
            for _ in 0..self.discriminator_steps {
                data(&mut rng, &mut x);
                noise(&mut rng, &mut z);
                game = gan.discriminator.loss_gradient(&x, &gan.generator.forward(&z), &mut judge);
                finite(round, game.terms())?;
                of_discriminator.step(gan.discriminator.net_mut(), judge.gradient(), done);
            }
            noise(&mut rng, &mut z);
            let generator_loss = gan.generator_gradient(&z, self.loss, &mut work);
            finite(round, [("generator loss", generator_loss)])?;
            watch(round, &Round { game, generator_loss });
            of_generator.step(&mut gan.generator, work.gradient(), done);
        }
        Ok(())
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
            let drawn = law.sample(x.nrows(), rng);
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

    /// A datum that is no number in the second batch of round 2, after two steps of the generator: it goes back to where it was
    /// before the second, and the discriminator to before its last.
    #[test]
    fn both_players_go_back_one_step() {
        let law = Preset::Bimodal.mixture();
        let after = |rounds: usize| {
            let mut model = gan(1);
            let run = GanTraining { rounds: 20, discriminator_steps: 1, ..short(1) };
            let (mut draw, mut batches) = (from(&law), 0);
            let poisoned = |rng: &mut ChaCha8Rng, x: &mut Array2<f64>| {
                draw(rng, x);
                batches += 1;
                if batches > rounds {
                    x[[0, 0]] = f64::NAN;
                }
            };
            assert_eq!(run.run(&mut model, poisoned, |_, _| ()).unwrap_err().step, rounds);
            model
        };
        let models = [0, 1, 2, 3].map(after);
        // Poisoned in the first round and in the second, nothing is left of the one step in between.
        assert_eq!(models[0].generator, gan(1).generator);
        assert_eq!(models[1].generator, gan(1).generator);
        for pair in models[1..].windows(2) {
            assert_ne!(pair[0].generator, pair[1].generator);
            assert_ne!(pair[0].discriminator.net(), pair[1].discriminator.net());
        }
        // The rate depends on the number of rounds, which is why a short run of so many steps is no reference, but for the first.
        let mut one = gan(1);
        let single = GanTraining { rounds: 1, discriminator_steps: 1, ..short(1) };
        single.run(&mut one, from(&law), |_, _| ()).unwrap();
        assert_eq!(models[2].generator, one.generator);
        assert_eq!(models[2].discriminator.net(), one.discriminator.net());
    }

    #[test]
    #[should_panic(expected = "training needs examples")]
    fn an_empty_batch_is_refused() {
        let data = Preset::Bimodal.mixture();
        let _ = GanTraining { batch: 0, ..short(1) }.run(&mut gan(1), from(&data), |_, _| ());
    }
}
