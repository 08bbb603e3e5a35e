//! The differential entropy of a mixture, by quadrature: minus the average log-likelihood of its own draws.

use ndarray::{Array1, ArrayRef2};

use crate::trapezoid::average_under_mixture;
use crate::{Gaussian, Integral, Mixture, ProbError, numerics::log_sum_exp};

impl Mixture {
    /// `h = -E log p(x)` for `x ~ p`, in nats, on the line or in the plane. `-h` is the best average log-likelihood that
    /// any model of these data can reach.
    ///
    /// By the trapezoidal rule, whose spacing is halved until two answers agree; `error` is by how much they differ, and
    /// `converged` says whether that is small against `h` above its least possible value.
    ///
    /// # Errors
    /// If the mixture has more than two coordinates.
    pub fn entropy(&self) -> Result<Integral, ProbError> {
        if self.dim() > 2 {
            return Err(ProbError::Dimension { what: "entropy", expected: 2, found: self.dim() });
        }
        // No density is above that of all components on one place. What -log p has above that is never negative, and of
        // the order of d/2, so that agreement relative to it means something where h itself is near 0.
        let peaks: Vec<f64> = self.parts().map(|(w, law)| w.ln() + law.log_prob(law.mean())).collect();
        let least = -log_sum_exp(&peaks);
        let log_prob =
            |x: &ArrayRef2<f64>| -> Array1<f64> { x.outer_iter().map(|x| self.log_prob(&x)).collect() };
        let components: Vec<(f64, Gaussian)> = self.parts().map(|(w, law)| (w, law.clone())).collect();
        let above = average_under_mixture(&components, log_prob, |x| -log_prob(x) - least);
        Ok(Integral { value: least + above.value, ..above })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};
    use std::f64::consts::TAU;

    fn on_the_line() -> Mixture {
        let law = |mean: f64, variance: f64| Gaussian::isotropic(array![mean], variance).unwrap();
        Mixture::new(vec![0.3, 0.7], vec![law(-1.5, 0.09), law(1.0, 0.4)]).unwrap()
    }

    #[test]
    fn one_gaussian_has_its_closed_form() {
        let law = Gaussian::new(array![0.4, -1.0], array![[0.5, 0.2], [0.2, 0.3]]).unwrap();
        let found = Mixture::from(law.clone()).entropy().unwrap();
        assert!(found.converged);
        assert_relative_eq!(found.value, law.entropy(), max_relative = 1e-9);
    }

    /// Against adaptive quadrature of `-p log p`, which shares no code with the trapezoidal rule.
    #[test]
    fn on_the_line_it_is_the_integral_of_minus_p_log_p() {
        let data = on_the_line();
        let f = |x: f64| -> f64 {
            let log_p = data.log_prob(&array![x]);
            -log_p * log_p.exp()
        };
        let expected = crate::integrate(f, &[-6.0, -1.5, -0.5, 1.0, 8.0], 1e-12);
        let found = data.entropy().unwrap();
        assert!(expected.converged && found.converged);
        assert!(
            (found.value - expected.value).abs() <= found.error + expected.error + 1e-14,
            "{found:?} {expected:?}"
        );
    }

    /// Independent coordinates: the entropies add up.
    #[test]
    fn in_the_plane_a_product_is_a_sum() {
        let line = on_the_line();
        let mut parts = vec![];
        for (w, a) in line.parts() {
            for (v, b) in line.parts() {
                let variances = array![a.covariance()[[0, 0]], b.covariance()[[0, 0]]];
                let law = Gaussian::new(array![a.mean()[0], b.mean()[0]], Array2::from_diag(&variances));
                parts.push((w * v, law.unwrap()));
            }
        }
        let (weights, laws) = parts.into_iter().unzip();
        let found = Mixture::new(weights, laws).unwrap().entropy().unwrap();
        assert!(found.converged);
        assert_relative_eq!(found.value, 2.0 * line.entropy().unwrap().value, max_relative = 1e-7);
    }

    /// The unit of length moves the entropy and not the work, 37 points and 73: neither where `h` is 0, nor where `h` is the
    /// logarithm of the peak, so that nothing is near 0 that agreement is relative to.
    #[test]
    fn the_work_is_the_same_in_any_unit() {
        let normal = |v: f64| Gaussian::isotropic(array![0.0], v).unwrap();
        for variance in [1.0, (-1f64).exp() / TAU, (-0.5f64).exp() / TAU] {
            let found = Mixture::from(normal(variance)).entropy().unwrap();
            assert_eq!((found.converged, found.evaluations), (true, 110), "variance {variance}");
            // Rounding of numbers of order 1, whose difference may be 0.
            assert_relative_eq!(
                found.value,
                normal(variance).entropy(),
                epsilon = 1e-14,
                max_relative = 1e-14
            );
        }
    }

    #[test]
    fn space_is_refused() {
        let refused = Mixture::from(Gaussian::standard(3)).entropy().unwrap_err();
        assert_eq!(refused.to_string(), "entropy: dimension 3, expected 2");
    }
}
