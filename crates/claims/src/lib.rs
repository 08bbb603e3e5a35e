//! The derivation as claims: every line is a statement with a verdict.
//!
//! | module | what is here |
//! |---|---|
//! | [`claim`] | a [`Claim`]: id, statement, sources, why it holds, what is compared, and the check |
//! | [`trial`] | one random problem put to the test: two sides compared, or a sign |
//! | [`finding`] | the verdict: holds, refuted, failed; error against tolerance |
//! | [`judge`] | how each kind of claim is judged |
//! | `search` | problems tried one after the other, the first that fails made as simple as possible |
//! | [`problems`] | random problems that shrink to simple ones |
//! | [`chains`] | random diffusion chains, and what they are with the restrictions written out |
//! | [`decimals`] | short decimals for counterexamples that read well |
//! | [`longhand`] | densities and divergences written out: a route that shares no code with the crates |
//! | [`catalogue`] | every claim of the derivation, and every line that is refuted |
//!
//! Checking a derivation of one's own takes a strategy for random problems and two sides:
//!
//! ```
//! use claims::{Claim, Run, problems};
//! use prob::Gaussian;
//!
//! let mine = Claim::new("mine", "KL(N(m, v) ‖ N(0, 1)) = ½ (m² + v - 1 - log v)").identity(
//!     1e-12,
//!     problems::gaussian(1),
//!     |p, trial| {
//!         let (m, v) = (p.mean()[0], p.covariance()[[0, 0]]);
//!         trial.nats(p.kl_divergence(&Gaussian::standard(1)), 0.5 * (m * m + v - 1.0 - v.ln()));
//!     },
//! );
//! let finding = mine.check(&Run::default());
//! assert!(finding.as_claimed(), "{finding}");
//! ```

pub mod catalogue;
pub mod chains;
pub mod claim;
pub mod decimals;
pub mod finding;
pub mod judge;
pub mod longhand;
pub mod problems;
mod search;
pub mod trial;

pub use claim::{Claim, Kind, Run};
pub use finding::{Finding, Verdict};
pub use trial::{Comparison, Trial};

/// The README's code, compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
