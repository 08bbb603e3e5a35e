//! Marks: the data of a panel and the shapes they are drawn as.

use crate::label::Label;
use crate::raster::{Extent, Raster};
use crate::style::{ColorScale, Style};

/// Data with the way they are drawn.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) shape: Shape,
    pub(crate) style: Style,
}

/// What is drawn, in data units.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Line(Vec<(f64, f64)>),
    /// x, lower, upper.
    Band(Vec<(f64, f64, f64)>),
    Points(Vec<(f64, f64)>),
    /// x, y, value.
    ColoredPoints(Vec<(f64, f64, f64)>, ColorScale),
    /// x, y, standard error.
    ErrorBars(Vec<(f64, f64, f64)>),
    /// Base and height, at 0, 1, 2, …
    Bars(Vec<(f64, f64)>),
    Ellipse {
        centre: (f64, f64),
        axes: (f64, f64),
        angle: f64,
    },
    Horizontal(f64),
    Vertical(f64),
    Text {
        at: (f64, f64),
        label: Label,
    },
    Arrow {
        from: (f64, f64),
        to: (f64, f64),
    },
    Heatmap {
        raster: Raster,
        extent: Extent,
        colors: ColorScale,
        smooth: bool,
    },
    Contours(Raster, Extent, Vec<f64>),
}

/// One observation: named numbers.
pub(crate) type Row = Vec<(&'static str, f64)>;

impl Mark {
    /// How an error names the mark.
    pub(crate) fn name(&self) -> String {
        match self.style.called() {
            Some(name) => format!("{} {name:?}", self.shape.kind()),
            None => format!("unnamed {}", self.shape.kind()),
        }
    }
}

impl Shape {
    /// The kind of mark, as the table names it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Shape::Line(_) => "line",
            Shape::Band(_) => "band",
            Shape::Points(_) => "points",
            Shape::ColoredPoints(..) => "colored points",
            Shape::ErrorBars(_) => "error bars",
            Shape::Bars(_) => "bars",
            Shape::Ellipse { .. } => "ellipse",
            Shape::Horizontal(_) => "horizontal line",
            Shape::Vertical(_) => "vertical line",
            Shape::Text { .. } => "text",
            Shape::Arrow { .. } => "arrow",
            Shape::Heatmap { .. } => "heatmap",
            Shape::Contours(..) => "contours",
        }
    }

    /// All numbers of the mark: what the table holds and what is checked.
    pub(crate) fn rows(&self) -> Vec<Row> {
        match self {
            Shape::Line(points) | Shape::Points(points) => {
                points.iter().map(|&(x, y)| vec![("x", x), ("y", y)]).collect()
            }
            Shape::Band(points) => {
                points.iter().map(|&(x, l, u)| vec![("x", x), ("lower", l), ("upper", u)]).collect()
            }
            Shape::ColoredPoints(points, _) => {
                points.iter().map(|&(x, y, v)| vec![("x", x), ("y", y), ("value", v)]).collect()
            }
            Shape::ErrorBars(points) => {
                points.iter().map(|&(x, y, e)| vec![("x", x), ("y", y), ("std_err", e)]).collect()
            }
            Shape::Bars(bars) => {
                let row = |(i, &(base, height)): (usize, &(f64, f64))| {
                    vec![("x", i as f64), ("y", height), ("from", base), ("to", base + height)]
                };
                bars.iter().enumerate().map(row).collect()
            }
            &Shape::Ellipse { centre: (x, y), axes: (a, b), angle } => {
                vec![vec![("x", x), ("y", y), ("semi_axis_1", a), ("semi_axis_2", b), ("angle", angle)]]
            }
            Shape::Horizontal(y) => vec![vec![("y", *y)]],
            Shape::Vertical(x) => vec![vec![("x", *x)]],
            Shape::Text { at: (x, y), .. } => vec![vec![("x", *x), ("y", *y)]],
            &Shape::Arrow { from: (x, y), to: (x_end, y_end) } => {
                vec![vec![("x", x), ("y", y), ("x_end", x_end), ("y_end", y_end)]]
            }
            Shape::Heatmap { raster, extent, .. } => raster_rows(raster, *extent),
            Shape::Contours(raster, extent, levels) => {
                let levels = levels.iter().map(|&level| vec![("level", level)]);
                raster_rows(raster, *extent).into_iter().chain(levels).collect()
            }
        }
    }

    /// The values an x axis must reach.
    pub(crate) fn x_reach(&self) -> Vec<f64> {
        match self {
            Shape::Bars(bars) => vec![-0.6, bars.len() as f64 - 0.4],
            &Shape::Ellipse { centre, axes, angle } => {
                let reach = (axes.0 * angle.cos()).hypot(axes.1 * angle.sin());
                vec![centre.0 - reach, centre.0 + reach]
            }
            Shape::Heatmap { extent, .. } | Shape::Contours(_, extent, _) => vec![extent.x.0, extent.x.1],
            _ => self.pick(&["x", "x_end"]),
        }
    }

    /// The values a y axis must reach.
    pub(crate) fn y_reach(&self) -> Vec<f64> {
        match self {
            Shape::Bars(bars) => bars.iter().flat_map(|&(base, height)| [base, base + height]).collect(),
            &Shape::Ellipse { centre, axes, angle } => {
                let reach = (axes.0 * angle.sin()).hypot(axes.1 * angle.cos());
                vec![centre.1 - reach, centre.1 + reach]
            }
            Shape::ErrorBars(points) => points.iter().flat_map(|&(_, y, e)| [y - e, y, y + e]).collect(),
            Shape::Heatmap { extent, .. } | Shape::Contours(_, extent, _) => vec![extent.y.0, extent.y.1],
            _ => self.pick(&["y", "y_end", "lower", "upper"]),
        }
    }

    /// The quantities that need a logarithm when the axis is logarithmic.
    pub(crate) fn on_axis(quantity: &str, axis: &str) -> bool {
        match axis {
            "x" => matches!(quantity, "x" | "x_end"),
            _ => matches!(quantity, "y" | "y_end" | "lower" | "upper"),
        }
    }

    fn pick(&self, names: &[&str]) -> Vec<f64> {
        self.rows().into_iter().flatten().filter(|(name, _)| names.contains(name)).map(|(_, v)| v).collect()
    }

    /// How values become colours, and which values do.
    pub(crate) fn color_scale(&self) -> Option<(&ColorScale, (f64, f64))> {
        match self {
            Shape::ColoredPoints(points, scale) => Some((scale, scale.span(points.iter().map(|p| p.2)))),
            Shape::Heatmap { raster, colors, .. } => {
                Some((colors, colors.range.unwrap_or_else(|| raster.range())))
            }
            _ => None,
        }
    }
}

fn raster_rows(raster: &Raster, extent: Extent) -> Vec<Row> {
    let (rows, columns) = (raster.rows(), raster.columns());
    let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    cells
        .map(|(row, column)| {
            let (x, y) = extent.cell(rows, columns, row, column);
            vec![("x", x), ("y", y), ("value", raster.at(row, column))]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_ellipse_reaches_as_far_as_its_outline() {
        let (axes, angle) = ((3.0, 1.0), 0.6f64);
        let shape = Shape::Ellipse { centre: (1.0, 2.0), axes, angle };
        let outline: Vec<f64> = (0..100_000)
            .map(|i| f64::from(i) * std::f64::consts::TAU / 1e5)
            .map(|t| 1.0 + axes.0 * t.cos() * angle.cos() - axes.1 * t.sin() * angle.sin())
            .collect();
        let reach = shape.x_reach();
        assert!((outline.iter().copied().fold(f64::MAX, f64::min) - reach[0]).abs() < 1e-6);
        assert!((outline.iter().copied().fold(f64::MIN, f64::max) - reach[1]).abs() < 1e-6);
    }
}
