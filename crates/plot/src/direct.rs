//! Names of series beside what they name: at the ends of lines, on guides, or in a key above.

use crate::axes::Frame;
use crate::canvas::{Canvas, Layer, Pen};
use crate::color::Color;
use crate::error::PlotError;
use crate::font::Face;
use crate::geometry::{Point, Rect};
use crate::guide_label;
use crate::label::{Label, Layout};
use crate::mark::{Mark, Shape};
use crate::panel::Panel;
use crate::style::Align;
use crate::theme;

/// From the end of a line to its name, pt.
const END_GAP: f64 = 4.0;
/// Length of a key's sample and its distance from the name, pt.
const SAMPLE: f64 = 10.0;
const SAMPLE_GAP: f64 = 3.5;
/// From one entry of a key to the next, pt.
const ENTRY_GAP: f64 = 8.5;
/// Height of a row of the key, pt.
const KEY_ROW: f64 = 11.0;

/// Where the name of a mark goes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Slot {
    Nowhere,
    Placed(f64, f64),
    End,
    OnGuide,
    Key,
}

fn slot(panel: &Panel, mark: &Mark) -> Slot {
    match (&mark.style.label, mark.style.label_at, &mark.shape) {
        (None, ..) | (_, _, Shape::Heatmap { .. }) => Slot::Nowhere,
        (_, Some((x, y)), _) => Slot::Placed(x, y),
        (_, _, Shape::Ellipse { .. } | Shape::Vertical(_)) => Slot::OnGuide,
        (_, _, Shape::Horizontal(_)) => Slot::End,
        _ if panel.key => Slot::Key,
        (_, _, Shape::Line(_) | Shape::ErrorBars(_) | Shape::Bars(_)) => Slot::End,
        _ => Slot::Key,
    }
}

fn named(panel: &Panel, wanted: Slot) -> impl Iterator<Item = (&Mark, &Label)> {
    let marks = panel.marks.iter().filter(move |mark| slot(panel, mark) == wanted);
    marks.filter_map(|mark| mark.style.label.as_ref().map(|label| (mark, label)))
}

/// Moves places that must keep a distance apart, as little as possible in the mean square, and
/// then into `low..=high` as far as they fit.
///
/// With the required distances taken off, keeping apart means being sorted: isotonic regression,
/// solved by pooling neighbours that are out of order.
fn spread(places: &[f64], distance: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|&a, &b| places[a].total_cmp(&places[b]));
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (rank, &i) in order.iter().enumerate() {
        let mut pool = (places[i] - distance * rank as f64, 1);
        while let Some(&(mean, count)) = pools.last().filter(|last| last.0 > pool.0) {
            let total = count + pool.1;
            pool = ((mean * count as f64 + pool.0 * pool.1 as f64) / total as f64, total);
            pools.pop();
        }
        pools.push(pool);
    }
    // Still without the distances: all of `low..=high` is free to the first, less to each later one.
    let free = (high - distance * (places.len() as f64 - 1.0)).max(low);
    let sorted =
        pools.into_iter().flat_map(|(mean, count)| std::iter::repeat_n(mean.clamp(low, free), count));
    let mut moved = vec![0.0; places.len()];
    for (rank, (&i, place)) in order.iter().zip(sorted).enumerate() {
        moved[i] = place + distance * rank as f64;
    }
    moved
}

struct EndLabel {
    anchor: Point,
    text: Layout,
    color: Color,
}

/// Where a line, the last bar or a guide ends inside the frame, pt.
fn end_of(frame: &Frame, shape: &Shape) -> Option<Point> {
    let visible = |points: &mut dyn DoubleEndedIterator<Item = (f64, f64)>| {
        let mut from_the_end = points.rev().map(|p| frame.at(p));
        from_the_end.find(|&p| frame.rect.grown(0.5).contains(p))
    };
    match shape {
        Shape::Line(points) => {
            // A line may run right to left; its name goes to the right.
            let backwards = points.first().map(|p| p.0) > points.last().map(|p| p.0);
            let mut points = points.iter().copied();
            if backwards { visible(&mut points.rev()) } else { visible(&mut points) }
        }
        Shape::ErrorBars(points) => visible(&mut points.iter().map(|&(x, y, _)| (x, y))),
        Shape::Bars(bars) => {
            let &(base, height) = bars.last()?;
            let (x, y) =
                frame.at((bars.len() as f64 - 1.0 + 0.5 * crate::draw::BAR_WIDTH, base + 0.5 * height));
            Some((x, y.clamp(frame.rect.top, frame.rect.bottom)))
        }
        Shape::Horizontal(y) => {
            let (_, y) = frame.at((frame.x.scale.low, *y));
            frame.rect.grown(0.5).contains((frame.rect.right, y)).then_some((frame.rect.right, y))
        }
        _ => None,
    }
}

fn end_labels(frame: &Frame, panel: &Panel) -> Vec<EndLabel> {
    let label = |(mark, label): (&Mark, &Label)| {
        let text = label.layout(theme::LABEL, Face::Roman);
        end_of(frame, &mark.shape).map(|anchor| EndLabel { anchor, text, color: mark.style.color })
    };
    let mut labels: Vec<EndLabel> = named(panel, Slot::End).filter_map(label).collect();
    // Names of lines that end near the right edge stand in one column.
    let near = frame.rect.right - 0.15 * frame.rect.width();
    let column = labels.iter().map(|l| l.anchor.0).fold(f64::NEG_INFINITY, f64::max);
    for label in labels.iter_mut().filter(|l| l.anchor.0 > near) {
        label.anchor.0 = column;
    }
    labels
}

/// Room that names at the ends of lines need at the right of the data, pt.
pub(crate) fn right_margin(frame: &Frame, panel: &Panel) -> f64 {
    let labels = end_labels(frame, panel);
    let reach = labels.iter().map(|l| l.anchor.0 + END_GAP + l.text.width - frame.rect.right);
    reach.fold(0.0, f64::max)
}

/// Draws all names of series but those in the key.
pub(crate) fn draw(canvas: &mut Canvas, frame: &Frame, panel: &Panel) -> Result<(), PlotError> {
    draw_end_labels(canvas, frame, panel)?;
    guide_label::draw(canvas, frame, panel, named(panel, Slot::OnGuide))?;
    for mark in &panel.marks {
        if let (Slot::Placed(x, y), Some(label)) = (slot(panel, mark), &mark.style.label) {
            draw_text(canvas, frame, (x, y), label, mark)?;
        }
    }
    Ok(())
}

fn draw_end_labels(canvas: &mut Canvas, frame: &Frame, panel: &Panel) -> Result<(), PlotError> {
    let labels = end_labels(frame, panel);
    let places: Vec<f64> = labels.iter().map(|l| l.anchor.1).collect();
    let Rect { top, bottom, .. } = frame.rect;
    // Names with scripts above and below are taller than a line.
    let tallest =
        labels.iter().map(|l| l.text.ascent + l.text.descent + 1.0).fold(1.12 * theme::LABEL, f64::max);
    let moved = spread(&places, tallest, top, bottom - 0.3 * theme::LABEL);
    canvas.haloed(None, |pen| {
        labels.iter().zip(&moved).try_for_each(|(label, &y)| {
            let at = (label.anchor.0 + END_GAP, y + 0.24 * theme::LABEL);
            pen.text(&label.text, at, label.color)
        })
    })
}

/// Text at a place in data units, half its height there.
pub(crate) fn draw_text(
    canvas: &mut Canvas,
    frame: &Frame,
    at: (f64, f64),
    label: &Label,
    mark: &Mark,
) -> Result<(), PlotError> {
    let size = if matches!(mark.shape, Shape::Text { .. }) { mark.style.size } else { None };
    let size = size.unwrap_or(theme::LABEL);
    let text = label.layout(size, Face::Roman);
    let (x, y) = frame.at(at);
    let left = match mark.style.align {
        Align::Left => x,
        Align::Center => x - 0.5 * text.width,
        Align::Right => x - text.width,
    };
    canvas.haloed(None, |pen| pen.text(&text, (left, y + 0.24 * size), mark.style.color))
}

/// The entries of a panel's key, each with its place from the upper left corner of the key.
fn key_entries(panel: &Panel, width: f64) -> Vec<(&Mark, Layout, Point)> {
    let (mut x, mut row) = (0.0, 0);
    let mut entries = Vec::new();
    for (mark, label) in named(panel, Slot::Key) {
        let text = label.layout(theme::LABEL, Face::Roman);
        let advance = sample_width(mark) + SAMPLE_GAP + text.width;
        if x > 0.0 && x + advance > width {
            (x, row) = (0.0, row + 1);
        }
        entries.push((mark, text, (x, KEY_ROW * f64::from(row))));
        x += advance + ENTRY_GAP;
    }
    entries
}

/// Height of a panel's key when it may be `width` wide, pt.
pub(crate) fn key_height(panel: &Panel, width: f64) -> f64 {
    key_entries(panel, width).last().map_or(0.0, |(_, _, (_, y))| y + KEY_ROW + 1.0)
}

fn sample_width(mark: &Mark) -> f64 {
    if matches!(mark.shape, Shape::Points(_) | Shape::ErrorBars(_)) { 4.5 } else { SAMPLE }
}

/// Draws a panel's key with its upper left corner at `origin`.
pub(crate) fn draw_key(
    canvas: &mut Canvas,
    panel: &Panel,
    width: f64,
    origin: Point,
) -> Result<(), PlotError> {
    for (mark, text, (x, y)) in key_entries(panel, width) {
        let (left, middle) = (origin.0 + x, origin.1 + y + 0.45 * KEY_ROW);
        draw_sample(canvas, mark, left, middle)?;
        let at = (left + sample_width(mark) + SAMPLE_GAP, middle + 0.27 * theme::LABEL);
        canvas.layer(Layer::default(), |pen| pen.text(&text, at, mark.style.color))?;
    }
    Ok(())
}

fn draw_sample(canvas: &mut Canvas, mark: &Mark, left: f64, middle: f64) -> Result<(), PlotError> {
    let color = mark.style.color;
    let right = left + sample_width(mark);
    let patch = Rect { left, right, top: middle - 2.8, bottom: middle + 2.8 };
    let layer = |transparency, dash| Layer { transparency, dash, ..Layer::default() };
    let weight = mark.style.width.unwrap_or(theme::LINE);
    let line = |pen: &Pen| pen.line(&[(left, middle), (right, middle)], color, weight);
    match mark.shape {
        Shape::Band(_) => canvas.layer(layer(0.75, None), |pen| pen.rectangle(patch, color)),
        Shape::Bars(_) => canvas.layer(layer(0.0, None), |pen| pen.rectangle(patch, color)),
        Shape::Line(_) | Shape::Contours(..) | Shape::Arrow { .. } => {
            canvas.layer(layer(0.0, mark.style.dashes(weight, canvas.theme)), line)
        }
        _ => canvas.layer(layer(0.0, None), |pen| pen.marker((0.5 * (left + right), middle), 4.5, color)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_far_apart_stay() {
        assert_eq!(spread(&[30.0, 0.0, 10.0], 5.0, -100.0, 100.0), [30.0, 0.0, 10.0]);
    }

    #[test]
    fn equal_places_part_evenly() {
        assert_eq!(spread(&[1.0, 1.0, 1.0], 2.0, -100.0, 100.0), [-1.0, 1.0, 3.0]);
    }

    proptest! {
        #[test]
        fn spread_keeps_distance_order_and_mean(places in prop::collection::vec(0.0..50.0f64, 1..9)) {
            let moved = spread(&places, 6.0, f64::NEG_INFINITY, f64::INFINITY);
            let mut sorted = moved.clone();
            sorted.sort_by(f64::total_cmp);
            prop_assert!(sorted.windows(2).all(|w| w[1] - w[0] > 6.0 - 1e-9));
            let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
            prop_assert!((mean(&places) - mean(&moved)).abs() < 1e-9);
            for (i, j) in (0..places.len()).flat_map(|i| (0..i).map(move |j| (i, j))) {
                prop_assert!((places[i] - places[j]) * (moved[i] - moved[j]) >= 0.0);
            }
        }

        #[test]
        fn spread_stays_within_limits_where_there_is_room(places in prop::collection::vec(0.0..50.0f64, 1..9)) {
            let mut moved = spread(&places, 6.0, 0.0, 50.0);
            prop_assert!(moved.iter().all(|y| (-1e-9..=50.0 + 1e-9).contains(y)), "{moved:?}");
            moved.sort_by(f64::total_cmp);
            prop_assert!(moved.windows(2).all(|w| w[1] - w[0] > 6.0 - 1e-9));
        }
    }
}
