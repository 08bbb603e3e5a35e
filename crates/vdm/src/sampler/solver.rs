//! The probability-flow ODE: data from noise along a flow whose laws are `q(x_t)` (Song et al. 2021).
//!
//! With `y = x/√ᾱ` and `σ = √(1-ᾱ)/√ᾱ = SNR^{-½}` it reads `dy/dσ = (y - x̂_0)/σ`. A step of DDIM without noise is exact where
//! `x̂_0` does not change along it. The rules of the second order know how it changes from a second evaluation: DPM-Solver++
//! (2M) from the one before, Heun's rule from one at the end of the step.

use ndarray::{Array2, ArrayRef2};
use ndarray_rand::rand::Rng;
use prob::standard_normal;

use super::{ddim, dpm_solver, heun};
use crate::Schedule;

/// A rule of the second order for the probability-flow ODE: the error falls as the square of the step in log-SNR.
///
/// ```
/// use ndarray::array;
/// use vdm::{Schedule, Solver};
///
/// let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5])?;
/// // What always answers 0.8 is right for data at 0.8.
/// let x_0 = Solver::Heun.run(&schedule, array![[1.3]], |_, _| array![[0.8]]);
/// assert!((x_0[[0, 0]] - 0.8f64).abs() < 1e-15);
/// assert_eq!((Solver::Heun.evaluations(3), Solver::DpmSolver.evaluations(3)), (5, 3));
/// # Ok::<(), vdm::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Solver {
    /// DPM-Solver++ (2M) (Lu et al. 2022): one evaluation a step and the memory of the one before.
    DpmSolver,
    /// Heun's rule in `σ` (Karras et al. 2022): two evaluations a step, but one at the last.
    Heun,
}

impl Solver {
    /// Both.
    pub const ALL: [Solver; 2] = [Solver::DpmSolver, Solver::Heun];

    /// How often the denoiser is asked in so many steps, at least one.
    pub fn evaluations(self, steps: usize) -> usize {
        match self {
            Solver::DpmSolver => steps,
            Solver::Heun => 2 * steps - 1,
        }
    }

    /// All steps from the `noisiest` rows `x_T` (`[n, d]`) down to `x_0` (`[n, d]`): `denoiser(x_t, t)` says what `x_0`
    /// may be, `[n, d]`. The last step returns what it says at `x_1`.
    ///
    /// # Panics
    /// If a shape differs.
    pub fn run(
        self,
        schedule: &Schedule,
        noisiest: Array2<f64>,
        denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64>,
    ) -> Array2<f64> {
        match self {
            Solver::DpmSolver => dpm_solver::run(schedule, noisiest, denoiser),
            Solver::Heun => heun::run(schedule, noisiest, denoiser),
        }
    }

    /// `n` samples in `d` dimensions (`[n, d]`) from standard normal rows, the only chance there is.
    ///
    /// # Panics
    /// If the denoiser returns another shape.
    pub fn sample<R: Rng + ?Sized>(
        self,
        schedule: &Schedule,
        denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64>,
        (n, d): (usize, usize),
        rng: &mut R,
    ) -> Array2<f64> {
        self.run(schedule, standard_normal((n, d), rng), denoiser)
    }
}

/// The step from `t` to `t-1`, `t ≥ 2`, at a constant `x̂_0`: that of DDIM without noise.
pub(super) fn at_constant_x_0(
    schedule: &Schedule,
    t: usize,
    x_t: &ArrayRef2<f64>,
    x_0: &ArrayRef2<f64>,
) -> Array2<f64> {
    let step = ddim::coefficients(0.0, schedule, t);
    &x_t.view() * step.of_x_t + &x_0.view() * step.of_x_0
}

/// `h_t = ½ (log SNR(t-1) - log SNR(t))`, `t ≥ 2`: the step in `log 1/σ`.
pub(super) fn step_size(schedule: &Schedule, t: usize) -> f64 {
    0.5 * (schedule.log_snr(t - 1) - schedule.log_snr(t))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ExactDenoiser;
    use ndarray::array;
    use prob::{Gaussian, Mixture};

    /// Log-SNRs evenly spaced from 3 to -5, data `N(0.5, 0.25)`: the flow carries `x_T` to
    /// `√ᾱ_1 m + √(C_1/C_T) (x_T - √ᾱ_T m)`, `C = ᾱ v + 1-ᾱ`. Twice as many steps leave a quarter of the error.
    #[test]
    fn errors_fall_as_the_square_of_the_number_of_steps() {
        let data = Mixture::from(Gaussian::isotropic(array![0.5], 0.25).unwrap());
        let start = array![[-1.7], [0.3], [2.1]];
        for solver in Solver::ALL {
            let error = |steps: usize| {
                let schedule = Schedule::from_log_snr_end_points(steps, 3.0, -5.0).unwrap();
                let denoiser = ExactDenoiser::new(&data, &schedule).unwrap();
                let end = |t| {
                    let alpha_bar = schedule.alpha_bar(t);
                    (alpha_bar.sqrt() * 0.5, (1.0 - 0.75 * alpha_bar).sqrt())
                };
                let ((m_1, s_1), (m_t, s_t)) = (end(1), end(steps));
                let exact = denoiser.denoise(&start.mapv(|x| m_1 + s_1 / s_t * (x - m_t)), 1);
                let found = solver.run(&schedule, start.clone(), |x, t| denoiser.denoise(x, t));
                (found - exact).mapv(f64::abs).sum()
            };
            let ratio = error(1024) / error(2048);
            assert!((3.8..4.2).contains(&ratio), "{solver:?}: {ratio}");
        }
    }

    #[test]
    fn asks_the_denoiser_as_often_as_it_says() {
        let schedule = Schedule::from_alphas(&[0.9, 0.8, 0.7, 0.6]).unwrap();
        for solver in Solver::ALL {
            for steps in 1..=4 {
                let times: Vec<usize> = (1..=steps).collect();
                let schedule = schedule.strided(&times).unwrap();
                let asked = std::cell::Cell::new(0);
                solver.run(&schedule, array![[0.3]], |x, _| {
                    asked.set(asked.get() + 1);
                    x.to_owned()
                });
                assert_eq!(asked.get(), solver.evaluations(steps));
            }
        }
    }

    /// The start is all that chance decides.
    #[test]
    fn a_sample_is_a_run_from_its_own_start() {
        use ndarray_rand::rand::{SeedableRng, rngs::StdRng};
        let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5]).unwrap();
        let denoiser = |x_t: &ArrayRef2<f64>, t: usize| x_t.mapv(|x| x / (1.0 + t as f64));
        let start = standard_normal((4, 2), &mut StdRng::seed_from_u64(7));
        for solver in Solver::ALL {
            let found = solver.sample(&schedule, denoiser, (4, 2), &mut StdRng::seed_from_u64(7));
            assert_eq!(found, solver.run(&schedule, start.clone(), denoiser));
        }
    }
}
