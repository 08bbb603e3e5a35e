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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_has_the_three_quarter_moon_in_its_middle() {
        assert!((0.5 * (GAP.0 + GAP.1) - 0.75).abs() < 1e-15);
    }

    /// Each of the two sides is hit with its share of [0, 1] without the gap: the count is binomial, and off by more
    /// than 6.5 standard deviations with probability below 1e-9.
    #[test]
    fn all_but_a_gap_fills_everything_else() {
        let n = 10_000;
        let phases = all_but_a_gap(n, Streams::new(5));
        assert!(phases.iter().all(|&f| (0.0..GAP.0).contains(&f) || (GAP.1..=1.0).contains(&f)));
        let below = phases.iter().filter(|&&f| f < GAP.0).count() as f64;
        let p = GAP.0 / (1.0 - (GAP.1 - GAP.0));
        let z = (below - n as f64 * p) / (n as f64 * p * (1.0 - p)).sqrt();
        assert!(z.abs() < 6.5, "z = {z}");
        // The last 1 % below the gap is missed with probability (1 - 1/80)^n < 1e-54.
        assert!(phases.iter().any(|f| (GAP.0 - 0.01..GAP.0).contains(f)));
    }

    /// A jitter beyond 7 standard deviations has the probability 2.6e-12.
    #[test]
    fn full_and_half_moons_alternate() {
        let phases = full_and_half(1000, Streams::new(6));
        for pair in phases.chunks(2) {
            assert!((pair[0] - 0.5).abs() < 7.0 * JITTER, "{pair:?}");
            assert!(pair[1] <= 1.0 && 1.0 - pair[1] < 7.0 * JITTER, "{pair:?}");
        }
    }
}
