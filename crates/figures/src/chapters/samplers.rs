//! The figures of the chapter `sampling`.

use plot::{Align, Color, Figure, Panel, Style, theme};
use vdm::{Method, ReverseVariance, Solver};

use crate::studies::sampler_curves::{Curves, Distance, Point};
use crate::studies::samplers::{METHODS, Shown, Spacing};

/// Opacity of what cannot be told from samples of the data.
const PALE: f64 = 0.3;

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

/// As its column or curve is headed.
fn label(method: Method) -> String {
    method.to_string().replace("0.5", "1/2").replace("σ²", r"$\sigma^2$")
}

/// What a row of panels shows of a distance: what is further away is named at the upper edge.
fn range(distance: Distance) -> (f64, f64) {
    match distance {
        Distance::Wasserstein => (8e-5, 2.0),
        Distance::Sliced => (0.015, 2.0),
        Distance::Energy => (1e-4, 2.0),
    }
}

fn unit(distance: Distance) -> &'static str {
    match distance {
        Distance::Wasserstein => "$W_1$",
        Distance::Sliced => "sliced $W_2$",
        Distance::Energy => "energy distance",
    }
}

/// Distance to the data against evaluations: a row for each pair of curves, those of the exact denoiser on the left and those of
/// the learned one on the right. Of samples two standard errors are shown, and pale what cannot be told from samples of the
/// data; dashed how far those are, where no curve is exact.
pub fn distances(rows: &[[Curves; 2]]) -> Figure {
    let mut figure = Figure::new(160.0, 46.0 * rows.len() as f64).columns(2).share_y();
    for (row, pair) in rows.iter().enumerate() {
        for (column, curves) in pair.iter().enumerate() {
            let title = format!("{}, {}", curves.data, curves.denoiser);
            let names = if (row, column) == (0, 1) { Names::BesideNothing } else { Names::InTheTable };
            let mut panel = panel(title, curves, names, range(curves.distance)).name(format!(
                "{}, {}, {}",
                curves.data,
                curves.denoiser,
                curves.distance.name()
            ));
            if row + 1 == rows.len() {
                panel = panel.x_label("evaluations of the denoiser");
            }
            if column == 0 {
                panel = panel.y_label(unit(curves.distance));
            }
            // Where some curves are exact what is left of samples is not the least that can be seen.
            let has_exact = curves.points.iter().any(|point| point.distance.std_err == 0.0);
            figure.panel(if curves.floor > 0.0 && !has_exact {
                let guide = Style::guide().name("samples of the data");
                let guide = if column == 1 { guide.label("samples of the data") } else { guide };
                panel.horizontal(curves.floor, guide)
            } else {
                panel
            });
        }
    }
    figure
}

/// `W₁` of the samplers without noise, exact, for each way to space the steps.
pub fn spacings(of_each: &[Curves]) -> Figure {
    let mut figure = Figure::new(160.0, 62.0).columns(of_each.len()).share_y();
    for (column, curves) in of_each.iter().enumerate() {
        let title = match curves.spacing {
            Spacing::LogSnr => "even in log-SNR",
            Spacing::Time => "even in $t$",
            Spacing::Karras => r"even in $\sigma^{1/7}$",
        };
        let names = if column + 1 == of_each.len() { Names::AtTheEnds } else { Names::InTheTable };
        let panel = panel(title.to_owned(), curves, names, (8e-5, 50.0));
        let panel = panel.x_label("evaluations of the denoiser");
        figure.panel(if column == 0 { panel.y_label(unit(curves.distance)) } else { panel });
    }
    figure
}

/// Where the names of the methods stand.
#[derive(Clone, Copy)]
enum Names {
    InTheTable,
    AtTheEnds,
    /// In the lower part of the panel, where a learned denoiser leaves room.
    BesideNothing,
}

/// A curve for each method, and an arrow to each distance that is above the range.
fn panel(title: String, curves: &Curves, names: Names, (low, high): (f64, f64)) -> Panel {
    let ticks = [5, 10, 20, 50, 100, 200].map(|n| (f64::from(n), n.to_string()));
    let panel = Panel::new(title).x_log().y_log().x_range(4.3, 230.0).y_range(low, high).x_ticks(ticks);
    let panel = if curves.distance == Distance::Sliced {
        panel.y_ticks([0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0].map(|value| (value, value.to_string())))
    } else {
        panel
    };
    METHODS.into_iter().filter(|method| curves.points.iter().any(|point| point.method == *method)).fold(
        panel,
        |panel, method| {
            let points: Vec<&Point> = curves.points.iter().filter(|point| point.method == method).collect();
            let panel = with_curve(panel, curves, method, &points, names);
            points.iter().filter(|point| point.distance.mean > high).fold(panel, |panel, point| {
                let (x, value) = (point.evaluations as f64, point.distance.mean);
                let style = Style::new(color(method));
                let label = if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") };
                panel.arrow((x, high * 0.4), (x, high * 0.95), style.clone()).text(
                    (x * 1.08, high * 0.6),
                    label,
                    style.align(Align::Left),
                )
            })
        },
    )
}

/// The curve of a method: what can be told from samples of the data, and pale the rest. A logarithmic axis has no place for an
/// energy distance that chance has put below 0.
fn with_curve(mut panel: Panel, curves: &Curves, method: Method, points: &[&Point], names: Names) -> Panel {
    // What adds noise is dashed.
    let line = |style: Style| if method.is_deterministic() { style } else { style.dashed() };
    let style = |suffix: &str| line(Style::new(color(method)).name(format!("{method}{suffix}")));
    let place = |point: &&Point| (point.evaluations as f64, point.distance.mean);
    let first_lost = points.iter().position(|point| !curves.is_seen(point)).unwrap_or(points.len());
    let positive = |points: &[&Point]| -> Vec<(f64, f64)> {
        points.iter().map(place).filter(|&(_, y)| y > 0.0).collect()
    };
    let tail = positive(&points[first_lost.saturating_sub(1)..]);
    if first_lost < points.len() && tail.len() > 1 {
        panel = panel.line(tail, style(", at the floor").opacity(PALE));
    }
    let head = positive(&points[..first_lost]);
    if !head.is_empty() {
        let style = style("");
        let style = match names {
            Names::InTheTable => style,
            Names::AtTheEnds => style.label(label(method)),
            Names::BesideNothing => {
                let place = METHODS.iter().position(|other| *other == method).unwrap_or(0);
                let (x, y) = ([5.0, 37.0][place / 3], [7e-3, 1.7e-3, 4e-4][place % 3]);
                style.label(label(method)).label_at(x, y).align(Align::Left)
            }
        };
        panel = panel.line(head, style);
    }
    let bar = |point: &&Point| {
        let (x, y) = place(point);
        (x, y, 2.0 * point.distance.std_err)
    };
    for (seen, suffix, opacity) in
        [(true, ", two standard errors", 1.0), (false, ", at the floor, two standard errors", PALE)]
    {
        let bars: Vec<_> = (points.iter())
            .filter(|point| curves.is_seen(point) == seen && point.distance.mean > 0.0)
            .map(bar)
            .collect();
        let is_exact = bars.iter().all(|bar| bar.2 == 0.0);
        if is_exact && !bars.is_empty() {
            panel =
                panel.points(bars.iter().map(|&(x, y, _)| (x, y)), style(", exact").size(3.0).opacity(1.0));
        } else if !bars.is_empty() {
            panel =
                panel.error_bars(bars, style(suffix).opacity(opacity).width(if seen { 0.9 } else { 0.5 }));
        }
    }
    panel
}

/// Half the width of a panel of samples.
const EDGE: f64 = 3.2;

/// Samples (`[n, 2]`) of every method, a column each, and a row for each number of evaluations.
pub fn samples(rows: &[Shown]) -> Figure {
    let mut figure =
        Figure::new(160.0, 27.0 * rows.len() as f64 + 10.0).columns(METHODS.len()).share_x().share_y();
    for (row, Shown { title: of_row, samples }) in rows.iter().enumerate() {
        for (method, x) in samples {
            let title = if row == 0 { label(*method) } else { String::new() };
            let points = x.rows().into_iter().map(|point| (point[0], point[1])).collect::<Vec<_>>();
            let outside = points.iter().filter(|(x, y)| x.abs().max(y.abs()) > EDGE).count();
            let panel = Panel::new(title)
                .name(format!("{method}, {of_row}"))
                .y_label(of_row.as_str())
                .x_range(-EDGE, EDGE)
                .y_range(-EDGE, EDGE)
                .equal_aspect()
                .no_grid()
                .points(points, Style::new(color(*method)).size(1.2).opacity(0.5));
            let share = 100.0 * outside as f64 / x.nrows() as f64;
            let note = format!("{share:.1} % outside");
            figure.panel(if share < 5.0 {
                panel
            } else {
                panel.text((0.0, 0.0), note, Style::new(theme::TEXT))
            });
        }
    }
    figure
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::Estimate;
    use toy::Preset;

    /// A figure holds every number that its axis has a place for, those at the floor too.
    #[test]
    fn no_point_above_zero_is_left_out_of_the_data() {
        let method = Method::Ddim(0.0);
        let at = |evaluations, mean, std_err| {
            let distance = Estimate { mean, std_err, samples: 100 };
            Point { method, evaluations, distance }
        };
        let points = vec![at(5, 30.0, 0.1), at(10, 0.02, 0.01), at(20, 0.5, 0.01), at(50, -0.1, 0.2)];
        let curves = Curves {
            data: Preset::Ring8,
            denoiser: "exact denoiser".to_owned(),
            spacing: Spacing::LogSnr,
            distance: Distance::Energy,
            floor: 0.0,
            points,
        };
        assert_eq!([0, 1, 2, 3].map(|i| curves.is_seen(&curves.points[i])), [true, false, true, false]);
        let figure = distances(&[[curves.clone(), curves]]);
        let csv = String::from_utf8(figure.csv().unwrap()).unwrap();
        let bars = csv.lines().filter(|line| line.contains("error bars"));
        assert_eq!(bars.count(), 6, "three of each panel:\n{csv}");
        assert!(csv.contains("30,0.2") && csv.contains("0.02,0.02") && !csv.contains("-0.1"), "{csv}");
        assert!(figure.svg().unwrap().contains("svg"));
    }
}
