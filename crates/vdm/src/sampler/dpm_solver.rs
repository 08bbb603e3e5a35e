//! DPM-Solver++ (2M) (Lu et al. 2022): the predicted `x_0` is carried on along the line through the last two.

use ndarray::{Array2, ArrayRef2};

use super::denoised;
use super::solver::{at_constant_x_0, step_size};
use crate::Schedule;

/// `x_{t-1} = (σ_{t-1}/σ_t) x_t + √ᾱ_{t-1} (1 - e^{-h_t}) D` with `σ_t = √(1-ᾱ_t)`, `h_t` the step in half the log-SNR, and
/// `D = x̂_0(x_t) + (h_t / 2h_{t+1}) (x̂_0(x_t) - x̂_0(x_{t+1}))`: the line through the last two at the middle of the step.
/// The first step has no memory and the last, which is infinitely long, does without: `D = x̂_0`.
pub(super) fn run(
    schedule: &Schedule,
    noisiest: Array2<f64>,
    denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64>,
) -> Array2<f64> {
    let (mut x_t, mut before): (_, Option<Array2<f64>>) = (noisiest, None);
    for t in (2..=schedule.steps()).rev() {
        let x_0 = denoised(&denoiser, &x_t, t);
        let carried_on = match &before {
            None => x_0.clone(),
            Some(before) => {
                let share = 0.5 * step_size(schedule, t) / step_size(schedule, t + 1);
                &x_0 + (&x_0 - before) * share
            }
        };
        x_t = at_constant_x_0(schedule, t, &x_t, &carried_on);
        before = Some(x_0);
    }
    denoised(&denoiser, &x_t, 1)
}

#[cfg(test)]
mod tests {
    use crate::{Schedule, Solver};
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;

    /// The algorithm as Lu et al. write it, with `α_t`, `σ_t` and `λ_t = log(α_t/σ_t)` of their notation.
    fn printed(alpha_bars: &[f64], start: f64, x_0: impl Fn(f64, usize) -> f64) -> f64 {
        let alpha = |t: usize| alpha_bars[t - 1].sqrt();
        let sigma = |t: usize| (1.0 - alpha_bars[t - 1]).sqrt();
        let lambda = |t: usize| (alpha(t) / sigma(t)).ln();
        let last = alpha_bars.len();
        let (mut x, mut buffer) = (start, vec![]);
        for t in (2..=last).rev() {
            buffer.push(x_0(x, t));
            let h = lambda(t - 1) - lambda(t);
            let d = match buffer[..] {
                [.., before, now] => {
                    let r = (lambda(t) - lambda(t + 1)) / h;
                    (1.0 + 1.0 / (2.0 * r)) * now - 1.0 / (2.0 * r) * before
                }
                _ => buffer[0],
            };
            x = sigma(t - 1) / sigma(t) * x - alpha(t - 1) * ((-h).exp() - 1.0) * d;
        }
        x_0(x, 1)
    }

    proptest! {
        #[test]
        fn is_the_printed_algorithm(alphas in prop::collection::vec(0.1..0.95f64, 1..6), start in -3.0..3.0f64) {
            let alpha_bars: Vec<f64> = (1..=alphas.len()).map(|t| alphas[..t].iter().product()).collect();
            let x_0 = |x: f64, t: usize| (x + 0.3 * t as f64).sin();
            let schedule = Schedule::from_alphas(&alphas).unwrap();
            let found = Solver::DpmSolver.run(&schedule, array![[start]], |x, t| x.mapv(|x| x_0(x, t)));
            let expected = printed(&alpha_bars, start, x_0);
            assert_relative_eq!(found[[0, 0]], expected, max_relative = 1e-8, epsilon = 1e-9);
        }
    }
}
