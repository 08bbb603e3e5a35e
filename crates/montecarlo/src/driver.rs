//! Splits a number of samples into chunks, runs them on all cores, and merges what they found in order.

use std::sync::atomic::{AtomicU64, Ordering};

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{Estimate, Moments, Streams};

/// Results of two chunks become the result of both. Must be associative up to rounding; chunks arrive in order.
pub trait Merge {
    /// Takes `other`, which comes after, into `self`.
    fn merge(&mut self, other: Self);
}

impl<M: Merge, const N: usize> Merge for [M; N] {
    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.iter_mut().zip(other) {
            mine.merge(theirs);
        }
    }
}

impl<M: Merge> Merge for Vec<M> {
    /// # Panics
    /// If the lengths differ.
    fn merge(&mut self, other: Self) {
        assert_eq!(self.len(), other.len(), "two chunks found different numbers of things");
        for (mine, theirs) in self.iter_mut().zip(other) {
            mine.merge(theirs);
        }
    }
}

impl<A: Merge, B: Merge> Merge for (A, B) {
    fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
        self.1.merge(other.1);
    }
}

/// How many samples to draw, in chunks of what size, from which streams.
///
/// ```
/// use montecarlo::{MonteCarlo, Streams};
/// use ndarray_rand::rand::Rng;
///
/// let plan = MonteCarlo::new(100_000, Streams::new(1));
/// let mean = plan.estimate(&|_| (), |rng| rng.random::<f64>());
/// assert!(mean.deviation(0.5).abs() < 5.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MonteCarlo {
    /// Number of samples in all.
    pub samples: u64,
    /// Samples in a chunk: the unit of work, and a part of what fixes the numbers drawn.
    pub chunk: usize,
    /// Where chunk `k` gets its random numbers: from stream `k`.
    pub streams: Streams,
}

/// Chunks whose results wait to be merged at one time: bounds the memory however many samples are drawn.
const CHUNKS_IN_FLIGHT: u64 = 1024;

impl MonteCarlo {
    /// A plan with chunks of 1024 samples, whose arrays of a few columns stay in the first cache.
    pub fn new(samples: u64, streams: Streams) -> Self {
        Self { samples, chunk: 1024, streams }
    }

    /// Runs `work(rng, n)`, which draws `n` samples, on every chunk and merges the results in the order of the
    /// chunks, so that the answer is the same on any number of threads. `progress` hears how many samples are
    /// done, from whichever thread finished a chunk: two threads may be heard in the wrong order, so that a bar should
    /// keep the largest number that it has heard.
    ///
    /// # Panics
    /// If there is nothing to do: no samples, or chunks of none.
    pub fn run<A: Merge + Send>(
        &self,
        progress: &(dyn Fn(u64) + Sync),
        work: impl Fn(&mut ChaCha8Rng, usize) -> A + Sync,
    ) -> A {
        self.run_with(progress, || (), |(), rng, n| work(rng, n))
    }

    /// The same with buffers that `work` may use again and again: `buffers()` makes them a few times for each thread, and
    /// what a chunk left in them must not change what the next one finds.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn run_with<A: Merge + Send, B>(
        &self,
        progress: &(dyn Fn(u64) + Sync),
        buffers: impl Fn() -> B + Sync + Send,
        work: impl Fn(&mut B, &mut ChaCha8Rng, usize) -> A + Sync,
    ) -> A {
        assert!(self.samples > 0 && self.chunk > 0, "Monte Carlo needs samples: {self:?}");
        let chunk = self.chunk as u64;
        let chunks = self.samples.div_ceil(chunk);
        let done = AtomicU64::new(0);
        let run_chunk = |buffers: &mut B, k: u64| {
            let n = chunk.min(self.samples - k * chunk);
            let result = work(buffers, &mut self.streams.rng(k), n as usize);
            progress(done.fetch_add(n, Ordering::Relaxed) + n);
            result
        };
        let mut total: Option<A> = None;
        for first in (0..chunks).step_by(CHUNKS_IN_FLIGHT as usize) {
            let last = chunks.min(first + CHUNKS_IN_FLIGHT);
            let results: Vec<A> = (first..last).into_par_iter().map_init(&buffers, run_chunk).collect();
            for result in results {
                match &mut total {
                    Some(total) => total.merge(result),
                    None => total = Some(result),
                }
            }
        }
        total.expect("at least one chunk was run")
    }

    /// The mean of `f` over the samples, with its standard error.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn estimate(
        &self,
        progress: &(dyn Fn(u64) + Sync),
        f: impl Fn(&mut ChaCha8Rng) -> f64 + Sync,
    ) -> Estimate {
        self.run(progress, |rng, n| (0..n).map(|_| f(rng)).collect::<Moments>()).estimate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray_rand::rand::Rng;
    use std::sync::Mutex;

    #[test]
    fn the_numbers_do_not_depend_on_the_threads() {
        let plan = MonteCarlo { samples: 10_001, chunk: 17, streams: Streams::new(5) };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| plan.estimate(&|_| (), |rng| rng.random::<f64>().ln()))
        };
        let alone = on(1);
        assert_eq!(alone.samples, 10_001);
        for threads in [2, 3, 8] {
            assert_eq!(on(threads), alone, "{threads} threads");
        }
    }

    #[test]
    fn progress_reaches_the_end_and_counts_every_sample_once() {
        let plan = MonteCarlo { samples: 1000, chunk: 64, streams: Streams::new(5) };
        let heard = Mutex::new(Vec::new());
        plan.estimate(&|done| heard.lock().unwrap().push(done), |_| 1.0);
        let mut heard = heard.into_inner().unwrap();
        heard.sort_unstable();
        assert_eq!((heard.len(), heard.last()), (16, Some(&1000)));
    }

    /// As long as each other they merge one by one, and a shorter one would lose samples.
    #[test]
    fn lists_merge_place_by_place() {
        let mut left = vec![Moments::of(&[1.0]), Moments::of(&[2.0])];
        left.merge(vec![Moments::of(&[3.0]), Moments::of(&[6.0])]);
        assert_eq!(left.iter().map(Moments::mean).collect::<Vec<_>>(), [2.0, 4.0]);
        let short = std::panic::catch_unwind(move || left.merge(vec![Moments::of(&[3.0])]));
        assert!(short.is_err());
    }

    #[test]
    fn many_chunks_merge_in_order() {
        struct Order(Vec<usize>);
        impl Merge for Order {
            fn merge(&mut self, other: Self) {
                self.0.extend(other.0);
            }
        }
        let plan = MonteCarlo { samples: 2 * CHUNKS_IN_FLIGHT + 3, chunk: 1, streams: Streams::new(5) };
        let streams = plan.streams;
        let first: Vec<u64> = (0..plan.samples).map(|k| streams.rng(k).random()).collect();
        let order = plan.run(&|_| (), |rng, _| {
            let drawn: u64 = rng.random();
            Order(vec![first.iter().position(|&f| f == drawn).unwrap()])
        });
        assert!(order.0.iter().copied().eq(0..plan.samples as usize));
    }

    /// Buffers that every chunk finds as another one left them change nothing but where the numbers lie.
    #[test]
    fn buffers_change_nothing() {
        let plan = MonteCarlo { samples: 10_001, chunk: 17, streams: Streams::new(6) };
        let fresh =
            plan.run(&|_| (), |rng, n| Moments::of(&(0..n).map(|_| rng.random::<f64>()).collect::<Vec<_>>()));
        let again = plan.run_with(
            &|_| (),
            || vec![f64::NAN; 40],
            |buffer, rng, n| {
                buffer[..n].iter_mut().for_each(|x| *x = rng.random());
                Moments::of(&buffer[..n])
            },
        );
        assert_eq!((again, again.count()), (fresh, 10_001));
    }
}
