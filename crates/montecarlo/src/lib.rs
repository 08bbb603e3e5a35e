//! Monte Carlo that is reproducible, parallel and honest about its error.
//!
//! | module | what is here |
//! |---|---|
//! | [`streams`] | numbered random streams: the numbers depend on (seed, role, chunk), never on threads |
//! | [`driver`] | splits a number of samples into chunks, runs them on all cores, merges in order |
//! | [`moments`] | mean and variance of a stream of numbers, merging |
//! | [`estimate`] | a mean with its standard error |
//! | [`verdict`] | statistical tests with stated false-alarm and false-pass rates |
//!
//! Monte Carlo here evaluates formulas on samples; it never sees an exact answer and never falls back on one.

pub mod driver;
pub mod estimate;
pub mod moments;
pub mod streams;
pub mod verdict;

pub use driver::{Merge, MonteCarlo};
pub use estimate::Estimate;
pub use moments::Moments;
pub use streams::Streams;
pub use verdict::{StatisticalTest, Verdict};
