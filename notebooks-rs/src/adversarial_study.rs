//! The study of the GAN in the chapter `generators`: a discriminator against a generator that stands still, and both
//! players for some seeds and both losses.

use montecarlo::{Estimate, Streams};
use ndarray::{Array2, array};
use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
use neighbours::adversarial::{
    Coverage, Discriminator, DiscriminatorTraining, Gan, GanTraining, GeneratorLoss, Pushforward,
};
use prob::discriminator::{game_value, optimal_discriminator, optimal_log_odds};
use prob::numerics::sigmoid;
use prob::{Gaussian, Mixture};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use toy::Preset;

/// Runs of each loss.
pub const SEEDS: u64 = 8;
/// A mode counts as covered with at least this share of what its weight promises.
pub const LEAST: f64 = 0.5;
/// Samples within so many standard deviations of a mode are its own.
pub const RADIUS: f64 = 3.0;
/// Draws that estimate shares and values.
const SAMPLES: usize = 20_000;
/// Steps of the discriminator alone, and how often its exact value is taken.
const STEPS: usize = 1500;
const EVERY: usize = 25;

/// What is to be learned: three modes on the line.
pub fn data() -> Mixture {
    Preset::Trimodal.mixture()
}

fn from(law: &Mixture) -> impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>) + '_ {
    |rng, x| {
        let drawn = law.sample(x.nrows(), rng).0;
        x.assign(&drawn);
    }
}

/// A discriminator trained against `q = N(0, 2²)`.
#[derive(Clone, Debug)]
pub struct Still {
    /// `2 JSD(p, q) - log 4` in nats, by quadrature.
    pub best: f64,
    /// Step, and the exact value of the network there.
    pub history: Vec<(f64, f64)>,
    /// The value after training: exact, and on fresh samples.
    pub exact: f64,
    /// The same on fresh samples.
    pub sampled: Estimate,
    /// `(x, D(x), D*(x))` along the line.
    pub answers: Vec<(f64, f64, f64)>,
}

/// Trains it.
///
/// # Errors
/// If the training diverges.
pub fn still(seed: u64) -> Result<Still, Box<dyn std::error::Error>> {
    let (p, q) = (data(), Mixture::from(Gaussian::isotropic(array![0.0], 4.0)?));
    let streams = Streams::new(seed).role("a generator that stands still");
    let mut model = Discriminator::new(1, &[24, 24], &mut streams.role("initial weights").rng(0));
    let value = |model: &Discriminator| game_value(&p, &q, |x| model.log_odds(&array![[x]])[0]).value;
    let mut history = Vec::new();
    let training = DiscriminatorTraining { steps: STEPS, batch: 128, learning_rate: 1e-2, streams };
    training.run(&mut model, from(&p), from(&q), |step, model, _| {
        if step % EVERY == 0 {
            history.push((step as f64, value(model)));
        }
    })?;
    let exact = value(&model);
    history.push((STEPS as f64, exact));
    let fresh = |law: &Mixture, k| law.sample(SAMPLES, &mut streams.role("evaluation").rng(k)).0;
    let answers = (0..=300).map(|i| {
        let x = f64::from(i) / 30.0 - 5.5;
        let at = sigmoid(model.log_odds(&array![[x]])[0]);
        (x, at, optimal_discriminator(&p, &q, &array![x]))
    });
    Ok(Still {
        best: game_value(&p, &q, |x| optimal_log_odds(&p, &q, &array![x])).value,
        exact,
        sampled: model.estimate_value(&fresh(&p, 0), &fresh(&q, 1)),
        answers: answers.collect(),
        history,
    })
}

/// Both networks after training.
#[derive(Clone, Debug)]
pub struct Played {
    /// What the generator descended.
    pub loss: GeneratorLoss,
    /// Which run.
    pub seed: u64,
    /// The generator's law.
    pub law: Pushforward,
    /// `2 JSD(p, q) - log 4` of that law, by the change of variables, and the error of its quadrature.
    pub best: f64,
    /// That error.
    pub quadrature_error: f64,
    /// The value of the discriminator that was trained beside it, by quadrature.
    pub value: f64,
    /// Where its samples are.
    pub coverage: Coverage,
}

impl Played {
    /// The Jensen-Shannon divergence of data and generator in nats, from 0 to log 2.
    pub fn divergence(&self) -> f64 {
        0.5 * (self.best + 4f64.ln())
    }

    /// How many modes are covered.
    pub fn covered(&self) -> usize {
        self.coverage.covered(LEAST).into_iter().filter(|&covered| covered).count()
    }
}

/// [`SEEDS`] runs of each loss; `done` hears of every run.
///
/// # Errors
/// If a training diverges.
pub fn played(
    seed: u64,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Played>, Box<dyn std::error::Error + Send + Sync>> {
    let runs: Vec<(GeneratorLoss, u64)> =
        GeneratorLoss::ALL.iter().flat_map(|&loss| (0..SEEDS).map(move |k| (loss, k))).collect();
    runs.into_par_iter().map(|(loss, k)| play(seed, loss, k).inspect(|_| done())).collect()
}

fn play(
    seed: u64,
    loss: GeneratorLoss,
    run: u64,
) -> Result<Played, Box<dyn std::error::Error + Send + Sync>> {
    let p = data();
    let streams = Streams::new(seed).role(&format!("GAN {run}"));
    let mut gan = Gan::new(1, 1, &[16, 16], &mut streams.role("initial weights").rng(0));
    let training =
        GanTraining { rounds: 2500, batch: 64, discriminator_steps: 1, learning_rate: 2e-3, loss, streams };
    training.run(&mut gan, from(&p), |_, _| ())?;
    let law = Pushforward::new(&gan.generator, 256);
    let best = law.optimal_value(&p);
    let value = law.game_value(&p, |x| gan.discriminator.log_odds(&array![[x]])[0]).value;
    let z = Array2::random_using((SAMPLES, 1), StandardNormal, &mut streams.role("evaluation").rng(0));
    let coverage = Coverage::of(&p, &gan.generator.forward(&z), RADIUS)?;
    Ok(Played { loss, seed: run, law, best: best.value, quadrature_error: best.error, value, coverage })
}
