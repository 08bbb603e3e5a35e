//! What is estimated: a chain of conditionals and where its observations come from.

use std::sync::Arc;

use mhvae::Mhvae;
use ndarray::{Array1, Array2};
use prob::{Gaussian, LinearGaussian, Mixture, ProbError};
use vdm::BayesVdm;

/// Where `x` comes from.
#[derive(Clone, Debug)]
pub enum Observations {
    /// One observation, `[d]`.
    Fixed(Array1<f64>),
    /// A draw for every evaluation: averages over the data.
    From(Mixture),
}

/// A chain of linear-Gaussian encoders and what comes back down, with its observations. Variables are numbered as in the
/// chain: 0 is `x`, `t = 1 … T` is `z_t`.
#[derive(Clone, Debug)]
pub struct Problem {
    encoders: Vec<LinearGaussian>,
    decoders: Decoders,
    prior: Gaussian,
    observations: Vec<Observation>,
    /// `q(z_t|x)` for `t = 1 … T`.
    from_x: Vec<LinearGaussian>,
}

/// The way back.
#[derive(Clone, Debug)]
pub(crate) enum Decoders {
    /// `p(x|z_1), p(z_1|z_2), …`
    Linear(Vec<LinearGaussian>),
    /// The diffusion model with the best denoiser of its data.
    Best(Arc<BayesVdm>),
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
        let (encoders, prior) = (chain.encoders().to_vec(), chain.prior().clone());
        Self::of(encoders, Decoders::Linear(chain.decoders().to_vec()), prior, observations)
    }

    /// The bound of the diffusion model with the best denoiser, at one observation (`[d]`) or, without, at draws of its data.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_best_denoiser(model: BayesVdm, x: Option<Array1<f64>>) -> Result<Self, ProbError> {
        let (schedule, d) = (model.schedule(), model.data().dim());
        let encoders = schedule.all_steps(d);
        let observations = x.map_or_else(|| Observations::From(model.data().clone()), Observations::Fixed);
        Self::of(encoders, Decoders::Best(Arc::new(model)), Gaussian::standard(d), observations)
    }

    fn of(
        encoders: Vec<LinearGaussian>,
        decoders: Decoders,
        prior: Gaussian,
        observations: Observations,
    ) -> Result<Self, ProbError> {
        let observations = observations.parts()?;
        let (expected, found) = (encoders[0].weight().ncols(), observations[0].mean.len());
        if expected != found {
            return Err(ProbError::Dimension { what: "x", expected, found });
        }
        let mut from_x = vec![encoders[0].clone()];
        for encoder in &encoders[1..] {
            from_x.push(from_x[from_x.len() - 1].then(encoder));
        }
        Ok(Self { encoders, decoders, prior, observations, from_x })
    }

    /// `q(z_1|x), q(z_2|z_1), …`
    pub(crate) fn encoders(&self) -> &[LinearGaussian] {
        &self.encoders
    }

    pub(crate) fn decoders(&self) -> &Decoders {
        &self.decoders
    }

    /// `p(z_T)`.
    pub(crate) fn prior(&self) -> &Gaussian {
        &self.prior
    }

    /// Whether observations are drawn, and averaged over.
    pub fn is_averaged(&self) -> bool {
        self.noise_width(0) > 0
    }

    /// Number of latents, `T`.
    pub fn steps(&self) -> usize {
        self.encoders.len()
    }

    /// Coordinates of variable `t`: of `x` for 0, of `z_t` above.
    pub fn width(&self, t: usize) -> usize {
        match t {
            0 => self.observations[0].mean.len(),
            t => self.encoders[t - 1].bias().len(),
        }
    }

    /// Standard normals that variable `t` takes to draw: none for an observation that is fixed.
    pub fn noise_width(&self, t: usize) -> usize {
        if t == 0 { self.observations[0].factor.ncols() } else { self.width(t) }
    }

    pub(crate) fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// `q(z_t|z_{t-1}, z_{t+1})`, `t = 1 … T-1`.
    ///
    /// # Errors
    /// If it is singular to rounding.
    pub(crate) fn bridge(&self, t: usize) -> Result<LinearGaussian, ProbError> {
        self.encoders[t - 1].bridge(&self.encoders[t])
    }

    /// `q(z_t|x, z_{t+1})`, `t = 1 … T-1`.
    ///
    /// # Errors
    /// If it is singular to rounding.
    pub(crate) fn posterior(&self, t: usize) -> Result<LinearGaussian, ProbError> {
        self.from_x[t - 1].bridge(&self.encoders[t])
    }

    /// `q(z_t|z_s)` for `s < t`.
    pub(crate) fn between(&self, s: usize, t: usize) -> LinearGaussian {
        match s {
            0 => self.from_x[t - 1].clone(),
            _ => self.encoders[s + 1..t]
                .iter()
                .fold(self.encoders[s].clone(), |law, encoder| law.then(encoder)),
        }
    }
}

impl Observations {
    fn parts(self) -> Result<Vec<Observation>, ProbError> {
        match self {
            Self::Fixed(x) => {
                if let Some((index, &value)) = x.iter().enumerate().find(|(_, value)| !value.is_finite()) {
                    return Err(ProbError::NotFinite { what: "x", index, value });
                }
                let factor = Array2::zeros((x.len(), 0));
                Ok(vec![Observation { weight: 1.0, mean: x, factor }])
            }
            Self::From(data) => Ok(data
                .parts()
                .map(|(weight, law)| Observation {
                    weight,
                    mean: law.mean().clone(),
                    factor: law.factor().lower().clone(),
                })
                .collect()),
        }
    }
}
