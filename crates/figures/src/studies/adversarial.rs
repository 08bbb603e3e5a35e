//! The study of the GAN in the chapter `generators`: a discriminator against a law that stands still, both players for
//! some seeds and both losses, and then a discriminator alone against each generator, until it knows it.

use std::error::Error;

use montecarlo::{Estimate, Streams};
use ndarray::{Array2, array};
use neighbours::adversarial::{
    Coverage, Discriminator, DiscriminatorTraining, Gan, GanTraining, GeneratorLoss, Pushforward,
};
use nn::Mlp;
use prob::discriminator::{game_value, optimal_discriminator};
use prob::numerics::{log_mean_exp, sigmoid};
use prob::{Gaussian, Integral, Mixture, integrate, standard_normal};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use toy::Preset;

/// Runs of each loss.
pub const SEEDS: u64 = 6;
/// A mode counts as covered with at least this share of what its weight promises.
pub const LEAST: f64 = 0.5;
/// Samples within so many standard deviations of a mode are its own.
pub const RADIUS: f64 = 3.0;
/// Draws that estimate shares and values.
const SAMPLES: usize = 20_000;
/// Steps of the discriminator alone, and how often its exact value is taken.
const STEPS: usize = 1500;
const EVERY: usize = 25;

/// The game: widths of both networks, and the length of play. The discriminator makes several steps for each of the
/// generator's, because the generator's loss means what the theory says only near the best discriminator.
const GENERATOR: [usize; 4] = [1, 8, 8, 1];
const DISCRIMINATOR: [usize; 2] = [24, 24];
const ROUNDS: usize = 2000;
const BATCH: usize = 64;
const DISCRIMINATOR_STEPS: usize = 5;
const LEARNING_RATE: f64 = 1e-2;
/// Steps of the discriminator alone, after the game.
const AFTERWARDS: usize = 3000;

/// What is to be learned: three modes on the line.
pub fn data() -> Mixture {
    Preset::Trimodal.mixture()
}

fn from(law: &Mixture) -> impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>) + '_ {
    |rng, x| {
        let drawn = law.sample(x.nrows(), rng);
        x.assign(&drawn);
    }
}

/// A discriminator trained against `q = N(0, 2²)`.
#[derive(Clone, Debug)]
pub struct Still {
    /// `2 JSD(p, q) - log 4` in nats, by quadrature of the definition.
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
pub fn still(seed: u64) -> Result<Still, Box<dyn Error + Send + Sync>> {
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
    let fresh = |law: &Mixture, k| law.sample(SAMPLES, &mut streams.role("evaluation").rng(k));
    let answers = (0..=300).map(|i| {
        let x = f64::from(i) / 30.0 - 5.5;
        let at = sigmoid(model.log_odds(&array![[x]])[0]);
        (x, at, optimal_discriminator(&p, &q, &array![x]))
    });
    Ok(Still {
        best: best_value(&divergence_of(&p, &q)),
        exact,
        sampled: model.estimate_value(&fresh(&p, 0), &fresh(&q, 1)),
        answers: answers.collect(),
        history,
    })
}

/// `JSD(p, q)` of two mixtures on the line in nats, by quadrature of the definition: beyond 60 there is nothing of either.
fn divergence_of(p: &Mixture, q: &Mixture) -> Integral {
    let share = |log_p: f64, log_m: f64| log_p.exp() * (log_p - log_m);
    let breaks: Vec<f64> = (-60..=60).map(f64::from).collect();
    integrate(
        |x| {
            let (log_p, log_q) = (p.log_prob(&array![x]), q.log_prob(&array![x]));
            let log_m = log_mean_exp(&[log_p, log_q]);
            0.5 * (share(log_p, log_m) + share(log_q, log_m))
        },
        &breaks,
        1e-11,
    )
}

/// `2 JSD - log 4` in nats: what the best discriminator gets.
fn best_value(divergence: &Integral) -> f64 {
    2.0 * divergence.value - 4f64.ln()
}

/// A generator after the game, and what two discriminators make of it.
#[derive(Clone, Debug)]
pub struct Played {
    /// What the generator descended.
    pub loss: GeneratorLoss,
    /// Which run.
    pub seed: u64,
    /// The generator's law.
    pub law: Pushforward,
    /// Its Jensen-Shannon divergence from the data in nats, from 0 to log 2, by quadrature of the definition.
    pub divergence: Integral,
    /// The value of the discriminator that was trained beside it, by quadrature, in nats.
    pub beside: f64,
    /// The value of a discriminator that was trained against it alone, after the game, by quadrature, in nats.
    pub alone: f64,
    /// Where its samples are, as shares of the modes from left to right, and of none.
    pub shares: Vec<Estimate>,
    /// How many modes are covered.
    pub covered: usize,
}

impl Played {
    /// `2 JSD(p, q) - log 4` in nats: no discriminator gets more.
    pub fn best(&self) -> f64 {
        best_value(&self.divergence)
    }
}

/// [`SEEDS`] runs of each loss; `done` hears of every run.
///
/// # Errors
/// If a training diverges, or a divergence cannot be found by quadrature.
pub fn played(seed: u64, done: &(dyn Fn() + Sync)) -> Result<Vec<Played>, Box<dyn Error + Send + Sync>> {
    let runs: Vec<(GeneratorLoss, u64)> =
        GeneratorLoss::ALL.iter().flat_map(|&loss| (0..SEEDS).map(move |k| (loss, k))).collect();
    runs.into_par_iter().map(|(loss, k)| play(seed, loss, k).inspect(|_| done())).collect()
}

fn play(seed: u64, loss: GeneratorLoss, run: u64) -> Result<Played, Box<dyn Error + Send + Sync>> {
    let p = data();
    let streams = Streams::new(seed).role(&format!("GAN {run}"));
    let mut rng = streams.role("initial weights").rng(0);
    let mut gan = Gan {
        generator: Mlp::new(&GENERATOR, &mut rng),
        discriminator: Discriminator::new(1, &DISCRIMINATOR, &mut rng),
    };
    GanTraining {
        rounds: ROUNDS,
        batch: BATCH,
        discriminator_steps: DISCRIMINATOR_STEPS,
        learning_rate: LEARNING_RATE,
        loss,
        streams,
    }
    .run(&mut gan, from(&p), |_, _| ())?;

    let generator = &gan.generator;
    let mut alone = gan.discriminator.clone();
    let normal = Mixture::from(Gaussian::standard(1));
    let mut noise = from(&normal);
    let mut samples = |rng: &mut ChaCha8Rng, x: &mut Array2<f64>| {
        noise(rng, x);
        let drawn = generator.forward(x);
        x.assign(&drawn);
    };
    DiscriminatorTraining {
        steps: AFTERWARDS,
        batch: 128,
        learning_rate: LEARNING_RATE,
        streams: streams.role("afterwards"),
    }
    .run(&mut alone, from(&p), &mut samples, |_, _, _| ())?;

    let law = Pushforward::new(generator, 256);
    let value = |model: &Discriminator| law.game_value(&p, |x| model.log_odds(&array![[x]])[0]).value;
    let (beside, alone) = (value(&gan.discriminator), value(&alone));
    let divergence = law.jensen_shannon_divergence(&p);
    if !divergence.converged || divergence.error > 1e-3 {
        return Err(format!("the divergence of {} {run} is {divergence:?}", loss.name()).into());
    }
    let z = standard_normal((SAMPLES, 1), &mut streams.role("evaluation").rng(0));
    let coverage = Coverage::of(&p, &generator.forward(&z), RADIUS)?;
    let covered = coverage.covered(LEAST).into_iter().filter(|&covered| covered).count();
    let shares = coverage.shares.iter().copied().chain([coverage.between]).collect();
    Ok(Played { loss, seed: run, law, divergence, beside, alone, shares, covered })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a law and itself 0, of laws that do not meet log 2.
    #[test]
    fn the_divergence_at_its_ends() {
        let at = |mean: f64| Mixture::from(Gaussian::isotropic(array![mean], 0.5).unwrap());
        assert!(divergence_of(&data(), &data()).value.abs() < 1e-15);
        assert!((divergence_of(&at(-20.0), &at(20.0)).value - 2f64.ln()).abs() < 1e-10);
        assert!((best_value(&divergence_of(&at(-20.0), &at(20.0)))).abs() < 1e-10);
    }

    /// No discriminator gets more than the best one: found on paths that share no density.
    #[test]
    fn no_discriminator_beats_the_definition() {
        let run = play(1, GeneratorLoss::NonSaturating, 0).unwrap();
        assert!(run.alone <= run.best() + 1e-5, "{} for {}", run.alone, run.best());
        assert!(run.beside <= run.best() + 1e-5, "{} for {}", run.beside, run.best());
        assert!(run.best() - run.alone < 0.05, "{} for {}", run.alone, run.best());
        let total: f64 = run.shares.iter().map(|share| share.mean).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }
}
