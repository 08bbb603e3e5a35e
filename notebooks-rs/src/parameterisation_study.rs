//! The study behind the third figure of the chapter `training`: what a diffusion model predicts, and by which loss it is
//! trained, against how far its bound stays below the truth.

use std::error::Error;

use learned::{Toy, train, vdm::Settings};
use montecarlo::{Estimate, Moments, Streams};
use ndarray::{Array2, ArrayRef2, Axis};
use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
use prob::numerics::LN_2PI;
use rayon::prelude::*;
use toy::Preset;
use vdm::{ExactDenoiser, Parameterisation, Schedule, Weighting};

use crate::training_study::{DIFFUSION_STEPS, Heard};

/// Mini-batches of 64, for each.
pub const STEPS: usize = 2500;
/// The gap that was aimed at, for each coordinate, in nats.
pub const GOAL: f64 = 0.05;
/// Draws of `x_t` at every step for what a denoiser adds to the gap of the best one, and for that gap itself.
const DRAWS: usize = 24;
const EXACT_DRAWS: usize = 256;
/// So many times as many at the first step, whose term has the largest weight.
const FIRST: usize = 128;

/// What is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// What the network writes.
    pub parameterisation: Parameterisation,
    /// The loss, and whether the end points of the log-SNR are learned.
    pub weighting: Weighting,
    /// Whether training knows no steps. The bound is measured in steps all the same.
    pub continuous: bool,
}

const FIXED: Weighting = Weighting::Elbo { learn_end_points: false };
const LEARNED: Weighting = Weighting::Elbo { learn_end_points: true };

impl Variant {
    /// Names of the columns: what is predicted, and then what else is changed of predicting `v`.
    pub const COLUMNS: [&'static str; 7] =
        ["$x_0$", "$ε$", "score", "$v$", "mean", "$v$, ends learned", "$v$, continuous"];

    /// All that are trained: by the bound and by the simple loss for each prediction, then by the bound alone with learned end
    /// points, which the simple loss could not teach, and in continuous time.
    pub fn all() -> Vec<Self> {
        let losses = |&parameterisation: &_| {
            [FIXED, Weighting::Simple].map(|weighting| Self {
                parameterisation,
                weighting,
                continuous: false,
            })
        };
        let mut all: Vec<_> = Self::PREDICTIONS.iter().flat_map(losses).collect();
        let parameterisation = Parameterisation::Velocity;
        all.push(Self { parameterisation, weighting: LEARNED, continuous: false });
        all.push(Self { parameterisation, weighting: FIXED, continuous: true });
        all
    }

    /// In the order of the columns.
    const PREDICTIONS: [Parameterisation; 5] = [
        Parameterisation::Clean,
        Parameterisation::Noise,
        Parameterisation::Score,
        Parameterisation::Velocity,
        Parameterisation::Mean,
    ];

    /// Its place among [`COLUMNS`](Self::COLUMNS).
    pub fn column(self) -> usize {
        let of_prediction = || Self::PREDICTIONS.iter().position(|&p| p == self.parameterisation);
        match self {
            Self { continuous: true, .. } => 6,
            Self { weighting: LEARNED, .. } => 5,
            _ => of_prediction().expect("all five are listed"),
        }
    }

    /// Whether it is trained by the simple loss.
    pub fn is_simple(self) -> bool {
        self.weighting == Weighting::Simple
    }

    fn settings(self) -> Settings {
        Settings {
            parameterisation: self.parameterisation,
            weighting: self.weighting,
            diffusion_steps: (!self.continuous).then_some(DIFFUSION_STEPS),
            steps: STEPS,
            ..Settings::default()
        }
    }
}

/// The gaps of the bound on one mixture, for each coordinate, in nats.
#[derive(Clone, Debug)]
pub struct Gaps {
    /// The data.
    pub preset: Preset,
    /// Of the exact denoiser on the log-SNR that all but one have: what the steps and their end points cost.
    pub exact: Estimate,
    /// The same on the log-SNR with learned end points, and these: where there is the least noise, and the most.
    pub exact_on_learned: (Estimate, (f64, f64)),
    /// Of each variant.
    pub learned: Vec<(Variant, Estimate)>,
}

impl Gaps {
    /// The gap of the exact denoiser on the log-SNR of a column.
    pub fn exact_in(&self, column: usize) -> Estimate {
        if column == 5 { self.exact_on_learned.0 } else { self.exact }
    }
}

/// Trains every variant on `preset` from one seed and measures it.
///
/// # Errors
/// If training diverges or learned end points leave no schedule.
pub fn gaps(preset: Preset, streams: Streams, heard: Heard) -> Result<Gaps, Box<dyn Error + Send + Sync>> {
    let toy = Toy::new(preset);
    let streams = streams.role(preset.name());
    let defaults = Settings::default();
    let schedule =
        Schedule::from_log_snr_end_points(DIFFUSION_STEPS, defaults.log_snr.0, defaults.log_snr.1)?;
    let ruler = Ruler::new(&toy, schedule, streams.role("ruler"))?;
    let measured = Variant::all()
        .into_par_iter()
        .map(|variant| {
            let settings = variant.settings();
            let mut model = settings.model(&toy, streams)?;
            train(&mut model, &settings.training(streams), &toy, |_, _| heard(1)).1?;
            let gap = |ruler: &Ruler| ruler.gap(|x_t, t| model.denoiser.denoise(x_t, &ruler.schedule, t));
            if variant.weighting != LEARNED {
                return Ok((variant, gap(&ruler), None));
            }
            let own = Ruler::new(&toy, model.levels.schedule(DIFFUSION_STEPS)?, streams.role("ruler"))?;
            Ok((variant, gap(&own), Some((own.exact, (model.levels.start(), model.levels.end())))))
        })
        .collect::<Result<Vec<_>, Box<dyn Error + Send + Sync>>>()?;
    let exact_on_learned =
        measured.iter().find_map(|(.., own)| *own).expect("one variant learns its end points");
    let learned = measured.into_iter().map(|(variant, gap, _)| (variant, gap)).collect();
    Ok(Gaps { preset, exact: ruler.exact, exact_on_learned, learned })
}

/// Draws of `x_t` at every step, with what the best denoiser says there. The squared error of any other at such an `x_t` is
/// `tr Cov(x_0|x_t) + |x̂_0 - E[x_0|x_t]|²`, with no draw of `x_0` in it: far fewer draws are needed than the bound alone would
/// take, and all models are measured on the same ones.
struct Ruler {
    schedule: Schedule,
    d: f64,
    /// The gap of the best denoiser, for each coordinate, in nats.
    exact: Estimate,
    steps: Vec<Drawn>,
}

/// One step: rows and `E[x_0|x_t]` (both `[n, d]`), and what a squared error costs in nats.
struct Drawn {
    x_t: Array2<f64>,
    best: Array2<f64>,
    weight: f64,
}

impl Ruler {
    fn new(toy: &Toy, schedule: Schedule, streams: Streams) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let denoiser = ExactDenoiser::new(toy.mixture(), &schedule)?;
        let (d, last) = (toy.dim() as f64, schedule.steps());
        let weight = |t: usize| if t == 1 { 0.5 / schedule.beta(1) } else { schedule.snr_weight(t) };
        let draw = |t: usize, role: &str, n: usize| {
            let rng = &mut streams.role(role).rng(t as u64);
            let n = if t == 1 { n * FIRST } else { n };
            let eps: Array2<f64> = Array2::random_using((n, toy.dim()), StandardNormal, rng);
            toy.draw(rng, n) * schedule.alpha_bar(t).sqrt() + eps * schedule.noise_variance(t).sqrt()
        };
        let least = |t: usize| {
            let spread = denoiser.squared_error(&draw(t, "exact", EXACT_DRAWS), t);
            times(spread.into_iter().collect::<Moments>().estimate(), weight(t))
        };
        let step = |t: usize| {
            let x_t = draw(t, "learned", DRAWS);
            Drawn { best: denoiser.denoise(&x_t, t), x_t, weight: weight(t) }
        };
        let least = sum((1..=last).into_par_iter().map(least).collect());
        let steps = (1..=last).into_par_iter().map(step).collect();
        // The prior matching term is quadratic in x_0, so that two moments of the data give its mean.
        let prior_matching = schedule.prior_matching(&toy.mixture().mean())
            + 0.5 * schedule.alpha_bar(last) * toy.mixture().covariance().diag().sum();
        let without_error = -0.5 * d * (LN_2PI + schedule.beta(1).ln()) - prior_matching;
        let mean = toy.log_likelihood() - without_error + least.mean;
        let exact = times(Estimate { mean, ..least }, 1.0 / d);
        Ok(Self { schedule, d, exact, steps })
    }

    /// `(E log p(x) - ELBO)/d` with any other denoiser.
    fn gap(&self, denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64> + Sync) -> Estimate {
        let added = |(k, drawn): (usize, &Drawn)| {
            let shift = denoiser(&drawn.x_t, k + 1) - &drawn.best;
            let squares: Moments = (&shift * &shift).sum_axis(Axis(1)).into_iter().collect();
            times(squares.estimate(), drawn.weight / self.d)
        };
        let added = sum(self.steps.par_iter().enumerate().map(added).collect());
        sum(vec![self.exact, added])
    }
}

/// A number times a constant that is not negative.
fn times(estimate: Estimate, factor: f64) -> Estimate {
    Estimate { mean: factor * estimate.mean, std_err: factor * estimate.std_err, ..estimate }
}

/// The sum of numbers that were drawn independently, so that their variances add up.
fn sum(terms: Vec<Estimate>) -> Estimate {
    Estimate {
        mean: terms.iter().map(|term| term.mean).sum(),
        std_err: terms.iter().map(|term| term.std_err.powi(2)).sum::<f64>().sqrt(),
        samples: terms.iter().map(|term| term.samples).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::StatisticalTest;
    use vdm::BayesVdm;

    /// Against quadrature, for the best denoiser and for one that is wrong everywhere. False alarm 1e-9 each.
    #[test]
    fn a_gap_is_that_of_the_quadrature() {
        let toy = Toy::new(Preset::Bimodal);
        let schedule = Schedule::from_log_snr_end_points(40, 4.0, -3.0).unwrap();
        let exact = BayesVdm::new(toy.mixture().clone(), schedule.clone()).unwrap();
        let ruler = Ruler::new(&toy, schedule, Streams::new(5)).unwrap();
        let wrong = |x_t: &ArrayRef2<f64>, t: usize| x_t.mapv(|x| 0.9 * x.tanh() / (t as f64).sqrt());
        for (found, bound) in [
            (ruler.exact, exact.average_bound().unwrap()),
            (ruler.gap(wrong), exact.average_bound_of(wrong).unwrap()),
        ] {
            let gap = toy.log_likelihood() - bound.elbo();
            assert!(StatisticalTest::default().mean(&found, gap).holds, "{found} for {gap}");
        }
    }

    /// In the plane the gap is that of one coordinate: against the estimate that knows no best denoiser.
    #[test]
    fn a_gap_is_for_each_coordinate() {
        let toy = Toy::new(Preset::Ring8);
        let schedule = Schedule::from_log_snr_end_points(10, 4.0, -3.0).unwrap();
        let ruler = Ruler::new(&toy, schedule.clone(), Streams::new(6)).unwrap();
        let denoiser = |x_t: &ArrayRef2<f64>, _: usize| x_t.to_owned();
        let plan = montecarlo::MonteCarlo::new(20_000, Streams::new(7));
        let bound = vdm::estimate_bound(&schedule, denoiser, |rng, n| toy.draw(rng, n), &plan, &|_| ());
        let (found, other) = (ruler.gap(denoiser), 0.5 * (toy.log_likelihood() - bound.elbo.mean));
        let std_err = found.std_err.hypot(0.5 * bound.elbo.std_err);
        assert!((found.mean - other).abs() < 6.0 * std_err, "{found} for {other}, {std_err}");
    }

    /// Each prediction has both losses, what is changed beside it the bound alone.
    #[test]
    fn variants_fill_the_columns() {
        let mut losses = [[0; 2]; Variant::COLUMNS.len()];
        for variant in Variant::all() {
            losses[variant.column()][usize::from(variant.is_simple())] += 1;
        }
        assert_eq!(losses, [[1, 1], [1, 1], [1, 1], [1, 1], [1, 1], [1, 0], [1, 0]]);
    }
}
