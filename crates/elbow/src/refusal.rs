//! Why a command was not carried out, in one line.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use nn::TrainingError;
use plot::PlotError;

use crate::interrupt::STOPPED;

/// Exit code of bad input.
const BAD_INPUT: u8 = 2;

/// Exit code of a training that diverged and of output that could not be written: the input was good, and a script must not
/// take what it has for what it asked for. A place where nothing can be written is bad input, where that is seen at once.
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
    /// A file, an option or a place cannot be used: which, and the reason.
    #[error("{0}")]
    BadInput(String),
    /// A file could not be written, and what was computed for it is lost: which, and the reason.
    #[error("{0}")]
    Unwritten(String),
    /// Training ended early.
    #[error("{error}; {kept}")]
    Diverged {
        /// Step and term.
        error: TrainingError,
        /// What was saved, and where.
        kept: String,
    },
    /// What was trained leads to numbers that are none: which.
    #[error("{0}")]
    Unmeasured(String),
    /// Standard output cannot be written.
    #[error("standard output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl From<PlotError> for Refusal {
    /// What was to be drawn is ours, so that only writing it can fail.
    fn from(error: PlotError) -> Self {
        Self::Unwritten(error.to_string())
    }
}

impl Refusal {
    /// Says so on standard error.
    pub(crate) fn told(&self) -> ExitCode {
        tell(&self.to_string());
        ExitCode::from(match self {
            Refusal::UnknownId { .. }
            | Refusal::SeveralClaims { .. }
            | Refusal::UnknownFigure { .. }
            | Refusal::BadInput(_) => BAD_INPUT,
            Refusal::Diverged { .. }
            | Refusal::Undrawn(..)
            | Refusal::Unwritten(_)
            | Refusal::Unmeasured(_)
            | Refusal::Output(_) => NOT_DONE,
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
    let _ = writeln!(io::stderr(), "elbow: {}", one_line(what));
}

/// Words with a space between them. What a file or an argument says may be told, but not do anything to a terminal.
fn one_line(what: &str) -> String {
    let words = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    words.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_one_line_that_moves_no_terminal() {
        assert_eq!(one_line("a\nkey\t\u{1b}[31m = ᾱ"), "a key \\u{1b}[31m = ᾱ");
    }

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
