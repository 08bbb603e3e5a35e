//! Aligned columns of numbers.

use comfy_table::{CellAlignment, Table, TableComponent, presets::NOTHING};
use montecarlo::Estimate;

/// Rows of a long list that are shown at its beginning and at its end.
const SHOWN: (usize, usize) = (12, 3);

/// A table with its first column to the left and the others, numbers, to the right.
pub(crate) fn columns<const N: usize>(header: [&str; N], rows: Vec<[String; N]>) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table
        .set_style(TableComponent::HeaderLines, '─')
        .set_style(TableComponent::MiddleHeaderIntersections, '─');
    table.set_header(header).add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The first and the last rows of a long list, and how many stand between.
pub(crate) fn elided<const N: usize>(rows: Vec<[String; N]>) -> Vec<[String; N]> {
    let hidden = rows.len().saturating_sub(SHOWN.0 + SHOWN.1);
    if hidden <= 1 {
        return rows;
    }
    let end = rows.len() - SHOWN.1;
    let mut gap = [const { String::new() }; N];
    gap[0] = format!("… {hidden} more, all with --json");
    let (first, last) = (rows[..SHOWN.0].to_vec(), rows[end..].to_vec());
    first.into_iter().chain([gap]).chain(last).collect()
}

/// An exact number, or a dash where there is none.
pub(crate) fn exact(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{:.10}", value + 0.0))
}

/// An estimate with its standard error, or the value alone where nothing is random.
pub(crate) fn estimated(estimate: &Estimate) -> String {
    if is_constant(estimate) { format!("{:.6}", estimate.mean) } else { estimate.to_string() }
}

/// Whether the standard error is rounding.
fn is_constant(estimate: &Estimate) -> bool {
    estimate.std_err <= 1e-12 * estimate.mean.abs()
}

/// How many standard errors an estimate lies from the exact value; a dash where nothing is random.
pub(crate) fn deviation(exact: Option<f64>, estimate: &Estimate) -> String {
    match exact {
        Some(exact) if !is_constant(estimate) => format!("{:+.2}", estimate.deviation(exact)),
        _ => "–".to_owned(),
    }
}
