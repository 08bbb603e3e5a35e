//! The posterior `q(x_{t-1}|x_t, x_0)` for a fixed `x_0` and `x_t`, at every `t`: it slides from one to the other.

use ndarray::array;
use plot::{Align, Figure, Panel, Style, theme};
use vdm::Schedule;

use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "posterior_slides",
    title: "the posterior of a step slides from the observation to the noisy value",
    claims: &["D3b", "D4", "D13d", "D13e"],
    draw,
};

const STEPS: usize = 20;
/// The same noise at every step.
const BETA: f64 = 0.15;
/// The observation, and the value after `t` steps, whatever `t` is.
const X_0: f64 = 1.5;
const X_T: f64 = -1.0;

fn schedule() -> Schedule {
    Schedule::constant(STEPS, BETA).expect("between 0 and 1")
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let schedule = schedule();
    let mean = |t: usize| schedule.posterior_mean(t, &array![X_T], &array![X_0])[0];
    let sd = |t: usize| schedule.posterior_variance(t).sqrt();
    let steps = || 1..=STEPS;
    let band = steps().map(|t| (t as f64, mean(t) - 2.0 * sd(t), mean(t) + 2.0 * sd(t)));
    let means: Vec<(f64, f64)> = steps().map(|t| (t as f64, mean(t))).collect();
    let left = Panel::new(r"$q(x_{t-1}|x_t, x_0)$: mean $\pm$ 2 sd")
        .x_label("step $t$")
        .y_label("$x_{t-1}$")
        .x_range(0.0, STEPS as f64 + 1.0)
        .horizontal(X_0, Style::guide().name("x_0"))
        .horizontal(X_T, Style::guide().name("x_t"))
        .text(
            (STEPS as f64 + 0.6, X_0 + 0.17),
            format!("$x_0 = {X_0}$"),
            Style::new(theme::TEXT).align(Align::Right),
        )
        .text((0.4, X_T - 0.19), format!("$x_t = {X_T}$"), Style::new(theme::TEXT).align(Align::Left))
        .band(band, Style::new(theme::BLUE).name("two standard deviations"))
        .line(means.clone(), Style::new(theme::BLUE).name("mean"))
        .points(means, Style::new(theme::BLUE).size(2.6).name("mean"));
    let of = |value: &dyn Fn(usize) -> f64| steps().map(|t| (t as f64, value(t))).collect::<Vec<_>>();
    let right = Panel::new("weights in the mean, and the spread")
        .x_label("step $t$")
        .y_range(0.0, 1.05)
        .line(
            of(&|t| schedule.posterior_mean_coefficients(t).1),
            Style::new(theme::VERMILLION).label("weight of $x_0$"),
        )
        .line(
            of(&|t| schedule.posterior_mean_coefficients(t).0),
            Style::new(theme::BLUE).dashed().label("weight of $x_t$"),
        )
        .line(of(&sd), Style::new(theme::BLACK).dotted().label(r"$\sigma_q(t)$"))
        .line(of(&|t| schedule.beta(t).sqrt()), Style::guide().label(r"$\sqrt{1-\alpha_t}$"));
    let mut figure = Figure::new(160.0, 62.0).columns(2).widths(&[1.25, 1.0]);
    figure.panel(left).panel(right);
    let middle = crossing(&schedule);
    let caption = format!(
        "The posterior of one step of the forward process for $x_0 = {X_0}$ and the same $x_t = {X_T}$ at every $t$, in $T = {STEPS}$ steps \
         with $1 - \\alpha_t = {BETA}$. At $t = 1$ it is the point $x_0$; as $t$ grows its mean $\\mu_q$ slides towards $\\sqrt{{\\alpha_t}}\\, x_t$ and its standard deviation $\\sigma_q$ \
         grows to {:.2}. From $t = {middle}$ on $x_t$ has the larger weight. Grey: $\\sqrt{{1-\\alpha_t}}$, the standard deviation without $x_0$, \
         which $\\sigma_q$ never exceeds.",
        sd(STEPS)
    );
    Ok(Drawing::new(figure, caption))
}

/// The first step at which `x_t` weighs more than `x_0`.
fn crossing(schedule: &Schedule) -> usize {
    let heavier = |t: &usize| {
        let (of_x_t, of_x_0) = schedule.posterior_mean_coefficients(*t);
        // With the same noise at every step they are equal at t = 2, but for rounding.
        of_x_t > of_x_0 * (1.0 + 1e-9)
    };
    (1..=schedule.steps()).find(heavier).expect("at the end the data weigh nothing")
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// With the same `α` at every step both weigh `√α/(1 + α)` at `t = 2`.
    #[test]
    fn the_two_ends_weigh_the_same_at_the_second_step() {
        let schedule = schedule();
        let expected = (1.0 - BETA).sqrt() / (2.0 - BETA);
        let (of_x_t, of_x_0) = schedule.posterior_mean_coefficients(2);
        assert_relative_eq!(of_x_t, expected, max_relative = 1e-12);
        assert_relative_eq!(of_x_0, expected, max_relative = 1e-12);
        assert_eq!(crossing(&schedule), 3);
    }
}
