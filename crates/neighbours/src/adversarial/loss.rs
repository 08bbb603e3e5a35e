//! What a generator loses for one sample, by the log-odds that the discriminator gives it.

use prob::numerics::{log_sigmoid, sigmoid};

/// A generator's loss for one sample `G(z)` with log-odds `l`, `D = sigmoid(l)` (Goodfellow et al. 2014). Both fall where
/// `D` rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneratorLoss {
    /// `log(1 - D)`: its own share of the value that the discriminator maximises. At `D*` its gradient is that of
    /// `2 JSD(p, q)`; it vanishes where the discriminator is sure.
    Minimax,
    /// `-log D`: its slope is -1 where the discriminator is sure of a fake. At `D*` its gradient is that of
    /// `KL(q ‖ p) - 2 JSD(p, q)` (Arjovsky and Bottou 2017).
    NonSaturating,
}

impl GeneratorLoss {
    /// Both.
    pub const ALL: [GeneratorLoss; 2] = [GeneratorLoss::Minimax, GeneratorLoss::NonSaturating];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            GeneratorLoss::Minimax => "minimax",
            GeneratorLoss::NonSaturating => "non-saturating",
        }
    }

    /// The loss at log-odds `l`, in nats.
    pub fn value(self, log_odds: f64) -> f64 {
        match self {
            GeneratorLoss::Minimax => log_sigmoid(-log_odds),
            GeneratorLoss::NonSaturating => -log_sigmoid(log_odds),
        }
    }

    /// Its derivative by `l`: `-D` or `-(1 - D)`.
    pub fn slope(self, log_odds: f64) -> f64 {
        match self {
            GeneratorLoss::Minimax => -sigmoid(log_odds),
            GeneratorLoss::NonSaturating => -sigmoid(-log_odds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn::gradient_check;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slopes_are_those_of_the_values(log_odds in -20.0..20.0f64) {
            for loss in GeneratorLoss::ALL {
                let error = gradient_check(|l| loss.value(l[0]), &[log_odds], &[loss.slope(log_odds)]);
                prop_assert!(error < 1e-8, "{loss:?}: {error:e}");
            }
        }
    }

    /// A sample that the discriminator is sure of, `D = e⁻⁵⁰`, moves the one and not the other.
    #[test]
    fn only_one_of_them_saturates() {
        assert!(GeneratorLoss::Minimax.slope(-50.0).abs() < 1e-20);
        assert_eq!(GeneratorLoss::NonSaturating.slope(-50.0), -1.0);
    }
}
