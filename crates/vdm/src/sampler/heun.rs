//! Heun's rule on the probability-flow ODE (Karras et al. 2022): the mean of the slopes at both ends of a step.

use ndarray::{Array2, ArrayRef2};

use super::denoised;
use super::solver::{at_constant_x_0, step_size};
use crate::Schedule;

/// With `x'` the step of DDIM, `x_{t-1} = x' + ½ √ᾱ_{t-1} (e^{h_t} - 1) (x̂_0(x', t-1) - x̂_0(x_t, t))`: what remains of the mean
/// of the slopes `(y - x̂_0)/σ` at both ends once the first is taken out, `e^{h_t} = σ_t/σ_{t-1}`. The last step, to `σ = 0`
/// where there is no slope, is that of DDIM.
pub(super) fn run(
    schedule: &Schedule,
    noisiest: Array2<f64>,
    denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64>,
) -> Array2<f64> {
    let x_1 = (2..=schedule.steps()).rev().fold(noisiest, |x_t, t| {
        let x_0 = denoised(&denoiser, &x_t, t);
        let predicted = at_constant_x_0(schedule, t, &x_t, &x_0);
        let change = denoised(&denoiser, &predicted, t - 1) - x_0;
        predicted + change * (0.5 * schedule.alpha_bar(t - 1).sqrt() * step_size(schedule, t).exp_m1())
    });
    denoised(&denoiser, &x_1, 1)
}

#[cfg(test)]
mod tests {
    use crate::{Schedule, Solver};
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;

    /// The rule as Karras et al. write it, in `y = x/√ᾱ` and `σ = √(1-ᾱ)/√ᾱ`, which end at 0.
    fn printed(alpha_bars: &[f64], start: f64, x_0: impl Fn(f64, usize) -> f64) -> f64 {
        let root = |t: usize| alpha_bars[t - 1].sqrt();
        let sigma = |t: usize| if t == 0 { 0.0 } else { (1.0 - alpha_bars[t - 1]).sqrt() / root(t) };
        let slope = |y: f64, t: usize| (y - x_0(root(t) * y, t)) / sigma(t);
        let mut y = start / root(alpha_bars.len());
        for t in (1..=alpha_bars.len()).rev() {
            let d = slope(y, t);
            let mut next = y + (sigma(t - 1) - sigma(t)) * d;
            if t > 1 {
                next = y + (sigma(t - 1) - sigma(t)) * 0.5 * (d + slope(next, t - 1));
            }
            y = next;
        }
        y
    }

    proptest! {
        #[test]
        fn is_the_printed_rule(alphas in prop::collection::vec(0.1..0.95f64, 1..6), start in -3.0..3.0f64) {
            let alpha_bars: Vec<f64> = (1..=alphas.len()).map(|t| alphas[..t].iter().product()).collect();
            let x_0 = |x: f64, t: usize| (0.5 * x + 0.3 * t as f64).sin();
            let schedule = Schedule::from_alphas(&alphas).unwrap();
            let found = Solver::Heun.run(&schedule, array![[start]], |x, t| x.mapv(|x| x_0(x, t)));
            let expected = printed(&alpha_bars, start, x_0);
            assert_relative_eq!(found[[0, 0]], expected, max_relative = 1e-7, epsilon = 1e-7);
        }
    }
}
