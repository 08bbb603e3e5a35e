//! Slips in divergences and in the reparameterisation.

use std::f64::consts::PI;

use ndarray::array;
use prob::{DiagonalGaussian, Gaussian};
use proptest::prelude::*;

use crate::longhand::divergence_to_standard;
use crate::problems::on_the_line;
use crate::{Claim, decimals};

/// An encoder's law of one latent.
#[derive(Clone, Debug)]
struct Encoder {
    mean: f64,
    standard_deviation: f64,
}

fn encoder() -> impl Strategy<Value = Encoder> {
    (decimals::number(), decimals::positive())
        .prop_map(|(mean, standard_deviation)| Encoder { mean, standard_deviation })
}

impl Encoder {
    fn law(&self) -> Gaussian {
        on_the_line(self.mean, self.standard_deviation.powi(2))
    }
}

/// A standard deviation for a variance.
pub(super) fn s2() -> Claim {
    Claim::new("S2", "KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ - 1 - log σ)")
        .source("public code")
        .why("The function that computes ½ (μ² + v - 1 - log v) wants v = σ² and is handed σ.\nIt is right at σ = 1 alone.")
        .compares("the formula at v = σ; the divergence of the crates")
        .refuted(encoder(), "½ (μ² + σ² - 1 - log σ²)",
        s2_at,
        )
}

/// The line and the truth at one problem.
fn s2_at(encoder: &Encoder) -> (f64, f64) {
    let line = divergence_to_standard(encoder.mean, encoder.standard_deviation);
    (line, encoder.law().kl_divergence(&Gaussian::standard(1)))
}

/// A bracket closed too late.
pub(super) fn s8() -> Claim {
    Claim::new("S8", "log q(z|x) - log p(z) = -½ [log 2π + (log σ² + log p(z)) + (z - μ)²/σ²]")
        .source("public code")
        .why(
            "With log p(z_T) inside the bracket of the log-variance the -½ before it applies to the prior too:\n\
             what is averaged is -H(q) - ½ E log p(z_T) instead of -H(q) - E log p(z_T).\n\
             The two are ½ E log p(z_T) apart, ½ log 2π + … in size, so that even q = p has a divergence.",
        )
        .compares("the average of the line over q written out; the divergence of the crates")
        .refuted(encoder(), "-½ [log 2π + log σ² + (z - μ)²/σ²] - log p(z)",
        s8_at,
        )
}

/// The line and the truth at one problem.
fn s8_at(encoder: &Encoder) -> (f64, f64) {
    let (mean, variance) = (encoder.mean, encoder.standard_deviation.powi(2));
    let log_prior = -0.5 * ((2.0 * PI).ln() + mean * mean + variance);
    let line = -0.5 * ((2.0 * PI).ln() + (variance.ln() + log_prior) + 1.0);
    (line, encoder.law().kl_divergence(&Gaussian::standard(1)))
}

/// What a network puts out.
#[derive(Clone, Debug)]
struct Output {
    log_variance: f64,
}

/// The root of a logarithm.
pub(super) fn s11() -> Claim {
    Claim::new("S11", "z = μ + √(log σ²) ε")
        .source("public code")
        .why(
            "The network puts out log σ², of which half the exponential is σ.\n\
             Its root is 0 at unit variance, and no number at all below.",
        )
        .compares("√(log σ²); what the reparameterisation makes of ε = 1 at μ = 0")
        .refuted(
            decimals::number().prop_map(|log_variance| Output { log_variance }),
            "z = μ + exp(½ log σ²) ε",
            s11_at,
        )
}

/// The line and the truth at one problem.
fn s11_at(output: &Output) -> (f64, f64) {
    let law = DiagonalGaussian::new(array![0.0], array![output.log_variance]).expect("finite");
    (output.log_variance.sqrt(), law.sample_given_noise(&array![[1.0]])[[0, 0]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::refuted::assert_pinned;

    #[test]
    fn both_numbers_are_pinned() {
        let encoder = Encoder { mean: 0.3, standard_deviation: 0.5 };
        assert_pinned(&[
            ("S2", s2_at(&encoder), (0.141_573_590_279_972_63, 0.363_147_180_559_945_27)),
            ("S8", s8_at(&encoder), (-0.181_322_086_042_391_2, 0.363_147_180_559_945_27)),
            ("S11", s11_at(&Output { log_variance: 0.3 }), (0.547_722_557_505_166_1, 1.161_834_242_728_283)),
        ]);
    }
}
