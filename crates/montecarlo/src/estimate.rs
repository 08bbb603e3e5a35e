//! A mean with its standard error.

use std::fmt;

/// What Monte Carlo knows of a number.
///
/// Printed as `mean ± std_err`, with as many digits as the standard error warrants:
///
/// ```
/// use montecarlo::Estimate;
/// let e = Estimate { mean: -1.319612, std_err: 0.00123, samples: 100_000 };
/// assert_eq!(e.to_string(), "-1.3196 ± 0.0012");
/// assert_eq!(format!("{e:.2}"), "-1.32 ± 0.00");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The sample mean.
    pub mean: f64,
    /// Its standard error, in the same unit.
    pub std_err: f64,
    /// From how many samples.
    pub samples: u64,
}

impl Estimate {
    /// How many standard errors the mean lies above `exact`; 0 if they are equal.
    pub fn deviation(&self, exact: f64) -> f64 {
        let error = self.mean - exact;
        if error == 0.0 { 0.0 } else { error / self.std_err }
    }

    /// The sum of estimates that share no draws: their variances add up.
    ///
    /// ```
    /// use montecarlo::Estimate;
    /// let [a, b] = [3.0, 4.0].map(|std_err| Estimate { mean: 1.0, std_err, samples: 10 });
    /// assert_eq!(Estimate::sum_of_independent([&a, &b]), Estimate { mean: 2.0, std_err: 5.0, samples: 20 });
    /// ```
    pub fn sum_of_independent<'a>(terms: impl IntoIterator<Item = &'a Estimate>) -> Self {
        let start = (0.0, 0.0, 0);
        let (mean, variance, samples) = terms.into_iter().fold(start, |(mean, variance, samples), term| {
            (mean + term.mean, variance + term.std_err.powi(2), samples + term.samples)
        });
        Self { mean, std_err: variance.sqrt(), samples }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let two_digits = if self.std_err > 0.0 && self.std_err.is_finite() {
            (1.0 - self.std_err.log10().floor()).clamp(0.0, 12.0) as usize
        } else {
            6
        };
        let digits = f.precision().unwrap_or(two_digits);
        write!(f, "{:.digits$} ± {:.digits$}", self.mean, self.std_err)
    }
}
