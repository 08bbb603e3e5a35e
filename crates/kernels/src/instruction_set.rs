//! One program for every processor: a kernel is compiled for several instruction sets, and the widest that the processor
//! has is chosen when it runs.
//!
//! A [`Kernel`] is a loop that LLVM can vectorise, inlined into one function for each set: the path without any special
//! instruction, which tests compare with all others, is the same text. What it asks of a set is its [`Arithmetic`], and only
//! there AVX-512 has code of its own, for a permutation and a sum of lanes.
//!
//! Sets differ in one thing besides speed: whether a product and a sum round once or twice. Sums have an order that no set
//! changes, so all sets with fused operations give the same numbers, bit for bit.

#![allow(clippy::needless_range_loop, reason = "lanes are walked side by side")]
#![allow(
    unsafe_code,
    reason = "instructions of AVX-512, and calls of functions compiled for what was seen to be there"
)]

use std::sync::OnceLock;

use crate::{LANES, Lanes};

/// What instruction sets do differently.
///
/// Sealed, and the implementations are private, because the processor may lack the instructions of one: a kernel meets them in
/// [`InstructionSet::run`], which asks the processor first, and nowhere else.
///
/// ```compile_fail,E0603
/// use kernels::{Arithmetic, instruction_set::Wide};
/// Wide::sum(&[0.0; 8]);
/// ```
/// ```compile_fail,E0277
/// struct Mine;
/// impl kernels::Arithmetic for Mine {
///     fn mul_add(a: f64, b: f64, c: f64) -> f64 {
///         a * b + c
///     }
/// }
/// ```
pub trait Arithmetic: known::Known {
    /// Whether there are 32 registers of eight numbers.
    const HAS_32_WIDE_REGISTERS: bool = false;

    /// `a b + c`.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;

    /// `table[index[i] mod 8]` for each lane: the same everywhere, but a single instruction in AVX-512, which the compiler does
    /// not find by itself.
    #[inline(always)]
    fn look_up(table: &[u64; LANES], index: &[u64; LANES]) -> [u64; LANES] {
        let mut found = [0; LANES];
        for i in 0..LANES {
            found[i] = table[index[i] as usize % LANES];
        }
        found
    }

    /// `Σ x_i`, halves on halves: everywhere in this order. In AVX-512 it is written out, because from this text the
    /// compiler concludes that pairs of lanes belong together, and adds two at a time in the loop before it, too.
    #[inline(always)]
    fn sum(lanes: &Lanes) -> f64 {
        let quarter = |i: usize| (lanes[i] + lanes[i + 4]) + (lanes[i + 2] + lanes[i + 6]);
        quarter(0) + quarter(1)
    }
}

/// The arithmetics there are.
mod known {
    pub trait Known {}

    impl Known for super::Separate {}
    impl Known for super::Fused {}
    #[cfg(target_arch = "x86_64")]
    impl Known for super::Wide {}
}

/// Rounds twice: a product and a sum. Where no instruction is fused, fusing costs a hundred times as much.
enum Separate {}

/// Rounds once: an instruction of its own.
enum Fused {}

/// [`Fused`], with instructions of AVX-512. Private, so that [`with_avx512`] alone can run a kernel with it.
#[cfg(target_arch = "x86_64")]
enum Wide {}

impl Arithmetic for Separate {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

impl Arithmetic for Fused {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

#[cfg(target_arch = "x86_64")]
impl Arithmetic for Wide {
    const HAS_32_WIDE_REGISTERS: bool = true;

    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn look_up(table: &[u64; LANES], index: &[u64; LANES]) -> [u64; LANES] {
        use std::arch::x86_64::{_mm512_loadu_epi64, _mm512_permutexvar_epi64, _mm512_storeu_epi64};
        let mut found = [0; LANES];
        // SAFETY: only `with_avx512` runs anything with this private type, and eight words lie behind each pointer.
        unsafe {
            let table = _mm512_loadu_epi64(table.as_ptr().cast());
            let index = _mm512_loadu_epi64(index.as_ptr().cast());
            _mm512_storeu_epi64(found.as_mut_ptr().cast(), _mm512_permutexvar_epi64(index, table));
        }
        found
    }

    #[inline(always)]
    fn sum(lanes: &Lanes) -> f64 {
        use std::arch::x86_64::{
            _mm_add_pd, _mm_add_sd, _mm_cvtsd_f64, _mm_unpackhi_pd, _mm256_add_pd, _mm256_castpd256_pd128,
            _mm256_extractf128_pd, _mm512_castpd512_pd256, _mm512_extractf64x4_pd, _mm512_loadu_pd,
        };
        // SAFETY: only `with_avx512` runs anything with this private type, and eight numbers lie behind the pointer.
        unsafe {
            let lanes = _mm512_loadu_pd(lanes.as_ptr());
            let half = _mm256_add_pd(_mm512_castpd512_pd256(lanes), _mm512_extractf64x4_pd::<1>(lanes));
            let quarter = _mm_add_pd(_mm256_castpd256_pd128(half), _mm256_extractf128_pd::<1>(half));
            _mm_cvtsd_f64(_mm_add_sd(quarter, _mm_unpackhi_pd(quarter, quarter)))
        }
    }
}

/// What the target has without asking.
#[cfg(not(target_arch = "aarch64"))]
type Baseline = Separate;
#[cfg(target_arch = "aarch64")]
type Baseline = Fused;

/// A loop to be compiled for every set, with what it works on.
///
/// ```
/// use kernels::{Arithmetic, InstructionSet, Kernel, dispatch};
///
/// /// `y ← a x + y`.
/// struct Axpy<'a>(f64, &'a [f64], &'a mut [f64]);
///
/// impl Kernel for Axpy<'_> {
///     type Output = ();
///
///     #[inline(always)]
///     fn run<A: Arithmetic>(self) {
///         let Self(a, x, y) = self;
///         for (y, &x) in y.iter_mut().zip(x) {
///             *y = A::mul_add(a, x, *y);
///         }
///     }
/// }
///
/// let mut y = [1.0, 2.0];
/// dispatch(Axpy(3.0, &[10.0, 20.0], &mut y));
/// assert_eq!(y, [31.0, 62.0]);
/// for set in InstructionSet::available() {
///     set.run(Axpy(-3.0, &[10.0, 20.0], &mut y));
///     set.run(Axpy(3.0, &[10.0, 20.0], &mut y));
/// }
/// assert_eq!(y, [31.0, 62.0]);
/// ```
pub trait Kernel {
    /// What the loop finds.
    type Output;

    /// The loop. It must be `#[inline(always)]`, and all that it calls: what is not inlined knows no special instruction,
    /// and a fused operation in it costs a hundred times as much. A closure cannot be asked to be inlined, so that the work
    /// stands in the body of a `for`, not in the closure of a `for_each`, a `fold` or an array's `map`.
    fn run<A: Arithmetic>(self) -> Self::Output;
}

/// Instructions that a kernel may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// Those that every processor of the architecture has.
    Baseline,
    /// AVX2 and FMA: four numbers at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512: eight numbers at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl InstructionSet {
    /// From the plainest to the widest.
    pub const ALL: &[Self] = &[
        Self::Baseline,
        #[cfg(target_arch = "x86_64")]
        Self::Avx2,
        #[cfg(target_arch = "x86_64")]
        Self::Avx512,
    ];

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Baseline => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                Self::Avx2.is_available()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
        }
    }

    /// Those that this processor has, the plainest first.
    pub fn available() -> impl DoubleEndedIterator<Item = Self> {
        Self::ALL.iter().copied().filter(|set| set.is_available())
    }

    /// The widest that this processor has.
    pub fn widest() -> Self {
        static WIDEST: OnceLock<InstructionSet> = OnceLock::new();
        *WIDEST.get_or_init(|| Self::available().next_back().unwrap_or(Self::Baseline))
    }

    /// Runs the kernel with these instructions.
    ///
    /// # Panics
    /// If this processor does not have them.
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        assert!(self.is_available(), "this processor has no {self:?}");
        match self {
            Self::Baseline => kernel.run::<Baseline>(),
            // SAFETY: the processor was asked a line above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { with_avx2(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { with_avx512(kernel) },
        }
    }
}

/// Runs the kernel with the widest instructions that this processor has.
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    InstructionSet::widest().run(kernel)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Fused>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
fn with_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Wide>()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Whether products and sums with this set round once.
    pub(crate) fn is_fused(set: InstructionSet) -> bool {
        struct Lost;
        impl Kernel for Lost {
            type Output = f64;

            #[inline(always)]
            fn run<A: Arithmetic>(self) -> f64 {
                A::mul_add(1.0 + f64::EPSILON, 1.0 - f64::EPSILON, -1.0)
            }
        }
        set.run(Lost) != 0.0
    }

    /// Every index, also those beyond the table.
    #[test]
    fn all_sets_look_up_the_same() {
        struct LookUp([u64; LANES], [u64; LANES]);
        impl Kernel for LookUp {
            type Output = [u64; LANES];

            #[inline(always)]
            fn run<A: Arithmetic>(self) -> [u64; LANES] {
                A::look_up(&self.0, &self.1)
            }
        }
        let table = std::array::from_fn(|i| 100 + i as u64);
        for set in InstructionSet::available() {
            for first in 0..20 {
                let index = std::array::from_fn(|i| first + 3 * i as u64);
                assert_eq!(set.run(LookUp(table, index)), index.map(|i| 100 + i % 8), "{set:?}");
            }
        }
    }

    /// The order is the same: each of these sums rounds otherwise in another one.
    #[test]
    fn all_sets_add_lanes_in_the_same_order() {
        struct Sum(Lanes);
        impl Kernel for Sum {
            type Output = f64;

            #[inline(always)]
            fn run<A: Arithmetic>(self) -> f64 {
                A::sum(&self.0)
            }
        }
        let half = f64::EPSILON / 2.0;
        for set in InstructionSet::available() {
            assert_eq!(set.run(Sum([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0])), 255.0, "{set:?}");
            // One half of a last place is lost beside 1; two that meet first are not.
            let lanes = |at: [usize; 2]| {
                let mut lanes = [0.0; LANES];
                lanes[0] = 1.0;
                for i in at {
                    lanes[i] = half;
                }
                lanes
            };
            for (at, expected) in
                [([4, 2], 1.0), ([2, 6], 1.0 + 2.0 * half), ([1, 4], 1.0), ([3, 5], 1.0 + 2.0 * half)]
            {
                assert_eq!(set.run(Sum(lanes(at))), expected, "{set:?} {at:?}");
            }
        }
    }

    #[test]
    fn the_plainest_set_is_everywhere_and_the_widest_is_there() {
        assert_eq!(InstructionSet::available().next(), Some(InstructionSet::Baseline));
        assert!(InstructionSet::widest().is_available());
        assert!(
            InstructionSet::available().skip(1).all(is_fused),
            "whatever is chosen, it is one of two arithmetics"
        );
    }

    /// `(1+ε)(1-ε) - 1 = -ε²`, which a product of its own rounds away.
    #[test]
    fn a_fused_operation_rounds_once() {
        let e = f64::EPSILON;
        assert_eq!(Fused::mul_add(1.0 + e, 1.0 - e, -1.0), -e * e);
        assert_eq!(Separate::mul_add(1.0 + e, 1.0 - e, -1.0), 0.0);
    }
}
