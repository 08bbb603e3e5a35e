//! `elbow check`: run the claims.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use claims::{Run, catalogue};

use crate::arguments::CheckArguments;
use crate::refusal::Refusal;
use crate::{json, run, select, table, terminal};

/// Checks what was asked for, and says what was found.
pub(crate) fn check(asked: &CheckArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let parts = select::chosen(catalogue::parts(), &asked.ids)?;
    let plan = Run::from(asked.run);
    let started = Instant::now();
    let checked = run::all(&parts, &plan);
    let seconds = started.elapsed().as_secs_f64();
    if asked.json {
        json::write(&checked, out)?;
    } else {
        table::write(&parts, &checked, terminal::width(), out)?;
        table::write_sum(&checked, &plan, seconds, out)?;
    }
    Ok(run::exit_code(&checked))
}
