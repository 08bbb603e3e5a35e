//! Toy data: a fresh batch for every step, and the truth about them.

use ndarray::Array2;
use prob::Mixture;
use rand_chacha::ChaCha8Rng;
use toy::Preset;

/// A mixture by name, as an endless source of examples.
#[derive(Clone, Debug)]
pub struct Toy {
    preset: Preset,
    mixture: Mixture,
    log_likelihood: f64,
}

impl Toy {
    /// The data of this name.
    pub fn new(preset: Preset) -> Self {
        let mixture = preset.mixture();
        let log_likelihood = -mixture.entropy().expect("a preset is on the line or in the plane").value;
        Self { preset, mixture, log_likelihood }
    }

    /// Which mixture.
    pub fn preset(&self) -> Preset {
        self.preset
    }

    /// Its law.
    pub fn mixture(&self) -> &Mixture {
        &self.mixture
    }

    /// Coordinates of an example, `d`.
    pub fn dim(&self) -> usize {
        self.mixture.dim()
    }

    /// `E log p(x)` of the data under their own law, minus their entropy, in nats, by quadrature: no model's bound is
    /// above it.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// `n` examples, `[n, d]`.
    pub fn draw(&self, rng: &mut ChaCha8Rng, n: usize) -> Array2<f64> {
        self.mixture.sample(n, rng)
    }
}
