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
    /// If there are fewer rows.
    pub fn loss_gradient(&mut self, model: &mut L, x: &ArrayRef2<f64>) -> Bound {
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
            let share = shard.rows.len() as f64 / x.nrows() as f64;
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
