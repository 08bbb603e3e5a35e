//! A batch in shards of rows, side by side on the cores.
//!
//! The gradient of a mean over a batch is the mean of those of its parts. How many parts there are depends on the batch
//! alone, each draws its noise from a stream of its own, and they are added in order: the numbers are the same on any number
//! of threads.

use std::ops::Range;

use kernels::dispatch;
use montecarlo::Streams;
use ndarray::{ArrayRef2, s};
use prob::Bound;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::backward::Part;
use crate::{Adam, Learner};

/// As many rows as make it worth while to wake another core.
const ROWS: usize = 128;

/// The buffers of a model for batches of a fixed number of rows, and the gradient in parts that its steps leave there.
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
/// #     fn networks(&mut self) -> Vec<&mut Mlp> { vec![&mut self.0] }
/// #     fn gradients<'a>(&self, work: &'a (Tape, Gradient)) -> Vec<&'a Gradient> { vec![&work.1] }
/// # }
/// # let mut rng = montecarlo::Streams::new(1).rng(0);
/// # let mut model = Model(Mlp::new(&[1, 1], &mut rng));
/// let mut shards = Shards::new(&model, 256, montecarlo::Streams::new(1));
/// let mut adam = [nn::Adam::new(&model.0, 1e-3)];
/// let bound = shards.loss_gradient(&model, &Array2::ones((256, 1)));
/// shards.descend(&mut model, &mut adam);
/// # assert!(bound.reconstruction.is_finite());
/// ```
#[derive(Debug)]
pub struct Shards<L: Learner>(Vec<Shard<L::Workspace>>);

#[derive(Debug)]
struct Shard<W> {
    rows: Range<usize>,
    /// Of all rows.
    share: f64,
    noise: ChaCha8Rng,
    work: W,
}

impl<L: Learner> Shards<L> {
    /// Buffers for batches of exactly `rows` examples; shard `k` draws its noise from stream `k`.
    ///
    /// # Panics
    /// If there are no rows.
    pub fn new(model: &L, rows: usize, streams: Streams) -> Self {
        assert!(rows > 0, "training needs examples");
        let count = rows.div_ceil(ROWS);
        let shard = |k: usize| {
            let of_shard = k * rows / count..(k + 1) * rows / count;
            let (work, noise) = (model.workspace(of_shard.len()), streams.rng(k as u64));
            Shard { share: of_shard.len() as f64 / rows as f64, rows: of_shard, noise, work }
        };
        Self((0..count).map(shard).collect())
    }

    /// [`Learner::loss_gradient`] at the rows of `x` (`[rows, d]`): leaves the gradient here, and returns the terms of the
    /// bound, averaged over the rows, in nats.
    ///
    /// # Panics
    /// If there are more or fewer rows than the shards were made for.
    pub fn loss_gradient(&mut self, model: &L, x: &ArrayRef2<f64>) -> Bound {
        let rows: usize = self.0.iter().map(|shard| shard.rows.len()).sum();
        assert_eq!(x.nrows(), rows, "a batch of another number of rows");
        let of_shard = |shard: &mut Shard<L::Workspace>| {
            let Shard { rows, noise, work, .. } = shard;
            model.loss_gradient(&x.slice(s![rows.clone(), ..]), noise, work)
        };
        let bounds: Vec<Bound> = match &mut self.0[..] {
            [only] => vec![of_shard(only)],
            many => many.par_iter_mut().map(of_shard).collect(),
        };
        let matching = vec![0.0; bounds[0].matching.len()];
        let mut mean = Bound { reconstruction: 0.0, prior_matching: 0.0, matching };
        for (shard, bound) in self.0.iter().zip(&bounds) {
            mean.scaled_add(shard.share, bound);
        }
        mean
    }

    /// One step of Adam for each network, down the gradient that the last [`loss_gradient`](Self::loss_gradient) left.
    ///
    /// # Panics
    /// If there are not as many states as networks, or of other architectures.
    pub fn descend(&self, model: &mut L, adams: &mut [Adam]) {
        let (parts, networks) = (self.parts(model), model.networks());
        assert_eq!([parts.len(), adams.len()], [networks.len(); 2], "a state of Adam for each network");
        let networks = adams.iter_mut().zip(networks).zip(&parts);
        let descents = networks.flat_map(|((adam, net), parts)| adam.descents(net, parts));
        match self.0.len() {
            1 => descents.for_each(dispatch),
            _ => descents.collect::<Vec<_>>().into_par_iter().for_each(dispatch),
        }
    }

    /// Of the gradient of each network, one from each shard.
    fn parts(&self, model: &L) -> Vec<Vec<Part<'_>>> {
        let count = model.gradients(&self.0[0].work).len();
        let mut parts = vec![vec![]; count];
        for Shard { share, work, .. } in &self.0 {
            for (parts, gradient) in parts.iter_mut().zip(model.gradients(work)) {
                parts.push(Part { share: *share, gradient });
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gradient, Mlp, Tape};
    use approx::assert_relative_eq;
    use ndarray::{Array2, Axis, concatenate};
    use prob::standard_normal;

    /// Of the gradients, near Adam's `ε`: a step down larger ones does not depend on their size.
    const SIZE: f64 = 1e-8;

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
                net.backward(tape, &(&error * (SIZE / n)), gradient);
            }
            let loss = error.mapv(|e| 0.5 * e * e).sum() / n;
            let matching = outputs.iter().map(|y| y.sum() / n).collect();
            Bound { reconstruction: -loss, prior_matching: eps.sum() / n, matching }
        }

        fn parameters(&self) -> Vec<Vec<f64>> {
            self.0.iter().map(Mlp::flat_parameters).collect()
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

        fn networks(&mut self) -> Vec<&mut Mlp> {
            self.0.iter_mut().collect()
        }

        fn gradients<'a>(&self, work: &'a Self::Workspace) -> Vec<&'a Gradient> {
            work.iter().map(|(_, gradient)| gradient).collect()
        }
    }

    const STREAMS: Streams = Streams::new(3);

    fn denoiser() -> Denoiser {
        let rng = &mut Streams::new(4).rng(0);
        Denoiser([Mlp::new(&[2, 5, 2], rng), Mlp::new(&[2, 3, 2], rng)])
    }

    /// After two steps with batches of `rows` examples: the bounds and the parameters.
    fn in_shards(rows: usize) -> ([Bound; 2], Vec<Vec<f64>>) {
        let mut model = denoiser();
        let mut shards = Shards::new(&model, rows, STREAMS);
        let mut adams = model.0.each_ref().map(|net| Adam::new(net, RATE));
        let bounds = batches(rows).map(|x| {
            let bound = shards.loss_gradient(&model, &x);
            shards.descend(&mut model, &mut adams);
            bound
        });
        (bounds, model.parameters())
    }

    const RATE: f64 = 0.1;

    fn batches(rows: usize) -> [Array2<f64>; 2] {
        [Array2::ones((rows, 2)), examples(rows)]
    }

    fn examples(rows: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, 2), |(i, j)| (0.37 * i as f64 + j as f64).sin())
    }

    /// Shards of unequal length, in one batch with the noise of their streams one after the other: equal up to the rounding
    /// of sums of as many terms.
    #[test]
    fn shards_learn_what_the_whole_batch_teaches() {
        for (rows, parts) in [(100, &[100][..]), (128, &[128]), (129, &[64, 65]), (301, &[100, 100, 101])] {
            let mut streams: Vec<_> = (0..).map(|k| STREAMS.rng(k)).take(parts.len()).collect();
            let mut model = denoiser();
            let (mut work, mut adams) =
                (model.workspace(rows), model.0.each_ref().map(|net| Adam::new(net, RATE)));
            let bounds = batches(rows).map(|x| {
                let noise = streams.iter_mut().zip(parts).map(|(rng, &n)| standard_normal((n, 2), rng));
                let noise: Vec<Array2<f64>> = noise.collect();
                let noise = concatenate(Axis(0), &noise.iter().map(|eps| eps.view()).collect::<Vec<_>>());
                let bound = model.loss_gradient_given_noise(&x, &noise.unwrap(), &mut work);
                for ((net, adam), (_, gradient)) in model.0.iter_mut().zip(&mut adams).zip(&work) {
                    adam.step(net, gradient);
                }
                bound
            });

            let (found_bounds, found) = in_shards(rows);
            for (found, expected) in found.iter().zip(model.parameters()) {
                assert_relative_eq!(found[..], expected[..], epsilon = 1e-14, max_relative = 1e-12);
            }
            let terms = |b: &Bound| [vec![b.reconstruction, b.prior_matching], b.matching.clone()].concat();
            for (found, expected) in found_bounds.iter().zip(&bounds) {
                let (found, expected) = (terms(found), terms(expected));
                assert_relative_eq!(found[..], expected[..], epsilon = 1e-14, max_relative = 1e-12);
            }
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
        let model = denoiser();
        for rows in [100, 301] {
            let mut shards = Shards::new(&model, rows, STREAMS);
            for other in [rows + 1, 2 * rows, rows - 1, 0] {
                let step = || shards.loss_gradient(&model, &examples(other));
                let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(step));
                let message = *refused.unwrap_err().downcast::<String>().unwrap();
                assert!(message.contains("a batch of another number of rows"), "{message}");
            }
        }
    }
    /// A network without a state would stay as it is.
    #[test]
    #[should_panic(expected = "a state of Adam for each network")]
    fn every_network_has_a_state() {
        let mut model = denoiser();
        let shards = Shards::new(&model, 3, STREAMS);
        let mut adams = [Adam::new(&model.0[0], RATE)];
        shards.descend(&mut model, &mut adams);
    }
}
