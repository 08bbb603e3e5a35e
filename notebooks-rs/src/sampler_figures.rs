//! The figures of the chapter `sampling`.

use montecarlo::Estimate;
use plot::{Color, Figure, Panel, Style, theme};
use vdm::{ReverseVariance, Solver};

use crate::sampler_study::{EVALUATIONS, Floors, Method, Point, Shown};

fn color(method: Method) -> Color {
    match method {
        Method::Ancestral(ReverseVariance::Beta) => theme::ORANGE,
        Method::Ancestral(ReverseVariance::Posterior) => theme::VERMILLION,
        Method::Ddim(0.0) => theme::BLUE,
        Method::Ddim(_) => theme::SKY,
        Method::Solver(Solver::Heun) => theme::PURPLE,
        Method::Solver(Solver::DpmSolver) => theme::GREEN,
    }
}

/// Distance to the data against evaluations of the denoiser: on the line for both spacings of the steps, in the plane by two
/// distances; bars of two standard errors. A curve ends where it cannot be told from what samples of the data have (dashed),
/// or from 0.
pub fn distances(line: [&[Point]; 2], plane: &[Vec<Point>; 2], floors: Floors) -> Figure {
    let mut figure = Figure::new(160.0, 130.0).columns(2);
    let guide = |floor: f64, panel: Panel| panel.horizontal(floor, Style::guide().label("own samples"));
    let titles = ["bimodal, steps even in log-SNR", "bimodal, steps even in $t$"];
    for (points, title) in line.into_iter().zip(titles) {
        figure.panel(guide(floors.line, panel(points, title, "$W_1$", floors.line)));
    }
    let sliced = panel(&plane[0], "ring8, steps even in log-SNR", "sliced $W_2$", floors.sliced);
    figure.panel(guide(floors.sliced, sliced.name("ring8, sliced")));
    let energy = panel(&plane[1], "ring8, steps even in log-SNR", "energy distance", 0.0);
    figure.panel(energy.name("ring8, energy"));
    figure
}

/// A curve for each method, of what lies above `floor` or has no chance in it.
fn panel(points: &[Point], title: &str, unit: &str, floor: f64) -> Panel {
    let panel = Panel::new(title)
        .x_label("evaluations of the denoiser")
        .y_label(unit)
        .x_log()
        .y_log()
        .x_range(4.3, 230.0)
        .x_ticks(EVALUATIONS.map(|n| (n as f64, n.to_string())))
        .key();
    let is_seen =
        |distance: Estimate| distance.std_err == 0.0 || distance.mean > floor + 2.0 * distance.std_err;
    Method::ALL.into_iter().fold(panel, |panel, method| {
        let of_method = points.iter().filter(|point| point.method == method);
        let seen: Vec<(f64, f64, f64)> = of_method
            .take_while(|point| is_seen(point.distance))
            .map(|p| (p.evaluations as f64, p.distance.mean, 2.0 * p.distance.std_err))
            .collect();
        let bars = Style::new(color(method)).name(format!("{method}, two standard errors"));
        let curve = seen.iter().map(|&(x, y, _)| (x, y)).collect::<Vec<_>>();
        panel.line(curve, Style::new(color(method)).label(method.to_string())).error_bars(seen, bars)
    })
}

/// Half the width of a panel of samples.
const EDGE: f64 = 3.2;

/// Samples (`[n, 2]`) of every method, a column each, and a row for each number of evaluations.
pub fn samples(rows: &[Shown]) -> Figure {
    let mut figure =
        Figure::new(160.0, 27.0 * rows.len() as f64 + 10.0).columns(Method::ALL.len()).share_x().share_y();
    for (row, Shown { evaluations, samples }) in rows.iter().enumerate() {
        for (method, x) in samples {
            let title = if row == 0 { method.to_string() } else { String::new() };
            let points = x.rows().into_iter().map(|point| (point[0], point[1])).collect::<Vec<_>>();
            let outside = points.iter().filter(|(x, y)| x.abs().max(y.abs()) > EDGE).count();
            let panel = Panel::new(title)
                .name(format!("{method}, {evaluations} evaluations"))
                .y_label(format!("{evaluations} evaluations"))
                .x_range(-EDGE, EDGE)
                .y_range(-EDGE, EDGE)
                .equal_aspect()
                .no_grid()
                .points(points, Style::new(color(*method)).size(1.2).opacity(0.5));
            let share = 100.0 * outside as f64 / x.nrows() as f64;
            let note = format!("{share:.0} % outside");
            figure.panel(if share < 5.0 {
                panel
            } else {
                panel.text((0.0, 0.0), note, Style::new(theme::TEXT))
            });
        }
    }
    figure
}
