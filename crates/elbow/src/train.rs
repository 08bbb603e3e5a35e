//! `elbow train`: a model learned from toy data, its training curve, its parameters, and a table against the truth.

mod arguments;
mod choices;
mod curve;
mod parameters;
mod report;
mod size;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use learned::{Curve, Model, Number, Toy, train};
use montecarlo::{Estimate, Streams};
use nn::{Training, TrainingError};
use plot::Format;

use crate::refusal::Refusal;
use crate::{place, progress};

pub(crate) use arguments::TrainArguments;
use choices::ModelName;
use parameters::Saved;
use report::Report;

/// Answers `elbow train`.
pub(crate) fn answer(asked: &TrainArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    asked.check().map_err(Refusal::BadInput)?;
    let saved = asked.load.as_deref().map(Saved::read).transpose()?;
    let mut asked = asked.clone();
    if let Some(saved) = &saved {
        saved.complete(&mut asked)?;
    }
    size::check(&asked)?;
    let toy = Toy::new(asked.data());
    let streams = Streams::new(asked.seed.seed);
    match asked.model {
        ModelName::Vae => {
            let settings = asked.vae();
            let model = settings.model(&toy, streams);
            carry_out(&asked, &toy, model, &settings.training(streams), saved, out)
        }
        ModelName::Mhvae => {
            let settings = asked.mhvae();
            let model = settings.model(&toy, streams);
            carry_out(&asked, &toy, model, &settings.training(streams), saved, out)
        }
        ModelName::Vdm => {
            let settings = asked.vdm();
            let model =
                settings.model(&toy, streams).map_err(|error| Refusal::BadInput(error.to_string()))?;
            carry_out(&asked, &toy, model, &settings.training(streams), saved, out)
        }
    }
}

/// Trains and saves, or loads; measures, prints.
fn carry_out<M: Model>(
    asked: &TrainArguments,
    toy: &Toy,
    mut model: M,
    training: &Training,
    saved: Option<Saved>,
    out: &mut impl Write,
) -> Result<ExitCode, Refusal> {
    let files = match saved {
        Some(saved) => {
            saved.fill(&mut model)?;
            vec![]
        }
        None => {
            let name = format!("{}_{}", asked.model.name(), asked.data());
            check_folder(&asked.out, &name)?;
            let (curve, done) = learn(&mut model, training, toy);
            match done {
                Ok(()) => save(&model, asked, toy, &curve, &name)?,
                Err(error) => return Err(diverged(&model, asked, toy, &curve, error, &name)),
            }
        }
    };
    let bar = progress::measuring();
    let measured = model.measure(toy, training.streams.role("measure"), &|done| {
        progress::reach(&bar, (done * 100.0) as u64);
    });
    bar.finish_and_clear();
    let rows = measured.map_err(|error| unmeasured(asked, &error.to_string(), &files))?;
    if let Some(row) = rows.iter().find(|row| !is_finite(row.value)) {
        return Err(unmeasured(asked, &format!("{} leaves the range of f64", row.name), &files));
    }
    Report { asked, toy, rows: &rows, files: &files }.print(out)?;
    Ok(ExitCode::SUCCESS)
}

fn is_finite(found: Number) -> bool {
    match found {
        Number::Exact(value) => value.is_finite(),
        Number::Estimated(Estimate { mean, std_err, .. }) => mean.is_finite() && std_err.is_finite(),
    }
}

/// A file that cannot be measured is bad input; what was trained is kept.
fn unmeasured(asked: &TrainArguments, reason: &str, files: &[PathBuf]) -> Refusal {
    if let Some(file) = &asked.load {
        return Refusal::BadInput(format!("{}: cannot be measured: {reason}", file.display()));
    }
    let kept =
        files.first().map_or(String::new(), |file| format!("; the parameters are in {}", file.display()));
    Refusal::Unmeasured(format!("cannot be measured: {reason}{kept}"))
}

/// Refuses a folder in which the files cannot be written, before any time is spent on what is in them.
fn check_folder(folder: &Path, name: &str) -> Result<(), Refusal> {
    let extensions = Format::ALL.map(|format| format!("_curve.{}", format.extension()));
    for end in extensions.into_iter().chain([".safetensors".to_owned(), "_curve.csv".to_owned()]) {
        place::free_for_file(&folder.join(format!("{name}{end}")))?;
    }
    place::of_files(folder)
}

/// Trains with a bar that shows the terms.
fn learn<M: Model>(model: &mut M, training: &Training, toy: &Toy) -> (Curve, Result<(), TrainingError>) {
    let bar = progress::training(training.steps);
    let learnt = train(model, training, toy, |step, bound| {
        bar.set_position(step as u64);
        if step % 50 == 0 {
            let matching: f64 = bound.matching.iter().sum();
            bar.set_message(format!(
                "reconstruction {:.2}  prior {:.2}  matching {matching:.2}  ELBO {:.2} nats",
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
    toy: &Toy,
    curve: &Curve,
    name: &str,
) -> Result<Vec<PathBuf>, Refusal> {
    let mut files = vec![parameters::write(model, asked, name)?];
    if !curve.heard().is_empty() {
        let figure = curve::figure(asked, curve, toy);
        files.extend(figure.save(&asked.out, &format!("{name}_curve"), &Format::ALL)?);
    }
    Ok(files)
}

/// Saves what was good under a name of its own: the files of an earlier training stay. That training diverged is said even if
/// nothing can be saved.
fn diverged<M: Model>(
    model: &M,
    asked: &TrainArguments,
    toy: &Toy,
    curve: &Curve,
    error: TrainingError,
    name: &str,
) -> Refusal {
    let kept = match save(model, asked, toy, curve, &format!("{name}_diverged")) {
        Err(unsaved) => format!("nothing was saved: {unsaved}"),
        Ok(files) => {
            let which = if error.step == 0 { "untrained" } else { "last good" };
            format!("the {which} parameters are in {}", files[0].display())
        }
    };
    Refusal::Diverged { error, kept }
}
