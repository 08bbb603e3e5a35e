//! The frame of a panel: data to page, ticks, grid, spines and the names of the axes.

use crate::canvas::{Canvas, Layer, Pen};
use crate::error::PlotError;
use crate::font::Face;
use crate::geometry::{Margins, Point, Rect};
use crate::label::{Label, Layout};
use crate::panel::{AxisSpec, Panel};
use crate::scale::{Scale, Spread, Tick};
use crate::theme;

/// Height of digits, as a share of the type size: tick labels are centred by it.
const DIGIT_HEIGHT: f64 = 0.66;
/// From one baseline to the next, as a share of the type size.
pub(crate) const LEADING: f64 = 1.2;
/// The least room for a tick, pt: across for its label, up for its line.
const X_SPACING: f64 = 24.0;
const Y_SPACING: f64 = 17.0;
/// From a tick mark to its label, pt.
const TICK_GAP: f64 = 1.8;

/// An axis of a panel with its place found.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) scale: Scale,
    pub(crate) ticks: Vec<Tick>,
    /// Whether numbers and name are shown, or left to a neighbour that shares the axis.
    pub(crate) labelled: bool,
    /// Whether ticks carry names the caller gave, which may be long, instead of numbers chosen to fit.
    named: bool,
}

/// The data rectangle of a panel with its axes.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) rect: Rect,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Axis {
    /// An axis `length` pt long with at most `most` ticks.
    fn new(spec: &AxisSpec, scale: Scale, most: usize, labelled: bool) -> Axis {
        let ticks = match &spec.ticks {
            Some(given) => {
                let ticks = given.iter().map(|(value, label)| Tick { value: *value, label: label.clone() });
                ticks.filter(|tick| (-1e-9..=1.0 + 1e-9).contains(&scale.place(tick.value))).collect()
            }
            None => scale.ticks(most),
        };
        Axis { scale, ticks, labelled, named: spec.ticks.is_some() }
    }
}

impl Frame {
    /// Fits axes into `rect`; `labelled` says whether x and y show their numbers.
    pub(crate) fn new(panel: &Panel, scales: (Scale, Scale), rect: Rect, labelled: (bool, bool)) -> Frame {
        let (mut x, mut y) = scales;
        if panel.equal_aspect && x.spread == Spread::Linear && y.spread == Spread::Linear {
            let per_point = ((x.high - x.low) / rect.width(), (y.high - y.low) / rect.height());
            x = x.widened((per_point.1 / per_point.0).max(1.0));
            y = y.widened((per_point.0 / per_point.1).max(1.0));
        }
        // Where units are equally long, so are the steps between ticks.
        let spacing = if panel.equal_aspect { Y_SPACING } else { X_SPACING };
        let fit = |length: f64, spacing: f64| ((length / spacing) as usize).clamp(2, 8);
        let mut most = fit(rect.width(), spacing);
        let mut x_axis = Axis::new(&panel.x, x, most, labelled.0);
        while most > 2 && panel.x.ticks.is_none() && crowded(&x_axis, rect.width()) {
            most -= 1;
            x_axis = Axis::new(&panel.x, x, most, labelled.0);
        }
        Frame { rect, x: x_axis, y: Axis::new(&panel.y, y, fit(rect.height(), Y_SPACING), labelled.1) }
    }

    /// Where a pair of data lies on the page.
    pub(crate) fn at(&self, (x, y): (f64, f64)) -> Point {
        let Rect { left, bottom, .. } = self.rect;
        (
            left + self.x.scale.place(x) * self.rect.width(),
            bottom - self.y.scale.place(y) * self.rect.height(),
        )
    }

    /// Room for tick labels and axis names.
    pub(crate) fn margins(&self, panel: &Panel) -> Margins {
        let mut margins = Margins { left: 1.0, right: 1.0, top: 0.4 * theme::TICK, bottom: 1.0 };
        if self.x.labelled {
            margins.bottom = self.x_name_top() + names(panel.x.label.as_ref(), self.rect.width()).height();
            for (tick, lines) in self.x_labels() {
                let half = 0.5 * widest(&lines);
                let place = self.x.scale.place(tick.value) * self.rect.width();
                margins.left = margins.left.max(half - place);
                margins.right = margins.right.max(place + half - self.rect.width());
            }
        }
        if self.y.labelled {
            let name = names(panel.y.label.as_ref(), self.rect.height()).height();
            margins.left = margins.left.max(self.y_name_right() + name);
            margins.bottom = margins.bottom.max(0.4 * theme::TICK);
        }
        margins
    }

    /// Distance from the data rectangle to the top of the x axis's name.
    fn x_name_top(&self) -> f64 {
        let most = self.x_labels().iter().map(|(_, lines)| lines.len()).max().unwrap_or(0);
        theme::TICK_LENGTH + TICK_GAP + self.x_size() * (LEADING * most as f64 - 0.2)
    }

    /// Distance from the data rectangle to the right edge of the y axis's name.
    fn y_name_right(&self) -> f64 {
        let widths = self.y.ticks.iter().map(|tick| tick.label.width(theme::TICK));
        theme::TICK_LENGTH + TICK_GAP + widths.fold(0.0, f64::max) + theme::GAP
    }

    fn x_labels(&self) -> Vec<(&Tick, Vec<Layout>)> {
        let room = self.x_room();
        let lines = |tick: &Tick| tick.label.lines(self.x_size(), Face::Roman, room);
        self.x.ticks.iter().map(|tick| (tick, lines(tick))).collect()
    }

    /// Width that each label of the x axis may take, pt.
    fn x_room(&self) -> f64 {
        if !self.x.named {
            return f64::INFINITY;
        }
        self.rect.width() / self.x.ticks.len().max(1) as f64 - theme::GAP
    }

    /// Size of the labels of the x axis: names of categories shrink a little before they touch.
    fn x_size(&self) -> f64 {
        let lines = self.x.ticks.iter().map(|tick| tick.label.lines(theme::TICK, Face::Roman, self.x_room()));
        let widest = lines.map(|lines| widest(&lines)).fold(0.0, f64::max);
        theme::TICK * (self.x_room() / widest.max(1.0)).clamp(0.75, 1.0)
    }

    fn x_on_page(&self, value: f64) -> f64 {
        self.rect.left + self.x.scale.place(value) * self.rect.width()
    }

    fn y_on_page(&self, value: f64) -> f64 {
        self.rect.bottom - self.y.scale.place(value) * self.rect.height()
    }

    /// What lies beneath the data.
    pub(crate) fn draw_grid(&self, canvas: &mut Canvas, panel: &Panel) -> Result<(), PlotError> {
        if !panel.grid {
            return Ok(());
        }
        let Rect { left, top, right, bottom } = self.rect;
        canvas.layer(Layer::default(), |pen| {
            // Between bars a grid line would only repeat their edges.
            let upright: &[Tick] = if panel.has_bars() { &[] } else { &self.x.ticks };
            for tick in upright {
                let x = self.x_on_page(tick.value);
                pen.line(&[(x, top), (x, bottom)], theme::GRID, theme::HAIRLINE)?;
            }
            for tick in &self.y.ticks {
                let y = self.y_on_page(tick.value);
                pen.line(&[(left, y), (right, y)], theme::GRID, theme::HAIRLINE)?;
            }
            Ok(())
        })
    }

    /// What lies around the data.
    pub(crate) fn draw_axes(&self, canvas: &mut Canvas, panel: &Panel) -> Result<(), PlotError> {
        canvas.layer(Layer::default(), |pen| {
            self.draw_spines(pen, panel)?;
            if self.x.labelled {
                self.draw_x_labels(pen, panel.x.label.as_ref())?;
            }
            if self.y.labelled {
                self.draw_y_labels(pen, panel.y.label.as_ref())?;
            }
            Ok(())
        })
    }

    fn draw_spines(&self, pen: &Pen, panel: &Panel) -> Result<(), PlotError> {
        let Rect { left, top, right, bottom } = self.rect;
        let spine = |from, to| pen.line(&[from, to], theme::SPINE, theme::SPINE_WEIGHT);
        spine((left, bottom), (right, bottom))?;
        spine((left, top), (left, bottom))?;
        let length = theme::TICK_LENGTH;
        // The ticks of bars are their names, which need no mark.
        let x_ticks = if panel.has_bars() { &[] } else { self.x.ticks.as_slice() };
        let majors = x_ticks.iter().map(|tick| (tick.value, length));
        let minors =
            |axis: &Axis| axis.scale.minor_ticks().into_iter().map(move |value| (value, 0.5 * length));
        for (value, length) in majors.chain(minors(&self.x)) {
            let x = self.x_on_page(value);
            spine((x, bottom), (x, bottom + length))?;
        }
        for (value, length) in self.y.ticks.iter().map(|tick| (tick.value, length)).chain(minors(&self.y)) {
            let y = self.y_on_page(value);
            spine((left, y), (left - length, y))?;
        }
        Ok(())
    }

    fn draw_x_labels(&self, pen: &Pen, name: Option<&Label>) -> Result<(), PlotError> {
        let top = self.rect.bottom + theme::TICK_LENGTH + TICK_GAP;
        for (tick, lines) in self.x_labels() {
            for (i, line) in lines.iter().enumerate() {
                let baseline = top + self.x_size() * (DIGIT_HEIGHT + LEADING * i as f64) + 0.6;
                pen.text(line, (self.x_on_page(tick.value) - 0.5 * line.width, baseline), theme::TEXT)?;
            }
        }
        let middle = 0.5 * (self.rect.left + self.rect.right);
        let name = names(name, self.rect.width());
        name.centred(middle, self.rect.bottom + self.x_name_top(), |line, at| pen.text(line, at, theme::TEXT))
    }

    fn draw_y_labels(&self, pen: &Pen, name: Option<&Label>) -> Result<(), PlotError> {
        let right = self.rect.left - theme::TICK_LENGTH - TICK_GAP;
        for tick in &self.y.ticks {
            let label = tick.label.layout(theme::TICK, Face::Roman);
            let baseline = self.y_on_page(tick.value) + 0.5 * DIGIT_HEIGHT * theme::TICK;
            pen.text(&label, (right - label.width, baseline), theme::TEXT)?;
        }
        let middle = 0.5 * (self.rect.top + self.rect.bottom);
        let name = names(name, self.rect.height());
        let left = self.rect.left - self.y_name_right() - name.height();
        // Lines that read upwards are lines that read across, turned about the origin.
        name.centred(-middle, left, |line, (x, y)| pen.text_upwards(line, (y, -x), theme::TEXT))
    }
}

fn crowded(axis: &Axis, length: f64) -> bool {
    let ends = axis.ticks.iter().map(|tick| {
        let half = 0.5 * tick.label.width(theme::TICK);
        let place = axis.scale.place(tick.value) * length;
        (place - half, place + half)
    });
    let ends: Vec<(f64, f64)> = ends.collect();
    ends.windows(2).any(|pair| pair[1].0 - pair[0].1 < 0.8 * theme::TICK)
}

/// Lines of text under one another.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paragraph {
    pub(crate) lines: Vec<Layout>,
    size: f64,
}

impl Paragraph {
    pub(crate) fn new(label: &Label, size: f64, face: Face, width: f64) -> Paragraph {
        let lines = if label.is_empty() { Vec::new() } else { label.lines(size, face, width) };
        Paragraph { lines, size }
    }

    /// Height with leading; nothing for an empty paragraph.
    pub(crate) fn height(&self) -> f64 {
        self.lines.len() as f64 * LEADING * self.size
    }

    /// Baseline of line `i` of a paragraph that starts at `top`.
    pub(crate) fn baseline(&self, top: f64, i: usize) -> f64 {
        top + self.size * (0.93 + LEADING * i as f64)
    }

    fn centred(
        &self,
        middle: f64,
        top: f64,
        draw: impl Fn(&Layout, Point) -> Result<(), PlotError>,
    ) -> Result<(), PlotError> {
        let mut lines = self.lines.iter().enumerate();
        lines.try_for_each(|(i, line)| draw(line, (middle - 0.5 * line.width, self.baseline(top, i))))
    }
}

fn names(label: Option<&Label>, room: f64) -> Paragraph {
    label.map_or_else(Paragraph::default, |label| Paragraph::new(label, theme::LABEL, Face::Roman, room))
}

fn widest(lines: &[Layout]) -> f64 {
    lines.iter().map(|line| line.width).fold(0.0, f64::max)
}
