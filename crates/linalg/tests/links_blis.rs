//! The `cblas_dgemm` of the default build is BLIS's, and `ndarray` returns what it computes.
#![cfg(all(feature = "blas", not(target_os = "macos")))]
#![allow(unsafe_code, reason = "BLIS is asked directly, through its C interface")]

use std::ffi::{CStr, c_char};

use cblas_sys::{CBLAS_LAYOUT, CBLAS_TRANSPOSE, cblas_dgemm};
use linalg::{Backend, backend};
use ndarray::Array2;
use ndarray_rand::{RandomExt, rand::SeedableRng, rand_distr::StandardNormal};

unsafe extern "C" {
    /// BLIS's own name for its version; no other BLAS has this symbol.
    fn bli_info_get_version_str() -> *const c_char;
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

    // The plain sum differs in its last bits, so the equality above is not one of every correct product.
    let plain = Array2::from_shape_fn((m, n), |(i, j)| (0..k).map(|p| a[[i, p]] * b[[p, j]]).sum::<f64>());
    assert_ne!(plain, c);
    assert!((plain - c).iter().all(|e| e.abs() < 1e-12));
}
