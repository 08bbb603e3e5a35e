//! The study behind the chapter `sampling`: how far samples are from the data after so many evaluations of a denoiser, the best
//! there is or one that was learned.

use std::error::Error;
use std::fmt;

use crate::studies::sampler_curves::{Curves, Distance, Point};
use distances::{LineLaw, energy, sliced, wasserstein_1};
use learned::Toy;
use learned::vdm::Settings;
use montecarlo::{Estimate, Merge, MonteCarlo, Streams};
use ndarray::{Array2, ArrayRef2, Axis, concatenate};
use prob::{Gaussian, Mixture, ProbError, standard_normal};
use toy::Preset;
use vdm::{
    DenoiserNet, ExactDenoiser, Method, ReverseVariance, SamplerError, Schedule, ScheduleError, Solver,
};

/// All samplers that are compared.
pub const METHODS: [Method; 6] = [
    Method::Ancestral(ReverseVariance::Beta),
    Method::Ancestral(ReverseVariance::Posterior),
    Method::Ddim(0.5),
    Method::Ddim(0.0),
    Method::Solver(Solver::Heun),
    Method::Solver(Solver::DpmSolver),
];

/// Those whose start is all that chance decides.
pub const WITHOUT_NOISE: [Method; 3] =
    [Method::Ddim(0.0), Method::Solver(Solver::Heun), Method::Solver(Solver::DpmSolver)];

/// Evaluations of the denoiser that a sampler may spend; Heun's rule, which needs two for a step and one for the last, spends
/// one less where the number is even.
pub const EVALUATIONS: [usize; 6] = [5, 10, 20, 50, 100, 200];
/// How many of these are tried where samples are measured: they cannot tell more evaluations from 100.
const OF_SAMPLES: usize = 5;

/// Samples on the line, from samplers whose noise is not the start alone.
pub const ON_THE_LINE: usize = 8000;
/// Samples in the plane.
pub const IN_THE_PLANE: usize = 4000;
/// Directions of the sliced distance.
pub const DIRECTIONS: usize = 16;
/// Quantiles at which the map of a sampler without noise is known.
const QUANTILES: usize = 1000;
/// Steps of training of a learned denoiser.
const TRAINING_STEPS: usize = 12_000;
/// Draws for what the learned denoiser loses to the best.
const SHORTFALL_DRAWS: u64 = 100_000;

/// The steps that so many evaluations pay for.
pub fn steps(method: Method, evaluations: usize) -> usize {
    if method == Method::Solver(Solver::Heun) { evaluations.div_ceil(2) } else { evaluations }
}

/// Whose answers a sampler follows.
#[derive(Clone, Copy, Debug)]
pub enum Denoiser<'a> {
    /// `E[x_0|x_t]`.
    Exact,
    /// What a network has learned of it.
    Learned(&'a DenoiserNet),
}

/// `x̂_0` at steps of a schedule.
type Answers<'a> = Box<dyn Fn(&ArrayRef2<f64>, usize) -> Array2<f64> + Sync + 'a>;

impl<'a> Denoiser<'a> {
    fn along(self, data: &Mixture, schedule: &'a Schedule) -> Result<Answers<'a>, ProbError> {
        Ok(match self {
            Denoiser::Exact => {
                let exact = ExactDenoiser::new(data, schedule)?;
                Box::new(move |x_t, t| exact.denoise(x_t, t))
            }
            Denoiser::Learned(net) => Box::new(|x_t, t| net.denoise(x_t, schedule, t)),
        })
    }
}

impl fmt::Display for Denoiser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Denoiser::Exact => "exact denoiser",
            Denoiser::Learned(_) => "learned denoiser",
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
    /// Even in `σ^{1/7}` (Karras et al. 2022).
    Karras,
}

impl Spacing {
    /// All three.
    pub const ALL: [Spacing; 3] = [Spacing::LogSnr, Spacing::Time, Spacing::Karras];
}

impl fmt::Display for Spacing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Spacing::LogSnr => "even in log-SNR",
            Spacing::Time => "even in t",
            Spacing::Karras => "even in sigma^(1/7)",
        })
    }
}

/// The schedule of Ho et al. 2020, `β` from 1e-4 to 0.02 in 1000 steps.
fn fine_schedule() -> Result<Schedule, ScheduleError> {
    Schedule::linear(1000, 1e-4, 0.02)
}

/// So many steps of the fine schedule.
fn schedule(steps: usize, spacing: Spacing) -> Result<Schedule, ScheduleError> {
    let fine = fine_schedule()?;
    let times = match spacing {
        Spacing::LogSnr => fine.times_even_in_log_snr(steps)?,
        Spacing::Time => fine.times_even_in_t(steps)?,
        Spacing::Karras => fine.times_karras(steps)?,
    };
    fine.strided(&times)
}

/// A learned denoiser, and what it loses to the best one.
pub struct Learned {
    /// The network.
    pub net: DenoiserNet,
    /// Nats of the bound that the best denoiser is ahead.
    pub lost: Estimate,
}

/// Trains a denoiser on a preset with the settings of `elbow train`, from the least to the most noise of the schedule that is
/// sampled, so that a sampler asks for no level that training did not see.
///
/// # Errors
/// If training diverges.
pub fn learn(preset: Preset, seed: u64) -> Result<Learned, Box<dyn Error>> {
    let (toy, fine) = (Toy::new(preset), fine_schedule()?);
    let ends = (fine.log_snr(1), fine.log_snr(fine.steps()));
    let settings = Settings { log_snr: ends, steps: TRAINING_STEPS, ..Settings::default() };
    let streams = Streams::new(seed).role(preset.name());
    let mut model = settings.model(&toy, streams)?;
    let (_, done) = learned::train(&mut model, &settings.training(streams.role("training")), &toy, |_, _| ());
    done?;
    let best = ExactDenoiser::new(toy.mixture(), &fine)?;
    let lost = vdm::estimate_shortfall(
        &fine,
        |x_t, t| model.denoiser.denoise(x_t, &fine, t),
        |x_t, t| best.denoise(x_t, t),
        |rng, n| toy.draw(rng, n),
        &MonteCarlo::new(SHORTFALL_DRAWS, streams.role("lost")),
        &|_| (),
    );
    Ok(Learned { net: model.denoiser, lost })
}

/// `n` samples of a method (`[n, d]`), the same on any number of threads.
///
/// # Errors
/// If there are no steps, or more than 1000.
pub fn samples(
    method: Method,
    denoiser: Denoiser,
    data: &Mixture,
    (steps, spacing): (usize, Spacing),
    n: usize,
    streams: Streams,
) -> Result<Array2<f64>, Box<dyn Error>> {
    let schedule = schedule(steps, spacing)?;
    let denoiser = denoiser.along(data, &schedule)?;
    let plan = MonteCarlo { samples: n as u64, chunk: 500, streams };
    let chunks = plan.run(&|_| (), |rng, n| {
        let shape = (n, data.dim());
        let noisiest = standard_normal(shape, rng);
        let noise = |_| standard_normal(shape, rng);
        Chunks(vec![method.run(&schedule, noisiest, &denoiser, noise)])
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

/// `W₁` between what these methods draw and `bimodal`.
///
/// Without noise a sampler is a function of its start, so that its law is the image of the normal and no sample is needed;
/// of the others 8000 samples are measured.
///
/// # Errors
/// None at these numbers of steps.
pub fn on_the_line(
    methods: &[Method],
    denoiser: Denoiser,
    spacing: Spacing,
    seed: u64,
) -> Result<Curves, Box<dyn Error>> {
    let preset = Preset::Bimodal;
    let data = preset.mixture();
    let distance = |method: Method, steps: usize| {
        if method.is_deterministic() {
            return transported(method, denoiser, &data, (steps, spacing), QUANTILES);
        }
        let streams = Streams::new(seed).role(&format!("line, {method}, {steps}"));
        let x = samples(method, denoiser, &data, (steps, spacing), ON_THE_LINE, streams)?;
        Ok(wasserstein_1::to_law(&x, &data)?)
    };
    Ok(Curves {
        data: preset,
        denoiser: denoiser.to_string(),
        spacing,
        distance: Distance::Wasserstein,
        floor: wasserstein_1::of_own_sample(&data, ON_THE_LINE)?,
        points: each(
            methods,
            |method| if method.is_deterministic() { EVALUATIONS.len() } else { OF_SAMPLES },
            distance,
        )?,
    })
}

/// `∫₀¹ |G⁻¹(u) - F⁻¹(u)| du` by the midpoint rule, `F` the data's distribution function and `G` that of `x_0(Φ⁻¹(u))`: no
/// chance in it. In long steps `x_0` may fall where its start rises, so that the images are sorted to be the quantiles `G⁻¹`.
fn transported(
    method: Method,
    denoiser: Denoiser,
    data: &Mixture,
    (steps, spacing): (usize, Spacing),
    quantiles: usize,
) -> Result<Estimate, Box<dyn Error>> {
    let schedule = schedule(steps, spacing)?;
    let answers = denoiser.along(data, &schedule)?;
    let (normal, data) = (LineLaw::new(&Mixture::from(Gaussian::standard(1)))?, LineLaw::new(data)?);
    let level = |i: usize| (i as f64 + 0.5) / quantiles as f64;
    let noisiest = Array2::from_shape_fn((quantiles, 1), |(i, _)| normal.quantile(level(i)));
    let no_noise = |_| Array2::zeros((quantiles, 1));
    let mut x_0 = method.run(&schedule, noisiest, &answers, no_noise)?.into_raw_vec_and_offset().0;
    x_0.sort_by(f64::total_cmp);
    let off: f64 = x_0.iter().enumerate().map(|(i, x)| (x - data.quantile(level(i))).abs()).sum();
    Ok(Estimate { mean: off / quantiles as f64, std_err: 0.0, samples: 0 })
}

/// Sliced `W₂` and energy distance between 4000 samples and `ring8`, for all methods and numbers of evaluations.
///
/// # Errors
/// None at these numbers of steps.
pub fn in_the_plane(denoiser: Denoiser, spacing: Spacing, seed: u64) -> Result<[Curves; 2], Box<dyn Error>> {
    let preset = Preset::Ring8;
    let data = preset.mixture();
    let mut energies = Vec::new();
    let sliced = each(
        &METHODS,
        |_| OF_SAMPLES,
        |method, steps| {
            let streams = Streams::new(seed).role(&format!("plane, {method}, {steps}"));
            let x = samples(method, denoiser, &data, (steps, spacing), IN_THE_PLANE, streams)?;
            let evaluations = method.evaluations(steps);
            energies.push(Point { method, evaluations, distance: energy::to_law(&x, &data)? });
            Ok(sliced::to_law(&x, &data, DIRECTIONS)?)
        },
    )?;
    let denoiser = denoiser.to_string();
    let curves = |distance, floor, points| Curves {
        data: preset,
        denoiser: denoiser.clone(),
        spacing,
        distance,
        floor,
        points,
    };
    Ok([curves(Distance::Sliced, own_sliced(&data, seed)?, sliced), curves(Distance::Energy, 0.0, energies)])
}

/// The sliced distance between a law and samples of its own, the mean over 20 of them.
fn own_sliced(law: &Mixture, seed: u64) -> Result<f64, Box<dyn Error>> {
    let streams = Streams::new(seed).role("floor");
    let own = |k: u64| {
        let (x, _) = law.sample_labelled(IN_THE_PLANE, &mut streams.rng(k));
        sliced::to_law(&x, law, DIRECTIONS).map(|distance| distance.mean)
    };
    let own = (0..20).map(own).collect::<Result<Vec<f64>, _>>()?;
    Ok(own.iter().sum::<f64>() / own.len() as f64)
}

/// The points of each method, at as many of [`EVALUATIONS`] as `tried` says.
fn each(
    methods: &[Method],
    tried: impl Fn(Method) -> usize,
    mut distance: impl FnMut(Method, usize) -> Result<Estimate, Box<dyn Error>>,
) -> Result<Vec<Point>, Box<dyn Error>> {
    let mut points = Vec::new();
    for &method in methods {
        for &evaluations in &EVALUATIONS[..tried(method)] {
            let steps = steps(method, evaluations);
            let distance = distance(method, steps)?;
            points.push(Point { method, evaluations: method.evaluations(steps), distance });
        }
    }
    Ok(points)
}

/// Samples of every method, to be shown in a row.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The number of evaluations that each may spend, and what else there is to say.
    pub title: String,
    /// The samples, `[n, d]`.
    pub samples: Vec<(Method, Array2<f64>)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::StatisticalTest;

    fn exact(method: Method, steps: usize, quantiles: usize) -> f64 {
        let data = Preset::Bimodal.mixture();
        transported(method, Denoiser::Exact, &data, (steps, Spacing::LogSnr), quantiles).unwrap().mean
    }

    /// On the line with 20 and 40 evaluations: twice the steps halve the error of DDIM, and the rule of the second order is
    /// ahead.
    #[test]
    fn higher_order_reaches_the_data_in_fewer_evaluations() {
        let data = Preset::Bimodal.mixture();
        let (ddim, dpm) = (Method::Ddim(0.0), Method::Solver(Solver::DpmSolver));
        let ratio = exact(ddim, 20, QUANTILES) / exact(ddim, 40, QUANTILES);
        assert!((1.7..2.3).contains(&ratio), "{ratio}");
        assert!(exact(dpm, 20, QUANTILES) < 0.5 * exact(ddim, 20, QUANTILES));
        // The exact distance is that of samples, as far as 4000 of them can tell.
        let at = (10, Spacing::LogSnr);
        let x = samples(ddim, Denoiser::Exact, &data, at, 4000, Streams::new(1)).unwrap();
        let sampled = wasserstein_1::to_law(&x, &data).unwrap();
        let verdict = StatisticalTest::default().mean(&sampled, exact(ddim, 10, QUANTILES));
        assert!(verdict.holds, "{sampled} for {}", exact(ddim, 10, QUANTILES));
    }

    /// The smallest distance of the chapter by the midpoint rule, and by one eight times as fine.
    #[test]
    fn quantiles_are_fine_enough_for_the_smallest_distance() {
        let dpm = Method::Solver(Solver::DpmSolver);
        let (coarse, fine) = (exact(dpm, 200, QUANTILES), exact(dpm, 200, 8 * QUANTILES));
        assert!((coarse / fine - 1.0).abs() < 0.02, "{coarse} for {fine}");
    }

    /// A network is followed by its own answers, and one that has learned nothing does not lead to the data.
    #[test]
    fn a_network_is_sampled_by_its_own_answers() {
        let net = DenoiserNet::new(1, &[4], vdm::Parameterisation::Velocity, &mut Streams::new(1).rng(0));
        let schedule = schedule(20, Spacing::LogSnr).unwrap();
        let data = Preset::Bimodal.mixture();
        let x = ndarray::array![[0.3], [-1.0]];
        let learned = Denoiser::Learned(&net).along(&data, &schedule).unwrap();
        assert_eq!(learned(&x, 7), net.denoise(&x, &schedule, 7));
        let at = (20, Spacing::LogSnr);
        let untrained = transported(METHODS[5], Denoiser::Learned(&net), &data, at, 400).unwrap().mean;
        assert!(untrained > 10.0 * exact(METHODS[5], 20, 400), "{untrained}");
    }

    /// One step of this network falls where its start rises. Its images in order are as far from the data as 4000 samples; in the
    /// order of the start they would be 0.47 farther. False alarm 1e-9.
    #[test]
    fn a_falling_map_is_as_far_as_its_samples() {
        let net = DenoiserNet::new(1, &[4], vdm::Parameterisation::Velocity, &mut Streams::new(1).rng(0));
        let (data, ddim, learned) = (Preset::Bimodal.mixture(), Method::Ddim(0.0), Denoiser::Learned(&net));
        let at = (1, Spacing::LogSnr);
        let schedule = schedule(at.0, at.1).unwrap();
        let ends = learned.along(&data, &schedule).unwrap()(&ndarray::array![[-1.0], [1.0]], 1);
        assert!(ends[[0, 0]] > ends[[1, 0]], "{ends}");
        let whole = transported(ddim, learned, &data, at, QUANTILES).unwrap().mean;
        let x = samples(ddim, learned, &data, at, 4000, Streams::new(1)).unwrap();
        let sampled = wasserstein_1::to_law(&x, &data).unwrap();
        assert!(StatisticalTest::default().mean(&sampled, whole).holds, "{sampled} for {whole}");
    }

    #[test]
    fn steps_and_evaluations_fit() {
        for method in METHODS {
            for evaluations in EVALUATIONS {
                let spent = method.evaluations(steps(method, evaluations));
                assert!(spent == evaluations || (spent + 1 == evaluations && method == METHODS[4]));
            }
        }
    }
}
