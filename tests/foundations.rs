//! Part A of the derivation: divergence, likelihood, Gaussians, mixtures, gradients of an average.

use montecarlo::{Moments, MonteCarlo, StatisticalTest, Streams};
use ndarray::{Array1, Array2, Axis, array};
use ndarray_rand::{RandomExt, rand_distr::StandardNormal};
use prob::{DiagonalGaussian, GaussHermite, Gaussian, LinearGaussian, Mixture, Quadratic};
use proptest::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};
use workspace_tests::judge::*;
use workspace_tests::longhand;
use workspace_tests::problems::*;

/// `E_data log p(x)` in nats, the average log-likelihood of a Gaussian model, in closed form.
fn average_log_likelihood(data: &Mixture, model: &Gaussian) -> f64 {
    Quadratic::log_prob(&LinearGaussian::from(model)).expectation_over(data)
}

/// `n` standard normal numbers in rows of `d`.
fn noise(n: usize, d: usize, role: &str) -> Array2<f64> {
    Array2::random_using((n, d), StandardNormal, &mut Streams::new(20).role(role).rng(0))
}

// A1 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(256))]

    /// A1: KL(p ‖ q) ≥ 0, and KL(p ‖ q) = 0 ⇔ p = q: never negative, 0 for a law and itself, and at least ½δ² as soon
    /// as a mean moves by δ standard deviations.
    #[test]
    fn a1_divergence_is_positive_unless_the_laws_are_equal(
        (p, q) in two_gaussians(),
        delta in 1e-5..1.0f64,
        coordinate in any::<prop::sample::Index>(),
    ) {
        prop_assert!(p.kl_divergence(&q) >= 0.0);
        prop_assert_eq!(p.kl_divergence(&p), 0.0);
        let i = coordinate.index(p.dim());
        let mut moved = p.mean().clone();
        moved[i] += delta * p.covariance()[[i, i]].sqrt();
        let moved = Gaussian::new(moved, p.covariance().clone()).unwrap();
        prop_assert!(p.kl_divergence(&moved) >= 0.499 * delta * delta);
    }

    /// A1: cross-entropy = entropy + divergence, −E_p log q = H(p) + KL(p ‖ q): the left side by quadrature of the
    /// density written out, and in closed form.
    #[test]
    fn a1_cross_entropy_is_entropy_plus_divergence((p, q) in two_gaussians()) {
        let sum = p.entropy() + p.kl_divergence(&q);
        let by_quadrature = -GaussHermite::new(2).expectation(&p, |x| longhand::log_prob(&q, x));
        assert_nats(by_quadrature, sum, 1e-10);
        assert_nats(p.cross_entropy(&q), sum, 1e-10);
    }

    /// A1: a bit is log 2 nats: E_p log₂(p/q) · log 2 = KL(p ‖ q).
    #[test]
    fn a1_a_bit_is_log_2_nats(p in gaussian_over(1, 1.0), q in gaussian_over(1, 1.0)) {
        let log_density = |law: &Gaussian, x| longhand::log_normal(x, longhand::mean(law), longhand::variance(law));
        let breaks = longhand::breaks([(longhand::mean(&p), longhand::variance(&p))]);
        let bits = longhand::integral(&breaks, |x| {
            let (log_p, log_q) = (log_density(&p, x), log_density(&q, x));
            log_p.exp() * (log_p - log_q) * std::f64::consts::LOG2_E
        });
        assert_nats(bits * 2f64.ln(), p.kl_divergence(&q), 1e-10);
    }
}

// A2 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(96))]

    /// A2: −E_data log p_θ = H(data) + KL(data ‖ p_θ): the two objectives differ by the same number for every θ, the
    /// entropy of the data. Likelihood in closed form, divergence and entropy by quadrature.
    #[test]
    fn a2_likelihood_and_divergence_differ_by_the_entropy_of_the_data(
        data in mixture(1),
        models in prop::array::uniform2(gaussian_over(1, 2.0)),
    ) {
        let entropy = -longhand::average(&data, |x| longhand::log_mixture(&data, x));
        for model in models {
            let (m, v) = (longhand::mean(&model), longhand::variance(&model));
            let divergence = longhand::average(&data, |x| longhand::log_mixture(&data, x) - longhand::log_normal(x, m, v));
            assert_nats(-average_log_likelihood(&data, &model), entropy + divergence, 1e-10);
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    /// A2: the Gaussian of maximum likelihood, which is the one of least divergence, has the mean and the covariance of
    /// the data: any other model θ loses E_data log p_* − E_data log p_θ = KL(p_* ‖ p_θ) > 0.
    #[test]
    fn a2_the_gaussian_of_maximum_likelihood_has_the_moments_of_the_data(
        (data, model) in dimension().prop_flat_map(|d| (mixture(d), gaussian(d))),
    ) {
        let best = Gaussian::new(data.mean(), data.covariance()).unwrap();
        let (at_best, at_model) = (average_log_likelihood(&data, &best), average_log_likelihood(&data, &model));
        let lost = longhand::divergence(&best, &model);
        prop_assert!(lost > 0.0);
        assert_close_at(1.0 + at_best.abs() + at_model.abs(), at_best - at_model, lost, 1e-10);
    }
}

// A3 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(256))]

    /// A3: with y = X w + noise of variance σ² and the prior w ~ N(0, I/λ), the most probable w given y is that of
    /// ridge regression, (XᵀX + λσ² I)⁻¹ Xᵀ y; and log p(w|y) − log p(w*|y) is minus the excess of the penalised
    /// squared error, |y − Xw|²/(2σ²) + λ|w|²/2.
    #[test]
    fn a3_map_with_a_gaussian_prior_is_ridge_regression(
        (x, y, w) in dimension().prop_flat_map(|d| (matrix(4, d, 2.0), vector(4, 3.0), vector(d, 2.0))),
        noise_variance in positive(1.0),
        lambda in positive(1.0),
    ) {
        let d = w.len();
        let likelihood = linear(x.clone(), Array1::zeros(4), Array2::eye(4) * noise_variance);
        let prior = Gaussian::isotropic(Array1::zeros(d), 1.0 / lambda).unwrap();
        let posterior = likelihood.bayes(&prior).unwrap().given(&y);

        let penalised = x.t().dot(&x) + Array2::<f64>::eye(d) * (lambda * noise_variance);
        let ridge = longhand::inverse(&penalised).dot(&x.t().dot(&y));
        let scale = 1.0 + ridge.dot(&ridge).sqrt();
        assert_arrays_close(scale, posterior.mean(), &ridge, 1e-10);

        let loss = |w: &Array1<f64>| {
            let residual = &y - &x.dot(w);
            residual.dot(&residual) / (2.0 * noise_variance) + 0.5 * lambda * w.dot(w)
        };
        let excess = loss(&w) - loss(&ridge);
        let log_ratio = posterior.log_prob(&w) - posterior.log_prob(posterior.mean());
        assert_close_at(1.0 + loss(&w), log_ratio, -excess, 1e-10);
    }
}

// A4 ---------------------------------------------------------------------------------------------------------------

/// `a N(0,1) + b N(0,1)` as a law: one draw pushed through a conditional that adds the other.
fn weighted_sum(a: f64, b: f64) -> Gaussian {
    conditional_on_the_line(a, 0.0, b * b).push(&Gaussian::standard(1))
}

proptest! {
    #![proptest_config(cases(128))]

    /// A4: a N(0,1) + b N(0,1) = N(0, a² + b²): its density is the convolution ∫ N(s; 0, a²) N(y − s; 0, b²) ds.
    #[test]
    fn a4_a_sum_of_independent_normals_has_the_convolved_density(
        a in positive(1.0),
        b in positive(1.0),
        place in -3.0..3.0f64,
    ) {
        let y = place * a.hypot(b);
        // Both factors of the integrand, and so its peak, are within the breaks of one or the other.
        let breaks = longhand::breaks([(0.0, a * a), (y, b * b)]);
        let convolution = longhand::integral(&breaks, |s| {
            (longhand::log_normal(s, 0.0, a * a) + longhand::log_normal(y - s, 0.0, b * b)).exp()
        });
        let sum = weighted_sum(a, b);
        assert_close(longhand::variance(&sum), a * a + b * b, 1e-14);
        // The convolution is known to 1e-12 of max(1, its value).
        assert_close_at(convolution.max(0.1), sum.log_prob(&array![y]).exp(), convolution, 1e-10);
    }
}

/// A4 in law: 300 000 sums of two draws against the distribution function of N(0, a² + b²). Kolmogorov–Smirnov, a
/// distance of 1 % would be seen.
#[test]
fn a4_drawn_sums_follow_the_law_of_the_sum() {
    for (a, b) in [(0.6, 0.8), (-2.0, 0.5)] {
        let eps = noise(300_000, 2, "A4");
        let sums = eps.dot(&array![a, b]).to_vec();
        let law = Mixture::from(weighted_sum(a, b));
        assert_verdict(&StatisticalTest::default().law(&sums, |x| law.cdf(x)), 0.01);
    }
}

// A5 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(256))]

    /// A5: KL between Gaussians with full covariances, Luo (86): ½(log det S_q/det S_p − d + tr S_q⁻¹S_p + m'S_q⁻¹m) by
    /// cofactors, and E_p[log p − log q] by a quadrature that is exact for quadratics.
    #[test]
    fn a5_full_divergence_is_the_average_log_ratio((p, q) in two_gaussians()) {
        let closed = p.kl_divergence(&q);
        let log_ratio = |x: &ndarray::ArrayRef1<f64>| longhand::log_prob(&p, x) - longhand::log_prob(&q, x);
        assert_nats(closed, longhand::divergence(&p, &q), 1e-10);
        assert_nats(closed, GaussHermite::new(2).expectation(&p, log_ratio), 1e-10);
    }

    /// A5: KL between Gaussians with diagonal covariances: the sum of one integral ∫ p log(p/q) for each coordinate.
    #[test]
    fn a5_diagonal_divergence_is_a_sum_over_coordinates(
        (p, q) in dimension().prop_flat_map(|d| (diagonal_gaussian(d), diagonal_gaussian(d))),
    ) {
        let coordinate = |i: usize| {
            let law = |of: &DiagonalGaussian| (of.mean()[i], of.log_var()[i].exp());
            let ((m, v), (n, w)) = (law(&p), law(&q));
            longhand::integral(&longhand::breaks([(m, v)]), |x| {
                let log_p = longhand::log_normal(x, m, v);
                log_p.exp() * (log_p - longhand::log_normal(x, n, w))
            })
        };
        assert_nats(p.kl_divergence(&q), (0..p.dim()).map(coordinate).sum(), 1e-10);
    }
}

// A6 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(256))]

    /// A6: the conditional of a joint Gaussian is Bayes' rule: adding precisions gives the law that the Schur complement
    /// of the joint covariance gives, and its density is p(x) p(y|x) / p(y) at every x.
    #[test]
    fn a6_conditioning_the_joint_is_bayes_rule(
        (prior, likelihood, x, y) in (dimension(), dimension())
            .prop_flat_map(|(n, m)| (gaussian_over(n, 1.0), conditional(n, m), vector(n, 3.0), vector(m, 3.0))),
    ) {
        let n = prior.dim();
        let posterior = likelihood.bayes(&prior).unwrap().given(&y);
        let seen: Vec<usize> = (n..n + y.len()).collect();
        let conditioned = likelihood.joint(&prior).unwrap().condition(&seen, &y).unwrap();
        assert_covariances_close(posterior.covariance(), conditioned.covariance(), 1e-9);
        assert_nats(posterior.kl_divergence(&conditioned), 0.0, 1e-12);

        let (mean, covariance) = longhand::pushed(&likelihood, &prior);
        let terms = [
            longhand::log_prob(&prior, &x),
            longhand::log_prob_given(&likelihood, &x, &y),
            -longhand::log_gaussian(&y, &mean, &covariance),
        ];
        let scale = terms.iter().map(|t| t.abs()).sum::<f64>() + 1.0;
        assert_close_at(scale, posterior.log_prob(&x), terms.iter().sum(), 1e-10);
    }
}

// A7 ---------------------------------------------------------------------------------------------------------------

/// The mixture of `k` equal components of variance `s²`, their means in the middles of `k` equal parts of (−1, 1).
fn uniform_mixture(k: usize, variance: f64) -> Mixture {
    let middle = |m: usize| (2 * m + 1) as f64 / k as f64 - 1.0;
    Mixture::equal((0..k).map(|m| on_the_line(middle(m), variance)).collect()).expect("one dimension")
}

/// A7: with z even on (−1, 1) and p(x|z) = N(z, s²), the mixture Σ_m (1/K) N(x; z_m, s²) approaches
/// p(x) = ∫ ½ N(x; z, s²) dz, and the error falls as 1/K²: the fitted rate is 2 within 1 %, and at the 512 components
/// of the lecture notes K² · error is the constant of Euler and Maclaurin, (f'(−1) − f'(1))/6 with
/// f(z) = ½ N(x; z, s²), to 1e-3 of its largest value.
#[test]
fn a7_a_mixture_approaches_the_integral_as_one_over_k_squared() {
    let places: Vec<f64> = (-20..=20).map(|i| 0.1 * f64::from(i)).collect();
    for s in [0.3, 0.5, 1.0] {
        let v = s * s;
        let integral =
            |x: f64| longhand::integral(&[-1.0, 0.0, 1.0], |z| 0.5 * longhand::log_normal(x, z, v).exp());
        let error = |k: usize| -> Vec<f64> {
            let mixture = uniform_mixture(k, v);
            places.iter().map(|&x| mixture.log_prob(&array![x]).exp() - integral(x)).collect()
        };
        let largest = |errors: &[f64]| errors.iter().fold(0.0, |max: f64, e| max.max(e.abs()));

        let points: Vec<(f64, f64)> = [64, 128, 256, 512].map(|k| (k as f64, largest(&error(k)))).to_vec();
        let (rate, uncertainty) = fitted_rate(&points);
        assert!((rate - 2.0).abs() < 0.01 && uncertainty < 0.01, "rate {rate} ± {uncertainty} at s = {s}");

        let slope = |x: f64, z: f64| 0.5 * longhand::log_normal(x, z, v).exp() * (x - z) / v;
        let predicted: Vec<f64> = places.iter().map(|&x| (slope(x, -1.0) - slope(x, 1.0)) / 6.0).collect();
        for (error, constant) in error(512).iter().zip(&predicted) {
            assert_close_at(largest(&predicted), 512.0 * 512.0 * error, *constant, 1e-3);
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// A7: the discrete sum Σ_m P(m) N(x; V z_m + a, R) becomes ∫ p(z) p(x|z) dz, the evidence of a linear VAE with one
    /// latent: 512 components at evenly spaced z_m with P(m) ∝ N(z_m; 0, 1) already agree to 1e-10, because for a smooth
    /// integrand on the whole line the even sum converges faster than any power.
    #[test]
    fn a7_512_components_are_the_evidence_of_a_linear_vae(
        (vae, x) in dimension().prop_flat_map(|d| (linear_vae(d, 1), vector(d, 2.0))),
    ) {
        // A sum with steps of 0.035 between ±9 can only know a posterior that is wider than a step and within.
        let posterior = vae.posterior().unwrap().given(&x);
        prop_assume!(longhand::mean(&posterior).abs() < 2.0 && longhand::variance(&posterior) > 0.05 * 0.05);
        let spacing = 18.0 / 512.0;
        let centres = (0..512).map(|m| (f64::from(m) + 0.5) * spacing - 9.0);
        let (weights, components) = centres
            .map(|z| (spacing * longhand::log_normal(z, 0.0, 1.0).exp(), vae.decoder().given(&array![z])))
            .unzip();
        let sum = Mixture::new(weights, components).unwrap().log_prob(&x);
        assert_nats(sum, vae.log_evidence(&x), 1e-10);
    }
}

// A8 ---------------------------------------------------------------------------------------------------------------

/// A8: μ + σε has the law N(μ, σ²), and m + Lε, seen along any direction u, the law N(u·m, |Lᵀu|²) = N(u·m, u'Su):
/// 300 000 draws each, Kolmogorov–Smirnov, a distance of 1 % would be seen.
#[test]
fn a8_shifted_and_scaled_noise_has_the_law() {
    let follows = |draws: Array1<f64>, mean: f64, variance: f64| {
        let law = Normal::new(mean, variance.sqrt()).unwrap();
        assert_verdict(&StatisticalTest::default().law(&draws.to_vec(), |x| law.cdf(x)), 0.01);
    };
    let eps = noise(300_000, 2, "A8");

    let diagonal = DiagonalGaussian::new(array![0.7, -2.0], array![-1.5, 0.8]).unwrap();
    let draws = diagonal.sample_given_noise(&eps);
    for i in 0..2 {
        follows(draws.column(i).to_owned(), diagonal.mean()[i], diagonal.log_var()[i].exp());
    }

    let full = Gaussian::new(array![1.0, -0.5], array![[2.0, -0.9], [-0.9, 0.6]]).unwrap();
    let draws = full.sample_given_noise(&eps);
    for u in [array![1.0, 0.0], array![0.0, 1.0], array![0.6, 0.8], array![1.0, -1.0]] {
        follows(draws.dot(&u), full.mean().dot(&u), u.dot(&full.covariance().dot(&u)));
    }
}

proptest! {
    #![proptest_config(cases(256))]

    /// A8: for f(z) = z'Az + b'z + c and z ~ N(m, S), the pathwise gradient E ∇f(z), the score-function gradient
    /// E f(z) S⁻¹(z − m) and the derivative of E f(z) by m, which is 2Am + b, are the same vector.
    #[test]
    fn a8_pathwise_and_score_function_gradients_have_the_same_mean(
        (law, a, b, c) in dimension()
            .prop_flat_map(|d| (gaussian_over(d, 1.0), matrix(d, d, 1.0), vector(d, 1.0), -1.0..1.0)),
    ) {
        let d = law.dim();
        let a = (&a + &a.t()) * 0.5;
        let f = Quadratic::new(a.clone(), b.clone(), c);
        let exact = a.dot(law.mean()) * 2.0 + &b;
        let spread = law.covariance().diag().sum();
        let rule = GaussHermite::new(3);
        for i in 0..d {
            let by_score = rule.expectation(&law, |z| -f.at(z) * law.score(z)[i]);
            // The quadratic is as large as E|f| along the way, and S⁻¹ multiplies that.
            let scale = (10.0 + spread * d as f64) * longhand::inverse(law.covariance())[[i, i]].max(1.0) * 10.0;
            assert_close_at(scale, by_score, exact[i], 1e-11);
            let pathwise = rule.expectation(&law, |z| 2.0 * a.row(i).dot(z) + b[i]);
            assert_close_at(10.0 + spread, pathwise, exact[i], 1e-11);
            // A central difference of a quadratic has no truncation error.
            let at = |step: f64| {
                let mut mean = law.mean().clone();
                mean[i] += step;
                f.expectation(&Gaussian::new(mean, law.covariance().clone()).unwrap())
            };
            assert_close_at(10.0 + spread * d as f64, at(0.5) - at(-0.5), exact[i], 1e-11);
        }
    }

    /// A8: the variances of both estimators on the line, for f(z) = az² + bz + c with α = f(μ), β = σf'(μ), δ = aσ²:
    /// pathwise 4δ²/σ², score function (α² + 2β² + 15δ² + 6αδ)/σ². The ratio is therefore at least 3/2 whatever f is.
    #[test]
    fn a8_ratio_of_the_variances_is_exact_for_quadratics(
        mean in -2.0..2.0f64,
        sd in positive(0.5),
        a in prop_oneof![-2.0..-0.1, 0.1..2.0f64],
        (b, c) in (-2.0..2.0f64, -2.0..2.0f64),
    ) {
        let law = on_the_line(mean, sd * sd);
        let f = Quadratic::new(array![[a]], array![b], c);
        let [pathwise, score_function] = exact_variances(&law, [a, b, c]);
        let slope = Quadratic::new(array![[0.0]], array![2.0 * a], b);
        assert_close(slope.variance(&law), pathwise, 1e-10);

        // Sixth-degree polynomials: four nodes are exact.
        let rule = GaussHermite::new(4);
        let gradient = |z: &ndarray::ArrayRef1<f64>| -f.at(z) * law.score(z)[0];
        let exact = 2.0 * a * mean + b;
        let square = rule.expectation(&law, |z| gradient(z).powi(2));
        assert_close_at(square + exact * exact, square - exact * exact, score_function, 1e-10);
        prop_assert!(score_function / pathwise >= 1.5 - 1e-9);
    }
}

/// Variances of the pathwise and of the score-function gradient of `E (az² + bz + c)` by the mean of a law on the line.
fn exact_variances(law: &Gaussian, [a, b, c]: [f64; 3]) -> [f64; 2] {
    let (mean, variance) = (longhand::mean(law), longhand::variance(law));
    let alpha = a * mean * mean + b * mean + c;
    let beta = variance.sqrt() * (2.0 * a * mean + b);
    let delta = a * variance;
    let score_function = alpha * alpha + 2.0 * beta * beta + 15.0 * delta * delta + 6.0 * alpha * delta;
    [4.0 * delta * delta / variance, score_function / variance]
}

/// A8 by sampling: 2²⁴ draws of both gradients of E(0.4z² + 1.6z + 0.1), z ~ N(0.5, 0.25). Both means are 2, the
/// variances 0.16 and 15; an error of 1 % in any of the four would be seen.
#[test]
fn a8_sampled_gradients_have_the_exact_means_and_variances() {
    let coefficients = [0.4, 1.6, 0.1];
    let [a, b, c] = coefficients;
    let law = on_the_line(0.5, 0.25);
    let f = Quadratic::new(array![[a]], array![b], c);
    let gradient = 2.0;
    let variances = exact_variances(&law, coefficients);
    assert_close(variances[1] / variances[0], 93.75, 1e-12);

    let plan = MonteCarlo::new(1 << 24, Streams::new(21).role("A8"));
    let sampled = plan.run(&|_| (), |rng, n| {
        let z = law.sample(n, rng);
        let gradients = [
            z.mapv(|z| 2.0 * a * z + b).remove_axis(Axis(1)),
            z.map_axis(Axis(1), |z| -f.at(&z) * law.score(&z)[0]),
        ];
        gradients
            .map(|g| [Moments::of(&g.to_vec()), Moments::of(&g.mapv(|g| (g - gradient).powi(2)).to_vec())])
    });
    for ([mean, variance], exact) in sampled.iter().zip(variances) {
        assert_estimates(&mean.estimate(), gradient);
        assert_estimates(&variance.estimate(), exact);
    }
}
