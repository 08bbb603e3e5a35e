//! The page that shows the whole set, with captions.

use super::catalogue::PARTS;
use super::{Drawing, LectureFigure};

/// How the page begins, by which it is known again.
pub const HEADING: &str = "# The lecture figures\n";

/// The page in Markdown; `drawing` knows every figure of the set by its name. Pictures are PNG beside the page.
pub fn page<'a>(drawing: impl Fn(&str) -> Option<&'a Drawing>) -> String {
    let mut page = format!(
        "{HEADING}\nDrawn by `elbow figures`, which writes each of them as SVG, PDF and PNG, with what it shows as CSV and its caption as \
         Markdown and LaTeX. `elbow figures --list` names them; `elbow explain ID` says what a claim rests on.\n"
    );
    for part in PARTS {
        page += &format!("\n## {}\n", part.title);
        for figure in part.figures {
            if let Some(drawing) = drawing(figure.name) {
                page += &entry(figure, drawing);
            }
        }
    }
    page
}

fn entry(figure: &LectureFigure, drawing: &Drawing) -> String {
    let LectureFigure { name, title, .. } = figure;
    format!("\n### `{name}`\n\n![{title}]({name}.png)\n\n{}\n", markdown(figure, drawing))
}

/// The caption with the claims that it rests on.
pub fn markdown(figure: &LectureFigure, drawing: &Drawing) -> String {
    let claims = match figure.claims {
        [] => String::new(),
        ids => format!(" Claims {}.", ids.join(", ")),
    };
    format!("{}{claims}", drawing.caption)
}

/// The caption as the inside of a `figure` environment, the picture included.
pub fn latex(figure: &LectureFigure, drawing: &Drawing) -> String {
    let name = figure.name;
    format!(
        "\\begin{{figure}}\n  \\centering\n  \\includegraphics{{{name}.pdf}}\n  \\caption{{{}}}\n  \\label{{fig:{name}}}\n\\end{{figure}}\n",
        drawing.caption.latex()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lecture::{FigureError, Studio, all};
    use plot::{Figure, Panel, Style, theme};

    fn drawing() -> Drawing {
        let mut figure = Figure::new(80.0, 50.0);
        figure.panel(Panel::new("").points([(0.0, 0.0), (1.0, 1.0)], Style::new(theme::BLUE)));
        Drawing::new(figure, "50 % of $x_t$.")
    }

    const NONE: fn(&Studio) -> Result<Drawing, FigureError> = |_| Ok(drawing());
    const FIGURE: LectureFigure =
        LectureFigure { name: "a_b", title: "t", claims: &["D4", "R1"], draw: NONE };

    #[test]
    fn captions_name_the_claims_and_survive_latex() {
        assert_eq!(markdown(&FIGURE, &drawing()), "50 % of $x_t$. Claims D4, R1.");
        assert_eq!(markdown(&LectureFigure { claims: &[], ..FIGURE }, &drawing()), "50 % of $x_t$.");
        let latex = latex(&FIGURE, &drawing());
        assert!(latex.contains("\\caption{50 \\% of $x_t$.}") && latex.contains("{a_b.pdf}"), "{latex}");
    }

    #[test]
    fn the_page_shows_every_figure_once() {
        let drawing = drawing();
        let page = page(|_| Some(&drawing));
        assert!(page.starts_with(HEADING));
        for figure in all() {
            assert_eq!(page.matches(&format!("({}.png)", figure.name)).count(), 1, "{}", figure.name);
        }
    }
}
