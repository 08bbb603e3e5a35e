//! `elbow`: the derivation from the VAE to diffusion models, on the command line.
//!
//! | file | what is here |
//! |---|---|
//! | `arguments` | what can be asked for |
//! | `welcome`, `check`, `explain`, `completions` | the commands, one a file |
//! | `select` | claims by id, by the beginning of one, or the nearest known one |
//! | `run` | claims checked side by side, a bar while it takes |
//! | `table`, `json` | what was found, to read and to read on |
//! | `paper` | colours, widths, wrapping, readers that leave |
//! | `refusal` | bad input in one line |

mod arguments;
mod check;
mod columns;
mod completions;
mod explain;
mod json;
mod paper;
mod problem;
mod progress;
mod refusal;
mod run;
mod select;
mod table;
mod terms;
mod variance;
mod welcome;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
// The programs at the top choose the BLAS.
use linalg as _;

use arguments::{Arguments, Command};
use paper::Patient;
use refusal::Refusal;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refusal::of_arguments(&error),
    };
    answer(arguments.command, &mut Patient(anstream::stdout().lock()))
        .unwrap_or_else(|refusal| refusal.told())
}

/// Does what was asked for.
fn answer(command: Option<Command>, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let code = match command {
        None => welcome::welcome(out),
        Some(Command::Check(asked)) => check::check(&asked, out),
        Some(Command::Explain(asked)) => explain::explain(&asked, out),
        Some(Command::Terms(asked)) => terms::terms(&asked, out),
        Some(Command::Variance(asked)) => variance::variance(&asked, out),
        Some(Command::Completions(asked)) => completions::completions(asked.shell, out),
    }?;
    out.flush()?;
    Ok(code)
}
