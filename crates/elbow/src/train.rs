//! `elbow train`: a model learned from toy data, its training curve, its parameters, and a table against the truth.

mod arguments;
mod curve;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use learned::{Curve, Model, Row, Toy, train};
use montecarlo::Streams;
use nn::{Training, TrainingError, archive};
use plot::Format;
use serde::Serialize;
use serde_json::json;

use crate::columns::columns;
use crate::progress;
use crate::refusal::Refusal;

pub(crate) use arguments::{ModelName, TrainArguments};

/// Answers `elbow train`.
pub(crate) fn answer(asked: &TrainArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    if let Some((option, models)) = asked.misplaced() {
        let model = asked.model.name();
        return Err(Refusal::Problem(format!("{option} is for {models}, and the model is {model}")));
    }
    if asked.teaches_the_simple_loss_end_points() {
        let reason = "--learn-end-points needs --loss elbo: the simple loss is no bound, and least where predicting is easy";
        return Err(Refusal::Problem(reason.to_owned()));
    }
    let toy = Toy::new(asked.data);
    let streams = Streams::new(asked.seed.seed);
    match asked.model {
        ModelName::Vae => {
            let settings = asked.vae(&toy);
            carry_out(asked, &toy, settings.model(&toy, streams), settings.training(streams), out)
        }
        ModelName::Mhvae => {
            let settings = asked.mhvae(&toy);
            carry_out(asked, &toy, settings.model(&toy, streams), settings.training(streams), out)
        }
        ModelName::Vdm => {
            let settings = asked.vdm();
            let model = settings.model(&toy, streams).map_err(|error| Refusal::Problem(error.to_string()))?;
            carry_out(asked, &toy, model, settings.training(streams), out)
        }
    }
}

/// Trains or loads, saves, measures, prints.
fn carry_out<M: Model>(
    asked: &TrainArguments,
    toy: &Toy,
    mut model: M,
    training: Training,
    out: &mut impl Write,
) -> Result<ExitCode, Refusal> {
    let streams = training.streams;
    fs::create_dir_all(&asked.out)
        .map_err(|error| Refusal::Problem(format!("{}: {error}", asked.out.display())))?;
    let mut files = vec![];
    let mut stopped = None;
    if let Some(file) = &asked.load {
        load(&mut model, asked, file)?;
    } else {
        let (curve, done) = learn(&mut model, &training, toy);
        stopped = done.err();
        files = save(&model, asked, &curve, toy)?;
    }
    if let Some(error) = stopped {
        return Err(Refusal::Diverged { error, kept: files.remove(0) });
    }
    let bar = progress::measuring();
    let rows =
        model.measure(toy, streams.role("measure"), &|done| progress::reach(&bar, (done * 100.0) as u64));
    bar.finish_and_clear();
    if asked.json {
        serde_json::to_writer_pretty(&mut *out, &document(asked, toy, &rows, &files))
            .map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        table(asked, toy, &rows, &files, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Fills the model from a file that an earlier run saved.
fn load<M: Model>(model: &mut M, asked: &TrainArguments, file: &Path) -> Result<(), Refusal> {
    let refused = |reason: String| Refusal::Problem(format!("{}: {reason}", file.display()));
    let bytes = fs::read(file).map_err(|error| refused(error.to_string()))?;
    let saved = archive::metadata(&bytes).map_err(|error| refused(error.to_string()))?;
    // Where it was trained, and how long, is the model's past; the rest is what it is.
    for (key, value) in asked.about().iter().filter(|(key, _)| *key != "seed") {
        if let Some(other) = saved.get(*key).filter(|&saved| saved != value) {
            return Err(refused(format!("was saved with {key} {other}, and {value} is asked for")));
        }
    }
    archive::fill(&bytes, &mut model.named_mut()).map_err(|error| refused(error.to_string()))
}

/// Trains with a bar that shows the terms.
fn learn<M: Model>(model: &mut M, training: &Training, toy: &Toy) -> (Curve, Result<(), TrainingError>) {
    let bar = progress::training(training.steps);
    let learnt = train(model, training, toy, |step, bound| {
        bar.set_position(step as u64 + 1);
        if step % 50 == 0 {
            let matching: f64 = bound.matching.iter().sum();
            bar.set_message(format!(
                "reconstruction {:.3}  prior {:.3}  matching {matching:.3}  ELBO {:.3} nats",
                bound.reconstruction,
                bound.prior_matching,
                bound.elbo()
            ));
        }
    });
    bar.finish_and_clear();
    learnt
}

/// Writes the parameters and the training curve; each file whole or not at all. The parameters come first.
fn save<M: Model>(
    model: &M,
    asked: &TrainArguments,
    curve: &Curve,
    toy: &Toy,
) -> Result<Vec<PathBuf>, Refusal> {
    let name = format!("{}_{}", asked.model.name(), asked.data);
    let bytes = archive::to_bytes(&model.named(), &asked.about());
    let parameters = asked.out.join(format!("{name}.safetensors"));
    let refused = |error: plot::PlotError| Refusal::Problem(error.to_string());
    plot::write_whole(&parameters, &bytes).map_err(refused)?;
    let mut files = vec![parameters];
    if !curve.points().is_empty() {
        let figure = curve::figure(asked, curve, toy);
        files.extend(figure.save(&asked.out, &format!("{name}_curve"), &Format::ALL).map_err(refused)?);
    }
    Ok(files)
}

/// A number of the table, `null` where there is none. The field names are public interface; nats where a term is meant.
#[derive(Serialize)]
struct Measured<'a> {
    name: &'a str,
    mean: Option<f64>,
    std_err: Option<f64>,
    samples: Option<u64>,
    exact: Option<f64>,
}

fn document(asked: &TrainArguments, toy: &Toy, rows: &[Row], files: &[PathBuf]) -> serde_json::Value {
    let measured: Vec<Measured> = rows
        .iter()
        .map(|row| Measured {
            name: &row.name,
            mean: row.found.map(|found| found.mean),
            std_err: row.found.map(|found| found.std_err),
            samples: row.found.map(|found| found.samples),
            exact: row.exact,
        })
        .collect();
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    json!({
        "model": asked.model.name(),
        "data": asked.data.to_string(),
        "seed": asked.seed.seed,
        "units": "nats",
        "log_likelihood": toy.log_likelihood(),
        "measured": measured,
        "files": files,
    })
}

fn table(
    asked: &TrainArguments,
    toy: &Toy,
    rows: &[Row],
    files: &[PathBuf],
    out: &mut impl Write,
) -> Result<(), Refusal> {
    writeln!(
        out,
        "{} on {}: E log p(x) of the data themselves is {:.6} nats; no ELBO is above it",
        asked.model.name(),
        asked.data,
        toy.log_likelihood()
    )?;
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let shown = rows
        .iter()
        .map(|row| {
            let both = row.found.zip(row.exact);
            [
                row.name.clone(),
                or_dash(row.found.map(|found| found.to_string())),
                or_dash(row.exact.map(|exact| format!("{exact:.6}"))),
                or_dash(both.map(|(found, exact)| format!("{:+.4}", found.mean - exact))),
            ]
        })
        .collect();
    writeln!(out, "{}", columns(["", "found (nats)", "best possible", "difference"], shown))?;
    for file in files {
        writeln!(out, "{}", file.display())?;
    }
    Ok(())
}
