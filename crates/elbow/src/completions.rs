//! `elbow completions`: what a shell needs to complete a command line.

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::refusal::Refusal;

/// Prints the completion script of a shell.
pub(crate) fn completions(shell: Shell, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    // Into memory first: clap panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "elbow", &mut script);
    out.write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
