//! EM for a Gaussian mixture: variational inference whose latent is the number of a component.
//!
//! For responsibilities `r_ik` the bound is `F = 1/n Σ_ik r_ik (log w_k N(x_i; m_k, S_k) - log r_ik) ≤ 1/n Σ_i log p(x_i)`,
//! short of it by the average divergence `KL(r_i ‖ P(k|x_i))`. The E-step sets `r_ik = P(k|x_i)` and makes it tight, the
//! M-step maximises it in the parameters: neither can lower it (Dempster, Laird and Rubin 1977; Neal and Hinton 1998).

use ndarray::{Array1, Array2, ArrayRef2, Axis};
use prob::{Gaussian, Mixture, ProbError, check_dim};

/// Refuses no examples, and those of another dimension than the mixture's.
fn check(mixture: &Mixture, x: &ArrayRef2<f64>) -> Result<(), ProbError> {
    check_dim("examples", mixture.dim(), x.ncols())?;
    match x.nrows() {
        0 => Err(ProbError::Dimension { what: "number of examples", expected: 1, found: 0 }),
        _ => Ok(()),
    }
}

/// `1/n Σ log p(x_i)` of the rows of `x` (`[n, d]`), in nats.
///
/// # Errors
/// If there are no rows, or they have another dimension.
pub fn average_log_likelihood(mixture: &Mixture, x: &ArrayRef2<f64>) -> Result<f64, ProbError> {
    check(mixture, x)?;
    Ok(x.rows().into_iter().map(|row| mixture.log_prob(&row)).sum::<f64>() / x.nrows() as f64)
}

/// The E-step: `r_ik = P(k|x_i)`, `[n, K]`.
///
/// # Panics
/// If the rows have another dimension.
pub fn e_step(mixture: &Mixture, x: &ArrayRef2<f64>) -> Array2<f64> {
    let mut responsibilities = Array2::zeros((x.nrows(), mixture.len()));
    for (mut r, row) in responsibilities.rows_mut().into_iter().zip(x.rows()) {
        r.assign(&Array1::from(mixture.responsibilities(&row)));
    }
    responsibilities
}

/// The M-step: with `n_k = Σ_i r_ik` the weights `n_k/n`, the means `Σ_i r_ik x_i/n_k`, and the covariances
/// `Σ_i r_ik (x_i - m_k)(x_i - m_k)ᵀ/n_k`.
///
/// # Errors
/// If the numbers of rows differ, there are none, or a component is left with so few examples that its covariance is singular
/// to rounding. The likelihood has no maximum there, and what rounding makes of the covariance may lower the bound.
pub fn m_step(x: &ArrayRef2<f64>, responsibilities: &ArrayRef2<f64>) -> Result<Mixture, ProbError> {
    check_dim("rows of responsibilities", x.nrows(), responsibilities.nrows())?;
    let n = x.nrows() as f64;
    let parts = responsibilities.axis_iter(Axis(1)).map(|r| {
        let n_k = r.sum();
        let mean = r.dot(&x.view()) / n_k;
        let centred = &x.view() - &mean;
        let weighted = &centred * &r.insert_axis(Axis(1));
        let covariance = weighted.t().dot(&centred) / n_k;
        let law = Gaussian::new(mean, (&covariance + &covariance.t()) * 0.5)?;
        sure_of_its_covariance(&law)?;
        Ok((n_k / n, law))
    });
    let (weights, components) = parts.collect::<Result<Vec<_>, ProbError>>()?.into_iter().unzip();
    Mixture::new(weights, components)
}

/// Refuses a law in which a coordinate has, given those before it, a variance below 1e-10 of its own or below 1e-20 of its
/// mean's square: of that rounding, which is 1e-16 of the first and 1e-32 of the second, has changed the sixth digit.
fn sure_of_its_covariance(law: &Gaussian) -> Result<(), ProbError> {
    for (row, pivot) in law.factor().lower().diag().iter().map(|l| l * l).enumerate() {
        let least = f64::max(1e-10 * law.covariance()[[row, row]], 1e-20 * law.mean()[row].powi(2));
        if pivot < least {
            let source = linalg::NotPositiveDefinite { row, pivot };
            return Err(ProbError::NotPositiveDefinite { what: "covariance of a component", source });
        }
    }
    Ok(())
}

/// `F = 1/n Σ_ik r_ik (log w_k N(x_i; m_k, S_k) - log r_ik)` in nats, for rows `x` (`[n, d]`) and responsibilities
/// (`[n, K]`).
///
/// # Errors
/// If there are no rows, or the shapes do not fit.
pub fn bound(
    mixture: &Mixture,
    x: &ArrayRef2<f64>,
    responsibilities: &ArrayRef2<f64>,
) -> Result<f64, ProbError> {
    check(mixture, x)?;
    check_dim("rows of responsibilities", x.nrows(), responsibilities.nrows())?;
    check_dim("columns of responsibilities", mixture.len(), responsibilities.ncols())?;
    let mut sum = 0.0;
    for (x, r) in x.rows().into_iter().zip(responsibilities.rows()) {
        for ((weight, law), &r) in mixture.parts().zip(r) {
            // r log r is 0 at 0.
            if r > 0.0 {
                sum += r * (weight.ln() + law.log_prob(&x) - r.ln());
            }
        }
    }
    Ok(sum / x.nrows() as f64)
}

/// The bound along one run of EM, in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Iteration {
    /// After the E-step, with the parameters that the iteration came with: there it is their log-likelihood.
    pub after_e: f64,
    /// After the M-step.
    pub after_m: f64,
}

/// `iterations` of EM on the rows of `x` (`[n, d]`) from `start`: the mixture, and the bound after every half step.
///
/// # Errors
/// As [`m_step`], or if the rows have another dimension.
pub fn fit(
    start: &Mixture,
    x: &ArrayRef2<f64>,
    iterations: usize,
) -> Result<(Mixture, Vec<Iteration>), ProbError> {
    let mut mixture = start.clone();
    let mut history = Vec::with_capacity(iterations);
    check(start, x)?;
    for _ in 0..iterations {
        let responsibilities = e_step(&mixture, x);
        let after_e = bound(&mixture, x, &responsibilities)?;
        mixture = m_step(x, &responsibilities)?;
        history.push(Iteration { after_e, after_m: bound(&mixture, x, &responsibilities)? });
    }
    Ok((mixture, history))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::Streams;
    use ndarray::array;
    use toy::Preset;

    fn on_the_line(parts: &[(f64, f64, f64)]) -> Mixture {
        let laws = parts.iter().map(|&(_, m, v)| Gaussian::new(array![m], array![[v]]).unwrap()).collect();
        Mixture::new(parts.iter().map(|p| p.0).collect(), laws).unwrap()
    }

    /// Shares of 1, ½ and ¼ of three examples: `n_1 = 7/4`, the mean `(0 + 1 + 1)/n_1 = 8/7` and the variance
    /// `(0 + 2 + 4)/n_1 - (8/7)²`; of the other, `n_2 = 5/4`, `(1 + 3)/n_2 = 16/5` and `(2 + 12)/n_2 - (16/5)²`.
    #[test]
    fn the_m_step_by_hand() {
        let shares = array![[1.0, 0.0], [0.5, 0.5], [0.25, 0.75]];
        let found = m_step(&array![[0.0], [2.0], [4.0]], &shares).unwrap();
        let expected = on_the_line(&[
            (7.0 / 12.0, 8.0 / 7.0, 24.0 / 7.0 - 64.0 / 49.0),
            (5.0 / 12.0, 3.2, 11.2 - 10.24),
        ]);
        for ((w, law), (weight, by_hand)) in found.parts().zip(expected.parts()) {
            assert_relative_eq!(w, weight, max_relative = 1e-14);
            assert_relative_eq!(law.mean(), by_hand.mean(), max_relative = 1e-14);
            assert_relative_eq!(law.covariance(), by_hand.covariance(), max_relative = 1e-13);
        }
    }

    #[test]
    fn no_examples_are_refused() {
        let (law, none) = (Preset::Bimodal.mixture(), Array2::zeros((0, 1)));
        assert!(average_log_likelihood(&law, &none).is_err());
        assert!(fit(&law, &none, 1).is_err() && m_step(&none, &Array2::zeros((0, 2))).is_err());
        assert!(fit(&law, &Array2::zeros((5, 2)), 1).is_err());
        assert!(m_step(&array![[1.0]], &Array2::zeros((2, 2))).is_err());
        assert!(bound(&law, &none, &Array2::zeros((0, 2))).is_err());
        assert!(bound(&law, &array![[1.0]], &array![[1.0]]).is_err());
    }

    /// Tight after an E-step, never lower after either, and at the end the moments of the law that made the data. Their
    /// standard errors are those of 4000 draws; the modes of `bimodal` overlap by 6e-7 only. False alarm below 1e-8.
    #[test]
    fn em_climbs_to_the_law_of_the_data() {
        let data = Preset::Bimodal.mixture();
        let x = data.sample(4000, &mut Streams::new(1).rng(0));
        let start = on_the_line(&[(0.5, -0.1, 2.0), (0.5, 0.3, 2.0)]);
        let (fitted, history) = fit(&start, &x, 60).unwrap();
        let at_start = average_log_likelihood(&start, &x).unwrap();
        assert_relative_eq!(history[0].after_e, at_start, max_relative = 1e-12);
        let bounds: Vec<f64> = history.iter().flat_map(|i| [i.after_e, i.after_m]).collect();
        assert!(bounds.windows(2).all(|pair| pair[1] > pair[0] - 1e-12));
        assert!(bounds[bounds.len() - 1] > bounds[0] + 0.5);
        for ((w, law), (weight, truth)) in fitted.parts().zip(data.parts()) {
            assert!((w - weight).abs() < 6.0 * (0.25f64 / 4000.0).sqrt(), "weight {w}");
            let shift = law.mean()[0] - truth.mean()[0];
            assert!(shift.abs() < 6.0 * (0.09f64 / 1900.0).sqrt(), "mean off by {shift}");
            let excess = law.covariance()[[0, 0]] / 0.09 - 1.0;
            assert!(excess.abs() < 6.0 * (2.0f64 / 1900.0).sqrt(), "variance off by {excess}");
        }
    }

    /// A component that holds one example alone has no covariance.
    #[test]
    fn a_component_that_collapses_is_an_error() {
        let start = on_the_line(&[(0.5, 0.0, 1.0), (0.5, 50.0, 1.0)]);
        let error = fit(&start, &array![[0.1], [-0.2], [50.0]], 3).unwrap_err();
        assert!(matches!(error, ProbError::NotPositiveDefinite { .. }), "{error}");
    }

    /// Two examples in the plane lie on a line; what rounding leaves across it is no variance. Neither is what it leaves of one
    /// example far from 0.
    #[test]
    fn a_covariance_that_rounding_made_is_refused() {
        let shares = array![[0.3], [0.7]];
        for x in [array![[0.1, 0.7], [0.4, 1.9]], array![[1e6 + 0.1, 0.0], [1e6 + 0.1, 1.0]]] {
            let error = m_step(&x, &shares).unwrap_err();
            assert!(matches!(error, ProbError::NotPositiveDefinite { .. }), "{error}");
        }
        let spread = Gaussian::new(array![1.0, 2.0], array![[1.0, 1.0], [1.0, 1.0 + 1e-12]]).unwrap();
        assert!(sure_of_its_covariance(&spread).is_err());
        let wide = Gaussian::new(array![1.0, 2.0], array![[1.0, 1.0], [1.0, 1.0 + 1e-8]]).unwrap();
        assert!(sure_of_its_covariance(&wide).is_ok());
    }
}
