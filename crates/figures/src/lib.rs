//! The figures of lectures and chapters, and the studies that they show.
//!
//! | module | what is here |
//! |---|---|
//! | [`studies`] | what takes long to compute, once for all who show it |
//! | [`chapters`] | figures and tables of the chapters in `notebooks-rs` |

pub mod chapters;
pub mod studies;

// Not named here, but its BLAS must be linked.
use linalg as _;
