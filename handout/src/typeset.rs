//! The document made of the files on a desk.

use typst::World;
use typst::WorldExt;
use typst::diag::{SourceDiagnostic, Warned};
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use crate::desk::Desk;
use crate::refusal::Refusal;

/// The handout as PDF: the same desk gives the same bytes, for there is no date in it.
///
/// # Errors
/// [`Refusal::Typesetting`] with place and reason of the first thing that cannot be typeset, or that would not look as meant.
pub(crate) fn pdf(desk: &Desk) -> Result<Vec<u8>, Refusal> {
    let Warned { output, warnings } = typst::compile::<PagedDocument>(desk);
    let document = output.map_err(|errors| first(desk, &errors))?;
    // A letter without a font, a formula that does not settle: nothing to hand out.
    if !warnings.is_empty() {
        return Err(first(desk, &warnings));
    }
    let options = PdfOptions { ident: Smart::Custom("elbow/handout".to_owned()), ..PdfOptions::default() };
    typst_pdf::pdf(&document, &options).map_err(|errors| first(desk, &errors))
}

/// The first of what is wrong, in one line.
fn first(desk: &Desk, problems: &[SourceDiagnostic]) -> Refusal {
    let said = problems
        .first()
        .map_or_else(|| "for no reason that is known".to_owned(), |problem| said(desk, problem));
    Refusal::Typesetting(said)
}

/// `file:line: what is wrong`, with the place where the text asked for it if that is another.
fn said(desk: &Desk, problem: &SourceDiagnostic) -> String {
    let place = |id, start| {
        let source = desk.source(id).ok()?;
        let line = source.lines().byte_to_line(start)? + 1;
        Some(format!("text/{}:{line}: ", id.get().vpath().get_without_slash()))
    };
    let found =
        problem.span.id().zip(desk.range(problem.span)).and_then(|(id, range)| place(id, range.start));
    format!("{}{}", found.unwrap_or_default(), problem.message)
}

/// Typesets a text that stands alone.
#[cfg(test)]
pub(crate) fn alone(text: &str) -> Result<Vec<u8>, String> {
    use typst::foundations::Bytes;
    let desk = Desk::of("alone.typ", [("alone.typ".to_owned(), Bytes::from_string(text.to_owned()))]);
    pdf(&desk).map_err(|refusal| refusal.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let said = alone("one\n\n#nothing_of_this_name").unwrap_err();
        assert_eq!(said, "text/alone.typ:3: unknown variable: nothing_of_this_name");
    }

    #[test]
    fn the_same_text_gives_the_same_bytes() {
        let text = "#set document(title: [A])\n= A\n$x_t$";
        assert!(alone(text).unwrap() == alone(text).unwrap());
    }

    #[test]
    fn a_letter_that_no_font_has_is_a_mistake() {
        let said = alone("#set text(font: \"No font of this name\")\na").unwrap_err();
        assert!(said.contains("unknown font family"), "{said}");
    }
}
