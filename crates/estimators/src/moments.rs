//! Exact mean and variance of a term: of a quadratic polynomial of standard normal noise.

use ndarray::Array1;

use crate::noise_form::NoiseForm;
use crate::noise_quadratic::{NoiseQuadratic, norm_squared};
use crate::problem::Observation;
use crate::{Problem, Term};

/// Mean of a random number, and its variance by what happens when all noise changes its sign: `f = c + b'ε + ε'Mε` has
/// `odd = |b|²` and `even = 2 tr(M²)`. Antithetic noise cancels the odd part.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    /// `E f`, in nats.
    pub mean: f64,
    /// Variance of the part that stays when the noise is reflected, in nats².
    pub even: f64,
    /// Variance of the part that changes sign, in nats².
    pub odd: f64,
}

impl Moments {
    /// `Var f = even + odd`, in nats².
    pub fn variance(&self) -> f64 {
        self.even + self.odd
    }

    /// `√(E f²)`, in nats; also where `E f²` leaves the range of f64.
    pub fn root_mean_square(&self) -> f64 {
        self.mean.hypot(self.variance().sqrt())
    }

    /// Of a mixture of cases: the variance between their means is even, as reflection leaves the case as it is.
    pub(crate) fn mixed(cases: impl Iterator<Item = (f64, Moments)> + Clone) -> Moments {
        let mean: f64 = cases.clone().map(|(weight, case)| weight * case.mean).sum();
        let between = cases.clone().map(|(weight, case)| weight * (case.mean - mean).powi(2)).sum::<f64>();
        Moments {
            mean,
            even: between + cases.clone().map(|(weight, case)| weight * case.even).sum::<f64>(),
            odd: cases.map(|(weight, case)| weight * case.odd).sum(),
        }
    }
}

impl Term {
    /// Mean and variance of the term, its variables drawn afresh; `None` if it is no quadratic of Gaussian variables.
    pub fn moments(&self, problem: &Problem) -> Option<Moments> {
        let at = |part: &Observation| Some((part.weight, self.moments_at(problem, part)?));
        let parts: Option<Vec<(f64, Moments)>> = problem.observations().iter().map(at).collect();
        Some(Moments::mixed(parts?.into_iter()))
    }

    pub(crate) fn moments_at(&self, problem: &Problem, observation: &Observation) -> Option<Moments> {
        self.expand(problem, observation).map(|quadratic| quadratic.moments())
    }

    /// `b` of `c + b'ε + ε'Mε`, the noise of `x` first.
    pub(crate) fn slope_at(&self, problem: &Problem, observation: &Observation) -> Option<Array1<f64>> {
        self.expand(problem, observation).map(|quadratic| quadratic.slope)
    }

    /// The term as a function of the noise.
    fn expand(&self, problem: &Problem, observation: &Observation) -> Option<NoiseQuadratic> {
        let law = NoiseForm::new(problem, observation, &self.variables());
        let mut sum = NoiseQuadratic::zero(law.noise());
        for piece in &self.pieces {
            let (at, factor) = law.select(&piece.quantity.variables());
            let squares = piece.quantity.squares()?;
            let (rows, residual) = (squares.rows.dot(&factor), squares.residual(&at));
            let scale = piece.sign * squares.scale;
            let square = residual.dot(&residual) + norm_squared(rows.iter());
            sum.mean += piece.sign * squares.constant + scale * square;
            sum.curvature.scaled_add(scale, &rows.t().dot(&rows));
            sum.slope.scaled_add(2.0 * scale, &rows.t().dot(&residual));
        }
        Some(sum)
    }
}
