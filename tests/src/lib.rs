//! What the tests of the workspace are judged by.
//!
//! The claims of the derivation, their problems and their judges live in the crate `claims`; `README.md` lists, for
//! each, an error in the crates that it was seen to catch.

// The products of `ndarray` call BLAS symbols that `linalg` links; a crate that is never named is not linked.
use linalg as _;

pub mod judge;
