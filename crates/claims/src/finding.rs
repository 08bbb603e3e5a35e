//! The verdict on a claim.

use std::fmt;

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
    /// Random problems tried, or samples drawn.
    pub cases: u64,
    /// Where a line fails: the shrunk problem, both numbers, and the line that is true.
    pub counterexample: Option<String>,
}

impl Finding {
    /// Whether the claim turned out as it says: it holds, or it is refuted as announced.
    pub fn as_claimed(&self) -> bool {
        self.verdict != Verdict::Failed
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: error {:.1e} (tolerance {:.1e})", self.verdict, self.error, self.tolerance)?;
        write!(f, ", {} cases", self.cases)?;
        match &self.counterexample {
            Some(text) => write!(f, "\n{text}"),
            None => Ok(()),
        }
    }
}
