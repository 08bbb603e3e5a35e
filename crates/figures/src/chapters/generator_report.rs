//! The tables of the chapter `generators`: found, theory, deviation.

use comfy_table::Table;
use montecarlo::Estimate;
use neighbours::adversarial::GeneratorLoss;

use crate::chapters::moon_report::table;
use crate::studies::adversarial::{LEAST, Played, RADIUS, Still};
use crate::studies::{quantised, scores};

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

/// Where the samples of every run are: shares of the three modes and of none, and the divergence (nats).
pub fn coverage(runs: &[Played]) -> Table {
    table(
        ["loss, run", "mode at -3", "mode at 0", "mode at 2", "near none", "covered", "JSD"],
        runs.iter().map(|run| {
            let share = |k: usize| format!("{:.4}", run.shares[k]);
            [
                format!("{}, {}", run.loss.name(), run.seed),
                share(0),
                share(1),
                share(2),
                share(3),
                format!("{} of 3", run.covered),
                format!("{:.4}", run.divergence.value),
            ]
        }),
    )
}

/// The values (nats) of the discriminator that played and of the one that then learned alone, and by how much each falls
/// short of the most there is.
pub fn values(runs: &[Played]) -> Table {
    table(
        ["loss, run", "2 JSD - log 4", "value of the player", "short by", "trained afterwards", "short by"],
        runs.iter().map(|run| {
            [
                format!("{}, {}", run.loss.name(), run.seed),
                format!("{:.4}", run.best()),
                format!("{:.4}", run.beside),
                format!("{:.4}", run.best() - run.beside),
                format!("{:.4}", run.alone),
                format!("{:.4}", run.best() - run.alone),
            ]
        }),
    )
}

/// In words: how many of the runs of a loss learned the data.
pub fn learned(loss: GeneratorLoss, runs: &[Played]) -> String {
    let runs: Vec<&Played> = runs.iter().filter(|run| run.loss == loss).collect();
    let mut divergences: Vec<f64> = runs.iter().map(|run| run.divergence.value).collect();
    divergences.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (divergences.first(), divergences.last()) else {
        return format!("{}: no runs.", loss.name());
    };
    format!(
        "{}: of {} runs {} cover all three modes (each with at least {LEAST} of its weight, within {RADIUS} standard \
         deviations); the JSD is between {least:.3} and {most:.3} nats, below 0.05 in {}.",
        loss.name(),
        runs.len(),
        runs.iter().filter(|run| run.covered == 3).count(),
        divergences.iter().filter(|divergence| **divergence < 0.05).count(),
    )
}

/// Two moons in `K` codes (nats, on fresh points).
pub fn quantised(study: &quantised::Study) -> Table {
    let alone = [(&study.left_alone, ", dead left alone")];
    table(
        [
            "K",
            "dead",
            "perplexity",
            "reconstruction",
            "log K",
            "KL, learned",
            "ELBO, uniform",
            "ELBO, learned",
            "log p(x)",
            "KL(data ‖ model)",
        ],
        study.models.iter().map(|model| (model, "")).chain(alone).map(|(model, note)| {
            [
                format!("{}{note}", model.codes),
                model.usage.dead().to_string(),
                model.usage.perplexity().to_string(),
                model.reconstruction.to_string(),
                format!("{:.4}", (model.codes as f64).ln()),
                model.price.to_string(),
                model.uniform.to_string(),
                model.learned.to_string(),
                model.evidence.to_string(),
                model.divergence.to_string(),
            ]
        }),
    )
}

/// The inception score of every generator: Bayes' classifier and the learned one, exact and on samples.
pub fn inception(study: &scores::Study) -> Table {
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

/// The Fréchet distance of every generator from the data, of coordinates and of features: the mean over pairs of samples
/// with its standard error, the bias that chance gives it, how far one pair scatters, and what one pair says of that.
pub fn frechet(study: &scores::Study) -> Table {
    table(
        [
            "generator",
            "coordinates, exact",
            "samples",
            "bias",
            "scatter of a pair",
            "stated",
            "features, samples",
            "scatter of a pair",
            "stated",
        ],
        study.scored.iter().map(|scored| {
            let (coordinates, features) = (&scored.coordinates, &scored.features);
            let bias = Estimate { mean: coordinates.mean.mean - scored.exact, ..coordinates.mean };
            [
                scored.fault.name().to_owned(),
                format!("{:.5}", scored.exact),
                coordinates.mean.to_string(),
                bias.to_string(),
                format!("{:.4}", coordinates.scatter()),
                format!("{:.4}", coordinates.stated),
                features.mean.to_string(),
                format!("{:.4}", features.scatter()),
                format!("{:.4}", features.stated),
            ]
        }),
    )
}
