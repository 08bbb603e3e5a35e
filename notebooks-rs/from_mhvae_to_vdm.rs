//! Chapter 6: from the MHVAE to the VDM, three restrictions.

// %% [markdown]
// # 6. From the MHVAE to the VDM: three restrictions
//
// A variational diffusion model (变分扩散模型) is a Markov hierarchical VAE (级联马尔科夫链 VAE) under three restrictions:
//
// 1. every latent is as wide as the observation: write $x_0 = x$ and $x_t = z_t$;
// 2. the encoder is fixed. Each step is *noising* (加噪):
//    $q(x_t|x_{t-1}) = \mathcal N(\sqrt{\alpha_t}\, x_{t-1}, (1-\alpha_t) I)$;
// 3. the $\alpha_t$ are such that $q(x_T|x_0)$ is almost $\mathcal N(0, I)$, which is the prior $p(x_T)$.
//
// What is left to learn is the way back, $p(x_{t-1}|x_t)$. What is gained is a law of every $x_t$ in one formula:
//
// $$q(x_t|x_0) = \mathcal N(\sqrt{\bar\alpha_t}\, x_0, (1-\bar\alpha_t) I), \qquad \bar\alpha_t = \prod_{s \le t} \alpha_s
// \qquad \text{Luo (69)-(70)}.$$
//
// Claims of this chapter: D1a, D1b, D1c, D1d, D2a, D2c, C3a, D7d, D8, R4. `elbow explain D2a` shows one of them.

// %%
use std::error::Error;

use mhvae::{Mhvae, estimate_bound};
use montecarlo::{Estimate, Moments, MonteCarlo, Streams};
use ndarray::{Array2, array};
use notebooks::{check, show};
use plot::{Figure, Panel, Style, theme};
use prob::{LinearGaussian, Mixture, standard_normal};
use toy::Preset;
use vae::LinearVae;
use vdm::{Reverse, Schedule, Vdm};

/// Weight and variance of `q(x_t|x_0)` on the line, by composing `t` noising steps one after the other.
fn composed(schedule: &Schedule, t: usize) -> (f64, f64) {
    let steps = schedule.all_steps(1);
    let law = steps[1..t].iter().fold(steps[0].clone(), |law, step| law.then(step));
    (law.weight()[[0, 0]], law.covariance()[[0, 0]])
}

/// Mean and second moment of `x_t` from `x_0`, by drawing the noise of every step.
fn walked(schedule: &Schedule, t: usize, x_0: f64) -> [Estimate; 2] {
    let moments = MonteCarlo::new(40_000, Streams::new(6)).run(&|_| (), |rng, n| {
        let mut x = Array2::from_elem((n, 1), x_0);
        for s in 1..=t {
            let eps = standard_normal((n, 1), rng);
            x = x * schedule.alpha(s).sqrt() + eps * schedule.beta(s).sqrt();
        }
        [x.iter().copied().collect::<Moments>(), x.iter().map(|x| x * x).collect()]
    });
    moments.map(|m| m.estimate())
}

/// The density of `q(x_t)` for data with this law, on the line.
fn density(data: &Mixture, schedule: &Schedule, t: usize) -> Vec<(f64, f64)> {
    let law = if t == 0 { data.clone() } else { data.push(&schedule.marginal(t, 1)) };
    let places = (0..=300).map(|i| -3.3 + 0.022 * f64::from(i));
    places.map(|x| (x, law.log_prob(&array![x]).exp())).collect()
}

/// The bound by Monte Carlo, from paths through the chain.
fn drawn_bound(chain: &Mhvae, x_0: f64) -> Estimate {
    let plan = MonteCarlo::new(100_000, Streams::new(7));
    let observe = |_: &mut _, n| Array2::from_elem((n, 1), x_0);
    estimate_bound(chain.encoders(), chain.decoders(), observe, &plan, &|_| ()).elbo
}

// %%
fn main() -> Result<(), Box<dyn Error>> {
    // %% [markdown]
    // ## Many steps are one step
    //
    // Two noising steps are one with $\alpha_1 \alpha_2$, and so on up. So $x_t$ costs one draw, whatever $t$ is:
    // $x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1-\bar\alpha_t}\, \varepsilon$, the reparameterisation (重参数化) of $q(x_t|x_0)$.
    // Three routes lead to the same law (D2a, D2c): the closed form, the steps composed one by one, and the steps drawn.

    // %%
    let schedule = Schedule::linear(200, 1e-4, 0.05)?;
    let x_0 = 0.8;
    for t in [1, 20, 100, 200] {
        let (mean, variance) = (schedule.alpha_bar(t).sqrt() * x_0, schedule.noise_variance(t));
        let (weight, of_steps) = composed(&schedule, t);
        let [first, second] = walked(&schedule, t, x_0);
        println!("t = {t:3}  mean      closed {mean:.6}, composed {:.6}, drawn {first}", weight * x_0);
        println!("         variance  closed {variance:.6}, composed {of_steps:.6}");
        println!("         E x_t²    closed {:.6}, drawn {second}", variance + mean * mean);
    }

    // %% [markdown]
    // ## The schedule
    //
    // The schedule says how fast the data drown. Its clock is the signal-to-noise ratio,
    // $\mathrm{SNR}(t) = \bar\alpha_t / (1-\bar\alpha_t)$, or the logarithm of it. Two $x_t$ with the same SNR know equally
    // much of $x_0$, so that schedules differ in where they begin and end, and in how they share out the steps between. As the
    // ratio falls the two modes of the data run together, and at the end the law is $\mathcal N(0, 1)$ to the eye.

    // %%
    let mut figure = Figure::new(160.0, 66.0).columns(2).widths(&[1.0, 1.1]);
    let mut clocks = Panel::new("the clock of two schedules").x_label("step $t$").y_label("log SNR$(t)$");
    for (name, schedule, style) in [
        ("linear", schedule.clone(), Style::new(theme::BLUE)),
        ("cosine", Schedule::cosine(200)?, Style::new(theme::VERMILLION).dashed()),
    ] {
        let curve = (1..200).map(|t| (t as f64, schedule.log_snr(t)));
        clocks = clocks.line(curve, style.label(name));
        let signal = (1..200).filter(|&t| schedule.snr(t) >= 1.0).count();
        println!("{name}: more noise than signal from step {} on", signal + 1);
    }
    let mut laws = Panel::new("the law of $x_t$, linear schedule").x_label("$x_t$").y_label("density");
    for (t, style) in [
        (0, Style::new(theme::BLACK).label("$t = 0$")),
        (50, Style::new(theme::BLUE).dashed().label("$t = 50$")),
        (100, Style::new(theme::VERMILLION).dotted().label("$t = 100$")),
        (200, Style::new(theme::GREEN).width(1.8).label("$t = 200$")),
    ] {
        laws = laws.line(density(&Preset::Bimodal.mixture(), &schedule, t), style);
    }
    figure.panel(clocks).panel(laws.key());
    show(&figure, "from_mhvae_to_vdm_noising")?;

    // %% [markdown]
    // ## Why the square roots: the variance is preserved
    //
    // $\mathrm{Var}\, x_t = \alpha_t \mathrm{Var}\, x_{t-1} + (1-\alpha_t)$: data of variance 1 keep it at every step (D1a),
    // so that a network sees numbers of one size. Lecture notes print the variance of a step as $(1-\alpha_t)\, t$. That is
    // false (R4), and breaks the closed form.

    // %%
    let correct = (1..=200).fold(1.0, |variance, t| schedule.alpha(t) * variance + schedule.beta(t));
    let printed =
        (1..=200).fold(1.0, |variance, t| schedule.alpha(t) * variance + schedule.beta(t) * t as f64);
    println!("Var x_T of data with variance 1: {correct:.6}, with the false line {printed:.1}");

    // %% [markdown]
    // ## The prior matching term has nothing to learn
    //
    // $\mathrm{KL}(q(x_T|x_0) \| p(x_T)) = \tfrac12 (\bar\alpha_T |x_0|^2 - d\, \bar\alpha_T - d \log(1-\bar\alpha_T))$ holds
    // no parameter (D1b). It falls to 0 with $\bar\alpha_T$, to first order as $\tfrac12 \bar\alpha_T |x_0|^2$ (D1c, D1d).
    // That is what the third restriction asks for.

    // %%
    for steps in [50, 100, 200, 400] {
        let longer = Schedule::constant(steps, 0.03)?;
        let (exact, left) = (longer.prior_matching(&array![x_0]), longer.alpha_bar(steps));
        let first_order = 0.5 * left * x_0 * x_0;
        println!("T = {steps:3}: alpha_bar {left:.2e}, KL {exact:.3e}, first order {first_order:.3e} nats");
    }

    // %% [markdown]
    // ## One model, two programs
    //
    // A VDM is an MHVAE, and its bound (证据下界) is that of chapter 5. Two crates that share no formula compute it: `vdm` from
    // closed scalar terms, `mhvae` from the joint Gaussian of all latents (C3a). Monte Carlo draws paths. The bound stays
    // below $\log p(x_0)$ (D7d).

    // %%
    let alphas = Schedule::from_alphas(&[0.9, 0.7, 0.5])?;
    let model = Vdm::new(alphas, Reverse::unbiased(1, vec![0.6; 3], vec![0.3; 3])?)?;
    let chain = Mhvae::new(model.schedule().all_steps(1), model.reverse().all_steps())?;
    let (of_vdm, of_chain) = (model.denoising(&array![x_0]), chain.denoising(&array![x_0])?);
    for ((name, a), (_, b)) in of_vdm.terms().zip(of_chain.terms()) {
        println!("{name:<16} vdm {a:>9.6}   mhvae {b:>9.6}");
    }
    println!("bound            vdm {:.6}   mhvae {:.6}", of_vdm.elbo(), of_chain.elbo());
    let drawn = drawn_bound(&chain, x_0);
    println!("                 drawn {drawn}, {:+.1} standard errors off", drawn.deviation(of_vdm.elbo()));
    println!("log p(x_0)       vdm {:.6}", model.log_evidence(&array![x_0]));

    // %% [markdown]
    // ## One step is a VAE again
    //
    // For $T = 1$ no matching term is left, and the VDM is the VAE with $z = x_1$ and encoder
    // $\mathcal N(\sqrt{\alpha_1}\, x, 1-\alpha_1)$, term by term (D8). The road from chapter 3 is one model with more and
    // more steps.

    // %%
    let one_step = Vdm::new(Schedule::from_alphas(&[0.4])?, Reverse::unbiased(1, vec![0.6], vec![0.3])?)?;
    let encoder = LinearGaussian::isotropic(1, 0.4_f64.sqrt(), 0.6)?;
    let autoencoder = LinearVae::new(encoder, LinearGaussian::isotropic(1, 0.6, 0.3)?)?.bound(&array![x_0]);
    for ((name, a), (_, b)) in one_step.denoising(&array![x_0]).terms().zip(autoencoder.terms()) {
        println!("{name:<16} VDM {a:>9.6}   VAE {b:>9.6}");
    }

    // %% [markdown]
    // ## Exercises
    //
    // Write `Some(1.234)` in place of `None` (an integer with its point: `Some(456.0)`). The program knows the answer and says
    // whether yours is right, to a thousandth of it (to 0.001 if it is below 1 in size): four digits are enough.
    //
    // 1. Let $\alpha = (0.9, 0.7, 0.5)$. What is the variance of $x_3$ for data of variance 4?
    // 2. With $\beta_t = 0.02$ at every step, how many steps does it take at least until $\bar\alpha_T < 10^{-4}$?
    // 3. How many nats is $\mathrm{KL}(q(x_3|x_0) \| p(x_3))$ for $x_0 = 0.8$ and the $\alpha$ of exercise 1?

    // %%
    let pushed = model.schedule().marginal(3, 1);
    check("1", None, pushed.weight()[[0, 0]].powi(2) * 4.0 + pushed.covariance()[[0, 0]]);
    let long = Schedule::constant(1000, 0.02)?;
    check("2", None, (1..=1000).find(|&t| long.alpha_bar(t) < 1e-4).map_or(f64::NAN, |t| t as f64));
    check("3", None, model.schedule().prior_matching(&array![x_0]));
    Ok(())
}
