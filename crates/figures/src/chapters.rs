//! What the chapters show.
//!
//! | module | what is here |
//! |---|---|
//! | [`moons`], [`moon_report`] | `moon_latents`: figures; tables, and in words what was found |
//! | [`estimators`] | `consistency_vs_denoising` |
//! | [`samplers`] | `sampling` |
//! | [`training`] | `training` |
//! | [`neighbours`], [`neighbour_report`] | `neighbours`: what was computed, figures; the table |
//! | [`generators`], [`generator_report`] | `generators` |

pub mod estimators;
pub mod generator_report;
pub mod generators;
pub mod moon_report;
pub mod moons;
pub mod neighbour_report;
pub mod neighbours;
pub mod samplers;
pub mod training;
