//! The study behind the second figure of the chapter `training`: a learned denoiser on the line beside the exact one.

use prob::standard_normal;
use std::error::Error;

use learned::Toy;
use montecarlo::{Estimate, Moments, Streams};
use ndarray::{Array1, Array2};
use prob::numerics::sigmoid;
use vdm::{Channel, DenoiserNet, ExactDenoiser, Schedule};

/// Log-SNR at which the denoisers are shown, from little noise to much.
pub const SHOWN: [f64; 3] = [3.0, 0.0, -3.0];
/// From `-REACH` to `REACH` along `x_t`.
pub const REACH: f64 = 3.2;
/// Intervals along `x_t`.
const CELLS: usize = 320;
/// Draws for each squared error.
const DRAWS: usize = 20_000;

/// Both denoisers at one noise level, as functions of `x_t`.
#[derive(Clone, Debug)]
pub struct Level {
    /// `log SNR`.
    pub log_snr: f64,
    /// `(x_t, E[x_0|x_t])`.
    pub exact: Vec<(f64, f64)>,
    /// `(x_t, x̂_0(x_t))`.
    pub learned: Vec<(f64, f64)>,
    /// `(x_t, q(x_t))`.
    pub density: Vec<(f64, f64)>,
}

/// The squared error against the log-SNR.
#[derive(Clone, Debug)]
pub struct Errors {
    /// `(log SNR, E|x_0 - E[x_0|x_t]|²)` by quadrature: the least there can be.
    pub least: Vec<(f64, f64)>,
    /// `(log SNR, E|x_0 - x̂_0|²)` by Monte Carlo, which knows of no exact denoiser.
    pub learned: Vec<(f64, Estimate)>,
    /// `(log SNR, E|E[x_0|x_t] - x̂_0|²)` by quadrature: what is learned less well than could be.
    pub excess: Vec<(f64, f64)>,
}

/// The denoisers at the levels that are shown.
///
/// # Errors
/// Never for a preset on the line.
pub fn levels(toy: &Toy, denoiser: &DenoiserNet) -> Result<[Level; 3], Box<dyn Error + Send + Sync>> {
    let schedule = Schedule::from_log_snrs(&SHOWN)?;
    let exact = ExactDenoiser::new(toy.mixture(), &schedule)?;
    let x_t = places(REACH, CELLS);
    let beside = |y: Vec<f64>| x_t.iter().copied().zip(y).collect();
    Ok([1, 2, 3].map(|t| Level {
        log_snr: SHOWN[t - 1],
        exact: beside(exact.denoise(&x_t, t).into_iter().collect()),
        learned: beside(denoiser.denoise(&x_t, &schedule, t).into_iter().collect()),
        density: beside(exact.log_prob(&x_t, t).mapv(f64::exp).to_vec()),
    }))
}

/// The squared errors at 41 levels from `start` down to `end`, that of the learned denoiser at every second of them.
///
/// # Errors
/// If the levels do not fall, or a quadrature does not converge.
pub fn errors(
    toy: &Toy,
    denoiser: &DenoiserNet,
    (start, end): (f64, f64),
    streams: Streams,
) -> Result<Errors, Box<dyn Error + Send + Sync>> {
    let schedule = Schedule::from_log_snr_end_points(41, start, end)?;
    let exact = ExactDenoiser::new(toy.mixture(), &schedule)?;
    // Eight standard deviations beyond what bounds the means of the presets on the line.
    let (reach, cells) = (12.0, 4000);
    let x = places(reach, cells);
    let mut errors = Errors { least: vec![], learned: vec![], excess: vec![] };
    for t in 1..=41 {
        let log_snr = schedule.log_snr(t);
        errors.least.push((log_snr, Channel::new(toy.mixture(), log_snr.exp())?.mmse()?));
        // Both ends of the sum have no density, so that it is the trapezoidal rule.
        let off = exact.denoise(&x, t) - denoiser.denoise(&x, &schedule, t);
        let density = exact.log_prob(&x, t).mapv(f64::exp);
        let sum: f64 = off.iter().zip(&density).map(|(off, q)| off * off * q).sum();
        errors.excess.push((log_snr, sum * 2.0 * reach / cells as f64));
        if t % 2 == 1 {
            errors
                .learned
                .push((log_snr, squared_error(toy, denoiser, log_snr, streams.role(&t.to_string()))));
        }
    }
    Ok(errors)
}

/// `E|x_0 - x̂_0(x_t)|²` at one noise level.
fn squared_error(toy: &Toy, denoiser: &DenoiserNet, log_snr: f64, streams: Streams) -> Estimate {
    let rng = &mut streams.rng(0);
    let x_0 = toy.draw(rng, DRAWS);
    let eps: Array2<f64> = standard_normal(x_0.dim(), rng);
    let x_t = &x_0 * sigmoid(log_snr).sqrt() + eps * sigmoid(-log_snr).sqrt();
    let off = denoiser.denoise_at(&x_t, &Array1::from_elem(DRAWS, log_snr)) - x_0;
    off.iter().map(|off| off * off).collect::<Moments>().estimate()
}

/// Places from `-reach` to `reach`, as rows.
fn places(reach: f64, cells: usize) -> Array2<f64> {
    Array2::from_shape_fn((cells + 1, 1), |(i, _)| reach * (2.0 * i as f64 / cells as f64 - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use montecarlo::StatisticalTest;
    use ndarray::array;
    use std::f64::consts::TAU;
    use toy::Preset;
    use vdm::Parameterisation;

    /// Three routes to one number: what is drawn is the least error and what is above it. False alarm 1e-9 a level.
    #[test]
    fn a_squared_error_is_the_least_and_the_excess() {
        let toy = Toy::new(Preset::Bimodal);
        let rng = &mut Streams::new(1).rng(0);
        let untrained = DenoiserNet::new(1, &[8], Parameterisation::Velocity, rng);
        let errors = errors(&toy, &untrained, (5.0, -5.0), Streams::new(2)).unwrap();
        assert_eq!((errors.least.len(), errors.learned.len()), (41, 21));
        for (k, (log_snr, found)) in errors.learned.iter().enumerate() {
            let (least, excess) = (errors.least[2 * k], errors.excess[2 * k]);
            assert!(least.0 == *log_snr && excess.0 == *log_snr);
            let verdict = StatisticalTest::default().mean(found, least.1 + excess.1);
            assert!(verdict.holds, "at {log_snr}: {found} for {} + {}", least.1, excess.1);
        }
    }

    /// Each curve is that of its level. `bimodal` is `½ N(-m, s²) + ½ N(m, s²)`, so that with `α² = σ(log SNR)`, `σ² = 1 - α²`
    /// and `v = α²s² + σ²` the density of `x_t` is `e^{-(x_t² + α²m²)/2v} cosh(αm x_t/v)/√(2πv)` and
    /// `E[x_0|x_t] = (αs² x_t + σ² m tanh(αm x_t/v))/v`.
    #[test]
    fn curves_are_those_of_their_levels_from_little_noise_to_much() {
        let toy = Toy::new(Preset::Bimodal);
        let rng = &mut Streams::new(1).rng(0);
        let net = DenoiserNet::new(1, &[8], Parameterisation::Velocity, rng);
        let levels = levels(&toy, &net).unwrap();
        assert!(levels.windows(2).all(|pair| pair[0].log_snr > pair[1].log_snr));
        let (m, s2) = (1.5, 0.09);
        for Level { log_snr, exact, learned, density } in &levels {
            let (alpha, sigma2) = (sigmoid(*log_snr).sqrt(), sigmoid(-log_snr));
            let v = alpha * alpha * s2 + sigma2;
            for (i, &(x, exact)) in exact.iter().enumerate() {
                let pull = alpha * m * x / v;
                assert_abs_diff_eq!(exact, (alpha * s2 * x + sigma2 * m * pull.tanh()) / v, epsilon = 1e-12);
                let bell = (-(x * x + (alpha * m).powi(2)) / (2.0 * v)).exp() / (TAU * v).sqrt();
                assert_abs_diff_eq!(density[i].1, bell * pull.cosh(), epsilon = 1e-12);
                assert_eq!(learned[i].1, net.denoise_at(&array![[x]], &array![*log_snr])[[0, 0]]);
                assert!(density[i].0 == x && learned[i].0 == x);
            }
            assert_eq!((exact[0].0, exact[CELLS].0, exact.len()), (-REACH, REACH, CELLS + 1));
        }
    }
}
