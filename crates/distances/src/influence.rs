//! Standard errors from influence functions.

use montecarlo::{Estimate, Moments};

/// A distance with the influence `ψ(x_i)` of each point of one sample, or of both: `√(Σ var ψ / n)`, by the delta method.
/// The count is that of all points.
pub(crate) fn estimate(distance: f64, influences: &[&[f64]]) -> Estimate {
    let variance: f64 = influences.iter().map(|psi| Moments::of(psi).estimate().std_err.powi(2)).sum();
    let samples = influences.iter().map(|psi| psi.len() as u64).sum();
    Estimate { mean: distance, std_err: variance.sqrt(), samples }
}

/// The root of a squared distance: `d√v = dv / 2√v`.
pub(crate) fn root(square: Estimate) -> Estimate {
    let mean = square.mean.max(0.0).sqrt();
    let std_err = if square.std_err == 0.0 { 0.0 } else { 0.5 * square.std_err / mean };
    Estimate { mean, std_err, ..square }
}
