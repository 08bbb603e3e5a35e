//! What can be asked of `elbow train`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mhvae::WarmUp;
use nn::Variance;
use toy::Preset;
use vdm::Parameterisation;
use vdm::training::{Times, Weighting};

use super::choices::{
    DiffusionTimes, DrawTimes, Loss, ModelName, Prediction, decoder_variance, log_snr, times,
};
use crate::arguments::SeedArgument;
use crate::arguments::values::{positive, share, whole};

/// Train a model on toy data, save it, and measure it against the exact truth
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  elbow train vae                                  on ring8, with the defaults
  elbow train mhvae --data bimodal --latents 3     three latents, on the line
  elbow train vdm --predict velocity --times 250   a denoiser that predicts v
  elbow train vdm --times continuous --learn-end-points
  elbow train vae --load trained/vae_ring8.safetensors   measure what was saved

Writes MODEL_DATA.safetensors and MODEL_DATA_curve.csv, .svg, .pdf, .png into the folder. The limit in the table is the
average log-likelihood of the data under their own law, which no ELBO exceeds. The data are mixtures of Gaussians;
moons are 64 of them along two moons.

Defaults: vae 4000 batches of 256 at 0.002; mhvae 12000 (6000 on the line) of 128 at 0.01; vdm 20000 of 64 at 0.003.
score and mean are written as -ε and -v, in units that do not grow: they are ε and v from another start.

Exit code: 0 done, 1 training diverged (the last good parameters are saved) or the output could not be written, 2 bad input.")]
pub(crate) struct TrainArguments {
    /// Which model
    #[arg(value_enum, value_name = "MODEL")]
    pub(crate) model: ModelName,

    /// The data: bimodal, trimodal, ring8, ring64, grid25, moons or spiral [default: ring8]
    #[arg(long, value_name = "PRESET")]
    data: Option<Preset>,

    /// Where the files go
    #[arg(long, value_name = "DIR", default_value = "trained")]
    pub(crate) out: PathBuf,

    /// Measure these parameters instead of training; what the model is stands in the file
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

    /// Widths of the hidden layers [default: vae and vdm 64,64; mhvae 32,32]
    #[arg(long, value_name = "W,…", value_delimiter = ',', value_parser = whole(1, 4096), allow_negative_numbers = true)]
    hidden: Option<Vec<usize>>,

    /// vae, mhvae: the variance of p(x|z), a number or "learned" [default: learned]
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

    /// vdm: how each row of a batch draws its step or time [default: spread]
    #[arg(long, value_enum, value_name = "HOW")]
    draw_times: Option<DrawTimes>,

    /// vdm: the loss [default: elbo]
    #[arg(long, value_enum, value_name = "LOSS")]
    loss: Option<Loss>,

    /// vdm: number of diffusion steps, or "continuous" [default: 1000]
    #[arg(long, value_name = "T", value_parser = times, allow_negative_numbers = true)]
    times: Option<DiffusionTimes>,

    /// vdm: log-SNR at the first and at the last level, before any training [default: 5 -5]
    #[arg(long, num_args = 2, value_names = ["FIRST", "LAST"], value_parser = log_snr, allow_negative_numbers = true)]
    log_snr: Option<Vec<f64>>,

    /// vdm: learn the log-SNR at both ends too
    #[arg(long)]
    learn_end_points: bool,

    #[command(flatten)]
    pub(crate) seed: SeedArgument,
}

impl TrainArguments {
    /// The data that are asked for.
    pub(crate) fn data(&self) -> Preset {
        self.data.unwrap_or(Preset::Ring8)
    }

    /// Their coordinates.
    fn dim(&self) -> usize {
        self.data().mixture().dim()
    }

    /// The settings of a VAE.
    pub(crate) fn vae(&self) -> learned::vae::Settings {
        let default = learned::vae::Settings::for_data(self.dim());
        learned::vae::Settings {
            hidden: self.hidden.clone().unwrap_or(default.hidden),
            decoder_variance: self.decoder_variance.unwrap_or(default.decoder_variance),
            steps: self.steps.unwrap_or(default.steps),
            batch: self.batch.unwrap_or(default.batch),
            learning_rate: self.learning_rate.unwrap_or(default.learning_rate),
            ..default
        }
    }

    /// The settings of a hierarchical VAE.
    pub(crate) fn mhvae(&self) -> learned::mhvae::Settings {
        let default = learned::mhvae::Settings::for_data(self.dim(), self.latents.unwrap_or(2));
        learned::mhvae::Settings {
            hidden: self.hidden.clone().unwrap_or(default.hidden),
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
            hidden: self.hidden.clone().unwrap_or(default.hidden),
            times: self.draw_times.map_or(default.times, Times::from),
            log_snr: match self.log_snr.as_deref() {
                Some([first, last]) => (*first, *last),
                _ => default.log_snr,
            },
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
        }
    }

    /// What a file of parameters says about the model beside them.
    pub(crate) fn about(&self) -> Vec<(&'static str, String)> {
        let mut about = vec![
            ("model", self.model.name().to_owned()),
            ("data", self.data().to_string()),
            ("seed", self.seed.seed.to_string()),
        ];
        let variance = |variance: Variance| match variance {
            Variance::Fixed(variance) => ("decoder_variance", variance.to_string()),
            Variance::Learned => ("decoder_variance", "learned".to_owned()),
        };
        let hidden = |hidden: &[usize]| {
            let widths: Vec<_> = hidden.iter().map(usize::to_string).collect();
            ("hidden", widths.join(","))
        };
        match self.model {
            ModelName::Vae => {
                let settings = self.vae();
                about.extend([hidden(&settings.hidden), variance(settings.decoder_variance)]);
            }
            ModelName::Mhvae => {
                let settings = self.mhvae();
                about.extend([hidden(&settings.hidden), variance(settings.data_variance)]);
                about.push(("latents", settings.latent_dims.len().to_string()));
            }
            ModelName::Vdm => {
                let settings = self.vdm();
                let times =
                    settings.diffusion_steps.map_or("continuous".to_owned(), |steps| steps.to_string());
                let predicted = Prediction::from(settings.parameterisation).name();
                about.extend([hidden(&settings.hidden), ("predict", predicted), ("times", times)]);
            }
        }
        about
    }

    /// Takes what is not asked for, and what the model is made of, from what was `saved` by key.
    pub(crate) fn complete<'a>(&mut self, saved: impl Fn(&str) -> Option<&'a str>) -> Result<(), String> {
        fn take<T>(
            asked: &mut Option<T>,
            key: &str,
            saved: Option<&str>,
            read: impl Fn(&str) -> Result<T, String>,
        ) -> Result<(), String> {
            if asked.is_none() {
                let text = saved.ok_or_else(|| format!("does not say its {key}"))?;
                *asked = Some(read(text).map_err(|reason| format!("{key} {text}: {reason}"))?);
            }
            Ok(())
        }
        let preset = |text: &str| text.parse::<Preset>().map_err(|error| error.to_string());
        let widths = |text: &str| text.split(',').map(whole(1, 4096)).collect::<Result<Vec<_>, _>>();
        take(&mut self.data, "data", saved("data"), preset)?;
        take(&mut self.hidden, "hidden", saved("hidden"), widths)?;
        if self.model != ModelName::Vdm {
            take(
                &mut self.decoder_variance,
                "decoder_variance",
                saved("decoder_variance"),
                decoder_variance,
            )?;
        }
        if self.model == ModelName::Mhvae {
            take(&mut self.latents, "latents", saved("latents"), whole(1, 16))?;
        }
        if self.model == ModelName::Vdm {
            take(&mut self.predict, "predict", saved("predict"), |text| Prediction::from_str(text, false))?;
            take(&mut self.times, "times", saved("times"), times)?;
        }
        Ok(())
    }

    /// Whether the options go together.
    ///
    /// # Errors
    /// The first that the model has not, or that has no meaning beside another, with the reason.
    pub(crate) fn check(&self) -> Result<(), String> {
        let model = self.model.name();
        let options = [
            ("--decoder-variance", self.decoder_variance.is_some(), "vae and mhvae"),
            ("--latents", self.latents.is_some(), "mhvae"),
            ("--warm-up", self.warm_up.is_some(), "mhvae"),
            ("--predict", self.predict.is_some(), "vdm"),
            ("--draw-times", self.draw_times.is_some(), "vdm"),
            ("--loss", self.loss.is_some(), "vdm"),
            ("--times", self.times.is_some(), "vdm"),
            ("--log-snr", self.log_snr.is_some(), "vdm"),
            ("--learn-end-points", self.learn_end_points, "vdm"),
        ];
        let has = |models: &str| models.split(" and ").any(|one| one == model);
        if let Some((option, _, models)) = options.iter().find(|(_, given, models)| *given && !has(models)) {
            return Err(format!("{option} is for {models}, and the model is {model}"));
        }
        let of_training = [
            ("--steps", self.steps.is_some()),
            ("--batch", self.batch.is_some()),
            ("--learning-rate", self.learning_rate.is_some()),
            ("--warm-up", self.warm_up.is_some()),
            ("--draw-times", self.draw_times.is_some()),
            ("--loss", self.loss.is_some()),
            ("--log-snr", self.log_snr.is_some()),
            ("--learn-end-points", self.learn_end_points),
        ];
        if let Some((option, _)) = of_training.iter().find(|(_, given)| *given && self.load.is_some()) {
            return Err(format!("{option} is for training, and with --load nothing is trained"));
        }
        if self.learn_end_points && self.loss == Some(Loss::Simple) {
            let reason = "the simple loss is no bound, and least where predicting is easy";
            return Err(format!("--learn-end-points needs --loss elbo: {reason}"));
        }
        Ok(())
    }
}
