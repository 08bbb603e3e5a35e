//! N12: what inception score and Fréchet distance see, and what not.

use std::f64::consts::TAU;

use montecarlo::Streams;
use ndarray::{Array2, array};
use neighbours::scores::{Classifier, Fault, inception_estimate, inception_score_of};
use nn::gradient_check;
use prob::{Gaussian, Mixture, frechet_distance, standard_normal};
use proptest::collection::vec;
use proptest::prelude::*;
use toy::Preset;

use crate::judge::Sampled;
use crate::problems::on_the_line;
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        a_classifier_descends_its_cross_entropy(),
        the_score_of_a_law_is_its_information(),
        inception_counts_the_modes_that_are_drawn(),
        frechet_is_blind_beyond_two_moments(),
        samples_have_the_scores_of_their_law(),
    ]
}

fn a_classifier_descends_its_cross_entropy() -> Claim {
    Claim::new(
        "N12a",
        "by the logits the cross-entropy -1/n Σ log P(y_i|x_i) has the slope (P(y|x_i) - 1[y = y_i])/n",
    )
    .source("Salimans 2016")
    .why("-log P(y) = log Σ e^l - l_y; the first has the slope softmax(l).")
    .compares(
        "the backward pass of a softmax network with central differences of the cross-entropy written out",
    )
    .gradient(1e-7, any::<u64>(), |&seed, trial| {
        let mut rng = Streams::new(seed).rng(0);
        let model = Classifier::new(2, &[4], 3, &mut rng);
        let x = standard_normal((4, 2), &mut rng);
        let labels = [2, 0, 1, 2];
        let mut work = model.workspace(4);
        model.loss_gradient(&x, &labels, &mut work);
        let mut net = model.net().clone();
        let loss = |parameters: &[f64]| {
            net.set_flat_parameters(parameters);
            let logits = net.forward(&x).exp();
            let answers = logits.rows().into_iter().zip(labels).map(|(row, y)| row[y] / row.sum());
            -answers.map(f64::ln).sum::<f64>() / 4.0
        };
        trial.at(1.0, gradient_check(loss, &model.net().flat_parameters(), &work.gradient().flat()), 0.0);
    })
}

/// Two or three components with means in ±2 and variances between 0.3 and 2.
fn classes() -> impl Strategy<Value = Mixture> {
    vec((0.2..1.0f64, -2.0..2.0f64, 0.3..2.0f64), 2..=3).prop_map(|parts| {
        let sum: f64 = parts.iter().map(|(weight, ..)| weight).sum();
        let weights = parts.iter().map(|(weight, ..)| weight / sum).collect();
        let laws = parts.iter().map(|&(_, mean, variance)| on_the_line(mean, variance)).collect();
        Mixture::new(weights, laws).expect("weights that sum to 1")
    })
}

/// `x log x`, 0 at 0.
fn x_log_x(x: f64) -> f64 {
    if x > 0.0 { x * x.ln() } else { 0.0 }
}

fn the_score_of_a_law_is_its_information() -> Claim {
    Claim::new("N12b", "the inception score of a law is exp(H(y) - E H(y|x)), here for Bayes' classifier of the components of another")
        .source("Salimans 2016")
        .why("The score of n samples is exp of the information in n predictions; their averages tend to those under the law.")
        .compares("the trapezoidal rule with adaptive quadrature of densities and posteriors written out")
        .identity(1e-8, (classes(), classes()), |(law, data), trial| {
            let posterior = |x: f64, k: usize| {
                longhand::parts(data).nth(k).map_or(0.0, |(weight, mean, variance)| {
                    (weight.ln() + longhand::log_normal(x, mean, variance) - longhand::log_mixture(data, x)).exp()
                })
            };
            let of_class = |k: usize| {
                let (marginal, conditional) = (
                    longhand::average(law, |x| posterior(x, k)),
                    longhand::average(law, |x| x_log_x(posterior(x, k))),
                );
                conditional - x_log_x(marginal)
            };
            let information: f64 = (0..data.len()).map(of_class).sum();
            let found = inception_score_of(law, |x| data.responsibilities(x));
            trial.equal(found.value, information.exp());
        })
}

fn inception_counts_the_modes_that_are_drawn() -> Claim {
    let problem = (vec(0.2..1.0f64, 3..=5), 0.01..1.0f64);
    Claim::new("N12c", "of modes far apart the inception score is exp H(w) of the weights with which they are drawn, whatever is drawn within")
        .source("Salimans 2016")
        .why(
            "A sure classifier has H(y|x) = 0, and y is the mode: I = H(y). A mode that is missing leaves H of the others,\n\
             a mode of one point loses nothing, and without fault the score is the largest where modes are drawn evenly.",
        )
        .compares("the score of the data, of one mode dropped, of one mode only and of shrunken modes with the entropy of weights; modes 24 deviations apart")
        .identity(1e-9, problem, |(weights, share), trial| {
            let sum: f64 = weights.iter().sum();
            let weights: Vec<f64> = weights.iter().map(|w| w / sum).collect();
            let laws = (0..weights.len()).map(|k| on_the_line(24.0 * k as f64, 1.0)).collect();
            let Some(data) = trial.posed(Mixture::new(weights.clone(), laws)) else { return };
            let even = |weights: &[f64]| {
                let sum: f64 = weights.iter().sum();
                (-weights.iter().map(|w| x_log_x(w / sum)).sum::<f64>()).exp()
            };
            for (fault, expected) in [
                (Fault::None, even(&weights)),
                (Fault::OneModeDropped, even(&weights[1..])),
                (Fault::OneModeOnly, 1.0),
                (Fault::NoDiversityWithin(*share), even(&weights)),
            ] {
                let Some(law) = trial.posed(fault.applied_to(&data)) else { return };
                trial.equal(inception_score_of(&law, |x| data.responsibilities(x)).value, expected);
            }
        })
}

/// `2 n` equal modes on a circle.
fn ring(n: usize, radius: f64, variance: f64) -> Mixture {
    let laws = (0..2 * n).map(|k| {
        let angle = TAU * k as f64 / (2 * n) as f64;
        Gaussian::isotropic(array![radius * angle.cos(), radius * angle.sin()], variance).expect("a variance")
    });
    Mixture::equal(laws.collect()).expect("a ring has a component")
}

fn frechet_is_blind_beyond_two_moments() -> Claim {
    Claim::new("N12d", "the Fréchet distance of coordinates is 0 for a ring of 2n ≥ 6 modes without every second one, and for one Gaussian; not for one mode dropped")
        .source("Heusel 2017")
        .why(
            "It reads mean and covariance alone. Of n ≥ 3 modes on a circle Σ c cᵀ = n r²/2 I, so that both are those of 2n.\n\
             Without one of 2n modes the mean moves by r/(2n - 1), and the distance is at least its square.",
        )
        .compares("the distance of the moments of faulty laws with 0, and with (r/(2n - 1))² from below")
        .identity(1e-10, (3usize..=6, 0.5..3.0f64, 0.01..1.0f64), |&(n, radius, variance), trial| {
            let data = ring(n, radius, variance);
            let distance = |fault: Fault| -> Result<f64, prob::ProbError> {
                let law = fault.applied_to(&data)?;
                let gaussian = |law: &Mixture| Gaussian::new(law.mean(), law.covariance());
                Ok(frechet_distance(&gaussian(&data)?, &gaussian(&law)?))
            };
            let scale = radius * radius + 2.0 * variance;
            for fault in [Fault::EverySecondDropped, Fault::SameMoments] {
                if let Some(distance) = trial.posed(distance(fault)) {
                    trial.at(scale, distance, 0.0);
                }
            }
            if let Some(distance) = trial.posed(distance(Fault::OneModeDropped)) {
                let shift = radius / (2 * n - 1) as f64;
                trial.at_most(scale, shift * shift, distance);
            }
        })
}

fn samples_have_the_scores_of_their_law() -> Claim {
    Claim::new("N12e", "the scores of samples tend to those of their law: inception by its information, Fréchet by its moments")
        .source("Salimans 2016")
        .source("Heusel 2017")
        .why("Both are smooth functions of averages over the samples; their bias is of order 1/n, their spread of order 1/√n.")
        .compares("scores of samples of a blurred mixture, standard errors by the delta method, with adaptive quadrature and moments written out")
        .law(|run, streams| {
            let data = Preset::Trimodal.mixture();
            let law = Fault::Blurred(0.6).applied_to(&data).expect("a variance");
            let n = 240_000;
            let x = law.sample(n, &mut streams.rng(0));
            let answers = x.rows().into_iter().flat_map(|x| data.responsibilities(&x));
            let predictions = Array2::from_shape_vec((n, 3), answers.collect()).expect("three for each");
            let inception = inception_estimate(&predictions).expect("predictions");
            let posterior = |x: f64, (weight, mean, variance): (f64, f64, f64)| {
                (weight.ln() + longhand::log_normal(x, mean, variance) - longhand::log_mixture(&data, x)).exp()
            };
            let information: f64 = longhand::parts(&data)
                .map(|part| {
                    let conditional = longhand::average(&law, |x| x_log_x(posterior(x, part)));
                    conditional - x_log_x(longhand::average(&law, |x| posterior(x, part)))
                })
                .sum();

            // Most of the distance is in the means, which are known well enough for a resolution of 1 %; deviations are 5 %.
            let far = Mixture::from(on_the_line(45.0, 144.0));
            let y = far.sample(n, &mut streams.rng(1));
            let frechet = distances::frechet::between(&x, &y).expect("samples that vary");
            let deviation = longhand::mixture_variance(&law).sqrt();
            let distance = (longhand::mixture_mean(&law) - 45.0).powi(2) + (deviation - 12.0).powi(2);
            vec![Sampled::mean(run, &inception, information.exp()), Sampled::mean(run, &frechet, distance)]
        })
}
