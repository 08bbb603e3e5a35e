//! The numbers that stand in the page against the library by other routes: the quadratics of `estimators` instead of the closed
//! formulas of `vdm`, nested adaptive quadratures instead of the trapezoidal rule, laws of `prob` instead of schedules.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use approx::assert_relative_eq;
use estimators::{Estimator, Form, Observations, Problem};
use explore::{ExploreError, Noising, Reversal, Table};
use mhvae::Mhvae;
use ndarray::{Array1, array};
use prob::{Bound, Gaussian, Mixture};
use serde_json::Value;
use toy::Preset;
use vdm::Schedule;

static PAGE: LazyLock<String> = LazyLock::new(|| explore::page(Preset::Bimodal, &|_| ()).expect("a page"));

/// The numbers as a browser reads them.
static NUMBERS: LazyLock<Value> = LazyLock::new(|| {
    let (_, after) =
        PAGE.split_once(r#"<script type="application/json" id="numbers">"#).expect("the numbers");
    serde_json::from_str(after.split_once("</script>").expect("their end").0).expect("JSON")
});

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

fn run(noising: Noising, steps: usize) -> &'static Value {
    let index = explore::table::STEPS.iter().position(|&known| known == steps).expect("one of them");
    &NUMBERS["runs"][noising as usize][index]
}

fn data() -> Mixture {
    Preset::Bimodal.mixture()
}

/// The schedule as the page tells it.
fn schedule(run: &Value) -> Schedule {
    Schedule::from_alphas(&numbers(&run["alpha"])).expect("a schedule")
}

fn assert_terms(found: &Value, expected: &Bound, tolerance: f64) {
    let matching = numbers(&found["matching"]);
    assert_eq!(matching.len(), expected.matching.len());
    let pairs = [
        (number(&found["reconstruction"]), expected.reconstruction),
        (number(&found["prior_matching"]), expected.prior_matching),
        (number(&found["matching_sum"]), expected.matching.iter().sum()),
        (number(&found["elbo"]), expected.elbo()),
    ];
    for (found, expected) in
        pairs.into_iter().chain(matching.into_iter().zip(expected.matching.iter().copied()))
    {
        assert_relative_eq!(found, expected, max_relative = tolerance, epsilon = tolerance);
    }
}

#[test]
fn linear_models_are_those_of_the_exact_quadratics() {
    for (noising, steps) in
        [(Noising::EvenLogSnr, 1), (Noising::Cosine, 5), (Noising::Linear, 10), (Noising::Constant, 20)]
    {
        let run = run(noising, steps);
        let schedule = schedule(run);
        for (reversal, model) in Reversal::ALL.into_iter().zip(run["models"].as_array().unwrap()) {
            let Some(reverse) = reversal.linear(&data(), &schedule).unwrap() else { continue };
            let chain = Mhvae::new(schedule.all_steps(1), reverse.all_steps()).unwrap();
            let evidence: f64 =
                data().parts().map(|(weight, law)| -weight * law.cross_entropy(&chain.evidence())).sum();
            let problem = Problem::new(chain, Observations::From(data())).unwrap();
            for form in [Form::Denoising, Form::Consistency, Form::ConsistencyAsPrinted] {
                let estimator = Estimator::new(form, &problem).unwrap();
                let means: Vec<f64> = estimator.each().unwrap().iter().map(|term| term.mean).collect();
                let expected = Bound {
                    reconstruction: means[0],
                    prior_matching: means[1],
                    matching: means[2..].to_vec(),
                };
                assert_terms(&model[form.name()], &expected, 1e-9);
            }
            let elbo = number(&model["denoising"]["elbo"]);
            assert_relative_eq!(number(&model["log_evidence"]), evidence, max_relative = 1e-10);
            assert_relative_eq!(number(&model["gap"]), evidence - elbo, epsilon = 1e-9);
            let printed = number(&model["consistency_as_printed"]["elbo"]);
            assert_relative_eq!(number(&model["misprint"]), printed - elbo, epsilon = 1e-9);
            assert!(model["limit"].is_null());
        }
    }
}

#[test]
fn the_best_denoiser_is_that_of_adaptive_quadrature() {
    let log_likelihood = -vdm::information::entropy(&data()).unwrap();
    assert_relative_eq!(number(&NUMBERS["data"]["log_likelihood"]), log_likelihood, max_relative = 1e-9);
    for (noising, steps) in [(Noising::EvenLogSnr, 20), (Noising::Cosine, 10), (Noising::Linear, 2)] {
        let run = run(noising, steps);
        let schedule = schedule(run);
        let model = &run["models"][Reversal::BestDenoiser as usize];
        let expected = vdm::continuous::average_bound(&data(), &schedule).unwrap();
        assert_terms(&model["denoising"], &expected, 1e-8);
        assert_relative_eq!(
            number(&model["shortfall"]),
            log_likelihood - expected.elbo(),
            max_relative = 1e-8
        );
        let matching =
            vdm::continuous::continuous_loss(&data(), schedule.snr(steps), schedule.snr(1)).unwrap();
        let limit = expected.reconstruction - expected.prior_matching - matching;
        assert_relative_eq!(number(&model["limit"]), limit, max_relative = 1e-8);
        for absent in ["consistency", "consistency_as_printed", "misprint", "log_evidence", "gap"] {
            assert!(model[absent].is_null(), "{absent}");
        }
    }
}

/// Densities by pushing the data through `q(x_t|x_0)`, the posterior by conditioning, what a step costs by the divergence of
/// laws: each to the digits that are kept.
#[test]
fn what_is_drawn_are_the_laws() {
    let run = run(Noising::Linear, 5);
    let schedule = schedule(run);
    let x_0 = array![number(&NUMBERS["x_0"])];
    let (grid, x_t) = (numbers(&NUMBERS["grid"]), numbers(&NUMBERS["x_t"]));
    for t in 1..=5 {
        let seen = data().push(&schedule.marginal(t, 1));
        for (x, found) in grid.iter().zip(numbers(&run["densities"][t - 1])) {
            assert!((found - seen.log_prob(&array![*x]).exp()).abs() < 5.1e-5, "t = {t}, x = {x}");
        }
        let before = |x_0: &Array1<f64>| schedule.marginal(t - 1, 1).given(x_0);
        for (reversal, model) in Reversal::ALL.into_iter().zip(run["models"].as_array().unwrap()) {
            let variance = number(&model["variances"][t - 1]);
            let linear = reversal.linear(&data(), &schedule).unwrap();
            let expected = match &linear {
                Some(reverse) => reverse.variance(t),
                None if t == 1 => 1.0 - schedule.alpha(1),
                None => number(&run["posterior_variance"][t - 1]),
            };
            assert_relative_eq!(variance, expected, max_relative = 1e-12);
            for (i, x_t) in x_t.iter().map(|&x| array![x]).enumerate() {
                let conditioned =
                    |known: &Gaussian| schedule.step(t, 1).joint(known).condition(&[1], &x_t).unwrap();
                // The mean of x_{t-1} given x_t and the best guess of x_0, through the posterior of the mixture.
                let mean = match &linear {
                    Some(reverse) => reverse.mean(t, &x_t)[0],
                    None => {
                        let x_0_hat = data().posterior(&schedule.marginal(t, 1), &x_t).unwrap().mean();
                        if t == 1 { x_0_hat[0] } else { conditioned(&before(&x_0_hat)).mean()[0] }
                    }
                };
                assert!((number(&model["means"][t - 1][i]) - mean).abs() < 5.1e-5, "{reversal:?}, t = {t}");
                let reverse = Gaussian::isotropic(array![mean], variance).unwrap();
                let cost = if t == 1 {
                    -reverse.log_prob(&x_0)
                } else {
                    let posterior = conditioned(&before(&x_0));
                    let found = number(&run["posterior_means"][t - 1][i]);
                    assert!((found - posterior.mean()[0]).abs() < 5.1e-5);
                    let found = number(&run["posterior_variance"][t - 1]);
                    assert_relative_eq!(found, posterior.covariance()[[0, 0]], max_relative = 1e-9);
                    posterior.kl_divergence(&reverse)
                };
                let found = number(&model["costs"][t - 1][i]);
                assert!((found - cost).abs() < 5.1e-7, "{reversal:?}, t = {t}: {found} for {cost}");
            }
        }
    }
}

/// A bound is a bound: `ELBO ≤ E log p(x_0) ≤ E log q(x_0)` and both forms are one, at every setting.
#[test]
fn every_setting_is_there_finite_and_a_bound() {
    let table = &*NUMBERS;
    let steps = numbers(&table["steps"]);
    let top = number(&table["data"]["log_likelihood"]);
    let (points, places) = (numbers(&table["grid"]).len(), numbers(&table["x_t"]).len());
    assert_eq!(numbers(&table["data"]["density"]).len(), points);
    let rows = |value: &Value, count: usize, length: usize| {
        let rows = value.as_array().unwrap();
        assert_eq!(rows.len(), count);
        assert!(rows.iter().all(|row| numbers(row).len() == length));
    };
    assert_eq!(table["runs"].as_array().unwrap().len(), table["schedules"].as_array().unwrap().len());
    for (noising, runs) in Noising::ALL.into_iter().zip(table["runs"].as_array().unwrap()) {
        assert_eq!(runs.as_array().unwrap().len(), steps.len());
        for (run, &steps) in runs.as_array().unwrap().iter().zip(&steps) {
            let steps = steps as usize;
            let lengths = [("alpha", 0), ("alpha_bar", 1), ("log_snr", 0), ("posterior_variance", 0)];
            assert!(lengths.iter().all(|&(name, more)| numbers(&run[name]).len() == steps + more));
            assert_relative_eq!(
                number(&run["alpha_bar"][steps]),
                numbers(&run["alpha"]).iter().product::<f64>(),
                max_relative = 1e-10
            );
            let expected = noising.schedule(steps).unwrap();
            for (t, alpha) in (1..).zip(numbers(&run["alpha"])) {
                // The last digit may be lost where JSON is read.
                assert_relative_eq!(alpha, expected.alpha(t), max_relative = 1e-14);
            }
            rows(&run["densities"], steps, points);
            rows(&run["posterior_means"], steps, places);
            assert_eq!(run["models"].as_array().unwrap().len(), Reversal::ALL.len());
            for (reversal, model) in Reversal::ALL.into_iter().zip(run["models"].as_array().unwrap()) {
                rows(&model["means"], steps, places);
                rows(&model["costs"], steps, places);
                assert_eq!(numbers(&model["variances"]).len(), steps);
                let elbo = number(&model["denoising"]["elbo"]);
                assert_eq!(numbers(&model["denoising"]["matching"]).len(), steps - 1);
                assert!(elbo <= top + 1e-9, "{noising:?}, {steps}, {reversal:?}");
                if reversal == Reversal::BestDenoiser {
                    assert!(elbo <= number(&model["limit"]) + 1e-9);
                    continue;
                }
                let evidence = number(&model["log_evidence"]);
                assert!(elbo <= evidence + 1e-9 * elbo.abs() && evidence <= top);
                let consistency = number(&model["consistency"]["elbo"]);
                assert_relative_eq!(consistency, elbo, max_relative = 1e-9);
                let best_step = number(&run["models"][Reversal::LinearStep as usize]["denoising"]["elbo"]);
                assert!(elbo <= best_step + 1e-9, "no linear step is better than the regression");
                // Luo (45) as printed is off by m √α_{t+1} (1-α_t)/v at each step.
                let schedule = schedule(run);
                let reverse = reversal.linear(&data(), &schedule).unwrap().unwrap();
                let off = |t: usize| {
                    reverse.scale(t + 1) * schedule.alpha(t + 1).sqrt() * schedule.beta(t)
                        / reverse.variance(t + 1)
                };
                assert_relative_eq!(
                    number(&model["misprint"]),
                    -(1..steps).map(off).sum::<f64>(),
                    max_relative = 1e-9,
                    epsilon = 1e-9 * elbo.abs()
                );
            }
        }
    }
}

/// One file, of a size that a phone takes, the same on any number of threads.
#[test]
fn the_page_is_whole_and_always_the_same() {
    assert!(PAGE.len() < 3_000_000, "{} bytes", PAGE.len());
    let addresses = ["http:", "https:", " src=", "url(", "@import"];
    assert!(addresses.iter().all(|address| !PAGE.contains(address)));
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let again = one.install(|| explore::page(Preset::Bimodal, &|_| ())).unwrap();
    assert!(again == *PAGE);
}

#[test]
fn progress_ends_with_all_the_work_and_the_plane_is_refused() {
    let most = AtomicU64::new(0);
    let table = Table::new(Preset::Trimodal, &|done| {
        most.fetch_max(done, Ordering::Relaxed);
    })
    .unwrap();
    assert_eq!(most.into_inner(), Table::work());
    assert!(table.data.log_likelihood.is_finite());
    let refused = Table::new(Preset::Ring8, &|_| ()).unwrap_err();
    assert!(matches!(refused, ExploreError::NotOnTheLine { dim: 2, .. }), "{refused}");
}
