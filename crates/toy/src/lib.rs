//! Toy data whose truth is known: densities in closed form, curves with exact distances, pictures with exact areas.
//!
//! | module | what is here | the truth that is known |
//! |---|---|---|
//! | [`preset`] | mixtures of Gaussians by name: `bimodal`, `ring8`, `moons`, … | density, score, moments |
//! | [`two_moons`] | two interleaving half circles with noise | the arcs, and the distance of any point to them |
//! | [`moon_phase`] | pictures of the moon, each pixel the exact lit area inside it | the lit fraction |
//! | [`nearest`] | how far a picture is from being a moon, and from being a blend of two | both are 0 for their own kind |
//! | [`error`] | what can be wrong with a parameter | |
//!
//! Conventions: f64 throughout, rows are examples (`[n, d]`), the source of chance is an argument. Parameters that
//! a user may get wrong return a [`ToyError`]; shapes that do not fit panic.

pub mod error;
pub mod moon_phase;
pub mod nearest;
pub mod preset;
pub mod two_moons;

pub use error::ToyError;
pub use moon_phase::MoonPhase;
pub use nearest::{NearestBlend, NearestPhase, nearest_blend, rms_distance};
pub use preset::Preset;
pub use two_moons::{NearestArc, TwoMoons};

#[cfg(test)]
mod chance;
