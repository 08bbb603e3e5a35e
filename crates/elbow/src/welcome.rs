//! `elbow` alone: what there is and what to try next.

use std::io::{self, Write};
use std::process::ExitCode;

use claims::catalogue::{self, Part};
use claims::{Claim, Kind};

use crate::refusal::Refusal;
use crate::select;
use crate::terminal::TITLE;

/// Says what there is.
pub(crate) fn welcome(out: &mut impl Write) -> Result<ExitCode, Refusal> {
    write(&catalogue::parts(), out)?;
    Ok(ExitCode::SUCCESS)
}

fn write(parts: &[Part], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{TITLE}elbow{TITLE:#}: the derivation from the VAE to diffusion models, line by line.")?;
    writeln!(out, "Every line is a claim that is checked with numbers; lines that are false are refuted.\n")?;
    for part in parts {
        writeln!(out, "  {}  {:<34}{:>3} claims", part.letter, part.title, part.claims.len())?;
    }
    let example = |is: fn(&&Claim) -> bool| select::claims(parts).find(is).map_or("ID", Claim::id);
    let (true_line, false_line) =
        (example(|claim| claim.kind() != Kind::Refuted), example(|claim| claim.kind() == Kind::Refuted));
    let suggestions = [
        ("check".to_owned(), "check every claim".to_owned()),
        (format!("explain {true_line}"), "why a line holds, and how that was checked".to_owned()),
        (
            format!("explain {false_line}"),
            "a line that is false: where, by how much, what is true".to_owned(),
        ),
        (
            "terms problems/vdm.toml".to_owned(),
            "the bound of a problem of your own, in every form".to_owned(),
        ),
        (
            "variance problems/six_steps.toml".to_owned(),
            "how much its estimators vary, and what they cost".to_owned(),
        ),
        ("explore".to_owned(), "one page with sliders for T, schedule, reverse model and t".to_owned()),
    ];
    writeln!(out, "\n{TITLE}Try{TITLE:#}")?;
    for (command, what) in suggestions {
        writeln!(out, "  elbow {command:<35}{what}")?;
    }
    writeln!(out, "\nFrom a checkout: cargo run --release --bin elbow -- check. All there is: elbow --help.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_and_the_suggestions_exist() {
        let rate = |id| Claim::new(id, "0 = 0").rate(1.0, 0.1, |_| Vec::new());
        let parts = [Part { letter: 'A', title: "Foundations", claims: vec![rate("A7"), rate("A8")] }];
        let mut out = Vec::new();
        write(&parts, &mut out).unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
        assert!(text.contains("  2 claims") && text.contains("elbow explain A7"), "{text}");
    }
}
