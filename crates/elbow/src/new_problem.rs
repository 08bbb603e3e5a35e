//! `elbow new-problem`: a problem file with a comment at every key, to be changed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::place;
use crate::refusal::Refusal;

/// Write a problem file with a comment at every key, to be changed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elbow new-problem vdm                       writes vdm.toml
  elbow new-problem mhvae --out lecture3.toml under another name
  elbow terms vdm.toml                        and then every term of its bound

A file that is there already is not overwritten.

Exit code: 0 done, 1 the output could not be written, 2 bad input.")]
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
    place::of_file(&path)?;
    write_new(&path, asked.model.template()).map_err(|error| refusal(&path, &error))?;
    let shown = path.display();
    writeln!(out, "{shown}: change it, then elbow terms {shown}")?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a file of a name that nothing has: not a file, not a link that leads nowhere.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        // No half of a file stays. The reason to report is why writing failed, not whether that could be removed.
        let _ = fs::remove_file(path);
    })
}

/// A name that is taken is bad input.
fn refusal(path: &Path, error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::AlreadyExists => Refusal::BadInput(format!(
            "{}: is there already, and is left alone; --out names another file",
            path.display()
        )),
        _ => Refusal::Unwritten(format!("cannot write {}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::file::{Model, parse};
    use toy::Preset;

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
        // Every preset is named in the comment, and each that is as wide as the model in place of the one that stands there.
        let mhvae = ModelName::Mhvae.template();
        for (model, x, named) in [(vae, "x = [0.8]", "bimodal"), (mhvae, "x = [0.5, -0.2]", "ring8")] {
            let data =
                model.replace(x, "").replacen("# [data]", "[data]", 1).replacen("# preset", "preset", 1);
            let line = data.lines().find(|line| line.starts_with("preset")).unwrap();
            assert!(line.starts_with(&format!("preset = \"{named}\" ")), "{line}");
            assert!(Preset::ALL.iter().all(|preset| line.contains(preset.name())), "{line}");
            let width = named.parse::<Preset>().unwrap().mixture().dim();
            for preset in Preset::ALL.into_iter().filter(|preset| preset.mixture().dim() == width) {
                let own = data.replace(&format!("\"{named}\""), &format!("\"{preset}\""));
                assert_eq!(parse(&own).unwrap().data.unwrap().len(), preset.mixture().len(), "{preset}");
            }
        }
    }
}
