//! Errors and tolerances, ready to be set.

/// A number with two digits in the mathematics of Typst: `3.1 dot 10^(-14)`, `0.25`, `0`, `oo`.
pub(crate) fn rough(value: f64) -> String {
    if !value.is_finite() {
        return "oo".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.1e}");
    let (digits, power) = scientific.split_once('e').expect("`e` parts digits from power");
    match power.parse::<i32>().expect("the power is a whole number") {
        -2..=2 => plain(&scientific),
        power if digits == "1.0" => format!("10^({power})"),
        power => format!("{digits} dot 10^({power})"),
    }
}

/// The same two digits without a power of ten.
fn plain(scientific: &str) -> String {
    let rounded: f64 = scientific.parse().expect("written as a number");
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_are_left() {
        assert_eq!(rough(3.14e-14), "3.1 dot 10^(-14)");
        assert_eq!(rough(1e-10), "10^(-10)");
        assert_eq!(rough(0.2549), "0.25");
        assert_eq!(rough(0.01), "0.01");
        assert_eq!(rough(99.9), "100");
        assert_eq!(rough(12345.0), "1.2 dot 10^(4)");
    }

    #[test]
    fn what_is_no_number_is_infinite() {
        assert_eq!(rough(0.0), "0");
        assert_eq!(rough(f64::INFINITY), "oo");
        assert_eq!(rough(f64::NAN), "oo");
    }
}
