//! Marks drawn within a frame.

use std::f64::consts::TAU;

use crate::axes::Frame;
use crate::canvas::{Canvas, Layer, Pen};
use crate::color::Color;
use crate::contour::level_lines;
use crate::direct;
use crate::error::PlotError;
use crate::geometry::{Point, Rect};
use crate::mark::{Mark, Shape};
use crate::scale::Spread;
use crate::style::Style;
use crate::theme;

/// Width of a bar, in units of the distance between bars.
pub(crate) const BAR_WIDTH: f64 = 0.62;

/// Draws marks in their order; their names are drawn elsewhere.
pub(crate) fn draw(canvas: &mut Canvas, frame: &Frame, marks: &[Mark]) -> Result<(), PlotError> {
    let is_cloud = |mark: &Mark| matches!(mark.shape, Shape::Points(_));
    for group in marks.chunk_by(|a, b| is_cloud(a) && is_cloud(b) && a.style.opacity == b.style.opacity) {
        if group.iter().all(is_cloud) {
            draw_clouds(canvas, frame, group)?;
        } else {
            group.iter().try_for_each(|mark| draw_mark(canvas, frame, mark))?;
        }
    }
    Ok(())
}

fn draw_mark(canvas: &mut Canvas, frame: &Frame, mark: &Mark) -> Result<(), PlotError> {
    let style = &mark.style;
    match &mark.shape {
        Shape::Line(points) => {
            let path = on_page(frame, points.iter().copied());
            stroke(canvas, frame, style, theme::LINE, &[path])
        }
        Shape::Band(points) => {
            let upper = points.iter().map(|&(x, _, upper)| (x, upper));
            let lower = points.iter().rev().map(|&(x, lower, _)| (x, lower));
            let outline = on_page(frame, upper.chain(lower));
            filled(canvas, frame, style, 0.22, |pen| pen.polygon(&outline, style.color))
        }
        Shape::Points(_) => draw_clouds(canvas, frame, std::slice::from_ref(mark)),
        Shape::ColoredPoints(points, scale) => {
            let (low, high) = scale.span(points.iter().map(|p| p.2));
            let share = |value: f64| if high > low { (value - low) / (high - low) } else { 0.5 };
            let size = style.size.unwrap_or(dot_size(points.len()));
            let map = canvas.colors(scale.map);
            let dots = points.iter().map(|&(x, y, value)| Dot {
                at: frame.at((x, y)),
                color: map(share(value)),
                size,
            });
            draw_dots(canvas, frame, style, &dots.collect::<Vec<_>>(), true)
        }
        Shape::ErrorBars(points) => draw_error_bars(canvas, frame, style, points),
        Shape::Bars(bars) => filled(canvas, frame, style, 1.0, |pen| {
            bars.iter()
                .enumerate()
                .try_for_each(|(i, &bar)| pen.rectangle(bar_on_page(frame, i, bar), style.color))
        }),
        &Shape::Ellipse { centre, axes, angle } => {
            let outline = on_page(frame, ellipse(centre, axes, angle));
            if let Some(opacity) = style.fill {
                filled(canvas, frame, &style.clone().opacity(opacity), opacity, |pen| {
                    pen.polygon(&outline, style.color)
                })?;
            }
            stroke(canvas, frame, style, theme::THIN, &[outline])
        }
        Shape::Horizontal(y) => {
            let ends = [frame.x.scale.low, frame.x.scale.high].map(|x| frame.at((x, *y)));
            stroke(canvas, frame, style, theme::THIN, &[ends.to_vec()])
        }
        Shape::Vertical(x) => {
            let ends = [frame.y.scale.low, frame.y.scale.high].map(|y| frame.at((*x, y)));
            stroke(canvas, frame, style, theme::THIN, &[ends.to_vec()])
        }
        Shape::Text { at, label } => direct::draw_text(canvas, frame, *at, label, mark),
        Shape::Arrow { from, to } => draw_arrow(canvas, frame, style, frame.at(*from), frame.at(*to)),
        Shape::Heatmap { raster, extent, colors, smooth } => {
            let (left, bottom) = frame.at((extent.x.0, extent.y.0));
            let (right, top) = frame.at((extent.x.1, extent.y.1));
            let range = colors.range.unwrap_or_else(|| raster.range());
            let map = canvas.colors(colors.map);
            let png = if *smooth { raster.smooth_png(map, range) } else { raster.png(map, range) };
            canvas.picture(Rect { left, top, right, bottom }, frame.rect, &png?, !smooth);
            Ok(())
        }
        Shape::Contours(raster, extent, levels) => {
            let lines = levels.iter().flat_map(|&level| level_lines(raster, *extent, level));
            let paths: Vec<Vec<Point>> = lines.map(|line| on_page(frame, line)).collect();
            stroke(canvas, frame, style, theme::THIN, &paths)
        }
    }
}

/// Places on the page, at most 2 pt apart on lines, where a mark leaves ink that a name might hide.
pub(crate) fn outline(frame: &Frame, shape: &Shape) -> Vec<Point> {
    let path = match shape {
        Shape::Points(points) => return on_page(frame, points.iter().copied()),
        Shape::ColoredPoints(points, _) | Shape::ErrorBars(points) => {
            return on_page(frame, points.iter().map(|&(x, y, _)| (x, y)));
        }
        Shape::Line(points) => on_page(frame, points.iter().copied()),
        &Shape::Ellipse { centre, axes, angle } => on_page(frame, ellipse(centre, axes, angle)),
        _ => return Vec::new(),
    };
    path.windows(2).flat_map(|ends| between(frame, ends[0], ends[1])).collect()
}

/// The visible part of a straight line as places at most 2 pt apart.
fn between(frame: &Frame, from: Point, to: Point) -> impl Iterator<Item = Point> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    // A line far beyond the frame is not followed in small steps.
    let steps = (dx.hypot(dy) / 2.0).clamp(1.0, 1000.0) as u32;
    let places = (0..=steps).map(move |i| f64::from(i) / f64::from(steps));
    let places = places.map(move |t| (from.0 + t * dx, from.1 + t * dy));
    places.filter(|&place| frame.rect.contains(place))
}

fn on_page(frame: &Frame, points: impl IntoIterator<Item = (f64, f64)>) -> Vec<Point> {
    points.into_iter().map(|p| frame.at(p)).collect()
}

/// The part of the page where marks may show: a line along the edge keeps its whole width.
fn window(frame: &Frame, weight: f64) -> Rect {
    frame.rect.grown(0.6 * weight)
}

fn stroke(
    canvas: &mut Canvas,
    frame: &Frame,
    style: &Style,
    weight: f64,
    paths: &[Vec<Point>],
) -> Result<(), PlotError> {
    let weight = style.width.unwrap_or(weight);
    let layer = Layer {
        dash: style.dashes(weight, canvas.theme),
        transparency: 1.0 - style.opacity.unwrap_or(1.0),
        ..Layer::clipped(window(frame, weight))
    };
    canvas.layer(layer, |pen| paths.iter().try_for_each(|path| pen.line(path, style.color, weight)))
}

fn filled(
    canvas: &mut Canvas,
    frame: &Frame,
    style: &Style,
    opacity: f64,
    draw: impl FnOnce(&Pen) -> Result<(), PlotError>,
) -> Result<(), PlotError> {
    let transparency = 1.0 - style.opacity.unwrap_or(opacity);
    canvas.layer(Layer { transparency, ..Layer::clipped(frame.rect) }, draw)
}

struct Dot {
    at: Point,
    color: Color,
    size: f64,
}

/// How crowded a cloud is: 0 up to 50 points, 2 from 5000 on.
///
/// The more points, the smaller and the more translucent, so that crowds do not clot.
fn crowd(count: usize) -> f64 {
    (count as f64 / 50.0).log10().clamp(0.0, 2.0)
}

fn dot_size(count: usize) -> f64 {
    3.2 - 0.8 * crowd(count)
}

/// Draws clouds mixed through one another, so that none covers the others for having come last.
fn draw_clouds(canvas: &mut Canvas, frame: &Frame, marks: &[Mark]) -> Result<(), PlotError> {
    let clouds = || {
        marks.iter().filter_map(|mark| match &mark.shape {
            Shape::Points(points) => Some((&mark.style, points)),
            _ => None,
        })
    };
    let count = clouds().map(|(_, points)| points.len()).sum();
    let mut dots: Vec<(f64, Dot)> = Vec::with_capacity(count);
    for (style, points) in clouds() {
        let size = style.size.unwrap_or(dot_size(count));
        for (i, &point) in points.iter().enumerate() {
            let turn = (i as f64 + 0.5) / points.len() as f64;
            dots.push((turn, Dot { at: frame.at(point), color: style.color, size }));
        }
    }
    dots.sort_by(|a, b| a.0.total_cmp(&b.0));
    let dots: Vec<Dot> = dots.into_iter().map(|(_, dot)| dot).collect();
    marks.first().map_or(Ok(()), |mark| draw_dots(canvas, frame, &mark.style, &dots, false))
}

/// Draws dots, whose colours may be `mapped` from values.
fn draw_dots(
    canvas: &mut Canvas,
    frame: &Frame,
    style: &Style,
    dots: &[Dot],
    mapped: bool,
) -> Result<(), PlotError> {
    let transparency = 1.0 - style.opacity.unwrap_or(1.0 - 0.2 * crowd(dots.len()));
    let window = window(frame, dots.iter().map(|dot| dot.size).fold(0.0, f64::max));
    canvas.layer(Layer { transparency, mapped, ..Layer::clipped(window) }, |pen| {
        let mut visible = dots.iter().filter(|dot| window.contains(dot.at));
        visible.try_for_each(|dot| pen.marker(dot.at, dot.size, dot.color))
    })
}

fn draw_error_bars(
    canvas: &mut Canvas,
    frame: &Frame,
    style: &Style,
    points: &[(f64, f64, f64)],
) -> Result<(), PlotError> {
    let size = style.size.unwrap_or(3.4);
    let weight = style.width.unwrap_or(0.9);
    let ground = frame.y.scale.low;
    let transparency = 1.0 - style.opacity.unwrap_or(1.0);
    canvas.layer(Layer { transparency, ..Layer::clipped(window(frame, size)) }, |pen| {
        points.iter().try_for_each(|&(x, y, error)| {
            // On a logarithmic axis a bar that would reach zero reaches the end of the axis.
            let low =
                if frame.y.scale.spread == Spread::Log10 && y - error <= 0.0 { ground } else { y - error };
            let (low, high) = (frame.at((x, low)), frame.at((x, y + error)));
            pen.line(&[low, high], style.color, weight)?;
            for (x, y) in [low, high] {
                pen.line(&[(x - 1.6, y), (x + 1.6, y)], style.color, weight)?;
            }
            pen.marker(frame.at((x, y)), size, style.color)
        })
    })
}

fn bar_on_page(frame: &Frame, index: usize, (base, height): (f64, f64)) -> Rect {
    let middle = index as f64;
    let (left, bottom) = frame.at((middle - 0.5 * BAR_WIDTH, base.min(base + height)));
    let (right, top) = frame.at((middle + 0.5 * BAR_WIDTH, base.max(base + height)));
    Rect { left, top, right, bottom }
}

fn ellipse(centre: (f64, f64), axes: (f64, f64), angle: f64) -> impl Iterator<Item = (f64, f64)> {
    let (sin, cos) = angle.sin_cos();
    (0..=120).map(move |i| {
        let t = TAU * f64::from(i) / 120.0;
        let (u, v) = (axes.0 * t.cos(), axes.1 * t.sin());
        (centre.0 + u * cos - v * sin, centre.1 + u * sin + v * cos)
    })
}

fn draw_arrow(
    canvas: &mut Canvas,
    frame: &Frame,
    style: &Style,
    from: Point,
    to: Point,
) -> Result<(), PlotError> {
    let weight = style.width.unwrap_or(theme::THIN);
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    if length == 0.0 {
        return Ok(());
    }
    let (along, across) = (((to.0 - from.0) / length, (to.1 - from.1) / length), 1.3 + weight);
    let head = (2.2 * across).min(length);
    let back = |distance: f64, aside: f64| {
        (to.0 - distance * along.0 - aside * along.1, to.1 - distance * along.1 + aside * along.0)
    };
    stroke(canvas, frame, style, weight, &[vec![from, back(0.8 * head, 0.0)]])?;
    let barb = [to, back(head, across), back(0.75 * head, 0.0), back(head, -across)];
    filled(canvas, frame, style, 1.0, |pen| pen.polygon(&barb, style.color))
}
