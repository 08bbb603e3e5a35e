//! The neighbours of the VAE that lecture notes describe beside it, each small and each against its theory.
//!
//! | module | what is here |
//! |---|---|
//! | [`adversarial`] | the generative adversarial network on the line |
//! | [`quantised`] | the VQ-VAE, and the bound that it has |
//! | [`scores`] | inception score and Fréchet distance where the right answer is known |

pub mod adversarial;
pub mod quantised;
pub mod scores;

// The products of `ndarray` call BLAS symbols that `linalg` links; a crate that is never named is not linked.
use linalg as _;
