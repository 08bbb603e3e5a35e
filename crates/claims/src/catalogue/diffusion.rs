//! Part D: the chain, the forms of the bound, the parameterisations, the schedules.
//!
//! | module | claims |
//! |---|---|
//! | [`chain`] | D1–D4: the restrictions, the marginals, the Bayes rewriting, the posterior |
//! | [`forms`] | D5–D8: every form of the bound against the algebra of chains |
//! | [`predictions`] | D9, D10: the parameterisations, their weights and conversions |
//! | [`schedules`] | D13: the schedules and the choices of the ancestral variance |
//! | [`settings`] | D14: the means in the two settings whose variances are tabulated |
//! | [`variances`] | D14: the exact variances of every form under three schemes |

pub mod chain;
pub mod forms;
pub mod predictions;
pub mod schedules;
pub mod settings;
pub mod variances;

use crate::Claim;

/// The claims of this part.
pub fn claims() -> Vec<Claim> {
    let mut claims = chain::claims();
    claims.extend(forms::claims());
    claims.extend(predictions::claims());
    claims.extend(schedules::claims());
    claims.extend(settings::claims());
    claims.extend(variances::claims());
    claims
}
