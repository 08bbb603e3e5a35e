//! The game of a generative adversarial network, played to its end on the line.
//!
//! A discriminator is given by its log-odds `l(x)`, so that `D = sigmoid(l)`, and neither `log D` nor `log(1 - D)`
//! loses its digits where one law has next to nothing.

use crate::adaptive::breaks;
use crate::numerics::{log_sigmoid, sigmoid};
use crate::{Integral, Mixture, integrate};
use ndarray::{ArrayRef1, array};

/// `log p(x) - log q(x)` at `x` (`[d]`), in nats: the log-odds of the optimal discriminator (Goodfellow et al. 2014).
pub fn optimal_log_odds(p: &Mixture, q: &Mixture, x: &ArrayRef1<f64>) -> f64 {
    p.log_prob(x) - q.log_prob(x)
}

/// `D*(x) = p(x) / (p(x) + q(x))` at `x` (`[d]`): the chance that `x` is a datum of `p`, if it is one or a draw of `q` with
/// even odds.
///
/// ```
/// use ndarray::array;
/// use prob::{Gaussian, Mixture, discriminator::optimal_discriminator};
///
/// let at = |mean: f64| Gaussian::new(array![mean], array![[1.0]]).map(Mixture::from);
/// assert_eq!(optimal_discriminator(&at(-1.0)?, &at(1.0)?, &array![0.0]), 0.5);
/// # Ok::<(), prob::ProbError>(())
/// ```
pub fn optimal_discriminator(p: &Mixture, q: &Mixture, x: &ArrayRef1<f64>) -> f64 {
    sigmoid(optimal_log_odds(p, q, x))
}

/// `E_p log D + E_q log(1 - D)` in nats for the discriminator with these `log_odds`, by adaptive quadrature: what the
/// discriminator maximises and the generator `q` minimises. At most `2 JSD(p, q) - log 4`.
///
/// NaN that has not converged if a component is so narrow for its place that f64 has no points there
/// ([`ProbError::Unresolved`](crate::ProbError::Unresolved)).
///
/// # Panics
/// If the mixtures are not one-dimensional.
pub fn game_value(p: &Mixture, q: &Mixture, log_odds: impl Fn(f64) -> f64) -> Integral {
    assert_eq!((p.dim(), q.dim()), (1, 1), "the game is played on the line");
    let value = |x: f64| {
        let (l, point) = (log_odds(x), array![x]);
        p.log_prob(&point).exp() * log_sigmoid(l) + q.log_prob(&point).exp() * log_sigmoid(-l)
    };
    // Beyond 12 standard deviations of every component, 4e-33 is left.
    let components = [p, q].into_iter().flat_map(Mixture::parts);
    let laws = components.map(|(_, law)| (law.mean()[0], law.factor().lower()[[0, 0]]));
    match breaks(laws, 12.0) {
        Ok(breaks) => integrate(value, &breaks, 1e-12),
        Err(_) => Integral { value: f64::NAN, error: f64::NAN, evaluations: 0, converged: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gaussian;
    use approx::assert_relative_eq;

    fn at(mean: f64, variance: f64) -> Mixture {
        Mixture::from(Gaussian::new(array![mean], array![[variance]]).unwrap())
    }

    /// For `N(±1, 1)` the log-odds are `2x`, positive where `p` is likelier.
    #[test]
    fn the_optimal_discriminator_of_two_gaussians_is_logistic() {
        let (p, q) = (at(1.0, 1.0), at(-1.0, 1.0));
        for x in [-3.0, 0.0, 0.7, 400.0] {
            assert_relative_eq!(
                optimal_log_odds(&p, &q, &array![x]),
                2.0 * x,
                max_relative = 1e-13,
                epsilon = 1e-14
            );
            let chance = 1.0 / (1.0 + f64::exp(-2.0 * x));
            assert_relative_eq!(optimal_discriminator(&p, &q, &array![x]), chance, max_relative = 1e-13);
        }
    }

    #[test]
    fn the_value_of_the_game() {
        let (p, q) = (at(0.0, 1.0), at(40.0, 0.25));
        // Equal laws: every discriminator that answers ½ has -log 4. A wrong constant loses what the logs say.
        let draw = game_value(&p, &p, |_| 0.0);
        assert!(draw.converged);
        assert_relative_eq!(draw.value, -4f64.ln(), max_relative = 1e-12);
        let biased = game_value(&p, &q, |_| 1.5);
        assert_relative_eq!(biased.value, log_sigmoid(1.5) + log_sigmoid(-1.5), max_relative = 1e-12);
        // Laws that do not overlap: the optimal discriminator is right every time.
        let odds = |x: f64| optimal_log_odds(&p, &q, &array![x]);
        let won = game_value(&p, &q, odds);
        assert!(won.converged && won.value <= 0.0 && won.value > -1e-12, "{won:?}");
        // The laws change places with the sign of the log-odds, and not without it.
        let lost = game_value(&p, &q, |x| -odds(x));
        assert!(lost.value < -100.0, "{lost:?}");
        assert_relative_eq!(game_value(&q, &p, |x| -odds(x)).value, won.value, epsilon = 1e-12);
    }

    /// As one of two laws, and as one of two components.
    #[test]
    fn a_component_without_points_does_not_converge() {
        let (unit, spike) = (at(0.0, 1.0), at(1e20, 1.0));
        let both = [&unit, &spike].map(|law| law.parts().next().unwrap().1.clone());
        let mixture = Mixture::equal(both.to_vec()).unwrap();
        for (p, q) in [(&spike, &spike), (&unit, &spike), (&mixture, &unit)] {
            let value = game_value(p, q, |_| 0.0);
            assert!(value.value.is_nan() && !value.converged, "{value:?}");
        }
    }

    #[test]
    #[should_panic(expected = "on the line")]
    fn the_plane_is_refused() {
        let _ = game_value(&at(0.0, 1.0), &Mixture::from(Gaussian::standard(2)), |_| 0.0);
    }
}
