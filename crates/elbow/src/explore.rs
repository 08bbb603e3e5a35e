//! `elbow explore`: one page with sliders, from a table of exact numbers.

use std::io::Write;
use std::process::ExitCode;

use explore::Table;

use crate::arguments::ExploreArguments;
use crate::refusal::Refusal;
use crate::{place, progress};

/// Answers `elbow explore`.
pub(crate) fn explore(asked: &ExploreArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    place::of_file(&asked.out)?;
    let bar = progress::tabulating(Table::work());
    let page = explore::page(asked.data, &|done| progress::reach(&bar, done));
    bar.finish_and_clear();
    let page = page.map_err(|error| Refusal::BadInput(format!("--data {error}")))?;
    plot::write_whole(&asked.out, page.as_bytes())?;
    writeln!(out, "{}: open it in a browser", asked.out.display())?;
    Ok(ExitCode::SUCCESS)
}
