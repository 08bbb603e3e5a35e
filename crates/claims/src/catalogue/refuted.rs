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
mod line_vdm;

use crate::Claim;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Run, Verdict};

    #[test]
    fn every_line_is_refuted_with_a_counterexample() {
        for claim in claims() {
            let finding = claim.check(&Run::default());
            assert_eq!(finding.verdict, Verdict::Refuted, "{}: {finding}", claim.id());
            println!("{}  {}\n    {finding}\n", claim.id(), claim.statement());
        }
    }
}
