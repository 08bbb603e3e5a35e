//! What an option of `elbow train` may be.

use clap::ValueEnum;
use nn::Variance;
use vdm::Parameterisation;
use vdm::noise_levels::RANGE;
use vdm::training::Times;

use crate::arguments::values::{positive, whole};

/// Which model is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelName {
    /// The variational autoencoder
    Vae,
    /// The hierarchical VAE with learned conditionals
    Mhvae,
    /// The diffusion model with a learned denoiser
    Vdm,
}

impl ModelName {
    /// As it is written on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ModelName::Vae => "vae",
            ModelName::Mhvae => "mhvae",
            ModelName::Vdm => "vdm",
        }
    }
}

/// What the denoiser of a diffusion model writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Prediction {
    /// x_0
    Clean,
    /// ε
    Noise,
    /// v
    Velocity,
    /// ∇ log q(x_t)
    Score,
    /// The mean of q(x_{t-1}|x_t, x_0)
    Mean,
}

impl From<Prediction> for Parameterisation {
    fn from(asked: Prediction) -> Self {
        match asked {
            Prediction::Clean => Self::Clean,
            Prediction::Noise => Self::Noise,
            Prediction::Velocity => Self::Velocity,
            Prediction::Score => Self::Score,
            Prediction::Mean => Self::Mean,
        }
    }
}

impl From<Parameterisation> for Prediction {
    fn from(of: Parameterisation) -> Self {
        match of {
            Parameterisation::Clean => Self::Clean,
            Parameterisation::Noise => Self::Noise,
            Parameterisation::Velocity => Self::Velocity,
            Parameterisation::Score => Self::Score,
            Parameterisation::Mean => Self::Mean,
        }
    }
}

impl Prediction {
    /// As it is written on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// The loss of a diffusion model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Loss {
    /// The bound itself
    Elbo,
    /// The unweighted error of what the network writes
    Simple,
}

/// How the rows of a batch share out the steps of a diffusion model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DrawTimes {
    /// Evenly spread over the batch from one random number: less variance
    Spread,
    /// Each on its own
    Independent,
}

impl From<DrawTimes> for Times {
    fn from(asked: DrawTimes) -> Self {
        match asked {
            DrawTimes::Spread => Times::LowDiscrepancy,
            DrawTimes::Independent => Times::Independent,
        }
    }
}

/// Steps of a diffusion model, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiffusionTimes {
    /// So many.
    Steps(usize),
    /// Their limit.
    Continuous,
}

/// A number of steps, or their limit.
pub(crate) fn times(text: &str) -> Result<DiffusionTimes, String> {
    if text == "continuous" {
        return Ok(DiffusionTimes::Continuous);
    }
    let steps = whole(2, 10_000)(text).map(DiffusionTimes::Steps);
    steps.map_err(|reason| format!("{reason}, or \"continuous\""))
}

/// A variance, or that it is learned.
pub(crate) fn decoder_variance(text: &str) -> Result<Variance, String> {
    if text == "learned" {
        return Ok(Variance::Learned);
    }
    positive(text)
        .map(Variance::Fixed)
        .map_err(|_| "must be \"learned\" or a finite number above 0".to_owned())
}

/// A log-SNR at which something can be computed.
pub(crate) fn log_snr(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if RANGE.contains(&number) => Ok(number),
        _ => Err(format!("must be a number from {} to {}", RANGE.start(), RANGE.end())),
    }
}
