//! B11: collapse. B12: the divergence as information. B13: an autoencoder without the divergence.

use ndarray::ArrayRef1;
use prob::{GaussHermite, Gaussian, Mixture};
use proptest::prelude::*;
use vae::LinearVae;

use super::collapsed;
use crate::problems::{
    conditional_on_the_line, dimension, gaussian_over, linear, linear_vae, mixture, model, observed_vae,
    on_the_line, positive, vae_with_data, vector,
};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![
        a_divergence_of_zero_is_collapse(),
        a_collapsed_encoder_has_no_information(),
        the_average_divergence_splits(),
        in_closed_form_for_gaussian_data(),
        a_single_observation_carries_no_information(),
        reconstruction_does_not_see_the_scale_of_latents(),
        reconstruction_wants_no_noise(),
        decoded_prior_samples_leave_the_data(),
    ]
}

fn a_divergence_of_zero_is_collapse() -> Claim {
    let problem = (dimension(), dimension())
        .prop_flat_map(|(d, k)| (linear_vae(d, k), mixture(d), vector(d, 3.0), vector(k, 2.0)));
    Claim::new("B11a", "KL(q(z|x) ‖ p(z)) = 0 for every x: z knows nothing of x, q(z) = p(z) and q(x|z) = p_data(x)")
        .source("notes 001 §1.5")
        .why("KL = 0 only for q(z|x) = p(z), which does not depend on x; the bound is what the decoder says blindly.")
        .compares("divergence, aggregate, law of x given z, and bound of such an encoder with densities written out")
        .identity(1e-10, problem, |(vae, data, x, z), trial| {
            let collapsed = collapsed(vae);
            trial.at(1.0, collapsed.prior_matching(x), 0.0);
            let average = collapsed.average_bound(data);
            trial.at(1.0, average.prior_matching, 0.0);
            let aggregate = collapsed.aggregate_posterior(data);
            trial.nats(aggregate.log_prob(z), longhand::log_prob(vae.prior(), z));
            if let Some(after) = trial.posed(data.posterior(collapsed.encoder(), z)) {
                trial.nats(after.log_prob(x), data.log_prob(x));
            }
            let blind =
                GaussHermite::new(2).expectation(vae.prior(), |z| longhand::log_prob_given(vae.decoder(), z, x));
            trial.nats(collapsed.bound(x).elbo(), blind);
        })
}

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

/// A model on the line with data of two components, none of it sharper than a double quadrature can afford.
fn affordable() -> impl Strategy<Value = (LinearVae, Mixture)> {
    let law = || (-3.0..3.0f64, positive(0.5)).prop_map(|(mean, variance)| on_the_line(mean, variance));
    let conditional =
        || (-1.5..1.5f64, -1.0..1.0f64, positive(0.5)).prop_map(|(w, b, v)| conditional_on_the_line(w, b, v));
    (conditional(), conditional(), 0.1..0.9f64, law(), law()).prop_map(
        |(encoder, decoder, share, one, two)| {
            let data = Mixture::new(vec![share, 1.0 - share], vec![one, two]).expect("weights that sum to 1");
            (model(encoder, decoder), data)
        },
    )
}

fn a_collapsed_encoder_has_no_information() -> Claim {
    Claim::new("B11b", "I(x; z) = 0 for a collapsed encoder, and above 0 for one whose mean moves with x")
        .source("notes 001 §1.5")
        .why("I(x; z) = E KL(q(z|x) ‖ q(z)) is zero only where q(z|x) is the same for every x.")
        .compares("I(x; z) by a double quadrature with 0, for the collapsed encoder and for N(wx, 1)")
        .identity(1e-10, (affordable(), 0.1..1.0f64), |((vae, data), w), trial| {
            let information = |vae: &LinearVae| mutual_information(vae, data, &vae.aggregate_posterior(data));
            trial.nats(information(&collapsed(vae)), 0.0);
            let looking = model(conditional_on_the_line(*w, 0.0, 1.0), vae.decoder().clone());
            trial.that(information(&looking) > 1e-6, "an encoder that looks has information");
        })
}

fn the_average_divergence_splits() -> Claim {
    Claim::new("B12a", "E_x KL(q(z|x) ‖ p(z)) = I(x; z) + KL(q(z) ‖ p(z))")
        .source("Hoffman and Johnson 2016")
        .why("log q(z|x)/p(z) = log q(z|x)/q(z) + log q(z)/p(z); average over x and z.")
        .compares(
            "the average divergence in closed form with information and aggregate mismatch by quadrature",
        )
        .identity(1e-10, affordable(), |(vae, data), trial| {
            let aggregate = vae.aggregate_posterior(data);
            let information = mutual_information(vae, data, &aggregate);
            let mismatch = longhand::average(&aggregate, |z| {
                longhand::log_mixture(&aggregate, z) - longhand::log_normal(z, 0.0, 1.0)
            });
            trial.that(information > -1e-10 && mismatch > -1e-10, "neither part is negative");
            let average = vae.average_bound(data);
            trial.nats(average.prior_matching, information + mismatch);
        })
}

fn in_closed_form_for_gaussian_data() -> Claim {
    let problem =
        (dimension(), dimension()).prop_flat_map(|(d, k)| (linear_vae(d, k), gaussian_over(d, 2.0)));
    Claim::new(
        "B12b",
        "for Gaussian data I(x; z) = ½ log det(WPWᵀ + S)/det S, and the aggregate is one Gaussian",
    )
    .source("Hoffman and Johnson 2016")
    .why("I(x; z) = H(z) - H(z|x), and both are entropies of Gaussians.")
    .compares("the average divergence as a quadratic with determinants and a divergence by cofactors")
    .identity(1e-10, problem, |(vae, data), trial| {
        let (mean, covariance) = longhand::pushed(vae.encoder(), data);
        let noise = vae.encoder().covariance();
        let information = 0.5 * (longhand::determinant(&covariance) / longhand::determinant(noise)).ln();
        let Some(aggregate) = trial.posed(Gaussian::new(mean, covariance)) else { return };
        let mismatch = longhand::divergence(&aggregate, vae.prior());
        let average = vae.average_bound(&data.clone().into());
        trial.nats(average.prior_matching, information + mismatch);
    })
}

fn a_single_observation_carries_no_information() -> Claim {
    Claim::new("B12c", "for data of one point the average divergence is KL(q(z) ‖ p(z)) alone")
        .source("Hoffman and Johnson 2016")
        .why("There is nothing to know: I(x; z) = 0, and q(z) = q(z|x).")
        .compares(
            "the average divergence for a law of variance 1e-18 with the divergence at its mean by cofactors",
        )
        .identity(1e-10, observed_vae(), |(vae, x, _), trial| {
            let Some(point) = trial.posed(Gaussian::isotropic(x.clone(), 1e-18)) else { return };
            let average = vae.average_bound(&point.into());
            trial.nats(average.prior_matching, longhand::divergence(&vae.encoder().given(x), vae.prior()));
        })
}

/// The same autoencoder with latents `c` times as large.
fn rescaled(vae: &LinearVae, c: f64) -> LinearVae {
    let (q, p) = (vae.encoder(), vae.decoder());
    model(
        linear(q.weight() * c, q.bias() * c, q.covariance() * (c * c)),
        linear(p.weight() / c, p.bias().clone(), p.covariance().clone()),
    )
}

/// `E_x E_q log p(x|z)` by quadrature, exact for quadratics, the density written out.
fn average_reconstruction(vae: &LinearVae, data: &Mixture) -> f64 {
    let rule = GaussHermite::new(2);
    let at = |x: &ArrayRef1<f64>| {
        rule.expectation(&vae.encoder().given(x), |z| longhand::log_prob_given(vae.decoder(), z, x))
    };
    data.parts().map(|(weight, law)| weight * rule.expectation(law, at)).sum()
}

fn reconstruction_does_not_see_the_scale_of_latents() -> Claim {
    let problem = (dimension(), dimension()).prop_flat_map(|(d, k)| (vae_with_data(d, k), positive(1.0)));
    Claim::new("B13a", "without KL the aggregate is free: latents c times as large reconstruct as well, and have Cov(z) c² times as large")
        .source("this project")
        .why("(W, b, S) → (cW, cb, c²S) and V → V/c leave the law of Vz + a as it is; only KL(q ‖ p(z)) sees z itself.")
        .compares("reconstruction and Cov(z) of the larger ones with a quadrature and W Cov(x) Wᵀ + S of the others, and the KL that is added with its change by hand")
        .identity(1e-10, problem, |((vae, data), c), trial| {
            let other = rescaled(vae, *c);
            let before = vae.average_bound(data);
            let after = other.average_bound(data);
            trial.nats(after.reconstruction, average_reconstruction(vae, data));
            let (w, b) = (vae.encoder().weight(), vae.encoder().bias());
            let mean = w.dot(&data.mean()) + b;
            let covariance = w.dot(&data.covariance()).dot(&w.t()) + vae.encoder().covariance();
            trial.covariances(&other.aggregate_posterior(data).covariance(), &(&covariance * (c * c)));
            // ½ (c² - 1) E|z|² - k log c.
            let square = covariance.diag().sum() + mean.dot(&mean);
            let added = 0.5 * (c * c - 1.0) * square - vae.prior().dim() as f64 * c.ln();
            trial.at(1.0 + (c * c + 1.0) * square, after.prior_matching - before.prior_matching, added);
        })
}

fn reconstruction_wants_no_noise() -> Claim {
    Claim::new("B13b", "reconstruction alone wants an encoder without noise: halving σ gains ⅜ tr R⁻¹VSVᵀ, at a price in KL of its own")
        .source("this project")
        .why("E_q log p(x|z) falls by ½ tr R⁻¹VSVᵀ for the spread of z; nothing in it asks for any spread.")
        .compares("two reconstruction terms with the trace by Cramer's rule, which is not negative")
        .identity(1e-10, observed_vae(), |(vae, x, _), trial| {
            let (q, p) = (vae.encoder(), vae.decoder());
            let sharper = linear(q.weight().clone(), q.bias().clone(), q.covariance() * 0.25);
            let sharper = model(sharper, p.clone());
            let spread = p.weight().dot(q.covariance()).dot(&p.weight().t());
            let trace = longhand::inverse(p.covariance()).dot(&spread).diag().sum();
            let (before, after) = (vae.reconstruction(x), sharper.reconstruction(x));
            trial.that(trace >= 0.0, "the trace is not negative");
            trial.at(1.0 + before.abs() + after.abs(), after - before, 0.375 * trace);
        })
}

fn decoded_prior_samples_leave_the_data() -> Claim {
    let problem = (-2.0..2.0f64, positive(0.5), 0.01..0.3f64, prop_oneof![0.1..0.5f64, 2.0..10.0f64]);
    Claim::new("B13c", "decoding z ~ N(0, I) leaves the data: z = c(x - m)/s has KL(q(z) ‖ p(z)) > 0, and KL(data ‖ decoded) = ½ (ρ - 1 - log ρ) > 0")
        .source("this project")
        .why(
            "The autoencoder x' = m + s z/c reconstructs for every c, but z has variance c² and not 1:\n\
             decoded, N(0, 1) is N(m, s²/c² + r), and ρ = s²/(s²/c² + r) is not 1.",
        )
        .compares("the divergence from data to decoded prior, law pushed by the model, with an adaptive quadrature")
        .identity(1e-10, problem, |&(m, s, noise, c): &(f64, f64, f64, f64), trial| {
            // The decoder's noise is a share of the data's spread, so that reconstructions stay within it.
            let r = (noise * s).powi(2);
            let encoder = conditional_on_the_line(c / s, -c * m / s, (0.01 * c).powi(2));
            let vae = model(encoder, conditional_on_the_line(s / c, m, r));
            let data = on_the_line(m, s * s);
            let decoded = vae.evidence();
            let ratio = s * s / (s * s / (c * c) + r);
            let left = longhand::integral(&longhand::breaks([(m, s * s)]), |x| {
                let log_p = longhand::log_normal(x, m, s * s);
                log_p.exp() * (log_p - longhand::log_normal(x, m, s * s / (c * c) + r))
            });
            trial.nats(data.kl_divergence(&decoded), left);
            trial.nats(0.5 * (ratio - 1.0 - ratio.ln()), left);
            let aggregate = vae.aggregate_posterior(&data.into());
            let Some(law) = trial.posed(Gaussian::new(aggregate.mean(), aggregate.covariance())) else { return };
            trial.nats(law.kl_divergence(vae.prior()), longhand::divergence_to_standard(0.0, 1.0001 * c * c));
            // A factor of 2 in a standard deviation, less what the decoder's own noise can make good.
            trial.that(left > 0.05, "the divergence is seen");
            // It does reconstruct: encoded and decoded, the data keep their law but for the noise.
            let returned = aggregate.push(vae.decoder());
            trial.at(s * s, returned.covariance()[[0, 0]], 1.0001 * s * s + r);
            trial.at(1.0 + m.abs(), returned.mean()[0], m);
        })
}
