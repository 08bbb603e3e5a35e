//! Numbered random streams.

use ndarray_rand::rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A family of independent random streams, one for each chunk of work, under one seed and one role.
///
/// A result is a function of (seed, sample count): chunk `k` draws from stream `k`, whichever thread runs it. A
/// role keeps the numbers of one purpose apart from those of another, so that drawing more initial weights does
/// not change the data.
///
/// ```
/// use montecarlo::Streams;
/// use ndarray_rand::rand::Rng;
///
/// let data = Streams::new(7).role("data");
/// let draw = |mut rng: rand_chacha::ChaCha8Rng| rng.random::<u64>();
/// assert_eq!(draw(data.rng(3)), draw(Streams::new(7).role("data").rng(3)));
/// assert_ne!(draw(data.rng(3)), draw(data.rng(4)));
/// assert_ne!(draw(data.rng(3)), draw(Streams::new(7).role("noise").rng(3)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
    role: u64,
}

/// Offset basis and prime of the 64-bit FNV-1a hash.
const FNV: (u64, u64) = (0xcbf2_9ce4_8422_2325, 0x0000_0100_0000_01b3);

impl Streams {
    /// The streams of a seed, in the unnamed role.
    pub const fn new(seed: u64) -> Self {
        Self { seed, role: FNV.0 }
    }

    /// The seed that the family was made with.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The streams of the same seed for another purpose; roles nest, `a` then `b` being neither `b` then `a` nor
    /// `ab`.
    pub fn role(&self, name: &str) -> Self {
        // The length goes in first, so that ("a", "bc") and ("ab", "c") differ.
        let length = (name.len() as u64).to_le_bytes();
        let role = length
            .iter()
            .chain(name.as_bytes())
            .fold(self.role, |h, &b| (h ^ u64::from(b)).wrapping_mul(FNV.1));
        Self { seed: self.seed, role }
    }

    /// Stream number `k`: ChaCha with 8 rounds, keyed by (seed, role), on its 64-bit stream `k`.
    pub fn rng(&self, k: u64) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.role.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(k);
        rng
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray_rand::rand::Rng;

    #[test]
    fn neighbouring_names_and_seeds_are_different_streams() {
        let s = Streams::new(1);
        let family = [
            s,
            Streams::new(2),
            s.role(""),
            s.role("a"),
            s.role("a").role("b"),
            s.role("b").role("a"),
            s.role("ab"),
            s.role("a").role("bc"),
            s.role("ab").role("c"),
        ];
        let mut first: Vec<u64> = family.iter().map(|s| s.rng(0).random()).collect();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), family.len());
    }
}
