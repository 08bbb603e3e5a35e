//! Chapter 8: the posterior of a step, and the five things that a network may predict.

// %% [markdown]
// # 8. The posterior and the five parameterisations
//
// Every term of the denoising form compares $p(x_{t-1}|x_t)$ with the posterior of one noising step,
//
// $$q(x_{t-1}|x_t, x_0) = \mathcal N(\mu_q, \sigma_q^2 I), \quad \sigma_q^2 = \tfrac{(1-\alpha_t)(1-\bar\alpha_{t-1})}{1-\bar\alpha_t},$$
// $$\mu_q = \frac{\sqrt{\alpha_t} (1-\bar\alpha_{t-1})\, x_t + \sqrt{\bar\alpha_{t-1}} (1-\alpha_t)\, x_0}{1-\bar\alpha_t}
// \qquad \text{Luo (84), (93)}.$$
//
// With the same variance for $p(x_{t-1}|x_t)$ the divergence is a squared distance of means,
// $|\mu_\theta - \mu_q|^2 / 2\sigma_q^2$, Luo (87)-(92). $\mu_q$ is a weighted sum of $x_t$, which is known, and $x_0$, which
// is not. So a network for *denoising* (去噪) may predict the mean, or $x_0$, or whatever else gives $x_0$ once $x_t$ is known:
// the noise $\varepsilon$, the score, or $v = \sqrt{\bar\alpha_t}\, \varepsilon - \sqrt{1-\bar\alpha_t}\, x_0$. These are five
// parameterisations (参数化) of one loss.
//
// Claims of this chapter: B2a, B2c, D4, D9a, D9b, D9c, D9d, D9e, D9f, D9g, D10b, D11c, D11d. `elbow explain D4` shows one of
// them.

// %%
use std::error::Error;

use montecarlo::{Estimate, Moments, MonteCarlo, Streams};
use ndarray::{Array2, Axis, array};
use notebooks::{check, show};
use plot::{Figure, Panel, Style, theme};
use prob::{Gaussian, Mixture, squared_distances, standard_normal};
use toy::Preset;
use vdm::{Channel, ChannelError, ExactDenoiser, Parameterisation, Schedule};

/// The five with names and the look of their lines.
fn looks() -> [(Parameterisation, &'static str, Style); 5] {
    use Parameterisation::{Clean, Mean, Noise, Score, Velocity};
    [
        (Clean, "$x_0$", Style::new(theme::BLUE)),
        (Noise, r"$\varepsilon$", Style::new(theme::VERMILLION).dashed()),
        (Velocity, "$v$", Style::new(theme::GREEN).dotted()),
        (Score, "score", Style::new(theme::PURPLE).width(0.8)),
        (Mean, r"$\mu_q$", Style::new(theme::BLACK).dashed().width(0.8)),
    ]
}

/// `n` draws of data and what they are at step `t`, `[n, 1]` both.
fn drawn_pairs(data: &Mixture, schedule: &Schedule, t: usize, n: usize) -> (Array2<f64>, Array2<f64>) {
    let mut rng = Streams::new(8).rng(t as u64);
    let x_0 = data.sample(n, &mut rng);
    let x_t = schedule.noised(t, &x_0, standard_normal((n, 1), &mut rng));
    (x_0, x_t)
}

/// `E (x_{t-1} - μ_q(x_t, x_0))²` over draws of two steps from `x_0`.
fn drawn_variance(schedule: &Schedule, t: usize, x_0: f64) -> Estimate {
    let (of_x_t, of_x_0) = schedule.posterior_mean_coefficients(t);
    let moments: Moments = MonteCarlo::new(200_000, Streams::new(9)).run(&|_| (), |rng, n| {
        let before = schedule.noised(t - 1, &Array2::from_elem((n, 1), x_0), standard_normal((n, 1), rng));
        let x_t = &before * schedule.alpha(t).sqrt() + standard_normal((n, 1), rng) * schedule.beta(t).sqrt();
        (before - x_t * of_x_t - of_x_0 * x_0).mapv(|e| e * e).iter().copied().collect()
    });
    moments.estimate()
}

/// The error of the best denoiser in the unit of a prediction, by Monte Carlo: target and answer are converted, then compared.
fn drawn_error(data: &Mixture, schedule: &Schedule, t: usize, to: Parameterisation) -> Estimate {
    let (x_0, x_t) = drawn_pairs(data, schedule, t, 4000);
    let best = ExactDenoiser::new(data, schedule).expect("modes of ordinary width").denoise(&x_t, t);
    let rows = x_t.axis_iter(Axis(0)).zip(x_0.axis_iter(Axis(0)).zip(best.axis_iter(Axis(0))));
    let convert = |x_t: &_, x_0: &_| schedule.convert(t, x_t, Parameterisation::Clean, x_0, to)[0];
    let errors: Moments =
        rows.map(|(x_t, (x_0, best))| (convert(&x_t, &x_0) - convert(&x_t, &best)).powi(2)).collect();
    errors.estimate()
}

// %%
fn main() -> Result<(), Box<dyn Error>> {
    // %% [markdown]
    // ## The posterior, by two routes and by draws
    //
    // Conditioning the joint Gaussian of $(x_{t-1}, x_t)$ given $x_0$ knows nothing of the formula, and gives the same law
    // (D4). $\sigma_q^2$ is smaller than $1-\alpha_t$, the variance of the step: knowing $x_0$ helps.

    // %%
    let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5])?;
    let (x_0, x_t) = (array![0.8], array![0.2]);
    for t in [2, 3] {
        let law = schedule.posterior(t, &x_t, &x_0)?;
        let route = schedule.marginal(t - 1, 1).bridge(&schedule.step(t, 1))?.given(&array![0.8, 0.2]);
        println!("t = {t}: mu_q {:.6}, by conditioning {:.6}", law.mean()[0], route.mean()[0]);
        let (formula, other) = (law.covariance()[[0, 0]], route.covariance()[[0, 0]]);
        let drawn = drawn_variance(&schedule, t, 0.8);
        println!("       sigma_q² {formula:.6}, by conditioning {other:.6}, drawn {drawn}");
    }

    // %% [markdown]
    // ## One error, five units
    //
    // A denoiser answers $\hat x_0 = 0.5$ where $x_0 = 0.8$. Converted to each of the five (D9f), target and answer differ by
    // other amounts, and other weights stand before the squares; the product is the divergence, the same for all (D9a-D9e).
    // The weight of $x_0$ is $\tfrac12 (\mathrm{SNR}(t-1) - \mathrm{SNR}(t))$, Luo (109)-(110): what an error costs is how
    // much clearer $x_0$ becomes in this step.
    //
    // With another reverse variance, say $\sigma^2 = 1-\alpha_t$, the divergence is $|\mu_\theta - \mu_q|^2 / 2\sigma^2$ plus
    // $\tfrac d2 (\sigma_q^2/\sigma^2 - 1 - \log(\sigma_q^2/\sigma^2))$, which no prediction lowers (D9g). To forget that part is a
    // common slip.

    // %%
    let (t, wrong) = (2, array![0.5]);
    for (prediction, name, ..) in looks() {
        let convert = |x_0| schedule.convert(t, &x_t, Parameterisation::Clean, x_0, prediction)[0];
        let (error, weight) = ((convert(&wrong) - convert(&x_0)).powi(2), schedule.weight(t, prediction));
        println!("{name:<14} error² {error:.6} x weight {weight:>9.6} = {:.6} nats", error * weight);
    }
    let mean = schedule.posterior_mean(t, &x_t, &wrong);
    let divergence = schedule.matching(t, &x_t, &x_0, &mean, schedule.posterior_variance(t));
    println!("the divergence {divergence:.6} nats, half the drop of SNR {:.6}", schedule.snr_weight(t));
    let square = (&mean - &schedule.posterior_mean(t, &x_t, &x_0))[0].powi(2) / (2.0 * schedule.beta(t));
    let whole = schedule.matching(t, &x_t, &x_0, &mean, schedule.beta(t));
    println!("variance 1-alpha_t: divergence {whole:.6}, its square alone {square:.6}");

    // %% [markdown]
    // ## Tweedie: the score is a denoiser
    //
    // For data with any law, $\mathrm E[x_0|x_t] = (x_t + (1-\bar\alpha_t) \nabla \log q(x_t)) / \sqrt{\bar\alpha_t}$ (B2a).
    // It has the least squared error (B2c, D11d); another $\hat x_0$ has $\mathrm E|\hat x_0 - \mathrm E[x_0|x_t]|^2$ on top
    // (D11c). Two modes show it beside the best *line*, whose error is that for Gaussian data with the same two moments.

    // %%
    let (data, steps) = (Preset::Bimodal.mixture(), 41);
    let normal = Mixture::from(Gaussian::new(data.mean(), data.covariance())?);
    let fine = Schedule::from_log_snr_end_points(steps, 6.0, -6.0)?;
    let (best, line) = (ExactDenoiser::new(&data, &fine)?, ExactDenoiser::new(&normal, &fine)?);
    for t in [11, 21, 31] {
        let (at, scale) = (array![[0.4]], fine.alpha_bar(t).sqrt());
        let tweedie = (0.4 + fine.noise_variance(t) * best.score(&at, t)[[0, 0]]) / scale;
        println!("t = {t}: answer to 0.4: Bayes {:.6}, Tweedie {tweedie:.6}", best.denoise(&at, t)[[0, 0]]);
        let (x_0, x_t) = drawn_pairs(&data, &fine, t, 100_000);
        for (name, law, denoiser) in [("best", &data, &best), ("line", &normal, &line)] {
            let squares = squared_distances(&x_0, &denoiser.denoise(&x_t, t));
            let drawn = squares.iter().copied().collect::<Moments>().estimate();
            println!("   error of the {name}: {:.6}, drawn {drawn}", Channel::new(law, fine.snr(t))?.mmse()?);
        }
    }

    // %% [markdown]
    // ## Weights and errors over the schedule
    //
    // The weights run apart by powers of ten, and so do the errors, the other way: the product is one curve (lines exact, bars
    // two standard errors of draws). What the choice changes is where a network has to be precise. Even the best denoiser
    // knows little of $x_0$ at much noise, and little of $\varepsilon$ at little noise. The *unweighted* loss of $\varepsilon$
    // drops the weight; on a schedule that is even in log-SNR, as here, that weight is the same for all $t$, so that nothing
    // is lost (D10b).

    // %%
    let mut figure = Figure::new(160.0, 68.0).columns(3);
    {
        let levels: Vec<usize> = (2..=steps).rev().collect();
        let mmse = |t: &usize| Channel::new(&data, fine.snr(*t))?.mmse();
        let least = levels.iter().map(mmse).collect::<Result<Vec<f64>, ChannelError>>()?;
        let curve = |f: &dyn Fn(usize, f64) -> f64| -> Vec<(f64, f64)> {
            levels.iter().zip(&least).map(|(&t, &mmse)| (fine.log_snr(t), f(t, mmse))).collect()
        };
        let panel = |title: &str| Panel::new(title).x_label("log SNR$(t)$").y_log();
        let (mut weights, mut errors) =
            (panel("weight of a squared error"), panel("error of the best denoiser"));
        let matching = curve(&|t, mmse| fine.snr_weight(t) * mmse);
        let mut products =
            panel("weight × error (nats)").line(matching, Style::new(theme::BLACK).name("exact"));
        for (prediction, name, style) in looks() {
            let ratio = |t| (fine.gain(t, Parameterisation::Clean) / fine.gain(t, prediction)).powi(2);
            weights = weights.line(curve(&|t, _| fine.weight(t, prediction)), style.clone().label(name));
            errors = errors.line(curve(&|t, mmse| mmse * ratio(t)), style.clone().label(name));
            for t in (3..=steps).step_by(9) {
                let (at, drawn) = (fine.log_snr(t), drawn_error(&data, &fine, t, prediction));
                let bar = |scale: f64| [(at, scale * drawn.mean, 2.0 * scale * drawn.std_err)];
                let style = style.clone().size(3.0).name(format!("{name}, drawn"));
                errors = errors.error_bars(bar(1.0), style.clone());
                products = products.error_bars(bar(fine.weight(t, prediction)), style);
            }
        }
        figure.panel(weights).panel(errors).panel(products);
    }
    show(&figure, "parameterisations_weights")?;

    // %% [markdown]
    // ## Exercises
    //
    // Write `Some(1.234)` in place of `None` (an integer with its point: `Some(456.0)`). The program knows the answer and says
    // whether yours is right, to a thousandth of it (to 0.001 if it is below 1 in size): four digits are enough.
    //
    // 1. $\alpha = (0.9, 0.7, 0.5)$, also below. What is the variance of $q(x_1|x_2, x_0)$?
    // 2. How many nats does an error of 1 in $\hat x_0$ cost at $t = 2$, if the reverse variance is $\sigma_q^2$?
    // 3. The data are $\mathcal N(0, 4)$. What is the best answer for $x_0$ to $x_2 = 1$?

    // %%
    check("1", None, schedule.posterior_variance(2));
    check("2", None, schedule.weight(2, Parameterisation::Clean));
    let wide = Mixture::from(Gaussian::isotropic(array![0.0], 4.0)?);
    check("3", None, ExactDenoiser::new(&wide, &schedule)?.denoise(&array![[1.0]], 2)[[0, 0]]);
    Ok(())
}
