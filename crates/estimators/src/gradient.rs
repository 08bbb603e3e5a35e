//! The gradient of the bound with respect to the reverse model, and the exact variance of its estimators.
//!
//! The parameters of `p(z_t|z_{t+1}) = N(W z_{t+1} + b, s S)` are `W`, `b` and `log s` at `s = 1`. With the residual
//! `ρ = z_t - W z_{t+1} - b`,
//!
//! ```text
//! ∂ log p/∂W = S⁻¹ρ z_{t+1}',   ∂ log p/∂b = S⁻¹ρ,   ∂ log p/∂log s = ½ (ρ'S⁻¹ρ - m)
//! ```
//!
//! and the gradient of a divergence in closed form is minus the average of these over its first law. So every component is
//! a quadratic of Gaussian variables, with exact moments; the score-function estimator's are products of two.
//!
//! `W` is the whole matrix of a step, also where a diffusion model ties it to a multiple of the identity.

use ndarray::{Array1, Array2, ArrayView1, s};
use prob::{LinearGaussian, ProbError};

use crate::noise_form::NoiseForm;
use crate::noise_quadratic::{NoiseQuadratic, norm_squared};
use crate::problem::{Decoders, Observation};
use crate::{Moments, Problem};

/// An estimator of the gradient of the bound with respect to the reverse model. All have the same mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gradient {
    /// The standardised residual is drawn from its law, which depends on the parameters: the log-ratio times the slope of
    /// the log-density of the draw (REINFORCE).
    ScoreFunction,
    /// The same draw with its noise held fixed: the slope of the sampled log-ratio.
    Pathwise,
    /// The slope of the consistency terms in closed form, Luo (45) corrected.
    Consistency,
    /// The slope of the denoising matching terms in closed form, Luo (58).
    Denoising,
}

/// What is known of an estimate of a gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GradientMoments {
    /// `|E g|²`, in nats².
    pub squared_mean: f64,
    /// `tr Cov g`, the sum of the variances of the components, in nats².
    pub variance: f64,
}

impl Gradient {
    /// All of them, the noisiest first.
    pub const ALL: [Gradient; 4] =
        [Gradient::ScoreFunction, Gradient::Pathwise, Gradient::Consistency, Gradient::Denoising];

    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Gradient::ScoreFunction => "score_function",
            Gradient::Pathwise => "pathwise",
            Gradient::Consistency => "consistency",
            Gradient::Denoising => "denoising",
        }
    }

    /// Mean and variance when every step is estimated (each parameter stands in one term, so that it does not matter
    /// whether a path is shared), or, with `one_step`, one matching term at uniform `t`, times their number. The
    /// reconstruction is sampled in every case. `None` without linear decoders.
    ///
    /// # Errors
    /// If a bridge or a posterior is singular to rounding.
    pub fn moments(self, one_step: bool, problem: &Problem) -> Result<Option<GradientMoments>, ProbError> {
        let Decoders::Linear(decoders) = problem.decoders() else { return Ok(None) };
        let mut total = GradientMoments::default();
        for (t, decoder) in decoders.iter().enumerate() {
            let parts = problem
                .observations()
                .iter()
                .map(|part| Ok((part.weight, self.components(t, decoder, problem, part)?)))
                .collect::<Result<Vec<(f64, Vec<Moments>)>, ProbError>>()?;
            // A matching term stands for all of them when it is the one that is drawn.
            let stands_for = if one_step && t > 0 { (decoders.len() - 1) as f64 } else { 1.0 };
            for i in 0..parts[0].1.len() {
                let component = Moments::mixed(parts.iter().map(|(weight, all)| (*weight, all[i])));
                let square = component.mean * component.mean;
                total.squared_mean += square;
                total.variance += stands_for * component.variance() + (stands_for - 1.0) * square;
            }
        }
        Ok(Some(total))
    }

    /// The components of the gradient at `p(z_t|z_{t+1})`: `W` row by row, `b`, `log s`.
    fn components(
        self,
        t: usize,
        decoder: &LinearGaussian,
        problem: &Problem,
        part: &Observation,
    ) -> Result<Vec<Moments>, ProbError> {
        // The law over which log p is averaged in closed form, and its conditions; none where z_t itself is drawn.
        let (averaged, given) = match self {
            _ if t == 0 => (None, vec![0]),
            Gradient::Pathwise => (None, vec![t]),
            Gradient::Denoising => (Some(problem.posterior(t)?), vec![0, t + 1]),
            Gradient::Consistency => (Some(problem.bridge(t)?), vec![t - 1, t + 1]),
            Gradient::ScoreFunction => {
                return Ok(score_function(t, decoder, &problem.posterior(t)?, problem, part));
            }
        };
        let mut variables = given.clone();
        variables.push(t + 1);
        variables.sort_unstable();
        variables.dedup();
        let law = NoiseForm::new(problem, part, &variables);
        let upper = Affine::of(&law, &[t + 1]);
        let lower = match &averaged {
            Some(averaged) => Affine::of(&law, &given).through(averaged),
            None => Affine::of(&law, &given),
        };
        let residual = lower.minus(&upper.through(decoder));
        let spread = averaged.map_or(0.0, |averaged| {
            norm_squared(decoder.factor().whiten_columns(averaged.factor().lower()).iter())
        });
        Ok(slopes(decoder, &residual, &upper, spread))
    }
}

/// The moments of the three kinds of components, `log p` being averaged over a law around the residual whose covariance
/// adds `spread = tr(S⁻¹Σ)`.
fn slopes(decoder: &LinearGaussian, residual: &Affine, upper: &Affine, spread: f64) -> Vec<Moments> {
    let white = residual.map(|columns| decoder.factor().whiten_columns(&columns));
    let scaled = residual.map(|columns| decoder.factor().solve(&columns));
    let mut of_scale = white.half_square();
    of_scale.mean += 0.5 * (spread - white.len() as f64);
    components(&scaled, upper, of_scale).iter().map(NoiseQuadratic::moments).collect()
}

/// `-f × slope of log q_θ(y)`, with `f` the log-ratio of posterior and decoder and `y = L⁻¹ρ` drawn from its law.
fn score_function(
    t: usize,
    decoder: &LinearGaussian,
    posterior: &LinearGaussian,
    problem: &Problem,
    part: &Observation,
) -> Vec<Moments> {
    let law = NoiseForm::new(problem, part, &[0, t, t + 1]);
    let (lower, upper) = (Affine::of(&law, &[t]), Affine::of(&law, &[t + 1]));
    let residual = lower.minus(&upper.through(decoder));
    let own = lower.minus(&Affine::of(&law, &[0, t + 1]).through(posterior));
    let pull = own.map(|columns| posterior.factor().solve(&columns));
    let mut log_ratio = residual.map(|columns| decoder.factor().whiten_columns(&columns)).half_square();
    log_ratio.add(-1.0, &own.map(|columns| posterior.factor().whiten_columns(&columns)).half_square());
    log_ratio.mean += 0.5 * (decoder.factor().log_det() - posterior.factor().log_det());
    let mut of_scale = NoiseQuadratic::zero(law.noise());
    for i in 0..residual.len() {
        of_scale.add(0.5, &Affine::product(&residual, i, &pull, i));
    }
    of_scale.mean -= 0.5 * residual.len() as f64;
    components(&pull, &upper, of_scale).iter().map(|slope| log_ratio.product_moments(slope)).collect()
}

/// The slopes for `W` row by row, for `b` and for `log s`, `pull` being the one for `b`.
fn components(pull: &Affine, upper: &Affine, of_scale: NoiseQuadratic) -> Vec<NoiseQuadratic> {
    let of_weight = (0..pull.len())
        .flat_map(|i| (0..upper.len()).map(move |j| (i, j)))
        .map(|(i, j)| Affine::product(pull, i, upper, j));
    of_weight.chain((0..pull.len()).map(|i| pull.coordinate(i))).chain([of_scale]).collect()
}

/// `F ε + m`, a row for each coordinate.
struct Affine {
    factor: Array2<f64>,
    mean: Array1<f64>,
}

impl Affine {
    fn of(law: &NoiseForm, variables: &[usize]) -> Self {
        let (mean, factor) = law.select(variables);
        Self { factor, mean }
    }

    fn len(&self) -> usize {
        self.mean.len()
    }

    fn noise(&self) -> usize {
        self.factor.ncols()
    }

    /// `W · + b`.
    fn through(&self, law: &LinearGaussian) -> Self {
        Self { factor: law.weight().dot(&self.factor), mean: law.weight().dot(&self.mean) + law.bias() }
    }

    fn minus(&self, other: &Self) -> Self {
        Self { factor: &self.factor - &other.factor, mean: &self.mean - &other.mean }
    }

    /// A linear map of columns.
    fn map(&self, linear: impl Fn(Array2<f64>) -> Array2<f64>) -> Self {
        let mean = linear(self.mean.clone().insert_axis(ndarray::Axis(1)));
        Self { factor: linear(self.factor.clone()), mean: mean.slice(s![.., 0]).to_owned() }
    }

    fn row(&self, i: usize) -> (ArrayView1<'_, f64>, f64) {
        (self.factor.row(i), self.mean[i])
    }

    fn coordinate(&self, i: usize) -> NoiseQuadratic {
        let (slope, mean) = self.row(i);
        NoiseQuadratic { mean, slope: slope.to_owned(), ..NoiseQuadratic::zero(self.noise()) }
    }

    /// Row `i` of one times row `j` of the other.
    fn product(one: &Affine, i: usize, other: &Affine, j: usize) -> NoiseQuadratic {
        let ((a, a_0), (b, b_0)) = (one.row(i), other.row(j));
        let curvature = Array2::from_shape_fn((a.len(), a.len()), |(k, l)| 0.5 * (a[k] * b[l] + a[l] * b[k]));
        NoiseQuadratic { mean: a_0 * b_0 + a.dot(&b), slope: &a * b_0 + &b * a_0, curvature }
    }

    /// `½ |·|²`.
    fn half_square(&self) -> NoiseQuadratic {
        let mut sum = NoiseQuadratic::zero(self.noise());
        for i in 0..self.len() {
            sum.add(0.5, &Self::product(self, i, self, i));
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Estimator, Form, Observations};
    use approx::assert_relative_eq;
    use mhvae::Mhvae;
    use ndarray::array;

    fn problem(shift: impl Fn(usize, &str) -> f64) -> Problem {
        let law = |w: f64, b: f64, v: f64| LinearGaussian::new(array![[w]], array![b], array![[v]]).unwrap();
        let encoders = vec![law(0.9, 0.0, 0.2), law(0.8, 0.1, 0.4), law(0.6, 0.0, 0.7)];
        let decoders = [(0.8, 0.1, 0.3), (0.7, -0.1, 0.5), (0.5, 0.2, 0.6)]
            .iter()
            .enumerate()
            .map(|(t, &(w, b, v))| law(w + shift(t, "W"), b + shift(t, "b"), v * shift(t, "log s").exp()))
            .collect();
        Problem::new(Mhvae::new(encoders, decoders).unwrap(), Observations::Fixed(array![0.8])).unwrap()
    }

    /// Every estimator has the gradient of the exact bound as its mean, taken here by central differences.
    #[test]
    fn all_means_are_the_gradient_of_the_bound() {
        let bound = |at: usize, parameter: &str, h: f64| {
            let problem = problem(|t, name| if t == at && name == parameter { h } else { 0.0 });
            Estimator::new(Form::Denoising, &problem).unwrap().mean().unwrap()
        };
        let h = 1e-4;
        let mut squared = 0.0;
        for at in 0..3 {
            for parameter in ["W", "b", "log s"] {
                squared += ((bound(at, parameter, h) - bound(at, parameter, -h)) / (2.0 * h)).powi(2);
            }
        }
        let problem = problem(|_, _| 0.0);
        for gradient in Gradient::ALL {
            let found = gradient.moments(false, &problem).unwrap().unwrap();
            assert_relative_eq!(found.squared_mean, squared, max_relative = 1e-6);
        }
    }

    /// Averaging in closed form over what need not be drawn never adds variance.
    #[test]
    fn closed_forms_have_the_lower_variance() {
        let problem = problem(|_, _| 0.0);
        for one_step in [false, true] {
            let of = |gradient: Gradient| gradient.moments(one_step, &problem).unwrap().unwrap().variance;
            assert!(of(Gradient::Denoising) < of(Gradient::Pathwise));
            assert!(of(Gradient::Consistency) < of(Gradient::Pathwise));
            assert!(of(Gradient::Pathwise) < of(Gradient::ScoreFunction));
        }
    }
}
