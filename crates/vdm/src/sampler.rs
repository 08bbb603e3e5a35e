//! From noise back to data: ancestral sampling (Ho et al. 2020), DDIM (Song, Meng and Ermon 2021), and solvers of the
//! probability-flow ODE of the second order.
//!
//! | module | what is here |
//! |---|---|
//! | [`ancestral`] | steps with noise, of either variance |
//! | [`ddim`] | steps with a share `η` of that noise, or none |
//! | [`method`] | each of them by name |
//! | [`solver`] | what both solvers of the probability-flow ODE have in common |
//! | [`dpm_solver`] | DPM-Solver++ (2M): a multistep rule (Lu et al. 2022) |
//! | [`heun`] | Heun's rule: two evaluations a step (Karras et al. 2022) |
//!
//! Every step of the first two is `x_{t-1} = a x_t + b x̂_0 + s ε`, with `x̂_0` what a denoiser makes of `x_t`; a [`Sampler`]
//! is a rule for the three numbers. At `t = 1` they are `(0, 1, 0)`: the last step returns `x̂_0` and adds no noise. The
//! solvers correct the step of DDIM by a second `x̂_0`.

pub mod ancestral;
pub mod ddim;
pub mod dpm_solver;
pub mod heun;
pub mod method;
pub mod solver;

use ndarray::{Array2, ArrayRef2};
use ndarray_rand::rand::Rng;
use prob::standard_normal;

use crate::Schedule;

pub use ancestral::ReverseVariance;
pub use ddim::SamplerError;
pub use method::Method;
pub use solver::Solver;

/// A rule for going from `x_t` to `x_{t-1}`.
///
/// ```
/// use ndarray::array;
/// use vdm::{ReverseVariance, Sampler, Schedule};
///
/// let schedule = Schedule::from_alphas(&[0.9, 0.7])?;
/// let sampler = Sampler::ancestral(ReverseVariance::Posterior);
/// // A denoiser that always answers 0.8 is right for data at 0.8, and no noise is added at the end.
/// let x_0 = sampler.run(&schedule, array![[1.3]], |_, _| array![[0.8]], |_| array![[2.0]]);
/// assert!((x_0[[0, 0]] - 0.8f64).abs() < 1e-15);
/// # Ok::<(), vdm::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler(Rule);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    Ancestral(ReverseVariance),
    Ddim { eta: f64 },
}

/// The three numbers of a step `x_{t-1} = a x_t + b x̂_0 + s ε`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficients {
    /// `a`.
    pub of_x_t: f64,
    /// `b`.
    pub of_x_0: f64,
    /// `s`, a standard deviation.
    pub of_noise: f64,
}

impl Sampler {
    /// `x_{t-1} = μ_q(x_t, x̂_0) + √variance ε` (Ho et al. 2020).
    pub fn ancestral(variance: ReverseVariance) -> Self {
        Self(Rule::Ancestral(variance))
    }

    /// `x_{t-1} = √ᾱ_{t-1} x̂_0 + √(1-ᾱ_{t-1}-σ²) ε̂ + σ ε` with the noise `ε̂ = (x_t - √ᾱ_t x̂_0)/√(1-ᾱ_t)` that the
    /// denoiser sees in `x_t`, and `σ = η σ_q(t)` (Song et al. 2021). `η = 0` is deterministic; `η = 1` is ancestral
    /// sampling.
    ///
    /// # Errors
    /// If `eta` does not lie between 0 and 1.
    pub fn ddim(eta: f64) -> Result<Self, SamplerError> {
        if (0.0..=1.0).contains(&eta) { Ok(Self(Rule::Ddim { eta })) } else { Err(SamplerError { eta }) }
    }

    /// The numbers of the step from `t` to `t-1`, `t = 1 … T`.
    ///
    /// # Panics
    /// If there is no step `t`, as every method here.
    pub fn coefficients(&self, schedule: &Schedule, t: usize) -> Coefficients {
        if t == 1 {
            return Coefficients { of_x_t: 0.0, of_x_0: 1.0, of_noise: 0.0 };
        }
        match self.0 {
            Rule::Ancestral(variance) => ancestral::coefficients(variance, schedule, t),
            Rule::Ddim { eta } => ddim::coefficients(eta, schedule, t),
        }
    }

    /// `x_{t-1}` from `x_t`, the denoised `x_0` and standard normal noise `eps`, all `[n, d]`.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn step(
        &self,
        schedule: &Schedule,
        t: usize,
        x_t: &ArrayRef2<f64>,
        x_0: &ArrayRef2<f64>,
        eps: &ArrayRef2<f64>,
    ) -> Array2<f64> {
        assert_eq!((x_0.dim(), eps.dim()), (x_t.dim(), x_t.dim()), "x_0 or noise of another shape than x_t");
        let Coefficients { of_x_t, of_x_0, of_noise } = self.coefficients(schedule, t);
        let mut next = &x_t.view() * of_x_t;
        next.scaled_add(of_x_0, x_0);
        next.scaled_add(of_noise, eps);
        next
    }

    /// All steps from the `noisiest` rows `x_T` (`[n, d]`) down to `x_0` (`[n, d]`): `denoiser(x_t, t)` says what `x_0`
    /// may be, and `noise(t)` gives the noise of step `t`, each `[n, d]`. At the last step no noise is asked for.
    ///
    /// # Panics
    /// If a shape differs.
    pub fn run(
        &self,
        schedule: &Schedule,
        noisiest: Array2<f64>,
        denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64>,
        mut noise: impl FnMut(usize) -> Array2<f64>,
    ) -> Array2<f64> {
        let x_1 = (2..=schedule.steps())
            .rev()
            .fold(noisiest, |x_t, t| self.step(schedule, t, &x_t, &denoiser(&x_t, t), &noise(t)));
        denoised(&denoiser, &x_1, 1)
    }

    /// `n` samples in `d` dimensions (`[n, d]`), from standard normal rows down.
    ///
    /// # Panics
    /// If the denoiser returns another shape.
    pub fn sample<R: Rng + ?Sized>(
        &self,
        schedule: &Schedule,
        denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64>,
        (n, d): (usize, usize),
        rng: &mut R,
    ) -> Array2<f64> {
        let noisiest = standard_normal((n, d), rng);
        self.run(schedule, noisiest, denoiser, |_| standard_normal((n, d), rng))
    }
}

/// What the denoiser answers at `x_t`.
///
/// # Panics
/// If that has another shape.
fn denoised(
    denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64>,
    x_t: &ArrayRef2<f64>,
    t: usize,
) -> Array2<f64> {
    let x_0 = denoiser(x_t, t);
    assert_eq!(x_0.dim(), x_t.dim(), "an answer of another shape than x_t");
    x_0
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    fn schedule() -> Schedule {
        Schedule::from_alphas(&[0.9, 0.7, 0.5]).unwrap()
    }

    /// ᾱ = .9, .63, .315: the numbers of step 3 by hand.
    #[test]
    fn the_numbers_of_a_step_by_hand() {
        let variance: f64 = 0.5 * 0.37 / 0.685;
        let ancestral = Sampler::ancestral(ReverseVariance::Posterior).coefficients(&schedule(), 3);
        assert_relative_eq!(ancestral.of_x_t, 0.5f64.sqrt() * 0.37 / 0.685, max_relative = 1e-13);
        assert_relative_eq!(ancestral.of_x_0, 0.63f64.sqrt() * 0.5 / 0.685, max_relative = 1e-13);
        assert_relative_eq!(ancestral.of_noise, variance.sqrt(), max_relative = 1e-13);
        let wide = Sampler::ancestral(ReverseVariance::Beta).coefficients(&schedule(), 3);
        assert_relative_eq!(wide.of_noise, 0.5f64.sqrt(), max_relative = 1e-13);
        let ddim = Sampler::ddim(0.5).unwrap().coefficients(&schedule(), 3);
        let of_x_t = ((0.37 - 0.25 * variance) / 0.685).sqrt();
        assert_relative_eq!(ddim.of_x_t, of_x_t, max_relative = 1e-13);
        assert_relative_eq!(ddim.of_x_0, 0.63f64.sqrt() - of_x_t * 0.315f64.sqrt(), max_relative = 1e-13);
        assert_relative_eq!(ddim.of_noise, 0.5 * variance.sqrt(), max_relative = 1e-13);
    }

    /// The denoiser is asked at every step, the noise at every step but the last.
    #[test]
    fn walks_every_step_once_and_ends_without_noise() {
        let asked = std::cell::RefCell::new(Vec::new());
        let mut drawn = Vec::new();
        let x_0 = Sampler::ancestral(ReverseVariance::Beta).run(
            &schedule(),
            array![[0.2, 0.4]],
            |_, t| {
                asked.borrow_mut().push(t);
                array![[0.8, -0.1]]
            },
            |t| {
                drawn.push(t);
                array![[9.0, 9.0]]
            },
        );
        assert_eq!((asked.into_inner(), drawn), (vec![3, 2, 1], vec![3, 2]));
        assert_eq!(x_0, array![[0.8, -0.1]]);
    }

    /// `a x_t + b x̂_0 + s ε` with the three numbers of above, one row for each of the three.
    #[test]
    fn a_step_adds_what_its_numbers_say() {
        let sampler = Sampler::ancestral(ReverseVariance::Beta);
        let Coefficients { of_x_t, of_x_0, of_noise } = sampler.coefficients(&schedule(), 3);
        let (x_t, x_0, eps) =
            (array![[2.0], [0.0], [0.0]], array![[0.0], [3.0], [0.0]], array![[0.0], [0.0], [-5.0]]);
        let stepped = sampler.step(&schedule(), 3, &x_t, &x_0, &eps);
        assert_eq!(stepped, array![[2.0 * of_x_t], [3.0 * of_x_0], [-5.0 * of_noise]]);
    }

    /// The draws are `x_T` and then the noise of the steps from the top, all from the one generator.
    #[test]
    fn a_sample_is_a_run_on_its_own_draws() {
        use ndarray_rand::rand::{SeedableRng, rngs::StdRng};
        let (sampler, schedule) = (Sampler::ddim(0.5).unwrap(), schedule());
        let denoiser = |x_t: &ArrayRef2<f64>, t: usize| x_t.mapv(|x| x / (1.0 + t as f64));
        let found = sampler.sample(&schedule, denoiser, (4, 2), &mut StdRng::seed_from_u64(7));
        let mut rng = StdRng::seed_from_u64(7);
        let mut draw = || standard_normal((4, 2), &mut rng);
        let noisiest = draw();
        assert_eq!(found, sampler.run(&schedule, noisiest, denoiser, |_| draw()));
        assert_eq!(found.dim(), (4, 2));
    }
}
