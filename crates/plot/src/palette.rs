//! What the named colours become on the paper a figure is made for.
//!
//! Callers keep to the names in [`crate::theme`]; the page turns them into these when it is drawn.

use std::fmt;
use std::str::FromStr;

use crate::color::{Color, ColorMap};
use crate::error::PlotError;
use crate::style::Dash;
use crate::theme::{
    BLACK, BLUE, CIVIDIS, DENSITY, DIVERGING, GREEN, GREY, GRID, GUIDE, ORANGE, PURPLE, SHADE, SKY, SPINE,
    TEXT, VERMILLION, VIRIDIS, WHITE,
};

/// The paper a figure is made for. It is named `light`, `dark` or `print`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// White paper, colours as they are named.
    #[default]
    Light,
    /// Slides on `#1E1E1E`, the paper's own colour and not transparent, so that halos and densities fade into it.
    /// Every series has a contrast of at least 3 : 1 to it, and every text 4.5 : 1.
    Dark,
    /// Black and greys on white: series differ in luminance, and in dash pattern or shape of marker.
    Print,
}

/// The shape of a marker; all are about as wide as the disc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Disc,
    Square,
    Triangle,
    Diamond,
    Wedge,
    Plus,
    Cross,
}

/// Lengths of dash, gap, dash and gap, pt.
pub(crate) type Dashes = [f64; 4];

/// What a named colour becomes.
struct Ink {
    name: Color,
    dark: u32,
    print: u32,
    /// How a solid line is broken in print, in units of 1 pt and of its weight.
    pattern: Option<fn(f64) -> Dashes>,
    marker: Marker,
}

/// The greys of print are equally spaced in lightness; neighbours among the series lie far apart.
const INKS: [Ink; 13] = [
    series(BLUE, 0x2F8FD6, 0x1F1F1F, None, Marker::Disc),
    series(ORANGE, 0xF2B233, 0x919191, Some(|w| [6.0 + w, 1.0 + w, 6.0 + w, 1.0 + w]), Marker::Square),
    series(GREEN, 0x1DB98A, 0x555555, Some(|w| [w, 0.8 + 0.9 * w, w, 0.8 + 0.9 * w]), Marker::Triangle),
    series(SKY, 0xA5DBFA, 0xB0B0B0, Some(|w| [3.5 + w, 0.8 + w, w, 0.8 + w]), Marker::Diamond),
    series(VERMILLION, 0xEE7733, 0x727272, Some(|w| [2.0 + w, 0.9 + w, 2.0 + w, 0.9 + w]), Marker::Wedge),
    series(BLACK, 0xF5F5F5, 0x000000, Some(|w| [7.0 + w, 0.8 + w, 2.0 + w, 0.8 + w]), Marker::Plus),
    series(PURPLE, 0xE29AC2, 0x393939, Some(|w| [w, 1.8 + 1.2 * w, w, 1.8 + 1.2 * w]), Marker::Cross),
    plain(TEXT, 0xE8E8E8, 0x000000),
    plain(GUIDE, 0x9A9A9A, 0x7A7A7A),
    plain(SPINE, 0xA6A6A6, 0x555555),
    plain(GRID, 0x383838, 0xE4E4E4),
    plain(SHADE, 0x4A4A4A, 0xD6D6D6),
    plain(WHITE, 0x1E1E1E, 0xFFFFFF),
];

const fn series(
    name: Color,
    dark: u32,
    print: u32,
    pattern: Option<fn(f64) -> Dashes>,
    marker: Marker,
) -> Ink {
    Ink { name, dark, print, pattern, marker }
}

const fn plain(name: Color, dark: u32, print: u32) -> Ink {
    series(name, dark, print, None, Marker::Disc)
}

/// Dark paper to light blue: [`DENSITY`] on dark paper.
const DARK_DENSITY: ColorMap = ColorMap::new(&[
    Color::hex(0x1E1E1E),
    Color::hex(0x1B2F44),
    Color::hex(0x1C4468),
    Color::hex(0x235E92),
    Color::hex(0x3A7DBA),
    Color::hex(0x5E9DD4),
    Color::hex(0x8DBEE8),
    Color::hex(0xBFDDF6),
    Color::hex(0xF0F8FF),
]);

/// Light blue through dark paper to light orange: [`DIVERGING`] on dark paper.
const DARK_DIVERGING: ColorMap = ColorMap::new(&[
    Color::hex(0x62B8F0),
    Color::hex(0x2D6490),
    Color::hex(0x1E1E1E),
    Color::hex(0x8E4F27),
    Color::hex(0xFF9A52),
]);

/// Dark to light: [`DIVERGING`] in print. A white middle would give both signs the same greys.
const PRINT_DIVERGING: ColorMap = ColorMap::new(&[Color::hex(0x202020), WHITE]);

/// Where [`VIRIDIS`] and [`CIVIDIS`] begin on dark paper, and where they end as greys on white: beyond, dots could not be
/// told from the paper.
const DARK_START: f64 = 0.3;
const PRINT_END: f64 = 0.8;

impl Theme {
    /// Every theme there is.
    pub const ALL: [Theme; 3] = [Theme::Light, Theme::Dark, Theme::Print];

    /// Its name: `light`, `dark` or `print`.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::Print => "print",
        }
    }

    /// What a colour becomes. Named ones are looked up; another one is inverted on dark paper, its hue kept,
    /// and becomes the grey of the same luminance in print.
    pub fn color(self, color: Color) -> Color {
        match (self, ink_of(color)) {
            (Theme::Light, _) => color,
            (Theme::Dark, Some(ink)) => Color::hex(ink.dark),
            (Theme::Print, Some(ink)) => Color::hex(ink.print),
            (Theme::Dark, None) => inverted(color),
            (Theme::Print, None) => grey(color),
        }
    }

    /// The colour of text in a colour: readable on this paper, at 4.5 : 1, and at 7 : 1 where all is grey.
    pub(crate) fn ink(self, color: Color) -> Color {
        let color = self.color(color);
        match self {
            Theme::Light => color.ink(),
            Theme::Dark => readable(color, Color::hex(0xFFFFFF), self.paper(), 4.5),
            Theme::Print => readable(color, Color::hex(0x000000), self.paper(), 7.0),
        }
    }

    /// The colour of the paper.
    pub(crate) fn paper(self) -> Color {
        self.color(WHITE)
    }

    /// The colour that a share `t` of a map becomes. Pictures in [`GREY`] are the same on every paper.
    pub(crate) fn map(self, map: &ColorMap, t: f64) -> Color {
        let (for_points, t) = (*map == VIRIDIS || *map == CIVIDIS, t.clamp(0.0, 1.0));
        match self {
            _ if self == Theme::Light || *map == GREY => map.at(t),
            Theme::Dark if *map == DENSITY => DARK_DENSITY.at(t),
            Theme::Dark if *map == DIVERGING => DARK_DIVERGING.at(t),
            Theme::Dark if for_points => map.at(DARK_START + (1.0 - DARK_START) * t),
            Theme::Print if *map == DIVERGING => PRINT_DIVERGING.at(t),
            Theme::Print if for_points => grey(map.at(PRINT_END * t)),
            Theme::Print => grey(map.at(t)),
            _ => inverted(map.at(t)),
        }
    }

    /// How a line of this weight, pt, is broken: as asked for, or else as its colour asks for.
    pub(crate) fn dashes(self, asked: Dash, color: Color, weight: f64) -> Option<Dashes> {
        asked.lengths(weight).or_else(|| self.pattern(color, weight))
    }

    /// How a solid line in a colour is broken, where its colour alone does not say which it is.
    fn pattern(self, color: Color, weight: f64) -> Option<Dashes> {
        let ink = ink_of(color).filter(|_| self == Theme::Print)?;
        ink.pattern.map(|pattern| pattern(weight))
    }

    /// The shape of markers in a colour.
    pub(crate) fn marker(self, color: Color) -> Marker {
        let ink = ink_of(color).filter(|_| self == Theme::Print);
        ink.map_or(Marker::Disc, |ink| ink.marker)
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Reads a theme by its name, in small letters or capitals.
///
/// # Errors
/// [`PlotError::Unknown`], listing the themes there are.
impl FromStr for Theme {
    type Err = PlotError;

    fn from_str(name: &str) -> Result<Self, PlotError> {
        let known = Theme::ALL.into_iter().find(|theme| theme.name().eq_ignore_ascii_case(name));
        known.ok_or_else(|| PlotError::unknown("theme", name, Theme::ALL))
    }
}

fn ink_of(color: Color) -> Option<&'static Ink> {
    INKS.iter().find(|ink| ink.name == color)
}

/// Light for dark at the same hue, white becoming the dark paper.
fn inverted(color: Color) -> Color {
    let paper = Theme::Dark.paper().rgb[0];
    let (high, low) = color.rgb.iter().fold((0, 255), |(high, low), &c| (c.max(high), c.min(low)));
    let shifted = color.rgb.map(|c| 255 - high + (c - low));
    let raised = |c: u8| u16::from(paper) + u16::from(c) * u16::from(255 - paper) / 255;
    Color { rgb: shifted.map(|c| raised(c) as u8) }
}

/// The grey of the same luminance.
fn grey(color: Color) -> Color {
    let wanted = color.luminance();
    let level = (0..=255).map(|c| Color { rgb: [c; 3] });
    let off = |grey: &Color| (grey.luminance() - wanted).abs();
    level.min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(color)
}

/// A colour moved towards `end` until its contrast to the paper is at least this.
fn readable(color: Color, end: Color, paper: Color, contrast: f64) -> Color {
    let enough = |c: &Color| c.contrast(paper) >= contrast;
    (0..=20).map(|step| color.mix(end, f64::from(step) * 0.05)).find(enough).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::SERIES;
    use proptest::prelude::*;

    /// The least contrast between neighbours, as luminance alone shows it.
    fn least_contrast(theme: Theme) -> f64 {
        let shown = SERIES.map(|color| theme.color(color));
        shown.windows(2).map(|pair| pair[0].contrast(pair[1])).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn neighbouring_series_can_be_told_apart_without_colour() {
        assert!(least_contrast(Theme::Light) > 1.45, "{}", least_contrast(Theme::Light));
        assert!(least_contrast(Theme::Dark) > 1.3, "{}", least_contrast(Theme::Dark));
        assert!(least_contrast(Theme::Print) > 1.8, "{}", least_contrast(Theme::Print));
    }

    #[test]
    fn series_stand_out_from_the_paper_and_their_names_read_on_it() {
        for (theme, least) in [(Theme::Light, 2.2), (Theme::Dark, 3.0), (Theme::Print, 2.1)] {
            for color in SERIES {
                assert!(theme.color(color).contrast(theme.paper()) >= least, "{theme} {color:?}");
                assert!(theme.ink(color).contrast(theme.paper()) >= 4.5, "{theme} {color:?}");
            }
            assert!(theme.ink(TEXT).contrast(theme.paper()) >= 7.0, "{theme}");
        }
    }

    #[test]
    fn print_has_no_colour_and_every_series_its_own_pattern_and_marker() {
        for ink in &INKS {
            let [r, g, b] = Theme::Print.color(ink.name).rgb;
            assert!(r == g && g == b, "{:?}", ink.name);
        }
        for (i, j) in (0..SERIES.len()).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let (a, b) = (SERIES[i], SERIES[j]);
            assert_ne!(Theme::Print.pattern(a, 1.3), Theme::Print.pattern(b, 1.3), "{i} {j}");
            assert_ne!(Theme::Print.marker(a), Theme::Print.marker(b), "{i} {j}");
            assert_ne!(Theme::Print.color(a), Theme::Print.color(b), "{i} {j}");
        }
    }

    #[test]
    fn densities_fade_into_every_paper_and_signs_meet_in_the_dark_one() {
        for theme in Theme::ALL {
            assert_eq!(theme.map(&DENSITY, 0.0), theme.paper());
            let steps: Vec<f64> =
                (0..=50).map(|i| theme.map(&DENSITY, f64::from(i) / 50.0).contrast(theme.paper())).collect();
            // A grey of eight bits has equal neighbours; it must not turn back.
            assert!(steps.windows(2).all(|w| w[1] >= w[0]), "{theme} {steps:?}");
            assert!(steps[50] > 10.0, "{theme}");
        }
        assert_eq!(Theme::Dark.map(&DIVERGING, 0.5), Theme::Dark.paper());
        let ends = [0.0, 1.0].map(|t| Theme::Print.map(&DIVERGING, t));
        assert!(ends[0].contrast(ends[1]) > 10.0, "both signs would be the same grey");
    }

    #[test]
    fn points_coloured_by_value_stand_out_from_dark_and_printed_paper() {
        for (theme, map) in
            [(Theme::Dark, VIRIDIS), (Theme::Dark, CIVIDIS), (Theme::Print, VIRIDIS), (Theme::Print, CIVIDIS)]
        {
            let shown = (0..=50).map(|i| theme.map(&map, f64::from(i) / 50.0).contrast(theme.paper()));
            let least = shown.fold(f64::INFINITY, f64::min);
            assert!(least > 1.7, "{theme} {least}");
        }
    }

    #[test]
    fn themes_are_read_by_name() {
        for theme in Theme::ALL {
            assert_eq!(theme.name().parse::<Theme>().unwrap(), theme);
            assert_eq!(theme.name().to_uppercase().parse::<Theme>().unwrap(), theme);
        }
        let error = "sepia".parse::<Theme>().unwrap_err().to_string();
        assert_eq!(error, r#"there is no theme "sepia"; there are light, dark, print"#);
    }

    proptest! {
        #[test]
        fn any_colour_becomes_a_grey_of_its_luminance(rgb in any::<[u8; 3]>()) {
            let color = Color { rgb };
            let [r, g, b] = grey(color).rgb;
            prop_assert!(r == g && g == b);
            prop_assert!((grey(color).luminance() - color.luminance()).abs() < 0.005);
        }

        #[test]
        fn inverting_turns_the_order_of_tints(rgb in any::<[u8; 3]>()) {
            let color = Color { rgb };
            let (tint, full) = (inverted(color.mix(WHITE, 0.5)), inverted(color));
            prop_assert!(tint.luminance() <= full.luminance() + 1e-9);
            prop_assert_eq!(inverted(WHITE), Theme::Dark.paper());
        }
    }
}
