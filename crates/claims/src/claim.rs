//! What a claim is.

use std::fmt;
use std::panic::Location;

use montecarlo::{StatisticalTest, Streams};
use proptest::strategy::Strategy;

use crate::{Finding, Trial};
use crate::{judge, search};

/// How a claim is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Two sides, computed by routes that share no code, agree on random problems.
    Identity,
    /// A sign holds on random problems.
    Inequality,
    /// Samples have a law or a mean, by a statistical test.
    Law,
    /// A gradient is that of a function, by differences or in mean.
    Gradient,
    /// An error falls at a rate.
    Rate,
    /// A line that is false: a counterexample is found and shrunk.
    Refuted,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Identity => "identity",
            Kind::Inequality => "inequality",
            Kind::Law => "law",
            Kind::Gradient => "gradient",
            Kind::Rate => "rate",
            Kind::Refuted => "refuted",
        })
    }
}

/// How thoroughly to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Random problems for each claim that tries problems. A claim that has one problem alone tries it once, and a line
    /// to be refuted is searched on [`judge::SEARCHED`] at least.
    pub cases: u32,
    /// Where the problems and samples come from: the same seed, the same findings.
    pub seed: u64,
}

impl Default for Run {
    /// 256 problems.
    fn default() -> Self {
        Self { cases: 256, seed: 2026 }
    }
}

/// Every statistical comparison of the catalogue errs with this chance: with at most 100 of them in a run, all
/// together raise a false alarm in fewer than one run in a million.
pub const FALSE_ALARM: f64 = 1e-8;

impl Run {
    /// The random streams of a claim.
    pub fn streams(&self, id: &str) -> Streams {
        Streams::new(self.seed).role(id)
    }

    /// The statistical test that the catalogue uses: false alarm 1e-8, false pass 1e-3.
    pub fn test(&self) -> StatisticalTest {
        StatisticalTest { false_alarm: FALSE_ALARM, false_pass: 1e-3 }
    }
}

type Check = Box<dyn Fn(&Run) -> Finding + Send + Sync>;

/// One line of a derivation that can be checked.
///
/// Made by [`Claim::new`], described by [`source`](ClaimText::source), [`why`](ClaimText::why) and
/// [`compares`](ClaimText::compares), finished by the method that says how it is judged.
pub struct Claim {
    text: ClaimText,
    kind: Kind,
    check: Check,
}

/// What is said of a claim, before it is said how it is judged.
#[derive(Clone, Debug)]
pub struct ClaimText {
    id: String,
    statement: String,
    sources: Vec<&'static str>,
    why: &'static str,
    compares: &'static str,
    place: &'static Location<'static>,
}

impl Claim {
    /// Begins a claim: a short id and the statement in plain Unicode mathematics.
    #[track_caller]
    #[allow(clippy::new_ret_no_self, reason = "a claim is finished by saying how it is judged")]
    pub fn new(id: impl Into<String>, statement: impl Into<String>) -> ClaimText {
        ClaimText {
            id: id.into(),
            statement: statement.into(),
            sources: Vec::new(),
            why: "",
            compares: "",
            place: Location::caller(),
        }
    }

    /// The short name, unique in a catalogue: `B5`, `D7a`, `R1`, `S3`.
    pub fn id(&self) -> &str {
        &self.text.id
    }

    /// The statement, in plain Unicode mathematics; of a refuted claim, the line that is false.
    pub fn statement(&self) -> &str {
        &self.text.statement
    }

    /// Where it stands: `Luo (58)`, `001 §3.7`, …
    pub fn sources(&self) -> &[&'static str] {
        &self.text.sources
    }

    /// Why it holds, or fails, in a few lines.
    pub fn why(&self) -> &'static str {
        self.text.why
    }

    /// What is compared with what.
    pub fn compares(&self) -> &'static str {
        self.text.compares
    }

    /// The file and line of the check.
    pub fn place(&self) -> &'static Location<'static> {
        self.text.place
    }

    /// How it is judged.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Checks it. A check that panics (a formula that gives no law, a quadrature that does not converge) is a claim
    /// that failed: its message is in the finding, the others are still to be heard.
    pub fn check(&self, run: &Run) -> Finding {
        search::caught(|| (self.check)(run))
            .unwrap_or_else(|why| Finding::failed(format!("the check broke off: {why}")))
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("text", &self.text).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl ClaimText {
    /// Adds a place where the line stands.
    pub fn source(mut self, source: &'static str) -> Self {
        self.sources.push(source);
        self
    }

    /// Says why the line holds, or why it does not.
    pub fn why(self, why: &'static str) -> Self {
        Self { why, ..self }
    }

    /// Says what is compared with what.
    pub fn compares(self, compares: &'static str) -> Self {
        Self { compares, ..self }
    }

    /// The claim, judged by `check`, which is told the id.
    fn judged(self, kind: Kind, check: impl Fn(&str, &Run) -> Finding + Send + Sync + 'static) -> Claim {
        let id = self.id.clone();
        Claim { text: self, kind, check: Box::new(move |run| check(&id, run)) }
    }

    /// On every problem of the `strategy` the comparisons that `body` makes agree to the relative `tolerance`.
    pub fn identity<S>(
        self,
        tolerance: f64,
        strategy: S,
        body: impl Fn(&S::Value, &mut Trial) + Send + Sync + 'static,
    ) -> Claim
    where
        S: Strategy + Send + Sync + 'static,
    {
        self.judged(Kind::Identity, move |id, run| judge::on_problems(id, run, tolerance, &strategy, &body))
    }

    /// As [`identity`](Self::identity), for gradients against differences or expectations in closed form.
    pub fn gradient<S>(
        self,
        tolerance: f64,
        strategy: S,
        body: impl Fn(&S::Value, &mut Trial) + Send + Sync + 'static,
    ) -> Claim
    where
        S: Strategy + Send + Sync + 'static,
    {
        self.judged(Kind::Gradient, move |id, run| judge::on_problems(id, run, tolerance, &strategy, &body))
    }

    /// On every problem the inequalities that `body` states ([`Trial::at_most`]) hold up to the relative `tolerance`
    /// that rounding needs.
    pub fn inequality<S>(
        self,
        tolerance: f64,
        strategy: S,
        body: impl Fn(&S::Value, &mut Trial) + Send + Sync + 'static,
    ) -> Claim
    where
        S: Strategy + Send + Sync + 'static,
    {
        self.judged(Kind::Inequality, move |id, run| judge::on_problems(id, run, tolerance, &strategy, &body))
    }

    /// Statistical tests, each with the power to see a relative error of [`judge::RESOLUTION`].
    pub fn law(self, body: impl Fn(&Run, &Streams) -> Vec<judge::Sampled> + Send + Sync + 'static) -> Claim {
        self.judged(Kind::Law, move |id, run| judge::sampled(&body(run, &run.streams(id))))
    }

    /// As [`law`](Self::law), for estimators of a gradient.
    pub fn sampled_gradient(
        self,
        body: impl Fn(&Run, &Streams) -> Vec<judge::Sampled> + Send + Sync + 'static,
    ) -> Claim {
        self.judged(Kind::Gradient, move |id, run| judge::sampled(&body(run, &run.streams(id))))
    }

    /// An error that falls as `size⁻ʳᵃᵗᵉ`: the exponent fitted to what `body` returns (size, error) is `rate` within
    /// the relative `tolerance`.
    pub fn rate(
        self,
        rate: f64,
        tolerance: f64,
        body: impl Fn(&Run) -> Vec<(f64, f64)> + Send + Sync + 'static,
    ) -> Claim {
        self.judged(Kind::Rate, move |_, run| judge::rate(rate, tolerance, &body(run)))
    }

    /// The line is false: on some problem its value, the first that `body` returns, differs from the true one, the
    /// second, by more than 1 % of the larger. The counterexample is shrunk; `truth` is the line that is true.
    pub fn refuted<S>(
        self,
        strategy: S,
        truth: &'static str,
        body: impl Fn(&S::Value) -> (f64, f64) + Send + Sync + 'static,
    ) -> Claim
    where
        S: Strategy + Send + Sync + 'static,
    {
        self.judged(Kind::Refuted, move |id, run| judge::refute(id, run, truth, &strategy, &body))
    }
}
