//! Exercises at the end of a chapter: the reader writes a number, the program says whether it is right.

use std::env;
use std::fmt;

/// Set to anything, it makes every [`check`] tell its solution: for lecturers. `notebooks-rs/SOLUTIONS.md` works the
/// solutions out.
pub const SHOW: &str = "ELBOW_SOLUTIONS";

/// How far from the truth a right answer may be, relative to it or to 1, whichever is larger: four digits are enough.
const TOLERANCE: f64 = 1e-3;

/// What the program says of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reply {
    /// Nobody has answered.
    Open,
    /// To a thousandth of the solution, or to 0.001 if that is below 1 in size.
    Right,
    /// By how much the answer is too large.
    Off(f64),
}

/// Judges an answer; none is no mistake.
///
/// ```
/// use notebooks::exercise::{Reply, judge};
///
/// assert_eq!(judge(None, 0.5), Reply::Open);
/// assert_eq!(judge(Some(0.5004), 0.5), Reply::Right);
/// assert_eq!(judge(Some(0.75), 0.5), Reply::Off(0.25));
/// ```
pub fn judge(answer: Option<f64>, solution: f64) -> Reply {
    match answer {
        None => Reply::Open,
        Some(answer) if (answer - solution).abs() <= TOLERANCE * solution.abs().max(1.0) => Reply::Right,
        Some(answer) => Reply::Off(answer - solution),
    }
}

/// Prints what the program says of the answer to exercise `name`, whose `solution` it has computed itself.
pub fn check(name: &str, answer: Option<f64>, solution: f64) {
    let reply = judge(answer, solution);
    match env::var_os(SHOW) {
        Some(_) => println!("exercise {name}: {reply}; the solution is {solution:.6}"),
        None => println!("exercise {name}: {reply}"),
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Open => write!(f, "open: write Some(your number) in place of None"),
            Reply::Right => write!(f, "right"),
            Reply::Off(by) if by.is_nan() => write!(f, "not a number"),
            Reply::Off(by) => {
                write!(f, "not yet, your number is too {}", if *by > 0.0 { "large" } else { "small" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousandth of a large number, three decimals of a small one; NaN is never right.
    #[test]
    fn answers_are_right_to_a_thousandth() {
        assert_eq!(judge(Some(2001.9), 2000.0), Reply::Right);
        assert_eq!(judge(Some(2002.1), 2000.0), Reply::Off(2002.1 - 2000.0));
        assert_eq!(judge(Some(-0.0009), 0.0), Reply::Right);
        assert!(judge(Some(0.0011), 0.0) != Reply::Right && judge(Some(f64::NAN), 0.0) != Reply::Right);
    }

    #[test]
    fn a_wrong_answer_hears_the_direction_but_not_the_solution() {
        assert_eq!(Reply::Off(0.25).to_string(), "not yet, your number is too large");
        assert_eq!(Reply::Off(-0.25).to_string(), "not yet, your number is too small");
        assert_eq!(judge(Some(f64::NAN), 0.0).to_string(), "not a number");
    }
}
