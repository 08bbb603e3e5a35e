//! What is estimated: a chain of conditionals and where its observations come from.

use mhvae::Mhvae;
use ndarray::{Array1, Array2};
use prob::{LinearGaussian, Mixture, ProbError};

/// Where `x` comes from.
#[derive(Clone, Debug)]
pub enum Observations {
    /// One observation, `[d]`.
    Fixed(Array1<f64>),
    /// A draw for every evaluation: averages over the data.
    From(Mixture),
}

/// A chain of linear-Gaussian conditionals with its observations. Variables are numbered as in the chain: 0 is `x`,
/// `t = 1 … T` is `z_t`.
#[derive(Clone, Debug)]
pub struct Problem {
    chain: Mhvae,
    observations: Vec<Observation>,
    /// `q(z_t|x)` for `t = 1 … T`.
    from_x: Vec<LinearGaussian>,
}

/// A Gaussian part of the law of `x`, in terms of noise: `x = mean + factor ε`. A fixed `x` has no noise.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    pub(crate) weight: f64,
    pub(crate) mean: Array1<f64>,
    /// `[d, d]`, or `[d, 0]` for a fixed `x`.
    pub(crate) factor: Array2<f64>,
}

impl Problem {
    /// The bound of this chain at these observations.
    ///
    /// # Errors
    /// If the observations have another dimension than the chain, or a number that is not finite.
    pub fn new(chain: Mhvae, observations: Observations) -> Result<Self, ProbError> {
        let observations: Vec<Observation> = match observations {
            Observations::Fixed(x) => {
                if let Some((index, &value)) = x.iter().enumerate().find(|(_, value)| !value.is_finite()) {
                    return Err(ProbError::NotFinite { what: "x", index, value });
                }
                let factor = Array2::zeros((x.len(), 0));
                vec![Observation { weight: 1.0, mean: x, factor }]
            }
            Observations::From(data) => data
                .parts()
                .map(|(weight, law)| Observation {
                    weight,
                    mean: law.mean().clone(),
                    factor: law.factor().lower().clone(),
                })
                .collect(),
        };
        let expected = chain.decoders()[0].bias().len();
        let found = observations[0].mean.len();
        if expected != found {
            return Err(ProbError::Dimension { what: "x", expected, found });
        }
        let mut from_x = vec![chain.encoders()[0].clone()];
        for encoder in &chain.encoders()[1..] {
            from_x.push(from_x[from_x.len() - 1].then(encoder));
        }
        Ok(Self { chain, observations, from_x })
    }

    /// The chain.
    pub fn chain(&self) -> &Mhvae {
        &self.chain
    }

    /// Number of latents, `T`.
    pub fn steps(&self) -> usize {
        self.chain.steps()
    }

    /// Coordinates of variable `t`: of `x` for 0, of `z_t` above.
    pub fn width(&self, t: usize) -> usize {
        match t {
            0 => self.observations[0].mean.len(),
            t => self.chain.encoders()[t - 1].bias().len(),
        }
    }

    /// Standard normals that variable `t` takes to draw: none for an observation that is fixed.
    pub fn noise_width(&self, t: usize) -> usize {
        if t == 0 { self.observations[0].factor.ncols() } else { self.width(t) }
    }

    pub(crate) fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// `q(z_t|z_s)` for `s < t`.
    pub(crate) fn between(&self, s: usize, t: usize) -> LinearGaussian {
        match s {
            0 => self.from_x[t - 1].clone(),
            _ => self.chain.encoders()[s + 1..t]
                .iter()
                .fold(self.chain.encoders()[s].clone(), |law, encoder| law.then(encoder)),
        }
    }
}
