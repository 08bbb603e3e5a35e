//! How far chance may carry a statistic in a test: each bound is passed by correct code with probability at least
//! `1 - FALSE_ALARM`, and is a theorem at every sample size, not a limit.

/// Probability that a test built on one of these bounds fails although nothing is wrong.
pub(crate) const FALSE_ALARM: f64 = 1e-9;

/// Minus the logarithm of the probability of one tail: two tails share the false alarm.
fn minus_log_tail() -> f64 {
    (2.0 / FALSE_ALARM).ln()
}

/// Largest `|z|` of a standard normal: `P(|z| ≥ t) ≤ 2 exp(-t²/2)`.
pub(crate) fn normal_bound() -> f64 {
    (2.0 * minus_log_tail()).sqrt()
}

/// Range of a χ² with `degrees` degrees of freedom (Laurent and Massart 2000, Lemma 1).
pub(crate) fn chi_squared_range(degrees: f64) -> std::ops::Range<f64> {
    let spread = 2.0 * (degrees * minus_log_tail()).sqrt();
    degrees - spread..degrees + spread + 2.0 * minus_log_tail()
}

/// Largest distance of a binomial count from its mean `n p` (Bernstein).
pub(crate) fn binomial_bound(n: usize, p: f64) -> f64 {
    let variance = n as f64 * p * (1.0 - p);
    let third = minus_log_tail() / 3.0;
    third + (third * third + 2.0 * minus_log_tail() * variance).sqrt()
}
