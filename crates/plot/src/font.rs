//! CMU Serif, embedded, so that every machine measures and draws the same text.
//!
//! Text is measured with rustybuzz, the shaper that resvg sets it with: kerning and ligatures
//! are in the widths, and what layout reserves is what drawing uses.

use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb;
use rustybuzz::{Face as Shaper, GlyphBuffer, UnicodeBuffer};

/// The family name the fonts carry.
pub(crate) const FAMILY: &str = "CMU Serif";

static ROMAN: &[u8] = include_bytes!("../fonts/cmunrm.ttf");
static ITALIC: &[u8] = include_bytes!("../fonts/cmunti.ttf");
static BOLD: &[u8] = include_bytes!("../fonts/cmunbx.ttf");

/// A cut of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Roman,
    Italic,
    Bold,
}

/// The box around the ink of a text, pt from the start of its baseline, `top` and `bottom` upwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ink {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
    pub(crate) top: f64,
}

impl Face {
    fn shaper(self) -> &'static Shaper<'static> {
        static SHAPERS: [OnceLock<Shaper<'static>>; 3] = [const { OnceLock::new() }; 3];
        SHAPERS[self as usize].get_or_init(|| {
            let bytes = [ROMAN, ITALIC, BOLD][self as usize];
            Shaper::from_slice(bytes, 0).expect("the embedded font is sound")
        })
    }

    fn shape(self, text: &str) -> GlyphBuffer {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        rustybuzz::shape(self.shaper(), &[], buffer)
    }

    fn scale(self, size: f64) -> f64 {
        size / f64::from(self.shaper().units_per_em())
    }

    /// How far `text` at `size` pt moves the pen, pt.
    pub(crate) fn advance(self, text: &str, size: f64) -> f64 {
        let units: i32 = self.shape(text).glyph_positions().iter().map(|p| p.x_advance).sum();
        f64::from(units) * self.scale(size)
    }

    /// The box around the ink of `text` at `size` pt; `None` if it leaves none.
    pub(crate) fn ink(self, text: &str, size: f64) -> Option<Ink> {
        let (shaped, scale) = (self.shape(text), self.scale(size));
        let mut pen = 0;
        let mut ink: Option<Ink> = None;
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let id = rustybuzz::ttf_parser::GlyphId(info.glyph_id as u16);
            if let Some(b) = self.shaper().glyph_bounding_box(id) {
                let left = f64::from(pen + i32::from(b.x_min)) * scale;
                let right = f64::from(pen + i32::from(b.x_max)) * scale;
                let (bottom, top) = (f64::from(b.y_min) * scale, f64::from(b.y_max) * scale);
                ink = Some(ink.map_or(Ink { left, right, bottom, top }, |i| Ink {
                    left: i.left.min(left),
                    right: i.right.max(right),
                    bottom: i.bottom.min(bottom),
                    top: i.top.max(top),
                }));
            }
            pen += position.x_advance;
        }
        ink
    }

    /// Whether the font has a glyph for `c`.
    pub(crate) fn has(self, c: char) -> bool {
        self.shaper().glyph_index(c).is_some()
    }
}

/// The fonts as resvg wants them, and no font of the system.
pub(crate) fn database() -> Arc<fontdb::Database> {
    static DATABASE: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut database = fontdb::Database::new();
        for bytes in [ROMAN, ITALIC, BOLD] {
            database.load_font_data(bytes.to_vec());
        }
        Arc::new(database)
    };
    Arc::clone(DATABASE.get_or_init(load))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_grow_with_size_and_text() {
        let width = Face::Roman.advance("reconstruction", 9.0);
        assert!((Face::Roman.advance("reconstruction", 18.0) - 2.0 * width).abs() < 1e-9);
        assert!(Face::Roman.advance("reconstructions", 9.0) > width);
        assert!(Face::Bold.advance("reconstruction", 9.0) > width);
    }

    #[test]
    fn ink_of_a_descender_is_below_the_baseline() {
        let ink = Face::Roman.ink("p", 10.0).expect("p has ink");
        assert!(ink.bottom < -1.0 && ink.top > 4.0, "{ink:?}");
        assert!(Face::Roman.ink(" ", 10.0).is_none());
    }
}
