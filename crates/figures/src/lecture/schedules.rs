//! Noise schedules: what is left of the data, and the logarithm of the signal-to-noise ratio.

use plot::{Align, Color, Figure, Panel, Style, theme};
use vdm::Schedule;

use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "schedules",
    title: "noise schedules: what is left of the data, and the log-SNR",
    claims: &["D2a", "D9h", "D13a", "D13b"],
    draw,
};

const STEPS: usize = 1000;

/// How each is drawn, by more than the colour.
const LINES: [fn(Style) -> Style; 3] = [|style| style, Style::dashed, Style::dotted];

/// The schedules that are compared.
fn schedules() -> [(&'static str, Schedule, Color); 3] {
    let known = "the end points are between 0 and 1";
    [
        ("linear", Schedule::linear(STEPS, 1e-4, 0.02).expect(known), theme::BLUE),
        ("cosine", Schedule::cosine(STEPS).expect(known), theme::VERMILLION),
        (
            "even in log-SNR",
            Schedule::from_log_snr_end_points(STEPS, 10.0, -10.0).expect(known),
            theme::GREEN,
        ),
    ]
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let mut signal = Panel::new("what is left of the data").x_label("step $t$").y_label(r"$\bar{\alpha}_t$");
    let mut log_snr = Panel::new("signal-to-noise ratio").x_label("step $t$").y_label("log SNR$(t)$");
    for ((name, schedule, color), line) in schedules().into_iter().zip(LINES) {
        let style = || line(Style::new(color).name(name));
        let curve = |value: fn(&Schedule, usize) -> f64| {
            (1..=STEPS).map(|t| (t as f64, value(&schedule, t))).collect::<Vec<_>>()
        };
        signal = signal.line(curve(Schedule::alpha_bar), style());
        log_snr = log_snr.line(curve(|s, t| s.log_snr(t)), style());
    }
    let words = |align| move |color| Style::new(color).size(8.5).align(align);
    let (left, right) = (words(Align::Left), words(Align::Right));
    signal = signal
        .text((195.0, 0.42), "linear", right(theme::BLUE))
        .text((410.0, 0.56), "cosine", right(theme::VERMILLION))
        .text((425.0, 0.92), "even in log-SNR", left(theme::GREEN));
    log_snr = log_snr
        .text((330.0, -3.6), "linear", right(theme::BLUE))
        .text((660.0, 1.2), "cosine", left(theme::VERMILLION))
        .text((270.0, 6.6), "even in log-SNR", left(theme::GREEN));
    let mut figure = Figure::new(160.0, 62.0).columns(2);
    figure.panel(signal).panel(log_snr);
    let left: Vec<String> = schedules()
        .iter()
        .map(|(name, schedule, _)| format!("{name} {:.1e}", schedule.alpha_bar(STEPS)))
        .collect();
    let caption = format!(
        "Three noise schedules of $T = {STEPS}$ steps. Left: $\\bar\\alpha_t = \\prod_{{s \\le t}} \\alpha_s$, the share of the variance of \
         $x_t$ that is data. Right: $\\log \\mathrm{{SNR}}(t) = \\log \\bar\\alpha_t / (1 - \\bar\\alpha_t)$, which is all that the bound \
         sees of a schedule. At the end is left: {}.",
        left.join(", ")
    );
    Ok(Drawing::new(figure, caption))
}
