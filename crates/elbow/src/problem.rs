//! Problem files: what they say, and the problem that is made of it.

pub(crate) mod file;
mod key;
mod size;

use std::fmt;
use std::path::{Path, PathBuf};

use estimators::{Estimator, Form, Observations, Problem};
use mhvae::Mhvae;
use ndarray::Array1;
use prob::{Bound, ProbError};
use vdm::{BayesVdm, QuadratureError};

use crate::refusal::Refusal;
use file::{Model, ProblemFile};

/// A problem that was read and put together.
#[derive(Clone, Debug)]
pub(crate) struct Posed {
    /// The file.
    file: PathBuf,
    /// The number in it that is furthest from 1, with its key: where to look if a term overflows.
    most_extreme: Option<(String, f64)>,
    /// `vae`, `mhvae` or `vdm`.
    pub(crate) model: &'static str,
    /// Coordinates of an observation.
    pub(crate) dimension: usize,
    /// What is estimated.
    pub(crate) problem: Problem,
    /// `log p(x)`, or its average over the data, in nats; `None` without a closed form.
    pub(crate) log_evidence: Option<f64>,
    /// The model whose exact terms come from quadrature.
    bayes: Option<(BayesVdm, Option<Array1<f64>>)>,
}

/// Reads a problem file.
pub(crate) fn read(path: &Path) -> Result<Posed, Refusal> {
    let file = file::read(path).map_err(Refusal::BadInput)?;
    let most_extreme = file.most_extreme.clone();
    pose(path, file).map_err(|error| refusal(path, beside(most_extreme.as_ref(), error)))
}

/// What is wrong with the numbers of a file, and where to look.
fn beside(most_extreme: Option<&(String, f64)>, what: impl fmt::Display) -> String {
    match most_extreme {
        Some((key, value)) => {
            format!("{key} = {value:e}: {what} (this is the number of the file furthest from 1)")
        }
        None => what.to_string(),
    }
}

fn refusal(file: &Path, reason: impl fmt::Display) -> Refusal {
    Refusal::BadInput(format!("{}: {reason}", file.display()))
}

fn pose(path: &Path, file: ProblemFile) -> Result<Posed, ProbError> {
    let most_extreme = file.most_extreme;
    let (name, chain) = match file.model {
        Model::Vae(chain) => ("vae", chain),
        Model::Mhvae(chain) => ("mhvae", chain),
        Model::Vdm(schedule, reverse) => {
            ("vdm", Mhvae::new(schedule.all_steps(reverse.dim()), reverse.all_steps())?)
        }
        Model::BayesVdm(schedule, data) => {
            let model = BayesVdm::new(data, schedule)?;
            return Ok(Posed {
                file: path.to_owned(),
                most_extreme,
                model: "vdm",
                dimension: model.data().dim(),
                problem: Problem::with_best_denoiser(model.clone(), file.x.clone())?,
                log_evidence: None,
                bayes: Some((model, file.x)),
            });
        }
    };
    let evidence = chain.evidence();
    let (log_evidence, observations) = match (file.x, file.data) {
        (Some(x), _) => (evidence.log_prob(&x), Observations::Fixed(x)),
        (None, Some(data)) => (
            -data.parts().map(|(weight, law)| weight * law.cross_entropy(&evidence)).sum::<f64>(),
            Observations::From(data),
        ),
        (None, None) => unreachable!("a problem file has one of them"),
    };
    Ok(Posed {
        file: path.to_owned(),
        most_extreme,
        model: name,
        dimension: evidence.dim(),
        problem: Problem::new(chain, observations)?,
        log_evidence: Some(log_evidence),
        bayes: None,
    })
}

impl Posed {
    /// The forms whose terms are listed: a VAE has no matching terms, the best denoiser the denoising form alone.
    pub(crate) fn listed_forms(&self) -> &'static [Form] {
        if self.model == "vae" || self.bayes.is_some() {
            &[Form::Denoising]
        } else {
            &[Form::Denoising, Form::Consistency, Form::ConsistencyAsPrinted]
        }
    }

    /// The forms that are estimated: without matching terms those of a VAE are two.
    pub(crate) fn estimated_forms(&self) -> &'static [Form] {
        if self.model == "vae" { &[Form::LogRatio, Form::Denoising] } else { Form::of(&self.problem) }
    }

    /// The estimators of some forms.
    pub(crate) fn estimators(&self, forms: &[Form]) -> Result<Vec<Estimator>, Refusal> {
        let new = |&form: &Form| Estimator::new(form, &self.problem);
        forms.iter().map(new).collect::<Result<_, _>>().map_err(|error| self.refuse_numbers(error))
    }

    /// The exact terms of a form, in nats.
    ///
    /// # Errors
    /// If there is neither a formula nor a quadrature that converges.
    pub(crate) fn exact(&self, estimator: &Estimator) -> Result<Bound, QuadratureError> {
        match &self.bayes {
            Some((model, Some(x))) => model.bound(x),
            Some((model, None)) => model.average_bound(),
            None => {
                let mut means = estimator
                    .each()
                    .expect("linear laws")
                    .iter()
                    .map(|moments| moments.mean)
                    .collect::<Vec<_>>();
                let matching = means.split_off(2);
                Ok(Bound { reconstruction: means[0], prior_matching: means[1], matching })
            }
        }
    }

    /// Says what is wrong with the file.
    pub(crate) fn refuse(&self, reason: impl fmt::Display) -> Refusal {
        refusal(&self.file, reason)
    }

    /// Says what is wrong with what its numbers lead to.
    pub(crate) fn refuse_numbers(&self, reason: impl fmt::Display) -> Refusal {
        self.refuse(beside(self.most_extreme.as_ref(), reason))
    }

    /// Refuses a problem in which a number, by its name, is not finite.
    pub(crate) fn in_range<N: fmt::Display>(
        &self,
        numbers: impl IntoIterator<Item = (N, f64)>,
    ) -> Result<(), Refusal> {
        let Some((name, _)) = numbers.into_iter().find(|(_, number)| !number.is_finite()) else {
            return Ok(());
        };
        Err(self.refuse_numbers(format!("{name} leaves the range of f64")))
    }
}
