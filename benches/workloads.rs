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

use std::time::{Duration, Instant};

use benches::{Floor, Limits, tasks};
use clap::{Parser, ValueEnum};
// The programs at the top choose the BLAS.
use linalg as _;
use serde_json::json;
use toy::Preset;
use vdm::Schedule;

/// Workloads, by name; all without one.
#[derive(Debug, Parser)]
struct Arguments {
    /// Which
    #[arg(value_enum)]
    workloads: Vec<Workload>,
    /// Also say how long each takes at least at the rates of the chip, which are measured before and after, and what share of its time that is
    #[arg(long)]
    floor: bool,
    /// Rounds of each, of which the least time counts [default: 1; with --floor 5, and more until they last as long as the rates of the chip are measured]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
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
    let (rounds, lasting) = match asked.rounds {
        Some(rounds) => (rounds, Duration::ZERO),
        // As long as each rate of the chip is measured.
        None if asked.floor => (5, Limits::TIME),
        None => (1, Duration::ZERO),
    };
    let run = |workload: Workload| {
        let n = ((workload.size() as f64 * asked.scale) as u64).max(1);
        let (seconds, check) = least(rounds, lasting, || workload.run(n));
        let line = json!({
            "library": "elbow",
            "workload": workload.to_possible_value().expect("none is hidden").get_name(),
            "n": n,
            "seconds": (seconds * 1e4).round() / 1e4,
            "per_second": (n as f64 / seconds * 10.0).round() / 10.0,
            "check": check,
        });
        (n, seconds, line)
    };
    if !asked.floor {
        all.iter().for_each(|&workload| println!("{}", run(workload).2));
        return;
    }
    // On both sides of the workloads: a machine that others share is slow for seconds at a time.
    let before = Limits::measure();
    let runs: Vec<_> = all.iter().map(|&workload| run(workload)).collect();
    let limits = before.best(Limits::measure());
    for (workload, (n, seconds, mut line)) in all.iter().zip(runs) {
        let floor = workload.floor().seconds(n, &limits);
        line["floor_seconds"] = ((floor * 1e4).round() / 1e4).into();
        line["share_of_floor"] = ((floor / seconds * 1e3).round() / 1e3).into();
        println!("{line}");
    }
}

/// The least time, seconds, of so many rounds and of more until they lasted so long, and what was found: what disturbs a round
/// only makes it slower.
fn least(rounds: u32, lasting: Duration, work: impl Fn() -> Vec<f64>) -> (f64, Vec<f64>) {
    let begin = Instant::now();
    let mut best = (f64::INFINITY, vec![]);
    for done in 0.. {
        if done >= rounds && begin.elapsed() >= lasting {
            break;
        }
        let start = Instant::now();
        let check = work();
        let seconds = start.elapsed().as_secs_f64();
        if seconds < best.0 {
            best = (seconds, check);
        }
    }
    best
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
        let ring8 = Preset::Ring8.mixture();
        let schedule = || Schedule::linear(100, 1e-3, 0.15).expect("betas between 0 and 1");
        match self {
            Workload::Sample => tasks::sample(&ring8, n),
            Workload::Denoise => tasks::denoise(&Preset::Ring64.mixture(), 0.5, n),
            Workload::Elbo => tasks::elbo(&ring8, &schedule(), n),
            Workload::Reverse => tasks::reverse(&ring8, &schedule(), n),
            // On a thread of the pool: what is called from there does not wait for another to wake up.
            Workload::Train => rayon::scope(|_| tasks::train(&ring8, n)),
            Workload::Mlp => tasks::mlp(n),
            Workload::Wide => tasks::wide(64, n),
        }
    }
}
