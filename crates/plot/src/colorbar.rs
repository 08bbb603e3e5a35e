//! The bar beside a panel that says which colour means which value.

use crate::axes::LEADING;
use crate::canvas::{Canvas, Layer};
use crate::error::PlotError;
use crate::font::Face;
use crate::geometry::Rect;
use crate::label::Label;
use crate::panel::Panel;
use crate::raster::Raster;
use crate::scale::{Scale, Spread, Tick};
use crate::style::ColorScale;
use crate::theme;

/// From the data to the bar, and the bar's width, pt.
const DISTANCE: f64 = 7.0;
const WIDTH: f64 = 5.0;
/// From the bar to its numbers, pt.
const TICK_GAP: f64 = 3.2;

struct Bar<'a> {
    colors: &'a ColorScale,
    label: &'a Label,
    scale: Scale,
}

fn bar(panel: &Panel) -> Option<Bar<'_>> {
    panel.marks.iter().find_map(|mark| {
        let (colors, (low, high)) = mark.shape.color_scale()?;
        let label = colors.bar.as_ref()?;
        Some(Bar { colors, label, scale: Scale::around(Spread::Linear, low, high, 0.0) })
    })
}

impl Bar<'_> {
    fn ticks(&self, length: f64) -> Vec<Tick> {
        self.scale.ticks(((length / 20.0) as usize).clamp(2, 6))
    }

    fn tick_width(&self, length: f64) -> f64 {
        self.ticks(length).iter().map(|tick| tick.label.width(theme::TICK)).fold(0.0, f64::max)
    }
}

/// Room a panel's colour bar needs at the right of data `height` pt high, pt.
pub(crate) fn width(panel: &Panel, height: f64) -> f64 {
    bar(panel).map_or(0.0, |bar| {
        let name = if bar.label.is_empty() { 0.0 } else { LEADING * theme::LABEL + 1.0 };
        DISTANCE + WIDTH + TICK_GAP + bar.tick_width(height) + name
    })
}

/// Draws a panel's colour bar, if it has one, `offset` pt to the right of the data.
pub(crate) fn draw(canvas: &mut Canvas, panel: &Panel, data: Rect, offset: f64) -> Result<(), PlotError> {
    let Some(bar) = bar(panel) else { return Ok(()) };
    let left = data.right + offset + DISTANCE;
    let place = Rect { left, right: left + WIDTH, ..data };
    let steps = 128;
    let gradient = Raster::new(steps, 1, (0..steps).rev().map(|i| i as f64));
    let png = gradient.png(canvas.colors(bar.colors.map), (0.0, (steps - 1) as f64))?;
    canvas.picture(place, place, &png, false);
    let height = data.height();
    canvas.layer(Layer::default(), |pen| {
        for tick in bar.ticks(height) {
            let y = place.bottom - bar.scale.place(tick.value) * height;
            let text = tick.label.layout(theme::TICK, Face::Roman);
            pen.line(&[(place.right, y), (place.right + 1.2, y)], theme::SPINE, theme::SPINE_WEIGHT)?;
            pen.text(&text, (place.right + TICK_GAP, y + 0.33 * theme::TICK), theme::TEXT)?;
        }
        let name = bar.label.layout(theme::LABEL, Face::Roman);
        let baseline = place.right + TICK_GAP + bar.tick_width(height) + 1.0 + 0.95 * theme::LABEL;
        pen.text_upwards(&name, (baseline, 0.5 * (data.top + data.bottom + name.width)), theme::TEXT)
    })
}
