//! The tables of the chapter `generators`: found, theory, deviation.

use comfy_table::Table;
use montecarlo::Estimate;

use crate::adversarial_study::{Played, Still};
use crate::moon_report::table;
use crate::{quantised_study, score_study};

/// How many standard errors an estimate lies off the theory.
fn deviation(found: &Estimate, theory: f64) -> String {
    format!("{:+.2} s.e.", found.deviation(theory))
}

/// A discriminator against a generator that stands still (nats).
pub fn still(found: &Still) -> Table {
    let row = |name: &str, found: String, theory: f64, off: String| {
        [name.to_owned(), found, format!("{theory:.5}"), off]
    };
    table(
        ["value of the trained discriminator", "found", "theory", "deviation"],
        [
            row(
                "by quadrature, against 2 JSD - log 4",
                format!("{:.5}", found.exact),
                found.best,
                format!("{:+.5}", found.exact - found.best),
            ),
            row(
                "on fresh samples, against quadrature",
                found.sampled.to_string(),
                found.exact,
                deviation(&found.sampled, found.exact),
            ),
        ],
    )
}

/// Both players, a row for each run: shares of the three modes and of none, the divergence (nats), and the value of the
/// discriminator trained beside the generator against that of the optimal one.
pub fn played(runs: &[Played]) -> Table {
    table(
        [
            "loss, seed",
            "mode at -3",
            "mode at 0",
            "mode at 2",
            "between",
            "covered",
            "JSD",
            "value",
            "2 JSD - log 4",
            "deviation",
        ],
        runs.iter().map(|run| {
            let share = |k: usize| format!("{:.3}", run.coverage.shares[k]);
            [
                format!("{}, {}", run.loss.name(), run.seed),
                share(0),
                share(1),
                share(2),
                format!("{:.3}", run.coverage.between),
                format!("{} of 3", run.covered()),
                format!("{:.4}", run.divergence()),
                format!("{:.4}", run.value),
                format!("{:.4}", run.best),
                format!("{:+.4}", run.value - run.best),
            ]
        }),
    )
}

/// Two moons in `K` codes (nats, on fresh points).
pub fn quantised(study: &quantised_study::Study) -> Table {
    table(
        [
            "K",
            "dead",
            "perplexity",
            "reconstruction",
            "ELBO, uniform",
            "ELBO, learned",
            "saved",
            "log K - H(f)",
            "log p(x)",
            "KL(data ‖ model)",
        ],
        study.models.iter().map(|model| {
            let saved = model.learned.mean - model.uniform.mean;
            [
                model.codes.to_string(),
                model.usage.dead().to_string(),
                model.usage.perplexity().to_string(),
                model.reconstruction.to_string(),
                model.uniform.to_string(),
                model.learned.to_string(),
                format!("{saved:.4}"),
                format!("{:.4}", (model.codes as f64).ln() - model.usage.entropy().mean),
                model.evidence.to_string(),
                model.divergence.to_string(),
            ]
        }),
    )
}

/// The inception score of every generator: Bayes' classifier and the learned one, exact and on samples.
pub fn inception(study: &score_study::Study) -> Table {
    table(
        ["generator", "Bayes, exact", "learned, exact", "learned, samples", "deviation"],
        study.scored.iter().map(|scored| {
            [
                scored.fault.name().to_owned(),
                format!("{:.4}", scored.bayes),
                format!("{:.4}", scored.learned),
                scored.inception.to_string(),
                deviation(&scored.inception, scored.learned),
            ]
        }),
    )
}

/// The Fréchet distance of every generator from the data, of coordinates and of features.
pub fn frechet(study: &score_study::Study) -> Table {
    table(
        ["generator", "coordinates, exact", "coordinates, samples", "deviation", "features, samples"],
        study.scored.iter().map(|scored| {
            [
                scored.fault.name().to_owned(),
                format!("{:.5}", scored.exact),
                scored.coordinates.to_string(),
                deviation(&scored.coordinates, scored.exact),
                scored.features.to_string(),
            ]
        }),
    )
}
