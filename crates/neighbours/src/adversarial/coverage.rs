//! Which modes of a mixture get samples.

use montecarlo::Estimate;
use ndarray::ArrayRef2;
use prob::{Mixture, ProbError, check_dim};

use crate::modes::nearest_mode;
use crate::proportion::proportion;

/// How the samples of a generator are spread over the modes of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// For each component the share of samples that are its own, with its [standard error](proportion).
    pub shares: Vec<Estimate>,
    /// The share of samples that are near no component.
    pub between: Estimate,
    weights: Vec<f64>,
}

impl Coverage {
    /// A row of `x` (`[n, d]`) is a sample of the component [nearest](nearest_mode) to it, if that is within `radius` of its
    /// standard deviations, and of none otherwise.
    ///
    /// # Errors
    /// If there are no rows, their width is not the mixture's, or a coordinate is not finite.
    pub fn of(mixture: &Mixture, x: &ArrayRef2<f64>, radius: f64) -> Result<Self, ProbError> {
        check_dim("samples", mixture.dim(), x.ncols())?;
        if x.nrows() == 0 {
            return Err(ProbError::Dimension { what: "samples", expected: 1, found: 0 });
        }
        if let Some((index, &value)) = x.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(ProbError::NotFinite { what: "samples", index, value });
        }
        let mut counts = vec![0; mixture.len()];
        for row in x.rows() {
            let (k, distance) = nearest_mode(mixture, &row);
            counts[k] += u64::from(distance <= radius);
        }
        let n = x.nrows() as u64;
        Ok(Self {
            shares: counts.iter().map(|&count| proportion(count, n)).collect(),
            between: proportion(n - counts.iter().sum::<u64>(), n),
            weights: mixture.parts().map(|(weight, _)| weight).collect(),
        })
    }

    /// Which modes have at least the share `least` of what their weight promises.
    pub fn covered(&self, least: f64) -> Vec<bool> {
        self.shares.iter().zip(&self.weights).map(|(share, weight)| share.mean >= least * weight).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use toy::Preset;

    #[test]
    fn samples_belong_to_the_mode_they_are_near() {
        // Modes at -3 (σ 0.5), 0 (σ 0.3), 2 (σ 0.4).
        let trimodal = Preset::Trimodal.mixture();
        let x = array![[-3.0], [-4.4], [-4.6], [0.1], [0.89], [0.84], [2.0], [9.0]];
        let coverage = Coverage::of(&trimodal, &x, 3.0).unwrap();
        let counts: Vec<f64> = coverage.shares.iter().map(|share| 8.0 * share.mean).collect();
        assert_eq!(counts, [2.0, 2.0, 2.0], "0.89 is nearer to the mode at 2, by its σ");
        assert_eq!(coverage.between, proportion(2, 8));
        assert_eq!(coverage.shares[0], proportion(2, 8));
        assert_eq!(coverage.covered(0.6), [true, false, true]);
        assert_eq!(coverage.covered(0.5), [true; 3]);
    }

    #[test]
    fn what_is_no_sample_is_refused() {
        let law = Preset::Bimodal.mixture();
        let error = |x: Array2<f64>| Coverage::of(&law, &x, 3.0).unwrap_err();
        assert!(matches!(error(Array2::zeros((0, 1))), ProbError::Dimension { found: 0, .. }));
        assert!(matches!(error(array![[1.0, 2.0]]), ProbError::Dimension { expected: 1, found: 2, .. }));
        assert!(matches!(error(array![[1.0], [f64::NAN]]), ProbError::NotFinite { index: 1, .. }));
    }
}
