//! `ndarray` hands its matrix products to the BLAS symbol `cblas_dgemm`, not to its own code.
//!
//! The symbol is defined here, counts its calls, and so replaces the one that the linked library would provide.
//! `links_blis.rs` shows whose symbol it is in every other program.
#![cfg(any(feature = "blas", feature = "openblas-system"))]
#![allow(unsafe_code, reason = "a C symbol is defined to watch who calls it")]

use std::sync::atomic::{AtomicUsize, Ordering};

use linalg as _;
use ndarray::{Array2, linalg::general_mat_mul};

static CALLS: AtomicUsize = AtomicUsize::new(0);

/// `C ← α A B + β C` for row-major matrices without transposition.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "the signature is that of CBLAS")]
extern "C" fn cblas_dgemm(
    _layout: i32,
    _transpose_a: i32,
    _transpose_b: i32,
    m: i32,
    n: i32,
    k: i32,
    alpha: f64,
    a: *const f64,
    lda: i32,
    b: *const f64,
    ldb: i32,
    beta: f64,
    c: *mut f64,
    ldc: i32,
) {
    CALLS.fetch_add(1, Ordering::SeqCst);
    for i in 0..m as usize {
        for j in 0..n as usize {
            // SAFETY: the caller's contract is that of CBLAS: all three matrices hold their strides times rows.
            unsafe {
                let product: f64 = (0..k as usize)
                    .map(|p| *a.add(i * lda as usize + p) * *b.add(p * ldb as usize + j))
                    .sum();
                let out = c.add(i * ldc as usize + j);
                *out = alpha * product + if beta == 0.0 { 0.0 } else { beta * *out };
            }
        }
    }
}

#[test]
fn ndarray_products_call_cblas_dgemm() {
    let a = Array2::from_shape_fn((20, 30), |(i, j)| (i * 30 + j) as f64);
    let b = Array2::from_shape_fn((30, 10), |(i, j)| (i + j) as f64);

    let product = a.dot(&b);
    assert_eq!(CALLS.load(Ordering::SeqCst), 1, "`dot` did not reach cblas_dgemm");

    let mut c = Array2::zeros((20, 10));
    general_mat_mul(1.0, &a, &b, 0.0, &mut c);
    assert_eq!(CALLS.load(Ordering::SeqCst), 2, "`general_mat_mul` did not reach cblas_dgemm");

    assert_eq!(product, c);
    assert_eq!(product[[1, 0]], (0..30).map(|k| f64::from((30 + k) * k)).sum::<f64>());
}
