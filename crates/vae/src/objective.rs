//! Which terms of the bound are trained.

/// Weights of the two terms in the loss `-w_r · reconstruction + w_p · prior_matching`.
///
/// One loss, several models: the autoencoder is the VAE whose encoder owes nothing to the prior.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// `w_r`, the weight of the reconstruction term.
    pub reconstruction: f64,
    /// `w_p`, the weight of the prior matching term.
    pub prior_matching: f64,
}

impl Objective {
    /// The evidence lower bound: both terms.
    pub const ELBO: Self = Self::beta(1.0);
    /// The reconstruction term only: an autoencoder.
    pub const RECONSTRUCTION: Self = Self::beta(0.0);
    /// The prior matching term only: the encoder learns to say nothing, the decoder learns nothing.
    pub const PRIOR_MATCHING: Self = Self { reconstruction: 0.0, prior_matching: 1.0 };

    /// The prior matching term weighted by `beta` (Higgins et al. 2017).
    pub const fn beta(beta: f64) -> Self {
        Self { reconstruction: 1.0, prior_matching: beta }
    }
}
