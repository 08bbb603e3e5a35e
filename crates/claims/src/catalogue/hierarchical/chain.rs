//! Joint laws, the bound by Jensen, its gap, and the chain whose evidence is known.

use mhvae::Mhvae;
use ndarray::{Array1, Array2, array};
use prob::LinearGaussian;
use proptest::prelude::*;

use super::problem::{Problem, chain, exact_encoders, joint_from_the_top, problem, stacked};
use crate::longhand::{inverse, log_gaussian, log_normal, log_prob, log_prob_given};
use crate::problems::conditional_on_the_line;
use crate::{Claim, Trial};

/// The generative joint.
pub(super) fn c1a() -> Claim {
    Claim::new("C1a", "p(x, z_1 … z_T) = p(z_T) p(x|z_1) Π_{t=2}^T p(z_{t-1}|z_t)")
        .source("Luo (23)")
        .why(
            "The chain rule from the top: p(z_T) p(z_{T-1}|z_T) p(z_{T-2}|z_{T-1}, z_T) …\n\
             Each latent depends on those above it through its neighbour alone, so every condition keeps one latent.",
        )
        .compares("log-density of the joint Gaussian of the whole chain; the sum of the conditionals' written out")
        .identity(1e-11, problem(1), |Problem { chain, x, z }, trial| {
            let joint = joint_from_the_top(chain);
            let from_the_top: Vec<&_> = z.iter().rev().chain([x]).map(|part| &**part).collect();
            let levels: Vec<&_> = [x].into_iter().chain(z).collect();
            let product: f64 = (chain.decoders().iter().zip(levels.windows(2)))
                .map(|(decoder, pair)| log_prob_given(decoder, pair[1], pair[0]))
                .sum();
            let top = z.len() - 1;
            trial.nats(joint.log_prob(&stacked(&from_the_top)), product + log_prob(chain.prior(), &z[top]));
        })
}

/// The encoder's joint.
pub(super) fn c1b() -> Claim {
    Claim::new("C1b", "q(z_1 … z_T|x) = q(z_1|x) Π_{t=2}^T q(z_t|z_{t-1})")
        .source("Luo (24)")
        .why(
            "The chain rule from the bottom, with the Markov property: z_t depends on x and on the latents below it\n\
             through z_{t-1} alone.",
        )
        .compares("log-density of the joint Gaussian of all latents; the sum of the conditionals' written out")
        .identity(1e-11, problem(1), |Problem { chain, x, z }, trial| {
            let joint = chain.encode(x);
            let from_the_bottom: Vec<&_> = z.iter().map(|part| &**part).collect();
            let levels: Vec<&_> = [x].into_iter().chain(z).collect();
            let product = (chain.encoders().iter().zip(levels.windows(2)))
                .map(|(encoder, pair)| log_prob_given(encoder, pair[0], pair[1]))
                .sum();
            trial.nats(joint.log_prob(&stacked(&from_the_bottom)), product);
        })
}

/// `N(weight · input + bias, variance)` on the line: mild ones, so that a grid resolves them.
fn mild() -> impl Strategy<Value = LinearGaussian> {
    (-1.0..1.0, -0.5..0.5, 0.5..2.0).prop_map(|(w, b, v)| conditional_on_the_line(w, b, v))
}

/// Jensen's inequality on the weights of a path.
pub(super) fn c1c() -> Claim {
    Claim::new(
        "C1c",
        "log p(x) = log E_q[p(x, z_1 … z_T)/q(z_1 … z_T|x)] ≥ E_q log[p(x, z_1 … z_T)/q(z_1 … z_T|x)] = ELBO",
    )
    .source("Luo (25)-(29)")
    .why(
        "p(x) is the joint law summed over the latents; times and divided by q it is an average under q.\n\
             The logarithm is concave, so the log of an average is at least the average of the log (Jensen).",
    )
    .compares(
        "both averages over a grid of two latents, densities written out; the chain's evidence and bound",
    )
    .identity(1e-10, ([mild(), mild()], [mild(), mild()], -2.0..2.0), |(up, down, x), trial| {
        let model = chain(up.to_vec(), down.to_vec());
        let (mean_weight, mean_log_weight) = averages_on_a_grid(&model, *x);
        let x = array![*x];
        let elbo = model.elbo(&x);
        trial.nats(mean_weight.ln(), model.log_evidence(&x));
        trial.nats(mean_log_weight, elbo);
        trial.at_most(1.0, elbo, model.log_evidence(&x));
    })
}

/// `E_q w` and `E_q log w` of `w = p(x, z_1, z_2)/q(z_1, z_2|x)`, by the trapezoidal rule in the latents themselves:
/// `p(x, z_1, z_2)`, which `q w` is, need not lie where `q` does.
///
/// Of [`mild`] conditionals both laws have means in ±4 and standard deviations of 2 at most, so that ±20 leaves 8 of
/// them, and of 0.42 at least in any direction, of which steps of a quarter lose nothing in sixteen digits.
fn averages_on_a_grid(model: &Mhvae, x: f64) -> (f64, f64) {
    const STEP: f64 = 0.25;
    let log_given = |law: &LinearGaussian, input: f64, output: f64| {
        log_normal(output, law.weight()[[0, 0]] * input + law.bias()[0], law.covariance()[[0, 0]])
    };
    let (up, down) = (model.encoders(), model.decoders());
    let places = || (-80..=80).map(|k| STEP * f64::from(k));

    let (mut mean_weight, mut mean_log_weight) = (0.0, 0.0);
    for z_1 in places() {
        let (log_q_1, log_p_x) = (log_given(&up[0], x, z_1), log_given(&down[0], z_1, x));
        for z_2 in places() {
            let log_q = log_q_1 + log_given(&up[1], z_1, z_2);
            let log_w = log_normal(z_2, 0.0, 1.0) + log_given(&down[1], z_2, z_1) + log_p_x - log_q;
            mean_weight += STEP * STEP * (log_q + log_w).exp();
            mean_log_weight += STEP * STEP * log_q.exp() * log_w;
        }
    }
    (mean_weight, mean_log_weight)
}

/// The gap.
pub(super) fn c2() -> Claim {
    Claim::new("C2", "log p(x) - ELBO = KL(q(z_1 … z_T|x) ‖ p(z_1 … z_T|x)) ≥ 0")
        .source("Luo §MHVAE")
        .source("notes 001 §2")
        .why(
            "p(x, z) = p(x) p(z|x) with all latents as one z: E_q log p(x, z)/q(z|x) = log p(x) - E_q log q(z|x)/p(z|x).\n\
             Nothing here asks how many latents there are.",
        )
        .compares(
            "the chain's evidence minus its bound; the divergence of the encoder's joint from the joint law of \
             (z_T, …, z_1, x) conditioned on x",
        )
        .identity(1e-11, problem(1), |problem, trial| {
            let (gap, divergence) = gap_and_divergence(problem, trial);
            let scale = problem.chain.log_evidence(&problem.x).abs().max(gap.abs()).max(1.0);
            trial.at(scale, gap, divergence);
            trial.at_most(scale, 0.0, gap);
        })
}

/// `log p(x) - ELBO`, and `KL(q ‖ p(·|x))` with the posterior from conditioning.
fn gap_and_divergence(Problem { chain, x, .. }: &Problem, trial: &mut Trial) -> (f64, f64) {
    let nan = f64::NAN;
    let q = chain.encode(x);
    let latents = q.dim();
    let observed: Vec<usize> = (latents..latents + x.len()).collect();
    let conditioned = joint_from_the_top(chain).condition(&observed, x);
    let reordered = conditioned.and_then(|posterior| posterior.marginal(&from_the_bottom(chain)));
    let Some(posterior) = trial.posed(reordered) else { return (nan, nan) };
    (chain.log_evidence(x) - chain.elbo(x), q.kl_divergence(&posterior))
}

/// Where the coordinates of `z_1, …, z_T` stand in `(z_T, …, z_1)`.
fn from_the_bottom(chain: &Mhvae) -> Vec<usize> {
    let mut end: usize = chain.encoders().iter().map(|encoder| encoder.bias().len()).sum();
    let mut order = Vec::with_capacity(end);
    for encoder in chain.encoders() {
        let begin = end - encoder.bias().len();
        order.extend(begin..end);
        end = begin;
    }
    order
}

/// Where the gap closes.
pub(super) fn c2b() -> Claim {
    Claim::new("C2b", "ELBO = log p(x) if q(z_t|z_{t-1}) = p(z_t|z_{t-1}) at every step; q(z_T|·) off by δ costs ½ δ' S⁻¹ δ")
        .source("notes 001 §2")
        .why(
            "The divergence of two joint laws is 0 only where they are equal, and the posterior of a Markov chain is one:\n\
             p(z_1|x) Π p(z_t|z_{t-1}). With the last of these shifted by δ, only its own divergence is left,\n\
             that of two Gaussians with covariance S and means δ apart.",
        )
        .compares("evidence minus bound with the decoders reversed one by one as encoders; 0, and ½ δ' S⁻¹ δ written out")
        .identity(1e-11, problem(1), |Problem { chain: model, x, z }, trial| {
            let Some(encoders) = trial.posed(exact_encoders(model.decoders())) else { return };
            let evidence = model.log_evidence(x);
            let gap = |encoders: Vec<LinearGaussian>| evidence - chain(encoders, model.decoders().to_vec()).elbo(x);
            let scale = evidence.abs().max(1.0);
            trial.at(scale, gap(encoders.clone()), 0.0);

            let (top, delta) = (encoders.len() - 1, &z[z.len() - 1]);
            let mut shifted = encoders;
            let last = &shifted[top];
            let cost = 0.5 * delta.dot(&inverse(last.covariance()).dot(delta));
            let moved = LinearGaussian::new(last.weight().clone(), last.bias() + delta, last.covariance().clone());
            let Some(moved) = trial.posed(moved) else { return };
            shifted[top] = moved;
            let off = gap(shifted);
            trial.at(scale.max(cost), off, cost);
        })
}

/// `z_3 ~ N(0.2, 1/0.5)`, `z_2 ~ N(z_3, 1)`, `z_1 ~ N(z_2, 1/1.5)` and four observations `~ N(z_1, 1/2)`, with `z_3`
/// made of a standard normal.
fn outside_chain() -> Result<Mhvae, prob::ProbError> {
    let four_alike = LinearGaussian::new(Array2::ones((4, 1)), Array1::zeros(4), Array2::eye(4) * 0.5)?;
    let decoders = vec![
        four_alike,
        conditional_on_the_line(1.0, 0.0, 1.0 / 1.5),
        conditional_on_the_line(2f64.sqrt(), 0.2, 1.0),
    ];
    Ok(chain(exact_encoders(&decoders)?, decoders))
}

fn outside_observations() -> Array1<f64> {
    array![-0.1, 0.03, 0.2, 0.1]
}

/// The outside check.
pub(super) fn c5a() -> Claim {
    Claim::new("C5a", "z_3 ~ N(0.2, 2), z_2 ~ N(z_3, 1), z_1 ~ N(z_2, ⅔), x = (-0.1, 0.03, 0.2, 0.1) ~ N(z_1, ½): log p(x) = -4.0459361")
        .source("numpyro")
        .why(
            "A number from outside the project, printed to seven decimals: half a unit of the last is the tolerance.\n\
             z_1 ~ N(0.2, 2 + 1 + ⅔), so x ~ N(0.2, ½ I + 11/3) with every entry of the covariance raised by 11/3.",
        )
        .compares("the chain's log evidence; the printed number")
        .identity(5e-8, Just(()), |(), trial| {
            let Some(model) = trial.posed(outside_chain()) else { return };
            trial.at(1.0, model.log_evidence(&outside_observations()), -4.0459361);
        })
}

/// The bound at the outside chain.
pub(super) fn c5b() -> Claim {
    Claim::new("C5b", "with the exact posterior as encoder the ELBO of that chain is its log evidence, in every form")
        .source("numpyro")
        .why("The gap is the divergence from the posterior, which is the encoder here. All forms are the same bound.")
        .compares("bound and both forms of the chain; log N(x; 0.2, ½ I + 11/3) by cofactors")
        .identity(1e-12, Just(()), |(), trial| {
            let Some(model) = trial.posed(outside_chain()) else { return };
            let x = outside_observations();
            let covariance = Array2::eye(4) * 0.5 + 11.0 / 3.0;
            let evidence = log_gaussian(&x, &Array1::from_elem(4, 0.2), &covariance);
            trial.nats(model.log_evidence(&x), evidence);
            trial.nats(model.elbo(&x), evidence);
            let forms = [model.denoising(&x).map(|b| b.elbo()), model.consistency(&x).map(|b| b.elbo())];
            for form in forms {
                let Some(elbo) = trial.posed(form) else { return };
                trial.nats(elbo, evidence);
            }
        })
}
