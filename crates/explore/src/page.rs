//! The table put into the page: style, script and numbers in one file, which asks for nothing else.

use toy::Preset;

use crate::{ExploreError, Table};

/// The page, with a place for each of the three.
const FRAME: &str = include_str!("page/explore.html");
const STYLE: &str = include_str!("page/explore.css");
const SCRIPT: &str = include_str!("page/explore.js");

/// The page of these data, as one HTML document. `progress` is told how much of [`Table::work`] is done, from any thread.
///
/// ```no_run
/// let html = explore::page(toy::Preset::Bimodal, &|_| ())?;
/// std::fs::write("explore.html", html)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Table::new`].
pub fn page(data: Preset, progress: &(dyn Fn(u64) + Sync)) -> Result<String, ExploreError> {
    Ok(filled(&Table::new(data, progress)?))
}

/// The frame with style, numbers and script in their places.
fn filled(table: &Table) -> String {
    let numbers = serde_json::to_string(table).expect("names and finite numbers");
    // `</script>` inside a string would end the script.
    let numbers = numbers.replace('<', "\\u003c");
    // The numbers last: nothing in them is taken for a place.
    FRAME.replace("/*STYLE*/", STYLE).replace("/*SCRIPT*/", SCRIPT).replace("/*NUMBERS*/", &numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_has_one_place_for_each() {
        for place in ["/*STYLE*/", "/*SCRIPT*/", "/*NUMBERS*/"] {
            assert_eq!(FRAME.matches(place).count(), 1, "{place}");
            assert!(!STYLE.contains(place) && !SCRIPT.contains(place), "{place}");
        }
    }

    /// Nothing is loaded: no address, no import, no file beside it.
    #[test]
    fn the_page_asks_for_nothing() {
        for part in [FRAME, STYLE, SCRIPT] {
            for reference in
                ["http:", "https:", "src=", "url(", "@import", "import(", "fetch(", "XMLHttpRequest"]
            {
                // The name of the SVG language is not an address that anything is loaded from.
                let text = part.replace("http://www.w3.org/2000/svg", "");
                assert!(!text.contains(reference), "{reference}");
            }
        }
    }

    /// The colours are those of the figures.
    #[test]
    fn the_style_has_the_colours_of_the_figures() {
        use plot::theme;
        for (name, colour) in [
            ("blue", theme::BLUE),
            ("vermillion", theme::VERMILLION),
            ("green", theme::GREEN),
            ("orange", theme::ORANGE),
            ("sky", theme::SKY),
            ("purple", theme::PURPLE),
        ] {
            let [r, g, b] = colour.rgb;
            let line = format!("--{name}: #{r:02x}{g:02x}{b:02x};");
            assert!(STYLE.contains(&line), "{line}");
        }
    }
}
