//! The figures of the chapter `sampling`.

use ndarray::Array2;
use plot::{Color, Figure, Panel, Style, theme};
use vdm::{ReverseVariance, Solver};

use crate::sampler_study::{Floors, Method, Point};

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
/// distances; bars of two standard errors.
pub fn distances(line: [&[Point]; 2], plane: &[Vec<Point>; 2], floors: Floors) -> Figure {
    let mut figure = Figure::new(160.0, 130.0).columns(2);
    let floor = |y: f64, panel: Panel| panel.horizontal(y, Style::guide().label("own samples"));
    let titles = ["bimodal, steps even in log-SNR", "bimodal, steps even in $t$"];
    for (points, title) in line.into_iter().zip(titles) {
        figure.panel(floor(floors.line, panel(points, title, "$W_1$")));
    }
    figure.panel(floor(floors.sliced, panel(&plane[0], "ring8, sliced", "sliced $W_2$")));
    figure.panel(panel(&plane[1], "ring8, energy", "energy distance"));
    figure
}

/// A curve for each method. What cannot be told from 0 has no place on a logarithmic axis.
fn panel(points: &[Point], title: &str, unit: &str) -> Panel {
    let panel = Panel::new(title).x_label("evaluations of the denoiser").y_label(unit).x_log().y_log();
    Method::ALL.into_iter().fold(panel, |panel, method| {
        let seen: Vec<(f64, f64, f64)> = points
            .iter()
            .filter(|point| point.method == method && point.distance.mean > 2.0 * point.distance.std_err)
            .map(|p| (p.evaluations as f64, p.distance.mean, 2.0 * p.distance.std_err))
            .collect();
        let style = Style::new(color(method));
        let curve = seen.iter().map(|&(x, y, _)| (x, y)).collect::<Vec<_>>();
        let bars = Style::new(color(method)).name(format!("{method}, two standard errors"));
        if curve.is_empty() {
            panel
        } else {
            panel.line(curve, style.label(method.to_string())).error_bars(seen, bars)
        }
    })
}

/// Samples (`[n, 2]`) of every method, a column each, and a row for each number of evaluations.
pub fn samples(rows: &[(usize, Vec<(Method, Array2<f64>)>)]) -> Figure {
    let mut figure =
        Figure::new(160.0, 27.0 * rows.len() as f64 + 10.0).columns(Method::ALL.len()).share_x().share_y();
    for (row, (evaluations, columns)) in rows.iter().enumerate() {
        for (method, x) in columns {
            let title = if row == 0 { method.to_string() } else { String::new() };
            let points = x.rows().into_iter().map(|point| (point[0], point[1])).collect::<Vec<_>>();
            figure.panel(
                Panel::new(title)
                    .name(format!("{method}, {evaluations} evaluations"))
                    .y_label(format!("{evaluations} evaluations"))
                    .x_range(-3.2, 3.2)
                    .y_range(-3.2, 3.2)
                    .equal_aspect()
                    .no_grid()
                    .points(points, Style::new(color(*method)).size(1.2).opacity(0.5)),
            );
        }
    }
    figure
}
