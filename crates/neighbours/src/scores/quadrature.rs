//! The inception score of a law, by the trapezoidal rule.

use ndarray::{Array1, ArrayRef1};
use prob::Mixture;

/// A score with what its quadrature knows of its error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// `exp I(x; y)`, from 1 to the number of classes.
    pub value: f64,
    /// How far the last two spacings were apart.
    pub error: f64,
}

/// How many standard deviations from a mean the grid goes: beyond are 2e-15 of a component.
const REACH: f64 = 8.0;
/// Cells within the smallest standard deviation, at the first spacing.
const CELLS: f64 = 2.0;
/// The largest number of nodes.
const NODES: f64 = 4e6;
/// Two spacings that agree to this end the search.
const TOLERANCE: f64 = 1e-9;

/// `exp I(x; y)` for `x` from the `law`, on the line or in the plane, and `y` from the `posterior` `P(y|x)` (`[K]` at `x`,
/// `[d]`): what the inception score of that law's samples tends to (Salimans et al. 2016).
///
/// `I(x; y) = H(y) - E H(y|x)`. The integrands are smooth functions under Gaussians, for which the trapezoidal rule converges
/// geometrically; the spacing is halved until two values agree to 1e-9 or there are 4 million nodes.
///
/// # Panics
/// If the law has more than two dimensions.
pub fn inception_score_of(law: &Mixture, posterior: impl Fn(&ArrayRef1<f64>) -> Vec<f64>) -> Score {
    assert!(law.dim() <= 2, "a quadrature on the line or in the plane");
    let mut spacing = smallest_deviation(law) / CELLS;
    let (mut before, mut found) = (f64::INFINITY, score(law, &posterior, spacing));
    while (found - before).abs() > TOLERANCE && nodes(law, 0.5 * spacing) < NODES {
        spacing *= 0.5;
        before = found;
        found = score(law, &posterior, spacing);
    }
    Score { value: found, error: (found - before).abs() }
}

fn smallest_deviation(law: &Mixture) -> f64 {
    let pivots = law.parts().flat_map(|(_, part)| part.factor().lower().diag().to_vec());
    pivots.fold(f64::INFINITY, f64::min)
}

/// The interval of one coordinate that holds a component.
fn reach(part: &prob::Gaussian, axis: usize) -> (f64, f64) {
    let (mean, sd) = (part.mean()[axis], part.covariance()[[axis, axis]].sqrt());
    (mean - REACH * sd, mean + REACH * sd)
}

fn nodes(law: &Mixture, spacing: f64) -> f64 {
    let of = |part: &prob::Gaussian| {
        (0..part.dim()).map(|axis| (reach(part, axis).1 - reach(part, axis).0) / spacing).product::<f64>()
    };
    law.parts().map(|(_, part)| of(part)).sum()
}

/// The sums over a grid of its own around each component.
fn score(law: &Mixture, posterior: &impl Fn(&ArrayRef1<f64>) -> Vec<f64>, spacing: f64) -> f64 {
    let (mut marginal, mut conditional, mut mass) = (Vec::new(), 0.0, 0.0);
    for (weight, part) in law.parts() {
        let axis = |axis: usize| {
            let (low, high) = reach(part, axis);
            let n = ((high - low) / spacing).ceil() as usize;
            (0..=n).map(move |i| low + i as f64 * spacing)
        };
        let mut visit = |x: Array1<f64>| {
            let density = weight * part.log_prob(&x).exp();
            let answer = posterior(&x);
            marginal.resize(answer.len(), 0.0);
            marginal.iter_mut().zip(&answer).for_each(|(m, p)| *m += density * p);
            conditional += density * entropy(&answer);
            mass += density;
        };
        for first in axis(0) {
            if part.dim() == 1 {
                visit(Array1::from_elem(1, first));
            } else {
                axis(1).for_each(|second| visit(Array1::from(vec![first, second])));
            }
        }
    }
    // All sums have the same spacing in front, and the mass, which is 1, takes it out.
    marginal.iter_mut().for_each(|m| *m /= mass);
    (entropy(&marginal) - conditional / mass).exp()
}

/// `-Σ p log p` in nats.
fn entropy(p: &[f64]) -> f64 {
    -p.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::Fault;
    use approx::assert_relative_eq;
    use ndarray::array;
    use prob::{Gaussian, integrate, numerics::sigmoid};
    use toy::Preset;

    /// `N(0, 1)` and a logistic answer, by adaptive quadrature.
    #[test]
    fn the_score_of_a_coin_on_the_line() {
        let answer = |x: f64| vec![sigmoid(3.0 * x), sigmoid(-3.0 * x)];
        let found = inception_score_of(&Gaussian::standard(1).into(), |x| answer(x[0]));
        let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        let uncertain = integrate(|x| density(x) * entropy(&answer(x)), &[-12.0, 0.0, 12.0], 1e-12).value;
        assert_relative_eq!(found.value, 2.0 * (-uncertain).exp(), max_relative = 1e-9);
        assert!(found.error < 1e-9);
    }

    /// In the plane, with an answer that reads one coordinate alone, it is the score on that line; components of different
    /// widths each have their own grid.
    #[test]
    fn a_coordinate_that_is_not_read_does_not_count() {
        let line = Preset::Bimodal.mixture();
        let plane = Mixture::equal(vec![
            Gaussian::new(array![-1.5, 3.0], array![[0.09, 0.02], [0.02, 0.5]]).unwrap(),
            Gaussian::new(array![1.5, -1.0], array![[0.09, -0.1], [-0.1, 0.3]]).unwrap(),
        ])
        .unwrap();
        let answer = |x: f64| vec![sigmoid(2.0 * x), sigmoid(-2.0 * x)];
        let (on_line, in_plane) =
            (inception_score_of(&line, |x| answer(x[0])), inception_score_of(&plane, |x| answer(x[0])));
        assert_relative_eq!(on_line.value, in_plane.value, max_relative = 1e-8);
    }

    /// Bayes' rule on well separated modes: as many classes as modes that are drawn.
    #[test]
    fn the_score_counts_modes_and_not_what_is_in_them() {
        let data = Preset::Trimodal.mixture();
        let of = |fault: Fault| {
            let law = fault.applied_to(&data).unwrap();
            inception_score_of(&law, |x| data.responsibilities(x)).value
        };
        assert!((of(Fault::OneModeOnly) - 1.0).abs() < 0.01);
        assert!(of(Fault::NoDiversityWithin(1e-2)) > of(Fault::None), "less diversity, and a better score");
        assert!(of(Fault::Blurred(0.5)) < of(Fault::None));
    }

    #[test]
    #[should_panic(expected = "on the line or in the plane")]
    fn space_is_refused() {
        inception_score_of(&Gaussian::standard(3).into(), |_| vec![1.0]);
    }

    /// Two far modes drawn as 1 to 3: `exp H(¼, ¾)`.
    #[test]
    fn modes_count_by_their_weights() {
        let at = |mean: f64| Gaussian::isotropic(array![mean], 0.5).unwrap();
        let law = Mixture::new(vec![0.25, 0.75], vec![at(-20.0), at(20.0)]).unwrap();
        let found = inception_score_of(&law, |x| law.responsibilities(x));
        assert_relative_eq!(
            found.value,
            (0.25 * 4f64.ln() + 0.75 * (4f64 / 3.0).ln()).exp(),
            max_relative = 1e-9
        );
    }
}
