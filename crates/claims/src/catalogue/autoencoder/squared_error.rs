//! B8: what "MSE + KL" is, and is not.

use std::f64::consts::PI;

use ndarray::{Array1, Array2};
use proptest::prelude::*;
use vae::{Objective, Vae};

use crate::problems::{dimension, matrix, network_vae, positive};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        the_bound_is_scaled_squared_error_plus_divergence(),
        summed_it_is_the_bound_at_one_half(),
        averaged_it_is_a_beta_vae(),
        in_every_derivative(),
    ]
}

/// A batch with its noise, rows of `d` coordinates and of `k` latents, and a seed for the weights.
fn batch() -> impl Strategy<Value = (Array2<f64>, Array2<f64>, u64)> {
    (dimension(), 1usize..=2, 1usize..=3)
        .prop_flat_map(|(d, k, n)| (matrix(n, d, 2.0), matrix(n, k, 2.0), any::<u64>()))
}

/// `|x - x'|²` and the divergence from the prior, each averaged over the rows, written out.
fn squared_error_and_divergence(vae: &Vae, x: &Array2<f64>, eps: &Array2<f64>) -> (f64, f64) {
    let (mean, log_var) = vae.encoder.mean_and_log_var(x);
    let z = &mean + &(log_var.mapv(|v| v.exp().sqrt()) * eps);
    let error = x - &vae.decoder.mean(&z);
    let divergence = |(m, v): (&f64, &f64)| longhand::divergence_to_standard(*m, v.exp());
    let n = x.nrows() as f64;
    (error.iter().map(|e| e * e).sum::<f64>() / n, mean.iter().zip(&log_var).map(divergence).sum::<f64>() / n)
}

/// `-ELBO` of one draw for each row.
fn negative_bound(vae: &Vae, x: &Array2<f64>, eps: &Array2<f64>) -> f64 {
    -vae.bound_given_noise(x, eps).elbo()
}

/// Every derivative of a loss, the encoder's then the decoder's.
fn gradient(vae: &Vae, x: &Array2<f64>, eps: &Array2<f64>, objective: &Objective) -> Array1<f64> {
    let mut work = vae.workspace(x.nrows());
    vae.loss_gradient(x, eps, objective, &mut work);
    let both = [work.encoder_gradient(), work.decoder_gradient()];
    both.iter().flat_map(|gradient| gradient.flat()).collect()
}

fn the_bound_is_scaled_squared_error_plus_divergence() -> Claim {
    Claim::new(
        "B8a",
        "-ELBO = |x - x'|²/(2s²) + KL + ½ d log(2πs²) for a decoder of variance s² with mean x'",
    )
    .source("notes 000")
    .source("notes 001 §1")
    .why("-log N(x; x', s² I) is the squared error over 2s² and the logarithm of the normaliser.")
    .compares("the bound of a network VAE with squared error and divergence written out")
    .identity(1e-12, (batch(), positive(2.0)), |&((ref x, ref eps, seed), s2), trial| {
        let vae = network_vae(x.ncols(), eps.ncols(), s2, seed);
        let (error, divergence) = squared_error_and_divergence(&vae, x, eps);
        let constant = 0.5 * x.ncols() as f64 * (2.0 * PI * s2).ln();
        let terms = error / (2.0 * s2) + divergence + constant;
        trial.at(terms.abs() + constant.abs() + 1.0, negative_bound(&vae, x, eps), terms);
    })
}

fn summed_it_is_the_bound_at_one_half() -> Claim {
    let log_ratio = prop_oneof![-1.0..-0.05f64, 0.05..1.0f64];
    Claim::new(
        "B8b",
        "|x - x'|² + KL, summed over coordinates, is -ELBO up to a constant exactly when s² = ½",
    )
    .source("notes 000")
    .why("1/(2s²) = 1 at s² = ½, and the constant is -½ d log π; elsewhere (1/(2s²) - 1) |x - x'|² is left.")
    .compares("-ELBO less the loss with ½ d log π at s² = ½, and with what is left at another s²")
    .identity(1e-11, (batch(), log_ratio), |&((ref x, ref eps, seed), log_ratio), trial| {
        let d = x.ncols() as f64;
        let difference = |s2: f64| {
            let vae = network_vae(x.ncols(), eps.ncols(), s2, seed);
            let (error, divergence) = squared_error_and_divergence(&vae, x, eps);
            (negative_bound(&vae, x, eps) - (error + divergence), error, divergence)
        };
        let (constant, error, divergence) = difference(0.5);
        trial.at(1.0 + error + divergence, constant, 0.5 * d * PI.ln());

        let s2 = 0.5 * log_ratio.exp();
        let excess = difference(s2).0 - 0.5 * d * (2.0 * PI * s2).ln();
        trial.at(1.0 + error + divergence, excess, (-log_ratio).exp_m1() * error);
        trial.that(excess.abs() > 0.04 * error, "the excess is seen");
    })
}

fn averaged_it_is_a_beta_vae() -> Claim {
    Claim::new("B8c", "|x - x'|²/d + KL is -ELBO at s² = d/2, and 1/d of the β-VAE loss with β = d at s² = ½")
        .source("notes 000")
        .source("notes 001 §1")
        .why("1/(2s²) = 1/d at s² = d/2; d times the whole is |x - x'|² + d KL.")
        .compares("the loss written out with the terms of two network VAEs, constants included")
        .identity(1e-12, batch(), |&(ref x, ref eps, seed), trial| {
            let (width, latents) = (x.ncols(), eps.ncols());
            let d = width as f64;
            let (wide, half) =
                (network_vae(width, latents, 0.5 * d, seed), network_vae(width, latents, 0.5, seed));
            let (error, divergence) = squared_error_and_divergence(&wide, x, eps);
            let loss = error / d + divergence;
            trial.at(10.0 + loss, negative_bound(&wide, x, eps), loss + 0.5 * d * (PI * d).ln());
            let bound = half.bound_given_noise(x, eps);
            let beta_loss = d * bound.prior_matching - bound.reconstruction;
            trial.at(10.0 + d * loss, beta_loss, d * loss + 0.5 * d * PI.ln());
        })
}

fn in_every_derivative() -> Claim {
    Claim::new("B8d", "d ∇(-ELBO at s² = d/2) = ∇(β-VAE loss, β = d, s² = ½) = ∇(|x - x'|² + d KL)")
        .source("notes 000")
        .source("Higgins 2017")
        .why("B8c: the losses differ by a factor and constants, and gradients forget the constants.")
        .compares("two backward passes with each other (1e-12), and with central differences of the loss written out")
        .gradient(1e-7, batch(), |&(ref x, ref eps, seed), trial| {
            let (width, latents) = (x.ncols(), eps.ncols());
            let d = width as f64;
            let (wide, half) =
                (network_vae(width, latents, 0.5 * d, seed), network_vae(width, latents, 0.5, seed));
            let of_beta_vae = gradient(&half, x, eps, &Objective::beta(d));
            let of_bound = gradient(&wide, x, eps, &Objective::ELBO) * d;
            let largest = of_bound.iter().fold(1e-300, |max: f64, g| max.max(g.abs()));
            let apart = (&of_beta_vae - &of_bound).iter().fold(0.0, |max: f64, g| max.max(g.abs()));
            trial.that(apart <= 1e-12 * largest, "the two gradients are the same");
            let loss = |parameters: &[f64]| {
                let (error, divergence) = squared_error_and_divergence(&with_parameters(&half, parameters), x, eps);
                error + d * divergence
            };
            trial.at(1.0, nn::gradient_check(loss, &parameters(&half), &of_beta_vae.to_vec()), 0.0);
        })
}

/// All weights and biases, the encoder's then the decoder's.
fn parameters(vae: &Vae) -> Vec<f64> {
    [vae.encoder.net().flat_parameters(), vae.decoder.net().flat_parameters()].concat()
}

/// The same architecture with other weights.
fn with_parameters(vae: &Vae, parameters: &[f64]) -> Vae {
    let mut moved = vae.clone();
    let (encoder, decoder) = parameters.split_at(vae.encoder.net().parameter_count());
    moved.encoder.net_mut().set_flat_parameters(encoder);
    moved.decoder.net_mut().set_flat_parameters(decoder);
    moved
}
