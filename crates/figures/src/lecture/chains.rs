//! The chains of the derivation, and which arrows each term of the bound compares. Encoders are solid, decoders dashed.

use plot::{Arrow, Diagram, Figure, Node, theme};

use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const VAE: LectureFigure = LectureFigure {
    name: "chain_vae",
    title: "the VAE: which arrows its two terms compare",
    claims: &["B4b", "B5a", "B6a"],
    draw: vae,
};

pub(super) const MHVAE: LectureFigure = LectureFigure {
    name: "chain_mhvae",
    title: "the Markov hierarchical VAE: which arrows its terms compare",
    claims: &["C1a", "C1b", "C3a", "C3b"],
    draw: mhvae,
};

pub(super) const VDM: LectureFigure = LectureFigure {
    name: "chain_vdm",
    title: "the diffusion model: consistency against denoising matching",
    claims: &["D5", "D6b", "D7a", "R1", "R2"],
    draw: vdm,
};

fn encoder() -> Arrow {
    Arrow::new().color(theme::BLUE)
}

fn decoder() -> Arrow {
    Arrow::new().color(theme::VERMILLION).dashed()
}

fn vae(_: &Studio) -> Result<Drawing, FigureError> {
    let mut figure = Figure::new(160.0, 44.0);
    figure.panel(
        Diagram::new("")
            .node("x", (0.0, 0.0), Node::observed("$x$"))
            .node("z", (2.2, 0.0), Node::latent("$z$"))
            .node("prior", (4.4, 0.0), Node::text("$p(z)$"))
            .arrow("x", "z", encoder().bend(32.0).label(r"$q(z \mid x)$"))
            .arrow("z", "x", decoder().bend(32.0).label(r"$p(x \mid z)$"))
            .arrow("prior", "z", decoder())
            .brace_below(["x", "z"], "reconstruction")
            .brace_below(["z", "prior"], "prior matching"),
    );
    let caption = "The VAE. The encoder (solid) draws $z$ for an observation $x$; the decoder (dashed) draws $z$ from the prior and $x$ from $z$. The \
                   reconstruction term looks at $x$ after a walk to $z$ and back; the prior matching term compares the two arrows that end at $z$: \
                   $\\mathrm{ELBO} = \\mathrm E_{q(z|x)} \\log p(x|z) - \\mathrm{KL}(q(z|x) \\,\\|\\, p(z))$.";
    Ok(Drawing::new(figure, caption))
}

fn mhvae(_: &Studio) -> Result<Drawing, FigureError> {
    let mut figure = Figure::new(160.0, 44.0);
    let chain = ["x", "z1", "z2", "dots", "zT"];
    let mut diagram = Diagram::new("")
        .node("x", (0.0, 0.0), Node::observed("$x$"))
        .node("z1", (1.6, 0.0), Node::latent("$z_1$"))
        .node("z2", (3.2, 0.0), Node::latent("$z_2$"))
        .node("dots", (4.5, 0.0), Node::text(r"$\dots$"))
        .node("zT", (5.8, 0.0), Node::latent("$z_T$"))
        .node("prior", (7.3, 0.0), Node::text("$p(z_T)$"));
    let up = [Some(r"$q(z_1 \mid x)$"), Some(r"$q(z_2 \mid z_1)$"), None, None];
    let down = [Some(r"$p(x \mid z_1)$"), Some(r"$p(z_1 \mid z_2)$"), None, None];
    let named = |arrow: Arrow, label: Option<&str>| match label {
        Some(label) => arrow.label(label),
        None => arrow,
    };
    for (i, pair) in chain.windows(2).enumerate() {
        diagram = diagram.arrow(pair[0], pair[1], named(encoder().bend(32.0), up[i])).arrow(
            pair[1],
            pair[0],
            named(decoder().bend(32.0), down[i]),
        );
    }
    figure.panel(
        diagram
            .arrow("prior", "zT", decoder())
            .brace_below(["x", "z1"], "reconstruction")
            .brace_below(["z1", "z2", "dots"], "matching, one for each step")
            .brace_below(["zT", "prior"], "prior matching"),
    );
    let caption = "The Markov hierarchical VAE: a chain of latents, each drawn from the one before. Its bound has a reconstruction term at \
                   $p(x|z_1)$, a prior matching term where the chain ends, and between them a matching term for each step, which \
                   compares the two arrows that meet at a latent.";
    Ok(Drawing::new(figure, caption))
}

/// The chain about step `t`, faded towards both ends.
fn about_step(title: &str) -> Diagram {
    Diagram::new(title)
        .node("0", (0.0, 0.0), Node::observed("$x_0$"))
        .node("left", (1.15, 0.0), Node::text(r"$\dots$"))
        .node("t-1", (2.3, 0.0), Node::latent("$x_{t-1}$"))
        .node("t", (4.0, 0.0), Node::latent("$x_t$"))
        .node("t+1", (5.7, 0.0), Node::latent("$x_{t+1}$"))
        .node("right", (6.85, 0.0), Node::text(r"$\dots$"))
        .node("T", (8.0, 0.0), Node::latent("$x_T$"))
        .arrow("left", "t-1", Arrow::new().faded())
        .arrow("t+1", "right", Arrow::new().faded())
        .arrow("right", "T", Arrow::new().faded())
}

fn vdm(_: &Studio) -> Result<Drawing, FigureError> {
    let mut figure = Figure::new(160.0, 88.0);
    figure.panel(
        about_step("consistency: both arrows end at $x_t$")
            .arrow("0", "left", Arrow::new().faded())
            .arrow("t-1", "t", encoder().bend(35.0).label(r"$q(x_t \mid x_{t-1})$"))
            .arrow("t+1", "t", decoder().bend(-35.0).label(r"$p(x_t \mid x_{t+1})$"))
            .brace_below(["t-1", "t", "t+1"], "three variables, drawn together"),
    );
    figure.panel(
        about_step("denoising: both arrows end at $x_{t-1}$")
            .arrow("t", "t-1", encoder().bend(-35.0).label(r"$q(x_{t-1} \mid x_t, x_0)$"))
            .arrow("0", "t-1", encoder().bend(35.0))
            .arrow("t", "t-1", decoder().bend(35.0).label(r"$p(x_{t-1} \mid x_t)$"))
            .arrow("t", "t+1", Arrow::new().faded())
            .brace_below(["t"], "one variable, drawn from $x_0$"),
    );
    let caption = "The same bound of the diffusion model in two forms. The consistency terms compare what two neighbours say of $x_t$. Given both, \
                   $x_t$ follows the bridge $q(x_t|x_{t-1}, x_{t+1})$ and not $q(x_t|x_{t-1})$, so that a term is no mean of \
                   $\\mathrm{KL}(q(x_t|x_{t-1}) \\,\\|\\, p(x_t|x_{t+1}))$. \
                   The denoising terms compare the arrows from $x_t$ to $x_{t-1}$, and need no other latent. The sums of the two kinds of \
                   terms differ, the bounds do not.";
    Ok(Drawing::new(figure, caption))
}
