//! The study behind the chapter `sampling`: how far samples are from the data after so many evaluations of the best denoiser.

use std::error::Error;
use std::fmt;

use distances::{LineLaw, energy, sliced, wasserstein_1};
use montecarlo::{Estimate, Merge, MonteCarlo, Streams};
use ndarray::{Array2, ArrayRef2, Axis, concatenate};
use ndarray_rand::rand::RngCore;
use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
use prob::{Gaussian, Mixture};
use toy::Preset;
use vdm::{ExactDenoiser, ReverseVariance, Sampler, SamplerError, Schedule, ScheduleError, Solver};

/// Evaluations of the denoiser that a sampler may spend; Heun's rule, which needs two for a step and one for the last, spends
/// one less where the number is even.
pub const EVALUATIONS: [usize; 6] = [5, 10, 20, 50, 100, 200];

/// Samples on the line, from samplers whose noise is not the start alone.
pub const ON_THE_LINE: usize = 40_000;
/// Samples in the plane.
pub const IN_THE_PLANE: usize = 4000;
/// Directions of the sliced distance.
pub const DIRECTIONS: usize = 16;
/// Quantiles at which the map of a deterministic sampler is known.
const QUANTILES: usize = 4000;

/// A way from noise to data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Ancestral sampling.
    Ancestral(ReverseVariance),
    /// DDIM with this `η`.
    Ddim(f64),
    /// A rule of the second order for the probability-flow ODE.
    Solver(Solver),
}

impl Method {
    /// All that are compared.
    pub const ALL: [Method; 6] = [
        Method::Ancestral(ReverseVariance::Beta),
        Method::Ancestral(ReverseVariance::Posterior),
        Method::Ddim(0.5),
        Method::Ddim(0.0),
        Method::Solver(Solver::Heun),
        Method::Solver(Solver::DpmSolver),
    ];

    /// Whether the start is all that chance decides.
    pub fn is_deterministic(self) -> bool {
        matches!(self, Method::Solver(_)) || self == Method::Ddim(0.0)
    }

    /// The steps that so many evaluations pay for.
    pub fn steps(self, evaluations: usize) -> usize {
        if self == Method::Solver(Solver::Heun) { evaluations.div_ceil(2) } else { evaluations }
    }

    /// The evaluations that so many steps need.
    pub fn evaluations(self, steps: usize) -> usize {
        match self {
            Method::Solver(solver) => solver.evaluations(steps),
            _ => steps,
        }
    }

    /// `x_0` from the noisiest rows (`[n, d]`).
    fn run(
        self,
        schedule: &Schedule,
        noisiest: Array2<f64>,
        denoiser: &ExactDenoiser,
        rng: &mut dyn RngCore,
    ) -> Result<Array2<f64>, SamplerError> {
        let denoise = |x: &ArrayRef2<f64>, t: usize| denoiser.denoise(x, t);
        let sampler = match self {
            Method::Solver(solver) => return Ok(solver.run(schedule, noisiest, denoise)),
            Method::Ancestral(variance) => Sampler::ancestral(variance),
            Method::Ddim(eta) => Sampler::ddim(eta)?,
        };
        let shape = noisiest.dim();
        Ok(sampler.run(schedule, noisiest, denoise, |_| Array2::random_using(shape, StandardNormal, rng)))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Method::Ancestral(ReverseVariance::Posterior) => "ancestral, σ²",
            Method::Ancestral(ReverseVariance::Beta) => "ancestral, β",
            Method::Ddim(0.0) => "DDIM, η = 0",
            Method::Ddim(_) => "DDIM, η = ½",
            Method::Solver(Solver::DpmSolver) => "DPM-Solver++",
            Method::Solver(Solver::Heun) => "Heun",
        })
    }
}

/// How the steps are chosen among the thousand of the fine schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// Even in log-SNR.
    LogSnr,
    /// Even in `t`.
    Time,
}

/// The schedule of Ho et al. 2020, `β` from 1e-4 to 0.02 in 1000 steps, of which so many are taken.
fn schedule(steps: usize, spacing: Spacing) -> Result<Schedule, ScheduleError> {
    let fine = Schedule::linear(1000, 1e-4, 0.02)?;
    let times = match spacing {
        Spacing::LogSnr => fine.times_even_in_log_snr(steps)?,
        Spacing::Time => fine.times_even_in_t(steps)?,
    };
    fine.strided(&times)
}

/// `n` samples of a method (`[n, d]`), the same on any number of threads.
///
/// # Errors
/// If there are no steps, or more than 1000.
pub fn samples(
    method: Method,
    data: &Mixture,
    steps: usize,
    spacing: Spacing,
    n: usize,
    streams: Streams,
) -> Result<Array2<f64>, Box<dyn Error>> {
    let schedule = schedule(steps, spacing)?;
    let denoiser = ExactDenoiser::new(data, &schedule)?;
    let plan = MonteCarlo { samples: n as u64, chunk: 500, streams };
    let chunks = plan.run(&|_| (), |rng, n| {
        let noisiest = Array2::random_using((n, data.dim()), StandardNormal, rng);
        Chunks(vec![method.run(&schedule, noisiest, &denoiser, rng)])
    });
    let chunks = chunks.0.into_iter().collect::<Result<Vec<_>, _>>()?;
    let views: Vec<_> = chunks.iter().map(|chunk| chunk.view()).collect();
    Ok(concatenate(Axis(0), &views)?)
}

/// Rows that are collected chunk by chunk.
struct Chunks(Vec<Result<Array2<f64>, SamplerError>>);

impl Merge for Chunks {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// A distance of one method at one number of evaluations.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Which method.
    pub method: Method,
    /// How many evaluations it spent.
    pub evaluations: usize,
    /// The distance; without an error where it is exact.
    pub distance: Estimate,
}

/// `W₁` between what a method draws and `bimodal`, for all methods and numbers of evaluations.
///
/// A deterministic method is a rising function of its noise, so that its quantiles are the images of those of the noise and
/// no sample is needed; of the others 40 000 samples are measured.
///
/// # Errors
/// None at these numbers of steps.
pub fn on_the_line(spacing: Spacing, seed: u64) -> Result<Vec<Point>, Box<dyn Error>> {
    let data = Preset::Bimodal.mixture();
    each(|method, steps, evaluations| {
        let distance = if method.is_deterministic() {
            transported(method, &data, steps, spacing)?
        } else {
            let streams = Streams::new(seed).role(&format!("line, {method}, {steps}"));
            let x = samples(method, &data, steps, spacing, ON_THE_LINE, streams)?;
            wasserstein_1::to_law(&x, &data)?
        };
        Ok(vec![Point { method, evaluations, distance }])
    })
    .map(|rows| rows.into_iter().flatten().collect())
}

/// `∫₀¹ |x_0(Φ⁻¹(u)) - F⁻¹(u)| du` by the midpoint rule: no chance in it.
fn transported(
    method: Method,
    data: &Mixture,
    steps: usize,
    spacing: Spacing,
) -> Result<Estimate, Box<dyn Error>> {
    let schedule = schedule(steps, spacing)?;
    let denoiser = ExactDenoiser::new(data, &schedule)?;
    let (normal, data) = (LineLaw::new(&Mixture::from(Gaussian::standard(1)))?, LineLaw::new(data)?);
    let level = |i: usize| (i as f64 + 0.5) / QUANTILES as f64;
    let noisiest = Array2::from_shape_fn((QUANTILES, 1), |(i, _)| normal.quantile(level(i)));
    let x_0 = method.run(&schedule, noisiest, &denoiser, &mut Streams::new(0).rng(0))?;
    let off: f64 = x_0.iter().enumerate().map(|(i, x)| (x - data.quantile(level(i))).abs()).sum();
    Ok(Estimate { mean: off / QUANTILES as f64, std_err: 0.0, samples: 0 })
}

/// Sliced `W₂` and energy distance between 4000 samples and `ring8`, for all methods and numbers of evaluations.
///
/// # Errors
/// None at these numbers of steps.
pub fn in_the_plane(seed: u64, progress: impl Fn(usize)) -> Result<[Vec<Point>; 2], Box<dyn Error>> {
    let data = Preset::Ring8.mixture();
    let done = std::cell::Cell::new(0);
    let rows = each(|method, steps, evaluations| {
        let streams = Streams::new(seed).role(&format!("plane, {method}, {steps}"));
        let x = samples(method, &data, steps, Spacing::LogSnr, IN_THE_PLANE, streams)?;
        let point = |distance| Point { method, evaluations, distance };
        done.set(done.get() + 1);
        progress(done.get());
        Ok(vec![point(sliced::to_law(&x, &data, DIRECTIONS)?), point(energy::to_law(&x, &data)?)])
    })?;
    Ok([0, 1].map(|k| rows.iter().map(|row| row[k]).collect()))
}

/// The points of every method at every number of evaluations.
fn each(
    at: impl Fn(Method, usize, usize) -> Result<Vec<Point>, Box<dyn Error>>,
) -> Result<Vec<Vec<Point>>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for method in Method::ALL {
        for evaluations in EVALUATIONS {
            let steps = method.steps(evaluations);
            rows.push(at(method, steps, method.evaluations(steps))?);
        }
    }
    Ok(rows)
}

/// Samples of every method at one number of evaluations, to be shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// How many evaluations each may spend.
    pub evaluations: usize,
    /// The samples, `[n, d]`.
    pub samples: Vec<(Method, Array2<f64>)>,
}

/// What chance leaves between a law and its own samples, at the numbers of samples used here.
#[derive(Clone, Copy, Debug)]
pub struct Floors {
    /// `W₁` on the line, by formula.
    pub line: f64,
    /// Sliced `W₂` in the plane, the mean over 20 samples.
    pub sliced: f64,
}

/// The floors.
///
/// # Errors
/// None for these laws.
pub fn floors(seed: u64) -> Result<Floors, Box<dyn Error>> {
    let (line, plane) = (Preset::Bimodal.mixture(), Preset::Ring8.mixture());
    let streams = Streams::new(seed).role("floor");
    let own = |k: u64| {
        let (x, _) = plane.sample(IN_THE_PLANE, &mut streams.rng(k));
        sliced::to_law(&x, &plane, DIRECTIONS).map(|distance| distance.mean)
    };
    let own = (0..20).map(own).collect::<Result<Vec<f64>, _>>()?;
    Ok(Floors {
        line: wasserstein_1::of_own_sample(&line, ON_THE_LINE)?,
        sliced: own.iter().sum::<f64>() / own.len() as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::StatisticalTest;

    /// On the line with 20 and 40 evaluations: twice the steps halve the error of DDIM, and the rule of the second order is
    /// ahead.
    #[test]
    fn higher_order_reaches_the_data_in_fewer_evaluations() {
        let data = Preset::Bimodal.mixture();
        let exact = |method, steps| transported(method, &data, steps, Spacing::LogSnr).unwrap().mean;
        let (ddim, dpm) = (Method::Ddim(0.0), Method::Solver(Solver::DpmSolver));
        let ratio = exact(ddim, 20) / exact(ddim, 40);
        assert!((1.7..2.3).contains(&ratio), "{ratio}");
        assert!(exact(dpm, 20) < 0.5 * exact(ddim, 20));
        // The exact distance is that of samples, as far as 4000 of them can tell.
        let x = samples(ddim, &data, 10, Spacing::LogSnr, 4000, Streams::new(1)).unwrap();
        let sampled = wasserstein_1::to_law(&x, &data).unwrap();
        let verdict = StatisticalTest::default().mean(&sampled, exact(ddim, 10));
        assert!(verdict.holds, "{sampled} for {}", exact(ddim, 10));
    }

    #[test]
    fn steps_and_evaluations_fit() {
        for method in Method::ALL {
            for evaluations in EVALUATIONS {
                let spent = method.evaluations(method.steps(evaluations));
                assert!(spent == evaluations || (spent + 1 == evaluations && method == Method::ALL[4]));
            }
        }
    }
}
