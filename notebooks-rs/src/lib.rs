//! What the chapters share, so that each chapter can tell its story in a page.
//!
//! | module | what is here |
//! |---|---|
//! | [`progress`] | a bar on a terminal, nothing in a pipe |
//! | [`experiment`] | one data set, one architecture, three objectives, trained side by side |
//! | [`estimator_study`], [`estimator_figures`] | bias and variance of forms and schemes against the number of steps |
//! | [`adversarial_study`], [`quantised_study`], [`score_study`] | GAN, VQ-VAE, and the scores of generators, against theory |
//! | [`generator_report`], [`generator_figures`] | tables and figures of the chapter `generators` |
//! | [`sampler_study`], [`sampler_figures`] | how far samples are from the data against evaluations of the denoiser |
//! | [`training_study`], [`denoiser_study`], [`parameterisation_study`] | the learned models along training and at its end, against the exact truth |
//! | [`training_figures`] | the figures of the chapter `training` |
//! | [`moon_sets`] | the moons that an encoder is shown |
//! | [`walk`] | a walk through the latent space, each picture on the way judged: a moon, a blend, neither |
//! | [`moon_figures`] | the figures of the chapter `moon_latents` |
//! | [`moon_report`] | its tables, and in words what was found |
//! | [`neighbour_figures`], [`neighbour_report`] | the chapter `neighbours`: what was computed, figures, the table |

pub mod adversarial_study;
pub mod denoiser_study;
pub mod estimator_figures;
pub mod estimator_study;
pub mod experiment;
pub mod generator_figures;
pub mod generator_report;
pub mod moon_figures;
pub mod moon_report;
pub mod moon_sets;
pub mod neighbour_figures;
pub mod neighbour_report;
pub mod parameterisation_study;
pub mod progress;
pub mod quantised_study;
pub mod sampler_curves;
pub mod sampler_figures;
pub mod sampler_study;
pub mod score_study;
pub mod training_figures;
pub mod training_study;
pub mod walk;

// The programs at the top choose the BLAS.
use linalg as _;

/// The README's code, compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
