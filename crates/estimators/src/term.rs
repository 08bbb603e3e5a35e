//! One term of a bound as a formula: sums of log-densities and of divergences in closed form, given variables of the chain.

use std::fmt;
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayRef1, Axis, concatenate};
use prob::numerics::LN_2PI;
use prob::{LinearGaussian, divergence_at_equal_means};
use vdm::BayesVdm;

/// Which term of the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// `E log p(x|z_1)`.
    Reconstruction,
    /// How far the highest latent is from the prior.
    PriorMatching,
    /// The matching term with this number, as the form counts them.
    Matching(usize),
}

impl Name {
    /// How the term enters the bound: `ELBO = reconstruction - prior_matching - Σ matching`.
    pub fn sign(self) -> f64 {
        if self == Self::Reconstruction { 1.0 } else { -1.0 }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reconstruction => f.write_str("reconstruction"),
            Self::PriorMatching => f.write_str("prior_matching"),
            Self::Matching(t) => write!(f, "matching[{t}]"),
        }
    }
}

/// A term: the average of the sum of its pieces is its value.
#[derive(Clone, Debug)]
pub struct Term {
    /// Which one.
    pub name: Name,
    pub(crate) pieces: Vec<Piece>,
}

/// `sign × quantity`.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) sign: f64,
    pub(crate) quantity: Quantity,
}

/// A number that depends on variables of the chain. Conditionals have those `given`, stacked, as their input.
#[derive(Clone, Debug)]
pub(crate) enum Quantity {
    /// `log law(of | given)`.
    LogDensity { law: Box<LinearGaussian>, of: usize, given: Vec<usize> },
    /// `KL(from(·|given) || to(·|given))`.
    Divergence { from: Box<LinearGaussian>, to: Box<LinearGaussian>, given: Vec<usize> },
    /// `constant + scale |x - E[x|z_t]|²` with the best denoiser.
    SquaredError { model: Arc<BayesVdm>, t: usize, scale: f64, constant: f64 },
    /// A number.
    Constant(f64),
}

impl Term {
    /// The variables that the term depends on, in order.
    pub fn variables(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.pieces.iter().flat_map(|piece| piece.quantity.variables()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Piece {
    pub(crate) fn plus(quantity: Quantity) -> Self {
        Self { sign: 1.0, quantity }
    }

    pub(crate) fn minus(quantity: Quantity) -> Self {
        Self { sign: -1.0, quantity }
    }
}

impl Quantity {
    /// The variables it depends on, in the order of [`squares`](Self::squares).
    pub(crate) fn variables(&self) -> Vec<usize> {
        match self {
            Self::LogDensity { of, given, .. } => given.iter().copied().chain([*of]).collect(),
            Self::Divergence { given, .. } => given.clone(),
            Self::SquaredError { t, .. } => vec![0, *t],
            Self::Constant(_) => vec![],
        }
    }

    /// The quantity as `constant + scale |G v + g|²` of its stacked variables, if it is one.
    pub(crate) fn squares(&self) -> Option<Squares> {
        match self {
            Self::LogDensity { law, .. } => {
                let factor = law.factor();
                let own = factor.whiten_columns(&Array2::eye(factor.dim()));
                Some(Squares {
                    rows: concatenate![Axis(1), -factor.whiten_columns(law.weight()), own],
                    offset: -factor.whiten(law.bias()),
                    scale: -0.5,
                    constant: -0.5 * (factor.log_det() + factor.dim() as f64 * LN_2PI),
                })
            }
            Self::Divergence { from, to, .. } => Some(Squares {
                rows: to.factor().whiten_columns(&(from.weight() - to.weight())),
                offset: to.factor().whiten(&(from.bias() - to.bias())),
                scale: 0.5,
                constant: divergence_at_equal_means(from.factor(), to.factor()),
            }),
            Self::Constant(constant) => Some(Squares {
                rows: Array2::zeros((0, 0)),
                offset: Array1::zeros(0),
                scale: 0.0,
                constant: *constant,
            }),
            Self::SquaredError { .. } => None,
        }
    }
}

/// `constant + scale |G v + g|²`.
pub(crate) struct Squares {
    /// `G`, a row for each square.
    pub(crate) rows: Array2<f64>,
    /// `g`.
    pub(crate) offset: Array1<f64>,
    pub(crate) scale: f64,
    pub(crate) constant: f64,
}

impl Squares {
    /// `G m + g`: the residuals at the mean.
    pub(crate) fn residual(&self, mean: &ArrayRef1<f64>) -> Array1<f64> {
        self.rows.dot(mean) + &self.offset
    }
}
