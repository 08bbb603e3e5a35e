//! The neighbours of the VAE that lecture notes describe beside it, each small and each against its theory.
//!
//! | module | what is here |
//! |---|---|

// The products of `ndarray` call BLAS symbols that `linalg` links; a crate that is never named is not linked.
use linalg as _;
