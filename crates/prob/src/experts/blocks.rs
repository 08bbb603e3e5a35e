//! The kernel of the line and the plane: a block of rows at a time, side by side.

#![allow(
    clippy::needless_range_loop,
    reason = "rows and coordinates are walked side by side, and closures are not inlined"
)]

use kernels::{Arithmetic, Kernel, dispatch};
use kernels::{exp::exp_of_negative, ln::ln};

use super::{Answers, Expert};

/// Rows that go through all components together: their log-densities stay in the first cache.
const BLOCK: usize = 32;

/// One number for each row of a block.
type Row = [f64; BLOCK];

/// An expert, in the numbers that the kernel needs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Component<const D: usize> {
    /// `log w + log N(m; m, S)`.
    log_peak: f64,
    mean: [f64; D],
    /// `L⁻¹` with `S = L Lᵀ`; zeros above the diagonal.
    whitener: [[f64; D]; D],
    answer: [f64; D],
    gain: [[f64; D]; D],
    spread: f64,
}

impl<const D: usize> Component<D> {
    pub(super) fn new(expert: &Expert) -> Self {
        let whitener = expert.seen.factor().whiten_columns(&ndarray::Array2::eye(D));
        let matrix = |m: &ndarray::Array2<f64>| std::array::from_fn(|i| std::array::from_fn(|j| m[[i, j]]));
        Self {
            log_peak: expert.weight.ln() + expert.seen.log_prob(expert.seen.mean()),
            mean: std::array::from_fn(|i| expert.seen.mean()[i]),
            whitener: matrix(&whitener),
            answer: std::array::from_fn(|i| expert.answer[i]),
            gain: matrix(&expert.gain),
            spread: expert.spread,
        }
    }

    /// `log w + log N(x; m, S)`.
    #[inline(always)]
    fn log_joint<A: Arithmetic>(&self, x: [f64; D]) -> f64 {
        let mut square = 0.0;
        for i in 0..D {
            let mut white = 0.0;
            for j in 0..=i {
                white = A::mul_add(self.whitener[i][j], x[j] - self.mean[j], white);
            }
            square = A::mul_add(white, white, square);
        }
        A::mul_add(-0.5, square, self.log_peak)
    }

    /// `a + H (x - m)`.
    #[inline(always)]
    fn respond<A: Arithmetic>(&self, x: [f64; D]) -> [f64; D] {
        let mut response = self.answer;
        for i in 0..D {
            for j in 0..D {
                response[i] = A::mul_add(self.gain[i][j], x[j] - self.mean[j], response[i]);
            }
        }
        response
    }
}

struct Pass<'a, const D: usize> {
    components: &'a [Component<D>],
    x: &'a [f64],
    answers: Answers<'a>,
}

/// What all passes over one block share.
struct Block<'a, const D: usize> {
    components: &'a [Component<D>],
    x: [Row; D],
    /// `log w_k N(x; …)`, and then that over its largest, exponentiated: one row for each component.
    weights: &'a mut [Row],
    /// The largest logarithm, and the sum of the weights after it was taken out.
    largest: Row,
    total: Row,
}

impl<const D: usize> Block<'_, D> {
    #[inline(always)]
    fn point(&self, i: usize) -> [f64; D] {
        let mut point = [0.0; D];
        for j in 0..D {
            point[j] = self.x[j][i];
        }
        point
    }

    /// The logarithms and their maximum.
    #[inline(always)]
    fn see<A: Arithmetic>(&mut self) {
        self.largest = [f64::NEG_INFINITY; BLOCK];
        for (k, component) in self.components.iter().enumerate() {
            for i in 0..BLOCK {
                let log_joint = component.log_joint::<A>(self.point(i));
                self.weights[k][i] = log_joint;
                // In this order NaN is kept.
                self.largest[i] = if self.largest[i] > log_joint { self.largest[i] } else { log_joint };
            }
        }
    }

    /// The weights, their sum, and the sum of what they weigh. Where every logarithm is -∞ all weights are 1: no component is
    /// favoured by what all of them deny alike.
    #[inline(always)]
    fn weigh<A: Arithmetic>(&mut self) -> [Row; D] {
        self.total = [0.0; BLOCK];
        let mut sum = [[0.0; BLOCK]; D];
        for (k, component) in self.components.iter().enumerate() {
            for i in 0..BLOCK {
                let below = self.weights[k][i] - self.largest[i];
                let weight = exp_of_negative::<A>(below);
                let weight = if self.largest[i] == f64::NEG_INFINITY { 1.0 } else { weight };
                self.weights[k][i] = weight;
                self.total[i] += weight;
                let response = component.respond::<A>(self.point(i));
                for j in 0..D {
                    sum[j][i] = A::mul_add(weight, response[j], sum[j][i]);
                }
            }
        }
        sum
    }

    /// `Σ P(k|x) (|a_k + H_k (x - m_k) - mean|² + spread_k)`.
    #[inline(always)]
    fn spread<A: Arithmetic>(&self, mean: &[Row; D]) -> Row {
        let mut sum = [0.0; BLOCK];
        for (k, component) in self.components.iter().enumerate() {
            for i in 0..BLOCK {
                let response = component.respond::<A>(self.point(i));
                let mut square = component.spread;
                for j in 0..D {
                    let shift = response[j] - mean[j][i];
                    square = A::mul_add(shift, shift, square);
                }
                sum[i] = A::mul_add(self.weights[k][i], square, sum[i]);
            }
        }
        for i in 0..BLOCK {
            sum[i] /= self.total[i];
        }
        sum
    }
}

impl<const D: usize> Kernel for Pass<'_, D> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self { components, x, mut answers } = self;
        let mut weights = vec![[0.0; BLOCK]; components.len()];
        let n = x.len() / D;
        for start in (0..n).step_by(BLOCK) {
            let rows = BLOCK.min(n - start);
            let here = &x[start * D..(start + rows) * D];
            // A block that is not full ends in zeros, of which nobody hears.
            let mut block = Block {
                components,
                x: [[0.0; BLOCK]; D],
                weights: &mut weights,
                largest: [0.0; BLOCK],
                total: [0.0; BLOCK],
            };
            for (i, row) in here.chunks_exact(D).enumerate() {
                for j in 0..D {
                    block.x[j][i] = row[j];
                }
            }
            block.see::<A>();
            let mut mean = block.weigh::<A>();
            for mean in &mut mean {
                for i in 0..BLOCK {
                    mean[i] /= block.total[i];
                }
            }
            if let Some(log_prob) = &mut answers.log_prob {
                let mut found = block.largest;
                for i in 0..BLOCK {
                    found[i] += ln::<A>(block.total[i]);
                }
                log_prob[start..start + rows].copy_from_slice(&found[..rows]);
            }
            if let Some(spread) = &mut answers.spread {
                spread[start..start + rows].copy_from_slice(&block.spread::<A>(&mean)[..rows]);
            }
            if let Some(out) = &mut answers.mean {
                for (i, row) in out[start * D..(start + rows) * D].chunks_exact_mut(D).enumerate() {
                    for j in 0..D {
                        row[j] = mean[j][i];
                    }
                }
            }
        }
    }
}

/// All rows (`[n, D]`, one after the other).
pub(super) fn answer<const D: usize>(components: &[Component<D>], x: &[f64], answers: Answers<'_>) {
    dispatch(Pass { components, x, answers });
}
