//! A7: a finite mixture approaches an integral over its components.

use ndarray::array;
use prob::Mixture;
use proptest::prelude::*;

use crate::problems::{dimension, linear_vae, on_the_line, vector};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        the_error_falls_as_one_over_k_squared(),
        its_constant_is_that_of_euler_and_maclaurin(),
        sums_become_evidence(),
    ]
}

/// The mixture of `k` equal components of variance `v`, their means in the middles of `k` equal parts of (-1, 1).
fn uniform_mixture(k: usize, v: f64) -> Mixture {
    let middle = |m: usize| (2 * m + 1) as f64 / k as f64 - 1.0;
    Mixture::equal((0..k).map(|m| on_the_line(middle(m), v)).collect()).expect("one dimension")
}

/// Density of the mixture less `∫ ½ N(x; z, v) dz` over (-1, 1).
fn error(k: usize, v: f64, x: f64) -> f64 {
    let integral = longhand::integral(&[-1.0, 0.0, 1.0], |z| 0.5 * longhand::log_normal(x, z, v).exp());
    uniform_mixture(k, v).log_prob(&array![x]).exp() - integral
}

fn the_error_falls_as_one_over_k_squared() -> Claim {
    Claim::new("A7a", "Σ_m (1/K) N(x; z_m, s²), z_m even on (-1, 1), approaches ∫ ½ N(x; z, s²) dz as 1/K²")
        .source("notes 000")
        .why("The sum is the midpoint rule of the integral, and that has order 2.")
        .compares("the largest error over x in ±2 at K = 64 … 512 with a power law, s = .5")
        .rate(2.0, 0.01, |_| {
            let largest =
                |k| (-20..=20).map(|i| error(k, 0.25, 0.1 * f64::from(i)).abs()).fold(0.0, f64::max);
            [64, 128, 256, 512].map(|k| (k as f64, largest(k))).to_vec()
        })
}

fn its_constant_is_that_of_euler_and_maclaurin() -> Claim {
    // K² · error is the constant plus one over K²: 512 components, as the notes say, and half as many give it.
    Claim::new("A7b", "with K components K² · error → (f'(-1) - f'(1))/6, f(z) = ½ N(x; z, s²)")
        .source("notes 000")
        .why(
            "Euler–Maclaurin: the midpoint rule with step h errs by -h²/24 [f'(1) - f'(-1)] + O(h⁴), h = 2/K,\n\
             so that K² e(K) is constant but for 1/K², which drops out of (4 · 512² e(512) - 256² e(256)) / 3.",
        )
        .compares("errors of the mixtures of 512 and 256 components, extrapolated, with the slopes at the ends")
        .identity(1e-6, (0.3..1.0f64, -2.0..2.0f64), |&(s, x), trial| {
            let v = s * s;
            let scaled = |k: usize| (k * k) as f64 * error(k, v, x);
            let slope = |x: f64, z: f64| 0.5 * longhand::log_normal(x, z, v).exp() * (x - z) / v;
            let predicted = (slope(x, -1.0) - slope(x, 1.0)) / 6.0;
            trial.at(0.1, (4.0 * scaled(512) - scaled(256)) / 3.0, predicted);
        })
}

fn sums_become_evidence() -> Claim {
    // A sum with steps of 0.035 between ±9 can only know a posterior that is wider than a step and within.
    let problem = dimension().prop_flat_map(|d| (linear_vae(d, 1), vector(d, 2.0))).prop_filter_map(
        "a posterior within the sum",
        |(vae, x)| {
            let posterior = vae.posterior().ok()?.given(&x);
            let within =
                longhand::mean(&posterior).abs() < 2.0 && longhand::variance(&posterior) > 0.05 * 0.05;
            within.then_some((vae, x))
        },
    );
    Claim::new("A7c", "Σ_m P(m) N(x; V z_m + a, R) becomes ∫ p(z) p(x|z) dz = p(x)")
        .source("notes 000")
        .why(
            "The sum over components is a Riemann sum of the integral over z; on the whole line it converges faster\n\
             than any power of the step for a smooth integrand.",
        )
        .compares("a mixture of 512 components, P(m) ∝ N(z_m; 0, 1), with the evidence of a linear VAE in closed form")
        .identity(1e-10, problem, |(vae, x), trial| {
            let spacing = 18.0 / 512.0;
            let centres = (0..512).map(|m| (f64::from(m) + 0.5) * spacing - 9.0);
            let (weights, components) = centres
                .map(|z| (spacing * longhand::log_normal(z, 0.0, 1.0).exp(), vae.decoder().given(&array![z])))
                .unzip();
            if let Some(sum) = trial.posed(Mixture::new(weights, components)) {
                trial.nats(sum.log_prob(x), vae.log_evidence(x));
            }
        })
}
