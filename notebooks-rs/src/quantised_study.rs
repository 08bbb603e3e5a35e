//! The study of the VQ-VAE in the chapter `generators`: two moons in more and more codes.

use montecarlo::{Estimate, Moments, Streams};
use ndarray::{Array2, Axis};
use neighbours::quantised::{CodeUsage, CodebookRule, Restart, VqTraining, VqVae};
use nn::training::rows_of;
use rayon::prelude::*;
use toy::Preset;

/// The numbers of codes.
pub const CODES: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Points that train the models.
const POINTS: usize = 4000;
/// Fresh points that the bounds are averaged over, and how many of them make a share.
const FRESH: usize = 8000;
const SHARE: usize = 100;
/// `s²` of the decoder: the variance that the points have about their arcs.
pub const VARIANCE: f64 = 0.01;

/// A model and what is known of it.
#[derive(Clone, Debug)]
pub struct Quantised {
    /// Number of codes, `K`.
    pub codes: usize,
    /// The model.
    pub model: VqVae,
    /// How its codes are used on the points that trained it; the learned prior is this, smoothed by Laplace's rule, because
    /// a fresh point may take a code that none of them took.
    pub usage: CodeUsage,
    /// `E log p(x|z_q)` in nats, as all that follows on fresh points.
    pub reconstruction: Estimate,
    /// The bound with a uniform prior over codes.
    pub uniform: Estimate,
    /// The bound with the learned prior.
    pub learned: Estimate,
    /// `E log p(x)` with the learned prior, exact for each point.
    pub evidence: Estimate,
    /// `E log p_data(x) - log p(x)`: the divergence of the model from the law of the data, point by point.
    pub divergence: Estimate,
}

/// The points and one model for each of [`CODES`].
#[derive(Clone, Debug)]
pub struct Study {
    /// What trained the models, `[n, 2]`.
    pub points: Array2<f64>,
    /// `E log p_data(x)` on the fresh points: minus the entropy of the data.
    pub data: Estimate,
    /// In the order of [`CODES`].
    pub models: Vec<Quantised>,
}

/// Trains all of them; `done` hears of every model.
///
/// # Errors
/// If a training diverges, or a model has no law.
pub fn study(seed: u64, done: &(dyn Fn() + Sync)) -> Result<Study, Box<dyn std::error::Error + Send + Sync>> {
    let (law, streams) = (Preset::Moons.mixture(), Streams::new(seed).role("VQ-VAE"));
    let points = law.sample(POINTS, &mut streams.role("data").rng(0)).0;
    let fresh = law.sample(FRESH, &mut streams.role("data").rng(1)).0;
    let truth: Vec<f64> = fresh.rows().into_iter().map(|x| law.log_prob(&x)).collect();
    let train = |&codes: &usize| -> Result<Quantised, Box<dyn std::error::Error + Send + Sync>> {
        let start = points.slice(ndarray::s![..codes, ..]);
        let mut model =
            VqVae::new(&start, &[24, 24], 2, VARIANCE, 0.25, &mut streams.role("initial weights").rng(0));
        let rule = CodebookRule::MovingAverages { decay: 0.98 };
        let restart = Some(Restart::default());
        VqTraining { steps: 2000, batch: 64, learning_rate: 5e-3, rule, restart, streams }.run(
            &mut model,
            rows_of(&points),
            |_, _| (),
        )?;
        done();
        Ok(evaluated(model, &points, &fresh, &truth)?)
    };
    let models = CODES.par_iter().map(train).collect::<Result<_, _>>()?;
    Ok(Study { data: Moments::of(&truth).estimate(), points, models })
}

fn evaluated(
    model: VqVae,
    points: &Array2<f64>,
    fresh: &Array2<f64>,
    truth: &[f64],
) -> Result<Quantised, prob::ProbError> {
    let codes = model.codebook.len();
    let usage = CodeUsage::of(&model.encode(points), codes);
    let (uniform, learned) = (CodeUsage::uniform_log_prior(codes), usage.smoothed_log_prior());
    let over_shares = |f: &dyn Fn(&ndarray::ArrayView2<f64>) -> f64| {
        let shares = fresh.axis_chunks_iter(Axis(0), SHARE);
        Estimate { samples: FRESH as u64, ..shares.map(|x| f(&x)).collect::<Moments>().estimate() }
    };
    let law = model.evidence(&learned)?;
    let log_p: Vec<f64> = fresh.rows().into_iter().map(|x| law.log_prob(&x)).collect();
    let lost = truth.iter().zip(&log_p).map(|(truth, log_p)| truth - log_p);
    Ok(Quantised {
        codes,
        reconstruction: over_shares(&|x| model.bound(x, &uniform).reconstruction),
        uniform: over_shares(&|x| model.bound(x, &uniform).elbo()),
        learned: over_shares(&|x| model.bound(x, &learned).elbo()),
        evidence: Moments::of(&log_p).estimate(),
        divergence: lost.collect::<Moments>().estimate(),
        usage,
        model,
    })
}
