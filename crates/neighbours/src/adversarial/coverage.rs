//! Which modes of a mixture get samples.

use montecarlo::Estimate;
use ndarray::ArrayRef2;
use prob::Mixture;

/// How the samples of a generator are spread over the modes of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// For each component the share of samples that are its own, with its standard error.
    pub shares: Vec<Estimate>,
    /// The share of samples that are near no component.
    pub between: Estimate,
    weights: Vec<f64>,
}

impl Coverage {
    /// A row of `x` (`[n, d]`) is a sample of the component that is likeliest to have drawn it, if it lies within
    /// `radius` of that component's standard deviations (Mahalanobis distance), and of none otherwise.
    ///
    /// # Panics
    /// If there are no rows or their width is not the mixture's.
    pub fn of(mixture: &Mixture, x: &ArrayRef2<f64>, radius: f64) -> Self {
        assert!(x.nrows() > 0, "coverage needs samples");
        let mut counts = vec![0usize; mixture.len()];
        for row in x.rows() {
            let responsibilities = mixture.responsibilities(&row);
            let likeliest = responsibilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            let near = likeliest.and_then(|(k, _)| {
                let (_, law) = mixture.parts().nth(k)?;
                let white = law.factor().whiten(&(&row - law.mean()));
                (white.dot(&white).sqrt() <= radius).then_some(k)
            });
            if let Some(k) = near {
                counts[k] += 1;
            }
        }
        let n = x.nrows();
        Self {
            shares: counts.iter().map(|&count| share(count, n)).collect(),
            between: share(n - counts.iter().sum::<usize>(), n),
            weights: mixture.parts().map(|(weight, _)| weight).collect(),
        }
    }

    /// Which modes have at least the share `least` of what their weight promises.
    pub fn covered(&self, least: f64) -> Vec<bool> {
        self.shares.iter().zip(&self.weights).map(|(share, weight)| share.mean >= least * weight).collect()
    }
}

/// `count/n` with the standard error `√(p (1 - p)/n)` of a binomial share.
fn share(count: usize, n: usize) -> Estimate {
    let p = count as f64 / n as f64;
    Estimate { mean: p, std_err: (p * (1.0 - p) / n as f64).sqrt(), samples: n as u64 }
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
        let x = array![[-3.0], [-4.4], [-4.6], [0.1], [0.89], [0.91], [2.0], [9.0]];
        let coverage = Coverage::of(&trimodal, &x, 3.0);
        let counts: Vec<f64> = coverage.shares.iter().map(|share| 8.0 * share.mean).collect();
        assert_eq!(counts, [2.0, 2.0, 2.0], "0.91 is within 3σ of the mode at 2");
        assert_eq!(coverage.between.mean, 0.25);
        assert_eq!(coverage.shares[0].std_err, (0.25f64 * 0.75 / 8.0).sqrt());
        assert_eq!(coverage.covered(0.6), [true, false, true]);
        assert_eq!(coverage.covered(0.5), [true; 3]);
    }

    #[test]
    #[should_panic(expected = "coverage needs samples")]
    fn nothing_covers_nothing() {
        Coverage::of(&Preset::Bimodal.mixture(), &Array2::zeros((0, 1)), 3.0);
    }
}
