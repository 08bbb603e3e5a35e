//! The figures of the chapter `generators`.
//!
//! | module | what is shown |
//! |---|---|
//! | [`discriminator`] | a discriminator against a law that stands still, and against every generator after the game |
//! | [`adversarial`] | the laws of two generators, and the shares and divergences of all |
//! | [`quantised`] | codes and dead codes, bound and evidence against their number |
//! | [`scores`] | inception score and Fréchet distance of generators with known faults |

pub mod adversarial;
pub mod discriminator;
pub mod quantised;
pub mod scores;
