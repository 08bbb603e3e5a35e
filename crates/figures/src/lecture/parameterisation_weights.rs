//! What an error of each prediction costs, how large the error of the best denoiser is, and their product, which is the same for all.

use montecarlo::{Estimate, Moments, Streams};
use ndarray::Axis;
use plot::{Color, Figure, Panel, Style, theme};
use prob::{Mixture, standard_normal};
use toy::Preset;
use vdm::{Channel, ExactDenoiser, Parameterisation, Schedule};

use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "parameterisation_weights",
    title: "weights of the five predictions, and the error that each has",
    claims: &["D9b", "D9c", "D9d", "D9e", "D9f", "D9h", "D11c"],
    draw,
};

const STEPS: usize = 61;
const LOG_SNR: f64 = 6.0;
const DRAWS: usize = 4000;
/// Every so many steps the errors are drawn as well.
const STRIDE: usize = 10;

struct Look {
    prediction: Parameterisation,
    name: &'static str,
    style: Style,
    color: Color,
}

fn looks() -> [Look; 5] {
    use Parameterisation::{Clean, Mean, Noise, Score, Velocity};
    let look = |prediction, name, color, style: Style| Look { prediction, name, style, color };
    [
        look(Clean, "$x_0$", theme::BLUE, Style::new(theme::BLUE)),
        look(Noise, r"$\varepsilon$", theme::VERMILLION, Style::new(theme::VERMILLION).dashed()),
        look(Velocity, "$v$", theme::GREEN, Style::new(theme::GREEN).dotted()),
        look(Score, "score", theme::PURPLE, Style::new(theme::PURPLE).width(0.8)),
        look(Mean, r"$\mu_q$", theme::BLACK, Style::new(theme::BLACK).dashed().width(0.8)),
    ]
}

fn schedule() -> Schedule {
    Schedule::from_log_snr_end_points(STEPS, LOG_SNR, -LOG_SNR).expect("end points that fall")
}

/// `E|x_0 - E[x_0|x_t]|²`, exact.
fn mmse(data: &Mixture, schedule: &Schedule, t: usize) -> f64 {
    let channel = Channel::new(data, schedule.snr(t)).expect("data on the line");
    channel.mmse().expect("modes wide enough for quadrature")
}

/// The error of another prediction from that of `x_0`: the reverse mean moves by the same.
fn error(schedule: &Schedule, t: usize, prediction: Parameterisation, of_x_0: f64) -> f64 {
    of_x_0 * (schedule.gain(t, Parameterisation::Clean) / schedule.gain(t, prediction)).powi(2)
}

/// `E|r - r̂(x_t)|²` of every prediction `r` by Monte Carlo, each difference formed in its own terms.
fn drawn_errors(data: &Mixture, schedule: &Schedule, t: usize, streams: Streams) -> [Estimate; 5] {
    use Parameterisation::Clean;
    let denoiser = ExactDenoiser::new(data, schedule).expect("modes of ordinary width");
    let mut rng = streams.rng(t as u64);
    let x_0 = data.sample(DRAWS, &mut rng);
    let x_t = schedule.noised(t, &x_0, standard_normal((DRAWS, 1), &mut rng));
    let answers = denoiser.denoise(&x_t, t);
    looks().map(|look| {
        let rows = x_t.axis_iter(Axis(0)).zip(x_0.axis_iter(Axis(0))).zip(answers.axis_iter(Axis(0)));
        let squares = rows.map(|((x_t, x_0), answer)| {
            let target = schedule.convert(t, &x_t, Clean, &x_0, look.prediction);
            let found = schedule.convert(t, &x_t, Clean, &answer, look.prediction);
            (target[0] - found[0]).powi(2)
        });
        squares.collect::<Moments>().estimate()
    })
}

fn draw(studio: &Studio) -> Result<Drawing, FigureError> {
    let (data, schedule) = (Preset::Bimodal.mixture(), schedule());
    let streams = studio.streams("parameterisation_weights");
    let levels: Vec<(usize, f64, f64)> =
        (2..=STEPS).rev().map(|t| (t, schedule.log_snr(t), mmse(&data, &schedule, t))).collect();
    let panel = |title: &str| Panel::new(title).x_label("log SNR$(t)$");
    let mut weights = panel("weight of a squared error").y_log();
    let mut errors = panel("error of the best denoiser").y_log().y_range(3e-5, 2e3);
    let matching = levels.iter().map(|&(t, log_snr, mmse)| (log_snr, schedule.snr_weight(t) * mmse));
    let mut products = panel(r"weight $\times$ error (nats)")
        .line(matching.clone(), Style::new(theme::BLACK).name("matching term"));
    let drawn: Vec<(usize, [Estimate; 5])> = (2 + STRIDE / 2..=STEPS)
        .step_by(STRIDE)
        .map(|t| (t, drawn_errors(&data, &schedule, t, streams)))
        .collect();
    for (i, Look { prediction, name, style, color }) in looks().into_iter().enumerate() {
        let weight = levels.iter().map(|&(t, log_snr, _)| (log_snr, schedule.weight(t, prediction)));
        let exact = levels.iter().map(|&(t, log_snr, mmse)| (log_snr, error(&schedule, t, prediction, mmse)));
        let bars = |scale: &dyn Fn(usize) -> f64| -> Vec<(f64, f64, f64)> {
            let bar = |&(t, ref of_each): &(usize, [Estimate; 5])| {
                (schedule.log_snr(t), of_each[i].mean * scale(t), 2.0 * of_each[i].std_err * scale(t))
            };
            drawn.iter().map(bar).collect()
        };
        let sampled = || Style::new(color).size(3.0).name(format!("{name}, drawn, two standard errors"));
        weights = weights.line(weight, style.clone().label(name));
        errors = errors.line(exact, style.label(name)).error_bars(bars(&|_| 1.0), sampled());
        products = products.error_bars(bars(&|t| schedule.weight(t, prediction)), sampled());
    }
    let mut figure = Figure::new(160.0, 68.0).columns(3);
    figure.panel(weights).panel(errors).panel(products);
    let total: f64 = matching.map(|(_, term)| term).sum();
    let farthest = drawn.iter().flat_map(|(t, of_each)| {
        let terms: Vec<f64> = (looks().iter().zip(of_each))
            .map(|(look, error)| schedule.weight(*t, look.prediction) * error.mean)
            .collect();
        terms.clone().into_iter().map(move |term| (term / terms[0] - 1.0).abs())
    });
    let caption = format!(
        "Left: the weight of a squared error of each prediction in the bound, for {STEPS} steps even in \
         log-SNR. Middle: the mean squared error of the best denoiser of data with two modes, exact (lines) and from {DRAWS} draws (bars of two standard \
         errors). Right: their product, the matching term, is one curve for all five; drawn, the five differ by no more than a part in \
         $10^{{{:.0}}}$. The terms sum to {total:.3} nats.",
        -farthest.fold(0.0, f64::max).log10().ceil()
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// Weight and error of every prediction multiply to the same matching term, and the errors are those that are drawn.
    #[test]
    fn the_product_is_one_and_the_draws_agree() {
        let (data, schedule) = (Preset::Bimodal.mixture(), schedule());
        for t in [2, 20, 40, STEPS] {
            let mmse = mmse(&data, &schedule, t);
            let drawn = drawn_errors(&data, &schedule, t, Streams::new(5));
            for (look, drawn) in looks().iter().zip(drawn) {
                let exact = error(&schedule, t, look.prediction, mmse);
                let term = schedule.weight(t, look.prediction) * exact;
                assert_relative_eq!(term, schedule.snr_weight(t) * mmse, max_relative = 1e-10);
                assert!(
                    drawn.deviation(exact).abs() < 5.0,
                    "{:?} at {t}: {drawn} not {exact}",
                    look.prediction
                );
            }
        }
    }
}
