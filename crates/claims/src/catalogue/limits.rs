//! Part D: limits, denoisers, information, samplers.
//!
//! | module | what is here |
//! |---|---|
//! | [`chain`] | what the forward chain does to data, and which reverse variances are exact |
//! | [`denoising`] | the best denoiser: Bayes' rule, Tweedie, least matching terms |
//! | [`information`] | the least squared error and the mutual information |
//! | [`bound`] | the average bound with the best denoiser, and its limits |
//! | [`sampling`] | ancestral sampling and DDIM |

pub mod bound;
pub mod chain;
pub mod denoising;
pub mod information;
pub mod sampling;
mod transfer;

use montecarlo::{Merge, MonteCarlo, Streams};
use ndarray::{Array2, array};
use ndarray_rand::rand::RngCore;
use prob::Mixture;
use proptest::collection::vec;
use proptest::prelude::*;
use vdm::Schedule;

use crate::{Claim, problems};

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    [chain::claims(), denoising::claims(), information::claims(), bound::claims(), sampling::claims()]
        .into_iter()
        .flatten()
        .collect()
}

/// One or two components on the line: means in ±2, variances 0.1 to 1.
fn gentle_data() -> impl Strategy<Value = Mixture> {
    vec((0.2..1.0, -2.0..2.0, 0.1..1.0), 1..=2).prop_map(|parts| {
        let sum: f64 = parts.iter().map(|(weight, ..)| weight).sum();
        let weights = parts.iter().map(|(weight, ..)| weight / sum).collect();
        let components = parts.iter().map(|&(_, mean, variance)| problems::on_the_line(mean, variance));
        Mixture::new(weights, components.collect()).expect("weights that sum to 1")
    })
}

/// Two modes of unequal weight on the line.
fn two_modes() -> Mixture {
    let components = vec![problems::on_the_line(-1.0, 0.1), problems::on_the_line(0.8, 0.2)];
    Mixture::new(vec![0.4, 0.6], components).expect("weights that sum to 1")
}

/// `T` log-SNRs from `highest` to `lowest`, at the places `shape(0) = 0 … shape(1) = 1` between them.
fn log_snr_path(steps: usize, highest: f64, lowest: f64, shape: impl Fn(f64) -> f64) -> Schedule {
    let last = (steps - 1) as f64;
    let log_snrs: Vec<f64> =
        (0..steps).map(|i| highest + (lowest - highest) * shape(i as f64 / last)).collect();
    Schedule::from_log_snrs(&log_snrs).expect("log-SNRs that fall")
}

/// `N(m, v)` as data.
fn normal_data(mean: f64, variance: f64) -> Mixture {
    Mixture::from(problems::on_the_line(mean, variance))
}

/// What the best denoiser of Gaussian data does at step `t`: `slope · x_t + offset`.
fn affine(denoiser: &vdm::ExactDenoiser, t: usize) -> (f64, f64) {
    let at = denoiser.denoise(&array![[0.0], [1.0]], t);
    (at[[1, 0]] - at[[0, 0]], at[[0, 0]])
}

/// 300000 samples, which a Kolmogorov-Smirnov test needs to see an error of 1 %; `work` draws `n` of them (`[n, 1]`).
fn samples(streams: Streams, work: impl Fn(&mut dyn RngCore, usize) -> Array2<f64> + Sync) -> Vec<f64> {
    let plan = MonteCarlo::new(300_000, streams);
    plan.run(&|_| (), |rng, n| Samples(work(rng, n).into_iter().collect())).0
}

/// Samples that are collected chunk by chunk.
struct Samples(Vec<f64>);

impl Merge for Samples {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}
