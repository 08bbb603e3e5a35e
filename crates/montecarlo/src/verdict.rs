//! Statistical tests whose tolerance comes from the sample size, with stated rates of error.
//!
//! A test can err in two ways: it can refuse what is true (a false alarm) and pass what is wrong (a false pass).
//! Both rates are chosen beforehand. The first fixes the tolerance; both together fix the smallest error that the
//! test is sure to see, which every [`Verdict`] carries along.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::Estimate;

/// The two rates at which a test may err, each between 0 and 1: at a rate of 0 nothing could be refused, or seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StatisticalTest {
    /// Chance of refusing what is true.
    pub false_alarm: f64,
    /// Chance of passing an error of the size [`Verdict::smallest_error`].
    pub false_pass: f64,
}

/// What a test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Whether the deviation is within the tolerance.
    pub holds: bool,
    /// The deviation that was observed, in the unit of what was tested.
    pub error: f64,
    /// The deviation that chance alone exceeds with probability `false_alarm`.
    pub tolerance: f64,
    /// The smallest true error that is passed with probability at most `false_pass`.
    pub smallest_error: f64,
    /// The chance of refusing what is true.
    pub false_alarm: f64,
}

impl Default for StatisticalTest {
    /// One false alarm in 10⁹ tests, one false pass in 1000.
    fn default() -> Self {
        Self { false_alarm: 1e-9, false_pass: 1e-3 }
    }
}

impl StatisticalTest {
    /// Is `estimate` the estimate of `exact`? A two-sided z test.
    ///
    /// The tolerance is `z(1 - false_alarm/2)` standard errors, by the central limit theorem: the samples should be
    /// independent, of finite variance, and some thousands.
    ///
    /// # Panics
    /// If a rate is not between 0 and 1.
    pub fn mean(&self, estimate: &Estimate, exact: f64) -> Verdict {
        self.z(estimate.mean - exact, estimate.std_err)
    }

    /// Do two independent estimates have the same mean? As [`mean`](Self::mean), with the errors of both.
    ///
    /// # Panics
    /// If a rate is not between 0 and 1.
    pub fn same_mean(&self, one: &Estimate, other: &Estimate) -> Verdict {
        self.z(one.mean - other.mean, one.std_err.hypot(other.std_err))
    }

    /// The z test of a deviation that has mean 0 and the standard error given if all is well.
    fn z(&self, deviation: f64, std_err: f64) -> Verdict {
        let alarm = -Normal::standard().inverse_cdf(0.5 * self.false_alarm);
        let pass = -Normal::standard().inverse_cdf(self.false_pass);
        self.verdict(deviation.abs(), alarm * std_err, (alarm + pass) * std_err)
    }

    /// Do the `samples` have the distribution function `cdf`? A Kolmogorov–Smirnov test: the error is the largest
    /// distance between `cdf` and the samples' own distribution function.
    ///
    /// The tolerance `√(log(2/false_alarm) / 2n)` holds for every `n` (Dvoretzky, Kiefer and Wolfowitz 1956, with the
    /// constant of Massart 1990).
    ///
    /// # Panics
    /// If there are no samples, or a rate is not between 0 and 1.
    pub fn law(&self, samples: &[f64], cdf: impl Fn(f64) -> f64) -> Verdict {
        assert!(!samples.is_empty(), "a law cannot be tested without samples");
        let mut sorted = samples.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len() as f64;
        let distance = sorted
            .iter()
            .enumerate()
            .map(|(i, &x)| {
                let p = cdf(x);
                (p - i as f64 / n).max((i + 1) as f64 / n - p)
            })
            // A NaN must not slip through a maximum.
            .fold(0.0, |worst: f64, d| if d.is_nan() { f64::INFINITY } else { worst.max(d) });
        let reach = |rate: f64| ((2.0 / rate).ln() / (2.0 * n)).sqrt();
        self.verdict(distance, reach(self.false_alarm), reach(self.false_alarm) + reach(self.false_pass))
    }

    fn verdict(&self, error: f64, tolerance: f64, smallest_error: f64) -> Verdict {
        let possible = |rate: f64| rate > 0.0 && rate < 1.0;
        assert!(
            possible(self.false_alarm) && possible(self.false_pass),
            "no test errs at such rates: {self:?}"
        );
        // An infinite tolerance accepts nothing: without a standard error there is no evidence.
        let holds = error <= tolerance && tolerance.is_finite();
        Verdict { holds, error, tolerance, smallest_error, false_alarm: self.false_alarm }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Moments, Streams};
    use ndarray_rand::rand::{Rng, distr::Uniform};

    /// How often, out of `trials`, the test refuses uniform samples shifted by `shift` (z test, Kolmogorov–Smirnov).
    fn refusals(test: StatisticalTest, n: usize, trials: u64, shift: impl Fn(&Verdict) -> f64) -> (u64, u64) {
        let streams = Streams::new(11);
        let mut refused = (0, 0);
        for k in 0..trials {
            let u = Uniform::new(0.0, 1.0).unwrap();
            let samples: Vec<f64> = streams.rng(k).sample_iter(u).take(n).collect();
            let estimate = Moments::of(&samples).estimate();
            let z = test.mean(&estimate, 0.5);
            refused.0 += u64::from(!test.mean(&estimate, 0.5 - shift(&z)).holds);
            let ks = test.law(&samples, |x| x.clamp(0.0, 1.0));
            let s = shift(&ks);
            refused.1 += u64::from(!test.law(&samples, |x| (x + s).clamp(0.0, 1.0)).holds);
        }
        refused
    }

    /// With a false-alarm rate of 5 %, 2000 true hypotheses give 100 refusals on average; the z count stays within
    /// 100 ± 60 unless luck of 5e-9 strikes (the binomial tail beyond 160), and the Kolmogorov–Smirnov bound, which is an
    /// upper one, below 160.
    #[test]
    fn alarms_come_at_the_stated_rate() {
        let test = StatisticalTest { false_alarm: 0.05, false_pass: 1e-3 };
        let (z, ks) = refusals(test, 500, 2000, |_| 0.0);
        assert!((40..=160).contains(&z), "{z} refusals by the z test");
        assert!((1..=160).contains(&ks), "{ks} refusals by Kolmogorov-Smirnov");
    }

    /// An error of the stated size is passed at most once in 20 at a false-pass rate of 5 %: at most 160 of 2000
    /// unless luck of 5e-9 strikes.
    #[test]
    fn errors_of_the_stated_size_are_seen() {
        let test = StatisticalTest { false_alarm: 1e-6, false_pass: 0.05 };
        let (z, ks) = refusals(test, 500, 2000, |v| v.smallest_error);
        assert!(2000 - z <= 160, "{} errors passed by the z test", 2000 - z);
        assert!(2000 - ks <= 160, "{} errors passed by Kolmogorov-Smirnov", 2000 - ks);
        // The claim is not idle: errors a third of that size pass as a rule.
        let (z, ks) = refusals(test, 500, 2000, |v| v.smallest_error / 3.0);
        assert!(z < 200 && ks < 200, "{z} and {ks} refusals of small errors");
    }

    #[test]
    fn impossible_rates_are_refused() {
        let estimate = Moments::of(&[0.4, 0.6]).estimate();
        for (false_alarm, false_pass) in [(0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0), (f64::NAN, 0.5)] {
            let test = StatisticalTest { false_alarm, false_pass };
            assert!(std::panic::catch_unwind(|| test.mean(&estimate, 0.5)).is_err(), "{test:?}");
            assert!(std::panic::catch_unwind(|| test.law(&[0.5], |x| x)).is_err(), "{test:?}");
        }
    }

    #[test]
    fn no_evidence_no_verdict() {
        let test = StatisticalTest::default();
        assert!(!test.mean(&Moments::of(&[0.5]).estimate(), 0.5).holds, "one sample has no standard error");
        assert!(!test.mean(&Moments::of(&[0.5, f64::NAN]).estimate(), 0.5).holds);
        assert!(!test.law(&[0.5, f64::NAN], |x| x).holds);
    }
}
