//! How cost grows: measured once on one machine, drawn from the numbers that were kept.

use plot::{Figure, Panel, Style, theme};

use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "cost_growth",
    title: "time against draws, components, dimensions and steps",
    claims: &[],
    draw,
};

/// Panel, mark, series, x, y of every observation of the benchmark `growth`.
const MEASURED: &str = include_str!("../../../../figures/growth/cost.csv");

/// What is varied, how that panel begins in the table, and the power of it that time should follow.
const GROWN: [(&str, &str, &str, f64); 4] = [
    ("draws of ring8", "draws of a ring, $N$", "$N$", 1.0),
    ("denoiser", "components of a denoiser, $K$", "$K$", 1.0),
    ("$10^5$ draws", "dimensions of a Gaussian, $D$", "$D^2$", 2.0),
    ("ancestral", "steps of sampling, $T$", "$T$", 1.0),
];

/// The points of the panel that begins so.
fn measured(panel: &str) -> Vec<(f64, f64)> {
    let of_row = |row: csv::StringRecord| {
        let is_point = row[0].starts_with(panel) && &row[2] == "measured";
        is_point.then(|| (row[3].parse().expect("a number"), row[4].parse().expect("a number")))
    };
    csv::Reader::from_reader(MEASURED.as_bytes())
        .into_records()
        .filter_map(|row| of_row(row.expect("the table of a figure")))
        .collect()
}

/// The power of `x` that the last half of the points grows with: a straight line through their logarithms.
fn slope(points: &[(f64, f64)]) -> f64 {
    let late = &points[points.len() / 2..];
    let n = late.len() as f64;
    let logs = || late.iter().map(|&(x, y)| (x.ln(), y.ln()));
    let (x, y) = logs().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x / n, sy + y / n));
    let (up, along) =
        logs().fold((0.0, 0.0), |(up, along), (a, b)| (up + (a - x) * (b - y), along + (a - x) * (a - x)));
    up / along
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let mut figure = Figure::new(160.0, 100.0).columns(2);
    let mut found = Vec::new();
    for (panel, size, law, power) in GROWN {
        let points = measured(panel);
        let &(last, time) = points.last().expect("the benchmark measured something");
        let guide = points.iter().map(|&(x, _)| (x, time * (x / last).powf(power)));
        figure.panel(
            Panel::new("")
                .name(size)
                .x_label(size)
                .y_label("seconds")
                .x_log()
                .y_log()
                .line(guide, Style::guide().dashed().label(format!("as {law}")))
                .points(points.iter().copied(), Style::new(theme::BLUE).size(2.4).name("measured")),
        );
        found.push(format!("{:.2} ({size})", slope(&points)));
    }
    let caption = format!(
        "Seconds for samples of a ring of eight modes ($N$ draws), the best denoiser of $K$ components, draws and densities of a \
         Gaussian in $D$ dimensions, and ancestral sampling in $T$ steps: two cores, measured once. Dashed: the power that is expected, through the \
         last point. The slopes of the later half of the \
         points on logarithmic axes are {}. What does not grow is overhead, and for small $K$ the two random numbers that each point needs.",
        found.join(", ")
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_power_is_its_exponent() {
        let points: Vec<(f64, f64)> = (1..9).map(|i| (f64::from(i), 3.0 * f64::from(i).powf(1.7))).collect();
        assert!((slope(&points) - 1.7).abs() < 1e-12);
    }

    #[test]
    fn every_panel_was_measured() {
        assert!(GROWN.iter().all(|(panel, ..)| measured(panel).len() > 3));
    }
}
