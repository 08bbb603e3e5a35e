//! Chapter 7: two decompositions of the bound, and a line that is false.

// %% [markdown]
// # 7. Two decompositions, and a false line
//
// The bound of a chain is the average of one log-ratio, with the factors of the decoder over those of the encoder:
//
// $$\mathrm{ELBO} = \mathrm E_q \Big[\log p(x_T) + \sum_t \log \frac{p(x_{t-1}|x_t)}{q(x_t|x_{t-1})}\Big] \quad \text{Luo (41)}$$
//
// A decomposition says which $q$ stands beside which $p$, nothing more. The *consistency* form (一致性项) pairs the two factors of
// the same variable, $p(x_t|x_{t+1})$ and $q(x_t|x_{t-1})$. The *denoising matching* form (去噪匹配项) turns the encoder round
// first, and pairs $p(x_{t-1}|x_t)$ with $q(x_{t-1}|x_t, x_0)$. Three things are said of them:
//
// 1. both are sums of KL divergences: **false** of the first as it is printed;
// 2. they are the same thing: true of the bounds, **false** of the sums;
// 3. the second has the lower variance: **it depends**, first of all on how it is sampled.
//
// Claims of this chapter: D3b, D3c, D5, D6a, D6b, D6d, D6e, D7a, D7b, D14c, D14d, D14e, D14h, R1, R2, R3.

// %%
use std::error::Error;

use estimators::{Estimator, Form, Observations, Problem, Scheme, sample, sample_terms};
use figures::studies::estimators::problem as chain_of_steps;
use mhvae::Mhvae;
use montecarlo::{Estimate, Streams};
use ndarray::array;
use notebooks::{check, show};
use plot::{Figure, Panel, Style, theme};
use prob::Gaussian;
use vdm::{Reverse, Schedule, Vdm};

/// The terms of a form by Monte Carlo, all on the same paths: reconstruction, prior matching, matching terms.
fn drawn_terms(form: Form, problem: &Problem) -> Result<Vec<Estimate>, Box<dyn Error>> {
    let plan = sample::plan(problem, 200_000, Streams::new(11).role(form.name()));
    let moments = sample_terms(&form.terms(problem)?, problem, &plan, &|_| ());
    Ok(moments.iter().map(|term| term.estimate()).collect())
}

/// The density of `N(mean, variance)`.
fn bell(mean: f64, variance: f64) -> Vec<(f64, f64)> {
    let law = Gaussian::isotropic(array![mean], variance).expect("a positive variance");
    (0..=250).map(|i| -1.6 + 0.016 * f64::from(i)).map(|x| (x, law.log_prob(&array![x]).exp())).collect()
}

/// The exact variance of a form under a scheme, in nats².
fn variance(form: Form, scheme: Scheme, problem: &Problem) -> Result<f64, Box<dyn Error>> {
    Ok(Estimator::new(form, problem)?.moments(scheme, problem).ok_or("not a linear chain")?.variance())
}

// %%
fn main() -> Result<(), Box<dyn Error>> {
    // %% [markdown]
    // ## A chain of three steps, and the denoising form
    //
    // $\alpha = (0.9, 0.7, 0.5)$, $x_0 = 0.8$, and a reverse model far from exact, $p(x_{t-1}|x_t) = \mathcal N(m\, x_t, v)$
    // with $m = 0.6$, $v = 0.3$. All is Gaussian, so that every term has an exact value.
    //
    // Given $x_0$, Bayes' rule is $q(x_t|x_{t-1}) = q(x_{t-1}|x_t, x_0)\, q(x_t|x_0) / q(x_{t-1}|x_0)$ (D3b). In the product
    // over $t$ the ratios telescope, Luo (50)-(57), and the encoder stands there from the top down (D3c):
    // $\prod_t q(x_t|x_{t-1}) = q(x_T|x_0) \prod_{t \ge 2} q(x_{t-1}|x_t, x_0)$. Now each pair is a divergence, for
    // $q(x_{t-1}|x_t, x_0)$ *is* the law of $x_{t-1}$ once $x_t$ is drawn (D7a); `matching 1` below is $t = 2$:
    //
    // $$\mathrm{ELBO} = \mathrm E \log p(x_0|x_1) - \mathrm{KL}(q(x_T|x_0) \| p(x_T)) - \sum_{t=2}^T \mathrm E_{q(x_t|x_0)}
    // \mathrm{KL}(q(x_{t-1}|x_t, x_0) \| p(x_{t-1}|x_t)) \qquad \text{Luo (58)}.$$

    // %%
    let (m, v) = (0.6, 0.3);
    let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5])?;
    let model = Vdm::new(schedule.clone(), Reverse::unbiased(1, vec![m; 3], vec![v; 3])?)?;
    let x_0 = array![0.8];
    let chain = Mhvae::new(schedule.all_steps(1), model.reverse().all_steps())?;
    let problem = Problem::new(chain, Observations::Fixed(x_0.clone()))?;
    let denoising = model.denoising(&x_0);
    for ((name, exact), estimate) in denoising.terms().zip(drawn_terms(Form::Denoising, &problem)?) {
        println!("{name:<16}{exact:>10.6}   drawn {estimate}");
    }
    println!("ELBO            {:>10.6}   as a log-ratio {:.6}", denoising.elbo(), model.path(&x_0));

    // %% [markdown]
    // ## The false line
    //
    // Without turning anything round, term $t$ is $\mathrm E \log \frac{q(x_t|x_{t-1})}{p(x_t|x_{t+1})}$, Luo (44), which is
    // true (D5). The next line of nearly every text calls this $\mathrm E\, \mathrm{KL}(q(x_t|x_{t-1}) \| p(x_t|x_{t+1}))$,
    // Luo (45). But a divergence averages $x_t$ over its first law, and (44) averages $x_t$ as it is once **both** neighbours
    // are drawn. $x_{t+1}$ was made of $x_t$ and tells of it: the law of $x_t$ is then the *bridge*
    // $r = q(x_t|x_{t-1}, x_{t+1})$ (D6a), which moves with $x_{t+1}$.

    // %%
    let (bridge, below) = (schedule.bridge(2), 0.8);
    let mut panel = Panel::new("laws of $x_2$ given $x_1 = 0.8$").x_label("$x_2$").y_label("density").key();
    let style = Style::new(theme::VERMILLION).width(2.0).label("$q(x_2|x_1)$");
    panel = panel.line(bell(schedule.alpha(2).sqrt() * below, schedule.beta(2)), style);
    for (above, style) in [
        (-1.5, Style::new(theme::BLACK).label("$r$, $x_3 = -1.5$")),
        (0.5, Style::new(theme::BLUE).dotted().label("$r$, $x_3 = 0.5$")),
        (2.0, Style::new(theme::GREEN).dashed().label("$r$, $x_3 = 2$")),
    ] {
        let mean = bridge.of_below * below + bridge.of_above * above;
        panel = panel.line(bell(mean, bridge.variance), style);
    }
    let mut figure = Figure::new(150.0, 64.0);
    figure.panel(panel);
    show(&figure, "two_decompositions_bridge")?;

    // %% [markdown]
    // The true term is $\mathrm E[\mathrm{KL}(r \| p(x_t|x_{t+1})) - \mathrm{KL}(r \| q(x_t|x_{t-1}))]$ (D6b): the average of
    // $\log q/p$ under $r$. The printed term is too large by $m \sqrt{\alpha_{t+1}} (1-\alpha_t)/v$ in each dimension (D6d,
    // R1), for it forgets just one thing, $\mathrm{Cov}(x_t, x_{t+1}|x_{t-1}) = \sqrt{\alpha_{t+1}} (1-\alpha_t)$, and the
    // square $(x_t - m x_{t+1})^2/2v$ holds $-m\, x_t x_{t+1}/v$.

    // %%
    let (correct, printed) = (model.consistency(&x_0), model.consistency_as_printed(&x_0));
    let sampled = drawn_terms(Form::ConsistencyLogRatio, &problem)?;
    let too_large = [0, 1].map(|k| printed.matching[k] - correct.matching[k]);
    let formula = [1, 2].map(|t| m * schedule.alpha(t + 1).sqrt() * schedule.beta(t) / v);
    println!("terms of (44), drawn  {}, {}", sampled[2], sampled[3]);
    println!("corrected             {:.6?}", correct.matching);
    println!("as printed            {:.6?}", printed.matching);
    println!("too large by          {too_large:.6?}, formula {formula:.6?}");
    println!("ELBO: corrected {:.6}, as printed {:.6}", correct.elbo(), printed.elbo());

    // %% [markdown]
    // ## The same bound, not the same sums
    //
    // As bounds the forms agree, each with its own prior term (D7b). The sums of matching terms differ (R2), by the difference
    // of $\mathrm{KL}(q(x_T|x_0) \| p(x_T))$ and $\mathrm E\, \mathrm{KL}(q(x_T|x_{T-1}) \| p(x_T))$ (D6e).

    // %%
    let sums = [&correct, &denoising].map(|form| form.matching.iter().sum::<f64>());
    let priors = [correct.prior_matching, denoising.prior_matching];
    println!("consistency, denoising: matching {sums:.6?}, prior {priors:.6?}");
    println!("together: {:.6}, {:.6}", sums[0] + priors[0], sums[1] + priors[1]);

    // %% [markdown]
    // ## Which has the lower variance?
    //
    // "The denoising terms average over one random variable, the others over two: so their variance is lower." Terms are
    // quadratics of Gaussians, and the variance is known exactly (D14c, D14d), for three ways of sampling: *path*, one chain
    // for all terms; *independent*, each on its own draws; *one step*, one term at random $t$ times their number, as in
    // training.

    // %%
    for scheme in Scheme::TEXTBOOK {
        for form in [Form::Consistency, Form::Denoising] {
            let plan = sample::plan(&problem, 200_000, Streams::new(12).role(scheme.name()));
            let drawn = sample(&Estimator::new(form, &problem)?, scheme, &problem, &plan, &|_| ()).variance;
            let exact = variance(form, scheme, &problem)?;
            println!("{scheme:<12}{form:<12} variance {exact:.6}, drawn {drawn} nats²");
        }
    }

    // %% [markdown]
    // It depends (R3, D14h). A divergence is quieter than its log-ratio, term by term (D14e). On a shared path neighbouring
    // consistency terms cancel in part, and here the denoising form loses; with draws apart, fewer variables are less noise,
    // and it wins. Now one span of time in 2 to 300 steps, with
    // $p(x_{t-1}|x_t) = \mathcal N(0.95 \sqrt{\alpha_t}\, x_t, 1-\alpha_t)$:

    // %%
    let mut panel = Panel::new("").x_label("steps $T$").y_label("variance, denoising / consistency");
    for (scheme, style) in [
        (Scheme::Path, Style::new(theme::VERMILLION)),
        (Scheme::Independent, Style::new(theme::BLUE).dashed()),
        (Scheme::OneStep, Style::new(theme::GREEN).dotted()),
    ] {
        let mut ratios = vec![];
        for steps in [2, 3, 4, 6, 12, 24, 32, 50, 75, 100, 150, 200, 300] {
            let longer = chain_of_steps(steps).map_err(|error| error.to_string())?;
            let of = |form| variance(form, scheme, &longer);
            ratios.push((steps as f64, of(Form::Denoising)? / of(Form::Consistency)?));
        }
        println!("{scheme:<12}{}", ratios.iter().map(|(t, r)| format!("  {t}: {r:.4}")).collect::<String>());
        panel = panel.line(ratios, style.label(scheme.name().replace('_', " ")));
    }
    let mut figure = Figure::new(150.0, 64.0);
    figure.panel(panel.x_log().y_log().horizontal(1.0, Style::guide()));
    show(&figure, "two_decompositions_variance")?;

    // %% [markdown]
    // Neither form has the lower variance by its nature: at $T = 200$ even the shared path has turned round, and one step at
    // $T = 3$ is a tie (1.0001). But training draws one step of many, and there the denoising form has the lower variance.
    // That is why it is used.
    //
    // ## Exercises
    //
    // Write `Some(1.234)` in place of `None` (an integer with its point: `Some(456.0)`). The program knows the answer and says
    // whether yours is right, to a thousandth of it (to 0.001 if it is below 1 in size): four digits are enough.
    //
    // 1. $\alpha = (0.8, 0.5)$, $p(x_1|x_2) = \mathcal N(0.7 x_2, 0.2)$: by how many nats is the bound as printed too low?
    // 2. What is the variance of the bridge $q(x_1|x_0, x_2)$ for these $\alpha$?
    // 3. How many nats is $\mathrm E\, \mathrm{KL}(r \| q(x_1|x_0))$ for them? It is the information of $x_2$ on $x_1$.

    // %%
    let two = Schedule::from_alphas(&[0.8, 0.5])?;
    let small = Vdm::new(two.clone(), Reverse::unbiased(1, vec![0.7; 2], vec![0.2; 2])?)?;
    check("1", None, small.consistency(&x_0).elbo() - small.consistency_as_printed(&x_0).elbo());
    check("2", None, two.bridge(1).variance);
    check("3", None, 0.5 * (two.noise_variance(2) / two.beta(2)).ln());
    Ok(())
}
