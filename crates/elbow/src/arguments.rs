//! What can be asked for.

use std::num::IntErrorKind;
use std::path::PathBuf;

use claims::Run;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use learned::Toy;
use nn::Variance;
use toy::Preset;
use vdm::Parameterisation;
use vdm::training::Weighting;

/// More random problems than this for each claim would take days.
const MOST_CASES: u32 = 1_000_000;

/// The derivation from the VAE to diffusion models, as claims that are checked with numbers
///
/// On its own it says what there is and what to try.
#[derive(Debug, Parser)]
#[command(
    name = "elbow",
    version,
    after_help = "\
Examples:
  elbow                                   what there is and what to try next
  elbow check                             every claim, in a table
  elbow check D --cases 64                one part, with fewer random problems
  elbow explain D4                        one claim: why it holds and what is compared
  elbow terms problems/vdm.toml           a problem of your own: every term, exact and by Monte Carlo
  elbow variance problems/six_steps.toml  the variance and cost of every estimator of its bound
  elbow train vdm                         a model learned from toy data, against the exact truth"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(CheckArguments),
    Explain(ExplainArguments),
    Terms(TermsArguments),
    Variance(VarianceArguments),
    Train(TrainArguments),
    Completions(CompletionsArguments),
}

/// Check the claims: verdict, error, cases and time of each
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow check                          every claim
  elbow check D9                       D9, D9a, D9b, … (not D90)
  elbow check A R --cases 64 --seed 7  two parts, with other and fewer problems
  elbow check --json > findings.json   for a script

A row reads: id, verdict, largest relative error against the tolerance, problems tried or samples
drawn, seconds, statement. Below a refuted line stands where it fails and which line is true.
An error that is no number is 1.7976931348623157e308 in JSON, the largest number there is.

Exit code: 0 all as claimed (what should hold holds, what should be refuted is refuted),
1 a claim failed or the findings cannot be written, 2 bad input.")]
pub(crate) struct CheckArguments {
    /// Claims by id (D9a), or all that begin so: D9, D. Without any: all claims
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,

    /// Print one JSON document instead of the table
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// Explain one claim: statement, source, why it holds, what is compared and where; then check it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow explain D4             why it holds, what is compared with what, and what was found
  elbow explain R1             a line that is false: where, by how much, and the line that is true
  elbow explain R1 --seed 7    the same, found from other random problems
  elbow explain D4 --json      for a script

Exit code: 0 as claimed, 1 the claim failed or the finding cannot be written, 2 bad input.")]
pub(crate) struct ExplainArguments {
    /// The claim, by its id
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    /// Print one JSON document instead of the text
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// Every term of the bound of one problem: exact, and by Monte Carlo with standard errors
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow terms problems/vdm.toml                    every form of the bound, in nats
  elbow terms problems/vae.toml --samples 1000000  with smaller standard errors
  elbow terms problems/mhvae.toml --json           one JSON document for a script

ELBO = reconstruction - prior_matching - the sum of the matching terms. The exact values come from formulas,
with the best denoiser (reverse = \"bayes\") from quadrature; Monte Carlo evaluates the terms on paths.

Exit code: 0 done, 2 bad input.")]
pub(crate) struct TermsArguments {
    /// The problem file
    #[arg(value_name = "PROBLEM.toml")]
    pub(crate) problem: PathBuf,

    /// Print one JSON document instead of the tables
    #[arg(long)]
    pub(crate) json: bool,

    /// Samples of each estimate
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = samples, allow_negative_numbers = true)]
    pub(crate) samples: u64,

    #[command(flatten)]
    pub(crate) seed: SeedArgument,
}

/// Mean, bias, variance and cost of every estimator of the bound of one problem
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow variance problems/six_steps.toml          every form under every sampling scheme
  elbow variance problems/fifty_steps.toml --json one JSON document for a script
  elbow variance problems/vdm.toml --gradient     the gradient with respect to the reverse model instead

path: one chain of latents serves all terms. independent: every term draws its own variables afresh.
one_step: reconstruction, prior matching, and one matching term at uniform t, times their number.
one_step_…: the ladder above it. Exact where every term is a quadratic of Gaussian variables.

Exit code: 0 done, 2 bad input.")]
pub(crate) struct VarianceArguments {
    /// The problem file
    #[arg(value_name = "PROBLEM.toml")]
    pub(crate) problem: PathBuf,

    /// Print one JSON document instead of the table
    #[arg(long)]
    pub(crate) json: bool,

    /// The exact variance of estimators of the gradient with respect to the reverse model, instead
    #[arg(long)]
    pub(crate) gradient: bool,

    /// Samples of each estimate
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = samples, allow_negative_numbers = true)]
    pub(crate) samples: u64,

    #[command(flatten)]
    pub(crate) seed: SeedArgument,
}

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

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow completions bash > ~/.local/share/bash-completion/completions/elbow
  elbow completions zsh > ~/.zfunc/_elbow
  elbow completions fish > ~/.config/fish/completions/elbow.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// How thoroughly to check.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct RunArguments {
    /// Random problems for each claim that tries problems; a false line is searched on 256 at least
    #[arg(long, value_name = "N", default_value_t = Run::default().cases, value_parser = cases, allow_negative_numbers = true)]
    cases: u32,

    #[command(flatten)]
    seed: SeedArgument,
}

/// Where everything random begins.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct SeedArgument {
    /// Where problems and samples come from: the same seed, the same numbers
    #[arg(long, value_name = "S", default_value_t = Run::default().seed, value_parser = seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
}

impl From<RunArguments> for Run {
    fn from(asked: RunArguments) -> Self {
        Run { cases: asked.cases, seed: asked.seed.seed }
    }
}

/// A whole number in a range.
fn whole(least: usize, most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| match text.parse::<usize>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("must be a whole number from {least} to {most}")),
    }
}

/// A finite number above 0.
fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("must be a finite number above 0".to_owned()),
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

/// More samples than this take days.
const MOST_SAMPLES: u64 = 100_000_000_000;

/// A number of samples that has a standard error and ends.
fn samples(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(samples @ 2..=MOST_SAMPLES) => Ok(samples),
        Ok(0 | 1) => Err("must be at least 2: fewer have no standard error".to_owned()),
        _ => Err(format!("must be a whole number from 2 to {MOST_SAMPLES}: more would take days")),
    }
}

/// A number of random problems that can be tried.
fn cases(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(0) => Err("must be at least 1: a claim that is tried on no problem is not checked".to_owned()),
        Ok(cases) if cases <= MOST_CASES => Ok(cases),
        Ok(_) => Err(too_many()),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Err(too_many()),
        Err(_) => Err(format!("must be a whole number from 1 to {MOST_CASES}")),
    }
}

fn too_many() -> String {
    format!("must be at most {MOST_CASES}: more would take days")
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("must be a whole number from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_number_of_cases_is_from_one_to_a_million() {
        assert_eq!(cases("1"), Ok(1));
        assert_eq!(cases("1000000"), Ok(1_000_000));
        for refused in ["0", "1000001", "99999999999999999999", "-3", "2.5", "many", ""] {
            assert!(cases(refused).is_err(), "{refused}");
        }
    }
}
