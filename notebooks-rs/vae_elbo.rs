//! Chapter 3: the VAE and its evidence lower bound.

// %% [markdown]
// # 3. The VAE and its ELBO: a bound whose gap is known
//
// A variational autoencoder (变分自编码器) gives the code a law, $p(z) = \mathcal N(0, I)$, and says that $x$ came from it:
// $p(x) = \int p(z)\, p(x|z)\, dz$. The integral cannot be done if $p(x|z)$ is a network, and the posterior $p(z|x)$ neither.
// A second law $q(z|x)$, the encoder, stands in for the posterior, and for any $q$, Luo (9)-(16) and (19):
//
// $$\log p(x) = \underbrace{\mathrm E_q \log p(x|z) - \mathrm{KL}(q(z|x) \| p(z))}_{\text{evidence lower bound (证据下界)}} +
// \mathrm{KL}(q(z|x) \| p(z|x)).$$
//
// Here both laws are Gaussian with linear means, so that every term is exact and can be held against its estimate.
//
// Claims of this chapter: A8b, A8c, B3a, B3b, B4b, B5a, B5b, B5c, B6a, B6d, B8a, B8b, B8c, R14. `elbow explain B5a` shows one of them.

// %%
use std::error::Error;

use montecarlo::{Estimate, Moments, MonteCarlo, Streams};
use ndarray::{Array2, array};
use notebooks::{check, show};
use plot::{Figure, Panel, Style, theme};
use prob::{GaussHermite, Gaussian, LinearGaussian, Quadratic, integrate};
use vae::{BoundEstimate, LinearVae, estimate_bound};

/// The observation.
const X: f64 = 1.5;
/// The decoder is `p(x|z) = N(SLOPE z, NOISE)`.
const SLOPE: f64 = 0.8;
const NOISE: f64 = 0.4;

/// `N(slope x + bias, variance)` given `x`, on the line.
fn law(slope: f64, bias: f64, variance: f64) -> LinearGaussian {
    LinearGaussian::new(array![[slope]], array![bias], array![[variance]]).expect("a positive variance")
}

/// `q(z|x) = N(mean, variance)`, whatever `x` is, and `p(x|z) = N(SLOPE z, noise)`.
fn model(mean: f64, variance: f64, noise: f64) -> LinearVae {
    LinearVae::new(law(0.0, mean, variance), law(SLOPE, 0.0, noise)).expect("one coordinate, one latent")
}

/// The bound at `X` by Monte Carlo, in which nothing is used in closed form.
fn drawn_bound(vae: &LinearVae, samples: u64) -> BoundEstimate {
    let plan = MonteCarlo::new(samples, Streams::new(1));
    let observe = |_: &mut _, n| Array2::from_elem((n, 1), X);
    estimate_bound(vae.encoder(), vae.decoder(), observe, &plan, &|_| ())
}

/// The mean of `f(z)` over draws from a law on the line.
fn average(q: &Gaussian, f: impl Fn(f64) -> f64 + Sync) -> Estimate {
    let plan = MonteCarlo::new(100_000, Streams::new(2));
    let values = |rng: &mut _, n| q.sample(n, rng).iter().map(|&z| f(z)).collect::<Moments>();
    plan.run(&|_| (), values).estimate()
}

// %%
fn main() -> Result<(), Box<dyn Error>> {
    // %% [markdown]
    // ## The evidence is an integral
    //
    // $p(x) = \int p(z)\, p(x|z)\, dz$ (B3b) by quadrature, by the formula for Gaussians, and as an average of $p(x|z)$ over draws
    // from the prior. And without an integral: $p(x) = p(x, z)/p(z|x)$ at *every* $z$ (B3a), for whoever knows the posterior.

    // %%
    let vae = model(0.4, 0.8, NOISE);
    let x = array![X];
    let posterior = vae.posterior()?.given(&x);
    let log_likelihood = Quadratic::log_prob(vae.decoder()).fix(&[1], &x);
    let log_evidence = vae.log_evidence(&x);
    let best = (posterior.mean()[0], posterior.covariance()[[0, 0]]);
    println!("posterior N({:.4}, {:.4})", best.0, best.1);
    {
        let likelihood = |z: f64| log_likelihood.at(&array![z]).exp();
        let prior = |z: f64| vae.prior().log_prob(&array![z]);
        let integral = integrate(|z| prior(z).exp() * likelihood(z), &[-9.0, 0.0, 1.0, 9.0], 1e-12).value;
        println!("p(x) = {:.9}, by quadrature {integral:.9}", log_evidence.exp());
        println!("       by draws from the prior {}", average(vae.prior(), likelihood));
        for z in [-1.0, 0.0, 2.0] {
            let ratio = prior(z).exp() * likelihood(z) / posterior.log_prob(&array![z]).exp();
            println!("       p(x, z)/p(z|x) at z = {z:2}: {ratio:.9}");
        }
    }

    // %% [markdown]
    // ## The bound and its gap
    //
    // Jensen's inequality, $\log \mathrm E w \ge \mathrm E \log w$, for $w = p(x, z)/q(z|x)$, whose mean under $q$ is $p(x)$, gives the
    // bound (B4b). What Jensen loses is the divergence of the encoder from the posterior (B5a): none if they are equal (B5b).

    // %%
    let bound = vae.bound(&x);
    let drawn = drawn_bound(&vae, 100_000);
    let encoder = vae.encoder().given(&x);
    let drawn_gap = average(&encoder, |z| encoder.log_prob(&array![z]) - posterior.log_prob(&array![z]));
    println!("                      exact   drawn");
    println!("reconstruction     {:8.5}   {}", bound.reconstruction, drawn.reconstruction);
    println!("- prior matching   {:8.5}    {}", bound.prior_matching, drawn.prior_matching);
    println!("= ELBO             {:8.5}   {}", bound.elbo(), drawn.elbo);
    println!("+ KL(q || p(z|x))  {:8.5}   {}", vae.gap(&x)?, drawn_gap);
    println!("= log p(x)         {:8.5}   directly {log_evidence:.5}", bound.elbo() + vae.gap(&x)?);

    // %% [markdown]
    // The evidence does not move with the encoder: one that climbs the bound walks to the posterior. $\delta$ standard deviations off in
    // the mean cost $\tfrac12 \delta^2$ nats (B5c); half the posterior's variance costs less (0.097 nats) than twice as much (0.153).

    // %%
    let mut figure = Figure::new(160.0, 66.0).columns(2).share_y();
    for (title, axis, high, in_mean) in [
        ("off in the mean", "mean of $q(z|x)$", 2.3, true),
        ("off in the variance", "variance of $q(z|x)$", 1.5, false),
    ] {
        let at = |u: f64| if in_mean { model(u, best.1, NOISE) } else { model(best.0, u, NOISE) };
        let places = (1..=100).map(|i| 0.01 * high * f64::from(i));
        let exact = places.map(|u| (u, at(u).bound(&x).elbo()));
        let drawn = [0.2, 0.35, 0.5, 0.65, 0.8].map(|share| {
            let elbo = drawn_bound(&at(share * high), 4000).elbo;
            (share * high, elbo.mean, 2.0 * elbo.std_err)
        });
        let panel = Panel::new(title).x_label(axis).y_label("nats").x_range(0.0, high).y_range(-3.0, -1.9);
        let evidence = Style::new(theme::BLACK).dashed().label(r"$\log p(x)$");
        let (line, bars) = (Style::new(theme::BLUE).label("ELBO"), Style::new(theme::VERMILLION));
        let panel = panel.horizontal(log_evidence, evidence).line(exact, line);
        figure.panel(panel.error_bars(drawn, bars.label("drawn, two standard errors")).key());
    }
    show(&figure, "vae_elbo_gap")?;
    for factor in [0.5, 1.0, 2.0] {
        let lost = model(best.0, factor * best.1, NOISE).gap(&x)?;
        println!("{factor:3} times the variance of the posterior: {lost:.5} nats lost");
    }

    // %% [markdown]
    // ## A gradient through a draw
    //
    // To climb, one needs $\partial_m \mathrm E f(z)$ for $z \sim \mathcal N(m, \sigma^2)$, here with $f(z) = \log p(x, z)$. The *score function*
    // gives it as the mean of $f(z)(z - m)/\sigma^2$ for any $f$. Reparameterisation (重参数化) writes $z = m + \sigma\varepsilon$ and takes the mean
    // of $f'(z)$. Both are right (A8b), but for a parabola the score function has at least 3/2 times the variance (A8c).

    // %%
    let hermite = GaussHermite::new(8);
    {
        let (m, v) = (encoder.mean()[0], encoder.covariance()[[0, 0]]);
        let f = |z: f64| log_likelihood.at(&array![z]) + vae.prior().log_prob(&array![z]);
        let slope = |z: f64| SLOPE * (X - SLOPE * z) / NOISE - z;
        println!("gradient: exactly {:.5}", slope(m));
        for (name, estimate) in [
            ("reparameterised", &slope as &(dyn Fn(f64) -> f64 + Sync)),
            ("score function", &|z| f(z) * (z - m) / v),
        ] {
            let drawn = average(&encoder, estimate);
            let square = |z: f64| (estimate(z) - slope(m)).powi(2);
            let variance = hermite.standard(|eps| square(m + v.sqrt() * eps));
            let spread = average(&encoder, square);
            println!("{name:>16}: {drawn}; variance of one draw {variance:.4}, drawn {spread}");
        }
    }

    // %% [markdown]
    // ## "MSE + KL"
    //
    // With $p(x|z) = \mathcal N(x'(z), s^2)$ the negative bound is $\mathrm E|x - x'|^2/2s^2 + \mathrm{KL} + \tfrac d2 \log 2\pi s^2$ (B8a).
    // The loss "MSE + KL" of many programs is that for $s^2 = \tfrac12$ alone, and with the squared error summed (B8b, R14). For another
    // $s^2$ the difference moves with the encoder, and so does the best encoder. Programs that take the *mean* over 784 pixels
    // train the bound of $s^2 = 392$ (B8c): a decoder whose noise has a standard deviation of 20, for pixels between 0 and 1.

    // %%
    for s2 in [0.5, NOISE] {
        for (mean, variance) in [(0.4, 0.8), (1.0, 0.4), (1.2, 0.2)] {
            let square = (X - SLOPE * mean).powi(2) + SLOPE * SLOPE * variance;
            let bound = model(mean, variance, s2).bound(&x);
            let beyond = -bound.elbo() - square - bound.prior_matching;
            println!("s² = {s2}, q = N({mean}, {variance}): -ELBO - loss = {beyond:.5}");
        }
    }
    let chosen = model(0.0, 1.0, 0.5).posterior()?.given(&x);
    let (mean, variance) = (chosen.mean()[0], chosen.covariance()[[0, 0]]);
    println!("MSE + KL is least for N({mean:.4}, {variance:.4}), whatever s² is");
    println!("which for s² = {NOISE} is {:.5} nats below log p(x)", model(mean, variance, NOISE).gap(&x)?);

    // %% [markdown]
    // ## Exercises
    //
    // Write `Some(1.234)` in place of `None` (an integer with its point: `Some(456.0)`), right to a thousandth (to 0.001 if below 1 in
    // size). In all three $p(z) = \mathcal N(0, 1)$ and $z$, $x$ are numbers.
    //
    // 1. $p(x|z) = \mathcal N(z, 1)$ and $q(z|x) = \mathcal N(0, 1)$, which does not look at $x$. How many nats is the bound below
    //    $\log p(x)$ at $x = 2$?
    // 2. An encoder is trained on $|x - z|^2 + 4\,\mathrm{KL}(q(z|x) \| p(z))$, the decoder's mean being $z$. Which variance
    //    does the best Gaussian $q(z|x)$ have?
    // 3. $f(z) = z^2$, $z \sim \mathcal N(1, 1)$. By which factor is the variance of $f(z)(z - m)/\sigma^2$ larger than that of $f'(z)$?

    // %%
    let blind = LinearVae::new(law(0.0, 0.0, 1.0), law(1.0, 0.0, 1.0))?;
    check("1", None, blind.gap(&array![2.0])?);
    let weighted = LinearVae::new(law(0.0, 0.0, 1.0), law(1.0, 0.0, 2.0))?;
    check("2", None, weighted.posterior()?.covariance()[[0, 0]]);
    let by_score = hermite.standard(|eps| ((1.0 + eps).powi(2) * eps - 2.0).powi(2));
    check("3", None, by_score / hermite.standard(|eps| (2.0 * eps).powi(2)));
    Ok(())
}
