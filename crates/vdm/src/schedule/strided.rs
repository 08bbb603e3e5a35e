//! Some of the steps of a fine schedule: a sampler that takes 20 steps where the model was trained with 1000.

use super::{Schedule, ScheduleError, Step};

/// The root of `σ` that Karras et al. 2022 space evenly.
const KARRAS_RHO: f64 = 7.0;

impl Schedule {
    /// The schedule that visits these times of this one alone: its step `i` goes from `times[i-2]` to `times[i-1]`, or
    /// from 0 if it is the first, so that `α'_i = ᾱ_{t_i}/ᾱ_{t_{i-1}}` and `ᾱ'_i = ᾱ_{t_i}`. What a model knows of step `t_i`
    /// of this schedule is what a sampler should ask at step `i`.
    ///
    /// ```
    /// use vdm::Schedule;
    /// let fine = Schedule::from_alphas(&[0.9, 0.7, 0.5])?;
    /// let coarse = fine.strided(&[1, 3])?;
    /// assert!((coarse.alpha(2) - 0.35).abs() < 1e-15);
    /// assert!((coarse.alpha_bar(2) - fine.alpha_bar(3)).abs() < 1e-15);
    /// # Ok::<(), vdm::ScheduleError>(())
    /// ```
    ///
    /// # Errors
    /// If there are no times, or one is not above the one before (the first above 0), or none of the steps.
    pub fn strided(&self, times: &[usize]) -> Result<Self, ScheduleError> {
        let mut before = 0;
        let mut steps = Vec::with_capacity(times.len());
        for (index, &time) in times.iter().enumerate() {
            if time <= before || time > self.steps() {
                return Err(ScheduleError::Time { index, time, steps: self.steps() });
            }
            steps.push(match &self.steps[before..time] {
                [step] => *step,
                skipped => Step::from_log_alpha(skipped.iter().map(|step| step.log_alpha).sum()),
            });
            before = time;
        }
        Self::from_steps(steps.into_iter())
    }

    /// `n` times from 1 to `T`, evenly spaced but for rounding; `T` alone if there is one.
    ///
    /// # Errors
    /// If there are to be none, or more than there are steps.
    pub fn times_even_in_t(&self, n: usize) -> Result<Vec<usize>, ScheduleError> {
        self.check_count(n)?;
        let last = self.steps();
        if n == 1 {
            return Ok(vec![last]);
        }
        // i (T-1)/(n-1), rounded to the nearest.
        Ok((0..n).map(|i| 1 + (2 * i * (last - 1) + n - 1) / (2 * (n - 1))).collect())
    }

    /// `n` times from 1 to `T` whose log-SNR are as evenly spaced as the steps allow; `T` alone if there is one.
    ///
    /// Near the data a fine schedule jumps far in log-SNR. Where that is too far every step is taken, and what is left
    /// is shared evenly by the others.
    ///
    /// # Errors
    /// If there are to be none, or more than there are steps.
    pub fn times_even_in_log_snr(&self, n: usize) -> Result<Vec<usize>, ScheduleError> {
        self.times_even_in(n, |t| self.log_snr(t))
    }

    /// `n` times from 1 to `T` at which `σ^{1/7}`, `σ = √(1-ᾱ)/√ᾱ`, is as evenly spaced as the steps allow; `T` alone if there
    /// is one: with the step to `σ = 0` that a sampler takes from time 1, the grid of Karras et al. 2022 with `ρ = 7`. The less
    /// noise there is, the longer are its steps in log-SNR and the shorter those in `σ`.
    ///
    /// # Errors
    /// If there are to be none, or more than there are steps.
    pub fn times_karras(&self, n: usize) -> Result<Vec<usize>, ScheduleError> {
        // σ = SNR^{-½}; places fall from time to time as log-SNR do.
        self.times_even_in(n, |t| -(-0.5 * self.log_snr(t) / KARRAS_RHO).exp())
    }

    /// `n` times from 1 to `T` at which `place`, which falls from time to time, is as evenly spaced as the steps allow.
    fn times_even_in(&self, n: usize, place: impl Fn(usize) -> f64) -> Result<Vec<usize>, ScheduleError> {
        self.check_count(n)?;
        let last = self.steps();
        if n == 1 {
            return Ok(vec![last]);
        }
        let mut times = vec![1];
        for left in (1..n).rev() {
            let here = times[times.len() - 1];
            let share = (place(last) - place(here)) / left as f64;
            // At least one step on, and enough left for the others.
            times.push(nearest(&place, place(here) + share, here + 1, last + 1 - left));
        }
        Ok(times)
    }

    fn check_count(&self, n: usize) -> Result<(), ScheduleError> {
        match n {
            0 => Err(ScheduleError::Empty),
            n if n > self.steps() => Err(ScheduleError::Times { times: n, steps: self.steps() }),
            _ => Ok(()),
        }
    }
}

/// The time between two, both included, whose place, which falls from time to time, is nearest to this one.
fn nearest(place: impl Fn(usize) -> f64, wanted: f64, first: usize, last: usize) -> usize {
    let (mut low, mut high) = (first, last);
    while low < high {
        let middle = low + (high - low) / 2;
        if place(middle) > wanted { low = middle + 1 } else { high = middle }
    }
    let before_is_nearer = low > first && place(low - 1) - wanted < (place(low) - wanted).abs();
    if before_is_nearer { low - 1 } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn keeps_the_levels_that_it_visits() {
        let fine = Schedule::linear(1000, 1e-4, 0.02).unwrap();
        let times = [1, 2, 40, 500, 1000];
        let coarse = fine.strided(&times).unwrap();
        for (i, &t) in times.iter().enumerate() {
            assert_relative_eq!(coarse.noise_variance(i + 1), fine.noise_variance(t), max_relative = 1e-12);
            assert_relative_eq!(coarse.alpha_bar(i + 1), fine.alpha_bar(t), max_relative = 1e-12);
        }
        assert_eq!(coarse.beta(1), 1e-4, "a step that is not joined to another is the same step");
        let all: Vec<usize> = (1..=1000).collect();
        assert_eq!(fine.strided(&all).unwrap(), fine);
    }

    #[test]
    fn refuses_times_that_are_none() {
        let fine = Schedule::constant(4, 0.2).unwrap();
        assert_eq!(fine.strided(&[]), Err(ScheduleError::Empty));
        for (times, index) in [([0, 2], 0), ([3, 3], 1), ([3, 1], 1), ([2, 5], 1)] {
            let refused = ScheduleError::Time { index, time: times[index], steps: 4 };
            assert_eq!(fine.strided(&times), Err(refused));
        }
        let refused = fine.strided(&[2, 5]).unwrap_err().to_string();
        assert_eq!(refused, "times[1] = 5: times must rise from 1 on and be at most 4");
        for times in [Schedule::times_even_in_t, Schedule::times_even_in_log_snr, Schedule::times_karras] {
            assert_eq!(times(&fine, 0), Err(ScheduleError::Empty));
            assert_eq!(times(&fine, 5), Err(ScheduleError::Times { times: 5, steps: 4 }));
            assert_eq!(times(&fine, 1), Ok(vec![4]));
            assert_eq!(times(&fine, 4), Ok(vec![1, 2, 3, 4]));
        }
    }

    #[test]
    fn even_times_are_even() {
        let fine = Schedule::linear(1000, 1e-4, 0.02).unwrap();
        assert_eq!(fine.times_even_in_t(4).unwrap(), [1, 334, 667, 1000]);
        let times = fine.times_even_in_log_snr(5).unwrap();
        let steps: Vec<f64> = times.windows(2).map(|w| fine.log_snr(w[0]) - fine.log_snr(w[1])).collect();
        let quarter = 0.25 * (fine.log_snr(1) - fine.log_snr(1000));
        // One step of the fine schedule is up to 0.79 long at t = 1, below 0.2 from t = 6 on.
        assert!(steps.iter().all(|step| (step - quarter).abs() < 0.25), "{steps:?} for {quarter}");
    }

    /// `σ_i = (σ_max^{1/ρ} + i/(n-1) (σ_min^{1/ρ} - σ_max^{1/ρ}))^ρ` as Karras et al. print it, `i` from 0 at the noisiest, to
    /// the nearest step of a schedule whose steps are finer than 2 % in `σ`.
    #[test]
    fn the_grid_of_karras_is_the_printed_one() {
        let fine = Schedule::from_log_snr_end_points(1000, 9.2, -10.1).unwrap();
        let sigma = |t: usize| (fine.noise_variance(t) / fine.alpha_bar(t)).sqrt();
        for n in [2, 3, 10, 40] {
            let times = fine.times_karras(n).unwrap();
            let root = |sigma: f64| sigma.powf(1.0 / 7.0);
            for i in 0..n {
                let share = i as f64 / (n - 1) as f64;
                let printed = (root(sigma(1000)) + share * (root(sigma(1)) - root(sigma(1000)))).powi(7);
                assert_relative_eq!(sigma(times[n - 1 - i]), printed, max_relative = 0.02);
            }
        }
    }

    /// `|t_i - 1 - i (T-1)/(n-1)| ≤ ½`, in integers.
    #[test]
    fn times_even_in_t_are_the_nearest() {
        for (steps, n) in (2..=30).flat_map(|steps| (2..=steps).map(move |n| (steps, n))) {
            let times = Schedule::constant(steps, 0.1).unwrap().times_even_in_t(n).unwrap();
            for (i, &t) in times.iter().enumerate() {
                let off = (2 * (n - 1) * (t - 1)).abs_diff(2 * i * (steps - 1));
                assert!(off < n, "{t} is time {i} of {n} from {steps}");
            }
        }
    }

    /// Log-SNRs 4, 3, … -4: every second and every fourth are even.
    #[test]
    fn times_even_in_log_snr_by_hand() {
        let fine = Schedule::from_log_snr_end_points(9, 4.0, -4.0).unwrap();
        assert_eq!(fine.times_even_in_log_snr(5).unwrap(), [1, 3, 5, 7, 9]);
        assert_eq!(fine.times_even_in_log_snr(3).unwrap(), [1, 5, 9]);
    }

    proptest! {
        /// No place between the two is nearer, of all that there are.
        #[test]
        fn the_nearest_has_no_nearer(
            falls in prop::collection::vec(0.01..1.0f64, 1..12),
            wanted in -8.0..2.0f64,
            ends in (0.0..1.0f64, 0.0..1.0f64),
        ) {
            let place = |t: usize| -falls[..t].iter().sum::<f64>();
            let [a, b] = [ends.0, ends.1].map(|share| (share * (falls.len() + 1) as f64) as usize);
            let (first, last) = (a.min(b), a.max(b));
            let off = |t: usize| (place(t) - wanted).abs();
            let found = nearest(place, wanted, first, last);
            prop_assert!((first..=last).contains(&found));
            prop_assert!((first..=last).all(|t| off(found) <= off(t)), "{} from {} to {}", found, first, last);
        }

        #[test]
        fn times_rise_from_the_first_step_to_the_last(steps in 2usize..300, share in 0.0..1.0f64) {
            let fine = Schedule::linear(steps, 1e-4, 0.05).unwrap();
            let n = 2 + (share * (steps - 2) as f64) as usize;
            let all = [fine.times_even_in_t(n), fine.times_even_in_log_snr(n), fine.times_karras(n)];
            for times in all.map(Result::unwrap) {
                prop_assert_eq!((times.len(), times[0], times[n - 1]), (n, 1, steps));
                prop_assert!(fine.strided(&times).is_ok());
            }
        }
    }
}
