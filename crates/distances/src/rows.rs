//! Samples as rows: checks, projections, and their order on the line.

use ndarray::ArrayRef2;

use crate::DistanceError;

/// Refuses fewer than `least` rows and whatever is no number.
pub(crate) fn check(sample: &ArrayRef2<f64>, least: usize) -> Result<(), DistanceError> {
    if sample.nrows() < least {
        return Err(DistanceError::TooFew { found: sample.nrows(), least });
    }
    let stray = sample.indexed_iter().find(|(_, value)| !value.is_finite());
    stray.map_or(Ok(()), |((row, _), &value)| Err(DistanceError::NotFinite { row, value }))
}

/// As [`check`] for two rows, and the sample must have this dimension.
pub(crate) fn check_beside(sample: &ArrayRef2<f64>, expected: usize) -> Result<(), DistanceError> {
    check(sample, 2)?;
    let found = sample.ncols();
    if found == expected { Ok(()) } else { Err(DistanceError::Dimension { found, expected }) }
}

/// The one column of a sample on the line, checked.
pub(crate) fn on_the_line(sample: &ArrayRef2<f64>) -> Result<Sorted, DistanceError> {
    check_beside(sample, 1)?;
    Ok(Sorted::new(sample.iter().copied().collect()))
}

/// Numbers in rising order, and the row that each came from.
pub(crate) struct Sorted {
    pub(crate) values: Vec<f64>,
    rows: Vec<usize>,
}

impl Sorted {
    pub(crate) fn new(column: Vec<f64>) -> Self {
        let mut rows: Vec<usize> = (0..column.len()).collect();
        rows.sort_by(|&i, &j| column[i].total_cmp(&column[j]));
        Self { values: rows.iter().map(|&i| column[i]).collect(), rows }
    }

    /// What belongs to the sorted values, put back at their rows.
    pub(crate) fn at_rows(&self, of_sorted: &[f64]) -> Vec<f64> {
        let mut at_rows = vec![0.0; of_sorted.len()];
        for (&row, &value) in self.rows.iter().zip(of_sorted) {
            at_rows[row] = value;
        }
        at_rows
    }
}
