//! The forward process in the plane: a ring of eight modes at five noise levels, density and samples.

use ndarray::{Array2, array};
use plot::{ColorScale, Figure, Panel, Style, theme};
use prob::standard_normal;
use toy::Preset;

use super::noising::{FINE, fine_schedule, in_the_plane, law_at, nearest_step};
use super::numbers::scientific;
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "forward_plane",
    title: "the forward process in the plane: a ring fades into noise",
    claims: &["D1a", "D1b", "D1d", "D2a", "D2b"],
    draw,
};

const HALF: f64 = 3.3;
const SAMPLES: usize = 240;

fn draw(studio: &Studio) -> Result<Drawing, FigureError> {
    let (data, schedule) = (Preset::Ring8.mixture(), fine_schedule());
    let mut rng = studio.streams("forward_plane").rng(0);
    let (x_0, modes) = data.sample_labelled(SAMPLES, &mut rng);
    let eps = standard_normal((SAMPLES, 2), &mut rng);
    let steps =
        [0, nearest_step(&schedule, 3.0), nearest_step(&schedule, 1.0), nearest_step(&schedule, -1.0), FINE];
    let mut figure = Figure::new(160.0, 47.0).columns(steps.len()).share_y();
    for t in steps {
        let (raster, extent) = in_the_plane(&law_at(&data, &schedule, t), HALF);
        let x_t = if t == 0 { x_0.clone() } else { schedule.noised(t, &x_0, eps.clone()) };
        let of = |first: bool| shown(&x_t, &modes, first);
        let level =
            if t == 0 { "no noise".to_owned() } else { format!("log SNR ${:.1}$", schedule.log_snr(t)) };
        // Half the strength of the colours: marks must read on top of them.
        let peak = raster.values().iter().fold(f64::MIN_POSITIVE, |max: f64, &v| max.max(v));
        let shade = ColorScale::new(theme::DENSITY).range(0.0, 2.0 * peak);
        let panel = Panel::new(level)
            .name(format!("t = {t}"))
            .x_label(match schedule.alpha_bar(t) {
                small if small < 1e-3 => format!(r"$t = {t}$, $\bar{{\alpha}}_t = {}$", scientific(small)),
                share => format!(r"$t = {t}$, $\bar{{\alpha}}_t = {share:.2}$"),
            })
            .x_range(-HALF, HALF)
            .y_range(-HALF, HALF)
            .equal_aspect()
            .no_grid()
            .density(raster, extent, shade)
            .points(of(false), Style::new(theme::BLACK).size(1.3).name("samples of the other modes"))
            .points(of(true), Style::new(theme::VERMILLION).size(2.4).name("samples of one mode"));
        figure.panel(panel);
    }
    let caption = format!(
        "The forward process of a ring of eight modes at $t = {}$ of {FINE} steps. The shade is the exact density of $q(x_t)$, each panel \
         with its own scale; the dots are samples of it. Those that began in the mode on the right are larger: at log SNR {:.1} they are \
         still together, at the end they are anywhere. For a point at the centre of a mode \
         $\\mathrm{{KL}}(q(x_T|x_0) \\| \\mathcal N(0, I))$ is then ${}$ nats.",
        steps.map(|t| t.to_string()).join(", "),
        schedule.log_snr(steps[2]),
        scientific(schedule.prior_matching(&array![2.0, 0.0]))
    );
    Ok(Drawing::new(figure, caption))
}

/// The samples of the first mode, or of the others.
fn shown(x_t: &Array2<f64>, modes: &[usize], first: bool) -> Vec<(f64, f64)> {
    let rows = x_t.rows().into_iter().zip(modes).filter(|(_, mode)| (**mode == 0) == first);
    rows.map(|(x, _)| (x[0], x[1])).collect()
}
