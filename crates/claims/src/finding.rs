//! The verdict on a claim.

use std::fmt;

use montecarlo::Estimate;

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds on every problem tried.
    Holds,
    /// It is a line to be refuted, and a counterexample was found.
    Refuted,
    /// It should hold and does not, or should be refuted and could not be.
    Failed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Holds => "holds",
            Verdict::Refuted => "refuted",
            Verdict::Failed => "failed",
        })
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What became of the claim.
    pub verdict: Verdict,
    /// The largest error seen (relative), the largest violation of a sign, or, for a refuted line, the size of its
    /// error at the counterexample.
    pub error: f64,
    /// The largest error allowed; for a refuted line the smallest that counts as one.
    pub tolerance: f64,
    /// Chance that a true statement is refused, for statistical claims.
    pub false_alarm: Option<f64>,
    /// The smallest relative error that a statistical claim is sure to see, but for one time in 1000.
    pub detectable: Option<f64>,
    /// The exponent that was fitted, with its standard error, for claims about a rate.
    pub rate: Option<Estimate>,
    /// Random problems tried, the simpler ones included on which a failure was tried again; or samples drawn, or sizes
    /// at which an error was measured.
    pub cases: u64,
    /// Where a line fails: the shrunk problem, both numbers, and the line that is true.
    pub counterexample: Option<String>,
}

impl Finding {
    /// A verdict, with no error seen and none allowed, that rests on nothing yet.
    pub(crate) fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            error: 0.0,
            tolerance: 0.0,
            false_alarm: None,
            detectable: None,
            rate: None,
            cases: 0,
            counterexample: None,
        }
    }

    /// A failure, and why: of an infinite error unless one is known.
    pub(crate) fn failed(why: String) -> Self {
        Self { error: f64::INFINITY, counterexample: Some(why), ..Self::of(Verdict::Failed) }
    }

    /// What the verdict rests on: `256 cases`, `100000 samples`, `4 sizes`.
    pub fn evidence(&self) -> String {
        let what = match self {
            Finding { false_alarm: Some(_), .. } => "sample",
            Finding { rate: Some(_), .. } => "size",
            _ => "case",
        };
        format!("{} {what}{}", self.cases, if self.cases == 1 { "" } else { "s" })
    }

    /// Whether the claim turned out as it says: it holds, or it is refuted as announced.
    pub fn as_claimed(&self) -> bool {
        self.verdict != Verdict::Failed
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: error {:.1e} (tolerance {:.1e})", self.verdict, self.error, self.tolerance)?;
        write!(f, ", {}", self.evidence())?;
        match &self.counterexample {
            Some(text) => write!(f, "\n{text}"),
            None => Ok(()),
        }
    }
}
