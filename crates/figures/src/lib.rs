//! The figures of lectures and chapters, and the studies that they show.
//!
//! | module | what is here |
//! |---|---|
//! | [`studies`] | what takes long to compute, once for all who show it |
//! | [`lecture`] | the lecture set: every figure by name, with its caption and its claims |
//! | [`chapters`] | figures and tables of the chapters in `notebooks-rs` |

pub mod chapters;
pub mod lecture;
pub mod studies;

// Not named here, but its BLAS must be linked.
use linalg as _;
