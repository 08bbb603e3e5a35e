//! Eight random generators in lockstep: xoshiro256++ (Blackman and Vigna 2021).

use ndarray_rand::rand::RngCore;

use crate::LANES;

/// As many generators of 256 bits as there are lanes, each from a state of its own.
///
/// The states come from another generator, which has numbered streams of its own; that two of them overlap within 2⁶⁴
/// numbers has a chance below 2⁻¹⁸⁰.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xoshiro {
    /// Word `w` of generator `i` is `state[w][i]`.
    state: [[u64; LANES]; 4],
}

impl Xoshiro {
    /// States drawn from `rng`: four words for the first generator, then four for the next.
    pub fn from_rng<R: RngCore + ?Sized>(rng: &mut R) -> Self {
        let mut state = [[0; LANES]; 4];
        for i in 0..LANES {
            for word in &mut state {
                word[i] = rng.next_u64();
            }
        }
        Self { state }
    }

    /// The next 64 bits of each generator.
    #[inline(always)]
    pub fn next_lanes(&mut self) -> [u64; LANES] {
        let [row] = self.next_rows();
        row
    }

    /// The next 64 bits of each generator, `N` times: row after row what [`Xoshiro::next_lanes`] would give.
    ///
    /// Faster from four rows on, because a loop over lanes that does little is not vectorised but unrolled.
    #[inline(always)]
    pub fn next_rows<const N: usize>(&mut self) -> [[u64; LANES]; N] {
        let mut rows = [[0; LANES]; N];
        for i in 0..LANES {
            let bits: [u64; N] = self.next_of_lane(i);
            for (row, bits) in rows.iter_mut().zip(bits) {
                row[i] = bits;
            }
        }
        rows
    }

    /// The next `N` times 64 bits of generator `i`.
    #[inline(always)]
    pub(crate) fn next_of_lane<const N: usize>(&mut self, i: usize) -> [u64; N] {
        let [mut a, mut b, mut c, mut d] =
            [self.state[0][i], self.state[1][i], self.state[2][i], self.state[3][i]];
        let mut bits = [0; N];
        for bits in &mut bits {
            *bits = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
            let shifted = b << 17;
            c ^= a;
            d ^= b;
            b ^= c;
            a ^= d;
            c ^= shifted;
            d = d.rotate_left(45);
        }
        for (words, word) in self.state.iter_mut().zip([a, b, c, d]) {
            words[i] = word;
        }
        bits
    }
}

/// A number of `[1, 2)`, uniform on a grid of 2⁻⁵², from the first 52 bits.
#[inline(always)]
pub(crate) fn one_to_two(bits: u64) -> f64 {
    f64::from_bits(bits >> 12 | 1f64.to_bits())
}

#[cfg(test)]
mod tests {
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::{Arithmetic, InstructionSet, Kernel};

    #[test]
    fn every_set_gives_the_same_bits() {
        struct Rows<'a>(&'a mut Xoshiro);

        impl Kernel for Rows<'_> {
            type Output = [[u64; LANES]; 100];

            #[inline(always)]
            fn run<A: Arithmetic>(self) -> Self::Output {
                self.0.next_rows()
            }
        }
        let rng = Xoshiro::from_rng(&mut ChaCha8Rng::seed_from_u64(1));
        let bits = |set: InstructionSet| {
            let mut rng = rng.clone();
            let bits = set.run(Rows(&mut rng));
            (rng, bits)
        };
        for set in InstructionSet::available() {
            assert_eq!(bits(set), bits(InstructionSet::Baseline), "{set:?}");
        }
    }

    #[test]
    fn the_first_52_bits_are_a_number_from_one_to_two() {
        assert_eq!(one_to_two(0), 1.0);
        assert_eq!(one_to_two((1 << 12) - 1), 1.0);
        assert_eq!(one_to_two(1 << 63), 1.5);
        assert_eq!(one_to_two(u64::MAX), 2.0 - f64::EPSILON);
    }
}
