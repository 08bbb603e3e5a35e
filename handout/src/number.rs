//! Errors and tolerances, ready to be set.

/// A number with two digits in the mathematics of Typst: `3.1 times 10^(-14)`, `0.25`, `0`, `oo`.
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
        power => format!("{digits} times 10^({power})"),
    }
}

/// The same two digits without a power of ten.
fn plain(scientific: &str) -> String {
    let rounded: f64 = scientific.parse().expect("written as a number");
    format!("{rounded}")
}

/// A value as it is written in a table: without zeros at its end, with a minus sign.
pub(crate) fn tabular(value: &str) -> String {
    let trimmed = if value.contains('.') { value.trim_end_matches('0').trim_end_matches('.') } else { value };
    trimmed.replace('-', "−")
}

/// `2.2e-5` in the mathematics of Typst, if it is such a number.
pub(crate) fn power_of_ten(word: &str) -> Option<String> {
    let (digits, power) = word.split_once('e')?;
    let number = digits.starts_with(|sign: char| sign.is_ascii_digit() || sign == '-')
        && digits.parse::<f64>().is_ok();
    let power: i32 = number.then(|| power.parse().ok())??;
    Some(if digits == "1" { format!("10^({power})") } else { format!("{digits} times 10^({power})") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_are_left() {
        assert_eq!(rough(3.14e-14), "3.1 times 10^(-14)");
        assert_eq!(rough(1e-10), "10^(-10)");
        assert_eq!(rough(0.0012), "1.2 times 10^(-3)");
        assert_eq!(rough(0.2549), "0.25");
        assert_eq!(rough(0.01), "0.01");
        assert_eq!(rough(99.9), "100");
        assert_eq!(rough(12345.0), "1.2 times 10^(4)");
    }

    #[test]
    fn what_is_no_number_is_infinite() {
        assert_eq!(rough(0.0), "0");
        assert_eq!(rough(f64::INFINITY), "oo");
        assert_eq!(rough(f64::NAN), "oo");
    }

    #[test]
    fn tables_have_no_zeros_at_the_end() {
        assert_eq!(tabular("-1.750000"), "−1.75");
        assert_eq!(tabular("0.000000"), "0");
        assert_eq!(tabular("100"), "100");
    }

    #[test]
    fn powers_of_ten_are_told_from_words() {
        assert_eq!(power_of_ten("2.2e-5").as_deref(), Some("2.2 times 10^(-5)"));
        assert_eq!(power_of_ten("1e3").as_deref(), Some("10^(3)"));
        for word in ["the", "e", "2.5", "inf", "1e", "e5", "edge"] {
            assert_eq!(power_of_ten(word), None, "{word}");
        }
    }
}
