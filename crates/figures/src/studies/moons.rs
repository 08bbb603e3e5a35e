//! Pictures of moons: three objectives trained on them, and what each makes of the way from half to full moon.

use montecarlo::{Estimate, Streams};
use ndarray::Array2;
use prob::standard_normal;
use rayon::prelude::*;

use super::experiment::{Experiment, Trained};
use super::walk::{Judge, Picture};

/// Pictures on the way.
const ON_THE_WAY: usize = 41;
/// Draws from the prior that are decoded and judged.
const PRIOR_DRAWS: usize = 400;

/// Pictures (`[n, pixels]`) and the networks that learn them: two hidden layers, two latents.
pub fn experiment(name: &'static str, data: Array2<f64>, streams: Streams) -> Experiment {
    Experiment {
        name,
        data,
        hidden: vec![128, 32],
        latent_dim: 2,
        decoder_variance: 0.25,
        steps: 2000,
        streams,
    }
}

/// What one model makes of the way from the half moon to the full moon.
#[derive(Clone, Debug)]
pub struct Walked {
    /// The objective it was trained on.
    pub objective: &'static str,
    /// The pictures on the way.
    pub pictures: Vec<Picture>,
    /// How far apart the codes of half and full moon are, in standard deviations of the encoder.
    pub code_distance: f64,
    /// What it returns when shown a true three-quarter moon.
    pub shown: Picture,
    /// The share of decoded draws from the prior that are moons.
    pub moons_from_prior: Estimate,
}

impl Walked {
    /// The picture in the middle of the way.
    pub fn middle(&self) -> &Picture {
        &self.pictures[self.pictures.len() / 2]
    }

    /// The picture on the way that comes closest to the true three-quarter moon.
    pub fn closest(&self) -> &Picture {
        self.pictures
            .iter()
            .min_by(|a, b| a.to_three_quarter.total_cmp(&b.to_three_quarter))
            .unwrap_or_else(|| self.middle())
    }
}

/// The way of each model, side by side.
pub fn walks(judge: &Judge, models: &[Trained], experiment: &Experiment) -> Vec<Walked> {
    let walk = |model: &Trained| Walked {
        objective: model.objective,
        pictures: judge.walk(&model.vae, ON_THE_WAY),
        code_distance: judge.code_distance(&model.vae),
        shown: judge.three_quarter_through(&model.vae),
        moons_from_prior: judge.moons_among(&from_prior(model, experiment, PRIOR_DRAWS)),
    };
    models.par_iter().map(walk).collect()
}

/// The means that the decoder gives to `n` draws from the prior.
pub fn from_prior(model: &Trained, experiment: &Experiment, n: usize) -> Array2<f64> {
    let mut rng = experiment.streams.role("prior").rng(0);
    model.vae.decoder.mean(&standard_normal((n, experiment.latent_dim), &mut rng))
}
