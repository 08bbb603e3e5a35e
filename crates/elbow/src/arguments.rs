//! What can be asked for.

pub(crate) mod values;

use std::path::PathBuf;

use claims::Run;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use plot::{Format, Theme};
use toy::Preset;

use crate::figures::millimetres;
use crate::new_problem::NewProblemArguments;
use crate::train::TrainArguments;
use values::{cases, samples, seed};

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
  elbow figures                           the lecture figures, with captions and data
  elbow train vdm                         a model learned from toy data, against the exact truth
  elbow explore                           one page with sliders: the bound and its terms
  elbow new-problem vdm                   a problem file with a comment at every key, to be changed

Exit code: 0 done and all as claimed, 1 a claim failed, a training diverged or the output could not be written,
2 bad input."
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
    Figures(FiguresArguments),
    Explore(ExploreArguments),
    NewProblem(NewProblemArguments),
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
1 a claim failed or the output could not be written, 2 bad input.")]
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

/// Explain one claim: statement, source, why it holds, what is compared, chapters and figures; then check it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow explain D4             why it holds, what is compared with what, and what was found
  elbow explain R1             a line that is false: where, by how much, and the line that is true
  elbow explain R1 --seed 7    the same, found from other random problems
  elbow explain D4 --json      for a script

Exit code: 0 as claimed, 1 the claim failed or the output could not be written, 2 bad input.")]
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

Exit code: 0 done, 1 the output could not be written, 2 bad input.")]
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

Exit code: 0 done, 1 the output could not be written, 2 bad input.")]
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

/// Write one page with sliders: T, the schedule, the reverse model, t and x_t move, the bound and its terms follow
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow explore                                 writes elbow-explore.html
  elbow explore --data trimodal --out tri.html  three modes

One file that needs no network and no server: open it in a browser. Every number on it is exact and was computed
here; the address keeps the setting, so that a setting can be linked.

Exit code: 0 done, 1 the output could not be written, 2 bad input.")]
pub(crate) struct ExploreArguments {
    /// The data: bimodal or trimodal
    #[arg(long, value_name = "PRESET", default_value_t = Preset::Bimodal)]
    pub(crate) data: Preset,

    /// The page
    #[arg(long, value_name = "FILE", default_value = "elbow-explore.html")]
    pub(crate) out: PathBuf,
}

/// Draw the lecture figures, each with its data, its caption and the claims that it shows
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow figures                                 all of them, as SVG, PDF and PNG, into figures/
  elbow figures --list                          what there is
  elbow figures schedules bridge                two of them
  elbow figures bridge --width 8cm --format pdf to fit a column of a document
  elbow figures --theme dark --out slides       for dark slides
  elbow figures gan --json                      files, caption and claims, for a script

--width lays a figure out anew, its type at the same size; panels that get too narrow go below each other.
Themes: light; dark, on #1e1e1e; print, in black and greys that differ by dashes and markers too.
The same seed draws the same files. All of them together also write a page that shows them, README.md.

Exit code: 0 done, 1 a training diverged or the output could not be written, 2 bad input, 130 Ctrl-C: what is there is whole.")]
pub(crate) struct FiguresArguments {
    /// The figures, by name. Without any: all
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// Name the figures, and draw none
    #[arg(long)]
    pub(crate) list: bool,

    /// Kinds of files: svg, pdf, png
    #[arg(long = "format", value_name = "KIND", value_delimiter = ',', default_values_t = Format::ALL)]
    formats: Vec<Format>,

    /// The folder
    #[arg(long, value_name = "DIR", default_value = "figures")]
    pub(crate) out: PathBuf,

    /// Width on paper: 8cm, 120mm, 3.5in, 240pt [default: that of each figure]
    #[arg(long, value_name = "LENGTH", value_parser = millimetres, allow_negative_numbers = true)]
    pub(crate) width: Option<f64>,

    /// Colours: light, dark or print
    #[arg(long, value_name = "THEME", default_value_t = Theme::Light)]
    pub(crate) theme: Theme,

    /// Print one JSON document instead of what was written
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) seed: SeedArgument,
}

impl FiguresArguments {
    /// Each kind once, in the order of [`Format::ALL`].
    pub(crate) fn formats(&self) -> Vec<Format> {
        Format::ALL.into_iter().filter(|format| self.formats.contains(format)).collect()
    }
}

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow completions bash > ~/.local/share/bash-completion/completions/elbow
  elbow completions zsh > ~/.zfunc/_elbow
  elbow completions fish > ~/.config/fish/completions/elbow.fish

Exit code: 0 done, 1 the output could not be written, 2 bad input.")]
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }
}
