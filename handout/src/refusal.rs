//! Why there is no handout, in one line.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use figures::lecture::FigureError;
use plot::PlotError;

use crate::caption::CaptionError;

/// Exit code of whatever keeps the handout from being written.
const REFUSED: u8 = 2;

/// Why there is no handout.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The command line asks for something that there is not.
    #[error("{0}")]
    Arguments(String),
    /// The text names claims or figures that are not there.
    #[error("the text asks for what is not there: {}; --draft leaves it out", .0.join(", "))]
    Missing(Vec<String>),
    /// The handout has no place.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// Where it should be.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A claim that the text rests on did not turn out as it says.
    #[error("claim {id} failed: {why}")]
    Failed {
        /// Its id.
        id: String,
        /// What was found.
        why: String,
    },
    /// A figure could not be computed.
    #[error("figure {name}: {error}")]
    Figure {
        /// Its name.
        name: &'static str,
        /// Why.
        error: FigureError,
    },
    /// A caption has a formula that cannot be read.
    #[error("caption of figure {name}: {error}")]
    Caption {
        /// Name of the figure.
        name: &'static str,
        /// Why.
        error: CaptionError,
    },
    /// A figure cannot be drawn at the width of the page, or the handout cannot be written.
    #[error("{0}")]
    Plot(#[from] PlotError),
    /// The text cannot be typeset.
    #[error("{0}")]
    Typesetting(String),
}

impl Refusal {
    /// Says so on standard error.
    pub(crate) fn told(&self) -> ExitCode {
        eprintln!("error: {self}");
        ExitCode::from(REFUSED)
    }
}
