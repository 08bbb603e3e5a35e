//! The `cblas_dgemm` of the default build is BLIS's, and `ndarray` returns what it computes.
#![cfg(all(feature = "blas", not(target_os = "macos")))]
#![allow(unsafe_code, reason = "BLIS is asked directly, through its C interface")]

use std::ffi::{CStr, c_char, c_int};

use cblas_sys::{CBLAS_LAYOUT, CBLAS_TRANSPOSE, cblas_dgemm};
use linalg::{Backend, backend};
use ndarray::Array2;
use ndarray_rand::{RandomExt, rand::SeedableRng, rand_distr::StandardNormal};

unsafe extern "C" {
    /// BLIS's own name for its version; no other BLAS has this symbol.
    fn bli_info_get_version_str() -> *const c_char;
    /// Fills BLIS's table of kernels, as every product does on its first call.
    fn bli_init();
    /// Number of the kernel set that BLIS uses.
    fn bli_arch_query_id() -> c_int;
    /// Name of the kernel set with that number.
    fn bli_arch_string(id: c_int) -> *const c_char;
}

#[test]
fn the_default_build_links_blis() {
    assert_eq!(backend(), Backend::Blis);
    // SAFETY: BLIS returns a pointer to a static, NUL-terminated string.
    let version = unsafe { CStr::from_ptr(bli_info_get_version_str()) };
    assert!(version.to_str().unwrap().starts_with(|c: char| c.is_ascii_digit()), "{version:?}");
}

#[test]
fn dot_returns_the_bits_that_blis_computes() {
    let (m, k, n) = (65, 130, 33);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let a: Array2<f64> = Array2::random_using((m, k), StandardNormal, &mut rng);
    let b: Array2<f64> = Array2::random_using((k, n), StandardNormal, &mut rng);
    let mut c = Array2::<f64>::zeros((m, n));
    // SAFETY: row-major matrices of exactly these shapes, with their row lengths as leading dimensions.
    unsafe {
        cblas_dgemm(
            CBLAS_LAYOUT::CblasRowMajor,
            CBLAS_TRANSPOSE::CblasNoTrans,
            CBLAS_TRANSPOSE::CblasNoTrans,
            m as i32,
            n as i32,
            k as i32,
            1.0,
            a.as_ptr(),
            k as i32,
            b.as_ptr(),
            n as i32,
            0.0,
            c.as_mut_ptr(),
            n as i32,
        );
    }
    assert_eq!(a.dot(&b), c);
    let plain = Array2::from_shape_fn((m, n), |(i, j)| (0..k).map(|p| a[[i, p]] * b[[p, j]]).sum::<f64>());
    assert!((plain - c).iter().all(|e| e.abs() < 1e-12));
}

/// A processor newer than BLIS must not fall back to portable C.
#[test]
#[cfg(target_arch = "x86_64")]
fn vector_units_get_vector_kernels() {
    // SAFETY: BLIS must be initialised before it is asked; that can be repeated. The string is static and
    // NUL-terminated.
    let kernel = unsafe {
        bli_init();
        CStr::from_ptr(bli_arch_string(bli_arch_query_id()))
    };
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        assert_ne!(kernel, c"generic");
    }
}
