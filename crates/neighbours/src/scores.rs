//! Inception score and Fréchet distance where the right answer is known: a classifier of the components of a mixture, and
//! generators that are mixtures too, each with one fault.
//!
//! | module | what is here |
//! |---|---|
//! | [`classifier`] | a softmax network: predictions, features, the cross-entropy and its gradient, training |
//! | [`faults`] | laws that a faulty generator would have: modes dropped, collapsed, blurred, … |
//! | [`estimates`] | both scores from samples, with standard errors by batches |
//! | [`quadrature`] | the inception score of a law, exact |

pub mod classifier;
pub mod estimates;
pub mod faults;
pub mod quadrature;

pub use classifier::{Classifier, ClassifierTraining};
pub use estimates::{frechet_estimate, inception_estimate, moments};
pub use faults::Fault;
pub use quadrature::{Score, inception_score_of};
