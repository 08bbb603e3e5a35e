//! Lines that stand in the sources and are false.
//!
//! | module | lines |
//! |---|---|
//! | `forms` | what is said of the forms of a chain's bound: R1, R2, R3, R12, R15 |
//! | `chain` | misprints of the noising and the reverse chain: R4, R5, R6, R8 |
//! | `bound` | divergences, the bound of a VAE and its loss: R7, R9, R10, R11, R13, R14 |
//!
//! Each line is written out as it stands; what is true comes from the crates. A line that claims an inequality is given
//! the value it allows at most (or promises at least), which is the true one wherever the line holds.

mod bound;
mod chain;
mod forms;
mod scalar_vdm;

use ndarray::array;
use prob::Gaussian;
use vdm::Schedule;

use crate::Claim;

/// The law of `x_T` given `x_0` on the line, the steps of the schedule composed.
pub(super) fn noised_observation(alphas: &[f64], x_0: f64) -> Gaussian {
    let schedule = Schedule::from_alphas(alphas).expect("fractions");
    let first = schedule.step(1, 1);
    let composed = (2..=schedule.steps()).fold(first, |law, t| law.then(&schedule.step(t, 1)));
    composed.given(&array![x_0])
}

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    vec![
        forms::r1(),
        forms::r2(),
        forms::r3(),
        chain::r4(),
        chain::r5(),
        chain::r6(),
        bound::r7(),
        chain::r8(),
        bound::r9(),
        bound::r10(),
        bound::r11(),
        forms::r12(),
        bound::r13(),
        bound::r14(),
        forms::r15(),
    ]
}

/// A line's id, its two sides at a fixed problem, and both by hand.
#[cfg(test)]
pub(super) type Pinned = (&'static str, (f64, f64), (f64, f64));

/// A line that is false stays false when the truth beside it is corrupted a little; its numbers do not stay the same.
#[cfg(test)]
pub(super) fn assert_pinned(lines: &[Pinned]) {
    let is = |found: f64, by_hand: f64| (found - by_hand).abs() <= 1e-12 * by_hand.abs().max(1.0);
    let off: Vec<&Pinned> = (lines.iter())
        .filter(|(_, found, by_hand)| !(is(found.0, by_hand.0) && is(found.1, by_hand.1)))
        .collect();
    assert!(off.is_empty(), "found, by hand: {off:?}");
}
