//! The least that a workload needs, whatever the program.

use crate::Limits;

/// Numbers that have to be drawn, exponentiated and added for one point or step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    /// Standard normal numbers.
    pub normals: f64,
    /// Exponentials, and logarithms and hyperbolic tangents, which cost no less.
    pub exps: f64,
    /// Sums and products.
    pub flops: f64,
}

impl Floor {
    /// Seconds for `n` of them at the rates of the chip.
    pub fn seconds(&self, n: u64, limits: &Limits) -> f64 {
        let each = self.normals / limits.normals + self.exps / limits.exps + self.flops / limits.flops;
        n as f64 * each
    }
}
