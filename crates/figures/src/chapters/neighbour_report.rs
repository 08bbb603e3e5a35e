//! The table of the chapter `neighbours`: what was found beside what theory says.

use comfy_table::{CellAlignment, Table, TableComponent, presets::NOTHING};
use montecarlo::Estimate;
use plot::Figure;

/// What one neighbour has to show.
#[derive(Clone, Debug)]
pub struct Page {
    /// Title in the table.
    pub title: &'static str,
    /// Numbers beside their theory.
    pub rows: Vec<Row>,
    /// The figure.
    pub figure: Figure,
}

/// One number beside its theory.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is.
    pub quantity: String,
    /// What was found.
    pub found: Found,
    /// What theory says.
    pub theory: Theory,
}

/// What theory says of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Theory {
    /// It is this.
    Is(f64),
    /// It is this or more.
    AtLeast(f64),
    /// It is this or less.
    AtMost(f64),
    /// Nothing: a number to be compared with others of the page.
    Silent,
}

impl From<f64> for Theory {
    fn from(value: f64) -> Self {
        Self::Is(value)
    }
}

/// A number that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found {
    /// With a standard error.
    Estimated(Estimate),
    /// Without chance: an optimisation that should arrive, a quadrature.
    Computed(f64),
}

impl Row {
    /// An estimate beside its theory.
    pub fn estimated(quantity: impl Into<String>, estimate: Estimate, theory: impl Into<Theory>) -> Self {
        Self { quantity: quantity.into(), found: Found::Estimated(estimate), theory: theory.into() }
    }

    /// A number without chance beside its theory.
    pub fn computed(quantity: impl Into<String>, value: f64, theory: impl Into<Theory>) -> Self {
        Self { quantity: quantity.into(), found: Found::Computed(value), theory: theory.into() }
    }

    /// The number, its theory, and how far apart they are: in standard errors where there is one. Of a bound it is said
    /// whether it holds, if need be by chance: within three standard errors.
    fn cells(&self) -> [String; 4] {
        let (found, value, slack) = match self.found {
            Found::Estimated(e) => (e.to_string(), e.mean, 3.0 * e.std_err),
            Found::Computed(value) => (shown(value), value, 0.0),
        };
        let verdict = |holds: bool| if holds { "holds" } else { "does not hold" }.to_owned();
        let (theory, deviation) = match (self.theory, self.found) {
            (Theory::Is(theory), Found::Estimated(e)) => {
                (shown(theory), format!("{:+.1} s.e.", e.deviation(theory)))
            }
            (Theory::Is(theory), Found::Computed(value)) => {
                (shown(theory), format!("{:+.0e}", value - theory + 0.0))
            }
            (Theory::AtLeast(least), _) => (format!("≥ {}", shown(least)), verdict(value >= least - slack)),
            (Theory::AtMost(most), _) => (format!("≤ {}", shown(most)), verdict(value <= most + slack)),
            (Theory::Silent, _) => ("–".to_owned(), "–".to_owned()),
        };
        [format!("  {}", self.quantity), found, theory, deviation]
    }
}

/// Six significant digits, or the power of ten of what is tiny.
fn shown(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        v if v.abs() < 1e-4 => format!("{v:.0e}"),
        v => format!("{v:.*}", (5.0 - v.abs().log10().floor()).clamp(0.0, 6.0) as usize),
    }
}

/// All pages in one table.
pub fn table(pages: &[Page]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(NOTHING)
        .set_style(TableComponent::HeaderLines, '─')
        .set_style(TableComponent::MiddleHeaderIntersections, '─')
        .set_header(["", "found", "theory", "deviation"]);
    for page in pages {
        table.add_row([page.title, "", "", ""]);
        table.add_rows(page.rows.iter().map(Row::cells));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_how_far_apart_its_numbers_are() {
        let estimate = Estimate { mean: 1.25, std_err: 0.1, samples: 9 };
        assert_eq!(
            Row::estimated("a", estimate, 1.0).cells(),
            ["  a", "1.25 ± 0.10", "1.00000", "+2.5 s.e."]
        );
        assert_eq!(Row::computed("b", 20.0, 20.0 - 2f64.powi(-20)).cells()[3], "+1e-6");
        assert_eq!(Row::computed("c", 3e-9, 0.0).cells(), ["  c", "3e-9", "0", "+3e-9"]);
    }

    /// A bound is held against three standard errors of an estimate, and against nothing where there is no chance.
    #[test]
    fn a_bound_holds_or_does_not_and_silence_is_no_zero() {
        let estimate = Estimate { mean: -0.25, std_err: 0.1, samples: 9 };
        let ends = |row: Row| row.cells()[2..].to_vec();
        assert_eq!(ends(Row::estimated("a", estimate, Theory::AtLeast(0.0))), ["≥ 0", "holds"]);
        assert_eq!(
            ends(Row::estimated("a", estimate, Theory::AtLeast(0.1))),
            ["≥ 0.100000", "does not hold"]
        );
        assert_eq!(ends(Row::estimated("a", estimate, Theory::AtMost(-0.5))), ["≤ -0.500000", "holds"]);
        assert_eq!(
            ends(Row::estimated("a", estimate, Theory::AtMost(-0.6))),
            ["≤ -0.600000", "does not hold"]
        );
        assert_eq!(ends(Row::computed("a", -1e-9, Theory::AtLeast(0.0))), ["≥ 0", "does not hold"]);
        assert_eq!(ends(Row::computed("a", 1.0, Theory::Silent)), ["–", "–"]);
    }
}
