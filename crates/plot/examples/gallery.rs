//! Every kind of mark on a few demonstration pages: `cargo run --example gallery [DIR [THEME [WIDTH]]]`, with a
//! theme of light, dark and print, and a width in mm to which every page is fitted.

use std::f64::consts::TAU;

use plot::{
    Align, Arrow, ColorScale, Diagram, Extent, Figure, Format, Node, Panel, Pictures, PlotError, Raster,
    Style, Theme, theme,
};

fn main() -> Result<(), PlotError> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().unwrap_or_else(|| "target/gallery".to_owned());
    let theme: Theme = arguments.next().map_or(Ok(Theme::Light), |name| name.parse())?;
    let width: Option<f64> = arguments.next().and_then(|width| width.parse().ok());
    let figures = [
        ("latents", latents()),
        ("decomposition", decomposition()),
        ("curves", curves()),
        ("density", density()),
        ("pictures", pictures()),
        ("labels", labels()),
        ("diagram_vae", vae_diagram()),
        ("diagram_mhvae", mhvae_diagram()),
        ("diagram_vdm", vdm_diagram()),
    ];
    for (name, figure) in figures {
        let figure = width.map_or(Ok(figure.clone()), |width| figure.fit_width(width))?.theme(theme);
        for path in figure.save(&dir, name, &Format::ALL)? {
            println!("{}", path.display());
        }
    }
    Ok(())
}

/// A reproducible stream of numbers in (0, 1), by xorshift.
fn uniform(seed: u32) -> impl Iterator<Item = f64> {
    let mut state = u64::from(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64 + 1e-17
    })
    .skip(20)
}

fn normal_pairs(seed: u32) -> impl Iterator<Item = [f64; 2]> {
    let mut numbers = uniform(seed);
    std::iter::from_fn(move || {
        let (u, v) = (numbers.next()?, numbers.next()?);
        let radius = (-2.0 * u.ln()).sqrt();
        Some([radius * (TAU * v).cos(), radius * (TAU * v).sin()])
    })
}

fn cloud(seed: u32, centre: [f64; 2], scale: f64, count: usize) -> Vec<[f64; 2]> {
    normal_pairs(seed).take(count).map(|[x, y]| [centre[0] + scale * x, centre[1] + scale * y]).collect()
}

fn latents() -> Figure {
    let mut figure = Figure::new(160.0, 68.0).columns(3).share_x().share_y();
    let names = ["new", "crescent", "half", "full"];
    for (title, spread) in [("reconstruction only", 2.0), (r"$\beta = 1$", 1.0), ("KL term only", 0.1)] {
        let mut panel = Panel::new(title).x_label("$z_1$").y_label("$z_2$").equal_aspect().no_grid();
        panel = panel.circle((0.0, 0.0), 1.0, Style::guide().label(r"$1\sigma$")).circle(
            (0.0, 0.0),
            2.0,
            Style::guide().label(r"$2\sigma$"),
        );
        for (i, name) in names.iter().enumerate() {
            let angle = TAU * (i as f64 + 0.4) / 4.0;
            let centre = [spread * angle.cos(), spread * angle.sin()];
            let points = cloud(i as u32 + 1, centre, 0.25 + 0.4 * (1.0 - spread / 2.0), 500);
            panel = panel.points(points, Style::series(i).label(*name));
        }
        let tilted = Style::new(theme::BLACK).fill(0.12);
        figure.panel(panel.ellipse((spread * 0.8, spread * 0.6), (0.8, 0.3), 0.6, tilted));
    }
    figure
}

fn decomposition() -> Figure {
    let mut figure = Figure::new(160.0, 70.0).columns(2).widths(&[1.2, 1.0]);
    let steps = ["VAE", "$T = 1$", "$T = 2$", "$T = 4$", "$T = 8$", r"$T \to \infty$"];
    figure.panel(
        Panel::new("negative ELBO by term")
            .y_label("nats per example")
            .categories(steps)
            .bars([1.9, 1.7, 1.2, 0.8, 0.6, 0.5], Style::series(0).label("reconstruction"))
            .bars([1.6, 1.6, 1.5, 1.5, 1.45, 1.4], Style::series(1).label("diffusion"))
            .bars([0.3, 0.25, 0.12, 0.08, 0.05, 0.03], Style::series(2).label("prior"))
            .horizontal(1.87, Style::guide().label(r"$-\log p(x)$")),
    );
    let sizes = [100.0, 300.0, 1000.0, 3000.0, 10_000.0, 30_000.0];
    let errors =
        sizes.map(|n: f64| (n, 1.4 / n.sqrt() * (1.0 + 0.2 * (n.ln() * 3.0).sin()), 0.25 / n.sqrt()));
    figure.panel(
        Panel::new("error of the Monte Carlo estimate")
            .x_label("samples $N$")
            .y_label(r"$|\hat{L} - L|$ (nats)")
            .x_log()
            .y_log()
            .line(
                sizes.map(|n| (n, 1.4 / n.sqrt())),
                Style::guide().label(r"$N^{-1/2}$").label_at(4000.0, 0.05),
            )
            .error_bars(errors, Style::new(theme::BLUE)),
    );
    figure
}

fn curves() -> Figure {
    let mut figure = Figure::new(160.0, 115.0).columns(2).title("One schedule, four views");
    let times: Vec<f64> = (0..=200).map(|i| f64::from(i) / 200.0).collect();
    let gamma = |t: f64| -13.3 + 18.3 * t;
    let sigmoid = |v: f64| 1.0 / (1.0 + (-v).exp());
    let curve = |f: &dyn Fn(f64) -> f64| times.iter().map(|&t| (t, f(t))).collect::<Vec<_>>();
    figure.panel(
        Panel::new("signal and noise")
            .x_label("$t$")
            .y_label("weight")
            .line(curve(&|t| sigmoid(-gamma(t)).sqrt()), Style::series(0).label(r"$\bar{\alpha}_t$"))
            .line(curve(&|t| sigmoid(gamma(t)).sqrt()), Style::new(theme::VERMILLION).label(r"$\sigma_t$"))
            .line(
                curve(&|t| sigmoid(gamma(t))),
                Style::new(theme::VERMILLION).dashed().label(r"$\sigma_t^2$"),
            ),
    );
    figure.panel(
        Panel::new("signal-to-noise ratio")
            .x_label("$t$")
            .y_label(r"$\mathrm{SNR}(t) = \alpha_t^2 / \sigma_t^2$")
            .y_log()
            .vertical(0.727, Style::guide().label(r"$\mathrm{SNR} = 1$"))
            .line(curve(&|t| (-gamma(t)).exp()), Style::series(0).label("linear"))
            .line(curve(&|t| (13.3 - 18.3 * t.powi(3)).exp()), Style::series(1).label("cubic")),
    );
    figure.panel(
        Panel::new("running estimate with two standard errors")
            .x_label("optimiser steps")
            .y_label("ELBO (nats)")
            .band(
                times.iter().map(|&t| {
                    let (mean, half) = (-1.2 - (-6.0 * t).exp(), 0.08 + 0.3 * (-4.0 * t).exp());
                    (5000.0 * t, mean - half, mean + half)
                }),
                Style::new(theme::BLUE).label(r"$\pm 2$ s.e."),
            )
            .line(
                times.iter().map(|&t| (5000.0 * t, -1.2 - (-6.0 * t).exp() + 0.02 * (60.0 * t).sin())),
                Style::new(theme::BLUE).label("trained"),
            )
            .horizontal(-1.13, Style::guide().label("exact"))
            .text((2600.0, -1.9), "settles early", Style::new(theme::TEXT).align(Align::Left))
            .arrow((2500.0, -1.88), (1700.0, -1.38), Style::new(theme::TEXT)),
    );
    let edges: Vec<f64> = (0..=24).map(|i| -3.0 + 0.25 * f64::from(i)).collect();
    let samples = cloud(9, [0.0, 0.0], 1.0, 2000);
    let heights: Vec<f64> = edges
        .windows(2)
        .map(|e| samples.iter().filter(|s| (e[0]..e[1]).contains(&s[0])).count() as f64 / 500.0)
        .collect();
    let bell = |x: f64| (-0.5 * x * x).exp() / TAU.sqrt();
    figure.panel(
        Panel::new("")
            .x_label("$x$")
            .y_label("density")
            .key()
            .steps(&edges, &heights, Style::new(theme::ORANGE).label("samples, $N = 2000$"))
            .line(
                (-30..=30).map(|i| 0.1 * f64::from(i)).map(|x| (x, bell(x))),
                Style::series(0).label(r"$N(0, 1)$"),
            ),
    );
    figure
}

fn density() -> Figure {
    let mut figure = Figure::new(160.0, 66.0).columns(2).share_y();
    let extent = Extent::square(4.0);
    let bump = |x: f64, y: f64, r: f64| (-(x * x + y * y) / (2.0 * r * r)).exp() / (TAU * r * r);
    let ring = |x: f64, y: f64| {
        let modes = (0..8).map(|k| TAU * f64::from(k) / 8.0);
        modes.map(|a| bump(x - 2.5 * a.cos(), y - 2.5 * a.sin(), 0.4) / 8.0).sum::<f64>()
    };
    let raster = Raster::sample(96, 96, extent, ring);
    figure.panel(
        Panel::new("the density, its level lines, and a path")
            .x_label("$x_1$")
            .y_label("$x_2$")
            .equal_aspect()
            .no_grid()
            .density(raster.clone(), extent, ColorScale::new(theme::DENSITY).bar("$p(x)$"))
            .contours(raster, extent, [0.02, 0.06, 0.1], Style::new(theme::TEXT).width(0.5))
            .line(
                (0..60).map(f64::from).map(|i| (0.04 * i * (0.1 * i).cos(), 0.04 * i * (0.1 * i).sin())),
                Style::new(theme::VERMILLION).label(r"$x_T \to x_0$").label_at(-0.1, 1.1),
            ),
    );
    let colored =
        cloud(5, [0.0, 0.0], 1.2, 2000).into_iter().map(|[x, y]| (x, y, (y.atan2(x) / TAU).abs() * 2.0));
    figure.panel(
        Panel::new("2000 points by value").x_label("$z_1$").y_label("$z_2$").equal_aspect().colored_points(
            colored,
            ColorScale::new(theme::VIRIDIS).range(0.0, 1.0).bar("lit share"),
            Style::series(0),
        ),
    );
    figure
}

fn moon(phase: f64, noise: f64, seed: u32) -> Raster {
    let extent = Extent::square(1.2);
    let mut grain = normal_pairs(seed);
    let clean = Raster::sample(24, 24, extent, |x, y| {
        let edge = (1.0 - y * y).max(0.0).sqrt();
        let lit = x.hypot(y) < 1.0 && x > edge * (1.0 - 2.0 * phase);
        if lit { 0.95 } else { 0.08 }
    });
    let noisy = clean
        .values()
        .iter()
        .map(|v| (1.0 - noise) * v + noise * (0.5 + 0.3 * grain.next().unwrap_or_default()[0]));
    Raster::new(24, 24, noisy.collect::<Vec<_>>())
}

fn pictures() -> Figure {
    let mut figure = Figure::new(160.0, 82.0);
    let mut table = Pictures::new("A chain of noisy moons")
        .column_labels((0..=10).map(|t| format!("$t = {:.1}$", f64::from(t) / 10.0)))
        .column_notes((0..=10).map(|t| format!("{:.1} nats", f64::from(t * t) / 8.0)));
    for (r, name) in ["new", "crescent", "half", "gibbous", "full"].iter().enumerate() {
        let phase = r as f64 / 4.0;
        table = table.row(*name, (0..=10).map(|t| moon(phase, f64::from(t) / 10.0, 100 * r as u32 + t)));
    }
    figure.panel(table);
    figure
}

fn labels() -> Figure {
    let mut figure = Figure::new(160.0, 74.0);
    let samples = [
        r"$\bar{\alpha}_t$ against $x_{t-1}^2$ (nats), $\hat{x}_\theta(z_t; t)$, $\tilde{\mu}_t$, $\dot{\gamma}(t)$",
        r"$q(x_t \mid x_0) = N(\bar{\alpha}_t x_0, \bar{\sigma}_t^2 I)$ and $z_t = \alpha_t x + \sigma_t \epsilon$",
        r"$\log p(x) \ge -D_{\mathrm{KL}}(q_\phi(z|x) \| p(z)) + \mathrm{E}_q[\log p_\theta(x|z)]$",
        r"$\sum_{t=1}^{T} L_t \approx L_\infty$ as $T \to \infty$, $0 \le t \le 1$, $\nabla_\theta L \ne 0$, $\epsilon \sim N(0, I)$",
        r"$\sqrt{1 - \bar{\alpha}_t^2}\, \epsilon$, $10^{-3}$, $\bar{x}'$, $A B \times C \cdot D \pm E$, $i \in I$, $\langle x, y \rangle \equiv x^2$",
        r"$\alpha\beta\gamma\delta\epsilon\varepsilon\zeta\eta\theta\lambda\mu\nu\pi\rho\sigma\tau\phi\chi\psi\omega\,\Gamma\Delta\Theta\Lambda\Sigma\Phi\Psi\Omega$, $\int f$",
    ];
    let mut panel = Panel::new(r"Labels, with $\bar{\alpha}_t$ in the title")
        .no_grid()
        .x_range(0.0, 1.0)
        .y_range(-0.6, 5.6);
    for (i, sample) in samples.iter().enumerate() {
        let style = Style::new(theme::TEXT).align(Align::Left).size(12.0);
        panel = panel.text((0.01, 5.0 - i as f64), *sample, style);
    }
    figure.panel(panel.x_label(r"$\bar{\alpha}_t$").y_label(r"$\bar{\sigma}_t^2$ of $q(x_t \mid x_0)$"));
    figure
}

/// What encodes, and what generates.
fn encoder() -> Arrow {
    Arrow::new().color(theme::BLUE)
}

fn decoder() -> Arrow {
    Arrow::new().color(theme::VERMILLION).dashed()
}

fn vae_diagram() -> Figure {
    let mut figure = Figure::new(160.0, 46.0);
    figure.panel(
        Diagram::new("the variational autoencoder")
            .node("x", (0.0, 0.0), Node::observed("$x$"))
            .node("z", (2.2, 0.0), Node::latent("$z$"))
            .arrow("x", "z", encoder().bend(32.0).label(r"$q_\phi(z \mid x)$"))
            .arrow("z", "x", decoder().bend(32.0).label(r"$p_\theta(x \mid z)$")),
    );
    figure
}

fn mhvae_diagram() -> Figure {
    let mut figure = Figure::new(160.0, 52.0);
    let names = ["x", "z1", "z2", "dots", "zT"];
    let mut diagram = Diagram::new("the Markovian hierarchical variational autoencoder")
        .node("x", (0.0, 0.0), Node::observed("$x$"))
        .node("z1", (1.5, 0.0), Node::latent("$z_1$"))
        .node("z2", (3.0, 0.0), Node::latent("$z_2$"))
        .node("dots", (4.2, 0.0), Node::text(r"$\dots$"))
        .node("zT", (5.4, 0.0), Node::latent("$z_T$"));
    let up = [r"$q(z_1 \mid x)$", r"$q(z_2 \mid z_1)$", "", ""];
    let down = [r"$p(x \mid z_1)$", r"$p(z_1 \mid z_2)$", "", ""];
    for i in 0..4 {
        let named = |arrow: Arrow, label: &str| if label.is_empty() { arrow } else { arrow.label(label) };
        diagram = diagram.arrow(names[i], names[i + 1], named(encoder().bend(32.0), up[i])).arrow(
            names[i + 1],
            names[i],
            named(decoder().bend(32.0), down[i]),
        );
    }
    figure.panel(diagram.brace_below(["z1", "z2", "dots", "zT"], "latent variables, $T$ of them"));
    figure
}

fn vdm_diagram() -> Figure {
    let mut figure = Figure::new(160.0, 92.0);
    let chain = |title: &str| {
        Diagram::new(title)
            .node("0", (0.0, 0.0), Node::observed("$x_0$"))
            .node("d0", (1.15, 0.0), Node::text(r"$\dots$"))
            .node("t-1", (2.3, 0.0), Node::latent("$x_{t-1}$"))
            .node("t", (4.0, 0.0), Node::latent("$x_t$").color(theme::GREEN))
            .node("t+1", (5.7, 0.0), Node::latent("$x_{t+1}$"))
            .node("dT", (6.85, 0.0), Node::text(r"$\dots$"))
            .node("T", (8.0, 0.0), Node::latent("$x_T$"))
    };
    let rest = |diagram: Diagram| {
        let pairs = [("0", "d0"), ("d0", "t-1"), ("t+1", "dT"), ("dT", "T")];
        pairs.into_iter().fold(diagram, |diagram, (a, b)| diagram.arrow(a, b, Arrow::new().faded()))
    };
    figure.panel(
        rest(chain("consistency: both arrows end at the same $x_t$"))
            .arrow("t-1", "t", encoder().bend(35.0).label(r"$q(x_t \mid x_{t-1})$"))
            .arrow("t+1", "t", decoder().bend(-35.0).label(r"$p(x_t \mid x_{t+1})$"))
            .brace_below(["t-1", "t", "t+1"], "a divergence at $x_t$ needs samples of both neighbours"),
    );
    let denoised = chain("denoising: both arrows end at $x_{t-1}$");
    figure.panel(
        rest(denoised)
            .arrow("t", "t-1", encoder().bend(-35.0).label(r"$q(x_{t-1} \mid x_t, x_0)$"))
            .arrow("0", "t-1", encoder().bend(35.0))
            .arrow("t", "t-1", decoder().bend(35.0).label(r"$p(x_{t-1} \mid x_t)$"))
            .arrow("t", "t+1", Arrow::new().faded())
            .brace_below(["t-1", "t"], "a divergence at $x_{t-1}$ needs samples of $x_t$ alone"),
    );
    figure
}
