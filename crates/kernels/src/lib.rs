//! The innermost loops: elementary functions and random numbers, eight at a time.
//!
//! | module | what is here |
//! |---|---|
//! | [`instruction_set`] | which instructions a kernel is compiled for, and the choice at run time |
//! | [`exp`], [`ln`], [`tanh`], [`turn`] | elementary functions without branches |
//! | [`xoshiro`] | eight random generators in lockstep |
//! | [`normal`] | standard normal numbers by Box and Muller's formula |
//! | [`alias`](mod@alias) | draws from a finite law by Walker's table |
//! | [`product`] | products of small matrices |
//! | [`reduce`] | sums whose order does not depend on the instructions |
//!
//! A kernel is a plain loop over numbers, with no branch in it: the compiler turns it into the instructions of each set. The
//! few instructions that it does not find by itself are behind [`Arithmetic`]. What a function loses is stated in units of the
//! last place (ulp) and tested over its whole range:
//!
//! | function | range | error, at most | largest found |
//! |---|---|---|---|
//! | [`exp::exp2_of_negative`] | `-1020 ≤ x ≤ 0` | 2 ulp | 1.13 |
//! | [`fn@ln::ln`] | all of f64 | 1 ulp | 0.81 |
//! | [`fn@tanh::tanh`] | all of f64 | 2 ulp | 1.97 |
//! | [`turn::sin_cos_of_turns`] | `[0, 1)` | 2 ulp | 1.61 |

pub mod alias;
pub mod exp;
pub mod instruction_set;
pub mod ln;
pub mod normal;
pub mod product;
pub mod reduce;
pub mod tanh;
pub mod turn;
pub mod xoshiro;

pub use alias::AliasTable;
pub use instruction_set::{Arithmetic, InstructionSet, Kernel, dispatch};
pub use xoshiro::Xoshiro;

/// How many numbers a kernel takes side by side: a register of the widest set, two of the next.
pub const LANES: usize = 8;

/// As many numbers side by side.
pub type Lanes = [f64; LANES];

/// `c_0 + c_1 x + c_2 x² + …`, by Horner's rule.
#[inline(always)]
pub(crate) fn polynomial<A: Arithmetic, const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    let mut sum = coefficients[N - 1];
    for k in (0..N - 1).rev() {
        sum = A::mul_add(sum, x, coefficients[k]);
    }
    sum
}
