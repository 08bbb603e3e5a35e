//! The moons that an encoder is shown.

use montecarlo::Streams;
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::StandardNormal;

/// Standard deviation of the phase about full and half.
const JITTER: f64 = 0.02;
/// Phases that the second set leaves out, the three-quarter moon in their middle.
pub const GAP: (f64, f64) = (0.65, 0.85);

/// `n` phases, half of them full moons and half of them half moons, with a small jitter.
pub fn full_and_half(n: usize, streams: Streams) -> Vec<f64> {
    let mut rng = streams.role("full and half").rng(0);
    let jittered = |i: usize| {
        let jitter = JITTER * rng.sample::<f64, _>(StandardNormal);
        // A moon cannot be fuller than full.
        if i.is_multiple_of(2) { 0.5 + jitter } else { 1.0 - jitter.abs() }
    };
    (0..n).map(jittered).collect()
}

/// `n` phases, uniform on [0, 1] without [`GAP`].
pub fn all_but_a_gap(n: usize, streams: Streams) -> Vec<f64> {
    let mut rng = streams.role("all but a gap").rng(0);
    let width = GAP.1 - GAP.0;
    let outside = |_| {
        let u = rng.random_range(0.0..1.0 - width);
        if u < GAP.0 { u } else { u + width }
    };
    (0..n).map(outside).collect()
}
