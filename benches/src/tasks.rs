//! What is timed, through the public API as a user would call it, on all cores. Each returns what it computed, so that two
//! programs can be seen to have done the same work. What all samples use (factors, denoisers, first parameters) is made inside.

use std::f64::consts::TAU;

use montecarlo::{Moments, MonteCarlo, Streams};
use ndarray::{Array1, Array2, s};
use nn::{Adam, Learner, Mlp, Shards, Variance};
use prob::{Gaussian, Mixture, squared_distances, squared_norms, standard_normal};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use rayon::prelude::*;
use vae::{Objective, Vae, VaeLearner};
use vdm::{ExactDenoiser, ReverseVariance, Sampler, Schedule};

/// The means of `N` numbers over `n` draws; `work` gets the number of draws of a chunk and returns each of them (`[rows]`).
fn means<const N: usize>(
    n: u64,
    work: impl Fn(&mut ChaCha8Rng, usize) -> [Array1<f64>; N] + Sync,
) -> Vec<f64> {
    let plan = MonteCarlo::new(n, Streams::new(7));
    let moments = plan.run(&|_| (), |rng, rows| {
        work(rng, rows).map(|values| Moments::of(values.as_slice().expect("one after the other")))
    });
    moments.iter().map(Moments::mean).collect()
}

/// `n` draws: the mean of `x'x`.
pub fn sample(data: &Mixture, n: u64) -> Vec<f64> {
    let plan = MonteCarlo::new(n, Streams::new(7));
    let buffer = || Array2::zeros((plan.chunk, data.dim()));
    let moments = plan.run_with(&|_| (), buffer, |x, rng, rows| {
        let mut x = x.slice_mut(s![..rows, ..]);
        data.sample_into(&mut x, rng);
        Moments::of(squared_norms(&x).as_slice().expect("a vector of its own"))
    });
    vec![moments.mean()]
}

/// `n` points, noised once with `ᾱ`: the means of `log q(x_t)` and of `|E[x_0|x_t] - x_0|²`.
pub fn denoise(data: &Mixture, alpha_bar: f64, n: u64) -> Vec<f64> {
    let schedule = Schedule::from_alphas(&[alpha_bar]).expect("between 0 and 1");
    let denoiser = ExactDenoiser::new(data, &schedule).expect("a covariance");
    means(n, |rng, rows| {
        let x_0 = data.sample(rows, rng);
        let x_t = schedule.noised(1, &x_0, standard_normal(x_0.dim(), rng));
        let (log_prob, denoised) = denoiser.log_prob_and_denoise(&x_t, 1);
        [log_prob, squared_distances(&denoised, &x_0)]
    })
}

/// The denoising form of the bound with the exact denoiser, over `n` observations with one `x_t` for each step: reconstruction,
/// prior matching and the sum of the matching terms.
pub fn elbo(data: &Mixture, schedule: &Schedule, n: u64) -> Vec<f64> {
    let denoiser = ExactDenoiser::new(data, schedule).expect("a covariance");
    let first = schedule.beta(1);
    means(n, |rng, rows| {
        let x_0 = data.sample(rows, rng);
        let mut error = |t: usize| {
            let x_t = schedule.noised(t, &x_0, standard_normal(x_0.dim(), rng));
            squared_distances(&denoiser.denoise(&x_t, t), &x_0)
        };
        let reconstruction = error(1).mapv(|square| -0.5 * square / first - (TAU * first).ln());
        let mut matching = Array1::zeros(rows);
        for t in 2..=schedule.steps() {
            matching.scaled_add(schedule.snr_weight(t), &error(t));
        }
        let prior = x_0.rows().into_iter().map(|x_0| schedule.prior_matching(&x_0)).collect();
        [reconstruction, prior, matching]
    })
}

/// `n` points by ancestral sampling with the exact denoiser: the mean of `x'x`.
pub fn reverse(data: &Mixture, schedule: &Schedule, n: u64) -> Vec<f64> {
    let denoiser = ExactDenoiser::new(data, schedule).expect("a covariance");
    let sampler = Sampler::ancestral(ReverseVariance::Posterior);
    means(n, |rng, rows| {
        let denoise = |x: &_, t| denoiser.denoise(x, t);
        [squared_norms(&sampler.sample(schedule, denoise, (rows, data.dim()), rng))]
    })
}

/// A VAE 2-64-64-(2+2), 2-64-64-2 with decoder variance 0.01 on one batch of 256 points, `steps` steps of Adam: the last loss,
/// up to the constant of the decoder's density.
pub fn train(data: &Mixture, steps: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let x = data.sample(256, &mut rng);
    let vae = Vae::new(2, &[64, 64], 2, Variance::Fixed(0.01), &mut rng);
    let mut model = VaeLearner { vae, objective: Objective::ELBO };
    let mut shards = Shards::new(&model, 256, Streams::new(7));
    let mut adams: Vec<Adam> = model.networks().iter().map(|net| Adam::new(net, 1e-3)).collect();
    let mut loss = f64::NAN;
    for _ in 0..steps {
        let bound = shards.loss_gradient(&model, &x);
        loss = -bound.elbo() - (TAU * 0.01).ln();
        shards.descend(&mut model, &mut adams);
    }
    vec![loss]
}

/// A 2-128-128-2 network with `W_ij = sin((i+1)(j+2))/√rows` and no bias at `n` points `(sin i, cos i)`: the mean of `y'y`.
pub fn mlp(n: u64) -> Vec<f64> {
    let mut net = Mlp::new(&[2, 128, 128, 2], &mut ChaCha8Rng::seed_from_u64(0));
    for layer in net.layers_mut() {
        let rows = layer.weight.nrows() as f64;
        let entry = |(i, j)| ((i as f64 + 1.0) * (j as f64 + 2.0)).sin() / rows.sqrt();
        layer.weight = Array2::from_shape_fn(layer.weight.dim(), entry);
        layer.bias.fill(0.0);
    }
    const ROWS: u64 = 4096;
    let of_chunk = |k: u64| {
        let rows = ROWS.min(n - k * ROWS) as usize;
        let x = Array2::from_shape_fn((rows, 2), |(i, j)| {
            let angle = (k * ROWS + i as u64) as f64;
            if j == 0 { angle.sin() } else { angle.cos() }
        });
        squared_norms(&net.forward(&x)).sum()
    };
    let sums: Vec<f64> = (0..n.div_ceil(ROWS)).into_par_iter().map(of_chunk).collect();
    vec![sums.iter().sum::<f64>() / n as f64]
}

/// `n` draws of the Gaussian in `d` dimensions with covariance `0.5^|i-j|`, and the log-density of each: its mean.
pub fn wide(d: usize, n: u64) -> Vec<f64> {
    let covariance = Array2::from_shape_fn((d, d), |(i, j)| 0.5f64.powi(i.abs_diff(j) as i32));
    let law = Gaussian::new(Array1::zeros(d), covariance).expect("a covariance");
    let plan = MonteCarlo::new(n, Streams::new(7));
    let buffer = || Array2::zeros((plan.chunk, d));
    let moments = plan.run_with(&|_| (), buffer, |x, rng, rows| {
        let mut x = x.slice_mut(s![..rows, ..]);
        law.sample_into(&mut x, rng);
        Moments::of(law.log_probs(&x).as_slice().expect("a vector of its own"))
    });
    vec![moments.mean()]
}
