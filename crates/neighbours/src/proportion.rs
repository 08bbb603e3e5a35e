//! A share of draws, with a standard error that a count of 0 does not make 0.

use montecarlo::Estimate;

/// `count/n` with half the width of Wilson's interval at one standard deviation as its standard error,
/// `√(p (1 - p)/n + 1/4n²)/(1 + 1/n)` (Wilson 1927): for many counts `√(p (1 - p)/n)`, and `1/(2n + 2)` where nothing, or
/// everything, was counted.
///
/// # Panics
/// If `n` is 0 or there are more counts than draws.
pub fn proportion(count: u64, n: u64) -> Estimate {
    assert!(count <= n && n > 0, "{count} of {n} is no share");
    let total = n as f64;
    let p = count as f64 / total;
    let std_err = (p * (1.0 - p) / total + 0.25 / (total * total)).sqrt() / (1.0 + 1.0 / total);
    Estimate { mean: p, std_err, samples: n }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// Wilson's interval at `z` ends where the deviation is `z` standard errors of the end itself.
    #[test]
    fn the_interval_ends_one_standard_error_off_its_own_ends() {
        for (count, n) in [(0, 7), (2, 7), (300, 1000), (1000, 1000)] {
            let share = proportion(count, n);
            let (p, total) = (share.mean, n as f64);
            let centre = (p + 0.5 / total) / (1.0 + 1.0 / total);
            for end in [centre - share.std_err, centre + share.std_err] {
                let end = end.clamp(0.0, 1.0);
                assert_relative_eq!((p - end).abs(), (end * (1.0 - end) / total).sqrt(), epsilon = 1e-8);
            }
        }
        assert_relative_eq!(proportion(0, 9).std_err, 0.05, max_relative = 1e-15);
        assert_relative_eq!(proportion(250_000, 1_000_000).std_err, 4.330e-4, max_relative = 1e-3);
    }

    #[test]
    #[should_panic(expected = "3 of 2 is no share")]
    fn more_than_all_is_refused() {
        proportion(3, 2);
    }
}
