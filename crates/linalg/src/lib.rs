//! Dense linear algebra that everything above stands on.
//!
//! | module | what is here |
//! |---|---|
//! | [`mod@backend`] | which code multiplies matrices: BLIS, Accelerate, OpenBLAS or pure Rust |
//! | [`cholesky`] | the factor `A = L Lᵀ`: log-determinants, whitening, solves |
//! | `blocked_rows` | rows times a triangle, a block of columns at a time |
//! | [`eigen`] | `A = V diag(λ) Vᵀ` of a symmetric matrix: principal axes, square roots |
//! | [`polar`] | the orthogonal matrix nearest to a matrix |
//!
//! Matrices are [`ndarray`] arrays in row-major order. This crate sits below every other one that multiplies
//! matrices, so that the choice of BLAS is made, and linked, in one place.

pub mod backend;
#[cfg(all(feature = "blas", target_arch = "x86_64", not(target_os = "macos")))]
mod blis_kernel;
mod blocked_rows;
pub mod cholesky;
pub mod eigen;
mod norm;
pub mod polar;
mod qr;

pub use backend::{Backend, backend};
pub use cholesky::{Cholesky, NotPositiveDefinite};
pub use eigen::SymmetricEigen;
pub use polar::orthogonal_factor;
