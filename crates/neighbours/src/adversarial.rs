//! The generative adversarial network on the line, against what is known of its game (Goodfellow et al. 2014).
//!
//! A discriminator writes its log-odds `l(x)`, so that `D = sigmoid(l)`, and neither `log D` nor `log(1 - D)` loses its
//! digits. It maximises the value `E_p log D(x) + E log(1 - D(G(z)))`, in nats; for a generator of law `q` the maximum is
//! `2 JSD(p, q) - log 4`, at `D* = p/(p + q)`.
//!
//! | module | what is here |
//! |---|---|
//! | [`loss`] | what a generator loses for one sample: minimax, non-saturating |
//! | [`discriminator`] | a network for `l(x)`, the value of the game on a batch, and its gradient |
//! | [`gan`] | both networks, and the gradient of the generator's loss through the discriminator |
//! | [`training`] | steps of Adam, of the discriminator alone or of both in turn |
//! | [`pushforward`] | the law of a generator on the line, by the change of variables |
//! | [`coverage`] | which modes of a mixture get samples |

pub mod coverage;
pub mod discriminator;
pub mod gan;
mod hermite;
pub mod loss;
pub mod pushforward;
pub mod training;

pub use coverage::Coverage;
pub use discriminator::{Discriminator, Game};
pub use gan::Gan;
pub use loss::GeneratorLoss;
pub use pushforward::Pushforward;
pub use training::{DiscriminatorTraining, GanTraining, Round};
