//! One Gaussian for two modes: the forward divergence matches moments, the reverse one seeks a mode.

use ndarray::{Array2, array};
use plot::{Align, Figure, Panel, Style, theme};
use prob::{Gaussian, Mixture, integrate};

use super::on_the_line::{density, grid, moments, normal};
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "kl_directions",
    title: "forward and reverse divergence fit two modes with one Gaussian",
    claims: &["A1a", "A2a", "A2b", "R7"],
    draw,
};

/// What is shown of x.
const LOW: f64 = -4.6;
const HIGH: f64 = 4.6;

/// Shares of the two modes.
const WEIGHTS: [f64; 2] = [0.6, 0.4];

fn target() -> Mixture {
    Mixture::new(WEIGHTS.to_vec(), vec![normal(-1.7, 0.35), normal(1.8, 0.2)]).expect("weights add up to one")
}

fn log_ratio(p: &Mixture, q: &Gaussian, x: f64) -> f64 {
    p.log_prob(&array![x]) - q.log_prob(&array![x])
}

/// `KL(p ‖ q)`, nats.
fn forward(p: &Mixture, q: &Gaussian) -> f64 {
    let integrand = |x: f64| p.log_prob(&array![x]).exp() * log_ratio(p, q, x);
    integrate(integrand, &[-12.0, -1.7, 0.0, 1.8, 12.0], 1e-10).value
}

/// `KL(q ‖ p)`, nats.
fn reverse(p: &Mixture, q: &Gaussian) -> f64 {
    let (m, variance) = moments(q);
    let sd = variance.sqrt();
    let integrand = |x: f64| -q.log_prob(&array![x]).exp() * log_ratio(p, q, x);
    integrate(integrand, &[m - 12.0 * sd, m - 3.0 * sd, m, m + 3.0 * sd, m + 12.0 * sd], 1e-10).value
}

/// `KL(q ‖ p)` by a rule of fixed nodes, to be quick while searching.
struct Search {
    p: Mixture,
    /// The trapezoidal rule under `N(0, 1)`, its steps finer than the turn of `log p` between the modes.
    nodes: Array2<f64>,
    weights: Vec<f64>,
}

impl Search {
    fn new(p: Mixture) -> Self {
        let (reach, n) = (7.0, 280);
        let nodes: Vec<f64> = grid(-reach, reach, n).collect();
        let step = 2.0 * reach / n as f64;
        let weights =
            nodes.iter().map(|e| step * (-0.5 * e * e).exp() / std::f64::consts::TAU.sqrt()).collect();
        Self { p, nodes: Array2::from_shape_vec((n + 1, 1), nodes).expect("one column"), weights }
    }

    /// `E_q log q - E_q log p` for `q = N(m, s²)`.
    fn reverse(&self, m: f64, s: f64) -> f64 {
        let log_p = self.p.log_probs(&(&self.nodes * s + m));
        let cross = log_p.iter().zip(&self.weights).map(|(l, w)| l * w).sum::<f64>();
        -normal(m, s * s).entropy() - cross
    }

    /// The best `s` for this mean: the best of a coarse grid, then golden sections around it.
    fn best_spread(&self, m: f64) -> f64 {
        let at = |log_s: f64| self.reverse(m, log_s.exp());
        let coarse = grid(-1.6, 1.2, 28).min_by(|a, b| at(*a).total_cmp(&at(*b))).expect("a grid has points");
        least(at, coarse - 0.1, coarse + 0.1).exp()
    }

    /// The best Gaussian with its mean in this range.
    fn best_between(&self, low: f64, high: f64) -> Gaussian {
        let m = least(|m| self.reverse(m, self.best_spread(m)), low, high);
        normal(m, self.best_spread(m).powi(2))
    }
}

/// Where `f` is least between `low` and `high`, if it falls and then rises: golden sections.
fn least(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    for _ in 0..24 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if f(a) < f(b) { high = b } else { low = a }
    }
    0.5 * (low + high)
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let p = target();
    let search = Search::new(p.clone());
    let matched = Gaussian::new(p.mean(), p.covariance()).expect("a mixture has a positive variance");
    let (left, right) = (search.best_between(-2.3, -1.2), search.best_between(1.3, 2.3));
    let curve = |law: &Gaussian| density(&Mixture::from(law.clone()), LOW, HIGH);
    let words = |color| Style::new(color).size(8.5);
    let fits = Panel::new("the best Gaussians")
        .x_label("$x$")
        .y_label("density")
        .x_range(LOW, HIGH)
        .y_range(0.0, 1.02)
        .band(
            density(&p, LOW, HIGH).into_iter().map(|(x, y)| (x, 0.0, y)),
            Style::new(theme::GUIDE).name("p"),
        )
        .line(curve(&matched), Style::new(theme::BLUE).name("least forward divergence"))
        .line(curve(&left), Style::new(theme::VERMILLION).dashed().name("least reverse divergence"))
        .line(
            curve(&right),
            Style::new(theme::VERMILLION).dotted().name("least reverse divergence at the other mode"),
        )
        .text((-1.75, 0.06), "$p$", words(theme::TEXT))
        .text((3.75, 0.12), "forward", words(theme::BLUE))
        .text((-2.35, 0.62), "reverse", words(theme::VERMILLION).align(Align::Right))
        .text((2.35, 0.83), "reverse,", words(theme::VERMILLION).align(Align::Left))
        .text((2.35, 0.76), "other mode", words(theme::VERMILLION).align(Align::Left));
    let means = || grid(-2.8, 2.8, 112);
    let (mean, variance) = moments(&matched);
    // With the best variance for its mean, which for the forward divergence is the second moment about it.
    let forwards = means().map(|m| (m, forward(&p, &normal(m, variance + (m - mean).powi(2)))));
    let reverses: Vec<(f64, f64)> = means().map(|m| (m, search.reverse(m, search.best_spread(m)))).collect();
    let found = |law: &Gaussian, of: fn(&Mixture, &Gaussian) -> f64| [(law.mean()[0], of(&p, law))];
    let searched = Panel::new("each mean with its best variance")
        .x_label("mean of $q$")
        .y_label("divergence (nats)")
        .y_range(0.0, 1.6)
        .line(forwards, Style::new(theme::BLUE).name("KL(p, q)"))
        .line(reverses, Style::new(theme::VERMILLION).dashed().name("KL(q, p)"))
        .points(found(&matched, forward), Style::new(theme::BLUE).size(4.4).name("moments matched"))
        .points(found(&left, reverse), Style::new(theme::VERMILLION).size(4.4).name("mode"))
        .points(found(&right, reverse), Style::new(theme::VERMILLION).size(4.4).name("other mode"))
        .text((mean, 0.43), r"$\mathrm{KL}(p \| q)$", words(theme::BLUE))
        .text((-0.75, 1.27), r"$\mathrm{KL}(q \| p)$", words(theme::VERMILLION));
    let mut figure = Figure::new(160.0, 68.0).columns(2);
    figure.panel(fits).panel(searched);
    let (mode, mode_variance) = moments(&left);
    let caption = format!(
        "A Gaussian $q$ for two modes $p$. The least forward divergence $\\mathrm{{KL}}(p \\| q)$ has the moments of $p$, mean {mean:.2} \
         and variance {variance:.2}, and puts mass where $p$ has little: {:.3} nats, the other way {:.3}. The least reverse divergence \
         $\\mathrm{{KL}}(q \\| p)$ keeps to one mode, mean {mode:.2} and variance {mode_variance:.2}: {:.3} nats, about \
         $-\\log {} = {:.3}$, but forward {:.1}. The other mode is a second minimum with {:.3} nats.",
        forward(&p, &matched),
        reverse(&p, &matched),
        reverse(&p, &left),
        WEIGHTS[0],
        -WEIGHTS[0].ln(),
        forward(&p, &left),
        reverse(&p, &right),
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_neighbour_of_a_fit_is_better() {
        let p = target();
        let matched = Gaussian::new(p.mean(), p.covariance()).unwrap();
        let left = Search::new(p.clone()).best_between(-2.3, -1.2);
        for (law, of) in [(matched, forward as fn(&Mixture, &Gaussian) -> f64), (left, reverse)] {
            let (m, v) = moments(&law);
            for (dm, dv) in [(0.02, 0.0), (-0.02, 0.0), (0.0, 0.02), (0.0, -0.02)] {
                assert!(of(&p, &normal(m + dm, v + dv)) > of(&p, &law));
            }
        }
    }
}
