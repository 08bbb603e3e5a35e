//! Linear experts behind the gate of a Gaussian mixture (Jacobs, Jordan, Nowlan and Hinton 1991).
//!
//! If `(x, y)` has a law that is a mixture of Gaussians, then `E[y|x] = Σ P(k|x) (a_k + H_k (x - m_k))`: each component answers
//! linearly, and its responsibility says how much that counts. The best denoiser of a mixture is of this form, and its score.
//!
//! On the line and in the plane a kernel takes a block of rows through all components, once: no log-density is above the highest
//! peak, so that the largest need not be known before. In more dimensions each component is a matrix product.

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
    Line(blocks::Components<1>),
    Plane(blocks::Components<2>),
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
            1 => Form::Line(blocks::Components::new(experts)),
            2 => Form::Plane(blocks::Components::new(experts)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::softmax;
    use proptest::prelude::*;

    /// One expert in `d` dimensions, some without weight. `S = G Gᵀ + I/10` has a factor of condition at most `√(10 |G|² + 1)`,
    /// below 20.
    fn expert(d: usize) -> impl Strategy<Value = Expert> {
        let weight = prop_oneof![1 => Just(0.0), 3 => 0.05..1.0];
        let numbers = prop::collection::vec(-2.0..2.0, 2 * d + 2 * d * d);
        (weight, numbers, 0.0..2.0).prop_map(move |(weight, numbers, spread)| {
            let (vectors, matrices) = numbers.split_at(2 * d);
            let square = |from: usize| Array2::from_shape_fn((d, d), |(i, j)| matrices[from + i * d + j]);
            let root = square(0);
            let covariance = root.dot(&root.t()) + Array2::<f64>::eye(d) * 0.1;
            Expert {
                weight,
                seen: Gaussian::new(Array1::from(vectors[..d].to_vec()), covariance).unwrap(),
                answer: Array1::from(vectors[d..].to_vec()),
                gain: square(d * d),
                spread,
            }
        })
    }

    /// One to five experts, and rows near and far, further than squares reach, and of no numbers.
    fn problem() -> impl Strategy<Value = (Vec<Expert>, Array2<f64>)> {
        (1..=3_usize).prop_flat_map(|d| {
            let first = expert(d).prop_map(|e| Expert { weight: 0.3, ..e });
            let experts = (first, prop::collection::vec(expert(d), 0..5));
            let scale = prop_oneof![8 => Just(1.0), 2 => Just(1e3), 1 => Just(1e160), 1 => Just(f64::NAN)];
            let row = (prop::collection::vec(prop_oneof![-5.0..-0.1, 0.1..5.0], d), scale);
            (experts, prop::collection::vec(row, 1..=70)).prop_map(move |((first, others), rows)| {
                let x = Array2::from_shape_fn((rows.len(), d), |(i, j)| rows[i].0[j] * rows[i].1);
                ([vec![first], others].concat(), x)
            })
        })
    }

    /// Equal, or no further apart than `tolerance`.
    fn meet(found: f64, expected: f64, tolerance: f64) -> bool {
        found == expected || found.is_nan() && expected.is_nan() || (found - expected).abs() <= tolerance
    }

    proptest! {
        /// Both routes against the formulas, one row and one component after the other. A log-density is known to a few units of
        /// the last place times the condition of its factor, 1e-13 of it, and with that to so many nats the weights.
        #[test]
        fn both_routes_are_the_formulas((experts, x) in problem()) {
            let of_products = Form::Space(experts.iter().map(products::Component::new).collect());
            for found in [Experts::new(&experts), Experts { dim: x.ncols(), form: of_products }] {
                let (log_prob, mean) = found.log_prob_and_mean(&x);
                let spread = found.spread(&x);
                for (i, row) in x.rows().into_iter().enumerate() {
                    let mut weights: Vec<f64> =
                        experts.iter().map(|e| e.weight.ln() + e.seen.log_prob(&row)).collect();
                    let expected = softmax(&mut weights);
                    let responses: Vec<Array1<f64>> =
                        experts.iter().map(|e| &e.answer + &e.gain.dot(&(&row - e.seen.mean()))).collect();
                    let average = responses.iter().zip(&weights).fold(Array1::zeros(x.ncols()), |sum, (r, &w)| sum + r * w);
                    let around = experts.iter().zip(&responses).zip(&weights).map(|((e, r), w)| {
                        w * ((r - &average).mapv(|s| s * s).sum() + e.spread)
                    });
                    let around: f64 = around.sum();

                    let slack = if expected.is_finite() { 1e-13 * (1.0 + expected.abs()) } else { 1e-13 };
                    let size = responses.iter().flatten().fold(1.0, |size: f64, r| size.max(r.abs()));
                    prop_assert!(meet(log_prob[i], expected, slack), "row {i}: {} for {expected}", log_prob[i]);
                    for (found, expected) in mean.row(i).iter().zip(&average) {
                        prop_assert!(meet(*found, *expected, slack * size), "row {i}: {found} for {expected}");
                    }
                    prop_assert!(meet(spread[i], around, slack * size * size), "row {i}: {} for {around}", spread[i]);
                }
                prop_assert_eq!(found.log_prob(&x).mapv(f64::to_bits), log_prob.mapv(f64::to_bits));
                prop_assert_eq!(found.mean(&x).mapv(f64::to_bits), mean.mapv(f64::to_bits));
            }
        }
    }
}
