//! Draws from the prior and weighted draws from an encoder.

use std::error::Error;

use montecarlo::{Estimate, Moments, Streams};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};
use neighbours::evidence::{Evidence, encoder_log_weights, log_evidence, prior_log_weights};
use nn::{Training, Variance};
use plot::{Align, Figure, Panel, Style, theme};
use prob::diagonal::log_normal;
use prob::numerics::log_mean_exp;
use prob::{Conditional, LinearGaussian, ProbError, integrate};
use toy::Preset;
use vae::{LinearVae, Objective, Vae, VaeLearner};

use crate::chapters::neighbour_report::{Page, Row, Theory};

const DIMENSIONS: [usize; 7] = [1, 2, 3, 4, 6, 8, 10];
const DRAWS: usize = 200_000;
const GROUPS: [usize; 7] = [1, 2, 5, 10, 30, 100, 300];
const STEPS: usize = 2000;
const BATCH: usize = 64;
/// Where the quadrature over the latent ends, in standard deviations of the prior.
const REACH: f64 = 12.0;

/// `p(x|z) = N(z, ½ I)` in `d` dimensions, with an encoder wider than the posterior `N(⅔ x, ⅓ I)` and beside it.
fn linear(d: usize) -> Result<LinearVae, ProbError> {
    let eye = Array2::<f64>::eye(d);
    let encoder = LinearGaussian::new(&eye * 0.6, Array1::zeros(d), &eye * 0.4)?;
    LinearVae::new(encoder, LinearGaussian::new(eye.clone(), Array1::zeros(d), eye * 0.5)?)
}

/// `n_eff/n = 1/(1 + Var w/p(x)²)`: how many equal weights would do as well as one of these. The standard error by the
/// delta method.
fn effective_share(relative_variance: Estimate) -> Estimate {
    let mean = 1.0 / (1.0 + relative_variance.mean);
    Estimate { mean, std_err: relative_variance.std_err * mean * mean, ..relative_variance }
}

/// What the bound of `k` weights lacks, `log p(x) - E log w̄`, where `log p(x)` is known. Each group of `k` gives
/// `u - 1 - log u` with `u = w̄/p(x)`, of which the mean is `1`: never below 0, and known better than `-log u` alone.
fn lacking(log_weights: &[f64], k: usize, log_evidence: f64) -> Estimate {
    let of_group = |group: &[f64]| {
        let log_u = log_mean_exp(group) - log_evidence;
        log_u.exp_m1() - log_u
    };
    log_weights.chunks_exact(k).map(of_group).collect::<Moments>().estimate()
}

/// Where latents are drawn from, and how that is drawn: by more than the colour.
fn proposals() -> [(&'static str, Style); 2] {
    [("prior", Style::new(theme::VERMILLION).dashed()), ("encoder", Style::new(theme::BLUE))]
}

/// A linear decoder in more and more dimensions, and a network on the line.
///
/// # Errors
/// If training diverges or an evidence cannot be found by quadrature.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let mut rows = Vec::new();
    let mut shares = Panel::new("linear decoder: what a weight is worth")
        .x_label("dimension $d$")
        .y_label("effective share $n_{\\mathrm{eff}}/n$")
        .y_log();
    for (name, style) in proposals() {
        let (mut exact, mut drawn) = (Vec::new(), Vec::new());
        for d in DIMENSIONS {
            let (vae, x) = (linear(d)?, Array1::from_elem(d, 1.0));
            let streams = streams.role(name);
            let (weights, proposal) = if name == "prior" {
                (prior_log_weights(vae.decoder(), &x, DRAWS, streams), vae.prior().clone())
            } else {
                let weights = encoder_log_weights(vae.encoder(), vae.decoder(), &x, DRAWS, streams);
                (weights, vae.encoder().given(&x))
            };
            let found = Evidence::from_log_weights(&weights)?;
            let variance = vae.weight_variance(&x, &proposal)?;
            exact.push((d as f64, 1.0 / (1.0 + variance)));
            let share = effective_share(found.relative_variance);
            drawn.push((d as f64, share.mean, 2.0 * share.std_err));
            if d == 6 {
                let at = format!("{name}, d = 6: ");
                let evidence = vae.log_evidence(&x);
                rows.push(Row::estimated(at.clone() + "log p(x)", found.log_evidence, evidence));
                rows.push(Row::estimated(at + "relative variance", found.relative_variance, variance));
            }
        }
        shares = shares
            .line(exact, style.clone().label(name))
            .error_bars(drawn, style.name(format!("{name}, drawn")));
    }
    let (rising, of_network) = network(streams)?;
    rows.extend(of_network);
    let mut figure = Figure::new(170.0, 70.0).columns(2);
    let style = Style::new(theme::TEXT).align(Align::Left);
    let shares = shares.text((1.0, 4e-3), "lines: exact; points: drawn, $\\pm 2$ s.e.", style);
    figure.panel(shares.key()).panel(rising.key());
    Ok(Page { title: "p(x) by draws from the prior and by weighted draws", rows, figure })
}

/// The importance-weighted bound of a network VAE on the line, and its evidence by both sets of weights.
fn network(streams: Streams) -> Result<(Panel, Vec<Row>), Box<dyn Error + Send + Sync>> {
    let data = Preset::Bimodal.mixture();
    let vae = Vae::new(1, &[16], 1, Variance::Fixed(0.1), &mut streams.role("weights").rng(0));
    let mut learner = VaeLearner { vae, objective: Objective::ELBO };
    let training = Training { steps: STEPS, batch: BATCH, learning_rate: 5e-3, streams };
    training.run(
        &mut learner,
        1,
        |rng, x: &mut Array2<f64>| x.assign(&data.sample(BATCH, rng)),
        |_, _| (),
    )?;
    let (vae, x) = (learner.vae, ndarray::array![1.0]);
    let exact = log_evidence(&vae.decoder, &x)?;
    let (mean, log_var) = vae.encoder.mean_and_log_var(&x.view().insert_axis(Axis(0)));
    let encoder = (mean[[0, 0]], log_var[[0, 0]]);
    let mut panel = Panel::new("network decoder: what $k$ weights lack")
        .x_label("weights $k$")
        .y_label(r"$\log p(x) - L_k$ (nats)")
        .x_log()
        .y_log();
    let mut rows = Vec::new();
    for ((name, style), (mean, log_var)) in proposals().into_iter().zip([(0.0, 0.0), encoder]) {
        let weights = match name {
            "prior" => prior_log_weights(&vae.decoder, &x, DRAWS, streams.role("prior")),
            _ => encoder_log_weights(&vae.encoder, &vae.decoder, &x, DRAWS, streams.role("encoder")),
        };
        let gaps = GROUPS.map(|k| (k as f64, lacking(&weights, k, exact)));
        panel = panel
            .line(gaps.map(|(k, gap)| (k, gap.mean)), style.clone().width(0.7).name(format!("{name}, path")))
            .error_bars(gaps.map(|(k, gap)| (k, gap.mean, 2.0 * gap.std_err)), style.label(name));
        let found = Evidence::from_log_weights(&weights)?;
        let square = second_moment(&vae.decoder, &x, exact, |z| log_normal(z - mean, log_var));
        let share = square.map_or(Theory::Silent, |square| Theory::Is(1.0 / square));
        rows.push(Row::estimated(format!("{name}, network: log p(x)"), found.log_evidence, exact));
        rows.push(Row::estimated(
            format!("{name}, network: n_eff/n"),
            effective_share(found.relative_variance),
            share,
        ));
    }
    Ok((panel, rows))
}

/// `E w²/p(x)²` of a weight from the proposal with this log density, by quadrature over the latent; nothing where that
/// does not converge, as it cannot for a proposal with too thin tails.
fn second_moment(
    decoder: &impl Conditional,
    x: &ArrayRef1<f64>,
    log_evidence: f64,
    log_proposal: impl Fn(f64) -> f64,
) -> Option<f64> {
    let row: &ArrayRef2<f64> = &x.view().insert_axis(Axis(0));
    let breaks: Vec<f64> = (-48..=48).map(|k| f64::from(k) / 48.0 * REACH).collect();
    let square = |z: f64| {
        let joint = log_normal(z, 0.0) + decoder.log_prob(row, &Array2::from_elem((1, 1), z))[0];
        (2.0 * (joint - log_evidence) - log_proposal(z)).exp()
    };
    let found = integrate(square, &breaks, 1e-9);
    let left_out = square(-REACH).max(square(REACH));
    (found.converged && left_out < 1e-9 * found.value).then_some(found.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a linear decoder everything is known in closed form.
    #[test]
    fn the_second_moment_is_that_of_the_closed_form() -> Result<(), Box<dyn Error>> {
        let (vae, x) = (linear(1)?, ndarray::array![1.0]);
        let exact = vae.log_evidence(&x);
        let from_prior = second_moment(vae.decoder(), &x, exact, |z| log_normal(z, 0.0));
        let from_encoder = second_moment(vae.decoder(), &x, exact, |z| log_normal(z - 0.6, 0.4f64.ln()));
        for (found, proposal) in [(from_prior, vae.prior().clone()), (from_encoder, vae.encoder().given(&x))]
        {
            let square = 1.0 + vae.weight_variance(&x, &proposal)?;
            assert!((found.ok_or("converges")? / square - 1.0).abs() < 1e-8, "{found:?} for {square}");
        }
        // Half the variance of the posterior and less: no second moment.
        let thin = second_moment(vae.decoder(), &x, exact, |z| log_normal(z - 0.6, 0.1f64.ln()));
        assert_eq!(thin, None);
        Ok(())
    }

    /// Two equal weights lack nothing; the control is 0 in the mean, so that the gap is that of the bound.
    #[test]
    fn what_is_lacking_is_what_the_bound_lacks() -> Result<(), Box<dyn Error>> {
        assert_eq!(lacking(&[-1.5, -1.5], 2, -1.5).mean, 0.0);
        let (vae, x) = (linear(2)?, ndarray::array![1.0, 1.0]);
        let weights = prior_log_weights(vae.decoder(), &x, 60_000, Streams::new(1));
        let exact = vae.log_evidence(&x);
        for k in [1, 5, 30] {
            let bound = neighbours::evidence::importance_bound(&weights, k)?;
            let (plain, found) = (exact - bound.mean, lacking(&weights, k, exact));
            assert!(
                (found.mean - plain).abs() < 5.0 * bound.std_err.hypot(found.std_err),
                "{found} for {plain}"
            );
        }
        let bound = neighbours::evidence::importance_bound(&weights, 30)?;
        assert!(lacking(&weights, 30, exact).std_err < 0.5 * bound.std_err);
        Ok(())
    }

    #[test]
    fn a_relative_variance_of_three_leaves_a_quarter() {
        let share = effective_share(Estimate { mean: 3.0, std_err: 0.4, samples: 10 });
        assert_eq!((share.mean, share.std_err, share.samples), (0.25, 0.025, 10));
    }
}
