//! N11: the VQ-VAE: its bound, its codes, what moves its encoder.

use montecarlo::Streams;
use ndarray::{Array1, Array2, array};
use neighbours::quantised::codebook::CodebookState;
use neighbours::quantised::{CodeUsage, Codebook, CodebookRule, Restart, VqTraining, VqVae};
use nn::gradient_check;
use nn::training::rows_of;
use prob::standard_normal;
use proptest::prelude::*;
use toy::Preset;

use crate::problems::matrix;
use crate::{Claim, decimals, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        a_uniform_prior_costs_log_k(),
        the_gap_is_the_posterior_of_the_code(),
        what_moves_decoder_encoder_and_codes(),
        k_means_never_raises_the_distortion(),
        straight_through_is_no_gradient(),
        restarts_bring_dead_codes_back(),
    ]
}

/// A random model with `K` codes, and data.
fn model(seed: u64, codes: usize) -> (VqVae, Array2<f64>) {
    let mut rng = Streams::new(seed).rng(0);
    let x = standard_normal((7, 2), &mut rng);
    let start = standard_normal((codes, 2), &mut rng);
    (VqVae::new(&start, &[4], 2, 0.3, 0.25, &mut rng), x)
}

/// `|z - e|²`.
fn squared_distance(z: &Array1<f64>, e: &Array1<f64>) -> f64 {
    z.iter().zip(e).map(|(z, e)| (z - e).powi(2)).sum()
}

/// The index of the nearest row, by sorting all distances.
fn nearest(codes: &Array2<f64>, z: &Array1<f64>) -> usize {
    let mut order: Vec<usize> = (0..codes.nrows()).collect();
    let distance = |k: usize| squared_distance(z, &codes.row(k).to_owned());
    order.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
    order[0]
}

fn a_uniform_prior_costs_log_k() -> Claim {
    Claim::new("N11a", "with a one-hot q(k|x) the prior matching term is log K for a uniform prior, H(f) for the frequencies f of the codes: less by KL(f ‖ uniform)")
        .source("van den Oord 2017")
        .why(
            "KL(q ‖ π) = Σ q log q - Σ q log π = 0 - log π_k. Averaged over x it is the cross-entropy of f and π,\n\
             least at π = f, where it is H(f) = log K - Σ f log(K f).",
        )
        .compares("the term of the model's bound with log p(x|k) less what Bayes' rule leaves of log p(x), with log K and with H(f) by counting; perplexity with exp(log K - KL)")
        .identity(1e-11, (any::<u64>(), 1usize..=6), |&(seed, codes), trial| {
            let (model, x) = model(seed, codes);
            let (covariance, decoded) = (Array2::eye(2) * model.variance, model.decoded_codes());
            let z = model.encoder.forward(&x);
            let taken: Vec<usize> = z.rows().into_iter().map(|z| nearest(model.codebook.codes(), &z.to_owned())).collect();
            // E log p(x|k) - ELBO, the bound as log p(x) + log p(k|x) with the posterior by Bayes' rule.
            let term = |prior: &dyn Fn(usize) -> f64| {
                let of_row = |(x, &k): (ndarray::ArrayView1<f64>, &usize)| {
                    let density = |k: usize| longhand::log_gaussian(&x, &decoded.row(k), &covariance).exp();
                    let evidence: f64 = (0..codes).map(|j| prior(j) * density(j)).sum();
                    let posterior = prior(k) * density(k) / evidence;
                    density(k).ln() - (evidence.ln() + posterior.ln())
                };
                x.rows().into_iter().zip(&taken).map(of_row).sum::<f64>() / taken.len() as f64
            };
            let share = |k: usize| taken.iter().filter(|&&j| j == k).count() as f64 / taken.len() as f64;
            let saved: f64 = (0..codes).map(share).filter(|&f| f > 0.0).map(|f| f * (codes as f64 * f).ln()).sum();
            let log_k = (codes as f64).ln();
            let matching = |log_prior: &[f64]| model.bound(&x, log_prior).prior_matching;

            let uniform = matching(&CodeUsage::uniform_log_prior(codes));
            trial.nats(uniform, log_k);
            trial.nats(uniform, term(&|_| 1.0 / codes as f64));
            let usage = CodeUsage::of(&model.encode(&x), codes);
            let learned = matching(&usage.log_prior());
            trial.nats(learned, log_k - saved);
            trial.nats(learned, term(&share));
            trial.equal(usage.perplexity().mean, (log_k - saved).exp());
        })
}

fn the_gap_is_the_posterior_of_the_code() -> Claim {
    Claim::new("N11b", "log p(x) = log Σ π_k N(x; μ(e_k), s² I), and log p(x) - ELBO = -log p(k|x) ≥ 0 for the code k that is taken")
        .source("van den Oord 2017")
        .why("The gap is KL(q(k|x) ‖ p(k|x)), and a one-hot q has the divergence -log p(k|x).")
        .compares("the model's mixture with densities by cofactors; its bound with the evidence plus log of the posterior by Bayes' rule")
        .identity(1e-10, (any::<u64>(), 1usize..=6), |&(seed, codes), trial| {
            let (model, x) = model(seed, codes);
            let log_prior: Vec<f64> = {
                let sum: f64 = (1..=codes).map(|k| k as f64).sum();
                (1..=codes).map(|k| (k as f64 / sum).ln()).collect()
            };
            let Some(evidence) = trial.posed(model.evidence(&log_prior)) else { return };
            let covariance = Array2::eye(2) * model.variance;
            let decoded = model.decoder.forward(model.codebook.codes());
            let z = model.encoder.forward(&x);
            let mut bound = 0.0;
            for (x, z) in x.rows().into_iter().zip(z.rows()) {
                let joint = |k: usize| log_prior[k].exp() * longhand::log_gaussian(&x, &decoded.row(k), &covariance).exp();
                let total: f64 = (0..codes).map(joint).sum();
                trial.nats(evidence.log_prob(&x), total.ln());
                let posterior = joint(nearest(model.codebook.codes(), &z.to_owned())) / total;
                trial.at_most(1.0, posterior.ln(), 0.0);
                bound += (total.ln() + posterior.ln()) / 7.0;
            }
            trial.nats(model.bound(&x, &log_prior).elbo(), bound);
        })
}

fn what_moves_decoder_encoder_and_codes() -> Claim {
    Claim::new("N11c", "the decoder descends -log p(x|z_q), the codes |sg[z_e] - e|², the encoder -log p(x|z_e + sg[z_q - z_e]) + β |z_e - sg[z_q]|²")
        .source("van den Oord 2017")
        .why("Straight-through: the latent moves along with z_e while the code stands still, so that ∂/∂z_e is ∂/∂z_q.")
        .compares("what moves each part with central differences of its own loss, constants (sg) held")
        .gradient(1e-7, any::<u64>(), |&seed, trial| {
            let (model, x) = model(seed, 4);
            let mut work = model.workspace(7);
            model.loss_gradient(&x, &mut work);
            let z = model.encoder.forward(&x);
            let taken: Vec<usize> = z.rows().into_iter().map(|z| nearest(model.codebook.codes(), &z.to_owned())).collect();
            let z_q = model.codebook.select(&taken);
            let squares = |a: Array2<f64>| a.iter().map(|v| v * v).sum::<f64>() / 7.0;
            let of_reconstruction = |y: Array2<f64>| squares(y - &x) / (2.0 * model.variance);

            let mut decoder = model.decoder.clone();
            let loss = |parameters: &[f64]| {
                decoder.set_flat_parameters(parameters);
                of_reconstruction(decoder.forward(&z_q))
            };
            trial.at(1.0, gradient_check(loss, &model.decoder.flat_parameters(), &work.decoder_gradient().flat()), 0.0);

            let (mut encoder, shift) = (model.encoder.clone(), &z_q - &z);
            let loss = |parameters: &[f64]| {
                encoder.set_flat_parameters(parameters);
                let z_e = encoder.forward(&x);
                of_reconstruction(model.decoder.forward(&(&z_e + &shift))) + model.commitment * squares(&z_e - &z_q)
            };
            trial.at(1.0, gradient_check(loss, &model.encoder.flat_parameters(), &work.encoder_gradient().flat()), 0.0);

            let loss = |codes: &[f64]| {
                let distance = |(z, &k): (ndarray::ArrayView1<f64>, &usize)| {
                    squared_distance(&z.to_owned(), &array![codes[2 * k], codes[2 * k + 1]])
                };
                z.rows().into_iter().zip(&taken).map(distance).sum::<f64>() / 7.0
            };
            let gradient = model.codebook.distortion_gradient(&z, &taken);
            let codes = model.codebook.codes().flatten().to_vec();
            trial.at(1.0, gradient_check(loss, &codes, &gradient.flatten().to_vec()), 0.0);
        })
}

fn k_means_never_raises_the_distortion() -> Claim {
    Claim::new("N11d", "moving averages without memory are a step of K-means: the distortion never rises, and at the means it has no slope")
        .source("van den Oord 2017")
        .why("The mean of what a code was assigned is its best place; what is assigned anew is assigned to something nearer.")
        .compares("the distortion, written out, before and after four steps on random points; the gradient at the means")
        .inequality(1e-12, (matrix(12, 2, 2.0), matrix(4, 2, 2.0)), |(z, codes), trial| {
            let mut codebook = Codebook::new(codes.clone());
            let mut state = CodebookState::new(CodebookRule::MovingAverages { decay: 0.0 }, &codebook);
            let distortion = |codebook: &Codebook| {
                let least = |z: ndarray::ArrayView1<f64>| {
                    let codes = codebook.codes().rows().into_iter();
                    codes.map(|e| squared_distance(&z.to_owned(), &e.to_owned())).fold(f64::INFINITY, f64::min)
                };
                z.rows().into_iter().map(least).sum::<f64>() / 12.0
            };
            for _ in 0..4 {
                let (before, taken) = (distortion(&codebook), codebook.assign(z));
                state.step(&mut codebook, z, &taken);
                trial.at_most(1.0, distortion(&codebook), before);
                let slope = codebook.distortion_gradient(z, &taken);
                trial.arrays(1.0, &slope, &Array2::zeros((4, 2)));
            }
        })
}

/// On the line: encoder `z = w x`, codes -1 and 1, decoder `μ(e) = e/2` of variance 1.
#[derive(Clone, Copy, Debug)]
struct LineVqVae {
    x: f64,
    w: f64,
}

impl LineVqVae {
    fn model(&self, w: f64) -> VqVae {
        let mut model = VqVae::new(&array![[-1.0], [1.0]], &[], 1, 1.0, 0.0, &mut Streams::new(1).rng(0));
        model.encoder.set_flat_parameters(&[w, 0.0]);
        model.decoder.set_flat_parameters(&[0.5, 0.0]);
        *model.codebook.codes_mut() = array![[-1.0], [1.0]];
        model
    }

    /// What straight-through says of `∂(-log p(x|z_q))/∂w`, and the slope that the loss has.
    fn slopes(&self) -> (f64, f64) {
        let (model, x) = (self.model(self.w), array![[self.x]]);
        let mut work = model.workspace(1);
        model.loss_gradient(&x, &mut work);
        let loss = |w: f64| -self.model(w).terms(&x).reconstruction;
        (work.encoder_gradient().flat()[0], (loss(self.w + 1e-6) - loss(self.w - 1e-6)) / 2e-6)
    }
}

fn straight_through_is_no_gradient() -> Claim {
    let problem = (decimals::nonzero(), decimals::nonzero()).prop_map(|(x, w)| LineVqVae { x, w });
    Claim::new("N11e", "straight-through is the gradient of -log p(x|z_q(x)) by the encoder")
        .source("a common reading of van den Oord 2017")
        .why(
            "z_q(x) is a step function of the encoder: a small move changes no code and no loss.\n\
             What is descended is another function, in which the latent moves along with z_e (N11c).",
        )
        .compares("what moves the slope w of an encoder on the line with differences of the loss in w")
        .refuted(
            problem,
            "the gradient is 0 wherever z_e(x) is not half-way between two codes",
            LineVqVae::slopes,
        )
}

fn restarts_bring_dead_codes_back() -> Claim {
    Claim::new("N11f", "of 48 codes that begin at one end of two moons and descend (seed 1) at least 10 end without a point; restarted at rows, none, and the bound with a uniform prior is higher by half a nat")
        .source("Dhariwal 2020")
        .source("van den Oord 2017")
        .why(
            "A code moves towards the rows that take it, and one that is far from all of them never moves again. Every prior pays\n\
             log K for it all the same; put where a row is, it takes a part of what its neighbours took.",
        )
        .compares("codes that no training point takes, counted by sorting distances, and bounds, densities written out, after 500 steps without and with restarts")
        .inequality(0.0, Just(()), |&(), trial| {
            let streams = Streams::new(1);
            let x = Preset::Moons.mixture().sample(1000, &mut streams.role("data").rng(0));
            let upper: Vec<usize> = (0..x.nrows()).filter(|&i| x[[i, 0]] < -0.5).take(48).collect();
            let after = |restart: Option<Restart>| {
                let start = x.select(ndarray::Axis(0), &upper);
                let mut model = VqVae::new(&start, &[12], 2, 0.02, 0.25, &mut streams.role("initial weights").rng(0));
                let rule = CodebookRule::Loss { learning_rate: 0.5 };
                let training = VqTraining { steps: 500, batch: 64, learning_rate: 1e-2, rule, restart, streams };
                training.run(&mut model, rows_of(&x), |_, _| ()).map(|()| model)
            };
            let Some(without) = trial.posed(after(None)) else { return };
            let Some(with) = trial.posed(after(Some(Restart::default()))) else { return };
            let [(dead, bound), (left, higher)] = [&without, &with].map(|model| dead_and_bound(model, &x));
            trial.at_most(1.0, 10.0, dead);
            trial.at_most(1.0, left, 0.0);
            trial.at_most(1.0, bound + 0.5, higher);
        })
}

/// How many codes no row takes, and the bound with a uniform prior, `E log p(x|k) - log K`, written out.
fn dead_and_bound(model: &VqVae, x: &Array2<f64>) -> (f64, f64) {
    let (codes, decoded) = (model.codebook.len(), model.decoded_codes());
    let (mut taken, mut bound) = (vec![false; codes], 0.0);
    for (x, z) in x.rows().into_iter().zip(model.encoder.forward(x).rows()) {
        let k = nearest(model.codebook.codes(), &z.to_owned());
        taken[k] = true;
        let log_joint = |k: usize| -> f64 {
            let of = |(x, m): (&f64, &f64)| longhand::log_normal(*x, *m, model.variance);
            x.iter().zip(decoded.row(k)).map(of).sum::<f64>() - (codes as f64).ln()
        };
        bound += log_joint(k);
    }
    (taken.iter().filter(|&&taken| !taken).count() as f64, bound / x.nrows() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// `x = 2`, `w = 0.3`: the code 1, `μ = ½`, and `(μ - x) · ½ · x = -1.5`; the loss does not move.
    #[test]
    fn both_numbers_of_the_refuted_line_by_hand() {
        let (line, truth) = LineVqVae { x: 2.0, w: 0.3 }.slopes();
        assert_relative_eq!(line, -1.5, max_relative = 1e-12);
        assert_eq!(truth, 0.0);
    }
}
