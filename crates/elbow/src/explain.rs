//! `elbow explain`: one claim in full.

use std::io::{self, Write};
use std::process::ExitCode;

use claims::{Claim, Kind, Run, catalogue};
use figures::lecture::{self, LectureFigure};

use crate::arguments::ExplainArguments;
use crate::refusal::Refusal;
use crate::road;
use crate::run::{self, Checked};
use crate::terminal::{self, TITLE};
use crate::{json, select, table};

/// Lines longer than this are hard to read.
const WIDEST: usize = 100;

/// Says what a claim says and why, checks it, and says what was found.
pub(crate) fn explain(asked: &ExplainArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let claim = select::one(catalogue::parts(), &asked.id)?;
    let plan = Run::from(asked.run);
    if asked.json {
        let checked = run::one(&claim, &plan);
        json::write_in_full(&checked, out)?;
        return Ok(run::exit_code(&[checked]));
    }
    let width = terminal::width().map(|width| width.min(WIDEST));
    write_claim(&claim, width, out)?;
    out.flush()?;
    let checked = run::one(&claim, &plan);
    write_finding(&checked, &plan, width, out)?;
    Ok(run::exit_code(&[checked]))
}

fn write_claim(claim: &Claim, width: Option<usize>, out: &mut impl Write) -> io::Result<()> {
    let indent = claim.id().chars().count() + 2;
    let statement = terminal::wrapped(claim.statement(), indent, width).join(&format!("\n{:indent$}", ""));
    writeln!(out, "{TITLE}{}  {statement}{TITLE:#}", claim.id())?;
    let refuted = claim.kind() == Kind::Refuted;
    section("Kind", judged(claim.kind()), width, out)?;
    section("Sources", &claim.sources().join(", "), width, out)?;
    section(if refuted { "Why it is false" } else { "Why it holds" }, claim.why(), width, out)?;
    section("What is compared", claim.compares(), width, out)?;
    let place = claim.place();
    section("Where", &format!("{}:{}", place.file(), place.line()), None, out)?;
    see_also(claim.id(), out)
}

/// The commands of the chapters and figures about a claim, with their titles.
fn see_also(id: &str, out: &mut impl Write) -> io::Result<()> {
    let chapters =
        road::about(id).map(|chapter| (format!("cargo run --example {}", chapter.name), chapter.title()));
    let figures = figures_of(id).map(|figure| (format!("elbow figures {}", figure.name), figure.title));
    let all: Vec<(String, &str)> = chapters.chain(figures).collect();
    if all.is_empty() {
        return Ok(());
    }
    let widest = all.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    writeln!(out, "\n{TITLE}See also{TITLE:#}")?;
    all.iter().try_for_each(|(command, title)| writeln!(out, "  {command:widest$}  {title}"))
}

/// The lecture figures that show a claim.
pub(crate) fn figures_of(id: &str) -> impl Iterator<Item = &'static LectureFigure> {
    lecture::all().filter(move |figure| figure.claims.contains(&id))
}

fn write_finding(
    Checked { finding, seconds, .. }: &Checked,
    run: &Run,
    width: Option<usize>,
    out: &mut impl Write,
) -> io::Result<()> {
    let colour = terminal::colour(finding.verdict);
    let (error, sign, tolerance) = table::error_against_tolerance(finding);
    writeln!(out, "\n{TITLE}What was found{TITLE:#} (seed {})", run.seed)?;
    write!(out, "  {colour}{}{colour:#}: error {error} {sign} {tolerance}", finding.verdict)?;
    writeln!(out, ", {}, {seconds:.2} s", finding.evidence())?;
    if let Some(rate) = finding.rate {
        writeln!(out, "  the fitted rate is {rate}")?;
    }
    if let Some(chance) = finding.false_alarm {
        writeln!(out, "  a true claim would be called failed with a chance of at most {chance:.1e}")?;
    }
    if let Some(error) = finding.detectable {
        writeln!(out, "  a relative error of {error:.1e} or more would be seen, but for one time in 1000")?;
    }
    finding.counterexample.as_ref().map_or(Ok(()), |text| paragraph(text, width, out))
}

/// How claims of a kind are judged.
fn judged(kind: Kind) -> &'static str {
    match kind {
        Kind::Identity => {
            "identity: two sides, computed by routes that share no code, agree on random problems"
        }
        Kind::Inequality => "inequality: the sign is right on every random problem",
        Kind::Law => "law: samples have the law or the mean that is stated, by a statistical test",
        Kind::Gradient => "gradient: it is that of the function, by differences or in mean",
        Kind::Rate => "rate: the exponent with which an error falls, fitted",
        Kind::Refuted => {
            "refuted: the line is false; a counterexample is searched and made as small as possible"
        }
    }
}

fn section(title: &str, text: &str, width: Option<usize>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n{TITLE}{title}{TITLE:#}")?;
    paragraph(text, width, out)
}

/// The lines of `text` as they stand, indented, each wrapped on its own.
fn paragraph(text: &str, width: Option<usize>, out: &mut impl Write) -> io::Result<()> {
    for line in text.lines().flat_map(|line| terminal::wrapped(line, 2, width)) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(claim: &Claim, run: &Run) -> String {
        let mut out = Vec::new();
        write_claim(claim, None, &mut out).unwrap();
        write_finding(&run::one(claim, run), run, None, &mut out).unwrap();
        anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string()
    }

    #[test]
    fn chapters_and_figures_of_a_claim_are_named() {
        let claim = |id| Claim::new(id, "0 = 0").rate(1.0, 0.1, |_| Vec::new());
        let text = |id| written(&claim(id), &Run { cases: 1, seed: 7 });
        let see = text("R1");
        let lines = [
            "\nSee also\n  cargo run --example ",
            "  cargo run --example check_your_own      10. ",
            "  elbow figures bridge  ",
        ];
        assert!(lines.iter().all(|line| see.contains(line)), "{see}");
        assert!(!text("X9").contains("See also"));
    }

    #[test]
    fn a_claim_is_explained_in_full() {
        let claim = Claim::new("X1", "the error falls as 1/T")
            .source("Luo (58)")
            .source("001 §3.7")
            .why("first line\nsecond line")
            .compares("a fitted exponent with 1")
            .rate(1.0, 0.1, |_| (1..5).map(|n| (f64::from(n), 1.0 / f64::from(n))).collect());
        let text = written(&claim, &Run { cases: 8, seed: 7 });
        let parts = [
            "X1  the error falls as 1/T\n",
            "\nSources\n  Luo (58), 001 §3.7\n",
            "\nWhy it holds\n  first line\n  second line\n",
            "\nWhat is compared\n  a fitted exponent with 1\n",
            "src/explain.rs:",
            "\nWhat was found (seed 7)\n  holds: error ",
            "≤ 1.0e-1, 4 sizes, ",
            "\n  the fitted rate is 1.000000 ± 0.000000\n",
        ];
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
}
