//! What was found, to read: a table part by part, and its sum.

use std::io::{self, Write};

use claims::catalogue::Part;
use claims::{Finding, Run, Verdict};
use textwrap::core::display_width;

use crate::run::Checked;
use crate::terminal::{self, ASIDE, TITLE};

/// Between two columns.
const GAP: &str = "  ";

/// The title above `2.1e-16 ≤ 1.0e-12`.
const ERROR: &str = " error, tolerance";

/// The figures of one row, as text.
struct Figures {
    error: String,
    cases: String,
    seconds: String,
}

impl From<&Checked<'_>> for Figures {
    fn from(Checked { finding, seconds, .. }: &Checked) -> Self {
        let (error, sign, tolerance) = error_against_tolerance(finding);
        Figures {
            error: format!("{error:>7} {sign} {tolerance:<7}"),
            cases: finding.cases.to_string(),
            seconds: format!("{seconds:.2}"),
        }
    }
}

/// `2.1e-16`, `≤`, `1.0e-12`: the sign says what the numbers say, whatever the verdict is.
pub(crate) fn error_against_tolerance(finding: &Finding) -> (String, char, String) {
    let sign = if finding.error <= finding.tolerance { '≤' } else { '>' };
    let shown = |value: f64| if value == 0.0 { "0".to_owned() } else { format!("{value:.1e}") };
    (shown(finding.error), sign, shown(finding.tolerance))
}

/// The widths of all columns but the statement's, which takes what is left.
struct Columns {
    id: usize,
    verdict: usize,
    error: usize,
    cases: usize,
    seconds: usize,
}

impl Columns {
    fn of(checked: &[Checked], figures: &[Figures]) -> Self {
        let widest = |title: &str, column: fn(&Figures) -> &str| {
            figures.iter().map(column).map(display_width).max().unwrap_or(0).max(display_width(title))
        };
        Columns {
            id: checked.iter().map(|one| display_width(one.claim.id())).max().unwrap_or(0),
            verdict: "refuted".len(),
            error: widest(ERROR, |f| &f.error),
            cases: widest("cases", |f| &f.cases),
            seconds: widest("s", |f| &f.seconds),
        }
    }

    /// Columns to the left of the statement.
    fn statement(&self) -> usize {
        self.id + self.verdict + self.error + self.cases + self.seconds + 5 * GAP.len()
    }

    /// Columns to the left of the verdict.
    fn verdict(&self) -> usize {
        self.id + GAP.len()
    }
}

/// Writes one row a claim, under the title of its part; `checked` are the claims of the `parts` in their order.
pub(crate) fn write(
    parts: &[Part],
    checked: &[Checked],
    width: Option<usize>,
    out: &mut impl Write,
) -> io::Result<()> {
    let figures: Vec<Figures> = checked.iter().map(Figures::from).collect();
    let columns = Columns::of(checked, &figures);
    let mut rows = checked.iter().zip(&figures);
    for part in parts {
        writeln!(out, "{TITLE}{}  {}{TITLE:#}", part.letter, part.title)?;
        write_header(&columns, out)?;
        for (one, figures) in rows.by_ref().take(part.claims.len()) {
            write_row(one, figures, &columns, width, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_header(columns: &Columns, out: &mut impl Write) -> io::Result<()> {
    let Columns { id, verdict, error, cases, seconds } = *columns;
    write!(out, "{ASIDE}{:id$}{GAP}{:verdict$}{GAP}{:error$}{GAP}", "", "verdict", ERROR)?;
    writeln!(out, "{:>cases$}{GAP}{:>seconds$}{GAP}statement{ASIDE:#}", "cases", "s")
}

fn write_row(
    Checked { claim, finding, .. }: &Checked,
    figures: &Figures,
    columns: &Columns,
    width: Option<usize>,
    out: &mut impl Write,
) -> io::Result<()> {
    let Columns { id, verdict, error, cases, seconds } = *columns;
    let colour = terminal::colour(finding.verdict);
    write!(out, "{:id$}{GAP}{colour}{:verdict$}{colour:#}{GAP}", claim.id(), finding.verdict)?;
    write!(out, "{:error$}{GAP}{:>cases$}{GAP}{:>seconds$}", figures.error, figures.cases, figures.seconds)?;
    let mut indent = GAP.len();
    for line in terminal::wrapped(claim.statement(), columns.statement(), width) {
        writeln!(out, "{:indent$}{line}", "")?;
        indent = columns.statement();
    }
    let indent = columns.verdict();
    for line in finding.counterexample.iter().flat_map(|text| terminal::wrapped(text, indent, width)) {
        writeln!(out, "{:indent$}{ASIDE}{line}{ASIDE:#}", "")?;
    }
    Ok(())
}

/// Writes the last lines: which claims failed, if any; the chance of a false alarm; how many hold, are refuted, failed,
/// and how long it took.
pub(crate) fn write_sum(
    checked: &[Checked],
    run: &Run,
    seconds: f64,
    out: &mut impl Write,
) -> io::Result<()> {
    let of = |verdict| checked.iter().filter(move |one| one.finding.verdict == verdict);
    let failed: Vec<&str> = of(Verdict::Failed).map(|one| one.claim.id()).collect();
    if let Some(first) = failed.first() {
        let colour = terminal::colour(Verdict::Failed);
        writeln!(out, "{colour}failed: {}{colour:#} (elbow explain {first})", failed.join(", "))?;
    }
    let (held, refuted) = (of(Verdict::Holds).count(), of(Verdict::Refuted).count());
    let false_alarm: f64 = checked.iter().filter_map(|one| one.finding.false_alarm).sum();
    if false_alarm > 0.0 {
        let chance = "chance that a statistical test refuses a true claim";
        writeln!(out, "{ASIDE}{chance}: at most {false_alarm:.1e} in all{ASIDE:#}")?;
    }
    let Run { cases, seed } = run;
    write!(out, "{TITLE}{}: {held} hold, {refuted} refuted", counted(checked.len(), "claim"))?;
    let cases = counted(*cases as usize, "case");
    writeln!(out, ", {} failed{TITLE:#}, in {seconds:.1} s ({cases}, seed {seed})", failed.len())
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use claims::Claim;

    const LONG: &str =
        "the bound is never above the evidence, whatever the encoder is, and meets it at the posterior";

    fn part() -> Part {
        let claim = |id, statement| Claim::new(id, statement).rate(1.0, 0.1, |_| Vec::new());
        Part { letter: 'X', title: "Made up", claims: vec![claim("X1", "0 = 0"), claim("X10b", LONG)] }
    }

    fn checked(part: &Part) -> Vec<Checked<'_>> {
        let finding = |verdict, error, cases, text: Option<&str>| Finding {
            verdict,
            error,
            tolerance: 1e-2,
            false_alarm: Some(1e-8),
            detectable: Some(5e-3),
            rate: None,
            cases,
            counterexample: text.map(str::to_owned),
        };
        let found = [
            finding(Verdict::Holds, 0.0, 256, None),
            finding(Verdict::Failed, f64::INFINITY, 1_000_000, Some("0.5 against\n 0.7")),
        ];
        let one = |(claim, finding)| Checked { claim, finding, seconds: 0.125 };
        part.claims.iter().zip(found).map(one).collect()
    }

    fn written(width: Option<usize>) -> String {
        let part = part();
        let mut out = Vec::new();
        let checked = checked(&part);
        let run = Run { cases: 8, seed: 7 };
        write(std::slice::from_ref(&part), &checked, width, &mut out).unwrap();
        write_sum(&checked, &run, 1.25, &mut out).unwrap();
        anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string()
    }

    #[test]
    fn a_pipe_reads_one_line_a_claim() {
        let text = written(None);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "X  Made up");
        assert_eq!(lines[1], "      verdict   error, tolerance    cases     s  statement");
        assert_eq!(lines[2], "X1    holds          0 ≤ 1.0e-2       256  0.12  0 = 0");
        assert_eq!(lines[3], format!("X10b  failed       inf > 1.0e-2   1000000  0.12  {LONG}"));
        assert_eq!(lines[4], "      0.5 against 0.7");
        assert_eq!(lines[6], "failed: X10b (elbow explain X10b)");
        assert_eq!(lines[7], "chance that a statistical test refuses a true claim: at most 2.0e-8 in all");
        assert_eq!(lines[8], "2 claims: 1 hold, 0 refuted, 1 failed, in 1.2 s (8 cases, seed 7)");
    }

    #[test]
    fn a_terminal_reads_no_line_that_is_wider_than_itself() {
        let text = written(Some(78));
        assert!(text.lines().all(|line| display_width(line) <= 78), "{text}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert!(words(LONG).iter().all(|word| text.contains(word)), "{text}");
    }
}
