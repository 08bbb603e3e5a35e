//! Diagrams drawn: bands behind, then arrows, nodes over their ends, braces and labels.

use crate::canvas::{Canvas, Layer, Pen};
use crate::color::Color;
use crate::diagram::{Arrow, Diagram, Hold, Kind, Node};
use crate::diagram_layout::{ArrowPlace, NodePlace, Note, Sketch};
use crate::error::PlotError;
use crate::geometry::Point;
use crate::rounded::Rounded;
use crate::theme;

/// Weight of the outline of a node, and of one that is highlighted, pt.
const OUTLINE: f64 = 0.9;
const HIGHLIGHT: f64 = 1.7;
/// How transparent the fill of a highlighted node, a band, and what is faded are.
const TINT: f64 = 0.84;
const BAND: f64 = 0.86;
const FADED: f64 = 0.65;
/// Radius of the corners of a band, pt.
const CORNER: f64 = 7.0;

/// Draws a diagram whose parts have their places.
pub(crate) fn draw(canvas: &mut Canvas, diagram: &Diagram, sketch: &Sketch) -> Result<(), PlotError> {
    for (place, group) in sketch.groups.iter().zip(&diagram.groups) {
        if let Hold::Band(color) = group.hold {
            let middle =
                (0.5 * (place.rect.left + place.rect.right), 0.5 * (place.rect.top + place.rect.bottom));
            let half = (0.5 * place.rect.width(), 0.5 * place.rect.height());
            let outline = Rounded { half, corner: CORNER.min(half.1) }.outline(middle);
            canvas.layer(see_through(BAND), |pen| pen.polygon(&outline, color))?;
        }
    }
    for (place, edge) in sketch.arrows.iter().zip(&diagram.arrows) {
        draw_arrow(canvas, place, &edge.arrow, sketch.shrunk)?;
    }
    for (place, placed) in sketch.nodes.iter().zip(&diagram.nodes) {
        draw_node(canvas, place, &placed.node)?;
    }
    for (place, group) in sketch.groups.iter().zip(&diagram.groups) {
        let color = if let Hold::Band(color) = group.hold { color } else { theme::TEXT };
        canvas.layer(Layer::default(), |pen| {
            if !place.brace.is_empty() {
                pen.line(&place.brace, theme::TEXT, OUTLINE)?;
            }
            write(pen, &place.note, color)
        })?;
    }
    Ok(())
}

fn see_through(transparency: f64) -> Layer {
    Layer { transparency, ..Layer::default() }
}

fn faded(is: bool) -> f64 {
    if is { FADED } else { 0.0 }
}

fn write(pen: &Pen, note: &Note, color: Color) -> Result<(), PlotError> {
    pen.text(&note.text, (note.rect.left, note.rect.top + note.text.ascent), color)
}

fn draw_node(canvas: &mut Canvas, place: &NodePlace, node: &Node) -> Result<(), PlotError> {
    let outline = place.border.outline(place.at);
    let color = node.color.unwrap_or(theme::TEXT);
    let weight = if node.color.is_some() { HIGHLIGHT } else { OUTLINE };
    let fade = faded(node.faded);
    if node.kind != Kind::Text {
        let fill = if node.kind == Kind::Observed { theme::SHADE } else { theme::WHITE };
        canvas.layer(Layer::default(), |pen| pen.polygon(&outline, theme::WHITE))?;
        canvas.layer(see_through(fade), |pen| pen.polygon(&outline, fill))?;
        if node.color.is_some() {
            canvas.layer(see_through(TINT), |pen| pen.polygon(&outline, color))?;
        }
        canvas.layer(see_through(fade), |pen| pen.line(&outline, color, weight))?;
    }
    let ink = if node.kind == Kind::Text { color } else { theme::TEXT };
    canvas.layer(see_through(fade), |pen| pen.text(&place.text, place.baseline, ink))
}

fn draw_arrow(canvas: &mut Canvas, place: &ArrowPlace, arrow: &Arrow, shrunk: f64) -> Result<(), PlotError> {
    let length = (4.0 + 2.6 * arrow.width) * shrunk;
    let head = head(&place.path, length);
    let shaft = until(&place.path, 0.8 * length);
    let transparency = faded(arrow.faded);
    let dash = canvas.theme.dashes(arrow.dash, arrow.color, arrow.width);
    let layer = Layer { dash, transparency, ..Layer::default() };
    canvas.layer(layer, |pen| pen.line(&shaft, arrow.color, arrow.width))?;
    canvas.layer(see_through(transparency), |pen| {
        pen.polygon(&head, arrow.color)?;
        place.note.iter().try_for_each(|note| write(pen, note, arrow.color))
    })
}

/// A barbed head whose tip is the end of the path.
fn head(path: &[Point], length: f64) -> [Point; 4] {
    let tip = path[path.len() - 1];
    let neck = *until(path, length).last().unwrap_or(&path[0]);
    let (dx, dy) = (tip.0 - neck.0, tip.1 - neck.1);
    let reach = dx.hypot(dy).max(1e-9);
    let along = (dx / reach, dy / reach);
    let back = |distance: f64, aside: f64| {
        (tip.0 - distance * along.0 - aside * along.1, tip.1 - distance * along.1 + aside * along.0)
    };
    [tip, back(length, 0.38 * length), back(0.74 * length, 0.0), back(length, -0.38 * length)]
}

/// A path that ends this far, in a straight line, before its end.
fn until(path: &[Point], distance: f64) -> Vec<Point> {
    let tip = path[path.len() - 1];
    let from_tip = |p: &Point| (p.0 - tip.0).hypot(p.1 - tip.1);
    let kept = path.iter().rposition(|p| from_tip(p) >= distance).unwrap_or(0);
    let mut shaft = path[..=kept].to_vec();
    if let Some(next) = path.get(kept + 1) {
        let (a, b) = (from_tip(&path[kept]), from_tip(next));
        let t = if a > b { ((a - distance) / (a - b)).clamp(0.0, 1.0) } else { 0.0 };
        shaft.push((path[kept].0 + t * (next.0 - path[kept].0), path[kept].1 + t * (next.1 - path[kept].1)));
    }
    shaft
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_ends_on_the_end_and_the_shaft_within_the_head() {
        let path: Vec<Point> =
            (0..=48).map(|i| 0.03 * f64::from(i)).map(|t| (60.0 * t.cos(), 60.0 * t.sin())).collect();
        let head = head(&path, 7.0);
        assert_eq!(head[0], path[48]);
        let end = *until(&path, 5.6).last().expect("has points");
        assert!(((end.0 - head[0].0).hypot(end.1 - head[0].1) - 5.6).abs() < 0.01);
        // Both barbs are equally far from the arrow's middle.
        let reach = |p: Point| (p.0 - end.0).hypot(p.1 - end.1);
        assert!((reach(head[1]) - reach(head[3])).abs() < 0.2);
    }
}
