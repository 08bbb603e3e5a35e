//! The diffusion model with a learned denoiser, in steps or in continuous time.

use montecarlo::{Estimate, MonteCarlo, Streams};
use nn::{Mlp, Training};
use prob::ProbError;
use vdm::estimate::{BoundEstimate, estimate_continuous_bound, estimate_shortfall};
use vdm::training::{Times, VdmLearner, Weighting};
use vdm::{BayesVdm, DenoiserNet, NoiseLevels, NoiseLevelsError, Parameterisation, Schedule};

use crate::report::gap_per_dimension;
use crate::{MeasureError, Model, Row, Toy};

/// Observations for each of reconstruction, prior matching and all matching terms together.
const SAMPLES: u64 = 200_000;

/// Strata of continuous time.
const STRATA: usize = 250;

/// The bound of these steps, or of continuous time, when every answer is `E[x_0|x_t]`.
const EXACT_DENOISER: &str = "ELBO, exact denoiser";

/// How large the model is, and how long it is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Widths of the hidden layers of the denoiser.
    pub hidden: Vec<usize>,
    /// What the denoiser predicts.
    pub parameterisation: Parameterisation,
    /// The loss, and whether the end points of the log-SNR are learned.
    pub weighting: Weighting,
    /// How steps are drawn over a batch.
    pub times: Times,
    /// `T`; none in continuous time.
    pub diffusion_steps: Option<usize>,
    /// Log-SNR at the two ends, before any training.
    pub log_snr: (f64, f64),
    /// Mini-batches.
    pub steps: usize,
    /// Examples in a mini-batch.
    pub batch: usize,
    /// Of Adam, at the start.
    pub learning_rate: f64,
}

impl Default for Settings {
    /// Settings that suit the presets.
    fn default() -> Self {
        Self {
            hidden: vec![64, 64],
            parameterisation: Parameterisation::Velocity,
            weighting: Weighting::Elbo { learn_end_points: false },
            times: Times::LowDiscrepancy,
            diffusion_steps: Some(1000),
            log_snr: (5.0, -5.0),
            steps: 20_000,
            batch: 64,
            learning_rate: 3e-3,
        }
    }
}

impl Settings {
    /// An untrained model.
    ///
    /// # Errors
    /// If there are fewer than 2 diffusion steps, or the log-SNR do not fall or leave [`RANGE`](vdm::noise_levels::RANGE).
    pub fn model(&self, toy: &Toy, streams: Streams) -> Result<VdmLearner, NoiseLevelsError> {
        let (start, end) = self.log_snr;
        let levels = match self.diffusion_steps {
            Some(steps) => NoiseLevels::discrete(steps, start, end)?,
            None => NoiseLevels::continuous(start, end)?,
        };
        let rng = &mut streams.role("initial weights").rng(0);
        let denoiser = DenoiserNet::new(toy.dim(), &self.hidden, self.parameterisation, rng);
        Ok(VdmLearner::new(denoiser, levels, self.weighting, self.times))
    }

    /// How it is trained.
    pub fn training(&self, streams: Streams) -> Training {
        Training { steps: self.steps, batch: self.batch, learning_rate: self.learning_rate, streams }
    }
}

impl Model for VdmLearner {
    fn named(&self) -> Vec<(String, &Mlp)> {
        vec![("denoiser".to_owned(), self.denoiser.net()), ("log_snr".to_owned(), self.levels.line())]
    }

    fn named_mut(&mut self) -> Vec<(String, &mut Mlp)> {
        vec![("denoiser".to_owned(), self.denoiser.net_mut()), ("log_snr".to_owned(), self.levels.line_mut())]
    }

    /// In steps the errors are averaged over `x_0` once `x_t` is drawn, which the data's law allows. What the denoiser loses to the
    /// best one, both on the same draws, and the bound of the best one: by quadrature where that is quick, on the line or in
    /// continuous time.
    fn measure(
        &self,
        toy: &Toy,
        streams: Streams,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Vec<Row>, MeasureError> {
        let plan = |role| MonteCarlo::new(SAMPLES, streams.role(role));
        let observe = |rng: &mut _, n| toy.draw(rng, n);
        let part =
            |from: u64| move |done: u64| progress((from * SAMPLES + done) as f64 / (7 * SAMPLES) as f64);
        let mut rows = Vec::new();
        match self.levels.steps() {
            None => {
                let schedule = self.levels.schedule(2)?;
                let ends = (self.levels.start(), self.levels.end());
                let denoise = |x_t: &_, log_snr: &_| self.denoiser.denoise_at(x_t, log_snr);
                let found =
                    estimate_continuous_bound(ends, STRATA, denoise, observe, &plan("terms"), &part(0));
                push_terms(&mut rows, &found, toy);
                let best = best(toy, schedule)?.continuous_bound()?;
                rows.push(Row::exact(EXACT_DENOISER, best.elbo()).limit(toy.log_likelihood()));
            }
            Some(steps) => {
                let schedule = self.levels.schedule(steps)?;
                let learned = |x_t: &_, t| self.denoiser.denoise(x_t, &schedule, t);
                let best = best(toy, schedule.clone())?;
                let exact = |x_t: &_, t| best.denoiser().denoise(x_t, t);
                push_terms(&mut rows, &best.estimate_bound_of(learned, &plan("terms"), &part(0)), toy);
                let lost = estimate_shortfall(&schedule, learned, exact, observe, &plan("lost"), &part(3));
                rows.push(Row::estimated("lost by the denoiser", lost).limit(0.0));
                let row = if toy.dim() == 1 {
                    Row::exact(EXACT_DENOISER, best.average_bound()?.elbo())
                } else {
                    let bound = best.estimate_bound_of(exact, &plan("best"), &part(4));
                    Row::estimated(EXACT_DENOISER, bound.elbo)
                };
                rows.push(row.limit(toy.log_likelihood()));
            }
        }
        if self.weighting == (Weighting::Elbo { learn_end_points: true }) {
            rows.push(Row::exact("log-SNR at the first level", self.levels.start()));
            rows.push(Row::exact("log-SNR at the last level", self.levels.end()));
        }
        Ok(rows)
    }
}

/// The model with the best denoiser of these data.
fn best(toy: &Toy, schedule: Schedule) -> Result<BayesVdm, ProbError> {
    BayesVdm::new(toy.mixture().clone(), schedule)
}

/// The terms, with the matching terms summed, and the gap.
fn push_terms(rows: &mut Vec<Row>, bound: &BoundEstimate, toy: &Toy) {
    let matching = Estimate::sum_of_independent(&bound.matching);
    rows.push(Row::estimated("reconstruction", bound.reconstruction));
    rows.push(Row::estimated("prior matching", bound.prior_matching));
    rows.push(Row::estimated("matching, all steps", matching));
    rows.push(Row::estimated("ELBO", bound.elbo).limit(toy.log_likelihood()));
    rows.push(gap_per_dimension(bound.elbo, toy.log_likelihood(), toy.dim()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use toy::Preset;

    /// On the line and in the plane, in steps and in continuous time.
    #[test]
    fn levels_at_which_nothing_can_be_measured_are_refused_before_training() {
        for times in [Some(20), None] {
            for preset in [Preset::Bimodal, Preset::Ring8] {
                let settings =
                    Settings { diffusion_steps: times, log_snr: (75.0, -5.0), ..Settings::default() };
                let refused = settings.model(&Toy::new(preset), Streams::new(1)).unwrap_err();
                assert_eq!(refused, NoiseLevelsError::Range { name: "log_snr_start", value: 75.0 });
            }
        }
    }

    /// What was read from a file may have any levels: a reason, not a panic.
    #[test]
    fn a_model_that_cannot_be_measured_says_why() {
        for (times, start, fall, reason) in [
            (Some(20), 75.0, 80.0, "log_snr_start = 75: must lie between"),
            (None, 75.0, 80.0, "log_snr_start = 75: must lie between"),
            (Some(20), 5.0, -1.0, "log_snr_end = 6: log-SNR must be finite and fall"),
        ] {
            let (toy, settings) =
                (Toy::new(Preset::Bimodal), Settings { diffusion_steps: times, ..Settings::default() });
            let mut model = settings.model(&toy, Streams::new(1)).unwrap();
            model.levels.line_mut().set_flat_parameters(&[-fall, start]);
            let refused = model.measure(&toy, Streams::new(1), &|_| ()).unwrap_err().to_string();
            assert!(refused.contains(reason), "{refused}");
        }
    }
}
