//! Codes and dead codes, bound and evidence against their number.

use plot::{Align, Figure, Panel, Style, theme};

use crate::studies::quantised::{CODES, Quantised, Study};

/// What the codes of two models decode to, what the prior over codes costs, and how far bound and evidence are below what
/// the law of the data would have.
pub fn figure(study: &Study) -> Figure {
    let mut figure = Figure::new(175.0, 140.0).columns(2);
    if let Some(sixteen) = study.models.iter().find(|model| model.codes == 16) {
        figure.panel(codes(study, sixteen, "16 codes"));
    }
    let alone = &study.left_alone;
    figure.panel(codes(study, alone, &format!("{} codes, dead ones left alone", alone.codes)));
    figure.panel(price(study)).panel(below(study));
    figure
}

/// What codes decode to, over the data.
fn codes(study: &Study, model: &Quantised, title: &str) -> Panel {
    let decoded = model.model.decoded_codes();
    let with = |wanted: bool| {
        let counts = model.usage.counts().iter();
        let codes = decoded.rows().into_iter().zip(counts).filter(move |(_, count)| (**count > 0) == wanted);
        codes.map(|(at, _)| (at[0], at[1])).collect::<Vec<_>>()
    };
    // Every fourth point, so that both moons are there.
    let points = study.points.rows().into_iter().step_by(4).map(|x| (x[0], x[1]));
    let panel = Panel::new(title.to_owned())
        .x_label("$x_1$")
        .y_label("$x_2$")
        .points(points, Style::new(theme::GUIDE).size(1.0).opacity(0.5).label("points"))
        .points(with(true), Style::new(theme::BLUE).size(3.6).label(format!("used: {}", with(true).len())));
    match with(false) {
        dead if dead.is_empty() => panel,
        dead => {
            let label = format!("dead: {}", dead.len());
            // A pale core tells them apart without colour, too.
            let core = Style::new(theme::WHITE).size(1.6).opacity(1.0).name("dead, core");
            panel
                .points(dead.clone(), Style::new(theme::VERMILLION).size(3.6).label(label))
                .points(dead, core)
        }
    }
}

/// Codes stand at their logarithm to base 2.
fn over_codes(title: &str) -> Panel {
    Panel::new(title)
        .x_label("codes $K$ (logarithmic)")
        .x_ticks(CODES.map(|codes| ((codes as f64).log2(), codes.to_string())))
        .x_range(-0.3, 6.6)
}

fn series(models: &[Quantised], value: impl Fn(&Quantised) -> (f64, f64)) -> Vec<(f64, f64, f64)> {
    let at = |model: &Quantised| {
        let (mean, std_err) = value(model);
        ((model.codes as f64).log2(), mean, std_err)
    };
    models.iter().map(at).collect()
}

/// The prior matching term of both priors.
fn price(study: &Study) -> Panel {
    let uniform = CODES.map(|codes| ((codes as f64).log2(), (codes as f64).ln()));
    let learned = series(&study.models, |model| (model.price.mean, model.price.std_err));
    let alone = &study.left_alone;
    let alone = ((alone.codes as f64).log2() + 0.15, alone.price.mean, alone.price.std_err);
    over_codes("what a prior over codes costs")
        .y_label(r"$\mathrm{KL}(q(k|x)\,\Vert\,\pi)$ (nats)")
        .line(uniform, Style::new(theme::VERMILLION).width(0.8).label("uniform prior: $\\log K$"))
        .error_bars(learned, Style::new(theme::BLUE).label("learned prior"))
        .error_bars([alone], Style::new(theme::ORANGE).label("dead codes left alone"))
        .key()
}

/// What bounds and evidence lack.
fn below(study: &Study) -> Panel {
    let panel = over_codes("what bounds and $\\log p(x)$ of a fresh point lack")
        .y_label(r"nats below $\mathrm{E} \log p_{\mathrm{data}}(x)$")
        .y_log();
    type Lacking = fn(&Quantised) -> (f64, f64);
    let curves: [(&str, Style, Lacking); 3] = [
        ("bound, uniform prior", Style::new(theme::VERMILLION).dashed(), |m| {
            (m.below[0].mean, m.below[0].std_err)
        }),
        ("bound, learned prior", Style::new(theme::BLUE), |m| (m.below[1].mean, m.below[1].std_err)),
        (r"$\log p(x)$", Style::new(theme::GREEN).dotted(), |m| (m.divergence.mean, m.divergence.std_err)),
    ];
    let panel = curves.into_iter().fold(panel, |panel, (name, style, value)| {
        let points = series(&study.models, value);
        panel
            .line(points.iter().map(|p| (p.0, p.1)), style.clone().width(0.9).name(format!("{name}, path")))
            .error_bars(points, style.label(name))
    });
    panel
        .text((6.5, 30.0), "bars: one standard error", Style::new(theme::GUIDE).size(7.5).align(Align::Right))
        .key()
}
