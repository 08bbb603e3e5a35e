//! Part B of the derivation: the denoiser, the evidence, its lower bound, and what the bound's terms mean.

use std::f64::consts::PI;

use montecarlo::{MonteCarlo, Streams};
use ndarray::{Array1, Array2, ArrayRef1, Axis, array};
use prob::numerics::log_mean_exp;
use prob::{GaussHermite, Gaussian, Mixture};
use proptest::prelude::*;
use vae::{Elbo, LinearVae, Objective, Vae, estimate_elbo};
use workspace_tests::judge::*;
use workspace_tests::longhand;
use workspace_tests::problems::*;

/// `log p(z) + log p(x|z)`, written out.
fn log_joint(vae: &LinearVae, x: &ArrayRef1<f64>, z: &ArrayRef1<f64>) -> f64 {
    longhand::log_prob(vae.prior(), z) + longhand::log_prob_given(vae.decoder(), z, x)
}

/// `log N(x; a, V Vᵀ + R)`, written out.
fn log_evidence(vae: &LinearVae, x: &ArrayRef1<f64>) -> f64 {
    let (mean, covariance) = longhand::pushed(vae.decoder(), vae.prior());
    longhand::log_gaussian(x, &mean, &covariance)
}

/// `E_q(z|x) f(z)`, exact for quadratics.
fn average_under_encoder(vae: &LinearVae, x: &ArrayRef1<f64>, f: impl FnMut(&ArrayRef1<f64>) -> f64) -> f64 {
    GaussHermite::new(2).expectation(&vae.encoder().given(x), f)
}

/// What rounding is measured against: the size of the terms that a bound is the difference of, and one nat.
fn scale(elbo: &Elbo) -> f64 {
    1.0 + elbo.reconstruction.abs() + elbo.prior_matching
}

/// The same decoder with the exact posterior as encoder.
fn with_exact_posterior(vae: &LinearVae) -> LinearVae {
    model(vae.posterior().expect("a posterior"), vae.decoder().clone())
}

/// The same decoder with an encoder that ignores `x` and puts out the prior.
fn collapsed(vae: &LinearVae) -> LinearVae {
    let (k, d) = vae.encoder().weight().dim();
    let encoder = linear(Array2::zeros((k, d)), Array1::zeros(k), Array2::eye(k));
    model(encoder, vae.decoder().clone())
}

// B2 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(256))]

    /// B2, Tweedie: E[x₀ | x_t] = (x_t + (1 − ᾱ) ∇ log q(x_t)) / √ᾱ for x_t = √ᾱ x₀ + √(1−ᾱ) ε: the mean of the posterior
    /// mixture, made of reversed components, against the score of the noised mixture.
    #[test]
    fn b2_posterior_mean_is_tweedies_formula(
        (data, x_t) in dimension().prop_flat_map(|d| (mixture(d), vector(d, 4.0))),
        alpha_bar in 0.02..0.98f64,
    ) {
        let noising = noising(data.dim(), alpha_bar);
        let denoised = data.posterior(&noising, &x_t).unwrap().mean();
        let score = data.push(&noising).score(&x_t);
        let tweedie = (&x_t + &(score * (1.0 - alpha_bar))) / alpha_bar.sqrt();
        let largest = x_t.iter().chain(&denoised).fold(1.0, |max: f64, x| max.max(x.abs()));
        assert_arrays_close(largest / alpha_bar.sqrt(), &denoised, &tweedie, 1e-11);
    }
}

proptest! {
    #![proptest_config(cases(48))]

    /// B2 on the line: the same mean as ∫ x₀ q(x₀) q(x_t|x₀) dx₀ / ∫ q(x₀) q(x_t|x₀) dx₀.
    #[test]
    fn b2_posterior_mean_is_the_weighted_average_of_the_data(
        data in mixture(1),
        place in -3.0..3.0f64,
        alpha_bar in 0.02..0.98f64,
    ) {
        let noising = noising(1, alpha_bar);
        let x_t = longhand::mixture_mean(&data) * alpha_bar.sqrt() + place;
        let posterior = data.posterior(&noising, &array![x_t]).unwrap();
        let log_likelihood = |x: f64| longhand::log_normal(x_t, alpha_bar.sqrt() * x, 1.0 - alpha_bar);
        // The likelihood is a bump in x₀ as well, at x_t/√ᾱ.
        let bump = (x_t / alpha_bar.sqrt(), (1.0 - alpha_bar) / alpha_bar);
        let breaks = longhand::breaks(longhand::parts(&data).map(|(_, m, v)| (m, v)).chain([bump]));
        let weighted = |f: &dyn Fn(f64) -> f64| {
            longhand::integral(&breaks, |x| (longhand::log_mixture(&data, x) + log_likelihood(x)).exp() * f(x))
        };
        let evidence = weighted(&|_| 1.0);
        prop_assume!(evidence > 1e-3);
        let mean = weighted(&|x| x) / evidence;
        assert_close_at(1.0 + x_t.abs() / alpha_bar.sqrt(), posterior.mean()[0], mean, 1e-9);
    }

    /// B2: the posterior mean is the best denoiser. For a denoiser f(x_t) = a x_t + c the mean squared error, which the
    /// moments of the data give, is E Var(x₀|x_t) + E (f − E[x₀|x_t])²; the first is what no denoiser can avoid.
    #[test]
    fn b2_the_posterior_mean_is_the_best_denoiser(
        data in mixture(1),
        alpha_bar in 0.02..0.98f64,
        (a, c) in (-2.0..2.0f64, -2.0..2.0f64),
    ) {
        let noising = noising(1, alpha_bar);
        let (mean, variance) = (longhand::mixture_mean(&data), longhand::mixture_variance(&data));
        let bias = (a * alpha_bar.sqrt() - 1.0) * mean + c;
        let squared_error =
            (a * alpha_bar.sqrt() - 1.0).powi(2) * variance + a * a * (1.0 - alpha_bar) + bias * bias;

        let noised = longhand::pushed_mixture(&noising, &data);
        let unavoidable_and_excess = longhand::average(&noised, |x_t| {
            let posterior = data.posterior(&noising, &array![x_t]).unwrap();
            posterior.covariance()[[0, 0]] + (a * x_t + c - posterior.mean()[0]).powi(2)
        });
        assert_close_at(squared_error.max(1.0), unavoidable_and_excess, squared_error, 1e-10);
    }
}

// B3 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(256))]

    /// B3: p(x) = p(x, z) / p(z|x) for every z.
    #[test]
    fn b3_evidence_is_joint_over_posterior_at_every_latent((vae, x, z) in observed_vae()) {
        let joint = log_joint(&vae, &x, &z);
        let posterior = vae.posterior().unwrap().given(&x).log_prob(&z);
        assert_close_at(1.0 + joint.abs() + posterior.abs(), joint - posterior, vae.log_evidence(&x), 1e-10);
    }
}

proptest! {
    #![proptest_config(cases(96))]

    /// B3: p(x) = ∫ p(x, z) dz, over one latent.
    #[test]
    fn b3_evidence_is_the_integral_of_the_joint(
        (vae, x) in dimension().prop_flat_map(|d| (linear_vae(d, 1), vector(d, 3.0))),
    ) {
        let posterior = vae.posterior().unwrap().given(&x);
        let breaks = longhand::breaks([(longhand::mean(&posterior), longhand::variance(&posterior))]);
        // The integrand is taken relative to the answer, so that a far observation does not underflow.
        let log_p = vae.log_evidence(&x);
        let ratio = longhand::integral(&breaks, |z| (log_joint(&vae, &x, &array![z]) - log_p).exp());
        assert_close(ratio, 1.0, 1e-10 * (1.0 + log_p.abs()));
    }
}

// B4 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(256))]

    /// B4: Jensen, log E w ≥ E log w, for the average of a few numbers; equality for equal ones.
    #[test]
    fn b4_log_of_a_mean_is_at_least_the_mean_of_logs(logs in prop::collection::vec(-50.0..50.0f64, 1..9)) {
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let log_mean = log_mean_exp(&logs);
        let spread = logs.iter().map(|l| (l - mean).abs()).fold(0.0, f64::max);
        assert_close_at(50.0, log_mean_exp(&vec![mean; logs.len()]), mean, 1e-13);
        if spread > 1e-3 {
            prop_assert!(log_mean > mean);
        }
    }

    /// B4: hence log p(x) ≥ ELBO, with the weight w = p(x, z)/q(z|x), whose mean under q is p(x): strictly, unless w is
    /// constant, and it is when q is the posterior.
    #[test]
    fn b4_the_bound_is_below_the_evidence((vae, x, _) in observed_vae()) {
        let average_log_weight = |vae: &LinearVae| {
            average_under_encoder(vae, &x, |z| log_joint(vae, &x, z) - longhand::log_prob_given(vae.encoder(), &x, z))
        };
        let log_p = vae.log_evidence(&x);
        let rounding = 1e-10 * scale(&vae.elbo(&x));
        prop_assert!(average_log_weight(&vae) < log_p + rounding);
        prop_assert!(vae.elbo(&x).total() < log_p + rounding);
        let exact = with_exact_posterior(&vae);
        assert_close_at(scale(&exact.elbo(&x)), average_log_weight(&exact), log_p, 1e-10);
    }
}

// B5 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(256))]

    /// B5: log p(x) = ELBO + KL(q(z|x) ‖ p(z|x)), Luo (9)–(16): bound and gap of the model against the density of x
    /// written out.
    #[test]
    fn b5_evidence_is_bound_plus_divergence_from_the_posterior((vae, x, _) in observed_vae()) {
        let elbo = vae.elbo(&x);
        let gap = vae.gap(&x).unwrap();
        assert_close_at(scale(&elbo) + gap, elbo.total() + gap, log_evidence(&vae, &x), 1e-10);
    }

    /// B5: the bound is tight iff the encoder is the posterior: no gap then, and one of at least ½δ² once a latent's mean
    /// is off by δ standard deviations, which the bound loses.
    #[test]
    fn b5_the_bound_is_tight_iff_the_encoder_is_the_posterior(
        (vae, x, _) in observed_vae(),
        delta in 1e-2..1.0f64,
    ) {
        let exact = with_exact_posterior(&vae);
        let best = exact.elbo(&x).total();
        assert_nats(exact.gap(&x).unwrap(), 0.0, 1e-12);
        assert_close_at(scale(&exact.elbo(&x)), best, log_evidence(&vae, &x), 1e-10);

        let posterior = exact.encoder();
        let mut bias = posterior.bias().clone();
        bias[0] += delta * posterior.covariance()[[0, 0]].sqrt();
        let off = linear(posterior.weight().clone(), bias, posterior.covariance().clone());
        let off = model(off, vae.decoder().clone());
        let gap = off.gap(&x).unwrap();
        prop_assert!(gap >= 0.499 * delta * delta);
        assert_close_at(scale(&off.elbo(&x)), best - off.elbo(&x).total(), gap, 1e-10);
    }
}

// B6 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(256))]

    /// B6: ELBO = E_q log p(x|z) − KL(q(z|x) ‖ p(z)), Luo (19): both terms, and their difference as the average of
    /// log p(x, z) − log q(z|x), by quadrature of densities written out.
    #[test]
    fn b6_bound_is_reconstruction_minus_prior_matching((vae, x, _) in observed_vae()) {
        let elbo = vae.elbo(&x);
        let log_q = |z: &ArrayRef1<f64>| longhand::log_prob_given(vae.encoder(), &x, z);
        let reconstruction = average_under_encoder(&vae, &x, |z| longhand::log_prob_given(vae.decoder(), z, &x));
        let prior_matching = average_under_encoder(&vae, &x, |z| log_q(z) - longhand::log_prob(vae.prior(), z));
        let total = average_under_encoder(&vae, &x, |z| log_joint(&vae, &x, z) - log_q(z));
        assert_nats(elbo.reconstruction, reconstruction, 1e-10);
        assert_nats(elbo.prior_matching, prior_matching, 1e-10);
        assert_close_at(scale(&elbo), elbo.total(), total, 1e-10);
    }

    /// B6 on average over data from a mixture: both terms are quadratics of x, so a two-point rule under each component
    /// averages the bounds of single observations exactly.
    #[test]
    fn b6_the_average_bound_is_the_average_of_the_bounds(
        (vae, data) in (dimension(), dimension()).prop_flat_map(|(d, k)| vae_with_data(d, k)),
    ) {
        let elbo = vae.average_elbo(&data).unwrap();
        let average = |term: fn(&Elbo) -> f64| -> f64 {
            let rule = GaussHermite::new(2);
            data.parts().map(|(weight, law)| weight * rule.expectation(law, |x| term(&vae.elbo(x)))).sum()
        };
        assert_nats(elbo.reconstruction, average(|e| e.reconstruction), 1e-10);
        assert_nats(elbo.prior_matching, average(|e| e.prior_matching), 1e-10);
    }

    /// B6 for networks: the loss of one draw z = μ + σε, averaged over ε by quadrature, has the exact terms of a linear
    /// VAE, if the decoder is linear and the encoder puts out the same law at x.
    #[test]
    fn b6_reparameterised_terms_average_to_the_exact_ones(
        (x, k) in (dimension(), 1usize..=2).prop_flat_map(|(d, k)| (matrix(1, d, 2.0), Just(k))),
        decoder_variance in positive(1.0),
        seed in any::<u64>(),
    ) {
        let network = linear_network(x.ncols(), k, decoder_variance, seed);
        let exact = exact_twin(&network, &x, decoder_variance).elbo(&x.row(0));
        let rule = GaussHermite::new(2);
        let average = |term: fn(&Elbo) -> f64| {
            rule.expectation(&Gaussian::standard(k), |eps| {
                term(&network.elbo_given_noise(&x, &eps.to_owned().insert_axis(Axis(0))))
            })
        };
        assert_nats(average(|e| e.reconstruction), exact.reconstruction, 1e-10);
        assert_nats(average(|e| e.prior_matching), exact.prior_matching, 1e-10);
    }
}

/// A VAE whose networks have no hidden layer.
fn linear_network(d: usize, k: usize, decoder_variance: f64, seed: u64) -> Vae {
    let variance = vae::Variance::Fixed(decoder_variance);
    Vae::new(d, &[], k, variance, &mut Streams::new(seed).rng(0))
}

/// The linear VAE with the law that the encoder of `network` puts out at the one row of `x`, and its decoder's layer.
fn exact_twin(network: &Vae, x: &Array2<f64>, decoder_variance: f64) -> LinearVae {
    let d = x.ncols();
    let (mean, log_var) = network.encoder.mean_and_log_var(x);
    let variances = Array2::from_diag(&log_var.row(0).mapv(f64::exp));
    let encoder = linear(Array2::zeros((mean.ncols(), d)), mean.row(0).to_owned(), variances);
    let layer = &network.decoder.net().layers()[0];
    let decoder = linear(layer.weight.t().to_owned(), layer.bias.clone(), Array2::eye(d) * decoder_variance);
    model(encoder, decoder)
}

/// A fixed model of three coordinates and two latents whose encoder is near, but not, the posterior.
fn sampled_vae() -> LinearVae {
    let encoder = linear(
        array![[0.5, 0.1, -0.2], [0.0, 0.4, 0.3]],
        array![0.1, -0.2],
        array![[0.3, 0.05], [0.05, 0.2]],
    );
    let decoder = linear(
        array![[1.0, 0.2], [-0.3, 0.8], [0.1, 0.5]],
        array![0.2, 0.0, -0.1],
        array![[0.5, 0.1, 0.0], [0.1, 0.4, 0.0], [0.0, 0.0, 0.6]],
    );
    model(encoder, decoder)
}

/// B6 by sampling: reconstruction, prior matching and total from 2²¹ draws, which see no closed form, against the exact
/// terms, at one observation and averaged over data from a mixture; an error of 1 % of each would be seen.
#[test]
fn b6_sampled_terms_have_the_exact_means() {
    let vae = sampled_vae();
    let plan = MonteCarlo::new(1 << 21, Streams::new(22).role("B6"));
    let agree = |observe: &(dyn Fn(&mut rand_chacha::ChaCha8Rng, usize) -> Array2<f64> + Sync),
                 exact: Elbo| {
        let sampled = estimate_elbo(vae.encoder(), vae.decoder(), observe, &plan, &|_| ());
        assert_estimates(&sampled.reconstruction, exact.reconstruction);
        assert_estimates(&sampled.prior_matching, exact.prior_matching);
        assert_estimates(&sampled.total, exact.total());
    };
    let x = array![1.2, -0.7, 0.4];
    agree(&|_, n| Array2::from_shape_fn((n, 3), |(_, j)| x[j]), vae.elbo(&x));

    let near = Gaussian::isotropic(array![1.0, 0.5, -0.5], 0.4).unwrap();
    let far = Gaussian::isotropic(array![-1.0, 0.0, 2.0], 0.2).unwrap();
    let data = Mixture::new(vec![0.3, 0.7], vec![near, far]).unwrap();
    agree(&|rng, n| data.sample(n, rng).0, vae.average_elbo(&data).unwrap());
}

// B7 ---------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(256))]

    /// B7: KL(N(μ, diag σ²) ‖ N(0, I)) = ½ Σ (μ² + σ² − 1 − log σ²): one integral ∫ q log(q/p) for each coordinate, for the
    /// diagonal law and for the prior matching term of a VAE whose encoder puts out that law.
    #[test]
    fn b7_divergence_from_the_standard_normal_is_half_of_the_sum(
        law in dimension().prop_flat_map(diagonal_gaussian),
        x in vector(2, 3.0),
    ) {
        let integral = |(&mean, &log_var): (&f64, &f64)| {
            longhand::integral(&longhand::breaks([(mean, log_var.exp())]), |z| {
                let log_q = longhand::log_normal(z, mean, log_var.exp());
                log_q.exp() * (log_q - longhand::log_normal(z, 0.0, 1.0))
            })
        };
        let divergence: f64 = law.mean().iter().zip(law.log_var()).map(integral).sum();
        assert_nats(law.kl_to_standard_normal(), divergence, 1e-10);

        let k = law.dim();
        let variances = Array2::from_diag(&law.log_var().mapv(f64::exp));
        let encoder = linear(Array2::zeros((k, 2)), law.mean().clone(), variances);
        let decoder = linear(Array2::zeros((2, k)), Array1::zeros(2), Array2::eye(2));
        assert_nats(model(encoder, decoder).prior_matching(&x), divergence, 1e-10);
    }
}

// B8 ---------------------------------------------------------------------------------------------------------------

/// A batch with its noise: rows of `d` coordinates and of `k` latents.
fn batch() -> impl Strategy<Value = (Array2<f64>, Array2<f64>)> {
    (dimension(), 1usize..=2, 1usize..=3).prop_flat_map(|(d, k, n)| (matrix(n, d, 2.0), matrix(n, k, 2.0)))
}

/// `|x − x'|²` and the divergence from the prior, each averaged over the rows, written out: what "MSE + KL" is made of
/// when the squared error is summed.
fn squared_error_and_divergence(vae: &Vae, x: &Array2<f64>, eps: &Array2<f64>) -> (f64, f64) {
    let (mean, log_var) = vae.encoder.mean_and_log_var(x);
    let z = &mean + &(log_var.mapv(|v| v.exp().sqrt()) * eps);
    let error = x - &vae.decoder.mean(&z);
    let divergence = |(m, v): (&f64, &f64)| longhand::divergence_to_standard(*m, v.exp());
    let n = x.nrows() as f64;
    (error.iter().map(|e| e * e).sum::<f64>() / n, mean.iter().zip(&log_var).map(divergence).sum::<f64>() / n)
}

/// `-ELBO` of one draw for each row.
fn negative_bound(vae: &Vae, x: &Array2<f64>, eps: &Array2<f64>) -> f64 {
    -vae.elbo_given_noise(x, eps).total()
}

/// Every derivative of a loss, the encoder's then the decoder's.
fn gradient(vae: &Vae, x: &Array2<f64>, eps: &Array2<f64>, objective: &Objective) -> Array1<f64> {
    let mut work = vae.workspace(x.nrows());
    vae.loss_gradient(x, eps, objective, &mut work);
    let both = [work.encoder_gradient(), work.decoder_gradient()];
    both.iter().flat_map(|gradient| gradient.flat()).collect()
}

proptest! {
    #![proptest_config(cases(256))]

    /// B8: −ELBO = |x − x'|²/(2s²) + KL + ½d log(2πs²), for a decoder of variance s² and x' its mean.
    #[test]
    fn b8_negative_bound_is_scaled_squared_error_plus_divergence(
        (x, eps) in batch(),
        s2 in positive(2.0),
        seed in any::<u64>(),
    ) {
        let vae = network_vae(x.ncols(), eps.ncols(), s2, seed);
        let (error, divergence) = squared_error_and_divergence(&vae, &x, &eps);
        let constant = 0.5 * x.ncols() as f64 * (2.0 * PI * s2).ln();
        let terms = error / (2.0 * s2) + divergence + constant;
        assert_close_at(terms.abs() + constant.abs() + 1.0, negative_bound(&vae, &x, &eps), terms, 1e-12);
    }

    /// B8: "MSE + KL" with the squared error summed is −ELBO up to a constant exactly when s² = ½: there the two differ by
    /// ½d log π whatever the model and the data are; at any other s² the difference is (1/(2s²) − 1)|x − x'|² more.
    #[test]
    fn b8_summed_squared_error_plus_divergence_is_the_bound_iff_the_variance_is_one_half(
        (x, eps) in batch(),
        log_ratio in prop_oneof![-1.0..-0.05f64, 0.05..1.0f64],
        seed in any::<u64>(),
    ) {
        let d = x.ncols() as f64;
        let difference = |s2: f64| {
            let vae = network_vae(x.ncols(), eps.ncols(), s2, seed);
            let (error, divergence) = squared_error_and_divergence(&vae, &x, &eps);
            (negative_bound(&vae, &x, &eps) - (error + divergence), error, divergence)
        };
        let (constant, error, divergence) = difference(0.5);
        assert_close_at(1.0 + error + divergence, constant, 0.5 * d * PI.ln(), 1e-12);

        let s2 = 0.5 * log_ratio.exp();
        let excess = difference(s2).0 - 0.5 * d * (2.0 * PI * s2).ln();
        assert_close_at(10.0 * (1.0 + error + divergence), excess, ((-log_ratio).exp_m1()) * error, 1e-12);
        prop_assert!(excess.abs() > 0.04 * error);
    }

    /// B8: with the squared error averaged over the d coordinates, "MSE + KL" is −ELBO at s² = d/2 up to a constant; d
    /// times it is the β-VAE loss with β = d at s² = ½, in value and in every derivative.
    #[test]
    fn b8_mean_squared_error_plus_divergence_is_a_beta_vae_with_beta_the_dimension(
        (x, eps) in batch(),
        seed in any::<u64>(),
    ) {
        let (width, latents) = (x.ncols(), eps.ncols());
        let d = width as f64;
        let (wide, half) = (network_vae(width, latents, 0.5 * d, seed), network_vae(width, latents, 0.5, seed));
        let (error, divergence) = squared_error_and_divergence(&wide, &x, &eps);
        let loss = error / d + divergence;
        assert_close_at(10.0 + loss, negative_bound(&wide, &x, &eps), loss + 0.5 * d * (PI * d).ln(), 1e-12);

        let elbo = half.elbo_given_noise(&x, &eps);
        let beta_loss = d * elbo.prior_matching - elbo.reconstruction;
        assert_close_at(10.0 + d * loss, beta_loss, d * loss + 0.5 * d * PI.ln(), 1e-12);

        let of_beta_vae = gradient(&half, &x, &eps, &Objective::beta(d));
        let of_bound = gradient(&wide, &x, &eps, &Objective::ELBO) * d;
        let largest = of_bound.iter().fold(1e-300, |max: f64, g| max.max(g.abs()));
        assert_arrays_close(largest, &of_beta_vae, &of_bound, 1e-12);
        let slopes = nn::gradient_check(
            |parameters| {
                let moved = with_parameters(&half, parameters);
                let (error, divergence) = squared_error_and_divergence(&moved, &x, &eps);
                error + d * divergence
            },
            &parameters(&half),
            &of_beta_vae.to_vec(),
        );
        prop_assert!(slopes < 1e-7, "derivatives are off by {slopes}");
    }
}

/// All weights and biases, the encoder's then the decoder's.
fn parameters(vae: &Vae) -> Vec<f64> {
    [vae.encoder.net().flat_parameters(), vae.decoder.net().flat_parameters()].concat()
}

/// The same architecture with other weights.
fn with_parameters(vae: &Vae, parameters: &[f64]) -> Vae {
    let mut moved = vae.clone();
    let (encoder, decoder) = parameters.split_at(vae.encoder.net().parameter_count());
    moved.encoder.net_mut().set_flat_parameters(encoder);
    moved.decoder.net_mut().set_flat_parameters(decoder);
    moved
}

// B11, B12 ---------------------------------------------------------------------------------------------------------

/// `I(x; z) = ∫ p(x) KL(q(z|x) ‖ q(z)) dx` on the line, in nats: a double integral of densities written out, with
/// `aggregate` for `q(z)`.
fn mutual_information(vae: &LinearVae, data: &Mixture, aggregate: &Mixture) -> f64 {
    let encoder = vae.encoder();
    let (w, b, v) = (encoder.weight()[[0, 0]], encoder.bias()[0], encoder.covariance()[[0, 0]]);
    longhand::average(data, |x| {
        let mean = w * x + b;
        longhand::integral(&longhand::breaks([(mean, v)]), |z| {
            let log_q = longhand::log_normal(z, mean, v);
            log_q.exp() * (log_q - longhand::log_mixture(aggregate, z))
        })
    })
}

proptest! {
    #![proptest_config(cases(128))]

    /// B11: KL(q(z|x) ‖ p(z)) = 0 for every x means that z knows nothing of x. All encoders put out the prior, the latents
    /// have the law of the prior, the law of x given any z is still that of the data, and the best that a bound can be is
    /// what the decoder says of x without looking.
    #[test]
    fn b11_a_divergence_of_zero_everywhere_is_collapse(
        (vae, data, x, z) in (dimension(), dimension())
            .prop_flat_map(|(d, k)| (linear_vae(d, k), mixture(d), vector(d, 3.0), vector(k, 2.0))),
    ) {
        let collapsed = collapsed(&vae);
        prop_assert_eq!(collapsed.prior_matching(&x), 0.0);
        assert_nats(collapsed.average_elbo(&data).unwrap().prior_matching, 0.0, 1e-14);

        let aggregate = collapsed.aggregate_posterior(&data);
        assert_nats(aggregate.log_prob(&z), longhand::log_prob(vae.prior(), &z), 1e-12);
        let after = data.posterior(collapsed.encoder(), &z).unwrap();
        assert_nats(after.log_prob(&x), data.log_prob(&x), 1e-10);
        let blind = GaussHermite::new(2)
            .expectation(vae.prior(), |z| longhand::log_prob_given(vae.decoder(), z, &x));
        assert_nats(collapsed.elbo(&x).total(), blind, 1e-10);
    }
}

proptest! {
    #![proptest_config(cases(24))]

    /// B11: the mutual information of such an encoder is 0; of one whose mean moves with x by a share w it is not.
    #[test]
    fn b11_a_collapsed_encoder_has_no_mutual_information(
        (vae, data) in vae_with_data(1, 1),
        w in 0.1..1.0f64,
    ) {
        let collapsed = collapsed(&vae);
        let information = |vae: &LinearVae| mutual_information(vae, &data, &vae.aggregate_posterior(&data));
        assert_nats(information(&collapsed), 0.0, 1e-10);
        let encoder = conditional_on_the_line(w, 0.0, 1.0);
        let looking = model(encoder, vae.decoder().clone());
        prop_assert!(looking.average_elbo(&data).unwrap().prior_matching > 1e-6);
        prop_assert!(information(&looking) > 1e-6);
    }

    /// B12: E_x KL(q(z|x) ‖ p(z)) = I(x; z) + KL(q(z) ‖ p(z)): the average divergence in closed form, the two parts by
    /// quadrature, with the aggregate q(z) a mixture. Neither part is negative, so that the average divergence bounds the
    /// mutual information from above.
    #[test]
    fn b12_average_divergence_is_mutual_information_plus_that_of_the_aggregate((vae, data) in vae_with_data(1, 1)) {
        let aggregate = vae.aggregate_posterior(&data);
        let information = mutual_information(&vae, &data, &aggregate);
        let mismatch = longhand::average(&aggregate, |z| {
            longhand::log_mixture(&aggregate, z) - longhand::log_normal(z, 0.0, 1.0)
        });
        prop_assert!(information > -1e-10 && mismatch > -1e-10);
        let average = vae.average_elbo(&data).unwrap().prior_matching;
        assert_nats(average, information + mismatch, 1e-10);
    }
}

proptest! {
    #![proptest_config(cases(256))]

    /// B12 for Gaussian data of any width, all in closed form: I(x; z) = ½ log det(W P Wᵀ + S)/det S, and the aggregate is
    /// one Gaussian.
    #[test]
    fn b12_holds_in_closed_form_for_gaussian_data(
        (vae, data) in (dimension(), dimension()).prop_flat_map(|(d, k)| (linear_vae(d, k), gaussian_over(d, 2.0))),
    ) {
        let (mean, covariance) = longhand::pushed(vae.encoder(), &data);
        let noise = vae.encoder().covariance();
        let information = 0.5 * (longhand::determinant(&covariance) / longhand::determinant(noise)).ln();
        let aggregate = Gaussian::new(mean, covariance).unwrap();
        let mismatch = longhand::divergence(&aggregate, vae.prior());
        let average = vae.average_elbo(&data.into()).unwrap().prior_matching;
        assert_nats(average, information + mismatch, 1e-10);
    }
}

proptest! {
    #![proptest_config(cases(256))]

    /// B12 for data of one point: there is nothing to know, so that the average divergence is that of the
    /// aggregate alone. A law so narrow that its spread does not matter stands for the point.
    #[test]
    fn b12_a_single_observation_carries_no_information((vae, x, _) in observed_vae()) {
        let point = Gaussian::isotropic(x.clone(), 1e-18).unwrap();
        let average = vae.average_elbo(&point.into()).unwrap().prior_matching;
        let law = vae.encoder().given(&x);
        assert_nats(average, longhand::divergence(&law, vae.prior()), 1e-10);
    }
}
