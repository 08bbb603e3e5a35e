//! Variables of the chain as functions of standard normal noise: `v = mean + factor ε`.

use ndarray::{Array1, Array2, s};

use crate::Problem;
use crate::problem::Observation;

/// Some variables of the chain, stacked, in terms of the noise that draws them: first that of `x`, then a block for each
/// variable.
pub(crate) struct NoiseForm {
    /// Variable, first row, one past the last.
    rows: Vec<(usize, usize, usize)>,
    mean: Array1<f64>,
    factor: Array2<f64>,
}

impl NoiseForm {
    /// The `variables` (in order; `x` may be among them) when the observation is of this kind.
    pub(crate) fn new(problem: &Problem, observation: &Observation, variables: &[usize]) -> Self {
        let height = variables.iter().map(|&t| problem.width(t)).sum();
        let latents: usize = variables.iter().filter(|&&t| t > 0).map(|&t| problem.width(t)).sum();
        let mut form = Self {
            rows: Vec::with_capacity(variables.len()),
            mean: Array1::zeros(height),
            factor: Array2::zeros((height, observation.factor.ncols() + latents)),
        };
        // Mean and factor of the variable before.
        let mut mean = observation.mean.clone();
        let mut factor = Array2::zeros((mean.len(), form.factor.ncols()));
        factor.slice_mut(s![.., ..observation.factor.ncols()]).assign(&observation.factor);
        let (mut before, mut row, mut noise) = (0, 0, observation.factor.ncols());
        for &t in variables {
            if t > 0 {
                let step = problem.between(before, t);
                mean = step.weight().dot(&mean) + step.bias();
                factor = step.weight().dot(&factor);
                let own = step.factor().lower();
                factor.slice_mut(s![.., noise..noise + own.ncols()]).assign(own);
                noise += own.ncols();
                before = t;
            }
            let end = row + mean.len();
            form.rows.push((t, row, end));
            form.mean.slice_mut(s![row..end]).assign(&mean);
            form.factor.slice_mut(s![row..end, ..]).assign(&factor);
            row = end;
        }
        form
    }

    /// Standard normals that draw the variables.
    pub(crate) fn noise(&self) -> usize {
        self.factor.ncols()
    }

    /// The factor, a block of rows for each variable.
    pub(crate) fn factor(&self) -> &Array2<f64> {
        &self.factor
    }

    /// Means and factors of the variables named, stacked as they are named.
    pub(crate) fn select(&self, variables: &[usize]) -> (Array1<f64>, Array2<f64>) {
        let rows: Vec<usize> = variables
            .iter()
            .flat_map(|wanted| {
                let &(_, start, end) =
                    self.rows.iter().find(|(t, ..)| t == wanted).expect("a variable of the form");
                start..end
            })
            .collect();
        (self.mean.select(ndarray::Axis(0), &rows), self.factor.select(ndarray::Axis(0), &rows))
    }
}
