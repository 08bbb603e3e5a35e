//! Monte Carlo: the formulas evaluated on draws. It never sees an exact answer.

use montecarlo::{Estimate, Moments, MonteCarlo, Streams};
use ndarray::Array1;
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::Distribution;
use ndarray_rand::rand_distr::weighted::WeightedIndex;
use rand_chacha::ChaCha8Rng;

use crate::draw::Noise;
use crate::quasi::{self, Quasi};
use crate::running::Running;
use crate::scheme::WARM_UP;
use crate::{Estimator, Problem, Scheme, Term};

/// Numbers that a chunk of paths may hold: 8 MB.
const CHUNK_NUMBERS: usize = 1 << 20;

/// A plan whose chunks of whole paths of `problem` stay small, and are 64 at least if there are
/// that many samples.
pub fn plan(problem: &Problem, samples: u64, streams: Streams) -> MonteCarlo {
    let width: usize = (0..=problem.steps()).map(|t| problem.width(t)).sum();
    let most = (CHUNK_NUMBERS / width.max(1)).clamp(16, 4096);
    let chunk = usize::try_from(samples / CHUNKS).unwrap_or(most).clamp(2, most);
    MonteCarlo { chunk, ..MonteCarlo::new(samples, streams) }
}

/// Chunks that tell how much a variance varies.
const CHUNKS: u64 = 64;

/// Mean and variance of each term over the same paths, in the order of `terms`.
///
/// # Panics
/// If `plan` asks for no samples.
pub fn sample_terms(
    terms: &[Term],
    problem: &Problem,
    plan: &MonteCarlo,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Moments> {
    let path: Vec<usize> = (0..=problem.steps()).collect();
    let work = |rng: &mut ChaCha8Rng, n| {
        let draw = problem.realise(&problem.noise(&path, n, rng));
        terms.iter().map(|term| term.evaluate(&draw).into_iter().collect()).collect()
    };
    plan.run(progress, work)
}

/// Mean and variance of an estimator, each with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampled {
    /// In nats.
    pub mean: Estimate,
    /// In nats², with the standard error that the variances of the chunks show.
    pub variance: Estimate,
}

/// Mean and variance of the estimator under a scheme, from as many evaluations as `plan` has samples. The standard error
/// of the variance needs some tens of chunks.
///
/// # Panics
/// If `plan` asks for no samples.
pub fn sample(
    estimator: &Estimator,
    scheme: Scheme,
    problem: &Problem,
    plan: &MonteCarlo,
    progress: &(dyn Fn(u64) + Sync),
) -> Sampled {
    let mut sampler =
        Sampler { estimator, scheme, problem, learned: Running::new(estimator.matching().len()) };
    if scheme == Scheme::RunningImportance {
        sampler.warm_up(&mut plan.streams.role("warm-up").rng(0));
    }
    let (values, variances) = plan.run(progress, |rng, n| {
        let values: Moments = sampler.evaluate(n, rng).into_iter().collect();
        let mut variances = Moments::default();
        // A last chunk of one value has no variance.
        if n == plan.chunk {
            variances.push(values.variance());
        }
        (values, variances)
    });
    let variance = Estimate { mean: values.variance(), ..variances.estimate() };
    Sampled { mean: values.estimate(), variance: Estimate { samples: values.count(), ..variance } }
}

struct Sampler<'a> {
    estimator: &'a Estimator,
    scheme: Scheme,
    problem: &'a Problem,
    /// What [`Scheme::RunningImportance`] knows before a chunk.
    learned: Running,
}

impl Sampler<'_> {
    /// The estimator, `n` times.
    fn evaluate(&self, n: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
        match self.scheme {
            Scheme::Path => self.over_paths(n, rng),
            Scheme::Independent => self.term_by_term(n, rng),
            Scheme::RunningImportance => self.with_running_probabilities(n, rng),
            Scheme::QuasiMonteCarlo => self.over_point_sets(n, rng),
            _ => self.one_step(n, rng),
        }
    }

    fn over_paths(&self, n: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
        let path: Vec<usize> = (0..=self.problem.steps()).collect();
        let draw = self.problem.realise(&self.problem.noise(&path, n, rng));
        let signed = |sum: Array1<f64>, term: &Term| sum + term.evaluate(&draw) * term.name.sign();
        self.estimator.terms().iter().fold(Array1::zeros(n), signed)
    }

    fn term_by_term(&self, n: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
        self.estimator
            .terms()
            .iter()
            .fold(Array1::zeros(n), |sum, term| sum + self.afresh(term, n, rng) * term.name.sign())
    }

    /// The mean of `batch` evaluations of reconstruction, prior matching, and one matching term at a random step, weighted.
    fn one_step(&self, n: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
        let batch = self.scheme.batch();
        let mut values = self.ends(n * batch, rng);
        let steps = self.steps(n, rng);
        if !steps.is_empty() {
            values -= &self.at_steps(&steps, rng);
        }
        means(values, batch)
    }

    /// One step with `t` and all noise from point sets: axis 0 is `t`, then come those of each term.
    fn over_point_sets(&self, n: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
        let batch = self.scheme.batch();
        let quasi = Quasi::new(n, rng);
        let rows: Vec<usize> = (0..n * batch).collect();
        let mut values = Array1::zeros(rows.len());
        let mut axis = 1;
        for term in &self.estimator.terms()[..2] {
            let noise = quasi.noise(term, self.problem, &rows, axis, rng);
            values.scaled_add(term.name.sign(), &term.evaluate(&self.problem.realise(&noise)));
            axis += quasi::axes(term, self.problem);
        }
        let matching = self.estimator.matching();
        let step = |u: f64| ((u * matching.len() as f64) as usize).min(matching.len().saturating_sub(1));
        let mut of_term: Vec<Vec<usize>> = vec![vec![]; matching.len()];
        for k in 0..if matching.is_empty() { 0 } else { rows.len() } {
            of_term[step(quasi.uniform(k, 0, rng))].push(k);
        }
        for (term, rows) in matching.iter().zip(of_term).filter(|(_, rows)| !rows.is_empty()) {
            let noise = quasi.noise(term, self.problem, &rows, axis, rng);
            for (k, value) in rows.iter().zip(term.evaluate(&self.problem.realise(&noise))) {
                values[*k] -= value * matching.len() as f64;
            }
        }
        means(values, batch)
    }

    /// Reconstruction less prior matching.
    fn ends(&self, n: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
        let [reconstruction, prior_matching, ..] = self.estimator.terms() else {
            unreachable!("every form has both")
        };
        let reconstruction = match self.scheme {
            Scheme::RaoBlackwell => self.estimator.reconstruction_at_x().unwrap_or(reconstruction),
            _ => reconstruction,
        };
        self.afresh(reconstruction, n, rng) - self.afresh(prior_matching, n, rng)
    }

    /// For each of `n` batches, which matching terms are drawn and by what they are multiplied.
    fn steps(&self, n: usize, rng: &mut ChaCha8Rng) -> Vec<(usize, f64)> {
        let terms = self.estimator.matching().len();
        if terms == 0 {
            return vec![];
        }
        let batch = self.scheme.batch();
        let at = |u: f64| (((u * terms as f64) as usize).min(terms - 1), terms as f64);
        match self.scheme {
            Scheme::Stratified => (0..n * batch)
                .map(|k| at(((k % batch) as f64 + rng.random::<f64>()) / batch as f64))
                .collect(),
            Scheme::LowDiscrepancy => (0..n)
                .flat_map(|_| {
                    let v = rng.random::<f64>();
                    (0..batch).map(move |i| (i as f64 + v) / batch as f64)
                })
                .map(at)
                .collect(),
            Scheme::Importance => weighted_steps(&self.estimator.step_probabilities(), n, rng),
            _ => (0..n * batch).map(|_| at(rng.random())).collect(),
        }
    }

    /// The matching terms drawn, each on variables of its own and multiplied, in the order of `steps`.
    fn at_steps(&self, steps: &[(usize, f64)], rng: &mut ChaCha8Rng) -> Array1<f64> {
        let mut values = Array1::zeros(steps.len());
        let mut of_term: Vec<Vec<usize>> = vec![vec![]; self.estimator.matching().len()];
        for (k, &(t, _)) in steps.iter().enumerate() {
            of_term[t].push(k);
        }
        for (term, places) in
            self.estimator.matching().iter().zip(of_term).filter(|(_, places)| !places.is_empty())
        {
            for (k, value) in places.iter().zip(self.afresh(term, places.len(), rng)) {
                values[*k] = value * steps[*k].1;
            }
        }
        values
    }

    /// A term on variables of its own, `[n]`.
    fn afresh(&self, term: &Term, n: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
        let noise = self.problem.noise(&term.variables(), n, rng);
        let value = term.evaluate(&self.problem.realise(&noise));
        match self.scheme {
            Scheme::Antithetic => {
                let reflected = term.evaluate(&self.problem.realise(&noise.reflected()));
                (value + reflected) * 0.5
            }
            Scheme::ControlVariate => value - term.linear_part(self.problem, &noise),
            _ => value,
        }
    }

    /// One step with running probabilities, which every chunk takes up where the warm-up left them.
    fn with_running_probabilities(&self, n: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
        let values = self.ends(n, rng);
        values - self.run_on(&mut self.learned.clone(), n, rng)
    }

    /// Learns from [`WARM_UP`] evaluations a term.
    fn warm_up(&mut self, rng: &mut ChaCha8Rng) {
        let mut learned = self.learned.clone();
        self.run_on(&mut learned, WARM_UP * self.estimator.matching().len(), rng);
        self.learned = learned;
    }

    /// `n` weighted matching terms. The weights of a block depend on the blocks before it alone, so the mean stays right.
    fn run_on(&self, learned: &mut Running, n: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
        let mut values = Array1::zeros(n);
        if self.estimator.matching().is_empty() {
            return values;
        }
        for start in (0..n).step_by(RUNNING_BLOCK) {
            let steps = weighted_steps(&learned.probabilities(), RUNNING_BLOCK.min(n - start), rng);
            let weighted = self.at_steps(&steps, rng);
            for (k, &(t, weight)) in steps.iter().enumerate() {
                values[start + k] = weighted[k];
                learned.see(t, weighted[k] / weight);
            }
        }
        values
    }
}

/// The mean of every `batch` values.
fn means(values: Array1<f64>, batch: usize) -> Array1<f64> {
    values.exact_chunks(batch).into_iter().map(|chunk| chunk.sum() / batch as f64).collect()
}

/// Evaluations between two updates of the running probabilities.
const RUNNING_BLOCK: usize = 64;

/// `n` draws of a step with these probabilities, at least one, and `1/p_t`.
fn weighted_steps(p: &[f64], n: usize, rng: &mut ChaCha8Rng) -> Vec<(usize, f64)> {
    match WeightedIndex::new(p) {
        Ok(choose) => (0..n).map(|_| choose.sample(rng)).map(|t| (t, 1.0 / p[t])).collect(),
        // Terms that left the range of f64: so does an estimate of their sum.
        Err(_) => vec![(0, f64::NAN); n],
    }
}

impl Term {
    /// The part of the term that is linear in the noise, at each row.
    fn linear_part(&self, problem: &Problem, noise: &Noise) -> Array1<f64> {
        let slopes: Vec<Array1<f64>> = problem
            .observations()
            .iter()
            .map(|part| self.slope_at(problem, part).unwrap_or_else(|| Array1::zeros(0)))
            .collect();
        (0..noise.rows())
            .map(|i| slopes[noise.part(i)].iter().zip(noise.row(i)).map(|(b, eps)| b * eps).sum())
            .collect()
    }
}
