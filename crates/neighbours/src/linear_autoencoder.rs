//! The linear autoencoder by gradient descent on samples, beside the principal components of the same samples.
//!
//! With `z = E (x - x̄)` and `x' = D z + x̄` the average squared error over the samples is
//! `L = tr((I - DE) S (I - DE)ᵀ)`, a function of their covariance `S` alone, so that a step costs the same for any number
//! of them. All minima are global and span the principal subspace; all other stationary points are saddles (Baldi and
//! Hornik 1989).

use linalg::SymmetricEigen;
use montecarlo::{Estimate, Moments};
use ndarray::{Array1, Array2, ArrayRef2, Axis};
use prob::{ProbError, check_dim};
use vae::LinearAutoencoder;

use crate::SampleMoments;

/// Encoder `E` (`[k, d]`) and decoder `D` (`[d, k]`) that are being trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// `E`, `[k, d]`.
    pub encoder: Array2<f64>,
    /// `D`, `[d, k]`.
    pub decoder: Array2<f64>,
}

/// Descent left the finite numbers.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the descent diverged at step {step}: the error is {error}")]
pub struct Diverged {
    /// The step at which it was seen, from 0.
    pub step: usize,
    /// What the reconstruction error had become.
    pub error: f64,
}

impl Weights {
    /// `L = tr((I - DE) S (I - DE)ᵀ)` in squared units of `x`, and its gradient `∂L/∂E = -2 Dᵀ (I - DE) S`,
    /// `∂L/∂D = -2 (I - DE) S Eᵀ`, for the covariance `S` (`[d, d]`) of the samples.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn error_and_gradient(&self, covariance: &ArrayRef2<f64>) -> (f64, Weights) {
        let lost = Array2::<f64>::eye(covariance.nrows()) - self.decoder.dot(&self.encoder);
        let lost_covariance = lost.dot(covariance);
        let error = (&lost_covariance * &lost).sum();
        let gradient = Weights {
            encoder: self.decoder.t().dot(&lost_covariance) * -2.0,
            decoder: lost_covariance.dot(&self.encoder.t()) * -2.0,
        };
        (error, gradient)
    }

    /// `steps` steps of gradient descent of the size `rate / λ_max` on samples with these moments; `watch(step, error, weights)`
    /// sees the weights before each, and their error.
    ///
    /// A rate up to ¼ descends from small weights. The error that is left falls by a factor of about
    /// `1 - 2 rate (λ_k - λ_{k+1})/λ_max` in a step, or slower where `D` and `E` are small. Samples that are all alike have
    /// nothing to descend.
    ///
    /// # Errors
    /// [`Diverged`] as soon as the error is not finite, at a rate that is too large; the weights stay as they were at the last
    /// step at which it was.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn descend(
        &mut self,
        data: &SampleMoments,
        steps: usize,
        rate: f64,
        mut watch: impl FnMut(usize, f64, &Weights),
    ) -> Result<(), Diverged> {
        let covariance = data.covariance();
        let largest = SymmetricEigen::new(covariance).values()[0];
        let size = if largest > 0.0 { rate / largest } else { 0.0 };
        let mut before = self.clone();
        // Once more than there are steps: what the last one made is looked at too.
        for step in 0..=steps {
            let (error, gradient) = self.error_and_gradient(covariance);
            if !error.is_finite() {
                *self = before;
                return Err(Diverged { step, error });
            }
            if step < steps {
                watch(step, error, self);
                before.clone_from(self);
                self.encoder.scaled_add(-size, &gradient.encoder);
                self.decoder.scaled_add(-size, &gradient.decoder);
            }
        }
        Ok(())
    }

    /// The autoencoder with these weights, centred at the mean of the samples.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn model(&self, data: &SampleMoments) -> Result<LinearAutoencoder, ProbError> {
        LinearAutoencoder::new(self.encoder.clone(), self.decoder.clone(), data.mean().clone())
    }
}

/// The average of `|x - x'|²` over the rows of `x` (`[n, d]`), in squared units of `x`, with its standard error as an
/// estimate for the law that they were drawn from.
///
/// # Panics
/// If the rows have another dimension.
pub fn reconstruction_error(model: &LinearAutoencoder, x: &ArrayRef2<f64>) -> Estimate {
    let squares = x.rows().into_iter().map(|row| {
        let residual = model.reconstruct(&row) - row;
        residual.dot(&residual)
    });
    squares.collect::<Moments>().estimate()
}

/// The `k` principal angles between the spans of the columns of `a` and of `b` (each `[d, k]`), in radians, the largest first:
/// their sines are the singular values of `(I - P_b) Q_a`, with `Q_a` an orthonormal basis of the one and `P_b` the projection
/// on the other. Taken from sines, so that the largest keeps its digits where it is small (Björck and Golub 1973); the others
/// are known to about 1e-8 of it.
///
/// # Errors
/// If the shapes differ, a number is not finite, or columns depend on one another to rounding and span less.
pub fn principal_angles(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>) -> Result<Array1<f64>, ProbError> {
    check_dim("coordinates", a.nrows(), b.nrows())?;
    check_dim("columns", a.ncols(), b.ncols())?;
    let (a, b) = (orthonormal(a)?, orthonormal(b)?);
    let outside = &a - &b.dot(&b.t().dot(&a));
    let squares = SymmetricEigen::new(&outside.t().dot(&outside)).values().clone();
    Ok(squares.mapv(|square| square.clamp(0.0, 1.0).sqrt().asin()))
}

/// `A (AᵀA)^{-½}`: orthonormal columns with the span of those of `a`, which are brought to length 1 first.
fn orthonormal(a: &ArrayRef2<f64>) -> Result<Array2<f64>, ProbError> {
    if let Some((index, &value)) = a.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        return Err(ProbError::NotFinite { what: "columns", index, value });
    }
    // By their largest entries first: a square may overflow.
    let largest = a.map_axis(Axis(0), |column| column.iter().fold(0.0, |max: f64, v| max.max(v.abs())));
    let a = &a.view() / &largest.mapv(|v| if v > 0.0 { v } else { 1.0 });
    let lengths = a.map_axis(Axis(0), |column| column.dot(&column).sqrt());
    let a = &a / &lengths.mapv(|v| if v > 0.0 { v } else { 1.0 });
    let gram = SymmetricEigen::new(&a.t().dot(&a));
    let independent = gram.values().iter().filter(|&&v| v > 1e-14 * a.ncols() as f64).count();
    check_dim("span of the columns", a.ncols(), independent)?;
    Ok(a.dot(&gram.map(|v| v.sqrt().recip())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{assert_abs_diff_eq, assert_relative_eq};
    use montecarlo::Streams;
    use ndarray::{array, s};

    use nn::gradient_check;
    use prob::standard_normal;
    use proptest::prelude::*;

    fn normal(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
        standard_normal((rows, columns), &mut Streams::new(seed).rng(0))
    }

    fn samples(n: usize) -> Array2<f64> {
        let axes = linalg::orthogonal_factor(&normal(4, 4, 2));
        (normal(n, 4, 1) * array![2.0, 1.4, 0.8, 0.3]).dot(&axes) + array![1.0, -2.0, 0.0, 3.0]
    }

    fn start(seed: u64) -> Weights {
        Weights { encoder: normal(2, 4, seed) * 0.3, decoder: normal(4, 2, seed + 100) * 0.3 }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_gradient_is_that_of_the_error(seed in 0u64..1000) {
            let law = SampleMoments::of(&samples(20)).unwrap();
            let at = |flat: &[f64]| Weights {
                encoder: Array2::from_shape_vec((2, 4), flat[..8].to_vec()).unwrap(),
                decoder: Array2::from_shape_vec((4, 2), flat[8..].to_vec()).unwrap(),
            };
            let flat = normal(1, 16, seed).into_raw_vec_and_offset().0;
            let (_, gradient) = at(&flat).error_and_gradient(law.covariance());
            let gradient: Vec<f64> = gradient.encoder.iter().chain(&gradient.decoder).copied().collect();
            let error = |flat: &[f64]| at(flat).error_and_gradient(law.covariance()).0;
            prop_assert!(gradient_check(error, &flat, &gradient) < 1e-7);
        }
    }

    /// Error and span of what was learned, from several starts; the error by rows and by moments.
    #[test]
    fn descent_arrives_at_the_principal_components() {
        let x = samples(200);
        let law = SampleMoments::of(&x).unwrap();
        let eigen = SymmetricEigen::new(law.covariance());
        let least: f64 = eigen.values().slice(s![2..]).sum();
        for seed in 0..3 {
            let mut weights = start(seed);
            let mut errors = Vec::new();
            weights.descend(&law, 3000, 0.2, |_, error, _| errors.push(error)).unwrap();
            assert!(errors.is_sorted_by(|before, after| *after <= *before + 1e-12));
            let model = weights.model(&law).unwrap();
            assert_relative_eq!(reconstruction_error(&model, &x).mean, least, max_relative = 1e-10);
            let angles = principal_angles(&weights.decoder, &eigen.vectors().slice(s![.., ..2])).unwrap();
            assert_abs_diff_eq!(angles[0], 0.0, epsilon = 1e-7);
        }
    }

    /// Planes in space that share a line and meet at 0.3 and at 1e-9, whatever bases span them.
    #[test]
    fn angles_by_hand() {
        for angle in [0.3, 1e-9] {
            let flat = array![[1.0, 1.0], [0.0, 2.0], [0.0, 0.0]];
            let tilted = array![[5.0, 1.0], [0.0, f64::cos(angle)], [0.0, f64::sin(angle)]];
            let angles = principal_angles(&flat, &tilted).unwrap();
            assert_relative_eq!(angles[0], angle, max_relative = 1e-6);
            assert_abs_diff_eq!(angles[1], 0.0, epsilon = 1e-8 * angle + 1e-15);
        }
    }

    /// `S = diag(4, 1)`, `z = x_1/2`, `x' = (z, z)`: the residual is `(x_1/2, x_2 - x_1/2)`, of mean square 1 + 1 + 1.
    #[test]
    fn the_error_by_hand() {
        let covariance = array![[4.0, 0.0], [0.0, 1.0]];
        let weights = Weights { encoder: array![[0.5, 0.0]], decoder: array![[1.0], [1.0]] };
        assert_relative_eq!(weights.error_and_gradient(&covariance).0, 3.0, max_relative = 1e-14);
    }

    /// A rate of 5 leaves the finite numbers, and the weights stay among them; samples that are all alike have nothing to
    /// descend; two samples in space are enough.
    #[test]
    fn descent_ends_among_finite_numbers() {
        let law = SampleMoments::of(&samples(50)).unwrap();
        let mut weights = start(1);
        let error = weights.descend(&law, 1000, 5.0, |_, _, _| ()).unwrap_err();
        assert!(error.step > 0 && weights.encoder.iter().chain(&weights.decoder).all(|w| w.is_finite()));
        assert!(weights.error_and_gradient(law.covariance()).0.is_finite());
        let alike = SampleMoments::of(&Array2::ones((3, 4))).unwrap();
        let mut weights = start(1);
        weights.descend(&alike, 10, 0.2, |_, _, _| ()).unwrap();
        assert_eq!(weights, start(1));
        let two = array![[1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]];
        let law = SampleMoments::of(&two).unwrap();
        weights.descend(&law, 4000, 0.2, |_, _, _| ()).unwrap();
        let left = reconstruction_error(&weights.model(&law).unwrap(), &two).mean;
        assert!(left < 1e-10, "two points lie on a line: {left}");
    }

    #[test]
    fn columns_that_span_less_have_no_angles() {
        let two = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
        for bad in [
            array![[1.0, 3.0], [2.0, 6.0], [0.1, 0.3]],
            Array2::zeros((3, 2)),
            array![[1.0, f64::NAN], [0.0, 1.0], [0.0, 0.0]],
            array![[1.0], [0.0], [0.0]],
        ] {
            assert!(principal_angles(&two, &bad).is_err() && principal_angles(&bad, &two).is_err(), "{bad}");
        }
        let tiny = array![[1e-200, 0.0], [0.0, 1e200], [0.0, 0.0]];
        assert_abs_diff_eq!(principal_angles(&two, &tiny).unwrap()[0], 0.0, epsilon = 1e-15);
    }
}
