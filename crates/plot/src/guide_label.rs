//! Names of guides: beside an upright line, and on an ellipse where its name hides the least.

use crate::axes::Frame;
use crate::canvas::Canvas;
use crate::draw;
use crate::error::PlotError;
use crate::font::Face;
use crate::geometry::{Point, Rect};
use crate::label::Label;
use crate::mark::{Mark, Shape};
use crate::panel::Panel;
use crate::theme;

/// From an upright line to its name, pt.
const GAP: f64 = 3.0;
/// Room around a name that its halo takes, pt.
const HALO: f64 = 1.5;
/// Height of a name, as a share of the type size.
const HEIGHT: f64 = 1.15;
/// Outward directions on the page in which an ellipse may be named, sixteenths of a turn from the top, the first choice first.
const DIRECTIONS: [u8; 16] = [0, 8, 4, 12, 2, 6, 10, 14, 1, 3, 5, 7, 9, 11, 13, 15];

/// Draws the names of `guides`, ellipses and upright lines of the panel.
pub(crate) fn draw<'a>(
    canvas: &mut Canvas,
    frame: &Frame,
    panel: &Panel,
    guides: impl Iterator<Item = (&'a Mark, &'a Label)>,
) -> Result<(), PlotError> {
    let mut taken: Vec<Rect> = Vec::new();
    for (mark, label) in guides {
        let text = label.layout(theme::TICK, Face::Roman);
        let size = (text.width, HEIGHT * theme::TICK);
        let place = match mark.shape {
            Shape::Vertical(x) => Some(beside(frame, x, size, &taken)),
            _ => least_hiding(frame, panel, mark, size, &taken),
        };
        let Some(place) = place else { continue };
        taken.push(place);
        let baseline = place.top + 0.82 * theme::TICK;
        canvas.haloed(None, |pen| pen.text(&text, (place.left, baseline), mark.style.color))?;
    }
    Ok(())
}

/// At the upper end of an upright line, below the names that are there already.
fn beside(frame: &Frame, x: f64, (width, height): (f64, f64), taken: &[Rect]) -> Rect {
    let (x, _) = frame.at((x, frame.y.scale.low));
    let beyond = x + GAP + width > frame.rect.right;
    let left = if beyond { x - GAP - width } else { x + GAP };
    let mut place = Rect { left, top: frame.rect.top, right: left + width, bottom: frame.rect.top + height };
    while let Some(other) = taken.iter().find(|other| other.overlaps(&place)) {
        let down = other.bottom - place.top + 0.01;
        (place.top, place.bottom) = (place.top + down, place.bottom + down);
    }
    place
}

/// The place on the outline of an ellipse, or just outside it, where a name covers the least of all other marks;
/// none if nothing of the ellipse shows.
fn least_hiding(
    frame: &Frame,
    panel: &Panel,
    ellipse: &Mark,
    size: (f64, f64),
    taken: &[Rect],
) -> Option<Rect> {
    let outline = draw::outline(frame, &ellipse.shape);
    let others = panel.marks.iter().filter(|mark| !std::ptr::eq(*mark, ellipse));
    let ink: Vec<Point> = others.flat_map(|mark| draw::outline(frame, &mark.shape)).collect();
    let hidden = |place: &Rect| ink.iter().filter(|&&point| place.grown(HALO).contains(point)).count();
    let free = |place: &Rect| {
        frame.rect.grown(HALO).holds(place) && !taken.iter().any(|other| other.overlaps(place))
    };
    let places = places(&outline, size)?;
    places.iter().copied().filter(free).min_by_key(hidden).or(places.first().copied())
}

/// Places for a name: on the outline in every direction. A name beside it would be nearer to another ring.
fn places(outline: &[Point], (width, height): (f64, f64)) -> Option<Vec<Rect>> {
    let farthest = |turn: u8| {
        let (dx, dy) = (f64::from(turn) / 16.0 * std::f64::consts::TAU).sin_cos();
        let along = |p: &Point| p.0 * dx - p.1 * dy;
        outline.iter().copied().max_by(|a, b| along(a).total_cmp(&along(b)))
    };
    let ends = DIRECTIONS.iter().map(|&turn| farthest(turn)).collect::<Option<Vec<Point>>>()?;
    Some(ends.iter().map(|&end| Rect::about(end, width, height)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{x_scale, y_scale};
    use crate::style::Style;
    use proptest::prelude::*;

    fn named_circle() -> Panel {
        let panel = Panel::new("").equal_aspect().x_range(-3.0, 3.0).y_range(-3.0, 3.0);
        panel.circle((0.0, 0.0), 2.0, Style::guide().label("2"))
    }

    /// How much of the other marks the circle's name hides, and where it stands.
    fn hidden(panel: &Panel) -> (usize, Rect) {
        let rect = Rect { left: 0.0, top: 0.0, right: 120.0, bottom: 120.0 };
        let frame = Frame::new(panel, (x_scale(&[panel]), y_scale(&[panel])), rect, (true, true));
        let place = least_hiding(&frame, panel, &panel.marks[0], (8.0, 9.0), &[]).expect("the circle shows");
        let ink = panel.marks[1..].iter().flat_map(|mark| draw::outline(&frame, &mark.shape));
        (ink.filter(|&point| place.grown(HALO).contains(point)).count(), place)
    }

    #[test]
    fn a_circle_alone_is_named_at_its_top() {
        let (_, place) = hidden(&named_circle());
        let (x, y) = (0.5 * (place.left + place.right), 0.5 * (place.top + place.bottom));
        assert!((x - 60.0).abs() < 1.0 && (y - 20.0).abs() < 0.1, "({x}, {y})");
    }

    #[test]
    fn a_name_stands_on_its_circle_even_where_that_is_covered() {
        let (_, place) = hidden(&named_circle().circle((0.0, 0.0), 2.0, Style::series(0)));
        let (x, y) = (0.5 * (place.left + place.right) - 60.0, 0.5 * (place.top + place.bottom) - 60.0);
        assert!((x.hypot(y) - 40.0).abs() < 0.1, "({x}, {y})");
    }

    #[test]
    fn a_circle_that_does_not_show_has_no_name() {
        assert_eq!(places(&[], (1.0, 1.0)), None);
    }

    proptest! {
        #[test]
        fn a_name_hides_no_cloud_that_leaves_half_of_the_circle_free(turn in 0.0..std::f64::consts::TAU) {
            let along = (0..=100).map(|i| turn + std::f64::consts::PI * f64::from(i) / 100.0);
            let cloud = along.map(|t| (2.0 * t.cos(), 2.0 * t.sin()));
            prop_assert_eq!(hidden(&named_circle().points(cloud, Style::series(0))).0, 0);
        }
    }
}
