//! Laws that a faulty generator of a mixture would have.

use prob::{Gaussian, Mixture, ProbError};

/// What is wrong with a generator, as a change of the mixture that it should have learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// Nothing: the data themselves.
    None,
    /// One mode is never drawn, the others as often relative to each other as they should be.
    OneModeDropped,
    /// Every second mode is never drawn.
    EverySecondDropped,
    /// Every draw is from one mode.
    OneModeOnly,
    /// Every mode is drawn, and always nearly the same point of it: variances are multiplied by this share.
    NoDiversityWithin(f64),
    /// Every draw is blurred by `N(0, variance I)`.
    Blurred(f64),
    /// One Gaussian with the mean and the covariance of the data.
    SameMoments,
}

impl Fault {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Fault::None => "the data",
            Fault::OneModeDropped => "one mode dropped",
            Fault::EverySecondDropped => "every second mode dropped",
            Fault::OneModeOnly => "one mode only",
            Fault::NoDiversityWithin(_) => "one point a mode",
            Fault::Blurred(_) => "blurred",
            Fault::SameMoments => "one Gaussian, same moments",
        }
    }

    /// The law of a generator of `data` with this fault.
    ///
    /// # Errors
    /// If no mode is left, a share or a variance is not positive, or the moments of the data are those of no Gaussian.
    pub fn applied_to(self, data: &Mixture) -> Result<Mixture, ProbError> {
        match self {
            Fault::None => Ok(data.clone()),
            Fault::OneModeDropped => keeping(data, |k| k > 0),
            Fault::EverySecondDropped => keeping(data, |k| k % 2 == 1),
            Fault::OneModeOnly => keeping(data, |k| k == 0),
            Fault::NoDiversityWithin(share) => {
                changing(data, |law| Gaussian::new(law.mean().clone(), law.covariance() * share))
            }
            Fault::Blurred(variance) => changing(data, |law| {
                let blur = ndarray::Array2::<f64>::eye(law.dim()) * variance;
                Gaussian::new(law.mean().clone(), law.covariance() + &blur)
            }),
            Fault::SameMoments => Ok(Gaussian::new(data.mean(), data.covariance())?.into()),
        }
    }
}

/// The components that are kept, with the weights that they have among themselves.
fn keeping(data: &Mixture, keep: impl Fn(usize) -> bool) -> Result<Mixture, ProbError> {
    let kept =
        data.parts().enumerate().filter(|(k, _)| keep(*k)).map(|(_, (weight, law))| (weight, law.clone()));
    let (weights, laws): (Vec<f64>, Vec<Gaussian>) = kept.unzip();
    let sum: f64 = weights.iter().sum();
    Mixture::new(weights.iter().map(|weight| weight / sum).collect(), laws)
}

/// Every component changed alike.
fn changing(
    data: &Mixture,
    change: impl Fn(&Gaussian) -> Result<Gaussian, ProbError>,
) -> Result<Mixture, ProbError> {
    let (weights, laws): (Vec<f64>, Vec<_>) = data.parts().map(|(weight, law)| (weight, change(law))).unzip();
    Mixture::new(weights, laws.into_iter().collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use toy::Preset;

    #[test]
    fn each_fault_changes_what_it_says() {
        let trimodal = Preset::Trimodal.mixture();
        let of = |fault: Fault| fault.applied_to(&trimodal).unwrap();
        let weights = |law: &Mixture| law.parts().map(|(weight, _)| weight).collect::<Vec<_>>();
        assert_eq!(of(Fault::None), trimodal);
        assert_relative_eq!(
            weights(&of(Fault::OneModeDropped))[..],
            [0.625, 0.375][..],
            max_relative = 1e-14
        );
        assert_eq!((of(Fault::EverySecondDropped).len(), of(Fault::EverySecondDropped).mean()[0]), (1, 0.0));
        assert_eq!(of(Fault::OneModeOnly).mean()[0], -3.0);
        let between = 3.143 - (0.2 * 0.25 + 0.5 * 0.09 + 0.3 * 0.16);
        let variance = |law: Mixture| law.covariance()[[0, 0]];
        assert_relative_eq!(variance(of(Fault::NoDiversityWithin(1e-6))), between, max_relative = 1e-6);
        assert_relative_eq!(variance(of(Fault::Blurred(0.5))), 3.643, max_relative = 1e-12);
        let normal = of(Fault::SameMoments);
        assert_eq!(normal.len(), 1);
        assert_relative_eq!(variance(normal), 3.143, max_relative = 1e-12);
        let single = Mixture::from(Gaussian::standard(1));
        assert_eq!(Fault::OneModeDropped.applied_to(&single), Err(ProbError::NoComponents));
    }
}
