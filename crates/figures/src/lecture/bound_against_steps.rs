//! The average bound of the best denoiser against the number of steps, and how its gap to `-h(x_0)` closes.

use plot::{Align, Figure, Panel, Style, theme};
use prob::Mixture;
use toy::Preset;
use vdm::continuous::{average_bound, continuous_loss};
use vdm::information::entropy;
use vdm::{Channel, Schedule};

use super::numbers::scientific;
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "bound_against_steps",
    title: "the bound of the best denoiser against the number of steps",
    claims: &["D11k", "D11l", "D11n", "D11o", "D11q", "D11r"],
    draw,
};

const STEPS: [usize; 9] = [8, 16, 32, 64, 128, 256, 512, 1024, 2048];
/// From so many steps on a rate is fitted.
const FITTED_FROM: usize = 128;
/// Half the range of log-SNR where the end points stay.
const FIXED: f64 = 3.5;
/// `β_t = c/T` where it does not depend on `t`.
const TOTAL_NOISE: f64 = 14.0;
const KNOWN: &str = "a mixture with modes wide enough for quadrature";

/// Even in log-SNR between end points that stay.
fn fixed(steps: usize) -> Schedule {
    Schedule::from_log_snr_end_points(steps, FIXED, -FIXED).expect("end points that fall")
}

/// Even in log-SNR from `log T` to `-3/2 log T`.
fn pushed_out(steps: usize) -> Schedule {
    let log_steps = (steps as f64).ln();
    Schedule::from_log_snr_end_points(steps, log_steps, -1.5 * log_steps).expect("end points that fall")
}

/// The same `β` at every step.
fn constant(steps: usize) -> Schedule {
    Schedule::constant(steps, TOTAL_NOISE / steps as f64).expect("more steps than noise")
}

fn elbo(data: &Mixture, schedule: &Schedule) -> f64 {
    average_bound(data, schedule).expect(KNOWN).elbo()
}

/// By how much the matching terms between the fixed end points exceed their limit.
fn excess(data: &Mixture, steps: usize) -> f64 {
    let sum: f64 = average_bound(data, &fixed(steps)).expect(KNOWN).matching.iter().sum();
    sum - continuous_loss(data, (-FIXED).exp(), FIXED.exp()).expect(KNOWN)
}

/// `(h/4)(2 [I] - [SNR · mmse])`, its leading term, between the end points of a schedule even in log-SNR with steps `h`.
fn leading(data: &Mixture, schedule: &Schedule) -> f64 {
    let last = schedule.steps();
    let at = |t: usize| {
        let channel = Channel::new(data, schedule.snr(t)).expect(KNOWN);
        2.0 * channel.information().expect(KNOWN) - schedule.snr(t) * channel.mmse().expect(KNOWN)
    };
    let h = (schedule.log_snr(1) - schedule.log_snr(last)) / (last - 1) as f64;
    0.25 * h * (at(1) - at(last))
}

/// The slope of `log y` against `log x` by least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|&(x, y)| (x.ln(), y.ln())).collect();
    let n = logs.len() as f64;
    let (x, y) = logs.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let covariance: f64 = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    covariance / logs.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}

fn fitted(points: &[(f64, f64)]) -> f64 {
    let late: Vec<(f64, f64)> = points.iter().copied().filter(|&(t, _)| t >= FITTED_FROM as f64).collect();
    slope(&late)
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let data = Preset::Bimodal.mixture();
    let limit = -entropy(&data).expect(KNOWN);
    let over = |value: &dyn Fn(usize) -> f64| -> Vec<(f64, f64)> {
        STEPS.iter().filter(|&&t| t as f64 > TOTAL_NOISE).map(|&t| (t as f64, value(t))).collect()
    };
    let bounds = [pushed_out, fixed, constant].map(|schedule| over(&|t| elbo(&data, &schedule(t))));
    let gaps = bounds.each_ref().map(|bound| bound.iter().map(|&(t, e)| (t, limit - e)).collect::<Vec<_>>());
    let excess = over(&|t| excess(&data, t));
    let predicted = over(&|t| leading(&data, &pushed_out(t)));
    let colors = [theme::BLUE, theme::GREEN, theme::VERMILLION];
    let names = ["ends move out", "ends fixed", r"$\beta_t = c/T$"];
    let ticks = || [16, 64, 256, 1024].map(|t| (f64::from(t), t.to_string()));
    let mut left = Panel::new("average bound")
        .x_label("steps $T$")
        .y_label("nats")
        .x_log()
        .x_ticks(ticks())
        .y_range(-1.3, -0.86)
        .horizontal(limit, Style::guide().name("-h(x_0)"))
        .text((18.0, limit + 0.022), "$-h(x_0)$", Style::new(theme::TEXT).align(Align::Left));
    let mut middle = Panel::new("gap to $-h(x_0)$")
        .x_label("steps $T$")
        .y_label("nats")
        .x_log()
        .y_log()
        .x_ticks(ticks())
        .line(predicted, Style::guide().name("leading term"));
    for (i, (bound, gap)) in bounds.iter().zip(&gaps).enumerate() {
        let style = || match i {
            0 => Style::new(colors[i]),
            1 => Style::new(colors[i]).dashed(),
            _ => Style::new(colors[i]).dotted(),
        };
        left = left
            .line(bound.clone(), style().label(names[i]))
            .points(bound.clone(), Style::new(colors[i]).size(3.0).name(names[i]));
        middle = middle
            .line(gap.clone(), style().name(names[i]))
            .points(gap.clone(), Style::new(colors[i]).size(3.0).name(names[i]));
    }
    let right = Panel::new(r"matching $-$ integral")
        .x_label("steps $T$")
        .y_label("nats")
        .x_log()
        .y_log()
        .x_ticks(ticks())
        .line(excess.clone(), Style::new(theme::GREEN).dashed().name("sum - integral"))
        .points(excess.clone(), Style::new(theme::GREEN).size(3.0).name("sum - integral"));
    let mut figure = Figure::new(160.0, 66.0).columns(3);
    figure.panel(left.key()).panel(middle).panel(right);
    let last = |points: &[(f64, f64)]| points.last().expect("points").1;
    let caption = format!(
        "The average bound of the best denoiser for data with two modes, exact by quadrature. Left: with end points of the log-SNR that \
         move out as $T$ grows it rises to minus the entropy, {limit:.4} nats. With fixed end points, or with the same $\\beta_t = c/T$ at \
         every step, it stays below. Middle: the gap of the first falls as $T^{{{:.2}}}$ over the last {} points, along its leading term (grey), \
         and is ${}$ nats at $T = {}$. With fixed ends {:.4} nats are left in the limit; with $\\beta_t = c/T$, $c = {TOTAL_NOISE}$, the gap \
         is {:.4} there and tends to half of Euler's constant, {:.4}. Right: between fixed end points the sum of the \
         matching terms exceeds the integral by an amount that falls as $T^{{{:.2}}}$.",
        fitted(&gaps[0]),
        STEPS.iter().filter(|t| **t >= FITTED_FROM).count(),
        scientific(last(&gaps[0])),
        STEPS[STEPS.len() - 1],
        last(&gaps[1]) - last(&excess),
        last(&gaps[2]),
        0.5 * std::f64::consts::EULER_GAMMA,
        fitted(&excess),
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn the_slope_of_a_power_is_its_exponent() {
        let points: Vec<(f64, f64)> = [1.0, 2.0, 5.0, 9.0].map(|x: f64| (x, 3.0 * x.powf(-1.5))).to_vec();
        assert_relative_eq!(slope(&points), -1.5, max_relative = 1e-12);
    }

    #[test]
    fn the_excess_tends_to_its_leading_term() {
        let data = Preset::Bimodal.mixture();
        let ratio = |t| excess(&data, t) / leading(&data, &fixed(t));
        assert!((ratio(512) - 1.0).abs() < 0.01 && (ratio(512) - 1.0).abs() < 0.5 * (ratio(128) - 1.0).abs());
    }
}
