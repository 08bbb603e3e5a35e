//! `elbow explore`: one page with sliders, from a table of exact numbers.

use std::io::Write;
use std::process::ExitCode;

use explore::Table;

use crate::arguments::ExploreArguments;
use crate::progress;
use crate::refusal::Refusal;

/// Answers `elbow explore`.
pub(crate) fn explore(asked: &ExploreArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let refused = |reason: String| Refusal::Problem(format!("{}: {reason}", asked.out.display()));
    // Before any time is spent on what cannot be written.
    if asked.out.is_dir() || asked.out.file_name().is_none() {
        return Err(refused("is a folder, and a file is to be written there".to_owned()));
    }
    let bar = progress::tabulating(Table::work());
    let page = explore::page(asked.data, &|done| progress::reach(&bar, done));
    bar.finish_and_clear();
    let page = page.map_err(|error| Refusal::Problem(format!("--data {error}")))?;
    plot::write_whole(&asked.out, page.as_bytes()).map_err(|error| Refusal::Problem(error.to_string()))?;
    writeln!(out, "{}: open it in a browser", asked.out.display())?;
    Ok(ExitCode::SUCCESS)
}
