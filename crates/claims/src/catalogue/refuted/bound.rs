//! Divergences, the bound of a VAE, and its loss.

use ndarray::{Array1, Array2, array};
use prob::{DiagonalGaussian, GaussHermite, LinearGaussian};
use proptest::prelude::*;
use proptest::sample::select;
use vae::LinearVae;

use crate::longhand::{self, divergence_to_standard, log_normal};
use crate::problems::{conditional_on_the_line, linear, model, on_the_line};
use crate::{Claim, decimals};

/// `N(mean, variance)`.
#[derive(Clone, Debug)]
struct Normal {
    mean: f64,
    variance: f64,
}

fn normal() -> impl Strategy<Value = Normal> {
    (decimals::number(), decimals::positive()).prop_map(|(mean, variance)| Normal { mean, variance })
}

/// Two laws on the line.
#[derive(Clone, Debug)]
struct Pair {
    q: Normal,
    p: Normal,
}

/// The arguments of the divergence exchanged.
pub(super) fn r7() -> Claim {
    Claim::new("R7", "E_q[log q - log p] = D(p ‖ q)")
        .source("notes 003")
        .why(
            "The law that averages comes first: E_q log q/p is D(q ‖ p), what q pays for being taken for p.\n\
             The two agree where the variances do, which hides the slip; elsewhere they differ.",
        )
        .compares("D(p ‖ q) written out; E_q[log q - log p] by Gauss–Hermite quadrature, exact for squares")
        .refuted(
            (normal(), normal()).prop_map(|(q, p)| Pair { q, p }),
            "E_q[log q - log p] = D(q ‖ p)",
            r7_at,
        )
}

/// The line and the truth at one problem.
fn r7_at(Pair { q, p }: &Pair) -> (f64, f64) {
    let law = |of: &Normal| on_the_line(of.mean, of.variance);
    let (q, p) = (law(q), law(p));
    let log_ratio = |x: &ndarray::ArrayRef1<f64>| q.log_prob(x) - p.log_prob(x);
    (longhand::divergence(&p, &q), GaussHermite::new(3).expectation(&q, log_ratio))
}

/// The decoder `p(x|z) = N(z, 1)`, whose evidence is `N(0, 2)` and whose posterior is `N(x/2, 1/2)`, at one observation
/// with the encoder `q(z|x) = N(mean, variance)`.
#[derive(Clone, Debug)]
struct SmallestVae {
    x: f64,
    encoder: Normal,
}

/// The encoder `N(mean, variance)` whatever `x` is, and the decoder `N(weight · z, decoder_variance)`.
fn fixed_encoder(mean: f64, variance: f64, weight: f64, decoder_variance: f64) -> LinearVae {
    model(
        conditional_on_the_line(0.0, mean, variance),
        conditional_on_the_line(weight, 0.0, decoder_variance),
    )
}

/// Both signs of the bound turned.
pub(super) fn r9() -> Claim {
    Claim::new("R9", "ELBO = KL(q(z|x) ‖ p(z|x)) - log p(x)")
        .source("notes 004")
        .why(
            "log p(x) = ELBO + KL(q(z|x) ‖ p(z|x)), so ELBO = log p(x) - KL: the line gives -ELBO.\n\
             It rises where the encoder gets worse.",
        )
        .compares(
            "p(x|z) = N(z, 1): the line from N(x/2, 1/2) and N(0, 2) written out; the bound's two terms",
        )
        .refuted(
            (decimals::number(), normal()).prop_map(|(x, encoder)| SmallestVae { x, encoder }),
            "ELBO = log p(x) - KL(q(z|x) ‖ p(z|x))",
            r9_at,
        )
}

/// The line and the truth at one problem.
fn r9_at(SmallestVae { x, encoder: Normal { mean, variance } }: &SmallestVae) -> (f64, f64) {
    let posterior = on_the_line(0.5 * x, 0.5);
    let to_posterior = longhand::divergence(&on_the_line(*mean, *variance), &posterior);
    let line = to_posterior - log_normal(*x, 0.0, 2.0);
    (line, fixed_encoder(*mean, *variance, 1.0, 1.0).bound(&array![*x]).elbo())
}

/// A decoder whose mean is the observation itself.
#[derive(Clone, Debug)]
struct PerfectDecoder {
    variance: f64,
}

/// A ceiling for densities.
pub(super) fn r10() -> Claim {
    Claim::new("R10", "at its best the decoder has p(x|z) → 1 and log p(x|z) → 0, from below")
        .source("notes 001 §1.5")
        .why(
            "Probabilities stop at 1, densities do not: with its mean on x, log p(x|z) = -½ log 2πs².\n\
             That passes 0 at s² = 1/2π ≈ 0.159, and every halving of s adds log 2.",
        )
        .compares("the smaller of log p(x|z) and 0, the most that the line allows; log p(x|z)")
        .refuted(
            decimals::positive().prop_map(|variance| PerfectDecoder { variance }),
            "log p(x|z) = -½ log 2πs² at the mean, without bound as s² → 0",
            r10_at,
        )
}

/// The line and the truth at one problem.
fn r10_at(&PerfectDecoder { variance }: &PerfectDecoder) -> (f64, f64) {
    let decoder = LinearGaussian::isotropic(1, 1.0, variance).expect("a positive variance");
    let at_its_mean = decoder.given(&array![0.0]).log_prob(&array![0.0]);
    (log_normal(0.0, 0.0, variance).min(0.0), at_its_mean)
}

/// A decoder `N(weight · z, variance)` whose encoder is the prior.
#[derive(Clone, Debug)]
struct Collapsed {
    x: f64,
    weight: f64,
    variance: f64,
}

/// Collapse taken for perfection.
pub(super) fn r11() -> Claim {
    Claim::new("R11", "KL(q(z|x) ‖ p(z)) = 0 means a perfectly learned encoder: ELBO = log p(x)")
        .source("notes 001 §1.5")
        .why(
            "The bound is tight where q is the posterior p(z|x), not where it is the prior p(z).\n\
             An encoder that is the prior for every x says nothing of x: collapse.\n\
             What it loses is KL(p(z) ‖ p(z|x)), which is 0 only if the decoder ignores z.",
        )
        .compares("log N(x; 0, w² + s²); the bound with the encoder N(0, 1)")
        .refuted(
            (decimals::number(), decimals::positive(), decimals::positive())
                .prop_map(|(x, weight, variance)| Collapsed { x, weight, variance }),
            "KL(q(z|x) ‖ p(z)) = 0 for every x is collapse; the perfect encoder has KL(q(z|x) ‖ p(z|x)) = 0",
            r11_at,
        )
}

/// The line and the truth at one problem.
fn r11_at(&Collapsed { x, weight, variance }: &Collapsed) -> (f64, f64) {
    let collapsed = fixed_encoder(0.0, 1.0, weight, variance);
    (log_normal(x, 0.0, weight * weight + variance), collapsed.bound(&array![x]).elbo())
}

/// Two logarithms in one divergence.
pub(super) fn r13() -> Claim {
    Claim::new("R13", "KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² - 1 - log₂ σ²)")
        .source("notes 002")
        .why(
            "The squares come from log e^{…}: they are in the unit of the logarithm that made them.\n\
             With ln there and log₂ here the two halves are in different units;\n\
             at μ = 0, σ² = 2 the line is 0 between laws that differ, and between 1 and 2 it is negative.",
        )
        .compares("the line; the crates' divergence in nats")
        .refuted(normal(), "½ (μ² + σ² - 1 - ln σ²) nats; in bits all of it is divided by ln 2", r13_at)
}

/// The line and the truth at one problem.
fn r13_at(Normal { mean, variance }: &Normal) -> (f64, f64) {
    let line = 0.5 * (mean * mean + variance - 1.0 - variance.log2());
    let law = DiagonalGaussian::new(array![*mean], array![variance.ln()]).expect("finite");
    (line, law.kl_to_standard_normal())
}

/// How the squared error is taken over the coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
enum SquaredError {
    Summed,
    Averaged,
}

/// `p(x|z) = N((z, …, z), s² I)` in `coordinates` coordinates, trained on "MSE + KL".
#[derive(Clone, Debug)]
struct Training {
    coordinates: u32,
    squared_error: SquaredError,
    decoder_variance: f64,
}

/// A loss without a decoder variance.
pub(super) fn r14() -> Claim {
    Claim::new("R14", "training minimises MSE + KL, whatever the decoder's variance and however the error is summed")
        .source("notes 000")
        .source("notes 001")
        .why(
            "-ELBO = |x - x'|²/2s² + KL + constant: the decoder's variance is the weight between the two.\n\
             For p(x|z) = N((z, …, z), s² I) and q(z|x) = N(·, v), the error is d v (summed) or v (averaged) + …,\n\
             so MSE + KL is least at v = 1/(1 + 2d) or 1/3; the posterior has v = s²/(d + s²).\n\
             They agree at s² = 1/2 (summed) or s² = d/2 (averaged) alone.",
        )
        .compares("the encoder variance that minimises MSE + KL; the posterior's variance")
        .refuted(
            (1u32..=4, select(vec![SquaredError::Summed, SquaredError::Averaged]), decimals::positive()).prop_map(
                |(coordinates, squared_error, decoder_variance)| Training {
                    coordinates,
                    squared_error,
                    decoder_variance,
                },
            ),
            "MSE + KL is -ELBO at s² = 1/2 with the error summed, at s² = d/2 with it averaged, and nowhere else",
            r14_at,
        )
}

/// The line and the truth at one problem.
fn r14_at(problem: &Training) -> (f64, f64) {
    (best_variance_by_the_line(problem), posterior_variance(problem))
}

/// The minimum over `v` of `k v + ½ (v - 1 - log v)`, where `k` is the number of squared errors counted.
fn best_variance_by_the_line(problem: &Training) -> f64 {
    let counted = match problem.squared_error {
        SquaredError::Summed => f64::from(problem.coordinates),
        SquaredError::Averaged => 1.0,
    };
    let best = 1.0 / (1.0 + 2.0 * counted);
    debug_assert!(
        [0.99, 1.01].iter().all(|factor| {
            let loss = |v: f64| counted * v + divergence_to_standard(0.0, v);
            loss(best * factor) > loss(best)
        }),
        "a minimum"
    );
    best
}

/// The variance of `p(z|x)`.
fn posterior_variance(problem: &Training) -> f64 {
    let d = problem.coordinates as usize;
    let encoder = linear(Array2::zeros((1, d)), array![0.0], array![[1.0]]);
    let decoder = linear(Array2::ones((d, 1)), Array1::zeros(d), Array2::eye(d) * problem.decoder_variance);
    let posterior = model(encoder, decoder).posterior().expect("well-conditioned");
    posterior.covariance()[[0, 0]]
}

#[cfg(test)]
mod tests {
    use super::super::assert_pinned;
    use super::*;

    #[test]
    fn both_numbers_are_pinned() {
        let normal = |mean, variance| Normal { mean, variance };
        let pair = Pair { q: normal(0.3, 0.5), p: normal(-0.8, 2.0) };
        let vae = SmallestVae { x: 0.3, encoder: normal(0.5, 0.8) };
        let collapsed = Collapsed { x: 0.3, weight: 0.8, variance: 0.3 };
        let training =
            Training { coordinates: 3, squared_error: SquaredError::Averaged, decoder_variance: 0.25 };
        assert_pinned(&[
            ("R7", r7_at(&pair), (2.016_852_819_440_054_6, 0.620_647_180_559_945_4)),
            ("R9", r9_at(&vae), (1.475_510_308_861_777_6, -1.475_510_308_861_777_6)),
            ("R10", r10_at(&PerfectDecoder { variance: 0.05 }), (0.0, 0.578_927_603_572_322_8)),
            ("R11", r11_at(&collapsed), (-0.935_873_171_771_161, -1.533_618_797_708_371_5)),
            ("R13", r13_at(&normal(0.3, 2.0)), (0.045, 0.198_426_409_720_027_29)),
            ("R14", r14_at(&training), (1.0 / 3.0, 1.0 / 13.0)),
        ]);
    }
}
