//! The diffusion model as [`nn::Training`] sees it: a denoiser, noise levels, and what of them is trained.

use ndarray::{Array1, Array2, ArrayRef2};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::StandardNormal;
use nn::{Gradient, Learner, Mlp, Tape};
use prob::Bound;
use rand_chacha::ChaCha8Rng;

use crate::loss::Level;
use crate::{DenoiserNet, NoiseLevels};

/// Which loss is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighting {
    /// The bound itself: reconstruction, prior matching and all matching terms.
    Elbo {
        /// Whether the end points of the log-SNR move too. The simple loss could not teach them: it is no bound, and is
        /// least where predicting is easy.
        learn_end_points: bool,
    },
    /// The error of the prediction, unweighted: of what the network writes, at a step drawn uniformly (Ho et al. 2020).
    Simple,
}

/// How the step, or the time, of each row's matching term is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Each on its own.
    Independent,
    /// `u_i = (u + i/n) mod 1` from one `u`: every row's own is uniform, together they are spread evenly, and the variance
    /// of the loss falls (Kingma et al. 2021).
    LowDiscrepancy,
}

/// A diffusion model with what it is to learn, for [`nn::Training`]. The reverse model is
/// `p(x_{t-1}|x_t) = N(μ_q(x_t, x̂_0), σ_q²(t) I)` and `N(x̂_0, (1-α_1) I)` at `t = 1`, as in [`crate::BayesVdm`].
///
/// The bound that training reports has one matching term: the sum over all, from one at a random step for each row.
#[derive(Clone, Debug)]
pub struct VdmLearner {
    /// `x̂_0`.
    pub denoiser: DenoiserNet,
    /// Discrete or continuous time, and the end points.
    pub levels: NoiseLevels,
    /// The loss.
    pub weighting: Weighting,
    /// Where it is evaluated.
    pub times: Times,
}

/// What one step of training writes.
#[derive(Clone, Debug)]
pub struct Buffers {
    /// Noise of the first levels and of the matching ones, `[2n, d]`.
    eps: Array2<f64>,
    /// `[n]`.
    u: Array1<f64>,
    /// `2n`.
    pub(crate) levels: Vec<Level>,
    /// `x_t` and the features of its level, `[2n, d + features]`.
    pub(crate) input: Array2<f64>,
    pub(crate) tape: Tape,
    /// `∂loss/∂r̂`, `[2n, d]`.
    pub(crate) grad_output: Array2<f64>,
    /// `∂loss/∂λ` of each level, but for what passes through the network, `[2n]`.
    pub(crate) by_log_snr: Array1<f64>,
    /// `∂loss/∂fall` through the weights of the matching terms.
    pub(crate) by_fall: f64,
    /// `Σ ω |r - r̂|²` with the weights of the loss.
    pub(crate) weighted_error: f64,
    pub(crate) gradient: Gradient,
    pub(crate) line_gradient: Gradient,
}

impl VdmLearner {
    /// The model with what it is to learn.
    pub fn new(denoiser: DenoiserNet, levels: NoiseLevels, weighting: Weighting, times: Times) -> Self {
        Self { denoiser, levels, weighting, times }
    }
}

impl Times {
    /// Draws `u` (`[n]`), each uniform from 0 up to but not 1.
    pub fn draw<R: Rng + ?Sized>(self, u: &mut [f64], rng: &mut R) {
        match self {
            Times::Independent => u.iter_mut().for_each(|u| *u = rng.random()),
            Times::LowDiscrepancy => {
                let (first, n): (f64, _) = (rng.random(), u.len() as f64);
                u.iter_mut().enumerate().for_each(|(i, u)| *u = (first + i as f64 / n).fract());
            }
        }
    }
}

impl Learner for VdmLearner {
    type Workspace = Buffers;

    fn workspace(&self, rows: usize) -> Buffers {
        let (net, d) = (self.denoiser.net(), self.denoiser.dim());
        Buffers {
            eps: Array2::zeros((2 * rows, d)),
            u: Array1::zeros(rows),
            levels: Vec::with_capacity(2 * rows),
            input: Array2::zeros((2 * rows, net.input_dim())),
            tape: net.tape(2 * rows),
            grad_output: Array2::zeros((2 * rows, d)),
            by_log_snr: Array1::zeros(2 * rows),
            by_fall: 0.0,
            weighted_error: 0.0,
            gradient: net.gradient(),
            line_gradient: self.levels.line().gradient(),
        }
    }

    fn loss_gradient(&self, x: &ArrayRef2<f64>, rng: &mut ChaCha8Rng, work: &mut Buffers) -> Bound {
        // The noise is out of the buffers while they are written.
        let (mut eps, mut u) = (std::mem::take(&mut work.eps), std::mem::take(&mut work.u));
        eps.iter_mut().for_each(|e| *e = rng.sample(StandardNormal));
        self.times.draw(u.as_slice_mut().expect("a vector of its own"), rng);
        let (_, bound) = self.loss_gradient_given_noise(x, &eps, &u, work);
        (work.eps, work.u) = (eps, u);
        bound
    }

    fn networks<'a>(&'a mut self, work: &'a Buffers) -> Vec<(&'a mut Mlp, &'a Gradient)> {
        let mut networks = vec![(self.denoiser.net_mut(), &work.gradient)];
        if self.weighting == (Weighting::Elbo { learn_end_points: true }) {
            networks.push((self.levels.line_mut(), &work.line_gradient));
        }
        networks
    }

    /// The three terms, and the log-SNR once it does not fall any more: then there is no model to be bounded.
    fn diverged(&self, bound: &Bound) -> Option<(String, f64)> {
        let fall = self.levels.fall();
        if fall.is_nan() || fall <= 0.0 {
            return Some(("fall of log-SNR".to_owned(), fall));
        }
        let terms = [
            ("reconstruction", bound.reconstruction),
            ("prior matching", bound.prior_matching),
            ("matching", bound.matching.iter().sum()),
        ];
        let lost = terms.into_iter().find(|(_, value)| !value.is_finite());
        lost.map(|(term, value)| (term.to_owned(), value))
    }
}
