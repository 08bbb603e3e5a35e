//! Eight random generators in lockstep: xoshiro256++ (Blackman and Vigna 2021).

use ndarray_rand::rand::RngCore;

use crate::{Arithmetic, Kernel, LANES, dispatch};

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
        let [a, b, c, d] = &mut self.state;
        let mut out = [0; LANES];
        for i in 0..LANES {
            out[i] = a[i].wrapping_add(d[i]).rotate_left(23).wrapping_add(a[i]);
            let shifted = b[i] << 17;
            c[i] ^= a[i];
            d[i] ^= b[i];
            b[i] ^= c[i];
            a[i] ^= d[i];
            c[i] ^= shifted;
            d[i] = d[i].rotate_left(45);
        }
        out
    }

    /// Fills `out` with random bits, lane after lane.
    pub fn fill(&mut self, out: &mut [u64]) {
        dispatch(Fill(self, out));
    }
}

struct Fill<'a>(&'a mut Xoshiro, &'a mut [u64]);

impl Kernel for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self(rng, out) = self;
        // A copy: kept in registers, not in memory.
        let mut lanes = rng.clone();
        let (blocks, rest) = out.as_chunks_mut::<LANES>();
        for block in blocks {
            *block = lanes.next_lanes();
        }
        if !rest.is_empty() {
            rest.copy_from_slice(&lanes.next_lanes()[..rest.len()]);
        }
        *rng = lanes;
    }
}

/// A number of `[1, 2)`, uniform on a grid of 2⁻⁵², from the first 52 bits.
#[inline(always)]
pub(crate) fn one_to_two(bits: u64) -> f64 {
    f64::from_bits(bits >> 12 | 1f64.to_bits())
}
