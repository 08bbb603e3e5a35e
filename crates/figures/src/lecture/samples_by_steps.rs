//! A ring of eight modes drawn in few and in many steps, by ancestral sampling and by a solver, with the distance to the data.

use distances::sliced;
use montecarlo::{Moments, Streams};
use ndarray::Array2;
use plot::{Figure, Panel, Style, theme};
use toy::Preset;
use vdm::{Method, ReverseVariance, Solver};

use super::{Drawing, FigureError, LectureFigure, Studio};
use crate::studies::samplers::{Denoiser, Spacing, samples};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "samples_by_steps",
    title: "samples in 5, 20 and 100 steps: ancestral sampling and a solver",
    claims: &["D12e", "E3b", "E3f", "E3i"],
    draw,
};

const STEPS: [usize; 3] = [5, 20, 100];
const SAMPLES: usize = 20_000;
/// As many of them are drawn.
const SHOWN: usize = 900;
const DIRECTIONS: usize = 16;
/// Samples of the data themselves, measured alike.
const OWN: u64 = 12;
const HALF: f64 = 3.1;

fn draw(studio: &Studio) -> Result<Drawing, FigureError> {
    let data = Preset::Ring8.mixture();
    let streams = studio.streams("samples_by_steps");
    let distance = |x: &Array2<f64>| sliced::to_law(x, &data, DIRECTIONS).expect("samples in the plane");
    let methods = [
        ("ancestral", Method::Ancestral(ReverseVariance::Posterior), theme::VERMILLION),
        ("DPM-Solver++", Method::Solver(Solver::DpmSolver), theme::BLUE),
    ];
    let mut figure = Figure::new(160.0, 118.0).columns(STEPS.len()).share_y();
    let mut found = Vec::new();
    for (name, method, color) in methods {
        for steps in STEPS {
            let x = drawn(method, steps, streams);
            let distance = distance(&x);
            let title = format!("{name}, {steps} steps");
            let panel = Panel::new(title)
                .x_label(format!("sliced $W_2 = {:.3} \\pm {:.3}$", distance.mean, 2.0 * distance.std_err))
                .x_range(-HALF, HALF)
                .y_range(-HALF, HALF)
                .equal_aspect()
                .no_grid()
                .points(
                    x.rows().into_iter().take(SHOWN).map(|x| (x[0], x[1])),
                    Style::new(color).size(1.3).opacity(0.5),
                );
            figure.panel(panel);
            found.push(distance);
        }
    }
    let own_samples = streams.role("data");
    let own: Moments =
        (0..OWN).map(|k| distance(&data.sample(SAMPLES, &mut own_samples.rng(k))).mean).collect();
    let caption = format!(
        "A ring of eight modes, sampled with the exact denoiser by ancestral sampling (top) and by DPM-Solver++ (2M, bottom), \
         whose start is all that chance decides. Below each: the sliced $W_2$ distance of {SAMPLES} samples, of which {SHOWN} are shown, to the data, with two standard errors. In {} steps it is {:.3} \
         and {:.3}, in {} steps {:.3} and {:.3}. {SAMPLES} samples of the data themselves are {:.3} away on \
         average: what is no further cannot be told from them.",
        STEPS[0],
        found[0].mean,
        found[3].mean,
        STEPS[1],
        found[1].mean,
        found[4].mean,
        own.estimate().mean
    );
    Ok(Drawing::new(figure, caption))
}

/// Samples of the ring.
fn drawn(method: Method, steps: usize, streams: Streams) -> Array2<f64> {
    let streams = streams.role(&format!("{method}, {steps}"));
    samples(method, Denoiser::Exact, &Preset::Ring8.mixture(), (steps, Spacing::LogSnr), SAMPLES, streams)
        .expect("fewer steps than the fine schedule has")
}
