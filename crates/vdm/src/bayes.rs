//! The bound whose reverse steps know the data: the best denoiser, at one observation or averaged, by quadrature.
//!
//! `p(x_{t-1}|x_t) = N(μ_q(x_t, E[x_0|x_t]), σ_q²(t) I)` for `t = 2 … T`, and `N(E[x_0|x_1], (1-α_1) I)` at `t = 1`. Each
//! term is then an average of `|x_0 - E[x_0|x_t]|²`. That is a smooth function of `x_t` against a Gaussian, for which
//! the trapezoidal rule on the line and in the plane converges geometrically: the spacing is halved until two sums agree.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};
use prob::numerics::LN_2PI;
use prob::{Bound, Gaussian, Mixture, ProbError};

use crate::{ExactDenoiser, Schedule};

/// Standard deviations beyond which a Gaussian weight is nothing: `exp(-½ 9²)` is 3e-18.
const REACH: f64 = 9.0;

/// Spacings, in standard deviations: the first, and how often it may be halved on the line and in the plane.
const FIRST_SPACING: f64 = 0.5;
const HALVINGS: [usize; 2] = [13, 6];

/// Relative change between two spacings at which the sums agree, on the line and in the plane.
const AGREEMENT: [f64; 2] = [1e-11, 1e-9];

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

/// A term has no exact value here.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum QuadratureError {
    /// The plane is the most that is integrated over.
    #[error("data of {dim} coordinates: quadrature is for one or two")]
    Dimension {
        /// Coordinates of the data.
        dim: usize,
    },
    /// The components are too narrow for the finest spacing.
    #[error("term {t}: {change:e} between the two finest quadratures")]
    NotConverged {
        /// Step, `1 … T`.
        t: usize,
        /// How far they still differ, relative to the value.
        change: f64,
    },
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
    /// If `d > 2` or a quadrature does not converge.
    ///
    /// # Panics
    /// If `x_0` has another dimension than the data.
    pub fn bound(&self, x_0: &ArrayRef1<f64>) -> Result<Bound, QuadratureError> {
        let squared_error = |t| {
            let law = Gaussian::isotropic(
                &x_0.view() * self.schedule.alpha_bar(t).sqrt(),
                self.schedule.noise_variance(t),
            )
            .expect("a noise level of a schedule");
            self.average(t, &law, |x_t| {
                let shift = self.denoiser.denoise(x_t, t) - x_0;
                (&shift * &shift).sum_axis(ndarray::Axis(1))
            })
        };
        self.bound_with(self.schedule.prior_matching(x_0), squared_error)
    }

    /// The same averaged over the data, in nats: the squared error becomes the variance of `x_0` given `x_t`.
    ///
    /// # Errors
    /// As [`bound`](Self::bound).
    pub fn average_bound(&self) -> Result<Bound, QuadratureError> {
        let prior_matching = self.data.parts().map(|(weight, law)| {
            let at_mean = self.schedule.prior_matching(law.mean());
            let spread = 0.5 * self.schedule.alpha_bar(self.schedule.steps()) * law.covariance().diag().sum();
            weight * (at_mean + spread)
        });
        let squared_error = |t| {
            let (alpha_bar, noise) = (self.schedule.alpha_bar(t), self.schedule.noise_variance(t));
            self.data.parts().try_fold(0.0, |sum, (weight, law)| {
                let covariance = law.covariance() * alpha_bar + Array2::<f64>::eye(law.dim()) * noise;
                let seen = Gaussian::new(law.mean() * alpha_bar.sqrt(), covariance)
                    .expect("checked by the denoiser");
                Ok(sum + weight * self.average(t, &seen, |x_t| self.denoiser.squared_error(x_t, t))?)
            })
        };
        self.bound_with(prior_matching.sum(), squared_error)
    }

    /// The bound from `E|x_0 - E[x_0|x_t]|²` at each step.
    fn bound_with(
        &self,
        prior_matching: f64,
        squared_error: impl Fn(usize) -> Result<f64, QuadratureError>,
    ) -> Result<Bound, QuadratureError> {
        let first = self.schedule.beta(1);
        let constant = self.data.dim() as f64 * (LN_2PI + first.ln());
        Ok(Bound {
            reconstruction: -0.5 * (constant + squared_error(1)? / first),
            prior_matching,
            matching: (2..=self.schedule.steps())
                .map(|t| Ok(self.schedule.snr_weight(t) * squared_error(t)?))
                .collect::<Result<_, _>>()?,
        })
    }

    /// `E f(x_t)` for `x_t` from `law`.
    fn average(
        &self,
        t: usize,
        law: &Gaussian,
        f: impl Fn(&ArrayRef2<f64>) -> Array1<f64>,
    ) -> Result<f64, QuadratureError> {
        let dim = law.dim();
        if dim > HALVINGS.len() {
            return Err(QuadratureError::Dimension { dim });
        }
        let (halvings, agreement) = (HALVINGS[dim - 1], AGREEMENT[dim - 1]);
        let mut spacing = FIRST_SPACING;
        let mut coarse = trapezoid(law, spacing, &f);
        let mut change = f64::INFINITY;
        for _ in 0..halvings {
            spacing *= 0.5;
            let fine = trapezoid(law, spacing, &f);
            change = (fine - coarse).abs() / fine.abs();
            if change <= agreement {
                return Ok(fine);
            }
            coarse = fine;
        }
        Err(QuadratureError::NotConverged { t, change })
    }
}

/// `Σ w f / Σ w` over the grid of `law`'s own coordinates with this spacing, `w = exp(-½|ε|²)`.
fn trapezoid(law: &Gaussian, spacing: f64, f: impl Fn(&ArrayRef2<f64>) -> Array1<f64>) -> f64 {
    let reach = (REACH / spacing).ceil() as i32;
    let line: Vec<f64> = (-reach..=reach).map(|i| f64::from(i) * spacing).collect();
    // A row of the plane at a time; a line is one row.
    let rows = if law.dim() == 1 { vec![None] } else { line.iter().map(|&eps| Some(eps)).collect() };
    let (mut sum, mut total) = (0.0, 0.0);
    for row in rows {
        let eps = Array2::from_shape_fn((line.len(), law.dim()), |(i, j)| match (j, row) {
            (1, Some(eps)) => eps,
            _ => line[i],
        });
        let values = f(&law.sample_given_noise(&eps));
        for (eps, value) in eps.rows().into_iter().zip(values) {
            let weight = (-0.5 * eps.dot(&eps)).exp();
            sum += weight * value;
            total += weight;
        }
    }
    sum / total
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

    #[test]
    fn space_is_refused() {
        let space = Mixture::from(Gaussian::standard(3));
        let model = BayesVdm::new(space, Schedule::from_alphas(&[0.5]).unwrap()).unwrap();
        assert_eq!(model.average_bound().unwrap_err(), QuadratureError::Dimension { dim: 3 });
    }
}
