//! The forms of the bound: the same number, or what is misprinted for it, taken apart in different ways.

use std::fmt;

use prob::{LinearGaussian, ProbError};

use crate::term::{Name, Piece, Quantity, Term};
use crate::Problem;

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

    /// The terms of the bound of `problem` in this form: reconstruction, prior matching, and the matching terms from the
    /// lowest latent up. They are numbered `t = 1 … T-1` in the consistency forms and `t = 2 … T` in the denoising forms.
    ///
    /// # Errors
    /// If a bridge or a posterior is singular to rounding.
    pub fn terms(self, problem: &Problem) -> Result<Vec<Term>, ProbError> {
        let laws = Laws { problem };
        let top = problem.steps();
        let mut terms = vec![laws.reconstruction(), self.prior_matching(&laws)];
        for t in 1..top {
            let (number, pieces) = match self {
                Form::LogRatio | Form::ConsistencyLogRatio => {
                    (t, vec![laws.log_encoder(t), minus(laws.log_decoder(t))])
                }
                Form::Consistency => {
                    let (bridge, given) = (laws.bridge(t)?, vec![t - 1, t + 1]);
                    let to_decoder = divergence(bridge.clone(), laws.decoder_between(t), given.clone());
                    (t, vec![to_decoder, minus(divergence(bridge, laws.encoder_between(t), given))])
                }
                Form::ConsistencyAsPrinted => {
                    let (encoder, decoder) = (laws.encoder_between(t), laws.decoder_between(t));
                    (t, vec![divergence(encoder, decoder, vec![t - 1, t + 1])])
                }
                Form::DenoisingLogRatio => {
                    let posterior =
                        Quantity::LogDensity { law: laws.posterior(t)?, of: t, given: vec![0, t + 1] };
                    (t + 1, vec![plus(posterior), minus(laws.log_decoder(t))])
                }
                Form::Denoising => {
                    let decoder = laws.widened(laws.decoder(t), problem.width(0), 0);
                    (t + 1, vec![divergence(laws.posterior(t)?, decoder, vec![0, t + 1])])
                }
            };
            terms.push(Term { name: Name::Matching(number), pieces });
        }
        Ok(terms)
    }

    fn prior_matching(self, laws: &Laws) -> Term {
        let top = laws.problem.steps();
        let (before, law) = match self {
            Form::DenoisingLogRatio | Form::Denoising => (0, laws.problem.between(0, top)),
            _ => (top - 1, laws.problem.between(top - 1, top)),
        };
        let prior = LinearGaussian::from(laws.problem.chain().prior());
        let pieces = match self {
            Form::Consistency | Form::ConsistencyAsPrinted | Form::Denoising => {
                let prior = laws.widened(&prior, laws.problem.width(before), 0);
                vec![divergence(law, prior, vec![before])]
            }
            _ => vec![
                plus(Quantity::LogDensity { law, of: top, given: vec![before] }),
                minus(plus(Quantity::LogDensity { law: prior, of: top, given: vec![] })),
            ],
        };
        Term { name: Name::PriorMatching, pieces }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// `E log p(x|z_1)` over `z_1` as a function of `x`: `log N(x; V μ(x) + c, R) - ½ tr(R⁻¹ V S Vᵀ)`.
///
/// # Errors
/// If a number on the way overflows.
pub(crate) fn reconstruction_at_x(problem: &Problem) -> Result<Term, ProbError> {
    let (encoder, decoder) = (&problem.chain().encoders()[0], &problem.chain().decoders()[0]);
    let weight = decoder.weight().dot(encoder.weight());
    let bias = decoder.weight().dot(encoder.bias()) + decoder.bias();
    let at_mean = LinearGaussian::new(weight, bias, decoder.covariance().clone())?;
    let spread = decoder.factor().whiten_columns(&decoder.weight().dot(encoder.factor().lower()));
    let pieces = vec![
        plus(Quantity::LogDensity { law: at_mean, of: 0, given: vec![0] }),
        plus(Quantity::Constant(-0.5 * spread.iter().map(|s| s * s).sum::<f64>())),
    ];
    Ok(Term { name: Name::Reconstruction, pieces })
}

/// The conditionals of a chain that stand in the forms.
struct Laws<'a> {
    problem: &'a Problem,
}

impl Laws<'_> {
    fn reconstruction(&self) -> Term {
        Term { name: Name::Reconstruction, pieces: vec![self.log_decoder(0)] }
    }

    /// `p(z_t|z_{t+1})`.
    fn decoder(&self, t: usize) -> &LinearGaussian {
        &self.problem.chain().decoders()[t]
    }

    /// `log p(z_t|z_{t+1})`.
    fn log_decoder(&self, t: usize) -> Piece {
        plus(Quantity::LogDensity { law: self.decoder(t).clone(), of: t, given: vec![t + 1] })
    }

    /// `log q(z_t|z_{t-1})`.
    fn log_encoder(&self, t: usize) -> Piece {
        let law = self.problem.chain().encoders()[t - 1].clone();
        plus(Quantity::LogDensity { law, of: t, given: vec![t - 1] })
    }

    /// `q(z_t|z_{t-1}, z_{t+1})`.
    fn bridge(&self, t: usize) -> Result<LinearGaussian, ProbError> {
        let encoders = self.problem.chain().encoders();
        encoders[t - 1].bridge(&encoders[t])
    }

    /// `q(z_t|x, z_{t+1})`.
    fn posterior(&self, t: usize) -> Result<LinearGaussian, ProbError> {
        self.problem.between(0, t).bridge(&self.problem.chain().encoders()[t])
    }

    /// `p(z_t|z_{t+1})` as a function of `(z_{t-1}, z_{t+1})`.
    fn decoder_between(&self, t: usize) -> LinearGaussian {
        self.widened(self.decoder(t), self.problem.width(t - 1), 0)
    }

    /// `q(z_t|z_{t-1})` as a function of `(z_{t-1}, z_{t+1})`.
    fn encoder_between(&self, t: usize) -> LinearGaussian {
        self.widened(&self.problem.chain().encoders()[t - 1], 0, self.problem.width(t + 1))
    }

    /// The same law of more variables, which stand before and after its own and do not matter.
    fn widened(&self, law: &LinearGaussian, before: usize, after: usize) -> LinearGaussian {
        law.on_wider_input(before + law.weight().ncols() + after, before)
    }
}

fn plus(quantity: Quantity) -> Piece {
    Piece { sign: 1.0, quantity }
}

fn minus(piece: Piece) -> Piece {
    Piece { sign: -piece.sign, ..piece }
}

fn divergence(from: LinearGaussian, to: LinearGaussian, given: Vec<usize>) -> Piece {
    plus(Quantity::Divergence { from, to, given })
}
