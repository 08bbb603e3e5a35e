//! Chapter 5: the Markov hierarchical VAE, a chain of latents.

// %% [markdown]
// # 5. The hierarchical VAE: a chain of latents
//
// One latent more on top of the other, each knowing its neighbours only: the Markov hierarchical VAE (MHVAE, 级联马尔科夫链 VAE).
// Up goes the encoder, down comes the model, Luo (24) and (23):
//
// $$q(z_{1:T}|x) = q(z_1|x) \prod_{t=2}^T q(z_t|z_{t-1}), \qquad
// p(x, z_{1:T}) = p(z_T)\, p(x|z_1) \prod_{t=2}^T p(z_{t-1}|z_t).$$
//
// With all latents as one the derivation of chapter 3 stays as it is: $\log p(x) = \mathrm{ELBO} + \mathrm{KL}(q(z_{1:T}|x) \| p(z_{1:T}|x))$,
// $\mathrm{ELBO} = \mathrm E_q \log p(x, z_{1:T})/q(z_{1:T}|x)$, Luo (25)-(29). What is new is that both sides come apart along the chain.
//
// Claims of this chapter: C1a, C1b, C1c, C2, C2b, C4, C5a, C5b. `elbow explain C2` shows one of them.

// %%
use std::error::Error;

use mhvae::{Mhvae, estimate_bound};
use montecarlo::{Estimate, MonteCarlo, Streams};
use ndarray::{Array1, Array2, array};
use notebooks::{check, show};
use plot::{Figure, Panel, Style, theme};
use prob::{Gaussian, LinearGaussian, ProbError, Quadratic};
use vae::LinearVae;

/// `N(slope z + bias, variance)` given `z`, on the line.
fn law(slope: f64, bias: f64, variance: f64) -> LinearGaussian {
    LinearGaussian::new(array![[slope]], array![bias], array![[variance]]).expect("a positive variance")
}

/// A chain on the line; both lists begin at `x`.
fn chain(encoders: &[LinearGaussian], decoders: &[LinearGaussian]) -> Mhvae {
    Mhvae::new(encoders.to_vec(), decoders.to_vec()).expect("widths that fit")
}

/// `p(z_1|x), p(z_2|z_1), …`: each decoder turned round by Bayes' rule under the law of what it is given.
fn exact_encoders(decoders: &[LinearGaussian]) -> Result<Vec<LinearGaussian>, ProbError> {
    let (mut above, mut encoders) = (Gaussian::standard(1), Vec::new());
    for decoder in decoders.iter().rev() {
        encoders.insert(0, decoder.bayes(&above)?);
        above = decoder.push(&above);
    }
    Ok(encoders)
}

/// The joint law of `(z_T, …, z_1, x)`, made from the top: each decoder reads the coordinate before it.
fn joint_from_the_top(model: &Mhvae) -> Gaussian {
    model.decoders().iter().rev().fold(model.prior().clone(), |joint, decoder| {
        let offset = joint.dim() - decoder.weight().ncols();
        decoder.on_wider_input(joint.dim(), offset).joint(&joint)
    })
}

/// What the gap is along the chain: `E_q KL(q(z_t|z_{t-1}) || p(z_t|z_{t-1}))` for `t = 1 … T`, with `z_0 = x`.
fn gaps(model: &Mhvae, x: &Array1<f64>) -> Result<Vec<f64>, ProbError> {
    let exact = exact_encoders(model.decoders())?;
    let below = model.marginals(x);
    let step = |(t, (q, p))| {
        let kl = Quadratic::kl_divergence(q, p);
        if t == 0 { kl.at(x) } else { kl.expectation(&below[t - 1]) }
    };
    Ok(model.encoders().iter().zip(&exact).enumerate().map(step).collect())
}

/// The bound at `x` by drawing paths.
fn drawn(model: &Mhvae, x: &Array1<f64>, paths: u64) -> Estimate {
    let observe = |_: &mut _, n| Array2::from_shape_fn((n, x.len()), |(_, j)| x[j]);
    let plan = MonteCarlo::new(paths, Streams::new(1));
    estimate_bound(model.encoders(), model.decoders(), observe, &plan, &|_| ()).elbo
}

/// `T` equal steps of noise, and decoders exact for `N(0, 1)` but for a factor on what the mean moves and one on the variance.
fn deep(steps: usize, moved: f64, wider: f64) -> Mhvae {
    let alpha = 0.05f64.powf(1.0 / steps as f64);
    let down = law(1.0 - moved * (1.0 - alpha.sqrt()), 0.0, wider * (1.0 - alpha));
    chain(&vec![law(alpha.sqrt(), 0.0, 1.0 - alpha); steps], &vec![down; steps])
}

// %%
fn main() -> Result<(), Box<dyn Error>> {
    // %% [markdown]
    // ## Both laws factorise
    //
    // The factors on one side, the density of one joint Gaussian of all variables on the other: C1b for the encoder, C1a for the model.

    // %%
    let up = [law(0.6, 0.1, 0.5), law(0.7, -0.2, 0.6), law(0.5, 0.0, 0.8)];
    let down = [law(0.9, 0.0, 0.3), law(0.8, 0.2, 0.5), law(0.6, -0.1, 0.7)];
    let three = chain(&up, &down);
    let x = array![1.2];
    for z in [array![0.5, -0.3, 0.8], array![-1.0, 1.5, 0.0]] {
        let level = |t: usize| if t == 0 { x.clone() } else { array![z[t - 1]] };
        let q: f64 = (0..3).map(|t| up[t].given(&level(t)).log_prob(&level(t + 1))).sum();
        let top = three.prior().log_prob(&level(3));
        let p = (0..3).map(|t| down[t].given(&level(t + 1)).log_prob(&level(t))).fold(top, |sum, l| sum + l);
        let joint = joint_from_the_top(&three).log_prob(&array![z[2], z[1], z[0], x[0]]);
        println!("log q(z|x): factors {q:.9}, joint {:.9}", three.encode(&x).log_prob(&z));
        println!("log p(x, z): factors {p:.9}, joint {joint:.9}");
    }

    // %% [markdown]
    // ## The gap, step by step
    //
    // Given $z_{t-1}$, the posterior of $z_t$ does not look at $x$ any more: $p(z_{1:T}|x) = p(z_1|x) \prod p(z_t|z_{t-1})$ is a chain of the
    // same form as the encoder. So the gap (C2) is a sum with a term for each step,
    //
    // $$\log p(x) - \mathrm{ELBO} = \sum_{t=1}^T \mathrm E_q\, \mathrm{KL}(q(z_t|z_{t-1}) \| p(z_t|z_{t-1})), \qquad z_0 = x,$$
    //
    // and it is closed if every step is its own posterior (C2b).

    // %%
    let (log_evidence, elbo) = (three.log_evidence(&x), three.elbo(&x));
    println!("log p(x) = {log_evidence:.6}, ELBO = {elbo:.6}, drawn {}", drawn(&three, &x, 100_000));
    let steps = gaps(&three, &x)?;
    let posterior = joint_from_the_top(&three).condition(&[3], &x)?.marginal(&[2, 1, 0])?;
    println!("gap: {:.6}, {:.6} as KL", log_evidence - elbo, three.encode(&x).kl_divergence(&posterior));
    println!("     {:.6} = {steps:.6?} step by step", steps.iter().sum::<f64>());
    let tight = chain(&exact_encoders(&down)?, &down);
    println!("with the exact posterior the ELBO is {:.6}, drawn {}", tight.elbo(&x), drawn(&tight, &x, 1000));

    // %% [markdown]
    // The last estimate has no error: every path has the weight $p(x, z)/p(z|x) = p(x)$.
    //
    // ## With $T = 1$ it is the VAE, term by term (C4)

    // %%
    let (one, vae) = (chain(&up[..1], &down[..1]), LinearVae::new(up[0].clone(), down[0].clone())?);
    for (name, bound) in [("chain of one", one.denoising(&x)?), ("VAE", vae.bound(&x))] {
        let (first, last) = (bound.reconstruction, bound.prior_matching);
        println!("{name:>12}: {first:.9} - {last:.9}, and {} matching terms", bound.matching.len());
    }

    // %% [markdown]
    // ## A number from outside
    //
    // For $z_3 \sim \mathcal N(0.2, 2)$, $z_2 \sim \mathcal N(z_3, 1)$, $z_1 \sim \mathcal N(z_2, \tfrac23)$ and four observations
    // $\sim \mathcal N(z_1, \tfrac12)$ another program printed $\log p(x) = -4.0459361$ (C5a). The ELBO of the posterior is as much (C5b).

    // %%
    let four = LinearGaussian::new(Array2::ones((4, 1)), Array1::zeros(4), Array2::eye(4) * 0.5)?;
    let given = [four, law(1.0, 0.0, 1.0 / 1.5), law(2f64.sqrt(), 0.2, 1.0)];
    let outside = chain(&exact_encoders(&given)?, &given);
    let seen = array![-0.1, 0.03, 0.2, 0.1];
    println!("log p(x) = {:.7}, ELBO = {:.7}", outside.log_evidence(&seen), outside.elbo(&seen));

    // %% [markdown]
    // ## What depth costs
    //
    // Cut one large step of noise into $T$ small ones, and let every decoder be off by the same fifth. If its mean moves a fifth too
    // little, the error shrinks with the step, and the gap falls to a limit. If its variance is a fifth too large, one of many steps
    // loses nearly $\tfrac12 (1/1.2 - 1 + \log 1.2) = 0.0078$ nats, however small it is, and the gap grows as $T$.

    // %%
    let mut panel = Panel::new("decoders off by a fifth; bars are two standard errors").x_log().y_log();
    panel = panel.x_label("steps $T$").y_label("gap (nats)").y_range(3e-4, 1.0);
    for (name, moved, wider, style) in [
        ("in the variance", 1.0, 1.2, Style::new(theme::VERMILLION).dashed()),
        ("in what the mean moves", 0.8, 1.0, Style::new(theme::BLUE)),
    ] {
        let (mut exact, mut estimated) = (Vec::new(), Vec::new());
        for steps in [1, 2, 4, 8, 16, 32, 64] {
            let model = deep(steps, moved, wider);
            let (evidence, bound) = (model.log_evidence(&x), drawn(&model, &x, 40_000));
            let (gap, found) = (evidence - model.elbo(&x), Estimate { mean: evidence - bound.mean, ..bound });
            println!("{name:>22}, T = {steps:2}: gap {gap:.5}, drawn {found}");
            exact.push((steps as f64, gap));
            estimated.push((steps as f64, found.mean, 2.0 * found.std_err));
        }
        let bars = style.clone().name(format!("{name}, drawn"));
        panel = panel.line(exact, style.label(name)).error_bars(estimated, bars);
    }
    let mut figure = Figure::new(150.0, 66.0);
    figure.panel(panel);
    show(&figure, "mhvae_depth")?;

    // %% [markdown]
    // A deep chain needs good variances. Chapter 6 fixes the encoder, and takes the variances from it: that is the diffusion model.
    //
    // ## Exercises
    //
    // Write `Some(1.234)` in place of `None` (an integer with its point: `Some(456.0)`), right to a thousandth (to 0.001 if below 1 in
    // size). In all three $z_2 \sim \mathcal N(0, 1)$, $z_1 \sim \mathcal N(z_2, 1)$, $x \sim \mathcal N(z_1, 1)$.
    //
    // 1. What is $\log p(x)$ at $x = 0$?
    // 2. An encoder is exact but for the mean of $q(z_2|z_1)$, which is too large by 1. How many nats does the bound lose?
    // 3. Another has the exact $q(z_1|x)$, but $q(z_2|z_1) = \mathcal N(0, 1)$. How many nats does it lose at $x = 0$?

    // %%
    let two = [law(1.0, 0.0, 1.0), law(1.0, 0.0, 1.0)];
    let (best, nought) = (exact_encoders(&two)?, array![0.0]);
    check("1", None, chain(&best, &two).log_evidence(&nought));
    let above = law(best[1].weight()[[0, 0]], 1.0, best[1].covariance()[[0, 0]]);
    let moved = chain(&[best[0].clone(), above], &two);
    check("2", None, moved.log_evidence(&nought) - moved.elbo(&nought));
    let blind = chain(&[best[0].clone(), law(0.0, 0.0, 1.0)], &two);
    check("3", None, blind.log_evidence(&nought) - blind.elbo(&nought));
    Ok(())
}
