//! Generator and discriminator, and the gradient of the generator's loss through the discriminator.

use ndarray::{Array2, ArrayRef2};
use ndarray_rand::rand::Rng;
use nn::{Gradient, Mlp, Tape};

use super::{Discriminator, GeneratorLoss};

/// A generator `x = G(z)`, `z ~ N(0, I)`, and the discriminator it plays against.
///
/// ```
/// use ndarray::Array2;
/// use neighbours::adversarial::Gan;
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let gan = Gan::new(1, 2, &[16], &mut ChaCha8Rng::seed_from_u64(1));
/// let x = gan.generator.forward(&Array2::zeros((5, 1)));
/// assert_eq!((x.dim(), gan.discriminator.log_odds(&x).len()), ((5, 2), 5));
/// ```
#[derive(Clone, Debug)]
pub struct Gan {
    /// `G`, from noise to data.
    pub generator: Mlp,
    /// `D`.
    pub discriminator: Discriminator,
}

/// What one step of the generator writes.
#[derive(Clone, Debug)]
pub struct Workspace {
    generator: Tape,
    discriminator: Tape,
    /// `∂loss/∂l`, `[n, 1]`.
    grad_output: Array2<f64>,
    gradient: Gradient,
    /// What the backward pass leaves of the discriminator on its way to the samples; nobody descends it.
    unused: Gradient,
}

impl Workspace {
    /// `∂loss/∂parameters` of the generator, after [`Gan::generator_gradient`].
    pub fn gradient(&self) -> &Gradient {
        &self.gradient
    }
}

impl Gan {
    /// Networks with the same `hidden` widths and random initial weights.
    ///
    /// # Panics
    /// If a width is 0.
    pub fn new<R: Rng + ?Sized>(noise_dim: usize, data_dim: usize, hidden: &[usize], rng: &mut R) -> Self {
        Self {
            generator: Mlp::new(&[&[noise_dim], hidden, &[data_dim]].concat(), rng),
            discriminator: Discriminator::new(data_dim, hidden, rng),
        }
    }

    /// Buffers for a step of the generator on `rows` draws of noise.
    pub fn workspace(&self, rows: usize) -> Workspace {
        let judge = self.discriminator.net();
        Workspace {
            generator: self.generator.tape(rows),
            discriminator: judge.tape(rows),
            grad_output: Array2::zeros((rows, 1)),
            gradient: self.generator.gradient(),
            unused: judge.gradient(),
        }
    }

    /// The mean loss of the samples that the rows of noise `z` (`[n, k]`) give, in nats.
    pub fn generator_loss(&self, z: &ArrayRef2<f64>, loss: GeneratorLoss) -> f64 {
        let log_odds = self.discriminator.log_odds(&self.generator.forward(z));
        log_odds.iter().map(|&l| loss.value(l)).sum::<f64>() / z.nrows() as f64
    }

    /// The same, and its gradient with respect to the generator's parameters, left in the workspace: back through the
    /// discriminator, `∂loss/∂l → ∂loss/∂x`, and on through the generator.
    ///
    /// # Panics
    /// If the shapes are not those of the workspace.
    pub fn generator_gradient(&self, z: &ArrayRef2<f64>, loss: GeneratorLoss, work: &mut Workspace) -> f64 {
        let judge = self.discriminator.net();
        let x = self.generator.forward_on(z, &mut work.generator);
        let log_odds = judge.forward_on(x, &mut work.discriminator);
        let n = z.nrows() as f64;
        let value = log_odds.iter().map(|&l| loss.value(l)).sum::<f64>() / n;
        work.grad_output.zip_mut_with(log_odds, |g, l| *g = loss.slope(*l) / n);
        let by_x = judge.backward(&mut work.discriminator, &work.grad_output, &mut work.unused);
        self.generator.backward(&mut work.generator, by_x, &mut work.gradient);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray_rand::rand::SeedableRng;
    use nn::gradient_check;
    use prob::standard_normal;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn gradient_is_that_of_the_generator_s_loss(seed: u64, hidden in 0usize..3, k in 1usize..3, d in 1usize..3) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let gan = Gan::new(k, d, &[4, 3][..hidden], &mut rng);
            let z = standard_normal((5, k), &mut rng);
            for loss in GeneratorLoss::ALL {
                let mut work = gan.workspace(5);
                let value = gan.generator_gradient(&z, loss, &mut work);
                assert_relative_eq!(value, gan.generator_loss(&z, loss), max_relative = 1e-14);
                let mut moved = gan.clone();
                let error = gradient_check(
                    |parameters| {
                        moved.generator.set_flat_parameters(parameters);
                        moved.generator_loss(&z, loss)
                    },
                    &gan.generator.flat_parameters(),
                    &work.gradient().flat(),
                );
                prop_assert!(error < 1e-7, "{loss:?}: {error:e}");
            }
        }
    }
}
