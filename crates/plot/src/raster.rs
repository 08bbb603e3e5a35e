//! Matrices of numbers drawn as pixels: densities and small pictures.

use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

use crate::color::Color;
use crate::error::PlotError;

/// A matrix of numbers, first row on top.
#[derive(Debug, Clone, PartialEq)]
pub struct Raster {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Raster {
    /// A matrix from its values, row by row.
    ///
    /// # Panics
    /// If there are not `rows * columns` values, or none.
    pub fn new(rows: usize, columns: usize, values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        assert_eq!(values.len(), rows * columns, "a {rows} by {columns} raster needs that many values");
        assert!(!values.is_empty(), "a raster needs a value");
        Self { rows, columns, values }
    }

    /// A function's values at the centres of `rows` by `columns` cells that tile `extent`.
    ///
    /// # Panics
    /// If `rows` or `columns` is zero.
    pub fn sample(rows: usize, columns: usize, extent: Extent, f: impl Fn(f64, f64) -> f64) -> Self {
        let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        Self::new(
            rows,
            columns,
            cells.map(|(row, column)| {
                let (x, y) = extent.cell(rows, columns, row, column);
                f(x, y)
            }),
        )
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The value in a row, counted from the top, and a column.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        self.values[row * self.columns + column]
    }

    /// The values, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Smallest and largest value.
    pub(crate) fn range(&self) -> (f64, f64) {
        let fold = |pick: fn(f64, f64) -> f64, start| self.values.iter().copied().fold(start, pick);
        (fold(f64::min, f64::INFINITY), fold(f64::max, f64::NEG_INFINITY))
    }

    /// The matrix as a PNG picture of square cells, `range` going through all of `colors`, from 0 to 1.
    ///
    /// Each cell is several pixels wide: viewers that smooth pictures then blur only the seams.
    pub(crate) fn png(&self, colors: impl Fn(f64) -> Color, range: (f64, f64)) -> Result<Vec<u8>, PlotError> {
        self.paint(colors, range, |row, column| self.at(row.round() as usize, column.round() as usize))
    }

    /// The same, linear between the centres of cells.
    pub(crate) fn smooth_png(
        &self,
        colors: impl Fn(f64) -> Color,
        range: (f64, f64),
    ) -> Result<Vec<u8>, PlotError> {
        self.paint(colors, range, |row, column| {
            let (top, left) = (row.floor() as usize, column.floor() as usize);
            let (bottom, right) = ((top + 1).min(self.rows - 1), (left + 1).min(self.columns - 1));
            let mix = |a: f64, b: f64, t: f64| a + t * (b - a);
            let across = |row| mix(self.at(row, left), self.at(row, right), column.fract());
            mix(across(top), across(bottom), row.fract())
        })
    }

    /// Paints enlarged cells; `value` is asked for at fractional rows and columns within the matrix.
    fn paint(
        &self,
        colors: impl Fn(f64) -> Color,
        (low, high): (f64, f64),
        value: impl Fn(f64, f64) -> f64,
    ) -> Result<Vec<u8>, PlotError> {
        const SHARP: usize = 300;
        let magnify = SHARP.div_ceil(self.rows.max(self.columns));
        let (width, height) = (self.columns * magnify, self.rows * magnify);
        let too_large =
            || PlotError::Drawing(format!("a picture of {width} by {height} pixels is too large"));
        let mut pixels = u32::try_from(width)
            .ok()
            .zip(u32::try_from(height).ok())
            .and_then(|(width, height)| Pixmap::new(width, height))
            .ok_or_else(too_large)?;
        let span = if high > low { high - low } else { 1.0 };
        let inside = |pixel: usize, cells: usize| {
            ((pixel as f64 + 0.5) / magnify as f64 - 0.5).clamp(0.0, cells as f64 - 1.0)
        };
        for (index, pixel) in pixels.pixels_mut().iter_mut().enumerate() {
            let (row, column) = (inside(index / width, self.rows), inside(index % width, self.columns));
            let [r, g, b] = colors((value(row, column) - low) / span).rgb;
            if let Some(opaque) = PremultipliedColorU8::from_rgba(r, g, b, 255) {
                *pixel = opaque;
            }
        }
        pixels.encode_png().map_err(|error| PlotError::Drawing(error.to_string()))
    }
}

/// The part of the plane a raster covers, in data units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Left and right edge.
    pub x: (f64, f64),
    /// Lower and upper edge.
    pub y: (f64, f64),
}

impl Extent {
    /// A square about the origin, from `-half` to `half` each way.
    pub fn square(half: f64) -> Self {
        Self { x: (-half, half), y: (-half, half) }
    }

    /// Centre of a cell when the extent is cut into `rows` by `columns`, row 0 on top.
    pub fn cell(&self, rows: usize, columns: usize, row: usize, column: usize) -> (f64, f64) {
        let along =
            |(low, high): (f64, f64), i: usize, n: usize| low + (high - low) * (i as f64 + 0.5) / n as f64;
        (along(self.x, column, columns), along(self.y, rows - 1 - row, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_zero_is_on_top() {
        let raster = Raster::sample(2, 3, Extent { x: (0.0, 3.0), y: (0.0, 2.0) }, |x, y| 10.0 * y + x);
        assert_eq!(raster.values(), [15.5, 16.5, 17.5, 5.5, 6.5, 7.5]);
        assert_eq!(raster.range(), (5.5, 17.5));
    }

    #[test]
    #[should_panic(expected = "2 by 2 raster")]
    fn a_missing_value_is_noticed() {
        let _ = Raster::new(2, 2, [1.0, 2.0, 3.0]);
    }
}
