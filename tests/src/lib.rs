//! What the claims of the derivation are tested with.
//!
//! | module | what is here |
//! |---|---|
//! | [`problems`] | random laws, conditionals and models that shrink to simple ones |
//! | [`longhand`] | densities and divergences written out: the route that shares no code with the crates |
//! | [`judge`] | relative errors against a named scale, statistical verdicts with their power, fitted rates |
//!
//! A claim is a test function in `foundations.rs`, `autoencoder.rs` or `refuted.rs`; `README.md` lists, for each,
//! an error in the crates that it was seen to catch.

// The products of `ndarray` call BLAS symbols that `linalg` links; a crate that is never named is not linked.
use linalg as _;

pub mod judge;
pub mod longhand;
pub mod problems;
