//! The remedy for dead codes: one that hardly any row takes begins anew at a row.
//!
//! A code moves towards the rows that take it, so that one which none takes stays where it is for good. Random restarts put it
//! where a row of the batch was encoded to (Dhariwal et al. 2020, of a codebook that would collapse otherwise): dense regions
//! get more codes, and a code that was put among many others dies and is put again.

use ndarray::{Array1, ArrayRef2};
use ndarray_rand::rand::Rng;

use super::Codebook;
use super::codebook::CodebookState;

/// When a code begins anew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Restart {
    /// A code is dead if its moving share of the rows is below this part of even use, `1/K`.
    pub least: f64,
    /// `γ`, the memory of that share: `u_k ← γ u_k + (1 - γ) n_k/n`.
    pub decay: f64,
    /// No code begins anew after this part of training, so that the networks can settle on those that there are.
    pub until: f64,
}

impl Default for Restart {
    /// Below a tenth of even use over about 50 steps, in the first three quarters of training.
    fn default() -> Self {
        Self { least: 0.1, decay: 0.98, until: 0.75 }
    }
}

/// What a [`Restart`] knows between steps.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    restart: Restart,
    /// `u_k`, `[K]`.
    shares: Array1<f64>,
}

impl Usage {
    /// Before the first step every code counts as evenly used.
    pub(super) fn new(restart: Restart, codes: usize) -> Self {
        Self { restart, shares: Array1::from_elem(codes, 1.0 / codes as f64) }
    }

    /// Counts the `indices` that the rows `z` (`[n, k]`) took, and puts every dead code at one of these rows, drawn at random,
    /// as evenly used. Nothing but the count after [`Restart::until`].
    pub(super) fn step(
        &mut self,
        (codebook, state): (&mut Codebook, &mut CodebookState),
        (z, indices): (&ArrayRef2<f64>, &[usize]),
        done: f64,
        rng: &mut impl Rng,
    ) {
        let (codes, n) = (self.shares.len() as f64, indices.len() as f64);
        self.shares *= self.restart.decay;
        indices.iter().for_each(|&k| self.shares[k] += (1.0 - self.restart.decay) / n);
        if done >= self.restart.until {
            return;
        }
        for (k, share) in self.shares.iter_mut().enumerate() {
            if *share < self.restart.least / codes {
                *share = 1.0 / codes;
                state.put(codebook, k, &z.row(rng.random_range(0..indices.len())), n / codes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantised::CodebookRule;
    use montecarlo::Streams;
    use ndarray::array;

    /// Three codes, the last of which nobody takes: its share halves from ⅓ and falls below 0.2 · ⅓ at the third step, when it is
    /// put at a row, with the memory of one even share, 2/3 of a row.
    #[test]
    fn a_dead_code_begins_anew_at_a_row() {
        let restart = Restart { least: 0.2, decay: 0.5, until: 0.9 };
        let mut codebook = Codebook::new(array![[0.0], [10.0], [500.0]]);
        let mut state = CodebookState::new(CodebookRule::MovingAverages { decay: 0.5 }, &codebook);
        let mut usage = Usage::new(restart, 3);
        let (z, rng) = (array![[1.0], [9.0]], &mut Streams::new(1).rng(0));
        for _ in 0..2 {
            usage.step((&mut codebook, &mut state), (&z, &[0, 1]), 0.0, rng);
            assert_eq!(codebook.codes(), &array![[0.0], [10.0], [500.0]]);
        }
        let mut late = (usage.clone(), codebook.clone(), state.clone());
        usage.step((&mut codebook, &mut state), (&z, &[0, 1]), 0.0, rng);
        let put = codebook.codes()[[2, 0]];
        assert!(put == 1.0 || put == 9.0, "{put}");
        assert_eq!(codebook.codes().column(0).to_vec()[..2], [0.0, 10.0]);
        // Two rows at 3 beside 2/3 of a row where it was put: (⅔ put + 2 · 3)/(⅔ + 2).
        state.step(&mut codebook, &array![[3.0], [3.0]], &[2, 2]);
        approx::assert_relative_eq!(codebook.codes()[[2, 0]], (put + 9.0) / 4.0, max_relative = 1e-14);
        // Too late in training nothing is put.
        late.0.step((&mut late.1, &mut late.2), (&z, &[0, 1]), 0.9, rng);
        assert_eq!(late.1.codes()[[2, 0]], 500.0);
    }
}
