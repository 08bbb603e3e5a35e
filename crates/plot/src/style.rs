//! How a mark looks, and how it says its name.

use crate::color::{Color, ColorMap};
use crate::label::Label;
use crate::palette::{Dashes, Theme};
use crate::theme;

/// Colour, weight and name of a mark. What is not said is chosen to suit the mark.
#[derive(Debug, Clone)]
pub struct Style {
    pub(crate) color: Color,
    pub(crate) width: Option<f64>,
    pub(crate) size: Option<f64>,
    pub(crate) opacity: Option<f64>,
    pub(crate) fill: Option<f64>,
    pub(crate) dash: Dash,
    pub(crate) label: Option<Label>,
    pub(crate) name: Option<String>,
    pub(crate) label_at: Option<(f64, f64)>,
    pub(crate) align: Align,
}

/// Pattern of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Dash {
    #[default]
    Solid,
    Dashed,
    Dotted,
}

impl Dash {
    /// Lengths for a line of weight `width`, pt; none for a solid one.
    pub(crate) fn lengths(self, width: f64) -> Option<Dashes> {
        let (on, off) = match self {
            Dash::Solid => return None,
            Dash::Dashed => (2.0 + 1.5 * width, 1.2 + 1.0 * width),
            Dash::Dotted => (width, 0.8 + 0.9 * width),
        };
        Some([on, off, on, off])
    }
}

/// Which part of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Its left end.
    Left,
    /// Its middle.
    #[default]
    Center,
    /// Its right end.
    Right,
}

impl Style {
    /// A style in one colour.
    pub fn new(color: Color) -> Self {
        Self {
            color,
            width: None,
            size: None,
            opacity: None,
            fill: None,
            dash: Dash::Solid,
            label: None,
            name: None,
            label_at: None,
            align: Align::Center,
        }
    }

    /// A thin dashed grey: what is read against, not read.
    pub fn guide() -> Self {
        Self::new(theme::GUIDE).width(theme::THIN).dashed()
    }

    /// The style of series `index`, counted from 0, in the theme's order of colours.
    pub fn series(index: usize) -> Self {
        Self::new(theme::SERIES[index % theme::SERIES.len()])
    }

    /// Line weight, pt.
    pub fn width(self, points: f64) -> Self {
        Self { width: Some(points), ..self }
    }

    /// Diameter of a marker, or size of a text, pt.
    pub fn size(self, points: f64) -> Self {
        Self { size: Some(points), ..self }
    }

    /// Opacity of the whole mark: 0 is not there, 1 is opaque.
    pub fn opacity(self, opacity: f64) -> Self {
        Self { opacity: Some(opacity.clamp(0.0, 1.0)), ..self }
    }

    /// Fills an ellipse or circle with its colour at this opacity.
    pub fn fill(self, opacity: f64) -> Self {
        Self { fill: Some(opacity.clamp(0.0, 1.0)), ..self }
    }

    /// Draws lines dashed.
    pub fn dashed(self) -> Self {
        Self { dash: Dash::Dashed, ..self }
    }

    /// Draws lines dotted.
    pub fn dotted(self) -> Self {
        Self { dash: Dash::Dotted, ..self }
    }

    /// Names the series: at the end of a line or stack of bars, beside a guide, and for clouds of
    /// points in a key above the panel, unless [`Style::label_at`] gives a place.
    pub fn label(self, label: impl Into<Label>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    /// Names the series in the table only, for a figure that already shows the name elsewhere.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// What the table and errors call the series.
    pub(crate) fn called(&self) -> Option<&str> {
        self.name.as_deref().or_else(|| self.label.as_ref().map(Label::markup))
    }

    /// Writes the label at this place, in data units.
    pub fn label_at(self, x: f64, y: f64) -> Self {
        Self { label_at: Some((x, y)), ..self }
    }

    /// Which part of a text or of a placed label stands at its place.
    pub fn align(self, align: Align) -> Self {
        Self { align, ..self }
    }

    /// How a line of weight `width` pt is broken: as the caller said, or else as the theme marks the colour.
    pub(crate) fn dashes(&self, width: f64, theme: Theme) -> Option<Dashes> {
        theme.dashes(self.dash, self.color, width)
    }
}

/// How values become colours.
#[derive(Debug, Clone)]
pub struct ColorScale {
    pub(crate) map: ColorMap,
    pub(crate) range: Option<(f64, f64)>,
    pub(crate) bar: Option<Label>,
}

impl ColorScale {
    /// Colours from a map, which spans the values that are there.
    pub fn new(map: ColorMap) -> Self {
        Self { map, range: None, bar: None }
    }

    /// The values at the two ends of the map.
    ///
    /// # Panics
    /// If they are not finite or not in order.
    pub fn range(self, low: f64, high: f64) -> Self {
        assert!(low < high && low.is_finite() && high.is_finite(), "colours cannot go from {low} to {high}");
        Self { range: Some((low, high)), ..self }
    }

    /// Draws a colour bar with this label at the right of the panel.
    pub fn bar(self, label: impl Into<Label>) -> Self {
        Self { bar: Some(label.into()), ..self }
    }

    /// The given range, or that of the values.
    pub(crate) fn span(&self, values: impl IntoIterator<Item = f64>) -> (f64, f64) {
        self.range.unwrap_or_else(|| {
            let start = (f64::INFINITY, f64::NEG_INFINITY);
            values.into_iter().fold(start, |(low, high), v| (low.min(v), high.max(v)))
        })
    }
}
