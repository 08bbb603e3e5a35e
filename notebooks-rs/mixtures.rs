//! Chapter 1: mixtures, a sum over something that nobody saw.

// %% [markdown]
// # 1. Mixtures: a sum over something that nobody saw
//
// A mixture of Gaussians (高斯混合模型) draws a number $z$ first and then $x$ from the Gaussian that belongs to $z$:
//
// $$p(x) = \sum_m P(z = m)\, \mathcal N(x; \mu_m, \Sigma_m).$$
//
// Whoever sees only $x$ has to sum over $z$, the *latent variable* (隐变量). This is the whole road in small: a VAE has a latent
// that is a vector, a diffusion model one for every step, and the sum becomes an integral that cannot be done. With Gaussians on
// the line it can be done, so that everything said later can be held against the truth.
//
// Claims of this chapter: A1a, A2a, A7a, A7b. `elbow explain A7b` shows one of them, with what it rests on.

// %%
use std::error::Error;

use montecarlo::{Moments, MonteCarlo, Streams};
use ndarray::array;
use notebooks::{check, show};
use plot::{Align, Figure, Panel, Style, theme};
use prob::{Gaussian, Mixture, integrate};

/// The Gaussian `N(mean, variance)` on the line.
fn normal(mean: f64, variance: f64) -> Gaussian {
    Gaussian::isotropic(array![mean], variance).expect("a positive variance")
}

/// Points `(x, f(x))` for a line from -4 to 4.
fn curve(f: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    (0..=400).map(|i| -4.0 + 0.02 * f64::from(i)).map(|x| (x, f(x))).collect()
}

/// `∫ f` over the line.
fn on_the_line(f: impl Fn(f64) -> f64) -> f64 {
    integrate(f, &[f64::NEG_INFINITY, -1.5, 1.0, f64::INFINITY], 1e-12).value
}

/// `KL(p || q)`, in nats.
fn divergence(p: &Mixture, q: &Gaussian) -> f64 {
    on_the_line(|x| {
        let log_p = p.log_prob(&array![x]);
        log_p.exp() * (log_p - q.log_prob(&array![x]))
    })
}

/// `K` components in the middles of `K` equal parts of (-3, 3).
fn mixture(k: usize) -> Mixture {
    let latents = (0..k).map(|m| (2 * m + 1) as f64 / k as f64 - 1.0);
    Mixture::equal(latents.map(|z| normal(3.0 * z, 0.04)).collect()).expect("components on the line")
}

// %%
fn main() -> Result<(), Box<dyn Error>> {
    // %% [markdown]
    // ## Two modes
    //
    // The density of a mixture is the sum of its parts. Its *responsibilities* $P(z = m | x)$ answer the opposite question: which
    // part did this $x$ come from? That is Bayes' rule, and the first posterior of the road.

    // %%
    let p = Mixture::new(vec![0.3, 0.7], vec![normal(-1.5, 0.25), normal(1.0, 0.64)])?;
    let mut figure = Figure::new(150.0, 62.0);
    let mut panel = Panel::new("a mixture and its parts").x_label("$x$").y_label("density");
    let places = [(1, (-2.4, 0.16), Align::Right), (2, (1.0, 0.15), Align::Center)];
    for ((weight, law), (m, (x, y), align)) in p.parts().zip(places) {
        let part = curve(|x| weight * law.log_prob(&array![x]).exp());
        let style = Style::new(theme::BLUE).dashed().label(format!("$P(z={m})\\, p(x|z={m})$"));
        panel = panel.line(part, style.label_at(x, y).align(align));
    }
    let whole = Style::new(theme::BLACK).label("$p(x)$").label_at(2.0, 0.25).align(Align::Left);
    figure.panel(panel.line(curve(|x| p.log_prob(&array![x]).exp()), whole));
    show(&figure, "mixtures_parts")?;
    for x in [-2.0, -0.5, 0.5] {
        println!("P(z = 1 | x = {x:4}) = {:.4}", p.responsibilities(&array![x])[0]);
    }

    // %% [markdown]
    // ## Exact and estimated
    //
    // The entropy $H(p) = -\mathrm E \log p(x)$ of a mixture has no formula, but on the line an integral gives it to twelve digits.
    // Monte Carlo gives it with an error that it knows: the *standard error*, which falls as $1/\sqrt n$. All logarithms are
    // natural, so that the unit is the nat (1 bit = 0.693 nats).

    // %%
    let entropy = on_the_line(|x| -p.log_prob(&array![x]).exp() * p.log_prob(&array![x]));
    println!("entropy: exactly {entropy:.6} nats");
    for n in [100, 10_000, 1_000_000] {
        let surprise =
            |rng: &mut _, n| Moments::of(&p.log_probs(&p.sample(n, rng)).mapv(|log_p| -log_p).to_vec());
        let estimate = MonteCarlo::new(n, Streams::new(1)).run(&|_| (), surprise).estimate();
        println!("{n:>9} draws: {estimate} nats, {:+.1} standard errors off", estimate.deviation(entropy));
    }

    // %% [markdown]
    // ## One divergence, two uses
    //
    // $\mathrm{KL}(p \| q) = \mathrm E_p \log p(x)/q(x)$ is never negative and 0 only for equal laws (A1a). It is the cross-entropy
    // $-\mathrm E_p \log q$ less the entropy of $p$, which has no $q$ in it: to make the likelihood of data large is to make the
    // divergence from their law small (A2a). The Gaussian that fits best therefore has mean and variance of the data, and covers
    // both modes.

    // %%
    let best = Gaussian::new(p.mean(), p.covariance())?;
    println!(
        "best Gaussian N({:.3}, {:.3}): KL = {:.4} nats",
        best.mean()[0],
        best.covariance()[[0, 0]],
        divergence(&p, &best)
    );
    println!("on the right mode N(1, 0.64):   KL = {:.4} nats", divergence(&p, &normal(1.0, 0.64)));

    // %% [markdown]
    // ## From a sum to an integral
    //
    // With $K$ components in the middles of $K$ equal parts of $(-1, 1)$ the sum is the midpoint rule of
    // $p(x) = \int \tfrac12 \mathcal N(x; 3z, 0.2^2)\, dz$: a latent that is a number, with a decoder $3z$. Between the
    // outermost components the sum still waves by half of the density at $K = 8$, and by less than a hundredth at 16 (A7a, A7b). This
    // step, from a label to a vector, is the step to the VAE.

    // %%
    let mut figure = Figure::new(150.0, 62.0);
    let mut panel = Panel::new("more and more components").x_label("$x$").y_label("$p_K(x)$");
    for (k, style) in [
        (4, Style::new(theme::GUIDE).dotted().label("$K = 4$")),
        (8, Style::new(theme::VERMILLION).dashed().label("$K = 8$")),
        (512, Style::new(theme::BLUE).label("$K = 512$")),
    ] {
        let p_k = mixture(k);
        panel = panel.line(curve(|x| p_k.log_prob(&array![x]).exp()), style);
    }
    figure.panel(panel.key());
    show(&figure, "mixtures_limit")?;

    // %% [markdown]
    // ## Exercises
    //
    // Write `Some(1.234)` in place of `None` (an integer with its point: `Some(456.0)`). The program knows the answer and says
    // whether yours is right, to a thousandth of it (to 0.001 if it is below 1 in size): four digits are enough.
    //
    // 1. Where is $P(z = 1 | x) = \tfrac12$ for the mixture of two modes above, between the modes?
    // 2. How many nats is $\mathrm{KL}(\mathcal N(1, 4) \| \mathcal N(0, 1))$? Use $\tfrac12 (\mu^2 + \sigma^2 - 1 - \log \sigma^2)$.
    // 3. What is the largest entropy (nats) that a density on the line with variance 4 can have?

    // %%
    let (mut low, mut high) = (-1.5, 1.0);
    while high - low > 1e-12 {
        let middle = 0.5 * (low + high);
        if p.responsibilities(&array![middle])[0] > 0.5 { low = middle } else { high = middle }
    }
    check("1", None, low);
    check("2", None, normal(1.0, 4.0).kl_divergence(&normal(0.0, 1.0)));
    check("3", None, normal(0.0, 4.0).entropy());
    Ok(())
}
