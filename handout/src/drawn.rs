//! The figures that the text names, drawn.

use figures::lecture::{self, LectureFigure, Studio};

use crate::caption;
use crate::progress;
use crate::refusal::Refusal;

/// Width of a figure on the page, mm: that of text and margin together.
const WIDTH: f64 = 160.0;

/// A figure as the text includes it.
#[derive(Debug)]
pub(crate) struct Drawn {
    /// What it is called.
    pub(crate) name: &'static str,
    /// What it shows, for those who do not see it.
    pub(crate) title: &'static str,
    /// What stands under it, in the language of Typst.
    pub(crate) caption: String,
    /// The picture, one page of PDF.
    pub(crate) pdf: Vec<u8>,
}

/// The figures of these names, and the names that no figure has.
pub(crate) fn find(names: &[String]) -> (Vec<&'static LectureFigure>, Vec<String>) {
    let there = |name: &String| lecture::all().find(|figure| figure.name == name);
    let missing = names.iter().filter(|name| there(name).is_none()).map(|name| format!("figure {name}"));
    (names.iter().filter_map(there).collect(), missing.collect())
}

/// Computes and draws figures, one after the other: each takes all processors, and some share what they compute.
///
/// # Errors
/// The first that cannot be drawn, with its name.
pub(crate) fn draw(figures: &[&'static LectureFigure], seed: u64) -> Result<Vec<Drawn>, Refusal> {
    let studio = Studio::new(seed);
    let bar = progress::bar(figures.len());
    let drawn = figures.iter().map(|figure| {
        bar.set_message(figure.name);
        let drawn = one(figure, &studio);
        bar.inc(1);
        drawn
    });
    let drawn = drawn.collect();
    bar.finish_and_clear();
    drawn
}

/// Computes and draws one figure.
fn one(figure: &'static LectureFigure, studio: &Studio) -> Result<Drawn, Refusal> {
    let &LectureFigure { name, title, .. } = figure;
    let drawing = (figure.draw)(studio).map_err(|error| Refusal::Figure { name, error })?;
    let caption =
        caption::typst(&drawing.caption.to_string()).map_err(|error| Refusal::Caption { name, error })?;
    Ok(Drawn { name, title, caption, pdf: drawing.figure.fit_width(WIDTH)?.pdf()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_is_not_there_is_named() {
        let (found, missing) = find(&["chain_vae".to_owned(), "chain_of_pearls".to_owned()]);
        assert_eq!(found.len(), 1);
        assert_eq!(missing, ["figure chain_of_pearls"]);
    }
}
