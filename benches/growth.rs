//! How cost grows: time against draws, components, dimensions, steps and threads, and the memory that the program ever held.
//!
//! `cargo bench --bench growth` measures, and draws `figures/growth/cost.png` with what it shows as CSV. `-- --most-draws 1e7`
//! for a quick look; without it 10⁹ draws are the last of their curve.

use std::path::Path;
use std::time::Instant;

use benches::{arguments::most_draws, tasks};
use clap::Parser;
// The programs at the top choose the BLAS.
use linalg as _;
use ndarray::array;
use plot::{Figure, Format, Panel, Style, theme};
use prob::{Gaussian, Mixture};
use toy::Preset;
use vdm::Schedule;

/// Time against size.
#[derive(Debug, Parser)]
struct Arguments {
    /// The most draws that are made, from 1e5 on
    #[arg(long, default_value_t = 1e9, value_parser = most_draws, allow_negative_numbers = true)]
    most_draws: f64,
    /// Where the figure goes
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../figures/growth"))]
    out: std::path::PathBuf,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// One task at several sizes.
struct Curve {
    what: &'static str,
    size: &'static str,
    points: Vec<(f64, f64)>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let asked = Arguments::parse();
    let (draws, memory) = against_draws(asked.most_draws);
    let curves = [draws, against_components(), against_dimensions(), against_steps()];
    let threads = against_threads();
    for Curve { what, size, points } in curves.iter().chain([&threads]) {
        println!("{}", what.replace('$', ""));
        for (x, seconds) in points {
            println!("  {size} = {x:<10} {seconds:.5} s");
        }
    }
    for (x, mib) in &memory {
        println!("  after {x:<10} draws the program had held {mib:.1} MiB at most");
    }
    draw(&curves, &threads, &memory, &asked.out)
}

/// The least of three times; of one, if that takes long.
fn seconds(mut work: impl FnMut()) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let start = Instant::now();
        work();
        least = least.min(start.elapsed().as_secs_f64());
        if least > 1.0 {
            break;
        }
    }
    least
}

fn powers(base: f64, from: i32, to: i32) -> impl Iterator<Item = f64> {
    (from..=to).map(move |k| base.powi(k))
}

fn against_draws(most: f64) -> (Curve, Vec<(f64, f64)>) {
    let data = Preset::Ring8.mixture();
    let (mut points, mut memory) = (vec![], vec![]);
    for n in powers(10.0, 5, 9).filter(|&n| n <= most) {
        points.push((n, seconds(|| drop(tasks::sample(&data, n as u64)))));
        memory.extend(peak_memory().map(|mib| (n, mib)));
    }
    (Curve { what: "draws of ring8", size: "N", points }, memory)
}

/// Equal components on a circle.
fn ring(components: usize) -> Mixture {
    let component = |k: usize| {
        let angle = std::f64::consts::TAU * k as f64 / components as f64;
        Gaussian::isotropic(array![2.0 * angle.cos(), 2.0 * angle.sin()], 0.01).expect("a variance")
    };
    Mixture::equal((0..components).map(component).collect()).expect("equal weights")
}

fn against_components() -> Curve {
    let time = |k: f64| (k, seconds(|| drop(tasks::denoise(&ring(k as usize), 0.5, 100_000))));
    Curve { what: "denoiser, $10^5$ points", size: "K", points: powers(2.0, 0, 9).map(time).collect() }
}

fn against_dimensions() -> Curve {
    let time = |d: f64| (d, seconds(|| drop(tasks::wide(d as usize, 100_000))));
    Curve { what: "$10^5$ draws, densities", size: "D", points: powers(2.0, 0, 8).map(time).collect() }
}

fn against_steps() -> Curve {
    let data = Preset::Ring8.mixture();
    let time = |steps: f64| {
        let schedule = Schedule::from_log_snr_end_points(steps as usize, 6.0, -6.0).expect("a schedule");
        (steps, seconds(|| drop(tasks::reverse(&data, &schedule, 10_000))))
    };
    Curve {
        what: "ancestral, $10^4$ points",
        size: "T",
        points: [2., 4., 8., 16., 32., 64., 128., 256., 512., 1024.].map(time).to_vec(),
    }
}

fn against_threads() -> Curve {
    let data = Preset::Ring64.mixture();
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    let time = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        (threads as f64, seconds(|| pool.install(|| drop(tasks::denoise(&data, 0.5, 1_000_000)))))
    };
    Curve { what: "ring64, $10^6$ points", size: "threads", points: (1..=most).map(time).collect() }
}

/// The most memory that this program has held, in MiB; where the system tells.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// A line of slope 1 or 2 through the last point.
fn guide(points: &[(f64, f64)], power: f64) -> Vec<(f64, f64)> {
    let (last, time) = points[points.len() - 1];
    points.iter().map(|&(x, _)| (x, time * (x / last).powf(power))).collect()
}

fn draw(
    curves: &[Curve],
    threads: &Curve,
    memory: &[(f64, f64)],
    out: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut figure = Figure::new(180.0, 100.0).columns(3);
    for Curve { what, size, points } in curves {
        let power = if *size == "D" { 2.0 } else { 1.0 };
        let growth = if power == 2.0 { format!("as ${size}^2$") } else { format!("as ${size}$") };
        let panel = Panel::new(*what).x_label(format!("${size}$")).y_label("seconds").x_log().y_log();
        figure.panel(
            panel
                .line(guide(points, power), Style::guide().dashed().label(growth))
                .line(points.iter().copied(), Style::new(theme::BLUE).name("seconds"))
                .points(points.iter().copied(), Style::new(theme::BLUE).name("measured")),
        );
    }
    let panel = Panel::new(threads.what)
        .x_label("threads")
        .y_label("seconds")
        .y_range(0.0, 1.2 * threads.points[0].1);
    let ticks = threads.points.iter().map(|&(x, _)| (x, format!("{x}")));
    figure.panel(
        panel
            .x_ticks(ticks)
            .line(
                threads.points.iter().map(|&(x, _)| (x, threads.points[0].1 / x)),
                Style::guide().dashed().label("as 1/threads"),
            )
            .points(threads.points.iter().copied(), Style::new(theme::BLUE).name("measured")),
    );
    if let Some(&(_, most)) = memory.last() {
        let panel =
            Panel::new("most memory held").x_label("$N$").y_label("MiB").x_log().y_range(0.0, 1.5 * most);
        figure.panel(panel.points(memory.iter().copied(), Style::new(theme::BLUE).name("measured")));
    }
    for path in figure.save(out, "cost", &[Format::Svg, Format::Png])? {
        println!("wrote {}", path.display());
    }
    Ok(())
}
