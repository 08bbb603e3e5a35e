//! A batch in shards of rows, side by side on the cores.
//!
//! The gradient of a mean over a batch is the mean of those of its parts. How many parts there are depends on the batch
//! alone, each draws its noise from a stream of its own, and they are added in order: the numbers are the same on any number
//! of threads.

use std::ops::Range;

use montecarlo::Streams;
use ndarray::{ArrayRef2, s};
use prob::Bound;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{Gradient, Learner, Mlp};

/// As many rows as make it worth while to wake another core.
const ROWS: usize = 128;

/// The buffers of a model for batches of a fixed number of rows, and the gradient that its steps leave there.
///
/// ```
/// # use ndarray::{Array2, ArrayRef2};
/// # use nn::{Gradient, Learner, Mlp, Tape, shards::Shards};
/// # use rand_chacha::ChaCha8Rng;
/// # struct Model(Mlp);
/// # impl Learner for Model {
/// #     type Workspace = (Tape, Gradient);
/// #     fn workspace(&self, rows: usize) -> (Tape, Gradient) { (self.0.tape(rows), self.0.gradient()) }
/// #     fn loss_gradient(&self, x: &ArrayRef2<f64>, _: &mut ChaCha8Rng, work: &mut (Tape, Gradient)) -> prob::Bound {
/// #         let y = self.0.forward_on(x, &mut work.0).clone() / x.nrows() as f64;
/// #         self.0.backward(&mut work.0, &y, &mut work.1);
/// #         prob::Bound { reconstruction: -y.sum(), prior_matching: 0.0, matching: vec![] }
/// #     }
/// #     fn networks<'a>(&'a mut self, work: &'a (Tape, Gradient)) -> Vec<(&'a mut Mlp, &'a Gradient)> {
/// #         vec![(&mut self.0, &work.1)]
/// #     }
/// # }
/// # let mut rng = montecarlo::Streams::new(1).rng(0);
/// # let mut model = Model(Mlp::new(&[1, 1], &mut rng));
/// let mut shards = Shards::new(&mut model, 256, montecarlo::Streams::new(1));
/// let mut adam = nn::Adam::new(&model.0, 1e-3);
/// let bound = shards.loss_gradient(&mut model, &Array2::ones((256, 1)));
/// for (net, gradient) in shards.networks(&mut model) {
///     adam.step(net, gradient);
/// }
/// # assert!(bound.reconstruction.is_finite());
/// ```
#[derive(Debug)]
pub struct Shards<L: Learner> {
    shards: Vec<Shard<L::Workspace>>,
    /// Of all networks, in their order.
    gradients: Vec<Gradient>,
}

#[derive(Debug)]
struct Shard<W> {
    rows: Range<usize>,
    noise: ChaCha8Rng,
    work: W,
}

impl<L: Learner> Shards<L> {
    /// Buffers for batches of exactly `rows` examples; shard `k` draws its noise from stream `k`.
    ///
    /// # Panics
    /// If there are no rows.
    pub fn new(model: &mut L, rows: usize, streams: Streams) -> Self {
        assert!(rows > 0, "training needs examples");
        let count = rows.div_ceil(ROWS);
        let shard = |k: usize| {
            let rows = k * rows / count..(k + 1) * rows / count;
            Shard { work: model.workspace(rows.len()), rows, noise: streams.rng(k as u64) }
        };
        let shards: Vec<_> = (0..count).map(shard).collect();
        let networks = model.networks(&shards[0].work).into_iter();
        let gradients = networks.map(|(net, _)| net.gradient()).collect();
        Self { shards, gradients }
    }

    /// [`Learner::loss_gradient`] at the rows of `x` (`[rows, d]`): leaves the gradient here, and returns the terms of the
    /// bound, averaged over the rows, in nats.
    ///
    /// # Panics
    /// If there are more or fewer rows than the shards were made for.
    pub fn loss_gradient(&mut self, model: &mut L, x: &ArrayRef2<f64>) -> Bound {
        let rows: usize = self.shards.iter().map(|shard| shard.rows.len()).sum();
        assert_eq!(x.nrows(), rows, "a batch of another number of rows");
        let of_shard = |shard: &mut Shard<L::Workspace>| {
            let Shard { rows, noise, work } = shard;
            model.loss_gradient(&x.slice(s![rows.clone(), ..]), noise, work)
        };
        let bounds: Vec<Bound> = match &mut self.shards[..] {
            [only] => vec![of_shard(only)],
            many => many.par_iter_mut().map(of_shard).collect(),
        };
        let matching = vec![0.0; bounds[0].matching.len()];
        let mut mean = Bound { reconstruction: 0.0, prior_matching: 0.0, matching };
        self.gradients.iter_mut().for_each(Gradient::clear);
        for (shard, bound) in self.shards.iter().zip(&bounds) {
            let share = shard.rows.len() as f64 / rows as f64;
            mean.scaled_add(share, bound);
            for (sum, (_, gradient)) in self.gradients.iter_mut().zip(model.networks(&shard.work)) {
                sum.scaled_add(share, gradient);
            }
        }
        mean
    }

    /// Each network beside its gradient, as the last [`loss_gradient`](Self::loss_gradient) left it.
    pub fn networks<'a>(&'a self, model: &'a mut L) -> Vec<(&'a mut Mlp, &'a Gradient)> {
        let networks = model.networks(&self.shards[0].work).into_iter();
        networks.zip(&self.gradients).map(|((net, _), gradient)| (net, gradient)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;
    use approx::assert_relative_eq;
    use ndarray::{Array2, Axis, concatenate};
    use prob::standard_normal;

    /// Two networks that take the noise out of `x + ε` together: `mean ½ |y - x|²`, in numbers that a bound could have.
    struct Denoiser([Mlp; 2]);

    impl Denoiser {
        fn loss_gradient_given_noise(
            &self,
            x: &ArrayRef2<f64>,
            eps: &Array2<f64>,
            work: &mut [(Tape, Gradient); 2],
        ) -> Bound {
            let input = &x.view() + eps;
            let outputs: Vec<Array2<f64>> = self
                .0
                .iter()
                .zip(work.iter_mut())
                .map(|(net, (tape, _))| net.forward_on(&input, tape).clone())
                .collect();
            let n = x.nrows() as f64;
            let error = &outputs[0] + &outputs[1] - x;
            for (net, (tape, gradient)) in self.0.iter().zip(work) {
                net.backward(tape, &(&error / n), gradient);
            }
            let loss = error.mapv(|e| 0.5 * e * e).sum() / n;
            let matching = outputs.iter().map(|y| y.sum() / n).collect();
            Bound { reconstruction: -loss, prior_matching: eps.sum() / n, matching }
        }
    }

    impl Learner for Denoiser {
        type Workspace = [(Tape, Gradient); 2];

        fn workspace(&self, rows: usize) -> Self::Workspace {
            self.0.each_ref().map(|net| (net.tape(rows), net.gradient()))
        }

        fn loss_gradient(
            &self,
            x: &ArrayRef2<f64>,
            rng: &mut ChaCha8Rng,
            work: &mut Self::Workspace,
        ) -> Bound {
            let eps = standard_normal(x.dim(), rng);
            self.loss_gradient_given_noise(x, &eps, work)
        }

        fn networks<'a>(&'a mut self, work: &'a Self::Workspace) -> Vec<(&'a mut Mlp, &'a Gradient)> {
            self.0.iter_mut().zip(work).map(|(net, (_, gradient))| (net, gradient)).collect()
        }
    }

    const STREAMS: Streams = Streams::new(3);

    fn denoiser() -> Denoiser {
        let rng = &mut Streams::new(4).rng(0);
        Denoiser([Mlp::new(&[2, 5, 2], rng), Mlp::new(&[2, 3, 2], rng)])
    }

    /// The second batch of `rows` examples: bound and gradients.
    fn in_shards(rows: usize) -> (Bound, Vec<Vec<f64>>) {
        let mut model = denoiser();
        let mut shards = Shards::new(&mut model, rows, STREAMS);
        shards.loss_gradient(&mut model, &Array2::ones((rows, 2)));
        let bound = shards.loss_gradient(&mut model, &examples(rows));
        let gradients = shards.networks(&mut model).iter().map(|(_, gradient)| gradient.flat()).collect();
        (bound, gradients)
    }

    fn examples(rows: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, 2), |(i, j)| (0.37 * i as f64 + j as f64).sin())
    }

    /// Shards of unequal length, in one batch with the noise of their streams one after the other: equal up to the rounding
    /// of sums of as many terms.
    #[test]
    fn shards_find_what_the_whole_batch_finds() {
        for (rows, parts) in [(100, &[100][..]), (128, &[128]), (129, &[64, 65]), (301, &[100, 100, 101])] {
            let noise: Vec<Array2<f64>> = (0..)
                .zip(parts)
                .map(|(k, &n)| {
                    let rng = &mut STREAMS.rng(k);
                    standard_normal((n, 2), rng);
                    standard_normal((n, 2), rng)
                })
                .collect();
            let noise =
                concatenate(Axis(0), &noise.iter().map(|eps| eps.view()).collect::<Vec<_>>()).unwrap();
            let model = denoiser();
            let mut work = model.workspace(rows);
            let whole = model.loss_gradient_given_noise(&examples(rows), &noise, &mut work);

            let (bound, gradients) = in_shards(rows);
            for ((_, expected), found) in work.iter().zip(&gradients) {
                assert_relative_eq!(found[..], expected.flat()[..], epsilon = 1e-14, max_relative = 1e-12);
            }
            let terms = |b: &Bound| [vec![b.reconstruction, b.prior_matching], b.matching.clone()].concat();
            assert_relative_eq!(terms(&bound)[..], terms(&whole)[..], epsilon = 1e-14, max_relative = 1e-12);
        }
    }

    #[test]
    fn numbers_are_the_same_on_any_number_of_threads() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| in_shards(700))
        };
        assert_eq!(on(1), on(2));
        assert_eq!(on(1), on(5));
    }

    /// With one shard and with three. Rows beyond the last shard would be left out of the mean.
    #[test]
    fn a_batch_has_the_rows_that_the_shards_were_made_for() {
        let mut model = denoiser();
        for rows in [100, 301] {
            let mut shards = Shards::new(&mut model, rows, STREAMS);
            for other in [rows + 1, 2 * rows, rows - 1, 0] {
                let step = || shards.loss_gradient(&mut model, &examples(other));
                let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(step));
                let message = *refused.unwrap_err().downcast::<String>().unwrap();
                assert!(message.contains("a batch of another number of rows"), "{message}");
            }
        }
    }
}
