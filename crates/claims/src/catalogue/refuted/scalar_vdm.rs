//! A diffusion model on the line: as a problem that prints well, as the general chain, and in scalars written out.

use mhvae::Mhvae;
use ndarray::{Array1, array};
use prob::{LinearGaussian, ProbError, Quadratic};
use proptest::prelude::*;

use crate::decimals;

/// `q(x_t|x_{t-1}) = N(√α_t x_{t-1}, 1-α_t)` and `p(x_{t-1}|x_t) = N(scale · x_t, variance)` at every step.
#[derive(Clone, Debug)]
pub(super) struct ScalarVdm {
    pub(super) alphas: Vec<f64>,
    pub(super) x_0: f64,
    pub(super) scale: f64,
    pub(super) variance: f64,
}

/// Models of one to four steps, the shortest first.
pub(super) fn scalar_vdm() -> impl Strategy<Value = ScalarVdm> {
    scalar_vdm_of(1)
}

/// Models of `shortest` to four steps.
pub(super) fn scalar_vdm_of(shortest: usize) -> impl Strategy<Value = ScalarVdm> {
    (decimals::schedule(shortest..=4), decimals::number(), decimals::positive(), decimals::positive())
        .prop_map(|(alphas, x_0, scale, variance)| ScalarVdm { alphas, x_0, scale, variance })
}

/// What stands in a problem made of decimals: no divisor is near zero.
const POSED: &str = "variances between 0.01 and 4";

impl ScalarVdm {
    /// `T`.
    pub(super) fn steps(&self) -> usize {
        self.alphas.len()
    }

    /// `α_t`, `t = 1 … T`.
    pub(super) fn alpha(&self, t: usize) -> f64 {
        self.alphas[t - 1]
    }

    /// `ᾱ_t`, `t = 0 … T`.
    pub(super) fn alpha_bar(&self, t: usize) -> f64 {
        self.alphas[..t].iter().product()
    }

    /// The same model as a chain of conditionals.
    pub(super) fn chain(&self) -> Mhvae {
        let step = |scale, variance| LinearGaussian::isotropic(1, scale, variance).expect(POSED);
        let encoders = self.alphas.iter().map(|&alpha| step(alpha.sqrt(), 1.0 - alpha)).collect();
        let decoders = self.alphas.iter().map(|_| step(self.scale, self.variance)).collect();
        Mhvae::new(encoders, decoders).expect("one decoder for each encoder")
    }

    /// The observation.
    pub(super) fn observation(&self) -> Array1<f64> {
        array![self.x_0]
    }

    /// Term `t = 1 … T-1` of Luo (45) as printed, `E KL(q(x_t|x_{t-1}) ‖ p(x_t|x_{t+1}))`, in scalars.
    pub(super) fn printed_term(&self, t: usize) -> f64 {
        let (m, v) = (self.scale, self.variance);
        let (alpha, next, before) = (self.alpha(t), self.alpha(t + 1), self.alpha_bar(t - 1));
        // √α_t x_{t-1} - m x_{t+1} = √α_t (1 - m √α_{t+1}) x_{t-1} - m √(1 - α_t α_{t+1}) ε.
        let kept = alpha.sqrt() * (1.0 - m * next.sqrt());
        let square = kept.powi(2) * (before * self.x_0.powi(2) + 1.0 - before) + m * m * (1.0 - alpha * next);
        0.5 * ((v / (1.0 - alpha)).ln() + (1.0 - alpha) / v - 1.0 + square / v)
    }

    /// `m √α_{t+1} (1-α_t) / v`: what the printed term is too large by.
    pub(super) fn misprint(&self, t: usize) -> f64 {
        self.scale * self.alpha(t + 1).sqrt() * (1.0 - self.alpha(t)) / self.variance
    }

    /// The sum of the consistency terms, corrected.
    pub(super) fn consistency_sum(&self) -> f64 {
        (1..self.steps()).map(|t| self.printed_term(t) - self.misprint(t)).sum()
    }

    /// The part of the consistency integrand that varies along a path: divergences as sums of squares.
    pub(super) fn consistency_squares(&self) -> Vec<Square> {
        let (m, v, top) = (self.scale, self.variance, self.steps());
        let mut squares = vec![self.reconstruction_square()];
        // KL(q(x_T|x_{T-1}) ‖ N(0, 1)) = ½ α_T x_{T-1}² + …
        squares.push(Square::of(-0.5, self, &[(top - 1, self.alpha(top).sqrt())]));
        for t in 1..top {
            let (beta, next_beta) = (1.0 - self.alpha(t), 1.0 - self.alpha(t + 1));
            let precision = 1.0 / beta + self.alpha(t + 1) / next_beta;
            let of_before = self.alpha(t).sqrt() / beta / precision;
            let of_next = self.alpha(t + 1).sqrt() / next_beta / precision;
            let to_decoder = [(t - 1, of_before), (t + 1, of_next - m)];
            let to_encoder = [(t - 1, of_before - self.alpha(t).sqrt()), (t + 1, of_next)];
            squares.push(Square::of(-0.5 / v, self, &to_decoder));
            squares.push(Square::of(0.5 / beta, self, &to_encoder));
        }
        squares
    }

    /// The part of the denoising integrand that varies along a path.
    #[cfg(test)]
    fn denoising_squares(&self) -> Vec<Square> {
        let (m, v) = (self.scale, self.variance);
        let mut squares = vec![self.reconstruction_square()];
        for t in 2..=self.steps() {
            let (before, noise) = (self.alpha_bar(t - 1), 1.0 - self.alpha_bar(t));
            let of_x_t = self.alpha(t).sqrt() * (1.0 - before) / noise;
            let of_x_0 = before.sqrt() * (1.0 - self.alpha(t)) / noise;
            squares.push(Square::of(-0.5 / v, self, &[(0, of_x_0), (t, of_x_t - m)]));
        }
        squares
    }

    /// `log p(x_0|x_1) = -(x_0 - m x_1)² / 2v + …`
    fn reconstruction_square(&self) -> Square {
        Square::of(-0.5 / self.variance, self, &[(0, 1.0), (1, -self.scale)])
    }

    /// The exact variance of a sum of squares along one path: `Σ_kl w_k w_l (2 K_kl² + 4 m_k m_l K_kl)` for the means
    /// `m` and the covariances `K` of what is squared (Isserlis).
    pub(super) fn path_variance(&self, squares: &[Square]) -> f64 {
        let pairs = squares.iter().flat_map(|k| squares.iter().map(move |l| (k, l)));
        let part = |(k, l): (&Square, &Square)| {
            let covariance = self.covariance(&k.form, &l.form);
            k.weight * l.weight * (2.0 * covariance.powi(2) + 4.0 * k.mean * l.mean * covariance)
        };
        pairs.map(part).sum()
    }

    /// Covariance of two linear forms of the path, with `Cov(x_s, x_t) = √(ᾱ_t/ᾱ_s) (1-ᾱ_s)` for `s ≤ t`.
    fn covariance(&self, one: &[(usize, f64)], other: &[(usize, f64)]) -> f64 {
        let of_pair = |s: usize, t: usize| {
            let (s, t) = (s.min(t), s.max(t));
            (self.alpha_bar(t) / self.alpha_bar(s)).sqrt() * (1.0 - self.alpha_bar(s))
        };
        one.iter().flat_map(|&(s, a)| other.iter().map(move |&(t, b)| a * b * of_pair(s, t))).sum()
    }

    /// The exact variance of the denoising integrand along one path, as a quadratic of the jointly Gaussian latents.
    pub(super) fn denoising_variance(&self) -> Result<f64, ProbError> {
        let (chain, x) = (self.chain(), self.observation());
        let (q, decoders) = (chain.marginals(&x), chain.decoders());
        let mut integrand = Quadratic::log_prob(&decoders[0]).fix(&[1], &x).embed(self.steps(), &[0]);
        for t in 1..self.steps() {
            let posterior = chain.encoders()[t].bayes(&q[t - 1])?;
            let term = Quadratic::kl_divergence(&posterior, &decoders[t]);
            integrand = integrand - term.embed(self.steps(), &[t]);
        }
        Ok(integrand.variance(&chain.encode(&x)))
    }
}

/// `weight · (Σ coefficient x_t)²`, with the mean of what is squared; `x_0` is the observation.
#[derive(Clone, Debug)]
pub(super) struct Square {
    weight: f64,
    form: Vec<(usize, f64)>,
    mean: f64,
}

impl Square {
    fn of(weight: f64, model: &ScalarVdm, form: &[(usize, f64)]) -> Self {
        let mean =
            form.iter().map(|&(t, coefficient)| coefficient * model.alpha_bar(t).sqrt() * model.x_0).sum();
        Self { weight, form: form.to_vec(), mean }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    proptest! {
        /// Isserlis' sum against the matrix formula of the quadratic, for the form that both can say.
        #[test]
        fn variances_agree_along_two_routes(model in scalar_vdm()) {
            let by_squares = model.path_variance(&model.denoising_squares());
            assert_relative_eq!(by_squares, model.denoising_variance().unwrap(), max_relative = 1e-9, epsilon = 1e-12);
        }

        /// The corrected sum in scalars against the chain's.
        #[test]
        fn the_corrected_sum_is_that_of_the_chain(model in scalar_vdm()) {
            let of_chain: f64 = model.chain().consistency(&model.observation()).unwrap().matching.iter().sum();
            assert_relative_eq!(model.consistency_sum(), of_chain, max_relative = 1e-9, epsilon = 1e-9);
        }
    }
}
