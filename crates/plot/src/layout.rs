//! Where everything in a figure goes: margins are measured, data get what is left.
//!
//! Ticks depend on the size of the data rectangle and the rectangle on the width of the tick
//! labels, so the two are found in turn; a few rounds settle it.

use crate::axes::{Frame, LEADING, Paragraph};
use crate::colorbar;
use crate::direct;
use crate::error::PlotError;
use crate::figure::{Content, Figure};
use crate::font::Face;
use crate::geometry::{Margins, Rect};
use crate::panel::{Panel, x_scale, y_scale};
use crate::picture_table;
use crate::scale::Scale;
use crate::theme;

/// Points in a millimetre.
pub(crate) const POINTS_PER_MM: f64 = 72.0 / 25.4;
/// The least sensible side of a data rectangle, pt.
const LEAST: f64 = 12.0;
/// From a panel's title to what is beneath, pt.
const TITLE_GAP: f64 = 3.0;

/// One part of a figure with its place found.
pub(crate) struct Placed<'a> {
    pub(crate) content: &'a Content,
    /// Where data or pictures go.
    pub(crate) rect: Rect,
    /// The axes, if it has any.
    pub(crate) frame: Option<Frame>,
}

impl Placed<'_> {
    pub(crate) fn title(&self) -> Paragraph {
        Paragraph::new(self.content.title(), theme::TITLE, Face::Roman, self.rect.width())
    }

    /// Room between the data and the title for a key or for the names of columns.
    pub(crate) fn over_data(&self) -> f64 {
        match (self.content, &self.frame) {
            (Content::Panel(panel), _) => direct::key_height(panel, self.rect.width()),
            (Content::Pictures(pictures), _) => picture_table::margins(pictures, self.rect).top,
            (Content::Diagram(_), _) => 0.0,
        }
    }

    fn margins(&self) -> Margins {
        let inner = match (self.content, &self.frame) {
            (Content::Panel(panel), Some(frame)) => panel_margins(panel, frame),
            (Content::Pictures(pictures), _) => picture_table::margins(pictures, self.rect),
            _ => Margins::default(),
        };
        let title = self.title().height();
        let gap = if title > 0.0 { TITLE_GAP } else { 0.0 };
        Margins { top: (self.over_data() + title + gap).max(inner.top), ..inner }
    }
}

fn panel_margins(panel: &Panel, frame: &Frame) -> Margins {
    let margins = frame.margins(panel);
    let names = direct::right_margin(frame, panel);
    let bar = colorbar::width(panel, frame.rect.height());
    Margins { right: margins.right.max(names + bar), ..margins }
}

/// Finds the place of every part of a figure.
pub(crate) fn arrange(figure: &Figure) -> Result<Vec<Placed<'_>>, PlotError> {
    let scales = scales(figure);
    let guess = Margins { left: 25.0, right: 5.0, top: 15.0, bottom: 20.0 };
    let mut rects = data_rects(figure, &vec![guess; figure.contents.len()])?;
    for _ in 0..4 {
        let margins: Vec<Margins> = place(figure, &scales, &rects).iter().map(Placed::margins).collect();
        rects = data_rects(figure, &margins)?;
    }
    Ok(place(figure, &scales, &rects))
}

/// The limits of every panel's axes; pictures have none.
fn scales(figure: &Figure) -> Vec<Option<(Scale, Scale)>> {
    // The panels that share an axis with panel `i`: itself, and those in the same column or row.
    let sharing = |i: usize, shared: bool, line: fn(usize, usize) -> usize| -> Vec<&Panel> {
        let together = |j: usize| j == i || shared && line(j, figure.grid) == line(i, figure.grid);
        let parts = figure.contents.iter().enumerate().filter(|(j, _)| together(*j));
        parts.filter_map(|(_, content)| content.panel()).collect()
    };
    let both = |i| {
        let x = x_scale(&sharing(i, figure.share_x, |j, columns| j % columns));
        (x, y_scale(&sharing(i, figure.share_y, |j, columns| j / columns)))
    };
    figure.contents.iter().enumerate().map(|(i, content)| content.panel().map(|_| both(i))).collect()
}

fn place<'a>(figure: &'a Figure, scales: &[Option<(Scale, Scale)>], rects: &[Rect]) -> Vec<Placed<'a>> {
    let parts = figure.contents.iter().zip(rects).zip(scales).enumerate();
    parts
        .map(|(i, ((content, &rect), &scales))| {
            let labelled = (shows_x(figure, i), shows_y(figure, i));
            let frame =
                content.panel().zip(scales).map(|(panel, scales)| Frame::new(panel, scales, rect, labelled));
            Placed { content, rect, frame }
        })
        .collect()
}

/// A shared x axis is named at the lowest panel of each column.
fn shows_x(figure: &Figure, index: usize) -> bool {
    let below = figure.contents.get(index + figure.columns);
    let same = index % figure.grid == (index + figure.columns) % figure.grid;
    !(figure.share_x && same && below.is_some_and(|content| content.panel().is_some()))
}

/// A shared y axis is named at the first panel of each row.
fn shows_y(figure: &Figure, index: usize) -> bool {
    let first = index.is_multiple_of(figure.columns);
    let same = || (index - 1) / figure.grid == index / figure.grid;
    !(figure.share_y && !first && same() && figure.contents[index - 1].panel().is_some())
}

/// The figure's title, broken to its width.
pub(crate) fn figure_title(figure: &Figure) -> Paragraph {
    let width = figure.width * POINTS_PER_MM - 2.0 * theme::BORDER;
    figure.title.as_ref().map_or_else(Paragraph::default, |title| {
        Paragraph::new(title, theme::FIGURE_TITLE, Face::Bold, width)
    })
}

/// Cuts the page into data rectangles of widths and heights in the given proportions,
/// leaving to every column and row the widest margins any of its parts needs.
fn data_rects(figure: &Figure, margins: &[Margins]) -> Result<Vec<Rect>, PlotError> {
    let columns = figure.columns.min(margins.len());
    let rows = margins.len().div_ceil(figure.columns);
    let widest = |of: fn(&Margins) -> f64, pick: &dyn Fn(usize) -> bool| {
        let picked = margins.iter().enumerate().filter(|(i, _)| pick(*i));
        picked.map(|(_, m)| of(m)).fold(0.0, f64::max)
    };
    let column = |of, c: usize| widest(of, &|i| i % figure.columns == c);
    let row = |of, r: usize| widest(of, &|i| i / figure.columns == r);
    let lefts: Vec<f64> = (0..columns).map(|c| column(|m| m.left, c)).collect();
    let rights: Vec<f64> = (0..columns).map(|c| column(|m| m.right, c)).collect();
    let tops: Vec<f64> = (0..rows).map(|r| row(|m| m.top, r)).collect();
    let bottoms: Vec<f64> = (0..rows).map(|r| row(|m| m.bottom, r)).collect();

    let title = figure_title(figure).height();
    let head = if title > 0.0 { title + 0.4 * LEADING * theme::FIGURE_TITLE } else { 0.0 };
    let taken = |before: &[f64], after: &[f64]| {
        let gutters = theme::GUTTER * (before.len() as f64 - 1.0);
        before.iter().chain(after).sum::<f64>() + gutters + 2.0 * theme::BORDER
    };
    let weight = |c: usize| figure.widths.get(c).copied().unwrap_or(1.0);
    let weights: f64 = (0..columns).map(weight).sum();
    let unit = (figure.width * POINTS_PER_MM - taken(&lefts, &rights)) / weights;
    let share = |r: usize| figure.heights.get(r).copied().unwrap_or(1.0);
    let shares: f64 = (0..rows).map(share).sum();
    let rise = (figure.height * POINTS_PER_MM - head - taken(&tops, &bottoms)) / shares;
    // A comparison that is also false for NaN.
    let roomy = |size: f64| size >= LEAST;
    let enough = (0..rows).all(|r| roomy(rise * share(r))) && (0..columns).all(|c| roomy(unit * weight(c)));
    if !enough {
        return Err(PlotError::TooSmall { width: figure.width, height: figure.height });
    }

    let sizes: Vec<f64> = (0..columns).map(|c| unit * weight(c)).collect();
    let heights: Vec<f64> = (0..rows).map(|r| rise * share(r)).collect();
    let xs = starts(&lefts, &sizes, &rights, 0.0);
    let ys = starts(&tops, &heights, &bottoms, head);
    let rect = |i: usize| {
        let (c, r) = (i % figure.columns, i / figure.columns);
        Rect { left: xs[c], top: ys[r], right: xs[c] + sizes[c], bottom: ys[r] + heights[r] }
    };
    Ok((0..margins.len()).map(rect).collect())
}

/// Where data rectangles begin when each has margins before and after it.
fn starts(before: &[f64], sizes: &[f64], after: &[f64], offset: f64) -> Vec<f64> {
    let mut place = theme::BORDER + offset;
    let mut starts = Vec::with_capacity(sizes.len());
    for ((before, size), after) in before.iter().zip(sizes).zip(after) {
        starts.push(place + before);
        place += before + size + after + theme::GUTTER;
    }
    starts
}
