//! The study behind the third figure of the chapter `training`: what a diffusion model predicts, and by which loss it is
//! trained, against how far its bound stays below the truth.

use std::error::Error;

use learned::{Toy, train, vdm::Settings};
use montecarlo::{Estimate, MonteCarlo, Streams};
use ndarray::{Array2, ArrayRef2};
use rayon::prelude::*;
use toy::Preset;
use vdm::{BayesVdm, Parameterisation, Schedule, Weighting, estimate_shortfall};

use crate::studies::training::{DIFFUSION_STEPS, Heard};

/// Mini-batches of 64, for each.
pub const STEPS: usize = 2500;
/// The gap that was aimed at, for each coordinate, in nats.
pub const GOAL: f64 = 0.05;
/// Draws of `x_t` for the bound of the best denoiser, which all share, and for what each other one loses to it.
const BEST_DRAWS: u64 = 300_000;
const LOST_DRAWS: u64 = 30_000;

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
    let fixed = Best::new(&toy, schedule, streams.role("best"))?;
    let measured = Variant::all()
        .into_par_iter()
        .map(|variant| {
            let settings = variant.settings();
            let mut model = settings.model(&toy, streams)?;
            train(&mut model, &settings.training(streams), &toy, |_, _| heard(1)).1?;
            let gap = |best: &Best| {
                let schedule = best.model.schedule();
                best.gap_of(|x_t, t| model.denoiser.denoise(x_t, schedule, t), streams.role("lost"))
            };
            if variant.weighting != LEARNED {
                return Ok((variant, gap(&fixed), None));
            }
            let own = Best::new(&toy, model.levels.schedule(DIFFUSION_STEPS)?, streams.role("best"))?;
            Ok((variant, gap(&own), Some((own.gap, (model.levels.start(), model.levels.end())))))
        })
        .collect::<Result<Vec<_>, Box<dyn Error + Send + Sync>>>()?;
    let exact_on_learned =
        measured.iter().find_map(|(.., own)| *own).expect("one variant learns its end points");
    let learned = measured.into_iter().map(|(variant, gap, _)| (variant, gap)).collect();
    Ok(Gaps { preset, exact: fixed.gap, exact_on_learned, learned })
}

/// The best denoiser on a schedule, and how far its bound stays below the truth.
struct Best {
    model: BayesVdm,
    /// `(E log p(x) - ELBO)/d`, in nats.
    gap: Estimate,
}

impl Best {
    fn new(toy: &Toy, schedule: Schedule, streams: Streams) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let model = BayesVdm::new(toy.mixture().clone(), schedule)?;
        let best = |x_t: &_, t| model.denoiser().denoise(x_t, t);
        let elbo = model.estimate_bound_of(best, &MonteCarlo::new(BEST_DRAWS, streams), &|_| ()).elbo;
        let gap = per_coordinate(Estimate { mean: toy.log_likelihood() - elbo.mean, ..elbo }, toy.dim());
        Ok(Self { model, gap })
    }

    /// The same with another denoiser: what it loses to the best one is known far better than either bound.
    fn gap_of(
        &self,
        denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64> + Sync,
        streams: Streams,
    ) -> Estimate {
        let data = self.model.data();
        let observe = |rng: &mut _, n| data.sample(n, rng);
        let best = |x_t: &_, t| self.model.denoiser().denoise(x_t, t);
        let plan = MonteCarlo::new(LOST_DRAWS, streams);
        let lost = estimate_shortfall(self.model.schedule(), denoiser, best, observe, &plan, &|_| ());
        Estimate::sum_of_independent([&self.gap, &per_coordinate(lost, data.dim())])
    }
}

/// A number of `d` coordinates, for each of them.
fn per_coordinate(estimate: Estimate, d: usize) -> Estimate {
    let d = d as f64;
    Estimate { mean: estimate.mean / d, std_err: estimate.std_err / d, ..estimate }
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::StatisticalTest;

    /// Against quadrature, for the best denoiser and for one that is wrong everywhere, on the line and in the plane, where the gap
    /// is that of one coordinate. False alarm 1e-9 each; what is tolerated is standard errors, which are of one coordinate too.
    #[test]
    fn a_gap_is_that_of_the_quadrature() {
        for (preset, steps) in [(Preset::Bimodal, 40), (Preset::Ring8, 3)] {
            let toy = Toy::new(preset);
            let schedule = Schedule::from_log_snr_end_points(steps, 3.0, -3.0).unwrap();
            let best = Best::new(&toy, schedule, Streams::new(5)).unwrap();
            let wrong = |x_t: &ArrayRef2<f64>, t: usize| x_t.mapv(|x| 0.9 * x.tanh() / (t as f64).sqrt());
            for (found, bound) in [
                (best.gap, best.model.average_bound().unwrap()),
                (best.gap_of(wrong, Streams::new(6)), best.model.average_bound_of(wrong).unwrap()),
            ] {
                let gap = (toy.log_likelihood() - bound.elbo()) / toy.dim() as f64;
                assert!(StatisticalTest::default().mean(&found, gap).holds, "{found} for {gap}, {preset}");
            }
        }
        let of_both = Estimate { mean: 3.0, std_err: 0.5, samples: 7 };
        assert_eq!(per_coordinate(of_both, 2), Estimate { mean: 1.5, std_err: 0.25, samples: 7 });
    }

    /// Each prediction has both losses, what is changed beside it the bound alone; and each is trained as its column is named.
    #[test]
    fn variants_fill_the_columns() {
        let mut losses = [[0; 2]; Variant::COLUMNS.len()];
        for variant in Variant::all() {
            losses[variant.column()][usize::from(variant.is_simple())] += 1;
            let Settings { parameterisation, weighting, diffusion_steps, .. } = variant.settings();
            let name = match (parameterisation, weighting, diffusion_steps) {
                (Parameterisation::Clean, FIXED | Weighting::Simple, Some(_)) => "$x_0$",
                (Parameterisation::Noise, FIXED | Weighting::Simple, Some(_)) => "$ε$",
                (Parameterisation::Score, FIXED | Weighting::Simple, Some(_)) => "score",
                (Parameterisation::Velocity, FIXED | Weighting::Simple, Some(_)) => "$v$",
                (Parameterisation::Mean, FIXED | Weighting::Simple, Some(_)) => "mean",
                (Parameterisation::Velocity, LEARNED, Some(_)) => "$v$, ends learned",
                (Parameterisation::Velocity, FIXED, None) => "$v$, continuous",
                _ => "none of the columns",
            };
            assert_eq!(Variant::COLUMNS[variant.column()], name);
        }
        assert_eq!(losses, [[1, 1], [1, 1], [1, 1], [1, 1], [1, 1], [1, 0], [1, 0]]);
    }
}
