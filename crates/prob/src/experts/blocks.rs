//! The kernel of the line and the plane: a block of rows at a time, side by side.

#![allow(
    clippy::needless_range_loop,
    reason = "rows and coordinates are walked side by side, and closures are not inlined"
)]

use std::f64::consts::{LN_2, LOG2_E};

use kernels::{Arithmetic, Kernel, dispatch};
use kernels::{exp::exp2_of_negative, ln::ln};

use super::{Answers, Expert};

/// Rows that go through all components together: what is summed of them stays in the first cache.
const BLOCK: usize = 32;

/// One number for each row of a block.
type Row = [f64; BLOCK];

/// Weights below `2^-1020` of the highest peak are lost. Where all weights together are more than this, what is lost is
/// below `2^-100` of them.
const ENOUGH: f64 = f64::from_bits((1023 - 900) << 52);

/// All experts, in the numbers that the kernel needs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Components<const D: usize> {
    /// The largest `log w + log N(m; m, S)`.
    highest: f64,
    each: Vec<Component<D>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Component<const D: usize> {
    /// `log₂ w N(m; m, S)` over the highest.
    peak: f64,
    mean: [f64; D],
    /// `√(½ log₂ e) L⁻¹` with `S = L Lᵀ`; zeros above the diagonal.
    whitener: [[f64; D]; D],
    answer: [f64; D],
    gain: [[f64; D]; D],
    spread: f64,
}

impl<const D: usize> Components<D> {
    pub(super) fn new(experts: &[Expert]) -> Self {
        let peak = |e: &Expert| e.weight.ln() + e.seen.log_prob(e.seen.mean());
        let highest = experts.iter().map(peak).fold(f64::NEG_INFINITY, f64::max);
        let of = |e| Component::new(e, (peak(e) - highest) * LOG2_E);
        Self { highest, each: experts.iter().map(of).collect() }
    }
}

impl<const D: usize> Component<D> {
    fn new(expert: &Expert, peak: f64) -> Self {
        let whitener = expert.seen.factor().whiten_columns(&ndarray::Array2::eye(D)) * (0.5 * LOG2_E).sqrt();
        let matrix = |m: &ndarray::Array2<f64>| std::array::from_fn(|i| std::array::from_fn(|j| m[[i, j]]));
        Self {
            peak,
            mean: std::array::from_fn(|i| expert.seen.mean()[i]),
            whitener: matrix(&whitener),
            answer: std::array::from_fn(|i| expert.answer[i]),
            gain: matrix(&expert.gain),
            spread: expert.spread,
        }
    }

    /// `log₂ w N(x; m, S)` over the highest peak, at `x - m`.
    #[inline(always)]
    fn log_joint<A: Arithmetic>(&self, shift: [f64; D]) -> f64 {
        let mut log_joint = self.peak;
        for i in 0..D {
            let mut white = 0.0;
            for j in 0..=i {
                white = A::mul_add(self.whitener[i][j], shift[j], white);
            }
            log_joint = A::mul_add(-white, white, log_joint);
        }
        log_joint
    }

    /// `a + H (x - m)`, at `x - m`.
    #[inline(always)]
    fn respond<A: Arithmetic>(&self, shift: [f64; D]) -> [f64; D] {
        let mut response = self.answer;
        for i in 0..D {
            for j in 0..D {
                response[i] = A::mul_add(self.gain[i][j], shift[j], response[i]);
            }
        }
        response
    }
}

struct Pass<'a, const D: usize> {
    components: &'a Components<D>,
    x: &'a [f64],
    answers: Answers<'a>,
}

/// Rows side by side: `x[j][i]` is coordinate `j` of row `i`.
struct Block<'a, const D: usize> {
    components: &'a [Component<D>],
    x: [Row; D],
}

/// What weighs how much: `log₂` of the joint density less `above`, exponentiated, summed.
struct Weighed<const D: usize> {
    above: Option<Row>,
    total: Row,
    /// The sum of `weight · response`, and then over the total.
    mean: [Row; D],
}

impl<const D: usize> Block<'_, D> {
    /// `x - m` of row `i`.
    #[inline(always)]
    fn shift(&self, i: usize, component: &Component<D>) -> [f64; D] {
        let mut shift = component.mean;
        for j in 0..D {
            shift[j] = self.x[j][i] - shift[j];
        }
        shift
    }

    /// The largest `log₂` of the joint density.
    #[inline(always)]
    fn largest<A: Arithmetic>(&self) -> Row {
        let mut largest = [f64::NEG_INFINITY; BLOCK];
        for component in self.components {
            for i in 0..BLOCK {
                let log_joint = component.log_joint::<A>(self.shift(i, component));
                // In this order NaN is kept.
                largest[i] = if largest[i] > log_joint { largest[i] } else { log_joint };
            }
        }
        largest
    }

    /// In one pass: nothing is above the highest peak. Where that leaves too little, the largest is taken out instead;
    /// and where all are -∞, nothing, so that all weigh the same: no component is favoured by what all of them deny alike.
    #[inline(always)]
    fn weigh<A: Arithmetic>(&self) -> Weighed<D> {
        let weighed = self.weigh_above::<A>(None);
        let mut enough = true;
        for i in 0..BLOCK {
            enough &= weighed.total[i] > ENOUGH;
        }
        if enough {
            return weighed;
        }
        let mut largest = self.largest::<A>();
        for largest in &mut largest {
            *largest = if *largest == f64::NEG_INFINITY { 0.0 } else { *largest };
        }
        self.weigh_above::<A>(Some(largest))
    }

    #[inline(always)]
    fn weigh_above<A: Arithmetic>(&self, above: Option<Row>) -> Weighed<D> {
        let (mut total, mut mean) = ([0.0; BLOCK], [[0.0; BLOCK]; D]);
        for component in self.components {
            for i in 0..BLOCK {
                let shift = self.shift(i, component);
                let log_joint = component.log_joint::<A>(shift);
                let weight = exp2_of_negative::<A>(match &above {
                    Some(above) => log_joint - above[i],
                    None => log_joint,
                });
                let response = component.respond::<A>(shift);
                total[i] += weight;
                for j in 0..D {
                    mean[j][i] = A::mul_add(weight, response[j], mean[j][i]);
                }
            }
        }
        for mean in &mut mean {
            for i in 0..BLOCK {
                mean[i] /= total[i];
            }
        }
        Weighed { above, total, mean }
    }

    /// `Σ P(k|x) (|a_k + H_k (x - m_k) - mean|² + spread_k)`.
    #[inline(always)]
    fn spread<A: Arithmetic>(&self, weighed: &Weighed<D>) -> Row {
        let mut sum = [0.0; BLOCK];
        for component in self.components {
            for i in 0..BLOCK {
                let shift = self.shift(i, component);
                let above = weighed.above.map_or(0.0, |above| above[i]);
                let weight = exp2_of_negative::<A>(component.log_joint::<A>(shift) - above);
                let response = component.respond::<A>(shift);
                let mut square = component.spread;
                for j in 0..D {
                    let off = response[j] - weighed.mean[j][i];
                    square = A::mul_add(off, off, square);
                }
                sum[i] = A::mul_add(weight, square, sum[i]);
            }
        }
        for i in 0..BLOCK {
            sum[i] /= weighed.total[i];
        }
        sum
    }

    /// `log Σ w N(x; m, S)`, which is -∞ where all weights are the least there is.
    #[inline(always)]
    fn log_prob<A: Arithmetic>(&self, highest: f64, weighed: &Weighed<D>) -> Row {
        let mut log_prob = [0.0; BLOCK];
        for i in 0..BLOCK {
            let above = weighed.above.map_or(0.0, |above| above[i]);
            let found = A::mul_add(above, LN_2, highest + ln::<A>(weighed.total[i]));
            log_prob[i] = if weighed.total[i] < ENOUGH { f64::NEG_INFINITY } else { found };
        }
        log_prob
    }
}

impl<const D: usize> Kernel for Pass<'_, D> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self { components, x, mut answers } = self;
        let n = x.len() / D;
        for start in (0..n).step_by(BLOCK) {
            let rows = BLOCK.min(n - start);
            let here = &x[start * D..(start + rows) * D];
            // A block that is not full ends in copies of its first row, of which nobody hears.
            let mut block = Block { components: &components.each, x: [[0.0; BLOCK]; D] };
            for j in 0..D {
                block.x[j] = [here[j]; BLOCK];
            }
            for (i, row) in here.chunks_exact(D).enumerate() {
                for j in 0..D {
                    block.x[j][i] = row[j];
                }
            }
            let weighed = block.weigh::<A>();
            if let Some(log_prob) = &mut answers.log_prob {
                let found = block.log_prob::<A>(components.highest, &weighed);
                log_prob[start..start + rows].copy_from_slice(&found[..rows]);
            }
            if let Some(spread) = &mut answers.spread {
                spread[start..start + rows].copy_from_slice(&block.spread::<A>(&weighed)[..rows]);
            }
            if let Some(out) = &mut answers.mean {
                for (i, row) in out[start * D..(start + rows) * D].chunks_exact_mut(D).enumerate() {
                    for j in 0..D {
                        row[j] = weighed.mean[j][i];
                    }
                }
            }
        }
    }
}

/// All rows (`[n, D]`, one after the other).
pub(super) fn answer<const D: usize>(components: &Components<D>, x: &[f64], answers: Answers<'_>) {
    dispatch(Pass { components, x, answers });
}
