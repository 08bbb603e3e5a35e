//! The denoising autoencoder: a network that learns `E[x|y]` from pairs of a draw `x` and `y = x + σ ε`.
//!
//! `E|x - f(y)|² = E Var(x|y) + E|f(y) - E[x|y]|²`, so that the best `f` is the posterior mean, and that is
//! `E[x|y] = y + σ² ∇log q(y)` (Tweedie, in Efron 2011): what is learned is the score of the noised data
//! (Vincent 2011). For data from a mixture `q(y)` is a mixture again, and its score is exact.

use montecarlo::{Estimate, Moments, MonteCarlo};
use ndarray::{Array2, ArrayRef2};
use ndarray_rand::rand::Rng;
use nn::{Gradient, Learner, Mlp, Tape};
use prob::diagonal::log_normal;
use prob::{Bound, LinearGaussian, Mixture, ProbError, squared_norms, standard_normal};
use rand_chacha::ChaCha8Rng;

/// A network `f` that takes noise `N(0, σ² I)` out. For [`nn::Training`] its rows are clean; the noise is drawn.
#[derive(Clone, Debug)]
pub struct DenoisingAutoencoder {
    /// `f`, from `d` to `d` coordinates.
    pub net: Mlp,
    /// `σ`.
    pub noise: f64,
}

/// The buffers of one step.
#[derive(Clone, Debug)]
pub struct Step {
    noised: Array2<f64>,
    tape: Tape,
    residual: Array2<f64>,
    gradient: Gradient,
}

impl Step {
    /// `∂loss/∂parameters` after [`DenoisingAutoencoder::loss_gradient_given_noise`].
    pub fn gradient(&self) -> &Gradient {
        &self.gradient
    }
}

impl DenoisingAutoencoder {
    /// A network for data of `d` coordinates with these `hidden` widths and random initial weights.
    ///
    /// # Panics
    /// If the noise is not positive, or a width is 0.
    pub fn new<R: Rng + ?Sized>(d: usize, hidden: &[usize], noise: f64, rng: &mut R) -> Self {
        assert!(noise > 0.0 && noise.is_finite(), "the noise must be positive, not {noise}");
        Self { net: Mlp::new(&[&[d], hidden, &[d]].concat(), rng), noise }
    }

    /// `-1/n Σ log N(x; f(x + σ ε), σ² I)` in nats over the rows of `x` and of standard normal `eps` (each `[n, d]`): the squared
    /// error `|x - f|²` over `2σ²`, but for a constant. Its gradient is left in `step`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn loss_gradient_given_noise(
        &self,
        x: &ArrayRef2<f64>,
        eps: &ArrayRef2<f64>,
        step: &mut Step,
    ) -> f64 {
        step.noised.assign(x);
        step.noised.scaled_add(self.noise, eps);
        step.residual.assign(self.net.forward_on(&step.noised, &mut step.tape));
        step.residual.scaled_add(-1.0, x);
        let n = x.nrows() as f64;
        let log_var = 2.0 * self.noise.ln();
        let loss = -step.residual.iter().map(|r| log_normal(*r, log_var)).sum::<f64>() / n;
        step.residual /= n * self.noise * self.noise; // ∂loss/∂f = (f - x)/nσ²
        self.net.backward(&mut step.tape, &step.residual, &mut step.gradient);
        loss
    }
}

/// What is trained is the reconstruction alone: the log-likelihood of `x` where `f(y)` is its mean and `σ²` its variance.
impl Learner for DenoisingAutoencoder {
    type Workspace = Step;

    fn workspace(&self, rows: usize) -> Step {
        let batch = Array2::zeros((rows, self.net.input_dim()));
        let (tape, gradient) = (self.net.tape(rows), self.net.gradient());
        Step { noised: batch.clone(), tape, residual: batch, gradient }
    }

    fn loss_gradient(&self, x: &ArrayRef2<f64>, rng: &mut ChaCha8Rng, step: &mut Step) -> Bound {
        let eps = standard_normal(x.dim(), rng);
        let loss = self.loss_gradient_given_noise(x, &eps, step);
        Bound { reconstruction: -loss, prior_matching: 0.0, matching: vec![] }
    }

    fn networks(&mut self) -> Vec<&mut Mlp> {
        vec![&mut self.net]
    }

    fn gradients<'a>(&self, step: &'a Step) -> Vec<&'a Gradient> {
        vec![&step.gradient]
    }
}

/// The best denoiser of a mixture at one noise level, by Tweedie's formula.
#[derive(Clone, Debug)]
pub struct Tweedie {
    /// `q(y)`, the law of the noised data.
    pub noised: Mixture,
    variance: f64,
}

impl Tweedie {
    /// The best denoiser of data from this mixture with noise `N(0, σ² I)`.
    ///
    /// # Errors
    /// If `noise` is no standard deviation: 0, negative or not finite.
    pub fn new(data: &Mixture, noise: f64) -> Result<Self, ProbError> {
        // The sign goes along, so that a negative deviation is refused as a negative variance is.
        let variance = noise * noise.abs();
        Ok(Self { noised: data.push(&LinearGaussian::isotropic(data.dim(), 1.0, variance)?), variance })
    }

    /// `E[x|y] = y + σ² ∇log q(y)` for each row of `y` (`[n, d]`), `[n, d]`.
    ///
    /// # Panics
    /// If the rows have another dimension.
    pub fn denoise(&self, y: &ArrayRef2<f64>) -> Array2<f64> {
        let mut x = y.to_owned();
        for (mut x, y) in x.rows_mut().into_iter().zip(y.rows()) {
            x.scaled_add(self.variance, &self.noised.score(&y));
        }
        x
    }
}

/// How far a denoiser is from the best one, in squared units of `x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DenoisingError {
    /// `E|x - f(y)|²`, what training sees.
    pub loss: Estimate,
    /// `E|x - E[x|y]|²`, the least that any denoiser leaves.
    pub least: Estimate,
    /// `E|f(y) - E[x|y]|²` under `q(y)`, their difference in the mean, and never negative.
    pub excess: Estimate,
}

/// The errors of the network on fresh draws from `data`.
///
/// # Errors
/// As [`Tweedie::new`].
///
/// # Panics
/// If data and network have different dimensions, or `plan` asks for no samples.
pub fn denoising_error(
    model: &DenoisingAutoencoder,
    data: &Mixture,
    plan: &MonteCarlo,
) -> Result<DenoisingError, ProbError> {
    let best = Tweedie::new(data, model.noise)?;
    let [loss, least, excess] = plan.run(&|_| (), |rng, n| {
        let x = data.sample(n, rng);
        let mut y = x.clone();
        y.scaled_add(model.noise, &standard_normal(x.dim(), rng));
        let (learned, exact) = (model.net.forward(&y), best.denoise(&y));
        [&x - &learned, &x - &exact, learned - exact]
            .map(|r| Moments::of(squared_norms(&r).as_slice().expect("a vector of its own")))
    });
    Ok(DenoisingError { loss: loss.estimate(), least: least.estimate(), excess: excess.estimate() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::{StatisticalTest, Streams};
    use ndarray::array;
    use nn::{Training, gradient_check};
    use prob::Gaussian;
    use proptest::prelude::*;
    use toy::Preset;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_gradient_is_that_of_the_loss(seed: u64, d in 1usize..=2) {
            let mut rng = Streams::new(seed).rng(0);
            let mut model = DenoisingAutoencoder::new(d, &[4], 0.5, &mut rng);
            let x = standard_normal((3, d), &mut rng);
            let eps = standard_normal((3, d), &mut rng);
            let (mut step, at) = (model.workspace(3), model.net.flat_parameters());
            model.loss_gradient_given_noise(&x, &eps, &mut step);
            let gradient = step.gradient().flat();
            let loss = |flat: &[f64]| {
                model.net.set_flat_parameters(flat);
                model.loss_gradient_given_noise(&x, &eps, &mut step)
            };
            prop_assert!(gradient_check(loss, &at, &gradient) < 1e-7);
        }
    }

    /// One Gaussian `N(1, 3)` and noise of variance 1: `E[x|y] = 1 + ¾ (y - 1)`.
    #[test]
    fn tweedie_by_hand() {
        let data = Mixture::from(Gaussian::new(array![1.0], array![[3.0]]).unwrap());
        let best = Tweedie::new(&data, 1.0).unwrap();
        let found = best.denoise(&array![[5.0], [-1.0]]);
        approx::assert_relative_eq!(found, array![[4.0], [-0.5]], max_relative = 1e-14);
        for bad in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
            assert!(Tweedie::new(&data, bad).is_err(), "{bad}");
        }
    }

    /// `f(y) = y` leaves the noise itself, `σ²`; the best denoiser of `N(1, 3)` leaves `3σ²/(3 + σ²)`, and is off `y` by
    /// `σ⁴/(3 + σ²)`. False alarms 1e-9 each.
    #[test]
    fn the_errors_of_the_identity() {
        let data = Mixture::from(Gaussian::new(array![1.0], array![[3.0]]).unwrap());
        let mut model = DenoisingAutoencoder::new(1, &[], 0.8, &mut Streams::new(1).rng(0));
        model.net.set_flat_parameters(&[1.0, 0.0]);
        let plan = MonteCarlo::new(40_000, Streams::new(7));
        let found = denoising_error(&model, &data, &plan).unwrap();
        let (noise, test) = (0.64, StatisticalTest::default());
        for (estimate, exact) in [
            (found.loss, noise),
            (found.least, 3.0 * noise / (3.0 + noise)),
            (found.excess, noise * noise / (3.0 + noise)),
        ] {
            let verdict = test.mean(&estimate, exact);
            assert!(verdict.holds && verdict.smallest_error < 0.1 * exact, "{estimate} for {exact}");
        }
    }

    /// `f(y) = y`, `ε = ±1`: an error of σ in both rows, in nats `½ (log 2πσ² + 1)`.
    #[test]
    fn the_loss_by_hand() {
        let mut model = DenoisingAutoencoder::new(1, &[], 0.5, &mut Streams::new(1).rng(0));
        model.net.set_flat_parameters(&[1.0, 0.0]);
        let (mut step, eps) = (model.workspace(2), array![[1.0], [-1.0]]);
        let loss = model.loss_gradient_given_noise(&array![[3.0], [7.0]], &eps, &mut step);
        let by_hand = 0.5 * ((0.25 * std::f64::consts::TAU).ln() + 1.0);
        approx::assert_relative_eq!(loss, by_hand, max_relative = 1e-13);
    }

    /// The parts add up for a network that knows nothing, and training takes most of the excess away. For the gap of the
    /// loss the errors of independent draws are added, which is too much; false alarms are rarer than 1e-9.
    #[test]
    fn the_excess_is_what_training_can_take() {
        let data = Preset::Bimodal.mixture();
        let mut rng = Streams::new(1).rng(0);
        let mut model = DenoisingAutoencoder::new(1, &[16], 0.6, &mut rng);
        let plan = MonteCarlo::new(20_000, Streams::new(2));
        let before = denoising_error(&model, &data, &plan).unwrap();
        let sum = Estimate {
            mean: before.least.mean + before.excess.mean,
            std_err: before.least.std_err.hypot(before.excess.std_err),
            ..before.loss
        };
        assert!(StatisticalTest::default().same_mean(&before.loss, &sum).holds);
        let training = Training { steps: 600, batch: 64, learning_rate: 1e-2, streams: Streams::new(3) };
        training.run(&mut model, 1, |rng, x| x.assign(&data.sample(64, rng)), |_, _| ()).unwrap();
        let after = denoising_error(&model, &data, &plan).unwrap();
        assert!(after.excess.mean < 0.05 * before.excess.mean, "{} before {}", after.excess, before.excess);
    }
}
