//! The terms of a linear reverse model averaged over data on the line.

use ndarray::{ArrayRef1, array};
use prob::{Bound, GaussHermite, Gaussian, Mixture};
use vdm::Vdm;

/// `E f(x_0)` over the data, term by term, in nats, for a bound whose terms are quadratics of `x_0`: two nodes for each
/// component are exact.
///
/// # Panics
/// If the data have not one coordinate.
pub fn over_data(data: &Mixture, terms: impl Fn(&ArrayRef1<f64>) -> Bound) -> Bound {
    let rule = GaussHermite::new(2);
    let mut nodes = data.parts().flat_map(|(weight, law)| {
        let (mean, sd) = (law.mean()[0], law.covariance()[[0, 0]].sqrt());
        rule.nodes().map(move |(z, of_node)| (weight * of_node, mean + sd * z))
    });
    let (weight, x_0) = nodes.next().expect("a mixture has a component");
    let first = terms(&array![x_0]);
    let mut average =
        Bound { reconstruction: 0.0, prior_matching: 0.0, matching: vec![0.0; first.matching.len()] };
    average.scaled_add(weight, &first);
    for (weight, x_0) in nodes {
        average.scaled_add(weight, &terms(&array![x_0]));
    }
    average
}

/// `E log p(x_0)` of a linear model over the data, in nats: minus the cross-entropy of each component with the Gaussian `p(x_0)`.
///
/// # Errors
/// If the evidence is no law in f64.
pub fn log_evidence(data: &Mixture, model: &Vdm) -> Result<f64, prob::ProbError> {
    let (mean, variance) = model.evidence();
    let evidence = Gaussian::isotropic(mean, variance)?;
    Ok(-data.parts().map(|(weight, law)| weight * law.cross_entropy(&evidence)).sum::<f64>())
}
