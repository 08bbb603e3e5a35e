//! A network without hidden layers is a linear-Gaussian model, so every network computation has an exact answer.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use montecarlo::{MonteCarlo, StatisticalTest, Streams};
use ndarray::{Array1, Array2, array};
use prob::{Gaussian, LinearGaussian, Mixture};
use vae::{LinearVae, Objective, Training, Vae, Variance, estimate_elbo};

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

/// All three terms of both models, by Monte Carlo, against the exact averages. 400 000 samples see an error of
/// 1 % in every term.
#[test]
fn monte_carlo_of_both_models_finds_the_exact_terms() {
    let (model, data, test) = (linear_vae(), data(), StatisticalTest::default());
    let networks = as_networks(&model);
    let exact = model.average_elbo(&data).unwrap();
    let plan = MonteCarlo::new(400_000, Streams::new(2));
    let estimates = [
        estimate_elbo(model.encoder(), model.decoder(), |rng, n| data.sample(n, rng).0, &plan, &|_| ()),
        estimate_elbo(&networks.encoder, &networks.decoder, |rng, n| data.sample(n, rng).0, &plan, &|_| ()),
    ];
    for estimate in estimates {
        for (found, truth) in [
            (estimate.reconstruction, exact.reconstruction),
            (estimate.prior_matching, exact.prior_matching),
            (estimate.total, exact.total()),
        ] {
            let verdict = test.mean(&found, truth);
            assert!(verdict.holds, "{found} against {truth}: {verdict:?}");
            assert!(verdict.smallest_error < 0.02 * truth.abs(), "too few samples: {verdict:?}");
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
    let elbo = networks.elbo_given_noise(&rows, &array![[1.0], [-1.0]]);
    approx::assert_relative_eq!(elbo.reconstruction, model.reconstruction(&x), max_relative = 1e-12);
    approx::assert_relative_eq!(elbo.prior_matching, model.prior_matching(&x), max_relative = 1e-12);
}

/// Trained on Gaussian data with the decoder fixed at the truth, a linear encoder finds the posterior: the bound
/// becomes tight and the gap closes.
#[test]
fn training_closes_the_gap() {
    let model = linear_vae();
    let truth = model.evidence();
    let mut rng = Streams::new(3).rng(0);
    let x = truth.sample(20_000, &mut rng);
    let mut vae = as_networks(&model);
    vae.encoder.net_mut().layers_mut()[0].weight.fill(0.0);
    let before = gap(&vae, &model, &truth);

    let training = Training {
        objective: Objective::ELBO,
        steps: 3000,
        batch: 256,
        learning_rate: 3e-3,
        streams: Streams::new(4),
    };
    training.run(&mut vae, &x, |_, _| ()).unwrap();
    let after = gap(&vae, &model, &truth);
    assert!(before > 0.5, "the start is too good to tell: {before}");
    assert!(after.abs() < 0.02, "a gap of {after} nats is left");
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
    -truth.entropy() - learned.average_elbo(&Mixture::from(truth.clone())).unwrap().total()
}

#[test]
fn divergence_of_training_names_the_step_and_the_term_and_keeps_the_model_finite() {
    let mut rng = Streams::new(5).rng(0);
    let mut vae = Vae::new(1, &[4], 1, Variance::Fixed(1e-3), &mut rng);
    let training = Training {
        objective: Objective::ELBO,
        steps: 100,
        batch: 4,
        learning_rate: 1e-3,
        streams: Streams::new(6),
    };
    let error = training.run(&mut vae, &array![[1e200]], |_, _| ()).unwrap_err();
    assert_eq!((error.step, error.term), (0, "reconstruction"));
    assert!(vae.decoder.net().flat_parameters().iter().all(|p| p.is_finite()));
    assert_eq!(error.to_string(), "training diverged at step 0: the reconstruction term is -inf");
}
