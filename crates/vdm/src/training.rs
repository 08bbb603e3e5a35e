//! The diffusion model as [`nn::Training`] sees it: a denoiser, noise levels, and what of them is trained.

use std::iter::once;

use ndarray::{Array1, Array2, ArrayRef2};
use ndarray_rand::rand::Rng;
use nn::{Gradient, Learner, Mlp, Tape};
use prob::{Bound, fill_standard_normal};
use rand_chacha::ChaCha8Rng;

use crate::level::Level;
use crate::{DenoiserNet, NoiseLevels, NoiseLevelsError};

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

    fn learns_end_points(&self) -> bool {
        self.weighting == (Weighting::Elbo { learn_end_points: true })
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
        fill_standard_normal(&mut eps, rng);
        self.times.draw(u.as_slice_mut().expect("a vector of its own"), rng);
        let (_, bound) = self.loss_gradient_given_noise(x, &eps, &u, work);
        (work.eps, work.u) = (eps, u);
        bound
    }

    fn networks(&mut self) -> Vec<&mut Mlp> {
        let line = self.learns_end_points().then_some(&mut self.levels).map(NoiseLevels::line_mut);
        once(self.denoiser.net_mut()).chain(line).collect()
    }

    fn gradients<'a>(&self, work: &'a Buffers) -> Vec<&'a Gradient> {
        once(&work.gradient).chain(self.learns_end_points().then_some(&work.line_gradient)).collect()
    }

    /// Noise levels that are no schedule any more, or outside of their range: then there is no model to be bounded.
    fn fault(&self) -> Option<(&'static str, f64)> {
        match self.levels.schedule(2) {
            Ok(_) => None,
            Err(NoiseLevelsError::Range { name, value }) => Some((name, value)),
            Err(_) => Some(("fall of log-SNR", self.levels.fall())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prediction::Amplitudes;
    use crate::{BayesVdm, Parameterisation, estimate_bound};
    use montecarlo::{MonteCarlo, StatisticalTest, Streams};
    use ndarray::array;

    use nn::{Adam, Training, TrainingError};
    use prob::standard_normal;
    use prob::{Gaussian, Mixture};

    const ELBO: Weighting = Weighting::Elbo { learn_end_points: false };
    const WITH_END_POINTS: Weighting = Weighting::Elbo { learn_end_points: true };

    fn bimodal() -> Mixture {
        let part = |mean: f64| Gaussian::isotropic(array![mean], 0.09).unwrap();
        Mixture::equal(vec![part(-1.5), part(1.5)]).unwrap()
    }

    fn learner(hidden: &[usize], levels: NoiseLevels, weighting: Weighting, seed: u64) -> VdmLearner {
        let rng = &mut Streams::new(seed).role("weights").rng(0);
        let denoiser = DenoiserNet::new(1, hidden, Parameterisation::Velocity, rng);
        VdmLearner::new(denoiser, levels, weighting, Times::LowDiscrepancy)
    }

    fn train(learner: &mut VdmLearner, steps: usize, learning_rate: f64) -> Result<(), TrainingError> {
        let training = Training { steps, batch: 64, learning_rate, streams: Streams::new(1) };
        let data = bimodal();
        training.run(learner, 1, |rng, x| *x = data.sample(x.nrows(), rng), |_, _| ())
    }

    /// Data `N(m, 1)`: the best denoiser is `v̂ = -√(1-ᾱ) m`, and `v` is standard normal about it whatever `x_t` is. At two
    /// levels of equal weight a network without hidden layers fits one slope and two constants by least squares, so that
    /// what it is off by, squared and summed over the rows, is χ² with 3 degrees of freedom: above 45 once in 10⁹.
    #[test]
    fn a_linear_network_finds_the_best_denoiser_of_a_gaussian() {
        let (n, m) = (4000, 0.7);
        let levels = NoiseLevels::discrete(2, 1.0, -1.5).unwrap();
        let mut model = learner(&[], levels, Weighting::Simple, 3);
        let rng = &mut Streams::new(3).role("data").rng(0);
        let x = standard_normal((n, 1), rng) + m;
        let eps = standard_normal((2 * n, 1), rng);
        let u = Array1::zeros(n);
        let mut work = model.workspace(n);
        let mut adam = Adam::new(model.denoiser.net(), 0.05);
        for step in 0..600 {
            model.loss_gradient_given_noise(&x, &eps, &u, &mut work);
            adam.set_learning_rate(0.05 * 0.985f64.powi(step));
            adam.step(model.denoiser.net_mut(), &work.gradient);
        }
        model.loss_gradient_given_noise(&x, &eps, &u, &mut work);
        let steepest = work.gradient.flat().into_iter().fold(0.0, |max: f64, g| max.max(g.abs()));
        assert!(steepest < 1e-4, "not at the minimum: {steepest}");
        let off: f64 = (0..2 * n)
            .map(|i| {
                let noise = Amplitudes::at(model.levels.log_snr((i / n) as f64)).noise;
                (work.tape.output()[[i, 0]] + noise * m).powi(2)
            })
            .sum();
        assert!(off < 45.0, "{off}");
    }

    /// After a short training the bound has come close to that of the best denoiser, from below. By Monte Carlo, which knows
    /// of neither the best denoiser nor the entropy, it is above neither by more than chance allows (false alarm 1e-9).
    #[test]
    fn a_learned_bound_comes_close_and_is_no_better_than_the_best() {
        let mut model = learner(&[24, 24], NoiseLevels::discrete(100, 4.0, -4.0).unwrap(), ELBO, 5);
        let schedule = model.levels.schedule(100).unwrap();
        let best = BayesVdm::new(bimodal(), schedule.clone()).unwrap();
        let bound = |model: &VdmLearner| {
            best.average_bound_of(|x_t, t| model.denoiser.denoise(x_t, &schedule, t)).unwrap().elbo()
        };
        let before = bound(&model);
        train(&mut model, 1500, 5e-3).unwrap();
        let (after, best) = (bound(&model), best.average_bound().unwrap().elbo());
        assert!(best - before > 1.0 && best - after < 0.1, "{before} and {after} for {best}");
        assert!(after < best && best < -bimodal().entropy().unwrap().value);

        let plan = MonteCarlo::new(50_000, Streams::new(6));
        let denoise = |x_t: &ArrayRef2<f64>, t| model.denoiser.denoise(x_t, &schedule, t);
        let found = estimate_bound(&schedule, denoise, |rng, n| bimodal().sample(n, rng), &plan, &|_| ());
        let verdict = StatisticalTest::default().mean(&found.elbo, after);
        assert!(verdict.holds, "{} for {after}", found.elbo);
        assert!(found.elbo.mean < best + verdict.tolerance, "{} for {best}", found.elbo);
    }

    /// Too short a way from signal to noise leaves the bound low: end points that are learned move and raise it by more
    /// than 0.1 nats above that of a model whose end points are not, and stay.
    #[test]
    fn end_points_move_to_where_the_bound_is_higher() {
        let trained = |weighting| {
            let mut model = learner(&[16], NoiseLevels::discrete(50, 1.0, -1.0).unwrap(), weighting, 7);
            train(&mut model, 400, 1e-2).unwrap();
            let schedule = model.levels.schedule(50).unwrap();
            let data = BayesVdm::new(bimodal(), schedule.clone()).unwrap();
            let bound = data.average_bound_of(|x_t, t| model.denoiser.denoise(x_t, &schedule, t)).unwrap();
            ((model.levels.start(), model.levels.end()), bound.elbo())
        };
        let (learned, fixed, simple) = (trained(WITH_END_POINTS), trained(ELBO), trained(Weighting::Simple));
        assert!(learned.0.0 > 1.5 && learned.1 > fixed.1 + 0.1, "{learned:?} and {fixed:?}");
        assert_eq!((fixed.0, simple.0), ((1.0, -1.0), (1.0, -1.0)));

        let mut model = learner(&[16], NoiseLevels::continuous(1.0, -1.0).unwrap(), WITH_END_POINTS, 7);
        train(&mut model, 400, 1e-2).unwrap();
        assert!(model.levels.start() > 1.5, "{:?}", model.levels);
    }

    #[test]
    fn what_diverges_names_the_step_and_the_term() {
        let mut model = learner(&[4], NoiseLevels::discrete(10, 4.0, -4.0).unwrap(), ELBO, 8);
        let start = model.denoiser.clone();
        let error = train(&mut model, 10, 1e300).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("training diverged at step 1: reconstruction is "), "{said}");
        assert_eq!(model.denoiser, start, "the last parameters that were finite");

        let close = NoiseLevels::continuous(1.0, 0.9).unwrap();
        let mut model = learner(&[4], close, WITH_END_POINTS, 8);
        let kept = model.levels.clone();
        // A step that carries the end points past each other.
        model.levels.line_mut().set_flat_parameters(&[0.2, 1.0]);
        let error = train(&mut model, 10, 1e-2).unwrap_err();
        assert_eq!((error.step, error.term.as_str()), (0, "fall of log-SNR"));
        assert!(kept.fall() > 0.0 && error.value < 0.0);

        // And one past the noise levels at which an answer has digits.
        model.levels.line_mut().set_flat_parameters(&[-60.0, 55.0]);
        let error = train(&mut model, 10, 1e-2).unwrap_err();
        assert_eq!((error.step, error.term.as_str(), error.value), (0, "log_snr_start", 55.0));
    }

    #[test]
    fn the_same_seed_trains_the_same_model() {
        let trained = |seed| {
            let mut model = learner(&[4], NoiseLevels::discrete(10, 4.0, -4.0).unwrap(), ELBO, seed);
            train(&mut model, 5, 1e-2).unwrap();
            model.denoiser
        };
        assert_eq!(trained(9), trained(9));
        assert_ne!(trained(9), trained(10));
    }

    /// Spread evenly, each in its place on the circle; drawn one by one, not.
    #[test]
    fn low_discrepancy_leaves_equal_gaps() {
        let gaps = |times: Times| {
            let mut u = [0.0; 10];
            times.draw(&mut u, &mut Streams::new(11).rng(0));
            assert!(u.iter().all(|u| (0.0..1.0).contains(u)), "{u:?}");
            u.sort_by(f64::total_cmp);
            (0..10).map(|i| (u[(i + 1) % 10] - u[i]).rem_euclid(1.0)).collect::<Vec<_>>()
        };
        assert!(gaps(Times::LowDiscrepancy).iter().all(|gap| (gap - 0.1).abs() < 1e-12));
        assert!(gaps(Times::Independent).iter().any(|gap| (gap - 0.1).abs() > 0.05));
    }
}
