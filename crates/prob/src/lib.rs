//! prob.
