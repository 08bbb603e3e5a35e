//! The derivation as a handout: formulas, figures, and beside each step what was checked.
//!
//! The text is in `text/`, in the language of Typst. It asks for claims and figures by name; the program checks and draws what is
//! asked for, hands the text what it found, and typesets it. No number that was found is typed in.
//!
//! | file | what is here |
//! |---|---|
//! | `arguments` | what can be asked for |
//! | `text` | the files of the text, and what they ask for |
//! | `checked` | the claims that the text names, checked |
//! | `drawn` | the figures that the text names, drawn |
//! | `caption`, `formula` | captions from Markdown, and their formulas from TeX, in the language of Typst |
//! | `number` | errors and tolerances, ready to be set |
//! | `desk`, `typeset` | all files of the document, and the document made of them |
//! | `progress` | a bar while something takes |
//! | `refusal` | why there is no handout, in one line |

mod arguments;
mod caption;
mod checked;
mod desk;
mod drawn;
mod formula;
mod number;
mod progress;
mod refusal;
mod text;
mod typeset;

use std::process::ExitCode;

use arguments::Arguments;
use desk::Desk;
use refusal::Refusal;
use text::Request;

fn main() -> ExitCode {
    match Arguments::read().and_then(|arguments| arguments.map_or(Ok(()), |asked| write(&asked))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => refusal.told(),
    }
}

/// Checks, draws, typesets and writes.
fn write(asked: &Arguments) -> Result<(), Refusal> {
    let wanted = Request::of_the_text();
    let (claims, missing_claims) = checked::find(&wanted.claims);
    let (figures, missing_figures) = drawn::find(&wanted.figures);
    let missing: Vec<String> = missing_claims.into_iter().chain(missing_figures).collect();
    if !missing.is_empty() && !asked.draft {
        return Err(Refusal::Missing(missing));
    }
    arguments::writable(&asked.out)?;

    let findings = checked::check(&claims, &asked.run())?;
    let drawings = drawn::draw(&figures, asked.seed)?;
    let pdf = typeset::pdf(&Desk::new(&findings, drawings))?;
    plot::write_whole(&asked.out, &pdf)?;
    println!("{}: {} claims, {} figures", asked.out.display(), claims.len(), figures.len());
    if !missing.is_empty() {
        println!("left out, for they are not there: {}", missing.join(", "));
    }
    Ok(())
}
