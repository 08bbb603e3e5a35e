//! The exactly solvable model whose terms are drawn: six steps, and a linear reverse model that is a little off.

use vdm::{Reverse, Schedule, Vdm};

/// The observation.
pub(super) const X_0: f64 = 0.8;
/// `α_1 … α_6`.
const ALPHAS: [f64; 6] = [0.95, 0.9, 0.85, 0.75, 0.6, 0.4];
/// `p(x_{t-1}|x_t) = N(f_m √α_t x_t, f_v (1-α_t))`.
const FACTORS: (f64, f64) = (0.9, 1.2);

pub(super) fn setting() -> Vdm {
    let schedule = Schedule::from_alphas(&ALPHAS).expect("between 0 and 1");
    let reverse = Reverse::from_schedule(&schedule, 1, FACTORS.0, FACTORS.1).expect("a positive factor");
    Vdm::new(schedule, reverse).expect("as many steps")
}
