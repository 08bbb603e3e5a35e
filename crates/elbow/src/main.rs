//! `elbow`: the derivation from the VAE to diffusion models, on the command line.
//!
//! | file | what is here |
//! |---|---|
//! | `arguments` | what can be asked for |
//! | `welcome`, `check`, `explain`, `terms`, `variance` (and its `gradient`), `train`, `figures`, `explore`, `new_problem`, `completions` | the commands, one a file |
//! | `road` | the chapters, and which claims they are about |
//! | `select` | claims by id or by the beginning of one |
//! | `nearest` | the known word that may have been meant |
//! | `run` | claims checked side by side |
//! | `quiet` | work whose panics say nothing |
//! | `interrupt` | Ctrl-C while files are written |
//! | `place` | places where output goes, and what is wrong with one |
//! | `progress` | bars while something takes |
//! | `problem` | problem files: what they say, and the problem that is made of it |
//! | `memory` | how much memory is asked for at most |
//! | `columns` | aligned columns of numbers |
//! | `table`, `json` | what was found, to read and to read on |
//! | `terminal` | colours, widths, wrapping, readers that leave |
//! | `refusal` | bad input in one line, and output that cannot be written |

mod arguments;
mod check;
mod columns;
mod completions;
mod explain;
mod explore;
mod figures;
mod gradient;
mod interrupt;
mod json;
mod memory;
mod nearest;
mod new_problem;
mod place;
mod problem;
mod progress;
mod quiet;
mod refusal;
mod road;
mod run;
mod select;
mod table;
mod terminal;
mod terms;
mod train;
mod variance;
mod welcome;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
// The programs at the top choose the BLAS.
use linalg as _;

use arguments::{Arguments, Command};
use refusal::Refusal;
use terminal::IgnoreClosedPipe;

fn main() -> ExitCode {
    let out = &mut IgnoreClosedPipe(anstream::stdout().lock());
    answer(out).unwrap_or_else(|refusal| refusal.told())
}

/// Does what was asked for.
fn answer(out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let code = match Arguments::try_parse() {
        Ok(arguments) => carried_out(arguments.command, out),
        Err(error) => refusal::of_arguments(&error, out),
    }?;
    out.flush()?;
    Ok(code)
}

fn carried_out(command: Option<Command>, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    match command {
        None => welcome::welcome(out),
        Some(Command::Check(asked)) => check::check(&asked, out),
        Some(Command::Explain(asked)) => explain::explain(&asked, out),
        Some(Command::Terms(asked)) => terms::terms(&asked, out),
        Some(Command::Variance(asked)) => variance::variance(&asked, out),
        Some(Command::Train(asked)) => train::answer(&asked, out),
        Some(Command::Figures(asked)) => figures::figures(&asked, out),
        Some(Command::Explore(asked)) => explore::explore(&asked, out),
        Some(Command::NewProblem(asked)) => new_problem::new_problem(&asked, out),
        Some(Command::Completions(asked)) => completions::completions(asked.shell, out),
    }
}
