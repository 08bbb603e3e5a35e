//! Captions from Markdown with TeX between dollars, in the language of Typst.

use crate::formula::{self, FormulaError};
use crate::number::power_of_ten;

/// A formula of a caption that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("${formula}$: {error}")]
pub(crate) struct CaptionError {
    /// The formula.
    formula: String,
    /// Why.
    error: FormulaError,
}

/// A caption in the markup of Typst: `*…*` slopes, `**…**` is bold, `` `…` `` is code, `$…$` a formula.
///
/// # Errors
/// The first formula that cannot be read.
pub(crate) fn typst(markdown: &str) -> Result<String, CaptionError> {
    let mut markup = String::new();
    for (i, part) in markdown.split('$').enumerate() {
        if i % 2 == 0 {
            markup.push_str(&sentences(part));
        } else {
            let math =
                formula::typst(part).map_err(|error| CaptionError { formula: part.to_owned(), error })?;
            markup.push_str(&format!("${math}$"));
        }
    }
    Ok(markup)
}

/// What stands between formulas.
fn sentences(text: &str) -> String {
    between(text, "`", |code| format!("#raw({code:?})"), bold)
}

fn bold(text: &str) -> String {
    between(text, "**", |bold| format!("#strong[{}]", sloping(bold)), sloping)
}

fn sloping(text: &str) -> String {
    between(text, "*", |sloping| format!("#emph[{}]", plain(sloping)), plain)
}

/// What stands between two marks goes `inside`, everything else `outside`. A mark without a partner is a sign like any other.
fn between(
    text: &str,
    mark: &str,
    inside: impl Fn(&str) -> String,
    outside: impl Fn(&str) -> String,
) -> String {
    let parts: Vec<&str> = text.split(mark).collect();
    if parts.len().is_multiple_of(2) {
        return outside(text);
    }
    let one = |(i, part): (usize, &&str)| if i % 2 == 1 { inside(part) } else { outside(part) };
    parts.iter().enumerate().map(one).collect()
}

/// Plain text, its powers of ten as formulas.
fn plain(text: &str) -> String {
    text.split_inclusive(' ').map(word).collect()
}

/// One word with what stands around it.
fn word(word: &str) -> String {
    let around = |sign: char| "(),;: ".contains(sign);
    let core = word.trim_matches(around).trim_end_matches('.');
    match power_of_ten(core) {
        Some(math) => {
            let (before, after) = word.split_once(core).expect("the core is a part of the word");
            format!("{}#box[${math}$]{}", escaped(before), escaped(after))
        }
        None => escaped(word),
    }
}

/// A backslash before every sign that means something in Typst.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, sign| {
        if "\\*_#$@<>~`[]=/".contains(sign) {
            escaped.push('\\');
        }
        escaped.push(sign);
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_and_formulas_take_turns() {
        assert_eq!(typst(r"At $T = 1$ the *best* is 5 %.").unwrap(), "At $T = 1$ the #emph[best] is 5 %.");
        assert_eq!(typst("**a** `b_c` d_e [1]").unwrap(), "#strong[a] #raw(\"b_c\") d\\_e \\[1\\]");
    }

    #[test]
    fn powers_of_ten_are_formulas() {
        assert_eq!(
            typst("is 2.2e-5 (1e-3), or 4e5.").unwrap(),
            "is #box[$2.2 times 10^(-5)$] (#box[$10^(-3)$]), or #box[$4 times 10^(5)$]."
        );
    }

    #[test]
    fn a_mark_without_a_partner_is_a_sign() {
        assert_eq!(typst("3 * 4").unwrap(), "3 \\* 4");
    }

    #[test]
    fn a_formula_that_cannot_be_read_is_shown() {
        let error = typst(r"so $x + \nonsense$").unwrap_err();
        assert_eq!(error.to_string(), r"$x + \nonsense$: no command \nonsense is known");
    }

    /// The whole way of every caption there is: drawn, converted, typeset.
    #[test]
    fn every_caption_of_the_catalogue_is_typeset() {
        let studio = figures::lecture::Studio::new(2026);
        let captions = figures::lecture::all().map(|figure| {
            let drawing = (figure.draw)(&studio).unwrap();
            typst(&drawing.caption.to_string()).unwrap_or_else(|error| panic!("{}: {error}", figure.name))
        });
        let page: Vec<String> = captions.collect();
        crate::typeset::alone(&page.join("\n\n")).unwrap();
    }
}
