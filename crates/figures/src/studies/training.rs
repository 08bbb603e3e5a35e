//! The study behind the chapter `training`: VAE, hierarchical VAE and diffusion model on one toy mixture, their bound along
//! training and at its end, and what they draw.

use std::slice::from_ref;

use learned::mhvae::Settings as MhvaeSettings;
use learned::vae::Settings as VaeSettings;
use learned::vdm::Settings as VdmSettings;
use learned::{Model, Toy, train};
use mhvae::MhvaeLearner;
use montecarlo::{Estimate, MonteCarlo, Streams};
use ndarray::{Array2, Axis, concatenate};
use nn::{Training, TrainingError};
use prob::{Bound, Conditional, standard_normal};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use toy::Preset;
use vae::VaeLearner;
use vdm::{BayesVdm, ReverseVariance, Sampler, Schedule, Solver, VdmLearner};

/// Latents of the hierarchical VAE.
pub const LATENTS: usize = 2;
/// Mini-batches of the VAE, of the hierarchical VAE and of the diffusion model: 512 thousand examples for each.
pub const STEPS: [usize; 3] = [2000, 4000, 8000];
/// Steps of the diffusion model.
pub const DIFFUSION_STEPS: usize = 1000;
/// Observations on which a bound is measured; for the diffusion model so many for each of reconstruction, prior matching and
/// all matching terms.
pub const MEASURED: u64 = 200_000;
/// Evaluations of the denoiser with which ancestral sampling draws.
pub const ANCESTRAL: usize = 250;
/// Evaluations of the denoiser with which DPM-Solver++ draws.
pub const DPM_SOLVER: usize = 20;
/// Rows that are drawn in one piece, a part of what fixes the numbers drawn.
const CHUNK: usize = 250;

/// Hears how many mini-batches were trained since it was last told, from any thread.
pub type Heard<'a> = &'a (dyn Fn(u64) + Sync);

/// A model after training.
#[derive(Clone, Debug)]
pub struct Trained<M> {
    /// The model.
    pub model: M,
    /// Examples seen, and the mean bound over the last of them, in nats.
    pub curve: Vec<(f64, f64)>,
}

/// The bound of a model, in nats.
#[derive(Clone, Debug)]
pub struct Bounded {
    /// Of the model.
    pub name: &'static str,
    /// Along training, as of [`Trained`].
    pub curve: Vec<(f64, f64)>,
    /// After it, by Monte Carlo on draws of its own.
    pub elbo: Estimate,
}

/// The three models on one mixture.
#[derive(Clone, Debug)]
pub struct Story {
    /// The data.
    pub toy: Toy,
    /// With a learned decoder variance.
    pub vae: Trained<VaeLearner>,
    /// With two latents and learned variances.
    pub mhvae: Trained<MhvaeLearner>,
    /// In 1000 steps, predicting `v`, by the bound itself.
    pub vdm: Trained<VdmLearner>,
}

impl Story {
    /// Trains the three on `preset`.
    ///
    /// # Errors
    /// If training diverges.
    pub fn new(preset: Preset, streams: Streams, heard: Heard) -> Result<Self, TrainingError> {
        let toy = Toy::new(preset);
        let of = |model: &str| streams.role(preset.name()).role(model);
        let vae = || {
            let settings = VaeSettings { steps: STEPS[0], ..VaeSettings::for_data(toy.dim()) };
            trained(settings.model(&toy, of("vae")), settings.training(of("vae")), &toy, heard)
        };
        let mhvae = || {
            let settings = MhvaeSettings { steps: STEPS[1], ..MhvaeSettings::for_data(toy.dim(), LATENTS) };
            trained(settings.model(&toy, of("mhvae")), settings.training(of("mhvae")), &toy, heard)
        };
        let vdm = || {
            let settings = VdmSettings {
                steps: STEPS[2],
                diffusion_steps: Some(DIFFUSION_STEPS),
                ..VdmSettings::default()
            };
            let model = settings.model(&toy, of("vdm")).expect("the log-SNR of the defaults fall");
            trained(model, settings.training(of("vdm")), &toy, heard)
        };
        let (vae, (mhvae, vdm)) = rayon::join(vae, || rayon::join(mhvae, vdm));
        Ok(Self { vae: vae?, mhvae: mhvae?, vdm: vdm?, toy })
    }

    /// The bounds of the three along training, and at its end on draws that training did not see.
    pub fn bounds(&self, streams: Streams) -> [Bounded; 3] {
        let streams = streams.role("measure").role(self.toy.preset().name());
        let observe = |rng: &mut _, n| self.toy.draw(rng, n);
        let (vae, chain, vdm) = (&self.vae.model.vae, &self.mhvae.model.chain, &self.vdm.model);
        let plan = |role: &str| MonteCarlo::new(MEASURED, streams.role(role));
        // The VAE is a chain of one latent.
        let (encoder, decoder) = (from_ref(&vae.encoder), from_ref(&vae.decoder));
        let of_vae = mhvae::estimate_bound(encoder, decoder, observe, &plan("vae"), &|_| ());
        let (encoders, decoders) = (chain.encoders(), chain.decoders());
        let of_chain = mhvae::estimate_bound(encoders, decoders, observe, &plan("mhvae"), &|_| ());
        let schedule = self.schedule(DIFFUSION_STEPS);
        let denoise = |x_t: &_, t| vdm.denoiser.denoise(x_t, &schedule, t);
        let best = BayesVdm::new(self.toy.mixture().clone(), schedule.clone()).expect("the data of a preset");
        let of_vdm = best.estimate_bound_of(denoise, &plan("vdm"), &|_| ());
        [
            Bounded { name: "VAE", curve: self.vae.curve.clone(), elbo: of_vae.elbo },
            Bounded { name: "MHVAE", curve: self.mhvae.curve.clone(), elbo: of_chain.elbo },
            Bounded { name: "VDM", curve: self.vdm.curve.clone(), elbo: of_vdm.elbo },
        ]
    }

    /// So many steps between the end points of the log-SNR.
    fn schedule(&self, steps: usize) -> Schedule {
        self.vdm.model.levels.schedule(steps).expect("end points that are not trained")
    }

    /// `n` draws (`[n, d]`) in one of the four ways, the same on any number of threads.
    pub fn samples(&self, way: Way, n: usize, streams: Streams) -> Array2<f64> {
        let d = self.toy.dim();
        let denoiser = &self.vdm.model.denoiser;
        match way {
            Way::Vae => {
                let decoder = &self.vae.model.vae.decoder;
                in_chunks(n, streams, |rng, n| {
                    let z = standard_normal((n, decoder.input_dim()), rng);
                    decoder.sample_given_noise(&z, &standard_normal((n, d), rng))
                })
            }
            Way::Mhvae => in_chunks(n, streams, |rng, n| self.mhvae.model.chain.generate(n, rng)),
            Way::Ancestral => {
                let schedule = self.schedule(ANCESTRAL);
                let sampler = Sampler::ancestral(ReverseVariance::Posterior);
                let denoise = |x_t: &_, t| denoiser.denoise(x_t, &schedule, t);
                in_chunks(n, streams, |rng, n| sampler.sample(&schedule, denoise, (n, d), rng))
            }
            Way::DpmSolver => {
                let schedule = self.schedule(DPM_SOLVER);
                let denoise = |x_t: &_, t| denoiser.denoise(x_t, &schedule, t);
                let solver = Solver::DpmSolver;
                in_chunks(n, streams, |rng, n| solver.sample(&schedule, denoise, (n, d), rng))
            }
        }
    }
}

/// How a story is asked for samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A latent, and `p(x|z)` with its noise.
    Vae,
    /// The chain from `z_2` down, with its noise.
    Mhvae,
    /// [`ANCESTRAL`] steps even in log-SNR with the variance of the bound; the last returns `x̂_0` without noise, as samplers do.
    Ancestral,
    /// The probability-flow ODE in [`DPM_SOLVER`] steps even in log-SNR.
    DpmSolver,
}

impl Way {
    /// All four.
    pub const ALL: [Way; 4] = [Way::Vae, Way::Mhvae, Way::Ancestral, Way::DpmSolver];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Way::Vae => "VAE",
            Way::Mhvae => "MHVAE",
            Way::Ancestral => "VDM, ancestral",
            Way::DpmSolver => "VDM, solver",
        }
    }
}

/// Trains one model.
fn trained<M: Model>(
    mut model: M,
    training: Training,
    toy: &Toy,
    heard: Heard,
) -> Result<Trained<M>, TrainingError> {
    let (curve, done) = train(&mut model, &training, toy, |_, _| heard(1));
    done?;
    Ok(Trained { model, curve: smoothed(curve.heard(), training.batch) })
}

/// By how much the number of examples grows from one point of a smoothed curve to the next.
const GROWTH: f64 = 1.4;

/// The mean bound over the examples since the point before, at numbers of examples that grow by [`GROWTH`] up to the last. A
/// batch of a diffusion model is off by a nat; the mean over a quarter of all examples is not.
fn smoothed(heard: &[Bound], batch: usize) -> Vec<(f64, f64)> {
    let last = heard.len() as f64;
    let growths_left = |step: usize| ((last / step as f64).ln() / GROWTH.ln()).floor();
    let (mut curve, mut from, mut sum) = (Vec::new(), 0, 0.0);
    for (step, bound) in (1..).zip(heard) {
        sum += bound.elbo();
        if step == heard.len() || growths_left(step + 1) < growths_left(step) {
            curve.push(((step * batch) as f64, sum / (step - from) as f64));
            (from, sum) = (step, 0.0);
        }
    }
    curve
}

/// Rows drawn piece by piece on all cores, piece `k` from stream `k`.
fn in_chunks(
    n: usize,
    streams: Streams,
    draw: impl Fn(&mut ChaCha8Rng, usize) -> Array2<f64> + Sync,
) -> Array2<f64> {
    let chunks: Vec<_> = (0..n.div_ceil(CHUNK))
        .into_par_iter()
        .map(|k| draw(&mut streams.rng(k as u64), CHUNK.min(n - k * CHUNK)))
        .collect();
    let views: Vec<_> = chunks.iter().map(|chunk| chunk.view()).collect();
    concatenate(Axis(0), &views).expect("pieces of one width")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(elbo: f64) -> Bound {
        Bound { reconstruction: elbo, prior_matching: 0.0, matching: vec![] }
    }

    /// Every example counts once, in its place, and the places grow by [`GROWTH`]: `⌊b⌋` batches follow `⌊b/GROWTH⌋`, so that
    /// `⌊b⌋ - GROWTH ⌊b/GROWTH⌋` is above -1 and below `GROWTH`.
    #[test]
    fn a_smoothed_curve_keeps_the_mean_over_all_examples() {
        let heard: Vec<_> = (1..=607).map(|k| bound(f64::from(k).sqrt())).collect();
        let curve = smoothed(&heard, 10);
        let (mut sum, mut before) = (0.0, 0.0);
        for &(examples, mean) in &curve {
            assert!(examples > before);
            assert!((examples - GROWTH * before).abs() < GROWTH * 10.0, "{examples} after {before}");
            sum += mean * (examples - before);
            before = examples;
        }
        let all: f64 = (1..=607).map(|k| 10.0 * f64::from(k).sqrt()).sum();
        assert!((sum - all).abs() < 1e-9 * all && before == 6070.0, "{sum} for {all} at {before}");
        // The last point stands for a quarter of all examples or more.
        assert!(curve[curve.len() - 2].0 < 0.75 * before, "{curve:?}");
    }

    /// Standard normal rows, whatever the number of threads: piece `k` is that of stream `k`.
    #[test]
    fn pieces_come_in_order_and_the_last_is_short() {
        let streams = Streams::new(3);
        let rows = in_chunks(CHUNK + 7, streams, |rng, n| standard_normal((n, 2), rng));
        let second: Array2<f64> = standard_normal((7, 2), &mut streams.rng(1));
        assert_eq!(rows.dim(), (CHUNK + 7, 2));
        assert_eq!(rows.slice(ndarray::s![CHUNK.., ..]), second);
    }
}
