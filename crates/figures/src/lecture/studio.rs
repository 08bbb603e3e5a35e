//! Where figures are drawn: the seed, and what several of them need and one computes.

use montecarlo::Streams;

/// What the figures of one run share. The same seed draws the same figures, whichever of them are asked for and on any number of
/// threads.
#[derive(Debug)]
pub struct Studio {
    seed: u64,
}

impl Studio {
    /// A studio in which nothing has been computed yet.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Random numbers for a figure or a study of this name.
    pub fn streams(&self, name: &str) -> Streams {
        Streams::new(self.seed).role(name)
    }
}
