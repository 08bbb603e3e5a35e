//! What can be asked for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use claims::Run;
use clap::Parser;
use clap::error::ErrorKind;

use crate::refusal::Refusal;

/// Typesets the derivation as a handout: formulas, figures, and beside each step what was checked
#[derive(Debug, Parser)]
#[command(name = "handout", version)]
pub(crate) struct Arguments {
    /// Where the handout is written
    #[arg(long, value_name = "FILE", default_value = "figures/handout.pdf")]
    pub(crate) out: PathBuf,

    /// Random problems for each claim
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) cases: u32,

    /// Where problems, samples and figures come from
    #[arg(long, value_name = "S", default_value_t = Run::default().seed)]
    pub(crate) seed: u64,

    /// Leave out claims and figures that the text names and that are not there, instead of refusing
    #[arg(long)]
    pub(crate) draft: bool,
}

impl Arguments {
    /// Those of the command line; none if it asked for help or the version, which were then given.
    ///
    /// # Errors
    /// What is wrong with them, in one line.
    pub(crate) fn read() -> Result<Option<Self>, Refusal> {
        match Self::try_parse() {
            Ok(arguments) => Ok(Some(arguments)),
            Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                print!("{error}");
                Ok(None)
            }
            Err(error) => Err(Refusal::Arguments(in_one_line(&error.to_string()))),
        }
    }

    /// How thoroughly to check.
    pub(crate) fn run(&self) -> Run {
        Run { cases: self.cases, seed: self.seed }
    }
}

/// What clap says first, without its own `error:` and without the usage below.
fn in_one_line(said: &str) -> String {
    let first = said.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Refuses a place at which no file can be written, before minutes are spent on what should stand there.
///
/// # Errors
/// [`Refusal::Unwritable`] with the reason.
pub(crate) fn writable(out: &Path) -> Result<(), Refusal> {
    let refused = |source| Refusal::Unwritable { path: out.to_owned(), source };
    if out.file_name().is_none() || out.is_dir() {
        return Err(refused(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")));
    }
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(refused)?;
    let probe = folder.join(format!(".handout.{}.part", std::process::id()));
    fs::write(&probe, []).and_then(|()| fs::remove_file(&probe)).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_well_formed() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_refusal_of_arguments_is_one_line() {
        let error = Arguments::try_parse_from(["handout", "--cases", "0"]).unwrap_err();
        let line = in_one_line(&error.to_string());
        assert!(line.starts_with("invalid value '0' for '--cases <N>'"), "{line}");
        assert!(!line.contains('\n'));
    }

    /// A new folder, removed at the end of what is done in it.
    fn in_a_folder(name: &str, done: impl FnOnce(&Path)) {
        let folder = std::env::temp_dir().join(format!("handout-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        done(&folder);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_folder_is_no_file() {
        in_a_folder("place", |folder| {
            assert!(matches!(writable(folder), Err(Refusal::Unwritable { .. })));
            assert!(writable(&folder.join("new/handout.pdf")).is_ok());
            assert_eq!(fs::read_dir(folder.join("new")).unwrap().count(), 0, "the probe is removed");
        });
    }

    #[test]
    fn there_is_no_folder_below_a_file() {
        in_a_folder("file", |folder| {
            let file = folder.join("file");
            fs::write(&file, []).unwrap();
            assert!(writable(&file.join("handout.pdf")).is_err());
        });
    }
}
