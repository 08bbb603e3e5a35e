//! Noise from a scrambled Sobol sequence: every point set covers the cube evenly, and its scrambling makes each point
//! uniform, so that means stay right and independent point sets give a standard error.

use std::collections::BTreeMap;

use ndarray::Array2;
use ndarray_rand::rand::Rng;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::draw::Noise;
use crate::scheme::QUASI_POINTS;
use crate::{Problem, Term};

/// Point sets: row `k` is point `k % QUASI_POINTS` of set `k / QUASI_POINTS`.
pub(crate) struct Quasi {
    /// A scrambling for each set.
    seeds: Vec<u32>,
}

/// The sequence has 23 bits; a uniform rest below them makes each coordinate uniform in f64.
const RESOLUTION: f64 = 1.0 / (1 << 23) as f64;

impl Quasi {
    /// `n` freshly scrambled sets.
    pub(crate) fn new(n: usize, rng: &mut impl Rng) -> Self {
        Self { seeds: (0..n).map(|_| rng.random()).collect() }
    }

    /// Coordinate `axis` of row `k`, in (0, 1). Axes beyond those of the sequence are plain uniform numbers.
    pub(crate) fn uniform(&self, k: usize, axis: usize, rng: &mut impl Rng) -> f64 {
        let rest: f64 = rng.random();
        let u = match u32::try_from(axis) {
            Ok(axis) if axis < sobol_burley::NUM_DIMENSIONS => {
                let point = (k % QUASI_POINTS) as u32;
                f64::from(sobol_burley::sample(point, axis, self.seeds[k / QUASI_POINTS])) + rest * RESOLUTION
            }
            _ => rest,
        };
        u.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON)
    }

    /// Noise for a term at some rows, from `first` on: an axis for the part of the data, one for each normal.
    pub(crate) fn noise(
        &self,
        term: &Term,
        problem: &Problem,
        rows: &[usize],
        first: usize,
        rng: &mut impl Rng,
    ) -> Noise {
        let part = rows.iter().map(|&k| part_at(problem, self.uniform(k, first, rng))).collect();
        let standard = Normal::standard();
        let mut axis = first + 1;
        let mut normals = BTreeMap::new();
        for t in drawn(term) {
            let width = problem.noise_width(t);
            let block = Array2::from_shape_fn((rows.len(), width), |(i, j)| {
                standard.inverse_cdf(self.uniform(rows[i], axis + j, rng))
            });
            normals.insert(t, block);
            axis += width;
        }
        Noise::new(part, normals)
    }
}

/// Axes that the noise of a term takes.
pub(crate) fn axes(term: &Term, problem: &Problem) -> usize {
    1 + drawn(term).map(|t| problem.noise_width(t)).sum::<usize>()
}

/// `x`, and the latents that a term depends on.
fn drawn(term: &Term) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(term.variables().into_iter().filter(|&t| t > 0))
}

/// The part of the data whose interval of (0, 1) holds `u`.
fn part_at(problem: &Problem, u: f64) -> usize {
    let mut end = 0.0;
    let parts = problem.observations();
    let holds = |weight: f64| {
        end += weight;
        u < end
    };
    parts.iter().map(|part| part.weight).position(holds).unwrap_or(parts.len() - 1)
}
