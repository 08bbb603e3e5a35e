//! Functions of one or a few numbers that keep their digits at the edges.

/// `log 2π`.
pub const LN_2PI: f64 = 1.837_877_066_409_345_5;

/// `log Σ exp(xᵢ)`, without overflow or underflow.
///
/// The empty sum and a sum of zeros (all `xᵢ = -∞`) give `-∞`; one `+∞` gives `+∞`; NaN stays NaN.
///
/// ```
/// use prob::numerics::log_sum_exp;
/// assert_eq!(log_sum_exp(&[1000.0, 1000.0]), 1000.0 + 2.0_f64.ln());
/// assert_eq!(log_sum_exp(&[f64::NEG_INFINITY; 3]), f64::NEG_INFINITY);
/// ```
pub fn log_sum_exp(xs: &[f64]) -> f64 {
    let max = xs.iter().fold(f64::NEG_INFINITY, |m, &x| if x.is_nan() || x > m { x } else { m });
    if max.is_infinite() || max.is_nan() {
        return max;
    }
    max + xs.iter().map(|x| (x - max).exp()).sum::<f64>().ln()
}

/// `log (1/n Σ exp(xᵢ))`: the logarithm of a mean of weights given as logarithms. `-∞` for none.
pub fn log_mean_exp(xs: &[f64]) -> f64 {
    if xs.is_empty() { f64::NEG_INFINITY } else { log_sum_exp(xs) - (xs.len() as f64).ln() }
}

/// Turns logarithms of weights into weights that sum to 1, in place; returns the `log_sum_exp` taken out.
///
/// If every weight is zero the result is uniform: no component is favoured by an observation that all of them
/// deny alike.
pub fn softmax(log_weights: &mut [f64]) -> f64 {
    let total = log_sum_exp(log_weights);
    if total == f64::NEG_INFINITY {
        log_weights.fill(1.0 / log_weights.len() as f64);
    } else {
        log_weights.iter_mut().for_each(|w| *w = (*w - total).exp());
    }
    total
}

/// `1 / (1 + e⁻ˣ)`. With `x` the log-SNR this is `ᾱ`, and `sigmoid(-x)` is `1 - ᾱ` with all its digits.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// `log(1 + eˣ)`.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `log sigmoid(x) = -softplus(-x)`: `log ᾱ` from the log-SNR.
pub fn log_sigmoid(x: f64) -> f64 {
    -softplus(-x)
}

/// `eˣ - 1 - x`, to full relative precision near 0 where the naive formula loses every digit.
///
/// Half of it, at a difference `x` of log-variances, is the divergence between two Gaussians of equal mean.
pub fn exp_m1_minus(x: f64) -> f64 {
    if x.abs() < 0.5 {
        // x²/2! + x³/3! + …, nested from the smallest term.
        0.5 * x * x * (3..20).rev().fold(1.0, |sum, k| 1.0 + x / f64::from(k) * sum)
    } else {
        x.exp_m1() - x
    }
}

/// `x - log(1 + x)` for `x > -1`, to full relative precision near 0.
pub fn minus_ln_1p(x: f64) -> f64 {
    if x.abs() < 0.5 {
        // With r = x / (2 + x), log(1 + x) = 2 (r + r³/3 + r⁵/5 + …) and x - 2r = x r.
        let r = x / (2.0 + x);
        let r2 = r * r;
        let tail = (1..20).rev().fold(0.0, |sum, k| r2 * (1.0 / f64::from(2 * k + 1) + sum));
        r * (x - 2.0 * tail)
    } else {
        x - x.ln_1p()
    }
}

/// `r² - 1 - log r²` for the ratio `r = s / t` of two positive scales: never negative, 0 only for equal scales,
/// with all its digits both for close scales and for scales as far apart as f64 allows.
///
/// Half of it is the divergence between two Gaussians of equal mean with standard deviations `s` and `t`.
pub fn scale_mismatch(s: f64, t: f64) -> f64 {
    let delta = (s - t) / t;
    if delta.abs() < 0.5 {
        // With r = 1 + δ: r² - 1 - 2 log r = δ² + 2 (δ - log(1 + δ)).
        delta * delta + 2.0 * minus_ln_1p(delta)
    } else {
        let r = s / t;
        r * r - 1.0 - 2.0 * (s.ln() - t.ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn log_sum_exp_shifts_with_its_arguments(
            xs in prop::collection::vec(-30.0..30.0, 1..8),
            shift in -1e6..1e6f64,
        ) {
            let shifted: Vec<f64> = xs.iter().map(|x| x + shift).collect();
            let plain = xs.iter().map(|x: &f64| x.exp()).sum::<f64>().ln();
            assert_relative_eq!(log_sum_exp(&xs), plain, max_relative = 1e-12, epsilon = 1e-12);
            assert_relative_eq!(log_sum_exp(&shifted), plain + shift, max_relative = 1e-12, epsilon = 1e-9);
        }

        /// SNR from 1e-12 to 1e12: both ᾱ and 1 - ᾱ keep their digits, and come back as the same log-SNR.
        #[test]
        fn sigmoid_and_its_complement_keep_the_log_snr(log_snr in -28.0..28.0f64) {
            let ratio = sigmoid(log_snr) / sigmoid(-log_snr);
            assert_relative_eq!(ratio, log_snr.exp(), max_relative = 1e-14);
            assert_relative_eq!(log_sigmoid(log_snr) - log_sigmoid(-log_snr), log_snr, max_relative = 1e-12, epsilon = 1e-14);
            assert_relative_eq!(log_sigmoid(log_snr), sigmoid(log_snr).ln(), max_relative = 1e-4, epsilon = 1e-15);
        }

        /// The same divergence in log-variances and in scales.
        #[test]
        fn scale_mismatch_is_exp_m1_minus_of_the_log_ratio(log_ratio in -5.0..5.0f64, t in 1e-3..1e3f64) {
            let s = t * log_ratio.exp();
            assert_relative_eq!(scale_mismatch(s, t), exp_m1_minus(2.0 * log_ratio), max_relative = 1e-9, epsilon = 1e-20);
        }

        /// The two branches of each function agree across the switch at ±1/2, and with the identity
        /// `exp_m1_minus(log(1+x)) = minus_ln_1p(x)` everywhere: the routes share no code.
        #[test]
        fn exp_m1_minus_is_minus_ln_1p_in_the_other_variable(x in -0.9..3.0f64) {
            assert_relative_eq!(exp_m1_minus(x.ln_1p()), minus_ln_1p(x), max_relative = 1e-13, epsilon = 1e-300);
        }
    }

    #[test]
    fn log_sum_exp_at_the_edges() {
        assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
        assert_eq!(log_sum_exp(&[f64::NEG_INFINITY, 3.0]), 3.0);
        assert_eq!(log_sum_exp(&[f64::INFINITY, 3.0]), f64::INFINITY);
        assert!(log_sum_exp(&[f64::NAN, 3.0]).is_nan());
        assert!(log_sum_exp(&[3.0, f64::NAN, 4.0]).is_nan());
        assert_eq!(log_mean_exp(&[2.0; 5]), 2.0);
    }

    #[test]
    fn softmax_of_nothing_but_zeros_is_uniform() {
        let mut weights = [f64::NEG_INFINITY; 4];
        assert_eq!(softmax(&mut weights), f64::NEG_INFINITY);
        assert_eq!(weights, [0.25; 4]);
    }

    /// Reference values: the leading terms of the series, which are exact to f64 at these arguments.
    #[test]
    fn tiny_arguments_keep_their_digits() {
        for x in [1e-3, 1e-8, -1e-8, 1e-150] {
            let series = x * x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0))));
            assert_relative_eq!(exp_m1_minus(x), series, max_relative = 1e-14, epsilon = 0.0);
            let series = x * x * (0.5 - x * (1.0 / 3.0 - x * (0.25 - x * (0.2 - x / 6.0))));
            assert_relative_eq!(minus_ln_1p(x), series, max_relative = 1e-13, epsilon = 0.0);
        }
    }

    #[test]
    fn softplus_neither_overflows_nor_vanishes() {
        assert_eq!(softplus(800.0), 800.0);
        assert_eq!(softplus(-700.0), (-700.0f64).exp());
        assert_relative_eq!(softplus(0.0), 2.0f64.ln());
    }
}
