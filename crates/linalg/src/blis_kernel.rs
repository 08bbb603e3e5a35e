//! BLIS's choice of kernel, corrected for processors that it does not know by name.
//!
//! BLIS picks its kernel by vendor, family and model, and falls back to portable C for any family newer than
//! itself: on a Zen 5 its `dgemm` then runs at a sixth of the rate (19 against 112 GFLOP/s on one core).
//! What a kernel really needs is an instruction set, so that is what is asked here. BLIS reads the answer from
//! the variable `BLIS_ARCH_TYPE` at its first call; a user's own setting of it stands.

#![allow(unsafe_code, reason = "code that runs before `main` sets an environment variable")]

/// Number (`arch_t` in `blis.h`) of the widest kernel that was built and that this processor can run.
fn widest() -> Option<&'static str> {
    const SKX: &str = "0";
    const HASWELL: &str = "3";
    if cfg!(blis_kernel = "skx")
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
    {
        Some(SKX)
    } else if cfg!(blis_kernel = "haswell")
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
    {
        Some(HASWELL)
    } else {
        None
    }
}

/// Runs before `main`, hence before any call of BLIS.
#[ctor::ctor(unsafe)]
fn choose() {
    if let (None, Some(kernel)) = (std::env::var_os("BLIS_ARCH_TYPE"), widest()) {
        // SAFETY: no other thread exists before `main`, so none can read the environment meanwhile.
        unsafe { std::env::set_var("BLIS_ARCH_TYPE", kernel) };
    }
}
