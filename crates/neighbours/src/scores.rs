//! Inception score and Fréchet distance where the right answer is known: a classifier of the components of a mixture, and
//! generators that are mixtures too, each with one fault.
//!
//! | module | what is here |
//! |---|---|
//! | [`classifier`] | a softmax network: predictions, features, the cross-entropy and its gradient, training |
//! | [`faults`] | laws that a faulty generator would have: modes dropped, collapsed, blurred, … |
//! | [`estimates`] | the inception score of samples, with its standard error |
//! | [`quadrature`] | the inception score of a law, exact |
//!
//! The Fréchet distance of samples is that of the crate `distances`.

pub mod classifier;
pub mod estimates;
pub mod faults;
pub mod quadrature;

pub use classifier::{Classifier, ClassifierTraining};
pub use estimates::inception_estimate;
pub use faults::Fault;
pub use quadrature::{Score, inception_score_of};
