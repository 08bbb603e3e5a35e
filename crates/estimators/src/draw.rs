//! Draws of variables of the chain, row by row, and what the formulas say of them.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, ArrayRef2, ArrayView2, Axis, concatenate};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::Distribution;
use ndarray_rand::rand_distr::weighted::WeightedIndex;
use prob::{Conditional, divergence_at_equal_means, standard_normal};

use crate::term::{Piece, Quantity};
use crate::{Problem, Term};

/// What draws some variables, `n` times: which part of the data each observation is from, and standard normals.
#[derive(Clone)]
pub(crate) struct Noise {
    part: Vec<usize>,
    /// `[n, noise width]` for `x` and each latent.
    normals: BTreeMap<usize, Array2<f64>>,
}

impl Noise {
    /// Noise from elsewhere than a random stream.
    pub(crate) fn new(part: Vec<usize>, normals: BTreeMap<usize, Array2<f64>>) -> Self {
        Self { part, normals }
    }

    /// The normals of row `i`, those of `x` first, in the order of the variables.
    pub(crate) fn row(&self, i: usize) -> impl Iterator<Item = f64> {
        self.normals.values().flat_map(move |eps| eps.row(i).to_vec())
    }

    pub(crate) fn rows(&self) -> usize {
        self.part.len()
    }

    /// Which part of the data row `i` is from.
    pub(crate) fn part(&self, i: usize) -> usize {
        self.part[i]
    }
}

/// Variables of the chain, `[n, width]` each.
pub(crate) struct Draw {
    of: BTreeMap<usize, Array2<f64>>,
}

impl Problem {
    /// Fresh noise for `x` and the latents among `variables`.
    pub(crate) fn noise(&self, variables: &[usize], n: usize, rng: &mut impl Rng) -> Noise {
        let parts = self.observations();
        let part = if parts.len() == 1 {
            vec![0; n]
        } else {
            let choose =
                WeightedIndex::new(parts.iter().map(|part| part.weight)).expect("weights of a mixture");
            (0..n).map(|_| choose.sample(rng)).collect()
        };
        let latents = variables.iter().copied().filter(|&t| t > 0);
        let normals = std::iter::once(0)
            .chain(latents)
            .map(|t| (t, standard_normal((n, self.noise_width(t)), rng)))
            .collect();
        Noise { part, normals }
    }

    /// The variables that this noise draws, each from the one before it.
    pub(crate) fn realise(&self, noise: &Noise) -> Draw {
        let mut of = BTreeMap::from([(0, self.observe(noise))]);
        let mut before = 0;
        for (&t, eps) in noise.normals.range(1..) {
            let next = self.between(before, t).sample_given_noise(&of[&before], eps);
            of.insert(t, next);
            before = t;
        }
        Draw { of }
    }

    /// `x = mean + factor ε` of its part of the data, `[n, d]`.
    fn observe(&self, noise: &Noise) -> Array2<f64> {
        let eps = &noise.normals[&0];
        let mut x = Array2::zeros((eps.nrows(), self.width(0)));
        for ((mut row, &k), eps) in x.rows_mut().into_iter().zip(&noise.part).zip(eps.rows()) {
            let part = &self.observations()[k];
            row.assign(&part.mean);
            if !eps.is_empty() {
                row += &part.factor.dot(&eps);
            }
        }
        x
    }
}

impl Noise {
    /// The same with every normal of the other sign.
    pub(crate) fn reflected(&self) -> Noise {
        let normals = self.normals.iter().map(|(&t, eps)| (t, -eps)).collect();
        Noise { part: self.part.clone(), normals }
    }
}

impl Draw {
    fn rows(&self) -> usize {
        self.of[&0].nrows()
    }

    /// The variables named, side by side, `[n, widths]`.
    fn stacked(&self, variables: &[usize]) -> Array2<f64> {
        match variables {
            [] => Array2::zeros((self.rows(), 0)),
            [one] => self.of[one].clone(),
            many => {
                let views: Vec<ArrayView2<f64>> = many.iter().map(|t| self.of[t].view()).collect();
                concatenate(Axis(1), &views).expect("rows of one draw")
            }
        }
    }
}

impl Term {
    /// The term at each row of a draw, `[n]`, in nats.
    pub(crate) fn evaluate(&self, draw: &Draw) -> Array1<f64> {
        self.pieces
            .iter()
            .map(|piece| piece.evaluate(draw))
            .reduce(|sum, piece| sum + piece)
            .expect("some piece")
    }
}

impl Piece {
    fn evaluate(&self, draw: &Draw) -> Array1<f64> {
        let value = match &self.quantity {
            Quantity::LogDensity { law, of, given } => law.log_prob(&draw.of[of], &draw.stacked(given)),
            Quantity::Divergence { from, to, given } => {
                let given = draw.stacked(given);
                let shift = from.mean_rows(&given) - to.mean_rows(&given);
                half_squares(&to.factor().whiten_columns(&shift.t()))
                    + divergence_at_equal_means(from.factor(), to.factor())
            }
            Quantity::SquaredError { model, t, scale, constant } => {
                let shift = model.denoiser().denoise(&draw.of[t], *t) - &draw.of[&0];
                shift.map_axis(Axis(1), |row| constant + scale * row.dot(&row))
            }
            Quantity::Constant(value) => Array1::from_elem(draw.rows(), *value),
        };
        value * self.sign
    }
}

/// `½ |column|²` of each column.
fn half_squares(columns: &ArrayRef2<f64>) -> Array1<f64> {
    columns.map_axis(Axis(0), |column| 0.5 * column.dot(&column))
}
