//! mhvae.
