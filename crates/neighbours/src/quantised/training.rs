//! Training a VQ-VAE: steps of Adam for the networks, and the codes' own rule.

use montecarlo::Streams;
use ndarray::Array2;
use nn::TrainingError;
use rand_chacha::ChaCha8Rng;

use super::codebook::CodebookState;
use super::restart::Usage;
use super::{CodebookRule, Restart, VqTerms, VqVae};
use crate::descent::{Descent, finite};

/// How to train.
#[derive(Clone, Copy, Debug)]
pub struct VqTraining {
    /// Number of mini-batches.
    pub steps: usize,
    /// Examples in a mini-batch.
    pub batch: usize,
    /// Step size of Adam at the start; it falls to a tenth along a straight line.
    pub learning_rate: f64,
    /// How the codes follow.
    pub rule: CodebookRule,
    /// When a dead code begins anew, if ever.
    pub restart: Option<Restart>,
    /// Where batches come from: the same streams, the same model.
    pub streams: Streams,
}

impl VqTraining {
    /// Trains on the batches that `examples(rng, x)` writes into `x` (`[batch, d]`). `watch(step, terms)` hears the terms of
    /// each batch.
    ///
    /// # Errors
    /// As soon as a term is not finite; the model keeps the last parameters and codes at which both were.
    ///
    /// # Panics
    /// If a batch is empty or its width is not the model's.
    pub fn run(
        &self,
        model: &mut VqVae,
        mut examples: impl FnMut(&mut ChaCha8Rng, &mut Array2<f64>),
        mut watch: impl FnMut(usize, &VqTerms),
    ) -> Result<(), TrainingError> {
        assert!(self.batch > 0, "training needs examples");
        let mut work = model.workspace(self.batch);
        let mut encoder = Descent::new(&model.encoder, self.learning_rate);
        let mut decoder = Descent::new(&model.decoder, self.learning_rate);
        let mut codes = CodebookState::new(self.rule, &model.codebook);
        let mut usage = self.restart.map(|restart| Usage::new(restart, model.codebook.len()));
        let mut finite_codes = model.codebook.clone();
        let mut x = Array2::zeros((self.batch, model.encoder.input_dim()));
        let (mut rng, mut restarts) =
            (self.streams.role("training").rng(0), self.streams.role("restarts").rng(0));
        for step in 0..self.steps {
            examples(&mut rng, &mut x);
            let terms = model.loss_gradient(&x, &mut work);
            if let Err(error) = finite(step, terms.terms()) {
                encoder.undo(&mut model.encoder);
                decoder.undo(&mut model.decoder);
                model.codebook = finite_codes;
                return Err(error);
            }
            watch(step, &terms);
            finite_codes.codes_mut().assign(model.codebook.codes());
            let done = step as f64 / self.steps as f64;
            encoder.step(&mut model.encoder, work.encoder_gradient(), done);
            decoder.step(&mut model.decoder, work.decoder_gradient(), done);
            let taken = (&**work.encoded(), work.indices());
            codes.step(&mut model.codebook, taken.0, taken.1);
            if let Some(usage) = &mut usage {
                usage.step((&mut model.codebook, &mut codes), taken, done, &mut restarts);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantised::CodeUsage;
    use nn::training::rows_of;
    use toy::Preset;

    fn moons(n: usize) -> Array2<f64> {
        Preset::Moons.mixture().sample(n, &mut Streams::new(1).role("data").rng(0))
    }

    fn untrained(x: &Array2<f64>) -> VqVae {
        let start = x.slice(ndarray::s![..8, ..]);
        VqVae::new(&start, &[12], 2, 0.02, 0.25, &mut Streams::new(2).rng(0))
    }

    fn short(rule: CodebookRule) -> VqTraining {
        VqTraining {
            steps: 600,
            batch: 32,
            learning_rate: 1e-2,
            rule,
            restart: None,
            streams: Streams::new(3),
        }
    }

    /// 64 Gaussians along two moons, in eight codes by either rule, from -37 nats: the bound comes within 2 nats of the evidence of the data's own law, and stays below it.
    #[test]
    fn both_rules_learn_two_moons() {
        let (x, law) = (moons(500), Preset::Moons.mixture());
        let best = x.rows().into_iter().map(|row| law.log_prob(&row)).sum::<f64>() / 500.0;
        for rule in [CodebookRule::MovingAverages { decay: 0.9 }, CodebookRule::Loss { learning_rate: 0.5 }] {
            let mut model = untrained(&x);
            let before = model.terms(&x).reconstruction;
            short(rule).run(&mut model, rows_of(&x), |_, _| ()).unwrap();
            let bound = model.bound(&x, &CodeUsage::uniform_log_prior(8));
            assert!(
                (best - 2.0..best).contains(&bound.elbo()),
                "{rule:?}: {bound:?} for {best}, from {before}"
            );
        }
    }

    #[test]
    fn the_model_is_a_function_of_the_seed() {
        let x = moons(100);
        let trained = |seed| {
            let mut model = untrained(&x);
            let rule = CodebookRule::MovingAverages { decay: 0.9 };
            let training = VqTraining { steps: 20, streams: Streams::new(seed), ..short(rule) };
            training.run(&mut model, rows_of(&x), |_, _| ()).unwrap();
            (model.encoder, model.codebook, model.decoder)
        };
        assert_eq!(trained(1), trained(1));
        assert_ne!(trained(1).1, trained(2).1);
    }

    /// The third batch holds a point that is no number: the model goes back to where the second was finite, after one step.
    #[test]
    fn what_diverges_is_named_and_undone() {
        let x = moons(100);
        let training = short(CodebookRule::Loss { learning_rate: 0.5 });
        let (mut broken, mut one_step, mut batches) = (untrained(&x), untrained(&x), 0);
        let mut draw = rows_of(&x);
        let poisoned = |rng: &mut ChaCha8Rng, x: &mut Array2<f64>| {
            draw(rng, x);
            batches += 1;
            if batches == 3 {
                x[[0, 0]] = f64::NAN;
            }
        };
        let error = training.run(&mut broken, poisoned, |_, _| ()).unwrap_err();
        assert_eq!((error.step, error.term.as_str()), (2, "reconstruction"));
        VqTraining { steps: 1, ..training }.run(&mut one_step, rows_of(&x), |_, _| ()).unwrap();
        assert_eq!((&broken.encoder, &broken.decoder), (&one_step.encoder, &one_step.decoder));
        assert_eq!(broken.codebook, one_step.codebook);
        assert_ne!(broken.codebook, untrained(&x).codebook);
    }

    /// 64 codes of the same points, started at the first 64 of them: with restarts the dead ones are used, by either rule, and
    /// the bound is higher.
    #[test]
    fn restarts_bring_dead_codes_back() {
        let x = moons(2000);
        let trained = |rule, restart| {
            let start = x.slice(ndarray::s![..64, ..]);
            let mut model = VqVae::new(&start, &[12], 2, 0.02, 0.25, &mut Streams::new(2).rng(0));
            let training = VqTraining { batch: 64, restart, ..short(rule) };
            training.run(&mut model, rows_of(&x), |_, _| ()).unwrap();
            (
                CodeUsage::of(&model.encode(&x), 64).dead(),
                model.bound(&x, &CodeUsage::uniform_log_prior(64)).elbo(),
            )
        };
        for rule in [CodebookRule::MovingAverages { decay: 0.9 }, CodebookRule::Loss { learning_rate: 0.5 }] {
            let [(dead, bound), (left, higher)] =
                [None, Some(Restart::default())].map(|restart| trained(rule, restart));
            assert!(dead >= 6 && left <= 2, "{rule:?}: {dead} dead codes, {left} with restarts");
            assert!(higher > bound + 0.05, "{rule:?}: {bound}, {higher} with restarts");
        }
    }
}
