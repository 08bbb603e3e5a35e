//! Draws from a finite law in constant time: Walker's alias table (Walker 1977; Vose 1991).
//!
//! The law is cut into `2^b` columns of equal probability, each of which holds no more than two of its outcomes. A draw takes
//! a column by `b` of its bits, and one of the two by the others.

/// A finite law, ready to be drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasTable {
    columns: Vec<Column>,
    /// How far the bits that choose the column are to be shifted.
    shift: u32,
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
        Self { columns, shift }
    }

    /// The outcome of 64 random bits.
    #[inline(always)]
    pub fn draw(&self, bits: u64) -> usize {
        let Column { threshold, outcomes } = self.columns[(bits >> self.shift) as usize];
        let below = bits & (u64::MAX >> (64 - self.shift));
        outcomes[usize::from(below >= threshold)] as usize
    }
}
