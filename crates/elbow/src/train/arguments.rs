//! What can be asked of `elbow train`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use learned::Toy;
use mhvae::WarmUp;
use nn::Variance;
use toy::Preset;
use vdm::Parameterisation;
use vdm::training::Weighting;

use crate::arguments::SeedArgument;
use crate::arguments::values::{positive, share, whole};

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

/// The loss of a diffusion model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Loss {
    /// The bound itself
    Elbo,
    /// The unweighted error of the prediction
    Simple,
}

/// Steps of a diffusion model, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiffusionTimes {
    /// So many.
    Steps(usize),
    /// Their limit.
    Continuous,
}

/// Train a model on toy data, save it, and measure it against the exact truth
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow train vae                                  on ring8, with the defaults
  elbow train mhvae --data bimodal --latents 3     three latents, on the line
  elbow train vdm --predict velocity --times 250   a denoiser that predicts v
  elbow train vdm --times continuous --learn-end-points
  elbow train vae --load trained/vae_ring8.safetensors   measure what was saved

Writes MODEL_DATA.safetensors and MODEL_DATA_curve.csv, .svg, .png into the folder. The truth in the table is the
average log-likelihood of the data under their own law, which no ELBO exceeds.

Exit code: 0 done, 1 training diverged (the last finite parameters are saved), 2 bad input.")]
pub(crate) struct TrainArguments {
    /// Which model
    #[arg(value_enum, value_name = "MODEL")]
    pub(crate) model: ModelName,

    /// The data: bimodal, trimodal, ring8, ring64, grid25, moons or spiral
    #[arg(long, value_name = "PRESET", default_value_t = Preset::Ring8)]
    pub(crate) data: Preset,

    /// Where the files go
    #[arg(long, value_name = "DIR", default_value = "trained")]
    pub(crate) out: PathBuf,

    /// Measure these parameters instead of training
    #[arg(long, value_name = "FILE")]
    pub(crate) load: Option<PathBuf>,

    /// Print one JSON document instead of the table
    #[arg(long)]
    pub(crate) json: bool,

    /// Mini-batches
    #[arg(long, value_name = "N", value_parser = whole(1, 100_000_000), allow_negative_numbers = true)]
    steps: Option<usize>,

    /// Examples in a mini-batch
    #[arg(long, value_name = "N", value_parser = whole(1, 1_000_000), allow_negative_numbers = true)]
    batch: Option<usize>,

    /// Step size of Adam at the start; it falls to a tenth
    #[arg(long, value_name = "R", value_parser = positive, allow_negative_numbers = true)]
    learning_rate: Option<f64>,

    /// vae, mhvae: the variance of p(x|z), a number or \"learned\" [default: learned]
    #[arg(long, value_name = "V", value_parser = decoder_variance, allow_negative_numbers = true)]
    decoder_variance: Option<Variance>,

    /// mhvae: number of latents [default: 2]
    #[arg(long, value_name = "T", value_parser = whole(1, 16), allow_negative_numbers = true)]
    latents: Option<usize>,

    /// mhvae: share of training in which β rises to 1, so that no latent collapses; 0 for none [default: 0.5]
    #[arg(long, value_name = "SHARE", value_parser = share, allow_negative_numbers = true)]
    warm_up: Option<f64>,

    /// vdm: what the denoiser predicts [default: velocity]
    #[arg(long, value_enum, value_name = "WHAT")]
    predict: Option<Prediction>,

    /// vdm: the loss [default: elbo]
    #[arg(long, value_enum, value_name = "LOSS")]
    loss: Option<Loss>,

    /// vdm: number of diffusion steps, or \"continuous\" [default: 1000]
    #[arg(long, value_name = "T", value_parser = times, allow_negative_numbers = true)]
    times: Option<DiffusionTimes>,

    /// vdm: learn the log-SNR at both ends too
    #[arg(long)]
    learn_end_points: bool,

    #[command(flatten)]
    pub(crate) seed: SeedArgument,
}

impl TrainArguments {
    /// The settings of a VAE.
    pub(crate) fn vae(&self, toy: &Toy) -> learned::vae::Settings {
        let default = learned::vae::Settings::for_data(toy);
        learned::vae::Settings {
            decoder_variance: self.decoder_variance.unwrap_or(default.decoder_variance),
            steps: self.steps.unwrap_or(default.steps),
            batch: self.batch.unwrap_or(default.batch),
            learning_rate: self.learning_rate.unwrap_or(default.learning_rate),
            ..default
        }
    }

    /// The settings of a hierarchical VAE.
    pub(crate) fn mhvae(&self, toy: &Toy) -> learned::mhvae::Settings {
        let default = learned::mhvae::Settings::for_data(toy, self.latents.unwrap_or(2));
        learned::mhvae::Settings {
            data_variance: self.decoder_variance.unwrap_or(default.data_variance),
            warm_up: match self.warm_up {
                None => default.warm_up,
                Some(share) => (share > 0.0).then_some(WarmUp { share, ..WarmUp::default() }),
            },
            steps: self.steps.unwrap_or(default.steps),
            batch: self.batch.unwrap_or(default.batch),
            learning_rate: self.learning_rate.unwrap_or(default.learning_rate),
            ..default
        }
    }

    /// The settings of a diffusion model.
    pub(crate) fn vdm(&self) -> learned::vdm::Settings {
        let default = learned::vdm::Settings::default();
        learned::vdm::Settings {
            parameterisation: self.predict.map_or(default.parameterisation, Parameterisation::from),
            weighting: match self.loss {
                Some(Loss::Simple) => Weighting::Simple,
                _ => Weighting::Elbo { learn_end_points: self.learn_end_points },
            },
            diffusion_steps: match self.times {
                None => default.diffusion_steps,
                Some(DiffusionTimes::Steps(steps)) => Some(steps),
                Some(DiffusionTimes::Continuous) => None,
            },
            steps: self.steps.unwrap_or(default.steps),
            batch: self.batch.unwrap_or(default.batch),
            learning_rate: self.learning_rate.unwrap_or(default.learning_rate),
            ..default
        }
    }

    /// What a file of parameters says about the model beside them.
    pub(crate) fn about(&self) -> Vec<(&'static str, String)> {
        let mut about = vec![
            ("model", self.model.name().to_owned()),
            ("data", self.data.to_string()),
            ("seed", self.seed.seed.to_string()),
        ];
        let decoder_variance = || match self.decoder_variance {
            Some(Variance::Fixed(variance)) => ("decoder_variance", variance.to_string()),
            _ => ("decoder_variance", "learned".to_owned()),
        };
        match self.model {
            ModelName::Vae => about.push(decoder_variance()),
            ModelName::Mhvae => {
                about.extend([decoder_variance(), ("latents", self.latents.unwrap_or(2).to_string())]);
            }
            ModelName::Vdm => {
                let settings = self.vdm();
                let times =
                    settings.diffusion_steps.map_or("continuous".to_owned(), |steps| steps.to_string());
                let predicted = format!("{:?}", settings.parameterisation).to_lowercase();
                about.extend([("predict", predicted), ("times", times)]);
            }
        }
        about
    }

    /// Whether end points are to be learned from a loss that cannot teach them.
    pub(crate) fn teaches_the_simple_loss_end_points(&self) -> bool {
        self.learn_end_points && self.loss == Some(Loss::Simple)
    }

    /// The first option that the model has not, with the models that have it.
    pub(crate) fn misplaced(&self) -> Option<(&'static str, &'static str)> {
        let options = [
            ("--decoder-variance", self.decoder_variance.is_some(), &[ModelName::Vae, ModelName::Mhvae][..]),
            ("--latents", self.latents.is_some(), &[ModelName::Mhvae]),
            ("--warm-up", self.warm_up.is_some(), &[ModelName::Mhvae]),
            ("--predict", self.predict.is_some(), &[ModelName::Vdm]),
            ("--loss", self.loss.is_some(), &[ModelName::Vdm]),
            ("--times", self.times.is_some(), &[ModelName::Vdm]),
            ("--learn-end-points", self.learn_end_points, &[ModelName::Vdm]),
        ];
        let names = |of: &[ModelName]| match of {
            [ModelName::Vae, ..] => "vae and mhvae",
            [ModelName::Mhvae] => "mhvae",
            _ => "vdm",
        };
        options
            .into_iter()
            .find(|(_, given, of)| *given && !of.contains(&self.model))
            .map(|(option, _, of)| (option, names(of)))
    }
}

fn times(text: &str) -> Result<DiffusionTimes, String> {
    if text == "continuous" {
        return Ok(DiffusionTimes::Continuous);
    }
    let steps = whole(2, 10_000)(text).map(DiffusionTimes::Steps);
    steps.map_err(|reason| format!("{reason}, or \"continuous\""))
}

fn decoder_variance(text: &str) -> Result<Variance, String> {
    if text == "learned" {
        return Ok(Variance::Learned);
    }
    positive(text)
        .map(Variance::Fixed)
        .map_err(|_| "must be \"learned\" or a finite number above 0".to_owned())
}
