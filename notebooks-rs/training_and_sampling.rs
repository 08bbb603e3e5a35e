//! Chapter 9: training a denoiser and sampling with it, beside the truth.

// %% [markdown]
// # 9. Training and sampling: how close does it come?
//
// Training a diffusion model is regression. Draw $x_0$ from the data, a step $t$ and noise $\varepsilon$, form
// $x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1-\bar\alpha_t}\, \varepsilon$, and lower the weighted error of the answer $\hat x_0(x_t, t)$:
//
// $$-\mathrm{ELBO} = \text{prior matching} - \text{reconstruction} +
// \sum_{t=2}^T \tfrac12 (\mathrm{SNR}(t-1) - \mathrm{SNR}(t))\, \mathrm E |x_0 - \hat x_0(x_t, t)|^2.$$
//
// That is the bound of $p(x_{t-1}|x_t) = \mathcal N(\mu_q(x_t, \hat x_0), \sigma_q^2 I)$. At $t = 1$, where $\sigma_q^2 = 0$, the model is
// $p(x_0|x_1) = \mathcal N(\hat x_0, (1-\alpha_1) I)$: the squared error of the reconstruction has the weight $1/(2(1-\alpha_1))$, and a
// sampler returns the mean and leaves that noise out (S10).
//
// With a mixture the end of the road is known: no denoiser is better than $\mathrm E[x_0|x_t]$ (D11d), and no bound is above
// $\mathrm E \log q(x_0)$. What a learned model lacks is a number with two parts: what *steps* and end points cost, which the best denoiser
// pays as well, and what the *network* has not learned. *Sampling* (采样) then walks from noise to data, one answer for each step.
//
// Claims of this chapter: D11c, D11d, D11l, D11q, D12d, D12e, D12f, D12h, E2a, E2d, S10. `elbow explain E2a` shows one of them.

// %%
use std::error::Error;

use distances::sliced;
use learned::{Toy, train, vdm::Settings};
use montecarlo::{MonteCarlo, Streams};
use ndarray::{Array2, ArrayRef2, array};
use notebooks::{check, show};
use plot::{Figure, Panel, Style, theme};
use prob::{Gaussian, Mixture, standard_normal};
use toy::Preset;
use vdm::{BayesVdm, ExactDenoiser, Method, ReverseVariance, Sampler, Schedule, VdmLearner};
use vdm::{estimate_bound, estimate_shortfall};

/// Noise levels, samples of a sampler, and directions of their distance to the data.
const STEPS: usize = 200;
const SAMPLES: usize = 2500;
const DIRECTIONS: usize = 16;

/// A denoiser of two layers of 48 units that predicts `v`, trained on fresh draws.
fn trained(toy: &Toy) -> Result<VdmLearner, Box<dyn Error>> {
    let sizes =
        Settings { hidden: vec![48, 48], diffusion_steps: Some(STEPS), steps: 6000, ..Settings::default() };
    let streams = Streams::new(9).role(toy.preset().name());
    let mut model = sizes.model(toy, streams)?;
    let (_, done) = train(&mut model, &sizes.training(streams), toy, |_, _| ());
    done?;
    Ok(model)
}

/// Samples in the plane by every step of a schedule, with what `denoise` answers at each.
fn samples(
    method: Method,
    levels: &Schedule,
    denoise: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64>,
) -> Result<Array2<f64>, Box<dyn Error>> {
    let mut rng = Streams::new(4).rng(levels.steps() as u64);
    let noisiest = standard_normal((SAMPLES, 2), &mut rng);
    Ok(method.run(levels, noisiest, denoise, |_| standard_normal((SAMPLES, 2), &mut rng))?)
}

/// Some rows as points of a panel.
fn cloud(title: &str, x: &Array2<f64>) -> Panel {
    let points = x.rows().into_iter().take(700).map(|row| (row[0], row[1]));
    let style = Style::new(theme::BLUE).size(1.6).opacity(0.6).name("samples");
    Panel::new(title)
        .x_label("first coordinate")
        .y_label("second coordinate")
        .x_range(-2.9, 2.9)
        .y_range(-2.9, 2.9)
        .equal_aspect()
        .points(points, style)
}

// %%
fn main() -> Result<(), Box<dyn Error>> {
    // %% [markdown]
    // ## Training
    //
    // Two modes on the line, $T = 200$ steps that are even in log-SNR from 5 to $-5$, a small network that predicts $v$ and is
    // trained on the bound itself: one random $t$ for each example, those of a batch spread evenly, which takes variance away
    // (E2a, E2d). No answer of the best denoiser is ever shown. After 6000 batches the network (dots) says what the best
    // denoiser says (lines).

    // %%
    let line = Toy::new(Preset::Bimodal);
    let model = trained(&line)?;
    let schedule = model.levels.schedule(STEPS)?;
    let best = BayesVdm::new(line.mixture().clone(), schedule.clone())?;
    let places = Array2::from_shape_fn((61, 1), |(i, _)| 0.1 * (i as f64 - 30.0));
    let mut panel = Panel::new("what is answered to $x_t$").x_label("$x_t$").y_label(r"$\hat x_0$");
    for (t, color, name) in [
        (50, theme::BLUE, "$t = 50$"),
        (100, theme::VERMILLION, "$t = 100$"),
        (150, theme::GREEN, "$t = 150$"),
    ] {
        let points = |x_0: Array2<f64>| places.iter().copied().zip(x_0).collect::<Vec<(f64, f64)>>();
        let of_network = points(model.denoiser.denoise(&places, &schedule, t));
        panel = panel
            .line(points(best.denoiser().denoise(&places, t)), Style::new(color).width(0.8).label(name))
            .points(
                of_network.into_iter().step_by(2),
                Style::new(color).size(3.0).name(format!("network, {name}")),
            );
    }
    let mut figure = Figure::new(150.0, 64.0);
    figure.panel(panel);
    show(&figure, "training_and_sampling_denoiser")?;

    // %% [markdown]
    // ## What the steps cost, and what the network
    //
    // Even the best denoiser stays below $\mathrm E \log q(x_0)$: steps that are finite cost something, and so do finite end
    // points of the log-SNR (D11l, D11q). No training gains that. On the line the bound of a network is an integral as well,
    // and known exactly. What it loses to the best denoiser is $\sum_{t=1}^T w_t\, \mathrm E|\hat x_0 - \mathrm E[x_0|x_t]|^2$ with the
    // weights of the bound, $w_1 = 1/(2(1-\alpha_1))$ (D11c); drawn so, it has far less noise than a difference of two bounds.

    // %%
    let of_best = best.average_bound()?.elbo();
    println!("E log q(x_0), the limit:     {:.4} nats", line.log_likelihood());
    println!("best denoiser, T infinite:   {:.4}", best.continuous_bound()?.elbo());
    println!("best denoiser, T = 200:      {of_best:.4}");
    let learned = best.average_bound_of(|x_t, t| model.denoiser.denoise(x_t, &schedule, t))?.elbo();
    {
        let answer = |x_t: &ArrayRef2<f64>, t| model.denoiser.denoise(x_t, &schedule, t);
        let exact = |x_t: &ArrayRef2<f64>, t| best.denoiser().denoise(x_t, t);
        let draw = |rng: &mut _, n| line.draw(rng, n);
        let plan = MonteCarlo::new(200_000, Streams::new(9).role("bound"));
        let bound = estimate_bound(&schedule, answer, draw, &plan, &|_| ()).elbo;
        println!("bound of the network: exactly {learned:.4}, drawn {bound}");
        let lost = estimate_shortfall(&schedule, answer, exact, draw, &plan, &|_| ());
        println!("lost to the best:     exactly {:.4}, drawn {lost}", of_best - learned);
    }

    // %% [markdown]
    // ## Sampling
    //
    // *Ancestral* sampling draws from each $p(x_{t-1}|x_t)$ in turn. *DDIM* takes
    // $\hat\varepsilon = (x_t - \sqrt{\bar\alpha_t}\, \hat x_0)/\sqrt{1-\bar\alpha_t}$ for the noise in $x_t$, and goes to
    //
    // $$x_{t-1} = \sqrt{\bar\alpha_{t-1}}\, \hat x_0 + \sqrt{1-\bar\alpha_{t-1}-\sigma^2}\, \hat\varepsilon + \sigma \varepsilon,
    // \qquad \sigma = \eta\, \sigma_q(t).$$
    //
    // $\eta = 1$ is ancestral sampling (D12h); with $\eta = 0$ the start decides all. With the true $x_0$ for $\hat x_0$ it would keep
    // the laws $q(x_t|x_0)$ (D12f). Both may take few of the 200 steps. With the best denoiser DDIM comes to the law of the data at
    // rate $1/T$ if the end point near the data moves out with $T$ (D12d), ancestral sampling from $q(x_T)$ to $q(x_1)$ (D12e). If the
    // end points stay, as here, so does what they cost, but that is less than chance here. Eight modes on a ring; the distance is the
    // sliced $W_2$ to the exact law, $\sqrt{\mathrm{mean}\, W_2^2}$ of projections on 16 directions, above 0 for samples of the data too.

    // %%
    let ring = Toy::new(Preset::Ring8);
    let planar = trained(&ring)?;
    let own = ring.draw(&mut Streams::new(5).rng(0), SAMPLES);
    println!("samples of the data: {}", sliced::to_law(&own, ring.mixture(), DIRECTIONS)?);
    let mut figure = Figure::new(160.0, 54.0).columns(4).share_y();
    figure.panel(cloud("the data", &own));
    let both = [(Method::Ancestral(ReverseVariance::Posterior), "ancestral"), (Method::Ddim(0.0), "DDIM")];
    for (method, name) in both {
        for steps in [5, 10, 20, 200] {
            let levels = schedule.strided(&schedule.times_even_in_log_snr(steps)?)?;
            let exact = ExactDenoiser::new(ring.mixture(), &levels)?;
            let x = samples(method, &levels, |x_t, t| planar.denoiser.denoise(x_t, &levels, t))?;
            let with_best = samples(method, &levels, |x_t, t| exact.denoise(x_t, t))?;
            let distance = |x: &Array2<f64>| sliced::to_law(x, ring.mixture(), DIRECTIONS);
            let (network, best) = (distance(&x)?, distance(&with_best)?);
            println!("{name:<10}{steps:>4} steps: network {network}, best denoiser {best}");
            if matches!((name, steps), ("ancestral", 5 | 200) | ("DDIM", 20)) {
                figure.panel(cloud(&format!("{name}, {steps} steps"), &x));
            }
        }
    }
    show(&figure, "training_and_sampling_samples")?;

    // %% [markdown]
    // Five steps are too few for either: samples lie between the modes. With the best denoiser 200 steps leave nothing but chance.
    // With the network DDIM stays where it is from 10 steps on: that floor is what the network has not learned, and no number of
    // steps goes below it. The walk with noise ends nearer here, but with other seeds of training the two are closer.
    //
    // ## Exercises
    //
    // Write `Some(1.234)` in place of `None` (an integer with its point: `Some(456.0)`). The program knows the answer and says
    // whether yours is right, to a thousandth of it (to 0.001 if it is below 1 in size): four digits are enough.
    //
    // 1. A denoiser has $\mathrm E|\hat x_0 - \mathrm E[x_0|x_t]|^2 = 0.01$ at every $t$ from 2 to 200 of the schedule above,
    //    log-SNR from 5 to $-5$. How many nats do these steps lose? (The sum telescopes.)
    // 2. Data $\mathcal N(0, 4)$, one step with $\bar\alpha_1 = 0.01$, the best denoiser: what is the variance of the samples
    //    $\hat x_0(x_1)$, where $x_1 \sim \mathcal N(0, 1)$?
    // 3. $\alpha = (0.9, 0.7)$, $x_2 = 1$, $\hat x_0 = 0.5$: where does DDIM with $\eta = 0$ go, that is, what is $x_1$?

    // %%
    check("1", None, (2..=STEPS).map(|t| 0.01 * schedule.snr_weight(t)).sum());
    let (wide, one) =
        (Mixture::from(Gaussian::isotropic(array![0.0], 4.0)?), Schedule::from_alphas(&[0.01])?);
    check("2", None, ExactDenoiser::new(&wide, &one)?.denoise(&array![[1.0]], 1)[[0, 0]].powi(2));
    let two = Schedule::from_alphas(&[0.9, 0.7])?;
    let x_1 = Sampler::ddim(0.0)?.step(&two, 2, &array![[1.0]], &array![[0.5]], &array![[0.0]]);
    check("3", None, x_1[[0, 0]]);
    Ok(())
}
