//! Seven workloads of the field through the public API, on all cores, in f64: `cargo bench --bench workloads`.
//!
//! | name | what is done, at scale 1 | check |
//! |---|---|---|
//! | sample | 10⁷ points of ring8 | mean of `x'x` |
//! | denoise | 10⁶ points of ring64 at `ᾱ = ½`: `log q(x_t)` and `E[x_0\|x_t]` | mean log-density, mean `\|E[x_0\|x_t] - x_0\|²` |
//! | elbo | ring8, `T = 100`, linear `β` from 1e-3 to 0.15, exact denoiser: the denoising form over 2·10⁵ `x_0`, one `x_t` for each step | the three terms, nats |
//! | reverse | 10⁵ points of ring8 by ancestral sampling through those steps | mean of `x'x` |
//! | train | a VAE 2-64-64-(2+2), 2-64-64-2 on one batch of 256, 2000 steps of Adam | last loss, nats |
//! | mlp | a 2-128-128-2 tanh network on 10⁶ points | mean of `y'y` |
//! | wide | 10⁶ draws of a 64-dimensional Gaussian and their log-densities | mean log-density |
//!
//! One line of JSON for each. What is made once and used by every sample (factors, schedules, first parameters) is inside the
//! time, compilation is not.

use std::f64::consts::TAU;
use std::time::Instant;

use benches::{Floor, Limits};
use clap::{Parser, ValueEnum};
// The programs at the top choose the BLAS.
use linalg as _;
use montecarlo::{Moments, MonteCarlo, Streams};
use ndarray::{Array1, Array2, s};
use nn::{Adam, Mlp, Shards, Variance};
use prob::{Gaussian, squared_distances, squared_norms, standard_normal};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use rayon::prelude::*;
use serde_json::json;
use toy::Preset;
use vae::{Objective, Vae, VaeLearner};
use vdm::{ExactDenoiser, ReverseVariance, Sampler, Schedule};

/// Workloads, by name; all without one.
#[derive(Debug, Parser)]
struct Arguments {
    /// Which
    #[arg(value_enum)]
    workloads: Vec<Workload>,
    /// Also say how long each takes at least at the rates of the chip, which are measured first, and what share of its time that is
    #[arg(long)]
    floor: bool,
    /// Multiplies every size: 0.1 for a quick look
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Workload {
    Sample,
    Denoise,
    Elbo,
    Reverse,
    Train,
    Mlp,
    Wide,
}

fn main() {
    let asked = Arguments::parse();
    let all = if asked.workloads.is_empty() { Workload::value_variants() } else { &asked.workloads };
    let limits = asked.floor.then(Limits::measure);
    for &workload in all {
        let n = ((workload.size() as f64 * asked.scale) as u64).max(1);
        let start = Instant::now();
        let check = workload.run(n);
        let seconds = start.elapsed().as_secs_f64();
        let mut line = json!({
            "library": "elbow",
            "workload": workload.to_possible_value().expect("none is hidden").get_name(),
            "n": n,
            "seconds": (seconds * 1e4).round() / 1e4,
            "per_second": (n as f64 / seconds * 10.0).round() / 10.0,
            "check": check,
        });
        if let Some(limits) = &limits {
            let floor = workload.floor().seconds(n, limits);
            line["floor_seconds"] = ((floor * 1e4).round() / 1e4).into();
            line["share_of_floor"] = ((floor / seconds * 1e3).round() / 1e3).into();
        }
        println!("{line}");
    }
}

impl Workload {
    /// Points, or steps of training.
    fn size(self) -> u64 {
        match self {
            Workload::Sample => 10_000_000,
            Workload::Denoise | Workload::Mlp | Workload::Wide => 1_000_000,
            Workload::Elbo => 200_000,
            Workload::Reverse => 100_000,
            Workload::Train => 2_000,
        }
    }

    /// What one point, or one step of training, cannot do without.
    fn floor(self) -> Floor {
        // Of one component in the plane: whitening and squaring, its answer, and what that weighs.
        let component = |normals: f64, count: f64| Floor { normals, exps: count, flops: 23.0 * count };
        let layers = |widths: &[usize]| widths.windows(2).map(|pair| pair[0] * pair[1]).sum::<usize>() as f64;
        match self {
            Workload::Sample => Floor { normals: 2.0, exps: 0.0, flops: 8.0 },
            Workload::Denoise => component(4.0, 64.0),
            Workload::Elbo => component(202.0, 800.0),
            Workload::Reverse => component(200.0, 800.0),
            Workload::Train => {
                // Forward, and twice as much back but to the encoder's input.
                let products = 3.0 * (layers(&[2, 64, 64, 4]) + layers(&[2, 64, 64, 2])) - layers(&[2, 64]);
                let rows = 256.0;
                Floor { normals: 2.0 * rows, exps: 256.0 * rows, flops: 2.0 * products * rows }
            }
            Workload::Mlp => Floor { normals: 0.0, exps: 256.0, flops: 2.0 * layers(&[2, 128, 128, 2]) },
            // Two triangles.
            Workload::Wide => Floor { normals: 64.0, exps: 0.0, flops: 2.0 * 64.0 * 65.0 },
        }
    }

    fn run(self, n: u64) -> Vec<f64> {
        match self {
            Workload::Sample => sample(n),
            Workload::Denoise => denoise(n),
            Workload::Elbo => elbo(n),
            Workload::Reverse => reverse(n),
            // On a thread of the pool: what is called from there does not wait for another to wake up.
            Workload::Train => rayon::scope(|_| train(n)),
            Workload::Mlp => mlp(n),
            Workload::Wide => wide(n),
        }
    }
}

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

fn normal(rows: usize, d: usize, rng: &mut ChaCha8Rng) -> Array2<f64> {
    standard_normal((rows, d), rng)
}

fn hundred_steps() -> Schedule {
    Schedule::linear(100, 1e-3, 0.15).expect("betas between 0 and 1")
}

fn sample(n: u64) -> Vec<f64> {
    let data = Preset::Ring8.mixture();
    means(n, |rng, rows| [squared_norms(&data.sample(rows, rng))])
}

fn denoise(n: u64) -> Vec<f64> {
    let (data, schedule) =
        (Preset::Ring64.mixture(), Schedule::from_alphas(&[0.5]).expect("between 0 and 1"));
    let denoiser = ExactDenoiser::new(&data, &schedule).expect("a covariance");
    means(n, |rng, rows| {
        let x_0 = data.sample(rows, rng);
        let x_t = schedule.noised(1, &x_0, normal(rows, 2, rng));
        let (log_prob, denoised) = denoiser.log_prob_and_denoise(&x_t, 1);
        [log_prob, squared_distances(&denoised, &x_0)]
    })
}

fn elbo(n: u64) -> Vec<f64> {
    let (data, schedule) = (Preset::Ring8.mixture(), hundred_steps());
    let denoiser = ExactDenoiser::new(&data, &schedule).expect("a covariance");
    let (first, last) = (schedule.beta(1), schedule.steps());
    means(n, |rng, rows| {
        let x_0 = data.sample(rows, rng);
        let mut error = |t: usize| {
            let x_t = schedule.noised(t, &x_0, normal(rows, 2, rng));
            squared_distances(&denoiser.denoise(&x_t, t), &x_0)
        };
        let reconstruction = error(1).mapv(|square| -0.5 * square / first - (TAU * first).ln());
        let mut matching = Array1::zeros(rows);
        for t in 2..=last {
            matching.scaled_add(schedule.snr_weight(t), &error(t));
        }
        let prior = x_0.rows().into_iter().map(|x_0| schedule.prior_matching(&x_0)).collect();
        [reconstruction, prior, matching]
    })
}

fn reverse(n: u64) -> Vec<f64> {
    let (data, schedule) = (Preset::Ring8.mixture(), hundred_steps());
    let denoiser = ExactDenoiser::new(&data, &schedule).expect("a covariance");
    let sampler = Sampler::ancestral(ReverseVariance::Posterior);
    means(n, |rng, rows| {
        let noisiest = normal(rows, 2, rng);
        let denoise = |x: &_, t| denoiser.denoise(x, t);
        [squared_norms(&sampler.run(&schedule, noisiest, denoise, |_| normal(rows, 2, rng)))]
    })
}

fn train(steps: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let x = Preset::Ring8.mixture().sample(256, &mut rng);
    let vae = Vae::new(2, &[64, 64], 2, Variance::Fixed(0.01), &mut rng);
    let mut model = VaeLearner { vae, objective: Objective::ELBO };
    let mut shards = Shards::new(&mut model, 256, Streams::new(7));
    let mut adams: Vec<Adam> =
        shards.networks(&mut model).iter().map(|(net, _)| Adam::new(net, 1e-3)).collect();
    let mut loss = 0.0;
    for _ in 0..steps {
        let bound = shards.loss_gradient(&mut model, &x);
        // Up to the constant of the decoder's density.
        loss = -bound.elbo() - (TAU * 0.01).ln();
        for ((net, gradient), adam) in shards.networks(&mut model).into_iter().zip(&mut adams) {
            adam.step(net, gradient);
        }
    }
    vec![loss]
}

/// `W_ij = sin((i+1)(j+2))/√rows`, no bias.
fn sine_network() -> Mlp {
    let mut net = Mlp::new(&[2, 128, 128, 2], &mut ChaCha8Rng::seed_from_u64(0));
    for layer in net.layers_mut() {
        let rows = layer.weight.nrows() as f64;
        let entry = |(i, j)| ((i as f64 + 1.0) * (j as f64 + 2.0)).sin() / rows.sqrt();
        layer.weight = Array2::from_shape_fn(layer.weight.dim(), entry);
        layer.bias.fill(0.0);
    }
    net
}

fn mlp(n: u64) -> Vec<f64> {
    let net = sine_network();
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

fn wide(n: u64) -> Vec<f64> {
    let covariance = Array2::from_shape_fn((64, 64), |(i, j)| 0.5f64.powi(i.abs_diff(j) as i32));
    let law = Gaussian::new(Array1::zeros(64), covariance).expect("a covariance");
    let plan = MonteCarlo::new(n, Streams::new(7));
    let buffer = || Array2::zeros((plan.chunk, 64));
    let moments = plan.run_with(&|_| (), buffer, |x, rng, rows| {
        let mut x = x.slice_mut(s![..rows, ..]);
        law.sample_into(&mut x, rng);
        Moments::of(law.log_probs(&x).as_slice().expect("a vector of its own"))
    });
    vec![moments.mean()]
}
