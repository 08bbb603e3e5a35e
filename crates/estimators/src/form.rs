//! The forms of the bound: the same number, or what is misprinted for it, taken apart in different ways.

use std::fmt;
use std::sync::Arc;

use prob::numerics::LN_2PI;
use prob::{LinearGaussian, ProbError};
use vdm::BayesVdm;

use crate::Problem;
use crate::problem::Decoders;
use crate::term::{Name, Piece, Quantity, Term};

/// A way to write the bound as a sum of averages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `log p - log q` of the whole path, Luo (41).
    LogRatio,
    /// The three-variable form as sampled log-ratios, Luo (44).
    ConsistencyLogRatio,
    /// Luo (45) corrected: divergences of the bridge in closed form.
    Consistency,
    /// Luo (45) as printed: not the bound.
    ConsistencyAsPrinted,
    /// The denoising form as sampled log-ratios, Luo (57).
    DenoisingLogRatio,
    /// The denoising form with divergences in closed form, Luo (58).
    Denoising,
}

impl Form {
    /// All of them, in the order of the derivation.
    pub const ALL: [Form; 6] = [
        Form::LogRatio,
        Form::ConsistencyLogRatio,
        Form::Consistency,
        Form::ConsistencyAsPrinted,
        Form::DenoisingLogRatio,
        Form::Denoising,
    ];

    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Form::LogRatio => "log_ratio",
            Form::ConsistencyLogRatio => "consistency_log_ratio",
            Form::Consistency => "consistency",
            Form::ConsistencyAsPrinted => "consistency_as_printed",
            Form::DenoisingLogRatio => "denoising_log_ratio",
            Form::Denoising => "denoising",
        }
    }

    /// The forms that the bound of `problem` has: all of a chain; with the best denoiser the denoising form alone. Without
    /// matching terms several of a chain's are the same.
    pub fn of(problem: &Problem) -> &'static [Form] {
        match problem.decoders() {
            Decoders::Best(_) => &[Form::Denoising],
            Decoders::Linear(_) => &Form::ALL,
        }
    }

    /// The terms of the bound of `problem` in this form: reconstruction, prior matching, and the matching terms from the
    /// lowest latent up. They are numbered `t = 1 … T-1` in the consistency forms and `t = 2 … T` in the denoising forms.
    ///
    /// # Errors
    /// If a bridge or a posterior is singular to rounding.
    ///
    /// # Panics
    /// If the decoder is the best denoiser and the form is not [`Form::Denoising`].
    pub fn terms(self, problem: &Problem) -> Result<Vec<Term>, ProbError> {
        match problem.decoders() {
            Decoders::Linear(decoders) => Laws { problem, decoders }.terms(self),
            Decoders::Best(model) => {
                assert_eq!(self, Form::Denoising, "the best denoiser has the denoising form alone");
                Ok(with_best_denoiser(model, problem))
            }
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The denoising form with the best denoiser, Luo (95)-(99): squared errors of `E[x|z_t]`.
fn with_best_denoiser(model: &Arc<BayesVdm>, problem: &Problem) -> Vec<Term> {
    let schedule = model.schedule();
    let squared_error = |name, t, scale, constant| Term {
        name,
        pieces: vec![Piece::plus(Quantity::SquaredError { model: Arc::clone(model), t, scale, constant })],
    };
    let first = schedule.beta(1);
    let constant = -0.5 * problem.width(0) as f64 * (LN_2PI + first.ln());
    let mut terms =
        vec![squared_error(Name::Reconstruction, 1, -0.5 / first, constant), prior_divergence(problem, 0)];
    terms.extend(
        (2..=problem.steps()).map(|t| squared_error(Name::Matching(t), t, schedule.snr_weight(t), 0.0)),
    );
    terms
}

/// `KL(q(z_T|z_s) || p(z_T))` as a function of `z_s`.
fn prior_divergence(problem: &Problem, s: usize) -> Term {
    let law = problem.between(s, problem.steps());
    let prior = LinearGaussian::from(problem.prior()).on_wider_input(problem.width(s), 0);
    Term { name: Name::PriorMatching, pieces: vec![Piece::plus(divergence(law, prior, vec![s]))] }
}

/// The conditionals of a linear chain that stand in the forms.
struct Laws<'a> {
    problem: &'a Problem,
    decoders: &'a [LinearGaussian],
}

impl Laws<'_> {
    fn terms(&self, form: Form) -> Result<Vec<Term>, ProbError> {
        let reconstruction =
            Term { name: Name::Reconstruction, pieces: vec![Piece::plus(self.log_decoder(0))] };
        let mut terms = vec![reconstruction, self.prior_matching(form)];
        for t in 1..self.problem.steps() {
            terms.push(self.matching(form, t)?);
        }
        Ok(terms)
    }

    /// `KL(q(z_T|·) || p(z_T))` or the log-ratio whose average it is, given `x` or `z_{T-1}`.
    fn prior_matching(&self, form: Form) -> Term {
        let top = self.problem.steps();
        let before = if matches!(form, Form::DenoisingLogRatio | Form::Denoising) { 0 } else { top - 1 };
        if matches!(form, Form::Consistency | Form::ConsistencyAsPrinted | Form::Denoising) {
            return prior_divergence(self.problem, before);
        }
        let law = self.problem.between(before, top);
        let prior = LinearGaussian::from(self.problem.prior());
        let pieces = vec![
            Piece::plus(log_density(law, top, vec![before])),
            Piece::minus(log_density(prior, top, vec![])),
        ];
        Term { name: Name::PriorMatching, pieces }
    }

    /// The matching term of `p(z_t|z_{t+1})`.
    fn matching(&self, form: Form, t: usize) -> Result<Term, ProbError> {
        let (neighbours, posterior_of) = (vec![t - 1, t + 1], vec![0, t + 1]);
        let (number, pieces) = match form {
            Form::LogRatio | Form::ConsistencyLogRatio => {
                (t, vec![Piece::plus(self.log_encoder(t)), Piece::minus(self.log_decoder(t))])
            }
            Form::Consistency => {
                let bridge = self.problem.bridge(t)?;
                let to_decoder =
                    divergence(bridge.clone(), self.decoder_beside(t, t - 1), neighbours.clone());
                let to_encoder = divergence(bridge, self.encoder_between(t), neighbours);
                (t, vec![Piece::plus(to_decoder), Piece::minus(to_encoder)])
            }
            Form::ConsistencyAsPrinted => (
                t,
                vec![Piece::plus(divergence(
                    self.encoder_between(t),
                    self.decoder_beside(t, t - 1),
                    neighbours,
                ))],
            ),
            Form::DenoisingLogRatio => {
                let posterior = log_density(self.problem.posterior(t)?, t, posterior_of);
                (t + 1, vec![Piece::plus(posterior), Piece::minus(self.log_decoder(t))])
            }
            Form::Denoising => (
                t + 1,
                vec![Piece::plus(divergence(
                    self.problem.posterior(t)?,
                    self.decoder_beside(t, 0),
                    posterior_of,
                ))],
            ),
        };
        Ok(Term { name: Name::Matching(number), pieces })
    }

    /// `log p(z_t|z_{t+1})`.
    fn log_decoder(&self, t: usize) -> Quantity {
        log_density(self.decoders[t].clone(), t, vec![t + 1])
    }

    /// `log q(z_t|z_{t-1})`.
    fn log_encoder(&self, t: usize) -> Quantity {
        log_density(self.problem.encoders()[t - 1].clone(), t, vec![t - 1])
    }

    /// `p(z_t|z_{t+1})` as a function of `(z_s, z_{t+1})`, of which the first does not matter.
    fn decoder_beside(&self, t: usize, s: usize) -> LinearGaussian {
        let (before, own) = (self.problem.width(s), self.problem.width(t + 1));
        self.decoders[t].on_wider_input(before + own, before)
    }

    /// `q(z_t|z_{t-1})` as a function of `(z_{t-1}, z_{t+1})`, of which the second does not matter.
    fn encoder_between(&self, t: usize) -> LinearGaussian {
        let width = self.problem.width(t - 1) + self.problem.width(t + 1);
        self.problem.encoders()[t - 1].on_wider_input(width, 0)
    }
}

fn log_density(law: LinearGaussian, of: usize, given: Vec<usize>) -> Quantity {
    Quantity::LogDensity { law: Box::new(law), of, given }
}

fn divergence(from: LinearGaussian, to: LinearGaussian, given: Vec<usize>) -> Quantity {
    Quantity::Divergence { from: Box::new(from), to: Box::new(to), given }
}

/// `E log p(x|z_1)` over `z_1` as a function of `x`: `log N(x; V μ(x) + c, R) - ½ tr(R⁻¹ V S Vᵀ)`; `None` where the decoder
/// is not linear.
///
/// # Errors
/// If a number on the way overflows.
pub(crate) fn reconstruction_at_x(problem: &Problem) -> Result<Option<Term>, ProbError> {
    let Decoders::Linear(decoders) = problem.decoders() else { return Ok(None) };
    let (encoder, decoder) = (&problem.encoders()[0], &decoders[0]);
    let weight = decoder.weight().dot(encoder.weight());
    let bias = decoder.weight().dot(encoder.bias()) + decoder.bias();
    let at_mean = LinearGaussian::new(weight, bias, decoder.covariance().clone())?;
    let spread = decoder.factor().whiten_columns(&decoder.weight().dot(encoder.factor().lower()));
    let pieces = vec![
        Piece::plus(log_density(at_mean, 0, vec![0])),
        Piece::plus(Quantity::Constant(-0.5 * spread.iter().map(|s| s * s).sum::<f64>())),
    ];
    Ok(Some(Term { name: Name::Reconstruction, pieces }))
}
