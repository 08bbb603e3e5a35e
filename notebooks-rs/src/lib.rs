//! The chapters of the road from mixtures to diffusion models, each a cargo example (`cargo run --example mixtures`) and a
//! notebook; here is what runs beside them.

pub mod exercise;
pub mod progress;
pub mod show;

pub use exercise::check;
pub use show::show;

// The programs at the top choose the BLAS.
use linalg as _;
