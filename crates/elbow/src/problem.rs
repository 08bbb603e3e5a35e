//! Problem files: what they say, and the problem that is made of it.

mod file;
mod key;

use std::path::Path;

use estimators::{Estimator, Form, Observations, Problem};
use mhvae::Mhvae;
use ndarray::Array1;
use prob::{Bound, LinearGaussian, Mixture, ProbError};
use vdm::{BayesVdm, Reverse, Schedule};

use crate::refusal::Refusal;
use file::{Model, ProblemFile};

/// A problem that was read and put together.
#[derive(Clone, Debug)]
pub(crate) struct Posed {
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
    let told = |reason: String| Refusal::Problem(format!("{}: {reason}", path.display()));
    let file = file::read(path).map_err(Refusal::Problem)?;
    pose(file).map_err(|error| told(error.to_string()))
}

fn pose(file: ProblemFile) -> Result<Posed, ProbError> {
    let (name, chain) = match file.model {
        Model::Vae(chain) => ("vae", chain),
        Model::Mhvae(chain) => ("mhvae", chain),
        Model::Vdm(schedule, reverse) => ("vdm", restricted(&schedule, &reverse)?),
        Model::BayesVdm(schedule, data) => return bayes(schedule, data, file.x),
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
        model: name,
        dimension: evidence.dim(),
        problem: Problem::new(chain, observations)?,
        log_evidence: Some(log_evidence),
        bayes: None,
    })
}

/// The chain of a diffusion model: its encoders are fixed by the schedule.
fn restricted(schedule: &Schedule, reverse: &Reverse) -> Result<Mhvae, ProbError> {
    let steps = 1..=schedule.steps();
    let encoders = steps
        .clone()
        .map(|t| LinearGaussian::isotropic(reverse.dim(), schedule.alpha(t).sqrt(), schedule.beta(t)))
        .collect::<Result<_, _>>()?;
    Mhvae::new(encoders, steps.map(|t| reverse.step(t)).collect())
}

fn bayes(schedule: Schedule, data: Mixture, x: Option<Array1<f64>>) -> Result<Posed, ProbError> {
    let model = BayesVdm::new(data, schedule)?;
    Ok(Posed {
        model: "vdm",
        dimension: model.data().dim(),
        problem: Problem::with_best_denoiser(model.clone(), x.clone())?,
        log_evidence: None,
        bayes: Some((model, x)),
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

    /// The exact terms of a form, in nats; `None` where there is neither a formula nor a quadrature that converges.
    pub(crate) fn exact(&self, estimator: &Estimator) -> Option<Bound> {
        match &self.bayes {
            Some((model, Some(x))) => model.bound(x).ok(),
            Some((model, None)) => model.average_bound().ok(),
            None => {
                let means: Vec<f64> = estimator.each()?.iter().map(|moments| moments.mean).collect();
                let [reconstruction, prior_matching, matching @ ..] = means.as_slice() else { return None };
                Some(Bound {
                    reconstruction: *reconstruction,
                    prior_matching: *prior_matching,
                    matching: matching.to_vec(),
                })
            }
        }
    }
}
