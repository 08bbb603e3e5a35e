//! A problem file: what it says, checked key by key.

use std::path::Path;

use mhvae::Mhvae;
use ndarray::{Array1, Array2};
use prob::{Gaussian, LinearGaussian, Mixture, ProbError};
use toml::Table;
use toy::Preset;
use vdm::{Reverse, ReverseError, Schedule, ScheduleError};

use super::key::{self, BadKey, Fields, Key};
use super::size;
use crate::memory;

/// Bytes of the longest file that is read: a number of two letters becomes some tens of bytes.
const LONGEST: u64 = 64 << 20;

/// A problem: a model, and an observation or data to average over.
#[derive(Clone, Debug)]
pub(crate) struct ProblemFile {
    pub(crate) model: Model,
    /// One observation.
    pub(crate) x: Option<Array1<f64>>,
    /// Where observations come from.
    pub(crate) data: Option<Mixture>,
    /// The number that is furthest from 1, with its key.
    pub(crate) most_extreme: Option<(String, f64)>,
}

/// Which model.
#[derive(Clone, Debug)]
pub(crate) enum Model {
    /// A chain of one latent.
    Vae(Mhvae),
    /// A chain of any length.
    Mhvae(Mhvae),
    /// A schedule with linear reverse steps.
    Vdm(Schedule, Reverse),
    /// A schedule with the best denoiser of the data.
    BayesVdm(Schedule, Mixture),
}

/// The problem in a file.
///
/// # Errors
/// In one line that names the file, the key and the reason.
pub(crate) fn read(path: &Path) -> Result<ProblemFile, String> {
    let name = path.display();
    let bytes = memory::read(path, LONGEST).map_err(|error| format!("{name}: {error}"))?;
    let text = str::from_utf8(&bytes).map_err(|error| format!("{name}: not UTF-8: {error}"))?;
    parse(text).map_err(|reason| format!("{name}: {reason}"))
}

/// The problem that a text says.
pub(crate) fn parse(text: &str) -> Result<ProblemFile, String> {
    let table: Table = text.parse().map_err(|error| not_toml(text, &error))?;
    problem(&table).map_err(|bad| bad.to_string())
}

/// Where and why a text is no TOML.
fn not_toml(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
    let place = line.map_or(String::new(), |line| format!("line {line}: "));
    format!("{place}{}", error.message().lines().collect::<Vec<_>>().join(", "))
}

fn problem(table: &Table) -> Result<ProblemFile, BadKey> {
    let fields = Fields::new(String::new(), table, &["x", "data", "vae", "mhvae", "vdm"])?;
    let x = fields.get("x").map(|key| key.vector()).transpose()?;
    let data = fields.get("data").map(|key| mixture(&key)).transpose()?;
    let model = fields.exactly_one(&["vae", "mhvae", "vdm"])?;
    let width = x.as_ref().map(Array1::len).or(data.as_ref().map(Mixture::dim));
    let Some(width) = width else {
        return Err(BadKey::new("x", "missing: give one observation x, or [data] to average over"));
    };
    if let (Some(x), Some(data)) = (&x, &data)
        && x.len() != data.dim()
    {
        return Err(BadKey::new("x", format!("{} coordinates, but [data] has {}", x.len(), data.dim())));
    }
    let model = match model.path() {
        "vae" => {
            let fields = model.fields(&["encoder", "decoder"])?;
            Model::Vae(chain(width, &[fields.required("encoder")?], &[fields.required("decoder")?])?)
        }
        "mhvae" => {
            let fields = model.fields(&["encoders", "decoders"])?;
            let (encoders, decoders) = (fields.required("encoders")?, fields.required("decoders")?);
            let (up, down) = (encoders.entries("conditionals")?, decoders.entries("conditionals")?);
            if up.len() != down.len() {
                return Err(decoders.refuse(format!("{}, but there are {} encoders", down.len(), up.len())));
            }
            Model::Mhvae(chain(width, &up, &down)?)
        }
        _ => diffusion(&model, width, data.as_ref())?,
    };
    Ok(ProblemFile { model, x, data, most_extreme: key::most_extreme(table) })
}

/// A chain over an observation of `width` coordinates.
fn chain(width: usize, encoders: &[Key], decoders: &[Key]) -> Result<Mhvae, BadKey> {
    let (mut up, mut down) = (vec![], vec![]);
    let mut lower = width;
    let mut bytes = 0.0;
    for (encoder, decoder) in encoders.iter().zip(decoders) {
        let law = conditional(encoder, lower, None)?;
        let upper = law.bias().len();
        bytes += size::step(lower.max(upper), 0);
        memory::allowed(bytes).map_err(|reason| encoder.refuse(format!("the chain up to here {reason}")))?;
        down.push(conditional(decoder, upper, Some(lower))?);
        up.push(law);
        lower = upper;
    }
    Mhvae::new(up, down).map_err(|error| BadKey::new("", error.to_string()))
}

/// `N(weight x + bias, covariance)` from `inputs` coordinates to `outputs`, if that number is fixed.
fn conditional(key: &Key, inputs: usize, outputs: Option<usize>) -> Result<LinearGaussian, BadKey> {
    let fields = key.fields(&["weight", "bias", "covariance"])?;
    let (weight_key, bias_key) = (fields.required("weight")?, fields.required("bias")?);
    let (weight, bias) = (weight_key.matrix()?, bias_key.vector()?);
    if inputs != weight.ncols() {
        return Err(
            weight_key.refuse(format!("{} columns, but its input has {inputs} coordinates", weight.ncols()))
        );
    }
    if let Some(outputs) = outputs.filter(|&outputs| outputs != weight.nrows()) {
        return Err(
            weight_key.refuse(format!("{} rows, but its output has {outputs} coordinates", weight.nrows()))
        );
    }
    if bias.len() != weight.nrows() {
        return Err(bias_key.refuse(format!(
            "{} numbers, but the weight has {} rows",
            bias.len(),
            weight.nrows()
        )));
    }
    let (covariance_key, covariance) = covariance(&fields.required("covariance")?, weight.nrows())?;
    LinearGaussian::new(weight, bias, covariance).map_err(|error| of_covariance(&covariance_key, &error))
}

/// A square matrix of `width` rows.
fn covariance<'a>(key: &Key<'a>, width: usize) -> Result<(Key<'a>, Array2<f64>), BadKey> {
    let matrix = key.matrix()?;
    if matrix.dim() != (width, width) {
        let (rows, columns) = matrix.dim();
        return Err(key.refuse(format!("{rows} by {columns}, must be {width} by {width}")));
    }
    Ok((key.clone(), matrix))
}

/// Why a covariance was refused.
fn of_covariance(key: &Key, error: &ProbError) -> BadKey {
    let reason = error.to_string();
    key.refuse(reason.strip_prefix("covariance: ").unwrap_or(&reason))
}

fn mixture(key: &Key) -> Result<Mixture, BadKey> {
    let fields = key.fields(&["preset", "weights", "means", "covariances"])?;
    if let Some(preset) = fields.get("preset") {
        if let Some(list) = ["weights", "means", "covariances"].iter().find_map(|list| fields.get(list)) {
            return Err(list.refuse("stands beside data.preset, but only one of them can be given"));
        }
        let name = preset.word()?;
        return match name.parse::<Preset>() {
            Ok(preset) => Ok(preset.mixture()),
            Err(error) => Err(preset.refuse_value(error)),
        };
    }
    let (weights_key, means_key) = (fields.required("weights")?, fields.required("means")?);
    let covariances_key = fields.required("covariances")?;
    let weights = weights_key.vector()?.to_vec();
    let (means, covariances) = (means_key.entries("means")?, covariances_key.entries("covariances")?);
    for (key, found) in [(&means_key, means.len()), (&covariances_key, covariances.len())] {
        if found != weights.len() {
            return Err(key.refuse(format!("{found}, but there are {} weights", weights.len())));
        }
    }
    let width = means[0].vector()?.len();
    let components = means
        .iter()
        .zip(&covariances)
        .map(|(mean_key, covariance_key)| {
            let mean = mean_key.vector()?;
            if mean.len() != width {
                return Err(
                    mean_key.refuse(format!("{} numbers, but the first mean has {width}", mean.len()))
                );
            }
            let (covariance_key, covariance) = covariance(covariance_key, width)?;
            Gaussian::new(mean, covariance).map_err(|error| of_covariance(&covariance_key, &error))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Mixture::new(weights.clone(), components).map_err(|error| match error {
        ProbError::Weight { index, value } => {
            BadKey::new(format!("{}[{index}] = {value}", weights_key.path()), "must be 0 or positive")
        }
        ProbError::WeightSum { sum } => weights_key.refuse(format!("sum to {sum}, must sum to 1")),
        other => key.refuse(other),
    })
}

fn diffusion(key: &Key, width: usize, data: Option<&Mixture>) -> Result<Model, BadKey> {
    let fields = key.fields(&["alphas", "schedule", "reverse"])?;
    let schedule_key = fields.exactly_one(&["alphas", "schedule"])?;
    let reverse_key = fields.required("reverse")?;
    let components = if reverse_key.is_word() { data.map_or(0, Mixture::len) } else { 0 };
    let schedule = schedule(&schedule_key, width, components)?;
    if reverse_key.is_word() {
        reverse_key.one_of(&["bayes"])?;
        let data =
            data.ok_or_else(|| reverse_key.refuse_value("needs [data], of which it is the posterior mean"))?;
        return Ok(Model::BayesVdm(schedule, data.clone()));
    }
    let reverse = reverse(&reverse_key, schedule.steps(), width)?;
    Ok(Model::Vdm(schedule, reverse))
}

/// The noise levels of a model of `width` coordinates, and of a denoiser with so many `components`, if they fit in memory.
fn schedule(key: &Key, width: usize, components: usize) -> Result<Schedule, BadKey> {
    if key.name() == "alphas" {
        let alphas = key.vector()?.to_vec();
        steps_fit(key, alphas.len(), width, components)?;
        return Schedule::from_alphas(&alphas).map_err(|error| match error {
            ScheduleError::Alpha { index, value } => {
                BadKey::new(format!("{}[{index}] = {value}", key.path()), "must lie strictly between 0 and 1")
            }
            other => key.refuse(other),
        });
    }
    let fields = key.fields(&["kind", "steps", "beta_start", "beta_end"])?;
    let kind = fields.required("kind")?.one_of(&["linear", "cosine"])?;
    if let Some(other) =
        ["beta_start", "beta_end"].iter().find_map(|name| fields.get(name)).filter(|_| kind == "cosine")
    {
        return Err(
            other.refuse("belongs to a linear schedule: a cosine schedule has \"kind\" and \"steps\" alone")
        );
    }
    let steps_key = fields.required("steps")?;
    let steps = steps_key.count()?;
    steps_fit(&steps_key, steps, width, components)?;
    let made = if kind == "linear" {
        let beta = |name: &str| -> Result<f64, BadKey> {
            let key = fields.required(name)?;
            let beta = key.number()?;
            let inside = beta > 0.0 && beta < 1.0;
            if inside { Ok(beta) } else { Err(key.refuse_value("must lie strictly between 0 and 1")) }
        };
        Schedule::linear(steps, beta("beta_start")?, beta("beta_end")?)
    } else {
        Schedule::cosine(steps)
    };
    made.map_err(|error| key.refuse(error))
}

/// Refuses a number of steps that do not fit in memory.
fn steps_fit(key: &Key, steps: usize, width: usize, components: usize) -> Result<(), BadKey> {
    memory::allowed(steps as f64 * size::step(width, components)).map_err(|reason| {
        let of_data = if components > 0 { format!(" and {components} components") } else { String::new() };
        key.refuse(format!("{steps} steps of {width} coordinates{of_data} {reason}"))
    })
}

fn reverse(key: &Key, steps: usize, width: usize) -> Result<Reverse, BadKey> {
    let fields = key.fields(&["scale", "bias", "variance"])?;
    let list = |name: &str| -> Result<(Key, Vec<f64>), BadKey> {
        let key = fields.required(name)?;
        let values = key.vector()?.to_vec();
        if values.len() != steps {
            return Err(key.refuse(format!("{} numbers, but the schedule has {steps} steps", values.len())));
        }
        Ok((key, values))
    };
    let (_, scale) = list("scale")?;
    let (variance_key, variance) = list("variance")?;
    let bias = match fields.get("bias") {
        None => Array2::zeros((steps, width)),
        Some(key) => {
            let bias = key.matrix()?;
            if bias.nrows() != steps {
                return Err(key.refuse(format!("{} rows, but the schedule has {steps} steps", bias.nrows())));
            }
            if bias.ncols() != width {
                return Err(key.refuse(format!("{} columns, but x has {width} coordinates", bias.ncols())));
            }
            bias
        }
    };
    Reverse::new(scale, bias, variance).map_err(|error| match error {
        ReverseError::Variance { index, value } => {
            BadKey::new(format!("{}[{index}] = {value}", variance_key.path()), "must be positive and finite")
        }
        other => key.refuse(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 300 000 latents would be 5 GB of laws: the first that is too many is named.
    #[test]
    fn a_chain_that_fits_in_no_memory_is_refused() {
        let laws = "{weight=[[1]],bias=[0],covariance=[[1]]},".repeat(300_000);
        let text = format!("x=[0]\n[mhvae]\nencoders=[{laws}]\ndecoders=[{laws}]\n");
        let refused = parse(&text).unwrap_err();
        assert!(
            refused.starts_with("mhvae.encoders[236742]: ") && refused.contains("would take 4.0 GB"),
            "{refused}"
        );
    }
}
