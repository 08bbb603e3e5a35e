//! Colours and the maps from a number to a colour.

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    /// Red, green and blue, 0 to 255.
    pub rgb: [u8; 3],
}

impl Color {
    /// The colour written `0xRRGGBB`.
    pub const fn hex(code: u32) -> Self {
        Self { rgb: [(code >> 16) as u8, (code >> 8) as u8, code as u8] }
    }

    /// The colour a fraction `t` of the way to `other` (0: this one, 1: the other).
    pub fn mix(self, other: Color, t: f64) -> Color {
        let blend = |a: u8, b: u8| (f64::from(a) + t * (f64::from(b) - f64::from(a))).round() as u8;
        Color { rgb: std::array::from_fn(|i| blend(self.rgb[i], other.rgb[i])) }
    }

    /// Relative luminance (WCAG 2): 0 for black, 1 for white.
    pub fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = self.rgb.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast to another colour (WCAG 2): 1 for equal luminance, 21 between black and white.
    pub fn contrast(self, other: Color) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The same hue, darkened until text in it reads on white.
    ///
    /// A luminance of 0.18 gives a contrast of 4.5 : 1, the usual bound for small type.
    pub fn ink(self) -> Color {
        let black = Color::hex(0);
        (0..=20)
            .map(|step| self.mix(black, f64::from(step) * 0.05))
            .find(|c| c.luminance() <= 0.18)
            .unwrap_or(black)
    }
}

/// A continuous map from \[0, 1\] to colours, given by equally spaced anchors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColorMap {
    anchors: &'static [Color],
}

impl ColorMap {
    /// A map through the given anchors, which need be at least one.
    pub const fn new(anchors: &'static [Color]) -> Self {
        assert!(!anchors.is_empty(), "a colour map needs an anchor");
        Self { anchors }
    }

    /// The colour at `t`; values outside \[0, 1\] take the nearest end.
    pub fn at(&self, t: f64) -> Color {
        let last = self.anchors.len() - 1;
        let place = t.clamp(0.0, 1.0) * last as f64;
        let low = (place as usize).min(last);
        let high = (low + 1).min(last);
        self.anchors[low].mix(self.anchors[high], place - low as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme;

    #[test]
    fn ends_of_a_map_are_its_first_and_last_anchor() {
        assert_eq!(theme::DENSITY.at(-1.0), theme::WHITE);
        assert_eq!(theme::VIRIDIS.at(1.0), Color::hex(0xFDE725));
    }

    #[test]
    fn sequential_maps_change_luminance_in_one_direction() {
        for (map, sign) in [(theme::VIRIDIS, 1.0), (theme::CIVIDIS, 1.0), (theme::DENSITY, -1.0)] {
            let steps: Vec<f64> = (0..=50).map(|i| map.at(f64::from(i) / 50.0).luminance()).collect();
            assert!(steps.windows(2).all(|w| (w[1] - w[0]) * sign > 0.0), "{steps:?}");
        }
    }

    #[test]
    fn ink_of_every_series_colour_reads_on_white() {
        for color in theme::SERIES {
            assert!(color.ink().contrast(theme::WHITE) >= 4.5, "{color:?}");
        }
    }
}
