//! Every number of every setting. What is read as a number has all its digits; what is only drawn is rounded.

use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::array;
use prob::{Bound, Mixture};
use rayon::prelude::*;
use serde::Serialize;
use toy::Preset;
use vdm::{BayesVdm, Schedule, Vdm};

use crate::curves::{DECIMALS, bell, column, density, evenly, grid, rounded};
use crate::{ExploreError, Noising, Reversal, average};

/// The numbers of steps, `T`.
pub const STEPS: [usize; 8] = [1, 2, 3, 5, 10, 20, 50, 100];

/// How many values of `x_t`, and how far from 0 they go.
const X_T: (usize, f64) = (25, 3.0);

/// Digits after the point of what a single `x_t` costs: there are many of them.
const COST_DECIMALS: i32 = 6;

/// All that the page shows.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// Of every term: `nats`.
    pub units: &'static str,
    /// The data.
    pub data: Data,
    /// The values of `T`.
    pub steps: [usize; STEPS.len()],
    /// The values of `x_t`.
    pub x_t: Vec<f64>,
    /// The observation whose posterior is drawn.
    pub x_0: f64,
    /// The schedules, in the order of [`Table::runs`].
    pub schedules: Vec<Choice>,
    /// The reverse models, in the order of [`Run::models`].
    pub reverses: Vec<Choice>,
    /// Where densities are drawn.
    pub grid: Vec<f64>,
    /// The standard normal density.
    pub bell: Bell,
    /// `runs[schedule][number of steps]`.
    pub runs: Vec<Vec<Run>>,
}

/// The data and what bounds every model of them.
#[derive(Clone, Debug, Serialize)]
pub struct Data {
    /// The name of the preset.
    pub name: &'static str,
    /// `E log q(x_0) = -h(x_0)` in nats: no average ELBO is above it.
    pub log_likelihood: f64,
    /// `q(x_0)` on the grid.
    pub density: Vec<f64>,
}

/// One stop of a slider.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Choice {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub says: &'static str,
    /// What a reverse model is at `t = 1`, if that is something else.
    pub says_at_last: &'static str,
}

/// A density over `z`.
#[derive(Clone, Debug, Serialize)]
pub struct Bell {
    /// Where.
    pub z: Vec<f64>,
    /// `φ(z)`.
    pub density: Vec<f64>,
}

/// One schedule in one number of steps.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// `α_t`, `t = 1 … T`.
    pub alpha: Vec<f64>,
    /// `ᾱ_t`, `t = 0 … T`.
    pub alpha_bar: Vec<f64>,
    /// `log SNR(t)`, `t = 1 … T`.
    pub log_snr: Vec<f64>,
    /// `σ_q²(t)`, `t = 1 … T`; 0 at `t = 1`.
    pub posterior_variance: Vec<f64>,
    /// `q(x_t)` on the grid, `t = 1 … T`.
    pub densities: Vec<Vec<f64>>,
    /// `μ_q(x_t, x_0)` for each `t = 1 … T` and each value of `x_t`.
    pub posterior_means: Vec<Vec<f64>>,
    /// The reverse models.
    pub models: Vec<Model>,
}

/// One reverse model along one schedule, averaged over the data, in nats.
#[derive(Clone, Debug, Serialize)]
pub struct Model {
    /// Luo (58).
    pub denoising: Terms,
    /// Luo (45), corrected; none where it has no exact value.
    pub consistency: Option<Terms>,
    /// Luo (45) as printed, which is not the bound.
    pub consistency_as_printed: Option<Terms>,
    /// What the sum of the printed form differs from the bound by: printed less true.
    pub misprint: Option<f64>,
    /// `E log p(x_0)`; none for the best denoiser, where it has no closed form.
    pub log_evidence: Option<f64>,
    /// `E log p(x_0) - ELBO = E KL(q(x_1 … x_T|x_0) ‖ p(x_1 … x_T|x_0))`.
    pub gap: Option<f64>,
    /// `E log q(x_0) - ELBO`.
    pub shortfall: f64,
    /// The ELBO in infinitely many steps between the same end points; of the best denoiser.
    pub limit: Option<f64>,
    /// The variance of `p(x_{t-1}|x_t)`, `t = 1 … T`.
    pub variances: Vec<f64>,
    /// The mean of `p(x_{t-1}|x_t)` for each `t = 1 … T` and each value of `x_t`.
    pub means: Vec<Vec<f64>>,
    /// `KL(q(x_{t-1}|x_t, x_0) ‖ p(x_{t-1}|x_t))` for each `t` and each value of `x_t`; at `t = 1`, where the posterior is a
    /// point, `-log p(x_0|x_1)`.
    pub costs: Vec<Vec<f64>>,
}

/// The terms of one form of the bound, `elbo = reconstruction - prior_matching - matching_sum`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Terms {
    /// `E log p(x_0|x_1)`.
    pub reconstruction: f64,
    /// How far `x_T` is from the prior.
    pub prior_matching: f64,
    /// One term for each pair of neighbours, from the data up.
    pub matching: Vec<f64>,
    /// Their sum.
    pub matching_sum: f64,
    /// The bound.
    pub elbo: f64,
}

impl From<Bound> for Terms {
    fn from(bound: Bound) -> Self {
        Self {
            elbo: bound.elbo(),
            matching_sum: bound.matching.iter().sum(),
            reconstruction: bound.reconstruction,
            prior_matching: bound.prior_matching,
            matching: bound.matching,
        }
    }
}

impl Table {
    /// The work of a whole table, in the units of its progress.
    pub fn work() -> u64 {
        (Noising::ALL.len() * STEPS.iter().sum::<usize>()) as u64
    }

    /// The table of these data. `progress` is told how much of [`work`](Self::work) is done, from any thread.
    ///
    /// # Errors
    /// If the data are not on the line, or a number has no exact value that is finite.
    pub fn new(preset: Preset, progress: &(dyn Fn(u64) + Sync)) -> Result<Self, ExploreError> {
        let data = preset.mixture();
        if data.dim() != 1 {
            return Err(ExploreError::NotOnTheLine { preset, dim: data.dim() });
        }
        let setting = Setting::new(&data)?;
        let done = AtomicU64::new(0);
        // The longest first, so that none is left for one thread at the end.
        let mut asked: Vec<(Noising, usize)> =
            STEPS.iter().rev().flat_map(|&steps| Noising::ALL.map(|noising| (noising, steps))).collect();
        let found = asked.par_iter().map(|&(noising, steps)| {
            let run = setting.run(&noising.schedule(steps)?)?;
            progress(done.fetch_add(steps as u64, Ordering::Relaxed) + steps as u64);
            Ok(run)
        });
        let mut found: Vec<Run> = found.collect::<Result<_, ExploreError>>()?;
        let mut runs: Vec<Vec<Run>> = Noising::ALL.iter().map(|_| Vec::new()).collect();
        while let (Some((noising, _)), Some(run)) = (asked.pop(), found.pop()) {
            runs[noising as usize].push(run);
        }
        let (z, bell) = bell();
        Ok(Self {
            units: "nats",
            data: Data {
                name: preset.name(),
                log_likelihood: setting.log_likelihood,
                density: density(data.log_probs(&column(&setting.grid))),
            },
            steps: STEPS,
            x_0: setting.x_0,
            schedules: Noising::ALL
                .map(|n| Choice { name: n.name(), says: n.says(), says_at_last: n.says() })
                .to_vec(),
            reverses: Reversal::ALL
                .map(|r| Choice { name: r.name(), says: r.says(), says_at_last: r.says_at_last() })
                .to_vec(),
            bell: Bell { z, density: bell },
            x_t: setting.x_t,
            grid: setting.grid,
            runs,
        })
    }
}

/// What every run is computed from.
struct Setting<'a> {
    data: &'a Mixture,
    grid: Vec<f64>,
    x_t: Vec<f64>,
    x_0: f64,
    log_likelihood: f64,
}

impl<'a> Setting<'a> {
    fn new(data: &'a Mixture) -> Result<Self, ExploreError> {
        let entropy = data.entropy()?;
        let log_likelihood = if entropy.converged { -entropy.value } else { f64::NAN };
        // The observation is the centre of the last mode.
        let x_0 = data.parts().last().map_or(0.0, |(_, law)| law.mean()[0]);
        let (count, reach) = X_T;
        Ok(Self {
            log_likelihood: finite("E log q(x_0)", log_likelihood)?,
            grid: grid(data),
            x_t: evenly(count, reach),
            x_0,
            data,
        })
    }

    fn run(&self, schedule: &Schedule) -> Result<Run, ExploreError> {
        let best = BayesVdm::new(self.data.clone(), schedule.clone())?;
        let top = schedule.steps();
        let grid = column(&self.grid);
        let x_0 = array![self.x_0];
        let means = |t| {
            self.x_t
                .iter()
                .map(move |&x| (t, x))
                .map(|(t, x)| schedule.posterior_mean(t, &array![x], &x_0)[0])
        };
        Ok(Run {
            alpha: (1..=top).map(|t| schedule.alpha(t)).collect(),
            alpha_bar: (0..=top).map(|t| schedule.alpha_bar(t)).collect(),
            log_snr: (1..=top).map(|t| schedule.log_snr(t)).collect(),
            posterior_variance: (1..=top).map(|t| schedule.posterior_variance(t)).collect(),
            densities: (1..=top).map(|t| density(best.denoiser().log_prob(&grid, t))).collect(),
            posterior_means: (1..=top).map(|t| rounded(means(t), DECIMALS)).collect(),
            models: Reversal::ALL
                .map(|reversal| match reversal.linear(self.data, schedule)? {
                    None => self.best(&best),
                    Some(reverse) => self.linear(&Vdm::new(schedule.clone(), reverse)?),
                })
                .into_iter()
                .collect::<Result<_, _>>()?,
        })
    }

    /// The best denoiser: every term by quadrature.
    fn best(&self, model: &BayesVdm) -> Result<Model, ExploreError> {
        let schedule = model.schedule();
        let x_t = column(&self.x_t);
        let mean = |t: usize| {
            let x_0_hat = model.denoiser().denoise(&x_t, t);
            let of_each = x_t.rows().into_iter().zip(x_0_hat.rows());
            // μ_q(x_1, x̂_0) is x̂_0.
            of_each.map(|(x_t, x_0_hat)| schedule.posterior_mean(t, &x_t, &x_0_hat)[0]).collect::<Vec<_>>()
        };
        let variance = |t| if t == 1 { schedule.beta(1) } else { schedule.posterior_variance(t) };
        Model {
            limit: Some(model.continuous_bound()?.elbo()),
            ..self.model(schedule, model.average_bound()?, mean, variance)
        }
        .checked()
    }

    /// Linear steps: every term by closed formulas.
    fn linear(&self, model: &Vdm) -> Result<Model, ExploreError> {
        let reverse = model.reverse();
        let terms = |form: fn(&Vdm, &ndarray::ArrayRef1<f64>) -> Bound| {
            average::over_data(self.data, |x_0| form(model, x_0))
        };
        let mean = |t| self.x_t.iter().map(|&x_t| reverse.mean(t, &array![x_t])[0]).collect();
        let printed = Terms::from(terms(Vdm::consistency_as_printed));
        let log_evidence = average::log_evidence(self.data, model)?;
        let shared = self.model(model.schedule(), terms(Vdm::denoising), mean, |t| reverse.variance(t));
        Model {
            consistency: Some(terms(Vdm::consistency).into()),
            misprint: Some(printed.elbo - shared.denoising.elbo),
            consistency_as_printed: Some(printed),
            log_evidence: Some(log_evidence),
            gap: Some(log_evidence - shared.denoising.elbo),
            ..shared
        }
        .checked()
    }

    /// What both routes have: the denoising form, and the reverse step as it is drawn.
    fn model(
        &self,
        schedule: &Schedule,
        denoising: Bound,
        mean: impl Fn(usize) -> Vec<f64>,
        variance: impl Fn(usize) -> f64,
    ) -> Model {
        let steps = 1..=schedule.steps();
        let means: Vec<Vec<f64>> = steps.clone().map(&mean).collect();
        let cost = |t: usize| {
            let of_each = self.x_t.iter().zip(&means[t - 1]);
            of_each.map(|(&x_t, &mean)| self.cost(schedule, t, x_t, mean, variance(t))).collect::<Vec<_>>()
        };
        let denoising = Terms::from(denoising);
        Model {
            shortfall: self.log_likelihood - denoising.elbo,
            denoising,
            consistency: None,
            consistency_as_printed: None,
            misprint: None,
            log_evidence: None,
            gap: None,
            limit: None,
            variances: steps.clone().map(&variance).collect(),
            costs: steps.map(|t| rounded(cost(t), COST_DECIMALS)).collect(),
            means: means.into_iter().map(|means| rounded(means, DECIMALS)).collect(),
        }
    }

    /// What the reverse step `N(mean, variance)` costs at one `x_t`, in nats.
    fn cost(&self, schedule: &Schedule, t: usize, x_t: f64, mean: f64, variance: f64) -> f64 {
        let (x_0, mean) = (array![self.x_0], array![mean]);
        if t == 1 {
            -prob::Gaussian::isotropic(mean, variance).map_or(f64::NAN, |law| law.log_prob(&x_0))
        } else {
            schedule.matching(t, &array![x_t], &x_0, &mean, variance)
        }
    }
}

impl Model {
    /// The model, if every number of it is finite: JSON would write a hole for what is not.
    fn checked(self) -> Result<Self, ExploreError> {
        let forms = [Some(&self.denoising), self.consistency.as_ref(), self.consistency_as_printed.as_ref()];
        for terms in forms.into_iter().flatten() {
            finite("a term of the bound", terms.elbo)?;
        }
        let totals = [self.log_evidence, self.gap, self.limit, Some(self.shortfall)];
        for &value in totals.iter().flatten().chain(self.costs.iter().flatten()).chain(&self.variances) {
            finite("a number of a reverse model", value)?;
        }
        Ok(self)
    }
}

fn finite(what: &str, value: f64) -> Result<f64, ExploreError> {
    if value.is_finite() { Ok(value) } else { Err(ExploreError::NotFinite { what: what.to_owned(), value }) }
}
