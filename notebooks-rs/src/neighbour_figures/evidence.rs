//! Draws from the prior and weighted draws from an encoder.

use std::error::Error;

use montecarlo::Streams;
use ndarray::{Array1, Array2};
use neighbours::evidence::{
    Evidence, WeightsError, encoder_log_weights, importance_bound, log_evidence, prior_log_weights,
};
use nn::{Training, Variance};
use plot::{Figure, Panel, Style, theme};
use prob::{LinearGaussian, ProbError};
use toy::Preset;
use vae::{LinearVae, Objective, Vae, VaeLearner};

use crate::neighbour_report::{Page, Row};

const DIMENSIONS: [usize; 7] = [1, 2, 3, 4, 6, 8, 10];
const DRAWS: usize = 200_000;
const GROUPS: [usize; 7] = [1, 2, 5, 10, 30, 100, 300];
const STEPS: usize = 2000;
const BATCH: usize = 64;

/// `p(x|z) = N(z, ½ I)` in `d` dimensions, with an encoder wider than the posterior `N(⅔ x, ⅓ I)` and beside it.
fn linear(d: usize) -> Result<LinearVae, ProbError> {
    let eye = Array2::<f64>::eye(d);
    let encoder = LinearGaussian::new(&eye * 0.6, Array1::zeros(d), &eye * 0.4)?;
    LinearVae::new(encoder, LinearGaussian::new(eye.clone(), Array1::zeros(d), eye * 0.5)?)
}

/// A linear decoder in more and more dimensions, and a network on the line.
///
/// # Errors
/// If training diverges or an evidence cannot be found by quadrature.
pub fn study(streams: Streams) -> Result<Page, Box<dyn Error + Send + Sync>> {
    let mut rows = Vec::new();
    let mut variances = Panel::new("relative variance of one weight")
        .x_label("dimension $d$")
        .y_label(r"$\mathrm{Var}\,w/p(x)^2$")
        .y_log();
    for (name, color) in [("prior", theme::VERMILLION), ("encoder", theme::BLUE)] {
        let (mut exact, mut sampled) = (Vec::new(), Vec::new());
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
            exact.push((d as f64, variance));
            sampled.push((d as f64, found.relative_variance.mean, found.relative_variance.std_err));
            if d == 6 {
                let draws = format!("{name}, d = 6: ");
                rows.push(Row::estimated(
                    draws.clone() + "log p(x)",
                    found.log_evidence,
                    vae.log_evidence(&x),
                ));
                rows.push(Row::estimated(
                    draws.clone() + "relative variance",
                    found.relative_variance,
                    variance,
                ));
                let size = found.effective_samples.mean / DRAWS as f64;
                rows.push(Row::computed(draws + "n_eff/n, 1/(1 + variance)", size, 1.0 / (1.0 + variance)));
            }
        }
        variances = variances
            .line(exact, Style::new(color).label(name))
            .error_bars(sampled, Style::new(color).name(format!("{name}, drawn")));
    }
    let (rising, of_network) = network(streams)?;
    rows.extend(of_network);
    let mut figure = Figure::new(160.0, 66.0).columns(2);
    figure.panel(variances).panel(rising);
    Ok(Page { name: "evidence", title: "p(x) by draws from the prior and by weighted draws", rows, figure })
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
        |rng, x: &mut Array2<f64>| x.assign(&data.sample(BATCH, rng).0),
        |_, _| (),
    )?;
    let (vae, x) = (learner.vae, ndarray::array![1.0]);
    let exact = log_evidence(&vae.decoder, &x)?;
    let prior = prior_log_weights(&vae.decoder, &x, DRAWS, streams.role("prior"));
    let encoder = encoder_log_weights(&vae.encoder, &vae.decoder, &x, DRAWS, streams.role("encoder"));
    let mut panel = Panel::new("what the bound of $k$ weights lacks")
        .x_label("weights $k$")
        .y_label(r"$\log p(x) - L_k$ (nats)")
        .x_log()
        .y_log();
    for (weights, name, color) in [(&prior, "prior", theme::VERMILLION), (&encoder, "encoder", theme::BLUE)] {
        // A logarithm has no room for a gap that is lost in its own error.
        let lacking = GROUPS.into_iter().filter_map(|k| {
            let bound = importance_bound(weights, k).ok()?;
            let lacks = exact - bound.mean;
            (lacks > 3.0 * bound.std_err).then_some((k as f64, lacks, bound.std_err))
        });
        let lacking: Vec<(f64, f64, f64)> = lacking.collect();
        panel = panel
            .line(lacking.iter().map(|&(k, lacks, _)| (k, lacks)), Style::new(color).label(name))
            .error_bars(lacking, Style::new(color).name(format!("{name}, s.e.")));
    }
    let rows = [("prior", &prior), ("encoder", &encoder)].map(|(name, weights)| {
        let found = Evidence::from_log_weights(weights)?;
        Ok(Row::estimated(format!("{name}, network: log p(x)"), found.log_evidence, exact))
    });
    Ok((panel, rows.into_iter().collect::<Result<_, WeightsError>>()?))
}
