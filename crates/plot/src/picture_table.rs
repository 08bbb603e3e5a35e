//! Tables of small pictures set into the data rectangle of their place in the figure.

use crate::axes::LEADING;
use crate::canvas::{Canvas, Layer};
use crate::error::PlotError;
use crate::font::Face;
use crate::geometry::{Margins, Rect};
use crate::label::Label;
use crate::pictures::Pictures;
use crate::theme;

/// Gap between pictures, pt.
const GAP: f64 = 2.0;
/// From the pictures to their names, pt.
const LABEL_GAP: f64 = 3.0;

/// Room around the pictures for names and notes.
pub(crate) fn margins(pictures: &Pictures, rect: Rect) -> Margins {
    let names = pictures.rows.iter().map(|(label, _)| label.width(theme::LABEL));
    let widest = names.fold(0.0, f64::max);
    let band = |labels: &[Label]| if labels.is_empty() { 0.0 } else { LEADING * theme::TICK + LABEL_GAP };
    let (width, _) = cell(pictures, rect);
    // The outermost names may reach beyond their columns.
    let labels = || [&pictures.column_labels, &pictures.column_notes];
    let over = |label: Option<&Label>| label.map_or(0.0, |l| 0.5 * (l.width(theme::TICK) - width));
    let columns = pictures.columns();
    let end = labels().iter().map(|l| over(l.get(columns.wrapping_sub(1)))).fold(0.0, f64::max);
    let start = labels().iter().map(|l| over(l.first())).fold(0.0, f64::max);
    Margins {
        left: if widest > 0.0 { widest + LABEL_GAP + 2.0 } else { 0.0 }.max(start),
        right: end,
        top: band(&pictures.column_labels),
        bottom: band(&pictures.column_notes),
    }
}

/// Width and height of one picture.
fn cell(pictures: &Pictures, rect: Rect) -> (f64, f64) {
    let (columns, rows) = (pictures.columns() as f64, pictures.rows.len() as f64);
    let by_width = (rect.width() + GAP) / columns - GAP;
    let by_height = ((rect.height() + GAP) / rows - GAP) * pictures.aspect();
    let width = by_width.min(by_height).max(1.0);
    (width, width / pictures.aspect())
}

/// Names of columns are shown one in this many, so that they do not touch where columns are `distance` pt apart.
fn shown_every(labels: &[Label], distance: f64) -> usize {
    let widest = labels.iter().map(|label| label.width(theme::TICK)).fold(0.0, f64::max);
    (((widest + GAP) / distance).ceil() as usize).max(1)
}

/// Draws pictures with their names and notes.
pub(crate) fn draw(canvas: &mut Canvas, pictures: &Pictures, rect: Rect) -> Result<(), PlotError> {
    let (width, height) = cell(pictures, rect);
    let place = |row: usize, column: usize| {
        let left = rect.left + column as f64 * (width + GAP);
        let top = rect.top + row as f64 * (height + GAP);
        Rect { left, top, right: left + width, bottom: top + height }
    };
    for (r, (name, row)) in pictures.rows.iter().enumerate() {
        for (c, picture) in row.iter().enumerate() {
            let png = picture.png(canvas.colors(pictures.map), pictures.range)?;
            canvas.picture(place(r, c), place(r, c), &png, true);
        }
        let at = place(r, 0);
        let name = name.layout(theme::LABEL, Face::Roman);
        let baseline = 0.5 * (at.top + at.bottom) + 0.24 * theme::LABEL;
        canvas.layer(Layer::default(), |pen| {
            for c in 0..row.len() {
                let Rect { left, top, right, bottom } = place(r, c);
                let outline = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
                pen.line(&outline, theme::GUIDE, 0.3)?;
            }
            pen.text(&name, (rect.left - LABEL_GAP - 2.0 - name.width, baseline), theme::TEXT)
        })?;
    }
    let last = place(pictures.rows.len().saturating_sub(1), 0);
    let above = rect.top - LABEL_GAP - 0.25 * theme::TICK;
    let below = last.bottom + LABEL_GAP + 0.8 * theme::TICK;
    for (labels, baseline) in [(&pictures.column_labels, above), (&pictures.column_notes, below)] {
        let every = shown_every(labels, width + GAP);
        canvas.layer(Layer::default(), |pen| {
            labels.iter().enumerate().step_by(every).try_for_each(|(c, label)| {
                let text = label.layout(theme::TICK, Face::Roman);
                let at = place(0, c);
                pen.text(&text, (0.5 * (at.left + at.right) - 0.5 * text.width, baseline), theme::TEXT)
            })
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_left_out_where_they_would_touch() {
        let labels: Vec<Label> = (0..11).map(|t| Label::from(format!("$t = 0.{t}$"))).collect();
        let width = labels.iter().map(|label| label.width(theme::TICK)).fold(0.0, f64::max);
        assert_eq!(shown_every(&labels, width + GAP), 1);
        assert_eq!(shown_every(&labels, width), 2);
        assert_eq!(shown_every(&labels, 0.4 * width), 3);
        assert_eq!(shown_every(&[], 3.0), 1);
    }
}
