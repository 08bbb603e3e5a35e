//! Small pictures in rows and columns: samples, reconstructions, steps of a chain.

use crate::color::ColorMap;
use crate::error::PlotError;
use crate::label::Label;
use crate::raster::Raster;
use crate::theme;

/// A table of small pictures with names of rows at the left, of columns above, and notes below.
///
/// Pictures keep square pixels and are all drawn to the same range of values.
#[derive(Debug, Clone)]
pub struct Pictures {
    pub(crate) title: Label,
    pub(crate) rows: Vec<(Label, Vec<Raster>)>,
    pub(crate) column_labels: Vec<Label>,
    pub(crate) column_notes: Vec<Label>,
    pub(crate) map: ColorMap,
    pub(crate) range: (f64, f64),
}

impl Pictures {
    /// An empty table; pictures go from black at 0 to white at 1.
    pub fn new(title: impl Into<Label>) -> Self {
        Self {
            title: title.into(),
            rows: Vec::new(),
            column_labels: Vec::new(),
            column_notes: Vec::new(),
            map: theme::GREY,
            range: (0.0, 1.0),
        }
    }

    /// Adds a row of pictures with its name, which may be empty.
    pub fn row(mut self, label: impl Into<Label>, pictures: impl IntoIterator<Item = Raster>) -> Self {
        self.rows.push((label.into(), pictures.into_iter().collect()));
        self
    }

    /// Names over the columns.
    pub fn column_labels<L: Into<Label>>(mut self, labels: impl IntoIterator<Item = L>) -> Self {
        self.column_labels = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Notes under the columns.
    pub fn column_notes<L: Into<Label>>(mut self, notes: impl IntoIterator<Item = L>) -> Self {
        self.column_notes = notes.into_iter().map(Into::into).collect();
        self
    }

    /// Another colour map, and the values at its ends.
    pub fn colors(mut self, map: ColorMap, low: f64, high: f64) -> Self {
        (self.map, self.range) = (map, (low, high));
        self
    }

    /// Number of columns: that of the longest row.
    pub(crate) fn columns(&self) -> usize {
        self.rows.iter().map(|(_, pictures)| pictures.len()).max().unwrap_or(0)
    }

    /// Width over height of a picture.
    pub(crate) fn aspect(&self) -> f64 {
        let first = self.rows.iter().find_map(|(_, pictures)| pictures.first());
        first.map_or(1.0, |picture| picture.columns() as f64 / picture.rows() as f64)
    }

    pub(crate) fn check(&self) -> Result<(), PlotError> {
        let panel = || self.title.markup().to_owned();
        if self.columns() == 0 {
            return Err(PlotError::Empty { panel: panel(), series: "pictures".to_owned() });
        }
        for (label, pictures) in &self.rows {
            for (column, picture) in pictures.iter().enumerate() {
                if let Some((row, &value)) = picture.values().iter().enumerate().find(|(_, v)| !v.is_finite())
                {
                    let series = format!("picture {column} of row {:?}", label.markup());
                    return Err(PlotError::NotFinite {
                        panel: panel(),
                        series,
                        quantity: "value",
                        row,
                        value,
                    });
                }
            }
        }
        Ok(())
    }
}
