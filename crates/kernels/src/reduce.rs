//! Sums in lanes: fast, more exact than one after the other, and in an order that no instruction set changes.

use crate::{Arithmetic, Kernel, LANES, dispatch};

/// Rows of lanes that are summed side by side, so that no sum waits for the one before.
const ROWS: usize = 4;
const BLOCK: usize = ROWS * LANES;

/// `Σ f(x)`.
#[inline(always)]
fn sum_of(x: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let (blocks, rest) = x.as_chunks::<BLOCK>();
    let mut sums = [0.0; BLOCK];
    for block in blocks {
        for (sum, &x) in sums.iter_mut().zip(block) {
            *sum += f(x);
        }
    }
    let mut width = BLOCK;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            sums[i] += sums[i + width];
        }
    }
    rest.iter().fold(sums[0], |sum, &x| sum + f(x))
}

struct Sum<'a>(&'a [f64]);

impl Kernel for Sum<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> f64 {
        sum_of(self.0, |x| x)
    }
}

/// `Σ x`.
pub fn sum(x: &[f64]) -> f64 {
    dispatch(Sum(x))
}

struct SquaredDeviations<'a>(&'a [f64], f64);

impl Kernel for SquaredDeviations<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> f64 {
        let Self(x, center) = self;
        sum_of(x, |x| (x - center) * (x - center))
    }
}

/// `Σ (x - center)²`.
pub fn squared_deviations(x: &[f64], center: f64) -> f64 {
    dispatch(SquaredDeviations(x, center))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::InstructionSet;

    proptest! {
        /// Integers, whose sums are exact in any order.
        #[test]
        fn integers_are_summed_exactly(x in prop::collection::vec(-1_000_000..1_000_000_i64, 0..300), center in -1000..1000_i64) {
            let numbers: Vec<f64> = x.iter().map(|&x| x as f64).collect();
            prop_assert_eq!(sum(&numbers), x.iter().sum::<i64>() as f64);
            let squares: i64 = x.iter().map(|x| (x - center).pow(2)).sum();
            prop_assert_eq!(squared_deviations(&numbers, center as f64), squares as f64);
        }

        #[test]
        fn every_set_gives_the_same_bits(x in prop::collection::vec(-1.0..1.0, 0..300), center in -1.0..1.0) {
            for set in InstructionSet::available() {
                let bits = |set: InstructionSet| {
                    [set.run(Sum(&x)), set.run(SquaredDeviations(&x, center))].map(f64::to_bits)
                };
                prop_assert_eq!(bits(set), bits(InstructionSet::Baseline), "{:?}", set);
            }
        }
    }
}
