//! The bound with any denoiser by Monte Carlo: every step, averaged over the data.
//!
//! Each term has draws of its own, so that the variances of the terms add up to that of the bound: sampling stratified by
//! the step, in which the choice of the step adds no variance.

use prob::{squared_distances, squared_norms, standard_normal};
use std::sync::atomic::{AtomicU64, Ordering};

use montecarlo::{Estimate, Moments, MonteCarlo};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};
use ndarray_rand::rand::Rng;
use prob::numerics::{LN_2PI, log_sigmoid, sigmoid};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::matching::divergence_from_prior;
use crate::prediction::Amplitudes;
use crate::{BayesVdm, Schedule};

/// The denoising form of the bound, Luo (58), by Monte Carlo, averaged over the data, in nats.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundEstimate {
    /// `E log N(x_0; x̂_0(x_1), (1-ᾱ_1) I)`, at the first log-SNR.
    pub reconstruction: Estimate,
    /// `E KL(q(x_T|x_0) ‖ N(0, I))`, at the last.
    pub prior_matching: Estimate,
    /// One term for each step `t = 2 … T`, or for each stratum of continuous time.
    pub matching: Vec<Estimate>,
    /// The bound. The terms have independent draws, so that its variance is the sum of theirs.
    pub elbo: Estimate,
}

/// Where data come from, how many draws there are, and who hears of them.
struct Plan<'a, O> {
    observe: O,
    plan: &'a MonteCarlo,
    progress: &'a (dyn Fn(u64) + Sync),
    done: AtomicU64,
}

/// Estimates the bound of the model whose reverse steps are `N(μ_q(x_t, x̂_0), σ_q²(t) I)` for `t = 2 … T` and
/// `N(x̂_0, (1-α_1) I)` at `t = 1`, with `x̂_0 = denoiser(x_t, t)` for rows (`[n, d]`), over observations drawn by
/// `observe(rng, n)` (`[n, d]`). `plan.samples` observations serve the reconstruction, as many the prior matching term, and as
/// many, shared out evenly but at least 2 for each, the matching terms. `progress` hears how many were drawn in all.
///
/// The rounding of `x̂_0` is a part of its error: beyond [`RANGE`](crate::noise_levels::RANGE) it is no longer a small one.
///
/// # Panics
/// If a shape does not fit, or `plan` asks for no samples.
pub fn estimate_bound(
    schedule: &Schedule,
    denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64> + Sync,
    observe: impl Fn(&mut ChaCha8Rng, usize) -> Array2<f64> + Sync,
    plan: &MonteCarlo,
    progress: &(dyn Fn(u64) + Sync),
) -> BoundEstimate {
    let plan = Plan { observe, plan, progress, done: AtomicU64::new(0) };
    plan.bound_in_steps(schedule, |t, x_0, x_t| squared_distances(x_0, &denoiser(x_t, t)))
}

impl BayesVdm {
    /// The same for these data, `x_0` averaged out once `x_t` is drawn (Rao-Blackwell): the error at `x_t` is
    /// `E[|x_0 - x̂_0|² | x_t] = tr Cov(x_0|x_t) + |E[x_0|x_t] - x̂_0|²`, and only `x_t` is left to chance. Where noise is low that is
    /// little.
    ///
    /// # Panics
    /// As [`estimate_bound`].
    pub fn estimate_bound_of(
        &self,
        denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64> + Sync,
        plan: &MonteCarlo,
        progress: &(dyn Fn(u64) + Sync),
    ) -> BoundEstimate {
        let observe = |rng: &mut ChaCha8Rng, n| self.data().sample(n, rng);
        let plan = Plan { observe, plan, progress, done: AtomicU64::new(0) };
        plan.bound_in_steps(self.schedule(), |t, _, x_t| {
            let lost = squared_distances(&self.denoiser().denoise(x_t, t), &denoiser(x_t, t));
            self.denoiser().squared_error(x_t, t) + lost
        })
    }
}

/// What a denoiser loses to the best one, in nats: by how much the bound of [`estimate_bound`] with `denoiser` is below that with
/// `best`, `E[x_0|x_t]`. Both answer the same draws,
/// `Σ_{t=1}^T w_t E|best - denoiser|²` with `w_t = ½ (SNR(t-1) - SNR(t))` and `w_1 = 1/(2 (1-ᾱ_1))`:
/// what `x_t` does not tell of `x_0` is orthogonal to what it tells, and adds nothing. `plan.samples` observations are shared
/// out evenly over the steps, at least 2 for each.
///
/// # Panics
/// As [`estimate_bound`].
pub fn estimate_shortfall(
    schedule: &Schedule,
    denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64> + Sync,
    best: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64> + Sync,
    observe: impl Fn(&mut ChaCha8Rng, usize) -> Array2<f64> + Sync,
    plan: &MonteCarlo,
    progress: &(dyn Fn(u64) + Sync),
) -> Estimate {
    let plan = Plan { observe, plan, progress, done: AtomicU64::new(0) };
    let terms = plan.matching(schedule.steps(), |k, rng, x_0| {
        let t = k + 1;
        let weight = if t == 1 { 0.5 / schedule.noise_variance(1) } else { schedule.snr_weight(t) };
        let x_t = noised_at(schedule.log_snr(t), x_0, rng);
        squared_distances(&best(&x_t, t), &denoiser(&x_t, t)) * weight
    });
    Estimate::sum_of_independent(&terms)
}

/// [`estimate_bound`] in continuous time (Kingma et al. 2021), from the log-SNR `start` down to `end`: the matching term
/// `½ ∫ SNR |x_0 - x̂_0|² dλ` is cut into `strata` of equal length in `λ`, in each of which `λ` is drawn uniformly.
/// `denoiser(x_t, λ)` takes rows (`[n, d]`) with a log-SNR for each (`[n]`).
///
/// # Panics
/// If `start` is not above `end`, there are no strata, a shape does not fit, or `plan` asks for no samples.
pub fn estimate_continuous_bound(
    (start, end): (f64, f64),
    strata: usize,
    denoiser: impl Fn(&ArrayRef2<f64>, &ArrayRef1<f64>) -> Array2<f64> + Sync,
    observe: impl Fn(&mut ChaCha8Rng, usize) -> Array2<f64> + Sync,
    plan: &MonteCarlo,
    progress: &(dyn Fn(u64) + Sync),
) -> BoundEstimate {
    assert!(start > end && strata > 0, "no strata from a log-SNR of {start} down to {end}");
    let plan = Plan { observe, plan, progress, done: AtomicU64::new(0) };
    let width = (start - end) / strata as f64;
    let reconstruction = plan.reconstruction(start, |rng, x_0| {
        let log_snr = Array1::from_elem(x_0.nrows(), start);
        squared_error(x_0, &log_snr, |x_t| denoiser(x_t, &log_snr), rng)
    });
    let matching = plan.matching(strata, |k, rng, x_0| {
        let log_snr: Array1<f64> =
            (0..x_0.nrows()).map(|_| start - width * (k as f64 + rng.random::<f64>())).collect();
        let weight = log_snr.mapv(|log_snr| 0.5 * width * log_snr.exp());
        squared_error(x_0, &log_snr, |x_t| denoiser(x_t, &log_snr), rng) * weight
    });
    plan.bound(reconstruction, end, matching)
}

/// `|x_0 - x̂_0(x_t)|²` of each row (`[n]`) for one `x_t` at its log-SNR.
fn squared_error(
    x_0: &Array2<f64>,
    log_snr: &ArrayRef1<f64>,
    denoise: impl Fn(&ArrayRef2<f64>) -> Array2<f64>,
    rng: &mut ChaCha8Rng,
) -> Array1<f64> {
    squared_distances(x_0, &denoise(&noised(x_0, log_snr, rng)))
}

/// `√ᾱ x_0 + √(1-ᾱ) ε` of each row at its log-SNR.
fn noised(x_0: &Array2<f64>, log_snr: &ArrayRef1<f64>, rng: &mut ChaCha8Rng) -> Array2<f64> {
    let mut x_t = standard_normal(x_0.dim(), rng);
    for ((mut x_t, x_0), &log_snr) in x_t.rows_mut().into_iter().zip(x_0.rows()).zip(log_snr) {
        Amplitudes::at(log_snr).mix_into(&x_0, &mut x_t);
    }
    x_t
}

/// The same at one log-SNR for all rows.
fn noised_at(log_snr: f64, x_0: &Array2<f64>, rng: &mut ChaCha8Rng) -> Array2<f64> {
    let mut x_t = standard_normal(x_0.dim(), rng);
    Amplitudes::at(log_snr).mix_into(x_0, &mut x_t);
    x_t
}

impl<O: Fn(&mut ChaCha8Rng, usize) -> Array2<f64> + Sync> Plan<'_, O> {
    /// The mean of `f` over observations, `samples` of them from the streams of `role`.
    fn estimate(
        &self,
        role: &str,
        samples: u64,
        f: impl Fn(&mut ChaCha8Rng, &Array2<f64>) -> Array1<f64> + Sync,
    ) -> Estimate {
        let plan = MonteCarlo { samples, streams: self.plan.streams.role(role), ..*self.plan };
        let moments = plan.run(&|_| (), |rng, n| {
            let x_0 = (self.observe)(rng, n);
            let values = Moments::of(f(rng, &x_0).as_slice().expect("a vector of its own"));
            (self.progress)(self.done.fetch_add(n as u64, Ordering::Relaxed) + n as u64);
            values
        });
        moments.estimate()
    }

    /// The bound of a schedule from `squared_error(t, x_0, x_t)` of each row (`[n]`).
    fn bound_in_steps(
        &self,
        schedule: &Schedule,
        squared_error: impl Fn(usize, &Array2<f64>, &Array2<f64>) -> Array1<f64> + Sync,
    ) -> BoundEstimate {
        let error = |t: usize, rng: &mut ChaCha8Rng, x_0: &Array2<f64>| {
            squared_error(t, x_0, &noised_at(schedule.log_snr(t), x_0, rng))
        };
        let reconstruction = self.reconstruction(schedule.log_snr(1), |rng, x_0| error(1, rng, x_0));
        let matching = self.matching(schedule.steps() - 1, |k, rng, x_0| {
            error(k + 2, rng, x_0) * schedule.snr_weight(k + 2)
        });
        self.bound(reconstruction, schedule.log_snr(schedule.steps()), matching)
    }

    fn reconstruction(
        &self,
        log_snr: f64,
        squared_error: impl Fn(&mut ChaCha8Rng, &Array2<f64>) -> Array1<f64> + Sync,
    ) -> Estimate {
        let (variance, log_variance) = (sigmoid(-log_snr), log_sigmoid(-log_snr));
        self.estimate("reconstruction", self.plan.samples, |rng, x_0| {
            let constant = x_0.ncols() as f64 * (LN_2PI + log_variance);
            squared_error(rng, x_0).mapv(|square| -0.5 * (constant + square / variance))
        })
    }

    fn matching(
        &self,
        terms: usize,
        term: impl Fn(usize, &mut ChaCha8Rng, &Array2<f64>) -> Array1<f64> + Sync,
    ) -> Vec<Estimate> {
        let samples = self.plan.samples.div_ceil(terms.max(1) as u64).max(2);
        let estimate = |k| self.estimate(&format!("matching {k}"), samples, |rng, x_0| term(k, rng, x_0));
        (0..terms).into_par_iter().map(estimate).collect()
    }

    /// All terms, with `KL(N(√ᾱ x_0, (1-ᾱ) I) ‖ N(0, I))` at the last log-SNR.
    fn bound(&self, reconstruction: Estimate, log_snr: f64, matching: Vec<Estimate>) -> BoundEstimate {
        let prior_matching = self.estimate("prior matching", self.plan.samples, |_, x_0| {
            let (alpha_bar, log_noise) = (sigmoid(log_snr), log_sigmoid(-log_snr));
            squared_norms(x_0).mapv(|square| divergence_from_prior(x_0.ncols(), square, alpha_bar, log_noise))
        });
        let sum =
            Estimate::sum_of_independent([&reconstruction, &prior_matching].into_iter().chain(&matching));
        let elbo = Estimate { mean: 2.0 * reconstruction.mean - sum.mean, ..sum };
        BoundEstimate { reconstruction, prior_matching, matching, elbo }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::{StatisticalTest, Streams};
    use ndarray::array;
    use prob::{Gaussian, Mixture};
    use std::collections::HashSet;
    use std::sync::Mutex;

    fn data() -> Mixture {
        let part = |mean: f64, variance| Gaussian::isotropic(array![mean, 0.5 * mean], variance).unwrap();
        Mixture::new(vec![0.4, 0.6], vec![part(-1.0, 0.2), part(0.8, 0.4)]).unwrap()
    }

    fn observe(rng: &mut ChaCha8Rng, n: usize) -> Array2<f64> {
        data().sample(n, rng)
    }

    /// A denoiser that is wrong everywhere, whose bound is known by quadrature. False alarm 1e-9 a term.
    #[test]
    fn every_term_is_that_of_the_quadrature() {
        let schedule = Schedule::from_log_snr_end_points(6, 3.0, -2.0).unwrap();
        let model = BayesVdm::new(data(), schedule.clone()).unwrap();
        let denoiser = |x_t: &ArrayRef2<f64>, t: usize| x_t.mapv(|x| 0.9 * x.tanh() / t as f64);
        let exact = model.average_bound_of(denoiser).unwrap();
        let plan = MonteCarlo::new(40_000, Streams::new(4));
        let found = estimate_bound(&schedule, denoiser, observe, &plan, &|_| ());
        let test = StatisticalTest::default();
        let averaged = model.estimate_bound_of(denoiser, &plan, &|_| ());
        assert!(test.mean(&averaged.reconstruction, exact.reconstruction).holds);
        for (averaged, exact) in averaged.matching.iter().zip(&exact.matching) {
            assert!(test.mean(averaged, *exact).holds, "{averaged} for {exact}");
        }
        assert!(averaged.elbo.std_err < 0.8 * found.elbo.std_err, "{} and {}", averaged.elbo, found.elbo);
        assert!(test.mean(&found.reconstruction, exact.reconstruction).holds);
        assert!(test.mean(&found.prior_matching, exact.prior_matching).holds);
        assert_eq!(found.matching.len(), 5);
        for (found, exact) in found.matching.iter().zip(&exact.matching) {
            assert!(test.mean(found, *exact).holds, "{found} for {exact}");
            assert_eq!(found.samples, 8000);
        }
        assert!(test.mean(&found.elbo, exact.elbo()).holds, "{} for {}", found.elbo, exact.elbo());
    }

    /// Standard normal data and `x̂_0 = √ᾱ x_t`: the matching term is `½ d log((1 + SNR_start)/(1 + SNR_end))`, the
    /// reconstruction `-½ d (log 2π(1-ᾱ) + 1)` and the prior term `-½ d log(1-ᾱ)`: the bound is `-½ d (log 2π + 1)`.
    #[test]
    fn continuous_time_by_hand() {
        let plan = MonteCarlo::new(40_000, Streams::new(5));
        let normal = |rng: &mut ChaCha8Rng, n| standard_normal((n, 2), rng);
        let denoiser = |x_t: &ArrayRef2<f64>, log_snr: &ArrayRef1<f64>| {
            let signal = log_snr.mapv(|log_snr| sigmoid(log_snr).sqrt());
            &x_t.view() * &signal.insert_axis(ndarray::Axis(1))
        };
        let found = estimate_continuous_bound((4.0, -3.0), 50, denoiser, normal, &plan, &|_| ());
        let test = StatisticalTest::default();
        assert!(test.mean(&found.elbo, -(LN_2PI + 1.0)).holds, "{}", found.elbo);
        assert!(test.mean(&found.reconstruction, -(LN_2PI + log_sigmoid(-4.0) + 1.0)).holds);
        assert!(test.mean(&found.prior_matching, -log_sigmoid(3.0)).holds);
        for (k, found) in found.matching.iter().enumerate() {
            let log_snr = |k: usize| 4.0 - 0.14 * k as f64;
            let exact = log_sigmoid(-log_snr(k + 1)) - log_sigmoid(-log_snr(k));
            assert!(test.mean(found, exact).holds, "stratum {k}: {found} for {exact}");
        }
    }

    /// Against the difference of two bounds by quadrature, from draws of its own. False alarm 1e-9.
    #[test]
    fn the_shortfall_is_the_difference_of_the_bounds() {
        let schedule = Schedule::from_log_snr_end_points(6, 3.0, -2.0).unwrap();
        let model = BayesVdm::new(data(), schedule.clone()).unwrap();
        let denoiser = |x_t: &ArrayRef2<f64>, t: usize| x_t.mapv(|x| 0.9 * x.tanh() / t as f64);
        let best = |x_t: &ArrayRef2<f64>, t| model.denoiser().denoise(x_t, t);
        let exact = model.average_bound().unwrap().elbo() - model.average_bound_of(denoiser).unwrap().elbo();
        let plan = MonteCarlo::new(60_000, Streams::new(7));
        let found = estimate_shortfall(&schedule, denoiser, best, observe, &plan, &|_| ());
        assert!(StatisticalTest::default().mean(&found, exact).holds, "{found} for {exact}");
        assert_eq!(estimate_shortfall(&schedule, best, best, observe, &plan, &|_| ()).mean, 0.0);
    }

    /// The standard error of the bound is the spread of bounds from other seeds: 100 squared deviations in units of it
    /// add up to χ² with 100 degrees of freedom, which chance leads below 39 or above 198 about three times in 10⁸.
    #[test]
    fn the_standard_error_is_that_of_the_bound() {
        let schedule = Schedule::from_log_snr_end_points(5, 2.0, -2.0).unwrap();
        let model = BayesVdm::new(data(), schedule.clone()).unwrap();
        let exact = model.average_bound().unwrap().elbo();
        let squares: f64 = (0..100)
            .map(|seed| {
                let plan = MonteCarlo::new(400, Streams::new(seed));
                let denoiser = |x_t: &ArrayRef2<f64>, t| model.denoiser().denoise(x_t, t);
                estimate_bound(&schedule, denoiser, observe, &plan, &|_| ()).elbo.deviation(exact).powi(2)
            })
            .sum();
        assert!((39.0..198.0).contains(&squares), "{squares}");
    }

    /// One step has no matching terms; progress ends at the number of draws.
    #[test]
    fn one_step_is_reconstruction_and_prior() {
        let schedule = Schedule::from_alphas(&[0.5]).unwrap();
        let plan = MonteCarlo::new(5000, Streams::new(6));
        let last = AtomicU64::new(0);
        let heard = |done| {
            last.fetch_max(done, Ordering::Relaxed);
        };
        let found = estimate_bound(&schedule, |x_t, _| x_t.to_owned(), observe, &plan, &heard);
        assert!(found.matching.is_empty());
        assert_eq!((found.elbo.samples, last.into_inner()), (10_000, 10_000));
    }

    /// Reconstruction, prior matching and four matching terms: no two start from the same observation, or their variances
    /// would not add up.
    #[test]
    fn every_term_has_draws_of_its_own() {
        let schedule = Schedule::from_log_snr_end_points(5, 2.0, -2.0).unwrap();
        let first = Mutex::new(vec![]);
        let observing = |rng: &mut ChaCha8Rng, n| {
            let x_0 = observe(rng, n);
            first.lock().unwrap().push(x_0[[0, 0]].to_bits());
            x_0
        };
        let plan = MonteCarlo::new(8, Streams::new(9));
        estimate_bound(&schedule, |x_t, _| x_t.to_owned(), observing, &plan, &|_| ());
        let first = first.into_inner().unwrap();
        assert_eq!((first.len(), first.iter().collect::<HashSet<_>>().len()), (6, 6));
    }

    /// The reconstruction at the first log-SNR, and 20 draws inside of each of five strata of length 1.
    #[test]
    fn every_stratum_has_its_share() {
        let asked = Mutex::new(vec![]);
        let denoiser = |x_t: &ArrayRef2<f64>, log_snr: &ArrayRef1<f64>| {
            asked.lock().unwrap().extend(log_snr.iter().copied());
            x_t.to_owned()
        };
        let plan = MonteCarlo::new(100, Streams::new(10));
        estimate_continuous_bound((3.0, -2.0), 5, denoiser, observe, &plan, &|_| ());
        let (start, inside): (Vec<f64>, Vec<f64>) =
            asked.into_inner().unwrap().iter().partition(|&&l| l == 3.0);
        assert_eq!((start.len(), inside.len()), (100, 100));
        for k in 0..5 {
            let top = 3.0 - f64::from(k);
            assert_eq!(inside.iter().filter(|&&l| top - 1.0 < l && l <= top).count(), 20, "below {top}");
        }
    }

    /// An answer that costs nothing, so that nothing but the strata can be refused.
    fn bound_over(ends: (f64, f64), strata: usize) -> BoundEstimate {
        let plan = MonteCarlo::new(10, Streams::new(8));
        estimate_continuous_bound(ends, strata, |x_t, _| x_t.to_owned(), observe, &plan, &|_| ())
    }

    #[test]
    #[should_panic(expected = "no strata from a log-SNR of 1 down to 1")]
    fn a_range_without_length_is_refused() {
        bound_over((1.0, 1.0), 5);
    }

    #[test]
    #[should_panic(expected = "no strata from a log-SNR of 1 down to -1")]
    fn no_strata_are_refused() {
        bound_over((1.0, -1.0), 0);
    }
}
