//! The study behind the chapter `consistency_vs_denoising`: bias and variance of three forms of the bound under three ways
//! of sampling, as the number of steps grows.

use estimators::{Estimator, Form, Observations, Problem, Sampled, Scheme, sample};
use mhvae::Mhvae;
use montecarlo::Streams;
use ndarray::array;
use vdm::{Reverse, Schedule, ScheduleError};

/// The forms that are compared: as printed, corrected, and with the posterior.
pub const FORMS: [Form; 3] = [Form::ConsistencyAsPrinted, Form::Consistency, Form::Denoising];

/// The numbers of steps.
pub const STEPS: [usize; 16] = [2, 3, 4, 6, 8, 12, 16, 24, 32, 50, 75, 100, 150, 200, 300, 500];

/// Every how manyth of them Monte Carlo confirms.
const CONFIRMED: usize = 3;

/// Evaluations of each Monte Carlo point.
const SAMPLES: u64 = 20_000;

/// The rate of noise `b(u)` at the two ends of time, linear between: with 50 steps `β_t` runs from about 1e-3 to 0.15.
const NOISE_RATE: (f64, f64) = (0.05, 7.5);

/// `ᾱ(u) = exp(-∫₀ᵘ b)` at `u = t/T`: a linear schedule of continuous time, in as many steps as are asked for.
fn schedule(steps: usize) -> Result<Schedule, ScheduleError> {
    let (start, end) = NOISE_RATE;
    let lost = |t: usize| {
        let u = t as f64 / steps as f64;
        start * u + 0.5 * (end - start) * u * u
    };
    let alphas: Vec<f64> = (1..=steps).map(|t| (lost(t - 1) - lost(t)).exp()).collect();
    Schedule::from_alphas(&alphas)
}

/// `x_0 = 0.8` and `p(x_{t-1}|x_t) = N(0.95 √α_t x_t, 1-α_t)` over one span of time in `steps` steps.
///
/// # Errors
/// If there are no steps.
pub fn problem(steps: usize) -> Result<Problem, Box<dyn std::error::Error + Send + Sync>> {
    let schedule = schedule(steps)?;
    let reverse = Reverse::from_schedule(&schedule, 1, 0.95, 1.0)?;
    let chain = Mhvae::new(schedule.all_steps(1), reverse.all_steps())?;
    Ok(Problem::new(chain, Observations::Fixed(array![0.8]))?)
}

/// One form with one number of steps.
#[derive(Clone, Debug)]
pub struct Point {
    /// Number of steps, `T`.
    pub steps: usize,
    /// Which form.
    pub form: Form,
    /// Its mean less the bound, in nats.
    pub bias: f64,
    /// The exact variance under path, independent and one-step sampling, in nats².
    pub variances: [f64; 3],
    /// The same by Monte Carlo, at some numbers of steps.
    pub sampled: Option<[Sampled; 3]>,
}

/// All forms at all numbers of steps; `progress` hears how many of the points are done.
///
/// # Errors
/// As [`problem`].
pub fn study(
    seed: u64,
    progress: impl Fn(usize),
) -> Result<Vec<Point>, Box<dyn std::error::Error + Send + Sync>> {
    let mut points = Vec::new();
    for (k, &steps) in STEPS.iter().enumerate() {
        let problem = problem(steps)?;
        let bound = Estimator::new(Form::Denoising, &problem)?.mean().unwrap_or(f64::NAN);
        for form in FORMS {
            let estimator = Estimator::new(form, &problem)?;
            let exact =
                |scheme: Scheme| estimator.moments(scheme, &problem).map_or(f64::NAN, |m| m.variance());
            let sampled = |scheme: Scheme| {
                let streams = Streams::new(seed).role(form.name()).role(scheme.name());
                let plan = sample::plan(&problem, SAMPLES, streams);
                sample(&estimator, scheme, &problem, &plan, &|_| ())
            };
            points.push(Point {
                steps,
                form,
                bias: estimator.mean().unwrap_or(f64::NAN) - bound,
                variances: Scheme::TEXTBOOK.map(exact),
                sampled: (k % CONFIRMED == 0).then(|| Scheme::TEXTBOOK.map(sampled)),
            });
            progress(points.len());
        }
    }
    Ok(points)
}

/// Whether the textbook sentence "the one-variable form has the lower variance" is true under this scheme: for each number of
/// steps, whether the denoising form has a lower variance than the corrected consistency form.
fn better(points: &[Point], scheme: usize) -> impl Iterator<Item = (usize, bool)> {
    let of = |form: Form| points.iter().filter(move |point| point.form == form);
    let pairs = of(Form::Denoising).zip(of(Form::Consistency));
    pairs.map(move |(denoising, consistency)| {
        (denoising.steps, denoising.variances[scheme] < consistency.variances[scheme])
    })
}

/// At how many numbers of steps the denoising form has the lower variance, for each scheme.
pub fn denoising_is_better(points: &[Point]) -> [usize; 3] {
    [0, 1, 2].map(|scheme| better(points, scheme).filter(|(_, better)| *better).count())
}

/// From how many steps on the denoising form has the lower variance under this scheme; none if it has not at the last.
pub fn turning_point(points: &[Point], scheme: usize) -> Option<usize> {
    let numbers: Vec<(usize, bool)> = better(points, scheme).collect();
    let worse = numbers.iter().rposition(|(_, better)| !better).map_or(0, |last| last + 1);
    numbers.get(worse).map(|(steps, _)| *steps)
}

/// A rung of the ladder above one step, exact where it can be.
#[derive(Clone, Debug)]
pub struct Rung {
    /// How variables are drawn.
    pub scheme: Scheme,
    /// Variance × evaluations of a term, relative to plain one step: the work for a given precision.
    pub work: f64,
    /// Its standard error where the variance is an estimate; none where it is exact.
    pub std_err: Option<f64>,
}

/// The ladder of the denoising form at one number of steps.
///
/// # Errors
/// As [`problem`].
pub fn ladder(steps: usize, seed: u64) -> Result<Vec<Rung>, Box<dyn std::error::Error + Send + Sync>> {
    let problem = problem(steps)?;
    let estimator = Estimator::new(Form::Denoising, &problem)?;
    let work = |scheme: Scheme| {
        let evaluations = scheme.evaluations(steps) as f64;
        match estimator.moments(scheme, &problem) {
            Some(moments) => (moments.variance() * evaluations, None),
            None => {
                let streams = Streams::new(seed).role("ladder").role(scheme.name());
                let plan = sample::plan(&problem, 5 * SAMPLES / scheme.batch() as u64, streams);
                let variance = sample(&estimator, scheme, &problem, &plan, &|_| ()).variance;
                (variance.mean * evaluations, Some(variance.std_err * evaluations))
            }
        }
    };
    let (plain, _) = work(Scheme::OneStep);
    Ok(std::iter::once(Scheme::OneStep)
        .chain(Scheme::LADDER)
        .map(|scheme| {
            let (work, std_err) = work(scheme);
            Rung { scheme, work: work / plain, std_err: std_err.map(|e| e / plain) }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_form_alone_is_biased_and_a_shared_path_turns_the_comparison_round() {
        let problem = problem(12).unwrap();
        let of = |form| Estimator::new(form, &problem).unwrap();
        let means = FORMS.map(|form| of(form).mean().unwrap());
        assert!(means[0] < means[1] - 1.0);
        assert!((means[1] - means[2]).abs() < 1e-10);
        let better = |scheme| {
            let variance = |form| of(form).moments(scheme, &problem).unwrap().variance();
            variance(Form::Denoising) < variance(Form::Consistency)
        };
        assert_eq!(Scheme::TEXTBOOK.map(better), [false, true, true]);
    }

    /// The sentence is true at 2 steps, false at 3, and true from 4 on; under the second scheme it is false at the last.
    #[test]
    fn a_comparison_has_turned_round_where_it_stays_so() {
        let point = |steps, form, variances| Point { steps, form, bias: 0.0, variances, sampled: None };
        let points: Vec<Point> =
            [(2, [0.5, 0.5, 2.0]), (3, [2.0, 0.5, 2.0]), (4, [0.5, 0.5, 2.0]), (6, [0.5, 2.0, 2.0])]
                .into_iter()
                .flat_map(|(steps, denoising)| {
                    [point(steps, Form::Consistency, [1.0; 3]), point(steps, Form::Denoising, denoising)]
                })
                .collect();
        assert_eq!(denoising_is_better(&points), [3, 3, 0]);
        assert_eq!([0, 1, 2].map(|scheme| turning_point(&points, scheme)), [Some(4), None, None]);
    }
}
