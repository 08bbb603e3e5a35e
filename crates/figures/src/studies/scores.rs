//! The study of inception score and Fréchet distance in the chapter `generators`: seven generators with known faults.

use std::error::Error;

use distances::{DistanceError, frechet};
use montecarlo::{Estimate, Moments, Streams};
use ndarray::{Array2, Axis};
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

/// Samples of each generator for an inception score.
const SAMPLES: usize = 20_000;
/// Pairs of samples, of the data and of a generator, for the Fréchet distance, and rows in each of them.
pub const PAIRS: usize = 20;
/// Rows of each sample of a pair.
pub const ROWS: usize = 5000;

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
    pub coordinates: Repeated,
    /// The Fréchet distance of the classifier's features, on samples.
    pub features: Repeated,
}

/// A distance of samples, found for each of [`PAIRS`] pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeated {
    /// The mean over the pairs, with the standard error of that mean. It lies above the distance of the laws: a distance
    /// is never negative, and chance makes it larger.
    pub mean: Estimate,
    /// The standard error that the first pair states of itself.
    pub stated: f64,
}

impl Repeated {
    fn of(pairs: &[Estimate]) -> Self {
        let mean = pairs.iter().map(|pair| pair.mean).collect::<Moments>().estimate();
        Self { mean, stated: pairs.first().map_or(f64::NAN, |pair| pair.std_err) }
    }

    /// The standard deviation of the distance of one pair.
    pub fn scatter(&self) -> f64 {
        self.mean.std_err * (self.mean.samples as f64).sqrt()
    }
}

/// The classifier and all generators.
#[derive(Clone, Debug)]
pub struct Study {
    /// Cross-entropy of the learned classifier on fresh data, in nats.
    pub cross_entropy: Estimate,
    /// What it is above that of Bayes' rule, datum by datum.
    pub excess: Estimate,
    /// That of Bayes' rule, by quadrature.
    pub bayes: f64,
    /// In the order of [`FAULTS`].
    pub scored: Vec<Scored>,
}

/// Trains a classifier of the modes of `ring8` and scores every generator; `done` hears of each.
///
/// # Errors
/// If the training diverges, or a generator has no law.
pub fn study(seed: u64, done: &(dyn Fn() + Sync)) -> Result<Study, Box<dyn Error + Send + Sync>> {
    let (data, streams) = (Preset::Ring8.mixture(), Streams::new(seed).role("scores"));
    let mut model = Classifier::new(2, &[24, 8], data.len(), &mut streams.role("initial weights").rng(0));
    let training = ClassifierTraining { steps: 2000, batch: 64, learning_rate: 5e-3, streams };
    training.run(&mut model, |rng, n| data.sample_labelled(n, rng), |_, _| ())?;
    let (real, labels) = data.sample_labelled(SAMPLES, &mut streams.role("data").rng(0));
    let by_rule = |(x, &label): (ndarray::ArrayView1<f64>, &usize)| -data.responsibilities(&x)[label].ln();
    let by_rule: Vec<f64> = real.axis_iter(Axis(0)).zip(&labels).map(by_rule).collect();
    let predictions = model.predict(&real);
    let learned: Vec<f64> =
        labels.iter().enumerate().map(|(i, &label)| -predictions[[i, label]].ln()).collect();
    let excess = learned.iter().zip(&by_rule).map(|(learned, rule)| learned - rule);
    // E H(y|x) = H(y) - I(x; y), and exp I is the inception score of the data with Bayes' rule.
    let information = inception_score_of(&data, |x| data.responsibilities(x)).value.ln();
    let scored = (0..FAULTS.len()).into_par_iter().map(|k| {
        let scored = score(&model, &data, k, &streams)?;
        done();
        Ok(scored)
    });
    let scored = scored.collect::<Result<_, Box<dyn Error + Send + Sync>>>()?;
    Ok(Study {
        cross_entropy: Moments::of(&learned).estimate(),
        excess: excess.collect::<Moments>().estimate(),
        bayes: (data.len() as f64).ln() - information,
        scored,
    })
}

fn score(
    model: &Classifier,
    data: &Mixture,
    k: usize,
    streams: &Streams,
) -> Result<Scored, Box<dyn Error + Send + Sync>> {
    let fault = FAULTS[k];
    let law = fault.applied_to(data)?;
    let x = law.sample(SAMPLES, &mut streams.role("generators").rng(k as u64));
    let of_moments = |law: &Mixture| Gaussian::new(law.mean(), law.covariance());
    let answer = |x: &ndarray::ArrayRef1<f64>| {
        let row = Array2::from_shape_fn((1, x.len()), |(_, j)| x[j]);
        model.predict(&row).into_iter().collect()
    };
    let pairs = (0..PAIRS).map(|pair| {
        let draw = |law: &Mixture, role| {
            let streams = streams.role(role).role(fault.name());
            law.sample(ROWS, &mut streams.rng(pair as u64))
        };
        let (real, made) = (draw(data, "real"), draw(&law, "made"));
        let features = frechet::between(&model.features(&real), &model.features(&made))?;
        Ok((frechet::between(&real, &made)?, features))
    });
    let (coordinates, features): (Vec<Estimate>, Vec<Estimate>) =
        pairs.collect::<Result<Vec<_>, DistanceError>>()?.into_iter().unzip();
    Ok(Scored {
        fault,
        bayes: inception_score_of(&law, |x| data.responsibilities(x)).value,
        learned: inception_score_of(&law, answer).value,
        inception: inception_estimate(&model.predict(&x))?,
        exact: frechet_distance(&of_moments(data)?, &of_moments(&law)?),
        coordinates: Repeated::of(&coordinates),
        features: Repeated::of(&features),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scatter_of_pairs_by_hand() {
        let pair = |mean| Estimate { mean, std_err: 0.25, samples: 10 };
        let found = Repeated::of(&[pair(1.0), pair(2.0), pair(6.0)]);
        assert_eq!((found.mean.mean, found.stated, found.mean.samples), (3.0, 0.25, 3));
        // Squares of -2, -1 and 3 over two.
        assert!((found.scatter() - 7f64.sqrt()).abs() < 1e-14);
    }
}
