//! One network under Adam: what the training loops here have in common.

use nn::{Adam, Gradient, Mlp, TrainingError};

/// Adam for one network, with a step size that falls to a tenth along a straight line, and the parameters that the last
/// finite batch saw.
pub(crate) struct Descent {
    adam: Adam,
    learning_rate: f64,
    finite: Mlp,
}

impl Descent {
    /// Before the first step of `net`.
    pub(crate) fn new(net: &Mlp, learning_rate: f64) -> Self {
        Self { adam: Adam::new(net, learning_rate), learning_rate, finite: net.clone() }
    }

    /// Keeps the parameters of `net`, on which the batch was finite, and takes a step of size `η (1 - 0.9 done)`.
    pub(crate) fn step(&mut self, net: &mut Mlp, gradient: &Gradient, done: f64) {
        self.finite.copy_parameters(net);
        self.adam.set_learning_rate(self.learning_rate * (1.0 - 0.9 * done));
        self.adam.step(net, gradient);
    }

    /// Gives `net` back the parameters before its last step: those that it came with if it took none.
    pub(crate) fn undo(&self, net: &mut Mlp) {
        net.copy_parameters(&self.finite);
    }
}

/// The first of these terms that is not finite, as an error.
///
/// # Errors
/// If there is one.
pub(crate) fn finite<const N: usize>(step: usize, terms: [(&str, f64); N]) -> Result<(), TrainingError> {
    match terms.into_iter().find(|(_, value)| !value.is_finite()) {
        Some((term, value)) => Err(TrainingError::broken(step, term, value)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::Streams;
    use ndarray::array;

    /// With a gradient that stays, every step of Adam is the step size: 2, 1.1 and 0.2 of it at the start, the middle and
    /// the end, and the last one undone.
    #[test]
    fn the_step_falls_to_a_tenth_and_is_undone() {
        let mut net = Mlp::new(&[1, 1], &mut Streams::new(1).rng(0));
        net.set_flat_parameters(&[10.0, 0.0]);
        let (mut tape, mut gradient) = (net.tape(1), net.gradient());
        net.forward_on(&array![[1.0]], &mut tape);
        net.backward(&mut tape, &array![[1.0]], &mut gradient);
        let mut descent = Descent::new(&net, 2.0);
        for (done, weight) in [(0.0, 8.0), (0.5, 6.9), (1.0, 6.7)] {
            descent.step(&mut net, &gradient, done);
            assert_relative_eq!(net.flat_parameters()[0], weight, max_relative = 1e-7);
        }
        descent.undo(&mut net);
        assert_relative_eq!(net.flat_parameters()[0], 6.9, max_relative = 1e-7);
    }

    #[test]
    fn the_first_term_that_is_not_finite_is_named() {
        assert_eq!(finite(3, [("a", 1.0), ("b", -2.0)]), Ok(()));
        let error = finite(3, [("a", 1.0), ("b", f64::INFINITY), ("c", f64::NAN)]).unwrap_err();
        assert_eq!((error.step, error.term.as_str(), error.value), (3, "b", f64::INFINITY));
    }
}
