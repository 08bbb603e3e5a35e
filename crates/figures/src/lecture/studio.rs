//! Where figures are drawn: the seed, and what several of them need and one computes.

use std::sync::OnceLock;

use montecarlo::Streams;
use nn::TrainingError;

use super::moons::Moons;

/// What the figures of one run share. The same seed draws the same figures, whichever of them are asked for and on any number of
/// threads.
#[derive(Debug)]
pub struct Studio {
    seed: u64,
    moons: OnceLock<Result<Moons, TrainingError>>,
}

impl Studio {
    /// A studio in which nothing has been computed yet.
    pub fn new(seed: u64) -> Self {
        Self { seed, moons: OnceLock::new() }
    }

    /// Where everything random begins.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Random numbers for a figure or a study of this name.
    pub fn streams(&self, name: &str) -> Streams {
        Streams::new(self.seed).role(name)
    }

    /// Models that were shown moons, trained when they are first asked for.
    pub(super) fn moons(&self) -> Result<&Moons, TrainingError> {
        self.moons.get_or_init(|| Moons::train(self)).as_ref().map_err(Clone::clone)
    }
}
