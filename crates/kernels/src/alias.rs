//! Draws from a finite law in constant time: Walker's alias table (Walker 1977; Vose 1991).
//!
//! The law is cut into `2^b` columns of equal probability, each of which holds no more than two of its outcomes. A draw takes
//! a column by `b` of its bits, and one of the two by the others.

#![allow(clippy::needless_range_loop, reason = "lanes are walked side by side")]

use crate::{Arithmetic, LANES};

/// A finite law, ready to be drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasTable {
    columns: Vec<Column>,
    /// How far the bits that choose the column are to be shifted.
    shift: u32,
    /// The columns again, if they fit into lanes.
    small: Option<Box<SmallTable>>,
}

/// Up to eight columns, as registers hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SmallTable {
    thresholds: [u64; LANES],
    outcomes: [[u64; LANES]; 2],
}

impl SmallTable {
    fn new(columns: &[Column]) -> Option<Self> {
        if columns.len() > LANES {
            return None;
        }
        let mut small = Self { thresholds: [0; LANES], outcomes: [[0; LANES]; 2] };
        for (k, column) in columns.iter().enumerate() {
            small.thresholds[k] = column.threshold;
            small.outcomes[0][k] = u64::from(column.outcomes[0]);
            small.outcomes[1][k] = u64::from(column.outcomes[1]);
        }
        Some(small)
    }
}

/// Bits below the threshold mean the first outcome, all others the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Column {
    threshold: u64,
    outcomes: [u32; 2],
}

impl AliasTable {
    /// The table of weights that are not negative and sum to 1.
    ///
    /// # Panics
    /// If there is no weight, or 2³² of them.
    pub fn new(weights: &[f64]) -> Self {
        assert!(!weights.is_empty() && u32::try_from(weights.len()).is_ok(), "no law of {}", weights.len());
        // At least two columns: a shift by all bits is none.
        let size = weights.len().next_power_of_two().max(2);
        let shift = u64::BITS - size.trailing_zeros();
        let mut share: Vec<f64> = weights.iter().map(|w| w * size as f64).collect();
        share.resize(size, 0.0);
        // A column whose outcome does not fill it is filled up from one that overflows.
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..size).partition(|&k| share[k] < 1.0);
        let mut columns: Vec<Column> = (0..size as u32)
            .map(|k| Column { threshold: u64::MAX >> (64 - shift), outcomes: [k, k] })
            .collect();
        while let (Some(&from), Some(to)) = (large.last(), small.pop()) {
            columns[to].threshold = (share[to] * 2f64.powi(shift as i32)) as u64;
            columns[to].outcomes[1] = from as u32;
            share[from] -= 1.0 - share[to];
            if share[from] < 1.0 {
                large.pop();
                small.push(from);
            }
        }
        let small = SmallTable::new(&columns).map(Box::new);
        Self { columns, shift, small }
    }

    /// The same in lanes: the outcomes of 64 random bits each.
    ///
    /// # Panics
    /// If the law has more than 8 columns.
    #[inline(always)]
    pub fn draw_lanes<A: Arithmetic>(&self, bits: &[u64; LANES]) -> [u64; LANES] {
        let small = self.small.as_ref().expect("no more than 8 columns");
        let (mut index, mut below) = ([0; LANES], [0; LANES]);
        for i in 0..LANES {
            index[i] = bits[i] >> self.shift;
            below[i] = bits[i] & (u64::MAX >> (64 - self.shift));
        }
        let thresholds = A::look_up(&small.thresholds, &index);
        let first = A::look_up(&small.outcomes[0], &index);
        let second = A::look_up(&small.outcomes[1], &index);
        let mut outcomes = [0; LANES];
        for i in 0..LANES {
            outcomes[i] = if below[i] < thresholds[i] { first[i] } else { second[i] };
        }
        outcomes
    }

    /// Whether [`draw_lanes`](Self::draw_lanes) can draw it.
    pub fn is_small(&self) -> bool {
        self.small.is_some()
    }

    /// The outcome of 64 random bits.
    #[inline(always)]
    pub fn draw(&self, bits: u64) -> usize {
        let Column { threshold, outcomes } = self.columns[(bits >> self.shift) as usize];
        let below = bits & (u64::MAX >> (64 - self.shift));
        outcomes[usize::from(below >= threshold)] as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How many of the `2^64` words of bits mean each outcome, also of those that only fill up the table.
    fn words_of_outcomes(table: &AliasTable) -> Vec<u128> {
        let mut words = vec![0; table.columns.len()];
        for column in &table.columns {
            words[column.outcomes[0] as usize] += u128::from(column.threshold);
            words[column.outcomes[1] as usize] += (1_u128 << table.shift) - u128::from(column.threshold);
        }
        words
    }

    /// Weights of sum 1, some of them zero, some tiny.
    fn weights() -> impl Strategy<Value = Vec<f64>> {
        let weight = prop_oneof![Just(0.0), 0.0..1.0, 1e-12..1e-9];
        let some =
            prop::collection::vec(weight, 1..=70).prop_filter("a law", |w| w.iter().sum::<f64>() > 1e-3);
        some.prop_map(|weights: Vec<f64>| {
            let sum: f64 = weights.iter().sum();
            weights.iter().map(|w| w / sum).collect()
        })
    }

    proptest! {
        #[test]
        fn the_law_of_the_table_is_the_law(weights in weights()) {
            let table = AliasTable::new(&weights);
            let words = words_of_outcomes(&table);
            prop_assert_eq!(words.iter().sum::<u128>(), 1 << 64);
            for (words, weight) in words.into_iter().zip(weights.into_iter().chain(std::iter::repeat(0.0))) {
                // 2⁶⁴ times the weight, exactly, if it is not tiny.
                let error = words.abs_diff((weight * 2f64.powi(64)) as u128);
                prop_assert!(error < 1 << 14, "2⁻⁶⁴ times {error} off {weight}");
                prop_assert!(weight > 0.0 || words == 0, "{words} words for what has no weight");
            }
        }

        /// The first and the last word of each part of each column.
        #[test]
        fn a_draw_is_what_the_table_says(weights in weights()) {
            let table = AliasTable::new(&weights);
            for (k, &Column { threshold, outcomes }) in table.columns.iter().enumerate() {
                let word = |below: u64| (k as u64) << table.shift | below;
                if threshold > 0 {
                    prop_assert_eq!(table.draw(word(0)), outcomes[0] as usize);
                    prop_assert_eq!(table.draw(word(threshold - 1)), outcomes[0] as usize);
                }
                prop_assert_eq!(table.draw(word(threshold)), outcomes[1] as usize);
                prop_assert_eq!(table.draw(word(u64::MAX >> (64 - table.shift))), outcomes[1] as usize);
                for below in [0, threshold, u64::MAX >> (64 - table.shift)] {
                    prop_assert!(weights[table.draw(word(below))] > 0.0);
                }
            }
        }

        #[test]
        fn a_certain_outcome_is_always_drawn(n in 1..70_usize, certain: prop::sample::Index, bits: u64) {
            let certain = certain.index(n);
            let weights: Vec<f64> = (0..n).map(|k| if k == certain { 1.0 } else { 0.0 }).collect();
            let table = AliasTable::new(&weights);
            for bits in [bits, 0, u64::MAX] {
                prop_assert_eq!(table.draw(bits), certain);
            }
        }
    }

    #[test]
    #[should_panic(expected = "no law of 0")]
    fn nothing_is_no_law() {
        AliasTable::new(&[]);
    }
}
