//! What takes long to compute: numbers, no pictures.
//!
//! | module | what is here |
//! |---|---|
//! | [`experiment`] | one data set, one architecture, three objectives, trained side by side |
//! | [`moon_sets`] | the moons that an encoder is shown |
//! | [`moons`] | pictures of moons, and the way of each model from half to full |
//! | [`walk`] | a walk through the latent space, each picture on the way judged: a moon, a blend, neither |
//! | [`estimators`] | bias and variance of forms and schemes against the number of steps |
//! | [`samplers`], [`sampler_curves`] | how far samples are from the data against evaluations of the denoiser |
//! | [`training`], [`denoiser`], [`parameterisations`] | the learned models along training and at its end, against the exact truth |
//! | [`adversarial`], [`quantised`], [`scores`] | GAN, VQ-VAE, and the scores of generators, against theory |

pub mod adversarial;
pub mod denoiser;
pub mod estimators;
pub mod experiment;
pub mod moon_sets;
pub mod moons;
pub mod parameterisations;
pub mod quantised;
pub mod sampler_curves;
pub mod samplers;
pub mod scores;
pub mod training;
pub mod walk;
