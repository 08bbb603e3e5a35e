//! Both decompositions of a chain's bound, the VAE at `T = 1`, and the misprint's exact size.

use mhvae::Mhvae;
use ndarray::{Array1, Array2, ArrayRef1};
use prob::{Bound, GaussHermite, Gaussian, LinearGaussian, ProbError};
use proptest::collection::vec;
use proptest::prelude::*;
use vae::LinearVae;

use super::problem::{Problem, chain, problem};
use crate::longhand::{determinant, divergence, log_gaussian, log_prob_given, pushed};
use crate::problems::{dimension, positive, vector};
use crate::{Claim, Trial};

type Form = fn(&Mhvae, &ArrayRef1<f64>) -> Result<Bound, ProbError>;

/// A form against the bound of the whole path, relative to the largest of its terms.
fn form_is_the_bound(form: Form) -> impl Fn(&Problem, &mut Trial) + Send + Sync {
    move |Problem { chain, x, .. }, trial| {
        let Some(bound) = trial.posed(form(chain, x)) else { return };
        let terms = bound.matching.iter().chain([&bound.reconstruction, &bound.prior_matching]);
        let scale = terms.fold(1.0_f64, |largest, term| largest.max(term.abs()));
        trial.at(scale, bound.elbo(), chain.elbo(x));
        trial.that(bound.matching.len() == chain.steps() - 1, "T - 1 matching terms");
    }
}

/// The denoising form.
pub(super) fn c3a() -> Claim {
    Claim::new(
        "C3a",
        "ELBO = E log p(x|z_1) - KL(q(z_T|x) ‖ p(z_T)) - Σ_{t=2}^T E KL(q(z_{t-1}|z_t, x) ‖ p(z_{t-1}|z_t)), any widths",
    )
    .source("Luo (58)")
    .why(
        "Bayes on every encoder step: q(z_t|z_{t-1}) = q(z_{t-1}|z_t, x) q(z_t|x)/q(z_{t-1}|x).\n\
         The marginals telescope to q(z_T|x)/q(z_1|x); the rest pairs off with the decoders.\n\
         That is the derivation of a diffusion model's bound, and it never uses that the encoder is fixed or the widths equal.",
    )
    .compares("the terms from posteriors by Bayes' rule; the log-ratio of the whole path averaged over its joint Gaussian")
    .identity(1e-11, problem(1), form_is_the_bound(Mhvae::denoising))
}

/// The consistency form, corrected.
pub(super) fn c3b() -> Claim {
    Claim::new(
        "C3b",
        "ELBO = E log p(x|z_1) - E KL(q(z_T|z_{T-1}) ‖ p(z_T)) - Σ_{t=1}^{T-1} E [KL(r ‖ p(z_t|z_{t+1})) - KL(r ‖ q(z_t|z_{t-1}))], \
         r = q(z_t|z_{t-1}, z_{t+1}), any widths",
    )
    .source("Luo (44)")
    .source("Luo (45), corrected")
    .why(
        "The log-ratio of the path pairs q(z_t|z_{t-1}) with p(z_t|z_{t+1}), which share z_t between both neighbours.\n\
         Averaging over z_t with both neighbours held needs its law given both, the bridge r:\n\
         E_r log q/p = KL(r ‖ p) - KL(r ‖ q).",
    )
    .compares("the terms with the bridge; the log-ratio of the whole path averaged over its joint Gaussian")
    .identity(1e-11, problem(1), form_is_the_bound(Mhvae::consistency))
}

/// What the two sums differ by.
pub(super) fn c3c() -> Claim {
    Claim::new("C3c", "Σ denoising matching - Σ consistency = I(z_{T-1}; z_T | x) ≥ 0, though both ELBOs are equal")
        .source("Luo (45), (58)")
        .source("notes 001 §3.7, corrected")
        .why(
            "Equal bounds with equal reconstructions: the sums differ as the prior terms do.\n\
             E KL(q(z_T|z_{T-1}) ‖ p) - KL(q(z_T|x) ‖ p) = E log q(z_T|z_{T-1})/q(z_T|x), the mutual information of the\n\
             last two latents under the encoder: ½ log det Cov(z_T|x) / det Cov(z_T|z_{T-1}).",
        )
        .compares("sums of the two forms; the ratio of determinants, by cofactors, of covariances pushed through written out")
        .identity(1e-11, problem(2), |Problem { chain, x, .. }, trial| {
            let (Some(denoising), Some(consistency)) =
                (trial.posed(chain.denoising(x)), trial.posed(chain.consistency(x)))
            else {
                return;
            };
            let sum = |bound: &Bound| bound.matching.iter().sum::<f64>();
            let scale = sum(&denoising).abs().max(sum(&consistency).abs()).max(1.0);
            trial.at(scale, denoising.elbo(), consistency.elbo());
            let information = information_of_the_last_two(chain, x);
            trial.at(scale, sum(&denoising) - sum(&consistency), information);
            trial.at_most(scale, 0.0, information);
        })
}

/// `½ log det Cov(z_T|x) / det Cov(z_T|z_{T-1})`.
fn information_of_the_last_two(chain: &Mhvae, x: &ArrayRef1<f64>) -> f64 {
    let encoders = chain.encoders();
    let marginal = encoders[1..].iter().fold(encoders[0].given(x), |law, encoder| {
        let (mean, covariance) = pushed(encoder, &law);
        Gaussian::new(mean, 0.5 * (&covariance + &covariance.t())).expect("a covariance grows")
    });
    let given_the_last = encoders[encoders.len() - 1].covariance();
    0.5 * (determinant(marginal.covariance()) / determinant(given_the_last)).ln()
}

/// One latent.
pub(super) fn c4() -> Claim {
    Claim::new("C4", "T = 1: the chain is the VAE, term by term, and no matching term is left")
        .source("notes 001 §2")
        .why(
            "With one latent there is no pair of neighbours among the latents to match.\n\
             Reconstruction, prior matching, evidence and gap are those of the encoder, the decoder and p(z) = N(0, I).",
        )
        .compares("the chain's terms in both forms, bound, evidence; those of the linear VAE, and densities and divergence written out")
        .identity(
            1e-11,
            crate::problems::observed_vae(),
            |(vae, x, _): &(LinearVae, Array1<f64>, Array1<f64>), trial| {
                let model = chain(vec![vae.encoder().clone()], vec![vae.decoder().clone()]);
                let expected = vae.bound(x);
                let q = vae.encoder().given(x);
                // Written out: both models could share an error.
                let reconstruction =
                    GaussHermite::new(2).expectation(&q, |z| log_prob_given(vae.decoder(), z, x));
                trial.nats(expected.reconstruction, reconstruction);
                trial.nats(expected.prior_matching, divergence(&q, vae.prior()));
                let (mean, covariance) = pushed(vae.decoder(), vae.prior());
                trial.nats(vae.log_evidence(x), log_gaussian(x, &mean, &covariance));
                let printed: Form = |chain, x| Ok(chain.consistency_as_printed(x));
                for form in [Mhvae::denoising as Form, Mhvae::consistency, printed] {
                    let Some(bound) = trial.posed(form(&model, x)) else { return };
                    trial.nats(bound.reconstruction, expected.reconstruction);
                    trial.nats(bound.prior_matching, expected.prior_matching);
                    trial.that(bound.matching.is_empty(), "no matching terms");
                }
                let scale = expected.reconstruction.abs().max(expected.prior_matching).max(1.0);
                let Some(gap) = trial.posed(vae.gap(x)) else { return };
                let elbo = model.elbo(x);
                trial.at(scale, elbo, expected.elbo());
                trial.nats(model.log_evidence(x), vae.log_evidence(x));
                trial.at(scale, model.log_evidence(x) - elbo, gap);
            },
        )
}

/// A diffusion model in any dimension, with a reverse of its own at every step.
#[derive(Clone, Debug)]
struct Diffusion {
    alphas: Vec<f64>,
    scales: Vec<f64>,
    variances: Vec<f64>,
    x: Array1<f64>,
}

fn diffusion() -> impl Strategy<Value = Diffusion> {
    (2usize..=5, dimension()).prop_flat_map(|(steps, d)| {
        (vec(0.02..0.98, steps), vec(-1.5..1.5, steps), vec(positive(1.0), steps), vector(d, 3.0))
            .prop_map(|(alphas, scales, variances, x)| Diffusion { alphas, scales, variances, x })
    })
}

impl Diffusion {
    fn chain(&self) -> Result<Mhvae, ProbError> {
        let d = self.x.len();
        let noising = |&alpha: &f64| LinearGaussian::isotropic(d, alpha.sqrt(), 1.0 - alpha);
        let reverse = |(&m, &v): (&f64, &f64)| {
            LinearGaussian::new(Array2::eye(d) * m, Array1::zeros(d), Array2::eye(d) * v)
        };
        let encoders = self.alphas.iter().map(noising).collect::<Result<_, _>>()?;
        let decoders = self.scales.iter().zip(&self.variances).map(reverse).collect::<Result<_, _>>()?;
        Mhvae::new(encoders, decoders)
    }
}

/// The misprint, to the digit.
pub(super) fn c6() -> Claim {
    Claim::new(
        "C6",
        "term t of Luo (45) as printed is the true one + m √α_{t+1} (1-α_t) / v for each dimension, p = N(m x_{t+1}, v)",
    )
    .source("Luo (45)")
    .source("notes 001 §3.3")
    .why(
        "Given x_{t-1}, x_t and x_{t+1} have covariance √α_{t+1} (1-α_t). In -E log p(x_t|x_{t+1}) it enters through\n\
         the cross term E x_t m x_{t+1} / v of the square; the printed form, with x_t and x_{t+1} drawn apart, leaves it out.",
    )
    .compares("the chain's printed terms minus its true ones; the formula")
    .identity(1e-11, diffusion(), |problem, trial| {
        let Some(model) = trial.posed(problem.chain()) else { return };
        let x = &problem.x;
        let Some(exact) = trial.posed(model.consistency(x)) else { return };
        let printed = model.consistency_as_printed(x);
        for (t, (printed, exact)) in (1..).zip(printed.matching.iter().zip(&exact.matching)) {
            // p(x_t|x_{t+1}) is the decoder of step t + 1, which stands at place t.
            let (m, v) = (problem.scales[t], problem.variances[t]);
            let per_dimension = m * problem.alphas[t].sqrt() * (1.0 - problem.alphas[t - 1]) / v;
            let scale = printed.abs().max(exact.abs()).max(1.0);
            trial.at(scale, printed - exact, x.len() as f64 * per_dimension);
        }
    })
}
