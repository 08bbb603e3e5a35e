//! N10: what the players of a GAN descend, and the law of a generator.

use std::f64::consts::LN_2;

use montecarlo::Streams;
use ndarray::{Array2, array};
use neighbours::adversarial::{
    Coverage, Discriminator, DiscriminatorTraining, Gan, GanTraining, GeneratorLoss, Pushforward,
};
use nn::{Mlp, gradient_check};
use prob::discriminator::{game_value, optimal_log_odds};
use prob::{Gaussian, Mixture, standard_normal};
use proptest::collection::vec;
use proptest::prelude::*;
use toy::Preset;

use crate::judge::Sampled;
use crate::problems::on_the_line;
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        the_gradients_are_of_what_is_played(),
        descends(
            "N10b",
            GeneratorLoss::Minimax,
            "at D* the gradient of the minimax loss E log(1 - D*(G(z))) is that of 2 JSD(p, q)",
            "The value at D* is 2 JSD - log 4, and D* is its maximum: that it moves with q counts to second order only.",
            |log_p, log_q| {
                log_p.exp() * (LN_2 - softplus(log_q - log_p))
                    + log_q.exp() * (LN_2 - softplus(log_p - log_q))
            },
        ),
        descends(
            "N10c",
            GeneratorLoss::NonSaturating,
            "at D* the gradient of the non-saturating loss -E log D*(G(z)) is that of KL(q ‖ p) - 2 JSD(p, q)",
            "-log D* = log q/p - log q/(p + q), D* held; the average of the first has the gradient of KL(q ‖ p).",
            |log_p, log_q| {
                log_q.exp() * (log_q - log_p - LN_2 + softplus(log_p - log_q))
                    - log_p.exp() * (LN_2 - softplus(log_q - log_p))
            },
        ),
        a_trained_discriminator_stays_below_the_best(),
        the_law_of_a_generator(),
        the_divergence_of_a_generator_that_turns_round(),
        shares_of_modes(),
        playing_lowers_the_divergence(),
    ]
}

/// `log(1 + eˣ)`: `log p/(p + q)` is `-softplus(log q - log p)`.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn the_gradients_are_of_what_is_played() -> Claim {
    Claim::new("N10a", "D climbs E_p log D + E log(1 - D(G(z))); G descends E log(1 - D(G(z))) or -E log D(G(z))")
        .source("Goodfellow 2014")
        .why("By the log-odds l of a datum log D has the slope 1 - D, of a sample log(1 - D) has -D; the chain rule does the rest.")
        .compares("the backward pass of both networks with central differences of the averages written out")
        .gradient(1e-7, any::<u64>(), |&seed, trial| {
            let mut rng = Streams::new(seed).rng(0);
            let gan = Gan::new(1, 2, &[3], &mut rng);
            let x = standard_normal((4, 2), &mut rng);
            let z = standard_normal((4, 1), &mut rng);
            let y = gan.generator.forward(&z);
            let mean = |net: &Mlp, x: &Array2<f64>, f: fn(f64) -> f64| net.forward(x).mapv(f).sum() / 4.0;
            let log_d: fn(f64) -> f64 = |l| -softplus(-l);
            let log_not_d: fn(f64) -> f64 = |l| -softplus(l);

            let judge = gan.discriminator.net();
            let mut work = gan.discriminator.workspace(4);
            gan.discriminator.loss_gradient(&x, &y, &mut work);
            let mut moved = judge.clone();
            let loss = |parameters: &[f64]| {
                moved.set_flat_parameters(parameters);
                -mean(&moved, &x, log_d) - mean(&moved, &y, log_not_d)
            };
            trial.at(1.0, gradient_check(loss, &judge.flat_parameters(), &work.gradient().flat()), 0.0);

            for (kind, f, sign) in [(GeneratorLoss::Minimax, log_not_d, 1.0), (GeneratorLoss::NonSaturating, log_d, -1.0)] {
                let mut work = gan.workspace(4);
                gan.generator_gradient(&z, kind, &mut work);
                let mut moved = gan.generator.clone();
                let loss = |parameters: &[f64]| {
                    moved.set_flat_parameters(parameters);
                    sign * mean(judge, &moved.forward(&z), f)
                };
                trial.at(1.0, gradient_check(loss, &gan.generator.flat_parameters(), &work.gradient().flat()), 0.0);
            }
        })
}

/// One to three components with means in ±2 and variances between 0.3 and 2.
fn data() -> impl Strategy<Value = Mixture> {
    vec((0.2..1.0f64, -2.0..2.0f64, 0.3..2.0f64), 1..=3).prop_map(|parts| {
        let sum: f64 = parts.iter().map(|(weight, ..)| weight).sum();
        let weights = parts.iter().map(|(weight, ..)| weight / sum).collect();
        let laws = parts.iter().map(|&(_, mean, variance)| on_the_line(mean, variance)).collect();
        Mixture::new(weights, laws).expect("weights that sum to 1")
    })
}

/// The generator `G(z) = m + s z`, moved in a direction of `(m, log s)`: the average slope of its loss at the optimal
/// discriminator, which stands still, against differences of a divergence, in which everything moves. `integrand` of the
/// divergence, from both log-densities.
fn descends(
    id: &'static str,
    loss: GeneratorLoss,
    statement: &'static str,
    why: &'static str,
    integrand: fn(f64, f64) -> f64,
) -> Claim {
    Claim::new(id, statement)
        .source("Goodfellow 2014")
        .source("Arjovsky and Bottou 2017")
        .why(why)
        .compares("the average of slope · ∂l*/∂x · ∂G/∂θ over the noise with differences of fourth order of the divergence by quadrature, G(z) = m + s z")
        .gradient(1e-6, (data(), -1.5..1.5f64, -0.5..0.5f64, 0.0..std::f64::consts::TAU), move |&(ref p, m, log_s, angle), trial| {
            let (by_m, by_log_s) = angle.sin_cos();
            let s = log_s.exp();
            let q = Mixture::from(on_the_line(m, s * s));
            let slope = longhand::average(&Gaussian::standard(1).into(), |z| {
                let x = array![m + s * z];
                let odds = optimal_log_odds(p, &q, &x);
                loss.slope(odds) * (p.score(&x)[0] - q.score(&x)[0]) * (by_m + by_log_s * s * z)
            });
            let divergence = |step: f64| {
                let (m, s) = (m + by_m * step, s * (by_log_s * step).exp());
                let laws = longhand::parts(p).map(|(_, mean, variance)| (mean, variance)).chain([(m, s * s)]);
                longhand::integral(&longhand::breaks(laws), |x| {
                    integrand(longhand::log_mixture(p, x), longhand::log_normal(x, m, s * s))
                })
            };
            let h = 5e-3;
            let across = |h: f64| (divergence(h) - divergence(-h)) / (2.0 * h);
            trial.nats(slope, (4.0 * across(h) - across(2.0 * h)) / 3.0);
        })
}

fn a_trained_discriminator_stays_below_the_best() -> Claim {
    Claim::new("N10d", "a discriminator (weights of seed 1, batches of seed 2) that learns against q = N(0, 1) climbs towards 2 JSD(p, q) - log 4, and never above it")
        .source("Goodfellow 2014")
        .why("No discriminator has a value above that of D* (A10c); a network with enough units comes close.")
        .compares("the value of the network, by quadrature, at every 50th step and at the end (within 0.05 nats) with two divergences, densities written out")
        .inequality(1e-9, Just(()), |&(), trial| {
            let (p, q) = (Preset::Bimodal.mixture(), Mixture::from(Gaussian::standard(1)));
            let laws = longhand::parts(&p).map(|(_, mean, variance)| (mean, variance)).chain([(0.0, 1.0)]);
            let best = longhand::integral(&longhand::breaks(laws), |x| {
                let (log_p, log_q) = (longhand::log_mixture(&p, x), longhand::log_normal(x, 0.0, 1.0));
                -log_p.exp() * softplus(log_q - log_p) - log_q.exp() * softplus(log_p - log_q)
            });
            let value = |model: &Discriminator| game_value(&p, &q, |x| model.log_odds(&array![[x]])[0]).value;
            let mut model = Discriminator::new(1, &[12, 12], &mut Streams::new(1).rng(0));
            let training = DiscriminatorTraining { steps: 400, batch: 64, learning_rate: 2e-2, streams: Streams::new(2) };
            let draw = |law: &Mixture, rng: &mut _, x: &mut Array2<f64>| {
                let drawn = law.sample(x.nrows(), rng);
                x.assign(&drawn);
            };
            let mut values = Vec::new();
            let trained = training.run(&mut model, |rng, x| draw(&p, rng, x), |rng, y| draw(&q, rng, y), |step, model, _| {
                if step % 50 == 0 {
                    values.push(value(model));
                }
            });
            if trial.posed(trained).is_none() {
                return;
            }
            let last = value(&model);
            values.iter().chain([&last]).for_each(|&value| trial.at_most(1.0, value, best));
            trial.at_most(1.0, best - 0.05, last);
            trial.that(values.first().is_some_and(|&first| first < best - 0.3), "there was something to learn");
        })
}

fn the_law_of_a_generator() -> Claim {
    Claim::new("N10e", "q(x) = Σ φ(z)/|G'(z)| over all z with G(z) = x is the law of a generator that turns round")
        .source("Goodfellow 2014")
        .why("Each monotone piece of G carries its share of the noise; their densities and distribution functions add up.")
        .compares("samples of a network with folds against the distribution function from its preimages (Kolmogorov-Smirnov)")
        .law(|run, streams| {
            let mut net = Mlp::new(&[1, 3, 1], &mut streams.rng(0));
            // x = 1.5 tanh(z + 1) - 2 tanh(2 z) + 1.5 tanh(z - 1) has two folds.
            net.set_flat_parameters(&[1.0, 2.0, 1.0, 1.0, 0.0, -1.0, 1.5, -2.0, 1.5, 0.0]);
            let law = Pushforward::new(&net, 32);
            assert!(law.folds().count() >= 2, "the network turns round");
            let z = standard_normal((270_000, 1), &mut streams.rng(1));
            let x: Vec<f64> = net.forward(&z).into_iter().collect();
            vec![Sampled::law(run, &x, |x| law.cdf(x))]
        })
}

/// `G(z) = tanh(z - c + b) - tanh(z - c - b) = 2 sinh 2b/(cosh 2(z - c) + cosh 2b)`.
fn bump(c: f64, b: f64) -> Mlp {
    let mut net = Mlp::new(&[1, 2, 1], &mut Streams::new(1).rng(0));
    net.set_flat_parameters(&[1.0, 1.0, b - c, -b - c, 1.0, -1.0, 0.0]);
    net
}

/// `JSD(p, q)` of a mixture and the law of a [`bump`], by its definition: `x = G(c + u)` for `u > 0`, where
/// `q(x) = (φ(c + u) + φ(c - u))/|G'(c + u)|`, and what `p` has outside of the support.
fn divergence_of_bump(p: &Mixture, c: f64, b: f64) -> f64 {
    let normal = |z: f64| longhand::log_normal(z, 0.0, 1.0).exp();
    let (scale, shift) = (2.0 * (2.0 * b).sinh(), (2.0 * b).cosh());
    let half_log = |a: f64, sum: f64| if a > 0.0 { 0.5 * a * (2.0 * a / sum).ln() } else { 0.0 };
    let within = longhand::integral(&[0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0], |u: f64| {
        let cosh = (2.0 * u).cosh() + shift;
        let (x, slope) = (scale / cosh, 2.0 * scale * (2.0 * u).sinh() / (cosh * cosh));
        // Both densities by u.
        let (of_p, of_q) = (longhand::log_mixture(p, x).exp() * slope, normal(c + u) + normal(c - u));
        half_log(of_p, of_p + of_q) + half_log(of_q, of_p + of_q)
    });
    let inside = longhand::integral(&[0.0, 0.5 * b.tanh(), b.tanh(), 1.5 * b.tanh(), 2.0 * b.tanh()], |x| {
        longhand::log_mixture(p, x).exp()
    });
    within + 0.5 * LN_2 * (1.0 - inside)
}

fn the_divergence_of_a_generator_that_turns_round() -> Claim {
    Claim::new("N10f", "the value at D* is 2 JSD(p, q) - log 4 also for a generator that turns round, G(z) = tanh(z - c + b) - tanh(z - c - b)")
        .source("Goodfellow 2014")
        .why("log p/(p + q) and log q/(p + q) are what JSD averages, up to log 2 each; q is the sum over both preimages.")
        .compares("value over x and z, and the crate's divergence over x, with JSD by its definition, both preimages in closed form")
        .identity(1e-6, (data(), prop_oneof![Just(0.0), -1.5..1.5f64], 0.5..1.5f64), |&(ref p, c, b), trial| {
            let law = Pushforward::new(&bump(c, b), 64);
            let exact = divergence_of_bump(p, c, b);
            trial.nats(law.optimal_value(p).value, 2.0 * exact - 4f64.ln());
            trial.nats(law.jensen_shannon_divergence(p).value, exact);
        })
}

fn shares_of_modes() -> Claim {
    Claim::new("N10g", "of draws from modes far apart the share within r standard deviations of mode k tends to w_k P(χ_1 ≤ r), and between the modes to P(χ_1 > r)")
        .source("this project")
        .why("A draw of mode k is as far from it, in its deviations, as a standard normal is from 0; the others are out of reach.")
        .compares("shares of 1.8 million draws of `bimodal` within one deviation with integrals of the densities, written out")
        .law(|run, streams| {
            let p = Preset::Bimodal.mixture();
            let x = p.sample(1_800_000, &mut streams.rng(0));
            let coverage = Coverage::of(&p, &x, 1.0).expect("samples");
            let near = |mean: f64| longhand::integral(&[mean - 0.3, mean + 0.3], |x| longhand::log_mixture(&p, x).exp());
            let exact = [near(-1.5), near(1.5)];
            let shares = coverage.shares.iter().zip(exact).map(|(found, exact)| Sampled::mean(run, found, exact));
            shares.chain([Sampled::mean(run, &coverage.between, 1.0 - exact[0] - exact[1])]).collect()
        })
}

fn playing_lowers_the_divergence() -> Claim {
    Claim::new("N10h", "a GAN (two layers of 16, seed 4) that plays 600 rounds with the non-saturating loss covers both modes of `bimodal`, and its JSD falls from above 0.5 nats below 0.15")
        .source("Goodfellow 2014")
        .why("With five steps of D for each of G the slope of G's loss is near that at D*, where N10c holds. Not every seed ends so: of 1 to 12 half.")
        .compares("JSD of the generator's law, densities from its preimages, and shares of 4000 samples, before and after")
        .inequality(0.0, Just(()), |&(), trial| {
            let (p, streams) = (Preset::Bimodal.mixture(), Streams::new(4));
            let mut gan = Gan::new(1, 1, &[16, 16], &mut streams.role("initial weights").rng(0));
            let divergence = |gan: &Gan| Pushforward::new(&gan.generator, 64).jensen_shannon_divergence(&p);
            let before = divergence(&gan);
            let training = GanTraining {
                rounds: 600,
                batch: 64,
                discriminator_steps: 5,
                learning_rate: 5e-3,
                loss: GeneratorLoss::NonSaturating,
                streams,
            };
            let draw = |rng: &mut _, x: &mut Array2<f64>| {
                let drawn = p.sample(x.nrows(), rng);
                x.assign(&drawn);
            };
            if trial.posed(training.run(&mut gan, draw, |_, _| ())).is_none() {
                return;
            }
            let after = divergence(&gan);
            trial.that(before.converged && after.converged, "the quadratures converged");
            trial.at_most(1.0, 0.5, before.value);
            trial.at_most(1.0, after.value + after.error, 0.15);
            let z = standard_normal((4000, 1), &mut streams.role("samples").rng(0));
            let Some(coverage) = trial.posed(Coverage::of(&p, &gan.generator.forward(&z), 3.0)) else { return };
            trial.that(coverage.covered(0.5) == [true, true], "both modes are covered");
        })
}
