//! A network without hidden layers is a linear-Gaussian model, so every network computation has an exact answer.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use montecarlo::{MonteCarlo, StatisticalTest, Streams};
use ndarray::{Array1, Array2, array};
use nn::training::rows_of;
use nn::{Training, TrainingError, Variance};
use prob::{Bound, Gaussian, LinearGaussian, Mixture};
use vae::{LinearVae, Objective, Vae, VaeLearner, estimate_bound};

const DECODER_VARIANCE: f64 = 0.2;

fn linear_vae() -> LinearVae {
    let encoder = LinearGaussian::new(array![[0.4, -0.2]], array![0.1], array![[0.3]]);
    let decoder =
        LinearGaussian::new(array![[0.8], [0.3]], array![0.0, -0.5], Array2::eye(2) * DECODER_VARIANCE);
    LinearVae::new(encoder.unwrap(), decoder.unwrap()).unwrap()
}

/// The same model as a pair of networks: weights copied, the log-variance head constant.
fn as_networks(model: &LinearVae) -> Vae {
    let mut rng = Streams::new(1).rng(0);
    let mut vae = Vae::new(2, &[], 1, Variance::Fixed(DECODER_VARIANCE), &mut rng);
    let encoder = &mut vae.encoder.net_mut().layers_mut()[0];
    encoder.weight.fill(0.0);
    encoder.weight.column_mut(0).assign(&model.encoder().weight().row(0));
    encoder.bias = array![model.encoder().bias()[0], model.encoder().covariance()[[0, 0]].ln()];
    let decoder = &mut vae.decoder.net_mut().layers_mut()[0];
    decoder.weight = model.decoder().weight().t().to_owned();
    decoder.bias = model.decoder().bias().clone();
    vae
}

fn data() -> Mixture {
    let left = Gaussian::new(array![-1.0, 0.5], array![[0.5, 0.2], [0.2, 0.4]]).unwrap();
    let right = Gaussian::new(array![1.5, 0.0], array![[0.3, 0.0], [0.0, 0.6]]).unwrap();
    Mixture::new(vec![0.4, 0.6], vec![left, right]).unwrap()
}

/// All three terms of both models, by Monte Carlo, against the exact averages. 1 800 000 samples see an error of
/// 1 % in every term.
#[test]
fn monte_carlo_of_both_models_finds_the_exact_terms() {
    let (model, data, test) = (linear_vae(), data(), StatisticalTest::default());
    let networks = as_networks(&model);
    let exact = model.average_bound(&data);
    let plan = MonteCarlo::new(1_800_000, Streams::new(2));
    let estimates = [
        estimate_bound(model.encoder(), model.decoder(), |rng, n| data.sample(n, rng), &plan, &|_| ()),
        estimate_bound(&networks.encoder, &networks.decoder, |rng, n| data.sample(n, rng), &plan, &|_| ()),
    ];
    for estimate in estimates {
        for (found, truth) in [
            (estimate.reconstruction, exact.reconstruction),
            (estimate.prior_matching, exact.prior_matching),
            (estimate.elbo, exact.elbo()),
        ] {
            let verdict = test.mean(&found, truth);
            assert!(verdict.holds, "{found} against {truth}: {verdict:?}");
            assert!(verdict.smallest_error < 0.01 * truth.abs(), "too few samples: {verdict:?}");
        }
    }
}

/// At one observation the noise can be averaged out by hand: ε = ±1 gives mean and variance of a linear decoder
/// exactly, because the log-likelihood is a quadratic in ε.
#[test]
fn two_noises_of_opposite_sign_give_the_exact_reconstruction_term() {
    let model = linear_vae();
    let networks = as_networks(&model);
    let x = array![0.8, -0.3];
    let rows: Array2<f64> = x.broadcast((2, 2)).unwrap().to_owned();
    let bound = networks.bound_given_noise(&rows, &array![[1.0], [-1.0]]);
    approx::assert_relative_eq!(bound.reconstruction, model.reconstruction(&x), max_relative = 1e-12);
    approx::assert_relative_eq!(bound.prior_matching, model.prior_matching(&x), max_relative = 1e-12);
}

/// Trained on Gaussian data from the true decoder, a linear encoder finds the posterior, and the decoder, trained
/// along, stays: the bound becomes tight and the gap, which cannot be negative, closes.
///
/// Two things may be left of it. With `n` examples the best decoder differs from the truth in 4 parameters, so that
/// `2n` times the gap has the law χ²₄, which exceeds 47.8 with a chance of `(1 + 23.9) e^-23.9 = 1e-9`. And Adam at the
/// rate `η` keeps every parameter moving, which costs `η σ/4` nats each, where `σ` is the standard deviation of its
/// gradient; for this model and batches of 256 the ten of them add up to 1.
#[test]
fn training_closes_the_gap() {
    let model = linear_vae();
    let truth = model.evidence();
    let mut rng = Streams::new(3).rng(0);
    let n = 20_000;
    let x = truth.sample(n, &mut rng);
    let mut vae = as_networks(&model);
    vae.encoder.net_mut().layers_mut()[0].weight.fill(0.0);
    let before = gap(&vae, &model, &truth);

    let training = Training { steps: 3000, batch: 256, learning_rate: 3e-3, streams: Streams::new(4) };
    let mut learner = VaeLearner { vae, objective: Objective::ELBO };
    training.run(&mut learner, 2, rows_of(&x), |_, _| ()).unwrap();
    let after = gap(&learner.vae, &model, &truth);
    assert!(before > 0.5, "the start is too good to tell: {before}");
    let tolerance = 47.8 / (2 * n) as f64 + training.learning_rate / 4.0;
    assert!((-1e-12..tolerance).contains(&after), "a gap of {after} nats is left, not below {tolerance}");
}

/// Average of log p(x) of the data's own law minus the exact bound of what the networks hold.
fn gap(vae: &Vae, model: &LinearVae, truth: &Gaussian) -> f64 {
    let encoder = &vae.encoder.net().layers()[0];
    let q = LinearGaussian::new(
        encoder.weight.column(0).insert_axis(ndarray::Axis(0)).to_owned(),
        Array1::from_elem(1, encoder.bias[0]),
        array![[encoder.bias[1].exp()]],
    );
    let decoder = &vae.decoder.net().layers()[0];
    let p = LinearGaussian::new(
        decoder.weight.t().to_owned(),
        decoder.bias.clone(),
        model.decoder().covariance().clone(),
    );
    let learned = LinearVae::new(q.unwrap(), p.unwrap()).unwrap();
    -truth.entropy() - learned.average_bound(&Mixture::from(truth.clone())).elbo()
}

fn diverge(vae: &mut Vae, data: Array2<f64>, learning_rate: f64) -> (TrainingError, Vec<Bound>) {
    let mut heard = Vec::new();
    let training = Training { steps: 100, batch: 4, learning_rate, streams: Streams::new(6) };
    let mut learner = VaeLearner { vae: vae.clone(), objective: Objective::ELBO };
    let error =
        training.run(&mut learner, 1, rows_of(&data), |_, bound| heard.push(bound.clone())).unwrap_err();
    *vae = learner.vae;
    (error, heard)
}

fn small_vae() -> Vae {
    Vae::new(1, &[4], 1, Variance::Fixed(1e-3), &mut Streams::new(5).rng(0))
}

#[test]
fn divergence_of_training_names_the_step_and_the_term() {
    let mut vae = small_vae();
    let (error, heard) = diverge(&mut vae, array![[1e200]], 1e-3);
    assert_eq!((error.step, error.term.as_str(), heard.len()), (0, "reconstruction", 0));
    assert_eq!(error.to_string(), "training diverged at step 0: reconstruction is -inf");
    assert_eq!(vae.encoder.net(), small_vae().encoder.net());
    assert_eq!(vae.decoder.net(), small_vae().decoder.net());
}

/// The prior matching term needs no noise, so that it tells which parameters the model was left with: those of the
/// last batch that was heard. A step may be too long at once, or an example too large come late.
#[test]
fn divergence_of_training_leaves_the_last_finite_model() {
    let (one, mut rare) = (array![[1.0]], Array2::ones((100, 1)));
    rare[[7, 0]] = 1e200;
    for (data, learning_rate, later_than) in [(one.clone(), 1e200, 0), (rare, 1e-3, 1)] {
        let mut vae = small_vae();
        let (error, heard) = diverge(&mut vae, data, learning_rate);
        assert!(error.step > later_than, "{error}");
        assert_eq!(heard.len(), error.step);
        let left = vae.bound_given_noise(&one, &array![[0.0]]).prior_matching;
        assert_eq!(left, heard[error.step - 1].prior_matching, "{error}");
    }
}
