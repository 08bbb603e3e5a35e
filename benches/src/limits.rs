//! The rates of the chip, all cores at work: normal numbers, exponentials, products of matrices, memory.

use std::hint::black_box;
use std::time::{Duration, Instant};

use kernels::{Arithmetic, Kernel, Xoshiro, dispatch};
use ndarray::Array2;
use ndarray::linalg::general_mat_mul;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use rayon::prelude::*;

/// Per second, on all cores together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Standard normal numbers, into the first cache.
    pub normals: f64,
    /// Exponentials of numbers in the first cache.
    pub exps: f64,
    /// Floating-point operations of a product of matrices.
    pub flops: f64,
    /// Bytes that a copy reads and writes, far beyond the caches.
    pub bytes: f64,
}

/// The best of so many rounds counts: what disturbs a round only makes it slower.
const ROUNDS: u32 = 10;

impl Limits {
    /// How long each rate is measured.
    pub const TIME: Duration = Duration::from_millis(600);

    /// Measures them; takes some seconds.
    pub fn measure() -> Self {
        Self { normals: normals(), exps: exps(), flops: flops(), bytes: bytes() }
    }

    /// The higher of each rate.
    #[must_use]
    pub fn best(self, other: Self) -> Self {
        Self {
            normals: self.normals.max(other.normals),
            exps: self.exps.max(other.exps),
            flops: self.flops.max(other.flops),
            bytes: self.bytes.max(other.bytes),
        }
    }
}

/// Units a second over all cores, where `work()` does `units` of them on one.
fn rate<S>(units: f64, state: impl Fn() -> S + Sync, work: impl Fn(&mut S) + Sync) -> f64 {
    let round = |_| {
        let on_one = |_| {
            let mut state = state();
            work(&mut state);
            let (start, mut times) = (Instant::now(), 0u32);
            while start.elapsed() < Limits::TIME / ROUNDS {
                work(&mut state);
                times += 1;
            }
            f64::from(times) * units / start.elapsed().as_secs_f64()
        };
        (0..rayon::current_num_threads()).into_par_iter().with_max_len(1).map(on_one).sum::<f64>()
    };
    (0..ROUNDS).map(round).fold(0.0, f64::max)
}

/// Numbers that fit into the first cache.
const BUFFER: usize = 1024;

fn normals() -> f64 {
    let state = || (Xoshiro::from_rng(&mut ChaCha8Rng::seed_from_u64(1)), vec![0.0; BUFFER]);
    rate(BUFFER as f64, state, |(rng, out)| {
        kernels::normal::fill_from(rng, out);
        black_box(&out);
    })
}

struct Exps<'a>(&'a [f64], &'a mut [f64]);

impl Kernel for Exps<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for (y, x) in self.1.iter_mut().zip(self.0) {
            *y = kernels::exp::exp2_of_negative::<A>(*x);
        }
    }
}

fn exps() -> f64 {
    let state = || ((0..BUFFER).map(|i| -0.01 * i as f64).collect::<Vec<_>>(), vec![0.0; BUFFER]);
    rate(BUFFER as f64, state, |(x, y)| {
        dispatch(Exps(x, y));
        black_box(&y);
    })
}

fn flops() -> f64 {
    const N: usize = 384;
    let matrix = || Array2::from_shape_fn((N, N), |(i, j)| ((i * 7 + j * 3) % 11) as f64 - 5.0);
    rate(
        2.0 * (N * N * N) as f64,
        || (matrix(), matrix(), matrix()),
        |(a, b, c)| {
            general_mat_mul(1.0, a, b, 0.0, c);
            black_box(&c);
        },
    )
}

fn bytes() -> f64 {
    const N: usize = 8 << 20;
    rate(
        16.0 * N as f64,
        || (vec![1.0f64; N], vec![2.0f64; N]),
        |(from, to)| {
            to.copy_from_slice(from);
            black_box(&to);
        },
    )
}
