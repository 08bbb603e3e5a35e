//! A1: divergence, entropy, nats and bits. A5: the divergence between Gaussians.

use std::f64::consts::{LN_2, LOG2_E};

use ndarray::ArrayRef1;
use prob::{DiagonalGaussian, GaussHermite, Gaussian};
use proptest::prelude::*;

use crate::problems::{diagonal_gaussian, dimension, gaussian_over, two_gaussians};
use crate::{Claim, longhand};

pub(super) fn of_any_laws() -> Vec<Claim> {
    vec![is_never_negative(), sees_every_difference(), splits_the_cross_entropy(), is_measured_in_nats()]
}

pub(super) fn between_gaussians() -> Vec<Claim> {
    vec![with_full_covariances(), with_diagonal_covariances()]
}

fn is_never_negative() -> Claim {
    Claim::new("A1a", "KL(p ‖ q) ≥ 0, and KL(p ‖ p) = 0")
        .source("notes 002")
        .source("notes 004")
        .why(
            "-KL = E_p log(q/p) ≤ log E_p (q/p) = log 1 by Jensen,\n\
             and log(p/p) = 0 everywhere.",
        )
        .compares("the closed form with 0, for two random laws and for a law and itself")
        .inequality(0.0, two_gaussians(), |(p, q), trial| {
            trial.at_most(1.0, 0.0, p.kl_divergence(q));
            trial.at(1.0, p.kl_divergence(p), 0.0);
        })
}

fn sees_every_difference() -> Claim {
    let moved = two_gaussians().prop_map(|(p, _)| p);
    let problem = (moved, 1e-5..1.0f64, any::<prop::sample::Index>());
    Claim::new(
        "A1b",
        "KL(p ‖ q) = 0 only for p = q: a mean off by δ standard deviations costs ½δ² nats or more",
    )
    .source("notes 002")
    .why(
        "Equality in Jensen needs q/p constant. For Gaussians of equal covariance KL is ½ m'S⁻¹m, and\n\
             S⁻¹ᵢᵢ ≥ 1/Sᵢᵢ: knowing the other coordinates only sharpens.",
    )
    .compares("½δ² with the closed form after one mean was moved by δ standard deviations")
    .inequality(1e-9, problem, |(p, delta, coordinate), trial| {
        let i = coordinate.index(p.dim());
        let mut mean = p.mean().clone();
        mean[i] += delta * p.covariance()[[i, i]].sqrt();
        if let Some(q) = trial.posed(Gaussian::new(mean, p.covariance().clone())) {
            let least = 0.5 * delta * delta;
            trial.at_most(least, least, p.kl_divergence(&q));
        }
    })
}

fn splits_the_cross_entropy() -> Claim {
    Claim::new("A1c", "-E_p log q = H(p) + KL(p ‖ q)")
        .source("notes 002")
        .source("notes 004")
        .why("-log q = -log p + log(p/q); average both sides under p.")
        .compares(
            "-E_p log q, by quadrature of the density written out and in closed form, with the sum of the closed forms",
        )
        .identity(1e-10, two_gaussians(), |(p, q), trial| {
            let sum = p.entropy() + p.kl_divergence(q);
            trial.nats(-GaussHermite::new(2).expectation(p, |x| longhand::log_prob(q, x)), sum);
            trial.nats(p.cross_entropy(q), sum);
        })
}

fn is_measured_in_nats() -> Claim {
    Claim::new("A1d", "one bit is log 2 nats: log 2 · ∫ p log₂(p/q) = KL(p ‖ q)")
        .source("notes 002")
        .why("log₂ u = log u / log 2, in both halves of the ratio.")
        .compares("log 2 times the integral in bits, by adaptive quadrature, with the closed form in nats")
        .identity(1e-10, (gaussian_over(1, 1.0), gaussian_over(1, 1.0)), |(p, q), trial| {
            let at = |law: &Gaussian| (longhand::mean(law), longhand::variance(law));
            let ((m, v), (n, w)) = (at(p), at(q));
            let bits = longhand::integral(&longhand::breaks([(m, v)]), |x| {
                let log_p = longhand::log_normal(x, m, v);
                log_p.exp() * (log_p - longhand::log_normal(x, n, w)) * LOG2_E
            });
            trial.nats(bits * LN_2, p.kl_divergence(q));
        })
}

fn with_full_covariances() -> Claim {
    Claim::new("A5a", "KL(N(m_p, S_p) ‖ N(m_q, S_q)) = ½ (log det S_q/det S_p - d + tr S_q⁻¹S_p + Δm'S_q⁻¹Δm)")
        .source("Luo (86)")
        .why(
            "log p - log q is a quadratic of x; E_p (x-m)'A(x-m) = tr(A S_p) + Δm'AΔm.\n\
             Its constant is half of the log-ratio of the determinants.",
        )
        .compares(
            "the divergence from Cholesky factors with the formula by cofactors, and with E_p [log p - log q] by a \
             quadrature that is exact for quadratics",
        )
        .identity(1e-10, two_gaussians(), |(p, q), trial| {
            let log_ratio = |x: &ArrayRef1<f64>| longhand::log_prob(p, x) - longhand::log_prob(q, x);
            trial.nats(p.kl_divergence(q), longhand::divergence(p, q));
            trial.nats(p.kl_divergence(q), GaussHermite::new(2).expectation(p, log_ratio));
        })
}

fn with_diagonal_covariances() -> Claim {
    let two_diagonals = || dimension().prop_flat_map(|d| (diagonal_gaussian(d), diagonal_gaussian(d)));
    Claim::new("A5b", "between laws with independent coordinates KL is the sum of ∫ pᵢ log(pᵢ/qᵢ) over them")
        .source("Luo (86)")
        .why("log p - log q = Σ (log pᵢ - log qᵢ), and averaging coordinate i touches pᵢ alone.")
        .compares("the formula in log-variances with one adaptive quadrature for each coordinate")
        .identity(1e-10, two_diagonals(), |(p, q), trial| {
            let coordinate = |i: usize| {
                let at = |law: &DiagonalGaussian| (law.mean()[i], law.log_var()[i].exp());
                let ((m, v), (n, w)) = (at(p), at(q));
                longhand::integral(&longhand::breaks([(m, v)]), |x| {
                    let log_p = longhand::log_normal(x, m, v);
                    log_p.exp() * (log_p - longhand::log_normal(x, n, w))
                })
            };
            trial.nats(p.kl_divergence(q), (0..p.dim()).map(coordinate).sum());
        })
}
