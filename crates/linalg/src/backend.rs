//! Which code multiplies matrices.
//!
//! [`ndarray`]'s `dot` and `general_mat_mul` call `cblas_dgemm` for products with more than 7 rows, columns or
//! inner terms when one of the features `blas` or `openblas-system` is on. The library behind that symbol is
//! linked here and nowhere else. It runs on one thread: parallelism is over chunks of samples, outside.

// A `-sys` style crate is linked only if it is mentioned.
#[cfg(all(feature = "blas", target_os = "macos"))]
use accelerate_src as _;
#[cfg(all(feature = "blas", not(target_os = "macos")))]
use blis_src as _;
#[cfg(feature = "openblas-system")]
use openblas_src as _;

#[cfg(all(feature = "blas", feature = "openblas-system"))]
compile_error!("choose one BLAS: `openblas-system` goes with `--no-default-features`");

/// The code behind a matrix product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// BLIS, built by cargo from the source that the crate `blis-src` carries.
    Blis,
    /// Apple's Accelerate framework.
    Accelerate,
    /// An OpenBLAS found on the system.
    OpenBlas,
    /// The pure-Rust product that `ndarray` brings along.
    Rust,
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Backend::Blis => "BLIS",
            Backend::Accelerate => "Accelerate",
            Backend::OpenBlas => "OpenBLAS",
            Backend::Rust => "pure Rust",
        })
    }
}

/// The backend that this build links.
pub const fn backend() -> Backend {
    if cfg!(feature = "openblas-system") {
        Backend::OpenBlas
    } else if cfg!(not(feature = "blas")) {
        Backend::Rust
    } else if cfg!(target_os = "macos") {
        Backend::Accelerate
    } else {
        Backend::Blis
    }
}
