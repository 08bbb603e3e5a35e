//! `elbow new-problem`: a problem file with a comment at every key, to be changed.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::refusal::Refusal;

/// Write a problem file with a comment at every key, to be changed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow new-problem vdm                       writes vdm.toml
  elbow new-problem mhvae --out lecture3.toml under another name
  elbow terms vdm.toml                        and then every term of its bound

A file that is there already is not overwritten.

Exit code: 0 done, 2 bad input.")]
pub(crate) struct NewProblemArguments {
    /// Which model
    #[arg(value_enum)]
    model: ModelName,

    /// The file [default: MODEL.toml]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ModelName {
    /// One latent
    Vae,
    /// A chain of latents, of any widths
    Mhvae,
    /// A diffusion model
    Vdm,
}

impl ModelName {
    fn template(self) -> &'static str {
        match self {
            Self::Vae => include_str!("new_problem/vae.toml"),
            Self::Mhvae => include_str!("new_problem/mhvae.toml"),
            Self::Vdm => include_str!("new_problem/vdm.toml"),
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Vae => "vae.toml",
            Self::Mhvae => "mhvae.toml",
            Self::Vdm => "vdm.toml",
        }
    }
}

/// Answers `elbow new-problem`.
pub(crate) fn new_problem(asked: &NewProblemArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let path = asked.out.clone().unwrap_or_else(|| asked.model.file().into());
    let refused = |reason: &str| Refusal::Problem(format!("{}: {reason}", path.display()));
    if path.is_dir() || path.file_name().is_none() {
        return Err(refused("is a folder, and a file is to be written there"));
    }
    if path.exists() {
        return Err(refused("is there already, and is left alone; --out names another file"));
    }
    plot::write_whole(&path, asked.model.template().as_bytes())
        .map_err(|error| Refusal::Problem(error.to_string()))?;
    let shown = path.display();
    writeln!(out, "{shown}: change it, then elbow terms {shown}")?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::file::{Model, parse};

    #[test]
    fn every_template_is_a_problem_of_its_model() {
        for model in ModelName::value_variants() {
            let problem = parse(model.template()).unwrap();
            let fits = matches!(
                (model, &problem.model),
                (ModelName::Vae, Model::Vae(_))
                    | (ModelName::Mhvae, Model::Mhvae(_))
                    | (ModelName::Vdm, Model::Vdm(..))
            );
            assert!(fits && problem.x.is_some(), "{model:?}");
            assert!(model.template().contains(&format!("elbow terms {}", model.file())), "{model:?}");
        }
    }

    /// What is said in comments to be possible is: each alternative put in the place of what it replaces.
    #[test]
    fn the_alternatives_in_comments_are_problems_too() {
        let vdm = ModelName::Vdm.template();
        let schedule = vdm.replace("alphas = [", "# alphas = [").replace("# schedule =", "schedule =");
        let bayes = schedule
            .replace("reverse = {", "# reverse = {")
            .replace("# reverse = \"", "reverse = \"")
            .replace("x = [0.8]", "")
            .replace("# [data]", "[data]")
            .replace("# preset", "preset");
        let parsed = parse(&bayes).unwrap();
        assert!(matches!(parsed.model, Model::BayesVdm(ref schedule, _) if schedule.steps() == 50));
        let vae = ModelName::Vae.template();
        let (_, own) = vae.split_once("#\n# [data]\n").unwrap();
        let own: Vec<&str> = own.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let with_data = vae.replace("[vae]", &format!("[data]\n{}\n\n[vae]", own.join("\n")));
        assert_eq!(parse(&with_data).unwrap().data.map(|data| data.len()), Some(2));
        for (_, width) in [("bimodal", 1), ("ring8", 2)] {
            let (model, x) = if width == 1 {
                (vae, "x = [0.8]")
            } else {
                (ModelName::Mhvae.template(), "x = [0.5, -0.2]")
            };
            let data =
                model.replace(x, "").replacen("# [data]", "[data]", 1).replacen("# preset", "preset", 1);
            assert_eq!(parse(&data).unwrap().data.map(|data| data.dim()), Some(width));
        }
    }
}
