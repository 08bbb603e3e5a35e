//! The study of inception score and Fréchet distance in the chapter `generators`: seven generators with known faults.

use distances::{DistanceError, frechet};
use montecarlo::{Estimate, Streams};
use ndarray::{Array2, ArrayRef2, Axis};
use neighbours::scores::{Classifier, ClassifierTraining, Fault, inception_estimate, inception_score_of};
use prob::{Gaussian, Mixture, frechet_distance};
use rayon::prelude::*;
use toy::Preset;

/// The generators.
pub const FAULTS: [Fault; 7] = [
    Fault::None,
    Fault::OneModeDropped,
    Fault::EverySecondDropped,
    Fault::OneModeOnly,
    Fault::NoDiversityWithin(1e-3),
    Fault::Blurred(0.3),
    Fault::SameMoments,
];

/// Samples of each generator.
const SAMPLES: usize = 20_000;

/// One generator and its scores.
#[derive(Clone, Debug)]
pub struct Scored {
    /// What is wrong with it.
    pub fault: Fault,
    /// The inception score of its law with Bayes' classifier, by quadrature.
    pub bayes: f64,
    /// With the learned classifier, by quadrature.
    pub learned: f64,
    /// With the learned classifier, on samples.
    pub inception: Estimate,
    /// The Fréchet distance of coordinates from the data, in closed form.
    pub exact: f64,
    /// The same on samples.
    pub coordinates: Estimate,
    /// The Fréchet distance of the classifier's features, on samples.
    pub features: Estimate,
}

/// The classifier and all generators.
#[derive(Clone, Debug)]
pub struct Study {
    /// Cross-entropy of the learned classifier on fresh data, in nats.
    pub cross_entropy: f64,
    /// That of Bayes' rule on the same data.
    pub bayes: f64,
    /// In the order of [`FAULTS`].
    pub scored: Vec<Scored>,
}

/// Trains a classifier of the modes of `ring8` and scores every generator; `done` hears of each.
///
/// # Errors
/// If the training diverges, or a generator has no law.
pub fn study(seed: u64, done: &(dyn Fn() + Sync)) -> Result<Study, Box<dyn std::error::Error + Send + Sync>> {
    let (data, streams) = (Preset::Ring8.mixture(), Streams::new(seed).role("scores"));
    let mut model = Classifier::new(2, &[24, 8], data.len(), &mut streams.role("initial weights").rng(0));
    let training = ClassifierTraining { steps: 2000, batch: 64, learning_rate: 5e-3, streams };
    training.run(&mut model, |rng, n| data.sample(n, rng), |_, _| ())?;
    let (real, labels) = data.sample(SAMPLES, &mut streams.role("data").rng(0));
    let surprise = |(x, &label): (ndarray::ArrayView1<f64>, &usize)| -data.responsibilities(&x)[label].ln();
    let bayes = real.axis_iter(Axis(0)).zip(&labels).map(surprise).sum::<f64>() / SAMPLES as f64;
    let scored = (0..FAULTS.len()).into_par_iter().map(|k| {
        let scored = score(&model, &data, &real, k, &streams)?;
        done();
        Ok(scored)
    });
    let scored = scored.collect::<Result<_, DistanceError>>()?;
    Ok(Study { cross_entropy: model.cross_entropy(&real, &labels).mean, bayes, scored })
}

fn score(
    model: &Classifier,
    data: &Mixture,
    real: &ArrayRef2<f64>,
    k: usize,
    streams: &Streams,
) -> Result<Scored, DistanceError> {
    let fault = FAULTS[k];
    let law = fault.applied_to(data)?;
    let x = law.sample(SAMPLES, &mut streams.role("generators").rng(k as u64)).0;
    let of_moments = |law: &Mixture| Gaussian::new(law.mean(), law.covariance());
    let answer = |x: &ndarray::ArrayRef1<f64>| {
        let row = Array2::from_shape_fn((1, x.len()), |(_, j)| x[j]);
        model.predict(&row).into_iter().collect()
    };
    Ok(Scored {
        fault,
        bayes: inception_score_of(&law, |x| data.responsibilities(x)).value,
        learned: inception_score_of(&law, answer).value,
        inception: inception_estimate(&model.predict(&x))?,
        exact: frechet_distance(&of_moments(data)?, &of_moments(&law)?),
        coordinates: frechet::between(real, &x)?,
        features: frechet::between(&model.features(real), &model.features(&x))?,
    })
}
