//! D14: the exact variance of every form of the bound under the three schemes of the textbook.

use estimators::{Estimator, Form, Observations, Problem, Scheme};
use prob::numerics::LN_2PI;
use proptest::strategy::Just;
use vdm::{Reverse, Schedule};

use crate::chains::{Chain, Coefficients, chain, fifty_steps, six_steps};
use crate::{Claim, Trial};

/// The claims of this theme.
pub fn claims() -> Vec<Claim> {
    vec![
        path_variances(),
        term_variances(),
        closed_forms_have_less_variance(),
        table("D14f", "α = .95 .9 .85 .75 .6 .4, f_m = .9, f_v = 1.2", six_steps, SIX_STEPS),
        table("D14g", "β = 1e-3 … .15 in 50 steps, f_m = .95, f_v = 1", fifty_steps, FIFTY_STEPS),
        where_denoising_is_better(),
    ]
}

/// Variances on a shared path, of independent terms and of one term at random `t`, in nats².
type Table = [(Form, [f64; 3]); 6];

const SIX_STEPS: Table = [
    (Form::LogRatio, [0.1982, f64::NAN, f64::NAN]),
    (Form::ConsistencyLogRatio, [0.1982, 4.2136, 18.3541]),
    (Form::Consistency, [0.4046, 0.6997, 1.9514]),
    (Form::ConsistencyAsPrinted, [3.1773, 2.4484, 10.8755]),
    (Form::DenoisingLogRatio, [0.1982, 1.9421, 8.5179]),
    (Form::Denoising, [1.0283, 0.5421, 1.8436]),
];

const FIFTY_STEPS: Table = [
    (Form::LogRatio, [1.8827, f64::NAN, f64::NAN]),
    (Form::ConsistencyLogRatio, [1.8827, 51.9732, 2457.6586]),
    (Form::Consistency, [3.3265, 6.4777, 251.7908]),
    (Form::ConsistencyAsPrinted, [105.5090, 73.6621, 3505.7805]),
    (Form::DenoisingLogRatio, [1.8827, 8.2052, 374.0964]),
    (Form::Denoising, [8.1959, 3.1365, 126.3008]),
];

fn problem(chain: &Chain) -> Problem {
    Problem::new(chain.restricted(), Observations::Fixed(chain.x_0.clone()))
        .expect("an observation of the chain")
}

fn path_variances() -> Claim {
    Claim::new("D14c", "on a shared path Var Σ terms = Σ_t E Var(E[Σ terms | x_1 … x_t] | x_1 … x_{t-1}) = 2 tr(ACAC) + b'Cb")
        .source("this project")
        .why("E[Σ terms | x_1 … x_t] is a martingale; what each noise adds to it is uncorrelated with the rest.")
        .compares("the sum over the noise of each step, linear in T, with the trace formula over all pairs of squares of the path, each form written out")
        .identity(1e-10, chain(2..=6), |chain, trial| {
            let problem = problem(chain);
            for form in Form::ALL {
                let Some(estimator) = trial.posed(Estimator::new(form, &problem)) else { return };
                let Some(found) = estimator.moments(Scheme::Path, &problem) else { return };
                let whole = Moments::sum((0..chain.model.dim()).map(|i| {
                    Line::of(chain, i).moments(&terms(form, chain, i).concat())
                }));
                trial.at(whole.size, found.variance(), whole.variance);
            }
        })
}

fn term_variances() -> Claim {
    Claim::new("D14d", "Var of independent terms = Σ_t Var f_t; of one at uniform t, times their number n: n Σ_t E f_t² - (Σ_t E f_t)²")
        .source("notes 001 §3.7")
        .why("Independent variances add up; the second is E(n f_t)² - (E n f_t)² over t and the noise.")
        .compares("estimators' moments in the noise of each term with the trace formula under the law of the path")
        .identity(1e-10, chain(2..=6), |chain, trial| {
            let problem = problem(chain);
            for form in &Form::ALL[1..] {
                let Some(estimator) = trial.posed(Estimator::new(*form, &problem)) else { return };
                let each: Vec<Moments> = by_term(*form, chain);
                let (ends, matching) = each.split_at(2);
                let of_ends = Moments::sum(ends.iter().copied());
                let total = Moments::sum(matching.iter().copied());
                let n = matching.len() as f64;
                let squares: f64 = matching.iter().map(|term| term.mean * term.mean + term.variance).sum();
                let one_step = of_ends.variance + n * squares - total.mean * total.mean;
                let size = of_ends.size + n * (squares + total.size);
                compare(trial, &estimator, Scheme::Independent, &problem, size, of_ends.variance + total.variance);
                compare(trial, &estimator, Scheme::OneStep, &problem, size, one_step);
            }
        })
}

fn compare(
    trial: &mut Trial,
    estimator: &Estimator,
    scheme: Scheme,
    problem: &Problem,
    size: f64,
    expected: f64,
) {
    let found = estimator.moments(scheme, problem);
    trial.at(size, found.map_or(f64::NAN, |found| found.variance()), expected);
}

fn closed_forms_have_less_variance() -> Claim {
    Claim::new("D14e", "term by term Var KL(q ‖ p) ≤ Var log q/p, for the bridge and for the posterior")
        .source("notes 001 §3.7")
        .why("The divergence is the log-ratio's expectation given what is not averaged (Rao–Blackwell).")
        .compares("the exact variances of the matching terms of (45) corrected and (44), of (58) and (57)")
        .inequality(1e-12, chain(2..=6), |chain, trial| {
            for (closed, sampled) in
                [(Form::Consistency, Form::ConsistencyLogRatio), (Form::Denoising, Form::DenoisingLogRatio)]
            {
                let problem = problem(chain);
                let Some(closed) = trial.posed(Estimator::new(closed, &problem)) else { return };
                let Some(sampled) = trial.posed(Estimator::new(sampled, &problem)) else { return };
                let (Some(closed), Some(sampled)) = (closed.each(), sampled.each()) else { return };
                for (closed, sampled) in closed[2..].iter().zip(&sampled[2..]) {
                    trial.at_most(sampled.variance(), closed.variance(), sampled.variance());
                }
            }
        })
}

fn table(id: &'static str, setting: &str, chain: fn() -> Chain, table: Table) -> Claim {
    let statement = format!(
        "the variances of six forms under three schemes at x_0 = .8, p = N(f_m √α_t x_t, f_v (1-α_t)), {setting}"
    );
    Claim::new(id, statement)
        .source("this project")
        .why("Every term is a quadratic of jointly Gaussian variables: Var = 2 tr(ACAC) + (2Am + b)'C(2Am + b).")
        .compares("estimators' exact variances with the table to its four decimals")
        .identity(1e-10, Just(()), move |(), trial| {
            let problem = problem(&chain());
            for (form, expected) in table {
                let Some(estimator) = trial.posed(Estimator::new(form, &problem)) else { return };
                for (scheme, expected) in Scheme::TEXTBOOK.into_iter().zip(expected) {
                    if expected.is_nan() {
                        continue;
                    }
                    let found = estimator.moments(scheme, &problem).map_or(f64::NAN, |found| found.variance());
                    trial.equal((1e4 * found).round(), (1e4 * expected).round());
                }
            }
        })
}

fn where_denoising_is_better() -> Claim {
    Claim::new("D14h", "with own draws for each term and with one term at random t, (58) has the lower variance in both settings; on a shared path (45) corrected has")
        .source("notes 001 §3.6-3.7")
        .why("On a path the terms of (45) are correlated so that they cancel; drawn apart, fewer variables are less noise.")
        .compares("the exact variances of both forms in both settings under the three schemes")
        .inequality(1e-12, Just(()), |(), trial| {
            for chain in [six_steps(), fifty_steps()] {
                let problem = problem(&chain);
                let Some(denoising) = trial.posed(Estimator::new(Form::Denoising, &problem)) else { return };
                let Some(consistency) = trial.posed(Estimator::new(Form::Consistency, &problem)) else { return };
                for scheme in Scheme::TEXTBOOK {
                    let of = |estimator: &Estimator| estimator.moments(scheme, &problem).map_or(f64::NAN, |m| m.variance());
                    let (of_denoising, of_consistency) = (of(&denoising), of(&consistency));
                    if scheme == Scheme::Path {
                        trial.at_most(1.0, of_consistency, of_denoising);
                    } else {
                        trial.at_most(1.0, of_denoising, of_consistency);
                    }
                }
            }
        })
}

/// Mean and variance of a sum of squares, and the size of what the variance is made of.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    mean: f64,
    variance: f64,
    size: f64,
}

impl Moments {
    /// Of independent parts.
    fn sum(parts: impl Iterator<Item = Moments>) -> Self {
        parts.fold(Self::default(), |a, b| Self {
            mean: a.mean + b.mean,
            variance: a.variance + b.variance,
            size: a.size + b.size,
        })
    }
}

/// `scale (Σ_t a_t x_t + offset)²`, and a constant, of one coordinate.
#[derive(Clone, Debug)]
struct Square {
    of: Vec<(usize, f64)>,
    offset: f64,
    scale: f64,
    constant: f64,
}

/// One coordinate of the path: its mean and covariance are `√ᾱ_t x_0` and `√(ᾱ_t/ᾱ_s) (1-ᾱ_s)` for `s ≤ t`.
struct Line<'a> {
    schedule: &'a Schedule,
    x_0: f64,
}

impl<'a> Line<'a> {
    fn of(chain: &'a Chain, i: usize) -> Self {
        Self { schedule: chain.model.schedule(), x_0: chain.x_0[i] }
    }

    fn covariance(&self, s: usize, t: usize) -> f64 {
        let (s, t) = (s.min(t), s.max(t));
        let kept: f64 = (s + 1..=t).map(|u| self.schedule.alpha(u)).product();
        let alpha_bar: f64 = (1..=s).map(|u| self.schedule.alpha(u)).product();
        kept.sqrt() * (1.0 - alpha_bar)
    }

    fn mean(&self, square: &Square) -> f64 {
        let at = |t: usize| (1..=t).map(|u| self.schedule.alpha(u)).product::<f64>().sqrt() * self.x_0;
        square.offset + square.of.iter().map(|&(t, a)| a * at(t)).sum::<f64>()
    }

    fn across(&self, one: &Square, other: &Square) -> f64 {
        let pairs = one.of.iter().flat_map(|&(s, a)| other.of.iter().map(move |&(t, b)| (s, t, a * b)));
        pairs.map(|(s, t, ab)| ab * self.covariance(s, t)).sum()
    }

    /// `Var = Σ_kl s_k s_l (2 c_kl² + 4 h_k h_l c_kl)` with `c` the covariances of what is squared and `h` their means.
    fn moments(&self, squares: &[Square]) -> Moments {
        let mut moments = Moments::default();
        for one in squares {
            let h = self.mean(one);
            moments.mean += one.constant + one.scale * (h * h + self.across(one, one));
            for other in squares {
                let c = self.across(one, other);
                let term = one.scale * other.scale * (2.0 * c * c + 4.0 * h * self.mean(other) * c);
                moments.variance += term;
                moments.size += term.abs();
            }
        }
        moments
    }
}

/// The moments of each term over all coordinates.
fn by_term(form: Form, chain: &Chain) -> Vec<Moments> {
    let all: Vec<Vec<Moments>> = (0..chain.model.dim())
        .map(|i| {
            let line = Line::of(chain, i);
            terms(form, chain, i).iter().map(|term| line.moments(term)).collect()
        })
        .collect();
    (0..all[0].len()).map(|t| Moments::sum(all.iter().map(|terms| terms[t]))).collect()
}

/// What each term adds to the bound at one coordinate: reconstruction, prior matching, matching terms.
fn terms(form: Form, chain: &Chain, i: usize) -> Vec<Vec<Square>> {
    let one = OneCoordinate {
        schedule: chain.model.schedule(),
        reverse: chain.model.reverse(),
        x_0: chain.x_0[i],
        i,
    };
    let mut all = vec![vec![one.log_reverse(1)], one.prior_matching(form)];
    all.extend((1..chain.model.steps()).map(|t| one.matching(form, t)));
    all
}

struct OneCoordinate<'a> {
    schedule: &'a Schedule,
    reverse: &'a Reverse,
    x_0: f64,
    i: usize,
}

impl OneCoordinate<'_> {
    /// A square in which `x_0` is known.
    fn square(&self, of: &[(usize, f64)], offset: f64, scale: f64, constant: f64) -> Square {
        let known: f64 = of.iter().filter(|(t, _)| *t == 0).map(|(_, a)| a * self.x_0).sum();
        let of = of.iter().copied().filter(|(t, _)| *t > 0).collect();
        Square { of, offset: offset + known, scale, constant }
    }

    /// `log N(Σ a_t x_t + offset; 0, variance)`.
    fn log_normal(&self, of: &[(usize, f64)], offset: f64, variance: f64) -> Square {
        self.square(of, offset, -0.5 / variance, -0.5 * (LN_2PI + variance.ln()))
    }

    fn minus(square: Square) -> Square {
        Square { scale: -square.scale, constant: -square.constant, ..square }
    }

    fn bias(&self, t: usize) -> f64 {
        self.reverse.bias(t)[self.i]
    }

    /// `log p(x_{t-1}|x_t)`.
    fn log_reverse(&self, t: usize) -> Square {
        self.log_normal(&[(t - 1, 1.0), (t, -self.reverse.scale(t))], -self.bias(t), self.reverse.variance(t))
    }

    /// `log q(x_t|x_{t-1})`.
    fn log_forward(&self, t: usize) -> Square {
        let alpha = self.schedule.alpha(t);
        self.log_normal(&[(t, 1.0), (t - 1, -alpha.sqrt())], 0.0, 1.0 - alpha)
    }

    /// `-KL(N(Σ a_t x_t, s) ‖ p(x_t|x_{t+1}))` with `p` the step at `t + 1`.
    fn minus_divergence(&self, t: usize, of: &[(usize, f64)], s: f64) -> Square {
        let v = self.reverse.variance(t + 1);
        let of: Vec<_> = of.iter().copied().chain([(t + 1, -self.reverse.scale(t + 1))]).collect();
        self.square(&of, -self.bias(t + 1), -0.5 / v, -0.5 * (s / v - 1.0 - (s / v).ln()))
    }

    fn prior_matching(&self, form: Form) -> Vec<Square> {
        let top = self.schedule.steps();
        let (alpha, here) = (self.schedule.alpha(top), Coefficients::of(self.schedule, top).here);
        // -KL(N(√kept x_s, 1 - kept) ‖ N(0, 1)).
        let closed = |s: usize, kept: f64| {
            vec![self.square(&[(s, kept.sqrt())], 0.0, -0.5, -0.5 * (-kept - (1.0 - kept).ln()))]
        };
        let log_prior = self.log_normal(&[(top, 1.0)], 0.0, 1.0);
        match form {
            Form::Denoising => closed(0, here),
            Form::Consistency | Form::ConsistencyAsPrinted => closed(top - 1, alpha),
            Form::DenoisingLogRatio => {
                let marginal = self.log_normal(&[(top, 1.0), (0, -here.sqrt())], 0.0, 1.0 - here);
                vec![log_prior, Self::minus(marginal)]
            }
            Form::LogRatio | Form::ConsistencyLogRatio => vec![log_prior, Self::minus(self.log_forward(top))],
        }
    }

    /// The matching term of `p(x_t|x_{t+1})`.
    fn matching(&self, form: Form, t: usize) -> Vec<Square> {
        let (alpha, next) = (self.schedule.alpha(t), self.schedule.alpha(t + 1));
        let coefficients = Coefficients::of(self.schedule, t + 1);
        let variance = coefficients.posterior_variance();
        let of_x_0 = variance * coefficients.before.sqrt() / (1.0 - coefficients.before);
        let of_next = variance * next.sqrt() / (1.0 - next);
        let rest = 1.0 - alpha * next;
        let (below, above) = (alpha.sqrt() * (1.0 - next) / rest, next.sqrt() * (1.0 - alpha) / rest);
        let bridge = (1.0 - alpha) * (1.0 - next) / rest;
        match form {
            Form::LogRatio | Form::ConsistencyLogRatio => {
                vec![self.log_reverse(t + 1), Self::minus(self.log_forward(t))]
            }
            Form::Consistency => {
                let to_encoder = self.square(
                    &[(t - 1, below - alpha.sqrt()), (t + 1, above)],
                    0.0,
                    0.5 / (1.0 - alpha),
                    0.5 * (bridge / (1.0 - alpha) - 1.0 - (bridge / (1.0 - alpha)).ln()),
                );
                vec![self.minus_divergence(t, &[(t - 1, below), (t + 1, above)], bridge), to_encoder]
            }
            Form::ConsistencyAsPrinted => {
                vec![self.minus_divergence(t, &[(t - 1, alpha.sqrt())], 1.0 - alpha)]
            }
            Form::DenoisingLogRatio => {
                let posterior = self.log_normal(&[(t, 1.0), (0, -of_x_0), (t + 1, -of_next)], 0.0, variance);
                vec![self.log_reverse(t + 1), Self::minus(posterior)]
            }
            Form::Denoising => vec![self.minus_divergence(t, &[(0, of_x_0), (t + 1, of_next)], variance)],
        }
    }
}
