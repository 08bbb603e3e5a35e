//! A way from noise to data by name: what all samplers have in common.

use std::fmt;

use ndarray::{Array2, ArrayRef2};

use super::{ReverseVariance, Sampler, SamplerError, Solver};
use crate::Schedule;

/// A sampler by name, so that all can be compared alike.
///
/// ```
/// use ndarray::array;
/// use vdm::{Method, ReverseVariance, Schedule, Solver};
///
/// let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5])?;
/// // Whatever the rule, what always answers 0.8 is right for data at 0.8.
/// for method in [Method::Ancestral(ReverseVariance::Beta), Method::Ddim(0.0), Method::Solver(Solver::Heun)] {
///     let x_0 = method.run(&schedule, array![[1.3]], |_, _| array![[0.8]], |_| array![[0.1]])?;
///     assert!((x_0[[0, 0]] - 0.8f64).abs() < 1e-15);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Ancestral sampling with this variance ([`Sampler::ancestral`]).
    Ancestral(ReverseVariance),
    /// DDIM with this `η` ([`Sampler::ddim`]).
    Ddim(f64),
    /// A rule of the second order for the probability-flow ODE.
    Solver(Solver),
}

impl Method {
    /// Whether the start is all that chance decides: no noise is asked for, or none is used.
    pub fn is_deterministic(self) -> bool {
        matches!(self, Method::Solver(_)) || self == Method::Ddim(0.0)
    }

    /// How often the denoiser is asked in so many steps, at least one.
    pub fn evaluations(self, steps: usize) -> usize {
        match self {
            Method::Solver(solver) => solver.evaluations(steps),
            Method::Ancestral(_) | Method::Ddim(_) => steps,
        }
    }

    /// All steps from the `noisiest` rows `x_T` (`[n, d]`) down to `x_0` (`[n, d]`): `denoiser(x_t, t)` says what `x_0`
    /// may be, and `noise(t)` gives the noise of step `t`, each `[n, d]`. A solver asks for no noise.
    ///
    /// # Errors
    /// If `η` does not lie between 0 and 1.
    ///
    /// # Panics
    /// If a shape differs.
    pub fn run(
        self,
        schedule: &Schedule,
        noisiest: Array2<f64>,
        denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64>,
        noise: impl FnMut(usize) -> Array2<f64>,
    ) -> Result<Array2<f64>, SamplerError> {
        let sampler = match self {
            Method::Solver(solver) => return Ok(solver.run(schedule, noisiest, denoiser)),
            Method::Ancestral(variance) => Sampler::ancestral(variance),
            Method::Ddim(eta) => Sampler::ddim(eta)?,
        };
        Ok(sampler.run(schedule, noisiest, denoiser, noise))
    }
}

impl fmt::Display for Method {
    /// The name with what there is to choose: `ancestral, σ²` is that with the posterior variance.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::Ancestral(ReverseVariance::Posterior) => f.pad("ancestral, σ²"),
            Method::Ancestral(ReverseVariance::Beta) => f.pad("ancestral, β"),
            Method::Ddim(eta) => f.pad(&format!("DDIM, η = {eta}")),
            Method::Solver(Solver::DpmSolver) => f.pad("DPM-Solver++"),
            Method::Solver(Solver::Heun) => f.pad("Heun"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    const ALL: [Method; 6] = [
        Method::Ancestral(ReverseVariance::Beta),
        Method::Ancestral(ReverseVariance::Posterior),
        Method::Ddim(0.5),
        Method::Ddim(0.0),
        Method::Solver(Solver::Heun),
        Method::Solver(Solver::DpmSolver),
    ];

    /// Evaluations are counted, and whether the answer depends on the noise is seen.
    #[test]
    fn says_what_a_run_does() {
        let schedule = Schedule::from_alphas(&[0.9, 0.8, 0.7, 0.6]).unwrap();
        for method in ALL {
            let asked = std::cell::Cell::new(0);
            let run = |noise: f64| {
                asked.set(0);
                let denoiser = |x: &ArrayRef2<f64>, _| {
                    asked.set(asked.get() + 1);
                    x * 0.5
                };
                method.run(&schedule, array![[0.3]], denoiser, |_| array![[noise]]).unwrap()
            };
            assert_eq!(run(0.0) == run(1.0), method.is_deterministic(), "{method:?}");
            assert_eq!(asked.get(), method.evaluations(4), "{method:?}");
        }
    }

    /// The names of tables, which are padded to their column.
    #[test]
    fn names_tell_all_apart() {
        let names = ALL.map(|method| method.to_string());
        let expected =
            ["ancestral, β", "ancestral, σ²", "DDIM, η = 0.5", "DDIM, η = 0", "Heun", "DPM-Solver++"];
        assert_eq!(names, expected);
        assert_eq!(format!("{:<6}|{:>15}", ALL[4], ALL[2]), "Heun  |  DDIM, η = 0.5");
    }

    #[test]
    fn refuses_an_eta_that_is_none() {
        let schedule = Schedule::from_alphas(&[0.9]).unwrap();
        let refused = Method::Ddim(1.5).run(&schedule, array![[0.3]], |x, _| x.to_owned(), |_| array![[0.0]]);
        assert_eq!(refused, Err(SamplerError { eta: 1.5 }));
    }
}
