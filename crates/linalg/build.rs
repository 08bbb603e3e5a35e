//! Tells the crate which of BLIS's x86-64 kernels were built, as `cfg(blis_kernel = "…")`.
//!
//! The header that BLIS's own build wrote says so; the variable `BLIS_CONFNAME` may have changed since.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rustc-check-cfg=cfg(blis_kernel, values(\"skx\", \"haswell\"))");
    println!("cargo::rerun-if-changed=build.rs");
    let Some(include) = env::var_os("DEP_BLIS_INCLUDE") else { return };
    let header = Path::new(&include).join("blis").join("blis.h");
    let Ok(text) = fs::read_to_string(&header) else { return };
    for kernel in ["skx", "haswell"] {
        let define = format!("#define BLIS_CONFIG_{}", kernel.to_uppercase());
        if text.lines().any(|line| line.trim() == define) {
            println!("cargo::rustc-cfg=blis_kernel=\"{kernel}\"");
        }
    }
}
