//! Linear experts behind the gate of a Gaussian mixture (Jacobs, Jordan, Nowlan and Hinton 1991).
//!
//! If `(x, y)` has a law that is a mixture of Gaussians, then `E[y|x] = Σ P(k|x) (a_k + H_k (x - m_k))`: each component answers
//! linearly, and its responsibility says how much that counts. The best denoiser of a mixture is of this form, and its score.
//!
//! On the line and in the plane a kernel takes a block of rows through all components, twice: for the log-densities and their
//! maximum, then for the responsibilities and what they weigh. In more dimensions each component is a matrix product.

mod blocks;
mod products;

use ndarray::{Array1, Array2, ArrayRef2};

use crate::{Gaussian, Mixture};

/// What one component knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Expert {
    /// `w`, of which the logarithm is taken: not negative.
    pub weight: f64,
    /// `N(m, S)`, the law of `x` in this component.
    pub seen: Gaussian,
    /// `a = E[y|x=m]`, `[d]`.
    pub answer: Array1<f64>,
    /// `H`, by how much the answer changes with `x`, `[d, d]`.
    pub gain: Array2<f64>,
    /// `tr Cov(y|x)` in this component.
    pub spread: f64,
}

/// The components, ready for many rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Experts {
    dim: usize,
    form: Form,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    Line(Vec<blocks::Component<1>>),
    Plane(Vec<blocks::Component<2>>),
    Space(Vec<products::Component>),
}

/// Where a pass over the rows leaves what it finds; what is not asked for is not computed.
#[derive(Default)]
struct Answers<'a> {
    /// `log Σ w_k N(x; m_k, S_k)`, `[n]`.
    log_prob: Option<&'a mut [f64]>,
    /// `E[y|x]`, `[n, d]` row by row.
    mean: Option<&'a mut [f64]>,
    /// `tr Cov(y|x)`, `[n]`.
    spread: Option<&'a mut [f64]>,
}

impl Experts {
    /// These experts.
    ///
    /// # Panics
    /// If there is none, or shapes do not fit.
    pub fn new(experts: &[Expert]) -> Self {
        let dim = experts.first().expect("a mixture has a component").seen.dim();
        for expert in experts {
            let shapes = (expert.seen.dim(), expert.answer.len(), expert.gain.dim());
            assert_eq!(shapes, (dim, dim, (dim, dim)), "experts of different dimensions");
        }
        let form = match dim {
            1 => Form::Line(experts.iter().map(blocks::Component::new).collect()),
            2 => Form::Plane(experts.iter().map(blocks::Component::new).collect()),
            _ => Form::Space(experts.iter().map(products::Component::new).collect()),
        };
        Self { dim, form }
    }

    /// The components of a mixture, which all answer 0: for the density alone.
    pub(crate) fn gate(law: &Mixture) -> Self {
        let dim = law.dim();
        let silent = |(weight, seen): (f64, &Gaussian)| Expert {
            weight,
            seen: seen.clone(),
            answer: Array1::zeros(dim),
            gain: Array2::zeros((dim, dim)),
            spread: 0.0,
        };
        Self::new(&law.parts().map(silent).collect::<Vec<_>>())
    }

    /// `log Σ w_k N(x; m_k, S_k)` in nats for each row (`[n, d]`), `[n]`.
    ///
    /// # Panics
    /// If the rows have another dimension, as every method here.
    pub fn log_prob(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        let mut log_prob = Array1::zeros(x.nrows());
        self.answer(x, Answers { log_prob: log_prob.as_slice_mut(), ..Answers::default() });
        log_prob
    }

    /// `E[y|x]` for each row (`[n, d]`), `[n, d]`.
    pub fn mean(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        let mut mean = Array2::zeros(x.dim());
        self.answer(x, Answers { mean: mean.as_slice_mut(), ..Answers::default() });
        mean
    }

    /// Both of these in one pass.
    pub fn log_prob_and_mean(&self, x: &ArrayRef2<f64>) -> (Array1<f64>, Array2<f64>) {
        let (mut log_prob, mut mean) = (Array1::zeros(x.nrows()), Array2::zeros(x.dim()));
        let answers = Answers { log_prob: log_prob.as_slice_mut(), mean: mean.as_slice_mut(), spread: None };
        self.answer(x, answers);
        (log_prob, mean)
    }

    /// `tr Cov(y|x)` for each row (`[n, d]`), `[n]`.
    pub fn spread(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        let mut spread = Array1::zeros(x.nrows());
        self.answer(x, Answers { spread: spread.as_slice_mut(), ..Answers::default() });
        spread
    }

    fn answer(&self, x: &ArrayRef2<f64>, answers: Answers<'_>) {
        assert_eq!(x.ncols(), self.dim, "rows of another dimension");
        let x = x.as_standard_layout();
        match &self.form {
            Form::Line(components) => blocks::answer(components, x.as_slice().expect(ROWS), answers),
            Form::Plane(components) => blocks::answer(components, x.as_slice().expect(ROWS), answers),
            Form::Space(components) => products::answer(components, &x, answers),
        }
    }
}

const ROWS: &str = "rows of a standard layout lie one after the other";
