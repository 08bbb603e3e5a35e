//! Panels: a title, two axes and the marks between them.

use crate::error::PlotError;
use crate::label::Label;
use crate::mark::{Mark, Shape};
use crate::raster::{Extent, Raster};
use crate::scale::{Scale, Spread};
use crate::style::{ColorScale, Style};

/// Two axes and what is drawn between them. Marks are drawn in the order they were added.
///
/// Points may be given as `(x, y)` or `[x, y]`, in data units.
#[derive(Debug, Clone)]
pub struct Panel {
    pub(crate) title: Label,
    pub(crate) name: Option<String>,
    pub(crate) x: AxisSpec,
    pub(crate) y: AxisSpec,
    pub(crate) equal_aspect: bool,
    pub(crate) grid: bool,
    pub(crate) key: bool,
    pub(crate) marks: Vec<Mark>,
}

/// What the caller said about an axis.
#[derive(Debug, Clone, Default)]
pub(crate) struct AxisSpec {
    pub(crate) label: Option<Label>,
    pub(crate) spread: Spread,
    pub(crate) range: Option<(f64, f64)>,
    /// Values with their own labels instead of numbers.
    pub(crate) ticks: Option<Vec<(f64, Label)>>,
}

impl Panel {
    /// An empty panel; an empty title takes no room.
    pub fn new(title: impl Into<Label>) -> Self {
        Self {
            title: title.into(),
            name: None,
            x: AxisSpec::default(),
            y: AxisSpec::default(),
            equal_aspect: false,
            grid: true,
            key: false,
            marks: Vec::new(),
        }
    }

    /// What the table and errors call the panel, where its title does not say it or another panel has the same.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Its name in the table, or else its title.
    pub(crate) fn called(&self) -> &str {
        self.name.as_deref().unwrap_or_else(|| self.title.markup())
    }

    /// Names the x axis.
    pub fn x_label(mut self, label: impl Into<Label>) -> Self {
        self.x.label = Some(label.into());
        self
    }

    /// Names the y axis.
    pub fn y_label(mut self, label: impl Into<Label>) -> Self {
        self.y.label = Some(label.into());
        self
    }

    /// Spreads x by its logarithm.
    pub fn x_log(mut self) -> Self {
        self.x.spread = Spread::Log10;
        self
    }

    /// Spreads y by its logarithm.
    pub fn y_log(mut self) -> Self {
        self.y.spread = Spread::Log10;
        self
    }

    /// Limits of the x axis, instead of those of the data.
    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        self.x.range = Some((low, high));
        self
    }

    /// Limits of the y axis, instead of those of the data.
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        self.y.range = Some((low, high));
        self
    }

    /// Ticks of the x axis at these values, labelled so, instead of round numbers.
    pub fn x_ticks<L: Into<Label>>(mut self, ticks: impl IntoIterator<Item = (f64, L)>) -> Self {
        self.x.ticks = Some(ticks.into_iter().map(|(value, label)| (value, label.into())).collect());
        self
    }

    /// Ticks of the y axis at these values, labelled so, instead of round numbers.
    pub fn y_ticks<L: Into<Label>>(mut self, ticks: impl IntoIterator<Item = (f64, L)>) -> Self {
        self.y.ticks = Some(ticks.into_iter().map(|(value, label)| (value, label.into())).collect());
        self
    }

    /// Names of the bars, which stand at x = 0, 1, 2, …
    pub fn categories<L: Into<Label>>(self, names: impl IntoIterator<Item = L>) -> Self {
        self.x_ticks(names.into_iter().enumerate().map(|(i, name)| (i as f64, name)))
    }

    /// Makes a unit as long on the x axis as on the y axis, showing more of one of them if need be.
    pub fn equal_aspect(mut self) -> Self {
        self.equal_aspect = true;
        self
    }

    /// Draws no grid.
    pub fn no_grid(mut self) -> Self {
        self.grid = false;
        self
    }

    /// Names all series in a key above the data, none at the ends of lines.
    pub fn key(mut self) -> Self {
        self.key = true;
        self
    }

    fn mark(mut self, shape: Shape, style: Style) -> Self {
        self.marks.push(Mark { shape, style });
        self
    }

    /// A line through points, in their order.
    pub fn line<P: Into<(f64, f64)>>(self, points: impl IntoIterator<Item = P>, style: Style) -> Self {
        self.mark(Shape::Line(points.into_iter().map(Into::into).collect()), style)
    }

    /// A step line: height `i` between edges `i` and `i + 1`, coming down to zero at both ends.
    ///
    /// # Panics
    /// If there is not one more edge than heights.
    pub fn steps(self, edges: &[f64], heights: &[f64], style: Style) -> Self {
        assert_eq!(edges.len(), heights.len() + 1, "steps need one more edge than heights");
        let tops = edges.windows(2).zip(heights).flat_map(|(edge, &h)| [(edge[0], h), (edge[1], h)]);
        let start = edges.first().map(|&x| (x, 0.0));
        let end = edges.last().map(|&x| (x, 0.0));
        self.line(start.into_iter().chain(tops).chain(end), style)
    }

    /// The area between lower and upper: `(x, lower, upper)`.
    pub fn band<P: Into<(f64, f64, f64)>>(self, band: impl IntoIterator<Item = P>, style: Style) -> Self {
        self.mark(Shape::Band(band.into_iter().map(Into::into).collect()), style)
    }

    /// A cloud of points.
    pub fn points<P: Into<(f64, f64)>>(self, points: impl IntoIterator<Item = P>, style: Style) -> Self {
        self.mark(Shape::Points(points.into_iter().map(Into::into).collect()), style)
    }

    /// A cloud of points coloured by a third number: `(x, y, value)`.
    pub fn colored_points<P: Into<(f64, f64, f64)>>(
        self,
        points: impl IntoIterator<Item = P>,
        colors: ColorScale,
        style: Style,
    ) -> Self {
        self.mark(Shape::ColoredPoints(points.into_iter().map(Into::into).collect(), colors), style)
    }

    /// Points with bars one standard error up and down: `(x, y, std_err)`.
    pub fn error_bars<P: Into<(f64, f64, f64)>>(
        self,
        points: impl IntoIterator<Item = P>,
        style: Style,
    ) -> Self {
        self.mark(Shape::ErrorBars(points.into_iter().map(Into::into).collect()), style)
    }

    /// Bars at x = 0, 1, 2, …, stacked on those already there, negative ones downwards.
    pub fn bars(self, heights: impl IntoIterator<Item = f64>, style: Style) -> Self {
        let base = |i: usize, height: f64| {
            let before = self.marks.iter().filter_map(|mark| match &mark.shape {
                Shape::Bars(bars) => bars.get(i).map(|&(_, height)| height),
                _ => None,
            });
            before.filter(|h| (*h < 0.0) == (height < 0.0)).sum::<f64>() + 0.0
        };
        let bars = heights.into_iter().enumerate().map(|(i, h)| (base(i, h), h)).collect();
        self.mark(Shape::Bars(bars), style)
    }

    /// An ellipse: centre, two semi-axes, and the angle of the first against the x axis, radians.
    pub fn ellipse(self, centre: impl Into<(f64, f64)>, axes: (f64, f64), angle: f64, style: Style) -> Self {
        self.mark(Shape::Ellipse { centre: centre.into(), axes, angle }, style)
    }

    /// A circle, such as the level lines of a standard normal.
    pub fn circle(self, centre: impl Into<(f64, f64)>, radius: f64, style: Style) -> Self {
        self.ellipse(centre, (radius, radius), 0.0, style)
    }

    /// A line across the panel at `y`.
    pub fn horizontal(self, y: f64, style: Style) -> Self {
        self.mark(Shape::Horizontal(y), style)
    }

    /// A line up the panel at `x`.
    pub fn vertical(self, x: f64, style: Style) -> Self {
        self.mark(Shape::Vertical(x), style)
    }

    /// A text at a place, its half height at `y`.
    pub fn text(self, at: impl Into<(f64, f64)>, label: impl Into<Label>, style: Style) -> Self {
        self.mark(Shape::Text { at: at.into(), label: label.into() }, style)
    }

    /// An arrow.
    pub fn arrow(self, from: impl Into<(f64, f64)>, to: impl Into<(f64, f64)>, style: Style) -> Self {
        self.mark(Shape::Arrow { from: from.into(), to: to.into() }, style)
    }

    /// A matrix of values over an extent, each cell in its colour.
    pub fn heatmap(self, raster: Raster, extent: Extent, colors: ColorScale) -> Self {
        let shape = Shape::Heatmap { raster, extent, colors, smooth: false };
        self.mark(shape, Style::new(crate::theme::TEXT))
    }

    /// A function sampled on a grid, such as a density: as [`Panel::heatmap`], but interpolated.
    pub fn density(self, raster: Raster, extent: Extent, colors: ColorScale) -> Self {
        let shape = Shape::Heatmap { raster, extent, colors, smooth: true };
        self.mark(shape, Style::new(crate::theme::TEXT))
    }

    /// Lines where a matrix of values crosses the levels.
    pub fn contours(
        self,
        raster: Raster,
        extent: Extent,
        levels: impl IntoIterator<Item = f64>,
        style: Style,
    ) -> Self {
        self.mark(Shape::Contours(raster, extent, levels.into_iter().collect()), style)
    }

    /// Refuses what cannot be drawn.
    pub(crate) fn check(&self) -> Result<(), PlotError> {
        let panel = || self.called().to_owned();
        for (axis, spec) in [("x", &self.x), ("y", &self.y)] {
            if let Some((low, high)) = spec.range {
                let sound = low < high && low.is_finite() && high.is_finite();
                if !sound || (spec.spread == Spread::Log10 && low <= 0.0) {
                    return Err(PlotError::Range { panel: panel(), axis, low, high });
                }
            }
        }
        self.marks.iter().try_for_each(|mark| self.check_mark(mark))
    }

    fn check_mark(&self, mark: &Mark) -> Result<(), PlotError> {
        let panel = || self.called().to_owned();
        if let Shape::Heatmap { extent, .. } | Shape::Contours(_, extent, _) = &mark.shape {
            for (axis, (low, high)) in [("x", extent.x), ("y", extent.y)] {
                if !(low < high && low.is_finite() && high.is_finite()) {
                    return Err(PlotError::Range { panel: panel(), axis, low, high });
                }
            }
        }
        let rows = mark.shape.rows();
        if rows.is_empty() {
            return Err(PlotError::Empty { panel: panel(), series: mark.name() });
        }
        for (row, &(quantity, value)) in
            rows.iter().enumerate().flat_map(|(i, r)| r.iter().map(move |c| (i, c)))
        {
            if !value.is_finite() {
                return Err(PlotError::NotFinite {
                    panel: panel(),
                    series: mark.name(),
                    quantity,
                    row,
                    value,
                });
            }
            let logarithm = (self.x.spread == Spread::Log10 && Shape::on_axis(quantity, "x"))
                || (self.y.spread == Spread::Log10 && Shape::on_axis(quantity, "y"));
            if logarithm && value <= 0.0 {
                return Err(PlotError::NotPositive {
                    panel: panel(),
                    series: mark.name(),
                    quantity,
                    row,
                    value,
                });
            }
        }
        Ok(())
    }

    /// Whether pictures fill the data rectangle to its edges.
    fn is_filled(&self) -> bool {
        self.marks.iter().any(|mark| matches!(mark.shape, Shape::Heatmap { .. }))
    }

    pub(crate) fn has_bars(&self) -> bool {
        self.marks.iter().any(|mark| matches!(mark.shape, Shape::Bars(_)))
    }
}

/// The x axis that suits all the given panels.
pub(crate) fn x_scale(panels: &[&Panel]) -> Scale {
    let reach = panels.iter().flat_map(|p| p.marks.iter().flat_map(|m| m.shape.x_reach()));
    let pad = if panels.iter().any(|p| p.is_filled() || p.has_bars()) { 0.0 } else { PAD };
    scale(panels.iter().map(|p| &p.x), reach, pad)
}

/// The y axis that suits all the given panels.
pub(crate) fn y_scale(panels: &[&Panel]) -> Scale {
    let reach: Vec<f64> =
        panels.iter().flat_map(|p| p.marks.iter().flat_map(|m| m.shape.y_reach())).collect();
    let pad = if panels.iter().any(|p| p.is_filled()) { 0.0 } else { PAD };
    let fixed = panels.iter().any(|p| p.y.range.is_some());
    let mut axis = scale(panels.iter().map(|p| &p.y), reach.iter().copied(), pad);
    // Bars stand on the axis.
    let on_the_ground = axis.spread == Spread::Linear && reach.iter().all(|&y| y >= 0.0);
    if panels.iter().any(|p| p.has_bars()) && on_the_ground && !fixed {
        axis.low = 0.0;
    }
    axis
}

/// Free space between data and the ends of an axis, as a share of its length.
const PAD: f64 = 0.04;

fn scale<'a>(
    specs: impl Iterator<Item = &'a AxisSpec> + Clone,
    reach: impl Iterator<Item = f64>,
    pad: f64,
) -> Scale {
    let spread = specs.clone().map(|spec| spec.spread).next().unwrap_or_default();
    let given = specs.filter_map(|spec| spec.range);
    if let Some((low, high)) = given.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) {
        return Scale { spread, low, high };
    }
    let shown = reach.filter(|v| spread == Spread::Linear || *v > 0.0);
    let limits = shown.fold(None, |limits: Option<(f64, f64)>, v| {
        Some(limits.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
    });
    let (low, high) = limits.unwrap_or((if spread == Spread::Log10 { 0.1 } else { 0.0 }, 1.0));
    Scale::around(spread, low, high, pad)
}
