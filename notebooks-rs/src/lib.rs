//! The chapters are cargo examples (`cargo run --example moon_latents`); here is what runs beside them.

pub mod progress;

// The programs at the top choose the BLAS.
use linalg as _;
