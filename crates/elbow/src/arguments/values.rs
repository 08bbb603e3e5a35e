//! Numbers on the command line, and why one is refused.

use std::num::IntErrorKind;

/// More random problems than this for each claim would take days.
const MOST_CASES: u32 = 1_000_000;

/// More samples than this take days.
const MOST_SAMPLES: u64 = 100_000_000_000;

/// A whole number in a range.
pub(crate) fn whole(least: usize, most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| match text.parse::<usize>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("must be a whole number from {least} to {most}")),
    }
}

/// A finite number above 0.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("must be a finite number above 0".to_owned()),
    }
}

/// A number from 0 to 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("must be a number from 0 to 1".to_owned()),
    }
}

/// A number of samples that has a standard error and ends.
pub(crate) fn samples(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(samples @ 2..=MOST_SAMPLES) => Ok(samples),
        Ok(0 | 1) => Err("must be at least 2: fewer have no standard error".to_owned()),
        _ => Err(format!("must be a whole number from 2 to {MOST_SAMPLES}: more would take days")),
    }
}

/// A number of random problems that can be tried.
pub(crate) fn cases(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(0) => Err("must be at least 1: a claim that is tried on no problem is not checked".to_owned()),
        Ok(cases) if cases <= MOST_CASES => Ok(cases),
        Ok(_) => Err(too_many()),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Err(too_many()),
        Err(_) => Err(format!("must be a whole number from 1 to {MOST_CASES}")),
    }
}

fn too_many() -> String {
    format!("must be at most {MOST_CASES}: more would take days")
}

pub(crate) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("must be a whole number from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_cases_is_from_one_to_a_million() {
        assert_eq!(cases("1"), Ok(1));
        assert_eq!(cases("1000000"), Ok(1_000_000));
        for refused in ["0", "1000001", "99999999999999999999", "-3", "2.5", "many", ""] {
            assert!(cases(refused).is_err(), "{refused}");
        }
    }
}
