//! Exact mean and variance of the whole sum when one path serves all terms.
//!
//! With `F` the sum, and the noise of `x, z_1, …, z_T` revealed one after the other, `Var F` is the sum of the
//! variances of what each noise adds to the expectation of `F`. That expectation is a quadratic of the last two variables
//! and `x`, found by going down from `T`; what `ε_t` adds is `ε'Mε - tr M + (N δ + n)'ε` with `δ` what was revealed
//! before, less its mean. So the cost grows as `T`, where the formula `2 tr(ACAC) + b'Cb` for the whole path grows as `T³`,
//! and no term of the sum is negative: nothing cancels.

use ndarray::{Array1, Array2, ArrayView2, s};

use crate::noise_form::NoiseForm;
use crate::noise_quadratic::norm_squared;
use crate::problem::Observation;
use crate::{Moments, Problem, Term};

/// Mean (nats) and variance (nats²) of `Σ sign × term` over one path `x, z_1, …, z_T`; `None` if a term is no quadratic of
/// Gaussian variables.
pub fn path_moments(terms: &[Term], problem: &Problem) -> Option<Moments> {
    let at = |part: &Observation| Some((part.weight, path_moments_at(terms, problem, part)?));
    let parts: Option<Vec<(f64, Moments)>> = problem.observations().iter().map(at).collect();
    Some(Moments::mixed(parts?.into_iter()))
}

fn path_moments_at(terms: &[Term], problem: &Problem, observation: &Observation) -> Option<Moments> {
    let mut moments = Moments::default();
    for term in terms {
        moments.mean += term.name.sign() * term.moments_at(problem, observation)?.mean;
    }
    let mut expected = Polynomial::zero(problem, latest(problem.steps() + 1));
    for t in (1..=problem.steps()).rev() {
        let mut sum = Polynomial::zero(problem, latest(t + 1).into_iter().chain(t.checked_sub(2)).collect());
        sum.add(&expected);
        for term in terms.iter().filter(|term| term.variables().last() == Some(&t)) {
            sum.add_term(term, problem, observation)?;
        }
        let rest = NoiseForm::new(problem, observation, &sum.variables[..sum.variables.len() - 1]);
        let (below, added) = sum.reveal_last(problem, rest.factor().view());
        moments.even += added.even;
        moments.odd += added.odd;
        expected = below;
    }
    // What is left depends on x alone.
    for term in terms.iter().filter(|term| term.variables() == [0]) {
        expected.add_term(term, problem, observation)?;
    }
    let factor = &observation.factor;
    let curvature = factor.t().dot(&expected.curvature).dot(factor);
    moments.even += 2.0 * norm_squared(curvature.iter());
    moments.odd += norm_squared(factor.t().dot(&expected.slope).iter());
    Some(moments)
}

/// `x` and the two variables before `t`.
fn latest(t: usize) -> Vec<usize> {
    let mut variables = vec![0];
    variables.extend((t.saturating_sub(2)..t).filter(|&s| s > 0));
    variables
}

/// `δ'Aδ + b'δ` of some variables, less their means, stacked in order.
struct Polynomial {
    variables: Vec<usize>,
    starts: Vec<usize>,
    widths: Vec<usize>,
    /// `A`, symmetric.
    curvature: Array2<f64>,
    /// `b`.
    slope: Array1<f64>,
}

impl Polynomial {
    fn zero(problem: &Problem, mut variables: Vec<usize>) -> Self {
        variables.sort_unstable();
        variables.dedup();
        let widths: Vec<usize> = variables.iter().map(|&t| problem.width(t)).collect();
        let starts: Vec<usize> = widths
            .iter()
            .scan(0, |end, width| {
                let start = *end;
                *end += width;
                Some(start)
            })
            .collect();
        let size = widths.iter().sum();
        Self { variables, starts, widths, curvature: Array2::zeros((size, size)), slope: Array1::zeros(size) }
    }

    /// Where the stacked `variables` sit here.
    fn positions(&self, variables: &[usize]) -> Vec<usize> {
        variables
            .iter()
            .flat_map(|t| {
                let i = self.variables.binary_search(t).expect("a variable of the polynomial");
                self.starts[i]..self.starts[i] + self.widths[i]
            })
            .collect()
    }

    fn add(&mut self, other: &Polynomial) {
        let at = self.positions(&other.variables);
        self.add_at(&at, &other.curvature, &other.slope);
    }

    fn add_at(&mut self, at: &[usize], curvature: &Array2<f64>, slope: &Array1<f64>) {
        for (i, &row) in at.iter().enumerate() {
            self.slope[row] += slope[i];
            for (j, &column) in at.iter().enumerate() {
                self.curvature[[row, column]] += curvature[[i, j]];
            }
        }
    }

    fn add_term(&mut self, term: &Term, problem: &Problem, observation: &Observation) -> Option<()> {
        let law = NoiseForm::new(problem, observation, &term.variables());
        for piece in &term.pieces {
            let variables = piece.quantity.variables();
            let squares = piece.quantity.squares()?;
            let residual = squares.residual(&law.select(&variables).0);
            let scale = term.name.sign() * piece.sign * squares.scale;
            let at = self.positions(&variables);
            let curvature = squares.rows.t().dot(&squares.rows) * scale;
            self.add_at(&at, &curvature, &(squares.rows.t().dot(&residual) * (2.0 * scale)));
        }
        Some(())
    }

    /// Puts `z_t = W z_{t-1} + L ε` for the last variable. Returns the average over `ε`, a polynomial of the others, and
    /// the variance that `ε` adds, the others having the covariance `rest restᵀ`.
    fn reveal_last(self, problem: &Problem, rest: ArrayView2<f64>) -> (Polynomial, Moments) {
        let t = self.variables[self.variables.len() - 1];
        let step = &problem.encoders()[t - 1];
        let others = &self.variables[..self.variables.len() - 1];
        let mut below = Polynomial::zero(problem, others.to_vec());
        let cut = below.slope.len();
        // z_t = H δ + L ε.
        let mut h = Array2::zeros((step.bias().len(), cut));
        for (column, &at) in below.positions(&[t - 1]).iter().enumerate() {
            h.column_mut(at).assign(&step.weight().column(column));
        }
        let own = self.curvature.slice(s![cut.., cut..]);
        let across = self.curvature.slice(s![cut.., ..cut]);
        let slope = self.slope.slice(s![cut..]);
        let lower = step.factor().lower();
        let pulled = &across + &own.dot(&h);
        let squared = lower.t().dot(&own).dot(lower);
        let mixed = lower.t().dot(&pulled).dot(&rest) * 2.0;
        let added = Moments {
            mean: 0.0,
            even: 2.0 * norm_squared(squared.iter()) + norm_squared(mixed.iter()),
            odd: norm_squared(lower.t().dot(&slope).iter()),
        };
        below.curvature = &self.curvature.slice(s![..cut, ..cut]) + &h.t().dot(&pulled) + across.t().dot(&h);
        below.slope = &self.slope.slice(s![..cut]) + &h.t().dot(&slope);
        (below, added)
    }
}
