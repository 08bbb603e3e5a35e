//! The study of the VQ-VAE in the chapter `generators`: two moons in more and more codes.

use montecarlo::{Estimate, Moments, Streams};
use ndarray::{Array2, Axis};
use neighbours::quantised::{CodeUsage, CodebookRule, Restart, VqTraining, VqVae};
use nn::training::rows_of;
use prob::{Bound, Gaussian, Mixture};
use rayon::prelude::*;
use toy::TwoMoons;

/// The numbers of codes.
pub const CODES: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Points that train the models, and as many fresh ones that the bounds are averaged over.
const POINTS: usize = 4000;
/// Mini-batches, and points in each.
const STEPS: usize = 2000;
const BATCH: usize = 128;
/// The deviation of the points from their arcs.
pub const NOISE: f64 = 0.1;
/// `s²` of the decoder: the variance that the points have about their arcs.
pub const VARIANCE: f64 = 0.01;

/// What can go wrong on the way.
type Failure = Box<dyn std::error::Error + Send + Sync>;

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
    /// `E -log π_k` of the code that is taken, with the learned prior `π`: the prior matching term, which is `log K`
    /// exactly with a uniform prior.
    pub price: Estimate,
    /// The bound with a uniform prior over codes.
    pub uniform: Estimate,
    /// The bound with the learned prior.
    pub learned: Estimate,
    /// How far both bounds are below `E log p_data(x)`, point by point: uniform, learned.
    pub below: [Estimate; 2],
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
    /// In the order of [`CODES`], dead codes begun anew.
    pub models: Vec<Quantised>,
    /// As many codes as the last of them, and dead ones left as they are.
    pub left_alone: Quantised,
}

/// Trains all of them; `done` hears of every model.
///
/// # Errors
/// If a training diverges, or a model has no law.
pub fn study(seed: u64, done: &(dyn Fn() + Sync)) -> Result<Study, Failure> {
    let (moons, streams) = (TwoMoons::new(NOISE)?, Streams::new(seed).role("VQ-VAE"));
    let points = moons.sample(POINTS, &mut streams.role("data").rng(0));
    let fresh = moons.sample(POINTS, &mut streams.role("data").rng(1));
    let truth = log_density(&fresh)?;
    let most = CODES[CODES.len() - 1];
    let plans: Vec<(usize, Option<Restart>)> =
        CODES.into_iter().map(|codes| (codes, Some(Restart::default()))).chain([(most, None)]).collect();
    let train = |&(codes, restart): &(usize, Option<Restart>)| {
        // Codes start at points all along both moons: every so many, in the order of the arcs.
        let rows: Vec<usize> = (0..codes).map(|k| (2 * k + 1) * POINTS / (2 * codes)).collect();
        let start = points.select(Axis(0), &rows);
        let mut model =
            VqVae::new(&start, &[24, 24], 2, VARIANCE, 0.25, &mut streams.role("initial weights").rng(0));
        let rule = CodebookRule::MovingAverages { decay: 0.98 };
        VqTraining { steps: STEPS, batch: BATCH, learning_rate: 5e-3, rule, restart, streams }.run(
            &mut model,
            rows_of(&points),
            |_, _| (),
        )?;
        done();
        evaluated(model, &points, &fresh, &truth).map_err(Failure::from)
    };
    let mut models = plans.par_iter().map(train).collect::<Result<Vec<_>, _>>()?;
    let left_alone = models.pop().ok_or("a model without restarts")?;
    Ok(Study { data: Moments::of(&truth).estimate(), points, models, left_alone })
}

/// `log p_data` in nats at each of [`POINTS`] rows: of points spread evenly along the arcs, any of which a draw is displaced
/// from, an exact mixture of as many Gaussians. That the rows keep to their places makes standard errors too large, if
/// anything.
fn log_density(x: &Array2<f64>) -> Result<Vec<f64>, prob::ProbError> {
    let (places, _) = TwoMoons::points(POINTS);
    let parts = places.rows().into_iter().map(|place| Gaussian::isotropic(place.to_owned(), VARIANCE));
    let law = Mixture::equal(parts.collect::<Result<_, _>>()?)?;
    Ok((0..x.nrows()).into_par_iter().map(|i| law.log_prob(&x.row(i))).collect())
}

fn evaluated(
    model: VqVae,
    points: &Array2<f64>,
    fresh: &Array2<f64>,
    truth: &[f64],
) -> Result<Quantised, prob::ProbError> {
    let codes = model.codebook.len();
    let usage = CodeUsage::of(&model.encode(points), codes);
    let log_prior = usage.smoothed_log_prior();
    let bounds = model.bounds(fresh, &log_prior);
    let each = |f: fn(&Bound) -> f64| bounds.iter().map(f).collect::<Vec<f64>>();
    let (reconstruction, learned) = (each(|bound| bound.reconstruction), each(Bound::elbo));
    // The prior matching term of a uniform prior is log K for every point.
    let uniform: Vec<f64> = reconstruction.iter().map(|term| term - (codes as f64).ln()).collect();
    let law = model.evidence(&log_prior)?;
    let log_p: Vec<f64> = fresh.rows().into_iter().map(|x| law.log_prob(&x)).collect();
    let below = |values: &[f64]| {
        truth.iter().zip(values).map(|(truth, value)| truth - value).collect::<Moments>().estimate()
    };
    Ok(Quantised {
        codes,
        reconstruction: Moments::of(&reconstruction).estimate(),
        price: Moments::of(&each(|bound| bound.prior_matching + 0.0)).estimate(),
        uniform: Moments::of(&uniform).estimate(),
        learned: Moments::of(&learned).estimate(),
        below: [below(&uniform), below(&learned)],
        evidence: Moments::of(&log_p).estimate(),
        divergence: below(&log_p),
        usage,
        model,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Point by point as in the mean that the model itself knows.
    #[test]
    fn terms_of_points_are_those_of_the_bound() {
        let points = TwoMoons::new(NOISE).unwrap().sample(POINTS, &mut Streams::new(1).rng(0));
        let start = points.slice(ndarray::s![..5, ..]);
        let model = VqVae::new(&start, &[6], 2, VARIANCE, 0.25, &mut Streams::new(2).rng(0));
        let found = evaluated(model.clone(), &points, &points, &log_density(&points).unwrap()).unwrap();
        for (log_prior, elbo) in [
            (CodeUsage::uniform_log_prior(5), found.uniform),
            (found.usage.smoothed_log_prior(), found.learned),
        ] {
            let bound = model.bound(&points, &log_prior);
            assert!((bound.reconstruction - found.reconstruction.mean).abs() < 1e-9);
            assert!((bound.elbo() - elbo.mean).abs() < 1e-9, "{bound:?} for {elbo}");
        }
        assert!(found.divergence.mean < found.below[1].mean, "a bound is below what it bounds");
    }
}
