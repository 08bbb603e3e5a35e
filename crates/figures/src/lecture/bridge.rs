//! The bridge `q(x_t|x_{t-1}, x_{t+1})` against `q(x_t|x_{t-1})`, which the consistency terms as printed take for it, and the error
//! that this makes at every step.

use ndarray::array;
use plot::{Align, Figure, Panel, Style, theme};
use prob::{Gaussian, Mixture};

use super::noising::density_at;
use super::setting::{X_0, setting};
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "bridge",
    title: "the bridge between two neighbours, and what forgetting one of them costs",
    claims: &["C6", "D6a", "D6b", "D6c", "D6d", "R1"],
    draw,
};

/// The step whose bridge is drawn, and its lower neighbour.
const STEP: usize = 4;
const BELOW: f64 = 0.8;
/// Upper neighbours.
const ABOVE: [f64; 3] = [-1.5, 0.6, 2.1];

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let model = setting();
    let (schedule, reverse) = (model.schedule(), model.reverse());
    let places: Vec<f64> = (0..=300).map(|i| -1.8 + f64::from(i) * 0.014).collect();
    let curve = |mean: f64, variance: f64| -> Vec<(f64, f64)> {
        let law = Gaussian::isotropic(array![mean], variance).expect("a positive variance");
        places.iter().copied().zip(density_at(&Mixture::from(law), &places)).collect()
    };
    let bridge = schedule.bridge(STEP);
    let encoder_mean = schedule.alpha(STEP).sqrt() * BELOW;
    let peak = |variance: f64| 1.0 / (std::f64::consts::TAU * variance).sqrt();
    let mut left = Panel::new(format!("laws of $x_t$ given $x_{{t-1}} = {BELOW}$"))
        .x_label("$x_t$")
        .y_label("density")
        .y_range(0.0, 1.18 * peak(bridge.variance));
    for (above, color) in ABOVE.into_iter().zip([theme::BLUE, theme::SKY, theme::GREEN]) {
        let mean = bridge.of_below * BELOW + bridge.of_above * above;
        left = left
            .line(curve(mean, bridge.variance), Style::new(color).name(format!("bridge, x_(t+1) = {above}")))
            .text((mean, 1.07 * peak(bridge.variance)), format!("${above}$"), Style::new(color));
    }
    let beside = |color| Style::new(color).align(Align::Left);
    left = left
        .text((-1.85, 1.07 * peak(bridge.variance)), "bridge, $x_{t+1} =$", beside(theme::BLUE))
        .line(
            curve(encoder_mean, schedule.beta(STEP)),
            Style::new(theme::VERMILLION).dashed().name("q(x_t|x_(t-1))"),
        )
        .text((-1.85, 0.82 * peak(bridge.variance)), "dashed: $q(x_t|x_{t-1})$", beside(theme::VERMILLION));
    let x_0 = array![X_0];
    let (exact, printed) = (model.consistency(&x_0), model.consistency_as_printed(&x_0));
    let steps = 1..model.steps();
    let errors: Vec<(f64, f64)> = (steps.clone().zip(&printed.matching).zip(&exact.matching))
        .map(|((t, printed), exact)| (t as f64, printed - exact))
        .collect();
    let formula = steps.map(|t| {
        let error =
            reverse.scale(t + 1) * schedule.alpha(t + 1).sqrt() * schedule.beta(t) / reverse.variance(t + 1);
        (t as f64, error)
    });
    let right = Panel::new("printed term less true term")
        .x_label("step $t$")
        .y_label("nats")
        .x_range(0.6, 5.4)
        .y_range(0.0, 0.48)
        .line(formula, Style::new(theme::GUIDE).name("formula"))
        .points(errors.clone(), Style::new(theme::VERMILLION).size(4.2).name("difference"))
        .text(
            (0.8, 0.06),
            r"line: $m\,\sqrt{\alpha_{t+1}}\,(1-\alpha_t)\,/\,v$",
            Style::new(theme::TEXT).align(Align::Left),
        );
    let mut figure = Figure::new(160.0, 62.0).columns(2).widths(&[1.2, 1.0]);
    figure.panel(left).panel(right);
    let total: f64 = errors.iter().map(|(_, error)| error).sum();
    let caption = format!(
        "Left: the bridge $q(x_t|x_{{t-1}}, x_{{t+1}})$ at $t = {STEP}$ of {} steps for three upper neighbours. It moves with $x_{{t+1}}$ and is \
         narrower than $q(x_t|x_{{t-1}})$ (dashed), which Luo (45) as printed puts in its place. Right: by how much each printed term is then too \
         large (dots), and the closed form for $p(x_t|x_{{t+1}}) = \\mathcal N(m x_{{t+1}}, v)$ (line). Together the terms are {total:.4} nats too large.",
        model.steps()
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// The difference of the two means of the table of variances.
    #[test]
    fn what_is_forgotten_is_what_the_bound_lacks() {
        let model = setting();
        let x_0 = array![X_0];
        let lacking = model.consistency(&x_0).elbo() - model.consistency_as_printed(&x_0).elbo();
        assert_relative_eq!(lacking, 2.9009 - 1.3196, epsilon = 1e-4);
    }
}
