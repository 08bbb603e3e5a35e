//! What a user may ask of a benchmark.

/// The fewest draws that are timed.
const FEWEST_DRAWS: f64 = 1e5;

/// The most draws of a curve that begins with 1e5 draws.
///
/// ```
/// use benches::arguments::most_draws;
/// assert_eq!(most_draws("1e7"), Ok(1e7));
/// ```
///
/// # Errors
/// If it is no number, or a lesser one: the curve would have no points.
pub fn most_draws(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(most) if most >= FEWEST_DRAWS => Ok(most),
        _ => Err(format!("must be a number from {FEWEST_DRAWS:e} on")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_without_points_is_refused() {
        for text in ["1e4", "99999", "0", "-1e9", "NaN", "-inf", "", "many"] {
            assert_eq!(most_draws(text), Err("must be a number from 1e5 on".to_owned()), "{text}");
        }
        for most in [1e5, 123_456.0, 1e9, f64::INFINITY] {
            assert_eq!(most_draws(&most.to_string()), Ok(most));
        }
    }
}
