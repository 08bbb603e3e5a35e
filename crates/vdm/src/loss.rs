//! The loss of a learned diffusion model and its gradient by hand, for the denoiser and for the end points of the log-SNR.
//!
//! For a row `x_0` the network is asked twice: at the first level, for the reconstruction, and at the level `λ` of one
//! matching term. With `r` the target of the prediction and `r̂` what the network writes, the bound is made of
//!
//! - reconstruction `E log N(x_0; x̂_0, (1-ᾱ_1) I) = -(½ κ/ᾱ_1) |r - r̂|² - ½ d log 2π(1-ᾱ_1)`,
//! - matching `(½ ρ κ) |r - r̂|²`, the sum over all steps, or the integral, from one term at a random place,
//! - prior matching `½ (ᾱ |x_0|² - d (ᾱ + log(1-ᾱ)))` at the last level,
//!
//! with `κ` of the prediction and `ρ` of the noise levels: Luo (58), (109)-(110), and Kingma et al. 2021 in
//! continuous time. The simple loss weighs the same two errors by `1/T` and `1 - 1/T`, or 0 and 1 in continuous time: the
//! unweighted error at a random step `t = 1 … T` (Ho et al. 2020).
//!
//! A level moves `x_t = a x_0 + b ε`, the features, the target and the weight; the gradient by `λ` is the sum of the four.

use ndarray::{ArrayRef1, ArrayRef2, ArrayView1};
use prob::Bound;
use prob::numerics::{LN_2PI, log_sigmoid};

use crate::matching::divergence_from_prior;
use crate::network::{feature_slopes, features};
use crate::prediction::Amplitudes;
use crate::training::{Buffers, VdmLearner, Weighting};

impl VdmLearner {
    /// The gradient of the loss, averaged over the rows of `x` (`[n, d]`), left in `work`; returns the loss and the terms of
    /// the bound, in nats, the matching terms as one number. `eps` (`[2n, d]`) is the noise of the first levels and then of
    /// the matching ones, `u` (`[n]`, from 0 up to but not 1) says which terms. A pure function of its arguments.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn loss_gradient_given_noise(
        &self,
        x: &ArrayRef2<f64>,
        eps: &ArrayRef2<f64>,
        u: &ArrayRef1<f64>,
        work: &mut Buffers,
    ) -> (f64, Bound) {
        assert_eq!((eps.dim(), u.len()), ((2 * x.nrows(), x.ncols()), x.nrows()), "noise of another shape");
        self.ask(x, eps, u, work);
        let bound = self.errors(x, eps, work);
        let loss = match self.weighting {
            Weighting::Elbo { .. } => -bound.elbo(),
            Weighting::Simple => work.weighted_error / x.nrows() as f64,
        };
        let net = self.denoiser.net();
        net.backward(&mut work.tape, &work.grad_output, &mut work.gradient);
        self.line_gradient(x, eps, work);
        (loss, bound)
    }

    /// `x_t` and the features of all levels, through the network.
    fn ask(&self, x: &ArrayRef2<f64>, eps: &ArrayRef2<f64>, u: &ArrayRef1<f64>, work: &mut Buffers) {
        let first = self.first_level();
        work.levels.clear();
        work.levels.extend(u.iter().map(|_| first));
        work.levels.extend(u.iter().map(|&u| self.matching_level(self.levels.place(u))));
        for (i, (level, input)) in work.levels.iter().zip(work.input.rows_mut()).enumerate() {
            let (x_0, eps) = (x.row(i % x.nrows()), eps.row(i));
            let x_t = x_0.iter().zip(eps).map(|(x_0, eps)| level.at.mix(*x_0, *eps));
            let values = x_t.chain(features(level.log_snr));
            input.into_iter().zip(values).for_each(|(input, value)| *input = value);
        }
        self.denoiser.net().forward_on(&work.input, &mut work.tape);
    }

    /// The terms of the bound; `∂loss/∂r̂`, and what weight and target add to `∂loss/∂λ`, into `work`.
    fn errors(&self, x: &ArrayRef2<f64>, eps: &ArrayRef2<f64>, work: &mut Buffers) -> Bound {
        let (rows, d) = (x.nrows(), x.ncols() as f64);
        let n = rows as f64;
        let prediction = self.denoiser.parameterisation();
        let (mut reconstruction, mut matching) =
            (-0.5 * d * (LN_2PI + log_sigmoid(-self.levels.start())) * n, 0.0);
        (work.weighted_error, work.by_fall) = (0.0, 0.0);
        for (i, level) in work.levels.iter().enumerate() {
            let slopes = level.at.slopes();
            let (mut square, mut by_target) = (0.0, 0.0);
            let written = work.tape.output().row(i);
            let examples = x.row(i % rows).into_iter().zip(eps.row(i));
            for ((grad, r), (&x_0, &eps)) in work.grad_output.row_mut(i).iter_mut().zip(written).zip(examples)
            {
                let error = r - prediction.target(level.at, x_0, eps);
                *grad = 2.0 * level.loss.value * error / n;
                by_target -= *grad * prediction.target_slope(slopes, x_0, eps);
                square += error * error;
            }
            work.by_log_snr[i] = level.loss.by_log_snr * square / n + by_target;
            work.by_fall += level.loss.by_fall * square / n;
            work.weighted_error += level.loss.value * square;
            if i < rows {
                reconstruction -= level.bound.value * square;
            } else {
                matching += level.bound.value * square;
            }
        }
        let prior_matching = x.rows().into_iter().map(|x_0| self.prior_matching(&x_0)).sum::<f64>() / n;
        Bound { reconstruction: reconstruction / n, prior_matching, matching: vec![matching / n] }
    }

    /// `KL(N(a x_0, b² I) ‖ N(0, I))` at the last level.
    fn prior_matching(&self, x_0: &ArrayView1<f64>) -> f64 {
        let end = self.levels.end();
        let alpha_bar = Amplitudes::at(end).signal.powi(2);
        divergence_from_prior(x_0.len(), x_0.dot(x_0), alpha_bar, log_sigmoid(-end))
    }

    /// `∂loss/∂start` and `∂loss/∂fall`, as those of the bias and of minus the weight: what each level adds through the network's
    /// input to what [`errors`](Self::errors) found, and what the bound has outside the squared errors.
    fn line_gradient(&self, x: &ArrayRef2<f64>, eps: &ArrayRef2<f64>, work: &mut Buffers) {
        let (rows, d) = x.dim();
        let (mut by_start, mut by_fall) = (0.0, work.by_fall);
        for (i, level) in work.levels.iter().enumerate() {
            let by_input = work.tape.input_gradient().row(i);
            let slopes = level.at.slopes();
            let x_t_slopes = x.row(i % rows).into_iter().zip(eps.row(i)).map(|(x, e)| slopes.mix(*x, *e));
            let slopes = x_t_slopes.chain(feature_slopes(level.log_snr));
            let by_level =
                work.by_log_snr[i] + by_input.iter().zip(slopes).map(|(g, slope)| g * slope).sum::<f64>();
            by_start += by_level;
            by_fall -= level.place * by_level;
        }
        if let Weighting::Elbo { .. } = self.weighting {
            // d log(1-ᾱ)/dλ = -ᾱ, and dᾱ/dλ = ᾱ (1-ᾱ).
            let first = Amplitudes::at(self.levels.start()).signal.powi(2);
            let last = Amplitudes::at(self.levels.end());
            let alpha_bar = last.signal.powi(2);
            let square = x.iter().map(|x| x * x).sum::<f64>() / rows as f64;
            let by_end = 0.5 * alpha_bar * (last.noise.powi(2) * square + d as f64 * alpha_bar);
            by_start += by_end - 0.5 * d as f64 * first;
            by_fall -= by_end;
        }
        let line = &mut work.line_gradient.layers_mut()[0];
        line.bias[0] = by_start;
        line.weight[[0, 0]] = -by_fall;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DenoiserNet, NoiseLevels, Parameterisation, Schedule, training::Times};
    use approx::assert_relative_eq;
    use ndarray::{Array1, Array2};
    use ndarray_rand::{RandomExt, rand_distr::Uniform};
    use nn::{Learner, gradient_check};
    use prob::standard_normal;
    use proptest::prelude::*;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    const ROWS: usize = 3;

    struct Case {
        learner: VdmLearner,
        x: Array2<f64>,
        eps: Array2<f64>,
        u: Array1<f64>,
    }

    fn case(prediction: Parameterisation, weighting: Weighting, levels: NoiseLevels, seed: u64) -> Case {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let denoiser = DenoiserNet::new(2, &[4], prediction, rng);
        Case {
            learner: VdmLearner::new(denoiser, levels, weighting, Times::Independent),
            x: standard_normal((ROWS, 2), rng),
            eps: standard_normal((2 * ROWS, 2), rng),
            u: Array1::random_using(ROWS, Uniform::new(0.0, 1.0).unwrap(), rng),
        }
    }

    impl Case {
        fn run(&self, learner: &VdmLearner) -> (f64, Bound, Buffers) {
            let mut work = learner.workspace(ROWS);
            let (loss, bound) = learner.loss_gradient_given_noise(&self.x, &self.eps, &self.u, &mut work);
            (loss, bound, work)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        /// Every parameter of the network and both of the line, for every prediction, weighting and kind of time.
        #[test]
        fn gradient_is_that_of_the_loss(
            seed: u64, steps in 2usize..9, start in -1.0..4.0f64, fall in 0.5..6.0f64,
        ) {
            let levels = [
                NoiseLevels::discrete(steps, start, start - fall).unwrap(),
                NoiseLevels::continuous(start, start - fall).unwrap(),
            ];
            for levels in levels {
                for prediction in Parameterisation::ALL {
                    for weighting in [Weighting::Elbo { learn_end_points: true }, Weighting::Simple] {
                        let case = case(prediction, weighting, levels.clone(), seed);
                        let (_, _, work) = case.run(&case.learner);
                        let mut moved = case.learner.clone();
                        let error = gradient_check(
                            |parameters| {
                                moved.denoiser.net_mut().set_flat_parameters(parameters);
                                case.run(&moved).0
                            },
                            &case.learner.denoiser.net().flat_parameters(),
                            &work.gradient.flat(),
                        );
                        prop_assert!(error < 1e-7, "network, {prediction:?}, {weighting:?}: {error:e}");

                        let mut moved = case.learner.clone();
                        let error = gradient_check(
                            |parameters| {
                                moved.levels.line_mut().set_flat_parameters(parameters);
                                case.run(&moved).0
                            },
                            &case.learner.levels.line().flat_parameters(),
                            &work.line_gradient.flat(),
                        );
                        prop_assert!(error < 1e-7, "line, {prediction:?}, {weighting:?}: {error:e}");
                    }
                }
            }
        }

        /// Each term by the formulas of the schedule, from `x̂_0` and `α_t`: (58) at the steps that `u` names.
        #[test]
        fn terms_are_those_of_the_schedule(seed: u64, steps in 2usize..9) {
            for prediction in Parameterisation::ALL {
                let levels = NoiseLevels::discrete(steps, 2.5, -3.0).unwrap();
                let case = case(prediction, Weighting::Simple, levels, seed);
                let (_, bound, _) = case.run(&case.learner);
                let schedule: Schedule = case.learner.levels.schedule(steps).unwrap();
                let (mut reconstruction, mut prior, mut matching) = (0.0, 0.0, 0.0);
                for i in 0..ROWS {
                    let x_0 = case.x.row(i);
                    let at = |t: usize, eps: ArrayView1<f64>| {
                        let law = schedule.marginal(t, 2).given(&x_0);
                        let x_t = law.sample_given_noise(&eps.insert_axis(ndarray::Axis(0)));
                        (x_t.row(0).to_owned(), case.learner.denoiser.denoise(&x_t, &schedule, t).row(0).to_owned())
                    };
                    let (_, denoised) = at(1, case.eps.row(i));
                    let decoder = prob::Gaussian::isotropic(denoised, schedule.beta(1)).unwrap();
                    reconstruction += decoder.log_prob(&x_0) / ROWS as f64;
                    prior += schedule.prior_matching(&x_0) / ROWS as f64;
                    let t = 2 + (case.u[i] * (steps - 1) as f64) as usize;
                    let (x_t, denoised) = at(t, case.eps.row(ROWS + i));
                    let mean = schedule.posterior_mean(t, &x_t, &denoised);
                    let term = schedule.matching(t, &x_t, &x_0, &mean, schedule.posterior_variance(t));
                    matching += term * (steps - 1) as f64 / ROWS as f64;
                }
                assert_relative_eq!(bound.reconstruction, reconstruction, max_relative = 1e-9);
                assert_relative_eq!(bound.prior_matching, prior, max_relative = 1e-9);
                assert_relative_eq!(bound.matching[0], matching, max_relative = 1e-9);
            }
        }
    }

    /// The simple loss is the error of the predicted quantity itself, averaged over `t = 1 … T`; that of the score in the
    /// unit of the noise.
    #[test]
    fn the_simple_loss_is_unweighted() {
        let levels = NoiseLevels::discrete(4, 1.0, -1.0).unwrap();
        let case = case(Parameterisation::Noise, Weighting::Simple, levels, 7);
        let schedule = case.learner.levels.schedule(4).unwrap();
        let mut expected = 0.0;
        for i in 0..2 * ROWS {
            // The first step stands for one of four, the one that is drawn for three.
            let (t, share) = match i.checked_sub(ROWS) {
                None => (1, 0.25),
                Some(row) => (2 + (3.0 * case.u[row]) as usize, 0.75),
            };
            let at = Amplitudes::at(schedule.log_snr(t));
            let x_t = &case.x.row(i % ROWS) * at.signal + &case.eps.row(i) * at.noise;
            let found = case.learner.denoiser.predict(&x_t.insert_axis(ndarray::Axis(0)), &schedule, t);
            let error = &found.row(0) - &case.eps.row(i);
            expected += share * error.dot(&error) / ROWS as f64;
        }
        assert_relative_eq!(case.run(&case.learner).0, expected, max_relative = 1e-12);
    }
}
