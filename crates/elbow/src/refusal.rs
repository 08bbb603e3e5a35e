//! Why a command was not carried out, in one line.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use nn::TrainingError;

use crate::interrupt::STOPPED;

/// Exit code of bad input.
const BAD_INPUT: u8 = 2;

/// Exit code of a training that diverged and of output that cannot be written: the input was good, and a script must not
/// take what it has for what it asked for.
const NOT_DONE: u8 = 1;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// No claim has an id that begins so.
    #[error("no claim {id}{}", nearest.as_ref().map_or(String::new(), |near| format!("; the nearest is {near}")))]
    UnknownId {
        /// What was asked for.
        id: String,
        /// The id that is most like it.
        nearest: Option<String>,
    },
    /// One claim is to be named, and several ids begin so.
    #[error("{id} is more than one claim: {}", known.join(", "))]
    SeveralClaims {
        /// What was asked for.
        id: String,
        /// All that begin so.
        known: Vec<String>,
    },
    /// No figure has this name.
    #[error("no figure {name}{}; elbow figures --list names them", nearest.as_ref().map_or(String::new(), |near| format!("; the nearest is {near}")))]
    UnknownFigure {
        /// What was asked for.
        name: String,
        /// The name that is most like it.
        nearest: Option<String>,
    },
    /// A figure could not be computed, laid out or written.
    #[error("figure {0}: {1}")]
    Undrawn(&'static str, String),
    /// Ctrl-C: what was done before.
    #[error("stopped; {0}")]
    Interrupted(String),
    /// A problem file cannot be used: file, key, reason.
    #[error("{0}")]
    Problem(String),
    /// Training ended early.
    #[error("{error}; {kept}")]
    Diverged {
        /// Step and term.
        error: TrainingError,
        /// What was saved, and where.
        kept: String,
    },
    /// Standard output cannot be written.
    #[error("standard output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Refusal {
    /// Says so on standard error.
    pub(crate) fn told(&self) -> ExitCode {
        tell(&self.to_string());
        ExitCode::from(match self {
            Refusal::UnknownId { .. }
            | Refusal::SeveralClaims { .. }
            | Refusal::UnknownFigure { .. }
            | Refusal::Problem(_) => BAD_INPUT,
            Refusal::Diverged { .. } | Refusal::Undrawn(..) | Refusal::Output(_) => NOT_DONE,
            Refusal::Interrupted(_) => STOPPED,
        })
    }
}

/// What clap has to say: help and version go `out`, all else is bad input.
pub(crate) fn of_arguments(error: &clap::Error, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            write!(out, "{}", error.render().ansi())?;
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            tell(&in_one_line(&error.render().to_string()));
            Ok(ExitCode::from(BAD_INPUT))
        }
    }
}

/// clap's message without its heading, its usage and its empty lines.
fn in_one_line(message: &str) -> String {
    let said = message
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"));
    let parts: Vec<&str> = said.filter(|line| !line.is_empty()).collect();
    let joined = parts.join(" ").replace(" tip: ", "; ");
    joined.strip_prefix("error: ").unwrap_or(&joined).to_owned()
}

/// One line on standard error. If that cannot be written either, the exit code must do.
fn tell(what: &str) {
    let line = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = writeln!(io::stderr(), "elbow: {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claps_paragraphs_become_one_line() {
        let message = "error: unexpected argument '--jsn' found\n\n  tip: a similar argument exists: '--json'\n\n\
                       Usage: elbow check <--json>\n\nFor more information, try '--help'.\n";
        assert_eq!(
            in_one_line(message),
            "unexpected argument '--jsn' found; a similar argument exists: '--json'"
        );
    }
}
