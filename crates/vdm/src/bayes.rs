//! The bound whose reverse steps know the data: the best denoiser, at one observation or averaged, by quadrature.
//!
//! `p(x_{t-1}|x_t) = N(μ_q(x_t, E[x_0|x_t]), σ_q²(t) I)` for `t = 2 … T`, and `N(E[x_0|x_1], (1-α_1) I)` at `t = 1`. Each
//! term is then an average of `|x_0 - E[x_0|x_t]|²`: a smooth function of `x_t` against a Gaussian, on the line and in the
//! plane a case for [`prob::trapezoid`]. Any other denoiser `x̂_0` adds `E|E[x_0|x_t] - x̂_0|²` to that, so that a learned
//! bound is known without noise too.

mod error;

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};
use prob::numerics::LN_2PI;
use prob::trapezoid::{FINEST, average_under, average_under_mixture};
use prob::{Bound, Gaussian, Integral, Mixture, ProbError, squared_distances, squared_norms};
use rayon::prelude::*;

pub use error::QuadratureError;

use crate::model::OTHER_DIMENSION;
use crate::{ExactDenoiser, Schedule};

/// Standard deviations from the middle within which the denoiser's turns are looked for.
const TURNS: f64 = 6.0;

/// What rounding may cost in a term, in nats or relative to the term if that is more.
const TOLERANCE: f64 = 1e-9;

/// The diffusion model of some data whose reverse steps use the best denoiser.
///
/// ```
/// use ndarray::array;
/// use prob::{Gaussian, Mixture};
/// use vdm::{BayesVdm, Schedule};
/// // Standard normal data: E[x_0|x_1] = √α_1 x_1.
/// let model = BayesVdm::new(Mixture::from(Gaussian::standard(1)), Schedule::from_alphas(&[0.5])?)?;
/// let bound = model.average_bound()?;
/// assert!((bound.reconstruction + 0.5 * (std::f64::consts::TAU * 0.5).ln() + 0.5).abs() < 1e-11);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct BayesVdm {
    data: Mixture,
    schedule: Schedule,
    denoiser: ExactDenoiser,
}

impl BayesVdm {
    /// The model of these data along this schedule.
    ///
    /// # Errors
    /// As [`ExactDenoiser::new`].
    pub fn new(data: Mixture, schedule: Schedule) -> Result<Self, ProbError> {
        let denoiser = ExactDenoiser::new(&data, &schedule)?;
        Ok(Self { data, schedule, denoiser })
    }

    /// The data.
    pub fn data(&self) -> &Mixture {
        &self.data
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// `E[x_0|x_t]`.
    pub fn denoiser(&self) -> &ExactDenoiser {
        &self.denoiser
    }

    /// The denoising form of the bound at one observation (`[d]`), in nats.
    ///
    /// # Errors
    /// If `d > 2`, a coordinate is not finite, a quadrature does not converge, or there is so little noise that the rounding
    /// of `x_0` shows.
    ///
    /// # Panics
    /// If `x_0` has another dimension than the data.
    pub fn bound(&self, x_0: &ArrayRef1<f64>) -> Result<Bound, QuadratureError> {
        assert_eq!(x_0.len(), self.data.dim(), "{OTHER_DIMENSION}");
        if let Some((index, &value)) = x_0.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(QuadratureError::Observation { index, value });
        }
        let squared_error = |t| {
            let law = Gaussian::isotropic(
                &x_0.view() * self.schedule.alpha_bar(t).sqrt(),
                self.schedule.noise_variance(t),
            )
            .expect("a finite mean and a noise level of a schedule");
            let f = |x_t: &ArrayRef2<f64>| squared_norms(&(self.denoiser.denoise(x_t, t) - x_0));
            let first = 1.0 / sharpest_turn(&law, &self.seen(t));
            self.converged(t, || average_under(&law, first, f))
        };
        self.bound_with(self.schedule.prior_matching(x_0), rounding(x_0.dot(x_0)), squared_error)
    }

    /// The same averaged over the data, in nats: the squared error becomes the variance of `x_0` given `x_t`.
    ///
    /// # Errors
    /// If `d > 2` or a quadrature does not converge.
    pub fn average_bound(&self) -> Result<Bound, QuadratureError> {
        self.average_bound_from(0.0, |x_t, t| self.denoiser.squared_error(x_t, t))
    }

    /// The same of the model whose reverse steps use another denoiser, `x̂_0 = denoiser(x_t, t)` for rows `x_t` (`[n, d]`),
    /// `[n, d]`: its squared error is larger by `|E[x_0|x_t] - x̂_0|²` at every `x_t`, so that no denoiser has a higher bound.
    ///
    /// # Errors
    /// As [`average_bound`](Self::average_bound), or if there is so little noise that the rounding of `x̂_0` shows.
    ///
    /// # Panics
    /// If `denoiser` answers in another shape.
    pub fn average_bound_of(
        &self,
        denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64> + Sync,
    ) -> Result<Bound, QuadratureError> {
        let squares = self
            .data
            .parts()
            .map(|(weight, law)| weight * (law.mean().dot(law.mean()) + law.covariance().diag().sum()));
        self.average_bound_from(rounding(squares.sum()), |x_t, t| {
            let lost = squared_distances(&self.denoiser.denoise(x_t, t), &denoiser(x_t, t));
            self.denoiser.squared_error(x_t, t) + lost
        })
    }

    /// The average bound from `E[|x_0 - x̂_0|² | x_t]` of each row and the square of the `rounding` in it.
    fn average_bound_from(
        &self,
        rounding: f64,
        squared_error: impl Fn(&ArrayRef2<f64>, usize) -> Array1<f64> + Sync,
    ) -> Result<Bound, QuadratureError> {
        let prior_matching = self.data.parts().map(|(weight, law)| {
            let at_mean = self.schedule.prior_matching(law.mean());
            let spread = 0.5 * self.schedule.alpha_bar(self.schedule.steps()) * law.covariance().diag().sum();
            weight * (at_mean + spread)
        });
        let average = |t| {
            let log_density = |x_t: &ArrayRef2<f64>| self.denoiser.log_prob(x_t, t);
            let f = |x_t: &ArrayRef2<f64>| squared_error(x_t, t);
            self.converged(t, || average_under_mixture(&self.seen(t), log_density, f))
        };
        self.bound_with(prior_matching.sum(), rounding, average)
    }

    /// `I(x_0; x_t) = h(x_t) - ½ d log 2πe(1-ᾱ_t)`, in nats.
    pub(crate) fn information(&self, t: usize) -> Result<f64, QuadratureError> {
        let (weights, components) = self.seen(t).into_iter().unzip();
        let seen = Mixture::new(weights, components).expect("the weights of the data");
        let entropy = self.converged(t, || seen.entropy().expect("a line or a plane"))?;
        Ok(entropy - 0.5 * self.data.dim() as f64 * (LN_2PI + 1.0 + self.schedule.log_noise_variance(t)))
    }

    /// The value of an average that converged.
    fn converged(&self, t: usize, average: impl FnOnce() -> Integral) -> Result<f64, QuadratureError> {
        let dim = self.data.dim();
        let Some(&finest) = FINEST.get(dim - 1) else { return Err(QuadratureError::Dimension { dim }) };
        let found = average();
        if found.converged { Ok(found.value) } else { Err(QuadratureError::NotConverged { t, finest }) }
    }

    /// The bound from `E|x_0 - x̂_0|²` at each step and the square of the `rounding` in it.
    fn bound_with(
        &self,
        prior_matching: f64,
        rounding: f64,
        squared_error: impl Fn(usize) -> Result<f64, QuadratureError> + Sync,
    ) -> Result<Bound, QuadratureError> {
        let term = |t, weight: f64| {
            let term = squared_error(t).map(|square| weight * square);
            let (nats, size) = (weight * rounding, term.map_or(1.0, |term| term.max(1.0)));
            if nats > TOLERANCE * size { Err(QuadratureError::Rounding { t, nats }) } else { term }
        };
        let first = self.schedule.beta(1);
        let constant = -0.5 * self.data.dim() as f64 * (LN_2PI + first.ln());
        Ok(Bound {
            reconstruction: constant - term(1, 0.5 / first)?,
            prior_matching,
            matching: (2..=self.schedule.steps())
                .into_par_iter()
                .map(|t| term(t, self.schedule.snr_weight(t)))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The components of `q(x_t)` with their weights.
    fn seen(&self, t: usize) -> Vec<(f64, Gaussian)> {
        let (alpha_bar, noise) = (self.schedule.alpha_bar(t), self.schedule.noise_variance(t));
        self.data
            .parts()
            .map(|(weight, law)| {
                let covariance = law.covariance() * alpha_bar + Array2::<f64>::eye(law.dim()) * noise;
                let seen = Gaussian::new(law.mean() * alpha_bar.sqrt(), covariance);
                (weight, seen.expect("checked by the denoiser"))
            })
            .collect()
    }
}

/// The square of the rounding in `x_0 - x̂_0`, from `|x_0|²`.
fn rounding(square: f64) -> f64 {
    f64::EPSILON.powi(2) * square
}

/// The largest slope of a log-ratio of two components, a standard deviation of `law` being the unit: where one takes
/// over from the other, their responsibilities are logistic functions of that slope.
fn sharpest_turn(law: &Gaussian, components: &[(f64, Gaussian)]) -> f64 {
    let unit = law.covariance()[[0, 0]].sqrt();
    let of_each: Vec<(Array1<f64>, Array2<f64>)> = components
        .iter()
        .map(|(_, component)| {
            (component.score(law.mean()), component.factor().solve(&Array2::eye(component.dim())))
        })
        .collect();
    let norm = |squares: f64| squares.sqrt() * unit;
    let mut sharpest = 0.0f64;
    for (i, (score, precision)) in of_each.iter().enumerate() {
        for (other_score, other_precision) in &of_each[..i] {
            let slope = norm((score - other_score).mapv(|v| v * v).sum());
            let bend = norm((precision - other_precision).mapv(|v| v * v).sum());
            sharpest = sharpest.max(slope + TURNS * unit * bend);
        }
    }
    sharpest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::continuous::average_bound;
    use approx::assert_relative_eq;
    use ndarray::array;

    fn bimodal() -> Mixture {
        let part = |mean: f64| Gaussian::isotropic(array![mean], 0.09).unwrap();
        Mixture::equal(vec![part(-1.5), part(1.5)]).unwrap()
    }

    /// Against nested adaptive quadratures of another density.
    #[test]
    fn on_the_line_it_is_the_average_bound_of_the_continuous_limit() {
        let schedule = Schedule::linear(6, 0.05, 0.6).unwrap();
        let found = BayesVdm::new(bimodal(), schedule.clone()).unwrap().average_bound().unwrap();
        let expected = average_bound(&bimodal(), &schedule).unwrap();
        assert_relative_eq!(found.reconstruction, expected.reconstruction, max_relative = 1e-10);
        assert_relative_eq!(found.prior_matching, expected.prior_matching, max_relative = 1e-12);
        for (found, expected) in found.matching.iter().zip(&expected.matching) {
            assert_relative_eq!(found, expected, max_relative = 1e-9, epsilon = 1e-11);
        }
    }

    /// Two coordinates that know nothing of each other: the bound of a product is the sum of the bounds.
    #[test]
    fn in_the_plane_a_product_is_a_sum() {
        let schedule = Schedule::linear(4, 0.1, 0.6).unwrap();
        let plane = Mixture::equal(
            [(-1.5, -1.5), (-1.5, 1.5), (1.5, -1.5), (1.5, 1.5)]
                .iter()
                .map(|&(a, b)| Gaussian::isotropic(array![a, b], 0.09).unwrap())
                .collect(),
        )
        .unwrap();
        let line = BayesVdm::new(bimodal(), schedule.clone()).unwrap();
        let plane = BayesVdm::new(plane, schedule).unwrap();
        let (a, b) = (line.bound(&array![0.8]).unwrap(), line.bound(&array![-1.2]).unwrap());
        let both = plane.bound(&array![0.8, -1.2]).unwrap();
        assert_relative_eq!(both.reconstruction, a.reconstruction + b.reconstruction, max_relative = 1e-9);
        assert_relative_eq!(both.prior_matching, a.prior_matching + b.prior_matching, max_relative = 1e-12);
        for t in 0..3 {
            assert_relative_eq!(both.matching[t], a.matching[t] + b.matching[t], max_relative = 1e-8);
        }
        let average = plane.average_bound().unwrap();
        let of_line = line.average_bound().unwrap();
        assert_relative_eq!(average.elbo(), 2.0 * of_line.elbo(), max_relative = 1e-9);
    }

    /// `E[x_0|x_t]` of one Gaussian is linear, so that each step of the model is one of a linear-Gaussian reverse.
    #[test]
    fn for_one_gaussian_it_is_a_linear_model() {
        let schedule = Schedule::linear(5, 0.1, 0.6).unwrap();
        let (mean, variance) = (array![0.7, -1.3], 0.3);
        let (mut scales, mut biases, mut variances) = (vec![], Array2::zeros((5, 2)), vec![]);
        for t in 1..=5 {
            let (alpha_bar, noise) = (schedule.alpha_bar(t), schedule.noise_variance(t));
            let gain = alpha_bar.sqrt() * variance / (alpha_bar * variance + noise);
            let (of_x_t, of_x_0) = if t == 1 { (0.0, 1.0) } else { schedule.posterior_mean_coefficients(t) };
            scales.push(of_x_t + of_x_0 * gain);
            biases.row_mut(t - 1).assign(&(&mean * (of_x_0 * (1.0 - gain * alpha_bar.sqrt()))));
            variances.push(if t == 1 { schedule.beta(1) } else { schedule.posterior_variance(t) });
        }
        let reverse = crate::Reverse::new(scales, biases, variances).unwrap();
        let linear = crate::Vdm::new(schedule.clone(), reverse).unwrap();
        let data = Mixture::from(Gaussian::isotropic(mean, variance).unwrap());
        let model = BayesVdm::new(data, schedule).unwrap();
        let x_0 = array![0.8, -0.4];
        let (found, expected) = (model.bound(&x_0).unwrap(), linear.denoising(&x_0));
        assert_relative_eq!(found.reconstruction, expected.reconstruction, max_relative = 1e-12);
        assert_relative_eq!(found.prior_matching, expected.prior_matching, max_relative = 1e-12);
        for (found, expected) in found.matching.iter().zip(&expected.matching) {
            assert_relative_eq!(found, expected, max_relative = 1e-12);
        }
    }

    /// Components of several widths, correlated ones among them: one grid over all, against the bound at one
    /// observation averaged over the data.
    #[test]
    fn the_average_bound_is_the_average_of_the_bounds() {
        let gaussian = |mean, covariance| Gaussian::new(mean, covariance).unwrap();
        let line = vec![gaussian(array![-1.0], array![[0.2]]), gaussian(array![0.5], array![[0.5]])];
        let plane = vec![
            gaussian(array![-0.5, 0.2], array![[0.3, 0.1], [0.1, 0.2]]),
            gaussian(array![0.4, -0.3], array![[0.2, -0.05], [-0.05, 0.4]]),
        ];
        for (parts, nodes) in [(line, 60), (plane, 8)] {
            let schedule = Schedule::from_alphas(&[0.6, 0.5]).unwrap();
            let data = Mixture::new(vec![0.3, 0.7], parts).unwrap();
            let model = BayesVdm::new(data.clone(), schedule).unwrap();
            let rule = prob::GaussHermite::new(nodes);
            let averaged = |term: fn(&Bound) -> f64| -> f64 {
                data.parts()
                    .map(|(w, law)| w * rule.expectation(law, |x| term(&model.bound(x).unwrap())))
                    .sum()
            };
            let found = model.average_bound().unwrap();
            let terms: [fn(&Bound) -> f64; 3] =
                [|b| b.reconstruction, |b| b.prior_matching, |b| b.matching[0]];
            for term in terms {
                assert_relative_eq!(term(&found), averaged(term), max_relative = 1e-6);
            }
        }
    }

    /// Rare overlap, where two spacings that differ by 1e-6 still leave 4e-8; the value is that of 200001 points.
    #[test]
    fn components_that_hardly_touch_have_their_digits() {
        let part = |mean: f64| Gaussian::isotropic(array![mean], 0.25).unwrap();
        let data = Mixture::equal(vec![part(-3.0), part(3.0)]).unwrap();
        let schedule = Schedule::linear(12, 0.1, 0.4).unwrap();
        let bound = BayesVdm::new(data, schedule).unwrap().average_bound().unwrap();
        assert!((bound.reconstruction + 0.15226532979).abs() < 1e-11, "{bound:?}");
    }

    /// Narrow components, between which the denoiser turns within 5e-5 of a standard deviation of the noise: spacings
    /// that do not know of it agree with each other on a wrong value.
    #[test]
    fn a_sharp_turn_is_seen() {
        let part = |mean: f64| Gaussian::isotropic(array![mean], 1e-10).unwrap();
        let data = Mixture::equal(vec![part(-1.0), part(1.0)]).unwrap();
        let schedule = Schedule::linear(2, 1e-8, 0.5).unwrap();
        let model = BayesVdm::new(data, schedule.clone()).unwrap();
        let x_0 = 1e-7;
        let found = model.bound(&array![x_0]).unwrap().reconstruction;
        let (alpha_bar, noise) = (schedule.alpha_bar(1), schedule.noise_variance(1));
        let f = |eps: f64| {
            let x_1 = array![[alpha_bar.sqrt() * x_0 + eps * noise.sqrt()]];
            let shift = model.denoiser().denoise(&x_1, 1)[[0, 0]] - x_0;
            shift * shift * (-0.5 * eps * eps).exp() / std::f64::consts::TAU.sqrt()
        };
        let turn = -alpha_bar.sqrt() * x_0 / noise.sqrt();
        let mut breaks: Vec<f64> = (-90..=90).map(|k| k as f64 / 10.0).collect();
        breaks.extend((-60..=60).map(|k| turn + k as f64 * 1e-5));
        breaks.sort_by(f64::total_cmp);
        let squared_error = prob::integrate(f, &breaks, 1e-11).value;
        let first = schedule.beta(1);
        let expected = -0.5 * (LN_2PI + first.ln() + squared_error / first);
        assert_relative_eq!(found, expected, max_relative = 1e-9);
    }

    #[test]
    fn what_is_too_narrow_for_the_plane_is_refused() {
        let part = |mean: f64| Gaussian::isotropic(array![mean, 0.0], 1e-8).unwrap();
        let data = Mixture::equal(vec![part(-1.5), part(1.5)]).unwrap();
        let model = BayesVdm::new(data, Schedule::linear(2, 1e-4, 0.5).unwrap()).unwrap();
        let refused = model.bound(&array![0.003, 0.0]).unwrap_err();
        assert_eq!(refused, QuadratureError::NotConverged { t: 1, finest: 6e-3 });
    }

    #[test]
    fn space_is_refused() {
        let space = Mixture::from(Gaussian::standard(3));
        let model = BayesVdm::new(space, Schedule::from_alphas(&[0.5]).unwrap()).unwrap();
        assert_eq!(model.average_bound().unwrap_err(), QuadratureError::Dimension { dim: 3 });
    }
}
