//! The game of a generative adversarial network, played to its end on the line.
//!
//! A discriminator is given by its log-odds `l(x)`, so that `D = sigmoid(l)`, and neither `log D` nor `log(1 - D)`
//! loses its digits where one law has next to nothing.

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
/// # Panics
/// If the mixtures are not one-dimensional.
pub fn game_value(p: &Mixture, q: &Mixture, log_odds: impl Fn(f64) -> f64) -> Integral {
    assert_eq!((p.dim(), q.dim()), (1, 1), "the game is played on the line");
    let value = |x: f64| {
        let (l, point) = (log_odds(x), array![x]);
        p.log_prob(&point).exp() * log_sigmoid(l) + q.log_prob(&point).exp() * log_sigmoid(-l)
    };
    integrate(value, &support([p, q]), 1e-12)
}

/// Where to cut the line: each component's mean, 3 and 12 standard deviations either side of it. Beyond, 1e-33 is left.
fn support(mixtures: [&Mixture; 2]) -> Vec<f64> {
    let mut breaks: Vec<f64> = mixtures
        .into_iter()
        .flat_map(Mixture::parts)
        .flat_map(|(_, law)| {
            let (mean, sd) = (law.mean()[0], law.factor().lower()[[0, 0]]);
            [-12.0, -3.0, 0.0, 3.0, 12.0].map(|k| mean + k * sd)
        })
        .collect();
    breaks.sort_unstable_by(f64::total_cmp);
    breaks.dedup();
    breaks
}
