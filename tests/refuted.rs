//! Lines that stand in lecture notes or are common slips, and are false: for each the smallest counterexample found,
//! the size of its error, and the line that is true.

use std::f64::consts::{LN_2, PI};

use claims::longhand;
use claims::problems::{conditional_on_the_line, linear, model, on_the_line};
use ndarray::{Array1, Array2, array};
use prob::{DiagonalGaussian, GaussHermite, Gaussian};
use vae::LinearVae;
use workspace_tests::judge::*;

/// The smallest decoder there is, `p(x|z) = N(z, 1)`, with an encoder `N(w x + b, v)`. Its evidence is `N(0, 2)` and its
/// posterior `N(x/2, 1/2)`.
fn smallest_vae(weight: f64, bias: f64, variance: f64) -> LinearVae {
    model(conditional_on_the_line(weight, bias, variance), conditional_on_the_line(1.0, 0.0, 1.0))
}

/// Refuted 7, a line of the notes: "E_q[log q − log p] = D(p ‖ q)". It is D(q ‖ p), and the two differ: for q = N(0, 1)
/// and p = N(0, 2) they are ½(log 2 − ½) = 0.097 and ½(1 − log 2) = 0.153. Equal variances would hide it: there both are
/// half the squared distance of the means.
#[test]
fn r07_the_average_log_ratio_under_q_is_not_the_divergence_from_p_to_q() {
    let (q, p) = (on_the_line(0.0, 1.0), on_the_line(0.0, 2.0));
    let average = |q: &Gaussian, p: &Gaussian| {
        GaussHermite::new(2).expectation(q, |x| longhand::log_prob(q, x) - longhand::log_prob(p, x))
    };
    let (as_printed, as_is) = (p.kl_divergence(&q), q.kl_divergence(&p));
    assert_close(average(&q, &p), as_is, 1e-13);
    assert_close(as_is, 0.5 * (LN_2 - 0.5), 1e-13);
    assert_close(as_printed, 0.5 * (1.0 - LN_2), 1e-13);
    assert_close(as_printed - as_is, 0.75 - LN_2, 1e-12);

    let shifted = on_the_line(0.7, 1.0);
    assert_close(q.kl_divergence(&shifted), shifted.kl_divergence(&q), 1e-14);
    assert_close(q.kl_divergence(&shifted), 0.5 * 0.49, 1e-14);
}

/// Refuted 9: "ELBO = KL(q ‖ posterior) − log p(x)". Both signs are turned: it is minus the ELBO. With
/// p(x|z) = N(z, 1), x = 0 and the posterior as encoder the printed line gives ½ log 4π = 1.266, the bound is −1.266; with
/// an encoder that is off by a gap of g the printed line *rises* by g. True: ELBO = log p(x) − KL(q ‖ posterior).
#[test]
fn r09_the_bound_is_not_divergence_minus_log_evidence() {
    let x = array![0.0];
    let as_printed = |vae: &LinearVae| vae.gap(&x).unwrap() - vae.log_evidence(&x);
    let best = smallest_vae(0.5, 0.0, 0.5);
    let error = as_printed(&best) - best.elbo(&x).total();
    assert_close(error, (4.0 * PI).ln(), 1e-13);

    // A latent's mean at 1 for 0, at variance ½: one nat.
    let worse = smallest_vae(0.5, 1.0, 0.5);
    assert_close(best.elbo(&x).total() - worse.elbo(&x).total(), 1.0, 1e-13);
    assert_close(as_printed(&worse) - as_printed(&best), 1.0, 1e-13);
    for vae in [best, worse] {
        assert_close(vae.elbo(&x).total(), longhand::log_normal(0.0, 0.0, 2.0) - vae.gap(&x).unwrap(), 1e-13);
        assert_close(as_printed(&vae), -vae.elbo(&x).total(), 1e-13);
    }
}

/// Refuted 10, a line of the notes: "a perfect decoder has p(x|z) → 1, log p → 0". A density has no such ceiling. One
/// coordinate and p(x|z) = N(z, s²) are enough: log p(x|z) at its mean is −log s − ½ log 2π, above 0 as soon as
/// s² < 1/(2π) = 0.159, and every halving of s adds log 2. With q(z|x) = N(x, s²) the reconstruction term is ½ less, and
/// the evidence N(0, w² + s²) passes 0 in the same way.
#[test]
fn r10_the_log_density_of_a_decoder_has_no_ceiling() {
    let x = array![0.0];
    let sharp =
        |s: f64| model(conditional_on_the_line(1.0, 0.0, s * s), conditional_on_the_line(1.0, 0.0, s * s));
    let reconstruction = |s: f64| sharp(s).elbo(&x).reconstruction;
    assert_close(reconstruction(0.1), -(0.1f64).ln() - 0.5 * (2.0 * PI).ln() - 0.5, 1e-13);
    assert!(reconstruction(0.1) > 0.88, "0.88 above the supposed limit of 0");
    for k in 4..30 {
        let s = 0.5f64.powi(k);
        assert_close(reconstruction(0.5 * s) - reconstruction(s), LN_2, 1e-12);
    }
    let threshold = (2.0 * PI).recip();
    let at_its_mean = |variance: f64| on_the_line(0.0, variance).log_prob(&x);
    assert!(at_its_mean(0.999 * threshold) > 0.0 && at_its_mean(1.001 * threshold) < 0.0);

    let narrow = model(conditional_on_the_line(5.0, 0.0, 0.5), conditional_on_the_line(0.1, 0.0, 0.01));
    assert_close(narrow.log_evidence(&x), -0.5 * (2.0 * PI * 0.02).ln(), 1e-13);
    assert!(narrow.log_evidence(&x) > 1.0);
}

/// Refuted 11, a line of the notes: "KL(q(z|x) ‖ p(z)) = 0 means that the encoder is perfectly learned". With
/// p(x|z) = N(z, 1) the encoder N(0, 1) has that zero at every x, and its bound lies ½(1 − log 2 + x²/2) below the evidence:
/// 0.153 at x = 0, 1.153 at x = 2. The perfect encoder N(x/2, 1/2) has a divergence above 0 everywhere, at least
/// ½(log 2 − ½) = 0.097, and no gap. True: zero everywhere is collapse (B11).
#[test]
fn r11_a_divergence_of_zero_is_not_a_perfect_encoder() {
    let (collapsed, perfect) = (smallest_vae(0.0, 0.0, 1.0), smallest_vae(0.5, 0.0, 0.5));
    for x in [0.0, 0.5, 2.0, -3.0] {
        let lost = 0.5 * (1.0 - LN_2 + 0.5 * x * x);
        let x = array![x];
        assert_eq!(collapsed.prior_matching(&x), 0.0);
        assert_close(perfect.elbo(&x).total() - collapsed.elbo(&x).total(), lost, 1e-12);
        assert_nats(perfect.elbo(&x).total(), longhand::log_normal(x[0], 0.0, 2.0), 1e-13);
        assert_nats(perfect.gap(&x).unwrap(), 0.0, 1e-14);
        assert_close(perfect.prior_matching(&x), longhand::divergence_to_standard(0.5 * x[0], 0.5), 1e-13);
        assert!(perfect.prior_matching(&x) >= 0.096);
    }
}

/// Refuted 13: a divergence with log₂ in one half and ln in the other, ½(μ² + σ² − 1 − log₂ σ²). For μ = 0 and σ² = 2 it
/// is 0 between two laws that differ, by ½(1 − log 2) = 0.153 nats, and between σ² = 1 and 2 it is negative: −0.043 at 1.5.
/// True: one logarithm throughout; in bits the whole is divided by log 2, the squares too.
#[test]
fn r13_a_divergence_with_two_logarithms_is_none() {
    let as_printed = |mean: f64, variance: f64| 0.5 * (mean * mean + variance - 1.0 - variance.log2());
    let divergence = |mean: f64, variance: f64| {
        DiagonalGaussian::new(array![mean], array![variance.ln()]).unwrap().kl_to_standard_normal()
    };
    assert_eq!(as_printed(0.0, 2.0), 0.0);
    assert_close(divergence(0.0, 2.0), 0.5 * (1.0 - LN_2), 1e-13);
    assert!(as_printed(0.0, 1.5) < -0.042 && divergence(0.0, 1.5) > 0.047);

    for (mean, variance) in [(0.0, 2.0), (1.0, 1.5), (-0.5, 0.3)] {
        let bits = longhand::integral(&longhand::breaks([(mean, variance)]), |x| {
            let log_q = longhand::log_normal(x, mean, variance);
            log_q.exp() * (log_q - longhand::log_normal(x, 0.0, 1.0)) * std::f64::consts::LOG2_E
        });
        assert_close(divergence(mean, variance) / LN_2, bits, 1e-10);
        let error = as_printed(mean, variance) - divergence(mean, variance);
        assert_close(error, -0.5 * (variance.log2() - variance.ln()), 1e-12);
    }
}

/// Refuted 14, a line of the notes: the training loss is "MSE + KL", with no word on the variance of the decoder or on
/// sum against mean. Two coordinates are the fewest that tell them apart: p(x|z) = N((z, z), s² I), x = 0, encoder N(0, v).
/// The squared error summed makes v = 1/5 the best encoder, averaged v = 1/3, and each ranks the other's choice lower:
/// 1/5 is the posterior variance at s² = 1/2, 1/3 that at s² = 1. True (B8): the sum is −ELBO at s² = 1/2, the mean at s² = d/2.
#[test]
fn r14_squared_error_plus_divergence_is_not_one_loss() {
    let d = 2.0;
    let x = Array1::zeros(2);
    let with_variances = |s2: f64, v: f64| {
        let encoder = linear(Array2::zeros((1, 2)), array![0.0], array![[v]]);
        let decoder = linear(array![[1.0], [1.0]], Array1::zeros(2), Array2::eye(2) * s2);
        model(encoder, decoder)
    };
    // E|x - (z, z)|² = 2v.
    let summed = |v: f64| d * v + longhand::divergence_to_standard(0.0, v);
    let averaged = |v: f64| v + longhand::divergence_to_standard(0.0, v);
    let (fifth, third) = (0.2, 1.0 / 3.0);
    assert!(summed(third) - summed(fifth) > 0.077, "the sum prefers 1/5");
    assert!(averaged(fifth) - averaged(third) > 0.055, "the mean prefers 1/3");

    for (s2, best, loss) in [(0.5, fifth, &summed as &dyn Fn(f64) -> f64), (0.5 * d, third, &averaged)] {
        let posterior = with_variances(s2, 1.0).posterior().unwrap().given(&x);
        assert_close(longhand::variance(&posterior), best, 1e-13);
        for v in [0.1, fifth, third, 0.9] {
            let constant = -with_variances(s2, v).elbo(&x).total() - loss(v);
            assert_close(constant, 0.5 * d * (2.0 * PI * s2).ln(), 1e-12);
            assert!(loss(v) >= loss(best));
        }
    }
}
